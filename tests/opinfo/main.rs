//! The operations against sample inputs, outputs and gradients that PyTorch computed in f64, one JSON file for each.
//! `WENGERT_OPINFO` names a directory of such files; where it is unset, the selection in `fixtures` is read.

mod call;
mod case;
mod compare;
mod maps;
mod report;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Once;

use call::Call;
use case::{Case, Operation};
use compare::Agreement;
use report::{Fate, Report};
use wengert::prelude::*;

/// The directory of the cases.
fn directory() -> PathBuf {
    match std::env::var_os("WENGERT_OPINFO") {
        Some(path) => path.into(),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/opinfo/fixtures"),
    }
}

/// Whether `OPINFO_ONLY`, a list of parts of names, lets an operation through.
fn chosen(name: &str) -> bool {
    match std::env::var("OPINFO_ONLY") {
        Ok(list) => list.split(',').any(|part| name.contains(part)),
        Err(_) => true,
    }
}

thread_local! {
    /// Whether a panic on this thread is told by the report instead.
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

fn silence_panics_here() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let told = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !SILENT.get() {
                told(info);
            }
        }));
    });
    SILENT.set(true);
}

/// The first line whose source line is the crate's own instead of the caller's; `track_caller` ends at closures.
fn misplaced(tape: &Tape<f64>) -> Option<String> {
    let line = tape.lines().find(|l| l.site.file().starts_with("src"))?;
    Some(format!("line %{} {} says that it was recorded at {}", line.id, line.op, line.site))
}

/// Runs one case: outputs first, then the gradients of Σ ⟨cotangent, output⟩.
fn run(name: &str, case: &Case) -> Fate {
    let tape = Tape::<f64>::default();
    silence_panics_here();
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        let call = Call::new(&tape, case);
        match maps::find(name, &call) {
            None => Fate::Unsupported("no such operation".into()),
            Some(Err(why)) => Fate::Unsupported(why),
            Some(Ok(outputs)) => match misplaced(&tape).map_or_else(|| compare::compare(&call, case, &outputs), Err) {
                Ok(Agreement::Full) => Fate::Passed,
                Ok(Agreement::FiniteWhereReferenceIsNot) => Fate::PassedFinite,
                Err(how) => Fate::Failed(how),
            },
        }
    }));
    SILENT.set(false);
    attempt.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).into()));
        Fate::Failed(format!("panics: {}", text.unwrap_or_default().replace('\n', " ")))
    })
}

/// Runs every case in the directory.
fn run_all() -> Report {
    let mut report = Report::default();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory())
        .unwrap_or_else(|e| panic!("{}: {e}", directory().display()))
        .map(|entry| entry.expect("the directory can be read").path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    paths.sort();
    for path in paths {
        let operation = Operation::read(&path);
        if chosen(&operation.name) {
            let fates = operation.cases.iter().map(|case| (case.text(), run(&operation.name, case))).collect();
            report.add(operation.name, fates);
        }
    }
    report
}

#[test]
fn every_case_agrees_with_pytorch() {
    let report = run_all();
    println!("{report}");
    assert!(report.cases() > 0, "no case was found in {}", directory().display());
    assert_eq!(report.failed(), 0, "some cases fail");
    assert!(report.unsupported() * 100 <= report.cases() * 3, "more than 3 % are unsupported");
}

#[test]
fn a_wrong_output_and_a_wrong_gradient_are_seen() {
    let right = Case::parse(
        r#"{"input": {"tensor": "float64", "shape": [2], "data": [1.0, -2.0]}, "args": [], "kwargs": {},
            "outputs": [{"tensor": "float64", "shape": [2], "data": [1.0, 4.0]}],
            "cotangents": [{"tensor": "float64", "shape": [2], "data": [1.0, 0.5]}],
            "grads": [{"tensor": "float64", "shape": [2], "data": [2.0, -2.0]}]}"#,
    );
    assert_eq!(run("square", &right), Fate::Passed);
    let mut wrong = right.clone();
    wrong.outputs[0].data[1] *= 1.0 + 1e-7;
    assert!(matches!(run("square", &wrong), Fate::Failed(how) if how.contains("output 0[1]")));
    let mut wrong = right.clone();
    wrong.grads[0].as_mut().unwrap().data[0] *= 1.0 + 1e-7;
    assert!(matches!(run("square", &wrong), Fate::Failed(how) if how.contains("gradient 0[0]")));
    let mut wrong = right.clone();
    wrong.grads.push(wrong.grads[0].clone());
    assert!(matches!(run("square", &wrong), Fate::Failed(how) if how.contains("2 gradients")));
    let mut not_a_number = right;
    not_a_number.grads[0].as_mut().unwrap().data[0] = f64::NAN;
    assert_eq!(run("square", &not_a_number), Fate::PassedFinite);
    assert!(matches!(run("no such thing", &not_a_number), Fate::Unsupported(_)));
}
