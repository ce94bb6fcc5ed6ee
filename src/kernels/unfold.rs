//! The windows of an image as columns of a matrix (im2col), and the sum of columns back into an image (col2im).
//! The two are adjoint: ⟨unfold x, c⟩ = ⟨x, fold c⟩.

use std::ops::Range;

use super::par;
use crate::error::Error;
use crate::real::Real;
use crate::window::Window;

/// A window over a plane of `D` axes with all sizes known; the last axis is contiguous.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slide<const D: usize = 2> {
    pub(crate) input: [usize; D],
    pub(crate) output: [usize; D],
    pub(crate) kernel: [usize; D],
    pub(crate) stride: [usize; D],
    pub(crate) padding: [usize; D],
    pub(crate) dilation: [usize; D],
}

impl<const D: usize> Slide<D> {
    /// The last axis, along which cells are neighbours in memory.
    pub(crate) const LAST: usize = D - 1;

    /// The window over an input plane, with the number of positions that it has there.
    pub(crate) fn new(window: &Window<D>, input: [usize; D]) -> Result<Self, Error> {
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
        self.input.iter().product()
    }

    /// The number of window positions.
    pub(crate) fn positions(&self) -> usize {
        self.output.iter().product()
    }

    /// The number of cells of the kernel.
    pub(crate) fn taps(&self) -> usize {
        self.kernel.iter().product()
    }

    /// The cells of the kernel in row-major order.
    pub(crate) fn kernel_cells(&self) -> impl Iterator<Item = [usize; D]> + use<D> {
        let kernel = self.kernel;
        (0..self.taps()).map(move |k| place(k, kernel))
    }

    /// Whether the columns are the image itself: a kernel of one cell that visits every cell once.
    pub(crate) fn is_identity(&self) -> bool {
        self.kernel == [1; D] && self.output == self.input && self.stride == [1; D] && self.padding == [0; D]
    }

    /// The input index under kernel index `k` of window `o` along an axis; `None` in the padding.
    pub(crate) fn index(&self, axis: usize, o: usize, k: usize) -> Option<usize> {
        let i = (o * self.stride[axis] + k * self.dilation[axis]).checked_sub(self.padding[axis])?;
        (i < self.input[axis]).then_some(i)
    }

    /// The kernel indices of window `o` along an axis that lie on `cells`, counted from the first cell of the padding.
    pub(crate) fn kernel_range(&self, axis: usize, o: usize, cells: Range<usize>) -> Range<usize> {
        let (start, step) = (o * self.stride[axis], self.dilation[axis]);
        let first = cells.start.saturating_sub(start).div_ceil(step);
        let end = cells.end.saturating_sub(start).div_ceil(step).min(self.kernel[axis]);
        first.min(end)..end
    }

    /// The windows along an axis whose kernel index `k` lies on the input; all others have it in the padding.
    pub(crate) fn windows(&self, axis: usize, k: usize) -> Range<usize> {
        let (offset, stride) = (k * self.dilation[axis], self.stride[axis]);
        let first = self.padding[axis].saturating_sub(offset).div_ceil(stride);
        let end = (self.input[axis] + self.padding[axis]).saturating_sub(offset).div_ceil(stride);
        let end = end.min(self.output[axis]);
        first.min(end)..end
    }

    /// The first cell of the row of the input that row `row` of windows has under kernel cell `tap`; `None` in the padding.
    ///
    /// Rows are counted over all axes but the last, row-major; the last entry of `tap` plays no part.
    pub(crate) fn input_row(&self, row: usize, tap: [usize; D]) -> Option<usize> {
        let (mut rest, mut start, mut step) = (row, 0, self.input[Self::LAST]);
        for axis in (0..Self::LAST).rev() {
            start += self.index(axis, rest % self.output[axis], tap[axis])? * step;
            rest /= self.output[axis];
            step *= self.input[axis];
        }
        Some(start)
    }

    /// Runs of windows (of the flat positions `from`) that have kernel cell `tap` on the input.
    ///
    /// A run is where it starts in `from`, how long it is, and the input cell of its first window; the next cells lie a
    /// stride of the last axis apart.
    fn runs(&self, tap: [usize; D], from: Range<usize>) -> impl Iterator<Item = (usize, usize, usize)> {
        let width = self.output[Self::LAST];
        let columns = self.windows(Self::LAST, tap[Self::LAST]);
        (from.start / width..from.end.div_ceil(width)).filter_map(move |row| {
            let start = (row * width + columns.start).max(from.start);
            let end = (row * width + columns.end).min(from.end);
            let column = self.index(Self::LAST, start.checked_sub(row * width)?, tap[Self::LAST])?;
            let cell = self.input_row(row, tap)? + column;
            (start < end).then(|| (start - from.start, end - start, cell))
        })
    }

    /// One row of the columns: kernel cell `tap` of every window in `from`, 0 where it lies in the padding.
    pub(crate) fn unfold_row<T: Real>(&self, plane: &[T], tap: [usize; D], from: Range<usize>, row: &mut [T]) {
        if (0..D).any(|axis| self.windows(axis, tap[axis]).len() < self.output[axis]) {
            row.fill(T::zero());
        }
        let stride = self.stride[Self::LAST];
        for (start, len, cell) in self.runs(tap, from) {
            let row = &mut row[start..start + len];
            if stride == 1 {
                row.copy_from_slice(&plane[cell..cell + len]);
            } else {
                for (to, &x) in row.iter_mut().zip(plane[cell..].iter().step_by(stride)) {
                    *to = x;
                }
            }
        }
    }

