//! What a rule sees and where it puts its lines: one opaque context for the reverse rule, one for the forward rule.
//! A cotangent or tangent that nobody wants is never written, and one that a rule forgets is an error.

use std::cell::RefCell;
use std::ops::Deref;

use smallvec::SmallVec;

use super::op::{Decision, Reads};
use super::record::Tape;
use super::var::{IntVar, Var};
use crate::error::Error;
use crate::real::Real;
use crate::shape::Dims;

/// A line seen from its rule: operands and results as handles.
#[derive(Clone, Debug)]
pub struct At<'t, T: Real> {
    tape: &'t Tape<T>,
    head: u32,
    operands: SmallVec<[u32; 4]>,
    /// Where the results are read; the head, except for a rule that reads them computed again.
    results: u32,
    reads: Reads,
}

impl<'t, T: Real> At<'t, T> {
    pub(crate) fn new(tape: &'t Tape<T>, head: u32) -> Self {
        let g = tape.graph.borrow();
        At { tape, head, operands: g.operands(head).into(), results: head, reads: g.node(head).op.get().reads() }
    }

    /// As the line is seen by a rule that reads other lines with the values of its operands and results.
    pub(crate) fn reading(tape: &'t Tape<T>, head: u32, instead: impl Fn(u32) -> u32) -> Self {
        let mut at = At::new(tape, head);
        at.operands.iter_mut().for_each(|o| *o = instead(*o));
        at.results = instead(head);
        at
    }

    /// As the line is seen by those who ask what it decides: nothing is freed meanwhile, so everything may be read.
    fn to_all(tape: &'t Tape<T>, head: u32) -> Self {
        At { reads: Reads::ALL, ..At::new(tape, head) }
    }

    /// The tape that the rule writes on.
    pub fn tape(&self) -> &'t Tape<T> {
        self.tape
    }

    /// The primal line.
    pub fn head(&self) -> u32 {
        self.head
    }

    /// The number of operands.
    pub fn arity(&self) -> usize {
        self.operands.len()
    }

    /// Real operand `i`.
    pub fn x(&self, i: usize) -> Var<'t, T> {
        self.check(self.reads.operands.contains(i), "operand", i);
        Var::new(self.tape, self.operands[i])
    }

    /// Integer operand `i`.
    pub fn int(&self, i: usize) -> IntVar<'t, T> {
        IntVar::new(self.tape, self.operands[i])
    }

    /// The first result.
    pub fn y(&self) -> Var<'t, T> {
        self.result(0)
    }

    /// Real result `k`.
    pub fn result(&self, k: usize) -> Var<'t, T> {
        self.check(self.reads.results.contains(k), "result", k);
        Var::new(self.tape, self.results + k as u32)
    }

    /// Integer result `k`.
    pub fn result_index(&self, k: usize) -> IntVar<'t, T> {
        self.check(self.reads.results.contains(k), "result", k);
        IntVar::new(self.tape, self.results + k as u32)
    }

    /// The shape of operand `i`; reading it keeps no value alive.
    pub fn dims(&self, i: usize) -> Dims {
        self.tape.dims_of(self.operands[i])
    }

    /// The shape of result `k`.
    pub fn result_dims(&self, k: usize) -> Dims {
        self.tape.dims_of(self.head + k as u32)
    }

    /// The planner frees what a rule does not read, so an undeclared read would cost a recomputation nobody planned.
    fn check(&self, declared: bool, what: &str, i: usize) {
        debug_assert!(declared, "the rule of {} reads {what} {i}, which its `reads` does not declare", self.name());
    }

    pub(crate) fn name(&self) -> &'static str {
        self.tape.op_name(self.head)
    }

    /// An error of the rule, told at the line that the rule belongs to.
    fn blame(&self, e: Error) -> Error {
        self.tape.blame(e, self.name(), &self.operands)
    }
}

/// What a rule has said about one operand or result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    Missing,
    Zero(&'static str),
    Line(u32),
}

