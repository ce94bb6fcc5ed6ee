//! Mean, variance and standard deviation: a few lines each, built from sums.
//! The variance is two-pass, so a large mean costs no digits; the standard deviation is flat where nothing varies.

use crate::ops::pointwise::table::{Table, bound, row};
use crate::ops::prelude::*;
use crate::ops::rearrange::broadcast::ones_at;

impl<T: Real> Table<T> {
    /// √x with derivative 0 at 0, so that the gradient of a spread that is 0 is 0, as PyTorch has it, and not ∞·0.
    pub(crate) const ROOT: &'static Row<T> = row! {
        ROOT = "root", |x: Real; | -> Real { x.sqrt() };
        push |_, v, at, _| Push::Along(v.azmul(at.tape().row(bound(Table::ROOT_SLOPE, []), &[at.y().into()]).real(0)));
        derivative "1 / (2 y), 0 at 0"; reads Reads::RESULTS; domain [(0.3, 3.0)]; cheap
    };

    /// 1/(2y), and 0 at 0: the slope of [`ROOT`](Table::ROOT) in terms of its result.
    pub(crate) const ROOT_SLOPE: &'static Row<T> = row! {
        ROOT_SLOPE = "root_slope", |y: Real; | -> Real { if y == T::zero() { T::zero() } else { T::of(0.5) / y } };
        push |_, v, at, _| Push::Along(v.azmul(at.y().square() * -2.0));
        derivative "-1 / (2 y^2), 0 at 0"; reads Reads::RESULTS; domain [(0.3, 3.0)]; cheap
    };
}

impl<'t, T: Real> Var<'t, T> {
    /// The mean of all elements, a scalar: 1/n Σ xᵢ. The mean of nothing is NaN.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 2., 6.]);
    /// assert_eq!(x.mean().item(), 3.0);
    /// assert_eq!(x.mean().backward()[x][[0]], 1. / 3.);
    /// assert!(tape.zeros([0]).mean().item().is_nan());
    /// ```
    #[track_caller]
    #[must_use]
    pub fn mean(self) -> Self {
        self.mean_over(..)
    }

    /// The mean over some axes; see [`Axes`]. Over an axis of size 0 it is NaN.
    ///
    /// # Panics
    /// An axis does not exist or is named twice.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [3., 4.]]);
    /// assert_eq!(x.mean_over(0).value().as_slice().unwrap(), [2., 3.]);
    /// assert_eq!(x.mean_over(keep(-1)).dims(), [2, 1]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn mean_over(self, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        let list = self.axes("mean", &axes);
        let n = count(&self.dims(), &list);
        self.sum_over(axes) / n as f64
    }

    /// The variance of all elements, 1/n Σ (xᵢ − μ)²: that of the elements themselves, not an estimate.
    ///
    /// [`var_over`](Var::var_over) with correction 1 divides by n − 1 instead. The variance of nothing is NaN.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 2., 6.]);
    /// let y = x.var();
    /// assert!((y.item() - 14. / 3.).abs() < 1e-6);
    /// assert!((y.backward()[x][[2]] - 2.).abs() < 1e-6);      // 2 (x − μ) / n
    /// ```
    #[track_caller]
    #[must_use]
    pub fn var(self) -> Self {
        self.var_over(.., 0)
    }

    /// The variance over some axes, Σ (xᵢ − μ)² / (n − correction).
    ///
    /// Correction 0 is the variance of the elements themselves (of a population), 1 the unbiased estimate from a sample
    /// (Bessel's correction); it need not be whole (1.5 makes the standard deviation of normal samples nearly unbiased).
    /// Where n is at most the correction the divisor is 0, as in PyTorch: the result is NaN, or ∞ where the squares are
    /// not 0.
    ///
    /// # Panics
    /// An axis does not exist or is named twice.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [3., 8.]]);
    /// assert_eq!(x.var_over(-1, 0).value().as_slice().unwrap(), [0.25, 6.25]);
    /// assert_eq!(x.var_over(-1, 1).value().as_slice().unwrap(), [0.5, 12.5]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn var_over(self, axes: impl Into<Axes>, correction: impl Into<f64>) -> Self {
        let axes = axes.into();
        let dims = self.dims();
        let list = self.axes("var", &axes);
        let n = count(&dims, &list);
        let mean = self.sum_axes(&list).reshape(ones_at(&dims, &list)) / n as f64;
        (self - mean).square().sum_over(axes) / (n as f64 - correction.into()).max(0.0)
    }

    /// The standard deviation of all elements, √(1/n Σ (xᵢ − μ)²); where they are all equal its derivative is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 5.]);
    /// assert_eq!((x.std().item(), x.std().backward()[x][[1]]), (2., 0.5));
    /// let flat = tape.var([3., 3.]);
    /// assert_eq!((flat.std().item(), flat.std().backward()[flat][[1]]), (0., 0.));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn std(self) -> Self {
        self.std_over(.., 0)
    }

    /// The standard deviation over some axes: the root of [`var_over`](Var::var_over) with the same correction.
    ///
    /// # Panics
    /// An axis does not exist or is named twice.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2., 6.], [0., 0., 3.]]);
    /// assert!((x.std_over(-1, 1).value()[[1]] - 3f32.sqrt()).abs() < 1e-6);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn std_over(self, axes: impl Into<Axes>, correction: impl Into<f64>) -> Self {
        let var = self.var_over(axes, correction);
        self.tape.row(bound(Table::ROOT, []), &[var.into()]).real(0)
    }
}

