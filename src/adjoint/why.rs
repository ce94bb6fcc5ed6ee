//! Why a gradient is zero: no path, or a path on which every derivative is zero by decree.
//! The answer names the line that cuts, with its source line, instead of leaving a silent zero.

use super::reverse::{Sweep, between};
use crate::real::Real;
use crate::tape::Tape;

/// The reason in one sentence for a wanted line that got no cotangent.
pub(crate) fn why_zero<T: Real>(tape: &Tape<T>, root: u32, leaf: u32, sweep: &Sweep) -> String {
    let path = between(tape, std::iter::once(root), &[leaf]);
    if path.last() != Some(&root) {
        let through_integers = reaches_through_integers(tape, root, leaf);
        let how = if through_integers {
            "only integer lines lead from it to the root"
        } else {
            "no line leads from it to the root"
        };
        return format!("{} has no part in {}: {how}", tape.describe(leaf), tape.describe(root));
    }
    let cut = sweep.cuts.iter().find(|(line, operand, _)| {
        let g = tape.graph.borrow();
        path.binary_search(&g.operands(*line)[*operand]).is_ok()
    });
    match cut {
        Some((line, _, why)) => format!("every path to the root is cut; {}: {why}", tape.describe(*line)),
        None => format!("no cotangent reaches {}", tape.describe(leaf)),
    }
}

fn reaches_through_integers<T: Real>(tape: &Tape<T>, root: u32, leaf: u32) -> bool {
    let g = tape.graph.borrow();
    let mut marks = tape.marks.borrow_mut();
    marks.begin(g.len());
    let mut stack = vec![root];
    while let Some(id) = stack.pop() {
        if id == leaf {
            return true;
        }
        if id > leaf && marks.get(id).is_none() {
            marks.set(id, 0);
            stack.extend_from_slice(g.operands(id));
        }
    }
    false
}
