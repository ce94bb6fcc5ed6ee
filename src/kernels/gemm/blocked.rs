//! The loops around the microkernels: blocks of k whose panels stay in cache, and blocks of C that are tasks for threads
//! (Goto & van de Geijn, 2008). An operand is packed where that pays, once for all tasks or by each task for itself.

use std::ops::Range;

use super::super::{par, simd};
use super::buffer;
use super::epilogue::Epilogue;
use super::micro::{Micro, Tile};
use super::pack::{pack_a, pack_b};
use super::packed::{Layout, Operand, Panels};
use crate::real::Real;

/// Rows of C in a task, at most: a block of A of this height, in the second cache, meets every panel of B.
const ROWS: usize = 128;

/// Columns of C in a task, at most.
const COLS: usize = 2048;

/// Multiplications that a task should have at least, lest handing it out cost more than it saves.
pub(super) const TASK: usize = 1 << 18;

/// Elements of a B that is read as it lies by any number of rows, since the first cache holds it.
const IN_PLACE: usize = 1 << 12;

/// Multiplications that take as long as touching an element in a cheap loop.
const MULTIPLICATIONS: usize = 16;

/// Bytes that a microkernel fetches ahead in every step.
const LINE: usize = 64;

/// Elements of B that are packed at a time for all tasks.
const SHARED: usize = 1 << 22;

/// A pointer that tasks share; each writes elements of its own.
#[derive(Clone, Copy)]
pub(super) struct Shared<T>(pub(super) *mut T);

// SAFETY: a `Shared` is a number; those who write through it see to it that no two tasks touch one element.
unsafe impl<T: Send> Sync for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Shared<T> {}

impl<T> Shared<T> {
    /// A method, so that closures borrow the whole and not the pointer in it.
    pub(super) fn get(&self) -> *mut T {
        self.0
    }
}

/// Calls `f` for all indices below `n`, in parallel where the number of multiplications is large.
pub(super) fn tasks(n: usize, multiplications: usize, f: impl Fn(usize) + Sync) {
    par::for_each(n, multiplications / MULTIPLICATIONS, f);
}

/// Where a result goes: element \[i, j\] to `c + i·row + j`.
pub(super) struct Target<T> {
    pub(super) c: Shared<T>,
    pub(super) row: usize,
    pub(super) accumulate: bool,
}

impl<T> Target<T> {
    /// The first `n` elements of row i.
    ///
    /// # Safety
    /// They are valid, and nothing else refers to them while the slice lives.
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn row(&self, i: usize, n: usize) -> &mut [T] {
        // SAFETY: by this function's contract.
        unsafe { std::slice::from_raw_parts_mut(self.c.get().add(i * self.row), n) }
    }
}

/// How the panels of an operand come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    /// They do not, or are there: the microkernels read the operand as it lies.
    None,
    /// Every task packs what it needs.
    Task,
    /// All are packed before the tasks start.
    Shared,
}

/// C = A·B or C += A·B, then the epilogue.
///
/// # Safety
/// The operands fit ([`Operand::fits`]) and their sizes agree, none of which is 0. All elements of C are valid for reads and
/// writes, apart from each other and from A and B.
pub(super) unsafe fn multiply<T: Real, E: Epilogue<T>>(
    micro: &Micro<T>,
    a: Operand<T>,
    b: Operand<T>,
    target: &Target<T>,
    threads: bool,
    epilogue: &E,
) {
    let job = Job::new(micro, a, target, epilogue, b, threads);
    let (b, part) = match b {
        Operand::Plain(x) if job.pack_b == Packing::Shared => (x, job.part()),
        // SAFETY: by this function's contract.
        _ => return unsafe { job.tasks(b, &(0..job.n), &(0..job.k)) },
    };
    buffer::with(part.len(), |packed: &mut [T]| {
        for j in (0..job.n).step_by(part.n) {
            let js = j..job.n.min(j + part.n);
            for p in (0..job.k).step_by(part.k) {
                let ps = p..job.k.min(p + part.k);
                let layout = Layout { k: ps.len(), n: js.len(), ..part };
                layout.pack(micro, b.part(ps.clone(), js.clone()), packed, threads);
                let b = Operand::Packed(Panels { data: packed, layout, left: false });
                // SAFETY: by this function's contract; the panels hold the rows and columns named.
                unsafe { job.tasks(b, &js, &ps) }
            }
        }
    });
}

