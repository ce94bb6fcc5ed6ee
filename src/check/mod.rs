//! Checking derivatives: exact identities first, finite differences second, never a bare yes or no.
//! Every operation's own test calls it, and so can a user's.

mod op;

pub use op::{OpCheck, OpReport, Property, check_op};
