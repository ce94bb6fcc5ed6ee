//! Buffers for large values, given out when all their lifetimes are known: the largest first, each into the smallest buffer
//! that is free while it lives (greedy by size: Pisarchyk and Lee, "Efficient memory management for deep neural net
//! inference", 2020). Small values are given theirs as they come, which is quicker and wastes little.

use std::collections::BTreeMap;

use super::{Plan, Source};
use crate::tape::Kind;

/// Values from so many elements on are large.
pub(super) const LARGE: usize = 1 << 12;

/// Numbers from here on stand for large buffers until they are placed.
const FIRST: u32 = 1 << 31;

/// A buffer that is wanted from one step to another, for a value and for those that take it over in place.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    kind: Kind,
    size: usize,
    first: u32,
    /// The last step that needs it; none for a value that outlives the run.
    last: Option<u32>,
}

/// A buffer and the steps at which it is in use.
#[derive(Debug)]
struct Buffer {
    kind: Kind,
    size: usize,
    /// First and last step of each use.
    used: BTreeMap<u32, u32>,
}

/// So many buffers are tried for a value, from the smallest on, which bounds the work on endless tapes.
const TRIED: usize = 256;

/// The large buffers of a plan.
#[derive(Debug, Default)]
pub(super) struct Large {
    wanted: Vec<Wanted>,
}

impl Large {
    /// A buffer from step `first` on; what it is called until it is placed.
    pub fn begin(&mut self, size: usize, kind: Kind, first: u32) -> u32 {
        self.wanted.push(Wanted { kind, size, first, last: None });
        FIRST + self.wanted.len() as u32 - 1
    }

    /// Step `last` is the last that needs the buffer; whether it is one of these.
    pub fn end(&mut self, slot: u32, last: u32) -> bool {
        let Some(k) = slot.checked_sub(FIRST) else { return false };
        self.wanted[k as usize].last = Some(last);
        true
    }

    /// The size of a buffer of these.
    pub fn size(&self, slot: u32) -> Option<usize> {
        slot.checked_sub(FIRST).map(|k| self.wanted[k as usize].size)
    }

    /// Gives every buffer its place beside those that the plan has, and its number there wherever the plan names it.
    pub fn place<T: crate::real::Real>(self, plan: &mut Plan<T>) {
        if self.wanted.is_empty() {
            return;
        }
        let mut order: Vec<usize> = (0..self.wanted.len()).collect();
        // What outlives the run leaves its buffer with it, which must be of just its size.
        order.sort_by_key(|&k| (self.wanted[k].last.is_some(), std::cmp::Reverse(self.wanted[k].size), k));
        let mut buffers: Vec<Buffer> = Vec::new();
        let mut places = vec![0; self.wanted.len()];
        for k in order {
            let w = &self.wanted[k];
            let steps = (w.first, w.last.unwrap_or(u32::MAX));
            let free = |b: &Buffer| b.used.range(..=steps.1).next_back().is_none_or(|(_, last)| *last < steps.0);
            let fits = |b: &Buffer| b.kind == w.kind && b.size >= w.size && w.last.is_some() && free(b);
            let tried = (0..buffers.len()).rev().take(TRIED);
            let best = tried.filter(|&b| fits(&buffers[b])).min_by_key(|&b| buffers[b].size);
            places[k] = best.unwrap_or(buffers.len());
            match best {
                Some(b) => drop(buffers[b].used.insert(steps.0, steps.1)),
                None => buffers.push(Buffer { kind: w.kind, size: w.size, used: BTreeMap::from([steps]) }),
            }
        }
        let mut numbers = Vec::with_capacity(buffers.len());
        for b in &buffers {
            let sizes = if b.kind == Kind::Real { &mut plan.reals } else { &mut plan.ints };
            numbers.push(sizes.len() as u32);
            sizes.push(b.size);
        }
        let placed = |source: &mut Source| {
            if let Source::Real { slot, .. } | Source::Int { slot, .. } = source
                && let Some(k) = slot.checked_sub(FIRST)
            {
                *slot = numbers[places[k as usize]];
            }
        };
        plan.sources.iter_mut().for_each(placed);
        plan.targets.iter_mut().flatten().for_each(placed);
        plan.kept.iter_mut().for_each(|(_, source)| placed(source));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::plan::{Plan, Source};

    /// Sizes of the buffers, and the buffer of each value: kind, size, first and last step.
    fn placed(values: &[(Kind, usize, u32, Option<u32>)]) -> (Vec<usize>, Vec<usize>, Vec<u32>) {
        let (mut large, mut plan) = (Large::default(), Plan::<f32>::default());
        for &(kind, size, first, last) in values {
            let slot = large.begin(size, kind, first);
            last.into_iter().for_each(|last| assert!(large.end(slot, last)));
            plan.sources.push(match kind {
                Kind::Real => Source::Real { slot, len: size },
                Kind::Int => Source::Int { slot, len: size },
            });
        }
        large.place(&mut plan);
        let slot = |s: &Source| match *s {
            Source::Real { slot, .. } | Source::Int { slot, .. } => slot,
            _ => unreachable!(),
        };
        (plan.reals, plan.ints, plan.sources.iter().map(slot).collect())
    }

    #[test]
    fn values_share_a_buffer_where_their_lives_do_not_meet() {
        use Kind::{Int, Real};
        // A pyramid: what a backward pass computes grows as it goes, and would not fit in what was free before.
        let (reals, ints, slots) = placed(&[
            (Real, 8000, 0, Some(1)),
            (Real, 5000, 1, Some(2)),
            (Real, 4500, 3, Some(4)),
            (Real, 8000, 5, Some(6)),
            (Int, 4500, 0, Some(9)),
        ]);
        assert_eq!((reals, ints), (vec![8000, 5000], vec![4500]));
        assert_eq!(slots, [0, 1, 1, 0, 0]);
    }

    #[test]
    fn what_outlives_the_run_has_a_buffer_of_just_its_size() {
        let (reals, _, slots) = placed(&[(Kind::Real, 9000, 0, Some(3)), (Kind::Real, 5000, 4, None)]);
        assert_eq!((reals, slots), (vec![5000, 9000], vec![1, 0]));
        let (reals, _, _) = placed(&[(Kind::Real, 5000, 0, Some(3)), (Kind::Real, 5000, 4, None)]);
        assert_eq!(reals, [5000]);
    }
}
