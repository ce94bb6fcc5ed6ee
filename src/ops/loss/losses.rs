//! Losses that are a few lines each: squared error, and cross entropy of single logits.
//! What is left over after them is a `mean`, which the caller writes where a loss of one number is wanted.

use crate::ops::prelude::*;

impl<'t, T: Real> Var<'t, T> {
    /// The mean squared error against a target, 1/n Σ (xᵢ − tᵢ)², a scalar.
    ///
    /// # Panics
    /// The shapes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 4.]);
    /// let loss = x.mse(tape.constant([1., 2.]));
    /// assert_eq!(loss.item(), 2.);
    /// assert_eq!(loss.backward()[x].as_slice().unwrap(), [0., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn mse(self, target: Var<'t, T>) -> Self {
        (self - target).square().mean()
    }

    /// The cross entropy of logits of a yes-or-no question against targets t in 0..1, elementwise:
    /// −t ln σ(x) − (1 − t) ln(1 − σ(x)).
    ///
    /// Written as t·softplus(−x) + (1 − t)·softplus(x), whose terms are not negative: nothing overflows or cancels.
    ///
    /// # Panics
    /// The shapes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([0., -100.]);
    /// let loss = x.binary_cross_entropy_with_logits(tape.constant([1., 1.]));
    /// assert_eq!(loss.value().as_slice().unwrap(), [2f32.ln(), 100.]);
    /// assert_eq!(loss.sum().backward()[x].as_slice().unwrap(), [-0.5, -1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn binary_cross_entropy_with_logits(self, target: Var<'t, T>) -> Self {
        target * (-self).softplus() + (1.0 - target) * self.softplus()
    }
}

#[cfg(test)]
mod tests {
    use crate::adjoint::grad;
    use crate::tape::Tape;

    #[test]
    fn both_ends_of_a_logit_keep_their_digits() {
        let tape = Tape::<f32>::default();
        let (x, t) = (tape.var([40.0, -40.0, 40.0]), tape.constant([1.0, 0.0, 0.25]));
        let loss = x.binary_cross_entropy_with_logits(t).value();
        let small = (-40f32).exp();
        assert_eq!(loss.as_slice().unwrap(), [small, small, 30.0]);
    }

    #[test]
    fn targets_have_derivatives_too() {
        let tape = Tape::<f64>::default();
        let (x, t) = (tape.var([0.5, -2.0]), tape.var([0.3, 0.9]));
        let dt = grad(x.binary_cross_entropy_with_logits(t).sum(), &[t])[0].value();
        assert!((dt[[0]] + 0.5).abs() < 1e-15 && (dt[[1]] - 2.0).abs() < 1e-15);
        let (dx, dt) = {
            let d = grad(x.mse(t), &[x, t]);
            (d[0].value(), d[1].value())
        };
        assert_eq!(dx, -dt);
    }
}
