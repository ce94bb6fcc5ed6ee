//! The geometry of a direct convolution: which planes are read and written, and how they lie in memory with their padding.
//! Strides along the last axis are taken apart into phases, so that neighbouring windows read neighbouring cells.

use super::super::ConvShape;
use crate::real::Real;

/// A convolution or its adjoint in the images, seen as windows that sweep over padded planes.
#[derive(Clone, Debug)]
pub(crate) struct Sweep {
    pub(super) images: usize,
    pub(super) groups: usize,
    /// Planes of a group that are read, and that are written.
    pub(super) c: usize,
    pub(super) o: usize,
    pub(super) input: [usize; 2],
    pub(super) output: [usize; 2],
    pub(super) kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    /// From one cell of the input to the next in the padded plane; zeros stand between.
    spacing: [usize; 2],
    /// Cells before the input in the padded plane; less than 0 where the input begins with cells that no window sees.
    before: [isize; 2],
    /// Whether this is the adjoint: the weights of a group are [c, o, cells], and each kernel is turned by half.
    pub(super) turned: bool,
}

impl Sweep {
    /// The convolution itself.
    pub(crate) fn forward(s: &ConvShape<2>) -> Self {
        Sweep {
            images: s.n,
            groups: s.groups,
            c: s.group_c(),
            o: s.group_o(),
            input: s.slide.input,
            output: s.slide.output,
            kernel: s.slide.kernel,
            stride: s.slide.stride,
            dilation: s.slide.dilation,
            spacing: [1, 1],
            before: s.slide.padding.map(|p| p as isize),
            turned: false,
        }
    }

    /// The adjoint in the images.
    pub(crate) fn adjoint(s: &ConvShape<2>) -> Self {
        let slide = &s.slide;
        let before = |a: usize| (slide.dilation[a] * (slide.kernel[a] - 1)) as isize - slide.padding[a] as isize;
        Sweep {
            c: s.group_o(),
            o: s.group_c(),
            input: slide.output,
            output: slide.input,
            stride: [1, 1],
            spacing: slide.stride,
            before: [before(0), before(1)],
            turned: true,
            ..Self::forward(s)
        }
    }

    /// Cells of a kernel.
    pub(super) fn taps(&self) -> usize {
        self.kernel.iter().product()
    }

    pub(super) fn input_cells(&self) -> usize {
        self.input.iter().product()
    }

    pub(super) fn output_cells(&self) -> usize {
        self.output.iter().product()
    }

    /// Weights of a group.
    pub(super) fn weights(&self) -> usize {
        self.c * self.o * self.taps()
    }

    /// Multiplications of all.
    pub(super) fn work(&self) -> usize {
        let planes = self.images.saturating_mul(self.groups).saturating_mul(self.output_cells());
        planes.saturating_mul(self.weights())
    }

    /// Cells of kernels that one result is a sum of.
    pub(crate) fn depth(&self) -> usize {
        self.c * self.taps()
    }

    /// Planes of a group that are written.
    pub(crate) fn written(&self) -> usize {
        self.o
    }

    /// Vectors of `lanes` results in a plane.
    pub(crate) fn vectors(&self, lanes: usize) -> usize {
        self.output[0] * self.output[1].div_ceil(lanes)
    }

    /// Numbers in the padded planes of an image's group, and the vector instructions to fill them; in floating point, since they
    /// may be absurdly many.
    pub(crate) fn costs(&self, lanes: usize) -> (f64, f64) {
        let reach = |a: usize| self.dilation[a] as f64 * (self.kernel[a] - 1) as f64;
        let span = |a: usize| (self.output[a].max(1) - 1) as f64 * self.stride[a] as f64 + reach(a) + 1.0;
        let width = span(1).max(reach(1) + (self.output[1].next_multiple_of(lanes) * self.stride[1]) as f64);
        let cells = self.c as f64 * span(0) * width;
        // Whole rows are copied; what is spread out or taken apart goes one by one.
        let rows = self.stride[1] == 1 && self.spacing[1] == 1;
        let copy = if rows { 2.0 / lanes as f64 } else { 2.0 } * (self.c * self.input_cells()) as f64;
        (cells, cells / lanes as f64 + copy)
    }

    /// How padded planes lie in memory for vectors of `lanes` numbers.
    pub(super) fn layout(&self, lanes: usize) -> Layout {
        let reach = |a: usize| self.dilation[a] * (self.kernel[a] - 1);
        let span = |a: usize| (self.output[a].max(1) - 1) * self.stride[a] + reach(a) + 1;
        let phases = self.stride[1];
        // The last vector of a row reads beyond the last window: there are zeros.
        let vectors = self.output[1].div_ceil(lanes) * lanes;
        let phase = span(1).div_ceil(phases).max(reach(1) / phases + vectors);
        let pitch = phase * phases;
        Layout { rows: span(0), phases, phase, pitch, plane: span(0) * pitch, row_step: self.stride[0] * pitch }
    }

    /// Where each cell of the kernel is in a padded plane, seen from a window's first; likewise in all planes of a group.
    pub(super) fn offsets(&self, l: &Layout, to: &mut [usize]) {
        let [height, width] = self.kernel;
        let column = |j: usize| j % l.phases * l.phase + j / l.phases;
        let mut to = to.iter_mut();
        for first in (0..self.c).flat_map(|c| (0..height).map(move |i| c * l.plane + i * self.dilation[0] * l.pitch)) {
            for j in 0..width {
                *to.next().expect("there is room for every cell") = first + column(j * self.dilation[1]);
            }
        }
    }

    /// Copies a plane of the input to where the layout has it, among zeros.
    pub(super) fn pad<T: Real>(&self, l: &Layout, plane: &[T], to: &mut [T]) {
        to.fill(T::zero());
        let [height, width] = self.input;
        // The row or column of the input at a place of the padded plane, and the places that have one.
        let source = |a: usize, place: usize| {
            let from = place as isize - self.before[a];
            let there = from >= 0 && (from as usize).is_multiple_of(self.spacing[a]);
            there.then_some(from.max(0) as usize / self.spacing[a])
        };
        for (place, row) in to.chunks_exact_mut(l.pitch).enumerate().take(l.rows) {
            let Some(from) = source(0, place).filter(|&from| from < height) else { continue };
            let x = &plane[from * width..][..width];
            if l.phases == 1 && self.spacing[1] == 1 {
                let skip = self.before[1].min(0).unsigned_abs().min(width);
                let first = self.before[1].max(0).unsigned_abs().min(l.phase);
                let n = (width - skip).min(l.phase - first);
                row[first..first + n].copy_from_slice(&x[skip..skip + n]);
                continue;
            }
            for (j, &x) in x.iter().enumerate() {
                let place = self.before[1] + (j * self.spacing[1]) as isize;
                if (0..l.pitch as isize).contains(&place) {
                    row[place as usize % l.phases * l.phase + place as usize / l.phases] = x;
                }
            }
        }
    }
}

/// How a padded plane lies in memory: rows of phases of cells, every `phases`-th cell of a row in one phase.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) rows: usize,
    phases: usize,
    phase: usize,
    pitch: usize,
    /// Numbers in a plane.
    pub(super) plane: usize,
    /// From the windows of one row to those of the next.
    pub(super) row_step: usize,
}
