//! Running results along an axis: each place holds what the places before it, and itself, come to.
//! The derivative of a running sum is a running sum from the other end; those of the others are linear recurrences.

pub(super) mod cummax;
pub(super) mod cumprod;
pub(super) mod cumsum;
pub(super) mod logcumsumexp;
pub(super) mod recurrence;
