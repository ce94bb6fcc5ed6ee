//! Powers: a line raised to a line, and a line raised to an integer.
//! Numbers as exponents that are not integers are a row of the unary table, `powf`.

use super::arith::binary;
use super::compare::LineOrNumber;
use super::table::{Table, bound, row};
use crate::ops::prelude::*;

/// The largest exponent that every element type holds exactly.
const LARGEST: i32 = 1 << 24;

impl<T: Real> Table<T> {
    /// At base 0 the derivative along the exponent is 0 for b ≥ 0, the limit of aᵇ ln a for b > 0. Along the base, an
    /// exponent of 0 beats the infinite a⁻¹, while b·aᵇ⁻¹ stays differentiable in b there.
    pub(crate) const POW: &'static Row<T> = row! {
        POW = "pow", |a: Real, b: Real; | -> Real { a.powf(b) };
        push |i, v, at, _| {
            let (a, b) = (at.x(0), at.x(1));
            Push::Along(match i {
                0 => v.azmul(b.azmul(a.pow(b - 1.0))),
                _ => a.equals(0.0).and(b.ge(0.0)).select(0.0, v.azmul(at.y() * a.ln())),
            })
        };
        derivative "b a^(b - 1); y ln a, 0 at a = 0 with b >= 0";
        reads Reads::ALL; domain [(0.3, 3.0), (-2.0, 2.0)]; dear
    };

    pub(crate) const POWI: &'static Row<T> = row! {
        POWI = "powi", |x: Real; n| -> Real { x.powi(n.as_f64() as i32) };
        push |_, v, at, p| match p[0].as_f64() as i32 {
            0 => Push::Zero("the power 0 is 1 everywhere"),
            1 => Push::Along(v),
            2 => Push::Along(v.azmul(at.x(0) * 2.0)),
            n => Push::Along(v.azmul(at.x(0).power(n - 1) * f64::from(n))),
        };
        derivative "n x^(n - 1)"; reads Reads::OPERANDS; domain [(0.3, 3.0)]; cheap
    };
}

impl<'t, T: Real> Var<'t, T> {
    /// aᵇ element by element; the exponent is a line that broadcasts, or a number.
    ///
    /// Derivatives: b·aᵇ⁻¹ along a, which is 0 where b = 0; aᵇ ln a along b, which is 0 where a = 0 and b ≥ 0. A negative
    /// base has a value for integer exponents, but no derivative along the exponent: it is NaN.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let (a, b) = (tape.var([2., 0.]), tape.var([3., 2.]));
    /// let y = a.pow(b);
    /// assert_eq!(y.value().as_slice().unwrap(), [8., 0.]);
    /// let g = y.sum().backward();
    /// assert_eq!(g[a].as_slice().unwrap(), [12., 0.]);
    /// assert_eq!(g[b].as_slice().unwrap(), [8. * 2f64.ln(), 0.]);
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn pow(self, exponent: impl Into<LineOrNumber<'t, T>>) -> Self {
        match exponent.into() {
            LineOrNumber::Line(b) => binary(Table::POW, self, b),
            LineOrNumber::Number(p) => self.powf(p.as_f64()),
        }
    }

    /// xⁿ for an integer n, by repeated multiplication: faster than [`powf`](Var::powf). The power 0 is 1 everywhere.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([-2., 0.]);
    /// let y = x.powi(3);
    /// assert_eq!(y.value().as_slice().unwrap(), [-8., 0.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [12., 0.]);
    /// ```
    ///
    /// # Panics
    /// The exponent lies beyond ±2²⁴.
    #[track_caller]
    #[must_use]
    pub fn powi(self, n: i32) -> Self {
        if n.unsigned_abs() > LARGEST.unsigned_abs() {
            let e = Error::argument(format!("the exponent is {n}"))
                .rule(format!("exponents lie in -{LARGEST}..={LARGEST}, which every element type holds exactly"))
                .fix("use `powf`");
            self.tape.blame(e, "powi", &[self.id]).raise()
        }
        self.power(n)
    }

    /// As [`powi`](Var::powi), for an exponent that has been checked.
    #[track_caller]
    fn power(self, n: i32) -> Self {
        self.tape.row(bound(Table::POWI, [f64::from(n)]), &[self.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::adjoint::grad;
    use crate::check::OpCheck;
    use crate::ops::pointwise::table::tests::row_at;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let powi = |n: i32| [f64::from(n), 0.0];
        let mut checks: Vec<OpCheck> =
            [-3, -1, 1, 2, 3, 10].into_iter().map(|n| row_at(Table::POWI, powi(n), &[3, 2])).collect();
        checks.push(row_at(Table::POW, [0.0; 2], &[2, 3]));
        checks.push(row_at(Table::POW, [0.0; 2], &[0]));
        checks.push(OpCheck::new(Bound { row: Table::POWI, params: powi(3) }).real_in([4], -2.0, -0.5));
        checks
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn operands_broadcast() {
        let tape = Tape::<f64>::default();
        let (a, b) = (tape.var([[2.], [3.]]), tape.var([1., 2.]));
        let y = a.pow(b);
        assert_eq!(y.value().as_slice().unwrap(), [2., 4., 3., 9.]);
        assert_eq!(y.sum().backward()[a].as_slice().unwrap(), [5., 7.]);
    }

    #[test]
    fn a_base_of_zero_and_an_exponent_of_zero_have_their_limits() {
        let tape = Tape::<f64>::default();
        let (a, b) = (tape.var([0., 0., 0., 0., 2.]), tape.var([2., 1., 0.5, 0., 0.]));
        let y = a.pow(b);
        assert_eq!(y.value().as_slice().unwrap(), [0., 0., 0., 1., 1.]);
        let first = grad(y.sum(), &[a, b]);
        assert_eq!(first[0].value().as_slice().unwrap(), [0., 1., f64::INFINITY, 0., 0.]);
        assert_eq!(first[1].value().as_slice().unwrap(), [0., 0., 0., 0., 2f64.ln()]);
        let mixed = grad(first[0].sum(), &[b])[0].value();
        assert_eq!((mixed[[0]], mixed[[4]]), (0.0, 0.5));
        assert!(grad(first[1].sum(), &[b])[0].value().iter().all(|v| v.is_finite()));
    }

    #[test]
    fn a_negative_base_takes_integer_exponents() {
        let tape = Tape::<f64>::default();
        let a = tape.var([-2., -2., -3.]);
        let y = a.pow(tape.constant([3., 2., -1.]));
        assert_eq!(y.value().as_slice().unwrap(), [-8., 4., -1. / 3.]);
        assert_eq!(y.sum().backward()[a].as_slice().unwrap(), [12., -4., -1. / 9.]);
        assert_eq!(a.pow(2.0).value().as_slice().unwrap(), [4., 4., 9.]);
    }

    #[test]
    fn integer_powers_of_zero() {
        let tape = Tape::<f64>::default();
        let x = tape.var(0.0);
        for (n, value, slope) in [(0, 1., 0.), (1, 0., 1.), (2, 0., 0.), (-1, f64::INFINITY, f64::NEG_INFINITY)] {
            let y = x.powi(n);
            assert_eq!((y.item(), y.backward()[x].sum()), (value, slope), "n = {n}");
        }
    }

    #[test]
    #[should_panic(expected = "the exponent is 16777217")]
    fn exponents_that_would_be_rounded_are_refused() {
        let tape = Tape::new();
        let _ = tape.var(1.0).powi(LARGEST + 1);
    }
}
