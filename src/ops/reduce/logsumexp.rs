//! The logarithm of a sum of exponentials, the smooth maximum.
//! The largest element is subtracted before the exponential, so nothing overflows.

use super::lines::{around, check_axes};
use crate::kernels::softmax;
use crate::ops::prelude::*;
use crate::ops::rearrange::broadcast::without;

/// ln Σ exp x along one axis, which vanishes.
#[derive(Clone, Debug)]
pub(crate) struct LogSumExp {
    axis: usize,
}

impl LogSumExp {
    /// The derivative: the softmax, and 0 where all are −∞. exp(x − y) would be shorter, but loses what y lost to rounding beside large elements.
    fn weights<'t, T: Real>(&self, at: &At<'t, T>) -> Var<'t, T> {
        at.x(0).softmax_or_zero(self.axis as isize)
    }
}

impl<T: Real> Op<T> for LogSumExp {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "logsumexp"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_axes(&x[0], &[self.axis])?;
        Ok(ResultSigs::real(without(x[0].dims, &[self.axis])))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        softmax::log_sum_exp(x[0].real(), around(x[0].dims(), self.axis), y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().restore(&[self.axis], &r.dims(0)).azmul(self.weights(r)));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.azmul(self.weights(r)).sum_axes(&[self.axis]));
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axis", self.axis.into())]
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Reduce
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// ln Σ exp xᵢ over some axes, without overflow; see [`Axes`].
    ///
    /// Over nothing, and where every element is −∞, it is −∞. Its derivative is the softmax; where every element is −∞ it
    /// is 0.
    ///
    /// # Panics
    /// An axis does not exist or is named twice.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1000., 1000.], [0., f32::NEG_INFINITY]]);
    /// let y = x.logsumexp(-1);
    /// assert_eq!(y.value().as_slice().unwrap(), [1000. + 2f32.ln(), 0.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [0.5, 0.5, 1., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn logsumexp(self, axes: impl Into<Axes>) -> Self {
        self.reduce_axes("logsumexp", &axes.into(), |x, axis| x.tape.call(LogSumExp { axis }, &[x.into()]).real(0))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::shape::keep;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let cases = [(0, &[4][..]), (1, &[2, 3, 2]), (2, &[2, 1, 3]), (1, &[0, 3]), (1, &[5, 1])];
        cases.map(|(axis, dims)| OpCheck::new(LogSumExp { axis }).real(dims)).into()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn several_axes_give_what_one_pass_would() {
        let tape = Tape::<f64>::default();
        let x = tape.var(vec![0.5, -1.0, 2.0, 0.25, 1.0, -3.0, 0.0, 0.75]).reshape([2, 2, 2]);
        let whole = x.exp().sum().ln().item();
        assert!((x.logsumexp(..).item() - whole).abs() < 1e-14);
        let apart = x.exp().sum_over([0, 2]).ln().value();
        let got = x.logsumexp(keep([0, -1]));
        assert_eq!(got.dims(), [1, 2, 1]);
        assert!(got.value().iter().zip(apart.iter()).all(|(a, b)| (a - b).abs() < 1e-14));
    }

    #[test]
    fn a_line_of_impossible_elements_has_no_gradient() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[f64::NEG_INFINITY, f64::NEG_INFINITY], [0.0, f64::NEG_INFINITY]]);
        let y = x.logsumexp(1);
        assert_eq!(y.value().as_slice().unwrap(), [f64::NEG_INFINITY, 0.0]);
        assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [0.0, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn the_logarithm_of_nothing() {
        let tape = Tape::<f64>::default();
        assert_eq!(tape.zeros([0]).logsumexp(0).item(), f64::NEG_INFINITY);
        assert_eq!(tape.zeros([2, 0]).logsumexp(..).item(), f64::NEG_INFINITY);
    }
}
