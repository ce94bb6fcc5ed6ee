//! The thin singular value decomposition A = U diag(s) Vᵀ by one-sided Jacobi rotations (Hestenes, 1958).
//! Columns are turned against each other until all are orthogonal; their lengths are the singular values.

use super::eigh::{rotation, turn_rows};
use super::{add, ascending, dot, qr, scale, transposed, turned, two_rows};
use crate::real::Real;

/// Sweeps after which it stops in any case.
const SWEEPS: usize = 60;

/// U (m×k), s (k, descending) and V (n×k) with k = min(m, n); each column of V is turned so that its element of largest
/// size is positive.
pub(crate) struct Svd<T> {
    pub u: Vec<T>,
    pub s: Vec<T>,
    pub v: Vec<T>,
}

/// The decomposition of an m×n matrix.
pub(crate) fn svd<T: Real>(a: &[T], m: usize, n: usize) -> Svd<T> {
    if m < n {
        let Svd { u: mut v, s, v: mut u } = svd(&transposed(a, m, n), n, m);
        turn_pairs(&mut v, &mut u, n, m, s.len());
        return Svd { u, s, v };
    }
    if m > n {
        let (q, r) = qr::qr(a, m, n);
        let Svd { u, s, v } = svd(&r, n, n);
        let mut full = vec![T::zero(); m * n];
        let (q, u) = (crate::kernels::gemm::Mat::new(&q, m, n), crate::kernels::gemm::Mat::new(&u, n, n));
        crate::kernels::gemm::product(q, u, &mut full, false, true);
        return Svd { u: full, s, v };
    }
    square(a, n)
}

/// As said of [`Svd`], after both factors have changed places.
fn turn_pairs<T: Real>(v: &mut [T], u: &mut [T], n: usize, m: usize, k: usize) {
    let mut columns = transposed(v, n, k);
    for (j, column) in columns.chunks_mut(n.max(1)).enumerate().take(k) {
        if turned(column) {
            (0..m).for_each(|i| u[i * k + j] = -u[i * k + j]);
        }
    }
    v.copy_from_slice(&transposed(&columns, k, n));
}

fn square<T: Real>(a: &[T], n: usize) -> Svd<T> {
    let size = scale(a);
    let mut x: Vec<T> = transposed(a, n, n).into_iter().map(|v| v / size).collect();
    let mut v = vec![T::zero(); n * n];
    (0..n).for_each(|k| v[k * n + k] = T::one());
    for _ in 0..SWEEPS {
        let mut turns = 0;
        for p in 0..n {
            for q in p + 1..n {
                let (a, b) = two_rows(&mut x, n, p, q);
                let (app, aqq, apq) = (dot(a, a), dot(b, b), dot(a, b));
                if apq.abs() > T::epsilon() * (app.sqrt() * aqq.sqrt()) {
                    turns += 1;
                    let (c, s) = rotation(app, aqq, apq);
                    turn_rows(&mut x, n, p, q, c, s);
                    turn_rows(&mut v, n, p, q, c, s);
                }
            }
        }
        if turns == 0 {
            break;
        }
    }
    let length = |k: usize| {
        let (column, scale) = (&x[k * n..(k + 1) * n], scale(&x[k * n..(k + 1) * n]));
        column.iter().map(|&v| (v / scale).powi(2)).sum::<T>().sqrt() * scale
    };
    let lengths: Vec<T> = (0..n).map(length).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| ascending(lengths[j], lengths[i]));
    let s: Vec<T> = order.iter().map(|&k| lengths[k] * size).collect();
    let (mut left, mut right) = (Vec::with_capacity(n * n), Vec::with_capacity(n * n));
    for &k in &order {
        let mut v = v[k * n..(k + 1) * n].to_vec();
        let sign = if turned(&mut v) { -lengths[k] } else { lengths[k] };
        right.extend(v);
        if lengths[k] == T::zero() {
            let other = beside(&left, n);
            left.extend(other);
        } else {
            left.extend(x[k * n..(k + 1) * n].iter().map(|&x| x / sign));
        }
    }
    Svd { u: transposed(&left, n, n), s, v: transposed(&right, n, n) }
}

/// A unit vector that is orthogonal to those given: the axis that they explain least, made orthogonal twice.
fn beside<T: Real>(vectors: &[T], n: usize) -> Vec<T> {
    let explained = |k: usize| vectors.chunks(n).map(|v| v[k] * v[k]).sum::<T>();
    let axis = (1..n).fold(0, |best, k| if explained(k) < explained(best) { k } else { best });
    let mut x = vec![T::zero(); n];
    x[axis] = T::one();
    for _ in 0..2 {
        for v in vectors.chunks(n) {
            let c = dot(v, &x);
            add(&mut x, -c, v);
        }
    }
    let length = dot(&x, &x).sqrt();
    x.iter_mut().for_each(|v| *v /= length);
    x
}

#[cfg(test)]
mod tests {
    use super::super::tests::{eye, near, numbers, times};
    use super::*;

    fn holds(a: &[f64], m: usize, n: usize) -> Vec<f64> {
        let Svd { u, s, v } = svd(a, m, n);
        let k = m.min(n);
        let size = a.iter().fold(1e-300f64, |m, v| m.max(v.abs()));
        let us: Vec<f64> = (0..m * k).map(|c| u[c] * s[c % k.max(1)]).collect();
        near(&times(&us, &transposed(&v, n, k), [m, k, n]), a, 1e-13 * size);
        near(&times(&transposed(&u, m, k), &u, [k, m, k]), &eye(k), 1e-13);
        near(&times(&transposed(&v, n, k), &v, [k, n, k]), &eye(k), 1e-13);
        assert!(s.iter().rev().is_sorted() && s.iter().all(|&v| v >= 0.0));
        s
    }

    #[test]
    fn the_factors_multiply_to_the_matrix_and_are_orthonormal() {
        for (m, n) in [(0, 0), (0, 3), (1, 1), (4, 4), (7, 3), (3, 7), (25, 25)] {
            for size in [1.0, 1e-200, 1e200] {
                holds(&numbers(m * n, 3).iter().map(|v: &f64| v * size).collect::<Vec<_>>(), m, n);
            }
        }
    }

    #[test]
    fn rank_may_be_missing() {
        holds(&[0.0; 12], 4, 3);
        let s = holds(&[1.0, 2.0, 2.0, 4.0, 3.0, 6.0], 3, 2);
        assert!((s[0] - 70f64.sqrt()).abs() < 1e-13 && s[1] < 1e-14);
        holds(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1e-30], 3, 3);
        assert!(svd(&[f64::NAN; 4], 2, 2).s.iter().all(|v| v.is_nan()));
    }
}
