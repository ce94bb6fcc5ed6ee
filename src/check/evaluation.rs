//! What one evaluation of the subject shows: the output, and everything that the tape's lines decided on the way.
//! Two evaluations are compared decision by decision; a switch that cannot reach the output is left out.

use super::subject::{Subject, numbers};
use crate::adjoint::grad_with;
use crate::error::Error;
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::{Decision, Kind, Tape, Var};

/// The output at one point and the decisions on the way to it.
#[derive(Debug)]
pub(super) struct Evaluation {
    pub y: Vec<f64>,
    pub decided: Vec<Decided>,
    /// The fingerprint of the recording.
    pub structure: u64,
}

/// What one line decided.
#[derive(Debug)]
pub(super) struct Decided {
    pub line: u32,
    pub what: &'static str,
    pub choice: Vec<u32>,
    /// The shape of the choices.
    pub dims: Dims,
    /// How far each choice is from changing, where it was asked for and is a distance.
    pub gap: Option<Vec<f64>>,
}

/// One element of a decision that differs between two points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Switch {
    /// Which of the decisions.
    pub decision: usize,
    pub position: usize,
}

impl Evaluation {
    pub fn is_finite(&self) -> bool {
        self.y.iter().all(|v| v.is_finite())
    }

    /// The elements decided otherwise here than there; `None` where the two recordings are not the same program.
    pub fn switches(&self, other: &Evaluation) -> Option<Vec<Switch>> {
        if self.structure != other.structure || self.decided.len() != other.decided.len() {
            return None;
        }
        let differing = |(k, (a, b)): (usize, (&Decided, &Decided))| {
            let positions = a.choice.iter().zip(&b.choice).enumerate().filter(|(_, (a, b))| a != b);
            positions.map(|(p, _)| Switch { decision: k, position: p }).collect::<Vec<_>>()
        };
        Some(self.decided.iter().zip(&other.decided).enumerate().flat_map(differing).collect())
    }
}

impl<T: Real> Subject<'_, T> {
    /// Records and runs the subject at `x`; gaps only where asked for, since some cost more than the line itself.
    ///
    /// # Errors
    /// What only values can tell: at this point the function is not defined.
    pub fn evaluate(&self, x: &[f64], gaps: bool) -> Result<Evaluation, Error> {
        let r = self.record(x);
        let structure = r.tape.fingerprint();
        let decisions = decisions(&r.tape, &r.matters());
        if let Some(anchor) = self.anchor(x).filter(|a| a.structure == structure) {
            r.tape.adopt(&anchor.recording.tape);
        }
        let y = numbers(r.output())?;
        let mut decided = Vec::new();
        for (line, d) in decisions {
            let gap = match d.gap {
                Some(gap) if gaps => Some(numbers(gap)?),
                _ => None,
            };
            let (dims, choice) = (d.choice.dims(), d.choice.try_tensor()?.as_slice().to_vec());
            decided.push(Decided { line, what: d.what, choice, dims, gap });
        }
        self.give_back(r);
        Ok(Evaluation { y, decided, structure })
    }

    /// For each decision, which of its elements a small change of the output's weights would reach at `x`.
    ///
    /// A decision about integers (a comparison) has no cotangent to ask; it is taken to reach the output.
    pub fn reach(&self, x: &[f64]) -> Result<Vec<Vec<bool>>, Error> {
        let r = self.record(x);
        let y = r.output();
        // Weights that no sum of a few cancels.
        let weights = (0..y.count()).map(|k| T::of(1.0 + (k as f64 * 0.754_877_666).fract())).collect();
        let u = r.tape.constant(crate::tape::Tensor::from_parts(y.dims(), std::sync::Arc::new(weights)));
        let mut reach = Vec::new();
        for (line, d) in decisions(&r.tape, &r.matters()) {
            let count = d.choice.count();
            reach.push(if r.tape.kind_of(line) == Kind::Real {
                let g = numbers(grad_with(y, u, &[Var::new(&r.tape, line)])[0])?;
                match g.len() == count {
                    true => g.iter().map(|g| *g != 0.0).collect(),
                    false => vec![g.iter().any(|g| *g != 0.0); count],
                }
            } else {
                vec![true; count]
            });
        }
        Ok(reach)
    }
}

/// The decisions of the lines that matter, in order.
pub(super) fn decisions<'t, T: Real>(tape: &'t Tape<T>, matters: &[bool]) -> Vec<(u32, Decision<'t, T>)> {
    let heads: Vec<u32> = {
        let g = tape.graph.borrow();
        let mut heads: Vec<u32> =
            (0..matters.len() as u32).filter(|&id| matters[id as usize]).map(|id| g.head(id)).collect();
        heads.dedup();
        heads
    };
    heads.into_iter().filter_map(|head| Some((head, tape.decision(head)?))).collect()
}
