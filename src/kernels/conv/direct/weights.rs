//! The gradient of the weights: tiles of output channels × cells of the kernels, each a register that the products of all
//! positions of some images are added to, and summed up across at the end.

use std::ops::Range;

use super::super::lanes::{Element, Lanes, Task};
use super::super::{BLOCKS, Shared, scratch};
use super::sweep::{Layout, Sweep};
use crate::kernels::par;
use crate::kernels::simd::Level;

/// Numbers of padded planes and cotangents that are kept for one round of images: they stay in a core's own cache.
const ROUND: usize = 1 << 16;

/// Cells of kernels in a tile.
const CELLS: usize = 4;

/// The gradient of the weights of a forward sweep, from the cotangents `g` of its output.
///
/// # Panics
/// A slice has another length than the sweep says.
pub(crate) fn gradient<E: Element>(level: Level, s: &Sweep, g: &[E], x: &[E], w: &mut [E]) {
    let images = s.images * s.groups;
    assert!(!s.turned, "weights have their gradient in a convolution");
    assert_eq!(x.len(), images * s.c * s.input_cells(), "the input has the sweep's size");
    assert_eq!(g.len(), images * s.o * s.output_cells(), "the output has the sweep's size");
    assert_eq!(w.len(), s.groups * s.weights(), "the weights have the sweep's size");
    let lanes = E::lanes(level);
    let layout = s.layout(lanes);
    let taps = s.c * s.taps();
    let per_block = s.images.div_ceil(BLOCKS).max(1);
    let blocks = s.images.div_ceil(per_block);
    // The numbers of one image: its planes, and its cotangents in rows of whole vectors.
    let columns = s.output[1].next_multiple_of(lanes);
    let (planes, cotangents) = (s.c * layout.plane, s.o * s.output[0] * columns);
    let round = (ROUND / (planes + cotangents).max(1)).clamp(1, per_block);
    scratch::with(taps.next_multiple_of(CELLS), |offsets: &mut [usize]| {
        s.offsets(&layout, &mut offsets[..taps]);
        // The last tile may have fewer cells; what is computed for the others is not looked at.
        offsets[taps..].fill(0);
        let offsets = &*offsets;
        scratch::with(blocks * w.len(), |sums: &mut [E]| {
            let to = Shared(sums.as_mut_ptr());
            par::for_each(blocks * s.groups, s.work(), |t| {
                let (block, group) = (t / s.groups, t % s.groups);
                let images = block * per_block..s.images.min((block + 1) * per_block);
                let first = block * s.groups * s.weights() + group * s.weights();
                // SAFETY: each task has the sums of its own block and group, which lie within the scratch.
                let sums = unsafe { std::slice::from_raw_parts_mut(to.get().add(first), s.weights()) };
                sums.fill(E::ZERO);
                scratch::with(round * (planes + cotangents), |room: &mut [E]| {
                    let (px, pg) = room.split_at_mut(round * planes);
                    for start in images.clone().step_by(round) {
                        let some = start..images.end.min(start + round);
                        fill(s, &layout, columns, group, some.clone(), [x, g], [px, pg]);
                        let (x, g) = (&*px, &*pg);
                        E::run(level, Round { s, layout, x, g, columns, images: some.len(), offsets, sums });
                    }
                });
            });
            w.fill(E::ZERO);
            for sums in sums.chunks(w.len().max(1)) {
                w.iter_mut().zip(sums).for_each(|(w, &s)| *w += s);
            }
        });
    });
}

/// Copies the planes and cotangents of some images, padded.
fn fill<E: Element>(
    s: &Sweep,
    layout: &Layout,
    columns: usize,
    group: usize,
    images: Range<usize>,
    [x, g]: [&[E]; 2],
    [px, pg]: [&mut [E]; 2],
) {
    let mut planes = px.chunks_mut(layout.plane.max(1));
    let mut rows = pg.chunks_mut(columns.max(1));
    for image in images {
        let image = image * s.groups + group;
        for x in x[image * s.c * s.input_cells()..][..s.c * s.input_cells()].chunks(s.input_cells().max(1)) {
            s.pad(layout, x, planes.next().expect("there is room for every plane"));
        }
        for g in g[image * s.o * s.output_cells()..][..s.o * s.output_cells()].chunks(s.output[1].max(1)) {
            let row = rows.next().expect("there is room for every row");
            row[..g.len()].copy_from_slice(g);
            row[g.len()..].fill(E::ZERO);
        }
    }
}

/// The part of some images in the sums.
struct Round<'a, E> {
    s: &'a Sweep,
    layout: Layout,
    x: &'a [E],
    g: &'a [E],
    columns: usize,
    images: usize,
    offsets: &'a [usize],
    sums: &'a mut [E],
}

impl<E: Element> Task<E> for Round<'_, E> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<V: Lanes<E = E>>(mut self) {
        let taps = self.s.c * self.s.taps();
        // So many sums as the registers hold.
        let most = if V::ROWS >= 14 { 4 } else { 2 };
        let mut o = 0;
        while o < self.s.o {
            let n = match self.s.o - o {
                n if n >= most => most,
                2.. => 2,
                n => n,
            };
            for first in (0..taps).step_by(CELLS) {
                // SAFETY: the contract of this function; the output channels and cells are there.
                unsafe {
                    match n {
                        4 => self.tile::<V, 4>(o, first),
                        2 => self.tile::<V, 2>(o, first),
                        _ => self.tile::<V, 1>(o, first),
                    }
                }
            }
            o += n;
        }
    }
}

impl<E: Element> Round<'_, E> {
    /// The sums of O output channels with the cells from `first` on.
    ///
    /// # Safety
    /// The processor has the vectors, and there are the output channels and cells.
    #[allow(clippy::needless_range_loop, reason = "iterators that pass vectors on are not sure to be inlined")]
    #[inline(always)]
    unsafe fn tile<V: Lanes<E = E>, const O: usize>(&mut self, o: usize, first: usize) {
        let s = self.s;
        let plane = s.output[0] * self.columns;
        // SAFETY: rows of whole vectors lie in the padded planes at every offset, and in the cotangents; the rest is this
        // function's contract.
        let sums = unsafe {
            let mut sums = [[V::splat(E::ZERO); CELLS]; O];
            for image in 0..self.images {
                let x = self.x.as_ptr().add(image * s.c * self.layout.plane);
                let g = self.g.as_ptr().add((image * s.o + o) * plane);
                for row in 0..s.output[0] {
                    let mut column = 0;
                    while column < self.columns {
                        let x = x.add(row * self.layout.row_step + column);
                        let mut cells = [V::splat(E::ZERO); CELLS];
                        for k in 0..CELLS {
                            cells[k] = V::load(x.add(self.offsets[first + k]));
                        }
                        for i in 0..O {
                            let g = V::load(g.add(i * plane + row * self.columns + column));
                            for k in 0..CELLS {
                                sums[i][k] = g.mul_add(cells[k], sums[i][k]);
                            }
                        }
                        column += V::N;
                    }
                }
            }
            sums
        };
        let taps = s.c * s.taps();
        for i in 0..O {
            for k in 0..CELLS.min(taps - first) {
                let mut total = E::ZERO;
                for x in sums[i][k].to_array() {
                    total += x;
                }
                self.sums[(o + i) * taps + first + k] += total;
            }
        }
    }
}
