//! The values of a tape's lines, kept with the tape between runs, and the buffers that runs use again.
//! What is here need not be computed again; what is not can always be recomputed from the leaves.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use super::plan::{Marks, Plan, PlanCache, mix};
use super::pool::Pool;
use crate::real::Real;
use crate::tape::{Data, Form, Graph, Slot};

/// Values up to this many bytes stay until the tape is cleared, so that `loss.backward(); logits.value()` costs nothing.
pub(super) const SMALL: usize = 64 << 10;

/// Plans that are remembered for those who ask what has been done.
const LOGGED: usize = 64;

#[derive(Debug)]
pub(super) struct Store<T: Real> {
    values: Vec<Option<Held<T>>>,
    /// The lines that have got values; some may have lost them again.
    held: Vec<u32>,
    pinned: HashSet<u32>,
    /// Buffers that the steps of plans compute in.
    reals: Vec<Option<Arc<Vec<T>>>>,
    ints: Vec<Option<Arc<Vec<u32>>>>,
    pub pool: Pool<T>,
    pub scratch: Vec<T>,
    pub marks: Marks,
    pub plans: PlanCache<T>,
    /// Every line is computed by its own kernel.
    pub line_by_line: bool,
    /// The plans that have run last since the tape was cleared, and how often each in turn.
    log: VecDeque<(Arc<Plan<T>>, u32)>,
    /// How often the plans before those have computed each line.
    counts: Vec<u32>,
    /// What has happened to the values since the tape was cleared, as a hash.
    history: u64,
    /// How often something happened to the values that no history tells.
    strays: u64,
    /// Bytes of values that runs have computed, and the most that have been in use at once.
    computed: usize,
    peak: usize,
}

/// A value at hand, with the buffer that it came from.
#[derive(Clone, Debug)]
struct Held<T> {
    data: Data<T>,
    home: Option<u32>,
}

impl<T: Real> Default for Store<T> {
    fn default() -> Self {
        Store {
            values: Vec::new(),
            held: Vec::new(),
            pinned: HashSet::new(),
            reals: Vec::new(),
            ints: Vec::new(),
            pool: Pool::default(),
            scratch: Vec::new(),
            marks: Marks::default(),
            plans: PlanCache::default(),
            line_by_line: false,
            log: VecDeque::new(),
            counts: Vec::new(),
            history: 0,
            strays: 0,
            computed: 0,
            peak: 0,
        }
    }
}

impl<T: Real> Slot for Store<T> {
    fn clear(&mut self) {
        self.truncate(0);
        self.pinned.clear();
        self.log.clear();
        self.counts.clear();
        self.pool.end_step();
        (self.history, self.computed, self.peak) = (0, 0, 0);
    }

    fn truncate(&mut self, len: usize) {
        let mut k = 0;
        while k < self.held.len() {
            if self.held[k] as usize >= len {
                let id = self.held.swap_remove(k);
                self.give_up(id, Pool::lend);
            } else {
                k += 1;
            }
        }
        if !self.pinned.is_empty() {
            self.pinned.retain(|id| (*id as usize) < len);
        }
        self.history = mix(self.history, len as u64);
    }
}

impl<T: Real> Store<T> {
    pub fn get(&self, id: u32) -> Option<&Data<T>> {
        self.values.get(id as usize)?.as_ref().map(|held| &held.data)
    }

    pub fn has(&self, id: u32) -> bool {
        self.get(id).is_some()
    }

    /// Puts a value at hand.
    pub fn set(&mut self, id: u32, data: Data<T>) {
        self.hold(id, data, None);
    }

    fn hold(&mut self, id: u32, data: Data<T>, home: Option<u32>) {
        if self.values.len() <= id as usize {
            self.values.resize(id as usize + 1, None);
        }
        if home.is_some() {
            self.computed += data.bytes();
        }
        self.values[id as usize] = Some(Held { data, home });
        self.held.push(id);
    }

    /// Gives a value up; its buffer goes back to where it came from, or to the pool where nobody else holds it.
    pub fn release(&mut self, id: u32) {
        self.give_up(id, Pool::put);
    }

    fn give_up(&mut self, id: u32, to_pool: fn(&mut Pool<T>, Data<T>)) {
        let Some(Held { data, home }) = self.values.get_mut(id as usize).and_then(Option::take) else { return };
        let Some(home) = home.map(|h| h as usize) else { return };
        self.computed -= data.bytes();
        match data {
            Data::Real(v) if self.reals[home].is_none() && Arc::strong_count(&v) == 1 => {
                self.reals[home] = Some(v);
            }
            Data::Int(v) if self.ints[home].is_none() && Arc::strong_count(&v) == 1 => {
                self.ints[home] = Some(v);
            }
            data => to_pool(&mut self.pool, data),
        }
    }

    /// The buffer of real numbers with the given number, out of the shelf; nobody else holds it.
    pub fn real(&mut self, slot: u32, len: usize) -> Arc<Vec<T>> {
        let slot = slot as usize;
        if self.reals.len() <= slot {
            self.reals.resize(slot + 1, None);
        }
        match self.reals[slot].take() {
            Some(v) if v.len() == len && Arc::strong_count(&v) == 1 => v,
            other => {
                other.into_iter().for_each(|v| self.pool.put(Data::Real(v)));
                self.pool.real(len)
            }
        }
    }

    /// The buffer of integers with the given number, out of the shelf; nobody else holds it.
    pub fn int(&mut self, slot: u32, len: usize) -> Arc<Vec<u32>> {
        let slot = slot as usize;
        if self.ints.len() <= slot {
            self.ints.resize(slot + 1, None);
        }
        match self.ints[slot].take() {
            Some(v) if v.len() == len && Arc::strong_count(&v) == 1 => v,
            other => {
                other.into_iter().for_each(|v| self.pool.put(Data::Int(v)));
                self.pool.int(len)
            }
        }
    }

