//! The tape: the ordered list of operations (Wengert, 1964), its handles, and the contract every operation fulfils.
//! Recording appends lines and checks shapes; nothing here computes a value or a derivative.

mod data;
mod graph;
mod leaf;
mod line;
mod op;
mod record;
mod row;
mod rule;
mod var;

pub use data::{Data, IntoInts, IntoTensor, Kind, Tensor};
pub use line::Line;
pub use op::{
    Arg, AttrValue, Attributes, Cost, Cx, Decision, Fault, Form, Op, OpRef, Operand, Out, Reads, ReduceKind, ResultSig,
    ResultSigs, Results, Sig, StepKind, Which,
};
pub use record::{Scope, Tape};
pub use row::{Bound, Push, Row};
pub use rule::{At, Jvp, Vjp};
pub use var::{IntVar, Var};

pub(crate) use data::array_from;
pub(crate) use graph::Graph;
pub(crate) use record::Slot;
pub(crate) use rule::Given;
