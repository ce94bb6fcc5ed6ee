//! An axis cut by rule: into pieces of a size, into a number of pieces, and into windows that may overlap.
//! The cuts are splits of one line; windows are picked by number, so that their adjoint adds what overlaps.

use crate::ops::prelude::*;

/// As many pieces of the size as fit, and what is left; an empty axis is one empty piece.
fn of_size(axis: usize, size: usize) -> SmallVec<[usize; 4]> {
    (0..axis.div_ceil(size).max(1)).map(|k| size.min(axis - k * size)).collect()
}

/// Refuses 0 pieces, or pieces of size 0.
#[track_caller]
fn at_least_one<T: Real>(x: Var<'_, T>, op: &'static str, what: &str, n: usize) -> usize {
    if n == 0 {
        let e = Error::argument(format!("{what} is 0")).rule(format!("{what} is 1 or more")).fix("pass 1 or more");
        x.tape.blame(e, op, &[x.id]).raise();
    }
    n
}

impl<'t, T: Real> Var<'t, T> {
    /// The axis cut into pieces of one size; the last is smaller where the size does not divide the axis.
    ///
    /// [`split`](Var::split) takes a list of sizes.
    ///
    /// # Panics
    /// The axis does not exist, or `size` is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let parts = tape.var([1., 2., 3., 4., 5.]).split_every(0, 2);
    /// assert_eq!(parts.len(), 3);
    /// assert_eq!(parts[2].value().as_slice().unwrap(), [5.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn split_every(self, axis: isize, size: usize) -> Vec<Self> {
        let axis = self.axis("split_every", axis);
        let size = at_least_one(self, "split_every", "the size of a piece", size);
        self.split_at_sizes(axis, of_size(self.dims()[axis], size))
    }

    /// The axis cut into at most so many pieces of the same size, ⌈n / parts⌉; the last may be smaller, and there may be
    /// fewer pieces: 5 in 4 parts are 2, 2, 1. As PyTorch's `chunk`.
    ///
    /// [`split_evenly`](Var::split_evenly) makes exactly as many parts as it is asked for.
    ///
    /// # Panics
    /// The axis does not exist, or `parts` is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let sizes = |parts: Vec<Var<'_>>| parts.iter().map(|p| p.dims()[1]).collect::<Vec<usize>>();
    /// assert_eq!(sizes(tape.zeros([2, 5]).chunk(1, 3)), [2, 2, 1]);
    /// assert_eq!(sizes(tape.zeros([2, 5]).chunk(1, 4)), [2, 2, 1]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn chunk(self, axis: isize, parts: usize) -> Vec<Self> {
        let axis = self.axis("chunk", axis);
        let parts = at_least_one(self, "chunk", "the number of parts", parts);
        let n = self.dims()[axis];
        if n == 0 {
            return self.split_evenly(axis as isize, parts);
        }
        self.split_at_sizes(axis, of_size(n, n.div_ceil(parts)))
    }

    /// The axis cut into exactly so many parts; what does not divide makes the first parts longer by one: 5 in 4 parts
    /// are 2, 1, 1, 1. PyTorch's `tensor_split`, NumPy's `array_split`.
    ///
    /// # Panics
    /// The axis does not exist, or `parts` is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let parts = tape.zeros([2, 5]).split_evenly(1, 4);
    /// let sizes: Vec<usize> = parts.iter().map(|p| p.dims()[1]).collect();
    /// assert_eq!(sizes, [2, 1, 1, 1]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn split_evenly(self, axis: isize, parts: usize) -> Vec<Self> {
        let axis = self.axis("split_evenly", axis);
        let parts = at_least_one(self, "split_evenly", "the number of parts", parts);
        let size = self.dims()[axis];
        // More parts than a line can have results are refused by it; without the bound, the list itself would be too long.
        let sizes = (0..parts.min(1 << 17)).map(|k| size / parts + usize::from(k < size % parts)).collect();
        self.split_at_sizes(axis, sizes)
    }

    /// Every window of `size` places of an axis, `step` apart: the axis counts the windows, and a new last axis goes
    /// through each. PyTorch's `Tensor.unfold`.
    ///
    /// There are ⌊(n − size) / step⌋ + 1 windows. Places that lie in several windows get the sum of their cotangents.
    /// For windows of images see [`unfold`](Var::unfold).
    ///
    /// # Panics
    /// The axis does not exist, a window is longer than it, or the step is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 2., 3., 4., 5.]);
    /// let y = x.windows(0, 3, 1);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 2., 3., 2., 3., 4., 3., 4., 5.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [1., 2., 3., 2., 1.]);
    /// assert_eq!(y.mean_over(-1).value().as_slice().unwrap(), [2., 3., 4.]);    // a moving average
    /// ```
    #[track_caller]
    #[must_use]
    pub fn windows(self, axis: isize, size: usize, step: usize) -> Self {
        let axis = self.axis("windows", axis);
        let step = at_least_one(self, "windows", "the step", step);
        let n = self.dims()[axis];
        let fits = n.checked_sub(size).filter(|_| u32::try_from(n).is_ok());
        let Some(rest) = fits else {
            let e = Error::shape(format!("windows of {size} places on axis {axis} of size {n}"))
                .rule("a window is no longer than the axis, and the axis no longer than a u32 counts")
                .fix("pad the axis, or take shorter windows");
            self.tape.blame(e, "windows", &[self.id]).raise()
        };
        let index: Vec<u32> = (0..=rest / step).flat_map(|w| (0..size).map(move |k| (w * step + k) as u32)).collect();
        let index = self.tape.ints(index).reshape([rest / step + 1, size]);
        self.index_select(axis as isize, index).movedim(axis as isize + 1, -1)
    }
}

