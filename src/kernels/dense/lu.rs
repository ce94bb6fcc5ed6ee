//! The factorisation P A = L U with partial pivoting, and systems solved by it.
//! Blocks of columns are factored one by one; what is right of and below them is updated by a matrix product.

use super::triangular::{self, Shape};
use super::{BLOCK, add, larger, negated, two_rows};
use crate::kernels::gemm::{self, Mat};
use crate::real::Real;

/// L below the diagonal (whose ones are not stored) and U on and above it, with the exchanges of rows that were made.
#[derive(Debug)]
pub(crate) struct Lu<T> {
    n: usize,
    factors: Vec<T>,
    /// Row k was exchanged with row `exchanges[k]` ≥ k, one after the other.
    exchanges: Vec<usize>,
}

impl<T: Real> Lu<T> {
    /// Factors a square matrix with n rows. A column without a pivot is left as it is, with 0 on the diagonal.
    pub fn new(a: &[T], n: usize) -> Self {
        let (mut x, mut exchanges) = (a.to_vec(), Vec::with_capacity(n));
        for first in (0..n).step_by(BLOCK) {
            let end = (first + BLOCK).min(n);
            for k in first..end {
                let pivot = (k + 1..n).fold(k, |p, i| if larger(x[i * n + k], x[p * n + k]) { i } else { p });
                exchanges.push(pivot);
                if pivot != k {
                    let (a, b) = two_rows(&mut x, n, k, pivot);
                    a.swap_with_slice(b);
                }
                let diagonal = x[k * n + k];
                if diagonal == T::zero() {
                    continue;
                }
                for i in k + 1..n {
                    let (upper, lower) = two_rows(&mut x, n, k, i);
                    let c = lower[k] / diagonal;
                    lower[k] = c;
                    add(&mut lower[k + 1..end], -c, &upper[k + 1..end]);
                }
            }
            if end < n {
                Self::update(&mut x, n, first, end);
            }
        }
        Lu { n, factors: x, exchanges }
    }

    /// The rows of U beside the block, and the rest less what the block explains.
    fn update(x: &mut [T], n: usize, first: usize, end: usize) {
        for i in first + 1..end {
            for k in first..i {
                let (upper, lower) = two_rows(x, n, k, i);
                let c = lower[k];
                add(&mut lower[end..], -c, &upper[end..]);
            }
        }
        let left = negated((end..n).flat_map(|i| x[i * n + first..i * n + end].to_vec()));
        let (above, below) = x.split_at_mut(end * n);
        let right =
            Mat { data: &above[first * n + end..], rows: end - first, cols: n - end, row_stride: n, col_stride: 1 };
        gemm::product_rows(Mat::new(&left, n - end, end - first), right, &mut below[end..], n, true, true);
    }

    /// The diagonal of U.
    pub fn diagonal(&self) -> impl Iterator<Item = T> + '_ {
        (0..self.n).map(|k| self.factors[k * self.n + k])
    }

    /// Whether the exchanges are an odd permutation.
    pub fn is_odd(&self) -> bool {
        self.exchanges.iter().enumerate().filter(|&(k, &p)| p != k).count() % 2 == 1
    }

    /// The first pivot that is 0.
    pub fn zero_pivot(&self) -> Option<usize> {
        triangular::zero_pivot(&self.factors, self.n)
    }

    /// Replaces b by the x with a·x = b, or aᵀ·x = b; b has n rows of `cols` elements.
    pub fn solve(&self, b: &mut [T], cols: usize, transposed: bool) {
        let a = Mat::new(&self.factors, self.n, self.n);
        let (lower, upper) = (Shape { upper: false, unit: true }, Shape { upper: true, unit: false });
        let exchange = |b: &mut [T], k: usize| {
            let p = self.exchanges[k];
            if p != k && cols > 0 {
                let (x, y) = two_rows(b, cols, k, p);
                x.swap_with_slice(y);
            }
        };
        if transposed {
            triangular::solve(a.t(), Shape { upper: false, ..upper }, b, cols);
            triangular::solve(a.t(), Shape { upper: true, ..lower }, b, cols);
            (0..self.n).rev().for_each(|k| exchange(b, k));
        } else {
            (0..self.n).for_each(|k| exchange(b, k));
            triangular::solve(a, lower, b, cols);
            triangular::solve(a, upper, b, cols);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{near, numbers, times};
    use super::super::transposed;
    use super::*;

    /// Σ over permutations, by expansion along the first row.
    fn determinant(a: &[f64], n: usize) -> f64 {
        if n == 0 {
            return 1.0;
        }
        let minor = |j: usize| -> Vec<f64> { (n..n * n).filter(|k| k % n != j).map(|k| a[k]).collect() };
        (0..n).map(|j| if j % 2 == 0 { 1.0 } else { -1.0 } * a[j] * determinant(&minor(j), n - 1)).sum()
    }

    #[test]
    fn the_determinant_is_that_of_the_expansion() {
        for n in 0..7 {
            let a: Vec<f64> = numbers(n * n, n as u64);
            let lu = Lu::new(&a, n);
            let det = lu.diagonal().product::<f64>() * if lu.is_odd() { -1.0 } else { 1.0 };
            assert!((det - determinant(&a, n)).abs() < 1e-13, "{n}");
        }
    }

    #[test]
    fn solutions_solve() {
        for (n, cols) in [(0, 1), (1, 2), (6, 3), (48, 1), (49, 2), (150, 4)] {
            let a: Vec<f64> = numbers(n * n, 7);
            let x: Vec<f64> = numbers(n * cols, 8);
            let lu = Lu::new(&a, n);
            for t in [false, true] {
                let mut b = times(&if t { transposed(&a, n, n) } else { a.clone() }, &x, [n, n, cols]);
                lu.solve(&mut b, cols, t);
                near(&b, &x, 1e-9);
            }
        }
    }

    #[test]
    fn a_singular_matrix_shows_its_pivot() {
        let a = [1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 0.0, 1.0, 5.0];
        let lu = Lu::new(&a, 3);
        assert_eq!(lu.zero_pivot(), Some(2));
        assert_eq!(Lu::new(&[0.0f32; 4], 2).zero_pivot(), Some(0));
    }
}
