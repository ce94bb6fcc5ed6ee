//! Jacobians as lines: one sweep for the first row or column, and for each other one a copy of what that sweep wrote.
//! Only lines that depend on the seed are copied; what the rules computed besides stands on the tape once.

use std::collections::HashMap;

use super::forward;
use super::vjp;
use crate::error::OrRaise;
use crate::ops::stack;
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::{Tape, Tensor, Var};

/// The Jacobian J\[i…, j…\] = ∂y\[i…\]/∂x\[j…\], a line of shape `[dims(y)…, dims(x)…]`.
///
/// By [`jacobian_reverse`] where y has no more elements than x, by [`jacobian_forward`] otherwise. It is a line like any
/// other: it can be listed, run and differentiated again. Where y does not depend on x it is zeros.
///
/// Where only a product with the Jacobian is wanted, [`vjp`](crate::vjp()) and [`jvp`](crate::jvp) give it in one sweep.
///
/// # Panics
/// The lines stand on different tapes.
///
/// ```
/// use ndarray::array;
/// use wengert::prelude::*;
/// let tape = Tape::<f64>::default();
/// let x = tape.var([1., 2., 3.]);
/// let y = stack(&[x.square().sum(), x.prod()], 0);
/// let j = jacobian(y, x);
/// assert_eq!(j.value(), array![[2., 4., 6.], [6., 3., 2.]].into_dyn());
///
/// // It can be differentiated: the Jacobian of the Jacobian holds the second derivatives.
/// let h = jacobian(j, x);
/// assert_eq!(h.dims(), [2, 3, 3]);
/// assert_eq!(h.value()[[1, 0, 1]], 3.0);     // ∂²(x₀x₁x₂)/∂x₀∂x₁ = x₂
/// ```
#[track_caller]
#[must_use]
pub fn jacobian<'t, T: Real>(y: Var<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
    vjp::same_tape(y, x, "jacobian").or_raise();
    if y.count() <= x.count() { by_rows(y, x) } else { by_columns(&[y], x)[0] }
}

/// The Jacobian by rows: one reverse sweep, and for each further element of y a copy of what it wrote. As [`jacobian`].
///
/// # Panics
/// The lines stand on different tapes.
///
/// ```
/// use ndarray::array;
/// use wengert::prelude::*;
/// let tape = Tape::<f64>::default();
/// let x = tape.var([1., 2.]);
/// assert_eq!(jacobian_reverse(x * x, x).value(), array![[2., 0.], [0., 4.]].into_dyn());
/// ```
#[track_caller]
#[must_use]
pub fn jacobian_reverse<'t, T: Real>(y: Var<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
    vjp::same_tape(y, x, "jacobian_reverse").or_raise();
    by_rows(y, x)
}

/// The Jacobian by columns: one forward sweep, and for each further element of x a copy of what it wrote. As [`jacobian`].
///
/// # Panics
/// The lines stand on different tapes.
///
/// ```
/// use ndarray::array;
/// use wengert::prelude::*;
/// let tape = Tape::<f64>::default();
/// let x = tape.var([1., 2.]);
/// assert_eq!(jacobian_forward(x * x, x).value(), array![[2., 0.], [0., 4.]].into_dyn());
/// ```
#[track_caller]
#[must_use]
pub fn jacobian_forward<'t, T: Real>(y: Var<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
    vjp::same_tape(y, x, "jacobian_forward").or_raise();
    by_columns(&[y], x)[0]
}

#[track_caller]
fn by_rows<'t, T: Real>(y: Var<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
    let (tape, dims) = (y.tape, joined(y, x));
    tape.on_behalf(|| {
        tape.or_take_back(|| {
            if dims.count() == 0 {
                return tape.zeros(dims);
            }
            let rows = for_each_element(y, |u| vjp::sweep(tape, &[(y.id, u.id)], &[x]));
            stacked(&rows[0]).reshape(dims)
        })
    })
}

/// ∂y/∂x for each y, by one set of forward sweeps.
#[track_caller]
pub(super) fn by_columns<'t, T: Real>(ys: &[Var<'t, T>], x: Var<'t, T>) -> Vec<Var<'t, T>> {
    let tape = x.tape;
    tape.on_behalf(|| {
        tape.or_take_back(|| {
            if x.count() == 0 || ys.iter().all(|y| y.count() == 0) {
                return ys.iter().map(|&y| tape.zeros(joined(y, x))).collect();
            }
            let columns = for_each_element(x, |dx| forward::sweep(tape, ys, &[(x, dx)]));
            let whole = |(y, columns): (&Var<'t, T>, &Vec<Var<'t, T>>)| {
                let flat = stacked(columns).reshape([x.count(), y.count()]);
                // One row or one column lies in memory as its transpose does.
                let turned = if x.count() == 1 || y.count() == 1 { flat } else { flat.t() };
                turned.reshape(joined(*y, x))
            };
            ys.iter().zip(&columns).map(whole).collect()
        })
    })
}

fn joined<T: Real>(y: Var<'_, T>, x: Var<'_, T>) -> Dims {
    let mut dims = y.dims();
    x.dims().iter().for_each(|&d| dims.push(d));
    dims
}

fn stacked<'t, T: Real>(lines: &[Var<'t, T>]) -> Var<'t, T> {
    match lines {
        [line] => *line,
        lines => stack(lines, 0),
    }
}

/// What `sweep` yields for a seed of 1 in each element of `at` in turn: for each of its results one line an element.
///
/// A sweep is linear in its seed, so that all but the first are the same lines with another seed. Those that do not depend
/// on it (local derivatives, transposed weights) are shared.
fn for_each_element<'t, T: Real>(
    at: Var<'t, T>,
    sweep: impl FnOnce(Var<'t, T>) -> Vec<Var<'t, T>>,
) -> Vec<Vec<Var<'t, T>>> {
    let tape = at.tape;
    let first = unit(at, 0);
    let begin = tape.len() as u32;
    let found = sweep(first);
    let lines = leading_to(tape, begin, &found);
    let mut all: Vec<Vec<Var<'t, T>>> = found.iter().map(|&v| vec![v]).collect();
    for k in 1..at.count() {
        let mut instead = HashMap::from([(first.id, unit(at, k).id)]);
        tape.write_with(&lines, &mut instead);
        for (list, v) in all.iter_mut().zip(&found) {
            list.push(instead.get(&v.id).map_or(*v, |&id| Var::new(tape, id)));
        }
    }
    all
}

/// 1 in element k and 0 elsewhere, written in the name of the line that it is a seed of.
fn unit<'t, T: Real>(at: Var<'t, T>, k: usize) -> Var<'t, T> {
    let mut v = vec![T::zero(); at.count()];
    v[k] = T::one();
    let seed = Tensor::new(at.dims(), v).expect("the elements fill the shape");
    at.tape.in_rule_of(at.id, || at.tape.constant(seed))
}

/// The lines from `begin` on that lead to `results`, ascending.
fn leading_to<T: Real>(tape: &Tape<T>, begin: u32, results: &[Var<'_, T>]) -> Vec<u32> {
    let g = tape.graph.borrow();
    let mut leads = vec![false; g.len() - begin as usize];
    let mark = |leads: &mut [bool], id: u32| {
        if id >= begin {
            leads[(g.head(id) - begin) as usize] = true;
        }
    };
    results.iter().for_each(|v| mark(&mut leads, v.id));
    for k in (0..leads.len()).rev() {
        if leads[k] {
            g.operands(begin + k as u32).iter().for_each(|&o| mark(&mut leads, o));
        }
    }
    (begin..).zip(leads).filter_map(|(id, leads)| leads.then_some(id)).collect()
}
