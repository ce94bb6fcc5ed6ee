//! How an operation is held and applied: a reference that is cheap to copy out of its line, operands of either kind, results.
//! The one function that appends lines stands in `record`; these are the types it speaks in.

use std::sync::Arc;

use super::op::Op;
use super::record::Tape;
use super::row::Bound;
use super::var::{IntVar, Var};
use crate::real::Real;

/// An operation as a line holds it; cheap to copy out before a rule runs.
#[derive(Debug)]
pub enum OpRef<T: Real> {
    /// A row of the pointwise table.
    Row(Bound<T>),
    /// An operation without attributes.
    Static(&'static dyn Op<T>),
    /// An operation with attributes, or a user's own.
    Shared(Arc<dyn Op<T>>),
}

impl<T: Real> Clone for OpRef<T> {
    fn clone(&self) -> Self {
        match self {
            OpRef::Row(r) => OpRef::Row(*r),
            OpRef::Static(o) => OpRef::Static(*o),
            OpRef::Shared(o) => OpRef::Shared(Arc::clone(o)),
        }
    }
}

impl<T: Real> OpRef<T> {
    /// The operation behind the reference.
    pub fn get(&self) -> &dyn Op<T> {
        match self {
            OpRef::Row(r) => r,
            OpRef::Static(o) => *o,
            OpRef::Shared(o) => &**o,
        }
    }

    /// A reference to an operation with attributes, or to a user's own.
    pub fn new(op: impl Op<T>) -> Self {
        OpRef::Shared(Arc::new(op))
    }
}

/// A handle of either kind, as [`Tape::apply`](super::Tape::apply) takes it.
#[derive(Clone, Copy, Debug)]
pub enum Operand<'t, T: Real> {
    /// A real line.
    Real(Var<'t, T>),
    /// An integer line.
    Int(IntVar<'t, T>),
}

impl<'t, T: Real> Operand<'t, T> {
    /// Tape and line number.
    pub(crate) fn place(&self) -> (&'t Tape<T>, u32) {
        match *self {
            Operand::Real(v) => (v.tape, v.id),
            Operand::Int(v) => (v.tape, v.id),
        }
    }
}

impl<'t, T: Real> From<Var<'t, T>> for Operand<'t, T> {
    fn from(v: Var<'t, T>) -> Self {
        Operand::Real(v)
    }
}

impl<'t, T: Real> From<IntVar<'t, T>> for Operand<'t, T> {
    fn from(v: IntVar<'t, T>) -> Self {
        Operand::Int(v)
    }
}

/// The results of one recorded operation.
#[derive(Clone, Copy, Debug)]
pub struct Results<'t, T: Real> {
    pub(super) tape: &'t Tape<T>,
    pub(super) head: u32,
    pub(super) count: u32,
}

impl<'t, T: Real> Results<'t, T> {
    /// The number of results.
    #[allow(clippy::len_without_is_empty, reason = "an operation has at least one result")]
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// The number of the first result's line; the others follow it.
    pub fn line(&self) -> u32 {
        self.head
    }

    /// Result `k`, a real one.
    ///
    /// # Panics
    /// There is no such result, or it is of the integer kind.
    #[track_caller]
    pub fn real(&self, k: usize) -> Var<'t, T> {
        Var::from_result(self.tape, self.id(k))
    }

    /// Result `k`, an integer one.
    ///
    /// # Panics
    /// There is no such result, or it is real.
    #[track_caller]
    pub fn int(&self, k: usize) -> IntVar<'t, T> {
        IntVar::from_result(self.tape, self.id(k))
    }

    #[track_caller]
    pub(crate) fn id(&self, k: usize) -> u32 {
        assert!(k < self.len(), "result {k} of an operation with {} results", self.count);
        self.head + k as u32
    }
}
