//! Products with few rows or columns: which of the loops in [`vector`](super::vector) suits one, and its split into tasks.

use super::super::par;
use super::Mat;
use super::blocked::{Shared, Target};
use super::epilogue::Epilogue;
use super::micro::Micro;
use super::vector::{Dots, MOST_ROWS, Rows};
use crate::real::Real;

/// Elements of the large operand in a task, at least.
const TASK: usize = 1 << 14;

/// Shorter sums than this do not fill a vector, which makes dot products of them slow.
const SHORTEST: usize = 8;

/// Numbers of c that stay in the first cache while rows are added to them; so much is read of a row at a time.
const STRIP: usize = 1024;

/// Carries out a product if its sizes and strides suit; says whether it did.
///
/// # Safety
/// As [`multiply`](super::blocked::multiply).
pub(super) unsafe fn multiply<T: Real, E: Epilogue<T>>(
    micro: &Micro<T>,
    a: Mat<T>,
    b: Mat<T>,
    target: &Target<T>,
    threads: bool,
    epilogue: &E,
) -> bool {
    let (m, k, n) = (a.rows, a.cols, b.cols);
    // Few rows of one operand meet many of the other; c\[i, j\] of these is at c + i·c_few + j·c_many.
    let swapped = m > MOST_ROWS;
    let (few, many) = if swapped { (b.t(), a) } else { (a, b.t()) };
    let (c_few, c_many) = if swapped { (1, target.row) } else { (target.row, 1) };
    // The stride of an axis of size 1 is never used.
    let next = |stride: usize, size: usize| stride == 1 || size == 1;
    let dots = k >= SHORTEST && next(few.col_stride, k) && next(many.col_stride, k);
    let rows = few.rows == 1 && next(many.row_stride, many.rows) && c_many == 1 && many.rows > micro.nr();
    if few.rows > MOST_ROWS || !(dots || rows) {
        return false;
    }
    let chunk = if dots { (TASK / k).next_multiple_of(8).max(8) } else { (TASK / k).max(STRIP) };
    let (c, accumulate) = (Shared(target.c.get()), target.accumulate);
    let work = if threads { k.saturating_mul(many.rows) } else { 0 };
    par::for_each(many.rows.div_ceil(chunk), work, |t| {
        let js = t * chunk..many.rows.min((t + 1) * chunk);
        let b = many.part(js.clone(), 0..k);
        // SAFETY: by this function's contract; the parts of C that tasks write are apart.
        unsafe {
            let c = c.get().add(js.start * c_many);
            if dots {
                micro.dots(&Dots {
                    k,
                    a: few.data.as_ptr(),
                    a_row: few.row_stride,
                    rows: few.rows,
                    b: b.data.as_ptr(),
                    b_row: b.row_stride,
                    cols: b.rows,
                    c,
                    c_row: c_few,
                    c_col: c_many,
                    accumulate,
                });
            } else {
                micro.sum_rows(&Rows {
                    k,
                    a: few.data.as_ptr(),
                    a_step: few.col_stride,
                    b: b.data.as_ptr(),
                    b_step: b.col_stride,
                    cols: b.rows,
                    c,
                    accumulate,
                });
            }
            if epilogue.is_nothing() {
                return;
            }
            if swapped {
                js.for_each(|i| epilogue.apply(i, 0, target.row(i, n)));
            } else {
                (0..m).for_each(|i| epilogue.apply(i, js.start, &mut target.row(i, n)[js.clone()]));
            }
        }
    });
    true
}
