//! The exponential of a matrix.
//! Its derivative is a block of the exponential of a larger matrix (Najfeld & Havel, 1995), so it needs no rule of its own.

use super::batch::{count, square};
use super::det::cubic;
use crate::kernels::dense::expm::expm;
use crate::ops::prelude::*;
use crate::ops::rearrange::concat::concat;

/// e^A of each matrix.
#[derive(Clone, Debug)]
pub(crate) struct MatrixExp;

/// The derivative of the exponential at a along e: the upper right block of exp [[a, e], [0, a]].
#[track_caller]
fn along<'t, T: Real>(a: Var<'t, T>, e: Var<'t, T>) -> Var<'t, T> {
    let n = a.dims()[a.rank() - 1];
    let above = concat(&[a, e], -1);
    let below = concat(&[a.tape.zeros(a.dims()), a], -1);
    concat(&[above, below], -2).matrix_exp().slice(-2, ..n).slice(-1, n..)
}

impl<T: Real> Op<T> for MatrixExp {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "matrix_exp"
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
            expm(&x[k * size..(k + 1) * size], n, &mut y[k * size..(k + 1) * size]);
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        // The adjoint of the derivative at A is the derivative at Aᵀ.
        r.give(0, || along(r.x(0).t(), r.g()));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| along(r.x(0), dx));
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        let Cost { flops, cheap } = cubic(x);
        Cost { flops: 16.0 * flops, cheap }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The exponential Σ Aᵏ/k! of a square matrix, or of each matrix of a batch.
    ///
    /// # Panics
    /// The matrices are not square.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let a = tape.var([[0., 1.], [0., 0.]]);
    /// let y = a.matrix_exp();
    /// assert!((y - tape.var([[1., 1.], [0., 1.]])).abs().amax(..).item() < 1e-15);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn matrix_exp(self) -> Self {
        self.tape.plain(&MatrixExp, &[self.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        [&[2, 2][..], &[2, 1, 1], &[3, 3], &[0, 0], &[0, 2, 2]].map(|d| OpCheck::new(MatrixExp).real(d)).into()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn rotations_and_their_generator() {
        let tape = Tape::<f64>::default();
        let t = tape.var(0.7);
        let y = (tape.constant([[0.0, -1.0], [1.0, 0.0]]) * t).matrix_exp();
        let corner = y.slice(0, 1..).slice(1, ..1).sum();
        assert!((corner.item() - 0.7f64.sin()).abs() < 1e-15);
        assert!((corner.backward()[t].sum() - 0.7f64.cos()).abs() < 1e-15);
    }
}
