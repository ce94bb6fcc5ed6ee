//! Winograd's method in the kernels: the adjoint of the forward product, Gᵀ[Σ over tiles (A ȳ Aᵀ) ⊙ (Bᵀ d B)]G.
//! The tiles are taken in rounds; in each all threads transform, then multiply, so that there is one sum and no copy of it.

use super::super::lanes::{Element, Lanes, MAX, Task};
use super::super::planes::gather;
use super::super::tile::{Tile, cut};
use super::super::{Shared, offsets};
use super::blocks::{Block, Blocks, Planes};
use super::product::{WIDE, odd, row_of, transform_cells};
use super::transform::{Along, CELLS, Cells, KernelAdjoint, POINTS, RESULTS, ResultsAdjoint, both};
use crate::kernels::simd::Level;
use crate::kernels::{par, scratch};

/// Bytes of transformed tiles in a round: they go through the cache that the cores share.
const ROUND: usize = 1 << 21;

/// The fewest tiles in a round that has them, for the sums are read and written once in each.
const FEWEST: usize = 32;

/// Tiles that a thread transforms at a time.
const TASK: usize = 16;

/// How transformed numbers lie in memory.
#[derive(Clone, Copy)]
struct Layout {
    /// Channels of the input and the output, and the numbers in a row of so many.
    channels: [usize; 2],
    rows: [usize; 2],
    /// Numbers between the points of tiles of the input and the output, and of the sums.
    tiles: [usize; 2],
    sums: usize,
}

/// w = Σ over images and results of x·g for the group whose first planes `x` and `g` begin with; `p` is seen forward.
pub(crate) fn gradient<E: Element>(level: Level, p: &Planes, g: &[E], x: &[E], w: &mut [E]) {
    assert_eq!(w.len(), p.o * p.c * 9, "the weights have the size of the convolution");
    p.check(x.len(), g.len());
    let lanes = E::lanes(level);
    let rows = [p.c, p.o].map(|n| row_of(n, lanes));
    let blocks = Blocks::new(p, TASK);
    if w.is_empty() || blocks.len() == 0 {
        w.fill(E::ZERO);
        return;
    }
    let most = blocks.largest().iter().product::<usize>();
    let per_round =
        (ROUND / (POINTS * (rows[0] + rows[1]) * size_of::<E>())).max(FEWEST).div_ceil(most).min(blocks.len());
    let layout = Layout {
        channels: [p.c, p.o],
        rows,
        tiles: rows.map(|row| odd(per_round * most * row, lanes)),
        sums: odd(p.c.next_multiple_of(2) * rows[1], lanes),
    };
    let [_, height, width] = blocks.largest().map(|count| RESULTS * (count - 1) + CELLS);
    let patch = height * width * lanes;
    let size = POINTS * (layout.tiles[0] + layout.tiles[1] + layout.sums);
    scratch::with(size, |work: &mut [E]| {
        let tiles = [Shared(work.as_mut_ptr()), Shared(work[POINTS * layout.tiles[0]..].as_mut_ptr())];
        let sums = Shared(work[POINTS * (layout.tiles[0] + layout.tiles[1])..].as_mut_ptr());
        let from = [x, g].map(|x| Shared(x.as_ptr().cast_mut()));
        offsets(per_round * most, rows[1], |at| {
            for first in (0..blocks.len()).step_by(per_round) {
                let round = first..blocks.len().min(first + per_round);
                let tile = |k: usize| (first..k).map(|k| blocks.at(k).count()).sum::<usize>();
                let count = tile(round.end);
                par::for_each(2 * round.len(), POINTS * count * (rows[0] + rows[1]), |k| {
                    let (side, k) = (k % 2, first + k / 2);
                    scratch::with(patch, |patch: &mut [E]| {
                        E::run(
                            level,
                            Transform { p, layout, block: blocks.at(k), tile: tile(k), side, from, tiles, patch },
                        );
                    });
                });
                par::for_each(POINTS, POINTS * count * p.c * p.o, |point| {
                    let at = &at[..count];
                    E::run(level, Multiply { layout, at, point, tiles, sums, accumulate: first > 0 });
                });
            }
        });
        let w = Shared(w.as_mut_ptr());
        par::for_each(p.o.div_ceil(lanes), POINTS * p.c * p.o, |k| {
            E::run(level, Finish { layout, first: k * lanes, sums, w });
        });
    });
}

/// The tiles of one block, of the input (side 0) or the output.
struct Transform<'a, E> {
    p: &'a Planes,
    layout: Layout,
    block: Block,
    /// The number of its first tile in the round.
    tile: usize,
    side: usize,
    from: [Shared<E>; 2],
    tiles: [Shared<E>; 2],
    patch: &'a mut [E],
}

