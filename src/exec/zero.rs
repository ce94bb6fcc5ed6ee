//! Why a gradient is zero at this point although lines lead from the leaf to the loss: where its movements end.
//! The leaf is moved in a direction without pattern; a line that moves and whose readers do not is where nothing gets through.

use std::fmt;

use smallvec::{SmallVec, smallvec};

use super::plan::Purpose;
use super::run::compute;
use super::store::Store;
use crate::adjoint::{between, check_scalar, reverse, same_tape, seed, tangents, tangents_of, why_zero};
use crate::error::OrRaise;
use crate::real::Real;
use crate::tape::{At, Data, Kind, Line, StepKind, Tape, Tensor, Var};

/// Why the gradient of a loss with respect to a line is zero in all its elements.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let (x, b) = (tape.var([1., 2.]).named("x"), tape.var([-5., -6.]).named("b"));
/// let loss = ((x + b).relu() * 3.0).sum();
/// let why = loss.why_zero(x).unwrap();
/// assert_eq!(why.cuts[0].line.op, "relu");
/// assert!(why.to_string().contains("its decision (side of 0) is 0 at all 2 elements that move"));
/// assert!((x * x).sum().why_zero(x).is_none());
/// ```
#[derive(Clone, Debug)]
pub struct WhyZero {
    /// The lines at which nothing gets through; empty where no line leads to the loss, or only integer lines do.
    pub cuts: Vec<Cut>,
    text: String,
}

/// A line that lets no movement of its operands through.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The line.
    pub line: Line,
    /// What it does, in words.
    pub reason: String,
}

impl fmt::Display for WhyZero {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T: Real> Var<'_, T> {
    /// Why the gradient of this scalar with respect to `x` is zero in all elements; `None` where it is not.
    ///
    /// Answers what [`Gradients::why_zero`](crate::Gradients::why_zero) does (no line leads there, a cut, integer lines
    /// only), and what follows from values: a relu whose inputs are all negative, a window or maximum that `x` never
    /// wins, a factor of exact zeros, a saturated function. It computes what it needs; the lines it writes for that are
    /// taken back.
    ///
    /// # Panics
    /// This line has more than one element, `x` stands on another tape, or values fault as in [`value`](Var::value).
    #[track_caller]
    pub fn why_zero(self, x: Var<'_, T>) -> Option<WhyZero> {
        check_scalar(self, "why_zero").or_raise();
        same_tape(self, x, "why_zero").or_raise();
        let tape = self.tape;
        tape.and_take_back(|| {
            let sweep = reverse(tape, &[(self.id, seed(self).id)], &[x.id]);
            let Some(gradient) = sweep.cotangents[0] else {
                let reason = why_zero(tape, self.id, &[x.id], &sweep).remove(0);
                let why = sweep.cuts.iter().find(|cut| Some(cut.0) == reason.cut).map_or("", |cut| cut.2);
                let cut = |line| Cut { line: tape.line(line), reason: why.to_string() };
                return Some(WhyZero { cuts: reason.cut.map(cut).into_iter().collect(), text: reason.text });
            };
            compute(tape, &[gradient], Purpose::Value).or_raise();
            if nonzero(tape, gradient).contains(&true) {
                return None;
            }
            Some(told(self, x, ends(self, x)))
        })
    }
}

fn told<T: Real>(root: Var<'_, T>, x: Var<'_, T>, cuts: Vec<Cut>) -> WhyZero {
    let tape = root.tape;
    let mut text = format!("{} does not move {}", tape.describe(x.id), tape.describe(root.id));
    text += match (x.count(), cuts.len()) {
        (0, _) => ": it has no elements",
        (_, 0) => ": no line stops it, its movements cancel one another on the way",
        _ => "; its movements end at",
    };
    for cut in &cuts {
        text += &format!("\n  {}:\n    {}", tape.describe(cut.line.id), cut.reason);
    }
    WhyZero { cuts, text }
}

/// The lines with an operand that moves with `x` and no result that does, in order.
fn ends<T: Real>(root: Var<'_, T>, x: Var<'_, T>) -> Vec<Cut> {
    let tape = root.tape;
    let lines = between(tape, std::iter::once(root.id), &[x.id]);
    // Distinct numbers of one sign, so that sums and differences of them do not vanish by chance.
    let golden = |k: usize| T::of(1.0 + (k as f64 * 0.618_033_988_749_894_9).fract());
    let direction = Tensor::new(x.dims(), (0..x.count()).map(golden).collect()).expect("one number for each element");
    let dx = tape.in_rule_of(x.id, || tape.constant(direction));
    let moving = tangents(tape, &lines, &[(x, dx)]);
    let wanted: Vec<u32> = moving.iter().flatten().copied().collect();
    compute(tape, &wanted, Purpose::Value).or_raise();
    let moves = |id: u32| {
        let tangent = lines.binary_search(&id).ok().and_then(|k| moving[k])?;
        nonzero(tape, tangent).contains(&true).then_some(tangent)
    };
    let mut heads: Vec<u32> = lines.iter().map(|&id| tape.line(id).id).filter(|&head| head != x.id).collect();
    heads.dedup();
    let mut cuts = Vec::new();
    for head in heads {
        let line = tape.line(head);
        let given: SmallVec<[Option<u32>; 4]> = line.operands.iter().map(|&o| moves(o)).collect();
        let results = head..head + line.results.len() as u32;
        if given.iter().any(Option::is_some) && results.clone().all(|id| moves(id).is_none()) {
            let reason = reason(tape, &line, &given);
            cuts.push(Cut { line, reason });
        }
    }
    cuts
}

