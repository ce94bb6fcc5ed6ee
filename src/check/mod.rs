//! Checking derivatives: exact identities first, finite differences second, never a bare yes or no.
//! Every operation's own test calls it, and so can a user's.

mod experiment;
mod op;
mod report;

pub use op::{OpCheck, check_op};
pub use report::{OpReport, Property};
