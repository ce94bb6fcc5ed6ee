//! Rounding, and division with a remainder: functions that jump, whose derivatives are those between the jumps.
//! Each states its decision, so that a gradient checker can tell a jump from a wrong rule.

use super::arith::binary;
use super::compare::LineOrNumber;
use super::table::{Table, bound, row, unary};
use crate::ops::prelude::*;

const BETWEEN: (f64, f64) = (0.1, 0.4);
const DIVIDEND: (f64, f64) = (3.2, 3.8);
const DIVISOR: (f64, f64) = (1.1, 1.5);

/// Whether the integer n is odd: it changes at every jump.
fn odd<'t, T: Real>(n: Var<'t, T>) -> IntVar<'t, T> {
    (n * 0.5 - (n * 0.5).floor()).gt(0.25)
}

/// The decision of a row that jumps where x is an integer.
fn at_integers<'t, T: Real>(x: Var<'t, T>) -> Decision<'t, T> {
    Decision { what: "integer below", choice: odd(x.floor()), gap: Some((x - x.round()).abs()) }
}

/// The decision of a row that jumps half way between integers.
fn at_halves<'t, T: Real>(x: Var<'t, T>) -> Decision<'t, T> {
    Decision { what: "nearest integer", choice: odd(x.round()), gap: Some(0.5 - (x - x.round()).abs()) }
}

/// The nearest integer, halves to the even one.
#[inline(always)]
fn nearest<T: Lane>(x: T) -> T {
    x.round_ties_even()
}

/// The nearest multiple of 10⁻ᵈ; x itself where it is too large to have such digits.
#[inline(always)]
fn nearest_decimal<T: Lane>(x: T, decimals: T) -> T {
    let ten = T::of(10.0).powi(decimals.abs().as_f64() as i32);
    if decimals > T::zero() {
        let digits = x * ten;
        return if digits.is_finite() { nearest(digits) / ten } else { x };
    }
    let units = nearest(x / ten);
    // No unit at all, and perhaps an infinite one.
    if units == T::zero() { units } else { units * ten }
}

/// The remainder with the sign of b.
#[inline(always)]
fn remainder<T: Lane>(a: T, b: T) -> T {
    let r = a % b;
    if r != T::zero() && (r < T::zero()) != (b < T::zero()) { r + b } else { r }
}

/// ⌊a/b⌋ by way of the remainder, so that the rounding of a/b cannot lift it over an integer.
#[inline(always)]
fn floor_divide<T: Lane>(a: T, b: T) -> T {
    let q = a / b;
    if !q.is_finite() {
        return q;
    }
    let exact = (a - remainder(a, b)) / b;
    if exact == T::zero() { q * T::zero() } else { nearest(exact) }
}

unary! {
    table ROUNDING;

    /// The largest integer not above x.
    FLOOR floor() |x| x.floor(); in BETWEEN; zero[] "floor is constant between integers"; cheap;
        decide |_, at| at_integers(at.x(0)); ex "var(-1.5).floor()" => "-2.0";

    /// The smallest integer not below x.
    CEIL ceil() |x| x.ceil(); in BETWEEN; zero[] "ceil is constant between integers"; cheap;
        decide |_, at| at_integers(at.x(0)); ex "var(-1.5).ceil()" => "-1.0";

    /// The nearest integer, halves to the even one.
    ROUND round() |x| nearest(x); in BETWEEN; zero[] "round is constant between halves"; cheap;
        decide |_, at| at_halves(at.x(0)); ex "var(2.5).round()" => "2.0";

    /// The integer part: x rounded towards 0.
    TRUNC trunc() |x| x.trunc(); in BETWEEN; zero[] "trunc is constant between integers"; cheap;
        decide |_, at| at_integers(at.x(0)); ex "var(-1.5).trunc()" => "-1.0";

    /// The fractional part x − trunc x, with the sign of x.
    FRAC frac() |x| x - x.trunc(); in BETWEEN; push[; v] v; cheap;
        decide |_, at| at_integers(at.x(0)); ex "var(-1.75).frac()" => "-0.75";
}

