//! What a program put on a tape: its result, its names, and the place in the text of each line.
//! Handles live as long as the tape does.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::error::Error;
use crate::expr::diagnostic::{Diagnostic, Span};
use crate::real::Real;
use crate::tape::{IntVar, Operand, Var};

/// What a script recorded.
#[derive(Debug)]
pub struct Recorded<'t, T: Real> {
    root: Option<Var<'t, T>>,
    ints: Option<IntVar<'t, T>>,
    names: IndexMap<String, Operand<'t, T>>,
    places: BTreeMap<u32, Span>,
    lines: u32,
    whole: Span,
    source: Arc<str>,
}

impl<'t, T: Real> Recorded<'t, T> {
    pub(super) fn new(
        (root, ints): (Option<Var<'t, T>>, Option<IntVar<'t, T>>),
        names: IndexMap<String, Operand<'t, T>>,
        places: BTreeMap<u32, Span>,
        lines: u32,
        whole: Span,
        source: &Arc<str>,
    ) -> Self {
        Recorded { root, ints, names, places, lines, whole, source: Arc::clone(source) }
    }

    /// The program's result: the value of its last statement, where that is real.
    pub fn root(&self) -> Option<Var<'t, T>> {
        self.root
    }

    /// The program's result where it holds integers.
    pub fn integers(&self) -> Option<IntVar<'t, T>> {
        self.ints
    }

    /// The result as what a gradient is of: a real line with one element.
    ///
    /// # Errors
    /// There is no result, it holds integers, or it has another number of elements.
    pub fn scalar(&self) -> Result<Var<'t, T>, Diagnostic> {
        let wrong = |what: String, fix: &str| {
            let e = Error::shape(what).rule("a gradient is that of one number").fix(fix);
            Err(Diagnostic::new(e, self.whole.clone(), &self.source))
        };
        match self.root {
            None => wrong("the program has no real result".into(), "end it with an expression, such as `sum(x)`"),
            Some(v) if v.count() != 1 => {
                wrong(format!("the result has shape {}", v.dims()), "reduce it: `sum(..)` or `mean(..)`")
            }
            Some(v) => Ok(v),
        }
    }

    /// The line that a name stood for at the end.
    pub fn named(&self, name: &str) -> Option<Operand<'t, T>> {
        self.names.get(name).copied()
    }

    /// All names that stood for lines at the end.
    pub fn names(&self) -> impl Iterator<Item = (&str, Operand<'t, T>)> {
        self.names.iter().map(|(n, o)| (n.as_str(), *o))
    }

    /// The place in the text that line `id` comes from, if the text recorded it.
    pub fn span_of(&self, id: u32) -> Option<Span> {
        let known = self.places.range(..=id).next_back().filter(|_| id < self.lines);
        known.map(|(_, span)| span.clone())
    }
}
