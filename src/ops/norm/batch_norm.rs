//! Batch normalisation: the moments of every channel, one primitive, and elementwise lines that bring them to 0 and 1.
//! What is normalised is thus never stored: whatever reads it computes it again, and so do both sweeps.

use crate::kernels::{batch_norm, scratch};
use crate::ops::prelude::*;

/// Mean μ and biased variance σ² over all axes but the second; results μ and σ², `[C]` each.
#[derive(Clone, Debug)]
pub(crate) struct BatchMoments;

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

/// Refuses channels without a variance.
fn check_batch(dims: &[usize]) -> Result<(), Error> {
    let count = averaged(dims.len()).iter().map(|&k| dims[k]).product();
    if dims[1] > 0
        && let 0usize | 1 = count
    {
        let values = if count == 0 { "no value" } else { "one value" };
        return Err(Error::shape(format!("{dims:?} has {values} for each channel"))
            .rule(format!("a variance takes two values or more; all sizes but the second multiply to {count}"))
            .fix("use a larger batch, or `batch_norm_inference` with running statistics"));
    }
    Ok(())
}

/// Refuses parameters that do not have one number for each channel.
fn check_channels<T: Real>(x: &Dims, what: &str, parameters: [Var<'_, T>; 2]) -> Result<(), Error> {
    match parameters.map(Var::dims).iter().find(|s| **s != [x[1]]) {
        Some(s) => Err(Error::shape(format!("{what} of shape {s} for {} channels", x[1]))
            .rule(format!("there is one number for each channel: [{}]", x[1]))
            .fix(format!("give {what} of the same channels"))),
        None => Ok(()),
    }
}

/// The mean over all axes but the second.
#[track_caller]
fn channel_mean<'t, T: Real>(v: Var<'t, T>, dims: &Dims) -> Var<'t, T> {
    v.sum_axes(&averaged(dims.rank())) * per_value(dims)
}

/// The share of one value in the mean of its channel.
fn per_value(dims: &Dims) -> f64 {
    dims[1] as f64 / dims.count() as f64
}

/// x − μ.
#[track_caller]
fn deviations<'t, T: Real>(at: &At<'t, T>) -> Var<'t, T> {
    let d = at.dims(0);
    at.x(0) - at.result(0).restore(&averaged(d.rank()), &d)
}

impl<T: Real> Op<T> for BatchMoments {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "batch_moments"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check(x[0].dims, 0.0).and_then(|()| check_batch(x[0].dims))?;
        let c = x[0].dims[1];
        Ok(ResultSigs::real([c]).and_real([c]))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let d = x[0].dims();
        let sizes = [d[0], d[1], d[2..].iter().product()];
        let [mean, var] = y else { unreachable!("two results") };
        let (mean, var) = (mean.try_real(), var.try_real());
        let unwanted = |wanted: bool| scratch::take::<T>(if wanted { 0 } else { d[1] });
        let (mut spare_mean, mut spare_var) = (unwanted(mean.is_some()), unwanted(var.is_some()));
        let statistics = (mean.unwrap_or(&mut spare_mean), var.unwrap_or(&mut spare_var));
        batch_norm::moments(x[0].real(), sizes, statistics);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        let d = r.dims(0);
        let axes = averaged(d.rank());
        r.give(0, || {
            let of_mean = r.cotangent(0).map(|g| (g * per_value(&d)).restore(&axes, &d));
            // ∂σ²/∂x = 2(x − μ)/m: what moves with the mean cancels.
            let of_var = r.cotangent(1).map(|g| (g * (2.0 * per_value(&d))).restore(&axes, &d).azmul(deviations(r)));
            let terms = [of_mean, of_var].into_iter().flatten();
            terms.reduce(|a, b| a + b).unwrap_or_else(|| r.tape().zeros(&d))
        });
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        let d = r.dims(0);
        r.term_of(0, 0, |dx| channel_mean(dx, &d));
        r.term_of(1, 0, |dx| channel_mean(dx.azmul(deviations(r)), &d) * 2.0);
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::All, results: Which::These(0b01) }
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        Cost { flops: 5.0 * x[0].count() as f64, cheap: false }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Reduce
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Batch normalisation in training: y = (x − μ)/√(σ² + eps), with the mean μ and the biased variance σ² of every
    /// channel over all axes but the second. The shape is [N, C], [N, C, L], [N, C, H, W] or longer.
    ///
    /// The statistics are lines too, for running averages and for losses on them; cotangents of all three flow back.
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
        let d = self.dims();
        self.tape.checked(check(&d, eps).and_then(|()| check_batch(&d)), "batch_norm", &[self.id]);
        let r = self.tape.plain(&BatchMoments, &[self.into()]);
        let (mean, var) = (r.real(0), r.real(1));
        let shape = per_channel(&d);
        let y = (self + (-mean).reshape(&shape)) * (var + eps).rsqrt().reshape(&shape);
        BatchNormResults { y, mean, var }
    }

    /// As [`batch_norm`](Var::batch_norm), and then brought to a learnt scale and shift of shape `[C]`:
    /// y = (x − μ)·(scale/√(σ² + eps)) + shift.
    ///
    /// # Panics
    /// As there, and where scale or shift does not have one number for each channel.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 10.], [3., 14.]]);
    /// let (scale, shift) = (tape.var([2., 1.]), tape.var([0., 5.]));
    /// let y = x.batch_norm_affine(scale, shift, 0.0).y;
    /// assert_eq!(y.value().as_slice().unwrap(), [-2., 4., 2., 6.]);
    /// assert_eq!(y.square().sum().backward()[scale].as_slice().unwrap(), [8., 4.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn batch_norm_affine(self, scale: Self, shift: Self, eps: f64) -> BatchNormResults<'t, T> {
        let d = self.dims();
        let checked = check(&d, eps)
            .and_then(|()| check_batch(&d))
            .and_then(|()| check_channels(&d, "scale and shift", [scale, shift]));
        self.tape.checked(checked, "batch_norm_affine", &[self.id, scale.id, shift.id]);
        let r = self.tape.plain(&BatchMoments, &[self.into()]);
        let (mean, var) = (r.real(0), r.real(1));
        let shape = per_channel(&d);
        // One factor a channel, and the mean's sign changed once: an element costs two sums and a product.
        let factor = scale * (var + eps).rsqrt();
        let y = (self + (-mean).reshape(&shape)) * factor.reshape(&shape) + shift.reshape(&shape);
        BatchNormResults { y, mean, var }
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
        let checked = check(&d, eps).and_then(|()| check_channels(&d, "statistics", [mean, var]));
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
        let shapes: [&[usize]; 5] = [&[2, 3, 2, 2], &[5, 2], &[1, 2, 4], &[3, 1, 2, 1, 2], &[3, 0, 2]];
        let of = |dims: &[usize]| OpCheck::new(BatchMoments).real(dims);
        shapes.into_iter().map(of).chain([OpCheck::new(BatchMoments).real_in([4, 2], 10.0, 14.0)]).collect()
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
        let train = |dims: &[usize], eps| {
            let run = || _ = tape.zeros(dims).batch_norm(eps);
            *std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err().downcast::<String>().unwrap()
        };
        for (text, part) in [
            (train(&[1, 3, 1, 1], 0.1), "[1, 3, 1, 1] has one value for each channel"),
            (train(&[0, 3, 4], 0.1), "[0, 3, 4] has no value for each channel"),
            (train(&[4], 0.1), "shape [4] has no channels"),
            (train(&[4, 2], -1.0), "eps is -1"),
            (train(&[4, 2], f64::NAN), "eps is NaN"),
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
