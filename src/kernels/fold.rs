//! Folds of one line and of rows, compiled for every vector level; the orders in which numbers combine are fixed here.
//! Blocks are folded in order and their results in a balanced tree, which bounds rounding and fixes the bits of a result.

use super::simd;
use crate::real::Real;

/// Columns that are folded side by side.
pub(super) const STRIP: usize = 256;

/// Elements of a line, and rows of a strip, that are combined in order; longer ones are halved (Higham, "The accuracy
/// of floating point summation", 1993: the error of a pairwise sum grows with the logarithm of its length).
pub(super) const LINE: usize = 512;
pub(super) const ROWS: usize = 32;

/// Independent accumulators along a line, so that the loop vectorises.
pub(super) const LANES: usize = 16;

/// As many of them for long lines as hide the latency of joining two vectors.
const WIDE: usize = 4 * LANES;

/// A way to combine numbers, with the value of combining none.
pub(super) trait Fold<T> {
    fn empty() -> T;
    fn join(a: T, b: T) -> T;
}

pub(super) struct Sum;
pub(super) struct Prod;
pub(super) struct Max;
pub(super) struct Min;

impl<T: Real> Fold<T> for Sum {
    #[inline(always)]
    fn empty() -> T {
        T::zero()
    }
    #[inline(always)]
    fn join(a: T, b: T) -> T {
        a + b
    }
}

impl<T: Real> Fold<T> for Prod {
    #[inline(always)]
    fn empty() -> T {
        T::one()
    }
    #[inline(always)]
    fn join(a: T, b: T) -> T {
        a * b
    }
}

/// NaN wins: where `a` is one it is kept, and where `b` is one the comparison fails.
impl<T: Real> Fold<T> for Max {
    #[inline(always)]
    fn empty() -> T {
        T::neg_infinity()
    }
    #[inline(always)]
    fn join(a: T, b: T) -> T {
        if a > b || a.is_nan() { a } else { b }
    }
}

impl<T: Real> Fold<T> for Min {
    #[inline(always)]
    fn empty() -> T {
        T::infinity()
    }
    #[inline(always)]
    fn join(a: T, b: T) -> T {
        if a < b || a.is_nan() { a } else { b }
    }
}

/// Folds f(x₀), f(x₁), … of one contiguous line.
pub(super) fn line<T: Real, F: Fold<T>>(x: &[T], f: &impl Fn(T) -> T) -> T {
    pieces::<T, F>(x, &mut |x| simd::vectorize(|| piece::<T, F>(x, f)))
}

/// Joins what `fold` makes of the pieces of a line, [`LINE`] long at most.
pub(super) fn pieces<T: Real, F: Fold<T>>(x: &[T], fold: &mut impl FnMut(&[T]) -> T) -> T {
    if x.len() <= LINE {
        return fold(x);
    }
    let half = (x.len() / 2).next_multiple_of(LINE);
    let (a, b) = x.split_at(half);
    let a = pieces::<T, F>(a, fold);
    F::join(a, pieces::<T, F>(b, fold))
}

#[inline(always)]
fn piece<T: Real, F: Fold<T>>(x: &[T], f: &impl Fn(T) -> T) -> T {
    if x.len() < LANES {
        return x.iter().fold(F::empty(), |a, &v| F::join(a, f(v)));
    }
    if x.len() < 2 * WIDE { accumulate::<T, F, LANES>(x, f) } else { accumulate::<T, F, WIDE>(x, f) }
}

/// Folds a line in N accumulators, and those by halves.
#[inline(always)]
fn accumulate<T: Real, F: Fold<T>, const N: usize>(x: &[T], f: &impl Fn(T) -> T) -> T {
    let mut lanes = [F::empty(); N];
    let (body, tail) = x.as_chunks::<N>();
    for c in body {
        for (a, &v) in lanes.iter_mut().zip(c) {
            *a = F::join(*a, f(v));
        }
    }
    for (a, &v) in lanes.iter_mut().zip(tail) {
        *a = F::join(*a, f(v));
    }
    let mut n = N;
    while n > 1 {
        n /= 2;
        for k in 0..n {
            lanes[k] = F::join(lanes[k], lanes[k + n]);
        }
    }
    lanes[0]
}

/// Folds f(j, x\[k · stride + j\]) over the rows k for each of the at most [`STRIP`] columns j of `out`.
pub(super) fn rows_of<T: Real, F: Fold<T>>(
    x: &[T],
    stride: usize,
    len: usize,
    out: &mut [T],
    f: &impl Fn(usize, T) -> T,
) {
    pieces_of_rows::<T, F>(x, stride, len, out, &mut |x, rows, out| {
        simd::vectorize(|| {
            out.fill(F::empty());
            for k in 0..rows {
                let row = &x[k * stride..][..out.len()];
                for (j, (o, &v)) in out.iter_mut().zip(row).enumerate() {
                    *o = F::join(*o, f(j, v));
                }
            }
        });
    });
}

/// Joins what `fold` makes of pieces of the rows, [`ROWS`] at most.
pub(super) fn pieces_of_rows<T: Real, F: Fold<T>>(
    x: &[T],
    stride: usize,
    len: usize,
    out: &mut [T],
    fold: &mut impl FnMut(&[T], usize, &mut [T]),
) {
    if len <= ROWS {
        return fold(x, len, out);
    }
    let half = (len / 2).next_multiple_of(ROWS);
    let mut other = [F::empty(); STRIP];
    let other = &mut other[..out.len()];
    pieces_of_rows::<T, F>(x, stride, half, out, fold);
    pieces_of_rows::<T, F>(&x[half * stride..], stride, len - half, other, fold);
    out.iter_mut().zip(other).for_each(|(o, &mut v)| *o = F::join(*o, v));
}
