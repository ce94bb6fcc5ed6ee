//! The running sum along an axis, from either end, and differences of neighbours.
//! Summing from one end is the adjoint of summing from the other.

use crate::kernels::scan::{self, Order};
use crate::ops::prelude::*;
use crate::ops::reduce::lines::{around, check_axes};

/// The sum of an element and of all before it along the axis, or of all behind it.
#[derive(Clone, Debug)]
pub(crate) struct CumSum {
    axis: usize,
    order: Order,
}

impl<T: Real> Op<T> for CumSum {
    same_in_f64!();

    fn name(&self) -> &'static str {
        match self.order {
            Order::Forward => "cumsum",
            Order::Backward => "cumsum_back",
        }
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_axes(&x[0], &[self.axis])?;
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        scan::cumsum(x[0].real(), around(x[0].dims(), self.axis), self.order, y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        let other = if self.order == Order::Forward { Order::Backward } else { Order::Forward };
        r.give(0, || r.g().summed(self.axis, other));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.summed(self.axis, self.order));
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axis", self.axis.into())]
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The running sum along an axis: yₖ = x₀ + … + xₖ.
    ///
    /// It is carried in `f64`, so that a long one keeps its digits on a tape of `f32`.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 2., 3.]);
    /// let y = x.cumsum(0);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 3., 6.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [3., 2., 1.]);
    /// assert_eq!(x.flip(0).cumsum(0).flip(0).value().as_slice().unwrap(), [6., 5., 3.]);     // from the other end
    /// ```
    #[track_caller]
    #[must_use]
    pub fn cumsum(self, axis: isize) -> Self {
        let axis = self.axis("cumsum", axis);
        self.summed(axis, Order::Forward)
    }

    #[track_caller]
    fn summed(self, axis: usize, order: Order) -> Self {
        self.tape.call(CumSum { axis, order }, &[self.into()]).real(0)
    }

    /// Differences of neighbours along an axis, taken `times` times: xₖ₊₁ − xₖ, one place shorter each time.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 4., 9., 16.]);
    /// assert_eq!(x.diff(0, 1).value().as_slice().unwrap(), [3., 5., 7.]);
    /// assert_eq!(x.diff(0, 2).value().as_slice().unwrap(), [2., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn diff(self, axis: isize, times: usize) -> Self {
        let axis = self.axis("diff", axis);
        let size = self.dims()[axis];
        let mut y = self;
        for n in (0..size).rev().take(times) {
            y = y.slice(axis as isize, 1..) - y.slice(axis as isize, ..n);
        }
        y
    }

    /// The integral along an axis by the trapezoidal rule, of samples `dx` apart: dx Σ (yₖ + yₖ₊₁) / 2.
    ///
    /// For samples at points x that are not evenly spaced, sum `x.diff(-1, 1)` times the means of neighbours.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.var([0., 1., 4.]);
    /// assert_eq!(y.trapezoid(0, 0.5).item(), 1.5);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn trapezoid(self, axis: isize, dx: f64) -> Self {
        let n = self.dims()[self.axis("trapezoid", axis)];
        let intervals = n.saturating_sub(1);
        let (left, right) = (self.slice(axis, ..intervals), self.slice(axis, n - intervals..));
        (left + right).sum_over(axis) * (0.5 * dx)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let of = |order| {
            let cases = [(0, &[5][..]), (1, &[2, 3, 2]), (2, &[2, 1, 3]), (0, &[0, 3]), (0, &[1])];
            cases.map(|(axis, dims)| OpCheck::new(CumSum { axis, order }).real(dims))
        };
        [Order::Forward, Order::Backward].into_iter().flat_map(of).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn differences_undo_running_sums() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[1., -2., 4.], [0., 5., 3.]]);
        assert_eq!(x.cumsum(1).diff(1, 1).value(), x.slice(1, 1..).value());
        assert_eq!(
            (x.diff(0, 0).dims(), x.diff(1, 3).dims(), x.diff(1, 9).dims()),
            ([2, 3].into(), [2, 0].into(), [2, 0].into())
        );
        assert_eq!(tape.zeros([0]).diff(0, 2).dims(), [0]);
        let g = x.diff(1, 2).sum().backward();
        assert_eq!(g[x].as_slice().unwrap(), [1., -2., 1., 1., -2., 1.]);
    }

    #[test]
    fn a_single_sample_has_no_area() {
        let tape = Tape::<f64>::default();
        assert_eq!(tape.var([[7.0], [8.0]]).trapezoid(1, 1.0).value().as_slice().unwrap(), [0.0, 0.0]);
        assert_eq!(tape.zeros([0]).trapezoid(0, 1.0).item(), 0.0);
        let y = tape.var([1., 2., 5.]);
        assert_eq!(y.trapezoid(0, 2.0).backward()[y].as_slice().unwrap(), [1.0, 2.0, 1.0]);
    }
}
