//! The variables of a script: the names that a program gave to its lines, and readable ones for those that rules wrote.
//! Every name is an identifier of Python, and no two lines share one.

use std::collections::{BTreeMap, BTreeSet};

use super::table::results;
use crate::trace::record::{Trace, TracedLine};
use crate::trace::step::StepRole;

/// Words that mean something else: those of the language, and the functions and modules that helpers call.
const TAKEN: &[&str] = &[
    "False",
    "None",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "while",
    "with",
    "yield",
    "np",
    "math",
    "itertools",
    "abs",
    "bool",
    "dict",
    "enumerate",
    "float",
    "int",
    "isinstance",
    "len",
    "list",
    "map",
    "max",
    "min",
    "print",
    "range",
    "reversed",
    "round",
    "slice",
    "sum",
    "tuple",
    "zip",
    "agree",
];

/// The variable of every line of the trace.
pub(super) struct Variables {
    of: BTreeMap<u32, String>,
    used: BTreeSet<String>,
    /// How many have wanted a name, so that a name of many lines is not tried from 2 on for each.
    wanted: BTreeMap<String, u32>,
}

impl Variables {
    /// Names for all lines; `helpers` are names that scripts may define.
    pub fn of<'a>(trace: &Trace, helpers: impl Iterator<Item = &'a str>) -> Self {
        let used = TAKEN.iter().copied().chain(helpers).map(str::to_string).collect();
        let mut all = Variables { of: BTreeMap::new(), used, wanted: BTreeMap::new() };
        // The program's own names first, so that no generated one takes them away.
        for l in trace.lines.iter().filter(|l| l.result == 0) {
            if let Some(name) = &l.line.name {
                all.give(l, &identifier(name));
            }
        }
        // A line of an earlier sweep is a primal line of this one.
        let swept = first_of_sweep(trace);
        for l in trace.lines.iter().filter(|l| !l.is_adjoint() || l.id < swept) {
            all.number(l);
        }
        for step in &trace.steps {
            let Some(line) = step.line.filter(|line| !all.of.contains_key(line)) else { continue };
            let of = trace.lines[line as usize].cotangent_of;
            step.role.to().into_iter().chain(of).chain([step.of]).for_each(|id| all.number(&trace.lines[id as usize]));
            let wanted = match (&step.role, of) {
                (StepRole::Part | StepRole::Again, None) | (StepRole::Cut { .. }, _) => continue,
                (_, Some(of)) => format!("g_{}", all.get(of)),
                (StepRole::Add { to }, None) => format!("g_{}_so_far", all.get(*to)),
                (role, None) => match role.to() {
                    Some(to) => format!("g_{}_from_{}", all.get(to), all.get(step.of)),
                    None => continue,
                },
            };
            let name = all.claim(&wanted);
            all.of.insert(line, name);
        }
        trace.lines.iter().for_each(|l| all.number(l));
        all
    }

    /// The variable of line `id`.
    pub fn get(&self, id: u32) -> &str {
        &self.of[&id]
    }

    /// A new name for a cotangent that is another line's value as well.
    pub fn alias(&mut self, wanted: &str) -> String {
        self.claim(wanted)
    }

    /// Names a line and, behind that name, the further results of its operation.
    fn give(&mut self, l: &TracedLine, wanted: &str) {
        let name = self.claim(wanted);
        for (k, part) in results(l.line.op).iter().enumerate().take(l.line.results.len() - 1) {
            let part = self.claim(&format!("{name}_{part}"));
            self.of.entry(l.id + 1 + k as u32).or_insert(part);
        }
        self.of.insert(l.id, name);
    }

    /// Names a line by its number, if it has no name yet.
    fn number(&mut self, l: &TracedLine) {
        match self.of.contains_key(&l.id) {
            true => {}
            false if l.result == 0 => self.give(l, &format!("v{}", l.id)),
            false => {
                let name = self.claim(&format!("v{}", l.id));
                self.of.insert(l.id, name);
            }
        }
    }

    /// The name wanted, or one like it that is free.
    fn claim(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_string();
        let k = self.wanted.entry(name.clone()).or_insert(1);
        while self.used.contains(&name) {
            *k += 1;
            name = if *k == 2 { format!("{wanted}_") } else { format!("{wanted}_{k}") };
        }
        self.used.insert(name.clone());
        name
    }
}

/// The first line that the trace's own sweep wrote: its seed.
pub(super) fn first_of_sweep(trace: &Trace) -> u32 {
    trace.steps.iter().find(|s| s.role == StepRole::Seed).and_then(|s| s.line).unwrap_or(u32::MAX)
}

/// A name as an identifier of Python; Greek letters stay, which Python takes as they are.
fn identifier(name: &str) -> String {
    // Between the capitals of Greek is a place without a letter.
    let greek = |c: char| ('α'..='ω').contains(&c) || ('Α'..='Ω').contains(&c) && c.is_alphabetic();
    let kept = |c: char| c.is_ascii_alphanumeric() || greek(c);
    let text: String = name.chars().map(|c| if kept(c) { c } else { '_' }).collect();
    // Names with two underscores in front are Python's own.
    let text = text.trim_start_matches('_');
    match text.chars().next() {
        None => "line".into(),
        Some(c) if c.is_ascii_digit() => format!("v_{text}"),
        Some(_) => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        let all = ["x", "layers.0.weight", "__builtins__", "3d", "θ", "µ\n", "a\u{3a2}b", "___"].map(identifier);
        assert_eq!(all, ["x", "layers_0_weight", "builtins__", "v_3d", "θ", "line", "a_b", "line"]);
    }

    #[test]
    fn no_two_lines_share_a_name() {
        let mut all = Variables {
            of: BTreeMap::new(),
            used: TAKEN.iter().map(|s| s.to_string()).collect(),
            wanted: BTreeMap::new(),
        };
        assert_eq!(["lambda", "x", "x", "x"].map(|n| all.claim(n)), ["lambda_", "x", "x_", "x_3"]);
    }
}
