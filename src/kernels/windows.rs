//! Which cells of a plane each pooling window covers: along every axis a first cell, a number of cells and their distance.
//! Sliding and adaptive windows are both told this way, so the pools share one code in any number of dimensions.

use super::unfold::Slide;

/// The cells of a window along one axis: `count` of them, `step` apart, none in the padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// `None` where windows divide the plane.
    slide: Option<Slide<D>>,
}

impl<const D: usize> Windows<D> {
    const LAST: usize = D - 1;

    /// The windows of a kernel that slides over the plane.
    pub(crate) fn sliding(s: &Slide<D>) -> Self {
        Windows { input: s.input, output: s.output, steps: steps(s.input), slide: Some(s.clone()) }
    }

    /// Windows that divide the plane into `output` parts: number i reaches from ⌊i·H/n⌋ to ⌈(i + 1)·H/n⌉ along an axis.
    ///
    /// Neighbours share a cell where n does not divide H.
    pub(crate) fn adaptive(input: [usize; D], output: [usize; D]) -> Self {
        Windows { input, output, steps: steps(input), slide: None }
    }

    /// What window `o` covers along an axis.
    fn span(&self, axis: usize, o: usize) -> Span {
        let Some(s) = &self.slide else {
            let (h, n) = (self.input[axis], self.output[axis]);
            let (first, end) = match (o + 1).checked_mul(h) {
                Some(end) => ((end - h) / n, end.div_ceil(n)),
                // In 128 bits, for the products of sizes may exceed a usize.
                None => {
                    let (o, h, n) = (o as u128, h as u128, n as u128);
                    ((o * h / n) as usize, ((o + 1) * h).div_ceil(n) as usize)
                }
            };
            return Span { first, count: end - first, step: 1 };
        };
        let k = s.kernel_range(axis, o, s.padding[axis]..s.padding[axis] + s.input[axis]);
        let first = s.index(axis, o, k.start).expect("a window holds a cell of the input");
        // Where there is one cell only, the distance to the next may be any number, even one whose multiples overflow.
        Span { first, count: k.len(), step: if k.len() > 1 { s.dilation[axis] } else { 1 } }
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

    /// What the windows of a row cover along the last axis, one after the other.
    pub(super) fn columns(&self) -> impl Iterator<Item = Span> {
        (0..self.width()).map(|o| self.span(Self::LAST, o))
    }

    /// What window `o` of a row covers along the last axis.
    pub(super) fn column(&self, o: usize) -> Span {
        self.span(Self::LAST, o)
    }

    /// The layout in which loops run over many windows at once; `None` where windows are better taken one by one: few and
    /// wide, or of different sizes.
    pub(super) fn lanes(&self) -> Option<Lanes> {
        let s = self.slide.as_ref()?;
        let (many, wide) = (s.output[Self::LAST], s.kernel[Self::LAST]);
        // A kernel far wider than the input lies in the padding for the most part, whose columns are not worth a look.
        let slides = (many >= wide || many > 4) && wide / 4 <= s.input[Self::LAST].saturating_add(many);
        slides.then(|| Lanes::new(s))
    }

    /// How many cells of window `o` along an axis lie on the input, and on the padding where that counts.
    pub(super) fn counted(&self, axis: usize, o: usize, padded: bool) -> usize {
        match &self.slide {
            Some(s) if padded => s.kernel_range(axis, o, 0..s.input[axis] + 2 * s.padding[axis]).len(),
            _ => self.span(axis, o).count,
        }
    }

    /// The product of [`counted`](Windows::counted) over all axes but the last, for row `row` of windows.
    pub(super) fn counted_across(&self, row: usize, padded: bool) -> usize {
        let at = self.place(row);
        (0..Self::LAST).map(|axis| self.counted(axis, at[axis], padded)).product()
    }

    /// About how many cells all windows together cover.
    pub(super) fn work(&self) -> usize {
        let along = |axis: usize| match &self.slide {
            Some(s) => self.output[axis].saturating_mul(s.kernel[axis].min(s.input[axis])),
            None => self.input[axis].saturating_add(self.output[axis]),
        };
        (0..D).map(along).fold(1, usize::saturating_mul)
    }

    /// Where row `row` of windows stands along the other axes.
    fn place(&self, row: usize) -> [usize; D] {
        let (mut rest, mut at) = (row, [0; D]);
        for axis in (1..Self::LAST).rev() {
            (at[axis], rest) = (rest % self.output[axis], rest / self.output[axis]);
        }
        // The first axis takes what is left, without a division.
        at[0] = rest;
        at
    }

    /// What row `row` of windows covers along the other axes.
    pub(super) fn row(&self, row: usize) -> Row<'_, D> {
        let at = self.place(row);
        let here = Span { first: 0, count: 1, step: 1 };
        let outer: [Span; D] =
            std::array::from_fn(|axis| if axis < Self::LAST { self.span(axis, at[axis]) } else { here });
        let first = (0..Self::LAST).map(|axis| outer[axis].first * self.steps[axis]).sum();
        Row { outer, steps: &self.steps, first }
    }
}

/// The rows of the input that a row of windows covers.
pub(super) struct Row<'a, const D: usize> {
    /// Along each axis; the entry of the last plays no part.
    outer: [Span; D],
    steps: &'a [usize; D],
    /// The cell at the beginning of the first row.
    pub(super) first: usize,
}

