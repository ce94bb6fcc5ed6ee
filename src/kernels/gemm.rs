//! Matrix products through the `gemm` microkernels, over strided views so that transposition costs nothing.
//! Every element is summed over k in an order that depends on the sizes and the processor, never on the number of threads.

use std::any::TypeId;

use gemm_common::Parallelism;

use super::par;
use crate::real::Real;

/// Below this many multiplications the fixed cost of the microkernels (dispatch, packing) outweighs the product itself.
const SMALL: usize = 1 << 9;

/// From this many products on, a batch keeps all threads busy without splitting the products themselves.
const WIDE_BATCH: usize = 8;

/// A matrix that is read: `data[i·row_stride + j·col_stride]` for i < rows, j < cols.
///
/// Strides may be 0 (a row or column that repeats) and in any order (a transpose is a swap).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mat<'a, T> {
    pub(crate) data: &'a [T],
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) row_stride: usize,
    pub(crate) col_stride: usize,
}

impl<'a, T> Mat<'a, T> {
    /// A row-major matrix without gaps.
    pub(crate) fn new(data: &'a [T], rows: usize, cols: usize) -> Self {
        Mat { data, rows, cols, row_stride: cols, col_stride: 1 }
    }

    /// The same numbers with rows and columns exchanged.
    pub(crate) fn t(self) -> Self {
        Mat { rows: self.cols, cols: self.rows, row_stride: self.col_stride, col_stride: self.row_stride, ..self }
    }

    /// One past the largest index that is read.
    fn reach(&self) -> usize {
        if self.rows == 0 || self.cols == 0 {
            return 0;
        }
        let last = |n: usize, stride: usize| (n - 1).checked_mul(stride);
        last(self.rows, self.row_stride)
            .zip(last(self.cols, self.col_stride))
            .and_then(|(r, c)| r.checked_add(c)?.checked_add(1))
            .expect("a matrix view lies within its data")
    }
}

/// c = a·b, or c += a·b; `c` is row-major m×n without gaps.
pub(crate) fn product<T: Real>(a: Mat<T>, b: Mat<T>, c: &mut [T], accumulate: bool, threads: bool) {
    let n = b.cols;
    product_rows(a, b, c, n, accumulate, threads);
}

/// As [`product`], where row i of the result starts at `c[i·row_stride]`; what lies between rows is left alone.
pub(crate) fn product_rows<T: Real>(
    a: Mat<T>,
    b: Mat<T>,
    c: &mut [T],
    row_stride: usize,
    accumulate: bool,
    threads: bool,
) {
    let (m, k, n) = (a.rows, a.cols, b.cols);
    assert_eq!(k, b.rows, "columns of a = rows of b");
    assert!(row_stride >= n || m <= 1, "rows of c do not overlap");
    assert!(a.reach() <= a.data.len() && b.reach() <= b.data.len(), "matrix views lie within their data");
    assert!(Mat { data: &*c, rows: m, cols: n, row_stride, col_stride: 1 }.reach() <= c.len(), "c has room for m×n");
    if m == 0 || n == 0 {
        return;
    }
    if m.saturating_mul(n).saturating_mul(k) < SMALL {
        small(a, b, c, row_stride, accumulate);
        return;
    }
    // SAFETY: the asserts above hold every element that a, b (read) and c (written) address within their slices, and c
    // is borrowed mutably, so it overlaps neither.
    unsafe { microkernels(a, b, c, row_stride, accumulate, threads) }
}

/// The definition, row by row; b is walked along its contiguous axis.
fn small<T: Real>(a: Mat<T>, b: Mat<T>, c: &mut [T], row_stride: usize, accumulate: bool) {
    for i in 0..a.rows {
        let row = &mut c[i * row_stride..][..b.cols];
        if !accumulate {
            row.fill(T::zero());
        }
        for p in 0..a.cols {
            let x = a.data[i * a.row_stride + p * a.col_stride];
            if b.col_stride == 1 {
                for (c, &y) in row.iter_mut().zip(&b.data[p * b.row_stride..]) {
                    *c += x * y;
                }
            } else {
                for (j, c) in row.iter_mut().enumerate() {
                    *c += x * b.data[p * b.row_stride + j * b.col_stride];
                }
            }
        }
    }
}

