//! What became of the mutants of a check: killed, equivalent with the reason, or survived; and the score over many checks.
//! The score counts the mutants that change something, since nothing can find the others.

use std::fmt;

use super::mutant::Mutation;
use super::op::EXACT;

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It changes a cotangent, and differences are beyond their bound.
    Killed,
    /// It gives the original's cotangents at this point, so that nothing could find it here.
    Equivalent,
    /// It changes a cotangent, and differences did not notice.
    Survived,
    /// It could not be made; the reason is told.
    LeftOut,
}

/// One mutant: what was done to which operand, and what the comparisons made of it.
#[derive(Clone, Debug)]
pub struct MutantReport {
    /// What was done.
    pub mutation: Mutation,
    /// The operand whose cotangent was changed.
    pub operand: usize,
    /// The operand whose cotangent stands there instead, where two were swapped.
    pub partner: Option<usize>,
    /// What became of it.
    pub fate: Fate,
    /// Why it changes nothing, or could not be made.
    pub reason: &'static str,
    /// The largest change of a cotangent, relative to the largest element.
    pub change: f64,
    /// The relative distance of the wrong rule from differences.
    pub difference: f64,
    /// The relative error of ⟨u, Jv⟩ = ⟨Jᵀu, v⟩ with the original's forward rule.
    pub identity: f64,
    /// The same with the forward rule that is got by transposing the wrong one: blind.
    pub transposed: f64,
}

impl MutantReport {
    /// Whether ⟨u, Jv⟩ = ⟨Jᵀu, v⟩ fails with the original's forward rule.
    pub fn is_seen_by_identity(&self) -> bool {
        self.identity > EXACT || self.identity.is_nan()
    }
}

/// What became of all mutants of one check; see [`OpCheck::mutate`](super::OpCheck::mutate).
#[derive(Clone, Debug)]
pub struct MutationReport {
    /// The operation and the shapes of its operands.
    pub op: String,
    /// Whether differences do not apply, since the derivative is zero by definition.
    pub by_decree: bool,
    /// All mutants, by mutation and operand.
    pub mutants: Vec<MutantReport>,
}

impl MutationReport {
    pub(super) fn new(op: String, by_decree: bool) -> Self {
        MutationReport { op, by_decree, mutants: Vec::new() }
    }

    /// How many mutants met this fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.mutants.iter().filter(|m| m.fate == fate).count()
    }

    /// The mutants that differences did not notice though they change something.
    pub fn survivors(&self) -> impl Iterator<Item = &MutantReport> {
        self.mutants.iter().filter(|m| m.fate == Fate::Survived)
    }

    /// The mutants that change nothing at this point.
    pub fn equivalent(&self) -> impl Iterator<Item = &MutantReport> {
        self.mutants.iter().filter(|m| m.fate == Fate::Equivalent)
    }

    /// Panics with the whole report where a mutant survived.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.survivors().next().is_none(), "{self}");
    }
}

impl fmt::Display for MutationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [killed, survived] = [Fate::Killed, Fate::Survived].map(|fate| self.count(fate));
        write!(f, "{}: ", self.op)?;
        if self.mutants.is_empty() {
            return writeln!(f, "no derivative, so nothing to mutate");
        }
        if self.by_decree {
            write!(f, "zero by decree; ")?;
        }
        writeln!(
            f,
            "{killed} of {} mutants killed by differences, {} more change nothing here",
            killed + survived,
            self.count(Fate::Equivalent)
        )?;
        writeln!(
            f,
            "  {:<24}{:<11}{:<13}{:<13}⟨u, Jv⟩ by its own jvp, by the transposed vjp",
            "mutation", "operand", "change", "differences"
        )?;
        for m in &self.mutants {
            let operand = m.partner.map_or(m.operand.to_string(), |p| format!("{} ← {p}", m.operand));
            write!(f, "  {:<24}{operand:<11}", m.mutation)?;
            match m.fate {
                Fate::Equivalent => writeln!(f, "equivalent here: {}", m.reason)?,
                Fate::LeftOut => writeln!(f, "left out: {}", m.reason)?,
                Fate::Killed | Fate::Survived => {
                    let mark = if m.fate == Fate::Killed { "" } else { "  SURVIVED" };
                    let [change, difference] = [m.change, m.difference].map(|v| format!("{v:.1e}"));
                    writeln!(f, "{change:<13}{difference:<13}{:.1e}, {:.1e}{mark}", m.identity, m.transposed)?;
                }
            }
        }
        Ok(())
    }
}