impl<const D: usize> Row<'_, D> {
    /// The cell at the beginning of every row, in order.
    ///
    /// An iterator and not a function that takes one, for a large closure would not be compiled for the vector
    /// instructions of the loop around it.
    #[inline(always)]
    pub(super) fn starts(&self) -> Starts<'_, D> {
        Starts { row: self, next: Some(self.first), turn: [0; D] }
    }
}

/// An odometer over the outer axes, whose last turns fastest.
pub(super) struct Starts<'a, const D: usize> {
    row: &'a Row<'a, D>,
    next: Option<usize>,
    turn: [usize; D],
}

impl<const D: usize> Iterator for Starts<'_, D> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let now = self.next?;
        let mut start = now;
        for axis in (0..D - 1).rev() {
            let step = self.row.outer[axis].step * self.row.steps[axis];
            if self.turn[axis] + 1 < self.row.outer[axis].count {
                self.turn[axis] += 1;
                self.next = Some(start + step);
                return Some(now);
            }
            start -= self.turn[axis] * step;
            self.turn[axis] = 0;
        }
        self.next = None;
        Some(now)
    }
}

/// How many neighbouring windows a loop takes at once.
pub(super) const LANES: usize = 16;

/// A row of the input, laid out so that a kernel cell of neighbouring windows stands in neighbouring places.
///
/// Cells whose columns are equal modulo the stride form one run each, with room for padding around it. Kernel cell k of
/// window o is then element `starts[k] + o`, with a stride or without, and loops over windows are plain loops over slices.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    /// Windows in a row, in whole groups of [`LANES`].
    pub(super) width: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) dilation: usize,
    pub(super) padding: usize,
    input: usize,
    /// Places before the first cell of each run.
    left: usize,
    /// Places of each run.
    len: usize,
    /// The number of runs.
    runs: usize,
}

impl Lanes {
    fn new<const D: usize>(s: &Slide<D>) -> Self {
        let last = D - 1;
        let (kernel, stride, dilation) = (s.kernel[last], s.stride[last], s.dilation[last]);
        // Of one cell or one window the distance to the next may be any number, even one whose multiples overflow.
        let dilation = if kernel > 1 { dilation } else { 1 };
        let stride = if s.output[last] > 1 { stride } else { 1 };
        let padding = s.padding[last];
        let left = padding.div_ceil(stride);
        let width = s.output[last].next_multiple_of(LANES);
        let reach = (left * stride + (kernel - 1) * dilation - padding) / stride;
        // The first cells of the kernel are all different modulo the stride, until one of them comes again.
        let runs = (1..kernel).find(|k| k * dilation % stride == 0).unwrap_or(kernel);
        Lanes { width, kernel, stride, dilation, padding, input: s.input[last], left, len: width + reach, runs }
    }

    /// Places of the whole layout.
    pub(super) fn places(&self) -> usize {
        self.runs * self.len
    }

    /// The run of kernel cell `k` and the places between the first window's cell and the run's beginning.
    fn start(&self, k: usize) -> (usize, usize) {
        let column = self.left * self.stride + k * self.dilation - self.padding;
        (column % self.stride, column / self.stride)
    }

    /// Where kernel cell k of the first window stands, for every k.
    pub(super) fn starts(&self, starts: &mut [u32]) {
        for (k, start) in starts.iter_mut().enumerate() {
            let (phase, shift) = self.start(k);
            let run = (0..self.runs).find(|&r| self.start(r).0 == phase).expect("a run for every kernel cell");
            *start = (run * self.len + shift) as u32;
        }
    }

    /// Lays out the cells of a row; other places are left alone.
    #[inline(always)]
    pub(super) fn fill<T: Copy>(&self, row: &[T], places: &mut [T]) {
        let row = &row[..self.input];
        if self.stride == 1 {
            let n = self.input.min(self.len - self.left);
            places[self.left..self.left + n].copy_from_slice(&row[..n]);
            return;
        }
        if self.stride == 2 && self.runs == 2 {
            let (a, b) = places.split_at_mut(self.len);
            let (even, odd) = if self.start(0).0 == 0 { (a, b) } else { (b, a) };
            let (pairs, last) = row.as_chunks::<2>();
            let n = pairs.len().min(self.len - self.left);
            let (even, odd) = (&mut even[self.left..], &mut odd[self.left..]);
            for ((even, odd), pair) in even[..n].iter_mut().zip(&mut odd[..n]).zip(pairs) {
                (*even, *odd) = (pair[0], pair[1]);
            }
            if let (Some(&last), Some(even)) = (last.first(), even.get_mut(n)) {
                *even = last;
            }
            return;
        }
        for (run, places) in places.chunks_mut(self.len).enumerate() {
            let phase = self.start(run).0;
            let cells = row.get(phase..).unwrap_or_default().iter().step_by(self.stride);
            places[self.left..].iter_mut().zip(cells).for_each(|(place, &cell)| *place = cell);
        }
    }

    /// The adjoint of [`fill`](Lanes::fill): adds what stands at the cells' places onto the row.
    #[inline(always)]
    pub(super) fn add<T: Copy + std::ops::AddAssign>(&self, places: &[T], row: &mut [T]) {
        let row = &mut row[..self.input];
        for (run, places) in places.chunks(self.len).enumerate() {
            let phase = self.start(run).0;
            let cells = row.get_mut(phase..).unwrap_or_default().iter_mut().step_by(self.stride);
            cells.zip(&places[self.left..]).for_each(|(cell, &place)| *cell += place);
        }
    }
}
