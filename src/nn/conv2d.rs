//! The convolution of images with learnt kernels.
//! It holds the operation's options, and declares a weight and a bias.

use super::init::Init;
use super::layer::Layer;
use super::leaves::Leaves;
use super::pool::pair;
use super::scope::ParamScope;
use crate::error::Error;
use crate::ops::ConvOptions;
use crate::real::Real;
use crate::tape::Var;
use crate::window::PerAxis;

/// y = x ⋆ W + b for images `[N, C, H, W]` or `[C, H, W]`; see [`Var::conv2d`] for sizes.
///
/// `weight` is `[outputs, inputs/groups, kh, kw]` and starts as [`Init::HeUniform`]; `bias` is `[outputs]` and starts at 0.
///
/// ```
/// use wengert::nn::{Conv2d, Layer, Mode, Params};
/// use wengert::prelude::*;
/// let mut params = Params::<f32>::new(0);
/// let layer = Conv2d::new(1, 6, 5).padding(2);
/// layer.declare(&mut params.scope("conv1"));
/// assert_eq!(*params.get("conv1.weight").unwrap().dims(), [6, 1, 5, 5]);
/// let tape = Tape::new();
/// let y = layer.apply(&params.on(&tape, Mode::Train).scope("conv1"), tape.zeros([64, 1, 28, 28]));
/// assert_eq!(y.dims(), [64, 6, 28, 28]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Conv2d {
    inputs: usize,
    outputs: usize,
    kernel: [usize; 2],
    options: ConvOptions,
    weight: Init,
    bias: bool,
}

impl Conv2d {
    /// From `inputs` to `outputs` channels with kernels of the given size, one number or `[height, width]`.
    pub fn new(inputs: usize, outputs: usize, kernel: impl PerAxis<2>) -> Self {
        let (kernel, options) = (kernel.per_axis(), ConvOptions::new());
        Conv2d { inputs, outputs, kernel, options, weight: Init::HeUniform, bias: true }
    }

    /// How far the kernel moves; 1 at first.
    #[must_use]
    pub fn stride(self, stride: impl PerAxis<2>) -> Self {
        Conv2d { options: self.options.stride(stride), ..self }
    }

    /// Cells of value 0 before and after each axis; none at first.
    #[must_use]
    pub fn padding(self, padding: impl PerAxis<2>) -> Self {
        Conv2d { options: self.options.padding(padding), ..self }
    }

    /// The distance between the cells of the kernel; 1 at first.
    #[must_use]
    pub fn dilation(self, dilation: impl PerAxis<2>) -> Self {
        Conv2d { options: self.options.dilation(dilation), ..self }
    }

    /// Splits the channels into as many groups, each convolved by itself; 1 at first.
    ///
    /// # Panics
    /// Inputs and outputs are not multiples of it.
    #[track_caller]
    #[must_use]
    pub fn groups(self, groups: usize) -> Self {
        let (inputs, outputs) = (self.inputs, self.outputs);
        if groups == 0 || !inputs.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
            Error::argument(format!("{inputs} inputs and {outputs} outputs do not split into {groups} groups"))
                .rule("both are multiples of the number of groups, which is 1 or more")
                .fix("choose another number of groups or channels")
                .about("conv2d")
                .raise()
        }
        Conv2d { options: self.options.groups(groups), ..self }
    }

    /// Refuses images that the windows do not cover to the last cell.
    #[must_use]
    pub fn exact(self) -> Self {
        Conv2d { options: self.options.exact(), ..self }
    }

    /// How the weight starts.
    #[must_use]
    pub fn weight(self, init: Init) -> Self {
        Conv2d { weight: init, ..self }
    }

    /// Without the added bias.
    #[must_use]
    pub fn no_bias(self) -> Self {
        Conv2d { bias: false, ..self }
    }
}

impl<T: Real> Layer<T> for Conv2d {
    fn declare(&self, at: &mut ParamScope<'_, T>) {
        let [height, width] = self.kernel;
        let inputs = self.inputs / self.options.group_count();
        at.parameter("weight", [self.outputs, inputs, height, width], self.weight);
        if self.bias {
            at.parameter("bias", [self.outputs], Init::ZEROS);
        }
    }

    fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let y = x.conv2d(p.get("weight"), self.options);
        if self.bias { y + p.get("bias").reshape([self.outputs, 1, 1]) } else { y }
    }

    fn describe(&self) -> String {
        let window = self.options.window(self.kernel);
        let [height, width] = self.kernel;
        let mut text = format!("conv {} → {}, {height}×{width}", self.inputs, self.outputs);
        for (word, value, usual) in [
            ("stride", window.strides(), [1, 1]),
            ("padding", window.paddings(), [0, 0]),
            ("dilation", window.dilations(), [1, 1]),
        ] {
            if value != usual {
                text += &format!(", {word} {}", pair(value));
            }
        }
        match self.options.group_count() {
            1 => text,
            groups => format!("{text}, {groups} groups"),
        }
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
        let layer = Conv2d::new(2, 4, [3, 2]).stride(2).padding([1, 0]).groups(2);
        layer.declare(&mut params.scope(""));
        params.set("bias", [1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!(*params.get("weight").unwrap().dims(), [4, 1, 3, 2]);
        let tape = Tape::default();
        let y = layer.apply(&params.on(&tape, Mode::Eval), tape.zeros([1, 2, 5, 6])).value();
        assert_eq!(y.shape(), [1, 4, 3, 3]);
        assert!(y.indexed_iter().all(|(at, v)| *v == at[1] as f64 + 1.0));
        assert_eq!(Layer::<f64>::describe(&layer), "conv 2 → 4, 3×2, stride 2, padding 1×0, 2 groups");
    }

    #[test]
    #[should_panic(expected = "`stem.weight`")]
    fn shape_errors_name_the_parameter() {
        let mut params = Params::<f64>::new(1);
        let layer = Conv2d::new(3, 4, 3);
        layer.declare(&mut params.scope("stem"));
        let tape = Tape::default();
        let _ = layer.apply(&params.on(&tape, Mode::Eval).scope("stem"), tape.zeros([1, 2, 5, 5]));
    }

    #[test]
    #[should_panic(expected = "do not split into 0 groups")]
    fn refuses_groups_that_do_not_divide() {
        let _ = Conv2d::new(3, 4, 3).groups(0);
    }
}
