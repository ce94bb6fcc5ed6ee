//! Differentiation as lines on the tape: the reverse sweep writes the adjoint program, the forward sweep the tangents.
//! Nothing is computed here; what a sweep writes can be listed, run and differentiated again.

mod forward;
mod hessian;
mod jacobian;
mod recompute;
mod reverse;
mod visit;
mod vjp;
mod why;

pub use forward::jvp;
pub use hessian::{hessian, hessian_blocks, hvp};
pub use jacobian::{jacobian, jacobian_forward, jacobian_reverse};
pub use visit::{Give, ReverseSweep, Visit, reverse_sweep};
pub use vjp::{grad, grad_with, vjp};

pub(crate) use crate::tape::Sweep;
pub(crate) use forward::{tangents, tangents_of};
pub(crate) use reverse::{between, reverse};
pub(crate) use vjp::{check_cotangent, check_scalar, same_tape, seed};
pub(crate) use why::why_zero;
