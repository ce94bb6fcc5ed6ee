//! Eigenvalues and eigenvectors of symmetric matrices.
//! Ā = V (diag(λ̄) + F ⊙ (Vᵀ V̄)) Vᵀ, symmetric, with Fᵢⱼ = 1/(λⱼ − λᵢ) off the diagonal (Giles, 2008).

use super::batch::{count, lead, sized, square};
use super::det::cubic;
use super::matmul::product;
use crate::kernels::dense::eigh::eigh;
use crate::kernels::par;
use crate::ops::prelude::*;

/// Eigenvalues in ascending order and eigenvectors as columns, of (A + Aᵀ)/2.
#[derive(Clone, Debug)]
pub(crate) struct Eigh;

impl<T: Real> Op<T> for Eigh {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "eigh"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let n = square(&x[0])?;
        let values: Dims = lead(x[0].dims).iter().copied().chain([n]).collect();
        Ok(ResultSigs::real(values).and_real(sized(x[0].dims, n, n)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (dims, n) = (x[0].dims(), x[0].dims()[x[0].dims().len() - 1]);
        let x = x[0].real();
        let both = par::map(count(dims), x.len() * n, |k| eigh(&x[k * n * n..(k + 1) * n * n], n));
        let [values, vectors] = y else { unreachable!("two results") };
        if let Some(y) = values.try_real() {
            y.chunks_mut(n.max(1)).zip(&both).for_each(|(y, b)| y.copy_from_slice(&b.0));
        }
        if let Some(y) = vectors.try_real() {
            y.chunks_mut((n * n).max(1)).zip(&both).for_each(|(y, b)| y.copy_from_slice(&b.1));
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || {
            let v = r.result(1);
            let along = r.cotangent(0).map(|g| g.diag_embed(0, [-2, -1]));
            let turning = r.cotangent(1).map(|g| {
                let m = product(true, v, false, g);
                (m - m.t()).azmul(gaps(r.result(0)).recip()) * 0.5
            });
            let inner = match (along, turning) {
                (Some(a), Some(b)) => a + b,
                (a, b) => a.or(b).unwrap_or_else(|| r.tape().zeros(r.dims(0))),
            };
            product(false, product(false, v, false, inner), true, v)
        });
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        let Cost { flops, cheap } = cubic(x);
        Cost { flops: 20.0 * flops, cheap }
    }

    fn reads(&self) -> Reads {
        Reads::RESULTS
    }
}

/// xⱼ − xᵢ, with 1 on the diagonal, which stands where only zeros are divided.
#[track_caller]
pub(super) fn gaps<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    let n = x.dims()[x.rank() - 1];
    x.unsqueeze(-2) - x.unsqueeze(-1) + x.tape.eye(n)
}

impl<'t, T: Real> Var<'t, T> {
    /// The eigenvalues λ of a symmetric matrix in ascending order, and unit eigenvectors as the columns of V: A = V diag(λ) Vᵀ.
    ///
    /// It is the decomposition of (A + Aᵀ)/2, so the derivative is symmetric. Each eigenvector is turned so that its
    /// element of largest size is positive. The derivative through the eigenvectors exists where all eigenvalues are
    /// distinct; that through the eigenvalues alone divides by no gap.
    ///
    /// # Panics
    /// The matrices are not square.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let a = tape.var([[2., 1.], [1., 2.]]);
    /// let (values, vectors) = a.eigh();
    /// assert!((values.value()[0] - 1.).abs() < 1e-15 && (values.value()[1] - 3.).abs() < 1e-15);
    /// assert!((vectors.value()[[0, 1]] - 0.5f64.sqrt()).abs() < 1e-15);
    /// let largest = values.index_axis(0, -1).backward();
    /// assert!(largest[a].iter().all(|g| (g - 0.5).abs() < 1e-15));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn eigh(self) -> (Self, Self) {
        let r = self.tape.plain(&Eigh, &[self.into()]);
        (r.real(0), r.real(1))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::sample::{numbers, tensor};
    use super::*;
    use crate::adjoint::grad;
    use crate::check::{Check, OpCheck};

    pub(crate) fn checks() -> Vec<OpCheck> {
        [&[3, 3][..], &[2, 2, 2], &[1, 1], &[0, 0], &[0, 2, 2]]
            .map(|d| OpCheck::new(Eigh).real_at(d, &numbers(d.iter().product(), 1)))
            .into()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn repeated_eigenvalues_have_derivatives_where_the_function_has() {
        // V diag(λ) Vᵀ = A however V is chosen.
        let tape = Tape::<f64>::default();
        let a = tape.eye(3);
        let (values, v) = a.eigh();
        let same = (v * values).matmul_transposed(v);
        let g = grad((same * tape.var(tensor([3, 3], 1))).sum(), &[a])[0];
        assert!(g.value().iter().all(|v| v.is_finite()));
        assert!((grad(values.square().sum(), &[a])[0] - a * 2.0).abs().amax(..).item() < 1e-14);
        Check::new(|_, x| (x[0].eigh().0.exp()).sum(), &[tensor([4, 4], 3)][..]).second_order().run().assert();
    }
}
