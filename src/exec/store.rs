//! The values of a tape's lines, kept with the tape between runs.
//! What is here need not be computed again; what is not can always be recomputed from the leaves.

use super::pool::Pool;
use crate::real::Real;
use crate::tape::{Data, Slot};

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
        for k in 0..self.values.len() {
            self.release(k as u32);
        }
        self.values.clear();
        self.pinned.clear();
        self.runs.clear();
    }
}

impl<T: Real> Store<T> {
    /// Makes room for a tape of `len` lines.
    pub fn fit(&mut self, len: usize) {
        // A rule that panicked took its lines back; what was computed for them belongs to nobody.
        while self.values.len() > len {
            self.release(self.values.len() as u32 - 1);
            self.values.pop();
        }
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

    pub fn is_pinned(&self, id: u32) -> bool {
        self.pinned[id as usize]
    }

    /// Releases the large values that nobody has pinned, except those that `spared` names.
    pub fn release_large(&mut self, spared: impl Fn(u32) -> bool) {
        for id in 0..self.values.len() as u32 {
            let large = self.get(id).is_some_and(|v| v.bytes() > SMALL);
            if large && !self.is_pinned(id) && !spared(id) {
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
}
