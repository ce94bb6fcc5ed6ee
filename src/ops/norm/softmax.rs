//! Softmax and its logarithm along an axis.
//! Their rules are told in terms of the result alone, so the operand need not be kept.

use crate::kernels::softmax;
use crate::ops::prelude::*;
use crate::ops::reduce::lines::{around, check_axes};

/// exp xᵢ / Σ exp xⱼ along one axis; with `or_zero` zeros where all are −∞.
#[derive(Clone, Debug)]
pub(crate) struct Softmax {
    axis: usize,
    or_zero: bool,
}

/// xᵢ − ln Σ exp xⱼ along one axis.
#[derive(Clone, Debug)]
pub(crate) struct LogSoftmax {
    axis: usize,
}

impl Softmax {
    /// The Jacobian diag(y) − y yᵀ times v; it is symmetric, so both rules use it.
    fn along<'t, T: Real>(&self, v: Var<'t, T>, at: &At<'t, T>) -> Var<'t, T> {
        let (axis, y) = ([self.axis], at.y());
        let mean = v.azmul(y).sum_axes(&axis).restore(&axis, &at.dims(0));
        (v - mean).azmul(y)
    }
}

impl<T: Real> Op<T> for Softmax {
    same_in_f64!();

    fn name(&self) -> &'static str {
        if self.or_zero { "softmax_or_zero" } else { "softmax" }
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_axes(&x[0], &[self.axis])?;
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let kernel = if self.or_zero { softmax::softmax_or_zero } else { softmax::softmax };
        kernel(x[0].real(), around(x[0].dims(), self.axis), y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || self.along(r.g(), r));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| self.along(dx, r));
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axis", self.axis.into())]
    }

    fn reads(&self) -> Reads {
        Reads::RESULTS
    }
}

impl<T: Real> Op<T> for LogSoftmax {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "log_softmax"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_axes(&x[0], &[self.axis])?;
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        softmax::log_softmax(x[0].real(), around(x[0].dims(), self.axis), y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        let axis = [self.axis];
        r.give(0, || r.g() - r.g().sum_axes(&axis).restore(&axis, &r.dims(0)).azmul(r.y().exp()));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        let axis = [self.axis];
        r.term(0, |dx| dx - dx.azmul(r.y().exp()).sum_axes(&axis).restore(&axis, &r.dims(0)));
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axis", self.axis.into())]
    }

    fn reads(&self) -> Reads {
        Reads::RESULTS
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The softmax along an axis, yᵢ = exp xᵢ / Σ exp xⱼ: positive numbers that sum to 1.
    ///
    /// The largest element is subtracted first, so nothing overflows; −∞ gives exactly 0. Where all elements are −∞ or one
    /// is ∞ or NaN the result is NaN.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1000., 1000. + 3f32.ln(), f32::NEG_INFINITY]);
    /// let y = x.softmax(0).value();
    /// assert!((y[[0]] - 0.25).abs() < 1e-4 && y[[2]] == 0.);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn softmax(self, axis: isize) -> Self {
        let axis = self.axis("softmax", axis);
        self.tape.call(Softmax { axis, or_zero: false }, &[self.into()]).real(0)
    }

    /// As [`softmax`](Var::softmax), but where all elements are −∞ the result is 0 and not NaN, and so are derivatives: the
    /// weights of an attention in which everything is masked.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[0., 0.], [f32::NEG_INFINITY, f32::NEG_INFINITY]]);
    /// let y = x.softmax_or_zero(1);
    /// assert_eq!(y.value().as_slice().unwrap(), [0.5, 0.5, 0., 0.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [0.; 4]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn softmax_or_zero(self, axis: isize) -> Self {
        let axis = self.axis("softmax_or_zero", axis);
        self.tape.call(Softmax { axis, or_zero: true }, &[self.into()]).real(0)
    }

    /// The softmax of −x along an axis: the smallest elements weigh most.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let y = tape.var([0., 3f64.ln()]).softmin(0).value();
    /// assert!((y[[0]] - 0.75).abs() < 1e-15);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn softmin(self, axis: isize) -> Self {
        (-self).softmax(axis)
    }

    /// The logarithm of the softmax along an axis, yᵢ = xᵢ − ln Σ exp xⱼ, accurate where the softmax itself would be 0.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.var([0., 500.]).log_softmax(-1);
    /// assert_eq!(y.value().as_slice().unwrap(), [-500., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn log_softmax(self, axis: isize) -> Self {
        let axis = self.axis("log_softmax", axis);
        self.tape.call(LogSoftmax { axis }, &[self.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let cases =
            [(0, &[4][..]), (1, &[2, 3, 2]), (2, &[2, 1, 3]), (0, &[3, 1]), (1, &[0, 3]), (1, &[2, 0]), (1, &[2, 1])];
        let of = |(axis, dims): (usize, &[usize])| {
            let softmax = [false, true].map(|or_zero| OpCheck::new(Softmax { axis, or_zero }).real(dims));
            softmax.into_iter().chain([OpCheck::new(LogSoftmax { axis }).real(dims)])
        };
        cases.into_iter().flat_map(of).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn a_masked_place_gets_no_weight_and_no_gradient() {
        let tape = Tape::<f64>::default();
        let x = tape.var([2f64.ln(), f64::NEG_INFINITY, 0.0]);
        let y = x.softmax(0);
        assert!(y.value().iter().zip([2.0 / 3.0, 0.0, 1.0 / 3.0]).all(|(a, b)| (a - b).abs() < 1e-15));
        let dx = (y * tape.constant([1.0, 5.0, 0.0])).sum().backward();
        assert!(dx[x].iter().zip([2.0 / 9.0, 0.0, -2.0 / 9.0]).all(|(a, b)| (a - b).abs() < 1e-15));
    }

    #[test]
    fn derivatives_where_everything_is_masked_are_zero_on_request() {
        let tape = Tape::<f64>::default();
        let x = tape.var([f64::NEG_INFINITY; 3]);
        assert!(x.softmax(0).value().iter().all(|v| v.is_nan()));
        let y = x.softmax_or_zero(0);
        let w = tape.constant([1.0, 2.0, 5.0]);
        assert_eq!(y.value().as_slice().unwrap(), [0.0; 3]);
        assert_eq!((y * w).sum().backward()[x].as_slice().unwrap(), [0.0; 3]);
    }

    #[test]
    #[should_panic(expected = "softmax: axis 2 does not exist in shape [2, 3]")]
    fn an_axis_that_does_not_exist_is_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3]).softmax(2);
    }
}