/// The call into the `gemm` crates.
///
/// Their microkernels want a column-major result, so this computes cᵀ = bᵀ·aᵀ. They split work over rows and columns of
/// the result, never over k, and a tile is computed the same way whichever thread has it.
///
/// # Safety
/// Every element that the views and `c` (m rows, `row_stride` apart, of n elements) address lies within its slice.
unsafe fn microkernels<T: Real>(a: Mat<T>, b: Mat<T>, c: &mut [T], row_stride: usize, accumulate: bool, threads: bool) {
    let (m, k, n) = (a.rows, a.cols, b.cols);
    #[cfg(feature = "threads")]
    let parallelism = match par::threads() {
        n if threads && n > 1 => Parallelism::Rayon(n),
        _ => Parallelism::None,
    };
    #[cfg(not(feature = "threads"))]
    let parallelism = {
        let _ = threads;
        Parallelism::None
    };
    // The stride of an axis of size 1 is never used and may be any number; 1 lets the crate take its contiguous paths.
    let step = |size: usize, stride: usize| if size > 1 { stride as isize } else { 1 };
    macro_rules! call {
        ($t:ty, $get:path) => {{
            let gemm = $get();
            // SAFETY: T is $t, by the test of its TypeId; the addresses are valid by this function's contract.
            unsafe {
                gemm(
                    n,
                    m,
                    k,
                    c.as_mut_ptr().cast::<$t>(),
                    step(m, row_stride),
                    1,
                    accumulate,
                    b.data.as_ptr().cast::<$t>(),
                    step(k, b.row_stride),
                    step(n, b.col_stride),
                    a.data.as_ptr().cast::<$t>(),
                    step(m, a.row_stride),
                    step(k, a.col_stride),
                    1.0,
                    1.0,
                    false,
                    false,
                    false,
                    parallelism,
                )
            }
        }};
    }
    // Real is sealed: f32 and f64 are all there is.
    if TypeId::of::<T>() == TypeId::of::<f32>() {
        call!(f32, gemm_f32::gemm::f32::get_gemm_fn)
    } else {
        assert_eq!(TypeId::of::<T>(), TypeId::of::<f64>(), "products exist for f32 and f64");
        call!(f64, gemm_f64::gemm::f64::get_gemm_fn)
    }
}

