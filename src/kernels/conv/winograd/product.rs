//! Winograd's method forward, and in the images, which is the same with the kernels turned and the channels exchanged.

use super::super::lanes::{Element, Lanes, MAX, Task};
use super::super::planes::{gather, scatter};
use super::super::tile::{Tile, cut};
use super::super::{Shared, offsets};
use super::blocks::{Block, Blocks, Planes};
use super::transform::{Along, CELLS, Cells, Kernel, POINTS, RESULTS, Results, both};
use crate::kernels::simd::Level;
use crate::kernels::{par, scratch};

/// Bytes of transformed cells in a block: half of what a core of today has for itself, for results and kernels pass through
/// the other half.
const BLOCK: usize = 1 << 19;

/// The fewest tiles in a block that has them: the transformed kernels come from afar and should be used often.
const FEWEST: usize = 28;

/// Vectors in a row of the microkernel.
pub(super) const WIDE: usize = 2;

/// The kernels [·, ·, 3, 3] of a group, seen from the product: where output and input channels lie, and which way round.
#[derive(Clone, Copy)]
pub(crate) struct Filters<'a, E> {
    pub(crate) w: &'a [E],
    /// The distance of output channels, and of input channels.
    pub(crate) steps: [usize; 2],
    /// Whether the kernel is turned by half.
    pub(crate) turned: bool,
}

/// How transformed numbers lie in memory.
#[derive(Clone, Copy)]
struct Layout {
    /// Input channels, and the numbers in a row of transformed cells: one row a tile, padded to vectors.
    c: usize,
    row: usize,
    /// Numbers between points of the transformed cells, results and kernels.
    cells: usize,
    results: usize,
    kernels: usize,
    /// Panels of WIDE vectors of output channels.
    panels: usize,
}

/// The numbers in a row of n channels, whole vectors; rows a multiple of half a page apart would share too few lines of the
/// first cache.
pub(super) fn row_of(n: usize, lanes: usize) -> usize {
    let row = n.next_multiple_of(lanes);
    if (row * size_of::<f32>()).is_multiple_of(2048) { row + lanes } else { row }
}

/// An odd number of vectors at least as long as n, so that points do not fall onto the same lines of a cache.
pub(super) fn odd(n: usize, lanes: usize) -> usize {
    (n.div_ceil(lanes) | 1) * lanes
}

impl Layout {
    fn new(p: &Planes, largest: [usize; 3], lanes: usize) -> Self {
        let tiles = largest.iter().product::<usize>().next_multiple_of(2);
        let wide = WIDE * lanes;
        let row = row_of(p.c, lanes);
        Layout {
            c: p.c,
            row,
            cells: odd(tiles * row, lanes),
            results: odd(tiles * wide, lanes),
            kernels: odd(p.c * wide, lanes),
            panels: p.o.div_ceil(wide),
        }
    }

    /// Where the kernels of a panel begin.
    fn panel(&self, panel: usize) -> usize {
        panel * POINTS * self.kernels
    }
}

/// y = x ⋆ w + bias for a group, whose first plane of the input and of the output `x` and `y` begin with.
pub(crate) fn convolve<E: Element>(
    level: Level,
    p: &Planes,
    x: &[E],
    filters: Filters<'_, E>,
    bias: Option<&[E]>,
    y: &mut [E],
) {
    p.check(x.len(), y.len());
    let lanes = E::lanes(level);
    let room = BLOCK / (POINTS * p.c.max(1) * size_of::<E>());
    let blocks = Blocks::new(p, room.max(FEWEST));
    let layout = Layout::new(p, blocks.largest(), lanes);
    let [_, rows, columns] = blocks.largest();
    let patch = (CELLS + RESULTS * (rows.max(1) - 1)) * (CELLS + RESULTS * (columns.max(1) - 1)) * lanes + MAX * MAX;
    let (x, y) = (Shared(x.as_ptr().cast_mut()), Shared(y.as_mut_ptr()));
    let work = p.n * p.c * p.o * p.output_cells();
    scratch::with(layout.panels * POINTS * layout.kernels, |kernels: &mut [E]| {
        let to = Shared(kernels.as_mut_ptr());
        par::for_each(p.o.div_ceil(lanes), p.c * p.o * POINTS, |k| {
            E::run(level, Kernels { filters, outputs: p.o, first: k * lanes, layout, to });
        });
        let kernels = &*kernels;
        offsets(layout.c, WIDE * lanes, |at| {
            par::for_each(blocks.len(), work, |k| {
                scratch::with(POINTS * (layout.cells + layout.results) + patch, |work: &mut [E]| {
                    E::run(level, OneBlock { p, block: blocks.at(k), layout, kernels, bias, at, x, y, work });
                });
            });
        });
    });
}