    /// The adjoint of [`unfold_row`](Self::unfold_row): adds one row of the columns onto the plane.
    pub(crate) fn fold_row<T: Real>(&self, row: &[T], tap: [usize; D], from: Range<usize>, plane: &mut [T]) {
        for (start, len, cell) in self.runs(tap, from) {
            let cells = plane[cell..].iter_mut().step_by(self.stride[Self::LAST]);
            for (to, &x) in cells.zip(&row[start..start + len]) {
                *to += x;
            }
        }
    }
}

/// Element number `flat` of a block of these sizes, row-major, as one index for each axis.
pub(crate) fn place<const D: usize>(flat: usize, sizes: [usize; D]) -> [usize; D] {
    let mut rest = flat;
    let mut at = [0; D];
    for axis in (0..D).rev() {
        (at[axis], rest) = (rest % sizes[axis], rest / sizes[axis]);
    }
    at
}

/// The windows of `x` [planes, H, W] as columns [planes·kh·kw, L]; likewise with more or fewer axes.
///
/// With planes = N·C this is [N, C·kh·kw, L], for the rows of an image follow one another.
pub(crate) fn unfold<T: Real, const D: usize>(x: &[T], s: &Slide<D>, columns: &mut [T]) {
    let (cells, taps, positions) = (s.cells(), s.taps(), s.positions());
    assert_eq!(x.len() / cells * taps * positions, columns.len(), "columns hold every window of every plane");
    let work = columns.len();
    par::chunks_mut(columns, taps * positions, work, |p, columns| {
        let plane = &x[p * cells..(p + 1) * cells];
        for (tap, row) in s.kernel_cells().zip(columns.chunks_mut(positions)) {
            s.unfold_row(plane, tap, 0..positions, row);
        }
    });
}

/// The adjoint of [`unfold`]: sums columns [planes·kh·kw, L] into `x` [planes, H, W], kernel cell after kernel cell.
pub(crate) fn fold<T: Real, const D: usize>(columns: &[T], s: &Slide<D>, x: &mut [T]) {
    let (cells, taps, positions) = (s.cells(), s.taps(), s.positions());
    assert_eq!(x.len() / cells * taps * positions, columns.len(), "columns hold every window of every plane");
    par::chunks_mut(x, cells, columns.len(), |p, plane| {
        plane.fill(T::zero());
        let columns = &columns[p * taps * positions..(p + 1) * taps * positions];
        for (tap, row) in s.kernel_cells().zip(columns.chunks(positions)) {
            s.fold_row(row, tap, 0..positions, plane);
        }
    });
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::super::naive::{self, grid};
    use super::*;

    /// A number in the range for each axis.
    pub(crate) fn each_axis<const D: usize>(range: Range<usize>) -> impl Strategy<Value = [usize; D]> {
        prop::collection::vec(range, D).prop_map(|v| v.try_into().expect("one number for each axis"))
    }

    /// Any window that fits its plane, with every option at work; primes and ones come up often.
    pub(crate) fn slides<const D: usize>() -> impl Strategy<Value = Slide<D>> {
        let sizes =
            (each_axis(1..[0, 30, 12, 7][D]), each_axis(1..5), each_axis(1..4), each_axis(0..4), each_axis(1..4));
        (sizes, any::<bool>()).prop_filter_map(
            "the window fits",
            |((input, kernel, stride, padding, dilation), ceil)| {
                let w = Window::new(kernel).stride(stride).padding(padding).dilation(dilation);
                Slide::new(&if ceil { w.ceil() } else { w.floor() }, input).ok()
            },
        )
    }

    /// Small integers, whose sums are exact in any order.
    pub(crate) fn numbers(n: usize) -> Vec<f64> {
        (0..n).map(|i| ((i * 7919 + n) % 23) as f64 - 11.0).collect()
    }

    fn columns_hold_the_cells_of_the_windows<const D: usize>(s: &Slide<D>, planes: usize) {
        let x = numbers(planes * s.cells());
        let mut columns = vec![f64::NAN; planes * s.taps() * s.positions()];
        unfold(&x, s, &mut columns);
        assert_eq!(columns, naive::unfold(&x, s));
    }

    fn fold_sums_every_column_where_it_came_from<const D: usize>(s: &Slide<D>, planes: usize) {
        let columns = numbers(planes * s.taps() * s.positions());
        let mut x = vec![f64::NAN; planes * s.cells()];
        fold(&columns, s, &mut x);
        assert_eq!(x, naive::fold(&columns, s));
    }

    fn part_of_a_row_is_that_part_of_the_row<const D: usize>(s: &Slide<D>, part: Range<usize>) {
        let x = numbers(s.cells());
        for tap in grid(s.kernel) {
            let mut whole = vec![f64::NAN; s.positions()];
            s.unfold_row(&x, tap, 0..s.positions(), &mut whole);
            let mut some = vec![f64::NAN; part.len()];
            s.unfold_row(&x, tap, part.clone(), &mut some);
            assert_eq!(&whole[part.clone()], &some[..]);
        }
    }

    macro_rules! in_dimensions {
        ($($name:ident $d:literal)+) => { proptest! { $(
            #[test]
            fn $name(s in slides::<$d>(), planes in 0usize..4, from: prop::sample::Index, to: prop::sample::Index) {
                columns_hold_the_cells_of_the_windows(&s, planes);
                fold_sums_every_column_where_it_came_from(&s, planes);
                let (i, j) = (from.index(s.positions()), to.index(s.positions()));
                part_of_a_row_is_that_part_of_the_row(&s, i.min(j)..i.max(j) + 1);
            }
        )+ } };
    }

    in_dimensions! { along_a_line 1 over_a_plane 2 through_a_volume 3 }
}
