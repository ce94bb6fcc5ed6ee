//! The tape: the ordered list of operations (Wengert, 1964), its handles, and the contract every operation fulfils.
//! Recording appends lines and checks shapes; nothing here computes a value or a derivative.

mod again;
mod apply;
mod data;
mod eval;
mod fingerprint;
mod form;
mod graph;
mod kept;
mod leaf;
mod line;
mod marks;
mod op;
mod record;
mod region;
mod row;
mod rule;
mod scope;
mod sig;
mod structure;
mod transcribe;
mod var;
mod writing;

pub use apply::{OpRef, Operand, Results};
pub use data::{Data, IntoInts, IntoTensor, Kind, Tensor};
pub use eval::{Arg, Cx, Fault, Out, Prepared};
pub use form::{AttrValue, Attributes, Form, ReduceKind};
pub use line::Line;
pub use op::{Cost, Decision, Op, Reads, StepKind, Which};
pub use record::Tape;
pub use row::{Arith, Bound, DecideRule, Push, PushRule, Row};
pub use rule::{At, Jvp, Vjp};
pub use scope::Scope;
pub use sig::{ResultSig, ResultSigs, Sig};
pub use var::{IntVar, Var};

pub(crate) use data::array_from;
pub(crate) use graph::Graph;
pub(crate) use kept::{Asked, Sweep};
pub(crate) use record::Slot;
pub(crate) use rule::Given;
#[cfg(test)]
pub(crate) use structure::of_op as structure_of_op;