/// The kernels of one vector of output channels, transformed into their panel \[point, input channel, WIDE·N\].
struct Kernels<'a, E> {
    filters: Filters<'a, E>,
    outputs: usize,
    first: usize,
    layout: Layout,
    to: Shared<E>,
}

impl<E: Element> Task<E> for Kernels<'_, E> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<V: Lanes<E = E>>(self) {
        let (l, f) = (self.layout, self.filters);
        let wide = WIDE * V::N;
        let count = V::N.min(self.outputs - self.first);
        let last = (self.first + count - 1) * f.steps[0] + (l.c.max(1) - 1) * f.steps[1] + 9;
        assert!(l.c == 0 || last <= f.w.len(), "the kernels lie within the weights");
        // SAFETY: the assert holds the kernels that are read within the weights; every vector of output channels has its own
        // place in the panels.
        unsafe {
            let to = self.to.0.add(l.panel(self.first / wide) + self.first % wide);
            for channel in 0..l.c {
                let from = f.w.as_ptr().add(self.first * f.steps[0] + channel * f.steps[1]);
                let mut taps = [V::splat(E::ZERO); 9];
                load_kernels::<V>(from, f.steps[0], count, &mut taps);
                if f.turned {
                    taps.reverse();
                }
                let [a, b, c, d, e, f, g, h, i] = taps;
                let u: [[V; CELLS]; CELLS] = both::<Kernel, V, 3, CELLS>(&[[a, b, c], [d, e, f], [g, h, i]]);
                for (k, u) in u.as_flattened().iter().enumerate() {
                    u.store(to.add(k * l.kernels + channel * wide));
                }
            }
        }
    }
}

/// One block of tiles: cells in, 36 products for every panel of output channels, results out.
struct OneBlock<'a, E> {
    p: &'a Planes,
    block: Block,
    layout: Layout,
    kernels: &'a [E],
    bias: Option<&'a [E]>,
    at: &'a [usize],
    x: Shared<E>,
    y: Shared<E>,
    work: &'a mut [E],
}

impl<E: Element> Task<E> for OneBlock<'_, E> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<V: Lanes<E = E>>(mut self) {
        // SAFETY: `Layout` and `convolve` have measured the memory for the largest block and asserted that the planes lie in
        // the images; the rectangles of different blocks share no result.
        unsafe {
            self.read::<V>();
            for panel in 0..self.layout.panels {
                self.multiply::<V>(panel);
                self.write::<V>(panel);
            }
        }
    }
}

