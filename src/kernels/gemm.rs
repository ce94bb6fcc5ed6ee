//! Matrix products over strided views, so that transposition costs nothing: blocks of packed panels around microkernels.
//! Every element is summed over k in an order that depends on the sizes and the processor, never on the number of threads.
//!
//! Kernels with loops of their own (convolution) use the parts: [`micro::Micro`] multiplies one tile, [`pack`] makes its panels,
//! [`buffer::with`] lends aligned memory, [`batch::strided`] carries out many products at once, and [`packed::Packed`] keeps an
//! operand in panels.

pub(crate) mod batch;
mod blocked;
pub(crate) mod buffer;
mod epilogue;
mod lanes;
pub(crate) mod micro;
mod narrow;
pub(crate) mod pack;
pub(crate) mod packed;
mod transpose;
mod vector;

use std::ops::Range;

pub(crate) use batch::batched;
use blocked::{Shared, Target, multiply};
pub(crate) use epilogue::{Epilogue, Nothing};
use micro::Micro;
pub(crate) use packed::{Operand, Packed};

use crate::real::Real;

/// Below this many multiplications the fixed cost of the microkernels (dispatch, packing) outweighs the product itself.
const SMALL: usize = 1 << 9;

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

    /// The rows and columns given, none of them empty.
    pub(crate) fn part(self, rows: Range<usize>, cols: Range<usize>) -> Self {
        debug_assert!(rows.end <= self.rows && cols.end <= self.cols);
        let first = rows.start * self.row_stride + cols.start * self.col_stride;
        Mat { data: &self.data[first..], rows: rows.len(), cols: cols.len(), ..self }
    }

    /// One past the largest index that is read.
    pub(crate) fn reach(&self) -> usize {
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
    product_with(a, b, c, row_stride, accumulate, threads, &Nothing);
}

/// As [`product_rows`], of operands that may be packed, with a last step on the elements while they are in cache.
pub(crate) fn product_with<'a, T: Real, E: Epilogue<T>>(
    a: impl Into<Operand<'a, T>>,
    b: impl Into<Operand<'a, T>>,
    c: &mut [T],
    row_stride: usize,
    accumulate: bool,
    threads: bool,
    epilogue: &E,
) {
    product_at(Micro::get(), a.into(), b.into(), c, row_stride, accumulate, threads, epilogue);
}

/// As [`product_with`], with the microkernels of a level.
#[allow(clippy::too_many_arguments)]
fn product_at<T: Real, E: Epilogue<T>>(
    micro: &Micro<T>,
    a: Operand<T>,
    b: Operand<T>,
    c: &mut [T],
    row_stride: usize,
    accumulate: bool,
    threads: bool,
    epilogue: &E,
) {
    let (m, k, n) = (a.rows(), a.cols(), b.cols());
    assert_eq!(k, b.rows(), "columns of a = rows of b");
    assert!(row_stride >= n || m <= 1, "rows of c do not overlap");
    assert!(a.fits(true) && b.fits(false), "matrix views lie within their data, packed ones stand on their side");
    assert!(Mat { data: &*c, rows: m, cols: n, row_stride, col_stride: 1 }.reach() <= c.len(), "c has room for m×n");
    if m == 0 || n == 0 {
        return;
    }
    let target = Target { c: Shared(c.as_mut_ptr()), row: row_stride, accumulate };
    // SAFETY: the asserts above hold every element that a, b (read) and c (written) address within their slices, and c is
    // borrowed mutably, so it overlaps neither; its rows do not overlap.
    unsafe { dispatch(micro, a, b, &target, threads, epilogue) }
}

/// Whether a right operand in panels saves a product of m×k by k×n the time in which it makes them.
///
/// A few rows read it as it lies, and to the work of many the panels are a trifle: they are k·n moves, each about 8
/// multiplications long, among m·k·n.
pub(crate) fn packs([m, k, n]: [usize; 3]) -> bool {
    let work = m.saturating_mul(k).saturating_mul(n);
    (vector::MOST_ROWS + 1..=512).contains(&m) && n > vector::MOST_ROWS && work >= SMALL
}

