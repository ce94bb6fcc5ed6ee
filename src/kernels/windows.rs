//! Which cells of a plane each pooling window covers: along every axis a first cell, a number of cells and their distance.
//! Sliding and adaptive windows are both told this way, so the pools share one code in any number of dimensions.

use std::ops::Range;

use super::unfold::{Slide, place};

/// The cells of a window along one axis: `count` of them, `step` apart, none in the padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: usize,
    pub(crate) count: usize,
    pub(crate) step: usize,
}

impl Span {
    /// The cells' indices along the axis.
    pub(crate) fn cells(&self) -> impl Iterator<Item = usize> + use<> {
        let (first, step) = (self.first, self.step);
        (0..self.count).map(move |k| first + k * step)
    }
}

/// The columns of a kernel that slides along the last axis, so that a loop may run over many windows at once.
#[derive(Clone, Debug)]
pub(super) struct Taps {
    /// For every column of the kernel: the windows that have it on the input, and the input column of the first of them.
    taps: Vec<(Range<usize>, usize)>,
    /// How far apart the input columns of neighbouring windows lie.
    pub(super) stride: usize,
}

fn steps<const D: usize>(sizes: [usize; D]) -> [usize; D] {
    std::array::from_fn(|axis| sizes[axis + 1..].iter().product())
}

/// Pooling windows over planes of `D` axes, each of which covers at least one cell.
#[derive(Clone, Debug)]
pub(crate) struct Windows<const D: usize> {
    input: [usize; D],
    output: [usize; D],
    /// How far apart neighbours along each axis lie in memory.
    steps: [usize; D],
    spans: [Vec<Span>; D],
    /// `None` where windows are better taken one by one: few and wide, or of different sizes.
    taps: Option<Taps>,
}

impl<const D: usize> Windows<D> {
    const LAST: usize = D - 1;

    /// The windows of a kernel that slides over the plane.
    pub(crate) fn sliding(s: &Slide<D>) -> Self {
        let span = |axis: usize, o: usize| {
            let inside = s.padding[axis]..s.padding[axis] + s.input[axis];
            let k = s.kernel_range(axis, o, inside);
            let first = s.index(axis, o, k.start).expect("a window holds a cell of the input");
            // Where there is one cell only, the distance to the next may be any number, even one whose multiples overflow.
            Span { first, count: k.len(), step: if k.len() > 1 { s.dilation[axis] } else { 1 } }
        };
        let tap = |k: usize| {
            let windows = s.windows(Self::LAST, k);
            let column = if windows.is_empty() { None } else { s.index(Self::LAST, windows.start, k) };
            Some((windows, column?))
        };
        let (many, wide) = (s.output[Self::LAST], s.kernel[Self::LAST]);
        // A kernel far wider than the input lies in the padding for the most part, whose columns are not worth a look.
        let slides = (many >= wide || many > 4) && wide / 4 <= s.input[Self::LAST].saturating_add(many);
        Windows {
            input: s.input,
            output: s.output,
            steps: steps(s.input),
            spans: std::array::from_fn(|axis| (0..s.output[axis]).map(|o| span(axis, o)).collect()),
            taps: slides.then(|| Taps { taps: (0..wide).filter_map(tap).collect(), stride: s.stride[Self::LAST] }),
        }
    }

    /// Windows that divide the plane into `output` parts: number i reaches from ⌊i·H/n⌋ to ⌈(i + 1)·H/n⌉ along an axis.
    ///
    /// Neighbours share a cell where n does not divide H.
    pub(crate) fn adaptive(input: [usize; D], output: [usize; D]) -> Self {
        let span = |axis: usize, o: usize| {
            // In 128 bits, for the products of sizes may exceed a usize.
            let (h, n, o) = (input[axis] as u128, output[axis] as u128, o as u128);
            let first = (o * h / n) as usize;
            Span { first, count: ((o + 1) * h).div_ceil(n) as usize - first, step: 1 }
        };
        let spans = std::array::from_fn(|axis| (0..output[axis]).map(|o| span(axis, o)).collect());
        Windows { input, output, steps: steps(input), spans, taps: None }
    }

    /// The number of cells of the input plane.
    pub(crate) fn cells(&self) -> usize {
        self.input.iter().product()
    }

    /// The number of windows.
    pub(crate) fn positions(&self) -> usize {
        self.output.iter().product()
    }

    /// The number of windows in a row, along the last axis.
    pub(super) fn width(&self) -> usize {
        self.output[Self::LAST]
    }

    /// The number of cells in a row of the input.
    pub(super) fn input_width(&self) -> usize {
        self.input[Self::LAST]
    }

    pub(super) fn taps(&self) -> Option<&Taps> {
        self.taps.as_ref()
    }

    /// What the windows of a row cover along the last axis.
    pub(super) fn columns(&self) -> &[Span] {
        &self.spans[Self::LAST]
    }

    /// The number of cells of every window, in row-major order.
    pub(crate) fn counts(&self) -> impl Iterator<Item = usize> {
        (0..self.positions()).map(|o| {
            let at = place(o, self.output);
            (0..D).map(|axis| self.spans[axis][at[axis]].count).product()
        })
    }

    /// About how many cells all windows together cover.
    pub(super) fn work(&self) -> usize {
        let along = |spans: &Vec<Span>| spans.iter().map(|s| s.count).sum::<usize>();
        self.spans.iter().map(along).fold(1, usize::saturating_mul)
    }

    /// What row `row` of windows covers along the other axes.
    pub(super) fn row(&self, row: usize) -> Row<'_, D> {
        let (mut rest, mut at) = (row, [0; D]);
        for axis in (1..Self::LAST).rev() {
            (at[axis], rest) = (rest % self.output[axis], rest / self.output[axis]);
        }
        // The first axis takes what is left, without a division.
        at[0] = rest;
        let outer: [&Span; D] = std::array::from_fn(|axis| &self.spans[axis][at[axis]]);
        let first = (0..Self::LAST).map(|axis| outer[axis].first * self.steps[axis]).sum();
        Row { outer, steps: &self.steps, first }
    }
}

/// The rows of the input that a row of windows covers.
pub(super) struct Row<'a, const D: usize> {
    /// Along each axis; the entry of the last plays no part.
    outer: [&'a Span; D],
    steps: &'a [usize; D],
    /// The cell at the beginning of the first row.
    pub(super) first: usize,
}

impl<const D: usize> Row<'_, D> {
    /// Calls `f` with the cell at the beginning of every row, in order.
    pub(super) fn for_each(&self, mut f: impl FnMut(usize)) {
        let (mut start, mut turn) = (self.first, [0; D]);
        'next: loop {
            f(start);
            // An odometer over the outer axes, whose last turns fastest.
            for axis in (0..D - 1).rev() {
                let step = self.outer[axis].step * self.steps[axis];
                if turn[axis] + 1 < self.outer[axis].count {
                    turn[axis] += 1;
                    start += step;
                    continue 'next;
                }
                start -= turn[axis] * step;
                turn[axis] = 0;
            }
            return;
        }
    }

    /// Calls `f(windows, cell)` for every cell of the kernel in row-major order: the windows of the row that have it on
    /// the input, and the input cell of the first of them; the others follow a stride apart.
    pub(super) fn for_taps(&self, taps: &Taps, mut f: impl FnMut(Range<usize>, usize)) {
        self.for_each(|start| taps.taps.iter().for_each(|(windows, column)| f(windows.clone(), start + column)));
    }
}
