//! The forward sweep: tangents of the inputs carried along the lines to the outputs by each line's jvp.
//! An operation without a forward rule of its own gets it by transposing its reverse rule.

use smallvec::{SmallVec, smallvec};

use super::recompute::{Recompute, with_copies};
use super::reverse::{between, reverse};
use super::vjp::{same_tape, same_tapes};
use crate::error::{Error, OrRaise};
use crate::real::Real;
use crate::tape::{Asked, At, Given, Jvp, Kind, Sweep, Tape, Var, Vjp};

/// The Jacobian–vector product: the tangent of each of `ys` when each x moves along its ẋ, as lines.
///
/// An output that no x leads to gets zeros.
///
/// # Panics
/// A tangent has not its primal's shape, or lines stand on different tapes.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::<f64>::default();
/// let x = tape.var([1., 2.]);
/// let y = (x * x).sum();
/// let dy = jvp(&[y], &[(x, tape.constant([1., 10.]))])[0];
/// assert_eq!(dy.item(), 42.0);
/// ```
#[track_caller]
pub fn jvp<'t, T: Real>(ys: &[Var<'t, T>], moving: &[(Var<'t, T>, Var<'t, T>)]) -> Vec<Var<'t, T>> {
    let Some(&first) = ys.first() else { return Vec::new() };
    let tape = first.tape;
    for &(x, dx) in moving {
        same_tape(first, x, "jvp").or_raise();
        check_tangent(x, dx, "jvp").or_raise();
    }
    same_tapes(first, ys, "jvp");
    tape.on_behalf(|| tape.or_take_back(|| sweep(tape, ys, moving)))
}

#[track_caller]
pub(super) fn check_tangent<T: Real>(x: Var<'_, T>, dx: Var<'_, T>, name: &'static str) -> Result<(), Error> {
    same_tape(x, dx, name)?;
    if x.dims() == dx.dims() {
        return Ok(());
    }
    let e = Error::shape(format!("a tangent of shape {} for a line of shape {}", dx.dims(), x.dims()))
        .rule("a tangent has its primal's shape")
        .fix("broadcast or reshape it");
    Err(x.tape.blame(e, name, &[x.id, dx.id]))
}

/// One forward sweep; zeros for outputs that do not move.
pub(super) fn sweep<'t, T: Real>(
    tape: &'t Tape<T>,
    ys: &[Var<'t, T>],
    moving: &[(Var<'t, T>, Var<'t, T>)],
) -> Vec<Var<'t, T>> {
    let ids: Vec<u32> = ys.iter().map(|y| y.id).collect();
    let line = |(t, y): (Option<u32>, &Var<'t, T>)| t.map_or_else(|| tape.zeros(y.dims()), |id| Var::new(tape, id));
    tangents(tape, &ids, moving).into_iter().zip(ys).map(line).collect()
}

/// One forward sweep: the tangent line of each of `ys`, `None` where it does not move.
pub(crate) fn tangents<'t, T: Real>(
    tape: &'t Tape<T>,
    ys: &[u32],
    moving: &[(Var<'t, T>, Var<'t, T>)],
) -> Vec<Option<u32>> {
    let given: SmallVec<[(u32, u32); 8]> = moving.iter().map(|(x, dx)| (x.id, dx.id)).collect();
    tape.keeping(Asked { reverse: false, given: &given, wanted: ys }, || Sweep {
        cotangents: write(tape, ys, moving),
        cuts: Vec::new(),
    })
    .cotangents
}

