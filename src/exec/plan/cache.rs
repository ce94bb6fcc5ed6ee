//! Plans of earlier steps: an identical tape that is asked for the same lines in the same order finds its plan again.
//! The key covers the structure of the tape and everything that happened to its values since it was cleared.

use std::sync::Arc;

use super::Plan;

/// Plans kept: training and evaluation, with and without a last, smaller batch, and some more.
const MOST: usize = 32;

/// Lines that the plans kept may compute in all, unless one alone has more.
const MOST_LINES: usize = 1 << 20;

#[derive(Debug)]
pub(in super::super) struct PlanCache<T> {
    entries: Vec<Entry<T>>,
    clock: u64,
}

#[derive(Debug)]
struct Entry<T> {
    key: u64,
    used: u64,
    plan: Arc<Plan<T>>,
}

impl<T> Default for PlanCache<T> {
    fn default() -> Self {
        PlanCache { entries: Vec::new(), clock: 0 }
    }
}

impl<T> PlanCache<T> {
    pub fn find(&mut self, key: u64) -> Option<Arc<Plan<T>>> {
        let entry = self.entries.iter_mut().find(|e| e.key == key)?;
        self.clock += 1;
        entry.used = self.clock;
        Some(Arc::clone(&entry.plan))
    }

    /// Adds a plan, and gives up those that have not been used for longest where there are too many.
    pub fn add(&mut self, key: u64, plan: &Arc<Plan<T>>) {
        self.clock += 1;
        self.entries.push(Entry { key, used: self.clock, plan: Arc::clone(plan) });
        let lines = |entries: &[Entry<T>]| entries.iter().map(|e| e.plan.computed.len()).sum::<usize>();
        while self.entries.len() > MOST || self.entries.len() > 1 && lines(&self.entries) > MOST_LINES {
            let oldest = (0..self.entries.len()).min_by_key(|&k| self.entries[k].used).expect("there are entries");
            self.entries.swap_remove(oldest);
        }
    }
}

/// Mixes a number into a key (the finaliser of SplitMix64: Steele, Lea & Flood, 2014).
pub(in super::super) fn mix(key: u64, value: u64) -> u64 {
    let mut z = (key ^ value).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
