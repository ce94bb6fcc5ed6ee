//! Batch normalisation: every channel with mean 0 and variance 1 over the batch, and the statistics beside it.
//! All three results can be differentiated; running averages are plain lines over the statistics.

use crate::kernels::batch_norm;
use crate::ops::prelude::*;

/// y = (x − μ)/√(σ² + ε) with mean μ and biased variance σ² over all axes but the second.
#[derive(Clone, Debug)]
pub(crate) struct BatchNorm {
    eps: f64,
}

/// What [`batch_norm`](Var::batch_norm) yields.
#[derive(Clone, Copy, Debug)]
pub struct BatchNormResults<'t, T: Real = f32> {
    /// The normalised values, of the operand's shape.
    pub y: Var<'t, T>,
    /// The mean of every channel, `[C]`.
    pub mean: Var<'t, T>,
    /// The biased variance of every channel, `[C]`; times m/(m − 1) it is the unbiased one.
    pub var: Var<'t, T>,
}

/// The axes that are averaged over: all but the second.
fn averaged(rank: usize) -> SmallVec<[usize; 4]> {
    (0..rank).filter(|&k| k != 1).collect()
}

/// A shape that broadcasts one number a channel against the axes behind the channels: `[C, 1, …]`.
fn per_channel(dims: &Dims) -> Dims {
    (1..dims.rank()).map(|k| if k == 1 { dims[k] } else { 1 }).collect()
}

fn check(dims: &[usize], eps: f64) -> Result<(), Error> {
    if dims.len() < 2 {
        return Err(Error::shape(format!("shape {dims:?} has no channels"))
            .rule("the second axis is the channels: [N, C], [N, C, L], [N, C, H, W]")
            .fix("reshape, or unsqueeze the missing axis"));
    }
    if !(eps >= 0.0 && eps.is_finite()) {
        return Err(Error::argument(format!("eps is {eps}"))
            .rule("eps is a finite number of 0 or more, added to the variance")
            .fix("use a small positive number; 1e-5 is common"));
    }
    Ok(())
}

/// The mean over all axes but the second, brought back to the whole shape.
#[track_caller]
fn mean_back<'t, T: Real>(v: Var<'t, T>, dims: &Dims) -> Var<'t, T> {
    channel_mean(v, dims).restore(&averaged(dims.rank()), dims)
}

#[track_caller]
fn channel_mean<'t, T: Real>(v: Var<'t, T>, dims: &Dims) -> Var<'t, T> {
    v.sum_axes(&averaged(dims.rank())) * (dims[1] as f64 / dims.count() as f64)
}

impl BatchNorm {
    /// √(σ² + ε) of every channel.
    fn deviation<'t, T: Real>(&self, at: &At<'t, T>) -> Var<'t, T> {
        (at.result(2) + self.eps).sqrt()
    }

    /// The derivative of the normalised values, a symmetric map: (v − mean v − y·mean(v·y))/√(σ² + ε) (Ioffe & Szegedy,
    /// "Batch normalization", 2015, solved for x).
    fn along<'t, T: Real>(&self, at: &At<'t, T>, v: Var<'t, T>) -> Var<'t, T> {
        let (d, y) = (at.dims(0), at.y());
        let centred = v - mean_back(v, &d) - mean_back(v.azmul(y), &d).azmul(y);
        centred / self.deviation(at).restore(&averaged(d.rank()), &d)
    }
}

