//! Where a NaN or an infinity came from: the line that made it out of finite operands, with the numbers it made it of.
//! It is a question asked after the fact; what it needs is computed again where it has been freed.

use std::collections::BTreeMap;
use std::fmt;

use super::backward::leaves_of;
use super::plan::Purpose;
use super::run::compute;
use super::store::Store;
use crate::adjoint::{check_scalar, reverse, seed};
use crate::error::OrRaise;
use crate::real::Real;
use crate::shape::unravel;
use crate::tape::{Data, Line, StepKind, Tape, Var};

/// The line that a NaN or an infinity comes from, and the values it was made of.
///
/// ```
/// use wengert::{OperandValues, prelude::*};
/// let tape = Tape::new();
/// let x = tape.var([1., -1.]).named("x");
/// let loss = x.sqrt().exp().sum();
/// let found = loss.first_nonfinite().unwrap();
/// assert_eq!((found.line.op, found.index[0]), ("sqrt", 1));
/// assert_eq!(found.operands, [(x.id(), OperandValues::Element(-1.0))]);
/// assert!(found.to_string().starts_with("NaN at [1] of %1 sqrt"));
/// assert!(x.square().sum().first_nonfinite().is_none());
/// ```
#[derive(Clone, Debug)]
pub struct NonFinite {
    /// The line.
    pub line: Line,
    /// The number of its result that holds the value.
    pub id: u32,
    /// The row-major position of the first such element.
    pub position: usize,
    /// Its index along each axis.
    pub index: Vec<usize>,
    /// NaN or an infinity.
    pub value: f64,
    /// The operands, by line number, and what they hold.
    pub operands: Vec<(u32, OperandValues)>,
    /// For an adjoint line the line whose rule wrote it.
    pub primal: Option<Line>,
    /// The lines that carried it on to the one that was asked about, in order.
    pub path: Vec<u32>,
    text: String,
}

/// What an operand holds where a line made a NaN or an infinity of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OperandValues {
    /// The one number that the element was made of, where the operation is elementwise.
    Element(f64),
    /// The one integer.
    Integer(u32),
    /// The least and the greatest number.
    Between(f64, f64),
    /// The least and the greatest integer.
    Integers(u32, u32),
    /// It has no elements.
    Empty,
}

impl fmt::Display for OperandValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `Debug` turns to exponents where `Display` would write out forty digits.
        match self {
            OperandValues::Element(v) => write!(f, "is {v:?} there"),
            OperandValues::Integer(v) => write!(f, "is {v} there"),
            OperandValues::Between(a, b) => write!(f, "holds {a:?} to {b:?}"),
            OperandValues::Integers(a, b) => write!(f, "holds {a} to {b}"),
            OperandValues::Empty => f.write_str("has no elements"),
        }
    }
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T: Real> Var<'_, T> {
    /// Where the NaN or infinity in this line's value comes from, or `None` where all its elements are finite.
    ///
    /// Of the lines that made one out of finite operands, and from which it was carried on to this line, the first. A
    /// masked branch or a mask of −∞ that leaves this line finite is no finding. It works for adjoint lines as well
    /// (`grad(loss, &[x])[0].first_nonfinite()`); for all gradients at once there is
    /// [`first_nonfinite_backward`](Var::first_nonfinite_backward).
    pub fn first_nonfinite(self) -> Option<NonFinite> {
        match compute(self.tape, &[self.id], Purpose::Value) {
            Ok(()) => origin(self.tape, &[self.id]),
            // A line on the way faults and this one has no value; a NaN before it may be the reason.
            Err(_) => {
                let before = ancestors(self.tape, &[self.id]).into_iter();
                let found = before.map_while(|id| compute(self.tape, &[id], Purpose::Value).ok().map(|()| id));
                found.into_iter().find_map(|id| origin(self.tape, &[id]))
            }
        }
    }

    /// Where a NaN or an infinity in this scalar or in its gradients comes from: forward first, then in the adjoint program.
    ///
    /// Writes the adjoint lines of all leaves as [`backward`](Var::backward) does, so that the line found can be looked at.
    ///
    /// # Panics
    /// The line has more than one element, or values fault as in [`value`](Var::value).
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([4., 0.]).named("x");
    /// let loss = x.sqrt().sum();
    /// assert!(loss.first_nonfinite().is_none());                     // √0 is 0, but its slope is infinite
    /// let found = loss.first_nonfinite_backward().unwrap();
    /// assert_eq!((found.value, found.index[0]), (f64::INFINITY, 1));
    /// assert_eq!(found.primal.unwrap().op, "sqrt");
    /// ```
    #[track_caller]
    pub fn first_nonfinite_backward(self) -> Option<NonFinite> {
        check_scalar(self, "first_nonfinite_backward").or_raise();
        if let Some(found) = self.first_nonfinite() {
            return Some(found);
        }
        let tape = self.tape;
        let sweep = tape.or_take_back(|| reverse(tape, &[(self.id, seed(self).id)], &leaves_of(tape)));
        let gradients: Vec<u32> = sweep.cotangents.into_iter().flatten().collect();
        compute(tape, &gradients, Purpose::Value).or_raise();
        origin(tape, &gradients)
    }
}

