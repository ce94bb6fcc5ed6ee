//! Whether outputs and gradients are those of the reference: both are f64, so that only the order of sums may differ.
//! A gradient that is NaN in the reference and a number here agrees, but is counted apart (docs/kinks.md, azmul).

use wengert::grad_with;

use crate::call::{Call, Digits, Output, real};
use crate::case::{Array, Case, Elements};

/// Bounds on a difference: relative to the element, and to what rounding leaves of a derivative that is exactly zero
/// where inputs are of size 1 to 10.
const DIGITS: Digits = Digits { relative: 1e-9, absolute: 1e-13 };

/// Relative to the largest element of the tensor.
const TO_LARGEST: f64 = 1e-11;

/// How a case agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    Full,
    /// Some reference gradients are NaN where ours are finite: products of 0 and infinity.
    FiniteWhereReferenceIsNot,
}

/// Compares outputs, then gradients.
pub fn compare(call: &Call<'_>, case: &Case, outputs: &[Output<'_>]) -> Result<Agreement, String> {
    if outputs.len() != case.outputs.len() {
        return Err(format!("{} outputs, {} in the reference", outputs.len(), case.outputs.len()));
    }
    let digits = call.digits().unwrap_or(DIGITS);
    for (k, (ours, theirs)) in outputs.iter().zip(&case.outputs).enumerate() {
        let what = format!("output {k}");
        match ours {
            Output::Real(y) => {
                let value = y.try_tensor().map_err(|e| format!("{what}: {e:#}"))?;
                elements(&what, value.dims(), value.as_slice(), theirs, digits, false)?;
            }
            Output::Ints(y) => {
                let value = y.try_tensor().map_err(|e| format!("{what}: {e:#}"))?;
                let numbers: Vec<f64> = value.as_slice().iter().map(|&v| f64::from(v)).collect();
                if theirs.elements == Elements::Real {
                    return Err(format!("{what} is of the integer kind, and real in the reference"));
                }
                elements(&what, value.dims(), &numbers, theirs, digits, false)?;
            }
        }
    }
    gradients(call, case, outputs)
}

fn gradients(call: &Call<'_>, case: &Case, outputs: &[Output<'_>]) -> Result<Agreement, String> {
    let differentiable = outputs.iter().filter_map(|y| if let Output::Real(y) = y { Some(*y) } else { None });
    let roots: Vec<_> = differentiable.zip(&case.cotangents).collect();
    if roots.len() != case.cotangents.len() {
        return Err(format!("{} differentiable outputs, {} in the reference", roots.len(), case.cotangents.len()));
    }
    let leaves = call.leaves();
    if leaves.len() != case.grads.len() {
        return Err(format!("{} real tensors, {} gradients in the reference", leaves.len(), case.grads.len()));
    }
    let mut sums = vec![None; leaves.len()];
    for (y, cotangent) in roots {
        for (sum, g) in sums.iter_mut().zip(grad_with(y, call.tape.constant(real(cotangent)), &leaves)) {
            *sum = Some(sum.map_or(g, |s| s + g));
        }
    }
    let mut agreement = Agreement::Full;
    let digits = call.digits().unwrap_or(DIGITS);
    for (k, (ours, theirs)) in sums.into_iter().zip(&case.grads).enumerate() {
        let (Some(ours), Some(theirs)) = (ours, theirs) else { continue };
        let value = ours.try_tensor().map_err(|e| format!("gradient {k}: {e:#}"))?;
        if elements(&format!("gradient {k}"), value.dims(), value.as_slice(), theirs, digits, true)? {
            agreement = Agreement::FiniteWhereReferenceIsNot;
        }
    }
    Ok(agreement)
}

/// Compares two tensors; whether the reference is NaN at a place where ours may be finite, and is.
fn elements(
    what: &str,
    dims: &[usize],
    ours: &[f64],
    theirs: &Array,
    digits: Digits,
    nan_yields: bool,
) -> Result<bool, String> {
    if dims != theirs.dims {
        return Err(format!("{what} has shape {dims:?}, in the reference {:?}", theirs.dims));
    }
    let largest = theirs.data.iter().filter(|v| v.is_finite()).fold(0.0, |m: f64, v| m.max(v.abs()));
    let mut yielded = false;
    for (i, (&a, &b)) in ours.iter().zip(&theirs.data).enumerate() {
        let bound = digits.relative * b.abs() + digits.absolute + TO_LARGEST * largest;
        if a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= bound {
            continue;
        }
        if nan_yields && b.is_nan() && a.is_finite() {
            yielded = true;
            continue;
        }
        let index = index(i, dims);
        return Err(format!("{what}{index:?} is {a:?}, in the reference {b:?}"));
    }
    Ok(yielded)
}

fn index(mut i: usize, dims: &[usize]) -> Vec<usize> {
    let mut index = vec![0; dims.len()];
    for (k, &n) in index.iter_mut().zip(dims).rev() {
        (*k, i) = (i % n, i / n);
    }
    index
}