impl<E: Element> Task<E> for Transform<'_, E> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<V: Lanes<E = E>>(mut self) {
        // SAFETY: `gradient` has measured the memory for a round, and every block has its own tiles there.
        unsafe {
            if self.side == 0 {
                self.transform::<V, Cells, CELLS>(self.p.input, self.p.before);
            } else {
                self.transform::<V, ResultsAdjoint, RESULTS>(self.p.output, [0; 2]);
            }
        }
    }
}

impl<E: Element> Transform<'_, E> {
    #[inline(always)]
    unsafe fn transform<V: Lanes<E = E>, M: Along<I, CELLS>, const I: usize>(
        &mut self,
        sides: [usize; 2],
        before: [isize; 2],
    ) {
        let (l, channels) = (self.layout, self.layout.channels[self.side]);
        let (row, step) = (l.rows[self.side], l.tiles[self.side]);
        let (height, width) = (self.block.rows.len(), self.block.columns.len());
        let patch = self.patch.as_mut_ptr();
        // SAFETY: see `run`.
        unsafe {
            for (i, image) in self.block.images.clone().enumerate() {
                for c in (0..channels).step_by(V::N) {
                    let w = self.block.window(sides, V::N.min(channels - c), I, before);
                    let plane = image * self.p.channels[self.side] + c;
                    gather::<V>(self.from[self.side].0.add(plane * w.plane), w, patch);
                    let mut to = self.tiles[self.side].0.add((self.tile + i * height * width) * row + c);
                    for r in 0..height {
                        for q in 0..width {
                            let from = patch.add((r * RESULTS * w.size[1] + q * RESULTS) * V::N);
                            transform_cells::<M, V, I>(from, w.size[1], to, step);
                            to = to.add(row);
                        }
                    }
                }
            }
        }
    }
}

/// One point: the product of what the round holds, \[input, tile\]·\[tile, output\], onto the sum.
struct Multiply<'a, E> {
    layout: Layout,
    at: &'a [usize],
    point: usize,
    tiles: [Shared<E>; 2],
    sums: Shared<E>,
    accumulate: bool,
}

impl<E: Element> Task<E> for Multiply<'_, E> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<V: Lanes<E = E>>(self) {
        let l = self.layout;
        // SAFETY: as in `Transform`; every point has its own sum.
        unsafe {
            let [a, b] = [0, 1].map(|side| self.tiles[side].0.add(self.point * l.tiles[side]));
            for o in (0..l.channels[1]).step_by(WIDE * V::N) {
                let vectors = (l.channels[1] - o).div_ceil(V::N).min(WIDE);
                for (c, rows) in cut(l.channels[0], V::ROWS) {
                    V::tile(rows, vectors)(&Tile {
                        k: self.at.len(),
                        a: a.add(c),
                        a_row: 1,
                        a_step: l.rows[0],
                        b: b.add(o),
                        at: self.at.as_ptr(),
                        c: self.sums.0.add(self.point * l.sums + c * l.rows[1] + o),
                        c_row: l.rows[1],
                        accumulate: self.accumulate,
                    });
                }
            }
        }
    }
}

/// The kernels of one vector of output channels, from the sums.
struct Finish<E> {
    layout: Layout,
    first: usize,
    sums: Shared<E>,
    w: Shared<E>,
}

impl<E: Element> Task<E> for Finish<E> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<V: Lanes<E = E>>(self) {
        let l = self.layout;
        let [inputs, outputs] = l.channels;
        let count = V::N.min(outputs - self.first);
        // SAFETY: as in `Transform`; `w` has room for all kernels, and those of an output channel are written here only.
        unsafe {
            for c in 0..inputs {
                let from = self.sums.0.add(c * l.rows[1] + self.first);
                let mut u = [[V::load(from); CELLS]; CELLS];
                for (k, v) in u.as_flattened_mut().iter_mut().enumerate() {
                    *v = V::load(from.add(k * l.sums));
                }
                let taps = both::<KernelAdjoint, V, CELLS, 3>(&u);
                let to = self.w.0.add((self.first * inputs + c) * 9);
                if V::N >= 9 {
                    let mut block = [taps[0][0]; MAX];
                    block[..9].copy_from_slice(taps.as_flattened());
                    V::transpose(&mut block);
                    for (k, v) in block[..count].iter().enumerate() {
                        v.store_first(to.add(k * inputs * 9), 9);
                    }
                } else {
                    for (tap, v) in taps.as_flattened().iter().enumerate() {
                        let column = v.to_array();
                        for (k, &x) in column[..count].iter().enumerate() {
                            *to.add(k * inputs * 9 + tap) = x;
                        }
                    }
                }
            }
        }
    }
}
