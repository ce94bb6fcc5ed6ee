//! The reverse sweep told step by step: which line was visited, what its rule was given, wrote and gave to whom.
//! It is the sweep that `backward` takes, with a listener; drawings, steppers and lessons take their order from it.

use std::ops::Range;

use smallvec::SmallVec;

use super::reverse::reverse_told;
use super::vjp::{check_scalar, same_tapes, seed};
use crate::error::OrRaise;
use crate::real::Real;
use crate::tape::{Given, Var};

/// The visit of one primal line by a reverse sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    /// The primal line whose rule was called, the first of its results.
    pub line: u32,
    /// The cotangent of each result; `None` where nothing depends on it.
    pub cotangents: Vec<Option<u32>>,
    /// The lines that the rule wrote.
    pub wrote: Range<u32>,
    /// What it gave to each operand that a wanted line leads to.
    pub gives: Vec<Give>,
}

/// What a rule gave to one operand.
#[derive(Clone, Debug, PartialEq)]
pub struct Give {
    /// The operand's position.
    pub operand: usize,
    /// The operand's line.
    pub to: u32,
    /// The line with the contribution, which may be older than the rule; `None` where the derivative is zero by decree.
    pub line: Option<u32>,
    /// Why the derivative is zero, where it is so by decree.
    pub why_zero: Option<&'static str>,
    /// The line that adds it to what had arrived before, where it is not the first contribution.
    pub sum: Option<u32>,
}

impl Visit {
    pub(super) fn new(line: u32, cotangents: &SmallVec<[Option<u32>; 2]>) -> Self {
        Visit { line, cotangents: cotangents.to_vec(), wrote: 0..0, gives: Vec::new() }
    }

    pub(super) fn give(&mut self, operand: usize, to: u32, given: Given, sum: Option<u32>) {
        let (line, why_zero) = match given {
            Given::Missing => return,
            Given::Zero(why) => (None, Some(why)),
            Given::Line(line) => (Some(line), None),
        };
        self.gives.push(Give { operand, to, line, why_zero, sum });
    }
}

/// A reverse sweep and its story.
#[derive(Clone, Debug)]
pub struct ReverseSweep<'t, T: Real> {
    /// The seed: ∂y/∂y = 1.
    pub seed: Var<'t, T>,
    /// The cotangent of each line asked for; `None` where no derivative arrives.
    pub cotangents: Vec<Option<Var<'t, T>>>,
    /// The visits in their order, from the root to the leaves.
    pub visits: Vec<Visit>,
}

/// The reverse sweep of a scalar line for the lines `wrt`, with what happened at each line on the way.
///
/// The lines are those that [`grad`](crate::grad) writes.
///
/// # Panics
/// As [`grad`](crate::grad).
///
/// ```
/// use wengert::{prelude::*, reverse_sweep};
/// let tape = Tape::<f64>::default();
/// let x = tape.var(3.0);
/// let y = x * x;
/// let sweep = reverse_sweep(y, &[x]);
/// assert_eq!(sweep.cotangents[0].unwrap().item(), 6.0);
/// let visit = &sweep.visits[0];
/// assert_eq!((visit.line, visit.gives.len()), (y.id(), 2));
/// assert!(visit.gives[1].sum.is_some());                          // x was used twice: contributions add up
/// ```
#[track_caller]
pub fn reverse_sweep<'t, T: Real>(y: Var<'t, T>, wrt: &[Var<'t, T>]) -> ReverseSweep<'t, T> {
    check_scalar(y, "reverse_sweep").or_raise();
    same_tapes(y, wrt, "reverse_sweep");
    let tape = y.tape;
    let ids: SmallVec<[u32; 8]> = wrt.iter().map(|v| v.id).collect();
    let mut visits = Vec::new();
    let (seed, sweep) = tape.on_behalf(|| {
        tape.or_take_back(|| {
            let seed = seed(y);
            (seed, reverse_told(tape, &[(y.id, seed.id)], &ids, &mut visits))
        })
    });
    let cotangents = sweep.cotangents.into_iter().map(|c| c.map(|id| Var::new(tape, id))).collect();
    ReverseSweep { seed, cotangents, visits }
}
