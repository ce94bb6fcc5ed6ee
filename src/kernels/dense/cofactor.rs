//! The matrix of cofactors, which is the gradient of the determinant, and its mixed derivatives; singular matrices too.
//! A = P L D R Q with unit triangular L and R (complete pivoting), and the cofactors of a product are the product of
//! cofactors; those of D are products of its elements, so nothing is ever divided by a pivot that may be 0.

use super::triangular::{self, Shape};
use super::{add, larger, transposed, two_rows};
use crate::kernels::gemm::Mat;
use crate::real::Real;

/// Rows and columns in another order, and the factors L, D and R of the matrix in that order.
struct Factors<T> {
    n: usize,
    rows: Vec<usize>,
    cols: Vec<usize>,
    odd: bool,
    /// L below the diagonal, D on it, R above.
    ldr: Vec<T>,
}

impl<T: Real> Factors<T> {
    fn new(a: &[T], n: usize) -> Self {
        let mut f = Factors { n, rows: (0..n).collect(), cols: (0..n).collect(), odd: false, ldr: a.to_vec() };
        let x = &mut f.ldr;
        for k in 0..n {
            let rest = (k..n).flat_map(|i| (k..n).map(move |j| (i, j)));
            let (p, q) =
                rest.fold((k, k), |(p, q), (i, j)| if larger(x[i * n + j], x[p * n + q]) { (i, j) } else { (p, q) });
            if p != k {
                let (a, b) = two_rows(x, n, k, p);
                a.swap_with_slice(b);
                f.rows.swap(k, p);
            }
            if q != k {
                x.chunks_mut(n).for_each(|row| row.swap(k, q));
                f.cols.swap(k, q);
            }
            f.odd ^= (p != k) ^ (q != k);
            let pivot = x[k * n + k];
            if pivot == T::zero() {
                // All that is left is 0.
                break;
            }
            x[k * n + k + 1..(k + 1) * n].iter_mut().for_each(|v| *v /= pivot);
            for i in k + 1..n {
                let (upper, lower) = two_rows(x, n, k, i);
                let c = lower[k];
                add(&mut lower[k + 1..], -c, &upper[k + 1..]);
                lower[k] = c / pivot;
            }
        }
        f
    }

    fn diagonal(&self) -> Vec<T> {
        (0..self.n).map(|k| self.ldr[k * self.n + k]).collect()
    }

    /// L⁻¹ H R⁻¹ for a direction H with rows and columns in the order of the factors.
    fn inside(&self, h: &[T]) -> Vec<T> {
        let n = self.n;
        let mut x: Vec<T> = (0..n * n).map(|k| h[self.rows[k / n] * n + self.cols[k % n]]).collect();
        let a = Mat::new(&self.ldr, n, n);
        triangular::solve(a, Shape { upper: false, unit: true }, &mut x, n);
        let mut x = transposed(&x, n, n);
        triangular::solve(a.t(), Shape { upper: false, unit: true }, &mut x, n);
        transposed(&x, n, n)
    }

    /// ± L⁻ᵀ C R⁻ᵀ with rows and columns in their old order.
    fn outside(&self, mut c: Vec<T>, out: &mut [T]) {
        let n = self.n;
        let a = Mat::new(&self.ldr, n, n);
        triangular::solve(a.t(), Shape { upper: true, unit: true }, &mut c, n);
        let mut c = transposed(&c, n, n);
        triangular::solve(a, Shape { upper: true, unit: true }, &mut c, n);
        for (k, &v) in c.iter().enumerate() {
            out[self.rows[k % n] * n + self.cols[k / n]] = if self.odd { -v } else { v };
        }
    }
}

/// All orders of 0 … n − 1, and whether each is odd.
fn permutations(n: usize) -> Vec<(Vec<usize>, bool)> {
    let mut list = vec![(Vec::new(), false)];
    for k in 0..n {
        let longer = |(p, odd): &(Vec<usize>, bool)| {
            let put = |at: usize| {
                let mut p = p.clone();
                p.insert(at, k);
                (p, odd ^ ((k - at) % 2 == 1))
            };
            (0..=k).map(put).collect::<Vec<_>>()
        };
        list = list.iter().flat_map(longer).collect();
    }
    list
}

/// The gradient, at a diagonal matrix, of the mixed derivative of the determinant along the directions `b`.
///
/// det(D + Σ tₐ Bₐ + u X) holds t₁ … tₘ u once for every choice of m + 1 rows I, with the product of the elements of D that
/// stand elsewhere and the mixed discriminant of the matrices cut to I.
struct Mixed<'a, T> {
    n: usize,
    d: &'a [T],
    b: &'a [Vec<T>],
    orders: Vec<(Vec<usize>, bool)>,
    sum: Vec<T>,
}

impl<T: Real> Mixed<'_, T> {
    /// Goes through all choices that begin with `chosen`; `others` is the product of the elements passed over before `next`.
    fn choose(&mut self, next: usize, chosen: &mut Vec<usize>, others: T) {
        if chosen.len() > self.b.len() {
            let rest: T = self.d[next..].iter().fold(others, |p, &d| p * d);
            self.discriminant(chosen, rest);
            return;
        }
        let missing = self.b.len() + 1 - chosen.len();
        let mut others = others;
        for k in next..(self.n + 1).saturating_sub(missing) {
            chosen.push(k);
            self.choose(k + 1, chosen, others);
            chosen.pop();
            others *= self.d[k];
        }
    }

    /// Which column each row takes, and which matrix it is read from; number 0 is the one that the gradient is of.
    fn discriminant(&mut self, chosen: &[usize], others: T) {
        let Mixed { n, b, orders, sum, .. } = self;
        for (columns, odd) in orders.iter() {
            for (matrices, _) in orders.iter() {
                let (mut product, mut place) = (if *odd { -others } else { others }, 0);
                for (r, &i) in chosen.iter().enumerate() {
                    let at = i * *n + chosen[columns[r]];
                    match matrices[r] {
                        0 => place = at,
                        m => product *= b[m - 1][at],
                    }
                }
                sum[place] += product;
            }
        }
    }
}