/// Why a line whose operands have the tangents `given` does not move.
fn reason<T: Real>(tape: &Tape<T>, line: &Line, given: &[Option<u32>]) -> String {
    let moving: Vec<usize> = (0..given.len()).filter(|&i| given[i].is_some()).collect();
    let alone = |i: usize| {
        let mut one: SmallVec<[Option<u32>; 4]> = smallvec![None; given.len()];
        one[i] = given[i];
        let lines: Vec<u32> = tangents_of(tape, At::new(tape, line.id), one).into_iter().flatten().collect();
        compute(tape, &lines, Purpose::Value).is_ok() && lines.iter().any(|&id| nonzero(tape, id).contains(&true))
    };
    if moving.len() > 1 && moving.iter().any(|&i| alone(i)) {
        return "the movements of its operands cancel".to_string();
    }
    let first = moving[0];
    let places = nonzero(tape, given[first].expect("it moves"));
    let elementwise = line.step_kind == StepKind::Elementwise;
    let range = range(tape, line.operands[first], &places);
    if let Some(decision) = tape.decision(line.id) {
        let choices = match compute(tape, &[decision.choice.id], Purpose::Value) {
            Ok(()) => ints(tape, decision.choice.id),
            Err(_) => Vec::new(),
        };
        let mut there = choices.iter().zip(&places).filter(|(_, moves)| **moves).map(|(c, _)| *c);
        let what = decision.what;
        let same = there.next().filter(|c| elementwise && there.all(|other| other == *c));
        return match same {
            Some(choice) => {
                let count = places.iter().filter(|moves| **moves).count();
                format!("its decision ({what}) is {choice} at all {count} elements that move{range}")
            }
            None => format!("its decision ({what}) never falls on an element that moves{range}"),
        };
    }
    let zero = (0..given.len()).find(|&i| {
        let o = line.operands[i];
        i != first && tape.kind_of(o) == Kind::Real && compute(tape, &[o], Purpose::Value).is_ok() && {
            let other = nonzero(tape, o);
            let counts = |k: usize| !elementwise || places.get(k) == Some(&true);
            !(0..other.len()).any(|k| counts(k) && other[k])
        }
    });
    match zero {
        Some(i) => format!("operand {i}, {}, is exactly 0 there", tape.describe(line.operands[i])),
        None if matches!(line.step_kind, StepKind::Route | StepKind::Permute) => {
            "it takes none of the elements that move".to_string()
        }
        None => format!("its derivative is exactly 0 at the elements that move{range}"),
    }
}

fn with_value<T: Real, R>(tape: &Tape<T>, id: u32, f: impl FnOnce(&Data<T>) -> R) -> Option<R> {
    tape.with_slot(|store: &mut Store<T>| store.get(id).map(f))
}

/// For each element whether it is anything but 0; NaN is.
fn nonzero<T: Real>(tape: &Tape<T>, id: u32) -> Vec<bool> {
    let real = |data: &Data<T>| data.real().map(|v| v.iter().map(|v| *v != T::zero()).collect());
    with_value(tape, id, real).flatten().unwrap_or_default()
}

fn ints<T: Real>(tape: &Tape<T>, id: u32) -> Vec<u32> {
    with_value(tape, id, |data| data.int().map(<[u32]>::to_vec)).flatten().unwrap_or_default()
}

/// The operand's values at the elements that move, in words.
fn range<T: Real>(tape: &Tape<T>, id: u32, places: &[bool]) -> String {
    if compute(tape, &[id], Purpose::Value).is_err() {
        return String::new();
    }
    let values = |data: &Data<T>| -> Vec<T> {
        let all = data.real().unwrap_or_default().iter();
        all.zip(places).filter(|(_, moves)| **moves).map(|(v, _)| *v).collect()
    };
    match with_value(tape, id, values).as_deref() {
        Some([first, rest @ ..]) => {
            let fold = |pick: fn(T, T) -> T| rest.iter().copied().fold(*first, pick);
            format!(", where its operand lies between {:?} and {:?}", fold(T::min), fold(T::max))
        }
        _ => String::new(),
    }
}
