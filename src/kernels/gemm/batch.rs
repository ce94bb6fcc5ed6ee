//! Many products of equal size: one dispatch for all of them, and an operand that repeats is packed once.

use super::super::par;
use super::blocked::{Shared, TASK, Target, tasks};
use super::packed::{Layout, Panels};
use super::{Mat, Micro, Nothing, Operand, buffer, dispatch, product};
use crate::real::Real;

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
    let (m, n) = (a.rows, b.cols);
    // Matrices stacked without a gap against one and the same b are one tall matrix.
    if b_step == 0 && a_step == m * a.row_stride && count > 0 {
        product(Mat { rows: count * m, ..a }, b, &mut c[..count * m * n], accumulate, true);
        return;
    }
    strided(count, (a, a_step), (b, b_step), (c, n, m * n), accumulate);
}

/// As [`batched`], where element \[i, j\] of result number r is `c[r·step + i·row_stride + j]` for `(c, row_stride, step)`.
///
/// The results lie apart, one after the other (as matrices) or row by row (first all first rows, in order).
pub(crate) fn strided<T: Real>(
    count: usize,
    (a, a_step): (Mat<T>, usize),
    (b, b_step): (Mat<T>, usize),
    (c, row_stride, step): (&mut [T], usize, usize),
    accumulate: bool,
) {
    let (m, k, n) = (a.rows, a.cols, b.cols);
    assert_eq!(k, b.rows, "columns of a = rows of b");
    if m == 0 || n == 0 || count == 0 {
        return;
    }
    let last =
        |x: usize, step: usize| (count - 1).checked_mul(step).and_then(|l| l.checked_add(x)).expect("within memory");
    assert!(last(a.reach(), a_step) <= a.data.len() || k == 0, "matrices lie within their data");
    assert!(last(b.reach(), b_step) <= b.data.len() || k == 0, "matrices lie within their data");
    let size = Mat { data: &*c, rows: m, cols: n, row_stride, col_stride: 1 }.reach();
    assert!(last(size, step) <= c.len(), "c has room for every product");
    assert!(row_stride >= n || m == 1, "rows of c do not overlap");
    assert!(count == 1 || step >= size || (step >= n && (m == 1 || row_stride >= last(n, step))), "results lie apart");

    let micro = Micro::<T>::get();
    let c = Shared(c.as_mut_ptr());
    let each = m.saturating_mul(n).saturating_mul(k);
    // What repeats is packed once, if a product would need it in panels.
    let layout = |x: Mat<T>, step: usize, width: usize, pays: bool| {
        (step == 0 && count > 1 && each >= TASK / 64 && pays).then(|| Layout::new(x.rows, x.cols, width))
    };
    let of_a = layout(a.t(), a_step, micro.mr(), count * n > 2 * micro.nr());
    let of_b = layout(b, b_step, micro.width(n), b.col_stride != 1 || count * m > 4 * micro.mr());
    let (len_a, len_b) = (of_a.map_or(0, |l| l.len()), of_b.map_or(0, |l| l.len()));
    buffer::with(len_a.next_multiple_of(16) + len_b, |buffer: &mut [T]| {
        let (to_a, to_b) = buffer.split_at_mut(len_a.next_multiple_of(16));
        of_a.inspect(|layout| layout.pack(micro, a.t(), to_a, true));
        of_b.inspect(|layout| layout.pack(micro, b, to_b, true));
        let (a_panels, b_panels) = (&*to_a, &*to_b);
        let one = |r: usize, threads: bool| {
            let at = |x: &[T], step: usize| if k == 0 { 0 } else { (r * step).min(x.len()) };
            let a = match of_a {
                Some(layout) => Operand::Packed(Panels { data: a_panels, layout, left: true }),
                None => Operand::Plain(Mat { data: &a.data[at(a.data, a_step)..], ..a }),
            };
            let b = match of_b {
                Some(layout) => Operand::Packed(Panels { data: b_panels, layout, left: false }),
                None => Operand::Plain(Mat { data: &b.data[at(b.data, b_step)..], ..b }),
            };
            // SAFETY: the asserts hold all elements within their slices, and the results apart.
            unsafe {
                let c = Shared(c.get().add(r * step));
                dispatch(micro, a, b, &Target { c, row: row_stride, accumulate }, threads, &Nothing);
            }
        };
        // Few and large products are split themselves.
        if count < 4 * par::threads() && each >= 16 * TASK {
            (0..count).for_each(|r| one(r, true));
            return;
        }
        let group = (TASK / each.max(1)).clamp(1, count.div_ceil(8).max(1));
        tasks(count.div_ceil(group), count.saturating_mul(each), |t| {
            (t * group..count.min((t + 1) * group)).for_each(|r| one(r, false));
        });
    });
}