impl<T: Real> Table<T> {
    pub(crate) const ROUND_TO: &'static Row<T> = row! {
        ROUND_TO = "round_to", |x: Real; decimals| -> Real { nearest_decimal(x, decimals) };
        push |_, _, _, _| Push::Zero("rounding is constant between its jumps");
        decide |p, at| {
            let unit = 10f64.powi(-(p[0].as_f64() as i32));
            let d = at_halves(at.x(0) / unit);
            Decision { gap: d.gap.map(|g| g * unit), ..d }
        };
        derivative "0"; reads Reads::NOTHING; domain [BETWEEN]; cheap
    };

    pub(crate) const FMOD: &'static Row<T> = row! {
        FMOD = "fmod", |a: Real, b: Real; | -> Real { a % b };
        push |i, v, at, _| Push::Along(if i == 0 { v } else { v.azmul(-(at.x(0) / at.x(1)).trunc()) });
        decide |_, at| at_integers(at.x(0) / at.x(1));
        derivative "1; -trunc(a / b)"; reads Reads::OPERANDS; domain [DIVIDEND, DIVISOR]; cheap
    };

    pub(crate) const FMOD_NUMBER: &'static Row<T> = row! {
        FMOD_NUMBER = "fmod_number", |a: Real; by| -> Real { a % by };
        push |_, v, _, _| Push::Along(v);
        decide |p, at| at_integers(at.x(0) / p[0].as_f64());
        derivative "1"; reads Reads::NOTHING; domain [DIVIDEND]; cheap
    };

    pub(crate) const REMAINDER: &'static Row<T> = row! {
        REMAINDER = "remainder", |a: Real, b: Real; | -> Real { remainder(a, b) };
        push |i, v, at, _| Push::Along(if i == 0 { v } else { v.azmul(-at.x(0).floor_divide(at.x(1))) });
        decide |_, at| at_integers(at.x(0) / at.x(1));
        derivative "1; -floor(a / b)"; reads Reads::OPERANDS; domain [DIVIDEND, DIVISOR]; cheap
    };

    pub(crate) const REMAINDER_NUMBER: &'static Row<T> = row! {
        REMAINDER_NUMBER = "remainder_number", |a: Real; by| -> Real { remainder(a, by) };
        push |_, v, _, _| Push::Along(v);
        decide |p, at| at_integers(at.x(0) / p[0].as_f64());
        derivative "1"; reads Reads::NOTHING; domain [DIVIDEND]; cheap
    };

    pub(crate) const FLOOR_DIVIDE: &'static Row<T> = row! {
        FLOOR_DIVIDE = "floor_divide", |a: Real, b: Real; | -> Real { floor_divide(a, b) };
        push |_, _, _, _| Push::Zero("a quotient rounded down is constant between its jumps");
        decide |_, at| at_integers(at.x(0) / at.x(1));
        derivative "0; 0"; reads Reads::NOTHING; domain [DIVIDEND, DIVISOR]; cheap
    };

    pub(crate) const FLOOR_DIVIDE_NUMBER: &'static Row<T> = row! {
        FLOOR_DIVIDE_NUMBER = "floor_divide_number", |a: Real; by| -> Real { floor_divide(a, by) };
        push |_, _, _, _| Push::Zero("a quotient rounded down is constant between its jumps");
        decide |p, at| at_integers(at.x(0) / p[0].as_f64());
        derivative "0"; reads Reads::NOTHING; domain [DIVIDEND]; cheap
    };
}

