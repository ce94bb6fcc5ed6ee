//! Norms of vectors along axes, and distances: (Σ|xᵢ|ᵖ)^(1/p) for every p, with derivative 0 where there is none.
//! Powers of sizes are two rows that are each other's derivative, so second derivatives have no seams either.

use crate::ops::pointwise::table::{Table, bound, row, side};
use crate::ops::prelude::*;

const NEGATIVE: (f64, f64) = (-2.0, -0.3);

impl<T: Real> Table<T> {
    /// |x|ᵖ, and at 0 a number of its own: the limit for a value, 0 for a derivative.
    pub(crate) const SIZE_POWER: &'static Row<T> = row! {
        SIZE_POWER = "size_power", |x: Real; power, at_zero| -> Real {
            if x == T::zero() { at_zero } else { x.abs().powf(power) }
        };
        push |_, v, at, p| {
            let power = p[0].as_f64();
            Push::Along(v.azmul(powered(Table::SIGNED_POWER, at.x(0), power - 1.0, 0.0) * power))
        };
        decide |_, at| side(at.x(0), 0.0);
        derivative "power sign(x) |x|^(power - 1), 0 at 0"; reads Reads::OPERANDS; domain [NEGATIVE]; dear
    };

    /// sign(x)·|x|ᵖ, 0 at 0.
    pub(crate) const SIGNED_POWER: &'static Row<T> = row! {
        SIGNED_POWER = "signed_power", |x: Real; power| -> Real {
            if x == T::zero() { T::zero() } else { x.signum() * x.abs().powf(power) }
        };
        push |_, v, at, p| {
            let power = p[0].as_f64();
            Push::Along(v.azmul(powered(Table::SIZE_POWER, at.x(0), power - 1.0, 0.0) * power))
        };
        derivative "power |x|^(power - 1), 0 at 0"; reads Reads::OPERANDS; domain [NEGATIVE]; dear
    };
}

#[track_caller]
fn powered<'t, T: Real>(row: &'static Row<T>, x: Var<'t, T>, power: f64, at_zero: f64) -> Var<'t, T> {
    x.tape.row(bound(row, [power, at_zero]), &[x.into()]).real(0)
}

