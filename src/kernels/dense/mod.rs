//! Factorisations of one dense row-major matrix, and what is computed from them.
//! Textbook algorithms (Golub & Van Loan, "Matrix Computations"), in blocks where the trailing part is a matrix product.

pub(crate) mod cholesky;
pub(crate) mod cofactor;
pub(crate) mod eigh;
pub(crate) mod expm;
pub(crate) mod lu;
pub(crate) mod qr;
pub(crate) mod svd;
pub(crate) mod triangular;

use std::cmp::Ordering;

use crate::real::Real;

/// Columns that are factored one by one before the rest is updated by a matrix product.
const BLOCK: usize = 48;

/// The numbers with the other sign.
fn negated<T: Real>(x: impl IntoIterator<Item = T>) -> Vec<T> {
    x.into_iter().map(|v| -v).collect()
}

/// The transposed matrix; `x` has `rows` rows.
pub(crate) fn transposed<T: Real>(x: &[T], rows: usize, cols: usize) -> Vec<T> {
    (0..rows * cols).map(|k| x[k % rows * cols + k / rows]).collect()
}

/// Σ aₖ bₖ, in eight strands so that the processor need not wait for one sum.
fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    const STRANDS: usize = 8;
    let mut sums = [T::zero(); STRANDS];
    let (mut pairs, tail) = (a.chunks_exact(STRANDS).zip(b.chunks_exact(STRANDS)), a.len() / STRANDS * STRANDS);
    pairs.by_ref().for_each(|(a, b)| (0..STRANDS).for_each(|k| sums[k] += a[k] * b[k]));
    let rest: T = a[tail..].iter().zip(&b[tail..]).map(|(&a, &b)| a * b).sum();
    sums.into_iter().sum::<T>() + rest
}

/// y += c·x.
fn add<T: Real>(y: &mut [T], c: T, x: &[T]) {
    y.iter_mut().zip(x).for_each(|(y, &x)| *y += c * x);
}

/// Two rows of a matrix with rows of `cols` elements, both to be written; `p` < `q`.
fn two_rows<T>(x: &mut [T], cols: usize, p: usize, q: usize) -> (&mut [T], &mut [T]) {
    let (head, tail) = x.split_at_mut(q * cols);
    (&mut head[p * cols..][..cols], &mut tail[..cols])
}

/// Whether v is the better pivot; NaN is the best, so that it is not passed over in silence.
fn larger<T: Real>(v: T, best: T) -> bool {
    v.abs() > best.abs() || (v.is_nan() && !best.is_nan())
}

/// The order of numbers, NaN after all of them: a sort panics where NaN is as good as anything.
fn ascending<T: Real>(a: T, b: T) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// The power of two at or below the largest size in `x`, by which it may be divided without rounding; 1 for what has no size.
fn scale<T: Real>(x: &[T]) -> T {
    let largest = x.iter().fold(T::zero(), |m, v| m.max(v.abs()));
    if largest > T::zero() && largest.is_finite() { largest.log2().floor().exp2() } else { T::one() }
}

/// Turns a vector so that its element of largest size is positive; whether it did.
fn turned<T: Real>(x: &mut [T]) -> bool {
    let largest = x.iter().fold(T::zero(), |m, &v| if v.abs() > m.abs() { v } else { m });
    let turn = largest < T::zero();
    if turn {
        x.iter_mut().for_each(|v| *v = -*v);
    }
    turn
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::real::Real;

    /// Numbers in -1..1 (Knuth's MMIX generator).
    pub(crate) fn numbers<T: Real>(n: usize, seed: u64) -> Vec<T> {
        let mut state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            T::of((state >> 11) as f64 / (1u64 << 52) as f64 - 1.0)
        };
        (0..n).map(|_| next()).collect()
    }

    /// a·b by definition; a is n×k, b is k×m.
    pub(crate) fn times<T: Real>(a: &[T], b: &[T], [n, k, m]: [usize; 3]) -> Vec<T> {
        let element = |i: usize, j: usize| (0..k).map(|p| a[i * k + p] * b[p * m + j]).sum();
        (0..n * m).map(|c| element(c / m, c % m)).collect()
    }

    /// The identity.
    pub(crate) fn eye<T: Real>(n: usize) -> Vec<T> {
        (0..n * n).map(|k| if k / n == k % n { T::one() } else { T::zero() }).collect()
    }

    /// No element differs by more than `bound`.
    #[track_caller]
    pub(crate) fn near<T: Real>(a: &[T], b: &[T], bound: f64) {
        assert_eq!(a.len(), b.len());
        for (k, (x, y)) in a.iter().zip(b).enumerate() {
            assert!((*x - *y).abs().as_f64() <= bound, "element {k}: {x} and {y}");
        }
    }
}
