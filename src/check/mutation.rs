//! The proof of a check by mutation: the operation's reverse rule is made wrong in the usual ways, one at a time.
//! A mutant that changes any cotangent at the check's point must be found by differences, or the check proves little.

use super::experiment::Experiment;
use super::mutant::{Change, Mutant, Mutation};
use super::mutation_report::{Fate, MutantReport, MutationReport};
use super::op::{DIFFERENCE, OpCheck, Point};
use crate::tape::OpRef;

/// A relative change of a cotangent up to this is rounding.
const ROUNDING: f64 = 1e-13;

/// Why a mutant is left out.
const TOO_LARGE: &str = "the Jacobian is too large to tell contributions apart";

/// Cotangents of the real operands, for each of several random cotangents of the results.
type Samples = Vec<Vec<Vec<f64>>>;

impl OpCheck {
    /// Measures how much this check would notice: wraps the operation in mutants whose reverse rule is wrong in one of
    /// the [usual ways](Mutation), for each real operand in turn, and compares each with differences as [`run`](Self::run) does.
    ///
    /// Forward pass and everything else are the original's. A mutant is *killed* where the comparison of its reverse rule
    /// with differences is beyond its bound. One that gives the same cotangents as the original, whatever the cotangents of
    /// the results, is *equivalent* at this point: no check can find it there, so choose points at which few are. A mutant
    /// that changes a cotangent and is not killed has *survived*, and says that the check is too weak.
    ///
    /// The report also tells what the identity ⟨u, Jv⟩ = ⟨Jᵀu, v⟩ sees: something where the operation's forward rule is
    /// written by itself, and nothing where it is the transposed reverse rule, right or wrong.
    ///
    /// ```
    /// use wengert::{Fate, Mutation, OpCheck};
    /// # use wengert::{Arg, Cx, Error, Fault, Op, Out, ResultSigs, Sig, Vjp, prelude::*};
    /// # #[derive(Debug)]
    /// # struct Times;
    /// # impl Op<f64> for Times {
    /// #     fn name(&self) -> &'static str { "times" }
    /// #     fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> { Ok(ResultSigs::real(x[0].dims)) }
    /// #     fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
    /// #         y[0].real().iter_mut().zip(x[0].real().iter().zip(x[1].real())).for_each(|(y, (a, b))| *y = a * b);
    /// #         Ok(())
    /// #     }
    /// #     fn vjp<'t>(&self, r: &Vjp<'t, f64>) {
    /// #         r.give(0, || r.g() * r.x(1));
    /// #         r.give(1, || r.g() * r.x(0));
    /// #     }
    /// # }
    /// // `Times` multiplies two tensors of one shape. A matrix shows every mistake that there can be …
    /// let report = OpCheck::new(Times).real([2, 3]).real([2, 3]).mutate();
    /// assert_eq!((report.count(Fate::Killed), report.count(Fate::Equivalent), report.count(Fate::Survived)), (16, 2, 0));
    /// // … but one: no element receives from several, so there is nothing to overwrite.
    /// assert!(report.equivalent().all(|m| m.mutation == Mutation::Overwritten));
    ///
    /// // A single number is a poor place to check at.
    /// let report = OpCheck::new(Times).real([1]).real([1]).mutate();
    /// assert_eq!((report.count(Fate::Killed), report.count(Fate::Equivalent)), (8, 10));
    /// ```
    ///
    /// # Panics
    /// As [`run`](Self::run).
    #[must_use]
    #[track_caller]
    pub fn mutate(&self) -> MutationReport {
        let at = Experiment::new(self);
        let mut report = MutationReport::new(format!("{} at {}", self.op.get().name(), at.text()), self.by_decree);
        if !at.is_differentiable() {
            return report;
        }
        let original = at.samples();
        let operands: Vec<usize> =
            (0..self.operands.len()).filter(|&i| matches!(self.operands[i], Point::Real { .. })).collect();
        for mutation in Mutation::ALL {
            for (real, &operand) in operands.iter().enumerate() {
                for (change, idle) in self.changes(mutation, operand, real, &at) {
                    report.mutants.push(self.judge(mutation, operand, real, change, idle, &original));
                }
            }
        }
        report
    }

