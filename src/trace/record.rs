//! A trace: everything that one forward and one backward pass did, as data that outlives the tape.
//! Drawings, pages, lessons, lints and comparisons are made from it and from nothing else.

use std::ops::Range;

use super::known::know;
use super::remark::{Remark, remarks};
use super::sentence::sentence;
use super::step::{Step, steps, visit_of};
use super::values::Values;
use crate::adjoint::{check_scalar, reverse_sweep};
use crate::error::Error;
use crate::real::Real;
use crate::tape::{Kind, Line, Operand, Tape, Var};

/// One line of the tape with its value, and what is to be said of it. An operation with several results has one for each.
#[derive(Clone, Debug)]
pub struct TracedLine {
    /// The line's number.
    pub id: u32,
    /// The facts of the operation.
    pub line: Line,
    /// Which of its results this is.
    pub result: usize,
    /// The name of the line that it is in all but axes of one element: `max_pool2d` of a bare plane `x` reads a reshape of
    /// `x`, which readers know as `x`.
    pub known_as: Option<String>,
    /// The value.
    pub value: Values,
    /// The line with its whole cotangent, for a primal line that one arrives at.
    pub cotangent: Option<u32>,
    /// The primal line whose whole cotangent this line is.
    pub cotangent_of: Option<u32>,
    /// Where in the program text it comes from, in bytes.
    pub span: Option<Range<usize>>,
    /// Floating-point operations, roughly; of the operation's first result.
    pub flops: f64,
    /// The scalar formula of an elementwise operation, from the source of its rule.
    pub formula: Option<&'static str>,
    /// Ties, dead relus, cells that won several windows.
    pub remarks: Vec<Remark>,
}

impl TracedLine {
    /// Its name, or its operation and number: `loss`, `max_pool2d %3`.
    pub fn called(&self) -> String {
        match (&self.line.name, self.result) {
            (Some(name), 0) => name.to_string(),
            (None, 0) if self.known_as.is_some() => self.known_as.clone().unwrap_or_default(),
            (_, 0) => format!("{} %{}", self.line.op, self.id),
            (_, k) => format!("result {k} of {} %{}", self.line.op, self.line.id),
        }
    }

    /// The number of elements.
    pub fn count(&self) -> usize {
        self.value.stats.count
    }

    /// Whether a rule wrote it.
    pub fn is_adjoint(&self) -> bool {
        self.line.origin.is_some() || self.line.again.is_some()
    }

    /// The number that a line with one element holds.
    pub fn one(&self) -> Option<f64> {
        match self.value.data.as_deref() {
            Some(&[v]) => Some(v),
            _ => None,
        }
    }

    /// The number that all elements are.
    pub(super) fn all_same(&self) -> Option<f64> {
        let s = &self.value.stats;
        (s.count > 0 && s.nonfinite == 0 && s.min == s.max).then_some(s.min)
    }
}

/// The gradient with respect to one leaf.
#[derive(Clone, Debug, PartialEq)]
pub struct LeafGradient {
    /// The leaf.
    pub leaf: u32,
    /// The line with the gradient; `None` where no derivative arrives.
    pub gradient: Option<u32>,
}

/// The record of a forward and a backward pass; see [`Trace::of`].
#[derive(Clone, Debug)]
pub struct Trace {
    /// The program text, if the tape was recorded from one.
    pub source: Option<String>,
    /// The element type: `f32` or `f64`.
    pub real: &'static str,
    /// The line that was differentiated.
    pub root: u32,
    /// All lines in order: line k is `lines[k]`.
    pub lines: Vec<TracedLine>,
    /// The steps of the backward pass.
    pub steps: Vec<Step>,
    /// The gradients of the leaves made by [`Tape::var`](crate::Tape::var).
    pub gradients: Vec<LeafGradient>,
}

/// How much a trace holds.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceOptions {
    /// Lines with at most so many elements keep all of them; larger ones keep a picture and statistics.
    pub numbers: usize,
    /// The most lines that are traced, adjoint lines included.
    pub lines: usize,
}

impl Default for TraceOptions {
    /// 4,096 numbers a line, 100,000 lines.
    fn default() -> Self {
        TraceOptions { numbers: 4096, lines: 100_000 }
    }
}

