//! A trace as text: the forward lines with their values and cotangents, then the steps of the backward pass, each with its
//! formula and its sentence. A forward line names the line that holds its cotangent, an adjoint line the one whose rule wrote it.

use std::fmt::Write;

use super::formula::number;
use super::plain::plain;
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
    /// assert!(text.contains("y = mul %0 %0  9  cot %2 = 1"));    // line %2 is the cotangent of y
    /// assert!(text.contains("4  %3  <- %1 mul  add to %0 x "));  // line %3 was written for the rule of line %1
    /// assert!(text.contains("x has more than one reader: what arrives is added to 6."));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        if let Some(source) = &self.source {
            source.lines().for_each(|l| source_line(&mut text, l));
            text.push('\n');
        }
        let forward: Vec<Row> = self.forward().map(|l| self.row(l)).collect();
        text += "forward: line, type, name and operation, value, the line that holds its cotangent\n";
        table(&mut text, &forward);
        text += "\nbackward: step, line it runs, <- the line whose rule it is, what for, formula, value\n";
        let steps: Vec<Row> = (0..self.steps.len()).map(|k| self.step_row(k)).collect();
        let mut rows = String::new();
        table(&mut rows, &steps);
        for (row, step) in rows.lines().zip(&self.steps) {
            let _ = writeln!(text, "{row}");
            wrapped(&mut text, "        ", &step.sentence);
        }
        let remarks: Vec<(&TracedLine, _)> =
            self.lines.iter().flat_map(|l| l.remarks.iter().map(move |r| (l, r))).collect();
        if !remarks.is_empty() {
            text += "\nremarks\n";
            remarks.iter().for_each(|(l, r)| wrapped(&mut text, "  ", &format!("{}: {r}", l.called())));
        }
        text
    }

    fn row(&self, l: &TracedLine) -> Row {
        let kind = if l.value.integer { "u32" } else { self.real };
        let action = if l.result > 0 { format!("= result {} of %{}", l.result, l.line.id) } else { action(l) };
        let name = l.line.name.as_deref().filter(|_| l.result == 0);
        let cotangent =
            l.cotangent.map_or_else(String::new, |c| format!("cot %{c} = {}", brief(&self.lines[c as usize].value)));
        [
            format!("%{}", l.id),
            format!("{kind}{}", list(&l.value.dims)),
            name.map_or_else(|| action.clone(), |n| format!("{n} {action}")),
            brief(&l.value),
            cotangent,
            String::new(),
        ]
    }

    fn step_row(&self, k: usize) -> Row {
        let s = &self.steps[k];
        let line = s.line.map_or_else(String::new, |id| format!("%{id}"));
        let of = &self.lines[s.of as usize];
        let rule = format!("<- %{} {}", of.id, of.line.op);
        let what = match &s.role {
            StepRole::Seed => format!("seed of {}", of.called()),
            StepRole::Again => format!("again {}", s.formula),
            StepRole::Part => "part".to_string(),
            role => format!("{} to {}", s.role.name(), self.told(role.to().unwrap_or(s.of))),
        };
        let value = s.line.map_or_else(String::new, |id| brief(&self.lines[id as usize].value));
        [(k + 1).to_string(), line, rule, what, s.formula.clone(), value]
    }

    /// A line's number, and its name if it has one.
    fn told(&self, id: u32) -> String {
        let l = &self.lines[id as usize];
        match &l.line.name {
            Some(name) if l.result == 0 => format!("%{id} {name}"),
            _ => format!("%{id}"),
        }
    }
}

/// The cells of a line of text.
type Row = [String; 6];

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
        _ => range(v),
    }
}

fn range(v: &Values) -> String {
    let s = &v.stats;
    let bad = if s.nonfinite > 0 { format!(", {} not finite", s.nonfinite) } else { String::new() };
    format!("{} to {}{bad}", number(s.min), number(s.max))
}

/// As [`short`], in the room of a column: numbers that would take more are told by their range.
fn brief(v: &Values) -> String {
    const ROOM: usize = 26;
    let text = short(v);
    if text.chars().count() <= ROOM { text } else { range(v) }
}

/// The longest line of text.
const WIDTH: usize = 110;

/// Columns below each other, as wide together as a line may be: the widest give way, and what does not fit is cut.
fn table(text: &mut String, rows: &[Row]) {
    const GAP: usize = 2;
    // Names may hold anything.
    let rows: Vec<Row> = rows.iter().map(|r| std::array::from_fn(|c| plain(&r[c]))).collect();
    let length = |row: &Row, c: usize| row[c].chars().count();
    let mut widths: [usize; 6] = std::array::from_fn(|c| rows.iter().map(|r| length(r, c)).max().unwrap_or(0));
    let total = |widths: &[usize; 6]| widths.iter().filter(|w| **w > 0).map(|w| w + GAP).sum::<usize>();
    while total(&widths) > WIDTH {
        let widest = widths.iter_mut().max_by_key(|w| **w).expect("there are columns");
        *widest -= 1;
    }
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths).filter(|(_, width)| *width > 0) {
            let cut = match cell.chars().count() > width {
                true => cell.chars().take(width - 1).chain(['…']).collect(),
                false => cell.clone(),
            };
            let _ = write!(line, "  {cut:<width$}");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// A sentence on lines of its own.
fn wrapped(text: &mut String, indent: &str, sentence: &str) {
    broken(text, indent, indent, &plain(sentence));
}

/// A line of a program, with its indentation; what does not fit goes on further in.
fn source_line(text: &mut String, line: &str) {
    const INDENT: usize = 40;
    let line = plain(line);
    let code = line.trim_start_matches(' ');
    let first = format!("| {}", " ".repeat((line.len() - code.len()).min(INDENT)));
    broken(text, &first, &format!("{first}    "), code.trim_end());
}

/// A text broken between words, and within those that are longer than a line.
fn broken(text: &mut String, first: &str, next: &str, words: &str) {
    let (mut line, mut used, mut bare) = (first.to_string(), first.chars().count(), true);
    for word in words.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        if !bare && used + 1 + word.len() > WIDTH {
            let _ = writeln!(text, "{}", line.trim_end());
            (line, used) = (next.to_string(), next.chars().count());
        } else if !bare {
            line.push(' ');
            used += 1;
        }
        while used + word.len() > WIDTH {
            let rest = word.split_off(WIDTH - used);
            line.extend(word);
            let _ = writeln!(text, "{line}");
            (line, used, word) = (next.to_string(), next.chars().count(), rest);
        }
        used += word.len();
        line.extend(word);
        bare = false;
    }
    let _ = writeln!(text, "{}", line.trim_end());
}
