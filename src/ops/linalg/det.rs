//! Determinants, with derivatives that are right at singular matrices and to any order; their signs and logarithms.
//! The gradient is the matrix of cofactors, never det(A) A⁻ᵀ; its own derivatives are of the same kind.

use super::batch::{count, lead, square};
use super::inv::inverse;
use super::matmul::product;
use crate::kernels::dense::cofactor::cofactor;
use crate::kernels::dense::lu::Lu;
use crate::kernels::par;
use crate::ops::prelude::*;

/// The determinant of each matrix.
#[derive(Clone, Debug)]
pub(crate) struct Det;

/// The gradient of the mixed derivative of the determinant along the directions (operands 1 to m) at the matrix (operand
/// 0): without directions, the cofactors.
///
/// As with the product of the others (see `prod`), it is linear in each direction and symmetric: the derivative along C
/// has C as one direction more, and the derivative by a direction has C in its place.
#[derive(Clone, Debug)]
pub(crate) struct Cofactor;

/// The sign of the determinant, and the logarithm of its size.
#[derive(Clone, Debug)]
pub(crate) struct SlogDet;

/// With m directions, ((m + 1)!)² products stand for each choice of m + 1 rows: more are refused.
const DIRECTIONS: usize = 4;

impl Cofactor {
    #[track_caller]
    fn call<'t, T: Real>(operands: impl IntoIterator<Item = Var<'t, T>>) -> Var<'t, T> {
        let operands: SmallVec<[Var<'t, T>; 4]> = operands.into_iter().collect();
        let list: SmallVec<[_; 4]> = operands.iter().map(|&v| v.into()).collect();
        operands[0].tape.plain(&Cofactor, &list).real(0)
    }

    /// The derivative by operand `i` along `c`.
    #[track_caller]
    fn along<'t, T: Real>(i: usize, c: Var<'t, T>, at: &At<'t, T>) -> Var<'t, T> {
        let operands = (0..at.arity()).map(|k| if i > 0 && k == i { c } else { at.x(k) });
        Self::call(operands.chain((i == 0).then_some(c)))
    }
}

impl<T: Real> Op<T> for Det {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "det"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        square(&x[0])?;
        Ok(ResultSigs::real(lead(x[0].dims)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let n = x[0].dims()[x[0].dims().len() - 1];
        let x = x[0].real();
        par::chunks_mut(y[0].real(), 1, x.len() * n, |k, y| {
            let lu = Lu::new(&x[k * n * n..(k + 1) * n * n], n);
            let product = lu.diagonal().fold(T::one(), |p, d| p * d);
            y[0] = if lu.is_odd() { -product } else { product };
        });
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().unsqueeze(-1).unsqueeze(-1).azmul(Cofactor::call([r.x(0)])));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.azmul(Cofactor::call([r.x(0)])).sum_over([-2, -1]));
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        cubic(x)
    }
}

/// What a factorisation costs, roughly.
pub(super) fn cubic(x: &[Sig<'_>]) -> Cost {
    let n = x[0].dims.last().copied().unwrap_or(1);
    Cost { flops: x[0].count() as f64 * n as f64, cheap: false }
}

impl<T: Real> Op<T> for Cofactor {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "cofactor"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        square(&x[0])?;
        if x.len() > DIRECTIONS + 1 {
            return Err(Error::argument(format!("derivative number {} of a determinant", x.len()))
                .rule(format!("determinants are differentiated up to {} times", DIRECTIONS + 1))
                .fix("use `slogdet` where the matrix has an inverse"));
        }
        if let Some(s) = x.iter().find(|s| s.dims != x[0].dims) {
            return Err(Error::shape(format!("a direction has shape {s}"))
                .rule(format!("directions have the operand's shape, {}", x[0]))
                .fix("broadcast it"));
        }
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let n = x[0].dims()[x[0].dims().len() - 1];
        let size = n * n;
        let x: SmallVec<[&[T]; 4]> = x.iter().map(Arg::real).collect();
        par::chunks_mut(y[0].real(), size, x[0].len() * n, |k, y| {
            let own: SmallVec<[&[T]; 4]> = x.iter().map(|x| &x[k * size..(k + 1) * size]).collect();
            cofactor(own[0], &own[1..], n, y);
        });
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        for i in 0..r.arity() {
            r.give(i, || Self::along(i, r.g(), r));
        }
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        for i in 0..r.arity() {
            r.term(i, |dx| Self::along(i, dx, r));
        }
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        cubic(x)
    }
}

