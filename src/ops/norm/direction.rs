//! Vectors of length 1 and the angle between vectors: directions, whatever the lengths.
//! Lengths are held above a small number, so that the zero vector has a direction and a derivative, both 0 and finite.

use crate::ops::prelude::*;
use crate::shape::keep;

impl<'t, T: Real> Var<'t, T> {
    /// Vectors along an axis brought to p-norm 1: x/max(‖x‖ₚ, eps). PyTorch's eps is 1e-12.
    ///
    /// # Panics
    /// The axis does not exist, or p or eps is NaN.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[3., -4.], [0., 0.]]);
    /// assert_eq!(x.normalize(2.0, 1, 1e-12).value().as_slice().unwrap(), [0.6, -0.8, 0., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn normalize(self, p: f64, axis: isize, eps: f64) -> Self {
        self / self.vector_norm(p, keep(axis)).clamp_min(eps)
    }

    /// The cosine of the angle between vectors along an axis, x·y/(max(‖x‖, eps)·max(‖y‖, eps)); shapes broadcast, the axis
    /// vanishes. PyTorch's eps is 1e-8.
    ///
    /// Where a length is held up to eps its derivative is still that of the length, as in PyTorch.
    ///
    /// # Panics
    /// The shapes do not broadcast, or the axis does not exist in their common shape.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let (x, y) = (tape.var([[1., 0.], [0., 0.]]), tape.var([3., 4.]));
    /// assert_eq!(x.cosine_similarity(y, 1, 1e-8).value().as_slice().unwrap(), [0.6, 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn cosine_similarity(self, other: Self, axis: isize, eps: f64) -> Self {
        let (x, y) = crate::ops::rearrange::broadcast::align("cosine_similarity", self, other);
        (x.unit(axis, eps) * y.unit(axis, eps)).sum_over(axis)
    }

    /// v/max(‖v‖, eps), whose bound counts as a shift.
    #[track_caller]
    fn unit(self, axis: isize, eps: f64) -> Self {
        self / self.vector_norm(2.0, keep(axis)).held_above(eps)
    }

    /// max(x, low) with derivative 1 everywhere: the bound counts as a shift.
    #[track_caller]
    pub(crate) fn held_above(self, low: f64) -> Self {
        self + (self.clamp_min(low) - self).stop_gradient()
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    fn slopes(x: [f64; 2], f: impl for<'t> Fn(Var<'t, f64>) -> Var<'t, f64>) -> Vec<f64> {
        let tape = Tape::default();
        let x = tape.var(x);
        f(x).sum().backward()[x].iter().copied().collect()
    }

    #[test]
    fn the_zero_vector_has_a_finite_derivative() {
        assert_eq!(slopes([0.0, 0.0], |x| x.normalize(2.0, 0, 1e-3)), [1e3; 2]);
        assert_eq!(slopes([0.0, 0.0], |x| x.cosine_similarity(x.tape().constant([1.0, 0.0]), 0, 1e-3)), [1e3, 0.0]);
    }

    #[test]
    fn short_vectors_are_divided_by_eps() {
        let g = slopes([3.0, 4.0], |x| x.normalize(2.0, 0, 10.0));
        assert!(g.iter().all(|v| (v - 0.1).abs() < 1e-15));
        // The length's own derivative stays: 1/100 − x·y·x/(‖x‖·10²·10).
        let g = slopes([3.0, 4.0], |x| x.cosine_similarity(x.tape().constant([1.0, 0.0]), 0, 10.0));
        assert!((g[0] - (0.01 - 3.0 * 0.6 / 1000.0)).abs() < 1e-15 && (g[1] + 3.0 * 0.8 / 1000.0).abs() < 1e-15);
    }

    #[test]
    fn axes_count_in_the_common_shape() {
        let tape = Tape::<f64>::default();
        let (x, y) = (tape.ones([2, 1, 3]), tape.ones([2, 3]));
        let c = x.cosine_similarity(y, -2, 1e-8);
        assert_eq!(c.dims(), [2, 3]);
        assert!(c.value().iter().all(|v| (v - 1.0).abs() < 1e-15));
        assert_eq!(tape.ones([0, 3]).normalize(2.0, 1, 1e-12).dims(), [0, 3]);
    }
}
