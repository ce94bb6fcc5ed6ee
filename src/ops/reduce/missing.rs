//! Reductions of data with holes: sums and means that leave NaN out, and masks that are asked whether any or all hold.
//! Composites: what is left out is masked first, so it gets derivative 0.

use crate::ops::prelude::*;

impl<'t, T: Real> Var<'t, T> {
    /// The sum over some axes of the elements that are not NaN; see [`Axes`]. Where all are NaN it is 0.
    ///
    /// # Panics
    /// An axis does not exist or is named twice.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., f32::NAN, 3.]);
    /// assert_eq!(x.nansum(..).item(), 4.);
    /// assert_eq!(x.nansum(0).backward()[x].as_slice().unwrap(), [1., 0., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn nansum(self, axes: impl Into<Axes>) -> Self {
        self.masked_fill(self.is_nan(), 0.0).sum_over(axes)
    }

    /// The mean over some axes of the elements that are not NaN; see [`Axes`]. Where all are NaN it is NaN.
    ///
    /// # Panics
    /// An axis does not exist or is named twice.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., f32::NAN, 3.]);
    /// assert_eq!(x.nanmean(..).item(), 2.);
    /// assert_eq!(x.nanmean(0).backward()[x].as_slice().unwrap(), [0.5, 0., 0.5]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn nanmean(self, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        self.nansum(axes.clone()) / self.is_nan().not().to_real().sum_over(axes)
    }
}

impl<T: Real> IntVar<'_, T> {
    /// 1 where at least one element over the axes is not 0, else 0; see [`Axes`]. Of nothing it is 0.
    ///
    /// # Panics
    /// An axis does not exist or is named twice.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., -2.], [3., 4.]]);
    /// assert_eq!(x.lt(0.0).any(1).value().as_slice().unwrap(), [1, 0]);
    /// assert_eq!(x.lt(9.0).any(..).value()[[]], 1);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn any(self, axes: impl Into<Axes>) -> Self {
        // Sums of numbers that are not negative: 0 only where each is.
        self.to_real().sum_over(axes).gt(0.0)
    }

    /// 1 where no element over the axes is 0, else 0; see [`Axes`]. Of nothing it is 1.
    ///
    /// # Panics
    /// An axis does not exist or is named twice.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., -2.], [3., 4.]]);
    /// assert_eq!(x.gt(0.0).all(1).value().as_slice().unwrap(), [0, 1]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn all(self, axes: impl Into<Axes>) -> Self {
        self.not().any(axes).not()
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn holes_are_left_out() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[1.0, f64::NAN], [f64::NAN, f64::NAN]]);
        assert_eq!(x.nansum(1).value().as_slice().unwrap(), [1.0, 0.0]);
        let mean = x.nanmean(keep(1));
        assert_eq!((mean.dims(), mean.value()[[0, 0]]), ([2, 1].into(), 1.0));
        assert!(mean.value()[[1, 0]].is_nan());
        assert_eq!(x.nansum(..).backward()[x].as_slice().unwrap(), [1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn masks_of_nothing() {
        let tape = Tape::new();
        let none = tape.zeros([0, 2]).gt(0.0);
        assert_eq!(none.any(0).value().as_slice().unwrap(), [0, 0]);
        assert_eq!(none.all(0).value().as_slice().unwrap(), [1, 1]);
        assert_eq!(tape.ints([7, 0]).all(keep(0)).value().as_slice().unwrap(), [0]);
    }
}
