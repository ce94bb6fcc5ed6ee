//! Automatic differentiation for tensors on a visible tape.

#![deny(missing_docs)]
#![warn(missing_debug_implementations)]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

pub mod data;

mod adjoint;
mod check;
mod error;
mod exec;
mod kernels;
mod ops;
mod real;
mod shape;
mod tape;
mod trace;
mod window;

pub use adjoint::{grad, grad_with, jvp};
pub use check::{OpCheck, OpReport, Property, check_op};
pub use error::Error;
pub use exec::{Gradients, Inputs, NonFinite, Outputs, Program, Workspace};
pub use kernels::with_threads;
pub use ops::{AvgPool2d, BatchNormResults, ConvOptions, IntOrNumber, LineOrNumber, MaxPool2d, Scalar, Unfold};
pub use real::Real;
pub use shape::{Axes, Dims, broadcast_dims, keep};
pub use tape::{
    Arg, At, AttrValue, Attributes, Bound, Cost, Cx, Data, Decision, Fault, Form, IntVar, IntoInts, IntoTensor, Jvp,
    Kind, Line, Op, OpRef, Operand, Out, Push, Reads, ReduceKind, ResultSig, ResultSigs, Results, Row, Scope, Sig,
    StepKind, Tape, Tensor, Var, Vjp, Which,
};
pub use window::{PerAxis, Rounding, Window};

/// What most programs need; meant to be imported whole.
pub mod prelude {
    pub use crate::adjoint::{grad, grad_with, jvp};
    pub use crate::exec::Gradients;
    pub use crate::ops::{AvgPool2d, ConvOptions, MaxPool2d};
    pub use crate::shape::{Dims, keep};
    pub use crate::tape::{IntVar, Tape, Tensor, Var};
}
