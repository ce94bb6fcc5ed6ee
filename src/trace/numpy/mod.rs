//! A trace as a Python script that recomputes it in NumPy: every line a statement, forward lines and those that rules wrote.
//! The backward program is lines of the same tape, so one table of operations spells both; the end compares with the engine.

mod helpers;
mod names;
mod numbers;
mod spell;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write;

use self::helpers::Helper;
use self::names::Variables;
use self::numbers::Budget;
use self::spell::Spelling;
use super::plain::plain;
use super::record::{Trace, TracedLine};
use super::step::{Step, StepRole};
use super::values::Stats;
use crate::error::Error;

/// The element type of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Precision {
    Single,
    Double,
}

impl Precision {
    /// The type as NumPy names it.
    fn name(self) -> &'static str {
        match self {
            Precision::Single => "np.float32",
            Precision::Double => "np.float64",
        }
    }

    /// The type as an argument, where it is not what NumPy takes by itself.
    fn argument(self) -> &'static str {
        match self {
            Precision::Single => ", dtype=np.float32",
            Precision::Double => "",
        }
    }

    /// How far numbers may be from the engine's: relative to each, and relative to the largest.
    fn tolerances(self) -> [f64; 2] {
        match self {
            Precision::Single => [1e-4, 1e-5],
            Precision::Double => [1e-9, 1e-12],
        }
    }
}

/// Statements wider than this have their comment above them.
const WIDE: usize = 64;

/// Formulas longer than this are left out of comments.
const FORMULA: usize = 44;

impl Trace {
    /// The trace as a Python script that computes every line of it again, in NumPy and nothing else.
    ///
    /// Leaves and random draws are written out; each statement says which line of the tape it is and, where a rule wrote the
    /// line, whose rule, and to whom it gives. The script ends by comparing the root and all gradients with the engine's numbers
    /// (to 1e-9 relative; 1e-4 in f32), and by printing them.
    ///
    /// # Errors
    /// The leaves, random draws and gradients have more than 100,000 numbers, or the trace keeps only statistics of one of them;
    /// there is an operation that the crate does not define.
    ///
    /// ```
    /// use wengert::{Trace, prelude::*};
    /// let tape = Tape::<f64>::default();
    /// let x = tape.var([1., -2.]).named("x");
    /// let script = Trace::of(x.relu().sum().named("loss"))?.to_numpy()?;
    /// assert!(script.contains("\nv1 = np.maximum(x, 0) "));
    /// assert!(script.contains("\ng_x = np.where(v1 > 0, g_v1, 0) "));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn to_numpy(&self) -> Result<String, Error> {
        // Names that no helper of this script has are the program's to use: what it calls is known after a first writing.
        let draft = self.script(&helpers::all())?.0;
        let needed = helpers::called(&draft.code());
        let (script, ends) = self.script(&needed)?;
        Ok(script.text(&needed, &ends))
    }

    /// The statements and the end of a script that holds some helpers.
    fn script(&self, held: &[Helper]) -> Result<(Script<'_>, String), Error> {
        let mut script = Script {
            trace: self,
            precision: if self.real == "f32" { Precision::Single } else { Precision::Double },
            names: Variables::of(self, held.iter().map(|h| h.name)),
            budget: Budget(numbers::NUMBERS),
            also: BTreeMap::new(),
            swept: names::first_of_sweep(self),
            rows: Vec::new(),
        };
        script.write()?;
        let ends = script.ends()?;
        Ok((script, ends))
    }
}

/// A statement with its comment, or one of the two.
struct Row {
    code: String,
    comment: String,
}

struct Script<'a> {
    trace: &'a Trace,
    precision: Precision,
    names: Variables,
    budget: Budget,
    /// Names of cotangents that are another line's as well, by their primal line.
    also: BTreeMap<u32, String>,
    /// The first line that the sweep wrote.
    swept: u32,
    rows: Vec<Row>,
}