impl<T: Real> Op<T> for BatchNorm {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check(x[0].dims, self.eps)?;
        let (c, count) =
            (x[0].dims[1], x[0].dims.iter().enumerate().filter(|&(k, _)| k != 1).map(|(_, d)| d).product());
        if c > 0
            && let 0usize | 1 = count
        {
            let values = if count == 0 { "no value" } else { "one value" };
            return Err(Error::shape(format!("{} has {values} for each channel", x[0]))
                .rule(format!("a variance takes two values or more; all sizes but the second multiply to {count}"))
                .fix("use a larger batch, or `batch_norm_inference` with running statistics"));
        }
        Ok(ResultSigs::real(x[0].dims).and_real([c]).and_real([c]))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], cx: &mut Cx<'_, T>) -> Result<(), Fault> {
        let d = x[0].dims();
        let sizes = [d[0], d[1], d[2..].iter().product()];
        let (spare_mean, spare_var) = cx.scratch(2 * d[1]).split_at_mut(d[1]);
        let [y, mean, var] = y else { unreachable!("three results") };
        let statistics = (mean.try_real().unwrap_or(spare_mean), var.try_real().unwrap_or(spare_var));
        batch_norm::batch_norm(x[0].real(), sizes, T::of(self.eps), y.try_real(), statistics);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        let d = r.dims(0);
        let axes = averaged(d.rank());
        let per_value = d[1] as f64 / d.count() as f64;
        r.give(0, || {
            let of_y = r.cotangent(0).map(|g| self.along(r, g));
            let of_mean = r.cotangent(1).map(|g| (g * per_value).restore(&axes, &d));
            // ∂σ²/∂x = 2(x − μ)/m, where x − μ = y·√(σ² + ε).
            let of_var = r.cotangent(2).map(|g| {
                let slope = (g * (2.0 * per_value)).azmul(self.deviation(r));
                slope.restore(&axes, &d).azmul(r.y())
            });
            let terms = [of_y, of_mean, of_var].into_iter().flatten();
            terms.reduce(|a, b| a + b).unwrap_or_else(|| r.tape().zeros(&d))
        });
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        let d = r.dims(0);
        r.term(0, |dx| self.along(r, dx));
        r.term_of(1, 0, |dx| channel_mean(dx, &d));
        r.term_of(2, 0, |dx| channel_mean(dx.azmul(r.y()), &d).azmul(self.deviation(r)) * 2.0);
    }

    fn attributes(&self) -> Attributes {
        smallvec![("eps", self.eps.into())]
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::None, results: Which::These(0b101) }
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        Cost { flops: 7.0 * x[0].count() as f64, cheap: false }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Batch normalisation in training: y = (x − μ)/√(σ² + eps), with the mean μ and the biased variance σ² of every
    /// channel over all axes but the second. The shape is [N, C], [N, C, L], [N, C, H, W] or longer.
    ///
    /// The statistics are results of the same line, for running averages and for losses on them; cotangents of all three
    /// flow back. Scale and shift are lines of their own, over parameters of shape `[C]`:
    /// `x.batch_norm(eps).y * scale.reshape([c, 1, 1]) + shift.reshape([c, 1, 1])`.
    ///
    /// # Panics
    /// The tensor has fewer than two axes or fewer than two values for each channel, or eps is negative or not finite.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 10.], [3., 14.]]);
    /// let n = x.batch_norm(0.0);
    /// assert_eq!(n.y.value().as_slice().unwrap(), [-1., -1., 1., 1.]);
    /// assert_eq!(n.mean.value().as_slice().unwrap(), [2., 12.]);
    /// assert_eq!(n.var.value().as_slice().unwrap(), [1., 4.]);
    /// assert_eq!(n.var.sum().backward()[x].as_slice().unwrap(), [-1., -2., 1., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn batch_norm(self, eps: f64) -> BatchNormResults<'t, T> {
        let r = self.tape.call(BatchNorm { eps }, &[self.into()]);
        BatchNormResults { y: r.real(0), mean: r.real(1), var: r.real(2) }
    }

    /// Batch normalisation with given statistics of shape `[C]`, as after training: (x − mean)/√(var + eps).
    ///
    /// # Panics
    /// The tensor has fewer than two axes, the statistics do not have one number for each channel, or eps is negative or
    /// not finite.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (mean, var) = (tape.constant([2., 12.]), tape.constant([1., 4.]));
    /// let y = tape.var([[3., 10.]]).batch_norm_inference(mean, var, 0.0);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., -1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn batch_norm_inference(self, mean: Self, var: Self, eps: f64) -> Self {
        let d = self.dims();
        let checked = check(&d, eps).and_then(|()| match [mean.dims(), var.dims()].iter().find(|s| **s != [d[1]]) {
            Some(s) => Err(Error::shape(format!("statistics of shape {s} for {} channels", d[1]))
                .rule(format!("mean and variance have one number for each channel: [{}]", d[1]))
                .fix("give the statistics of the same channels")),
            None => Ok(()),
        });
        self.tape.checked(checked, "batch_norm_inference", &[self.id]);
        let shape = per_channel(&d);
        (self - mean.reshape(&shape)) * (var + eps).rsqrt().reshape(&shape)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let of = |eps, dims: &[usize]| OpCheck::new(BatchNorm { eps }).real(dims);
        vec![
            of(1e-2, &[2, 3, 2, 2]),
            of(0.5, &[5, 2]),
            of(0.1, &[1, 2, 4]),
            of(0.1, &[3, 1, 2, 1, 2]),
            of(0.1, &[3, 0, 2]),
            OpCheck::new(BatchNorm { eps: 0.0 }).real_in([4, 2], 10.0, 14.0),
        ]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn given_its_own_statistics_inference_repeats_training() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[[1., 2., 4.], [0., 3., 5.]], [[7., 1., 2.], [6., 2., 8.]]]);
        let n = x.batch_norm(1e-5);
        let y = x.batch_norm_inference(n.mean, n.var, 1e-5);
        let (a, b) = (n.y.value(), y.value());
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-14));
        // The same function by two recordings has one gradient.
        let w = tape.constant([[[1., -2., 3.], [0., 5., 1.]], [[2., 2., -1.], [4., 0., 1.]]]);
        let (ga, gb) = ((n.y * w).sum().backward(), (y * w).sum().backward());
        assert!(ga[x].iter().zip(gb[x].iter()).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let tape = Tape::<f64>::default();
        let train = |dims: &[usize], eps| tape.apply(BatchNorm { eps }, &[tape.zeros(dims).into()]).unwrap_err();
        for (text, part) in [
            (train(&[1, 3, 1, 1], 0.1).to_string(), "[1, 3, 1, 1] has one value for each channel"),
            (train(&[0, 3, 4], 0.1).to_string(), "[0, 3, 4] has no value for each channel"),
            (train(&[4], 0.1).to_string(), "shape [4] has no channels"),
            (train(&[4, 2], -1.0).to_string(), "eps is -1"),
            (train(&[4, 2], f64::NAN).to_string(), "eps is NaN"),
        ] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }

    #[test]
    #[should_panic(expected = "statistics of shape [3] for 2 channels")]
    fn statistics_of_other_channels_are_refused() {
        let tape = Tape::<f64>::default();
        let _ = tape.zeros([4, 2]).batch_norm_inference(tape.zeros([2]), tape.zeros([3]), 0.1);
    }
}