/// Writes the gradient of the mixed derivative of the determinant along directions; without directions, the cofactors.
pub(crate) fn cofactor<T: Real>(a: &[T], directions: &[&[T]], n: usize, out: &mut [T]) {
    let f = Factors::new(a, n);
    let b: Vec<Vec<T>> = directions.iter().map(|h| f.inside(h)).collect();
    let mut mixed =
        Mixed { n, d: &f.diagonal(), b: &b, orders: permutations(b.len() + 1), sum: vec![T::zero(); n * n] };
    mixed.choose(0, &mut Vec::new(), T::one());
    f.outside(mixed.sum, out);
}

#[cfg(test)]
mod tests {
    use super::super::tests::{near, numbers};
    use super::*;

    /// The determinant by expansion along the first row.
    fn determinant(a: &[f64], n: usize) -> f64 {
        if n == 0 {
            return 1.0;
        }
        let minor = |j: usize| -> Vec<f64> { (n..n * n).filter(|k| k % n != j).map(|k| a[k]).collect() };
        (0..n).map(|j| if j % 2 == 0 { 1.0 } else { -1.0 } * a[j] * determinant(&minor(j), n - 1)).sum()
    }

    fn without(a: &[f64], n: usize, i: usize, j: usize) -> Vec<f64> {
        (0..n * n).filter(|k| k / n != i && k % n != j).map(|k| a[k]).collect()
    }

    /// Cofactors by definition: signed determinants of minors.
    fn definition(a: &[f64], n: usize) -> Vec<f64> {
        let sign = |k: usize| if (k / n + k % n).is_multiple_of(2) { 1.0 } else { -1.0 };
        (0..n * n).map(|k| sign(k) * determinant(&without(a, n, k / n, k % n), n - 1)).collect()
    }

    /// The coefficient of t₁ … tₘ of a polynomial of degree one in each, from its values at 0 and 1 (not for higher degrees):
    /// here a mixed difference of cofactors with the ±1 polarisation, exact for polynomials up to degree n − 1 = 3.
    fn polarised(a: &[f64], h: &[&[f64]], n: usize) -> Vec<f64> {
        // Mixed central differences with Richardson's extrapolation are exact for cubics.
        let at = |s: &[f64]| {
            let x: Vec<f64> = (0..n * n).map(|k| a[k] + s.iter().zip(h).map(|(s, h)| s * h[k]).sum::<f64>()).collect();
            definition(&x, n)
        };
        let stencil = |step: f64| {
            let mut sum = vec![0.0; n * n];
            for signs in 0..1usize << h.len() {
                let s: Vec<f64> = (0..h.len()).map(|k| if signs >> k & 1 == 1 { step } else { -step }).collect();
                let sign: f64 = s.iter().map(|s| s.signum()).product();
                sum.iter_mut().zip(at(&s)).for_each(|(sum, v)| *sum += sign * v / (2.0 * step).powi(h.len() as i32));
            }
            sum
        };
        let (one, two) = (stencil(1.0), stencil(2.0));
        one.iter().zip(two).map(|(a, b)| (4.0 * a - b) / 3.0).collect()
    }

    fn matrix(n: usize, rank: usize) -> Vec<f64> {
        let (x, y): (Vec<f64>, Vec<f64>) = (numbers(n * rank, 1), numbers(rank * n, 2));
        super::super::tests::times(&x, &y, [n, rank, n])
    }

    #[test]
    fn cofactors_are_signed_minors_at_any_rank() {
        for n in 1..6 {
            for rank in 0..=n {
                let a = matrix(n, rank);
                let mut out = vec![f64::NAN; n * n];
                cofactor(&a, &[], n, &mut out);
                near(&out, &definition(&a, n), 1e-13);
            }
        }
        cofactor::<f64>(&[], &[], 0, &mut []);
    }

    #[test]
    fn mixed_derivatives_are_those_of_the_polynomial_at_any_rank() {
        let n = 4;
        let h: Vec<Vec<f64>> = (0..4).map(|k| numbers(n * n, 10 + k)).collect();
        for rank in 0..=n {
            let a = matrix(n, rank);
            for m in 1..=4 {
                let directions: Vec<&[f64]> = h[..m].iter().map(|h| &h[..]).collect();
                let mut out = vec![f64::NAN; n * n];
                cofactor(&a, &directions, n, &mut out);
                // Cofactors of a 4×4 matrix are cubics: a fourth derivative is zero.
                let expected = if m > 3 { vec![0.0; n * n] } else { polarised(&a, &directions, n) };
                near(&out, &expected, 1e-11);
            }
        }
    }

    #[test]
    fn permutations_have_their_signs() {
        let all = permutations(3);
        assert_eq!(all.len(), 6);
        assert!(
            all.contains(&(vec![0, 1, 2], false))
                && all.contains(&(vec![1, 0, 2], true))
                && all.contains(&(vec![1, 2, 0], false))
        );
    }
}
