//! A line of the tape as readers see it: listings, drawings, exports and lints take everything from here.
//! It is a copy of facts, so holding one never blocks the tape.

use std::panic::Location;
use std::sync::Arc;

use super::apply::{OpRef, Operand};
use super::data::Kind;
use super::form::{Attributes, Form};
use super::op::{Cost, StepKind};
use super::record::Tape;
use super::var::{IntVar, Var};
use crate::real::Real;
use crate::shape::Dims;

/// The facts of one operation on the tape, with all its results.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let x = tape.var([1., 2.]).named("x");
/// let _ = x.tanh().sum();
/// let ops: Vec<_> = tape.lines().map(|l| l.op).collect();
/// assert_eq!(ops, ["var", "tanh", "sum"]);
/// assert_eq!(tape.line(0).name.as_deref(), Some("x"));
/// ```
#[derive(Clone, Debug)]
pub struct Line {
    /// The number of its first result.
    pub id: u32,
    /// The operation's name.
    pub op: &'static str,
    /// The operation's attributes.
    pub attributes: Attributes,
    /// The lines it reads.
    pub operands: Vec<u32>,
    /// Kind and shape of each result; result k is line `id + k`.
    pub results: Vec<(Kind, Dims)>,
    /// The name given to it, if any.
    pub name: Option<Arc<str>>,
    /// The scope it was recorded in, outermost first, parts joined by `.`; empty outside of any.
    pub scope: Option<Arc<str>>,
    /// The user's source line.
    pub site: &'static Location<'static>,
    /// The line whose rule wrote this one, for adjoint and tangent lines.
    pub origin: Option<u32>,
    /// The line that this one computes again, for a sweep through a [`checkpoint`](Tape::checkpoint).
    pub again: Option<u32>,
    /// Whether a differentiable leaf leads to it.
    pub active: bool,
    /// How values move through it.
    pub step_kind: StepKind,
}

impl<T: Real> Tape<T> {
    /// The line that `id` is a result of.
    ///
    /// # Panics
    /// There is no such line.
    pub fn line(&self, id: u32) -> Line {
        let g = self.graph.borrow();
        let id = g.head(id);
        let node = g.node(id);
        let op = node.op.get();
        Line {
            id,
            op: op.name(),
            attributes: op.attributes(),
            operands: g.operands(id).to_vec(),
            results: (0..u32::from(node.results))
                .map(|k| (g.node(id + k).kind(), Dims::from(g.dims(id + k))))
                .collect(),
            name: g.names.get(&id).cloned(),
            scope: (node.scope > 0).then(|| Arc::clone(&g.scopes[usize::from(node.scope) - 1])),
            site: node.site,
            origin: node.written_by_rule().then_some(node.origin),
            again: node.again().then_some(node.origin),
            active: node.active(),
            step_kind: op.step_kind(),
        }
    }

    /// The operation of the line that `id` is a result of.
    ///
    /// With [`line`](Tape::line) and [`apply_ref`](Tape::apply_ref) a program is recorded again elsewhere, or with another
    /// operation in some line's place.
    ///
    /// # Panics
    /// There is no such line.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.var([1.0, 2.0]).exp();
    /// let again = tape.apply_ref(tape.op(y.id()), &[y.into()]).unwrap().real(0);
    /// assert_eq!(again.value(), y.exp().value());
    /// ```
    pub fn op(&self, id: u32) -> OpRef<T> {
        self.graph.borrow().node(id).op.clone()
    }

    /// What computing the line that `id` is a result of costs, roughly.
    ///
    /// # Panics
    /// There is no such line.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.var([[1., 2.]]).matmul(tape.var([[3.], [4.]]));
    /// assert_eq!(tape.cost(y.id()).flops, 4.0);
    /// ```
    pub fn cost(&self, id: u32) -> Cost {
        let g = self.graph.borrow();
        let head = g.head(id);
        let sigs = g.sigs(g.operands(head));
        g.node(head).op.get().cost(&sigs)
    }

    /// The handle of line `id`, of its kind.
    ///
    /// # Panics
    /// There is no such line.
    ///
    /// ```
    /// use wengert::{Operand, prelude::*};
    /// let tape = Tape::new();
    /// let x = tape.var(1.0);
    /// assert!(matches!(tape.handle(x.id()), Operand::Real(v) if v.id() == x.id()));
    /// ```
    pub fn handle(&self, id: u32) -> Operand<'_, T> {
        match self.kind_of(id) {
            Kind::Real => Var::new(self, id).into(),
            Kind::Int => IntVar::new(self, id).into(),
        }
    }

    /// The scalar formula of an elementwise line, from the source of its rule; `None` for other operations.
    ///
    /// # Panics
    /// There is no such line.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.formula(tape.var(1.0).tanh().id()), Some("x.tanh()"));
    /// ```
    pub fn formula(&self, id: u32) -> Option<&'static str> {
        match self.op(id).get().form() {
            Form::Pointwise(bound) => Some(bound.row.formula),
            _ => None,
        }
    }

    /// All lines in order, an operation with several results once.
    pub fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        let mut next = 0;
        std::iter::from_fn(move || {
            (next < self.len()).then(|| {
                let line = self.line(next as u32);
                next += line.results.len();
                line
            })
        })
    }
}
