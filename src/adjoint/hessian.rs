//! Second derivatives as lines: the Hessian, its blocks across several inputs, and its product with a direction.
//! All are forward over reverse: a forward sweep over the lines of the gradient.

use super::forward;
use super::jacobian::by_columns;
use super::vjp::{check_scalar, same_tapes, seed, sweep};
use crate::error::{Error, OrRaise};
use crate::real::Real;
use crate::tape::Var;

/// The Hessian H\[i…, j…\] = ∂²y/∂x\[i…\]∂x\[j…\] of a scalar line, a line of shape `[dims(x)…, dims(x)…]`.
///
/// Forward over reverse: the gradient by one reverse sweep, then its Jacobian by columns. For its product with a
/// direction [`hvp`] takes one forward sweep instead of one for each element.
///
/// # Panics
/// `y` has more than one element, or the lines stand on different tapes.
///
/// ```
/// use ndarray::array;
/// use wengert::prelude::*;
/// let tape = Tape::<f64>::default();
/// let x = tape.var([2., 3.]);
/// let y = (x.square() * tape.constant([1., 4.])).sum() + x.prod();    // x₀² + 4x₁² + x₀x₁
/// assert_eq!(hessian(y, x).value(), array![[2., 1.], [1., 8.]].into_dyn());
/// ```
#[track_caller]
#[must_use]
pub fn hessian<'t, T: Real>(y: Var<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
    check_scalar(y, "hessian").or_raise();
    same_tapes(y, &[x], "hessian");
    blocks(y, &[x])[0][0]
}

/// The blocks of the Hessian across several inputs: block \[i\]\[j\] is ∂²y/∂xᵢ∂xⱼ, of shape `[dims(xᵢ)…, dims(xⱼ)…]`.
///
/// # Panics
/// As [`hessian`].
///
/// ```
/// use ndarray::array;
/// use wengert::prelude::*;
/// let tape = Tape::<f64>::default();
/// let (a, b) = (tape.var([1., 2.]), tape.var(3.0));
/// let y = (a.square() * b).sum();
/// let h = hessian_blocks(y, &[a, b]);
/// assert_eq!(h[0][0].value(), array![[6., 0.], [0., 6.]].into_dyn());    // 2b on the diagonal
/// assert_eq!(h[0][1].value(), array![2., 4.].into_dyn());                // 2a
/// assert_eq!(h[1][1].item(), 0.0);
/// ```
#[track_caller]
#[must_use]
pub fn hessian_blocks<'t, T: Real>(y: Var<'t, T>, xs: &[Var<'t, T>]) -> Vec<Vec<Var<'t, T>>> {
    check_scalar(y, "hessian_blocks").or_raise();
    same_tapes(y, xs, "hessian_blocks");
    blocks(y, xs)
}

#[track_caller]
fn blocks<'t, T: Real>(y: Var<'t, T>, xs: &[Var<'t, T>]) -> Vec<Vec<Var<'t, T>>> {
    let tape = y.tape;
    tape.on_behalf(|| {
        tape.or_take_back(|| {
            let gradients = sweep(tape, &[(y.id, seed(y).id)], xs);
            let columns: Vec<Vec<Var<'t, T>>> = xs.iter().map(|&x| by_columns(&gradients, x)).collect();
            (0..xs.len()).map(|i| columns.iter().map(|column| column[i]).collect()).collect()
        })
    })
}

/// The product of the Hessian of a scalar line with a direction: Σⱼ (∂²y/∂xᵢ∂xⱼ) vⱼ for each i, as lines.
///
/// Forward over reverse: one reverse and one forward sweep, whatever the sizes are; the Hessian is never formed.
///
/// # Panics
/// `y` has more than one element, there is not one direction for each x, one has not its x's shape, or lines stand on
/// different tapes.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::<f64>::default();
/// let (a, b) = (tape.var([1., 2.]), tape.var(3.0));
/// let y = (a.square() * b).sum();
/// let (v, w) = (tape.constant([1., 0.]), tape.constant(10.0));
/// let h = hvp(y, &[a, b], &[v, w]);
/// assert_eq!(h[0].value().as_slice().unwrap(), [26., 40.]);    // 2b v + 2a w
/// assert_eq!(h[1].item(), 2.0);                                // Σ 2a v
/// ```
#[track_caller]
#[must_use]
pub fn hvp<'t, T: Real>(y: Var<'t, T>, xs: &[Var<'t, T>], directions: &[Var<'t, T>]) -> Vec<Var<'t, T>> {
    check_scalar(y, "hvp").or_raise();
    same_tapes(y, xs, "hvp");
    let tape = y.tape;
    if xs.len() != directions.len() {
        let e = Error::argument(format!("{} inputs and {} directions", xs.len(), directions.len()))
            .rule("each input has one direction")
            .fix("pass as many directions as inputs, `tape.zeros(x.dims())` for one that stays where it is");
        tape.blame(e, "hvp", &[y.id]).raise();
    }
    for (&x, &v) in xs.iter().zip(directions) {
        forward::check_tangent(x, v, "hvp").or_raise();
    }
    tape.on_behalf(|| {
        tape.or_take_back(|| {
            let gradients = sweep(tape, &[(y.id, seed(y).id)], xs);
            let moving: Vec<_> = xs.iter().copied().zip(directions.iter().copied()).collect();
            forward::sweep(tape, &gradients, &moving)
        })
    })
}