impl Trace {
    /// Runs a scalar line and its backward pass step by step, and records all of it.
    ///
    /// The adjoint lines are written on the tape, as [`backward`](crate::Var::backward) does; the values are the tape's own.
    ///
    /// # Errors
    /// The line has more than one element, or values fault as in [`Var::try_value`].
    ///
    /// ```
    /// use wengert::{Trace, prelude::*};
    /// let tape = Tape::<f64>::default();
    /// let x = tape.var([[[1., 2., 0.], [3., 9., 4.], [5., 6., 7.]]]).named("x");
    /// let loss = x.max_pool2d(MaxPool2d::new(2).stride(1)).sum().named("loss");
    /// let trace = Trace::of(loss)?;
    /// let last = trace.steps.last().unwrap();
    /// assert!(last.sentence.contains("Cell [0, 1, 1] won 4 windows and gets 1 + 1 + 1 + 1 = 4."));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn of<T: Real>(root: Var<'_, T>) -> Result<Self, Error> {
        Trace::with(root, &TraceOptions::default())
    }

    /// As [`of`](Trace::of), with limits of choice.
    ///
    /// # Errors
    /// As [`of`](Trace::of), or there are more lines than the options allow.
    #[track_caller]
    pub fn with<T: Real>(root: Var<'_, T>, options: &TraceOptions) -> Result<Self, Error> {
        let tape = root.tape();
        check_scalar(root, "trace")?;
        let leaves = leaves(tape);
        let sweep = reverse_sweep(root, &leaves);
        if tape.len() > options.lines {
            return Err(Error::argument(format!("the tape has {} lines", tape.len()))
                .rule(format!("at most {} lines are traced", options.lines))
                .fix("trace a smaller model, or allow more lines"));
        }
        let steps = steps(tape, root.id(), &sweep);
        let mut lines = Vec::with_capacity(tape.len());
        for line in tape.lines() {
            lines.extend(traced(tape, line, options)?);
        }
        let mut arrives = |primal: u32, cotangent: u32| {
            lines[primal as usize].cotangent = Some(cotangent);
            lines[cotangent as usize].cotangent_of.get_or_insert(primal);
        };
        arrives(root.id(), sweep.seed.id());
        for visit in &sweep.visits {
            for (id, cotangent) in (visit.line..).zip(&visit.cotangents) {
                cotangent.iter().for_each(|&c| arrives(id, c));
            }
        }
        let gradients: Vec<LeafGradient> = leaves
            .iter()
            .zip(&sweep.cotangents)
            .map(|(x, c)| LeafGradient { leaf: x.id(), gradient: c.map(Var::id) })
            .collect();
        for g in &gradients {
            g.gradient.into_iter().for_each(|c| arrives(g.leaf, c));
        }
        know(&mut lines);
        let mut trace = Trace { source: None, real: T::NAME, root: root.id(), lines, steps, gradients };
        for step in &mut trace.steps {
            step.sentence = sentence(step, &trace.lines);
        }
        Ok(trace)
    }

    /// Says which text the tape was recorded from, and where in it each line stands.
    #[must_use]
    pub fn from_text(mut self, source: impl Into<String>, span: impl Fn(u32) -> Option<Range<usize>>) -> Self {
        self.source = Some(source.into());
        for line in &mut self.lines {
            line.span = if line.is_adjoint() { None } else { span(line.id) };
        }
        self
    }

    /// The steps that belong to the same visit as step `at`: for readers who go by operations.
    ///
    /// # Panics
    /// There is no such step.
    pub fn visit(&self, at: usize) -> Range<usize> {
        visit_of(&self.steps, at)
    }

    /// For each line whether the root depends on it.
    pub(super) fn needed(&self) -> Vec<bool> {
        let mut needed = vec![false; self.lines.len()];
        let head = |id: u32| self.lines[id as usize].line.id;
        let mut stack = vec![head(self.root)];
        while let Some(id) = stack.pop() {
            if !std::mem::replace(&mut needed[id as usize], true) {
                stack.extend(self.lines[id as usize].line.operands.iter().map(|o| head(*o)));
            }
        }
        needed
    }

    /// The lines of the forward pass: those that no rule wrote, and, where a derivative was differentiated, those that the
    /// rules of the first sweep wrote on the way to it.
    pub(super) fn forward(&self) -> impl Iterator<Item = &TracedLine> {
        let needed = self.needed();
        self.lines.iter().filter(move |l| !l.is_adjoint() || needed[l.line.id as usize])
    }

    /// The step at which the cotangent of line `id` is complete.
    pub fn complete_at(&self, id: u32) -> Option<usize> {
        let cotangent = self.lines.get(id as usize)?.cotangent?;
        self.steps.iter().rposition(|s| s.line == Some(cotangent) && (s.role.to() == Some(id) || s.role.to().is_none()))
    }
}

pub(super) fn leaves<T: Real>(tape: &Tape<T>) -> Vec<Var<'_, T>> {
    let vars = tape.lines().filter(|l| l.op == "var" && l.operands.is_empty() && l.active);
    vars.filter_map(|l| match tape.handle(l.id) {
        Operand::Real(v) => Some(v),
        Operand::Int(_) => None,
    })
    .collect()
}

fn traced<T: Real>(tape: &Tape<T>, line: Line, options: &TraceOptions) -> Result<Vec<TracedLine>, Error> {
    let mut found = Vec::with_capacity(line.results.len());
    let cost = tape.cost(line.id).flops;
    for (result, (kind, _)) in line.results.iter().enumerate() {
        let id = line.id + result as u32;
        debug_assert_eq!(matches!(tape.handle(id), Operand::Int(_)), *kind == Kind::Int);
        found.push(TracedLine {
            id,
            line: line.clone(),
            result,
            known_as: None,
            value: Values::of(tape, id, options.numbers)?,
            cotangent: None,
            cotangent_of: None,
            span: None,
            flops: if result == 0 { cost } else { 0.0 },
            formula: tape.formula(line.id),
            remarks: if result == 0 { remarks(tape, &line) } else { Vec::new() },
        });
    }
    Ok(found)
}
