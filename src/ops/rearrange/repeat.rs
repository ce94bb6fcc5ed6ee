//! Elements and whole tensors repeated: `expand`, `tile`, `repeat_interleave`.
//! Each is a broadcast between reshapes, so one adjoint, the sum over what was repeated, serves them all.

use crate::ops::prelude::*;
use crate::shape::Sizes;

/// What to say of counts that do not fit an axis.
fn misfit(counts: usize, axis: usize, size: usize) -> Error {
    Error::shape(format!("{counts} counts for axis {axis} of size {size}"))
        .rule("there is one count for all places, or one for each")
        .fix("pass as many counts as the axis has places")
}

impl<'t, T: Real> Var<'t, T> {
    /// The tensor repeated along axes of size 1 and along new leading axes; −1 keeps the size that is there.
    ///
    /// As [`broadcast_to`](Var::broadcast_to), without naming the sizes that stay.
    ///
    /// # Panics
    /// A size is neither that of its axis nor stands at an axis of size 1, or a new axis is −1.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1.], [2.]]);
    /// assert_eq!(x.expand([-1, 3]).value().as_slice().unwrap(), [1., 1., 1., 2., 2., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn expand(self, sizes: impl Into<Sizes>) -> Self {
        match sizes.into().or_those_of(&self.dims()) {
            Ok(dims) => self.broadcast_to(dims),
            Err(e) => self.tape.blame(e, "expand", &[self.id]).raise(),
        }
    }

    /// The whole tensor, repeated as often as each axis says; fewer numbers than axes mean the last ones, more of them
    /// make new leading axes. NumPy's `tile`; PyTorch's `tile` and `repeat`.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 2.]);
    /// assert_eq!(x.tile([2]).value().as_slice().unwrap(), [1., 2., 1., 2.]);
    /// assert_eq!(x.tile([3, 2]).dims(), [3, 4]);
    /// assert_eq!(x.tile([3, 2]).sum().backward()[x].as_slice().unwrap(), [6., 6.]);
    /// ```
    ///
    /// # Panics
    /// The result has more elements than memory holds.
    #[track_caller]
    #[must_use]
    pub fn tile(self, times: impl AsRef<[usize]>) -> Self {
        let (dims, times) = (self.dims(), times.as_ref());
        let rank = dims.rank().max(times.len());
        let padded = |list: &[usize], k: usize| (k + list.len()).checked_sub(rank).map_or(1, |k| list[k]);
        let pairs: Vec<[usize; 2]> = (0..rank).map(|k| [padded(times, k), padded(&dims, k)]).collect();
        let apart: Dims = pairs.iter().flat_map(|&[_, n]| [1, n]).collect();
        let repeated = self.reshape(apart).broadcast_to(pairs.iter().copied().flatten().collect::<Dims>());
        repeated.reshape(pairs.iter().map(|[t, n]| t * n).collect::<Dims>())
    }

    /// Every place of an axis repeated where it stands, by one count for all or one for each. NumPy's `repeat`.
    ///
    /// # Panics
    /// The axis does not exist, or there are neither one count nor as many as places.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 2., 3.]);
    /// assert_eq!(x.repeat_interleave(0, [2]).value().as_slice().unwrap(), [1., 1., 2., 2., 3., 3.]);
    /// let y = x.repeat_interleave(0, [2, 0, 1]);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 1., 3.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [2., 0., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn repeat_interleave(self, axis: isize, counts: impl AsRef<[usize]>) -> Self {
        let axis = self.axis("repeat_interleave", axis);
        let (mut dims, counts) = (self.dims(), counts.as_ref());
        if let [count] = *counts {
            let new = axis as isize + 1;
            let size = dims[axis];
            dims.insert(axis + 1, count);
            let repeated = self.unsqueeze(new).broadcast_to(&dims);
            dims.remove(axis + 1);
            return repeated.reshape(dims.with(axis, size * count));
        }
        if counts.len() != dims[axis] {
            self.tape.blame(misfit(counts.len(), axis, dims[axis]), "repeat_interleave", &[self.id]).raise();
        }
        let total = counts.iter().try_fold(0usize, |n, &c| n.checked_add(c)).filter(|&n| u32::try_from(n).is_ok());
        if total.is_none() {
            let e = Error::shape("the counts add up to more than an index counts")
                .rule(format!("an axis that is picked from by number has at most {} places", u32::MAX))
                .fix("check the counts given");
            self.tape.blame(e, "repeat_interleave", &[self.id]).raise();
        }
        let index: Vec<u32> = (0..).zip(counts).flat_map(|(k, &c)| std::iter::repeat_n(k, c)).collect();
        self.index_select(axis as isize, self.tape.ints(index))
    }
}

#[cfg(test)]
mod tests {
    use crate::check::check;
    use crate::prelude::*;

    fn list(v: Var<'_, f64>) -> Vec<f64> {
        v.value().iter().copied().collect()
    }

    #[test]
    fn tiles_follow_their_definition() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[1., 2.], [3., 4.]]);
        assert_eq!(list(x.tile([2])), [1., 2., 1., 2., 3., 4., 3., 4.]);
        assert_eq!(list(x.tile([2, 1])), [1., 2., 3., 4., 1., 2., 3., 4.]);
        assert_eq!((x.tile([0usize; 0]).dims(), x.tile([2, 1, 3]).dims()), ([2, 2].into(), [2, 2, 6].into()));
        assert_eq!((x.tile([0, 2]).dims(), tape.var(1.0).tile([2, 3]).dims()), ([0, 4].into(), [2, 3].into()));
    }

    #[test]
    fn places_are_repeated_where_they_stand() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[1., 2.], [3., 4.]]);
        assert_eq!(list(x.repeat_interleave(1, [2])), [1., 1., 2., 2., 3., 3., 4., 4.]);
        assert_eq!(list(x.repeat_interleave(0, [0, 2])), [3., 4., 3., 4.]);
        assert_eq!(x.repeat_interleave(0, [0]).dims(), [0, 2]);
    }

    #[test]
    fn derivatives_add_up_what_was_repeated() {
        let x = ndarray::array![[0.5, -1.0, 2.0], [0.25, 1.0, -3.0]];
        let report = check(
            |_, x| {
                let y = x[0].tile([2, 2]).sin() * x[0].repeat_interleave(0, [2]).repeat_interleave(1, [1, 4, 1]);
                y.sum() + x[0].unsqueeze(0).expand([3, -1, -1]).square().mean()
            },
            &[x],
        );
        report.assert();
    }

    #[test]
    #[should_panic(expected = "repeat_interleave: 3 counts for axis 0 of size 2")]
    fn there_is_one_count_for_each_place() {
        let tape = Tape::new();
        let _ = tape.zeros([2]).repeat_interleave(0, [1, 1, 1]);
    }

    #[test]
    #[should_panic(expected = "the number of elements fits in memory")]
    fn a_tiling_that_no_memory_holds_is_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([2]).tile([usize::MAX]);
    }

    #[test]
    #[should_panic(expected = "expand: size 0 of [-1, 2] is open, where shape [2] has no axis")]
    fn a_new_axis_needs_a_size() {
        let tape = Tape::new();
        let _ = tape.zeros([2]).expand([-1, 2]);
    }
}
