//! Elementwise maximum and minimum of two lines, and clamping between bounds.
//! Cotangents pass by selection: ties of two lines share evenly, and an element on its bound passes nothing.

use super::arith::binary;
use super::compare::LineOrNumber;
use super::table::{Table, between, bound, row};
use crate::ops::prelude::*;

const ANY: (f64, f64) = (-2.0, 2.0);
const READS_REST: Reads = Reads { operands: Which::These(0b110), results: Which::None };

fn winner<'t, T: Real>(_: &[T; 2], at: &At<'t, T>) -> Decision<'t, T> {
    let (a, b) = (at.x(0), at.x(1));
    Decision { what: "operand that is larger", choice: a.gt(b), gap: Some((a - b).abs()) }
}

impl<T: Real> Table<T> {
    pub(crate) const MAXIMUM: &'static Row<T> = row! {
        MAXIMUM = "maximum", |a: Real, b: Real; | -> Real { if a >= b || a.is_nan() { a } else { b } };
        push |i, v, at, _| Push::Along(v.gate_winner(at.x(i), at.x(1 - i), 1.0));
        decide winner;
        derivative "1 where a > b, 1/2 where a = b; 1 where b > a, 1/2 where a = b";
        reads Reads::OPERANDS; domain [ANY, ANY]; cheap
    };

    pub(crate) const MINIMUM: &'static Row<T> = row! {
        MINIMUM = "minimum", |a: Real, b: Real; | -> Real { if a <= b || a.is_nan() { a } else { b } };
        push |i, v, at, _| Push::Along(v.gate_winner(at.x(i), at.x(1 - i), -1.0));
        decide winner;
        derivative "1 where a < b, 1/2 where a = b; 1 where b < a, 1/2 where a = b";
        reads Reads::OPERANDS; domain [ANY, ANY]; cheap
    };

    /// v where a beats b, half of it where they tie, else 0: the adjoint of maximum (sign 1) and minimum (sign −1).
    pub(crate) const GATE_WINNER: &'static Row<T> = row! {
        GATE_WINNER = "gate_winner", |v: Real, a: Real, b: Real; sign| -> Real {
            if a * sign > b * sign || (a.is_nan() && !b.is_nan()) {
                v
            } else if a == b || a.is_nan() {
                v * T::of(0.5)
            } else {
                T::zero()
            }
        };
        push |i, u, at, p| match i {
            0 => Push::Along(u.gate_winner(at.x(1), at.x(2), p[0].as_f64())),
            _ => Push::Zero("which operand wins is constant on either side"),
        };
        derivative "1 where a wins, 1/2 where a = b; 0; 0"; reads READS_REST; domain [ANY, ANY, ANY]; cheap
    };

    pub(crate) const CLAMP: &'static Row<T> = row! {
        CLAMP = "clamp", |x: Real; low, high| -> Real {
            if x < low {
                if low > high { high } else { low }
            } else if x > high {
                high
            } else {
                x
            }
        };
        push |_, v, at, p| Push::Along(v.gate_between(at.x(0), *p));
        decide |p, at| between(at.x(0), p[0].as_f64(), p[1].as_f64());
        derivative "1 where low < x < high"; reads Reads::OPERANDS; domain [(-0.4, 0.4)]; cheap
    };

    /// v where low < x < high, else 0: the adjoint of clamping. On a bound it is 0, as relu's is at 0 (and PyTorch's).
    pub(crate) const GATE_BETWEEN: &'static Row<T> = row! {
        GATE_BETWEEN = "gate_between", |v: Real, x: Real; low, high| -> Real { if x > low && x < high { v } else { T::zero() } };
        push |i, u, at, p| match i {
            0 => Push::Along(u.gate_between(at.x(1), *p)),
            _ => Push::Zero("the side of a bound is constant on either side"),
        };
        derivative "1 where low < x < high; 0"; reads Reads { operands: Which::These(0b10), results: Which::None };
        domain [ANY, (-0.4, 0.4)]; cheap
    };

    pub(crate) const AT_LEAST: &'static Row<T> = row! {
        AT_LEAST = "at_least", |x: Real, low: Real; | -> Real { if x < low || low.is_nan() { low } else { x } };
        push |i, v, at, _| {
            let below = at.x(0).le(at.x(1));
            Push::Along(if i == 0 { below.select(0.0, v) } else { below.select(v, 0.0) })
        };
        decide winner;
        derivative "1 where x > low; 1 where x <= low"; reads Reads::OPERANDS; domain [ANY, ANY]; cheap
    };

    pub(crate) const AT_MOST: &'static Row<T> = row! {
        AT_MOST = "at_most", |x: Real, high: Real; | -> Real { if x > high || high.is_nan() { high } else { x } };
        push |i, v, at, _| {
            let above = at.x(0).ge(at.x(1));
            Push::Along(if i == 0 { above.select(0.0, v) } else { above.select(v, 0.0) })
        };
        decide winner;
        derivative "1 where x < high; 1 where x >= high"; reads Reads::OPERANDS; domain [ANY, ANY]; cheap
    };
}

