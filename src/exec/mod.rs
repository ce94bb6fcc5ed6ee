//! Running lines: a plan of what must be computed for the lines asked for, and the loop that computes it.
//! The executor knows operations only through their contract, and the tape only through its lines.

mod adopt;
mod backward;
mod explain;
mod gradients;
mod nonfinite;
mod plan;
mod pool;
mod ports;
mod program;
mod run;
mod store;
mod value;
mod zero;

pub(crate) use explain::bytes;
pub use gradients::Gradients;
pub use nonfinite::{NonFinite, OperandValues};
pub use ports::{Inputs, Outputs};
pub use program::{Program, Workspace};
pub use zero::{Cut, WhyZero};
