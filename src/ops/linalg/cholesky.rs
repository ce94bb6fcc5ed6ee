//! The Cholesky factor of symmetric positive definite matrices, and systems solved with it.
//! The rule is L⁻ᵀ Φ(Lᵀ L̄) L⁻¹, symmetric, where Φ is the lower triangle with half its diagonal (Murray, 2016).

use super::batch::{count, square, which};
use super::det::cubic;
use super::matmul::product;
use super::solve::{Triangular, solve_triangular};
use crate::kernels::dense::cholesky::cholesky;
use crate::ops::prelude::*;

/// L with L Lᵀ = (A + Aᵀ)/2.
#[derive(Clone, Debug)]
pub(crate) struct Cholesky;

/// Φ: the lower triangle with half the diagonal.
#[track_caller]
fn lower_half<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    (x.tril(0) + x.tril(-1)) * 0.5
}

impl<T: Real> Op<T> for Cholesky {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "cholesky"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        square(&x[0])?;
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (dims, n) = (x[0].dims(), x[0].dims()[x[0].dims().len() - 1]);
        let size = n * n;
        let (x, y) = (x[0].real(), y[0].real());
        for k in 0..count(dims) {
            let (x, y) = (&x[k * size..(k + 1) * size], &mut y[k * size..(k + 1) * size]);
            if let Err((pivot, value)) = cholesky(x, n, y) {
                return Err(Fault::domain(format!(
                    "{} is not positive definite: pivot {pivot} is {value}",
                    which(dims, k)
                ))
                .rule("all pivots of a positive definite matrix are above 0")
                .fix("add a small multiple of the identity, or use `eigh`"));
            }
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || {
            let l = r.y();
            let inner = lower_half(product(true, l, false, r.g()));
            let left = solve_triangular(l, inner, Triangular::lower().transposed());
            let both = solve_triangular(l, left.t(), Triangular::lower().transposed());
            (both + both.t()) * 0.5
        });
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| {
            let l = r.y();
            let left = solve_triangular(l, (dx + dx.t()) * 0.5, Triangular::lower());
            let both = solve_triangular(l, left.t(), Triangular::lower());
            product(false, l, false, lower_half(both))
        });
    }

    fn reads(&self) -> Reads {
        Reads::RESULTS
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        cubic(x)
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The lower triangular L with L Lᵀ = A, for a symmetric positive definite matrix or each of a batch.
    ///
    /// It is the factor of (A + Aᵀ)/2, so the derivative is symmetric. The upper factor is `a.cholesky().t()`.
    ///
    /// # Panics
    /// The matrices are not square. One that is not positive definite is a fault when the value is asked for.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let a = tape.var([[4., 2.], [2., 10.]]);
    /// assert_eq!(a.cholesky().value().as_slice().unwrap(), [2., 0., 1., 3.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn cholesky(self) -> Self {
        self.tape.plain(&Cholesky, &[self.into()]).real(0)
    }

    /// The solution X of L Lᵀ X = B for a lower factor, as [`cholesky`](Var::cholesky) gives it.
    ///
    /// # Panics
    /// As [`solve_triangular`](Var::solve_triangular).
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let l = tape.var([[2., 0.], [1., 3.]]);
    /// assert_eq!(l.cholesky_solve(tape.var([8., 22.])).value().as_slice().unwrap(), [1., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn cholesky_solve(self, b: Var<'t, T>) -> Self {
        let half = self.solve_triangular(b, Triangular::lower());
        self.solve_triangular(half, Triangular::lower().transposed())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::sample::tensor;
    use super::*;
    use crate::check::{Check, OpCheck};
    use crate::tape::Tensor;

    /// Positive definite matrices: no box of numbers holds only such, so they are given.
    pub(crate) fn positive(n: usize, count: usize) -> Tensor<f64> {
        let tape = Tape::<f64>::default();
        let x = tape.var(tensor([count, n, n], 5));
        Tensor::from((x.matmul_transposed(x) + tape.eye(n)).value())
    }

    pub(crate) fn checks() -> Vec<OpCheck> {
        let small = positive(1, 1);
        vec![
            OpCheck::new(Cholesky).real_at([3, 3], positive(3, 1).as_slice()),
            OpCheck::new(Cholesky).real_at([2, 2, 2], positive(2, 2).as_slice()),
            OpCheck::new(Cholesky).real_at([1, 1], small.as_slice()),
            OpCheck::new(Cholesky).real([0, 2, 2]),
        ]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn factors_solve() {
        let tape = Tape::<f64>::default();
        let (a, b) = (tape.var(positive(4, 2)), tape.var(tensor([4, 3], 1)));
        assert!((a.matmul(a.cholesky().cholesky_solve(b)) - b).abs().amax(..).item() < 1e-13);
        let inputs = [positive(3, 1), tensor([3, 1], 2)];
        Check::new(|_, x| x[0].cholesky().cholesky_solve(x[1]), &inputs[..]).second_order().run().assert();
    }

    #[test]
    fn what_is_not_positive_definite_is_named() {
        let tape = Tape::<f64>::default();
        let a = tape.var([[1.0, 2.0], [2.0, 1.0]]);
        let e = a.cholesky().try_value().unwrap_err();
        assert!(e.is_domain() && e.to_string().contains("the matrix is not positive definite: pivot 1 is -3"), "{e}");
    }
}
