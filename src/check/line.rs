//! The subject along straight lines through the point: evaluations at x + td, and what stands in a difference's way.
//! An obstacle is a decision that changes and reaches the output, a value that is not finite, or another program.

use std::cell::{Cell, OnceCell};

use super::evaluation::{Evaluation, Switch};
use super::probe::Probe;
use super::subject::{Subject, unravel};
use crate::real::Real;
use crate::shape::Dims;

/// A direction in the space of coordinates, and how far along it a step is large.
#[derive(Clone, Debug)]
pub(super) struct Direction {
    /// Coordinate and component.
    pub parts: Vec<(usize, f64)>,
    /// Steps are fractions of this.
    pub scale: f64,
}

impl Direction {
    /// Coordinate `j` alone, at a point with components of the size `scale`.
    pub fn coordinate(j: usize, scale: f64) -> Self {
        Direction { parts: vec![(j, 1.0)], scale }
    }

    /// ⟨g, d⟩, and the size of its largest term.
    pub fn along(&self, g: &[f64]) -> (f64, f64) {
        let terms = || self.parts.iter().map(|&(j, d)| g[j] * d);
        (terms().sum(), terms().fold(0.0, |m: f64, t| m.max(t.abs())))
    }
}

/// The subject evaluated at one point of the line.
pub(super) struct Moved {
    pub eval: Evaluation,
    /// Per probe r = φ(x′) − φ(x) − ⟨∇φ, x′ − x⟩ with the step as realised.
    pub remainder: Vec<f64>,
    x: Vec<f64>,
}

/// What stands in a difference's way.
#[derive(Debug)]
pub(super) enum Obstacle {
    /// A decision changes within the step, at about this distance from the point.
    Switch(Turn),
    /// The subject is not finite there.
    Outside,
    /// Another program is recorded there.
    Structure,
}

/// A decision that changes between the point and another.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub line: u32,
    pub what: &'static str,
    pub position: Vec<usize>,
    pub old: u32,
    pub new: u32,
    /// The gap at the point, where the operation states one.
    pub gap: Option<f64>,
    /// How far along the line it happens, roughly.
    pub distance: f64,
}

/// A subject at its point, with the probes whose slopes are wanted.
pub(super) struct Lines<'a, 'f, T: Real> {
    pub subject: &'a Subject<'f, T>,
    pub base: Evaluation,
    pub output_dims: Dims,
    pub probes: &'a [Probe],
    reach: OnceCell<Vec<Vec<bool>>>,
    evaluations: Cell<usize>,
}

impl<'a, 'f, T: Real> Lines<'a, 'f, T> {
    /// `base` is the evaluation at the point, with gaps.
    pub fn new(subject: &'a Subject<'f, T>, base: Evaluation, output_dims: Dims, probes: &'a [Probe]) -> Self {
        Lines { subject, base, output_dims, probes, reach: OnceCell::new(), evaluations: Cell::new(1) }
    }

    /// What the error of probe `k` along `d` is measured by where the slope itself is small.
    pub fn size(&self, d: &Direction, k: usize) -> f64 {
        match d.parts[..] {
            [(j, dj)] => {
                let input = self.subject.layout.place(j).0;
                let own = self.probes[k].size(input, d.scale);
                // An output that is dead here is measured by the others, and if all are, by a unit.
                let others = || self.probes.iter().fold(0.0, |m: f64, p| m.max(p.size(input, d.scale)));
                let size = if own > 0.0 { own } else { others() };
                dj.abs() * if size > 0.0 { size } else { d.scale.recip() }
            }
            _ => match d.along(&self.probes[k].gradient).1 {
                0.0 => 1.0,
                size => size,
            },
        }
    }

    /// How often the subject has been evaluated.
    pub fn evaluations(&self) -> usize {
        self.evaluations.get()
    }

