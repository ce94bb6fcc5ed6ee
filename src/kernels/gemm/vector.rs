//! Products with few rows, which read the right operand once: they are bound by memory, and packing would cost more than it
//! saves. Where the right operand lies column by column they are dot products, else sums of its rows.

use super::lanes::Lanes;
use crate::real::Real;

/// Operands of [`dots`]: c\[i, j\] (+)= Σₚ a\[i, p\]·b\[j, p\], with rows of contiguous numbers in a and b.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dots<T> {
    pub(super) k: usize,
    pub(super) a: *const T,
    pub(super) a_row: usize,
    /// At most [`MOST_ROWS`].
    pub(super) rows: usize,
    pub(super) b: *const T,
    pub(super) b_row: usize,
    pub(super) cols: usize,
    pub(super) c: *mut T,
    pub(super) c_row: usize,
    pub(super) c_col: usize,
    pub(super) accumulate: bool,
}

/// Rows that share what is read of b.
pub(super) const MOST_ROWS: usize = 4;

/// # Safety
/// All elements that [`Dots`] names are valid, c apart from a and b; the processor has the instructions of V.
#[inline(always)]
pub(super) unsafe fn dots<T: Real, V: Lanes<T>>(x: &Dots<T>) {
    // SAFETY: by this function's contract.
    unsafe {
        match x.rows {
            1 => dots_of_rows::<T, V, 1, 8>(x),
            2 => dots_of_rows::<T, V, 2, 4>(x),
            3 => dots_of_rows::<T, V, 3, 4>(x),
            _ => dots_of_rows::<T, V, 4, 4>(x),
        }
    }
}

#[inline(always)]
unsafe fn dots_of_rows<T: Real, V: Lanes<T>, const M: usize, const N: usize>(x: &Dots<T>) {
    let whole = x.cols / N * N;
    // SAFETY: by the contract of `dots`.
    unsafe {
        for j in (0..whole).step_by(N) {
            dot_tile::<T, V, M, N>(x, j);
        }
        for j in whole..x.cols {
            dot_tile::<T, V, M, 1>(x, j);
        }
    }
}

/// The columns j to j + N.
#[inline(always)]
unsafe fn dot_tile<T: Real, V: Lanes<T>, const M: usize, const N: usize>(x: &Dots<T>, j: usize) {
    // SAFETY: by the contract of `dots`: p + LANES ≤ k for whole vectors, the rest is masked.
    unsafe {
        let mut sum = [[V::zero(); N]; M];
        let b = x.b.add(j * x.b_row);
        let whole = x.k / V::LANES * V::LANES;
        let mut p = 0;
        while p < whole {
            let mut row = [V::zero(); M];
            for (i, row) in row.iter_mut().enumerate() {
                *row = V::load(x.a.add(i * x.a_row + p));
            }
            for n in 0..N {
                let b = V::load(b.add(n * x.b_row + p));
                for (sum, &row) in sum.iter_mut().zip(&row) {
                    sum[n] = sum[n].fma(row, b);
                }
            }
            p += V::LANES;
        }
        if whole < x.k {
            let mask = V::first(x.k - whole);
            for n in 0..N {
                let b = V::load_first(b.add(n * x.b_row + whole), mask);
                for (i, sum) in sum.iter_mut().enumerate() {
                    sum[n] = sum[n].fma(V::load_first(x.a.add(i * x.a_row + whole), mask), b);
                }
            }
        }
        for (i, sum) in sum.iter().enumerate() {
            for (n, sum) in sum.iter().enumerate() {
                let c = &mut *x.c.add(i * x.c_row + (j + n) * x.c_col);
                let start = if x.accumulate { *c } else { T::zero() };
                *c = start + sum.sum();
            }
        }
    }
}

/// Operands of [`rows`]: c\[j\] (+)= Σₚ a\[p\]·b\[p, j\], with contiguous rows of b.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<T> {
    pub(super) k: usize,
    pub(super) a: *const T,
    pub(super) a_step: usize,
    pub(super) b: *const T,
    pub(super) b_step: usize,
    pub(super) cols: usize,
    pub(super) c: *mut T,
    pub(super) accumulate: bool,
}

/// Rows of b that are added to c at a time: streams that the processor can fetch ahead.
const STREAMS: usize = 8;

/// # Safety
/// As [`dots`].
#[inline(always)]
pub(super) unsafe fn rows<T: Real, V: Lanes<T>>(x: &Rows<T>) {
    let whole = x.k / STREAMS * STREAMS;
    // SAFETY: by this function's contract.
    unsafe {
        for p in (0..whole).step_by(STREAMS) {
            add_rows::<T, V, STREAMS>(x, p, x.accumulate || p > 0);
        }
        for p in whole..x.k {
            add_rows::<T, V, 1>(x, p, x.accumulate || p > 0);
        }
    }
}

/// Adds the rows p to p + N.
#[inline(always)]
unsafe fn add_rows<T: Real, V: Lanes<T>, const N: usize>(x: &Rows<T>, p: usize, accumulate: bool) {
    // SAFETY: by the contract of `rows`: j + LANES ≤ cols for whole vectors, the rest is masked.
    unsafe {
        let mut factors = [V::zero(); N];
        for (i, factor) in factors.iter_mut().enumerate() {
            *factor = V::splat(x.a.add((p + i) * x.a_step));
        }
        let b = x.b.add(p * x.b_step);
        let whole = x.cols / V::LANES * V::LANES;
        let mut j = 0;
        while j < whole {
            let c = x.c.add(j);
            let mut sum = if accumulate { V::load(c) } else { V::zero() };
            for (i, &factor) in factors.iter().enumerate() {
                sum = sum.fma(factor, V::load(b.add(i * x.b_step + j)));
            }
            sum.store(c);
            j += V::LANES;
        }
        if whole < x.cols {
            let mask = V::first(x.cols - whole);
            let c = x.c.add(whole);
            let mut sum = if accumulate { V::load_first(c, mask) } else { V::zero() };
            for (i, &factor) in factors.iter().enumerate() {
                sum = sum.fma(factor, V::load_first(b.add(i * x.b_step + whole), mask));
            }
            sum.store_first(c, mask);
        }
    }
}
