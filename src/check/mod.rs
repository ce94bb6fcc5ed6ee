//! Checking derivatives: exact identities first, finite differences second, never a bare yes or no.
//! `check` takes a whole function, `check_op` one operation; every operation's own test calls the latter.

mod anchor;
mod evaluation;
mod experiment;
mod guilty;
mod identities;
mod inputs;
#[cfg(feature = "json")]
mod json;
mod judge;
mod line;
mod measure;
mod mutant;
mod mutation;
mod mutation_report;
#[cfg(test)]
mod networks;
mod op;
mod parallel;
mod pattern;
mod place;
mod premises;
mod probe;
mod probes;
mod report;
mod shadow;
mod stencil;
mod subject;
mod survey;
mod verdict;
mod whole;
mod whole_report;

pub use guilty::GuiltyLine;
pub use inputs::CheckInputs;
pub use mutant::Mutation;
pub use mutation_report::{Fate, KillScore, MutantReport, MutationReport};
pub use op::{OpCheck, check_op};
pub use report::{OpReport, Property};
pub use shadow::Precision;
pub use survey::Mode;
pub use verdict::{Finding, KinkAt, Numeric, Place, Verdict};
pub use whole::{Check, check};
pub use whole_report::CheckReport;
