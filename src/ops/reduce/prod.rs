//! Products along axes, with derivatives that are right at any number of zeros and to any order.
//! The derivative is the product of the other elements, never a quotient; its own derivatives are of the same kind.

use super::lines::{around, check_axes};
use crate::kernels::{product, reduce};
use crate::ops::prelude::*;
use crate::ops::rearrange::broadcast::without;

/// The product along one axis, which vanishes.
#[derive(Clone, Debug)]
pub(crate) struct Prod {
    axis: usize,
}

/// The gradient of the mixed derivative of the product along the directions v₁ … vₘ (operands 1 to m) at x (operand 0):
/// without directions, the product of the other elements.
///
/// It is the gradient of a function that is linear in each direction, so its derivative along c is the same with one
/// direction more, and its derivative by a direction the same with c in its place. Both are symmetric.
#[derive(Clone, Debug)]
pub(crate) struct ProdOthers {
    axis: usize,
}

/// Each direction doubles the work of an element: more than these are refused.
const DIRECTIONS: usize = 16;

impl ProdOthers {
    #[track_caller]
    fn call<'t, T: Real>(axis: usize, operands: impl IntoIterator<Item = Var<'t, T>>) -> Var<'t, T> {
        let operands: SmallVec<[Var<'t, T>; 4]> = operands.into_iter().collect();
        let list: SmallVec<[_; 4]> = operands.iter().map(|&v| v.into()).collect();
        operands[0].tape.call(ProdOthers { axis }, &list).real(0)
    }

    /// The derivative by operand `i` along `c`.
    #[track_caller]
    fn along<'t, T: Real>(&self, i: usize, c: Var<'t, T>, at: &At<'t, T>) -> Var<'t, T> {
        let operands = (0..at.arity()).map(|k| if i > 0 && k == i { c } else { at.x(k) });
        Self::call(self.axis, operands.chain((i == 0).then_some(c)))
    }
}

impl<T: Real> Op<T> for Prod {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "prod"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_axes(&x[0], &[self.axis])?;
        Ok(ResultSigs::real(without(x[0].dims, &[self.axis])))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        reduce::prod(x[0].real(), x[0].dims(), &[self.axis], y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().restore(&[self.axis], &r.dims(0)).azmul(ProdOthers::call(self.axis, [r.x(0)])));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.azmul(ProdOthers::call(self.axis, [r.x(0)])).sum_axes(&[self.axis]));
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

impl<T: Real> Op<T> for ProdOthers {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "prod_others"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_axes(&x[0], &[self.axis])?;
        if x.len() > DIRECTIONS + 1 {
            return Err(Error::argument(format!("derivative number {} of a product", x.len()))
                .rule(format!("products are differentiated up to {} times", DIRECTIONS + 1))
                .fix("take the logarithm of positive factors and sum"));
        }
        if let Some(s) = x.iter().find(|s| s.dims != x[0].dims) {
            return Err(Error::shape(format!("a direction has shape {s}"))
                .rule(format!("directions have the operand's shape, {}", x[0]))
                .fix("broadcast it"));
        }
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let directions: SmallVec<[&[T]; 4]> = x[1..].iter().map(Arg::real).collect();
        product::others(x[0].real(), &directions, around(x[0].dims(), self.axis), y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        for i in 0..r.arity() {
            r.give(i, || self.along(i, r.g(), r));
        }
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        for i in 0..r.arity() {
            r.term(i, |dx| self.along(i, dx, r));
        }
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axis", self.axis.into())]
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        Cost { flops: (x[0].count() << x.len()) as f64, cheap: false }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The product of all elements, a scalar. The product of nothing is 1.
    ///
    /// The derivative by an element is the product of the others, so it is right with one zero and with several.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([2., 0., 3.]);
    /// let y = x.prod();
    /// assert_eq!(y.item(), 0.);
    /// assert_eq!(y.backward()[x].as_slice().unwrap(), [0., 6., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn prod(self) -> Self {
        self.prod_over(..)
    }

    /// The product over some axes; see [`Axes`]. Over an axis of size 0 it is 1.
    ///
    /// # Panics
    /// An axis does not exist or is named twice; a derivative of an order above 17 is asked for.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [3., 4.]]);
    /// assert_eq!(x.prod_over(0).value().as_slice().unwrap(), [3., 8.]);
    /// assert_eq!(x.prod_over(keep(-1)).dims(), [2, 1]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn prod_over(self, axes: impl Into<Axes>) -> Self {
        self.reduce_axes("prod", &axes.into(), |x, axis| x.tape.call(Prod { axis }, &[x.into()]).real(0))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::adjoint::grad;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let cases = [(0, &[4][..]), (1, &[2, 3, 2]), (1, &[2, 4]), (0, &[1, 3]), (0, &[0, 3]), (1, &[0, 3])];
        let of = |(axis, dims): (usize, &[usize])| {
            let others = |operands| (0..operands).fold(OpCheck::new(ProdOthers { axis }), |c, _| c.real(dims));
            [OpCheck::new(Prod { axis }).real(dims), others(1), others(2), others(3)]
        };
        cases.into_iter().flat_map(of).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    /// The derivatives of Π x by the elements named, one after the other.
    fn derivative(x: &[f64], by: &[usize]) -> f64 {
        let tape = Tape::<f64>::default();
        let leaf = tape.var(x.to_vec());
        let pick = |k: usize| tape.constant((0..x.len()).map(|i| f64::from(u8::from(i == k))).collect::<Vec<f64>>());
        let along = |y: Var<'_, f64>, k: usize| (grad(y, &[leaf])[0] * pick(k)).sum().id();
        let mut y = leaf.prod();
        for &k in by {
            y = Var::new(&tape, along(y, k));
        }
        y.item()
    }

    #[test]
    fn derivatives_at_zeros_are_those_of_the_polynomial() {
        assert_eq!([0, 1, 2].map(|k| derivative(&[2.0, 0.0, 3.0], &[k])), [0.0, 6.0, 0.0]);
        assert_eq!([0, 1, 2].map(|k| derivative(&[0.0, 0.0, 3.0], &[k])), [0.0; 3]);
        assert_eq!(derivative(&[0.0, 0.0, 3.0, 2.0], &[0, 1]), 6.0);
        assert_eq!(derivative(&[0.0, 0.0, 3.0, 2.0], &[0, 2]), 0.0);
        assert_eq!(derivative(&[0.0, 0.0, 3.0, 2.0], &[0, 0]), 0.0);
        assert_eq!(derivative(&[0.0, 0.0, 0.0, 5.0], &[2, 0, 1]), 5.0);
        assert_eq!(derivative(&[0.0, 0.0, 0.0, 5.0], &[2, 0, 1, 3]), 1.0);
    }

    #[test]
    fn several_axes_multiply_group_by_group() {
        let tape = Tape::<f64>::default();
        let x = tape.var(vec![1.0, 2.0, 3.0, 0.0, 5.0, 6.0, 7.0, 8.0]).reshape([2, 2, 2]);
        let y = x.prod_over([0, 2]);
        assert_eq!(y.value().as_slice().unwrap(), [60.0, 0.0]);
        let dx = grad(y.sum(), &[x])[0];
        assert_eq!(dx.value().as_slice().unwrap(), [60.0, 30.0, 0.0, 168.0, 12.0, 10.0, 0.0, 0.0]);
        assert_eq!((tape.zeros([2, 0]).prod().item(), tape.zeros([]).prod().item()), (1.0, 0.0));
    }
}
