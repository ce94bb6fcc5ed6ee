//! Operations that make one element of many along axes.
//! Sums stand with their adjoint in `rearrange::broadcast`.

pub(super) mod amax;
pub(super) mod lines;
pub(super) mod logsumexp;
pub(super) mod mean;
pub(super) mod missing;
pub(super) mod prod;
pub(super) mod vector_norm;
pub(super) mod winner;
