//! The steps of a backward pass, in the order in which the sweep wrote them: each is the execution of one adjoint line, or a
//! cotangent handed on as it is, where a rule needs no line of its own.

use std::ops::Range;

use super::formula::{Names, formula};
use super::local::Local;
use crate::adjoint::{Give, ReverseSweep, Visit};
use crate::real::Real;
use crate::tape::{StepKind, Tape};

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum StepRole {
    /// Starts the sweep: the cotangent of the root is 1.
    Seed,
    /// Computes a primal line again, which a checkpoint did not keep.
    Again,
    /// Computes a part of what a rule gives.
    Part,
    /// Computes what a rule gives to an operand.
    Give {
        /// The operand's position.
        operand: usize,
        /// The operand's line.
        to: u32,
        /// Whether it is the first contribution to that line.
        first: bool,
    },
    /// Hands a line that is there already to an operand: the rule needs no line of its own.
    Pass {
        /// The operand's position.
        operand: usize,
        /// The operand's line.
        to: u32,
        /// Whether it is the first contribution to that line.
        first: bool,
    },
    /// Adds a contribution to those that arrived before.
    Add {
        /// The line whose cotangent it is.
        to: u32,
    },
    /// Gives an operand nothing: the derivative is zero by decree.
    Cut {
        /// The operand's position.
        operand: usize,
        /// The operand's line.
        to: u32,
        /// Why.
        why: &'static str,
    },
}

impl StepRole {
    /// The role as readers and schemas name it.
    pub fn name(&self) -> &'static str {
        match self {
            StepRole::Seed => "seed",
            StepRole::Again => "again",
            StepRole::Part => "part",
            StepRole::Give { .. } => "give",
            StepRole::Pass { .. } => "pass",
            StepRole::Add { .. } => "add",
            StepRole::Cut { .. } => "cut",
        }
    }

    /// The line whose cotangent the step changes.
    pub fn to(&self) -> Option<u32> {
        match self {
            StepRole::Give { to, .. } | StepRole::Pass { to, .. } | StepRole::Add { to } | StepRole::Cut { to, .. } => {
                Some(*to)
            }
            _ => None,
        }
    }

    /// The operand that the step serves.
    pub fn operand(&self) -> Option<usize> {
        match self {
            StepRole::Give { operand, .. } | StepRole::Pass { operand, .. } | StepRole::Cut { operand, .. } => {
                Some(*operand)
            }
            _ => None,
        }
    }
}

/// One step of the backward pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it does.
    pub role: StepRole,
    /// The primal line whose rule it belongs to; for the seed the root.
    pub of: u32,
    /// The line that it executes, or hands on; `None` where nothing passes.
    pub line: Option<u32>,
    /// The cotangents of the primal line's results, which its rule was given.
    pub cotangents: Vec<Option<u32>>,
    /// How values move through the primal operation.
    pub kind: StepKind,
    /// The local derivative along the operand served; for [`StepRole::Give`] and [`StepRole::Pass`].
    pub local: Option<Local>,
    /// What the line computes: g is the cotangent, x (or a, b) the operands, y the result of the primal line.
    pub formula: String,
    /// One plain sentence, with the numbers of this run.
    pub sentence: String,
}

/// The steps of a sweep, without their sentences.
pub(super) fn steps<T: Real>(tape: &Tape<T>, root: u32, sweep: &ReverseSweep<'_, T>) -> Vec<Step> {
    let mut found = vec![Step {
        role: StepRole::Seed,
        of: tape.line(root).id,
        line: Some(sweep.seed.id()),
        cotangents: Vec::new(),
        kind: StepKind::Expand,
        local: None,
        formula: "1".into(),
        sentence: String::new(),
    }];
    for visit in &sweep.visits {
        Writer { tape, visit }.write(&mut found);
    }
    found
}

struct Writer<'a, T: Real> {
    tape: &'a Tape<T>,
    visit: &'a Visit,
}

impl<T: Real> Writer<'_, T> {
    fn write(&self, found: &mut Vec<Step>) {
        let Visit { gives, wrote, .. } = self.visit;
        let mut told = vec![false; gives.len()];
        let mut id = wrote.start;
        while id < wrote.end {
            let line = self.tape.line(id);
            let results = id..id + line.results.len() as u32;
            let mut own = false;
            for (give, told) in gives.iter().zip(&mut told) {
                if give.line.is_some_and(|l| results.contains(&l)) {
                    found.push(self.arrival(give, !own));
                    (own, *told) = (true, true);
                }
            }
            if !own {
                let role = if line.again.is_some() { StepRole::Again } else { StepRole::Part };
                found.push(self.step(role, Some(id), None));
            }
            id = results.end;
        }
        let others = gives.iter().zip(told).filter(|(_, told)| !told);
        found.extend(others.map(|(give, _)| self.arrival(give, false)));
        let sums = gives.iter().filter_map(|g| Some((g.sum?, g.to)));
        found.extend(sums.map(|(sum, to)| self.step(StepRole::Add { to }, Some(sum), None)));
    }

    fn arrival(&self, give: &Give, computed: bool) -> Step {
        let (operand, to, first) = (give.operand, give.to, give.sum.is_none());
        let role = match (give.why_zero, computed) {
            (Some(why), _) => StepRole::Cut { operand, to, why },
            (None, true) => StepRole::Give { operand, to, first },
            (None, false) => StepRole::Pass { operand, to, first },
        };
        let local = give.line.map(|_| Local::of(self.tape, self.visit.line, operand));
        self.step(role, give.line, local)
    }

    fn step(&self, role: StepRole, line: Option<u32>, local: Option<Local>) -> Step {
        let primal = self.tape.line(self.visit.line);
        let names = Names { primal: &primal, cotangents: &self.visit.cotangents, wrote: self.visit.wrote.clone() };
        let formula = match (&role, line) {
            (StepRole::Add { .. }, _) => "what came before + this".into(),
            (StepRole::Again, _) => primal.op.into(),
            (_, Some(id)) => formula(self.tape, id, &names),
            (_, None) => "0".into(),
        };
        let (of, cotangents, kind) = (primal.id, self.visit.cotangents.clone(), primal.step_kind);
        Step { role, of, line, cotangents, kind, local, formula, sentence: String::new() }
    }
}

/// The range of steps that belong to one visit: what a reader who steps by operations sees at once.
pub(super) fn visit_of(steps: &[Step], at: usize) -> Range<usize> {
    let same = |k: &usize| {
        steps[*k].of == steps[at].of && (steps[*k].role == StepRole::Seed) == (steps[at].role == StepRole::Seed)
    };
    let before = (0..at).rev().take_while(same).count();
    let after = (at..steps.len()).take_while(same).count();
    at - before..at + after
}
