//! From the lines asked for to the list of lines to compute: what is needed, what is at hand, what is kept.
//! Everything is decided here, before anything runs, so that a run of the same plan does the same work.

use super::store::Store;
use crate::real::Real;
use crate::tape::{Form, Graph, Kind};

/// Why lines are run, which decides what outlives its last reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Values were asked for: what a later backward will read is kept where a differentiable leaf leads to it, and what
    /// was at hand before stays.
    Value,
    /// Gradients were asked for: everything large is freed as the run goes.
    Gradient,
    /// A program runs: nothing but its outputs outlives its last reader.
    Replay,
}

/// Lines to compute, in order.
#[derive(Debug)]
pub(super) struct Plan {
    /// The first line of each operation.
    pub steps: Vec<u32>,
}

/// Plans the computation of `wanted`, and marks in the store which lines are needed and kept and how many readers each has.
///
/// Availability is per result: a pooling whose maxima are at hand but whose indices are not runs again for the indices.
pub(super) fn plan<T: Real>(g: &Graph<T>, store: &mut Store<T>, wanted: &[u32], purpose: Purpose) -> Plan {
    store.fit(g.len());
    let mut marks = std::mem::take(&mut store.marks);
    marks.begin(g.len());
    let stays = |store: &Store<T>, id| match purpose {
        Purpose::Replay => matches!(g.node(id).op.get().form(), Form::Leaf(_)),
        Purpose::Value | Purpose::Gradient => store.stays(g, id),
    };
    let mut steps = Vec::new();
    let mut stack: Vec<u32> = wanted.to_vec();
    for &id in wanted {
        marks.at(id).keep = true;
    }
    while let Some(id) = stack.pop() {
        if marks.at(id).needed {
            continue;
        }
        marks.at(id).needed = true;
        if store.has(id) {
            marks.at(id).keep |= purpose == Purpose::Value || stays(store, id);
            continue;
        }
        let head = g.head(id);
        let results = head..head + u32::from(g.node(head).results);
        let scheduled = results.clone().any(|r| r != id && marks.at(r).needed && !store.has(r));
        if scheduled {
            continue;
        }
        steps.push(head);
        stack.extend_from_slice(g.operands(head));
    }
    steps.sort_unstable();
    for &head in &steps {
        let node = g.node(head);
        let op = node.op.get();
        let reads = op.reads();
        let results = head..head + u32::from(node.results);
        let for_backward = purpose == Purpose::Value && results.clone().any(|r| g.node(r).active());
        let region = g.regions.outermost(head);
        let read_later = |i: usize, o: u32| match &region {
            // Rules take integer operands without saying so.
            None => reads.operands.contains(i) || g.node(o).kind() == Kind::Int,
            // What flows into a region is what it will be computed again from.
            Some(lines) => !lines.contains(&o),
        };
        for (i, &o) in g.operands(head).iter().enumerate() {
            let m = marks.at(o);
            m.readers += 1;
            m.keep |= for_backward && read_later(i, o);
        }
        let dear = for_backward && region.is_none() && !op.cost(&g.sigs(g.operands(head))).cheap;
        for (k, r) in results.enumerate() {
            let m = marks.at(r);
            m.keep |= stays(store, r);
            if dear || for_backward && region.is_none() && reads.results.contains(k) {
                // A later backward may need results that nobody has asked for yet (argmax indices): compute them now.
                m.needed = true;
                m.keep = true;
            }
        }
    }
    store.marks = marks;
    Plan { steps }
}
