//! Short forms of picking: by flat number, along an axis with broadcasting, from a table with a row that stands still.
//! Composites of gather and index-select.

use crate::ops::prelude::*;
use crate::shape::broadcast_dims;

impl<'t, T: Real> Var<'t, T> {
    /// The elements at the flat, row-major numbers given, in the shape of the index.
    ///
    /// # Panics
    /// A number that is known is not below the number of elements; a computed one is an error when it runs.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [3., 4.]]);
    /// assert_eq!(x.take(tape.ints([3, 0])).value().as_slice().unwrap(), [4., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn take(self, index: IntVar<'t, T>) -> Self {
        self.flatten().index_select(0, index)
    }

    /// As [`gather`](Var::gather), after both have been broadcast to a common shape beside the axis: what `argmax` or
    /// `argsort` along an axis name. NumPy's `take_along_axis`.
    ///
    /// # Panics
    /// The ranks differ, the shapes do not broadcast beside the axis, or an index lies outside it.
    ///
    /// ```
    /// use ndarray::array;
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[3., 1., 2.], [6., 4., 5.]]);
    /// let y = x.take_along(1, x.argsort(1));
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 2., 3., 4., 5., 6.]);
    /// assert_eq!(x.take_along(1, tape.ints(array![[2]])).value().as_slice().unwrap(), [2., 5.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn take_along(self, axis: isize, index: IntVar<'t, T>) -> Self {
        let at = self.axis("take_along", axis);
        let (dims, index_dims) = (self.dims(), index.dims());
        let common = (dims.rank() == index_dims.rank())
            .then(|| broadcast_dims(&dims.with(at, 1), &index_dims.with(at, 1)))
            .flatten();
        let Some(common) = common else {
            let e = Error::shape(format!("an index of shape {index_dims} along axis {at} of shape {dims}"))
                .rule("the ranks are equal, and beside the axis two sizes are equal or one of them is 1")
                .fix("reshape the index; to pick by flat number, use `take`");
            self.tape.blame(e, "take_along", &[self.id, index.id]).raise()
        };
        self.fit(&common.with(at, dims[at])).gather(axis, index.fit(&common.with(at, index_dims[at])))
    }

    /// As [`embedding`](Var::embedding), with one row that is read but never moved: its gradient is 0, as that of the row
    /// which stands for padding should be.
    ///
    /// # Panics
    /// As there; `padding` is not below n.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let table = tape.var([[0., 0.], [10., 11.]]);
    /// let y = table.embedding_padded(tape.ints([1, 0, 0]), 0);
    /// assert_eq!(y.value().as_slice().unwrap(), [10., 11., 0., 0., 0., 0.]);
    /// assert_eq!(y.sum().backward()[table].as_slice().unwrap(), [0., 0., 1., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn embedding_padded(self, ids: IntVar<'t, T>, padding: u32) -> Self {
        let rows = self.embedding(ids);
        if padding as usize >= self.dims()[0] {
            let e = Error::index(format!("padding row {padding} of a table of {} rows", self.dims()[0]))
                .rule("the padding is a row of the table")
                .fix("name a row of the table, or use `embedding`");
            self.tape.blame(e, "embedding_padded", &[self.id]).raise();
        }
        ids.equals(padding).unsqueeze(-1).select(rows.stop_gradient(), rows)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn both_sides_broadcast_beside_the_axis() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[1., 2., 3.]]);
        let y = x.take_along(-1, tape.ints(ndarray::array![[2, 0], [1, 1]]));
        assert_eq!(y.value().as_slice().unwrap(), [3., 1., 2., 2.]);
        assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [1., 2., 1.]);
    }

    #[test]
    #[should_panic(expected = "take_along: an index of shape [3] along axis 1 of shape [2, 2]")]
    fn ranks_are_equal() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 2]).take_along(1, tape.ints([0, 1, 0]));
    }

    #[test]
    #[should_panic(expected = "embedding_padded: padding row 7 of a table of 2 rows")]
    fn the_padding_is_a_row() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 2]).embedding_padded(tape.ints([0]), 7);
    }
}
