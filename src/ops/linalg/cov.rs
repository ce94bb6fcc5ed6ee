//! Covariances and correlation coefficients of variables in rows, observations in columns.
//! Composites of means, scalings and one matrix product.

use crate::ops::prelude::*;

/// Options of [`Var::cov`]: what the divisor subtracts, and how much each observation counts.
///
/// ```
/// use wengert::{Covariance, prelude::*};
/// let tape = Tape::new();
/// let x = tape.var([1., 2., 4.]);
/// let often = tape.ints([2, 1, 1]);
/// assert_eq!(x.cov(Covariance::new().correction(0).frequencies(often)).item(), 1.5);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Covariance<'t, T: Real = f32> {
    correction: f64,
    frequencies: Option<IntVar<'t, T>>,
    weights: Option<Var<'t, T>>,
}

impl<T: Real> Default for Covariance<'_, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'t, T: Real> Covariance<'t, T> {
    /// Divides by the number of observations less 1 (Bessel's correction); all observations count alike.
    #[must_use]
    pub fn new() -> Self {
        Covariance { correction: 1.0, frequencies: None, weights: None }
    }

    /// Another number than 1 that the divisor subtracts; 0 gives the average product.
    #[must_use]
    pub fn correction(mut self, correction: impl Into<f64>) -> Self {
        self.correction = correction.into();
        self
    }

    /// How often each observation was made.
    #[must_use]
    pub fn frequencies(mut self, frequencies: IntVar<'t, T>) -> Self {
        self.frequencies = Some(frequencies);
        self
    }

    /// How much each observation counts; only the proportions matter.
    #[must_use]
    pub fn weights(mut self, weights: Var<'t, T>) -> Self {
        self.weights = Some(weights);
        self
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The covariances of variables: cᵢⱼ = Σₖ wₖ (xᵢₖ − x̄ᵢ)(xⱼₖ − x̄ⱼ) / d, one variable a row, one observation a column.
    ///
    /// A vector is one variable, and its variance a number. Without weights d is the number of observations less the
    /// correction; with them it is Σ w − correction · Σ w a / Σ w, where a are the weights without the frequencies. A
    /// divisor below 0 counts as 0.
    ///
    /// # Panics
    /// The rank is above 2, or frequencies or weights are not one number for each observation.
    ///
    /// ```
    /// use wengert::{Covariance, prelude::*};
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2., 3.], [6., 4., 2.]]);
    /// assert_eq!(x.cov(Covariance::new()).value().as_slice().unwrap(), [1., -2., -2., 4.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn cov(self, options: Covariance<'t, T>) -> Self {
        let x = self.observations("cov");
        let (variables, n) = (x.dims()[0], x.dims()[1]);
        let Covariance { correction, frequencies, weights } = options;
        for (id, d) in frequencies.map(|f| (f.id, f.dims())).into_iter().chain(weights.map(|w| (w.id, w.dims()))) {
            if d != [n] {
                let e = Error::shape(format!("weights of shape {d} for {n} observations"))
                    .rule("there is one weight for each observation")
                    .fix("give a vector as long as a row");
                self.tape.blame(e, "cov", &[self.id, id]).raise()
            }
        }
        let frequencies = frequencies.map(IntVar::to_real);
        let w = match (frequencies, weights) {
            (Some(f), Some(a)) => Some(f * a),
            (f, a) => f.or(a),
        };
        let (centred, weighted, divisor) = match w {
            None => {
                let centred = x - x.mean_over(crate::shape::keep(1));
                (centred, centred, self.tape.fill([], T::of((n as f64 - correction).max(0.0))))
            }
            Some(w) => {
                let sum = w.sum();
                let centred = x - (x.matvec(w) / sum).unsqueeze(1);
                let less = match weights {
                    Some(a) if correction != 0.0 => (w * a).sum() / sum * correction,
                    _ => self.tape.fill([], T::of(correction)),
                };
                (centred, centred * w, (sum - less).clamp_min(0.0))
            }
        };
        let c = weighted.matmul_transposed(centred) / divisor;
        if self.rank() < 2 || variables == 1 { c.reshape(()) } else { c }
    }

    /// The correlation coefficients of variables: covariances over the product of both standard deviations, in −1..1.
    ///
    /// # Panics
    /// The rank is above 2.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2., 3.], [6., 4., 2.]]);
    /// assert_eq!(x.corrcoef().value().as_slice().unwrap(), [1., -1., -1., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn corrcoef(self) -> Self {
        let c = self.observations("corrcoef").cov(Covariance::new());
        if c.rank() == 0 {
            // 1, or NaN where nothing varies.
            let variance = c;
            return c / variance;
        }
        let deviation = c.diag(0).sqrt();
        (c / deviation.unsqueeze(1) / deviation).clamp(-1.0, 1.0)
    }

    /// A matrix of one variable a row.
    #[track_caller]
    fn observations(self, op: &'static str) -> Self {
        match self.rank() {
            0 => self.reshape([1, 1]),
            1 => self.unsqueeze(0),
            2 => self,
            rank => {
                let e = Error::shape(format!("shape {} is no table of observations", self.dims()))
                    .rule(format!("variables stand in rows, observations in columns; the rank is {rank}"))
                    .fix("reshape to rank 2");
                self.tape.blame(e, op, &[self.id]).raise()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::tensor;
    use super::*;
    use crate::check::Check;

    #[test]
    fn frequencies_are_repetitions() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[1.0, 2.0, 4.0], [0.5, -1.0, 3.0]]);
        let again = tape.var([[1.0, 1.0, 2.0, 4.0, 4.0, 4.0], [0.5, 0.5, -1.0, 3.0, 3.0, 3.0]]);
        let often = x.cov(Covariance::new().frequencies(tape.ints([2, 1, 3])));
        let difference = often - again.cov(Covariance::new());
        assert!(difference.abs().amax(..).item() < 1e-14);
        // Weights count by proportion.
        let w = tape.var([0.2, 0.3, 0.7]);
        let [a, b] = [w, w * 5.0].map(|w| x.cov(Covariance::new().correction(0).weights(w)));
        assert!((a - b).abs().amax(..).item() < 1e-14);
    }

    #[test]
    fn derivatives() {
        let inputs = [tensor([2, 5], 1), tensor([5], 2)];
        Check::new(
            |t, x| {
                let often = t.ints([1, 2, 1, 3, 1]);
                x[0].cov(Covariance::new().frequencies(often).weights(x[1].exp()))
            },
            &inputs[..],
        )
        .second_order()
        .run()
        .assert();
        Check::new(|_, x| x[0].cov(Covariance::new()), &inputs[..1]).run().assert();
    }

    #[test]
    fn correlations_ignore_scale_and_place() {
        let tape = Tape::<f64>::default();
        let x = tape.var(tensor([3, 7], 4));
        let scale = tape.var([[2.0], [10.0], [0.1]]);
        assert!((x.corrcoef() - (x * scale + 3.0).corrcoef()).abs().amax(..).item() < 1e-12);
    }
}