/// The kill score over many checks: how many mutants of each kind were killed, change nothing, or survived.
///
/// ```
/// # use wengert::{Arg, Cx, Error, Fault, Op, Out, ResultSigs, Sig, Vjp, prelude::*};
/// # #[derive(Debug)]
/// # struct Cube;
/// # impl Op<f64> for Cube {
/// #     fn name(&self) -> &'static str { "cube" }
/// #     fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> { Ok(ResultSigs::real(x[0].dims)) }
/// #     fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
/// #         y[0].real().iter_mut().zip(x[0].real()).for_each(|(y, x)| *y = x * x * x);
/// #         Ok(())
/// #     }
/// #     fn vjp<'t>(&self, r: &Vjp<'t, f64>) { r.give(0, || r.g() * r.x(0).square() * 3.0); }
/// # }
/// use wengert::{KillScore, OpCheck};
/// let points = [OpCheck::new(Cube).real([2, 3]), OpCheck::new(Cube).real(())];
/// let score: KillScore = points.iter().map(|check| check.mutate()).collect();
/// assert_eq!((score.killed(), score.equivalent(), score.survived()), (10, 8, 0));
/// assert_eq!(score.share(), Some(1.0));
/// ```
#[derive(Clone, Debug, Default)]
pub struct KillScore {
    rows: [[usize; 4]; Mutation::ALL.len()],
    by_identity: [usize; Mutation::ALL.len()],
}

impl KillScore {
    fn total(&self, fate: Fate) -> usize {
        self.rows.iter().map(|row| row[fate as usize]).sum()
    }

    /// How many mutants of this kind met this fate.
    pub fn count(&self, mutation: Mutation, fate: Fate) -> usize {
        self.rows[mutation as usize][fate as usize]
    }

    /// How many were killed.
    pub fn killed(&self) -> usize {
        self.total(Fate::Killed)
    }

    /// How many changed nothing.
    pub fn equivalent(&self) -> usize {
        self.total(Fate::Equivalent)
    }

    /// How many changed something and were not noticed.
    pub fn survived(&self) -> usize {
        self.total(Fate::Survived)
    }

    /// How many of those that change something are seen by ⟨u, Jv⟩ = ⟨Jᵀu, v⟩ too, with the original's forward rule.
    pub fn seen_by_identity(&self) -> usize {
        self.by_identity.iter().sum()
    }

    /// How many could not be made.
    pub fn left_out(&self) -> usize {
        self.total(Fate::LeftOut)
    }

    /// The share of killed mutants among those that change something; `None` where none does.
    pub fn share(&self) -> Option<f64> {
        let (killed, all) = (self.killed(), self.killed() + self.survived());
        (all > 0).then(|| killed as f64 / all as f64)
    }
}

impl FromIterator<MutationReport> for KillScore {
    fn from_iter<I: IntoIterator<Item = MutationReport>>(reports: I) -> Self {
        let mut score = KillScore::default();
        score.extend(reports);
        score
    }
}

impl Extend<MutationReport> for KillScore {
    fn extend<I: IntoIterator<Item = MutationReport>>(&mut self, reports: I) {
        for m in reports.into_iter().flat_map(|r| r.mutants) {
            self.rows[m.mutation as usize][m.fate as usize] += 1;
            self.by_identity[m.mutation as usize] += usize::from(m.is_seen_by_identity());
        }
    }
}

impl fmt::Display for KillScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<24}{:>8}{:>12}{:>10}{:>10}{:>14}",
            "mutation", "killed", "equivalent", "survived", "left out", "by identity"
        )?;
        let mut row = |name: &str, [killed, equivalent, survived, left_out]: [usize; 4], identity: usize| {
            writeln!(f, "{name:<24}{killed:>8}{equivalent:>12}{survived:>10}{left_out:>10}{identity:>14}")
        };
        for (k, mutation) in Mutation::ALL.iter().enumerate() {
            row(&mutation.to_string(), self.rows[k], self.by_identity[k])?;
        }
        let all = [Fate::Killed, Fate::Equivalent, Fate::Survived, Fate::LeftOut].map(|fate| self.total(fate));
        row("all", all, self.seen_by_identity())
    }
}
