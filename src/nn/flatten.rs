//! All axes behind the first made one.
//! It is the bridge from images to linear layers, and has no parameters.

use super::layer::Layer;
use super::leaves::Leaves;
use crate::real::Real;
use crate::tape::Var;

/// `[N, …]` to `[N, product of the rest]`; shares storage.
///
/// ```
/// use wengert::nn::{Flatten, Layer, Mode, Params};
/// use wengert::prelude::*;
/// let (params, tape) = (Params::<f32>::new(0), Tape::new());
/// let x = tape.constant(ndarray::Array4::zeros([2, 3, 4, 5]));
/// assert_eq!(Flatten.apply(&params.on(&tape, Mode::Eval), x).dims(), [2, 60]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flatten;

impl<T: Real> Layer<T> for Flatten {
    fn apply<'t>(&self, _: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let dims = x.dims();
        let rest: usize = dims.iter().skip(1).product();
        x.reshape([dims.first().copied().unwrap_or(1), rest])
    }

    fn describe(&self) -> String {
        "flatten".into()
    }
}