    /// Counts evaluations that others have made in this one's place.
    pub fn count_evaluations(&self, more: usize) {
        self.evaluations.set(self.evaluations.get() + more);
    }

    /// Evaluates at x + td, rounded to the subject's type; `None` where it is not finite there.
    pub fn moved(&self, d: &Direction, t: f64) -> Option<Moved> {
        self.evaluations.set(self.evaluations.get() + 1);
        let at = &self.subject.at;
        let mut x = at.clone();
        for &(j, dj) in &d.parts {
            x[j] = T::of(at[j] + t * dj).as_f64();
        }
        let eval = self.subject.evaluate(&x, false).ok()?;
        let lost = |(now, then): (&f64, &f64)| !now.is_finite() && then.is_finite();
        if eval.y.len() != self.base.y.len() || eval.y.iter().zip(&self.base.y).any(lost) {
            return None;
        }
        let realised: Vec<(usize, f64)> = d.parts.iter().map(|&(j, _)| (j, x[j] - at[j])).collect();
        let remainder = |p: &Probe| {
            let linear: f64 = realised.iter().map(|&(j, dx)| p.gradient[j] * dx).sum();
            p.of(&eval.y) - p.of(&self.base.y) - linear
        };
        Some(Moved { remainder: self.probes.iter().map(remainder).collect(), eval, x })
    }

    /// The nearest decision that differs at `there`, `t` away from the point, if any that reaches the output does.
    pub fn turn(&self, there: &Moved, t: f64) -> Result<(), Obstacle> {
        let switches = self.base.switches(&there.eval).ok_or(Obstacle::Structure)?;
        let relevant = self.relevant(switches, there);
        if relevant.is_empty() {
            return Ok(());
        }
        let gaps = self.subject.evaluate(&there.x, true).ok();
        let turn = |s: &Switch| {
            let (here, moved) = (&self.base.decided[s.decision], &there.eval.decided[s.decision]);
            let gap = here.gap.as_ref().and_then(|g| g.get(s.position).copied());
            let beyond = (gaps.as_ref())
                .and_then(|e| e.decided[s.decision].gap.as_ref())
                .and_then(|g| g.get(s.position).copied());
            let distance = match (gap, beyond) {
                (Some(0.0), _) => 0.0,
                // The secant: gaps shrink to zero and grow again on the other side.
                (Some(a), Some(b)) if a + b > 0.0 && (a + b).is_finite() => t.abs() * a / (a + b),
                _ => t.abs() / 4.0,
            };
            let (old, new) = (here.choice[s.position], moved.choice[s.position]);
            let position = unravel(s.position, &here.dims);
            Turn { line: here.line, what: here.what, position, old, new, gap, distance }
        };
        let nearest = relevant.iter().map(turn).min_by(|a, b| a.distance.total_cmp(&b.distance));
        Err(Obstacle::Switch(nearest.expect("one switch at least is relevant")))
    }

    /// Whether both points are on one side of every decision that reaches the output.
    pub fn agree(&self, a: &Moved, b: &Moved) -> bool {
        match a.eval.switches(&b.eval) {
            None => false,
            Some(switches) if switches.is_empty() => true,
            Some(switches) => {
                let reach = [self.subject.reach(&a.x), self.subject.reach(&b.x)];
                !switches.iter().any(|s| reach.iter().flatten().any(|r| r[s.decision][s.position]))
            }
        }
    }

    fn relevant(&self, switches: Vec<Switch>, there: &Moved) -> Vec<Switch> {
        if switches.is_empty() {
            return switches;
        }
        let here = self.reach.get_or_init(|| self.subject.reach(&self.subject.at).unwrap_or_default());
        let beyond = self.subject.reach(&there.x).unwrap_or_default();
        let reaches = |r: &[Vec<bool>], s: &Switch| r.get(s.decision).is_none_or(|d| d[s.position]);
        switches.into_iter().filter(|s| reaches(here, s) || reaches(&beyond, s)).collect()
    }
}