impl<E: Element> OneBlock<'_, E> {
    /// The transformed cells, as \[point, tile, channel\].
    #[inline(always)]
    unsafe fn read<V: Lanes<E = E>>(&mut self) {
        let (p, l) = (self.p, self.layout);
        let plane = p.input_cells();
        // SAFETY: see `run`.
        unsafe {
            let to = self.work.as_mut_ptr();
            let patch = to.add(POINTS * (l.cells + l.results));
            let mut tile = 0;
            for image in self.block.images.clone() {
                for c in (0..p.c).step_by(V::N) {
                    let w = self.block.window(p.input, V::N.min(p.c - c), CELLS, p.before);
                    gather::<V>(self.x.0.add((image * p.channels[0] + c) * plane), w, patch);
                    let mut tile = tile;
                    for row in 0..self.block.rows.len() {
                        for column in 0..self.block.columns.len() {
                            let from = patch.add((row * RESULTS * w.size[1] + column * RESULTS) * V::N);
                            transform_cells::<Cells, V, CELLS>(from, w.size[1], to.add(tile * l.row + c), l.cells);
                            tile += 1;
                        }
                    }
                }
                tile += self.block.rows.len() * self.block.columns.len();
            }
        }
    }

    /// The products of all points for one panel of output channels, as \[point, tile, WIDE·N\].
    #[inline(always)]
    unsafe fn multiply<V: Lanes<E = E>>(&mut self, panel: usize) {
        let l = self.layout;
        let left = self.p.o - panel * WIDE * V::N;
        let vectors = left.div_ceil(V::N).min(WIDE);
        // SAFETY: see `run`.
        unsafe {
            let cells = self.work.as_mut_ptr();
            let results = cells.add(POINTS * l.cells);
            for point in 0..POINTS {
                for (first, rows) in cut(self.block.count(), V::ROWS) {
                    V::tile(rows, vectors)(&Tile {
                        k: l.c,
                        a: cells.add(point * l.cells + first * l.row),
                        a_row: l.row,
                        a_step: 1,
                        b: self.kernels.as_ptr().add(l.panel(panel) + point * l.kernels),
                        at: self.at.as_ptr(),
                        c: results.add(point * l.results + first * WIDE * V::N),
                        c_row: WIDE * V::N,
                        accumulate: false,
                    });
                }
            }
        }
    }

    /// The results of one panel, on their planes.
    #[inline(always)]
    unsafe fn write<V: Lanes<E = E>>(&mut self, panel: usize) {
        let (p, l) = (self.p, self.layout);
        let plane = p.output_cells();
        // SAFETY: see `run`.
        unsafe {
            let from = self.work.as_mut_ptr().add(POINTS * l.cells);
            let patch = from.add(POINTS * l.results);
            for half in 0..WIDE {
                let o = (panel * WIDE + half) * V::N;
                if o >= p.o {
                    break;
                }
                let w = self.block.window(p.output, V::N.min(p.o - o), RESULTS, [0; 2]);
                let bias = match self.bias {
                    Some(bias) => V::load_first(bias[o..].as_ptr(), w.channels),
                    None => V::splat(E::ZERO),
                };
                let mut tile = 0;
                for image in self.block.images.clone() {
                    for row in 0..self.block.rows.len() {
                        for column in 0..self.block.columns.len() {
                            let to = patch.add((row * RESULTS * w.size[1] + column * RESULTS) * V::N);
                            let from = from.add(tile * WIDE * V::N + half * V::N);
                            transform_results::<V>(from, l.results, bias, to, w.size[1]);
                            tile += 1;
                        }
                    }
                    scatter::<V>(patch, w, self.y.0.add((image * p.channels[1] + o) * plane));
                }
            }
        }
    }
}

/// The taps of `count` ≤ N kernels that lie `step` numbers apart.
#[inline(always)]
unsafe fn load_kernels<V: Lanes>(from: *const V::E, step: usize, count: usize, taps: &mut [V; 9]) {
    // SAFETY: see `Kernels::run`.
    unsafe {
        if V::N >= 9 {
            let mut block = [V::splat(V::E::ZERO); MAX];
            for (k, v) in block[..count].iter_mut().enumerate() {
                *v = V::load_first(from.add(k * step), 9);
            }
            V::transpose(&mut block);
            taps.copy_from_slice(&block[..9]);
            return;
        }
        let mut column = [V::E::ZERO; MAX];
        for (tap, v) in taps.iter_mut().enumerate() {
            for (k, x) in column[..count].iter_mut().enumerate() {
                *x = *from.add(k * step + tap);
            }
            *v = V::load(column.as_ptr());
        }
    }
}

/// One tile of cells, with `columns` cells in a row, to its points, `step` numbers apart.
#[inline(always)]
pub(super) unsafe fn transform_cells<M: Along<I, CELLS>, V: Lanes, const I: usize>(
    from: *const V::E,
    columns: usize,
    to: *mut V::E,
    step: usize,
) {
    // SAFETY: see `OneBlock::run`.
    unsafe {
        let mut d = [[V::load(from); I]; I];
        for (i, row) in d.iter_mut().enumerate() {
            for (j, v) in row.iter_mut().enumerate() {
                *v = V::load(from.add((i * columns + j) * V::N));
            }
        }
        for (k, v) in both::<M, V, I, CELLS>(&d).as_flattened().iter().enumerate() {
            v.store(to.add(k * step));
        }
    }
}

/// One tile of results and the bias on top.
#[inline(always)]
unsafe fn transform_results<V: Lanes>(from: *const V::E, step: usize, bias: V, to: *mut V::E, columns: usize) {
    // SAFETY: see `OneBlock::run`.
    unsafe {
        let mut m = [[V::load(from); CELLS]; CELLS];
        for (k, v) in m.as_flattened_mut().iter_mut().enumerate() {
            *v = V::load(from.add(k * step));
        }
        for (i, row) in both::<Results, V, CELLS, RESULTS>(&m).iter().enumerate() {
            for (j, v) in row.iter().enumerate() {
                v.add(bias).store(to.add((i * columns + j) * V::N));
            }
        }
    }
}
