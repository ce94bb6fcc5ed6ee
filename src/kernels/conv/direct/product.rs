//! The sums of a sweep: tiles of output channels × vectors of positions, each a register that all cells of all kernels are
//! added to before it is written once.

use super::super::lanes::{Element, Lanes, Task};
use super::super::{Shared, scratch};
use super::sweep::{Layout, Sweep};
use crate::kernels::par;
use crate::kernels::simd::Level;

/// Fewer tasks than this leave threads idle; then the output channels are tasks, too.
const TASKS: usize = 8;

/// Multiplications that are worth a task of their own.
const WORTH: usize = 1 << 18;

/// Output channels that are computed at once, at most.
const MOST: usize = 4;

/// Runs a sweep over all images.
///
/// # Panics
/// A slice has another length than the sweep says.
pub(crate) fn convolve<E: Element>(level: Level, s: &Sweep, x: &[E], w: &[E], y: &mut [E]) {
    let images = s.images * s.groups;
    assert_eq!(x.len(), images * s.c * s.input_cells(), "the input has the sweep's size");
    assert_eq!(w.len(), s.groups * s.weights(), "the weights have the sweep's size");
    assert_eq!(y.len(), images * s.o * s.output_cells(), "the output has the sweep's size");
    if y.is_empty() {
        return;
    }
    let layout = s.layout(E::lanes(level));
    let blocks = s.o.div_ceil(MOST);
    let parts = if s.work() < WORTH { 1 } else { (TASKS / images).clamp(1, blocks) };
    let per_part = blocks.div_ceil(parts) * MOST;
    let taps = s.c * s.taps();
    scratch::with(w.len(), |packed: &mut [E]| {
        pack(s, w, packed);
        let packed = &*packed;
        scratch::with(taps, |offsets: &mut [usize]| {
            s.offsets(&layout, offsets);
            let offsets = &*offsets;
            let y = Shared(y.as_mut_ptr());
            par::for_each(images * parts, s.work(), |t| {
                let (image, first) = (t / parts, t % parts * per_part);
                let outputs = first..s.o.min(first + per_part);
                if outputs.is_empty() {
                    return;
                }
                let x = &x[image * s.c * s.input_cells()..][..s.c * s.input_cells()];
                let w = &packed[image % s.groups * s.weights()..][..s.weights()];
                scratch::with(s.c * layout.plane, |planes: &mut [E]| {
                    for (x, plane) in x.chunks(s.input_cells().max(1)).zip(planes.chunks_mut(layout.plane)) {
                        s.pad(&layout, x, plane);
                    }
                    E::run(level, Image { s, layout, planes, offsets, w, image, outputs, y });
                });
            });
        });
    });
}

/// Output channels in a tile that begins with number `o`.
fn block(o: usize, end: usize) -> usize {
    match end - o {
        3.. => MOST.min(end - o),
        n => n,
    }
}

/// The weights of each group tile by tile of output channels; in a tile, the channels of one cell side by side.
fn pack<E: Element>(s: &Sweep, w: &[E], to: &mut [E]) {
    let taps = s.taps();
    for (w, to) in w.chunks(s.weights().max(1)).zip(to.chunks_mut(s.weights().max(1))) {
        let mut o = 0;
        while o < s.o {
            let n = block(o, s.o);
            let tile = &mut to[o * s.c * taps..][..n * s.c * taps];
            for (k, cell) in tile.chunks_mut(n).enumerate() {
                let (c, tap) = (k / taps, k % taps);
                for (i, cell) in cell.iter_mut().enumerate() {
                    *cell = if s.turned {
                        w[(c * s.o + o + i) * taps + taps - 1 - tap]
                    } else {
                        w[((o + i) * s.c + c) * taps + tap]
                    };
                }
            }
            o += n;
        }
    }
}

/// Some output channels of one image and group.
struct Image<'a, E> {
    s: &'a Sweep,
    layout: Layout,
    planes: &'a [E],
    offsets: &'a [usize],
    w: &'a [E],
    image: usize,
    outputs: std::ops::Range<usize>,
    y: Shared<E>,
}

/// A vector of positions: where it is read from, where it is written to, and how many of its numbers there are.
#[derive(Clone, Copy)]
struct Place {
    from: usize,
    to: usize,
    len: usize,
}

impl<E: Element> Task<E> for Image<'_, E> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<V: Lanes<E = E>>(self) {
        // SAFETY: the contract of this function.
        unsafe {
            // So many sums as the registers hold.
            if V::ROWS >= 14 { self.tiles::<V, 4>() } else { self.tiles::<V, 2>() }
        }
    }
}

impl<E: Element> Image<'_, E> {
    /// # Safety
    /// The processor has the vectors.
    #[inline(always)]
    unsafe fn tiles<V: Lanes<E = E>, const P: usize>(&self) {
        let s = self.s;
        let [rows, columns] = s.output;
        let per_row = columns.div_ceil(V::N);
        let cells = s.output_cells();
        let mut o = self.outputs.start;
        while o < self.outputs.end {
            let n = block(o, self.outputs.end);
            let w = self.w[o * self.offsets.len()..][..n * self.offsets.len()].as_ptr();
            let first = (self.image * s.o + o) * cells;
            let mut k = 0;
            while k < rows * per_row {
                let mut places = [Place { from: 0, to: 0, len: 0 }; P];
                for (j, place) in places.iter_mut().enumerate() {
                    let (row, column) = ((k + j) / per_row, (k + j) % per_row * V::N);
                    if row < rows {
                        let (from, to) = (row * self.layout.row_step + column, row * columns + column);
                        *place = Place { from, to, len: V::N.min(columns - column) };
                    }
                }
                // SAFETY: the places lie in the padded planes and in the n planes of the output that only this task writes; the
                // rest is this function's contract.
                unsafe {
                    let y = self.y.0.add(first);
                    match n {
                        4 => self.tile::<V, 4, P>(w, &places, y),
                        3 => self.tile::<V, 3, P>(w, &places, y),
                        2 => self.tile::<V, 2, P>(w, &places, y),
                        _ => self.tile::<V, 1, P>(w, &places, y),
                    }
                }
                k += P;
            }
            o += n;
        }
    }

    /// The sums of O output channels at P vectors of positions.
    ///
    /// # Safety
    /// The processor has the vectors, w holds O weights for every cell of every plane, the places lie in the planes, and y is
    /// followed by O planes of the output.
    #[allow(clippy::needless_range_loop, reason = "iterators that pass vectors on are not sure to be inlined")]
    #[inline(always)]
    unsafe fn tile<V: Lanes<E = E>, const O: usize, const P: usize>(&self, w: *const E, at: &[Place; P], y: *mut E) {
        // SAFETY: this function's contract.
        unsafe {
            let x = self.planes.as_ptr();
            let mut sums = [[V::splat(E::ZERO); P]; O];
            for (k, &offset) in self.offsets.iter().enumerate() {
                let mut cells = [V::splat(E::ZERO); P];
                for j in 0..P {
                    cells[j] = V::load(x.add(offset + at[j].from));
                }
                for i in 0..O {
                    let weight = V::splat(*w.add(k * O + i));
                    for j in 0..P {
                        sums[i][j] = cells[j].mul_add(weight, sums[i][j]);
                    }
                }
            }
            let cells = self.s.output_cells();
            for i in 0..O {
                for j in 0..P {
                    let to = y.add(i * cells + at[j].to);
                    if at[j].len == V::N { sums[i][j].store(to) } else { sums[i][j].store_first(to, at[j].len) }
                }
            }
        }
    }
}
