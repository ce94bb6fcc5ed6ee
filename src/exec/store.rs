//! The values of a tape's lines, kept with the tape between runs.
//! What is here need not be computed again; what is not can always be recomputed from the leaves.

use super::pool::Pool;
use crate::real::Real;
use crate::tape::{Data, Form, Graph, Slot};

/// Values up to this many bytes stay until the tape is cleared, so that `loss.backward(); logits.value()` costs nothing.
pub(super) const SMALL: usize = 64 << 10;

#[derive(Debug, Default)]
pub(super) struct Store<T: Real> {
    values: Vec<Option<Data<T>>>,
    pinned: Vec<bool>,
    runs: Vec<u32>,
    pub pool: Pool<T>,
    pub scratch: Vec<T>,
    pub marks: PlanMarks,
}

/// Per-line scratch of the planner, stamped with the plan's number so that nothing is cleared between plans.
#[derive(Debug, Default)]
pub(super) struct PlanMarks {
    entry: Vec<Mark>,
    now: u64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    stamp: u64,
    /// The line's value is to be computed or has been asked for.
    pub needed: bool,
    /// Its value outlives its last reader.
    pub keep: bool,
    /// Readers of the value that have not run yet.
    pub readers: u32,
}

impl PlanMarks {
    pub fn begin(&mut self, len: usize) {
        self.now += 1;
        if self.entry.len() < len {
            self.entry.resize(len, Mark::default());
        }
    }

    /// Takes on the marks of a plan that was made before.
    pub fn copy_from(&mut self, other: &PlanMarks) {
        self.entry.clear();
        self.entry.extend_from_slice(&other.entry);
        self.now = other.now;
    }

    pub fn at(&mut self, id: u32) -> &mut Mark {
        let m = &mut self.entry[id as usize];
        if m.stamp != self.now {
            *m = Mark { stamp: self.now, ..Mark::default() };
        }
        m
    }
}

impl<T: Real> Slot for Store<T> {
    fn clear(&mut self) {
        self.truncate(0);
        self.pool.end_step();
    }

    fn truncate(&mut self, len: usize) {
        for value in self.values.drain(len.min(self.values.len())..) {
            value.into_iter().for_each(|data| self.pool.put(data));
        }
        self.pinned.truncate(len);
        self.runs.truncate(len);
    }
}

impl<T: Real> Store<T> {
    /// Makes room for a tape of `len` lines.
    pub fn fit(&mut self, len: usize) {
        self.values.resize(len, None);
        self.pinned.resize(len, false);
        self.runs.resize(len, 0);
    }

    pub fn get(&self, id: u32) -> Option<&Data<T>> {
        self.values.get(id as usize)?.as_ref()
    }

    pub fn has(&self, id: u32) -> bool {
        self.get(id).is_some()
    }

    pub fn set(&mut self, id: u32, data: Data<T>) {
        self.values[id as usize] = Some(data);
    }

    pub fn take(&mut self, id: u32) -> Option<Data<T>> {
        self.values[id as usize].take()
    }

    pub fn release(&mut self, id: u32) {
        if let Some(data) = self.take(id) {
            self.pool.put(data);
        }
    }

    pub fn pin(&mut self, id: u32) {
        self.fit(self.values.len().max(id as usize + 1));
        self.pinned[id as usize] = true;
    }

    /// Whether the line's value stays where it is: it is small and in no region, somebody pinned it, or it is a leaf's.
    pub fn stays(&self, g: &Graph<T>, id: u32) -> bool {
        let small = || g.bytes(id) <= SMALL && g.regions.innermost(id).is_none();
        self.pinned[id as usize] || small() || matches!(g.node(id).op.get().form(), Form::Leaf(_))
    }

    /// Releases the large values that nobody has pinned.
    pub fn release_large(&mut self, g: &Graph<T>) {
        for id in 0..self.values.len() as u32 {
            if self.has(id) && !self.stays(g, id) {
                self.release(id);
            }
        }
    }

    pub fn count_run(&mut self, id: u32) {
        self.runs[id as usize] += 1;
    }

    pub fn runs(&self, id: u32) -> u32 {
        self.runs.get(id as usize).copied().unwrap_or(0)
    }

    /// Bytes of all values at hand.
    pub fn bytes(&self) -> usize {
        self.values.iter().flatten().map(Data::bytes).sum()
    }

    /// Bytes held: values at hand, buffers that wait for the next line, and the kernels' scratch memory.
    pub fn bytes_held(&self) -> usize {
        self.bytes() + self.pool.bytes() + self.scratch.capacity() * size_of::<T>()
    }
}
