//! Einstein's summation from text: `einsum("ij,jk->ik", &[a, b])`.
//! Text becomes labels, labels an order of contractions, and each contraction lines that exist anyway.

mod contract;
mod order;
mod parse;

use std::collections::BTreeMap;

use parse::Spec;

use crate::error::OrRaise;
use crate::ops::prelude::*;
use crate::shape::checked_count;

pub(super) use contract::{Term, contract, whole};

/// The name of an axis in a product: a letter of the text, or a place among the axes of the ellipsis.
pub(super) type Label = u32;

/// Sums of products over named axes: `"ij,jk->ik"` is a matrix product, `"ii->"` a trace, `"...i,...i->..."` a scalar
/// product for each place of a batch.
///
/// - Each operand has one letter for each axis, and operands are separated by commas; spaces do not count. A letter that
///   stands twice in one operand takes its diagonal.
/// - `...` stands for the axes that are not named, aligned at the last of them; it broadcasts.
/// - Axes of one letter have one size, or 1, which broadcasts.
/// - Letters behind the arrow are the axes of the result, in that order; the product is summed over all others. Without
///   an arrow the result has the axes of the ellipsis and then, in alphabetical order, the letters that stand once.
///
/// Several operands are contracted in pairs, in the cheapest order (found exactly for up to eight operands, by greedy
/// choice for more), by `permute`, `matmul`, products and sums.
///
/// # Panics
/// The text means nothing, or does not fit the operands; [`try_einsum`] returns the same as an error.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let (a, b) = (tape.var([[1., 2.], [3., 4.]]), tape.var([[1., 0.], [0., 2.]]));
/// assert_eq!(einsum("ij,jk->ki", &[a, b]).value().as_slice().unwrap(), [1., 3., 4., 8.]);
/// assert_eq!(einsum("ii", &[a]).item(), 5.0);
/// assert_eq!(einsum("...i->...", &[a]).value().as_slice().unwrap(), [3., 7.]);
/// ```
#[track_caller]
#[must_use]
pub fn einsum<'t, T: Real>(text: &str, operands: &[Var<'t, T>]) -> Var<'t, T> {
    try_einsum(text, operands).or_raise()
}

/// As [`einsum`], for a text that comes from outside.
///
/// # Errors
/// The text means nothing, which the error shows at the character, or does not fit the operands.
///
/// ```
/// use wengert::{prelude::*, try_einsum};
/// let tape = Tape::new();
/// let a = tape.var([[1., 2.], [3., 4.]]);
/// let e = try_einsum("ij,j!->i", &[a, a]).unwrap_err();
/// assert!(e.is_argument());
/// assert!(e.to_string().contains("ij,j!->i\n      ^"), "{e}");
/// ```
#[track_caller]
pub fn try_einsum<'t, T: Real>(text: &str, operands: &[Var<'t, T>]) -> Result<Var<'t, T>, Error> {
    let Some(first) = operands.first() else {
        return Err(Error::argument("there are no operands")
            .rule("one operand or more")
            .fix("pass some")
            .about("einsum"));
    };
    let tape = first.tape;
    let ids: SmallVec<[u32; 4]> = operands.iter().map(|v| v.id).collect();
    if let Some(i) = operands.iter().position(|v| !std::ptr::eq(v.tape, tape)) {
        let all: Vec<Operand<'t, T>> = operands.iter().map(|&v| v.into()).collect();
        return Err(tape.foreign("einsum", i, &all));
    }
    let dims: Vec<Dims> = operands.iter().map(|v| v.dims()).collect();
    let spec = match Spec::new(text, &dims) {
        Ok(spec) => spec,
        Err(e) => return Err(tape.blame(e, "einsum", &ids)),
    };
    let full: Dims = spec.output.iter().map(|&l| spec.size(l)).collect();
    Ok(product_of_all("einsum", operands, spec.inputs, spec.output)?.in_shape(full))
}

/// The product of all operands over their labels, summed over those that the output has not; the axes of the result are
/// those of the output whose size is not 1.
#[track_caller]
pub(super) fn product_of_all<'t, T: Real>(
    op: &'static str,
    operands: &[Var<'t, T>],
    inputs: Vec<Vec<Label>>,
    output: Vec<Label>,
) -> Result<Var<'t, T>, Error> {
    let mut sizes: BTreeMap<Label, usize> = BTreeMap::new();
    let mut factors: Vec<Vec<Label>> = Vec::new();
    // An axis of size 1 broadcasts, and moves nothing: it is left out.
    for (v, labels) in operands.iter().zip(&inputs) {
        let mut once = Vec::new();
        for (&label, &size) in labels.iter().zip(&v.dims()[..]) {
            if size != 1 && !once.contains(&label) {
                sizes.insert(label, size);
                once.push(label);
            }
        }
        factors.push(once);
    }
    let output: Vec<Label> = output.into_iter().filter(|l| sizes.contains_key(l)).collect();
    let steps = order::order(&factors, &output, &|l| sizes[&l] as f64);
    for labels in order::intermediates(&factors, &output, &steps) {
        let dims: Vec<usize> = labels.iter().map(|l| sizes[l]).collect();
        if checked_count(&dims).is_none() {
            let e = Error::shape(format!("a product would have shape {dims:?}"))
                .rule("every result on the way fits in memory")
                .fix("sum over more axes, or make the operands smaller");
            let ids: SmallVec<[u32; 4]> = operands.iter().map(|v| v.id).collect();
            return Err(operands[0].tape.blame(e, op, &ids));
        }
    }
    let mut terms: Vec<Option<Term<'t, T>>> = Vec::with_capacity(operands.len());
    for (&v, names) in operands.iter().zip(&inputs) {
        terms.push(Some(Term::new(v, names)));
    }
    for (i, j) in steps {
        let [a, b] = [i, j].map(|k| terms[k].take().expect("a step takes two terms that are left"));
        let kept = |l: Label| output.contains(&l) || terms.iter().flatten().any(|t| t.labels.contains(&l));
        let term = contract(a, b, &kept, &output);
        terms.push(Some(term));
    }
    let last = terms.into_iter().flatten().next_back().expect("one term is left");
    Ok(whole(last, &output))
}

#[cfg(test)]
mod tests;
