//! The geometry of a window that slides over spatial axes: kernel, stride, padding, dilation and rounding.
//! One type serves max and average pooling, convolution, unfold and fold.

mod axis;

use crate::error::Error;
use axis::{Axis, axis_name};

/// How a window that does not fit the input a whole number of times is counted.
///
/// ```
/// use wengert::{Rounding, Window};
/// let w = Window::<1>::new(2);
/// assert_eq!(w.rounding(), Rounding::Exact);
/// assert!(w.output([5]).is_err());
/// assert_eq!(w.clone().rounded(Rounding::Floor).output([5])?, [2]);
/// assert_eq!(w.rounded(Rounding::Ceil).output([5])?, [3]);
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// The stride must divide the way the window travels; anything else is an error.
    Exact,
    /// Rounds down: the tail of the input that no whole window reaches is dropped.
    Floor,
    /// Rounds up: one more window hangs over the far edge, if it starts inside the input or its left padding.
    Ceil,
}

/// A number for each of `D` spatial axes: one `usize` for all of them, or an array.
///
/// ```
/// use wengert::Window;
/// assert_eq!(Window::<2>::new(3), Window::new([3, 3]));
/// ```
pub trait PerAxis<const D: usize> {
    /// The number of each axis.
    fn per_axis(self) -> [usize; D];
}

impl<const D: usize> PerAxis<D> for usize {
    fn per_axis(self) -> [usize; D] {
        [self; D]
    }
}

impl<const D: usize> PerAxis<D> for [usize; D] {
    fn per_axis(self) -> [usize; D] {
        self
    }
}

/// Refuses a plane without cells, and names the axis.
pub(crate) fn check_plane<const D: usize>(plane: [usize; D]) -> Result<(), Error> {
    (0..D).try_for_each(|axis| axis::check_size(&axis_name(axis, D), plane[axis]))
}

/// A sliding window over `D` spatial axes.
///
/// An axis of size H yields (H + 2P − D(F − 1) − 1)/S + 1 positions for a kernel of F cells D apart (dilation), moved by
/// S cells at a time (stride) over an input with P cells of padding on either side.
///
/// ```
/// use wengert::Window;
/// let w = Window::<2>::new(3).stride(2).padding([1, 0]);
/// assert_eq!(w.output([5, 7])?, [3, 3]);
/// assert!(w.output([6, 7]).unwrap_err().to_string().contains("(6 + 2·1 − 1·(3 − 1) − 1)/2 + 1"));
/// assert_eq!(w.clone().floor().output([6, 7])?, [3, 3]);
/// assert_eq!(w.ceil().output([6, 7])?, [4, 3]);
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window<const D: usize> {
    kernel: [usize; D],
    stride: [usize; D],
    padding: [usize; D],
    dilation: [usize; D],
    rounding: Rounding,
}

impl<const D: usize> Window<D> {
    /// A window of the given kernel size: stride = kernel, no padding, dilation 1, exact.
    pub fn new(kernel: impl PerAxis<D>) -> Self {
        let kernel = kernel.per_axis();
        Window { kernel, stride: kernel, padding: [0; D], dilation: [1; D], rounding: Rounding::Exact }
    }

    /// Moves the window by this many cells from one position to the next.
    #[must_use]
    pub fn stride(mut self, stride: impl PerAxis<D>) -> Self {
        self.stride = stride.per_axis();
        self
    }

    /// Puts this many cells before the first and after the last cell of the input.
    #[must_use]
    pub fn padding(mut self, padding: impl PerAxis<D>) -> Self {
        self.padding = padding.per_axis();
        self
    }

    /// Spreads the cells of the kernel this far apart; 1 is a kernel without gaps.
    #[must_use]
    pub fn dilation(mut self, dilation: impl PerAxis<D>) -> Self {
        self.dilation = dilation.per_axis();
        self
    }

    /// Sets the rounding rule; [`exact`](Self::exact), [`floor`](Self::floor) and [`ceil`](Self::ceil) are its short forms.
    #[must_use]
    pub fn rounded(mut self, rounding: Rounding) -> Self {
        self.rounding = rounding;
        self
    }