impl<T: Real> IntVar<'_, T> {
    /// As [`Var::split_every`]: the labels of batches, say.
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    #[must_use]
    pub fn split_every(self, axis: isize, size: usize) -> Vec<Self> {
        let axis = self.axis("split_every", axis);
        if size == 0 {
            let e = Error::argument("the size of a piece is 0").rule("it is 1 or more").fix("pass 1 or more");
            self.tape.blame(e, "split_every", &[self.id]).raise();
        }
        self.split(axis as isize, &of_size(self.dims()[axis], size))
    }
}

#[cfg(test)]
mod tests {
    use crate::check::check;
    use crate::prelude::*;

    fn sizes(parts: Vec<Var<'_>>) -> Vec<usize> {
        parts.iter().map(|p| p.dims()[0]).collect()
    }

    #[test]
    fn pieces_by_size_and_by_number() {
        let tape = Tape::new();
        let of = |n: usize| tape.zeros([n]);
        assert_eq!(sizes(of(5).split_every(0, 2)), [2, 2, 1]);
        assert_eq!(sizes(of(5).split_every(0, 9)), [5]);
        assert_eq!(sizes(of(0).split_every(0, 2)), [0]);
        assert_eq!(sizes(of(6).chunk(0, 4)), [2, 2, 2]);
        assert_eq!(sizes(of(5).chunk(0, 9)), [1; 5]);
        assert_eq!(sizes(of(0).chunk(0, 3)), [0; 3]);
        assert_eq!(sizes(of(5).split_evenly(0, 3)), [2, 2, 1]);
        assert_eq!(sizes(of(2).split_evenly(0, 3)), [1, 1, 0]);
        let labels = tape.ints([7, 8, 9]).split_every(0, 2);
        assert_eq!((labels.len(), labels[1].value().as_slice().unwrap()), (2, &[9][..]));
    }

    #[test]
    fn windows_of_an_inner_axis() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[0., 1.], [2., 3.], [4., 5.], [6., 7.]]);
        let y = x.windows(0, 2, 2);
        assert_eq!(y.dims(), [2, 2, 2]);
        assert_eq!(y.value().iter().copied().collect::<Vec<f64>>(), [0., 2., 1., 3., 4., 6., 5., 7.]);
        assert_eq!((x.windows(0, 0, 1).dims(), x.windows(0, 4, 9).dims()), ([5, 2, 0].into(), [1, 2, 4].into()));
        check(
            |_, x| x[0].windows(0, 3, 1).sin().prod_over(-1),
            &[ndarray::array![[0.5, 1.0], [2.0, 0.3], [1.1, -1.0], [0.7, 0.2]]],
        )
        .assert();
    }

    #[test]
    #[should_panic(expected = "windows: windows of 4 places on axis 0 of size 3")]
    fn a_window_fits_its_axis() {
        let tape = Tape::new();
        let _ = tape.zeros([3]).windows(0, 4, 1);
    }

    #[test]
    #[should_panic(expected = "chunk: the number of parts is 0")]
    fn no_parts_are_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([3]).chunk(0, 0);
    }
}