/// A product and the decisions about it.
struct Job<'a, T: 'static, E> {
    micro: &'a Micro<T>,
    a: Operand<'a, T>,
    target: &'a Target<T>,
    epilogue: &'a E,
    m: usize,
    n: usize,
    k: usize,
    /// The panels of B; their kc is that of A as well.
    layout: Layout,
    /// Rows and columns of C in a task.
    rows: usize,
    cols: usize,
    pack_a: Packing,
    pack_b: Packing,
    threads: bool,
}

impl<'a, T: Real, E: Epilogue<T>> Job<'a, T, E> {
    fn new(
        micro: &'a Micro<T>,
        a: Operand<'a, T>,
        target: &'a Target<T>,
        epilogue: &'a E,
        b: Operand<T>,
        threads: bool,
    ) -> Self {
        let (m, k, n) = (a.rows(), a.cols(), b.cols());
        let mr = micro.mr();
        let pack_b = match b {
            Operand::Packed(_) => Packing::None,
            Operand::Plain(b) if b.col_stride == 1 && (m <= 4 * mr || k * n <= IN_PLACE) => Packing::None,
            Operand::Plain(_) if m <= 2 * ROWS => Packing::Task,
            Operand::Plain(_) => Packing::Shared,
        };
        let mut rows = if pack_b == Packing::Task { m } else { ROWS.min(m) }.next_multiple_of(mr);
        let mut cols = COLS.min(n);
        // Panels that are there or shared are not cut; else a task has panels of its own.
        let step = match b {
            Operand::Packed(b) => b.layout.width,
            _ if pack_b == Packing::Shared => micro.width(n),
            _ => micro.lanes(),
        };
        cols = cols.next_multiple_of(step);
        let tasks = |rows: usize, cols: usize| m.div_ceil(rows) * n.div_ceil(cols);
        let least = if threads { par::threads() } else { 1 };
        while tasks(rows, cols) < 4 * least && rows * cols * k >= 2 * TASK {
            let by_task = pack_b == Packing::Task;
            if cols > step && (by_task || cols >= 4 * rows || rows <= 4 * mr) && !(by_task && cols <= 2 * micro.nr()) {
                cols = (cols / step).div_ceil(2) * step;
            } else if rows > mr && (!by_task || tasks(rows, cols) < least) {
                rows = (rows / mr).div_ceil(2) * mr;
            } else {
                break;
            }
        }
        let layout = match b {
            Operand::Packed(b) => b.layout,
            Operand::Plain(_) if pack_b == Packing::Shared => Layout::new(k, n, step),
            Operand::Plain(_) => Layout::new(k, n, micro.width(cols.min(n))),
        };
        // The microkernels read rows of A as well as panels; columns would take a page of memory for every term.
        let pack_a = match a {
            Operand::Plain(a) if a.col_stride != 1 && n > 2 * layout.width => Packing::Task,
            _ => Packing::None,
        };
        Job { micro, a, target, epilogue, m, n, k, layout, rows, cols, pack_a, pack_b, threads }
    }

    /// As much of B as is packed at a time.
    fn part(&self) -> Layout {
        let Layout { kc, width, .. } = self.layout;
        let n = self.n.min((SHARED / kc / width).max(1) * width);
        Layout { k: self.k.min((SHARED / n / kc).max(1) * kc), n, kc, width }
    }

    /// All blocks of C in the columns `js`, over the terms `ps`, which are all that `b` has.
    ///
    /// # Safety
    /// As [`multiply`].
    unsafe fn tasks(&self, b: Operand<T>, js: &Range<usize>, ps: &Range<usize>) {
        let (down, across) = (self.m.div_ceil(self.rows), js.len().div_ceil(self.cols));
        let work = if self.threads { self.m.saturating_mul(js.len()).saturating_mul(ps.len()) } else { 0 };
        tasks(down * across, work, |t| {
            let (i, j) = (t / across * self.rows, t % across * self.cols);
            let (is, own) = (i..self.m.min(i + self.rows), j..js.len().min(j + self.cols));
            // SAFETY: by this function's contract; the blocks of the tasks are apart.
            unsafe { self.block(is, own, js.start, b, ps) }
        });
    }