    /// Refuses inputs that the windows do not cover to the last cell: [`Rounding::Exact`].
    #[must_use]
    pub fn exact(self) -> Self {
        self.rounded(Rounding::Exact)
    }

    /// Drops the tail that no whole window reaches: [`Rounding::Floor`].
    #[must_use]
    pub fn floor(self) -> Self {
        self.rounded(Rounding::Floor)
    }

    /// Lets the last window hang over the edge: [`Rounding::Ceil`].
    #[must_use]
    pub fn ceil(self) -> Self {
        self.rounded(Rounding::Ceil)
    }

    /// The kernel sizes F.
    pub fn kernel(&self) -> [usize; D] {
        self.kernel
    }

    /// The strides S.
    pub fn strides(&self) -> [usize; D] {
        self.stride
    }

    /// The paddings P, each on both sides of its axis.
    pub fn paddings(&self) -> [usize; D] {
        self.padding
    }

    /// The dilations D.
    pub fn dilations(&self) -> [usize; D] {
        self.dilation
    }

    /// The rounding rule.
    pub fn rounding(&self) -> Rounding {
        self.rounding
    }

    /// The number of window positions along each axis of an input: (H + 2P − D(F − 1) − 1)/S + 1.
    ///
    /// ```
    /// use wengert::Window;
    /// assert_eq!(Window::<1>::new(2).output([6])?, [3]);
    /// assert_eq!(Window::<1>::new(2).padding(1).stride(2).ceil().output([3])?, [2]);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    ///
    /// # Errors
    /// A zero kernel, stride or dilation; an input axis of size 0; a dilated kernel longer than the padded input;
    /// numbers too large to add up; and, for [`Rounding::Exact`], a division with a remainder.
    pub fn output(&self, input: [usize; D]) -> Result<[usize; D], Error> {
        let mut out = [0; D];
        for (axis, o) in out.iter_mut().enumerate() {
            *o = self.axis(axis).positions(input[axis])?;
        }
        Ok(out)
    }

    /// As [`output`](Self::output), with what pooling asks for besides: every window holds at least one cell of the input.
    ///
    /// ```
    /// use wengert::Window;
    /// assert_eq!(Window::<2>::new(3).stride(2).padding(1).pool_output([5, 5])?, [3, 3]);
    /// assert!(Window::<2>::new(3).stride(1).padding(2).pool_output([5, 5]).unwrap_err().is_argument());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`output`](Self::output) and [`check_pool_padding`](Self::check_pool_padding), and a dilated kernel
    /// that steps over the whole input, so that a window would see nothing but padding.
    pub fn pool_output(&self, input: [usize; D]) -> Result<[usize; D], Error> {
        let out = self.output(input)?;
        self.check_pool_padding()?;
        for axis in 0..D {
            self.axis(axis).check_cells(input[axis], out[axis])?;
        }
        Ok(out)
    }

    /// Checks that no padding exceeds half of the dilated kernel.
    ///
    /// More padding than that, and a pooling window could lie in it altogether.
    ///
    /// ```
    /// use wengert::Window;
    /// assert!(Window::<1>::new(3).padding(1).check_pool_padding().is_ok());
    /// let e = Window::<1>::new(3).padding(2).check_pool_padding().unwrap_err();
    /// assert!(e.to_string().contains("2·2 > 1·(3 − 1) + 1 = 3"));
    /// ```
    ///
    /// # Errors
    /// 2P > D(F − 1) + 1 on some axis, or a zero kernel, stride or dilation.
    pub fn check_pool_padding(&self) -> Result<(), Error> {
        (0..D).try_for_each(|axis| self.axis(axis).check_padding())
    }

    /// The sizes of an input that has this many windows: those asked for, if they fit, or those covered exactly.
    pub(crate) fn unpooled(&self, windows: [usize; D], asked: Option<[usize; D]>) -> Result<[usize; D], Error> {
        let mut sizes = [0; D];
        for (axis, size) in sizes.iter_mut().enumerate() {
            *size = self.axis(axis).unpooled(windows[axis], asked.map(|a| a[axis]))?;
        }
        Ok(sizes)
    }

