//! Packing: the columns of a matrix in panels of equal width, each panel row after row, as the microkernels read them.
//! A transposed matrix is packed in blocks that are transposed in registers.

use super::Mat;
use super::micro::Micro;
use crate::real::Real;

/// Packs the k×n matrix b in panels of `width` columns: b\[p, j\] goes to `out[(j / width)·width·k + p·width + j % width]`.
///
/// What lies beyond column n in the last panel is left alone. [`Micro::width`] says which width is best.
pub(crate) fn pack_b<T: Real>(micro: &Micro<T>, b: Mat<T>, width: usize, out: &mut [T]) {
    assert!(b.reach() <= b.data.len(), "a matrix view lies within its data");
    assert!(out.len() >= b.cols.next_multiple_of(width) * b.rows, "out has room for the panels");
    for (first, panel) in (0..b.cols).step_by(width).zip(out.chunks_mut((width * b.rows).max(1))) {
        let cols = width.min(b.cols - first);
        // SAFETY: the columns lie within the view, which the assert above holds within its data; the panel has `width` times
        // b.rows places.
        unsafe {
            let source = b.data.as_ptr().add(first * b.col_stride);
            micro.pack(source, [b.row_stride, b.col_stride], [b.rows, cols], panel.as_mut_ptr(), width);
        }
    }
}

/// Packs the m×k matrix a in panels of [`Micro::mr`] rows: a\[i, p\] goes to `out[(i / mr)·mr·k + p·mr + i % mr]`.
pub(crate) fn pack_a<T: Real>(micro: &Micro<T>, a: Mat<T>, out: &mut [T]) {
    pack_b(micro, a.t(), micro.mr(), out);
}
