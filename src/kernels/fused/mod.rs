//! One pass over memory for a run of elementwise instructions: block by block, with every intermediate in the first-level cache.
//! A pass is data that the planner writes; nothing here knows lines or operations.
//!
//! The registers of a block hold either an element each of the pass's domain or one for each row of it, so that what is
//! folded along rows (a maximum, a sum) can be used again in the same pass: softmax and normalisations read memory once.

mod arith;
mod ends;
mod load;
mod pass;
mod ports;
mod run;
mod scalar;
mod vector;

pub use arith::Arith;
pub(crate) use arith::{Previous, Step};
pub(crate) use ends::End;
pub(crate) use load::Pattern;
pub(crate) use pass::{Action, Fold, Instruction, LONGEST_ROW, Output, Pass, Register};
pub(crate) use ports::{In, OutPort};

#[cfg(test)]
mod tests;
