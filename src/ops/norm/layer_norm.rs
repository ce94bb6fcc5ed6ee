//! Standardisation over any axes (layer normalisation without its affine part, and that by the mean square), one primitive.
//! It yields the standardised values and the scales; both rules are told in terms of these alone.

use crate::kernels::{scratch, standard, strided};
use crate::ops::prelude::*;
use crate::ops::rearrange::broadcast::without;
use crate::ops::reduce::lines::check_axes;
use crate::shape::strides;

/// y = (x − μ)·s with s = 1/√(σ² + eps), mean and variance over the axes (sorted); results y and s.
/// Where it is not centred μ is 0, and σ² the mean square.
#[derive(Clone, Debug)]
pub(crate) struct LayerNorm {
    axes: SmallVec<[usize; 4]>,
    eps: f64,
    centred: bool,
}

impl LayerNorm {
    /// The mean over the axes, which vanish.
    fn mean<'t, T: Real>(&self, v: Var<'t, T>, dims: &Dims) -> Var<'t, T> {
        let n: usize = self.axes.iter().map(|&a| dims[a]).product();
        v.sum_axes(&self.axes) / n as f64
    }

    /// (v − mean v − y·slope)·s: the derivative of y along v where slope = mean(v·y); symmetric, so both rules use it.
    /// The mean of v leaves only where that of x does.
    fn along<'t, T: Real>(&self, v: Var<'t, T>, slope: Var<'t, T>, at: &At<'t, T>) -> Var<'t, T> {
        let d = at.dims(0);
        let back = |v: Var<'t, T>| v.restore(&self.axes, &d);
        let centred = if self.centred { v - back(self.mean(v, &d)) } else { v };
        (centred - at.y() * back(slope)).azmul(back(at.result(1)))
    }
}

impl<T: Real> Op<T> for LayerNorm {
    same_in_f64!();

    fn name(&self) -> &'static str {
        if self.centred { "layer_norm" } else { "rms_norm" }
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        if !self.eps.is_finite() {
            return Err(Error::argument(format!("eps is {}", self.eps))
                .rule("eps is a finite number, added to the variance")
                .fix("use a small positive number such as 1e-5"));
        }
        check_axes(&x[0], &self.axes)?;
        Ok(ResultSigs::real(x[0].dims).and_real(without(x[0].dims, &self.axes)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], cx: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (dims, x, eps) = (x[0].dims(), x[0].real(), T::of(self.eps));
        let [values, scales] = y else { unreachable!("two results") };
        let rows: usize = scales.dims().iter().product();
        let len = self.axes.iter().map(|&a| dims[a]).product();
        let mut unwanted = scratch::take::<T>(if scales.try_real().is_some() { 0 } else { rows });
        let scales = scales.try_real().unwrap_or(&mut unwanted);
        let kernel = if self.centred { standard::standardise } else { standard::scale_by_size };
        let first = dims.len() - self.axes.len();
        if self.axes.iter().enumerate().all(|(k, &a)| a == first + k) {
            kernel(x, len, eps, values.try_real().unwrap_or_else(|| cx.scratch(x.len())), scales);
            return Ok(());
        }
        // Rows lie apart: bring them together, standardise, and put them back.
        let kept = (0..dims.len()).filter(|k| !self.axes.contains(k));
        let order: SmallVec<[usize; 4]> = kept.chain(self.axes.iter().copied()).collect();
        let steps = strides(dims);
        let (together, steps): (SmallVec<[usize; 4]>, SmallVec<[isize; 4]>) =
            order.iter().map(|&k| (dims[k], steps[k] as isize)).unzip();
        let (before, after) = cx.scratch(2 * x.len()).split_at_mut(x.len());
        strided::copy(&together, x, 0, &steps, before);
        kernel(before, len, eps, after, scales);
        if let Some(values) = values.try_real() {
            strided::place(&together, after, values, 0, &steps);
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || {
            let d = r.dims(0);
            let n: usize = self.axes.iter().map(|&a| d[a]).product();
            let mut slope = self.mean(r.g() * r.y(), &d);
            // ∂s/∂x = −s²·y/n, of which `along` brings one s.
            if let Some(h) = r.cotangent(1) {
                slope = slope + h.azmul(r.result(1)) / n as f64;
            }
            self.along(r.g(), slope, r)
        });
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        let slope = |dx: Var<'t, T>| self.mean(dx * r.y(), &r.dims(0));
        r.term_of(0, 0, |dx| self.along(dx, slope(dx), r));
        r.term_of(1, 0, |dx| -slope(dx).azmul(r.result(1).square()));
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axes", (&self.axes[..]).into()), ("eps", self.eps.into())]
    }

