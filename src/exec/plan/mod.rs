//! From the lines asked for to the steps that compute them: everything is decided here, before anything runs.
//! What is needed and kept, what is fused into one pass, what is stored or recomputed, in which order, and in which buffers.

mod buffers;
mod cache;
mod chain;
mod compile;
mod decide;
mod fuse;
mod large;
mod needed;
mod order;
mod registers;

use std::ops::Range;

use super::store::Store;
use crate::kernels::fused::Pass;
use crate::real::Real;
use crate::tape::Graph;

pub(super) use cache::{PlanCache, mix};
pub(super) use needed::Marks;

/// Why lines are run, which decides what outlives its last reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    /// Values were asked for: what a later backward will read is kept where a differentiable leaf leads to it, and what
    /// was at hand before stays.
    Value,
    /// Gradients were asked for: everything large is freed as the run goes.
    Gradient,
    /// A program runs: nothing but its outputs outlives its last reader.
    Replay,
}

/// Where an operand is read, or a kept value found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// In the line itself: it is a leaf.
    Leaf(u32),
    /// Among the values at hand from earlier runs.
    Held(u32),
    /// In a buffer of real numbers: the first `len` of them.
    Real { slot: u32, len: usize },
    /// In a buffer of integers.
    Int { slot: u32, len: usize },
    /// In the buffer of this output of the same step, which is computed in place.
    Output(u32),
}

/// One thing to do.
#[derive(Debug)]
pub(super) enum Action<T> {
    /// The kernel of the operation at this line.
    Call(u32),
    /// A fused pass.
    Pass(Box<Pass<T>>),
}

/// An action with its operands and results.
#[derive(Debug)]
pub(super) struct Step<T> {
    pub action: Action<T>,
    /// Among [`Plan::sources`].
    pub operands: Range<u32>,
    /// Among [`Plan::targets`].
    pub results: Range<u32>,
    /// Values at hand that nobody reads after this step: among [`Plan::released`].
    pub releases: Range<u32>,
}

/// The steps that compute some lines, with the buffers that they use.
#[derive(Debug)]
pub(super) struct Plan<T> {
    pub steps: Vec<Step<T>>,
    pub sources: Vec<Source>,
    /// Buffers of results: `None` for one that nobody wants.
    pub targets: Vec<Option<Source>>,
    pub released: Vec<u32>,
    /// Lines whose values outlive the run, and where they are then.
    pub kept: Vec<(u32, Source)>,
    /// Sizes of the buffers of real numbers, in elements.
    pub reals: Vec<usize>,
    /// Sizes of the buffers of integers.
    pub ints: Vec<usize>,
    /// The first line of everything that a step computes, ascending; what several steps compute stands there several times.
    pub computed: Vec<u32>,
    /// The lines of each step: what it reads, computes and stores.
    pub notes: Vec<Note>,
}

impl<T> Default for Plan<T> {
    fn default() -> Self {
        Plan {
            steps: Vec::new(),
            sources: Vec::new(),
            targets: Vec::new(),
            released: Vec::new(),
            kept: Vec::new(),
            reals: Vec::new(),
            ints: Vec::new(),
            computed: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// What a step is about, for those who ask.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub reads: Vec<u32>,
    pub lines: Vec<u32>,
    pub stored: Vec<u32>,
}

impl<T: Real> Plan<T> {
    /// Bytes of all buffers.
    pub fn bytes(&self) -> usize {
        self.reals.iter().sum::<usize>() * size_of::<T>() + self.ints.iter().sum::<usize>() * size_of::<u32>()
    }
}

/// What has a buffer anyway and is small stays in it.
fn keep_small<T: Real>(draft: &mut fuse::Draft<T>, stays: impl Fn(u32) -> bool) {
    let made = |line: &fuse::Line<T>| line.stored && !matches!(line.what, fuse::What::Fill(_) | fuse::What::Splat);
    draft.lines.iter_mut().filter(|line| made(line)).for_each(|line| line.keep |= stays(line.id));
}

/// Plans the computation of `wanted` for a store with certain values at hand.
pub(super) fn plan<T: Real>(g: &Graph<T>, store: &mut Store<T>, wanted: &[u32], purpose: Purpose) -> Plan<T> {
    let mut marks = std::mem::take(&mut store.marks);
    let lines = needed::needed(g, store, &mut marks, wanted, purpose);
    let mut draft = fuse::fuse(g, &lines, &marks, !store.line_by_line);
    decide::decide(&mut draft);
    if purpose != Purpose::Replay {
        keep_small(&mut draft, |id| store.stays(g, id));
    }
    let units = compile::compile(g, &draft);
    let order = order::order(&units);
    let plan = buffers::lay_out(g, &draft, units, &order, store, purpose);
    store.marks = marks;
    plan
}
