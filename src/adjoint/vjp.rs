//! Pulling cotangents back: `grad` of one number, `vjp` of several lines of any shape at once, and the checks of both.
//! Each call is one reverse sweep, however many roots and wanted lines there are.

use smallvec::SmallVec;

use super::reverse::reverse;
use crate::error::{Error, OrRaise};
use crate::real::Real;
use crate::tape::{Form, Tape, Var};

/// The gradient of a scalar line with respect to any lines, as lines: ∂y/∂xᵢ for each i, to be run or differentiated again.
///
/// A line that `y` does not depend on gets zeros.
///
/// # Panics
/// `y` has more than one element (use [`grad_with`] or [`jacobian`](crate::jacobian)), or a line stands on another tape.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::<f64>::default();
/// let x = tape.var(2.0);
/// let y = x * x * x;
/// let dy = grad(y, &[x])[0];
/// let ddy = grad(dy, &[x])[0];
/// assert_eq!((dy.item(), ddy.item()), (12.0, 12.0));
/// ```
#[track_caller]
pub fn grad<'t, T: Real>(y: Var<'t, T>, wrt: &[Var<'t, T>]) -> Vec<Var<'t, T>> {
    check_scalar(y, "grad").or_raise();
    same_tapes(y, wrt, "grad");
    y.tape.on_behalf(|| y.tape.or_take_back(|| sweep(y.tape, &[(y.id, seed(y).id)], wrt)))
}

/// The vector–Jacobian product: Σ over elements of y of ȳ ∂y/∂xᵢ, for each i, as lines.
///
/// This is [`vjp`] of one output.
///
/// # Panics
/// The cotangent has not the shape of `y`, or a line stands on another tape.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::<f64>::default();
/// let x = tape.var([1., 2.]);
/// let y = x * x;
/// let v = grad_with(y, tape.constant([1., 10.]), &[x])[0];
/// assert_eq!(v.value().as_slice().unwrap(), [2., 40.]);
/// ```
#[track_caller]
pub fn grad_with<'t, T: Real>(y: Var<'t, T>, cotangent: Var<'t, T>, wrt: &[Var<'t, T>]) -> Vec<Var<'t, T>> {
    check_cotangent(y, cotangent, "grad_with").or_raise();
    same_tapes(y, wrt, "grad_with");
    y.tape.on_behalf(|| y.tape.or_take_back(|| sweep(y.tape, &[(y.id, cotangent.id)], wrt)))
}

/// The vector–Jacobian product of several outputs: Σₖ ȳₖ ∂yₖ/∂xᵢ for each i, as lines; one reverse sweep for all of them.
///
/// Each cotangent has its output's shape, and the results have the shapes of the x. An x that no output depends on gets
/// zeros. An output that is given twice counts twice.
///
/// # Panics
/// There is not one cotangent for each output, one has not its output's shape, or lines stand on different tapes.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::<f64>::default();
/// let (a, b) = (tape.var([1., 2.]), tape.var(3.0));
/// let (y, z) = (a * b, (a * a).sum());
/// let (u, v) = (tape.constant([1., 10.]), tape.constant(100.0));
/// let x = vjp(&[y, z], &[u, v], &[a, b]);
/// assert_eq!(x[0].value().as_slice().unwrap(), [203., 430.]);    // u b + v 2a
/// assert_eq!(x[1].item(), 21.0);                                  // Σ u a
/// ```
#[track_caller]
pub fn vjp<'t, T: Real>(ys: &[Var<'t, T>], cotangents: &[Var<'t, T>], wrt: &[Var<'t, T>]) -> Vec<Var<'t, T>> {
    let Some(&first) = ys.first().or(wrt.first()) else { return Vec::new() };
    let tape = first.tape;
    if ys.len() != cotangents.len() {
        let e = Error::argument(format!("{} outputs and {} cotangents", ys.len(), cotangents.len()))
            .rule("each output has one cotangent")
            .fix("pass as many cotangents as outputs, `tape.zeros(y.dims())` for one that does not count");
        tape.blame(e, "vjp", &[]).raise();
    }
    for (&y, &cotangent) in ys.iter().zip(cotangents) {
        same_tape(first, y, "vjp").or_raise();
        check_cotangent(y, cotangent, "vjp").or_raise();
    }
    same_tapes(first, wrt, "vjp");
    let roots: SmallVec<[(u32, u32); 4]> = ys.iter().zip(cotangents).map(|(y, c)| (y.id, c.id)).collect();
    tape.on_behalf(|| tape.or_take_back(|| sweep(tape, &roots, wrt)))
}

