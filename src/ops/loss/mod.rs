//! Losses: how far predictions are from targets, one number an element or a sample.
//! Take `.mean()` or `.sum()` of them.

pub(super) mod classes;
pub(super) mod cross_entropy;
pub(super) mod likelihood;
pub(super) mod losses;
pub(super) mod margin;