    /// The block of C with the rows `is` and the columns `js`, counted from `first`, the first one that `b` has.
    ///
    /// # Safety
    /// As [`multiply`].
    unsafe fn block(&self, is: Range<usize>, js: Range<usize>, first: usize, b: Operand<T>, ps: &Range<usize>) {
        let (mr, Layout { kc, width, .. }) = (self.micro.mr(), self.layout);
        let most = kc.min(ps.len());
        let room = |packing, numbers: usize| if packing == Packing::Task { numbers * most } else { 0 };
        // Panels of B begin at a cache line.
        let room_a = room(self.pack_a, is.len().next_multiple_of(mr)).next_multiple_of(16);
        let room_b = room(self.pack_b, width);
        buffer::with(room_a + room_b, |buffer: &mut [T]| {
            let (own_a, own_b) = buffer.split_at_mut(room_a);
            for p in ps.clone().step_by(kc) {
                let terms = p..ps.end.min(p + kc);
                let of_b = terms.start - ps.start..terms.end - ps.start;
                let a = match self.a {
                    Operand::Packed(a) => Side::packed(a.at(p, is.start), mr, terms.len()),
                    Operand::Plain(a) => {
                        let part = a.part(is.clone(), terms.clone());
                        if self.pack_a == Packing::Task {
                            pack_a(self.micro, part, own_a);
                            Side::packed(own_a.as_ptr(), mr, terms.len())
                        } else {
                            let [row, step] = [part.row_stride, part.col_stride];
                            Side { data: part.data.as_ptr(), panel: mr * row, row, step }
                        }
                    }
                };
                if let (Operand::Plain(b), Packing::Task) = (b, self.pack_b) {
                    // A panel is used while it is still in cache.
                    for j in js.clone().step_by(width) {
                        let own = j..js.end.min(j + width);
                        pack_b(self.micro, b.part(of_b.clone(), own.clone()), width, own_b);
                        let b = Side::packed(own_b.as_ptr(), width, terms.len());
                        // SAFETY: by this function's contract.
                        unsafe { self.sweep(&is, first + own.start..first + own.end, &terms, a, b) }
                    }
                    continue;
                }
                let b = match b {
                    Operand::Packed(b) => Side::packed(b.at(of_b.start, js.start), width, terms.len()),
                    Operand::Plain(b) => {
                        let part = b.part(of_b, js.clone());
                        Side { data: part.data.as_ptr(), panel: width, row: 1, step: part.row_stride }
                    }
                };
                // SAFETY: by this function's contract.
                unsafe { self.sweep(&is, first + js.start..first + js.end, &terms, a, b) }
            }
        });
    }

    /// All tiles of a block of C, over one block of terms.
    ///
    /// # Safety
    /// As [`multiply`]; `a` and `b` are the parts of the operands for the rows, columns and terms named.
    unsafe fn sweep(&self, is: &Range<usize>, js: Range<usize>, terms: &Range<usize>, a: Side<T>, b: Side<T>) {
        let (mr, width) = (self.micro.mr(), self.layout.width);
        let accumulate = self.target.accumulate || terms.start > 0;
        let finish = terms.end == self.k && !self.epilogue.is_nothing();
        for (q, j) in js.clone().step_by(width).enumerate() {
            let cols = width.min(js.end - j);
            for (r, i) in is.clone().step_by(mr).enumerate() {
                let rows = mr.min(is.end - i);
                // SAFETY: by this function's contract; the rows of a tile of C are apart.
                unsafe {
                    let c = self.target.c.get().add(i * self.target.row + j);
                    let tile = Tile {
                        k: terms.len(),
                        a: a.data.add(r * a.panel),
                        a_row: a.row,
                        a_step: a.step,
                        b: b.data.add(q * b.panel),
                        b_step: b.step,
                        c,
                        c_row: self.target.row,
                        rows,
                        cols,
                        accumulate,
                    };
                    if j + cols < js.end {
                        let next = b.data.wrapping_add((q + 1) * b.panel);
                        self.micro.run_ahead(&tile, next.wrapping_byte_add(r * terms.len() * LINE));
                    } else {
                        self.micro.run(&tile);
                    }
                    if finish {
                        simd::vectorize(|| {
                            for row in 0..rows {
                                let c = std::slice::from_raw_parts_mut(c.add(row * self.target.row), cols);
                                self.epilogue.apply(i + row, j, c);
                            }
                        });
                    }
                }
            }
        }
    }
}

/// A part of an operand as the microkernels see it: panels `panel` apart, rows (of A) `row` and terms `step` apart.
#[derive(Clone, Copy)]
struct Side<T> {
    data: *const T,
    panel: usize,
    row: usize,
    step: usize,
}

impl<T> Side<T> {
    fn packed(data: *const T, width: usize, terms: usize) -> Self {
        Side { data, panel: width * terms, row: 1, step: width }
    }
}