/// `count` independent products: matrix i of an operand starts `i·step` after matrix 0, and a step of 0 repeats it.
///
/// The results lie one after the other in `c`, each row-major m×n.
pub(crate) fn batched<T: Real>(
    count: usize,
    (a, a_step): (Mat<T>, usize),
    (b, b_step): (Mat<T>, usize),
    c: &mut [T],
    accumulate: bool,
) {
    let (m, k, n) = (a.rows, a.cols, b.cols);
    let size = m * n;
    assert!(c.len() >= count.saturating_mul(size), "c has room for every product");
    if size == 0 || count == 0 {
        return;
    }
    // Matrices stacked without a gap against one and the same b are one tall matrix.
    if b_step == 0 && a_step == m * a.row_stride {
        product(Mat { rows: count * m, ..a }, b, &mut c[..count * size], accumulate, true);
        return;
    }
    let at = |x: Mat<'_, T>, step: usize, i: usize| if x.reach() == 0 { 0 } else { i * step };
    let one = |i: usize, c: &mut [T], threads: bool| {
        let a = Mat { data: &a.data[at(a, a_step, i)..], ..a };
        let b = Mat { data: &b.data[at(b, b_step, i)..], ..b };
        product(a, b, c, accumulate, threads);
    };
    let c = &mut c[..count * size];
    if count < WIDE_BATCH {
        c.chunks_mut(size).enumerate().for_each(|(i, c)| one(i, c, true));
    } else {
        par::chunks_mut(c, size, count.saturating_mul(size).saturating_mul(k), |i, c| one(i, c, false));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::naive;
    use super::*;

    /// Small integers, whose products and sums are exact in any order.
    fn numbers(n: usize, seed: usize) -> Vec<f64> {
        (0..n).map(|i| ((i * 7919 + seed * 104_729) % 17) as f64 - 8.0).collect()
    }

    /// A rows×cols view of `data` in one of three layouts: row-major, transposed, with gaps.
    fn view<T>(data: &[T], rows: usize, cols: usize, layout: usize) -> Mat<'_, T> {
        match layout {
            0 => Mat::new(data, rows, cols),
            1 => Mat::new(data, cols, rows).t(),
            _ => Mat { data, rows, cols, row_stride: 2 * cols + 1, col_stride: 2 },
        }
    }

    fn compare<T: Real>(m: usize, k: usize, n: usize, la: usize, lb: usize, accumulate: bool) {
        let data = |len: usize, seed| numbers(len, seed).into_iter().map(T::of).collect::<Vec<T>>();
        let (a, b) = (data((2 * k + 1) * m + 1, 1), data((2 * n + 1) * k + 1, 2));
        let (a, b) = (view(&a, m, k, la), view(&b, k, n, lb));
        let start = if accumulate { data(m * n, 3) } else { vec![T::nan(); m * n] };
        let (mut fast, mut slow) = (start.clone(), start);
        product(a, b, &mut fast, accumulate, true);
        naive::product(a, b, &mut slow, accumulate);
        assert_eq!(fast, slow, "{m}×{k}×{n}, layouts {la} {lb}");
    }

    #[test]
    fn no_terms_make_zero_and_no_rows_nothing() {
        let mut c = [f64::NAN; 6];
        product(Mat::new(&[], 2, 0), Mat::new(&[], 0, 3), &mut c, false, false);
        assert_eq!(c, [0.0; 6]);
        let mut c = [5.0; 6];
        product(Mat::new(&[], 2, 0), Mat::new(&[], 0, 3), &mut c, true, false);
        assert_eq!(c, [5.0; 6]);
        product(Mat::new(&[], 0, 2), Mat::new(&[1.0; 6], 2, 3), &mut [], false, false);
    }

    #[test]
    fn not_a_number_spreads_through_zeros() {
        for n in [2, 40] {
            let (a, mut b) = (vec![0.0f32; n * n], vec![1.0f32; n * n]);
            b[0] = f32::NAN;
            let mut c = vec![7.0f32; n * n];
            product(Mat::new(&a, n, n), Mat::new(&b, n, n), &mut c, false, true);
            assert!((0..n).all(|i| c[i * n].is_nan() && c[i * n + 1] == 0.0), "n = {n}");
        }
    }

    #[test]
    #[should_panic(expected = "lie within their data")]
    fn a_view_beyond_its_data_is_caught_before_the_microkernels() {
        product(Mat::new(&[0.0; 99], 10, 10), Mat::new(&[0.0; 100], 10, 10), &mut [0.0; 100], false, false);
    }

    #[cfg(feature = "threads")]
    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let shapes = [(300, 700, 90), (1, 900, 1500), (1500, 600, 1), (64, 1300, 64), (7, 2000, 515), (515, 129, 33)];
        for (m, k, n) in shapes {
            for layout in 0..2 {
                let wild = |len: usize, s: f32| (0..len).map(|i| ((i as f32) * s).sin()).collect::<Vec<f32>>();
                let (a, b) = (wild(m * k, 0.7), wild(k * n, 1.3));
                let run = |threads: usize| {
                    let mut c = vec![0.0f32; m * n];
                    let (a, b) = (view(&a, m, k, layout), view(&b, k, n, 1 - layout));
                    par::with_threads(threads, || product(a, b, &mut c, false, threads > 0)).unwrap();
                    c.into_iter().map(f32::to_bits).collect::<Vec<_>>()
                };
                let one = run(1);
                assert!([2, 3, 5].into_iter().all(|t| run(t) == one), "{m}×{k}×{n}");
            }
        }
    }

    proptest! {
        #[test]
        fn products_equal_the_definition(
            m in 0usize..24, k in 0usize..24, n in 0usize..24, la in 0usize..3, lb in 0usize..3, accumulate: bool,
        ) {
            compare::<f64>(m, k, n, la, lb, accumulate);
            compare::<f32>(m, k, n, la, lb, accumulate);
        }

        #[test]
        fn gaps_between_rows_are_left_alone(m in 1usize..20, k in 0usize..12, n in 1usize..20, gap in 0usize..4) {
            let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
            let (a, b) = (Mat::new(&a, m, k), Mat::new(&b, k, n));
            let mut wide = vec![f64::INFINITY; m * (n + gap)];
            product_rows(a, b, &mut wide, n + gap, false, true);
            let mut plain = vec![0.0; m * n];
            naive::product(a, b, &mut plain, false);
            for (row, expected) in wide.chunks(n + gap).zip(plain.chunks(n)) {
                prop_assert_eq!(&row[..n], expected);
                prop_assert!(row[n..].iter().all(|&x| x == f64::INFINITY));
            }
        }

        #[test]
        fn a_batch_is_its_products(
            count in 0usize..12, m in 0usize..9, k in 0usize..9, n in 0usize..9,
            repeat_a: bool, repeat_b: bool, la in 0usize..2, lb in 0usize..2,
        ) {
            let (step_a, step_b) = (if repeat_a { 0 } else { m * k }, if repeat_b { 0 } else { k * n });
            let (a, b) = (numbers(count.max(1) * m * k, 1), numbers(count.max(1) * k * n, 2));
            let mut fast = vec![f64::NAN; count * m * n];
            batched(count, (view(&a, m, k, la), step_a), (view(&b, k, n, lb), step_b), &mut fast, false);
            let mut slow = vec![f64::NAN; count * m * n];
            for i in 0..count {
                let (a, b) = (view(&a[i * step_a..], m, k, la), view(&b[i * step_b..], k, n, lb));
                naive::product(a, b, &mut slow[i * m * n..][..m * n], false);
            }
            prop_assert_eq!(fast, slow);
        }
    }
}