fn write<'t, T: Real>(tape: &'t Tape<T>, ys: &[u32], moving: &[(Var<'t, T>, Var<'t, T>)]) -> Vec<Option<u32>> {
    let given: Vec<u32> = moving.iter().map(|(x, _)| x.id).collect();
    let moving: Vec<(u32, Var<'t, T>)> = with_copies(tape, &given).iter().map(|&(x, k)| (x, moving[k].1)).collect();
    let seeds: Vec<u32> = moving.iter().map(|(x, _)| *x).collect();
    let lines = between(tape, ys.iter().copied(), &seeds);
    let mut recompute = Recompute::new(tape, &lines);
    let mut tangents: Vec<Option<u32>> = vec![None; lines.len()];
    let position = |id: u32| lines.binary_search(&id).ok();
    for &(x, dx) in &moving {
        if let Some(k) = position(x) {
            let sum = tangents[k].map_or(dx, |t| Var::new(tape, t) + dx);
            tangents[k] = Some(sum.id);
        }
    }
    let mut next = 0;
    while next < lines.len() {
        let head = tape.graph.borrow().head(lines[next]);
        let group = lines[next..].iter().take_while(|&&id| tape.graph.borrow().head(id) == head).count();
        let operands: SmallVec<[u32; 4]> = tape.graph.borrow().operands(head).into();
        let moving: SmallVec<[Option<u32>; 4]> =
            operands.iter().map(|&o| position(o).and_then(|k| tangents[k])).collect();
        if moving.iter().any(Option::is_some) {
            for (id, tangent) in (head..).zip(tangents_of(tape, recompute.at(head), moving)) {
                if let (Some(k), Some(t)) = (position(id), tangent) {
                    let sum = tangents[k].map_or(t, |own| (Var::new(tape, own) + Var::new(tape, t)).id);
                    tangents[k] = Some(sum);
                }
            }
        }
        next += group;
    }
    recompute.finish();
    ys.iter().map(|&y| position(y).and_then(|k| tangents[k])).collect()
}

/// The tangents of a line's results when its operands move.
pub(crate) fn tangents_of<'t, T: Real>(
    tape: &'t Tape<T>,
    at: At<'t, T>,
    moving: SmallVec<[Option<u32>; 4]>,
) -> SmallVec<[Option<u32>; 2]> {
    let head = at.head();
    let op = tape.op(head);
    let results = usize::from(tape.graph.borrow().node(head).results);
    tape.in_rule_of(head, || {
        let context = Jvp::new(at, moving, results);
        op.get().jvp(&context);
        context.finish()
    })
}

impl<'t, T: Real> Jvp<'t, T> {
    /// The forward rule from the reverse rule: x̄ = Jᵀu is linear in u, so d⟨x̄, ẋ⟩/du = J ẋ.
    ///
    /// This is the double transposition of J. Townsend ("A new trick for calculating Jacobian vector products", 2017);
    /// the value of u does not matter, since x̄ is linear in it.
    pub fn by_transposing(&self, vjp: impl FnOnce(&Vjp<'t, T>)) {
        let mut vjp = Some(vjp);
        self.transposed(&mut |v| vjp.take().expect("it is called once")(v));
    }

    /// Apart from its caller, so that it is compiled once and not for every operation.
    fn transposed(&self, vjp: &mut dyn FnMut(&Vjp<'t, T>)) {
        let tape = self.tape();
        let head = self.head();
        let real: SmallVec<[usize; 2]> =
            (0..self.results()).filter(|&k| tape.kind_of(head + k as u32) == Kind::Real).collect();
        // A fill that a rule wrote would be folded away, and with it the path back to u.
        let dummies: SmallVec<[Var<'t, T>; 2]> =
            real.iter().map(|&k| tape.zeros(self.result_dims(k)).stop_gradient()).collect();
        let mut cotangents: SmallVec<[Option<u32>; 2]> = smallvec![None; self.results()];
        for (&k, u) in real.iter().zip(&dummies) {
            cotangents[k] = Some(u.id);
        }
        let wanted: SmallVec<[bool; 4]> = (0..self.arity()).map(|i| self.dx(i).is_some()).collect();
        let context = Vjp::new(At::clone(self), cotangents, wanted.clone());
        vjp(&context);
        let given = context.finish();
        let mut roots: SmallVec<[(u32, u32); 4]> = SmallVec::new();
        for (i, g) in given.iter().enumerate() {
            match (*g, self.dx(i)) {
                (Given::Line(line), Some(dx)) => roots.push((line, dx.id)),
                (Given::Zero(why), Some(_)) => self.zero(i, why),
                _ => {}
            }
        }
        let ids: SmallVec<[u32; 2]> = dummies.iter().map(|u| u.id).collect();
        let found = reverse(tape, &roots, &ids).cotangents;
        let moving = (0..self.arity()).find(|&i| wanted[i]);
        for (i, _) in wanted.iter().enumerate().filter(|(_, w)| **w) {
            self.zero(i, "spoken for by the transposed rule");
        }
        for (&k, line) in real.iter().zip(found) {
            if let (Some(i), Some(line)) = (moving, line) {
                self.term_of(k, i, |_| Var::new(tape, line));
            }
        }
    }
}
