//! Which lines must be computed or read for the lines asked for, and which values outlive the run.
//! A sweep costs what it visits, not the length of the tape: asking for every line of a long tape in turn stays linear.

use super::super::store::Store;
use super::Purpose;
use crate::real::Real;
use crate::tape::{Form, Graph, Kind};

/// Per line of a tape its number in the present plan, stamped so that nothing is cleared between plans.
#[derive(Debug, Default)]
pub(in super::super) struct Marks {
    entry: Vec<Mark>,
    now: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    stamp: u64,
    local: u32,
    keep: bool,
}

impl Marks {
    fn begin(&mut self, len: usize) {
        self.now += 1;
        if self.entry.len() < len {
            self.entry.resize(len, Mark::default());
        }
    }

    /// Whether the plan needs the line.
    pub fn has(&self, id: u32) -> bool {
        self.entry[id as usize].stamp == self.now
    }

    fn add(&mut self, id: u32) -> bool {
        let new = !self.has(id);
        if new {
            self.entry[id as usize] = Mark { stamp: self.now, local: 0, keep: false };
        }
        new
    }

    /// The number of a needed line among those of the plan.
    pub(super) fn local(&self, id: u32) -> usize {
        debug_assert!(self.has(id));
        self.entry[id as usize].local as usize
    }
}

/// A line that the plan computes or reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    pub id: u32,
    /// Its value is at hand, or it is a leaf.
    pub given: bool,
    /// Its value outlives the run.
    pub keep: bool,
}

/// The lines needed, ascending.
///
/// Availability is per result: a pooling whose maxima are at hand but whose indices are not runs again for the indices.
pub(super) fn needed<T: Real>(
    g: &Graph<T>,
    store: &Store<T>,
    marks: &mut Marks,
    wanted: &[u32],
    purpose: Purpose,
) -> Vec<Need> {
    marks.begin(g.len());
    let is_leaf = |id: u32| matches!(g.node(id).op.get().form(), Form::Leaf(_));
    let given = |id: u32| store.has(id) || is_leaf(id);
    let mut found: Vec<u32> = Vec::new();
    let mut stack: Vec<u32> = wanted.to_vec();
    while let Some(id) = stack.pop() {
        if marks.add(id) {
            found.push(id);
            if !given(id) {
                stack.extend_from_slice(g.operands(id));
            }
        }
    }
    for &id in wanted {
        marks.entry[id as usize].keep = true;
    }
    // A later backward may need values that nobody has asked for yet (argmax indices): they are computed now, and kept.
    if purpose == Purpose::Value {
        for k in 0..found.len() {
            let id = found[k];
            keep_for_backward(g, marks, &mut found, id, &given);
        }
    }
    found.sort_unstable();
    let outlives = |id: u32| match purpose {
        Purpose::Replay => false,
        // A pointwise line costs less to compute again than all of them would to keep.
        Purpose::Value | Purpose::Gradient => store.pinned(id) || store.stays(g, id) && !fuses(g, id),
    };
    let mut needs = Vec::with_capacity(found.len());
    for (k, &id) in found.iter().enumerate() {
        let given = given(id);
        let mark = &mut marks.entry[id as usize];
        mark.local = k as u32;
        needs.push(Need { id, given, keep: !store.has(id) && (mark.keep || !given && outlives(id)) });
    }
    needs
}

/// Whether the line can be part of a fused pass.
fn fuses<T: Real>(g: &Graph<T>, id: u32) -> bool {
    matches!(g.node(id).op.get().form(), Form::Pointwise(_) | Form::Fill(_) | Form::Splat | Form::Alias)
}

/// Marks what the rules of a line will read in a later backward, where a differentiable leaf leads to it.
fn keep_for_backward<T: Real>(
    g: &Graph<T>,
    marks: &mut Marks,
    found: &mut Vec<u32>,
    id: u32,
    given: &impl Fn(u32) -> bool,
) {
    let head = g.head(id);
    let node = g.node(head);
    let results = head..head + u32::from(node.results);
    if given(id) || !results.clone().any(|r| g.node(r).active()) {
        return;
    }
    let op = node.op.get();
    let reads = op.reads();
    let region = g.regions.outermost(head);
    for (i, &o) in g.operands(head).iter().enumerate() {
        let read_later = match &region {
            // Rules take integer operands without saying so.
            None => reads.operands.contains(i) || g.node(o).kind() == Kind::Int,
            // What flows into a region is what it will be computed again from.
            Some(lines) => !lines.contains(&o),
        };
        if read_later && !matches!(g.node(o).op.get().form(), Form::Leaf(_) | Form::Fill(_)) {
            marks.entry[o as usize].keep = true;
        }
    }
    if region.is_some() {
        return;
    }
    let dear = !op.cost(&g.sigs(g.operands(head))).cheap;
    for (k, r) in results.enumerate() {
        if (dear || reads.results.contains(k)) && !given(r) {
            if marks.add(r) {
                found.push(r);
            }
            marks.entry[r as usize].keep = true;
        }
    }
}
