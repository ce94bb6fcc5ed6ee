//! Sweeps kept from step to step: an identical recording that asks for the same finds the lines that were written for it.
//! They are appended in bulk, several times faster than rules write them.

use super::graph::Segment;
use super::record::Tape;
use super::structure;
use crate::real::Real;

/// Lines that are kept at most, in all sweeps together; a line takes some 80 bytes.
const LINES: usize = 1 << 19;

/// Sweeps that are kept at most.
const SWEEPS: usize = 64;

/// What a sweep found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sweep {
    /// The cotangent (in a forward sweep the tangent) of each line asked for; `None` where no derivative arrives.
    pub cotangents: Vec<Option<u32>>,
    /// Line, operand and reason of each derivative that is zero by decree.
    pub cuts: Vec<(u32, usize, &'static str)>,
}

/// What is asked of a sweep; with what stands on the tape it determines all that the sweep writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// Against the order of the lines, or along it.
    pub reverse: bool,
    /// Lines that are given a cotangent or a tangent, with it.
    pub given: &'a [(u32, u32)],
    /// Lines whose cotangents or tangents are wanted.
    pub wanted: &'a [u32],
}

/// The sweeps that a tape keeps.
#[derive(Debug)]
pub(super) struct Kept<T: Real> {
    entries: Vec<Entry<T>>,
    lines: usize,
    /// Counts questions, to find the entry that was not used for longest.
    now: u64,
    /// Hashes of questions that were asked once: what is asked only once need not be kept.
    seen: Vec<u64>,
}

#[derive(Debug)]
struct Entry<T: Real> {
    hash: u64,
    given: Vec<(u32, u32)>,
    wanted: Vec<u32>,
    segment: Segment<T>,
    swept: Sweep,
    /// The number of the next random line afterwards.
    ordinal: u32,
    used: u64,
}

impl<T: Real> Default for Kept<T> {
    fn default() -> Self {
        Kept { entries: Vec::new(), lines: 0, now: 0, seen: Vec::new() }
    }
}

impl<T: Real> Kept<T> {
    fn find(&mut self, hash: u64, asked: Asked<'_>) -> Option<&Entry<T>> {
        self.now += 1;
        let same = |e: &&mut Entry<T>| e.hash == hash && e.given == asked.given && e.wanted == asked.wanted;
        let entry = self.entries.iter_mut().find(same)?;
        entry.used = self.now;
        Some(entry)
    }

    /// Whether the question was asked before; from now on it was.
    fn asked_before(&mut self, hash: u64) -> bool {
        if self.seen.contains(&hash) {
            return true;
        }
        if self.seen.len() < SWEEPS {
            self.seen.push(hash);
        } else {
            let oldest = self.now as usize % SWEEPS;
            self.seen[oldest] = hash;
        }
        false
    }

    fn keep(&mut self, entry: Entry<T>) {
        let lines = entry.segment.len();
        while self.lines + lines > LINES || self.entries.len() == SWEEPS {
            let Some(oldest) = (0..self.entries.len()).min_by_key(|&k| self.entries[k].used) else { return };
            self.lines -= self.entries.swap_remove(oldest).segment.len();
        }
        self.lines += lines;
        self.entries.push(Entry { used: self.now, ..entry });
    }
}

impl<T: Real> Tape<T> {
    /// What the sweep `write` answers and writes, by having it written or, where an identical recording has asked for it
    /// before, from what is kept.
    ///
    /// Rules depend on what stands on the tape apart from the values of leaves, so that its structural hash stands for all
    /// that they see. Within a rule and on tapes with regions nothing is kept: sweeps also look at where regions lie.
    pub(crate) fn keeping(&self, asked: Asked<'_>, write: impl FnOnce() -> Sweep) -> Sweep {
        let Some(hash) = self.hash_of(asked) else { return write() };
        let mut kept = self.kept.borrow_mut();
        if let Some(entry) = kept.find(hash, asked) {
            #[cfg(debug_assertions)]
            self.verify(entry, write);
            let site = self.here();
            self.graph.borrow_mut().append(&entry.segment, site);
            self.ordinal.set(entry.ordinal);
            return entry.swept.clone();
        }
        let again = kept.asked_before(hash);
        // Rules may ask for sweeps of their own.
        drop(kept);
        let begin = self.graph.borrow().mark();
        let swept = write();
        let g = self.graph.borrow();
        if again && g.regions.len() == 0 && g.len() - begin.lines <= LINES {
            let (given, wanted) = (asked.given.to_vec(), asked.wanted.to_vec());
            let (segment, ordinal) = (g.segment(begin), self.ordinal.get());
            let entry = Entry { hash, given, wanted, segment, swept: swept.clone(), ordinal, used: 0 };
            self.kept.borrow_mut().keep(entry);
        }
        swept
    }

    /// The hash of a question and of all that its answer depends on; `None` where nothing is kept.
    fn hash_of(&self, asked: Asked<'_>) -> Option<u64> {
        let g = self.graph.borrow();
        if self.in_rule() || g.regions.len() > 0 {
            return None;
        }
        let place = u64::from(self.ordinal.get()) << 17 | u64::from(self.scope.get()) << 1;
        let state = [g.structure(), g.len() as u64, place | u64::from(asked.reverse)];
        Some(structure::of_question(state, asked.given, asked.wanted))
    }

    /// Has the sweep written once more, compares, and takes it back: debug builds do not take the hash's word for it.
    #[cfg(debug_assertions)]
    fn verify(&self, entry: &Entry<T>, write: impl FnOnce() -> Sweep) {
        let (begin, ordinal) = (self.graph.borrow().mark(), self.ordinal.get());
        self.and_take_back(|| {
            let swept = write();
            assert_eq!(swept, entry.swept, "a kept sweep answers as one that is written anew");
            assert_eq!(self.ordinal.get(), entry.ordinal);
            self.graph.borrow().segment(begin).assert_same(&entry.segment);
        });
        self.ordinal.set(ordinal);
    }
}
