//! The convolution of signals, images and volumes with learnt kernels.
//! A layer holds the operation's options, and declares a weight and a bias.

use super::init::Init;
use super::layer::Layer;
use super::leaves::Leaves;
use super::pool::{pair, times};
use super::scope::ParamScope;
use crate::error::Error;
use crate::ops::ConvOptions;
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::Var;
use crate::window::PerAxis;

/// y = x ⋆ W + b over `D` axes: [`Conv1d`], [`Conv2d`], [`Conv3d`].
///
/// `weight` is `[outputs, inputs/groups, ..kernel]` and starts as [`Init::HeUniform`]; `bias` is `[outputs]` and starts
/// at 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv<const D: usize> {
    inputs: usize,
    outputs: usize,
    kernel: [usize; D],
    options: ConvOptions<D>,
    weight: Init,
    bias: bool,
}

/// y = x ⋆ W + b for signals `[N, C, L]` or `[C, L]`; see [`Var::conv1d`] for sizes.
///
/// ```
/// use wengert::nn::{Conv1d, Layer, Mode, Params};
/// use wengert::prelude::*;
/// let mut params = Params::<f32>::new(0);
/// let layer = Conv1d::new(2, 8, 5).same();
/// layer.declare(&mut params.scope("conv1"));
/// assert_eq!(*params.get("conv1.weight").unwrap().dims(), [8, 2, 5]);
/// let tape = Tape::new();
/// let y = layer.apply(&params.on(&tape, Mode::Train).scope("conv1"), tape.zeros([64, 2, 100]));
/// assert_eq!(y.dims(), [64, 8, 100]);
/// ```
pub type Conv1d = Conv<1>;

/// y = x ⋆ W + b for images `[N, C, H, W]` or `[C, H, W]`; see [`Var::conv2d`] for sizes.
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
pub type Conv2d = Conv<2>;

/// y = x ⋆ W + b for volumes `[N, C, D, H, W]` or `[C, D, H, W]`; see [`Var::conv3d`] for sizes.
///
/// ```
/// use wengert::nn::{Conv3d, Layer, Mode, Params};
/// use wengert::prelude::*;
/// let mut params = Params::<f32>::new(0);
/// let layer = Conv3d::new(1, 4, [1, 3, 3]);
/// layer.declare(&mut params.scope("conv1"));
/// let tape = Tape::new();
/// let y = layer.apply(&params.on(&tape, Mode::Train).scope("conv1"), tape.zeros([2, 1, 4, 8, 8]));
/// assert_eq!(y.dims(), [2, 4, 4, 6, 6]);
/// ```
pub type Conv3d = Conv<3>;

impl<const D: usize> Conv<D> {
    /// From `inputs` to `outputs` channels with kernels of the given size, one number or one for each axis.
    pub fn new(inputs: usize, outputs: usize, kernel: impl PerAxis<D>) -> Self {
        let (kernel, options) = (kernel.per_axis(), ConvOptions::new());
        Conv { inputs, outputs, kernel, options, weight: Init::HeUniform, bias: true }
    }

    /// How far the kernel moves; 1 at first.
    #[must_use]
    pub fn stride(self, stride: impl PerAxis<D>) -> Self {
        Conv { options: self.options.stride(stride), ..self }
    }

    /// Cells of value 0 before and after each axis; none at first.
    #[must_use]
    pub fn padding(self, padding: impl PerAxis<D>) -> Self {
        Conv { options: self.options.padding(padding), ..self }
    }

    /// As many cells of value 0 as let the size stay; see [`ConvOptions::same`].
    #[must_use]
    pub fn same(self) -> Self {
        Conv { options: self.options.same(), ..self }
    }

    /// The distance between the cells of the kernel; 1 at first.
    #[must_use]
    pub fn dilation(self, dilation: impl PerAxis<D>) -> Self {
        Conv { options: self.options.dilation(dilation), ..self }
    }

    /// Splits the channels into as many groups, each convolved by itself; 1 at first.
    ///
    /// # Panics
    /// Inputs and outputs are not multiples of it.
    #[track_caller]
    #[must_use]
    pub fn groups(self, groups: usize) -> Self {
        check_groups("conv", [self.inputs, self.outputs], groups);
        Conv { options: self.options.groups(groups), ..self }
    }

