//! Planes side by side in memory turned into cells of many channels, and back, a vector of channels for every cell.
//! The kernels that compute on channels side by side read and write images through these two.

use super::lanes::{Element, Lanes, MAX};

/// A rectangle of cells of up to N planes that lie `plane` numbers apart, `height` by `width` each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) plane: usize,
    pub(crate) channels: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// The first row and column, which may lie before or behind the plane.
    pub(crate) first: [isize; 2],
    /// Rows and columns.
    pub(crate) size: [usize; 2],
}

impl Window {
    /// The part of 0..size along an axis that lies on the plane.
    #[inline(always)]
    fn inside(&self, axis: usize, limit: usize) -> (usize, usize) {
        let (first, size) = (self.first[axis], self.size[axis] as isize);
        let start = (-first).clamp(0, size);
        let end = (limit as isize - first).clamp(start, size);
        (start as usize, end as usize)
    }
}

/// Writes the cells to `out` as \[row, column, N\], 0 where there is no cell or no channel.
///
/// # Safety
/// The processor has the vectors, `channels` planes may be read from `planes` on, and `out` has room for the rectangle.
#[inline(always)]
pub(crate) unsafe fn gather<V: Lanes>(planes: *const V::E, w: Window, out: *mut V::E) {
    let ((top, bottom), (left, right)) = (w.inside(0, w.height), w.inside(1, w.width));
    let columns = w.size[1];
    // SAFETY: cells are read only inside the planes and written only inside the rectangle.
    unsafe {
        let zero = V::splat(V::E::ZERO);
        let clear = |cells: std::ops::Range<usize>| cells.for_each(|q| zero.store(out.add(q * V::N)));
        clear(0..top * columns);
        clear(bottom * columns..w.size[0] * columns);
        for row in top..bottom {
            let from = planes.offset((w.first[0] + row as isize) * w.width as isize + w.first[1]);
            clear(row * columns..row * columns + left);
            clear(row * columns + right..(row + 1) * columns);
            for q in (left..right).step_by(V::N) {
                let count = V::N.min(right - q);
                let mut block = [zero; MAX];
                if count == V::N && w.channels == V::N {
                    for (k, v) in block[..V::N].iter_mut().enumerate() {
                        *v = V::load(from.add(k * w.plane + q));
                    }
                } else {
                    for (k, v) in block[..w.channels].iter_mut().enumerate() {
                        *v = V::load_first(from.add(k * w.plane + q), count);
                    }
                }
                V::transpose(&mut block);
                let to = out.add((row * columns + q) * V::N);
                for (k, v) in block[..count].iter().enumerate() {
                    v.store(to.add(k * V::N));
                }
            }
        }
    }
}

/// The reverse of [`gather`]: writes to the planes what lies on them of the cells at `from`.
///
/// # Safety
/// The processor has the vectors, `channels` planes may be written from `planes` on, and N·N numbers more than the rectangle
/// may be read at `from`.
#[inline(always)]
pub(crate) unsafe fn scatter<V: Lanes>(from: *const V::E, w: Window, planes: *mut V::E) {
    let ((top, bottom), (left, right)) = (w.inside(0, w.height), w.inside(1, w.width));
    let columns = w.size[1];
    // SAFETY: cells are written only inside the planes; what is read beyond the rectangle is within the contract.
    unsafe {
        for row in top..bottom {
            let to = planes.offset((w.first[0] + row as isize) * w.width as isize + w.first[1]);
            for q in (left..right).step_by(V::N) {
                let count = V::N.min(right - q);
                let at = from.add((row * columns + q) * V::N);
                let mut block = [V::load(at); MAX];
                for (k, v) in block[1..V::N].iter_mut().enumerate() {
                    *v = V::load(at.add((k + 1) * V::N));
                }
                V::transpose(&mut block);
                if count == V::N {
                    for (k, v) in block[..w.channels].iter().enumerate() {
                        v.store(to.add(k * w.plane + q));
                    }
                } else {
                    for (k, v) in block[..w.channels].iter().enumerate() {
                        v.store_first(to.add(k * w.plane + q), count);
                    }
                }
            }
        }
    }
}
