//! A trace in the language of Graphviz: one node for each forward line with value and cotangent, scopes as clusters, and
//! for each contribution of the backward pass a dashed edge with its formula.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::record::{Trace, TracedLine};
use super::step::StepRole;
use super::text::short;

/// Graphs with more nodes are drawn with fewer rounds of improvement, since `dot` takes minutes for them otherwise.
const PATIENCE: usize = 60;

impl Trace {
    /// The trace as a graph for `dot`.
    ///
    /// ```
    /// use wengert::{Trace, prelude::*};
    /// let tape = Tape::<f64>::default();
    /// let x = tape.var(0.5).named("x");
    /// let dot = Trace::of(x.tanh())?.to_dot();
    /// assert!(dot.starts_with("digraph tape {") && dot.contains("n0 -> n1;"));
    /// assert!(dot.contains("n1 -> n0 [style=dashed"));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut text = String::from("digraph tape {\n  node [shape=box, style=rounded, fontname=\"Helvetica\"];\n");
        text += "  edge [fontname=\"Helvetica\", fontsize=10];\n";
        let shown: Vec<&TracedLine> = self.forward().filter(|l| l.result == 0).collect();
        if shown.len() > PATIENCE {
            text += "  nslimit=0.5; mclimit=0.3;\n";
        }
        let mut scopes: BTreeMap<&str, Vec<&TracedLine>> = BTreeMap::new();
        for l in &shown {
            scopes.entry(l.line.scope.as_deref().unwrap_or_default()).or_default().push(l);
        }
        for (k, (scope, lines)) in scopes.iter().enumerate() {
            let inside = !scope.is_empty();
            if inside {
                let _ = writeln!(text, "  subgraph cluster_{k} {{\n    label=\"{}\";", escaped(scope));
            }
            lines.iter().for_each(|l| self.node(&mut text, l));
            if inside {
                text += "  }\n";
            }
        }
        for l in &shown {
            for &o in &l.line.operands {
                let from = self.lines[o as usize].line.id;
                let _ = writeln!(text, "  n{from} -> n{};", l.id);
            }
        }
        for s in &self.steps {
            let (StepRole::Give { to, .. } | StepRole::Pass { to, .. }) = s.role else { continue };
            let to = self.lines[to as usize].line.id;
            let label = escaped(&s.formula);
            let _ = writeln!(
                text,
                "  n{} -> n{to} [style=dashed, color=\"#c2410c\", fontcolor=\"#c2410c\", constraint=false, label=\"{label}\"];",
                s.of
            );
        }
        text + "}\n"
    }

    fn node(&self, text: &mut String, l: &TracedLine) {
        let name = l.line.name.as_deref().map_or_else(String::new, |n| format!("{n} = "));
        let mut rows = vec![format!("{name}{} {:?}", l.line.op, l.value.dims), format!("value {}", short(&l.value))];
        if let Some(c) = l.cotangent {
            rows.push(format!("cotangent {}", short(&self.lines[c as usize].value)));
        }
        let label = rows.iter().map(|r| escaped(r)).collect::<Vec<_>>().join("\\n");
        let root = if l.id == self.root { ", penwidth=2" } else { "" };
        let leaf = if l.line.operands.is_empty() { ", style=\"rounded,filled\", fillcolor=\"#e0f2fe\"" } else { "" };
        let _ = writeln!(text, "    n{} [label=\"{label}\"{root}{leaf}];", l.id);
    }
}

/// Text that Graphviz shows as it is: quotes and backslashes are its own, `&` begins a character's name, and what steers
/// a terminal is no letter.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;");
    let letter = |c: char| match c {
        '\n' | '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(letter).collect()
}
