//! The running product along an axis, with derivatives that are exact at any number of zeros and to any order.
//! They are linear recurrences whose factors are the operand itself, so nothing is divided by.

use crate::kernels::scan::{self, Order};
use crate::ops::prelude::*;
use crate::ops::reduce::lines::{around, check_axes};

/// The product of an element and of all before it along the axis.
#[derive(Clone, Debug)]
pub(crate) struct CumProd {
    axis: usize,
}

impl<T: Real> Op<T> for CumProd {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "cumprod"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_axes(&x[0], &[self.axis])?;
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        scan::cumprod(x[0].real(), around(x[0].dims(), self.axis), y[0].real());
        Ok(())
    }

    // x̄ⱼ = Σ over k ≥ j of ȳₖ Π over i ≤ k, i ≠ j of xᵢ = (x₀ … xⱼ₋₁) sⱼ with sⱼ = ȳⱼ + xⱼ₊₁ sⱼ₊₁.
    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().carried(self.axis, r.x(0), Order::Backward).azmul(r.y().delayed(self.axis, 1.0)));
    }

    // ẏₖ = xₖ ẏₖ₋₁ + (x₀ … xₖ₋₁) ẋₖ.
    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.azmul(r.y().delayed(self.axis, 1.0)).carried(self.axis, r.x(0), Order::Forward));
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axis", self.axis.into())]
    }

    fn reads(&self) -> Reads {
        Reads::ALL
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The running product along an axis: yₖ = x₀ · … · xₖ.
    ///
    /// Derivatives of any order are right at zeros, one or several, and cost no more there.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([2., 0., 3.]);
    /// let y = x.cumprod(0);
    /// assert_eq!(y.value().as_slice().unwrap(), [2., 0., 0.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [1., 8., 0.]);       // of x₀ + x₀x₁ + x₀x₁x₂
    /// ```
    #[track_caller]
    #[must_use]
    pub fn cumprod(self, axis: isize) -> Self {
        let axis = self.axis("cumprod", axis);
        self.tape.call(CumProd { axis }, &[self.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::adjoint::grad;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let cases = [(0, &[5][..]), (1, &[2, 3, 2]), (2, &[2, 1, 3]), (0, &[0, 3]), (0, &[1])];
        cases.map(|(axis, dims)| OpCheck::new(CumProd { axis }).real(dims)).into()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    /// Gradient and a column of the Hessian of Σ yₖ at a, b, c, d, by hand: a + ab + abc + abcd.
    #[test]
    fn derivatives_at_zeros_are_those_of_the_polynomial() {
        for [a, b, c, d] in [[2.0, 0.0, 3.0, 5.0], [0.0, 0.0, 3.0, 5.0], [2.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 0.0]] {
            let tape = Tape::<f64>::default();
            let x = tape.var([a, b, c, d]);
            let dx = grad(x.cumprod(0).sum(), &[x])[0];
            let by_hand = [1.0 + b + b * c + b * c * d, a + a * c + a * c * d, a * b + a * b * d, a * b * c];
            assert_eq!(dx.value().as_slice().unwrap(), by_hand);
            let row = grad(dx.index_axis(0, 1), &[x])[0];
            assert_eq!(row.value().as_slice().unwrap(), [1.0 + c + c * d, 0.0, a + a * d, a * c]);
        }
    }

    #[test]
    fn a_cotangent_of_zero_is_not_spoilt_by_what_stands_behind() {
        let tape = Tape::<f64>::default();
        let x = tape.var([2.0, 3.0, f64::INFINITY]);
        let y = x.cumprod(0).slice(0, ..2).sum();
        assert_eq!(y.backward()[x].as_slice().unwrap(), [4.0, 2.0, 0.0]);
    }
}
