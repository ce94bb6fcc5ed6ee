//! The workloads of `examples/race`, each recorded anew and replayed.

#[path = "../examples/race/models.rs"]
mod models;
#[path = "../examples/race/task.rs"]
mod task;
#[path = "../examples/race/workloads.rs"]
mod workloads;

use task::Form;
use workloads::{Workload, lines, workloads};

use crate::case::{Case, Scale, Work};

/// A run in small is one iteration in full size, which takes a second for all of them.
pub fn cases(_: Scale) -> Vec<Case> {
    let forms = [(Form::Recorded, "recorded"), (Form::Replayed, "replayed")];
    let both = |(name, task): Workload| {
        forms.map(|(form, word)| {
            Case::new(format!("{name}, {word}"), Work::items(lines(name).unwrap_or(0)), move || {
                let mut iteration = task().in_form(form).expect("a workload can be frozen");
                Box::new(move || _ = iteration().expect("a workload runs"))
            })
        })
    };
    workloads().into_iter().flat_map(both).collect()
}
