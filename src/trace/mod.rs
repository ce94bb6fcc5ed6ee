//! Looking at a tape: the listing, and the trace of a forward and a backward pass with its steps, sentences and exports.
//! Everything here reads public facts of lines and computes nothing of its own.

mod alone;
mod diff;
mod dot;
#[cfg(feature = "json")]
mod file;
mod formula;
mod html;
pub(crate) mod json;
mod known;
mod lint;
mod listing;
mod local;
mod notebook;
mod numpy;
mod plain;
mod profile;
mod record;
mod remark;
mod sentence;
mod statistics;
mod step;
mod svg;
mod text;
mod values;

pub use diff::Difference;
#[cfg(feature = "json")]
pub use file::{DIFF_JSON_BYTES, diff_json};
pub use lint::Lint;
pub use local::Local;
pub use profile::{LineCost, Profile};
pub use record::{LeafGradient, Trace, TraceOptions, TracedLine};
pub use remark::Remark;
pub use statistics::{LineStatistics, Statistics};
pub use step::{Step, StepRole};
pub use svg::{SvgOptions, Theme};
pub use values::{Plane, Stats, Values};