    pub fn put_real(&mut self, slot: u32, v: Arc<Vec<T>>) {
        self.reals[slot as usize] = Some(v);
    }

    pub fn put_int(&mut self, slot: u32, v: Arc<Vec<u32>>) {
        self.ints[slot as usize] = Some(v);
    }

    pub fn real_at(&self, slot: u32) -> &Arc<Vec<T>> {
        self.reals[slot as usize].as_ref().expect("a plan computes operands first")
    }

    pub fn int_at(&self, slot: u32) -> &Arc<Vec<u32>> {
        self.ints[slot as usize].as_ref().expect("a plan computes operands first")
    }

    /// Values in buffers outlive the run: each line gets its buffer's storage, which leaves the shelf.
    pub fn keep_real(&mut self, id: u32, slot: u32) {
        let v = Arc::clone(self.real_at(slot));
        self.hold(id, Data::Real(v), Some(slot));
    }

    pub fn keep_int(&mut self, id: u32, slot: u32) {
        let v = Arc::clone(self.int_at(slot));
        self.hold(id, Data::Int(v), Some(slot));
    }

    /// The shelf lets go of a buffer whose values are kept.
    pub fn let_go(&mut self, slot: u32, int: bool) {
        if int {
            self.ints[slot as usize] = None;
        } else {
            self.reals[slot as usize] = None;
        }
    }

    pub fn pin(&mut self, id: u32) {
        self.pinned.insert(id);
        self.history = mix(self.history, u64::from(id) | 1 << 40);
    }

    pub fn pinned(&self, id: u32) -> bool {
        !self.pinned.is_empty() && self.pinned.contains(&id)
    }

    /// Whether the line's value stays where it is: it is small and in no region, somebody pinned it, or it is a leaf's.
    pub fn stays(&self, g: &Graph<T>, id: u32) -> bool {
        let small = || g.bytes(id) <= SMALL && g.regions.innermost(id).is_none();
        self.pinned(id) || small() || matches!(g.node(id).op.get().form(), Form::Leaf(_))
    }

    /// Releases all values but those that were computed here.
    pub fn release_foreign(&mut self) {
        let mut k = 0;
        while k < self.held.len() {
            let id = self.held[k];
            if self.values[id as usize].as_ref().is_none_or(|held| held.home.is_none()) {
                self.held.swap_remove(k);
                self.release(id);
            } else {
                k += 1;
            }
        }
    }

    /// Releases the large values that nobody has pinned.
    pub fn release_large(&mut self, g: &Graph<T>) {
        let mut k = 0;
        while k < self.held.len() {
            let id = self.held[k];
            if self.stays(g, id) {
                k += 1;
            } else {
                self.held.swap_remove(k);
                self.release(id);
            }
        }
    }

    pub fn history(&self) -> u64 {
        self.history
    }

    /// A run of a plan begins: `key` is the history after it.
    pub fn begin_run(&mut self, plan: &Arc<Plan<T>>, key: u64) {
        self.history = key;
        self.peak = self.peak.max(self.computed + plan.bytes());
        match self.log.back_mut() {
            Some((last, times)) if Arc::ptr_eq(last, plan) => *times += 1,
            _ => self.log.push_back((Arc::clone(plan), 1)),
        }
        if self.log.len() > LOGGED
            && let Some((plan, times)) = self.log.pop_front()
        {
            let lines = plan.computed.last().map_or(0, |id| *id as usize + 1);
            self.counts.resize(self.counts.len().max(lines), 0);
            plan.computed.iter().for_each(|id| self.counts[*id as usize] += times);
        }
    }

    /// What is at hand from here on follows from no history: a run has faulted, or values come from elsewhere.
    pub fn stray(&mut self) {
        self.strays += 1;
        self.history = mix(mix(self.history, u64::MAX), self.strays);
    }

    /// The plans that have run last since the tape was cleared, and how often each in turn.
    pub fn log(&self) -> impl Iterator<Item = (&Plan<T>, u32)> {
        self.log.iter().map(|(plan, times)| (&**plan, *times))
    }

    /// How often a line has been computed since the tape was cleared.
    pub fn runs(&self, id: u32) -> u32 {
        let times = |plan: &Plan<T>| {
            let from = plan.computed.partition_point(|&c| c < id);
            plan.computed[from..].iter().take_while(|&&c| c == id).count() as u32
        };
        let before = self.counts.get(id as usize).copied().unwrap_or(0);
        before + self.log.iter().map(|(plan, n)| n * times(plan)).sum::<u32>()
    }

    /// The most bytes of computed values that have been in use at once since the tape was cleared.
    pub fn peak(&self) -> usize {
        self.peak
    }

    /// Bytes of all values at hand.
    pub fn bytes(&self) -> usize {
        let mut ids = self.held.clone();
        ids.sort_unstable();
        ids.dedup();
        ids.iter().filter_map(|&id| self.get(id)).map(Data::bytes).sum()
    }

    /// Bytes held: values at hand, buffers that wait for the next line, and the kernels' scratch memory.
    pub fn bytes_held(&self) -> usize {
        let reals: usize = self.reals.iter().flatten().map(|v| size_of_val(&v[..])).sum();
        let ints: usize = self.ints.iter().flatten().map(|v| size_of_val(&v[..])).sum();
        self.bytes() + reals + ints + self.pool.bytes() + self.scratch.capacity() * size_of::<T>()
    }
}
