//! A trace as text: the forward lines with their values and cotangents, then the steps of the backward pass, each with its
//! formula and its sentence. Forward and adjoint lines are tied to each other by their numbers.

use std::fmt::Write;

use super::formula::number;
use super::record::{Trace, TracedLine};
use super::step::StepRole;
use super::values::Values;
use crate::tape::AttrValue;

impl Trace {
    /// The trace as text.
    ///
    /// ```
    /// use wengert::{Trace, prelude::*};
    /// let tape = Tape::<f64>::default();
    /// let x = tape.var(3.0).named("x");
    /// let text = Trace::of((x * x).named("y"))?.to_text();
    /// assert!(text.contains("y = mul %0 %0  9  %2 = 1"));
    /// assert!(text.contains("x has more than one reader: what arrives is added to 6."));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        if let Some(source) = &self.source {
            source.lines().for_each(|l| text += &format!("| {l}\n"));
            text.push('\n');
        }
        let forward: Vec<[String; 5]> = self.lines.iter().filter(|l| !l.is_adjoint()).map(|l| self.row(l)).collect();
        text += "forward: line, type, name and operation, value, cotangent\n";
        table(&mut text, &forward);
        text += "\nbackward: step, line it runs, whose cotangent, by which formula, value\n";
        let steps: Vec<[String; 5]> = (0..self.steps.len()).map(|k| self.step_row(k)).collect();
        let mut rows = String::new();
        table(&mut rows, &steps);
        for (row, step) in rows.lines().zip(&self.steps) {
            let _ = writeln!(text, "{row}\n        {}", step.sentence);
        }
        let remarks: Vec<(&TracedLine, _)> =
            self.lines.iter().flat_map(|l| l.remarks.iter().map(move |r| (l, r))).collect();
        if !remarks.is_empty() {
            text += "\nremarks\n";
            remarks.iter().for_each(|(l, r)| text += &format!("  {}: {r}\n", l.called()));
        }
        text
    }

    fn row(&self, l: &TracedLine) -> [String; 5] {
        let kind = if l.value.integer { "u32" } else { self.real };
        let action = if l.result > 0 { format!("= result {} of %{}", l.result, l.line.id) } else { action(l) };
        let name = l.line.name.as_deref().filter(|_| l.result == 0);
        let cotangent =
            l.cotangent.map_or_else(String::new, |c| format!("%{c} = {}", short(&self.lines[c as usize].value)));
        [
            format!("%{}", l.id),
            format!("{kind}{}", list(&l.value.dims)),
            name.map_or_else(|| action.clone(), |n| format!("{n} {action}")),
            short(&l.value),
            cotangent,
        ]
    }

    fn step_row(&self, k: usize) -> [String; 5] {
        let s = &self.steps[k];
        let line = s.line.map_or_else(String::new, |id| format!("%{id}"));
        let to = match &s.role {
            StepRole::Seed => format!("to {}", self.lines[self.root as usize].called()),
            StepRole::Again | StepRole::Part => format!("of {}", self.lines[s.of as usize].line.op),
            role => format!("to {}", self.lines[role.to().unwrap_or(s.of) as usize].called()),
        };
        let value = s.line.map_or_else(String::new, |id| short(&self.lines[id as usize].value));
        [(k + 1).to_string(), line, format!("{} {to}", s.role.name()), s.formula.clone(), value]
    }
}

fn action(l: &TracedLine) -> String {
    let mut text = format!("= {}", l.line.op);
    l.line.operands.iter().for_each(|o| text += &format!(" %{o}"));
    for (name, value) in &l.line.attributes {
        text += &match value {
            AttrValue::Ints(v) => format!(" {name}={}", list(v)),
            other => format!(" {name}={other}"),
        };
    }
    text
}

fn list<N: std::fmt::Display>(numbers: &[N]) -> String {
    format!("[{}]", numbers.iter().map(N::to_string).collect::<Vec<_>>().join(","))
}

/// A few numbers, or how large they are.
pub(super) fn short(v: &Values) -> String {
    const SHOWN: usize = 6;
    match &v.data {
        Some(data) if data.len() == 1 => number(data[0]),
        Some(data) if data.len() <= SHOWN => {
            format!("[{}]", data.iter().map(|v| number(*v)).collect::<Vec<_>>().join(" "))
        }
        _ => {
            let s = &v.stats;
            let bad = if s.nonfinite > 0 { format!(", {} not finite", s.nonfinite) } else { String::new() };
            format!("{} to {}{bad}", number(s.min), number(s.max))
        }
    }
}

/// Columns below each other; the last one with something in it is not padded.
fn table(text: &mut String, rows: &[[String; 5]]) {
    // One long cell may stick out, so that it does not push all others apart.
    const WIDEST: usize = 64;
    let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).filter(|w| *w <= WIDEST).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "  {cell:<width$}");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}
