//! Layer normalisation with learnt scale and shift.
//! It works on each row by itself, so training and evaluation are the same.

use super::init::Init;
use super::layer::Layer;
use super::leaves::Leaves;
use super::scope::ParamScope;
use crate::error::Error;
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::Var;

/// y = γ (x − μ)/√(σ² + ε) + β with mean μ and variance σ² over the last axes (Ba, Kiros and Hinton, 2016).
///
/// `weight` is γ and `bias` is β, of the shape of those axes.
///
/// ```
/// use wengert::nn::{Layer, LayerNorm, Mode, Params};
/// use wengert::prelude::*;
/// let mut params = Params::<f32>::new(0);
/// let layer = LayerNorm::new(2).eps(0.0);
/// layer.declare(&mut params.scope("norm"));
/// params.set("norm.bias", [10., 20.])?;
/// let tape = Tape::new();
/// let y = layer.apply(&params.on(&tape, Mode::Eval).scope("norm"), tape.constant([[1., 3.], [7., 5.]]));
/// assert_eq!(y.value().as_slice().unwrap(), [9., 21., 11., 19.]);
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LayerNorm {
    dims: Dims,
    eps: f64,
    affine: bool,
}

impl LayerNorm {
    /// Over the last axes, which have the given sizes; ε = 1e-5.
    pub fn new(dims: impl Into<Dims>) -> Self {
        LayerNorm { dims: dims.into(), eps: 1e-5, affine: true }
    }

    /// What is added to the variance.
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        LayerNorm { eps, ..self }
    }

    /// Without learnt scale and shift.
    #[must_use]
    pub fn no_affine(self) -> Self {
        LayerNorm { affine: false, ..self }
    }
}

/// The last axes of x, if they have these sizes; otherwise an error that names the parameter.
#[track_caller]
pub(super) fn last_axes<T: Real>(p: &Leaves<'_, T>, x: Var<'_, T>, sizes: &Dims, op: &'static str) -> Vec<isize> {
    let dims = x.dims();
    if !dims.ends_with(sizes) {
        let e = Error::shape(format!("`{}` is {sizes}, but x is {dims}", p.full_name("weight")))
            .rule("the last axes of x have the sizes given to the layer")
            .fix("change the layer's sizes, or reshape x");
        p.tape().blame(e, op, &[x.id()]).raise()
    }
    (1..=sizes.rank() as isize).map(|k| -k).collect()
}

impl<T: Real> Layer<T> for LayerNorm {
    fn declare(&self, at: &mut ParamScope<'_, T>) {
        if self.affine {
            at.parameter("weight", &self.dims, Init::ONES);
            at.parameter("bias", &self.dims, Init::ZEROS);
        }
    }

    fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let axes = last_axes(p, x, &self.dims, "layer_norm");
        // Over no axes there is nothing to be one operation.
        if self.affine && !axes.is_empty() {
            return x.layer_norm_affine(p.get("weight"), p.get("bias"), self.eps);
        }
        let y = x.layer_norm(&axes[..], self.eps);
        if self.affine { y * p.get("weight") + p.get("bias") } else { y }
    }

    fn describe(&self) -> String {
        format!("layer norm {}", self.dims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Mode, Params};
    use crate::tape::Tape;

    #[test]
    fn several_axes_are_one_group() {
        let params = Params::<f64>::new(0);
        let tape = Tape::default();
        let x = ndarray::Array3::from_shape_fn([2, 2, 3], |(a, b, c)| (a * 5 + b * b + 2 * c) as f64);
        let y = LayerNorm::new([2, 3]).no_affine().apply(&params.on(&tape, Mode::Train), tape.constant(x));
        for group in y.value().outer_iter() {
            assert!(group.mean().unwrap().abs() < 1e-12);
            assert!((group.iter().map(|v| v * v).sum::<f64>() / 6.0 - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    #[should_panic(expected = "`ln.weight` is [3], but x is [2, 4]")]
    fn shape_errors_name_the_parameter() {
        let mut params = Params::<f64>::new(1);
        LayerNorm::new(3).declare(&mut params.scope("ln"));
        let tape = Tape::default();
        let _ = LayerNorm::new(3).apply(&params.on(&tape, Mode::Eval).scope("ln"), tape.zeros([2, 4]));
    }
}