    /// The changes that a mutation makes of an operand's cotangent, or why it can make none.
    fn changes(
        &self,
        mutation: Mutation,
        operand: usize,
        real: usize,
        at: &Experiment<'_>,
    ) -> Vec<(Option<Change>, &'static str)> {
        let Point::Real { dims, .. } = &self.operands[operand] else { return Vec::new() };
        let only = |change| vec![(Some(change), "")];
        let none = |why| vec![(None, why)];
        match mutation {
            Mutation::Scaled => only(Change::Scaled(1.001)),
            Mutation::Negated => only(Change::Scaled(-1.0)),
            Mutation::Zeroed => only(Change::Zeroed),
            Mutation::Swapped => {
                let has_shape = |p: &Point| matches!(p, Point::Real { dims: other, .. } if other == dims);
                let others = (0..self.operands.len()).filter(|&i| i != operand && has_shape(&self.operands[i]));
                let swapped: Vec<_> = others.map(|other| (Some(Change::Swapped(other)), "")).collect();
                if swapped.is_empty() { none("no other operand has its shape") } else { swapped }
            }
            Mutation::Overwritten => match at.contributions(real) {
                Some(c) if c.several => only(Change::Overwritten(c.last)),
                Some(_) => none("no element receives from several result elements"),
                None => none(TOO_LARGE),
            },
            Mutation::ShiftedInMemory if dims.count() < 2 => none("fewer than two elements"),
            Mutation::ShiftedInMemory => only(Change::ShiftedInMemory),
            Mutation::ShiftedAlongAxis if dims.last().is_none_or(|n| *n < 2) => none("no last axis of two or more"),
            Mutation::ShiftedAlongAxis => only(Change::ShiftedAlongAxis),
            Mutation::Unaveraged => match n(dims.count(), at.results()) {
                n if n <= 1.0 => none("n is 1"),
                n => only(Change::Scaled(n)),
            },
            Mutation::Transposed => match dims[..] {
                [.., a, b] if a > 1 && b > 1 => only(Change::Transposed),
                _ => none("no two axes of two or more"),
            },
        }
    }

    fn judge(
        &self,
        mutation: Mutation,
        operand: usize,
        real: usize,
        change: Option<Change>,
        idle: &'static str,
        original: &Samples,
    ) -> MutantReport {
        let partner = match &change {
            Some(Change::Swapped(other)) => Some(*other),
            _ => None,
        };
        let mut report = MutantReport {
            mutation,
            operand,
            partner,
            fate: Fate::Equivalent,
            reason: idle,
            change: 0.0,
            difference: 0.0,
            identity: 0.0,
            transposed: 0.0,
        };
        let Some(change) = change else {
            if idle == TOO_LARGE {
                report.fate = Fate::LeftOut;
            }
            return report;
        };
        let mutant = |forward_of_original| OpCheck {
            op: OpRef::new(Mutant { op: self.op.clone(), operand, change: change.clone(), forward_of_original }),
            operands: self.operands.clone(),
            seed: self.seed,
            by_decree: self.by_decree,
        };
        let (own, transposed) = (mutant(true), mutant(false));
        let at = Experiment::new(&own);
        report.change = distance(original, &at.samples());
        report.difference = at.first_order_difference();
        report.identity = at.adjointness();
        report.transposed = Experiment::new(&transposed).adjointness();
        (report.fate, report.reason) = match () {
            () if report.change <= ROUNDING => (Fate::Equivalent, same(mutation, real, original)),
            () if report.difference > DIFFERENCE || report.difference.is_nan() => (Fate::Killed, ""),
            () => (Fate::Survived, ""),
        };
        report
    }
}

/// What a mean over the operand, or over groups of it, divides by.
fn n(operands: usize, results: usize) -> f64 {
    if operands > results && results > 0 { operands as f64 / results as f64 } else { operands as f64 }
}

/// The largest distance between two cotangents of one operand, relative to the largest element of either.
fn distance(a: &Samples, b: &Samples) -> f64 {
    let size = |x: &[f64]| x.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let each = a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| {
        let apart = a.iter().zip(b).filter(|(a, b)| a != b).fold(0.0, |m: f64, (a, b)| (a - b).abs().max(m));
        if apart == 0.0 { 0.0 } else { apart / size(a).max(size(b)) }
    });
    each.fold(0.0, f64::max)
}

/// Why a change of this kind changed nothing.
fn same(mutation: Mutation, real: usize, original: &Samples) -> &'static str {
    let zero = original.iter().all(|s| s[real].iter().all(|v| *v == 0.0));
    let empty = original.iter().all(|s| s[real].is_empty());
    match mutation {
        _ if empty => "the operand is empty",
        _ if zero => "the cotangent is zero",
        Mutation::Swapped => "both operands have this cotangent",
        Mutation::ShiftedInMemory | Mutation::ShiftedAlongAxis => "the cotangent is constant where it was shifted",
        Mutation::Transposed => "the cotangent is symmetric",
        _ => "the cotangent is the same",
    }
}
