//! Losses that ask for a margin: they are 0 where things are far enough on the right side, and have derivative 0 on the edge.
//! Signs y are real lines of 1 and −1.

use crate::ops::prelude::*;

/// Added to squared lengths, as PyTorch does in its cosine embedding loss.
const LEAST_SQUARE: f64 = 1e-12;

/// The squared lengths of vectors along the last axis.
#[track_caller]
fn square<T: Real>(v: Var<'_, T>) -> Var<'_, T> {
    v.square().sum_over(-1) + LEAST_SQUARE
}

impl<'t, T: Real> Var<'t, T> {
    /// For distances x: x itself where y is 1, and max(0, margin − x) where y is −1, elementwise; both where y is neither.
    ///
    /// # Panics
    /// The shapes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, y) = (tape.var([0.25, 0.25, 3.]), tape.constant([1., -1., -1.]));
    /// assert_eq!(x.hinge_embedding(y, 1.0).value().as_slice().unwrap(), [0.25, 0.75, 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn hinge_embedding(self, y: Var<'t, T>, margin: f64) -> Self {
        let far = y.equals(1.0).select(0.0, (margin - self).clamp_min(0.0));
        far + y.equals(-1.0).select(0.0, self)
    }

    /// max(0, margin − y·(x − other)), elementwise: where y is 1 this line shall be the larger by the margin, where it is −1
    /// the other.
    ///
    /// # Panics
    /// The shapes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([5., 5.]), tape.var([3., 3.]));
    /// let y = tape.constant([1., -1.]);
    /// assert_eq!(a.margin_ranking(b, y, 0.5).value().as_slice().unwrap(), [0., 2.5]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn margin_ranking(self, other: Var<'t, T>, y: Var<'t, T>, margin: f64) -> Self {
        (margin - y * (self - other)).clamp_min(0.0)
    }

    /// ln(1 + e^(−y·x)), elementwise: the logistic loss for signs y.
    ///
    /// # Panics
    /// The shapes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.var([0., -1000.]).soft_margin(tape.constant([1., 1.]));
    /// assert_eq!(y.value().as_slice().unwrap(), [2f32.ln(), 1000.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn soft_margin(self, y: Var<'t, T>) -> Self {
        (-(y * self)).softplus()
    }

    /// For pairs of vectors along the last axis with cosine c: 1 − c where y is 1, and max(0, c − margin) where it is −1;
    /// one number a pair.
    ///
    /// # Panics
    /// The shapes do not broadcast, or there is no axis.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let (a, b) = (tape.var([[1., 0.], [1., 0.]]), tape.var([[3., 4.], [3., 4.]]));
    /// let y = a.cosine_embedding(b, tape.constant([1., -1.]), 0.1).value();
    /// assert!((y[[0]] - 0.4).abs() < 1e-12 && (y[[1]] - 0.5).abs() < 1e-12);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn cosine_embedding(self, other: Var<'t, T>, y: Var<'t, T>, margin: f64) -> Self {
        let cosine = (self * other).sum_over(-1) / (square(self) * square(other)).sqrt();
        y.equals(1.0).select(1.0 - cosine, 0.0) + y.equals(-1.0).select((cosine - margin).clamp_min(0.0), 0.0)
    }
}

/// The triplet loss (Schroff, Kalenichenko and Philbin, 2015): max(0, margin + d(a, p) − d(a, n)) for an anchor a, a vector
/// p of the same kind and a vector n of another.
///
/// ```
/// use wengert::{TripletMargin, prelude::*};
/// let tape = Tape::<f64>::default();
/// let (a, p, n) = (tape.var([[0., 0.]]), tape.var([[3., 4.]]), tape.var([[6., 8.]]));
/// let loss = TripletMargin::new().margin(7.0).eps(0.0);
/// assert_eq!(loss.each(a, p, n).value().as_slice().unwrap(), [2.]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TripletMargin {
    margin: f64,
    p: f64,
    eps: f64,
    swap: bool,
}

impl Default for TripletMargin {
    fn default() -> Self {
        TripletMargin::new()
    }
}

impl TripletMargin {
    /// Margin 1, Euclid's distance, eps 1e-6.
    #[must_use]
    pub fn new() -> Self {
        TripletMargin { margin: 1.0, p: 2.0, eps: 1e-6, swap: false }
    }

    /// How much farther the vector of another kind shall be.
    #[must_use]
    pub fn margin(self, margin: f64) -> Self {
        TripletMargin { margin, ..self }
    }

    /// The order of the norm that measures distances.
    #[must_use]
    pub fn p(self, p: f64) -> Self {
        TripletMargin { p, ..self }
    }

    /// What is added to every difference; see [`pairwise_distance`](Var::pairwise_distance).
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        TripletMargin { eps, ..self }
    }

    /// Takes the distance of n from p where that is smaller than the one from a (Balntas and others, 2016).
    #[must_use]
    pub fn swap(self) -> Self {
        TripletMargin { swap: true, ..self }
    }

    /// The loss of each triplet; vectors stand along the last axis.
    ///
    /// # Panics
    /// The shapes do not broadcast, or there is no axis.
    #[track_caller]
    #[must_use]
    pub fn each<'t, T: Real>(&self, anchor: Var<'t, T>, positive: Var<'t, T>, negative: Var<'t, T>) -> Var<'t, T> {
        let mut far = self.distance(anchor, negative);
        if self.swap {
            far = far.minimum(self.distance(positive, negative));
        }
        (self.distance(anchor, positive) - far + self.margin).clamp_min(0.0)
    }

    #[track_caller]
    fn distance<'t, T: Real>(&self, a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
        a.pairwise_distance(b, self.p, self.eps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_have_no_slope() {
        let tape = Tape::<f64>::default();
        let x = tape.var([1.0, 0.5, 3.0]);
        let y = tape.constant([-1.0, -1.0, 1.0]);
        assert_eq!(x.hinge_embedding(y, 1.0).sum().backward()[x].as_slice().unwrap(), [0.0, -1.0, 1.0]);
        let zero = tape.constant(0.0);
        assert_eq!(
            x.margin_ranking(zero, tape.constant(1.0), 1.0).sum().backward()[x].as_slice().unwrap(),
            [0.0, -1.0, 0.0]
        );
        // A sign that is neither takes both terms.
        assert_eq!(x.hinge_embedding(tape.constant(0.5), 2.0).value().as_slice().unwrap(), [2.0, 2.0, 3.0]);
    }

    #[test]
    fn the_nearer_of_two_distances_counts() {
        let tape = Tape::<f64>::default();
        let (a, p, n) = (tape.var([[0.0, 0.0]]), tape.var([[3.0, 4.0]]), tape.var([[3.0, 5.0]]));
        let loss = TripletMargin::new().eps(0.0).margin(0.0);
        assert_eq!(loss.each(a, p, n).value()[[0]], 0.0);
        assert_eq!(loss.swap().each(a, p, n).value()[[0]], 4.0);
        assert_eq!(loss.p(1.0).margin(3.0).each(a, p, n).value()[[0]], 2.0);
    }

    #[test]
    fn vectors_of_nothing_have_a_cosine() {
        let tape = Tape::<f64>::default();
        let (a, b) = (tape.var([0.0, 0.0]), tape.var([1.0, 0.0]));
        let loss = a.cosine_embedding(b, tape.constant(1.0), 0.0);
        assert_eq!(loss.item(), 1.0);
        assert!(loss.backward()[a].iter().all(|v| v.is_finite()));
    }
}