/// The product by the method that suits its sizes.
///
/// # Safety
/// As [`multiply`], except that k may be 0.
unsafe fn dispatch<T: Real, E: Epilogue<T>>(
    micro: &Micro<T>,
    a: Operand<T>,
    b: Operand<T>,
    target: &Target<T>,
    threads: bool,
    epilogue: &E,
) {
    let (m, k, n) = (a.rows(), a.cols(), b.cols());
    // SAFETY: by this function's contract.
    unsafe {
        let done = if k == 0 {
            (0..m).filter(|_| !target.accumulate).for_each(|i| target.row(i, n).fill(T::zero()));
            true
        } else if let (Operand::Plain(a), Operand::Plain(b)) = (a, b) {
            if narrow::multiply(micro, a, b, target, threads, epilogue) {
                return;
            }
            let tiny = m.saturating_mul(n).saturating_mul(k) < SMALL;
            if tiny {
                small(a, b, target);
            }
            tiny
        } else {
            false
        };
        if !done {
            multiply(micro, a, b, target, threads, epilogue);
        } else if !epilogue.is_nothing() {
            (0..m).for_each(|i| epilogue.apply(i, 0, target.row(i, n)));
        }
    }
}

/// The definition, row by row; b is walked along its contiguous axis.
///
/// # Safety
/// As [`multiply`].
unsafe fn small<T: Real>(a: Mat<T>, b: Mat<T>, target: &Target<T>) {
    for i in 0..a.rows {
        // SAFETY: by this function's contract.
        let row = unsafe { target.row(i, b.cols) };
        if !target.accumulate {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::naive;
    use super::super::simd::{self, Level};
    use super::micro::Tile;
    use super::pack::{pack_a, pack_b};
    use super::packed::Packed;
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

    /// The levels that this machine has.
    fn levels() -> impl Iterator<Item = Level> {
        #[cfg(target_arch = "x86_64")]
        let all = [Level::Portable, Level::Avx2, Level::Avx512];
        #[cfg(not(target_arch = "x86_64"))]
        let all = [Level::Portable];
        all.into_iter().filter(|&l| l <= simd::level())
    }

    fn compare<T: Real>(m: usize, k: usize, n: usize, la: usize, lb: usize, accumulate: bool) {
        let data = |len: usize, seed| numbers(len, seed).into_iter().map(T::of).collect::<Vec<T>>();
        let (a, b) = (data((2 * k + 1) * m + 1, 1), data((2 * n + 1) * k + 1, 2));
        let (a, b) = (view(&a, m, k, la), view(&b, k, n, lb));
        let start = if accumulate { data(m * n, 3) } else { vec![T::nan(); m * n] };
        let mut slow = start.clone();
        naive::product(a, b, &mut slow, accumulate);
        for level in levels() {
            let mut fast = start.clone();
            product_at(Micro::at(level), a.into(), b.into(), &mut fast, n, accumulate, true, &Nothing);
            assert_eq!(fast, slow, "{m}×{k}×{n}, layouts {la} {lb}, {level:?}");
        }
    }

    #[test]
    fn products_at_the_edges_of_blocks_equal_the_definition() {
        let sizes = [1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 33, 47, 48, 49, 64, 97, 128, 129, 131, 145];
        for (i, &m) in sizes.iter().enumerate() {
            for (j, &n) in sizes.iter().enumerate() {
                let k = sizes[(i * 5 + j * 3) % sizes.len()];
                compare::<f32>(m, k, n, (i + j) % 3, (i * j) % 3, (i + j) % 4 == 0);
                compare::<f64>(m, k, n, (i + j + 1) % 3, (i * j + 1) % 3, i % 3 == 0);
            }
        }
        for (m, k, n) in
            [(9, 511, 50), (9, 512, 50), (9, 513, 50), (130, 1030, 97), (300, 30, 60), (2, 1500, 300), (260, 390, 20)]
        {
            for layouts in 0..9 {
                compare::<f32>(m, k, n, layouts / 3, layouts % 3, layouts % 2 == 0);
            }
            compare::<f64>(m, k, n, 0, 1, false);
        }
    }

    #[test]
    fn packed_operands_give_the_same() {
        for (m, k, n) in [(1, 1, 1), (8, 5, 48), (13, 400, 51), (150, 770, 100), (3, 0, 2)] {
            for layout in 0..3 {
                let (x, y) = (numbers((2 * k + 1) * m + 1, 1), numbers((2 * n + 1) * k + 1, 2));
                let (a, b) = (view(&x, m, k, layout), view(&y, k, n, layout));
                let mut expected = vec![f64::NAN; m * n];
                naive::product(a, b, &mut expected, false);
                let (left, right) = (Packed::left(a), Packed::right(b));
                for packed in 1..4 {
                    let a = if packed & 1 == 1 { Operand::from(&left) } else { a.into() };
                    let b = if packed & 2 == 2 { Operand::from(&right) } else { b.into() };
                    let mut c = vec![f64::NAN; m * n];
                    product_with(a, b, &mut c, n, false, true, &Nothing);
                    assert_eq!(c, expected, "{m}×{k}×{n}");
                }
            }
        }
    }

    #[test]
    fn an_epilogue_meets_every_element_once() {
        for (m, k, n) in [(1, 1, 1), (2, 0, 3), (3, 4, 5), (8, 5, 48), (150, 900, 100), (40, 30, 3000)] {
            let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
            let (a, b) = (Mat::new(&a, m, k), Mat::new(&b, k, n));
            let mut expected = vec![f64::NAN; m * n];
            naive::product(a, b, &mut expected, false);
            expected.iter_mut().enumerate().for_each(|(i, x)| *x += 1000.0 * (i / n) as f64 + (i % n) as f64);
            let mut c = vec![f64::NAN; m * n];
            product_with(a, b, &mut c, n, false, true, &|row: usize, col: usize, c: &mut [f64]| {
                c.iter_mut().enumerate().for_each(|(j, x)| *x += 1000.0 * row as f64 + (col + j) as f64);
            });
            assert_eq!(c, expected, "{m}×{k}×{n}");
        }
    }

    #[test]
    fn tiles_of_packed_panels_make_a_product() {
        for level in levels() {
            let micro = Micro::<f32>::at(level);
            let (m, k, n) = (2 * micro.mr() + 1, 21, 2 * micro.nr() - 3);
            let data = |len, seed| numbers(len, seed).into_iter().map(|x| x as f32).collect::<Vec<_>>();
            let (a, b) = (data(m * k, 1), data(k * n, 2));
            let (a, b) = (view(&a, m, k, 1), view(&b, k, n, 0));
            let mut panels_a = vec![f32::NAN; m.next_multiple_of(micro.mr()) * k];
            let mut panels_b = vec![f32::NAN; n.next_multiple_of(micro.nr()) * k];
            pack_a(micro, a, &mut panels_a);
            pack_b(micro, b, micro.nr(), &mut panels_b);
            let (mut fast, mut slow) = (vec![f32::NAN; m * n], vec![0.0; m * n]);
            for i in (0..m).step_by(micro.mr()) {
                for j in (0..n).step_by(micro.nr()) {
                    // SAFETY: the panels hold k terms, the tile lies within the result.
                    unsafe {
                        micro.run(&Tile {
                            k,
                            a: panels_a[i * k..].as_ptr(),
                            a_row: 1,
                            a_step: micro.mr(),
                            b: panels_b[j * k..].as_ptr(),
                            b_step: micro.nr(),
                            c: fast[i * n + j..].as_mut_ptr(),
                            c_row: n,
                            rows: micro.mr().min(m - i),
                            cols: micro.nr().min(n - j),
                            accumulate: false,
                        });
                    }
                }
            }
            naive::product(a, b, &mut slow, false);
            assert_eq!(fast, slow, "{level:?}");
        }
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
                    super::super::par::with_threads(threads, || product(a, b, &mut c, false, threads > 0)).unwrap();
                    c.into_iter().map(f32::to_bits).collect::<Vec<_>>()
                };
                let one = run(1);
                assert!([2, 3, 5].into_iter().all(|t| run(t) == one), "{m}×{k}×{n}");
            }
        }
    }

    #[test]
    fn what_repeats_in_a_batch_is_packed_once_and_results_may_lie_row_by_row() {
        let (count, m, k, n) = (9, 20, 130, 50);
        for (repeat_a, repeat_b, layout) in [(true, false, 0), (false, true, 0), (true, true, 1), (false, true, 1)] {
            let steps = (if repeat_a { 0 } else { m * k + 3 }, if repeat_b { 0 } else { k * n + 1 });
            let (a, b) = (numbers(count * (m * k + 3), 1), numbers(count * (k * n + 1), 2));
            let (at_a, at_b) =
                (|r: usize| view(&a[r * steps.0..], m, k, layout), |r: usize| view(&b[r * steps.1..], k, n, layout));
            let mut c = vec![f64::NAN; count * m * n];
            batch::strided(count, (at_a(0), steps.0), (at_b(0), steps.1), (&mut c, count * n, n), false);
            for r in 0..count {
                let mut expected = vec![f64::NAN; m * n];
                naive::product(at_a(r), at_b(r), &mut expected, false);
                for (i, row) in expected.chunks(n).enumerate() {
                    assert_eq!(&c[(i * count + r) * n..][..n], row, "product {r}, row {i}");
                }
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