impl Script<'_> {
    fn write(&mut self) -> Result<(), Error> {
        let trace = self.trace;
        let mut executes = BTreeMap::new();
        for (k, s) in trace.steps.iter().enumerate() {
            if let (Some(line), false) = (s.line, matches!(s.role, StepRole::Pass { .. } | StepRole::Cut { .. })) {
                executes.entry(trace.lines[line as usize].line.id).or_insert(k);
            }
        }
        let (mut told, mut adjoint) = (0, false);
        self.heading("Forward.");
        for l in trace.lines.iter().filter(|l| l.result == 0) {
            let step = executes.get(&l.line.id).copied();
            if let Some(k) = step {
                if !adjoint {
                    self.heading("Backward: the rule of every line, from the last to the first.");
                    adjoint = true;
                }
                trace.steps[told.min(k)..k].iter().for_each(|s| self.note(s));
                told = told.max(k + 1);
            }
            self.statement(l, step.map(|k| &trace.steps[k]))?;
        }
        trace.steps[told..].iter().for_each(|s| self.note(s));
        Ok(())
    }

    fn heading(&mut self, text: &str) {
        self.rows.push(Row { code: String::new(), comment: String::new() });
        self.rows.push(Row { code: String::new(), comment: text.into() });
    }

    /// The line as a statement.
    fn statement(&mut self, l: &TracedLine, step: Option<&Step>) -> Result<(), Error> {
        let count = l.line.results.len() as u32;
        let targets: Vec<&str> = (l.id..l.id + count).map(|id| self.names.get(id)).collect();
        let one_of_a_list = count == 1 && l.line.op == "split";
        let targets = if one_of_a_list { format!("[{}]", targets[0]) } else { targets.join(", ") };
        let value = match l.line.op {
            "var" | "constant" | "ints" | "uniform" | "normal" | "keep_mask" if l.line.operands.is_empty() => {
                self.budget.array(l, self.precision, 0)?
            }
            _ => {
                let operands = l.line.operands.iter().map(|&o| self.operand(o, step)).collect();
                Spelling { trace: self.trace, line: l, operands, precision: self.precision }.expression()?
            }
        };
        let comment = self.comment(l, step);
        self.rows.push(Row { code: format!("{targets} = {value}"), comment });
        Ok(())
    }

    /// The variable of an operand; for a rule's own cotangents the name that says so.
    fn operand(&self, id: u32, step: Option<&Step>) -> &str {
        let own = step.and_then(|s| {
            let result = s.cotangents.iter().position(|c| *c == Some(id))?;
            self.also.get(&(s.of + result as u32))
        });
        own.map_or_else(|| self.names.get(id), String::as_str)
    }

    /// Which line of the tape it is, and who wrote it.
    fn comment(&self, l: &TracedLine, step: Option<&Step>) -> String {
        let ids: Vec<String> = (0..l.line.results.len()).map(|k| format!("%{}", l.id as usize + k)).collect();
        let mut text = format!("{} {}", ids.join(" "), l.line.op);
        match (step.map(|s| (s, &s.role)), l.line.again, l.line.origin) {
            (Some((_, StepRole::Seed)), ..) => text += ", the seed of the sweep",
            (_, Some(first), _) => {
                let _ = write!(text, ", %{first} again");
            }
            (Some((s, role)), ..) => {
                let _ = write!(text, ", rule of {}", self.called(s.of));
                if let Some(to) = role.to() {
                    let _ = write!(text, " to {}", self.names.get(to));
                    // A call of the line's own operation says what the code says.
                    let inner = s.formula.strip_prefix('(').and_then(|f| f.strip_suffix(')'));
                    let formula = inner.filter(|f| !f.contains(['(', ')'])).unwrap_or(&s.formula);
                    let told = !s.formula.starts_with(&format!("{}(", l.line.op));
                    if matches!(role, StepRole::Add { .. }) {
                        text += ": what came before + this";
                    } else if told && formula.chars().count() <= FORMULA {
                        let _ = write!(text, ": {formula}");
                    }
                }
            }
            (None, None, Some(origin)) => {
                let _ = write!(text, ", rule of {}", self.called(origin));
            }
            (None, None, None) => {
                if matches!(l.line.op, "uniform" | "normal" | "keep_mask") {
                    text += ", as it was drawn";
                }
                if let Some(scope) = &l.line.scope {
                    let _ = write!(text, ", in {scope}");
                }
            }
        }
        text
    }

    fn called(&self, id: u32) -> String {
        let l = &self.trace.lines[id as usize];
        format!("%{} {}", l.line.id, l.line.op)
    }

    /// A step that no line executes: what is handed on as it is, and what goes nowhere.
    fn note(&mut self, step: &Step) {
        let Some(to) = step.role.to() else { return };
        let (of, operand) = (self.called(step.of), self.names.get(to).to_string());
        match (&step.role, step.line) {
            (StepRole::Cut { why, .. }, _) => {
                let comment = format!("rule of {of}: nothing to {operand}, for {why}");
                self.rows.push(Row { code: String::new(), comment });
            }
            // The name says it already.
            (_, Some(line)) if line >= self.swept && self.trace.lines[line as usize].cotangent_of == Some(to) => {}
            (StepRole::Pass { .. }, Some(line)) => {
                let comment = format!("%{line} as it is, rule of {of} to {operand}");
                let own = self.names.get(line).to_string();
                let whole = self.trace.lines[to as usize].cotangent == Some(line) && !self.also.contains_key(&to);
                let code = if whole {
                    let name = self.names.alias(&format!("g_{operand}"));
                    self.also.insert(to, name.clone());
                    format!("{name} = {own}")
                } else {
                    String::new()
                };
                self.rows.push(Row { code, comment });
            }
            _ => {}
        }
    }

    /// What the script says in the end: the root and the gradients, compared with the engine's numbers and printed.
    fn ends(&mut self) -> Result<String, Error> {
        let (mut compared, mut printed) = (String::new(), String::new());
        let root = &self.trace.lines[self.trace.root as usize];
        let name = self.names.get(self.trace.root).to_string();
        self.compare(&mut compared, &name, root, largest(&root.value.stats))?;
        let _ = writeln!(printed, "print(\"{name} =\", {name})");
        // The largest cotangent among those who read a leaf: rounding leaves that much beside a gradient which cancels.
        let mut beside: BTreeMap<u32, f64> = BTreeMap::new();
        for l in self.trace.lines.iter().filter(|l| !l.is_adjoint() && l.result == 0) {
            let size = l.cotangent.map_or(0.0, |c| largest(&self.trace.lines[c as usize].value.stats));
            for &o in &l.line.operands {
                let known = beside.entry(o).or_default();
                *known = known.max(size);
            }
        }
        for g in &self.trace.gradients {
            let leaf = self.names.get(g.leaf).to_string();
            let Some(line) = g.gradient else {
                let _ = writeln!(printed, "print(\"no derivative arrives at {leaf}\")");
                continue;
            };
            let name = self.also.get(&g.leaf).cloned().unwrap_or_else(|| self.names.get(line).to_string());
            let gradient = &self.trace.lines[line as usize];
            let noise = beside.get(&g.leaf).map_or(0.0, |v| v.min(1.0));
            self.compare(&mut compared, &name, gradient, largest(&gradient.value.stats).max(noise))?;
            let _ = writeln!(printed, "print(\"gradient with respect to {leaf}:\")\nprint({name})");
        }
        Ok(format!("\n# The engine's numbers.\n{compared}\n{printed}"))
    }

    /// A comparison, which allows for rounding beside numbers of a size.
    fn compare(&mut self, text: &mut String, name: &str, l: &TracedLine, size: f64) -> Result<(), Error> {
        let [_, beside] = self.precision.tolerances();
        let size = if size > 0.0 { size } else { 1.0 };
        let list = self.budget.expected(l, self.precision)?;
        let _ = writeln!(text, "agree({name}, {list}, atol={:.0e})", beside * size);
        Ok(())
    }

    /// All statements, without their comments.
    fn code(&self) -> String {
        self.rows.iter().flat_map(|r| [r.code.as_str(), "\n"]).collect()
    }

    fn text(&self, held: &[Helper], ends: &str) -> String {
        let (code, body) = (self.code(), self.body());
        let helpers: String = held.iter().map(|h| format!("{}\n\n\n", h.text)).collect();
        let uses = |module: &str| helpers.contains(module) || code.contains(module);
        let mut text = String::from(
            "\"\"\"A forward and a backward pass, line by line as they stand on a tape: run it with Python and NumPy.\n\n\
             %7 in a comment is line 7 of the tape, and \"rule of %7 to x\" says whose rule wrote a line, and whom it serves.\n\
             g_x is what the backward pass brings to x: how much the root changes when x does. In formulas g is what a rule\n\
             was given, x (or a and b) are its operands, y is its result. The end compares with the engine's numbers.\n\"\"\"\n\n",
        );
        for module in ["itertools", "math"] {
            if uses(&format!("{module}.")) {
                let _ = writeln!(text, "import {module}");
            }
        }
        if uses("itertools.") || uses("math.") {
            text.push('\n');
        }
        let [relative, _] = self.precision.tolerances();
        let _ = writeln!(text, "import numpy as np\n\n\n{helpers}def agree(ours, engine, atol):");
        text += "    \"\"\"Fails where our numbers are not the engine's.\"\"\"\n";
        text += "    assert np.shape(ours) == np.shape(engine), (np.shape(ours), np.shape(engine))\n";
        let _ = writeln!(text, "    np.testing.assert_allclose(ours, engine, rtol={relative:e}, atol=atol)\n\n");
        text += "# Infinities and NaN are values, as on the tape.\nnp.seterr(all=\"ignore\")\n";
        if let Some(source) = &self.trace.source {
            text += "\n# The program:\n";
            for line in source.split(['\n', '\r', ';']).map(str::trim).filter(|l| !l.is_empty()) {
                let _ = writeln!(text, "#     {}", plain(line));
            }
        }
        text + &body + ends
    }

    /// The statements, comments beside them in a column.
    fn body(&self) -> String {
        let beside = |r: &Row| !r.code.is_empty() && r.code.chars().count() <= WIDE && !r.code.contains('\n');
        let widths = self.rows.iter().filter(|r| beside(r)).map(|r| r.code.chars().count());
        let width = widths.max().unwrap_or(0);
        let mut text = String::new();
        for r in &self.rows {
            let comment = plain(&r.comment);
            let _ = match (beside(r), r.code.is_empty(), comment.is_empty()) {
                (true, ..) => writeln!(text, "{:<width$}  # {comment}", r.code),
                (_, true, true) => writeln!(text),
                (_, true, _) => writeln!(text, "# {comment}"),
                _ => writeln!(text, "# {comment}\n{}", r.code),
            };
        }
        text
    }
}

/// The size of the largest finite number.
fn largest(stats: &Stats) -> f64 {
    stats.max.max(-stats.min)
}
