//! The transposed convolution of signals, images and volumes with learnt kernels.
//! A layer holds the operation's options, and declares a weight and a bias.

use super::conv::{check_groups, describe, weight_dims, with_bias};
use super::init::Init;
use super::layer::Layer;
use super::leaves::Leaves;
use super::scope::ParamScope;
use crate::ops::ConvTransposeOptions;
use crate::real::Real;
use crate::tape::Var;
use crate::window::PerAxis;

/// The transposed convolution and a bias over `D` axes: [`ConvTranspose1d`], [`ConvTranspose2d`], [`ConvTranspose3d`].
///
/// `weight` is `[inputs, outputs/groups, ..kernel]` and starts as [`Init::HeUniform`]; `bias` is `[outputs]` and starts
/// at 0.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvTranspose<const D: usize> {
    inputs: usize,
    outputs: usize,
    kernel: [usize; D],
    options: ConvTransposeOptions<D>,
    weight: Init,
    bias: bool,
}

/// The transposed convolution of signals `[N, C, L]` or `[C, L]`; see [`Var::conv_transpose1d`] for sizes.
pub type ConvTranspose1d = ConvTranspose<1>;

/// The transposed convolution of images `[N, C, H, W]` or `[C, H, W]`; see [`Var::conv_transpose2d`] for sizes.
///
/// ```
/// use wengert::nn::{ConvTranspose2d, Layer, Mode, Params};
/// use wengert::prelude::*;
/// let mut params = Params::<f32>::new(0);
/// let layer = ConvTranspose2d::new(8, 3, 4).stride(2).padding(1);
/// layer.declare(&mut params.scope("up"));
/// assert_eq!(*params.get("up.weight").unwrap().dims(), [8, 3, 4, 4]);
/// let tape = Tape::new();
/// let y = layer.apply(&params.on(&tape, Mode::Train).scope("up"), tape.zeros([64, 8, 14, 14]));
/// assert_eq!(y.dims(), [64, 3, 28, 28]);
/// ```
pub type ConvTranspose2d = ConvTranspose<2>;

/// The transposed convolution of volumes `[N, C, D, H, W]` or `[C, D, H, W]`; see [`Var::conv_transpose3d`] for sizes.
pub type ConvTranspose3d = ConvTranspose<3>;

impl<const D: usize> ConvTranspose<D> {
    /// From `inputs` to `outputs` channels with kernels of the given size, one number or one for each axis.
    pub fn new(inputs: usize, outputs: usize, kernel: impl PerAxis<D>) -> Self {
        let (kernel, options) = (kernel.per_axis(), ConvTransposeOptions::new());
        ConvTranspose { inputs, outputs, kernel, options, weight: Init::HeUniform, bias: true }
    }

    /// How far apart the kernels are put down; 1 at first.
    #[must_use]
    pub fn stride(self, stride: impl PerAxis<D>) -> Self {
        ConvTranspose { options: self.options.stride(stride), ..self }
    }

    /// Cells that are cut off at either end of each axis; none at first.
    #[must_use]
    pub fn padding(self, padding: impl PerAxis<D>) -> Self {
        ConvTranspose { options: self.options.padding(padding), ..self }
    }

    /// Further cells at the end of each axis; none at first.
    #[must_use]
    pub fn output_padding(self, output_padding: impl PerAxis<D>) -> Self {
        ConvTranspose { options: self.options.output_padding(output_padding), ..self }
    }

    /// The distance between the cells of the kernel; 1 at first.
    #[must_use]
    pub fn dilation(self, dilation: impl PerAxis<D>) -> Self {
        ConvTranspose { options: self.options.dilation(dilation), ..self }
    }

    /// Splits the channels into as many groups, each by itself; 1 at first.
    ///
    /// # Panics
    /// Inputs and outputs are not multiples of it.
    #[track_caller]
    #[must_use]
    pub fn groups(self, groups: usize) -> Self {
        check_groups("conv transpose", [self.inputs, self.outputs], groups);
        ConvTranspose { options: self.options.groups(groups), ..self }
    }

    /// How the weight starts.
    #[must_use]
    pub fn weight(self, init: Init) -> Self {
        ConvTranspose { weight: init, ..self }
    }

    /// Without the added bias.
    #[must_use]
    pub fn no_bias(self) -> Self {
        ConvTranspose { bias: false, ..self }
    }
}

impl<T: Real, const D: usize> Layer<T> for ConvTranspose<D> {
    fn declare(&self, at: &mut ParamScope<'_, T>) {
        let outputs = self.outputs / self.options.group_count();
        at.parameter("weight", weight_dims([self.inputs, outputs], self.kernel), self.weight);
        if self.bias {
            at.parameter("bias", [self.outputs], Init::ZEROS);
        }
    }

    fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let y = x.convolve_transposed(p.get("weight"), self.options);
        if self.bias { with_bias::<T, D>(y, p.get("bias")) } else { y }
    }

    fn describe(&self) -> String {
        let o = &self.options;
        let options = [
            ("stride", o.strides(), 1),
            ("padding", o.paddings(), 0),
            ("output padding", o.output_paddings(), 0),
            ("dilation", o.dilations(), 1),
        ];
        describe("conv transpose", [self.inputs, self.outputs], self.kernel, &options, o.group_count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Mode, Params};
    use crate::tape::Tape;

    #[test]
    fn adds_the_bias_to_every_cell_of_its_channel() {
        let mut params = Params::<f64>::new(1);
        let layer = ConvTranspose2d::new(2, 4, [3, 2]).stride(2).padding([1, 0]).output_padding([1, 0]).groups(2);
        layer.declare(&mut params.scope(""));
        params.set("bias", [1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!(*params.get("weight").unwrap().dims(), [2, 2, 3, 2]);
        let tape = Tape::default();
        let y = layer.apply(&params.on(&tape, Mode::Eval), tape.zeros([1, 2, 4, 3])).value();
        assert_eq!(y.shape(), [1, 4, 8, 6]);
        assert!(y.indexed_iter().all(|(at, v)| *v == at[1] as f64 + 1.0));
        let text = "conv transpose 2 → 4, 3×2, stride 2, padding 1×0, output padding 1×0, 2 groups";
        assert_eq!(Layer::<f64>::describe(&layer), text);
    }

    #[test]
    fn signals_and_volumes_grow_back() {
        let tape = Tape::<f32>::default();
        let grown = |layer: &dyn Layer<f32>, dims: &[usize]| {
            let mut params = Params::new(1);
            layer.declare(&mut params.scope("up"));
            layer.apply(&params.on(&tape, Mode::Eval).scope("up"), tape.zeros(dims)).dims()
        };
        assert_eq!(grown(&ConvTranspose1d::new(3, 2, 2).stride(2), &[5, 3, 7]), [5, 2, 14]);
        assert_eq!(grown(&ConvTranspose3d::new(3, 2, 2).stride(2).no_bias(), &[3, 2, 3, 4]), [2, 4, 6, 8]);
    }
}