/// One reverse sweep from `roots` (line, cotangent line), with zeros for lines that no derivative arrives at.
pub(super) fn sweep<'t, T: Real>(tape: &'t Tape<T>, roots: &[(u32, u32)], wrt: &[Var<'t, T>]) -> Vec<Var<'t, T>> {
    let ids: SmallVec<[u32; 8]> = wrt.iter().map(|v| v.id).collect();
    let found = reverse(tape, roots, &ids).cotangents;
    let line = |(c, x): (&Option<u32>, &Var<'t, T>)| c.map_or_else(|| tape.zeros(x.dims()), |id| handed_out(tape, id));
    found.iter().zip(wrt).map(line).collect()
}

/// The line, or, for a fill that a rule wrote, one of the caller's own: rules fold theirs away, and with it the path from
/// a handle that somebody may differentiate by.
fn handed_out<T: Real>(tape: &Tape<T>, id: u32) -> Var<'_, T> {
    let by_rule = tape.graph.borrow().node(id).written_by_rule();
    match tape.op(id).get().form() {
        Form::Fill(value) if by_rule => tape.fill(tape.dims_of(id), value),
        _ => Var::new(tape, id),
    }
}

/// ȳ = 1, written in the name of the root.
pub(crate) fn seed<T: Real>(y: Var<'_, T>) -> Var<'_, T> {
    y.tape.in_rule_of(y.id, || y.tape.ones(y.dims()))
}

#[track_caller]
pub(crate) fn check_scalar<T: Real>(y: Var<'_, T>, name: &'static str) -> Result<(), Error> {
    if y.count() == 1 {
        return Ok(());
    }
    let fix = match name {
        "hessian" | "hessian_blocks" | "hvp" => {
            "reduce it (`.sum()`, `.mean()`), or take the `jacobian` of a `jacobian`"
        }
        _ => "reduce it (`.sum()`, `.mean()`), or pass a cotangent of its shape (`backward_with`, `grad_with`)",
    };
    let e = Error::tape(format!("the root has shape {}, and a gradient is that of one number", y.dims()))
        .rule("the root has exactly one element")
        .fix(fix);
    Err(y.tape.blame(e, name, &[y.id]))
}

#[track_caller]
pub(crate) fn check_cotangent<T: Real>(y: Var<'_, T>, cotangent: Var<'_, T>, name: &'static str) -> Result<(), Error> {
    same_tape(y, cotangent, name)?;
    if cotangent.dims() == y.dims() {
        return Ok(());
    }
    let e = Error::shape(format!("a cotangent of shape {} for a root of shape {}", cotangent.dims(), y.dims()))
        .rule("a cotangent has the root's shape")
        .fix("broadcast or reshape it");
    Err(y.tape.blame(e, name, &[y.id, cotangent.id]))
}

#[track_caller]
pub(super) fn same_tapes<T: Real>(y: Var<'_, T>, wrt: &[Var<'_, T>], name: &'static str) {
    for v in wrt {
        same_tape(y, *v, name).or_raise();
    }
}

#[track_caller]
pub(crate) fn same_tape<T: Real>(a: Var<'_, T>, b: Var<'_, T>, name: &'static str) -> Result<(), Error> {
    if std::ptr::eq(a.tape, b.tape) {
        return Ok(());
    }
    let e = Error::tape("the lines stand on different tapes")
        .rule("root, cotangent and the lines asked for stand on one tape")
        .fix("record all of them on one tape");
    Err(a.tape.blame(e, name, &[a.id]).operand(format!("on another tape: {}", b.tape.describe(b.id))))
}
