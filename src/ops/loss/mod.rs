//! Losses: how far predictions are from targets, one number an element or a sample.
//! Take `.mean()` or `.sum()` of them.

pub(super) mod cross_entropy;
pub(super) mod losses;
