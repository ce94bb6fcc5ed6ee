//! The factorisation A = Q R of a matrix with at least as many rows as columns, by Householder's reflections.
//! Q has orthonormal columns, R is upper triangular with a diagonal that is not negative, which makes both unique.

use super::{add, dot, transposed};
use crate::real::Real;

/// Q (m×n) and R (n×n) of an m×n matrix, m ≥ n.
pub(crate) fn qr<T: Real>(a: &[T], m: usize, n: usize) -> (Vec<T>, Vec<T>) {
    // Columns as rows, so that a reflection runs along memory.
    let mut x = transposed(a, m, n);
    let mut normals = vec![T::zero(); n * m];
    let mut r = vec![T::zero(); n * n];
    for k in 0..n {
        let (done, rest) = x.split_at_mut((k + 1) * m);
        let column = &done[k * m + k..];
        let normal = &mut normals[k * m + k..(k + 1) * m];
        let image = reflection(column, normal);
        r[k * n + k] = image;
        for (j, other) in rest.chunks_mut(m.max(1)).enumerate() {
            reflect(normal, &mut other[k..]);
            r[k * n + k + 1 + j] = other[k];
        }
    }
    let mut q = vec![T::zero(); n * m];
    for (k, column) in q.chunks_mut(m.max(1)).enumerate() {
        column[k] = T::one();
        (0..=k).rev().for_each(|i| reflect(&normals[i * m + i..(i + 1) * m], &mut column[i..]));
        if r[k * n + k] < T::zero() {
            column.iter_mut().for_each(|v| *v = -*v);
            r[k * n..(k + 1) * n].iter_mut().for_each(|v| *v = -*v);
        }
    }
    (transposed(&q, n, m), r)
}

/// The unit normal of the reflection that takes x to a multiple of the first axis, and that multiple.
///
/// The multiple has the sign that adds to x₀ instead of cancelling it. A normal of 0 reflects nothing.
fn reflection<T: Real>(x: &[T], normal: &mut [T]) -> T {
    let scale = super::scale(x);
    normal.iter_mut().zip(x).for_each(|(v, &x)| *v = x / scale);
    let norm = dot(normal, normal).sqrt();
    if norm == T::zero() {
        return T::zero();
    }
    let image = if normal[0] > T::zero() { -norm } else { norm };
    normal[0] -= image;
    let length = dot(normal, normal).sqrt();
    normal.iter_mut().for_each(|v| *v /= length);
    image * scale
}

/// x − 2 (normal·x) normal.
fn reflect<T: Real>(normal: &[T], x: &mut [T]) {
    let c = dot(normal, x);
    add(x, -(c + c), normal);
}

#[cfg(test)]
mod tests {
    use super::super::tests::{eye, near, numbers, times};
    use super::*;

    #[test]
    fn the_factors_multiply_to_the_matrix_and_q_is_orthonormal() {
        for (m, n) in [(0, 0), (1, 1), (3, 0), (5, 3), (4, 4), (20, 7)] {
            for size in [1.0, 1e-200, 1e200] {
                let a: Vec<f64> = numbers(m * n, 4).into_iter().map(|v: f64| v * size).collect();
                let (q, r) = qr(&a, m, n);
                near(&times(&q, &r, [m, n, n]), &a, 1e-14 * size);
                near(&times(&transposed(&q, m, n), &q, [n, m, n]), &eye(n), 1e-14);
                assert!((0..n * n).all(|k| k % n >= k / n || r[k] == 0.0) && (0..n).all(|k| r[k * n + k] > 0.0));
            }
        }
    }

    #[test]
    fn columns_without_length_keep_q_orthonormal() {
        let a = [1.0, 0.0, 2.0, 1.0, 0.0, 2.0, 1.0, 0.0, 2.0];
        let (q, r) = qr(&a, 3, 3);
        near(&times(&q, &r, [3, 3, 3]), &a, 1e-14);
        near(&times(&transposed(&q, 3, 3), &q, [3, 3, 3]), &eye(3), 1e-14);
    }
}