/// The context of a reverse rule: cotangents of the results in, cotangents of the operands out.
#[derive(Debug)]
pub struct Vjp<'t, T: Real> {
    at: At<'t, T>,
    cotangents: SmallVec<[Option<u32>; 2]>,
    wanted: SmallVec<[bool; 4]>,
    given: RefCell<SmallVec<[Given; 4]>>,
}

impl<'t, T: Real> Deref for Vjp<'t, T> {
    type Target = At<'t, T>;
    fn deref(&self) -> &At<'t, T> {
        &self.at
    }
}

impl<'t, T: Real> Vjp<'t, T> {
    pub(crate) fn new(at: At<'t, T>, cotangents: SmallVec<[Option<u32>; 2]>, wanted: SmallVec<[bool; 4]>) -> Self {
        let given = RefCell::new(SmallVec::from_elem(Given::Missing, wanted.len()));
        Vjp { at, cotangents, wanted, given }
    }

    /// The cotangent of the first result, zeros where it has none.
    pub fn g(&self) -> Var<'t, T> {
        self.cotangent(0).unwrap_or_else(|| self.tape().fill(self.result_dims(0), T::zero()))
    }

    /// The cotangent of result `k`, or `None` where nothing depends on it.
    pub fn cotangent(&self, k: usize) -> Option<Var<'t, T>> {
        self.cotangents[k].map(|id| Var::new(self.tape(), id))
    }

    /// Whether the cotangent of operand `i` is wanted; [`give`](Vjp::give) asks this by itself.
    pub fn wants(&self, i: usize) -> bool {
        self.wanted[i]
    }

    /// Gives the cotangent of operand `i`; `f` runs only where it is wanted.
    ///
    /// # Panics
    /// Its shape is not the operand's, or it was given before.
    pub fn give(&self, i: usize, f: impl FnOnce() -> Var<'t, T>) {
        if !self.wants(i) {
            return;
        }
        let v = f();
        if !v.tape.graph.borrow().same_shape(v.id, self.operands[i]) {
            let (is, wants) = (v.dims(), self.dims(i));
            let e = Error::shape(format!("the reverse rule gives operand {i} a cotangent of shape {is}"))
                .rule(format!("a cotangent has its operand's shape, {wants}"))
                .fix("sum over, reshape or transpose in the `vjp` of this operation");
            self.blame(e).raise();
        }
        self.put(i, Given::Line(v.id));
    }

    /// Says that the cotangent of operand `i` is zero wherever the derivative exists, and why.
    pub fn zero(&self, i: usize, why: &'static str) {
        if self.wants(i) {
            self.put(i, Given::Zero(why));
        }
    }

    fn put(&self, i: usize, g: Given) {
        let slot = &mut self.given.borrow_mut()[i];
        assert_eq!(*slot, Given::Missing, "the reverse rule of {} gives operand {i} twice", self.name());
        *slot = g;
    }

    /// What the rule gave, one entry an operand; a wanted operand it forgot is an error.
    pub(crate) fn finish(self) -> SmallVec<[Given; 4]> {
        let given = self.given.into_inner();
        if let Some(i) = (0..given.len()).find(|&i| self.wanted[i] && given[i] == Given::Missing) {
            forgotten("vjp", "give", &self.at, i);
        }
        given
    }
}

fn forgotten<T: Real>(rule: &str, by: &str, at: &At<'_, T>, operand: usize) -> ! {
    let e = Error::tape(format!("its `{rule}` says nothing about operand {operand}"))
        .rule("a rule speaks of every real operand, so that no derivative is lost in silence")
        .fix(format!("call `r.{by}({operand}, ..)`, or `r.zero({operand}, \"why\")` where it is zero everywhere"));
    at.blame(e).raise()
}

