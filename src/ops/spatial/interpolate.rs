//! Interpolation: the last axes brought to other sizes, each by a sparse map of its own, since all its forms are separable.
//! A composite of one line for each axis that changes.

use super::interpolate_options::Interpolate;
use crate::ops::prelude::*;
use crate::window::PerAxis;

impl<'t, T: Real> Var<'t, T> {
    /// The tensor with its last axes brought to other sizes; see [`Interpolate`].
    ///
    /// Axes that shrink are resized first, and of those that grow the last one first, so that least is computed.
    ///
    /// # Panics
    /// No size and no scale is given, or for more axes than there are; a size or factor is 0 (also after rounding), or a
    /// factor is negative or not finite; an axis is empty; or corners are to be aligned for a form that has none.
    #[track_caller]
    #[must_use]
    pub fn interpolate(self, options: Interpolate) -> Self {
        let dims = self.dims();
        let mut axes = self.tape.checked(options.axes(&dims), "interpolate", &[self.id]);
        axes.sort_by_key(|&(axis, m, _)| if m < dims[axis] { (0, axis) } else { (1, dims.rank() - axis) });
        let mut x = self;
        for (axis, m, factor) in axes {
            if let Some(map) = options.map(dims[axis], m, factor) {
                x = x.resampled(axis, map);
            }
        }
        x
    }

