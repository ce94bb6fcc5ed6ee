//! The windows of an image as columns of a matrix (im2col), and the sum of columns back into an image (col2im).
//! The two are adjoint: ⟨unfold x, c⟩ = ⟨x, fold c⟩.

use std::ops::Range;

use super::par;
use crate::error::Error;
use crate::real::Real;
use crate::window::Window;

/// A window over a plane with all sizes known; each pair is [height, width].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slide {
    pub(crate) input: [usize; 2],
    pub(crate) output: [usize; 2],
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [usize; 2],
    pub(crate) dilation: [usize; 2],
}

impl Slide {
    /// The window over an input plane, with the number of positions that it has there.
    pub(crate) fn new(window: &Window<2>, input: [usize; 2]) -> Result<Self, Error> {
        Ok(Slide {
            input,
            output: window.output(input)?,
            kernel: window.kernel(),
            stride: window.strides(),
            padding: window.paddings(),
            dilation: window.dilations(),
        })
    }

    /// The number of cells of the input plane.
    pub(crate) fn cells(&self) -> usize {
        self.input[0] * self.input[1]
    }

    /// The number of window positions.
    pub(crate) fn positions(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// The number of cells of the kernel.
    pub(crate) fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Whether the columns are the image itself: a kernel of one cell that visits every cell once.
    pub(crate) fn is_identity(&self) -> bool {
        self.kernel == [1, 1] && self.output == self.input && self.stride == [1, 1] && self.padding == [0, 0]
    }

    /// The input index under kernel index `k` of window `o` along an axis; `None` in the padding.
    pub(crate) fn index(&self, axis: usize, o: usize, k: usize) -> Option<usize> {
        let i = (o * self.stride[axis] + k * self.dilation[axis]).checked_sub(self.padding[axis])?;
        (i < self.input[axis]).then_some(i)
    }

    /// The windows along an axis whose kernel index `k` lies on the input; all others have it in the padding.
    pub(crate) fn windows(&self, axis: usize, k: usize) -> Range<usize> {
        let (offset, stride) = (k * self.dilation[axis], self.stride[axis]);
        let first = self.padding[axis].saturating_sub(offset).div_ceil(stride);
        let end = (self.input[axis] + self.padding[axis]).saturating_sub(offset).div_ceil(stride);
        let end = end.min(self.output[axis]);
        first.min(end)..end
    }

    /// Runs of windows (of the flat positions `from`) that have kernel cell [ky, kx] on the input.
    ///
    /// A run is where it starts in `from`, how long it is, and the input cell of its first window; the next cells lie
    /// `stride[1]` apart.
    fn runs(&self, [ky, kx]: [usize; 2], from: Range<usize>) -> impl Iterator<Item = (usize, usize, usize)> {
        let width = self.output[1];
        let (rows, columns) = (self.windows(0, ky), self.windows(1, kx));
        let first = rows.start.max(from.start / width);
        let end = rows.end.min(from.end.div_ceil(width));
        (first..end.max(first)).filter_map(move |oy| {
            let start = (oy * width + columns.start).max(from.start);
            let end = (oy * width + columns.end).min(from.end);
            let cell = self.index(0, oy, ky)? * self.input[1] + self.index(1, start.checked_sub(oy * width)?, kx)?;
            (start < end).then(|| (start - from.start, end - start, cell))
        })
    }

    /// One row of the columns: kernel cell `tap` of every window in `from`, 0 where it lies in the padding.
    pub(crate) fn unfold_row<T: Real>(&self, plane: &[T], tap: [usize; 2], from: Range<usize>, row: &mut [T]) {
        if self.windows(0, tap[0]).len() < self.output[0] || self.windows(1, tap[1]).len() < self.output[1] {
            row.fill(T::zero());
        }
        for (start, len, cell) in self.runs(tap, from) {
            let row = &mut row[start..start + len];
            if self.stride[1] == 1 {
                row.copy_from_slice(&plane[cell..cell + len]);
            } else {
                for (to, &x) in row.iter_mut().zip(plane[cell..].iter().step_by(self.stride[1])) {
                    *to = x;
                }
            }
        }
    }

    /// The adjoint of [`unfold_row`](Self::unfold_row): adds one row of the columns onto the plane.
    pub(crate) fn fold_row<T: Real>(&self, row: &[T], tap: [usize; 2], from: Range<usize>, plane: &mut [T]) {
        for (start, len, cell) in self.runs(tap, from) {
            let cells = plane[cell..].iter_mut().step_by(self.stride[1]);
            for (to, &x) in cells.zip(&row[start..start + len]) {
                *to += x;
            }
        }
    }
}

/// The windows of `x` [planes, H, W] as columns [planes·kh·kw, L].
///
/// With planes = N·C this is [N, C·kh·kw, L], for the rows of an image follow one another.
pub(crate) fn unfold<T: Real>(x: &[T], s: &Slide, columns: &mut [T]) {
    let (cells, taps, positions) = (s.cells(), s.taps(), s.positions());
    assert_eq!(x.len() / cells * taps * positions, columns.len(), "columns hold every window of every plane");
    let work = columns.len();
    par::chunks_mut(columns, taps * positions, work, |p, columns| {
        let plane = &x[p * cells..(p + 1) * cells];
        for (k, row) in columns.chunks_mut(positions).enumerate() {
            s.unfold_row(plane, [k / s.kernel[1], k % s.kernel[1]], 0..positions, row);
        }
    });
}

/// The adjoint of [`unfold`]: sums columns [planes·kh·kw, L] into `x` [planes, H, W], kernel cell after kernel cell.
pub(crate) fn fold<T: Real>(columns: &[T], s: &Slide, x: &mut [T]) {
    let (cells, taps, positions) = (s.cells(), s.taps(), s.positions());
    assert_eq!(x.len() / cells * taps * positions, columns.len(), "columns hold every window of every plane");
    par::chunks_mut(x, cells, columns.len(), |p, plane| {
        plane.fill(T::zero());
        let columns = &columns[p * taps * positions..(p + 1) * taps * positions];
        for (k, row) in columns.chunks(positions).enumerate() {
            s.fold_row(row, [k / s.kernel[1], k % s.kernel[1]], 0..positions, plane);
        }
    });
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::super::naive::{self, grid};
    use super::*;

    /// Any window that fits its plane, with every option at work; primes and ones come up often.
    pub(crate) fn slides() -> impl Strategy<Value = Slide> {
        let pair = |range: Range<usize>| [range.clone(), range];
        (pair(1..12), pair(1..5), pair(1..4), pair(0..4), pair(1..4), any::<bool>()).prop_filter_map(
            "the window fits",
            |(input, kernel, stride, padding, dilation, ceil)| {
                let w = Window::new(kernel).stride(stride).padding(padding).dilation(dilation);
                Slide::new(&if ceil { w.ceil() } else { w.floor() }, input).ok()
            },
        )
    }

    /// Small integers, whose sums are exact in any order.
    pub(crate) fn numbers(n: usize) -> Vec<f64> {
        (0..n).map(|i| ((i * 7919 + n) % 23) as f64 - 11.0).collect()
    }

    proptest! {
        #[test]
        fn columns_hold_the_cells_of_the_windows(s in slides(), planes in 0usize..4) {
            let x = numbers(planes * s.cells());
            let mut columns = vec![f64::NAN; planes * s.taps() * s.positions()];
            unfold(&x, &s, &mut columns);
            prop_assert_eq!(columns, naive::unfold(&x, &s));
        }

        #[test]
        fn fold_sums_every_column_where_it_came_from(s in slides(), planes in 0usize..4) {
            let columns = numbers(planes * s.taps() * s.positions());
            let mut x = vec![f64::NAN; planes * s.cells()];
            fold(&columns, &s, &mut x);
            prop_assert_eq!(x, naive::fold(&columns, &s));
        }

        #[test]
        fn part_of_a_row_is_that_part_of_the_row(s in slides(), from: prop::sample::Index, to: prop::sample::Index) {
            let x = numbers(s.cells());
            let (i, j) = (from.index(s.positions()), to.index(s.positions()));
            let part = i.min(j)..i.max(j) + 1;
            for tap in grid(s.kernel) {
                let mut whole = vec![f64::NAN; s.positions()];
                s.unfold_row(&x, tap, 0..s.positions(), &mut whole);
                let mut some = vec![f64::NAN; part.len()];
                s.unfold_row(&x, tap, part.clone(), &mut some);
                prop_assert_eq!(&whole[part.clone()], &some[..]);
            }
        }
    }
}
