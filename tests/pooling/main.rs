//! Max pooling held to its definition: the thirteen points of docs/max_pool2d.md, the refusals, and random windows.
//! Only the public interface is used.

mod document;
mod forms;
mod oracle;
mod points;
mod refusals;
#[path = "../support/mod.rs"]
mod support;
