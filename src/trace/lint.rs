//! What is suspicious in a trace: dead relus, cotangents that explode or vanish, pool cells that never win, unused leaves,
//! softmax twice. Each finding names the line, says why it matters and what is commonly done.

use std::fmt;

use super::plain::plain;
use super::record::{Trace, TracedLine};
use super::remark::Remark;
use super::values::Stats;

/// A finding of [`Trace::lint`].
#[derive(Clone, Debug, PartialEq)]
pub struct Lint {
    /// The line that it is about.
    pub line: u32,
    /// The kind, one word or two: "dead relu", "unused leaf", ...
    pub kind: &'static str,
    /// What was seen, with numbers, and what to do about it.
    pub text: String,
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, plain(&self.text))
    }
}

/// A relu with at most this share of its elements on is called dead.
const ALIVE: f64 = 0.02;

/// Cotangents of neighbouring lines that differ in size by more than this are told once they leave the range below.
const RANGE: (f64, f64) = (1e-6, 1e6);

impl Trace {
    /// What is suspicious in this run, in the order of the lines.
    ///
    /// ```
    /// use wengert::{Trace, prelude::*};
    /// let tape = Tape::<f64>::default();
    /// let (x, unused) = (tape.var([-1.0, -2.0]).named("x"), tape.var(1.0).named("unused"));
    /// let lints = Trace::of(x.relu().sum())?.lint();
    /// let kinds: Vec<_> = lints.iter().map(|l| l.kind).collect();
    /// assert_eq!(kinds, ["zero gradient", "unused leaf", "dead relu"]);
    /// # let _ = unused;
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[must_use]
    pub fn lint(&self) -> Vec<Lint> {
        let mut found = Vec::new();
        for l in self.lines.iter().filter(|l| !l.is_adjoint()) {
            let mut tell = |kind, text: String| found.push(Lint { line: l.id, kind, text });
            self.leaf(l, &mut tell);
            numbers(l, &mut tell);
            self.shape(l, &mut tell);
            self.size(l, &mut tell);
            for remark in &l.remarks {
                remarked(l, remark, &mut tell);
            }
        }
        found
    }

    /// The value statistics of a line's whole cotangent.
    pub(super) fn cotangent(&self, l: &TracedLine) -> Option<&Stats> {
        l.cotangent.map(|c| &self.lines[c as usize].value.stats)
    }

    fn leaf(&self, l: &TracedLine, tell: &mut impl FnMut(&'static str, String)) {
        if !self.gradients.iter().any(|g| g.leaf == l.id) {
            return;
        }
        let name = l.called();
        match self.cotangent(l) {
            None => {
                let fix = "use it, or make it a constant";
                tell("unused leaf", format!("the root does not depend on {name}, or a cut lies between: {fix}"));
            }
            Some(s) if s.count > 0 && s.zeros == s.count => {
                tell("zero gradient", format!("all {} elements of the gradient of {name} are exactly 0", s.count));
            }
            Some(_) => {}
        }
    }

    /// Softmax of a softmax, or cross entropy of what is a softmax already.
    fn shape(&self, l: &TracedLine, tell: &mut impl FnMut(&'static str, String)) {
        let takes = ["softmax", "log_softmax", "cross_entropy"];
        if !takes.contains(&l.line.op) || l.result > 0 {
            return;
        }
        let mut id = l.line.operands[0];
        // Through what only moves elements.
        while self.lines[id as usize].line.step_kind == crate::tape::StepKind::Permute {
            let Some(&below) = self.lines[id as usize].line.operands.first() else { break };
            id = below;
        }
        let below = &self.lines[id as usize];
        if matches!(below.line.op, "softmax" | "log_softmax") {
            let text =
                format!("{} reads {}, which is normalised already: give it the logits", l.called(), below.called());
            tell("softmax twice", text);
        }
    }

    /// Cotangents that leave the range that the root's had, told where they leave it.
    fn size(&self, l: &TracedLine, tell: &mut impl FnMut(&'static str, String)) {
        let Some(own) = self.cotangent(l).filter(|s| s.nonfinite == 0 && s.zeros < s.count) else { return };
        let readers = self.lines.iter().filter(|r| !r.is_adjoint() && r.result == 0 && r.line.operands.contains(&l.id));
        let before: Vec<&Stats> = readers.filter_map(|r| self.cotangent(r)).filter(|s| s.zeros < s.count).collect();
        if before.is_empty() {
            return;
        }
        let inside = |v: f64| (RANGE.0..=RANGE.1).contains(&v);
        if before.iter().all(|s| inside(s.rms)) && !inside(own.rms) {
            let (kind, fix) = match own.rms < RANGE.0 {
                true => ("vanishing cotangent", "normalise, use residual connections or another activation"),
                false => ("exploding cotangent", "clip gradients, normalise, or scale the initial weights"),
            };
            tell(kind, format!("the cotangent of {} has size {:.1e} (rms): {fix}", l.called(), own.rms));
        }
    }
}

fn numbers(l: &TracedLine, tell: &mut impl FnMut(&'static str, String)) {
    let s = &l.value.stats;
    if s.nonfinite > 0 {
        let text = format!("{} of {} elements of {} are NaN or infinite", s.nonfinite, s.count, l.called());
        tell("not finite", text);
    }
}

fn remarked(l: &TracedLine, remark: &Remark, tell: &mut impl FnMut(&'static str, String)) {
    match *remark {
        Remark::Off { off, of } if of > 0 && (of - off) as f64 <= ALIVE * of as f64 => {
            let fix = "a smaller step, another initialisation or leaky_relu revives it";
            tell("dead relu", format!("{off} of {of} elements of {} are off and pass no cotangent: {fix}", l.called()));
        }
        Remark::NeverWon { cells, of } if cells * 10 > of * 9 => {
            let text = format!("{cells} of {of} elements that {} chooses from were never chosen", l.called());
            tell("rarely chosen", text);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tape::Tape;

    fn kinds(trace: &Trace) -> Vec<&'static str> {
        trace.lint().into_iter().map(|l| l.kind).collect()
    }

    #[test]
    fn a_healthy_model_has_no_findings() {
        let tape = Tape::<f64>::default();
        let (x, w) = (tape.constant([[1.0, -0.5]]), tape.var([[0.3], [0.7]]));
        let loss = x.matmul(w).tanh().sum();
        assert_eq!(kinds(&Trace::of(loss).unwrap()), Vec::<&str>::new());
    }

    #[test]
    fn each_kind_is_found() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[2.0, 1.0, 0.5]]);
        let twice = x.softmax(1).softmax(1).square().sum();
        assert_eq!(kinds(&Trace::of(twice).unwrap()), ["softmax twice"]);

        let tape = Tape::<f64>::default();
        let mut y = tape.var(0.4);
        for _ in 0..12 {
            y = (y * 8.0).sigmoid();
        }
        assert_eq!(kinds(&Trace::of(y * 1e-4).unwrap()), ["vanishing cotangent"]);

        let tape = Tape::<f64>::default();
        let x = tape.var([1.0, 2.0]);
        assert_eq!(kinds(&Trace::of((x * 1e4 * 1e4).sum()).unwrap()), ["exploding cotangent"]);

        let tape = Tape::<f64>::default();
        let x = tape.var([0.0, 1.0]);
        assert!(kinds(&Trace::of(x.ln().sum()).unwrap()).contains(&"not finite"));
    }
}
