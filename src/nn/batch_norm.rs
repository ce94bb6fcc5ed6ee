//! Batch normalisation of images with learnt scale and shift and running statistics.
//! Running statistics are lines like any other; the optimiser's step carries them into the store.

use super::init::Init;
use super::layer::Layer;
use super::leaves::Leaves;
use super::scope::ParamScope;
use crate::error::Error;
use crate::real::Real;
use crate::tape::Var;

/// y = γ (x − μ)/√(σ² + ε) + β per channel of images `[N, C, H, W]` (Ioffe and Szegedy, 2015).
///
/// In training μ and σ² are the batch's mean and biased variance over N, H and W, and `running_mean` and `running_var` move
/// towards the mean and the unbiased variance by the share `momentum`. In evaluation the running ones are used. `weight` is
/// γ and `bias` is β. Names and formulas are PyTorch's.
///
/// ```
/// use wengert::nn::{BatchNorm2d, Layer, Mode, Params};
/// use wengert::optim::{Optimizer, Sgd};
/// use wengert::prelude::*;
/// let mut params = Params::<f32>::new(0);
/// let layer = BatchNorm2d::new(1).momentum(0.5).eps(0.0);
/// layer.declare(&mut params.scope("norm"));
/// let tape = Tape::new();
/// let x = tape.constant([[[[1., 3.]]]]);
/// let y = layer.apply(&params.on(&tape, Mode::Train).scope("norm"), x);
/// assert_eq!(y.value().as_slice().unwrap(), [-1., 1.]);
/// Sgd::new(0.0).step(&mut params, &y.sum().backward())?;
/// assert_eq!(params.get("norm.running_mean").unwrap().as_slice(), [1.0]);     // half way from 0 to 2
/// assert_eq!(params.get("norm.running_var").unwrap().as_slice(), [1.5]);      // half way from 1 to 2
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BatchNorm2d {
    channels: usize,
    momentum: f64,
    eps: f64,
    affine: bool,
}

impl BatchNorm2d {
    /// For images of the given number of channels; momentum 0.1, ε = 1e-5.
    pub fn new(channels: usize) -> Self {
        BatchNorm2d { channels, momentum: 0.1, eps: 1e-5, affine: true }
    }

    /// The share by which running statistics move towards the batch's at each step.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Self {
        BatchNorm2d { momentum, ..self }
    }

    /// What is added to the variance.
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        BatchNorm2d { eps, ..self }
    }

    /// Without learnt scale and shift.
    #[must_use]
    pub fn no_affine(self) -> Self {
        BatchNorm2d { affine: false, ..self }
    }

    /// Normalises by the batch and records the new running statistics.
    fn by_batch<'t, T: Real>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let n = if self.affine {
            x.batch_norm_affine(p.get("weight"), p.get("bias"), self.eps)
        } else {
            x.batch_norm(self.eps)
        };
        let count = (x.count() / self.channels.max(1)) as f64;
        let unbiased = n.var * (count / (count - 1.0));
        for (name, new) in [("running_mean", n.mean), ("running_var", unbiased)] {
            p.update(name, p.get(name) * (1.0 - self.momentum) + new * self.momentum);
        }
        n.y
    }
}

impl<T: Real> Layer<T> for BatchNorm2d {
    fn declare(&self, at: &mut ParamScope<'_, T>) {
        if self.affine {
            at.parameter("weight", [self.channels], Init::ONES);
            at.parameter("bias", [self.channels], Init::ZEROS);
        }
        at.buffer("running_mean", [self.channels], Init::ZEROS);
        at.buffer("running_var", [self.channels], Init::ONES);
    }

    fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let dims = x.dims();
        if dims.rank() != 4 || dims[1] != self.channels {
            let name = p.full_name("running_mean");
            let e = Error::shape(format!("`{name}` is for {} channels, but x is {dims}", self.channels))
                .rule(format!("x is [N, {}, H, W]", self.channels))
                .fix("change the layer's channels, or reshape x");
            p.tape().blame(e, "batch_norm2d", &[x.id(), p.get("running_mean").id()]).raise()
        }
        if p.is_training() {
            return self.by_batch(p, x);
        }
        let y = x.batch_norm_inference(p.get("running_mean"), p.get("running_var"), self.eps);
        if !self.affine {
            return y;
        }
        let shape = [self.channels, 1, 1];
        y * p.get("weight").reshape(shape) + p.get("bias").reshape(shape)
    }

    fn describe(&self) -> String {
        format!("batch norm {}", self.channels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Mode, Params, value_and_grad};
    use crate::optim::{Optimizer, Sgd};
    use crate::tape::Tape;

    #[test]
    fn running_statistics_follow_the_formula_and_serve_evaluation() {
        let mut params = Params::<f64>::new(0);
        let layer = BatchNorm2d::new(2).momentum(0.25);
        layer.declare(&mut params.scope(""));
        params.set("weight", [2.0, 3.0]).unwrap();
        params.set("bias", [0.5, -0.5]).unwrap();
        let batch = |k: usize| {
            ndarray::Array4::from_shape_fn([3, 2, 1, 2], |(n, c, _, w)| {
                ((7 * n + 3 * w + 5 * c + k) % 11) as f64 - c as f64
            })
        };
        let mut expected = [[0.0, 1.0]; 2];
        for k in 0..3 {
            let x = batch(k);
            for (c, [mean, var]) in expected.iter_mut().enumerate() {
                let v: Vec<f64> = x.index_axis(ndarray::Axis(1), c).iter().copied().collect();
                let m = v.iter().sum::<f64>() / 6.0;
                *mean += 0.25 * (m - *mean);
                *var += 0.25 * (v.iter().map(|v| (v - m).powi(2)).sum::<f64>() / 5.0 - *var);
            }
            let (_, grads) = value_and_grad(&params, |p| layer.apply(p, p.tape().constant(x)).sum());
            Sgd::new(0.0).step(&mut params, &grads).unwrap();
        }
        let close = |name: &str, k: usize| {
            let own = params.get(name).unwrap().as_slice();
            own.iter().zip(&expected).all(|(a, e)| (a - e[k]).abs() < 1e-12)
        };
        assert!(close("running_mean", 0) && close("running_var", 1), "{expected:?}");

        let tape = Tape::default();
        let y = layer.apply(&params.on(&tape, Mode::Eval), tape.constant(batch(5))).value();
        for (at, y) in y.indexed_iter() {
            let (c, x) = (at[1], batch(5)[[at[0], at[1], at[2], at[3]]]);
            let [mean, var] = expected[c];
            let e = [2.0, 3.0][c] * (x - mean) / (var + 1e-5).sqrt() + [0.5, -0.5][c];
            assert!((y - e).abs() < 1e-12);
        }
    }

    #[test]
    fn frozen_statistics_stay() {
        let mut params = Params::<f64>::new(0);
        let layer = BatchNorm2d::new(1).no_affine();
        layer.declare(&mut params.scope("n"));
        params.freeze("n").unwrap();
        let (_, grads) =
            value_and_grad(&params, |p| layer.apply(&p.scope("n"), p.tape().constant([[[[1.0, 3.0]]]])).sum());
        assert!(grads.updates().is_empty());
    }

    #[test]
    #[should_panic(expected = "`stem.running_mean` is for 3 channels, but x is [1, 2, 5, 5]")]
    fn shape_errors_name_the_entry() {
        let mut params = Params::<f64>::new(1);
        BatchNorm2d::new(3).declare(&mut params.scope("stem"));
        let tape = Tape::default();
        let _ = BatchNorm2d::new(3).apply(&params.on(&tape, Mode::Eval).scope("stem"), tape.zeros([1, 2, 5, 5]));
    }
}