impl<T: Real> Op<T> for SlogDet {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "slogdet"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        square(&x[0])?;
        let d = Dims::from(lead(x[0].dims));
        Ok(ResultSigs::real(d.clone()).and_real(d))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (dims, n) = (x[0].dims(), x[0].dims()[x[0].dims().len() - 1]);
        let x = x[0].real();
        let both = par::map(count(dims), x.len() * n, |k| {
            let lu = Lu::new(&x[k * n * n..(k + 1) * n * n], n);
            let odd = lu.is_odd();
            let sign = lu
                .diagonal()
                .fold(if odd { -T::one() } else { T::one() }, |s, d| s * if d == T::zero() { d } else { d.signum() });
            (sign.abs() * sign, lu.diagonal().map(|d| d.abs().ln()).sum())
        });
        let [signs, logarithms] = y else { unreachable!("two results") };
        if let Some(y) = signs.try_real() {
            y.iter_mut().zip(&both).for_each(|(y, b)| *y = b.0);
        }
        if let Some(y) = logarithms.try_real() {
            y.iter_mut().zip(&both).for_each(|(y, b)| *y = b.1);
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        match r.cotangent(1) {
            Some(g) => r.give(0, || g.unsqueeze(-1).unsqueeze(-1) * inverse(r.x(0)).t()),
            None => r.zero(0, "the sign of a determinant is constant where it is not 0"),
        }
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term_of(1, 0, |dx| product(false, inverse(r.x(0)), false, dx).trace());
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        cubic(x)
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The determinant of a square matrix, or of each matrix of a batch.
    ///
    /// The derivative by an element is its cofactor, so it is right at singular matrices too, and so are the derivatives of
    /// the derivative.
    ///
    /// # Panics
    /// The matrices are not square; a derivative of an order above 5 is asked for.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let a = tape.var([[1., 2.], [2., 4.]]);
    /// assert_eq!(a.det().item(), 0.0);
    /// assert_eq!(a.det().backward()[a].as_slice().unwrap(), [4., -2., -2., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn det(self) -> Self {
        self.tape.plain(&Det, &[self.into()]).real(0)
    }

    /// The sign of the determinant (−1, 0 or 1) and the logarithm of its size, which neither overflows nor vanishes.
    ///
    /// The derivative of the logarithm is A⁻ᵀ; at a singular matrix, where the logarithm is −∞, it is a fault.
    ///
    /// # Panics
    /// The matrices are not square.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let a = tape.var([[0., 2.], [3., 0.]]);
    /// let (sign, log) = a.slogdet();
    /// assert_eq!(sign.item(), -1.0);
    /// assert!((log.item() - 6f64.ln()).abs() < 1e-15);
    /// assert_eq!(log.backward()[a].as_slice().unwrap(), [0., 0.5, 1. / 3., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn slogdet(self) -> (Self, Self) {
        let r = self.tape.plain(&SlogDet, &[self.into()]);
        (r.real(0), r.real(1))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::sample::{regular, tensor};
    use super::*;
    use crate::adjoint::grad;
    use crate::check::{Check, OpCheck};
    use crate::tape::Tensor;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let mut list = Vec::new();
        for dims in [&[3, 3][..], &[2, 2, 2], &[2, 1, 1], &[0, 0], &[0, 2, 2]] {
            list.push(OpCheck::new(Det).real(dims));
            list.push(OpCheck::new(Cofactor).real(dims));
            list.push(OpCheck::new(Cofactor).real(dims).real(dims));
            list.push(OpCheck::new(SlogDet).real_at(dims, &regular(dims, 1)));
        }
        list.push(OpCheck::new(Cofactor).real([4, 4]).real([4, 4]).real([4, 4]));
        list
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn derivatives_at_singular_matrices_are_those_of_the_polynomial() {
        // Rank 1 of 3: the value and the gradient vanish, the second derivative does not.
        let (x, y) = (tensor([3, 1], 1), tensor([1, 3], 2));
        let tape = Tape::<f64>::default();
        let a = tape.var((tape.var(&x).matmul(tape.var(&y))).value());
        let first = grad(a.det(), &[a])[0];
        assert!(first.value().iter().all(|v| v.abs() < 1e-15));
        // ∂²det/∂a₀₀∂a₁₁ = a₂₂.
        let pick = |i: usize, j: usize| (0..9).map(|k| f64::from(u8::from(k == 3 * i + j))).collect::<Vec<f64>>();
        let chosen = (first * tape.constant(pick(0, 0)).reshape([3, 3])).sum();
        let second = grad(chosen, &[a])[0].value();
        let v = a.value();
        for (i, j, expected) in [(1, 1, v[[2, 2]]), (2, 2, v[[1, 1]]), (1, 2, -v[[2, 1]]), (0, 1, 0.0), (0, 0, 0.0)] {
            assert!((second[[i, j]] - expected).abs() < 1e-13, "{i} {j}");
        }
        // Rank 2 of 3: the gradient does not vanish.
        let x = Tensor::new([3, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]).expect("nine numbers");
        Check::new(|_, x| x[0].det(), &[x][..]).second_order().run().assert();
    }

    #[test]
    fn singular_matrices_have_no_logarithm() {
        let tape = Tape::<f64>::default();
        let a = tape.var([[1.0, 2.0], [2.0, 4.0]]);
        let (sign, log) = a.slogdet();
        assert_eq!((sign.item(), log.item()), (0.0, f64::NEG_INFINITY));
        let e = grad(log, &[a])[0].try_value().unwrap_err();
        assert!(e.to_string().contains("the matrix is singular: pivot 1 is 0"), "{e}");
        let (sign, log) = tape.var([[f64::NAN]]).slogdet();
        assert!(sign.item().is_nan() && log.item().is_nan());
        let (sign, log) = tape.zeros([0, 0]).slogdet();
        assert_eq!((sign.item(), log.item(), tape.zeros([0, 0]).det().item()), (1.0, 0.0, 1.0));
    }

    #[test]
    #[should_panic(expected = "det: shape [2, 3] holds matrices with 2 rows and 3 columns")]
    fn matrices_are_square() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3]).det();
    }
}
