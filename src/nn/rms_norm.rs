//! Root-mean-square normalisation with a learnt scale.
//! It works on each row by itself, so training and evaluation are the same.

use super::init::Init;
use super::layer::Layer;
use super::layer_norm::last_axes;
use super::leaves::Leaves;
use super::scope::ParamScope;
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::Var;

/// y = γ x/√(1/n Σ xᵢ² + ε) over the last axes (Zhang and Sennrich, 2019); see [`Var::rms_norm`].
///
/// `weight` is γ, of the shape of those axes.
///
/// ```
/// use wengert::nn::{Layer, Mode, Params, RmsNorm};
/// use wengert::prelude::*;
/// let mut params = Params::<f32>::new(0);
/// let layer = RmsNorm::new(2).eps(0.0);
/// layer.declare(&mut params.scope("norm"));
/// params.set("norm.weight", [10., 20.])?;
/// let tape = Tape::new();
/// let y = layer.apply(&params.on(&tape, Mode::Eval).scope("norm"), tape.constant([[1., -1.], [3., 3.]]));
/// assert_eq!(y.value().as_slice().unwrap(), [10., -20., 10., 20.]);
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RmsNorm {
    dims: Dims,
    eps: f64,
    affine: bool,
}

impl RmsNorm {
    /// Over the last axes, which have the given sizes; ε = 1e-6.
    pub fn new(dims: impl Into<Dims>) -> Self {
        RmsNorm { dims: dims.into(), eps: 1e-6, affine: true }
    }

    /// What is added to the mean square.
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        RmsNorm { eps, ..self }
    }

    /// Without a learnt scale.
    #[must_use]
    pub fn no_affine(self) -> Self {
        RmsNorm { affine: false, ..self }
    }
}

impl<T: Real> Layer<T> for RmsNorm {
    fn declare(&self, at: &mut ParamScope<'_, T>) {
        if self.affine {
            at.parameter("weight", &self.dims, Init::ONES);
        }
    }

    fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let y = x.rms_norm(&last_axes(p, x, &self.dims, "rms_norm")[..], self.eps);
        if self.affine { y * p.get("weight") } else { y }
    }

    fn describe(&self) -> String {
        format!("rms norm {}", self.dims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Mode, Params};
    use crate::tape::Tape;

    #[test]
    #[should_panic(expected = "`n.weight` is [3], but x is [2, 4]")]
    fn shape_errors_name_the_parameter() {
        let mut params = Params::<f64>::new(1);
        RmsNorm::new(3).declare(&mut params.scope("n"));
        let tape = Tape::default();
        let _ = RmsNorm::new(3).apply(&params.on(&tape, Mode::Eval).scope("n"), tape.zeros([2, 4]));
    }
}
