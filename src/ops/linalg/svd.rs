//! The singular value decomposition and the pseudoinverse.
//! Rules: Townsend, "Differentiating the singular value decomposition" (2016); Golub & Pereyra (1973) for the pseudoinverse.

use std::hash::{Hash, Hasher};

use super::batch::{count, lead, matrix, sized};
use super::det::cubic;
use super::matmul::product;
use crate::kernels::dense::svd::{Svd as Factors, svd};
use crate::kernels::gemm::{self, Mat};
use crate::kernels::par;
use crate::ops::prelude::*;

/// U (m×k), the singular values in descending order, and V (n×k), with k = min(m, n).
#[derive(Clone, Debug)]
pub(crate) struct Svd;

/// The pseudoinverse, in which singular values up to `rcond` times the largest count as 0.
#[derive(Clone, Debug)]
pub(crate) struct Pinv {
    rcond: Option<f64>,
}

/// The decomposition of every matrix of a batch.
fn factors<T: Real>(x: &Arg<'_, T>) -> Vec<Factors<T>> {
    let [.., m, n] = *x.dims() else { unreachable!("a matrix") };
    let data = x.real();
    par::map(count(x.dims()), data.len() * m.min(n), |k| svd(&data[k * m * n..(k + 1) * m * n], m, n))
}

impl<T: Real> Op<T> for Svd {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "svd"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let [m, n] = matrix(&x[0])?;
        let (d, k) = (x[0].dims, m.min(n));
        let values: Dims = lead(d).iter().copied().chain([k]).collect();
        Ok(ResultSigs::real(sized(d, m, k)).and_real(values).and_real(sized(d, n, k)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let all = factors(&x[0]);
        let [u, s, v] = y else { unreachable!("three results") };
        let put = |y: &mut Out<'_, T>, of: fn(&Factors<T>) -> &Vec<T>| {
            if let Some(y) = y.try_real() {
                let size = y.len() / all.len().max(1);
                y.chunks_mut(size.max(1)).zip(&all).for_each(|(y, f)| y.copy_from_slice(of(f)));
            }
        };
        put(u, |f| &f.u);
        put(s, |f| &f.s);
        put(v, |f| &f.v);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || {
            let (u, s, v) = (r.result(0), r.result(1), r.result(2));
            let [.., m, n] = *r.dims(0) else { unreachable!("a matrix") };
            let row = s.unsqueeze(-2);
            let mut inner = r.cotangent(1).map(|g| g.diag_embed(0, [-2, -1]));
            let mut outer: Option<Var<'t, T>> = None;
            let add = |sum: &mut Option<Var<'t, T>>, x| *sum = Some(sum.map_or(x, |s| s + x));
            // The turning of singular vectors among each other, over s²ⱼ − s²ᵢ.
            let turning = |w: Var<'t, T>, g| {
                let m = product(true, w, false, g);
                (m - m.t()).azmul(gaps(s).recip())
            };
            // What moves them out of the space that they span.
            let beyond = |w: Var<'t, T>, g| g - product(false, w, false, product(true, w, false, g));
            if let Some(g) = r.cotangent(0) {
                add(&mut inner, turning(u, g) * row);
                if m > n {
                    add(&mut outer, product(false, beyond(u, g).azmul(row.recip()), true, v));
                }
            }
            if let Some(g) = r.cotangent(2) {
                add(&mut inner, s.unsqueeze(-1) * turning(v, g));
                if n > m {
                    add(&mut outer, product(false, u, true, beyond(v, g).azmul(row.recip())));
                }
            }
            let Some(inner) = inner else { return r.tape().zeros(r.dims(0)) };
            let within = product(false, product(false, u, false, inner), true, v);
            outer.map_or(within, |o| within + o)
        });
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        let Cost { flops, cheap } = cubic(x);
        Cost { flops: 30.0 * flops, cheap }
    }

    fn reads(&self) -> Reads {
        Reads::RESULTS
    }
}

