//! The checker of functions against functions whose derivatives are wrong in a known way, or right and hard to difference.
//! One binary, a file for each thing that a report tells.

mod corners;
mod document;
mod guilty;
#[cfg(feature = "json")]
mod json;
mod kinks;
mod modes;
mod mutation;
#[path = "../support/mod.rs"]
mod produced;
mod support;
mod verdicts;
