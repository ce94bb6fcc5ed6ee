//! What a line costs besides its arithmetic: recorded, differentiated, planned, run, replayed.

use wengert::prelude::*;
use wengert::{Inputs, Workspace};

use crate::case::{Body, Case, Scale, Work};

/// Scalar lines of four kinds.
fn chain(x: Var<'_>, lines: usize) -> Var<'_> {
    (0..lines / 4).fold(x, |x, _| {
        let x = x.sin() * 1.01 + 0.1;
        x * x
    })
}

/// A case that calls `step` on a cleared tape.
fn on_cleared(name: String, lines: usize, step: fn(&Tape, usize)) -> Case {
    Case::new(name, Work::items(lines), move || {
        let mut tape = Tape::new();
        Box::new(move || {
            tape.clear();
            step(&tape, lines);
        })
    })
}

pub fn cases(scale: Scale) -> Vec<Case> {
    let mut all = Vec::new();
    for lines in scale.pick([100, 40_000], [20, 40]) {
        all.push(on_cleared(format!("{lines} lines recorded"), lines, |tape, n| _ = chain(tape.var(0.5), n)));
        all.push(on_cleared(format!("{lines} lines recorded and differentiated"), lines, |tape, n| {
            let x = tape.var(0.5);
            grad(chain(x, n), &[x]);
        }));
        all.push(on_cleared(format!("{lines} lines recorded, differentiated and run"), lines, |tape, n| {
            drop(chain(tape.var(0.5), n).backward());
        }));
        all.push(Case::new(format!("{lines} lines with derivatives, replayed"), Work::items(lines), move || {
            replayed(lines)
        }));
        all.push(Case::new(format!("{lines} lines on a new tape, planned and run"), Work::items(lines), move || {
            Box::new(move || drop(chain(Tape::new().var(0.5), lines).backward()))
        }));
    }
    all
}

fn replayed(lines: usize) -> Body {
    let tape = Tape::new();
    let x = tape.var(0.5).named("x");
    let y = chain(x, lines);
    let program = tape.freeze(&[("y", y.into()), ("dx", grad(y, &[x])[0].into())]).expect("the names differ");
    let (inputs, mut workspace) = (Inputs::new().real("x", 0.5), Workspace::new());
    Box::new(move || drop(program.run(&inputs, &mut workspace).expect("the inputs fit")))
}
