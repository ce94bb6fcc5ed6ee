//! A part of an axis replaced by another tensor: the counterpart of taking a part out.
//! What stands before, what is put in and what stands behind are joined, so that nothing of the old part is read.

use std::ops::Range;

use super::concat::joined;
use crate::ops::prelude::*;

impl<'t, T: Real> Var<'t, T> {
    /// This tensor with the places `range` of an axis replaced by `src`. PyTorch's `slice_scatter`.
    ///
    /// # Panics
    /// The axis does not exist, the range leaves it, or `src` has not the shape of [`slice`](Var::slice).
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, src) = (tape.var([1., 2., 3., 4.]), tape.var([8., 9.]));
    /// let y = x.put_slice(0, 1..3, src);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 8., 9., 4.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [1., 0., 0., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn put_slice(self, axis: isize, range: Range<usize>, src: Var<'t, T>) -> Self {
        let at = self.axis("put_slice", axis);
        let dims = self.dims();
        let fits = range.start <= range.end && range.end <= dims[at] && src.dims() == dims.with(at, range.len());
        if !fits {
            let e = Error::shape(format!("shape {} for places {range:?} of axis {at} of shape {dims}", src.dims()))
                .rule("the range lies in the axis, and what is put in has the shape of what it replaces")
                .fix("change the range, or reshape what is put in");
            self.tape.blame(e, "put_slice", &[self.id, src.id]).raise();
        }
        let axis = at as isize;
        joined(&[self.slice(axis, ..range.start), src, self.slice(axis, range.end..)], at)
    }

    /// This tensor with one place of an axis replaced by `src`; negative indices count from the end. PyTorch's
    /// `select_scatter`.
    ///
    /// # Panics
    /// The axis does not exist, the index lies outside it, or `src` has not the shape of [`index_axis`](Var::index_axis).
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [3., 4.]]);
    /// assert_eq!(x.put_index(1, -1, tape.zeros([2])).value().as_slice().unwrap(), [1., 0., 3., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn put_index(self, axis: isize, index: isize, src: Var<'t, T>) -> Self {
        let at = self.axis("put_index", axis);
        let size = self.dims()[at];
        let place = if index < 0 { size.checked_sub(index.unsigned_abs()) } else { Some(index.unsigned_abs()) };
        match place.filter(|&k| k < size) {
            Some(k) => self.put_slice(at as isize, k..k + 1, src.unsqueeze(at as isize)),
            None => {
                let e = Error::index(format!("index {index} lies outside axis {at} of size {size}"))
                    .rule(format!("indices go from -{size} to {size} - 1; negative ones count from the end"))
                    .fix("use an index within that range");
                self.tape.blame(e, "put_index", &[self.id]).raise()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn parts_are_replaced_at_either_end_and_nothing_old_is_read() {
        let tape = Tape::<f64>::default();
        let x = tape.var([f64::NAN, 2., 3.]);
        let src = tape.var([7.]);
        let y = x.put_slice(0, 0..1, src).square().sum();
        let g = y.backward();
        assert_eq!((y.item(), g[src][[0]], g[x].as_slice().unwrap()), (62., 14., &[0., 4., 6.][..]));
        assert_eq!(x.put_slice(0, 3..3, tape.zeros([0])).dims(), [3]);
        assert_eq!(x.put_index(0, 2, tape.var(5.0)).value()[[2]], 5.0);
    }

    #[test]
    #[should_panic(expected = "put_slice: shape [2] for places 2..4 of axis 0 of shape [3]")]
    fn the_range_lies_in_the_axis() {
        let tape = Tape::new();
        let _ = tape.zeros([3]).put_slice(0, 2..4, tape.zeros([2]));
    }
}
