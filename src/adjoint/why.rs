//! Why a gradient is zero: no path, or a path on which every derivative is zero by decree.
//! The answer names the line that cuts, with its source line, instead of leaving a silent zero.

use super::reverse::between;
use crate::real::Real;
use crate::tape::{Sweep, Tape};

/// Why no cotangent arrives at a line.
#[derive(Debug)]
pub(crate) struct Reason {
    /// The line that cuts, where one does.
    pub cut: Option<u32>,
    /// The reason in one sentence.
    pub text: String,
}

/// The reason for each wanted line that got no cotangent.
pub(crate) fn why_zero<T: Real>(tape: &Tape<T>, root: u32, lines: &[u32], sweep: &Sweep) -> Vec<Reason> {
    if lines.is_empty() {
        return Vec::new();
    }
    let reached = reached(tape, root, lines);
    lines.iter().zip(reached).map(|(&line, reached)| reason(tape, root, line, reached, sweep)).collect()
}

fn reason<T: Real>(tape: &Tape<T>, root: u32, line: u32, reached: bool, sweep: &Sweep) -> Reason {
    let no_part = |how| Reason {
        cut: None,
        text: format!("{} has no part in {}: {how}", tape.describe(line), tape.describe(root)),
    };
    if !reached {
        return no_part("no line leads from it to the root");
    }
    let path = between(tape, std::iter::once(root), &[line]);
    if path.last() != Some(&root) {
        return no_part("only integer lines lead from it to the root");
    }
    let cut = sweep.cuts.iter().find(|(cut, operand, _)| {
        let g = tape.graph.borrow();
        path.binary_search(&g.operands(*cut)[*operand]).is_ok()
    });
    let (cut, _, why) = cut.expect("a path without a cotangent has been cut");
    Reason { cut: Some(*cut), text: format!("every path to the root is cut; {}: {why}", tape.describe(*cut)) }
}

/// Which of the lines lead to the root at all, through lines of either kind; one pass for all of them.
fn reached<T: Real>(tape: &Tape<T>, root: u32, lines: &[u32]) -> Vec<bool> {
    let g = tape.graph.borrow();
    let mut marks = tape.marks.borrow_mut();
    marks.begin(g.len());
    let lowest = lines.iter().copied().min().unwrap_or(0);
    let mut stack = vec![root];
    while let Some(id) = stack.pop() {
        if id >= lowest && marks.get(id).is_none() {
            marks.set(id, 0);
            stack.extend_from_slice(g.operands(id));
        }
    }
    lines.iter().map(|&id| marks.get(id).is_some()).collect()
}