    fn axis(&self, axis: usize) -> Axis {
        Axis {
            name: axis_name(axis, D),
            kernel: self.kernel[axis],
            stride: self.stride[axis],
            padding: self.padding[axis],
            dilation: self.dilation[axis],
            rounding: self.rounding,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::axis::FORMULA;
    use super::*;

    fn text<V: std::fmt::Debug>(r: Result<V, Error>) -> String {
        r.unwrap_err().to_string()
    }

    #[test]
    fn the_formula_holds_on_known_shapes() {
        assert_eq!(Window::<2>::new(2).output([28, 28]).unwrap(), [14, 14]);
        assert_eq!(Window::new([3, 5]).stride(1).padding([1, 2]).output([7, 9]).unwrap(), [7, 9]);
        assert_eq!(Window::<1>::new(3).stride(1).dilation(2).output([5]).unwrap(), [1]);
        assert_eq!(Window::<3>::new([1, 2, 3]).output([4, 4, 3]).unwrap(), [4, 2, 1]);
        assert_eq!(Window::<2>::new(11).stride(4).padding(2).floor().output([224, 224]).unwrap(), [55, 55]);
    }

    #[test]
    fn a_remainder_prints_the_formula_and_both_ways_out() {
        let e = text(Window::<2>::new(2).output([4, 5]));
        for part in ["width", FORMULA, "(5 + 2·0 − 1·(2 − 1) − 1)/2 + 1", "3/2", ".floor()", ".ceil()", "output 2"]
        {
            assert!(e.contains(part), "{part} is missing in: {e}");
        }
        assert!(e.contains("output 3"), "{e}");
    }

    #[test]
    fn rounding_up_stops_at_windows_that_start_in_the_right_padding() {
        // Input 3, kernel 2, stride 2, padding 1: travel 3, and a third window would start at 3, past the input.
        let w = Window::<1>::new(2).padding(1);
        assert_eq!(w.clone().ceil().output([3]).unwrap(), [2]);
        assert_eq!(w.clone().floor().output([3]).unwrap(), [2]);
        assert_eq!(Window::<1>::new(2).ceil().output([5]).unwrap(), [3]);
        assert!(text(w.output([3])).contains(".ceil() lets the last window hang over the edge (output 2)"));
    }

    #[test]
    fn senseless_windows_are_refused_with_their_numbers() {
        assert!(text(Window::<2>::new(2).stride([1, 0]).output([4, 4])).contains("stride is 0 along the width"));
        assert!(text(Window::<2>::new(2).dilation([0, 1]).output([4, 4])).contains("dilation is 0 along the height"));
        assert!(text(Window::<1>::new(0).output([4])).contains("kernel is 0 along the length"));
        assert!(text(Window::<3>::new(1).output([0, 1, 1])).contains("the depth is 0"));
        let e = text(Window::<1>::new(3).dilation(2).padding(1).ceil().output([2]));
        assert!(e.contains("2·(3 − 1) + 1 = 5 > 2 + 2·1 = 4"), "{e}");
        assert!(Window::<1>::new(2).stride(0).output([3]).unwrap_err().is_argument());
        assert!(Window::<1>::new(5).output([3]).unwrap_err().is_shape());
    }

    #[test]
    fn pooling_refuses_padding_above_half_the_dilated_kernel() {
        assert!(Window::<2>::new(2).padding(1).check_pool_padding().is_ok());
        assert!(Window::<2>::new(3).padding([1, 2]).check_pool_padding().unwrap_err().is_argument());
        assert!(Window::<2>::new(2).dilation(3).padding(2).check_pool_padding().is_ok());
        assert!(text(Window::<1>::new(3).padding(2).check_pool_padding()).contains("at most 1"));
    }

    #[test]
    fn a_pooled_plane_has_had_one_of_these_sizes() {
        let w = Window::<1>::new(3).stride(2).padding(1);
        assert_eq!(w.unpooled([4], None).unwrap(), [7]);
        // Exactly those that pool to 4, rounded down or up.
        let fits: Vec<usize> = (1..20).filter(|&n| w.unpooled([4], Some([n])).is_ok()).collect();
        let pools = |w: Window<1>, n: usize| w.output([n]).is_ok_and(|o| o == [4]);
        let should: Vec<usize> =
            (1..20).filter(|&n| pools(w.clone().floor(), n) || pools(w.clone().ceil(), n)).collect();
        assert_eq!((fits, should), (vec![6, 7, 8], vec![6, 7, 8]));
        let e = text(w.unpooled([4], Some([9])));
        for part in ["length of 9 does not have 4 windows", "|9 − 7|", "(4 − 1)·2 − 2·1 + 1·(3 − 1) + 1 = 7"]
        {
            assert!(e.contains(part), "{part} is missing in: {e}");
        }
        assert!(
            text(Window::<1>::new(2).padding(1).unpooled([1], None)).contains("(1 − 1)·2 − 2·1 + 1·(2 − 1) + 1 = 0")
        );
        assert!(w.unpooled([0], None).is_err() && w.stride(usize::MAX).unpooled([usize::MAX], None).is_err());
    }

    #[test]
    fn pooling_refuses_windows_of_padding_alone() {
        // Two cells 3 apart over an input of 2: the only window covers -1 and 2, neither of which exists.
        let w = Window::<1>::new(2).dilation(3).padding(1).stride(1);
        assert_eq!(w.output([2]).unwrap(), [1]);
        assert!(text(w.pool_output([2])).contains("nothing but padding"));
        assert_eq!(w.pool_output([3]).unwrap(), [2]);
    }

    proptest! {
        #[test]
        fn every_count_is_the_number_of_windows_that_can_be_placed(
            size in 1usize..20, k in 1usize..6, s in 1usize..5, p in 0usize..5, d in 1usize..4,
        ) {
            let w = Window::<1>::new(k).stride(s).padding(p).dilation(d);
            let extent = d * (k - 1) + 1;
            let padded = size + 2 * p;
            let placed = (0..padded).step_by(s).filter(|start| start + extent <= padded).count();
            let covered = (0..padded).step_by(s).any(|start| start + extent == padded);
            let tail = placed * s < size + p && !covered;
            if placed == 0 {
                prop_assert!(w.clone().floor().output([size]).is_err() && w.ceil().output([size]).is_err());
            } else {
                prop_assert_eq!(w.clone().floor().output([size]).unwrap(), [placed]);
                prop_assert_eq!(w.clone().ceil().output([size]).unwrap(), [placed + usize::from(tail)]);
                prop_assert_eq!(w.exact().output([size]).is_ok(), covered);
            }
        }

        #[test]
        fn a_pool_is_accepted_only_if_every_window_holds_a_cell(
            size in 1usize..8, k in 1usize..5, s in 1usize..4, p in 0usize..6, d in 1usize..6,
        ) {
            let w = Window::<1>::new(k).stride(s).padding(p).dilation(d).ceil();
            if let Ok([n]) = w.output([size]) {
                let holds = |o: usize| (0..k).any(|j| (p..p + size).contains(&(o * s + j * d)));
                let sound = 2 * p <= d * (k - 1) + 1 && (0..n).all(holds);
                prop_assert_eq!(w.pool_output([size]).is_ok(), sound);
            }
        }

        #[test]
        fn no_number_is_too_large_to_be_refused(
            size: usize, k: usize, s: usize, p: usize, d: usize, mode in 0..3usize,
        ) {
            let rounding = [Rounding::Exact, Rounding::Floor, Rounding::Ceil][mode];
            let w = Window::<1>::new(k).stride(s).padding(p).dilation(d).rounded(rounding);
            if let Ok([n]) = w.output([size]) {
                prop_assert!(n >= 1 && (n - 1) * s < size + 2 * p);
            }
            let _ = w.check_pool_padding();
        }
    }
}
