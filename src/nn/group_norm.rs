//! Normalisation of groups of channels, and of each channel, with learnt scale and shift.
//! They work on each example by itself, so training and evaluation are the same.

use super::init::Init;
use super::layer::Layer;
use super::leaves::Leaves;
use super::scope::ParamScope;
use crate::error::Error;
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::Var;

/// Groups of channels brought to mean 0 and variance 1, then scaled and shifted by channel (Wu and He, 2018); see
/// [`Var::group_norm`].
///
/// x is `[N, C]`, `[N, C, L]`, `[N, C, H, W]` or longer; `weight` is the scale and `bias` the shift, `[C]`.
///
/// ```
/// use wengert::nn::{GroupNorm, Layer, Mode, Params};
/// use wengert::prelude::*;
/// let mut params = Params::<f32>::new(0);
/// let layer = GroupNorm::new(2, 4).eps(0.0);
/// layer.declare(&mut params.scope("norm"));
/// params.set("norm.weight", [1., 2., 1., 2.])?;
/// let tape = Tape::new();
/// let y = layer.apply(&params.on(&tape, Mode::Eval).scope("norm"), tape.constant([[1., 3., 10., 30.]]));
/// assert_eq!(y.value().as_slice().unwrap(), [-1., 2., -1., 2.]);
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GroupNorm {
    groups: usize,
    channels: usize,
    eps: f64,
    affine: bool,
}

impl GroupNorm {
    /// For so many groups of the given number of channels in all; ε = 1e-5.
    pub fn new(groups: usize, channels: usize) -> Self {
        GroupNorm { groups, channels, eps: 1e-5, affine: true }
    }

    /// What is added to the variance.
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        GroupNorm { eps, ..self }
    }

    /// Without learnt scale and shift.
    #[must_use]
    pub fn no_affine(self) -> Self {
        GroupNorm { affine: false, ..self }
    }
}

impl<T: Real> Layer<T> for GroupNorm {
    fn declare(&self, at: &mut ParamScope<'_, T>) {
        if self.affine {
            by_channel::declare(at, self.channels);
        }
    }

    fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        by_channel::check(p, x, self.channels, "group_norm");
        let y = x.group_norm(self.groups, self.eps);
        if self.affine { by_channel::affine(p, y) } else { y }
    }

    fn describe(&self) -> String {
        format!("group norm {} of {}", self.groups, self.channels)
    }
}

/// Each channel of each example brought to mean 0 and variance 1 (Ulyanov, Vedaldi and Lempitsky, 2016); see
/// [`Var::instance_norm`]. Learnt scales and shifts are there on request, as in PyTorch.
///
/// ```
/// use wengert::nn::{InstanceNorm, Layer, Mode, Params};
/// use wengert::prelude::*;
/// let (params, tape) = (Params::<f32>::new(0), Tape::new());
/// let layer = InstanceNorm::new(1).eps(0.0);
/// let y = layer.apply(&params.on(&tape, Mode::Eval), tape.constant([[[1., 3.]], [[8., 6.]]]));
/// assert_eq!(y.value().as_slice().unwrap(), [-1., 1., 1., -1.]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceNorm {
    channels: usize,
    eps: f64,
    affine: bool,
}

impl InstanceNorm {
    /// For the given number of channels; ε = 1e-5.
    pub fn new(channels: usize) -> Self {
        InstanceNorm { channels, eps: 1e-5, affine: false }
    }

    /// What is added to the variance.
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        InstanceNorm { eps, ..self }
    }

    /// With learnt scale and shift of each channel.
    #[must_use]
    pub fn affine(self) -> Self {
        InstanceNorm { affine: true, ..self }
    }
}

impl<T: Real> Layer<T> for InstanceNorm {
    fn declare(&self, at: &mut ParamScope<'_, T>) {
        if self.affine {
            by_channel::declare(at, self.channels);
        }
    }

    fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        by_channel::check(p, x, self.channels, "instance_norm");
        let y = x.instance_norm(self.eps);
        if self.affine { by_channel::affine(p, y) } else { y }
    }

    fn describe(&self) -> String {
        format!("instance norm {}", self.channels)
    }
}

/// What both share: entries of `[C]`, and their place on axis 1.
mod by_channel {
    use super::*;

    pub fn declare<T: Real>(at: &mut ParamScope<'_, T>, channels: usize) {
        at.parameter("weight", [channels], Init::ONES);
        at.parameter("bias", [channels], Init::ZEROS);
    }

    pub fn check<'t, T: Real>(p: &Leaves<'t, T>, x: Var<'t, T>, channels: usize, op: &'static str) {
        let dims = x.dims();
        if dims.rank() < 2 || dims[1] != channels {
            let e = Error::shape(format!("`{}` is for {channels} channels, but x is {dims}", p.full_name("weight")))
                .rule(format!("x is [N, {channels}], [N, {channels}, L], [N, {channels}, H, W] or longer"))
                .fix("change the layer's channels, or reshape x");
            p.tape().blame(e, op, &[x.id()]).raise()
        }
    }

    pub fn affine<'t, T: Real>(p: &Leaves<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        let d = y.dims();
        let shape: Dims = (1..d.rank()).map(|k| if k == 1 { d[1] } else { 1 }).collect();
        y * p.get("weight").reshape(&shape) + p.get("bias").reshape(&shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Mode, Params};
    use crate::tape::Tape;

    #[test]
    fn as_many_groups_as_channels_are_instances() {
        let mut params = Params::<f64>::new(0);
        let (groups, each) = (GroupNorm::new(3, 3), InstanceNorm::new(3).affine());
        groups.declare(&mut params.scope("n"));
        params.set("n.weight", [1.0, 2.0, 3.0]).unwrap();
        params.set("n.bias", [0.5, 0.0, -0.5]).unwrap();
        let tape = Tape::default();
        let p = params.on(&tape, Mode::Train).scope("n");
        let x =
            tape.constant(ndarray::Array3::from_shape_fn([2, 3, 4], |(n, c, l)| (n * 7 + c * c + l * l * l) as f64));
        let (a, b) = (groups.apply(&p, x).value(), each.apply(&p, x).value());
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-14));
        let second = a.index_axis(ndarray::Axis(1), 1);
        assert!(second.mean().unwrap().abs() < 1e-12 && (second.var(0.0) - 4.0).abs() < 1e-4);
    }

    #[test]
    #[should_panic(expected = "`stem.weight` is for 4 channels, but x is [1, 2, 5]")]
    fn shape_errors_name_the_entry() {
        let mut params = Params::<f64>::new(1);
        GroupNorm::new(2, 4).declare(&mut params.scope("stem"));
        let tape = Tape::default();
        let _ = GroupNorm::new(2, 4).apply(&params.on(&tape, Mode::Eval).scope("stem"), tape.zeros([1, 2, 5]));
    }
}
