//! Under which name a reader knows a line: a reshape that only adds or drops axes of one element, as pooling does to a
//! bare plane, is the reader's own variable still, with the same numbers at the same places.

use super::record::TracedLine;
use crate::tape::Line;

/// Whether the line only adds axes of one element to `below`, or drops them.
pub(super) fn same_but_for_units(line: &Line, below: &Line) -> bool {
    let axes = |l: &Line| -> Vec<usize> { l.results[0].1.iter().copied().filter(|n| *n != 1).collect() };
    line.op == "reshape" && line.operands.first() == Some(&below.id) && axes(line) == axes(below)
}

/// The line that a reader means by line `id`: what stands under reshapes without names of their own.
pub(super) fn meant(lines: &[TracedLine], id: u32) -> u32 {
    let l = &lines[id as usize].line;
    match l.operands.first().map(|o| &lines[*o as usize].line) {
        Some(below) if l.name.is_none() && same_but_for_units(l, below) => meant(lines, below.id),
        _ => id,
    }
}

/// Gives lines without names those of the lines that they are in all but axes of one element.
pub(super) fn know(lines: &mut [TracedLine]) {
    for k in 0..lines.len() {
        let own = meant(lines, k as u32) as usize;
        if own != k && !lines[k].is_adjoint() {
            lines[k].known_as = Some(lines[own].called());
        }
    }
    // The other way: what has no name, and one reader, which has.
    for k in (0..lines.len()).rev() {
        let (name, below) = match &lines[k].line {
            Line { name: Some(name), operands, .. } if operands.len() == 1 => (name.to_string(), operands[0] as usize),
            _ => continue,
        };
        let (l, of) = (&lines[k], &lines[below]);
        let readers = || lines[below..].iter().filter(|r| !r.is_adjoint() && r.line.operands.contains(&of.id));
        let unnamed = of.line.name.is_none() && of.known_as.is_none() && !of.line.operands.is_empty();
        if unnamed && same_but_for_units(&l.line, &of.line) && readers().count() == 1 {
            lines[below].known_as = Some(name);
        }
    }
}
