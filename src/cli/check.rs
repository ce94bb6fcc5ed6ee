//! `wengert check`: the gradient checker on an expression.

use wengert::expr::Bound;
use wengert::{Check, CheckMode, Real, Tape, Tensor, Var};

use super::args::CheckArgs;
use super::program::{bound, in_its_type};
use super::{Done, Failure, Outcome};

pub fn check(a: &CheckArgs) -> Done {
    in_its_type!(a.source, examine(a))
}

fn examine<T: Real>(a: &CheckArgs) -> Done {
    let bound = bound(&a.source)?;
    let leaves = bound.leaves();
    if leaves.is_empty() {
        return Err(Failure::Other("there is no leaf: write `x = ..` in the program, or bind one with --var".into()));
    }
    let inputs: Vec<Tensor<T>> = leaves
        .iter()
        .map(|(_, t)| Tensor::new(t.dims().clone(), t.as_slice().iter().map(|v| T::of(*v)).collect()))
        .collect::<Result<_, _>>()?;
    // What can go wrong in recording has been seen when the values were bound, but for a result that is no real line.
    let tape = Tape::<T>::default();
    if bound.record(&tape)?.root().is_none() {
        return Err(Failure::Other("the program has no real result: a derivative is that of real numbers".into()));
    }
    let names: Vec<&str> = leaves.iter().map(|l| l.0).collect();
    let mut check = Check::new(|tape, x| record(&bound, tape, x), &inputs[..]).names(names).seed(a.source.seed);
    if a.full {
        check = check.mode(CheckMode::Full);
    }
    if let Some(t) = a.tolerance {
        if !(t > 0.0 && t < 1.0) {
            return Err(Failure::Other(format!("--tolerance {t}: a number between 0 and 1")));
        }
        check = check.tolerance(t);
    }
    if a.second_order {
        check = check.second_order();
    }
    let report = check.run();
    let text = if a.json { report.to_json() } else { report.to_string() };
    Ok(Outcome { text, holds: report.verdict().is_sound() })
}

/// The program with lines of the checker in place of its leaves.
fn record<'t, T: Real>(bound: &Bound, tape: &'t Tape<T>, x: &[Var<'t, T>]) -> Var<'t, T> {
    let recorded = bound.record_with(tape, x).expect("it has been recorded before");
    recorded.root().expect("it had a real result before")
}
