//! Losses that are negative log-likelihoods or divergences of distributions, elementwise.
//! Terms that do not depend on the prediction stand apart, for those who want the likelihood itself.

use std::f64::consts::TAU;

use crate::ops::prelude::*;

impl<'t, T: Real> Var<'t, T> {
    /// The terms of the divergence (Kullback and Leibler, 1951) of a target distribution from this one, which is given by
    /// logarithms: t·(ln t − x), and 0 where t is 0. Sum them, and divide by the number of distributions for their mean.
    ///
    /// # Panics
    /// The shapes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let x = tape.var([0.25f64.ln(), 0.75f64.ln()]);
    /// let y = x.kl_div(tape.constant([0., 1.]));
    /// assert_eq!(y.value().as_slice().unwrap(), [0., -0.75f64.ln()]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn kl_div(self, target: Var<'t, T>) -> Self {
        target.xlogy(target) - target * self
    }

    /// As [`kl_div`](Var::kl_div), where the target is given by logarithms too: eᵗ·(t − x).
    ///
    /// # Panics
    /// The shapes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let x = tape.var([0.25f64.ln(), 0.75f64.ln()]);
    /// assert_eq!(x.kl_div_log(x).sum().item(), 0.0);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn kl_div_log(self, log_target: Var<'t, T>) -> Self {
        log_target.exp() * (log_target - self)
    }

    /// The negative log-likelihood of counts t under Poisson distributions whose rates have these logarithms, without ln t!:
    /// eˣ − t·x. [`stirling`](Var::stirling) of the counts stands for what is left out.
    ///
    /// # Panics
    /// The shapes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.var([0., 1.]).poisson_nll(tape.constant([3., 0.]));
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 1f32.exp()]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn poisson_nll(self, counts: Var<'t, T>) -> Self {
        self.exp() - counts * self
    }

    /// As [`poisson_nll`](Var::poisson_nll), where this line holds the rates themselves: x − t·ln(x + eps).
    ///
    /// # Panics
    /// The shapes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.var([1., 5.]).poisson_nll_of_rate(tape.constant([3., 0.]), 0.0);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 5.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn poisson_nll_of_rate(self, counts: Var<'t, T>, eps: f64) -> Self {
        self - counts * (self + eps).ln()
    }

    /// Stirling's approximation of ln t!, t ln t − t + ½ ln(2πt), and 0 where t ≤ 1.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let y = tape.constant([1., 6.]).stirling().value();
    /// assert!(y[[0]] == 0.0 && (y[[1]] - 720f64.ln()).abs() < 0.02);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn stirling(self) -> Self {
        let series = self * self.ln() - self + (self * TAU).ln() * 0.5;
        self.gt(1.0).select(series, 0.0)
    }

    /// The negative log-likelihood of targets under normal distributions with these means and the variances given, without
    /// the constant ½ ln 2π: ½ (ln v + (x − t)²/v), where v is the variance held above eps. PyTorch's eps is 1e-6.
    ///
    /// Holding is no gate: a variance below eps still has the derivative at eps, so that it can grow.
    ///
    /// # Panics
    /// The shapes do not broadcast, or eps is NaN.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let (x, var) = (tape.var([1., 1.]), tape.var([1., 0.]));
    /// let y = x.gaussian_nll(tape.constant([3., 1.]), var, 1e-6);
    /// assert_eq!(y.value()[[0]], 2.);
    /// assert_eq!(y.sum().backward()[var].as_slice().unwrap(), [-1.5, 5e5]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn gaussian_nll(self, target: Var<'t, T>, var: Var<'t, T>, eps: f64) -> Self {
        let var = var.held_above(eps);
        (var.ln() + (self - target).square() / var) * 0.5
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn divergences_are_zero_at_the_target_and_least_there() {
        let tape = Tape::<f64>::default();
        let (x, t) = (tape.var([0.2, -1.0, 0.7]).log_softmax(0), tape.constant([0.0, 0.25, 0.75]));
        let expected = 0.25 * (0.25f64.ln() - x.value()[[1]]) + 0.75 * (0.75f64.ln() - x.value()[[2]]);
        assert!((x.kl_div(t).sum().item() - expected).abs() < 1e-15);
        let logits = tape.var([0.3, 0.1]);
        let same = logits.log_softmax(0);
        let g = same.kl_div_log(same.stop_gradient()).sum().backward()[logits].clone();
        assert!(g.iter().all(|v| v.abs() < 1e-15));
    }

    #[test]
    fn rates_and_their_logarithms_have_one_likelihood() {
        let tape = Tape::<f64>::default();
        let (x, t) = (tape.var([0.5, -1.0, 2.0]), tape.constant([0.0, 1.0, 7.0]));
        let apart = x.poisson_nll(t) - x.exp().poisson_nll_of_rate(t, 0.0);
        assert!(apart.value().iter().all(|v| v.abs() < 1e-14));
        let counts = tape.var([0.0, 1.0, -2.0]);
        assert_eq!(counts.stirling().sum().backward()[counts].as_slice().unwrap(), [0.0; 3]);
    }

    #[test]
    fn variances_broadcast_and_are_held() {
        let tape = Tape::<f64>::default();
        let (x, t, var) =
            (tape.var([[1.0, 2.0], [3.0, 4.0]]), tape.constant([[1.0, 1.0], [1.0, 1.0]]), tape.var([[2.0], [0.1]]));
        let y = x.gaussian_nll(t, var, 0.5);
        let of = |d: f64, v: f64| 0.5 * (v.ln() + d * d / v);
        let expected = [of(0.0, 2.0), of(1.0, 2.0), of(2.0, 0.5), of(3.0, 0.5)];
        assert!(y.value().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14));
        let g = y.sum().backward()[var].clone();
        let slope = |d: f64, v: f64| 0.5 / v - 0.5 * (d / v).powi(2);
        assert!((g[[1, 0]] - slope(2.0, 0.5) - slope(3.0, 0.5)).abs() < 1e-13);
    }
}
