//! The QR decomposition: an orthonormal basis of the columns, and the columns in terms of it.
//! Ā = (Q̄ + Q copyltu(R R̄ᵀ − Q̄ᵀ Q)) R⁻ᵀ (Walter & Lehmann, "Algorithmic differentiation of linear algebra functions", 2010).

use super::batch::{count, matrix, sized};
use super::det::cubic;
use super::matmul::product;
use super::solve::{Triangular, solve_triangular};
use crate::kernels::dense::qr::qr;
use crate::kernels::par;
use crate::ops::prelude::*;
use crate::ops::rearrange::concat::concat;

/// Q and R of matrices with at least as many rows as columns.
#[derive(Clone, Debug)]
pub(crate) struct Qr;

impl<T: Real> Op<T> for Qr {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "qr"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let [m, n] = matrix(&x[0])?;
        if m < n {
            return Err(Error::shape(format!("shape {} holds matrices with {m} rows and {n} columns", x[0]))
                .rule("this operation takes as many rows as columns or more")
                .fix("use the method `qr`, which takes any matrix"));
        }
        Ok(ResultSigs::real(x[0].dims).and_real(sized(x[0].dims, n, n)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let [.., m, n] = *x[0].dims() else { unreachable!("a matrix") };
        let data = x[0].real();
        let all = par::map(count(x[0].dims()), data.len() * n, |k| qr(&data[k * m * n..(k + 1) * m * n], m, n));
        let [q, r] = y else { unreachable!("two results") };
        if let Some(y) = q.try_real() {
            y.chunks_mut((m * n).max(1)).zip(&all).for_each(|(y, f)| y.copy_from_slice(&f.0));
        }
        if let Some(y) = r.try_real() {
            y.chunks_mut((n * n).max(1)).zip(&all).for_each(|(y, f)| y.copy_from_slice(&f.1));
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || {
            let (q, upper) = (r.result(0), r.result(1));
            let from_r = r.cotangent(1).map(|g| product(false, upper, true, g));
            let from_q = r.cotangent(0).map(|g| -product(true, g, false, q));
            let m = match (from_r, from_q) {
                (Some(a), Some(b)) => a + b,
                (a, b) => match a.or(b) {
                    Some(m) => m,
                    None => return r.tape().zeros(r.dims(0)),
                },
            };
            let symmetric = m.tril(0) + m.tril(-1).t();
            let inner = product(false, q, false, symmetric);
            let inner = r.cotangent(0).map_or(inner, |g| g + inner);
            solve_triangular(upper, inner.t(), Triangular::upper()).t()
        });
    }

    fn reads(&self) -> Reads {
        Reads::RESULTS
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        let Cost { flops, cheap } = cubic(x);
        Cost { flops: 4.0 * flops, cheap }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The reduced decomposition A = Q R of a matrix, or of each matrix of a batch: (Q, R).
    ///
    /// Q has min(rows, columns) orthonormal columns, R is upper triangular. The diagonal of R is not negative, which makes
    /// the decomposition unique (LAPACK leaves signs open). The derivative exists where the leading columns are linearly
    /// independent; elsewhere it is a fault.
    ///
    /// # Panics
    /// The rank is below 2.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let a = tape.var([[3., 1.], [4., 2.]]);
    /// let (q, r) = a.qr();
    /// assert!((r.value()[[0, 0]] - 5.).abs() < 1e-14 && r.value()[[1, 0]] == 0.);
    /// assert!((q.matmul(r) - a).abs().amax(..).item() < 1e-14);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn qr(self) -> (Self, Self) {
        let d = self.dims();
        let (square, rest) = match *d {
            // A wide matrix: the first columns have a Q, and the others are told in terms of it.
            [.., m, n] if m < n => (self.slice(-1, ..m), Some(self.slice(-1, m..))),
            _ => (self, None),
        };
        let result = self.tape.plain(&Qr, &[square.into()]);
        let (q, r) = (result.real(0), result.real(1));
        match rest {
            Some(rest) => (q, concat(&[r, product(true, q, false, rest)], -1)),
            None => (q, r),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::sample::{regular, tensor};
    use super::*;
    use crate::check::{Check, OpCheck};

    pub(crate) fn checks() -> Vec<OpCheck> {
        [&[3, 3][..], &[4, 2], &[2, 3, 2], &[3, 0], &[0, 2, 2]]
            .map(|d| OpCheck::new(Qr).real_at(d, &regular(d, 1)))
            .into()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn wide_matrices_decompose_too() {
        let tape = Tape::<f64>::default();
        let a = tape.var(tensor([2, 2, 4], 1));
        let (q, r) = a.qr();
        assert_eq!((q.dims(), r.dims()), (Dims::from([2, 2, 2]), Dims::from([2, 2, 4])));
        assert!((q.matmul(r) - a).abs().amax(..).item() < 1e-14);
        let both = |a: Var<'_, f64>| {
            let (q, r) = a.qr();
            concat(&[q.flatten(), r.flatten()], 0).id()
        };
        Check::new(|t, x| Var::new(t, both(x[0])), &[tensor([2, 3], 2)][..]).second_order().run().assert();
    }
}
