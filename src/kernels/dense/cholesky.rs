//! The factorisation A = L Lᵀ of a symmetric positive definite matrix.
//! Blocks of columns are factored one by one; the rest is updated by a matrix product.

use super::{BLOCK, dot, negated};
use crate::kernels::gemm::{self, Mat};
use crate::real::Real;

/// Writes L, zeros above its diagonal, for the symmetric part (a + aᵀ)/2 of a matrix with n rows.
///
/// # Errors
/// The first pivot that is not above 0, with its value.
pub(crate) fn cholesky<T: Real>(a: &[T], n: usize, l: &mut [T]) -> Result<(), (usize, T)> {
    let half = T::of(0.5);
    for (i, row) in l.chunks_mut(n.max(1)).enumerate() {
        for (j, v) in row.iter_mut().enumerate() {
            *v = if j > i { T::zero() } else { half * a[i * n + j] + half * a[j * n + i] };
        }
    }
    for first in (0..n).step_by(BLOCK) {
        let end = (first + BLOCK).min(n);
        for i in first..n {
            let (above, row) = l.split_at_mut(i * n);
            for j in first..end.min(i + 1) {
                let other = if j == i { &[] } else { &above[j * n..][..n] };
                if j == i {
                    let pivot = row[i] - dot(&row[first..i], &row[first..i]);
                    // NaN is no pivot either.
                    if pivot <= T::zero() || pivot.is_nan() {
                        return Err((i, pivot));
                    }
                    row[i] = pivot.sqrt();
                } else {
                    row[j] = (row[j] - dot(&row[first..j], &other[first..j])) / other[j];
                }
            }
        }
        if end < n {
            let left: Vec<T> = (end..n).flat_map(|i| l[i * n + first..i * n + end].to_vec()).collect();
            let minus = negated(left.iter().copied());
            let (m, k) = (n - end, end - first);
            gemm::product_rows(
                Mat::new(&minus, m, k),
                Mat::new(&left, m, k).t(),
                &mut l[end * n + end..],
                n,
                true,
                true,
            );
            (end..n).for_each(|i| l[i * n + i + 1..(i + 1) * n].fill(T::zero()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{eye, near, numbers, times};
    use super::super::transposed;
    use super::*;

    #[test]
    fn the_factor_times_its_transpose_is_the_matrix() {
        for n in [0, 1, 2, 7, 48, 49, 130] {
            let x: Vec<f64> = numbers(n * n, 2);
            let mut a = times(&x, &transposed(&x, n, n), [n, n, n]);
            a.iter_mut().zip(eye::<f64>(n)).for_each(|(a, e)| *a += e);
            let mut l = vec![f64::NAN; n * n];
            cholesky(&a, n, &mut l).unwrap();
            near(&times(&l, &transposed(&l, n, n), [n, n, n]), &a, 1e-10);
            assert!((0..n * n).all(|k| k % n <= k / n || l[k] == 0.0));
        }
    }

    #[test]
    fn the_first_pivot_that_fails_is_told() {
        let mut l = [0.0; 9];
        assert_eq!(cholesky(&[4.0, 2.0, 0.0, 2.0, 1.0, 0.0, 0.0, 0.0, 1.0], 3, &mut l), Err((1, 0.0)));
        assert_eq!(cholesky(&[-1.0], 1, &mut l[..1]), Err((0, -1.0)));
        assert!(cholesky(&[f64::NAN], 1, &mut l[..1]).is_err());
    }
}
