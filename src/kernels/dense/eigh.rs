//! Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's rotations, sweep after sweep (Jacobi, 1846).
//! Slower than tridiagonal methods for large matrices, as accurate as the numbers allow, and short.

use super::{ascending, scale, transposed, turned, two_rows};
use crate::real::Real;

/// Sweeps after which it stops in any case; convergence is quadratic, and ten are many.
const SWEEPS: usize = 60;

/// The eigenvalues of (a + aᵀ)/2 in ascending order, and the unit eigenvectors as columns, each turned so that its
/// element of largest size is positive.
pub(crate) fn eigh<T: Real>(a: &[T], n: usize) -> (Vec<T>, Vec<T>) {
    let (size, half) = (scale(a), T::of(0.5));
    let mut x: Vec<T> = (0..n * n).map(|k| half * (a[k] / size) + half * (a[k % n * n + k / n] / size)).collect();
    let mut vectors = vec![T::zero(); n * n];
    (0..n).for_each(|k| vectors[k * n + k] = T::one());
    let negligible = T::epsilon() * T::epsilon();
    for _ in 0..SWEEPS {
        let mut turns = 0;
        for p in 0..n {
            for q in p + 1..n {
                let (app, aqq, apq) = (x[p * n + p], x[q * n + q], x[p * n + q]);
                // Comparisons with NaN are false: nothing is turned then, and NaN stays where it is.
                if apq.abs() > negligible && apq.abs() > T::epsilon() * (app * aqq).abs().sqrt() {
                    turns += 1;
                    let (c, s) = rotation(app, aqq, apq);
                    turn_rows(&mut x, n, p, q, c, s);
                    for row in x.chunks_mut(n) {
                        (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                    }
                    (x[p * n + q], x[q * n + p]) = (T::zero(), T::zero());
                    turn_rows(&mut vectors, n, p, q, c, s);
                }
            }
        }
        if turns == 0 {
            break;
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| ascending(x[i * n + i], x[j * n + j]));
    let values = order.iter().map(|&k| x[k * n + k] * size).collect();
    let mut rows: Vec<T> = order.iter().flat_map(|&k| vectors[k * n..(k + 1) * n].to_vec()).collect();
    rows.chunks_mut(n.max(1)).for_each(|v| {
        turned(v);
    });
    (values, transposed(&rows, n, n))
}

/// Cosine and sine of the smaller angle whose rotation makes the element beside two diagonal ones vanish.
pub(super) fn rotation<T: Real>(app: T, aqq: T, apq: T) -> (T, T) {
    let theta = (aqq - app) / (apq + apq);
    let t = theta.signum() / (theta.abs() + T::one().hypot(theta));
    let c = T::one().hypot(t).recip();
    (c, t * c)
}

/// Rows p and q rotated in their plane.
pub(super) fn turn_rows<T: Real>(x: &mut [T], cols: usize, p: usize, q: usize, c: T, s: T) {
    let (a, b) = two_rows(x, cols, p, q);
    for (a, b) in a.iter_mut().zip(b) {
        (*a, *b) = (c * *a - s * *b, s * *a + c * *b);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{eye, near, numbers, times};
    use super::*;

    #[test]
    fn eigenvectors_diagonalise() {
        for n in [0, 1, 2, 5, 30] {
            let x: Vec<f64> = numbers(n * n, 6);
            let a: Vec<f64> = (0..n * n).map(|k| x[k] + x[k % n * n + k / n]).collect();
            let (values, v) = eigh(&a, n);
            let diagonal: Vec<f64> = (0..n * n).map(|k| if k / n == k % n { values[k / n] } else { 0.0 }).collect();
            near(&times(&times(&v, &diagonal, [n, n, n]), &transposed(&v, n, n), [n, n, n]), &a, 1e-12);
            near(&times(&transposed(&v, n, n), &v, [n, n, n]), &eye(n), 1e-13);
            assert!(values.is_sorted());
        }
    }

    #[test]
    fn known_eigenvalues() {
        let (values, v) = eigh(&[2.0, 1.0, 1.0, 2.0], 2);
        near(&values, &[1.0, 3.0], 1e-15);
        near(&[v[1], v[3]], &[0.5f64.sqrt(), 0.5f64.sqrt()], 1e-15);
        near(&eigh(&[0.0; 9], 3).0, &[0.0; 3], 0.0);
        near(&eigh(&[3.0, 0.0, 0.0, -1.0], 2).0, &[-1.0, 3.0], 0.0);
        near(&eigh(&[2e300, 1e300, 1e300, 2e300], 2).0, &[1e300, 3e300], 1e286);
        assert!(eigh(&[f64::NAN; 4], 2).0.iter().all(|v| v.is_nan()));
    }
}
