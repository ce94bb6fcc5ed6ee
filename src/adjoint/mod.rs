//! Differentiation as lines on the tape: the reverse sweep writes the adjoint program, the forward sweep the tangents.
//! Nothing is computed here; what a sweep writes can be listed, run and differentiated again.

mod forward;
mod reverse;
mod why;

pub use forward::jvp;
pub use reverse::{grad, grad_with};

pub(crate) use reverse::{Sweep, check_cotangent, check_scalar, reverse, seed};
pub(crate) use why::why_zero;
