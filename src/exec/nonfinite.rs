//! Where the first NaN or infinity came from: the earliest line whose operands are finite and whose value is not.
//! It is a question asked after the fact; the lines between the leaves and the answer are computed again as needed.

use std::fmt;

use super::plan::Purpose;
use super::run::compute;
use super::store::Store;
use crate::error::Error;
use crate::real::Real;
use crate::tape::{Data, Line, Tape, Var};

/// The first line with a value that is NaN or infinite.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let x = tape.var([1., -1.]).named("x");
/// let loss = x.sqrt().exp().sum();
/// let found = loss.first_nonfinite().unwrap();
/// assert_eq!((found.line.op, found.position), ("sqrt", 1));
/// assert!(found.to_string().starts_with("%1 sqrt: the first value that is not finite: NaN at element 1 of f32[2]"));
/// assert!(x.square().sum().first_nonfinite().is_none());
/// ```
#[derive(Clone, Debug)]
pub struct NonFinite {
    /// The line.
    pub line: Line,
    /// The number of its result that holds the value.
    pub id: u32,
    /// The row-major position of the first such element.
    pub position: usize,
    /// NaN or an infinity, as text.
    pub value: String,
    text: String,
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T: Real> Var<'_, T> {
    /// The first line on the way to this one whose value is NaN or infinite, or `None` where all are finite.
    ///
    /// Works for adjoint lines as well (`grad(loss, &[x])[0].first_nonfinite()`).
    pub fn first_nonfinite(self) -> Option<NonFinite> {
        let tape = self.tape;
        let mut lines = ancestors(tape, self.id);
        lines.sort_unstable();
        lines.into_iter().find_map(|id| {
            // A line that faults has no value; the lines before it have been looked at.
            compute(tape, &[id], Purpose::Value).ok()?;
            let (position, value) = first_bad(tape, id)?;
            Some(report(tape, id, position, value))
        })
    }
}

fn ancestors<T: Real>(tape: &Tape<T>, root: u32) -> Vec<u32> {
    let g = tape.graph.borrow();
    let mut marks = tape.marks.borrow_mut();
    marks.begin(g.len());
    let mut stack = vec![root];
    let mut found = Vec::new();
    while let Some(id) = stack.pop() {
        if marks.get(id).is_none() {
            marks.set(id, 0);
            found.push(id);
            stack.extend_from_slice(g.operands(id));
        }
    }
    found
}

fn first_bad<T: Real>(tape: &Tape<T>, id: u32) -> Option<(usize, T)> {
    tape.with_slot(|store: &mut Store<T>| match store.get(id) {
        Some(Data::Real(v)) => v.iter().position(|x| !x.is_finite()).map(|k| (k, v[k])),
        _ => None,
    })
}

fn report<T: Real>(tape: &Tape<T>, id: u32, position: usize, value: T) -> NonFinite {
    let line = tape.line(id);
    let what = format!("the first value that is not finite: {value} at element {position} of {}", tape.signature(id));
    let site = line.site;
    let e =
        line.operands.iter().enumerate().fold(Error::domain(what).about(format!("%{id} {}", line.op)), |e, (i, &o)| {
            e.operand(format!("operand {i}: {}{}", tape.describe(o), extremes(tape, o)))
        });
    NonFinite { id, position, value: value.to_string(), text: e.at(site).to_string(), line }
}

fn extremes<T: Real>(tape: &Tape<T>, id: u32) -> String {
    tape.with_slot(|store: &mut Store<T>| match store.get(id) {
        Some(Data::Real(v)) if !v.is_empty() => {
            let fold = |pick: fn(T, T) -> T| v.iter().copied().fold(v[0], pick);
            // `Debug` turns to exponents where `Display` would write out forty digits.
            format!(", values from {:?} to {:?}", fold(T::min), fold(T::max))
        }
        _ => String::new(),
    })
}