impl<'t, T: Real> Var<'t, T> {
    /// The larger of two elements; NaN wins. Two equal elements get half of the cotangent each.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([1., 5., 2.]), tape.var([3., 4., 2.]));
    /// let y = a.maximum(b);
    /// assert_eq!(y.value().as_slice().unwrap(), [3., 5., 2.]);
    /// assert_eq!(y.sum().backward()[a].as_slice().unwrap(), [0., 1., 0.5]);
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn maximum(self, other: Self) -> Self {
        binary(Table::MAXIMUM, self, other)
    }

    /// The smaller of two elements; NaN wins. Two equal elements get half of the cotangent each.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([1., 5., 2.]), tape.var([3., 4., 2.]));
    /// let y = a.minimum(b);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 4., 2.]);
    /// assert_eq!(y.sum().backward()[a].as_slice().unwrap(), [1., 0., 0.5]);
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn minimum(self, other: Self) -> Self {
        binary(Table::MINIMUM, self, other)
    }

    /// min(max(x, low), high); each bound is a number or a line that broadcasts. NaN stays NaN.
    ///
    /// An element on a bound has derivative 0, as relu at 0 and as in PyTorch; it and those outside pass their cotangent
    /// to the bound, where that is a line.
    /// Where low > high the result is high.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([-2., -1., 0., 3.]);
    /// let y = x.clamp(-1.0, 1.0);
    /// assert_eq!(y.value().as_slice().unwrap(), [-1., -1., 0., 1.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [0., 0., 1., 0.]);
    /// ```
    ///
    /// # Panics
    /// A bound is the number NaN, or the shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn clamp(self, low: impl Into<LineOrNumber<'t, T>>, high: impl Into<LineOrNumber<'t, T>>) -> Self {
        match (low.into(), high.into()) {
            (LineOrNumber::Number(low), LineOrNumber::Number(high)) => self.clamp_numbers([low, high]),
            (low, high) => self.clamp_min(low).clamp_max(high),
        }
    }

    /// max(x, low), with the derivative of [`clamp`](Var::clamp): 0 for an element on its bound.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([-2., 3.]).clamp_min(0.0).value().as_slice().unwrap(), [0., 3.]);
    /// ```
    ///
    /// # Panics
    /// As [`clamp`](Var::clamp).
    #[track_caller]
    #[must_use]
    pub fn clamp_min(self, low: impl Into<LineOrNumber<'t, T>>) -> Self {
        match low.into() {
            LineOrNumber::Line(low) => binary(Table::AT_LEAST, self, low),
            LineOrNumber::Number(low) => self.clamp_numbers([low, T::infinity()]),
        }
    }

    /// min(x, high), with the derivative of [`clamp`](Var::clamp): 0 for an element on its bound.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([-2., 3.]).clamp_max(0.0).value().as_slice().unwrap(), [-2., 0.]);
    /// ```
    ///
    /// # Panics
    /// As [`clamp`](Var::clamp).
    #[track_caller]
    #[must_use]
    pub fn clamp_max(self, high: impl Into<LineOrNumber<'t, T>>) -> Self {
        match high.into() {
            LineOrNumber::Line(high) => binary(Table::AT_MOST, self, high),
            LineOrNumber::Number(high) => self.clamp_numbers([T::neg_infinity(), high]),
        }
    }

    #[track_caller]
    fn clamp_numbers(self, bounds: [T; 2]) -> Self {
        if bounds.iter().any(|b| b.is_nan()) {
            let e = Error::argument(format!("the bounds are {} and {}", bounds[0], bounds[1]))
                .rule("a bound is a number or infinite")
                .fix("look for what made it NaN");
            self.tape.blame(e, "clamp", &[self.id]).raise()
        }
        self.tape.row(Bound { row: Table::CLAMP, params: bounds }, &[self.into()]).real(0)
    }

    #[track_caller]
    fn gate_winner(self, a: Self, b: Self, sign: f64) -> Self {
        self.tape.row(bound(Table::GATE_WINNER, [sign]), &[self.into(), a.into(), b.into()]).real(0)
    }

    /// This value where low < x < high, else 0.
    #[track_caller]
    pub(super) fn gate_between(self, x: Self, bounds: [T; 2]) -> Self {
        self.tape.row(Bound { row: Table::GATE_BETWEEN, params: bounds }, &[self.into(), x.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::ops::pointwise::table::tests::row_at;

    const NAN: f64 = f64::NAN;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let none = [0.0; 2];
        let mut checks: Vec<OpCheck> = [Table::MAXIMUM, Table::MINIMUM, Table::AT_LEAST, Table::AT_MOST]
            .into_iter()
            .flat_map(|row| [row_at(row, none, &[2, 3]), row_at(row, none, &[0])])
            .collect();
        for row in [Table::CLAMP, Table::GATE_BETWEEN] {
            checks.push(row_at(row, [-0.5, 0.5], &[4, 2]));
        }
        checks.push(row_at(Table::CLAMP, [0.5, 2.0], &[3]));
        checks.push(row_at(Table::GATE_WINNER, [1.0, 0.0], &[5]));
        checks.push(row_at(Table::GATE_WINNER, [-1.0, 0.0], &[5, 2]));
        checks
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn ties_share_evenly_and_nan_wins_with_its_cotangent() {
        let tape = Tape::<f64>::default();
        let (a, b) = (tape.var([1., NAN, 2., NAN, -0.]), tape.var([1., 1., NAN, NAN, 0.]));
        for y in [a.maximum(b), a.minimum(b)] {
            assert!(y.value().iter().skip(1).take(3).all(|v| v.is_nan()));
            let g = y.sum().backward();
            assert_eq!(g[a].as_slice().unwrap(), [0.5, 1., 0., 0.5, 0.5]);
            assert_eq!(g[b].as_slice().unwrap(), [0.5, 0., 1., 0.5, 0.5]);
        }
        let x = tape.var(3.0);
        assert_eq!(x.maximum(x).backward()[x].sum(), 1.0);
    }

    #[test]
    fn operands_broadcast_and_get_their_sums_back() {
        let tape = Tape::<f64>::default();
        let (a, b) = (tape.var([[0.], [9.]]), tape.var([1., 2., 3.]));
        let g = a.maximum(b).sum().backward();
        assert_eq!(g[a].as_slice().unwrap(), [0., 3.]);
        assert_eq!(g[b].as_slice().unwrap(), [1., 1., 1.]);
    }

    #[test]
    fn clamping_stops_on_its_bounds_and_prefers_the_upper_one() {
        let tape = Tape::<f64>::default();
        let x = tape.var([-1., 0.5, 7., NAN, 1.]);
        let y = x.clamp(-1.0, 1.0);
        assert!(y.value()[[3]].is_nan());
        assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [0., 1., 0., 0., 0.]);
        assert_eq!(tape.var([-9., 0., 9.]).clamp(2.0, -2.0).value().as_slice().unwrap(), [-2.; 3]);
        assert_eq!(x.clamp_min(0.5).sum().backward()[x].as_slice().unwrap(), [0., 0., 1., 0., 1.]);
    }

    #[test]
    fn bounds_that_are_lines_get_the_cotangents_of_what_they_set() {
        let tape = Tape::<f64>::default();
        let x = tape.var([-5., 1., 5., 2.]);
        let (low, high) = (tape.var(1.0), tape.var([3., 3., 3., 0.]));
        let y = x.clamp(low, high);
        assert_eq!(y.value().as_slice().unwrap(), [1., 1., 3., 0.]);
        let g = y.sum().backward();
        assert_eq!(g[x].as_slice().unwrap(), [0., 0., 0., 0.]);
        assert_eq!((g[low].sum(), g[high].as_slice().unwrap()), (2., &[0., 0., 1., 1.][..]));
    }

    #[test]
    #[should_panic(expected = "the bounds are NaN and 1")]
    fn a_bound_that_is_nan_is_refused() {
        let tape = Tape::<f64>::default();
        let _ = tape.var(0.0).clamp(NAN, 1.0);
    }
}
