//! The guilty line: each line's own vjp is checked at the operands it was recorded with, in tape order.
//! The first that disagrees is named with the user's source line, and its error is compared with the usual mistakes.

use super::line::{Direction, Lines};
use super::measure::{Measured, Settings};
use super::pattern::{Entries, recognise};
use super::probe::Probe;
use super::subject::{Recording, Subject};
use super::survey::{Mode, Survey, Surveyor, scales};
use super::verdict::Verdict;
use crate::error::Error;
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::{Data, Form, IntVar, Kind, Tape, Var};

/// Local Jacobians up to this many entries are measured whole, for the pattern of their error.
const ENTRIES: usize = 1 << 14;

/// The first line whose local derivative is wrong.
#[derive(Clone, Debug)]
pub struct GuiltyLine {
    /// The line's number.
    pub line: u32,
    /// The operation's name.
    pub op: &'static str,
    /// The line in words: number, type, operation, and the user's source line.
    pub text: String,
    /// The position of the operand whose cotangent is wrong.
    pub operand: Option<usize>,
    /// The mistake that the error looks like.
    pub pattern: Option<String>,
}

/// The first line of the recording, in tape order, whose local vjp disagrees with differences.
pub(super) fn guilty<T: Real>(r: &Recording<T>, settings: &Settings, seed: u64) -> Result<Option<GuiltyLine>, Error> {
    let matters = r.matters();
    let mut heads: Vec<u32> = {
        let g = r.tape.graph.borrow();
        let ops = (0..matters.len() as u32).filter(|&id| matters[id as usize]);
        ops.map(|id| g.head(id)).filter(|&id| !matches!(g.node(id).op.get().form(), Form::Leaf(_))).collect()
    };
    heads.dedup();
    for head in heads {
        let operands = operands(&r.tape, head)?;
        let positions: Vec<usize> = (0..operands.len()).filter(|&i| matches!(operands[i].1, Data::Real(_))).collect();
        let local = Subject::line(r.tape.op(head), operands);
        if positions.is_empty() || local.layout.count() == 0 || !disagrees(&local, settings, seed)? {
            continue;
        }
        let found = describe(&local, settings)?;
        return Ok(Some(GuiltyLine {
            line: head,
            op: r.tape.op_name(head),
            text: r.tape.describe(head),
            operand: found.as_ref().map(|(k, _)| positions[*k]),
            pattern: found.map(|(_, text)| text),
        }));
    }
    Ok(None)
}

/// Shapes and values of a line's operands.
fn operands<T: Real>(tape: &Tape<T>, head: u32) -> Result<Vec<(Dims, Data<T>)>, Error> {
    let ids = tape.line(head).operands;
    ids.iter()
        .map(|&id| {
            Ok(match tape.kind_of(id) {
                Kind::Real => {
                    let (dims, data) = Var::new(tape, id).try_tensor()?.into_parts();
                    (dims, Data::Real(data))
                }
                Kind::Int => {
                    let (dims, data) = IntVar::new(tape, id).try_tensor()?.into_parts();
                    (dims, Data::Int(data))
                }
            })
        })
        .collect()
}

/// Whether random directions against random weights of the results find a mismatch.
fn disagrees<T: Real>(local: &Subject<'_, T>, settings: &Settings, seed: u64) -> Result<bool, Error> {
    let r = local.record(&local.at);
    let probes = super::probes::random(local, &r, 2, seed)?;
    let lines = Lines::new(local, local.evaluate(&local.at, true)?, r.output().dims(), &probes);
    if !lines.base.is_finite() {
        return Ok(false);
    }
    let mut survey = Survey::default();
    Surveyor::new(&lines, *settings, seed, None).run(Mode::Projected { directions: 2 }, &mut survey)?;
    Ok(survey.worst() == Verdict::Mismatch)
}

/// The operand (among the real ones) whose local Jacobian is wrong, and how.
fn describe<T: Real>(local: &Subject<'_, T>, settings: &Settings) -> Result<Option<(usize, String)>, Error> {
    let r = local.record(&local.at);
    let (n, m) = (local.layout.count(), r.output().count());
    if n.saturating_mul(m) > ENTRIES {
        return Ok(None);
    }
    let probes = super::probes::each(local, &r)?;
    let lines = Lines::new(local, local.evaluate(&local.at, true)?, r.output().dims(), &probes);
    let scales = scales(&local.layout, &local.at);
    let mut numeric = vec![vec![f64::NAN; n]; m];
    for j in 0..n {
        let d = Direction::coordinate(j, scales[j]);
        if let Measured::Central { excess, .. } | Measured::OneSided { excess, .. } = lines.measure(&d, settings) {
            for (i, e) in excess.iter().enumerate() {
                numeric[i][j] = probes[i].gradient[j] + e.value;
            }
        }
    }
    for input in 0..local.layout.dims.len() {
        let part = |x: &[f64]| local.layout.split(x)[input].to_vec();
        let entries = Entries {
            dims: local.layout.dims[input].to_vec(),
            analytic: probes.iter().map(|p: &Probe| part(&p.gradient)).collect(),
            numeric: numeric.iter().map(|row| part(row)).collect(),
        };
        if let Some(text) = recognise(&entries, settings.tolerance.max(1e-7)) {
            return Ok(Some((input, text)));
        }
    }
    Ok(None)
}