/// s²ⱼ − s²ᵢ as a product, which does not cancel; 1 on the diagonal.
#[track_caller]
fn gaps<T: Real>(s: Var<'_, T>) -> Var<'_, T> {
    let n = s.dims()[s.rank() - 1];
    let (row, column) = (s.unsqueeze(-2), s.unsqueeze(-1));
    (row - column) * (row + column) + s.tape.eye(n)
}

impl<T: Real> Op<T> for Pinv {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "pinv"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let [m, n] = matrix(&x[0])?;
        Ok(ResultSigs::real(sized(x[0].dims, n, m)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let [.., m, n] = *x[0].dims() else { unreachable!("a matrix") };
        let rcond = self.rcond.map_or(T::epsilon() * T::of(m.max(n) as f64), T::of);
        for (f, y) in factors(&x[0]).iter().zip(y[0].real().chunks_mut((m * n).max(1))) {
            let k = f.s.len();
            let least = f.s.first().map_or(T::zero(), |&s| s * rcond);
            // Not `s > least`: NaN counts, and is seen in the result.
            let over = |s: T| if s <= least { T::zero() } else { s.recip() };
            let v: Vec<T> = f.v.iter().enumerate().map(|(c, &v)| v * over(f.s[c % k])).collect();
            gemm::product(Mat::new(&v, n, k), Mat::new(&f.u, m, k).t(), y, false, true);
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || {
            let (a, y) = (r.x(0), r.y());
            let g = r.g().t();
            let yt = y.t();
            let gram = |x, z| product(false, x, false, z);
            let regular = -product(false, product(true, y, true, g), true, y);
            // (I − A Y) Ḡᵀ Y Yᵀ + Yᵀ Y Ḡᵀ (I − Y A): the spaces that a full rank has not.
            let left = gram(g - gram(a, gram(y, g)), gram(y, yt));
            let right = gram(gram(yt, y), g - gram(gram(g, y), a));
            regular + left + right
        });
    }

    fn attributes(&self) -> Attributes {
        self.rcond.map(|c| ("rcond", AttrValue::Real(c))).into_iter().collect()
    }

    fn fingerprint(&self, mut h: &mut dyn Hasher) {
        h.write(b"pinv");
        self.rcond.map(f64::to_bits).hash(&mut h);
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        let Cost { flops, cheap } = cubic(x);
        Cost { flops: 30.0 * flops, cheap }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The thin singular value decomposition A = U diag(s) Vᵀ of a matrix, or of each matrix of a batch: (U, s, V).
    ///
    /// The columns of U and V are orthonormal, min(rows, columns) of them; s is in descending order. Each column of V is
    /// turned so that its element of largest size is positive. The derivative through U and V exists where all singular
    /// values are distinct (and, unless the matrix is square, not 0); that through s alone divides by nothing.
    ///
    /// # Panics
    /// The rank is below 2.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let a = tape.var([[0., 2.], [1., 0.]]);
    /// let (u, s, v) = a.svd();
    /// assert_eq!(s.value().as_slice().unwrap(), [2., 1.]);
    /// assert_eq!((u * s).matmul_transposed(v).value(), a.value());
    /// ```
    #[track_caller]
    #[must_use]
    pub fn svd(self) -> (Self, Self, Self) {
        let r = self.tape.plain(&Svd, &[self.into()]);
        (r.real(0), r.real(1), r.real(2))
    }

    /// The Moore–Penrose pseudoinverse of a matrix, or of each matrix of a batch: A⁺ = V diag(1/s) Uᵀ over the singular
    /// values that are not 0.
    ///
    /// A singular value up to `rcond` times the largest counts as 0; `None` stands for the larger size times the
    /// type's precision. The derivative is right where the rank is constant.
    ///
    /// # Panics
    /// The rank is below 2.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let a = tape.var([[2., 0.], [0., 0.], [0., 4.]]);
    /// let y = tape.constant([[0.5, 0., 0.], [0., 0., 0.25]]);
    /// assert!((a.pinv(None) - y).vector_norm(2.0, ..).item() < 1e-15);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn pinv(self, rcond: impl Into<Option<f64>>) -> Self {
        self.tape.call(Pinv { rcond: rcond.into() }, &[self.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::sample::{regular, tensor};
    use super::*;
    use crate::adjoint::grad;
    use crate::check::{Check, OpCheck};

    pub(crate) fn checks() -> Vec<OpCheck> {
        let shapes = [&[3, 3][..], &[3, 2], &[2, 3], &[2, 2, 2], &[1, 1], &[0, 0], &[3, 0], &[0, 2, 3]];
        let both = shapes.map(|d| {
            let x = regular(d, 1);
            [OpCheck::new(Svd).real_at(d, &x), OpCheck::new(Pinv { rcond: None }).real_at(d, &x)]
        });
        both.into_iter().flatten().collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn the_pseudoinverse_of_constant_rank_has_derivatives() {
        // x yᵀ has rank 1 wherever x and y are; its pseudoinverse is y xᵀ / (|x|² |y|²).
        let f = |x: Var<'_, f64>, y: Var<'_, f64>| x.outer(y).pinv(1e-6).id();
        let tape = Tape::<f64>::default();
        let (x, y) = (tape.var(tensor([3], 1)), tape.var(tensor([2], 2)));
        let ours = Var::new(&tape, f(x, y));
        let known = y.outer(x) / (x.square().sum() * y.square().sum());
        assert!((ours - known).abs().amax(..).item() < 1e-13);
        let w = tape.constant(tensor([2, 3], 3));
        for leaf in [x, y] {
            let [a, b] = [ours, known].map(|v| grad((v * w).sum(), &[leaf])[0]);
            assert!((a - b).abs().amax(..).item() < 1e-12);
        }
    }

    #[test]
    fn singular_values_alone_divide_by_nothing() {
        let tape = Tape::<f64>::default();
        let a = tape.eye(3);
        let g = grad(a.svd().1.sum(), &[a])[0];
        assert!((g - a).abs().amax(..).item() < 1e-14);
        Check::new(|_, x| x[0].svd().1, &[tensor([3, 4], 3)][..]).second_order().run().assert();
    }
}
