//! The affine map of the last axis.
//! Its weight is stored as PyTorch stores it, one row per output.

use super::init::Init;
use super::layer::Layer;
use super::leaves::Leaves;
use super::scope::ParamScope;
use crate::error::Error;
use crate::real::Real;
use crate::tape::Var;

/// y = x Wᵀ + b over the last axis, for `x` of shape `[…, inputs]`.
///
/// `weight` is `[outputs, inputs]`, so a row is one output's and files of other programs fit; the product reads it
/// transposed, nothing is moved. `bias` is `[outputs]` and starts at 0; the weight starts as [`Init::HeUniform`].
///
/// ```
/// use wengert::nn::{Layer, Linear, Mode, Params};
/// use wengert::prelude::*;
/// let mut params = Params::<f32>::new(0);
/// let layer = Linear::new(2, 3);
/// layer.declare(&mut params.scope("fc"));
/// params.set("fc.weight", [[1., 2.], [3., 4.], [5., 6.]])?;
/// params.set("fc.bias", [0., 0., 10.])?;
/// let tape = Tape::new();
/// let y = layer.apply(&params.on(&tape, Mode::Train).scope("fc"), tape.constant([[1., 10.]]));
/// assert_eq!(y.value().as_slice().unwrap(), [21., 43., 75.]);
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    inputs: usize,
    outputs: usize,
    weight: Init,
    bias: bool,
}

impl Linear {
    /// A map from `inputs` to `outputs` numbers.
    pub fn new(inputs: usize, outputs: usize) -> Self {
        Linear { inputs, outputs, weight: Init::HeUniform, bias: true }
    }

    /// How the weight starts.
    #[must_use]
    pub fn weight(self, init: Init) -> Self {
        Linear { weight: init, ..self }
    }

    /// Without the added bias.
    #[must_use]
    pub fn no_bias(self) -> Self {
        Linear { bias: false, ..self }
    }
}

impl<T: Real> Layer<T> for Linear {
    fn declare(&self, at: &mut ParamScope<'_, T>) {
        at.parameter("weight", [self.outputs, self.inputs], self.weight);
        if self.bias {
            at.parameter("bias", [self.outputs], Init::ZEROS);
        }
    }

    fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let mut dims = x.dims();
        if dims.last() != Some(&self.inputs) {
            let e = Error::shape(format!("`{}` takes {} numbers, but x is {dims}", p.full_name("weight"), self.inputs))
                .rule("the last axis of x is as long as a row of the weight")
                .fix("flatten x, or change the layer's inputs");
            p.tape().blame(e, "linear", &[x.id(), p.get("weight").id()]).raise()
        }
        // One product of all rows: a batch axis in front would make a product per batch element and sum their gradients.
        let rows = if x.rank() == 2 { x } else { x.reshape([leading(&dims), self.inputs]) };
        let y = rows.matmul_transposed(p.get("weight"));
        let y = if self.bias { y + p.get("bias") } else { y };
        let last = dims.rank() - 1;
        dims[last] = self.outputs;
        if dims.rank() == 2 { y } else { y.reshape(dims) }
    }

    fn describe(&self) -> String {
        format!("linear {} → {}", self.inputs, self.outputs)
    }
}

/// The product of all sizes but the last.
fn leading(dims: &[usize]) -> usize {
    dims[..dims.len() - 1].iter().product()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Mode, Params};
    use crate::tape::Tape;

    #[test]
    fn any_number_of_leading_axes() {
        let mut params = Params::<f64>::new(4);
        let layer = Linear::new(3, 2).weight(Init::XavierNormal);
        layer.declare(&mut params.scope("a"));
        let tape = Tape::default();
        let p = params.on(&tape, Mode::Train).scope("a");
        let flat = tape.constant([[1., 2., 3.], [4., 5., 6.]]);
        let y = layer.apply(&p, flat).value();
        for dims in [vec![2, 3], vec![2, 1, 3], vec![1, 1, 2, 3]] {
            let deep = layer.apply(&p, flat.reshape(dims.clone()));
            assert_eq!(deep.dims()[..], [&dims[..dims.len() - 1], &[2]].concat());
            assert_eq!(deep.value().iter().collect::<Vec<_>>(), y.iter().collect::<Vec<_>>());
        }
        assert_eq!(layer.apply(&p, tape.constant([1., 2., 3.])).dims(), [2]);
        assert_eq!(layer.apply(&p, tape.zeros([0, 3])).dims(), [0, 2]);
    }

    #[test]
    #[should_panic(expected = "`head.weight` takes 3 numbers, but x is [1, 4]")]
    fn shape_errors_name_the_parameter() {
        let mut params = Params::<f64>::new(4);
        Linear::new(3, 2).declare(&mut params.scope("head"));
        let tape = Tape::default();
        let _ = Linear::new(3, 2).apply(&params.on(&tape, Mode::Eval).scope("head"), tape.zeros([1, 4]));
    }

    #[test]
    fn without_bias_there_is_none() {
        let mut params = Params::<f32>::new(4);
        Linear::new(3, 2).no_bias().declare(&mut params.scope(""));
        assert_eq!(params.iter().map(|(n, _)| n.to_owned()).collect::<Vec<_>>(), ["weight"]);
    }
}
