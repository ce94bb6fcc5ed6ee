//! Initial values of parameters: constants and the He and Xavier distributions.
//! Random ones are a function of the store's seed and the parameter's name, so adding a layer changes no other's weights.

use crate::kernels::random::{self, Stream};
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::Tensor;

/// How a parameter starts.
///
/// Weights are stored `[outputs, inputs, kernel…]`: fan in is inputs × kernel cells, fan out is outputs × kernel cells.
/// The two He forms keep the variance through relu layers (He, Zhang, Ren and Sun, 2015), the two Xavier forms through
/// layers that are linear around 0, as tanh is (Glorot and Bengio, 2010).
///
/// ```
/// use wengert::nn::{Init, Params};
/// let mut params = Params::<f32>::new(7);
/// params.scope("fc").parameter("weight", [100, 50], Init::HeUniform);
/// let bound = (6.0f32 / 50.0).sqrt();
/// let w = params.get("fc.weight").unwrap();
/// assert!(w.as_slice().iter().all(|v| v.abs() <= bound));
/// assert!(w.as_slice().iter().any(|v| v.abs() > 0.9 * bound));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// The same number everywhere.
    Constant(f64),
    /// Uniform on ±bound.
    Uniform(f64),
    /// Normal with mean 0 and this standard deviation.
    Normal(f64),
    /// Uniform on ±√(6 / fan in).
    HeUniform,
    /// Normal with standard deviation √(2 / fan in).
    HeNormal,
    /// Uniform on ±√(6 / (fan in + fan out)).
    XavierUniform,
    /// Normal with standard deviation √(2 / (fan in + fan out)).
    XavierNormal,
}

impl Init {
    /// All zeros.
    pub const ZEROS: Init = Init::Constant(0.0);

    /// All ones.
    pub const ONES: Init = Init::Constant(1.0);

    /// The values of the parameter called `name` in a store with the given seed.
    ///
    /// ```
    /// use wengert::nn::Init;
    /// let a = Init::HeNormal.draw::<f64>([3, 4], 1, "a");
    /// assert_eq!(a, Init::HeNormal.draw([3, 4], 1, "a"));
    /// assert_ne!(a, Init::HeNormal.draw([3, 4], 1, "b"));
    /// assert_ne!(a, Init::HeNormal.draw([3, 4], 2, "a"));
    /// assert_eq!(Init::ONES.draw::<f32>([2], 0, "scale").as_slice(), [1.0, 1.0]);
    /// ```
    pub fn draw<T: Real>(self, dims: impl Into<Dims>, seed: u64, name: &str) -> Tensor<T> {
        let dims = dims.into();
        let (fan_in, fan_out) = fans(&dims);
        let stream = Stream { seed, step: name_hash(name), ordinal: 0 };
        let mut values = vec![T::zero(); dims.count()];
        let mut uniform = |bound: f64| {
            random::uniform(stream, &mut values);
            values.iter_mut().for_each(|v| *v = T::of((2.0 * v.as_f64() - 1.0) * bound));
        };
        match self {
            Init::Uniform(bound) => uniform(bound),
            Init::HeUniform => uniform((6.0 / fan_in).sqrt()),
            Init::XavierUniform => uniform((6.0 / (fan_in + fan_out)).sqrt()),
            Init::Constant(c) => values.fill(T::of(c)),
            Init::Normal(_) | Init::HeNormal | Init::XavierNormal => {
                let deviation = match self {
                    Init::Normal(deviation) => deviation,
                    Init::HeNormal => (2.0 / fan_in).sqrt(),
                    _ => (2.0 / (fan_in + fan_out)).sqrt(),
                };
                random::normal(stream, &mut values);
                values.iter_mut().for_each(|v| *v = T::of(v.as_f64() * deviation));
            }
        }
        Tensor::from_parts(dims, values.into())
    }
}

/// Fan in and fan out; a vector or a number counts as one input.
fn fans(dims: &[usize]) -> (f64, f64) {
    let kernel: usize = dims.iter().skip(2).product();
    let size = |axis: usize| dims.get(axis).copied().unwrap_or(1);
    // Empty weights have no elements to scale; 1 keeps the bounds finite.
    ((size(1) * kernel).max(1) as f64, (size(0) * kernel).max(1) as f64)
}

/// FNV-1a over the name's bytes (Fowler, Noll and Vo): the same on every platform and in every release.
fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_gives_the_published_answers() {
        assert_eq!(name_hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(name_hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(name_hash("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn fans_count_kernel_cells() {
        assert_eq!(fans(&[6, 3, 5, 5]), (75.0, 150.0));
        assert_eq!(fans(&[10, 4]), (4.0, 10.0));
        assert_eq!(fans(&[10]), (1.0, 10.0));
        assert_eq!(fans(&[]), (1.0, 1.0));
    }

    fn variance_is<T: Real>(init: Init, expected: f64) {
        let w = init.draw::<T>([64, 16, 5, 5], 9, "w");
        let n = w.as_slice().len() as f64;
        let mean = w.as_slice().iter().map(|v| v.as_f64()).sum::<f64>() / n;
        let variance = w.as_slice().iter().map(|v| (v.as_f64() - mean).powi(2)).sum::<f64>() / n;
        assert!(mean.abs() < 5.0 * (expected / n).sqrt(), "{init:?}: mean {mean}");
        assert!((variance / expected - 1.0).abs() < 0.05, "{init:?}: variance {variance}, expected {expected}");
    }

    #[test]
    fn distributions_have_their_variances() {
        let (fan_in, fan_out) = (16.0 * 25.0, 64.0 * 25.0);
        for (init, expected) in [
            (Init::HeUniform, 2.0 / fan_in),
            (Init::HeNormal, 2.0 / fan_in),
            (Init::XavierUniform, 2.0 / (fan_in + fan_out)),
            (Init::XavierNormal, 2.0 / (fan_in + fan_out)),
            (Init::Uniform(0.3), 0.03),
            (Init::Normal(0.3), 0.09),
        ] {
            variance_is::<f32>(init, expected);
            variance_is::<f64>(init, expected);
        }
    }
}
