//! The logarithm of a running sum of exponentials along an axis, without overflow in the value or in the derivative.
//! The derivative carries ratios of neighbouring sums, which are at most 1.

use crate::kernels::scan::{self, Order};
use crate::ops::prelude::*;
use crate::ops::reduce::lines::{around, check_axes};

/// yₖ = ln Σ over i ≤ k of exp xᵢ along the axis.
#[derive(Clone, Debug)]
pub(crate) struct LogCumSumExp {
    axis: usize,
}

impl LogCumSumExp {
    /// exp(xₖ − yₖ) and exp(yₖ₋₁ − yₖ): what xₖ has in yₖ, and what yₖ₋₁ has; 0 where yₖ is −∞.
    fn shares<'t, T: Real>(&self, at: &At<'t, T>) -> [Var<'t, T>; 2] {
        let y = at.y();
        let finite = y.masked_fill(y.equals(f64::NEG_INFINITY), 0.0);
        [(at.x(0) - finite).exp(), (y.delayed(self.axis, f64::NEG_INFINITY) - finite).exp()]
    }
}

impl<T: Real> Op<T> for LogCumSumExp {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "logcumsumexp"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_axes(&x[0], &[self.axis])?;
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        scan::logcumsumexp(x[0].real(), around(x[0].dims(), self.axis), y[0].real());
        Ok(())
    }

    // x̄ⱼ = Σ over k ≥ j of ȳₖ exp(xⱼ − yₖ) = exp(xⱼ − yⱼ) sⱼ with sⱼ = ȳⱼ + exp(yⱼ − yⱼ₊₁) sⱼ₊₁.
    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || {
            let [own, before] = self.shares(r);
            r.g().carried(self.axis, before, Order::Backward).azmul(own)
        });
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| {
            let [own, before] = self.shares(r);
            dx.azmul(own).carried(self.axis, before, Order::Forward)
        });
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axis", self.axis.into())]
    }

    fn reads(&self) -> Reads {
        Reads::ALL
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// ln of the running sum of exponentials along an axis: yₖ = ln(exp x₀ + … + exp xₖ), without overflow.
    ///
    /// Where all so far is −∞ the result is −∞ and the derivative 0.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let x = tape.var([1000., 1000., 1000.]);
    /// let y = x.logcumsumexp(0);
    /// assert!((y.value()[[2]] - (1000. + 3f64.ln())).abs() < 1e-12);
    /// assert!((y.index_axis(0, -1).backward()[x][[0]] - 1. / 3.).abs() < 1e-12);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn logcumsumexp(self, axis: isize) -> Self {
        let axis = self.axis("logcumsumexp", axis);
        self.tape.call(LogCumSumExp { axis }, &[self.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let cases = [(0, &[5][..]), (1, &[2, 3, 2]), (2, &[2, 1, 3]), (0, &[0, 3]), (0, &[1])];
        cases.map(|(axis, dims)| OpCheck::new(LogCumSumExp { axis }).real(dims)).into()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn the_derivative_neither_overflows_nor_meets_infinity() {
        let tape = Tape::<f64>::default();
        let x = tape.var([f64::NEG_INFINITY, -2000.0, 3000.0, f64::NEG_INFINITY]);
        let y = x.logcumsumexp(0);
        assert_eq!(y.value().as_slice().unwrap(), [f64::NEG_INFINITY, -2000.0, 3000.0, 3000.0]);
        assert_eq!(y.slice(0, 1..).sum().backward()[x].as_slice().unwrap(), [0.0, 1.0, 2.0, 0.0]);
        assert_eq!(y.index_axis(0, 0).backward()[x].as_slice().unwrap(), [0.0; 4]);
    }
}
