//! The graph of an elementwise operation of a program around one of its elements, for the page.
//! The operation itself is applied to a row of points, beside the other operands' elements as they are.

use super::answer::Wrong;
use crate::expr::Bound;
use crate::shape::Dims;
use crate::tape::{Operand, StepKind, Tape, Tensor};
use crate::trace::json::Json;

/// Points of a graph.
const POINTS: usize = 81;

/// The graph of line `head` over element `k` of operand `operand`: x, y, and where the program is.
pub(super) fn curve(bound: &Bound, head: u32, operand: usize, k: usize) -> Result<String, Wrong> {
    let none = || Wrong::plain("there is no such graph");
    let from = Tape::<f64>::default();
    bound.record(&from)?;
    if head as usize >= from.len() || from.line(head).step_kind != StepKind::Elementwise {
        return Err(none());
    }
    let line = from.line(head);
    let element = |id: u32| -> Result<f64, Wrong> {
        let found = match from.handle(id) {
            Operand::Real(v) => v.try_tensor()?.as_slice().get(k).copied(),
            Operand::Int(v) => v.try_tensor()?.as_slice().get(k).map(|i| f64::from(*i)),
        };
        found.ok_or_else(none)
    };
    let at = element(*line.operands.get(operand).ok_or_else(none)?)?;
    let reach = (at.abs() * 1.5).max(4.0);
    // The middle is the element itself.
    let x: Vec<f64> = (0..POINTS).map(|p| at + reach * (p as f64 / (POINTS / 2) as f64 - 1.0)).collect();
    let tape = Tape::<f64>::default();
    let row = |data: Vec<f64>| Tensor::new(Dims::from([POINTS]), data);
    let operands: Result<Vec<Operand<'_, f64>>, Wrong> = line
        .operands
        .iter()
        .enumerate()
        .map(|(i, id)| {
            let same = element(*id)?;
            Ok(match from.handle(*id) {
                Operand::Real(_) if i == operand => tape.var(row(x.clone())?).into(),
                Operand::Real(_) => tape.var(row(vec![same; POINTS])?).into(),
                Operand::Int(_) => tape.ints(Tensor::new(Dims::from([POINTS]), vec![same as u32; POINTS])?).into(),
            })
        })
        .collect();
    let result = tape.apply_ref(from.op(head), &operands?)?;
    let Operand::Real(y) = tape.handle(result.line()) else { return Err(none()) };
    let y = y.try_tensor()?;
    let mut j = Json::default();
    j.object(|o| {
        o.field("x").numbers(&x);
        o.field("y").numbers(y.as_slice());
        o.field("at").numbers(&[at, y.as_slice()[POINTS / 2]]);
    });
    Ok(j.text)
}