/// The lines that `roots` depend on, and these, ascending.
pub(super) fn ancestors<T: Real>(tape: &Tape<T>, roots: &[u32]) -> Vec<u32> {
    let g = tape.graph.borrow();
    let mut marks = tape.marks.borrow_mut();
    marks.begin(g.len());
    let mut stack = roots.to_vec();
    let mut found = Vec::new();
    while let Some(id) = stack.pop() {
        if marks.get(id).is_none() {
            marks.set(id, 0);
            found.push(id);
            stack.extend_from_slice(g.operands(id));
        }
    }
    found.sort_unstable();
    found
}

/// Follows values that are not finite back from `roots` to the first line whose operands are all finite.
fn origin<T: Real>(tape: &Tape<T>, roots: &[u32]) -> Option<NonFinite> {
    // Each line that is not finite, with the one it was carried on to.
    let mut carried: BTreeMap<u32, Option<u32>> = BTreeMap::new();
    let mut sources = Vec::new();
    let mut stack: Vec<(u32, Option<u32>)> = roots.iter().map(|&id| (id, None)).collect();
    while let Some((id, to)) = stack.pop() {
        if carried.contains_key(&id) || first_bad(tape, id).is_none() {
            continue;
        }
        carried.insert(id, to);
        let operands: Vec<u32> = tape.graph.borrow().operands(id).to_vec();
        compute(tape, &operands, Purpose::Value).ok()?;
        if operands.iter().any(|&o| first_bad(tape, o).is_some()) {
            stack.extend(operands.iter().map(|&o| (o, Some(id))));
        } else {
            sources.push(id);
        }
    }
    let id = sources.into_iter().min()?;
    let path = std::iter::successors(carried[&id], |next| carried[next]).collect();
    let (position, value) = first_bad(tape, id)?;
    Some(report(tape, id, position, value, path))
}

fn first_bad<T: Real>(tape: &Tape<T>, id: u32) -> Option<(usize, f64)> {
    tape.with_slot(|store: &mut Store<T>| match store.get(id) {
        Some(Data::Real(v)) => v.iter().position(|x| !x.is_finite()).map(|k| (k, v[k].as_f64())),
        _ => None,
    })
}

fn report<T: Real>(tape: &Tape<T>, id: u32, position: usize, value: f64, path: Vec<u32>) -> NonFinite {
    let line = tape.line(id);
    let elementwise = line.step_kind == StepKind::Elementwise;
    let operands: Vec<(u32, OperandValues)> =
        line.operands.iter().map(|&o| (o, values(tape, o, elementwise.then_some(position)))).collect();
    let primal = line.origin.map(|o| tape.line(o));
    let index = unravel(position, &tape.dims_of(id));
    let how = if line.operands.is_empty() { "which it was given" } else { "made of finite values" };
    let mut text = format!("{value} at {index:?} of {}, {how}", name(tape, id));
    text += &format!("\n  {}", place(&line));
    for (o, values) in &operands {
        text += &format!("\n  its operand {} {values}, {}", name(tape, *o), place(&tape.line(*o)));
    }
    if let Some(primal) = &primal {
        text += &format!("\n  written by the rule of {}", name(tape, primal.id));
        let whole = primal.step_kind == StepKind::Elementwise && primal.results[0].1 == tape.dims_of(id);
        if compute(tape, &primal.operands, Purpose::Value).is_ok() {
            for &o in &primal.operands {
                text += &format!(", whose operand {} {}", name(tape, o), values(tape, o, whole.then_some(position)));
            }
        }
    }
    if !path.is_empty() {
        const SHOWN: usize = 8;
        let names: Vec<String> = path.iter().take(SHOWN).map(|&l| name(tape, l)).collect();
        let more = if path.len() > SHOWN { format!(" and {} more", path.len() - SHOWN) } else { String::new() };
        text += &format!("\n  carried on by {}{more}", names.join(", "));
    }
    NonFinite { id, position, index, value, operands, primal, path, text, line }
}

fn place(line: &Line) -> String {
    format!("recorded at {}:{}:{}", line.site.file(), line.site.line(), line.site.column())
}

/// ``%3 `x` `` for a line with a name, `%3 exp` for any other.
fn name<T: Real>(tape: &Tape<T>, id: u32) -> String {
    match tape.line(id).name {
        Some(name) => format!("%{id} `{name}`"),
        None => format!("%{id} {}", tape.op_name(id)),
    }
}

fn values<T: Real>(tape: &Tape<T>, id: u32, position: Option<usize>) -> OperandValues {
    tape.with_slot(|store: &mut Store<T>| match (store.get(id), position) {
        (Some(Data::Real(v)), Some(k)) if k < v.len() => OperandValues::Element(v[k].as_f64()),
        (Some(Data::Int(v)), Some(k)) if k < v.len() => OperandValues::Integer(v[k]),
        (Some(Data::Real(v)), _) if !v.is_empty() => {
            let fold = |pick: fn(T, T) -> T| v.iter().copied().fold(v[0], pick).as_f64();
            OperandValues::Between(fold(T::min), fold(T::max))
        }
        (Some(Data::Int(v)), _) => match (v.iter().min(), v.iter().max()) {
            (Some(&a), Some(&b)) => OperandValues::Integers(a, b),
            _ => OperandValues::Empty,
        },
        _ => OperandValues::Empty,
    })
}
