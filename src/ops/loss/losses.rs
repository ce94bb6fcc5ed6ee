//! Losses of single numbers: errors squared, absolute and in between, and the cross entropy of a yes-or-no question.
//! What is left over after them is a `mean`, which the caller writes where a loss of one number is wanted.

use crate::ops::pointwise::arith::binary;
use crate::ops::pointwise::table::{Table, between, bound, row};
use crate::ops::prelude::*;

/// The least logarithm of a probability, as PyTorch has it.
const LOWEST: f64 = -100.0;

/// The least p(1 − p) that a derivative is divided by, as PyTorch has it.
const NARROWEST: f64 = 1e-12;

/// d²/2 up to |d| = delta, and its tangent beyond.
#[inline(always)]
fn square_or_tangent<T: Lane>(d: T, delta: T) -> T {
    let size = d.abs();
    if size <= delta { T::of(0.5) * d * d } else { delta * (size - T::of(0.5) * delta) }
}

/// −t ln p − (1 − t) ln(1 − p), with logarithms that stop at [`LOWEST`].
#[inline(always)]
fn surprise<T: Lane>(p: T, t: T) -> T {
    let held = |log: T| if log < T::of(LOWEST) { T::of(LOWEST) } else { log };
    -(t * held(p.ln()) + (T::one() - t) * held((-p).ln_1p()))
}

impl<T: Real> Table<T> {
    pub(crate) const HUBER: &'static Row<T> = row! {
        HUBER = "huber", |d: Real; delta| -> Real { square_or_tangent(d, delta) };
        push |_, v, at, p| Push::Along(v.azmul(at.x(0).clamp(-p[0].as_f64(), p[0].as_f64())));
        decide |p, at| between(at.x(0), -p[0].as_f64(), p[0].as_f64());
        derivative "d, within -delta..delta"; reads Reads::OPERANDS; domain [(-0.6, 0.6)]; cheap
    };

    pub(crate) const BINARY_CROSS_ENTROPY: &'static Row<T> = row! {
        BINARY_CROSS_ENTROPY = "binary_cross_entropy", |p: Real, t: Real; | -> Real { surprise(p, t) };
        push |i, v, at, _| {
            let (p, t) = (at.x(0), at.x(1));
            Push::Along(match i {
                0 => v.azmul((p - t) / (p * (1.0 - p)).clamp_min(NARROWEST)),
                _ => v.azmul((-p).log1p().clamp_min(LOWEST) - p.ln().clamp_min(LOWEST)),
            })
        };
        derivative "(p - t) / (p (1 - p)); ln(1 - p) - ln p"; reads Reads::OPERANDS; domain [(0.2, 0.8), (0.1, 0.9)]; dear
    };
}