impl<'t, T: Real> Var<'t, T> {
    /// The p-norm over some axes, (Σ|xᵢ|ᵖ)^(1/p): 2 is Euclid's, 1 the sum of sizes, ∞ the largest size, −∞ the smallest, and
    /// 0 counts what is not 0. See [`Axes`].
    ///
    /// Where it has no derivative, at 0 and along elements that are 0, the derivative is 0; equal largest sizes share evenly.
    ///
    /// # Panics
    /// An axis does not exist or is named twice, p is NaN, or p is infinite and there is no element.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let x = tape.var([[3., -4.], [0., 0.]]);
    /// let y = x.vector_norm(2.0, 1);
    /// assert_eq!(y.value().as_slice().unwrap(), [5., 0.]);
    /// let g = y.sum().backward();
    /// assert!((g[x][[0, 1]] + 0.8).abs() < 1e-15 && g[x][[1, 0]] == 0.);
    /// assert_eq!(x.vector_norm(f64::INFINITY, ..).item(), 4.);
    /// assert_eq!(x.vector_norm(1.0, ..).item(), 7.);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn vector_norm(self, p: f64, axes: impl Into<Axes>) -> Self {
        if p.is_nan() {
            let e = Error::argument("p is NaN")
                .rule("the order of a norm is a number or infinite")
                .fix("2.0 is the usual one");
            self.tape.blame(e, "vector_norm", &[self.id]).raise()
        }
        if p == f64::INFINITY {
            return self.abs().amax(axes);
        }
        if p == f64::NEG_INFINITY {
            return self.abs().amin(axes);
        }
        if p == 0.0 {
            return self.differs(0.0).to_real().sum_over(axes);
        }
        if p == 1.0 {
            return self.abs().sum_over(axes);
        }
        if p == 2.0 {
            let squares = self.square().sum_over(axes);
            return self.tape.row(bound(Table::ROOT, []), &[squares.into()]).real(0);
        }
        let limit = |power: f64| if power > 0.0 { 0.0 } else { f64::INFINITY };
        let sum = powered(Table::SIZE_POWER, self, p, limit(p)).sum_over(axes);
        powered(Table::SIZE_POWER, sum, p.recip(), limit(p.recip()))
    }

    /// The p-norm of the difference of vectors, over the last axis, to every element of which `eps` is added first:
    /// `(a − b + eps).vector_norm(p, -1)`. PyTorch's eps is 1e-6.
    ///
    /// # Panics
    /// The shapes do not broadcast, there is no axis, or p is NaN.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([[1., 2.], [5., 5.]]), tape.var([4., 6.]));
    /// assert_eq!(a.pairwise_distance(b, 1.0, 0.0).value().as_slice().unwrap(), [7., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn pairwise_distance(self, other: Self, p: f64, eps: f64) -> Self {
        (self - other + eps).vector_norm(p, -1)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::adjoint::grad;
    use crate::check::OpCheck;

    const INF: f64 = f64::INFINITY;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let rows = [Table::SIZE_POWER, Table::SIGNED_POWER];
        let of = |row| [-1.0, 0.5, 3.0].map(|p| OpCheck::new(Bound { row, params: [p, 0.0] }).real([2, 3]));
        let positive = |row| OpCheck::new(Bound { row, params: [1.7, 0.0] }).real_in([4], 0.3, 2.0);
        rows.into_iter().flat_map(of).chain(rows.map(positive)).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn orders_have_their_values_and_subgradients() {
        let cases: [(f64, [f64; 3], f64, [f64; 3]); 12] = [
            (2.0, [3., -4., 0.], 5.0, [0.6, -0.8, 0.]),
            (2.0, [0.; 3], 0.0, [0.; 3]),
            (1.0, [3., -4., 0.], 7.0, [1., -1., 0.]),
            (0.0, [3., -4., 0.], 2.0, [0.; 3]),
            (INF, [2., -2., 1.], 2.0, [0.5, -0.5, 0.]),
            (-INF, [2., -2., 1.], 1.0, [0., 0., 1.]),
            (-1.0, [2., -2., 1.], 0.5, [0.0625, -0.0625, 0.25]),
            (-1.0, [3., -4., 0.], 0.0, [0.; 3]),
            (0.5, [0., 1., 1.], 4.0, [0., 2., 2.]),
            (0.5, [0.; 3], 0.0, [0.; 3]),
            (3.0, [0.; 3], 0.0, [0.; 3]),
            (3.0, [0., 1., -1.], 2f64.cbrt(), [0., 4f64.cbrt().recip(), -4f64.cbrt().recip()]),
        ];
        for (p, x, norm, slopes) in cases {
            let tape = Tape::<f64>::default();
            let x = tape.var(x);
            let y = x.vector_norm(p, 0);
            let g = y.backward()[x].clone();
            assert!((y.item() - norm).abs() < 1e-14, "p = {p}: {}", y.item());
            assert!(g.iter().zip(slopes).all(|(a, b)| (a - b).abs() < 1e-14), "p = {p}: {g}");
        }
    }

    #[test]
    fn the_general_formula_repeats_the_special_ones() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[0.5, -1.5, 2.0], [1.0, 3.0, -0.25]]);
        for p in [1.0, 2.0] {
            let sum = powered(Table::SIZE_POWER, x, p, 0.0).sum_over(1);
            let general = powered(Table::SIZE_POWER, sum, 1.0 / p, 0.0);
            let special = x.vector_norm(p, 1);
            let [a, b] = [general, special].map(|y| {
                let g = grad(y.square().sum(), &[x])[0];
                [y.value(), g.value(), grad(g.square().sum(), &[x])[0].value()]
            });
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).iter().all(|d| d.abs() < 1e-12)));
        }
    }

    #[test]
    fn norms_of_nothing() {
        let tape = Tape::<f64>::default();
        let x = tape.zeros([2, 0]);
        assert_eq!(x.vector_norm(2.0, 1).value().as_slice().unwrap(), [0.0; 2]);
        assert_eq!(x.vector_norm(3.0, 1).value().as_slice().unwrap(), [0.0; 2]);
        assert_eq!(x.vector_norm(2.0, crate::shape::keep(0)).dims(), [1, 0]);
    }

    #[test]
    #[should_panic(expected = "vector_norm: p is NaN")]
    fn an_order_that_is_no_number_is_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([2]).vector_norm(f64::NAN, 0);
    }
}
