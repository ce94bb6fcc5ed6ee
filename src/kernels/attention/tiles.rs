//! Products of small matrices by the microkernels: against packed panels, or against rows as they lie.
//! Nothing is packed on the left, since a microkernel reads that side through strides.

use super::super::gemm::Mat;
use super::super::gemm::micro::{Micro, Tile};
use super::super::gemm::pack::pack_b;
use crate::real::Real;

/// The transpose of row-major rows, in panels.
pub(super) struct Panels<'a, T> {
    panels: &'a [T],
    width: usize,
    k: usize,
    cols: usize,
}

impl<'a, T: Real> Panels<'a, T> {
    /// Room for the panels of so many rows of `size` numbers.
    pub(super) fn room(micro: &Micro<T>, rows: usize, size: usize) -> usize {
        rows.next_multiple_of(micro.width(rows)) * size
    }

    /// Packs rows of `size` numbers.
    pub(super) fn of_rows(micro: &Micro<T>, rows: &[T], size: usize, count: usize, out: &'a mut [T]) -> Self {
        assert_eq!(rows.len(), size * count, "so many rows");
        let width = micro.width(count);
        if size > 0 {
            pack_b(micro, Mat::new(rows, count, size).t(), width, out);
        }
        Panels { panels: out, width, k: size, cols: count }
    }

    /// out = a·(the first `n` columns), where a is `rows` rows of `size` numbers and out has rows of `n`.
    pub(super) fn product(&self, micro: &Micro<T>, a: &[T], size: usize, rows: usize, n: usize, out: &mut [T]) {
        assert!(size == self.k && n <= self.cols, "the sizes fit");
        assert!(a.len() >= rows * size && out.len() >= rows * n, "operands and result are there");
        assert!(self.panels.len() >= self.cols.next_multiple_of(self.width) * self.k, "the panels are there");
        if size == 0 {
            return out[..rows * n].fill(T::zero());
        }
        for first in (0..n).step_by(self.width) {
            let panel = &self.panels[first * self.k..];
            for i in (0..rows).step_by(micro.mr()) {
                let tile = Tile {
                    k: self.k,
                    a: a[i * size..].as_ptr(),
                    a_row: size,
                    a_step: 1,
                    b: panel.as_ptr(),
                    b_step: self.width,
                    c: out[i * n + first..].as_mut_ptr(),
                    c_row: n,
                    rows: micro.mr().min(rows - i),
                    cols: self.width.min(n - first),
                    accumulate: false,
                };
                // SAFETY: the asserts hold rows i.. of a and of out within their slices, and the panel in its own; out is
                // borrowed mutably and overlaps neither.
                unsafe { micro.run(&tile) }
            }
        }
    }
}

/// A matrix of rows and columns at given strides, as the left side of a product.
#[derive(Clone, Copy)]
pub(super) struct Left<'a, T> {
    pub(super) data: &'a [T],
    pub(super) rows: usize,
    pub(super) k: usize,
    pub(super) row: usize,
    pub(super) step: usize,
}

/// out = a·b, or out += a·b, where b has `a.k` rows of `n` numbers, as they lie, and out has `a.rows`.
pub(super) fn product<T: Real>(micro: &Micro<T>, a: Left<'_, T>, b: &[T], n: usize, out: &mut [T], accumulate: bool) {
    let Left { data, rows, k, row, step } = a;
    assert!(b.len() >= k * n && out.len() >= rows * n, "operands and result are there");
    if rows == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if !accumulate {
            out[..rows * n].fill(T::zero());
        }
        return;
    }
    assert!(data.len() > (rows - 1) * row + (k - 1) * step, "the left side is there");
    let width = micro.width(n);
    for first in (0..n).step_by(width) {
        for i in (0..rows).step_by(micro.mr()) {
            let tile = Tile {
                k,
                a: data[i * row..].as_ptr(),
                a_row: row,
                a_step: step,
                b: b[first..].as_ptr(),
                b_step: n,
                c: out[i * n + first..].as_mut_ptr(),
                c_row: n,
                rows: micro.mr().min(rows - i),
                cols: width.min(n - first),
                accumulate,
            };
            // SAFETY: the asserts hold all elements that the tile names within their slices; out is borrowed mutably and
            // overlaps neither.
            unsafe { micro.run(&tile) }
        }
    }
}