impl<'t, T: Real> Var<'t, T> {
    /// The absolute error |x − t|, elementwise; its derivative is 0 where there is none.
    ///
    /// # Panics
    /// The shapes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let loss = tape.var([1., 4.]).l1(tape.constant([3., 4.]));
    /// assert_eq!(loss.value().as_slice().unwrap(), [2., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn l1(self, target: Var<'t, T>) -> Self {
        (self - target).abs()
    }

    /// Huber's loss (1964), elementwise: (x − t)²/2 up to |x − t| = delta, and its tangent beyond.
    ///
    /// # Panics
    /// The shapes do not broadcast, or delta is not positive.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 9.]);
    /// let loss = x.huber(tape.constant([0., 0.]), 2.0);
    /// assert_eq!(loss.value().as_slice().unwrap(), [0.5, 16.]);
    /// assert_eq!(loss.sum().backward()[x].as_slice().unwrap(), [1., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn huber(self, target: Var<'t, T>, delta: f64) -> Self {
        if delta.is_nan() || delta <= 0.0 {
            let e = Error::argument(format!("delta is {delta}"))
                .rule("the squares end at a positive distance")
                .fix("use `l1` for absolute errors throughout");
            self.tape.blame(e, "huber", &[self.id]).raise()
        }
        let d = self - target;
        self.tape.row(bound(Table::HUBER, [delta]), &[d.into()]).real(0)
    }

    /// [`huber`](Var::huber) divided by beta, so that the slope beyond is 1 (Girshick, 2015); for beta = 0 the absolute error.
    ///
    /// # Panics
    /// The shapes do not broadcast, or beta is negative.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let loss = tape.var([1., 9.]).smooth_l1(tape.constant([0., 0.]), 2.0);
    /// assert_eq!(loss.value().as_slice().unwrap(), [0.25, 8.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn smooth_l1(self, target: Var<'t, T>, beta: f64) -> Self {
        if beta == 0.0 { self.l1(target) } else { self.huber(target, beta) / beta }
    }

    /// The cross entropy of probabilities p of "yes" against targets t in 0..1, elementwise: −t ln p − (1 − t) ln(1 − p).
    ///
    /// Logarithms are at least −100, and where p(1 − p) is below 1e-12 derivatives are divided by that: both as in PyTorch.
    /// [`binary_cross_entropy_with_logits`](Var::binary_cross_entropy_with_logits) needs no such bounds.
    ///
    /// # Panics
    /// The shapes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let p = tape.var([0.5, 0.]);
    /// let loss = p.binary_cross_entropy(tape.constant([1., 1.]));
    /// assert_eq!(loss.value().as_slice().unwrap(), [2f64.ln(), 100.]);
    /// assert_eq!(loss.sum().backward()[p][[0]], -2.);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn binary_cross_entropy(self, target: Var<'t, T>) -> Self {
        binary(Table::BINARY_CROSS_ENTROPY, self, target)
    }

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

    /// As [`binary_cross_entropy_with_logits`](Var::binary_cross_entropy_with_logits), with a weight for what is there: a
    /// target of 1 counts as often as `positive` says, which broadcasts. More than 1 favours recall, less precision.
    ///
    /// # Panics
    /// The shapes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, t) = (tape.var([0., 0.]), tape.constant([1., 0.]));
    /// let loss = x.binary_cross_entropy_with_logits_weighted(t, tape.constant(3.));
    /// assert_eq!(loss.value().as_slice().unwrap(), [3. * 2f32.ln(), 2f32.ln()]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn binary_cross_entropy_with_logits_weighted(self, target: Var<'t, T>, positive: Var<'t, T>) -> Self {
        positive * target * (-self).softplus() + (1.0 - target) * self.softplus()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::adjoint::grad;
    use crate::check::OpCheck;
    use crate::ops::pointwise::table::tests::row_at;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let beyond = OpCheck::new(Bound { row: Table::HUBER, params: [0.7, 0.0] }).real_in([3], 0.8, 2.0);
        let shapes: [&[usize]; 2] = [&[2, 3], &[0]];
        let rows = [Table::HUBER, Table::BINARY_CROSS_ENTROPY];
        rows.into_iter().flat_map(|row| shapes.map(|d| row_at(row, [0.7, 0.0], d))).chain([beyond]).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn squares_turn_into_tangents_without_a_seam() {
        let tape = Tape::<f64>::default();
        let (x, zero) = (tape.var([-5.0, -2.0, 1.0, 2.0, 5.0]), tape.constant(0.0));
        let loss = x.huber(zero, 2.0);
        assert_eq!(loss.value().as_slice().unwrap(), [8.0, 2.0, 0.5, 2.0, 8.0]);
        assert_eq!(loss.sum().backward()[x].as_slice().unwrap(), [-2.0, -2.0, 1.0, 2.0, 2.0]);
        assert_eq!(x.smooth_l1(zero, 0.0).value(), x.abs().value());
        assert_eq!(x.smooth_l1(zero, 2.0).sum().backward()[x].as_slice().unwrap(), [-1.0, -1.0, 0.5, 1.0, 1.0]);
    }

    #[test]
    fn probabilities_of_nought_and_one_have_bounded_losses_and_slopes() {
        let tape = Tape::<f64>::default();
        let (p, t) = (tape.var([0.0, 0.0, 1.0, 1.0]), tape.var([0.0, 1.0, 0.0, 1.0]));
        let loss = p.binary_cross_entropy(t);
        assert_eq!(loss.value().as_slice().unwrap(), [0.0, 100.0, 100.0, 0.0]);
        let g = loss.sum().backward();
        assert_eq!(g[p].as_slice().unwrap(), [0.0, -1e12, 1e12, 0.0]);
        assert_eq!(g[t].as_slice().unwrap(), [100.0, 100.0, -100.0, -100.0]);
    }

    #[test]
    #[should_panic(expected = "huber: delta is 0")]
    fn a_distance_of_nothing_is_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([2]).huber(tape.zeros([2]), 0.0);
    }

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
