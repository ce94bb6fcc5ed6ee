//! The local derivative of one operation along one operand, in the form in which it is best drawn.
//! The kind is the operation's own statement; the numbers are its rules' answers to special tangents and cotangents.

use super::alone::Alone;
use super::values::Values;
use crate::real::Real;
use crate::tape::{StepKind, Tape};

/// The local derivative ∂y/∂xᵢ.
#[derive(Clone, Debug, PartialEq)]
pub enum Local {
    /// A diagonal: each result element depends on one operand element.
    Elementwise {
        /// The diagonal.
        slope: Values,
    },
    /// A product of matrices or a convolution.
    Product,
    /// Elements are chosen.
    Route {
        /// For each result element the operand element that it is; −1 for none.
        to: Vec<i64>,
        /// For each result element the operand elements that it could have been; empty where there are too many to tell.
        windows: Vec<Vec<u32>>,
        /// Result elements whose choice is a tie.
        ties: Vec<u32>,
    },
    /// One element becomes many.
    Expand {
        /// For each result element the operand element that it repeats; empty where there are too many to tell.
        of: Vec<i64>,
    },
    /// Many elements become one.
    Reduce {
        /// For each operand element the result element that it goes into; empty where the sum is weighted.
        into: Vec<i64>,
    },
    /// The same elements in another order.
    Permute {
        /// For each result element the operand element that it is; empty where there are too many to tell.
        of: Vec<i64>,
    },
    /// Anything else.
    Dense {
        /// The Jacobian, a row for each result element; empty where there are too many entries.
        rows: Vec<Vec<f64>>,
    },
}

/// Operations with more operand or result elements than this tell their kind only.
const ELEMENTS: usize = 4096;

/// Jacobians with more entries than this are not written out.
const ENTRIES: usize = 4096;

/// Windows are told for at most so many operand elements, since each of them is tried.
const TRIED: usize = 256;

impl Local {
    /// The local derivative of line `head` along operand `i`.
    pub(super) fn of<T: Real>(from: &Tape<T>, head: u32, i: usize) -> Self {
        let line = from.line(head);
        let operand = from.line(line.operands[i]);
        let elements = |dims: &[usize]| dims.iter().product::<usize>();
        let x = operand.results[(line.operands[i] - operand.id) as usize].1.count();
        let y = elements(&line.results[0].1);
        let small = x.max(y) <= ELEMENTS;
        let tape = Tape::default();
        let alone = if small { Alone::new(&tape, from, head).ok() } else { None };
        let alone = alone.as_ref();
        match line.step_kind {
            StepKind::Elementwise => {
                let dims = &line.results[0].1;
                match alone.and_then(|a| a.slope(i)) {
                    Some(slope) => Local::Elementwise { slope: Values::plain(dims, slope) },
                    None => Local::Dense { rows: Vec::new() },
                }
            }
            StepKind::Product => Local::Product,
            StepKind::Route => {
                let Some(to) = alone.and_then(|a| a.chosen(i)) else { return Local::dense(alone, i, x * y) };
                let tied = alone.and_then(Alone::ties).filter(|t| t.len() == to.len()).unwrap_or_default();
                let windows = if i == 0 && x <= TRIED { alone.and_then(|a| a.windows(from, head)) } else { None };
                // Raising an element tells the windows of maxima; what sorts or picks by position answers with something else.
                let own = |(w, t): (&Vec<u32>, &i64)| *t < 0 || w.contains(&(*t as u32));
                let windows = windows.filter(|w| w.iter().zip(&to).all(own));
                let ties = (0..).zip(tied).filter(|(_, tied)| *tied).map(|(k, _)| k).collect();
                Local::Route { to, windows: windows.unwrap_or_default(), ties }
            }
            StepKind::Expand => Local::Expand { of: alone.and_then(|a| a.chosen(i)).unwrap_or_default() },
            StepKind::Reduce => Local::Reduce { into: alone.and_then(|a| a.summed_into(i)).unwrap_or_default() },
            StepKind::Permute => Local::Permute { of: alone.and_then(|a| a.chosen(i)).unwrap_or_default() },
            StepKind::Dense => Local::dense(alone, i, x * y),
        }
    }

    fn dense<T: Real>(alone: Option<&Alone<'_, T>>, i: usize, entries: usize) -> Self {
        let rows = if entries <= ENTRIES { alone.and_then(|a| a.rows(i)) } else { None };
        Local::Dense { rows: rows.unwrap_or_default() }
    }

    /// The kind as readers and schemas name it.
    pub fn kind(&self) -> &'static str {
        word(match self {
            Local::Elementwise { .. } => StepKind::Elementwise,
            Local::Product => StepKind::Product,
            Local::Route { .. } => StepKind::Route,
            Local::Expand { .. } => StepKind::Expand,
            Local::Reduce { .. } => StepKind::Reduce,
            Local::Permute { .. } => StepKind::Permute,
            Local::Dense { .. } => StepKind::Dense,
        })
    }
}

/// A kind of step as readers and schemas name it.
pub(super) fn word(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Elementwise => "elementwise",
        StepKind::Product => "product",
        StepKind::Route => "route",
        StepKind::Expand => "expand",
        StepKind::Reduce => "reduce",
        StepKind::Permute => "permute",
        StepKind::Dense => "dense",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Trace;

    /// The windows of the first step of line `op`.
    fn windows(op: &str, trace: &Trace) -> Vec<Vec<u32>> {
        let of = |s: &&crate::trace::Step| trace.lines[s.of as usize].line.op == op;
        match trace.steps.iter().filter(of).find_map(|s| s.local.clone()) {
            Some(Local::Route { windows, .. }) => windows,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn pools_have_windows_and_sorting_has_none() {
        let tape = Tape::<f64>::default();
        let x = tape.var([3.0, 1.0, 2.0, 4.0]);
        let pool = Trace::of(x.reshape([1, 1, 4]).max_pool1d(2).sum()).unwrap();
        assert_eq!(windows("max_pool1d", &pool), [[0, 1], [2, 3]]);
        let sorted = x.sort(0).0;
        let sort = Trace::of((sorted * tape.constant([1.0, 2.0, 3.0, 4.0])).sum()).unwrap();
        assert_eq!(windows("sort", &sort), Vec::<Vec<u32>>::new());
    }
}
