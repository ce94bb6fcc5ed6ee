//! Systems with a triangular matrix, by substitution over blocks of rows.
//! What a solved block contributes to the rest is one matrix product.

use super::{BLOCK, add, negated};
use crate::kernels::gemm::{self, Mat};
use crate::real::Real;

/// The triangle that counts, and whether its diagonal is taken as 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub upper: bool,
    pub unit: bool,
}

/// The first zero on the diagonal.
pub(crate) fn zero_pivot<T: Real>(a: &[T], n: usize) -> Option<usize> {
    (0..n).find(|k| a[k * n + k] == T::zero())
}

/// Replaces b by the x with a·x = b; b has n rows of `cols` elements, and the other triangle of a is not read.
pub(crate) fn solve<T: Real>(a: Mat<T>, shape: Shape, b: &mut [T], cols: usize) {
    let n = a.rows;
    assert!(a.cols == n && b.len() == n * cols, "a square matrix, and as many rows on the right");
    let at = |i: usize, j: usize| a.data[i * a.row_stride + j * a.col_stride];
    let part = |rows: std::ops::Range<usize>, cols: std::ops::Range<usize>| Mat {
        data: &a.data[rows.start * a.row_stride + cols.start * a.col_stride..],
        rows: rows.len(),
        cols: cols.len(),
        ..a
    };
    let starts: Vec<usize> = (0..n).step_by(BLOCK).collect();
    for step in 0..starts.len() {
        let first = starts[if shape.upper { starts.len() - 1 - step } else { step }];
        let end = (first + BLOCK).min(n);
        for k in 0..end - first {
            let i = if shape.upper { end - 1 - k } else { first + k };
            let (head, rest) = b.split_at_mut(i * cols);
            let (row, tail) = rest.split_at_mut(cols);
            if shape.upper {
                (i + 1..end).for_each(|j| add(row, -at(i, j), &tail[(j - i - 1) * cols..][..cols]));
            } else {
                (first..i).for_each(|j| add(row, -at(i, j), &head[j * cols..][..cols]));
            }
            if !shape.unit {
                let pivot = at(i, i);
                row.iter_mut().for_each(|v| *v /= pivot);
            }
        }
        let solved = negated(b[first * cols..end * cols].iter().copied());
        let solved = Mat::new(&solved, end - first, cols);
        if shape.upper && first > 0 {
            gemm::product(part(0..first, first..end), solved, &mut b[..first * cols], true, true);
        } else if !shape.upper && end < n {
            gemm::product(part(end..n, first..end), solved, &mut b[end * cols..], true, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{near, numbers, times};
    use super::*;

    #[test]
    fn substitution_undoes_the_product() {
        for (n, cols) in [(0, 2), (1, 1), (5, 3), (49, 2), (120, 7)] {
            for (upper, unit, transpose) in (0..8).map(|k| (k & 1 == 1, k & 2 == 2, k & 4 == 4)) {
                let mut a: Vec<f64> = numbers(n * n, 3);
                (0..n).for_each(|k| a[k * n + k] += 2.0);
                a.iter_mut()
                    .enumerate()
                    .filter(|(k, _)| k / n.max(1) != k % n.max(1))
                    .for_each(|(_, v)| *v /= n as f64);
                let m = Mat::new(&a, n, n);
                let view = if transpose { m.t() } else { m };
                // What counts of the matrix, written out.
                let kept = |i: usize, j: usize| match (i == j, (i < j) == upper) {
                    (true, _) if unit => 1.0,
                    (false, false) => 0.0,
                    _ => view.data[i * view.row_stride + j * view.col_stride],
                };
                let full: Vec<f64> = (0..n * n).map(|k| kept(k / n, k % n)).collect();
                let x: Vec<f64> = numbers(n * cols, 5);
                let mut b = times(&full, &x, [n, n, cols]);
                solve(view, Shape { upper, unit }, &mut b, cols);
                near(&b, &x, 1e-12);
            }
        }
    }
}