    fn reads(&self) -> Reads {
        Reads::RESULTS
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        Cost { flops: 8.0 * x[0].count() as f64, cheap: false }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Standardises over some axes, y = (x − μ)/√(σ² + eps) with mean μ and variance σ² = 1/n Σ (xᵢ − μ)²: layer
    /// normalisation (Ba, Kiros and Hinton, 2016). Gain and bias are ordinary lines: `x.layer_norm(-1, 1e-5) * gain + bias`.
    ///
    /// Where σ² + eps is not positive (elements that are all equal, with `eps` 0) the result is NaN.
    ///
    /// # Panics
    /// An axis does not exist or is named twice, or `eps` is not finite.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 3.], [10_000_000., 10_000_004.]]);
    /// let y = x.layer_norm(-1, 0.0);
    /// assert_eq!(y.value().as_slice().unwrap(), [-1., 1., -1., 1.]);
    /// assert_eq!((y * 2.0 + 1.0).value()[[0, 1]], 3.);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn layer_norm(self, axes: impl Into<Axes>, eps: f64) -> Self {
        let axes = self.axes("layer_norm", &axes.into());
        self.tape.call(LayerNorm { axes, eps, centred: true }, &[self.into()]).real(0)
    }

    /// Scales to mean square 1 over some axes, y = x/√(1/n Σ xᵢ² + eps) (Zhang and Sennrich, 2019): layer normalisation that
    /// leaves the mean where it is. A gain is an ordinary line: `x.rms_norm(-1, 1e-6) * gain`.
    ///
    /// Where the mean square + eps is not positive the result is NaN.
    ///
    /// # Panics
    /// An axis does not exist or is named twice, or `eps` is not finite.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[3., 3., -3.], [1., 7., 5.]]);
    /// let y = x.rms_norm(-1, 0.0);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 1., -1., 0.2, 1.4, 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn rms_norm(self, axes: impl Into<Axes>, eps: f64) -> Self {
        let axes = self.axes("rms_norm", &axes.into());
        self.tape.call(LayerNorm { axes, eps, centred: false }, &[self.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let cases = [
            (&[0][..], &[5][..]),
            (&[1], &[2, 4]),
            (&[1, 2], &[2, 3, 2]),
            (&[0, 2], &[2, 3, 2]),
            (&[0], &[4, 2]),
            (&[1], &[0, 3]),
            (&[1], &[3, 1]),
        ];
        let of = |centred| {
            cases.map(|(axes, dims)| OpCheck::new(LayerNorm { axes: axes.into(), eps: 0.1, centred }).real(dims))
        };
        [true, false].into_iter().flat_map(of).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn axes_that_lie_apart_give_what_means_and_variances_say() {
        let tape = Tape::<f64>::default();
        let x = tape.var((0..24).map(|k| f64::from(k * k % 11)).collect::<Vec<f64>>()).reshape([2, 3, 4]);
        let y = x.layer_norm([0, -1], 1e-5);
        let apart =
            (x - x.mean_over(crate::shape::keep([0, 2]))) / (x.var_over(crate::shape::keep([0, 2]), 0) + 1e-5).sqrt();
        assert!((y - apart).abs().value().iter().all(|v| *v < 1e-12));
    }

    #[test]
    fn mean_squares_over_axes_that_lie_apart() {
        let tape = Tape::<f64>::default();
        let x = tape.var((0..24).map(|k| f64::from(k * k % 11) - 3.0).collect::<Vec<f64>>()).reshape([2, 3, 4]);
        let whole = x / (x.square().mean_over(crate::shape::keep([0, 2])) + 1e-5).sqrt();
        assert!((x.rms_norm([0, -1], 1e-5) - whole).abs().value().iter().all(|v| *v < 1e-12));
    }

    #[test]
    #[should_panic(expected = "layer_norm: eps is NaN")]
    fn an_eps_that_is_no_number_is_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3]).layer_norm(1, f64::NAN);
    }
}
