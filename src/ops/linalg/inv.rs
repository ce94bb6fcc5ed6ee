//! The inverse of a square matrix and powers of it.
//! d(A⁻¹) = −A⁻¹ dA A⁻¹ (Giles, 2008).

use super::batch::{count, singular, square};
use super::det::cubic;
use super::matmul::product;
use crate::kernels::dense::lu::Lu;
use crate::ops::prelude::*;

/// The inverse of each matrix.
#[derive(Clone, Debug)]
pub(crate) struct Inv;

impl<T: Real> Op<T> for Inv {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "inv"
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
            let lu = Lu::new(&x[k * size..(k + 1) * size], n);
            if let Some(pivot) = lu.zero_pivot() {
                return Err(singular(dims, k, pivot));
            }
            let y = &mut y[k * size..(k + 1) * size];
            y.fill(T::zero());
            (0..n).for_each(|i| y[i * n + i] = T::one());
            lu.solve(y, n, false);
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || -product(false, product(true, r.y(), false, r.g()), true, r.y()));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| -product(false, product(false, r.y(), false, dx), false, r.y()));
    }

    fn reads(&self) -> Reads {
        Reads::RESULTS
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        cubic(x)
    }
}

/// The inverse, for rules.
#[track_caller]
pub(super) fn inverse<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    x.tape.plain(&Inv, &[x.into()]).real(0)
}

impl<'t, T: Real> Var<'t, T> {
    /// The inverse of a square matrix, or of each matrix of a batch.
    ///
    /// [`solve`](Var::solve) is faster and more accurate where the inverse is only multiplied by something.
    ///
    /// # Panics
    /// The matrices are not square. A singular one is a fault when the value is asked for.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let a = tape.var([[2., 0.], [0., 4.]]);
    /// assert_eq!(a.inv().value().as_slice().unwrap(), [0.5, 0., 0., 0.25]);
    /// assert_eq!(a.inv().trace().backward()[a].as_slice().unwrap(), [-0.25, 0., 0., -0.0625]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn inv(self) -> Self {
        inverse(self)
    }

    /// The power Aⁿ of a square matrix, or of each matrix of a batch; A⁰ is the identity, A⁻ⁿ the power of the inverse.
    ///
    /// # Panics
    /// The matrices are not square.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let a = tape.var([[1., 1.], [1., 0.]]);
    /// assert_eq!(a.matrix_power(10).value().as_slice().unwrap(), [89., 55., 55., 34.]);
    /// assert_eq!(a.matrix_power(-1).value().as_slice().unwrap(), [0., 1., 1., -1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn matrix_power(self, n: i32) -> Self {
        let d = self.dims();
        let [.., rows, cols] = *d else { return self.matrices("matrix_power") };
        if rows != cols {
            let e = Error::shape(format!("shape {d} holds matrices with {rows} rows and {cols} columns"))
                .rule("the matrix is square: its last two sizes are equal")
                .fix("slice it");
            self.tape.blame(e, "matrix_power", &[self.id]).raise()
        }
        if n == 0 {
            return self.tape.eye(rows).fit(&d);
        }
        let mut square = if n < 0 { self.inv() } else { self };
        let mut power: Option<Self> = None;
        let mut left = n.unsigned_abs();
        loop {
            if left & 1 == 1 {
                power = Some(power.map_or(square, |p| p.matmul(square)));
            }
            left >>= 1;
            match power {
                Some(power) if left == 0 => return power,
                _ => square = square.matmul(square),
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::sample::{regular, tensor};
    use super::*;
    use crate::check::{Check, OpCheck};

    pub(crate) fn checks() -> Vec<OpCheck> {
        let shapes = [&[3, 3][..], &[2, 2, 2], &[1, 1], &[0, 0], &[0, 3, 3]];
        shapes.iter().map(|&dims| OpCheck::new(Inv).real_at(dims, &regular(dims, 1))).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn powers_are_products() {
        let tape = Tape::<f64>::default();
        let a = tape.var(tensor([2, 3, 3], 1));
        let near = |x: Var<'_, f64>, y: Var<'_, f64>| assert!((x.value() - y.value()).iter().all(|d| d.abs() < 1e-12));
        near(a.matrix_power(5), a.matmul(a).matmul(a).matmul(a).matmul(a));
        near(a.matrix_power(-2).matmul(a).matmul(a), a.matrix_power(0));
        let before = tape.len();
        let _ = a.matrix_power(8);
        assert_eq!(tape.len(), before + 3);
        Check::new(|_, x| x[0].matrix_power(3), &[tensor([2, 2], 2)][..]).second_order().run().assert();
    }

    #[test]
    fn a_singular_matrix_of_a_batch_is_named() {
        let tape = Tape::<f64>::default();
        let a = tape.var(vec![1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]).reshape([2, 2, 2]);
        let e = a.inv().try_value().unwrap_err();
        assert!(e.is_domain() && e.to_string().contains("inv: matrix 1 of the batch is singular: pivot 1 is 0"), "{e}");
    }
}
