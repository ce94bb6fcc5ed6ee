//! What a sweep does at a region: it writes copies of the lines that its rules will read, and the rules read the copies.
//! What a sweep writes for a region is a region again, so that a sweep over the sweep finds the same frugality.

use std::collections::HashMap;
use std::ops::Range;

use smallvec::SmallVec;

use crate::real::Real;
use crate::tape::{At, Form, Kind, Tape};

/// Regions that a sweep is in, from the largest on; regions that are still being recorded are none to it.
pub(super) struct Recompute<'a, 't, T: Real> {
    tape: &'t Tape<T>,
    /// The lines that the sweep visits, ascending.
    visited: &'a [u32],
    inside: Vec<Inside>,
}

struct Inside {
    range: Range<u32>,
    /// The region that the sweep writes for it.
    written: u32,
    copies: HashMap<u32, u32>,
}

impl<'a, 't, T: Real> Recompute<'a, 't, T> {
    pub fn new(tape: &'t Tape<T>, visited: &'a [u32]) -> Self {
        Recompute { tape, visited, inside: Vec::new() }
    }

    /// Line `head` as its rule is to see it; writes copies where the sweep enters a region. Call it outside of rules.
    pub fn at(&mut self, head: u32) -> At<'t, T> {
        while let Some(inside) = self.inside.pop_if(|inside| !inside.range.contains(&head)) {
            self.tape.close_region(inside.written);
        }
        let around: SmallVec<[u32; 4]> = {
            let g = self.tape.graph.borrow();
            g.regions.around(head).filter(|&r| !g.regions.is_open(r)).collect()
        };
        for &region in around.iter().rev().skip(self.inside.len()) {
            self.enter(region);
        }
        match self.inside[..] {
            [] => At::new(self.tape, head),
            _ => At::reading(self.tape, head, |id| self.copy_of(id)),
        }
    }

    /// The sweep is over.
    pub fn finish(self) {
        self.inside.iter().rev().for_each(|inside| self.tape.close_region(inside.written));
    }

    fn copy_of(&self, id: u32) -> u32 {
        self.inside.iter().rev().find_map(|inside| inside.copies.get(&id).copied()).unwrap_or(id)
    }

    fn enter(&mut self, region: u32) {
        let range = self.tape.graph.borrow().regions.range(region);
        let needed = self.needed(region, &range);
        let written = self.tape.open_region();
        let mut copies = HashMap::new();
        // The regions within this one that the copies are in, with the regions they stand in themselves.
        let mut within: Vec<(u32, u32)> = Vec::new();
        for head in needed {
            while let Some((_, copy)) =
                within.pop_if(|(r, _)| !self.tape.graph.borrow().regions.range(*r).contains(&head))
            {
                self.tape.close_region(copy);
            }
            let around: SmallVec<[u32; 4]> =
                self.tape.graph.borrow().regions.around(head).take_while(|&r| r != region).collect();
            for &r in around.iter().rev().skip(within.len()) {
                within.push((r, self.tape.open_region()));
            }
            let mut g = self.tape.graph.borrow_mut();
            let read = |o: &u32| copies.get(o).copied().unwrap_or_else(|| self.copy_of(*o));
            let operands: SmallVec<[u32; 4]> = g.operands(head).iter().map(read).collect();
            let copy = g.push_again(head, &operands);
            let results = u32::from(g.node(head).results);
            copies.extend((0..results).map(|k| (head + k, copy + k)));
        }
        within.iter().rev().for_each(|&(_, copy)| self.tape.close_region(copy));
        self.inside.push(Inside { range, written, copies });
    }

    /// The lines of a region, by their heads, that must be computed again: those that rules read, and what these need.
    fn needed(&self, region: u32, range: &Range<u32>) -> Vec<u32> {
        let g = self.tape.graph.borrow();
        let mut needed = vec![false; range.len()];
        let mark = |needed: &mut [bool], id: u32| {
            if range.contains(&id) {
                needed[(g.head(id) - range.start) as usize] = true;
            }
        };
        let first = self.visited.partition_point(|&id| id < range.start);
        for &id in self.visited[first..].iter().take_while(|&&id| id < range.end) {
            let head = g.head(id);
            if g.regions.innermost(head) == Some(region) {
                let node = g.node(head);
                let reads = node.op.get().reads();
                for (i, &o) in g.operands(head).iter().enumerate() {
                    // Rules take integer operands without saying so.
                    if reads.operands.contains(i) || g.node(o).kind() == Kind::Int {
                        mark(&mut needed, o);
                    }
                }
                if (0..usize::from(node.results)).any(|k| reads.results.contains(k)) {
                    mark(&mut needed, head);
                }
            }
        }
        // A region within this one will be copied in its turn, from what flows into it.
        for id in range.clone() {
            if let Some(child) = g.regions.around(id).take_while(|&r| r != region).last() {
                let child = g.regions.range(child);
                g.operands(id).iter().filter(|o| !child.contains(o)).for_each(|&o| mark(&mut needed, o));
            }
        }
        for id in range.clone().rev() {
            if needed[(id - range.start) as usize] {
                g.operands(id).iter().for_each(|&o| mark(&mut needed, o));
            }
        }
        // A leaf's value is at hand.
        let is_leaf = |id: u32| matches!(g.node(id).op.get().form(), Form::Leaf(_));
        range.clone().filter(|&id| needed[(id - range.start) as usize] && !is_leaf(id)).collect()
    }
}

/// `wanted` and all copies of its lines in regions, each with the place in `wanted` that it belongs to.
///
/// A line and its copies are one variable: a derivative with respect to it is the sum over all of them.
pub(super) fn with_copies<T: Real>(tape: &Tape<T>, wanted: &[u32]) -> Vec<(u32, usize)> {
    let mut all: Vec<(u32, usize)> = wanted.iter().copied().zip(0..).collect();
    let g = tape.graph.borrow();
    if g.again.is_empty() {
        return all;
    }
    for (k, &line) in wanted.iter().enumerate().filter(|(_, line)| g.regions.innermost(**line).is_some()) {
        let mut same = vec![line];
        // A copy stands after what it is a copy of.
        let after = g.again.partition_point(|&(copy, _)| copy <= line);
        for &(copy, of) in &g.again[after..] {
            if same.contains(&of) {
                same.push(copy);
                all.push((copy, k));
            }
        }
    }
    all
}