    /// Refuses images that the windows do not cover to the last cell.
    #[must_use]
    pub fn exact(self) -> Self {
        Conv { options: self.options.exact(), ..self }
    }

    /// How the weight starts.
    #[must_use]
    pub fn weight(self, init: Init) -> Self {
        Conv { weight: init, ..self }
    }

    /// Without the added bias.
    #[must_use]
    pub fn no_bias(self) -> Self {
        Conv { bias: false, ..self }
    }
}

/// Refuses groups that do not divide inputs and outputs.
#[track_caller]
pub(super) fn check_groups(layer: &'static str, [inputs, outputs]: [usize; 2], groups: usize) {
    if groups == 0 || !inputs.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
        Error::argument(format!("{inputs} inputs and {outputs} outputs do not split into {groups} groups"))
            .rule("both are multiples of the number of groups, which is 1 or more")
            .fix("choose another number of groups or channels")
            .about(layer)
            .raise()
    }
}

/// The shape of weights: two numbers of channels and the kernel.
pub(super) fn weight_dims<const D: usize>(channels: [usize; 2], kernel: [usize; D]) -> Dims {
    channels.into_iter().chain(kernel).collect()
}

/// y + b, one number for each channel, which stands before the `D` spatial axes.
#[track_caller]
pub(super) fn with_bias<'t, T: Real, const D: usize>(y: Var<'t, T>, bias: Var<'t, T>) -> Var<'t, T> {
    let dims: Dims = [bias.count()].into_iter().chain([1; D]).collect();
    y + bias.reshape(dims)
}

/// What a layer of convolution is, in words: channels, kernel, and those options that are not the usual ones.
pub(super) fn describe<const D: usize>(
    name: &str,
    channels: [usize; 2],
    kernel: [usize; D],
    options: &[(&str, [usize; D], usize)],
    groups: usize,
) -> String {
    let mut text = format!("{name} {} → {}, {}", channels[0], channels[1], times(&kernel));
    for &(word, value, usual) in options {
        if value != [usual; D] {
            text += &format!(", {word} {}", pair(value));
        }
    }
    match groups {
        1 => text,
        groups => format!("{text}, {groups} groups"),
    }
}

impl<T: Real, const D: usize> Layer<T> for Conv<D> {
    fn declare(&self, at: &mut ParamScope<'_, T>) {
        let inputs = self.inputs / self.options.group_count();
        at.parameter("weight", weight_dims([self.outputs, inputs], self.kernel), self.weight);
        if self.bias {
            at.parameter("bias", [self.outputs], Init::ZEROS);
        }
    }

    fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let y = x.convolve(p.get("weight"), self.options);
        if self.bias { with_bias::<T, D>(y, p.get("bias")) } else { y }
    }

    fn describe(&self) -> String {
        let window = self.options.window(self.kernel);
        let padding = if self.options.is_same() { [0; D] } else { window.paddings() };
        let options = [("stride", window.strides(), 1), ("padding", padding, 0), ("dilation", window.dilations(), 1)];
        let channels = [self.inputs, self.outputs];
        let text = describe("conv", channels, self.kernel, &options, self.options.group_count());
        if self.options.is_same() { text + ", same size" } else { text }
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
    fn layers_over_other_numbers_of_axes_say_what_they_are() {
        assert_eq!(
            Layer::<f64>::describe(&Conv1d::new(2, 4, 3).same().dilation(2)),
            "conv 2 → 4, 3, dilation 2, same size"
        );
        assert_eq!(
            Layer::<f64>::describe(&Conv3d::new(1, 2, [1, 3, 3]).padding([0, 1, 1])),
            "conv 1 → 2, 1×3×3, padding 0×1×1"
        );
        let mut params = Params::<f64>::new(1);
        let layer = Conv3d::new(1, 2, 2);
        layer.declare(&mut params.scope(""));
        params.set("bias", [1.0, 2.0]).unwrap();
        let tape = Tape::default();
        let y = layer.apply(&params.on(&tape, Mode::Eval), tape.zeros([1, 2, 3, 4])).value();
        assert!(y.shape() == [2, 1, 2, 3] && y.indexed_iter().all(|(at, v)| *v == at[0] as f64 + 1.0));
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