fn count(dims: &[usize], axes: &[usize]) -> usize {
    axes.iter().map(|&a| dims[a]).product()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::adjoint::grad;
    use crate::check::OpCheck;
    use crate::ops::pointwise::table::tests::row_at;
    use crate::shape::keep;

    pub(crate) fn checks() -> Vec<OpCheck> {
        [Table::ROOT, Table::ROOT_SLOPE].map(|row| row_at(row, [0.0; 2], &[2, 3])).into()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn a_large_mean_costs_no_digits() {
        let tape = Tape::<f32>::default();
        let x = tape.var([100_000.0, 100_001.0, 100_002.0, 100_003.0]);
        assert_eq!((x.var().item(), x.var_over(0, 1).item()), (1.25, 5.0 / 3.0));
    }

    #[test]
    fn axes_are_kept_on_request() {
        let tape = Tape::new();
        let x = tape.zeros([2, 3, 4]);
        assert_eq!(x.var_over(keep([0, -1]), 0).dims(), [1, 3, 1]);
        assert_eq!(x.std_over([0, -1], 0).dims(), [3]);
        assert_eq!(x.mean_over(keep(..)).dims(), [1, 1, 1]);
    }

    #[test]
    fn degenerate_variances_follow_their_formula() {
        let tape = Tape::<f64>::default();
        assert!(tape.zeros([0]).var().item().is_nan());
        assert!(tape.var([2.0]).var_over(0, 1).item().is_nan());
        assert_eq!(tape.var([2.0]).var().item(), 0.0);
        assert_eq!(tape.var([2.0, 4.0]).var_over(0, 3).item(), f64::INFINITY);
        assert_eq!(tape.var([2.0, 4.0]).var_over(0, 1.5).item(), 4.0);
    }

    #[test]
    fn a_spread_of_zero_is_flat_to_second_order() {
        let tape = Tape::<f64>::default();
        let x = tape.var([3.0, 3.0, 3.0]);
        let w = tape.constant([1.0, -2.0, 5.0]);
        let dx = grad(x.std(), &[x])[0];
        assert_eq!(dx.value().as_slice().unwrap(), [0.0; 3]);
        assert_eq!(grad((dx * w).sum(), &[x])[0].value().as_slice().unwrap(), [0.0; 3]);
    }

    #[test]
    fn second_derivatives_of_the_variance() {
        let tape = Tape::<f64>::default();
        let x = tape.var([1.0, 4.0]);
        let dx = grad(x.var(), &[x])[0];
        let row = grad((dx * tape.constant([1.0, 0.0])).sum(), &[x])[0];
        // 2/n (δ − 1/n).
        assert_eq!(row.value().as_slice().unwrap(), [0.5, -0.5]);
    }
}
