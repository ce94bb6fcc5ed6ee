//! A recorded program as Rust: what a person would write against this crate to record the same lines.
//! A call is the body of its function's row with the arguments in place, so it cannot differ from what was recorded.

mod code;
mod expand;
mod layout;
mod names;
mod program;
mod read;

pub(super) use code::Code;
pub(super) use expand::{Argument, expand};
pub(super) use program::Writer;
