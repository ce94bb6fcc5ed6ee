//! A plan in words: each kernel call and each fused pass, what is stored and in whose place, what is computed twice, and bytes.
//! It reads the plans that have run, so it tells what happened and not what might.

use std::collections::HashMap;
use std::fmt::Write;

use super::plan::{Action, Plan, Source};
use super::program::Program;
use super::store::Store;
use crate::real::Real;
use crate::tape::{Graph, Tape};

/// Lines of a pass that are listed one by one.
const LISTED: usize = 24;

impl<T: Real> Tape<T> {
    /// What has been computed since the tape was cleared, and how: one paragraph for each of the last plans that
    /// have run (64 of them).
    ///
    /// A step is a kernel call or a fused pass, which computes all its lines block by block and stores only some. `in
    /// place of` names the operand whose buffer a result takes over, `again` a line that more than one step computes
    /// because that costs less than storing it.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var(vec![0.5; 1000]);
    /// let _ = (x.square() * 3.0).tanh().sum().backward();
    /// let text = tape.explain();
    /// assert!(text.starts_with("1 step, 1 of them a fused pass; 3.9 KiB in 2 buffers"), "{text}");
    /// ```
    pub fn explain(&self) -> String {
        let g = self.graph.borrow();
        self.with_slot(|store: &mut Store<T>| {
            let paragraphs: Vec<String> = store.log().map(|(plan, times)| describe(&g, plan, times)).collect();
            paragraphs.join("\n")
        })
    }
}

impl<T: Real> Program<T> {
    /// What a run does, as [`Tape::explain`] tells it.
    pub fn explain(&self) -> String {
        describe(self.graph(), self.plan(), 1)
    }
}

fn describe<T: Real>(g: &Graph<T>, plan: &Plan<T>, times: u32) -> String {
    let passes = plan.steps.iter().filter(|s| matches!(s.action, Action::Pass(_))).count();
    let buffers = plan.reals.len() + plan.ints.len();
    let mut text = format!(
        "{}, {passes} of them {}; {} in {}{}\n",
        many(plan.steps.len(), "step"),
        if passes == 1 { "a fused pass" } else { "fused passes" },
        bytes(plan.bytes()),
        many(buffers, "buffer"),
        if times > 1 { format!("; run {times} times") } else { String::new() },
    );
    let mut seen: HashMap<u32, u32> = HashMap::new();
    for (k, (step, note)) in plan.steps.iter().zip(&plan.notes).enumerate() {
        let _ = write!(text, "{k:>4}  ");
        match &step.action {
            Action::Call(head) => {
                let _ = write!(text, "%{head} {}", g.node(*head).op.get().name());
            }
            Action::Pass(pass) => {
                let _ = write!(text, "pass over {}", many(pass.count, "element"));
                if pass.row > 1 {
                    let _ = write!(text, " in rows of {}", pass.row);
                }
                text.push_str(": ");
                text.push_str(&lines(g, &note.lines, &mut seen));
            }
        }
        let sources = &plan.sources[step.operands.start as usize..step.operands.end as usize];
        let stored: Vec<String> = (note.stored.iter().enumerate())
            .map(|(r, id)| {
                let taken = sources.iter().position(|s| *s == Source::Output(r as u32));
                let place = taken.map_or_else(String::new, |i| format!(" in place of %{}", note.reads[i]));
                format!("%{id} {}{place}", g.signature(*id))
            })
            .collect();
        let _ = writeln!(text, "\n      stores {}", stored.join(", "));
    }
    text
}

fn lines<T: Real>(g: &Graph<T>, ids: &[u32], seen: &mut HashMap<u32, u32>) -> String {
    let mut words = Vec::new();
    for (k, &id) in ids.iter().enumerate() {
        let times = seen.entry(id).or_default();
        *times += 1;
        let again = if *times > 1 { " again" } else { "" };
        if k < LISTED {
            words.push(format!("%{id} {}{again}", g.node(id).op.get().name()));
        }
    }
    if ids.len() > LISTED {
        words.push(format!("and {} more", ids.len() - LISTED));
    }
    words.join(", ")
}

fn many(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// A number of bytes in the unit in which it is from 1 to 1024, where there is one.
pub(crate) fn bytes(n: usize) -> String {
    match n {
        ..1024 => many(n, "byte"),
        1024..0x10_0000 => format!("{:.1} KiB", n as f64 / 1024.0),
        _ => format!("{:.1} MiB", n as f64 / 1048576.0),
    }
}