impl<'t, T: Real> Var<'t, T> {
    /// The nearest number with so many decimals, halves to the even last digit; a negative number of decimals rounds to
    /// tens, hundreds, and so on. Its derivative is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let x = tape.var([1.2345, 1250.]);
    /// assert_eq!(x.round_to(2).value().as_slice().unwrap(), [1.23, 1250.]);
    /// assert_eq!(x.round_to(-2).value().as_slice().unwrap(), [0., 1200.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn round_to(self, decimals: i32) -> Self {
        self.tape.row(bound(Table::ROUND_TO, [f64::from(decimals)]), &[self.into()]).real(0)
    }

    /// What is left of a after division by b rounded towards 0: a − b·trunc(a/b), with the sign of a. Rust's `%`.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let a = tape.var([5., -5.]);
    /// assert_eq!(a.fmod(3.0).value().as_slice().unwrap(), [2., -2.]);
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn fmod(self, b: impl Into<LineOrNumber<'t, T>>) -> Self {
        self.by(b.into(), Table::FMOD, Table::FMOD_NUMBER)
    }

    /// What is left of a after division by b rounded down: a − b·⌊a/b⌋, with the sign of b. Python's `%`.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let a = tape.var([5., -5.]);
    /// assert_eq!(a.remainder(3.0).value().as_slice().unwrap(), [2., 1.]);
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn remainder(self, b: impl Into<LineOrNumber<'t, T>>) -> Self {
        self.by(b.into(), Table::REMAINDER, Table::REMAINDER_NUMBER)
    }

    /// The quotient rounded down, ⌊a/b⌋, for which a = b·floor_divide + [`remainder`](Var::remainder). Its derivative is 0.
    ///
    /// It is that of the exact quotient: 1.0 by 0.1 gives 9, because 0.1 is a little more than a tenth.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let a = tape.var([5., -5., 1.]);
    /// assert_eq!(a.floor_divide(tape.constant([3., 3., 0.1])).value().as_slice().unwrap(), [1., -2., 9.]);
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn floor_divide(self, b: impl Into<LineOrNumber<'t, T>>) -> Self {
        self.by(b.into(), Table::FLOOR_DIVIDE, Table::FLOOR_DIVIDE_NUMBER)
    }

    #[track_caller]
    fn by(self, b: LineOrNumber<'t, T>, line: &'static Row<T>, number: &'static Row<T>) -> Self {
        match b {
            LineOrNumber::Line(b) => binary(line, self, b),
            LineOrNumber::Number(b) => {
                self.tape.row(Bound { row: number, params: [b, T::zero()] }, &[self.into()]).real(0)
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::ops::pointwise::table::tests::row_at;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let lines = [Table::FMOD, Table::REMAINDER, Table::FLOOR_DIVIDE, Table::ROUND_TO];
        let numbers = [Table::FMOD_NUMBER, Table::REMAINDER_NUMBER, Table::FLOOR_DIVIDE_NUMBER];
        let unary = Table::<f64>::ROUNDING.iter().copied().chain(lines).map(|row| row_at(row, [0.0; 2], &[2, 3]));
        let numbers = numbers.into_iter().map(|row| row_at(row, [1.3, 0.0], &[5, 2]));
        let mut checks: Vec<OpCheck> = unary.chain(numbers).collect();
        for row in [Table::FMOD, Table::REMAINDER] {
            checks.push(row_at(row, [0.0; 2], &[0]));
            let signs = OpCheck::new(Bound { row, params: [0.0; 2] });
            checks.push(signs.real_in([4], -3.8, -3.2).real_in([4], 1.1, 1.5));
        }
        checks
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn quotient_and_remainder_belong_together_for_all_signs() {
        let tape = Tape::<f64>::default();
        let (a, b) = (tape.var([7.5, -7.5, 7.5, -7.5, 6.0, -0.25]), tape.var([2.0, 2.0, -2.0, -2.0, 2.0, 3.0]));
        assert_eq!(a.floor_divide(b).value().as_slice().unwrap(), [3., -4., -4., 3., 3., -1.]);
        assert_eq!(a.remainder(b).value().as_slice().unwrap(), [1.5, 0.5, -0.5, -1.5, 0., 2.75]);
        assert_eq!(a.fmod(b).value().as_slice().unwrap(), [1.5, -1.5, 1.5, -1.5, 0., -0.25]);
        let g = a.remainder(b).sum().backward();
        assert_eq!(g[a].as_slice().unwrap(), [1.; 6]);
        assert_eq!(g[b].as_slice().unwrap(), [-3., 4., 4., -3., -3., 1.]);
        let by_zero = tape.var([1.0, -1.0]).floor_divide(0.0).value();
        assert_eq!(by_zero.as_slice().unwrap(), [f64::INFINITY, f64::NEG_INFINITY]);
    }

    #[test]
    fn decimals_beyond_the_last_digit_change_nothing() {
        let tape = Tape::<f32>::default();
        let x = tape.var([0.5, 2.5, -2.5, 1e30, f32::INFINITY]);
        assert_eq!(x.round_to(0).value().as_slice().unwrap(), [0., 2., -2., 1e30, f32::INFINITY]);
        assert_eq!(x.round_to(40).value(), x.value());
        assert_eq!(x.round_to(-40).value().as_slice().unwrap()[..3], [0.; 3]);
    }
}
