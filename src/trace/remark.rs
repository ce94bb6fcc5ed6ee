//! What is worth saying of a single line: ties, relus that are off, cells that won several windows or none.
//! It is read off the decision that the operation itself states.

use std::fmt;

use super::alone::Alone;
use super::known::same_but_for_units;
use crate::real::Real;
use crate::shape::{Dims, unravel};
use crate::tape::{Line, StepKind, Tape};

/// A remark on one line.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Remark {
    /// So many of its choices are ties: the gap to another choice is 0.
    Ties {
        /// How many are ties.
        ties: usize,
        /// Of how many.
        of: usize,
        /// What is decided.
        what: &'static str,
    },
    /// So many elements lie where the derivative is 0.
    Off {
        /// How many are off.
        off: usize,
        /// Of how many.
        of: usize,
    },
    /// One element was chosen by several results.
    WonSeveral {
        /// The element of operand 0, flat.
        cell: usize,
        /// Its position in that operand as a reader knows it.
        at: Vec<usize>,
        /// By how many.
        times: usize,
    },
    /// So many elements of operand 0 were chosen by none.
    NeverWon {
        /// How many.
        cells: usize,
        /// Of how many.
        of: usize,
    },
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remark::Ties { ties, of, what } => write!(f, "{ties} of {of} are ties ({what})"),
            Remark::Off { off, of } => write!(f, "{off} of {of} are off: the derivative there is 0"),
            Remark::WonSeveral { at, times, .. } => write!(f, "element {at:?} was chosen {times} times"),
            Remark::NeverWon { cells, of } => write!(f, "{cells} of {of} elements were never chosen"),
        }
    }
}

/// Lines with more elements than this get no remarks.
const ELEMENTS: usize = 1 << 16;

/// The remarks on a line.
pub(super) fn remarks<T: Real>(tape: &Tape<T>, line: &Line) -> Vec<Remark> {
    let mut found = Vec::new();
    let elements = line.results[0].1.count();
    if line.operands.is_empty() || !line.active || elements == 0 || elements > ELEMENTS {
        return found;
    }
    let x = tape.line(line.operands[0]);
    let cells = x.results[(line.operands[0] - x.id) as usize].1.count();
    if cells > ELEMENTS || !matches!(line.step_kind, StepKind::Elementwise | StepKind::Route) {
        return found;
    }
    let own = Tape::default();
    let Ok(alone) = Alone::new(&own, tape, line.id) else { return found };
    let Some((what, choices)) = alone.choices() else { return found };
    let ties = alone.ties().unwrap_or_default().into_iter().filter(|t| *t).count();
    if ties > 0 {
        found.push(Remark::Ties { ties, of: choices.len(), what });
    }
    match line.step_kind {
        StepKind::Elementwise => {
            let off = alone.slope(0).map_or(0, |s| s.iter().filter(|v| **v == 0.0).count());
            if off > 0 {
                found.push(Remark::Off { off, of: elements });
            }
        }
        _ => {
            let Some(chosen) = alone.chosen(0) else { return found };
            let mut wins = vec![0_usize; cells];
            chosen.iter().filter_map(|c| usize::try_from(*c).ok()).for_each(|c| wins[c] += 1);
            if let Some((cell, &times)) = wins.iter().enumerate().rev().max_by_key(|w| w.1).filter(|w| *w.1 > 1) {
                let at = unravel(cell, &seen(tape, line.operands[0]));
                found.push(Remark::WonSeveral { cell, at, times });
            }
            let never = wins.iter().filter(|w| **w == 0).count();
            if never > 0 {
                found.push(Remark::NeverWon { cells: never, of: cells });
            }
        }
    }
    found
}

/// The shape of an operand as the reader wrote it.
fn seen<T: Real>(tape: &Tape<T>, id: u32) -> Dims {
    let l = tape.line(id);
    if let Some(&o) = l.operands.first().filter(|_| l.name.is_none()) {
        let below = tape.line(o);
        if same_but_for_units(&l, &below) {
            return seen(tape, o);
        }
    }
    l.results[(id - l.id) as usize].1.clone()
}