    /// Images \[.., H, W\] with every cell repeated: the last two axes times a whole number.
    ///
    /// # Panics
    /// The rank is below 2, an axis is empty, or the factor is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.]]);
    /// assert_eq!(x.upsample_nearest(2).value().as_slice().unwrap(), [1., 1., 2., 2., 1., 1., 2., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn upsample_nearest(self, factor: impl PerAxis<2>) -> Self {
        self.interpolate(Interpolate::nearest().scale(factor.per_axis().map(|f| f as f64)))
    }

    /// Images \[.., H, W\] with straight lines between the cells: the last two axes times a whole number.
    ///
    /// The outer edges stay in place; where the centres of the outermost cells shall, use [`Var::interpolate`] with
    /// [`align_corners`](Interpolate::align_corners).
    ///
    /// # Panics
    /// The rank is below 2, an axis is empty, or the factor is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[0., 4.]]);
    /// assert_eq!(x.upsample_bilinear([1, 2]).value().as_slice().unwrap(), [0., 1., 3., 4.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn upsample_bilinear(self, factor: impl PerAxis<2>) -> Self {
        self.interpolate(Interpolate::linear().scale(factor.per_axis().map(|f| f as f64)))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::check::check;
    use crate::tape::Tensor;

    fn list(y: Var<'_, f64>) -> Vec<f64> {
        y.value().into_raw_vec_and_offset().0
    }

    #[test]
    fn derivatives_hold_in_every_form() {
        let x = Tensor::new([2, 3, 4], (0..24).map(|k| f64::from(k).sin()).collect()).unwrap();
        for form in [
            Interpolate::nearest().size([5, 3]),
            Interpolate::nearest_exact().scale([0.7, 1.6]),
            Interpolate::linear().size([2, 6]),
            Interpolate::linear().scale([1.7, 0.6]).align_corners(),
            Interpolate::cubic().scale([1.7, 0.6]),
            Interpolate::area().size([2, 3, 2]),
        ] {
            check(|_, x| x[0].interpolate(form.clone()).square(), (x.clone(),)).assert();
        }
    }

    #[test]
    fn values_along_one_axis_are_those_of_the_formulas() {
        let tape = Tape::<f64>::default();
        let x = tape.var([1., 2., 4., 8.]);
        let of = |form: Interpolate| list(x.interpolate(form));
        assert_eq!(of(Interpolate::nearest().size([6])), [1., 1., 2., 4., 4., 8.]);
        assert_eq!(of(Interpolate::nearest_exact().size([6])), [1., 2., 2., 4., 8., 8.]);
        assert_eq!(of(Interpolate::linear().size([8])), [1., 1.25, 1.75, 2.5, 3.5, 5., 7., 8.]);
        assert_eq!(of(Interpolate::linear().size([7]).align_corners()), [1., 1.5, 2., 3., 4., 6., 8.]);
        assert_eq!(of(Interpolate::linear().size([1]).align_corners()), [1.]);
        assert_eq!(of(Interpolate::area().size([3])), [1.5, 3., 6.]);
        // u = 1.5: the weights are −0.09375, 0.59375, 0.59375, −0.09375.
        assert_eq!(of(Interpolate::cubic().size([1])), [0.59375 * 6. - 0.09375 * 9.]);
        // A third of the way between two cells, by hand: u = (0 + ½)/1.5 − ½ = −1/6, then ½, then 7/6, ..
        let y = of(Interpolate::linear().scale([1.5]));
        let by_hand = [1., 1.5, 2. + 1. / 3., 3. + 2. / 3., 6., 8.];
        assert!(y.iter().zip(by_hand).all(|(a, b)| (a - b).abs() < 1e-12), "{y:?}");
    }

    #[test]
    fn a_factor_is_kept_or_recomputed() {
        let tape = Tape::<f64>::default();
        let x = tape.var([0., 1., 2., 3.]);
        let kept = list(x.interpolate(Interpolate::linear().scale([1.6])));
        let recomputed = list(x.interpolate(Interpolate::linear().scale([1.6]).recompute_scale()));
        assert_eq!(kept.len(), 6);
        assert!((kept[2] - (2.5 / 1.6 - 0.5)).abs() < 1e-12);
        assert_eq!(recomputed, list(x.interpolate(Interpolate::linear().size([6]))));
        assert_eq!(list(x.interpolate(Interpolate::linear().scale([1.1]))), [0., 1., 2., 3.]);
    }

    #[test]
    fn shrinking_comes_before_growing() {
        let tape = Tape::<f64>::default();
        let here = line!() + 1;
        let y = tape.zeros([4, 4, 4]).interpolate(Interpolate::linear().size([8, 2, 8]));
        assert_eq!(y.dims(), [8, 2, 8]);
        let text = tape.to_string();
        let steps: Vec<_> = text.lines().filter(|l| l.contains("resample")).collect();
        assert!(steps[0].contains("[4,2,4]") && steps[1].contains("[4,2,8]"), "{text}");
        assert!(steps.iter().all(|l| l.contains(&format!("interpolate.rs:{here}"))), "the caller's line: {text}");
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let tape = Tape::<f64>::default();
        let refusal = |dims: &[usize], form: Interpolate| {
            let text = catch_unwind(AssertUnwindSafe(|| tape.zeros(dims).interpolate(form))).unwrap_err();
            text.downcast_ref::<String>().expect("panics carry text").clone()
        };
        let linear = Interpolate::linear;
        for (text, part) in [
            (refusal(&[2, 3], linear()), "neither a size nor a scale"),
            (refusal(&[2], linear().size([1, 2])), "2 sizes or factors for shape [2]"),
            (refusal(&[2, 4], linear().scale([0.1])), "⌊4·0.1⌋"),
            (refusal(&[2, 4], linear().scale([-1.0])), "the factor of axis 1 is -1"),
            (refusal(&[2, 4], linear().scale([f64::NAN])), "NaN"),
            (refusal(&[2, 4], linear().scale([1e300])), "fits in memory"),
            (refusal(&[2, 4], linear().size([0])), "axis 1 goes from size 4 to size 0"),
            (refusal(&[2, 0], linear().size([3])), "axis 1 goes from size 0 to size 3"),
            (refusal(&[2, 4], linear().size([usize::MAX])), "fits in memory"),
            (refusal(&[2, 4], Interpolate::nearest().size([3]).align_corners()), "`nearest` has no corners"),
        ] {
            assert!(text.contains(part) && text.contains("interpolate.rs"), "{part} is missing in: {text}");
        }
    }
}
