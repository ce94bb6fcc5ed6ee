//! Automatic differentiation for tensors on a visible tape.

#![deny(missing_docs)]
#![warn(missing_debug_implementations)]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

pub mod data;
mod error;
mod kernels;
mod real;
mod shape;

pub use error::Error;
pub use real::Real;
pub use shape::{Axes, Dims, broadcast_dims, keep};