/// The context of a forward rule: tangents of the operands in, tangents of the results out.
#[derive(Debug)]
pub struct Jvp<'t, T: Real> {
    at: At<'t, T>,
    tangents: SmallVec<[Option<u32>; 4]>,
    spoken: RefCell<SmallVec<[bool; 4]>>,
    sums: RefCell<SmallVec<[Option<u32>; 2]>>,
}

impl<'t, T: Real> Deref for Jvp<'t, T> {
    type Target = At<'t, T>;
    fn deref(&self) -> &At<'t, T> {
        &self.at
    }
}

impl<'t, T: Real> Jvp<'t, T> {
    pub(crate) fn new(at: At<'t, T>, tangents: SmallVec<[Option<u32>; 4]>, results: usize) -> Self {
        let spoken = RefCell::new(SmallVec::from_elem(false, tangents.len()));
        Jvp { at, tangents, spoken, sums: RefCell::new(SmallVec::from_elem(None, results)) }
    }

    /// The tangent of operand `i`, or `None` where it does not move.
    pub fn dx(&self, i: usize) -> Option<Var<'t, T>> {
        self.tangents[i].map(|id| Var::new(self.tape(), id))
    }

    /// The number of results.
    pub fn results(&self) -> usize {
        self.sums.borrow().len()
    }

    /// Adds (∂y/∂xᵢ) ẋᵢ to the tangent of the first result; `f` runs only where operand `i` moves.
    pub fn term(&self, i: usize, f: impl FnOnce(Var<'t, T>) -> Var<'t, T>) {
        self.term_of(0, i, f);
    }

    /// Adds (∂yₖ/∂xᵢ) ẋᵢ to the tangent of result `k`.
    ///
    /// # Panics
    /// Its shape is not the result's.
    pub fn term_of(&self, k: usize, i: usize, f: impl FnOnce(Var<'t, T>) -> Var<'t, T>) {
        self.spoken.borrow_mut()[i] = true;
        let Some(dx) = self.dx(i) else { return };
        let v = f(dx);
        if !v.tape.graph.borrow().same_shape(v.id, self.head + k as u32) {
            let (is, wants) = (v.dims(), self.result_dims(k));
            let e = Error::shape(format!("the forward rule gives result {k} a tangent of shape {is}"))
                .rule(format!("a tangent has its result's shape, {wants}"))
                .fix("reshape or transpose in the `jvp` of this operation");
            self.blame(e).raise();
        }
        let sum = match self.sums.borrow()[k] {
            Some(id) => Var::new(self.tape(), id) + v,
            None => v,
        };
        self.sums.borrow_mut()[k] = Some(sum.id);
    }

    /// Says that the results do not move with operand `i` wherever the derivative exists, and why.
    pub fn zero(&self, i: usize, why: &'static str) {
        let _ = why;
        self.spoken.borrow_mut()[i] = true;
    }

    /// The tangents given, one entry a result; a moving operand that the rule forgot is an error.
    pub(crate) fn finish(self) -> SmallVec<[Option<u32>; 2]> {
        let spoken = self.spoken.into_inner();
        if let Some(i) = (0..spoken.len()).find(|&i| self.tangents[i].is_some() && !spoken[i]) {
            forgotten("jvp", "term", &self.at, i);
        }
        self.sums.into_inner()
    }
}

impl<T: Real> Tape<T> {
    /// The discrete choice that the operation of line `id` makes, as lines of its own: which element won, which side of
    /// a kink. `None` where it decides nothing.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.var([-1., 0.5]).relu();
    /// let decision = tape.decision(y.id()).unwrap();
    /// assert_eq!(decision.choice.value().as_slice().unwrap(), [0, 1]);
    /// assert_eq!(decision.gap.unwrap().value().as_slice().unwrap(), [1.0, 0.5]);
    /// ```
    pub fn decision(&self, id: u32) -> Option<Decision<'_, T>> {
        let head = self.graph.borrow().head(id);
        let op = self.op(head);
        self.in_rule_of(head, || op.get().decision(&At::to_all(self, head)))
    }
}
