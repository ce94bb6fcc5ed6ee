//! Expressions as text: a small language whose programs are recorded on a tape by the very methods that Rust code calls.
//! Text comes from outside, so everything here is bounded, and every error points at the place in the text.

mod diagnostic;
mod evaluate;
mod functions;
mod lexer;
mod limits;
mod parser;
mod rust;
mod script;
mod suggest;
mod syntax;
mod value;

#[cfg(all(panic = "abort", feature = "playground"))]
pub(crate) use evaluate::told;

pub use diagnostic::{Diagnostic, Span};
pub use functions::{FunctionDoc, ParameterDoc, example, functions};
pub use limits::Limits;
pub use script::{Bound, Recorded, Script, parse, parse_within};
