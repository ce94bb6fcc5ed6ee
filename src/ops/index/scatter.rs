//! Writing by position: `scatter`, `index_copy`, `index_fill`. Where several writes meet, the last one stays.
//! One operation finds which write stays; the rest selects, so that derivatives reach exactly the writes that stayed.

use super::gather::check_fit;
use super::positions::{along, outside};
use crate::kernels::index;
use crate::ops::pointwise::compare::LineOrNumber;
use crate::ops::prelude::*;
use crate::ops::rearrange::broadcast::ones_at;

/// For each place of the given shape 1 more than the number of the last write to it, in row-major order of the index;
/// 0 where none goes.
#[derive(Clone, Debug)]
pub(crate) struct LastWrite {
    axis: usize,
    dims: Dims,
}

impl<T: Real> Op<T> for LastWrite {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "last_write"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_fit(&self.dims, &x[0], self.axis)?;
        if u32::try_from(x[0].count() + 1).is_err() {
            return Err(Error::shape(format!("{} writes", x[0].count()))
                .rule(format!("writes are counted in u32, at most {}", u32::MAX - 1))
                .fix("write in several steps"));
        }
        Ok(ResultSigs::int(self.dims.clone()))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let size = self.dims[self.axis];
        index::last_write(x[0].int(), x[0].dims(), self.axis, (y[0].int(), &self.dims))
            .map_err(|at| outside(&x[0], at, size, &along(self.axis, size)))
    }

    fn vjp<'t>(&self, _: &Vjp<'t, T>) {}

    fn jvp<'t>(&self, _: &Jvp<'t, T>) {}

    fn attributes(&self) -> Attributes {
        smallvec![("axis", self.axis.into()), ("shape", (&self.dims[..]).into())]
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<'t, T: Real> IntVar<'t, T> {
    /// Which of these writes, `op`'s, stays at each place of a tensor of shape `dims`.
    #[track_caller]
    fn last_write(self, op: &'static str, axis: usize, dims: Dims) -> Self {
        match self.tape.apply(LastWrite { axis, dims }, &[self.into()]) {
            Ok(results) => results.int(0),
            Err(e) => e.told_by(op).raise(),
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// This tensor with elements written at the positions given: y\[…, index\[…, i, …\], …\] = src\[…, i, …\].
    ///
    /// `src` is a number, or a line that broadcasts to the index's shape. Where several positions agree, the last write in
    /// row-major order of the index stays, and it alone gets the cotangent. [`scatter_add`](Var::scatter_add) sums.
    ///
    /// # Panics
    /// The shapes do not fit, or an index that is known lies outside the axis; a computed one is an error when it runs.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, src) = (tape.var([1., 2., 3.]), tape.var([10., 20., 30.]));
    /// let y = x.scatter(0, tape.ints([2, 0, 2]), src);
    /// assert_eq!(y.value().as_slice().unwrap(), [20., 2., 30.]);
    /// let g = y.sum().backward();
    /// assert_eq!(g[x].as_slice().unwrap(), [0., 1., 0.]);
    /// assert_eq!(g[src].as_slice().unwrap(), [0., 1., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn scatter(self, axis: isize, index: IntVar<'t, T>, src: impl Into<LineOrNumber<'t, T>>) -> Self {
        let axis = self.axis("scatter", axis);
        let stays = index.last_write("scatter", axis, self.dims());
        match src.into() {
            LineOrNumber::Number(number) => self.masked_fill(stays, LineOrNumber::Number(number)),
            LineOrNumber::Line(src) => {
                // Write 0 is the first of a list in front of which a place for none stands.
                let writes = src.fit(&index.dims()).flatten().pad(&[(1, 0)], 0.0);
                stays.select(writes.index_select(0, stays), self)
            }
        }
    }

    /// This tensor with whole slices of `src` written at the numbers given: slice index\[k\] along the axis becomes slice k
    /// of `src`.
    ///
    /// Where several numbers agree, the last write stays, and it alone gets the cotangent. [`index_add`](Var::index_add)
    /// sums.
    ///
    /// # Panics
    /// The index is not of one axis, `src` has not this tensor's shape with as many slices as there are numbers, or a
    /// number that is known lies outside the axis; a computed one is an error when it runs.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, src) = (tape.zeros([3, 2]), tape.var([[1., 2.], [3., 4.]]));
    /// let y = x.index_copy(0, tape.ints([2, 0]), src);
    /// assert_eq!(y.value().as_slice().unwrap(), [3., 4., 0., 0., 1., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn index_copy(self, axis: isize, index: IntVar<'t, T>, src: Var<'t, T>) -> Self {
        let axis = self.axis("index_copy", axis);
        let (dims, stays) = self.stays_along("index_copy", axis, index);
        if src.dims() != dims.with(axis, index.count()) {
            let e =
                Error::shape(format!("slices of shape {} for {} places of shape {dims}", src.dims(), index.count()))
                    .rule("beside the axis the sizes are equal, and there is one slice for each number")
                    .fix("reshape or broadcast what is written");
            self.tape.blame(e, "index_copy", &[self.id, index.id, src.id]).raise();
        }
        let mut margins: SmallVec<[(isize, isize); 4]> = SmallVec::from_elem((0, 0), dims.rank());
        margins[axis].0 = 1;
        let slices = src.pad(&margins, 0.0).index_select(axis as isize, stays);
        self.masked_fill(stays.reshape(beside(&dims, axis)), slices)
    }

    /// This tensor with whole slices along an axis filled with a value, a number or a line of one element.
    ///
    /// # Panics
    /// The index is not of one axis, the value is a line that does not broadcast, or a number that is known lies outside
    /// the axis; a computed one is an error when it runs.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2., 3.], [4., 5., 6.]]);
    /// let y = x.index_fill(1, tape.ints([0, 2]), -1.0);
    /// assert_eq!(y.value().as_slice().unwrap(), [-1., 2., -1., -1., 5., -1.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [0., 1., 0., 0., 1., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn index_fill(self, axis: isize, index: IntVar<'t, T>, value: impl Into<LineOrNumber<'t, T>>) -> Self {
        let axis = self.axis("index_fill", axis);
        let (dims, stays) = self.stays_along("index_fill", axis, index);
        self.masked_fill(stays.reshape(beside(&dims, axis)), value)
    }

    /// This tensor's shape, and which of the numbers stays at each place of the axis.
    #[track_caller]
    fn stays_along(self, op: &'static str, axis: usize, index: IntVar<'t, T>) -> (Dims, IntVar<'t, T>) {
        let dims = self.dims();
        if index.rank() != 1 {
            let e = Error::shape(format!("an index of shape {}", index.dims()))
                .rule("slices are named by a list of numbers, of one axis")
                .fix("flatten the index");
            self.tape.blame(e, op, &[self.id, index.id]).raise();
        }
        let size = dims[axis];
        (dims, index.last_write(op, 0, [size].into()))
    }
}

/// The shape of a list along the axis that broadcasts beside it.
fn beside(dims: &Dims, axis: usize) -> Dims {
    let others: SmallVec<[usize; 4]> = (0..dims.rank()).filter(|&k| k != axis).collect();
    ones_at(dims, &others)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::{OpCheck, check};

    pub(crate) fn checks() -> Vec<OpCheck> {
        let of = |axis, dims: &[usize], index_dims: &[usize], index: &[u32]| {
            OpCheck::new(LastWrite { axis, dims: dims.into() }).ints(index_dims, index)
        };
        vec![of(0, &[4], &[3], &[3, 0, 3]), of(1, &[2, 3, 2], &[2, 1, 1], &[2, 0]), of(1, &[2, 3], &[2, 0], &[])]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn derivatives_reach_what_stayed() {
        let x = ndarray::array![[0.5, -1.0, 2.0], [0.25, 1.0, -3.0]];
        let src = ndarray::array![[1.5, 0.1], [-0.3, 0.7]];
        let scatter = check(
            |tape, x| {
                let index = tape.ints(ndarray::array![[2, 2], [0, 1]]);
                x[0].sin().scatter(1, index, x[1] * x[1]).square() + x[0].scatter(1, index, 2.0)
            },
            (&x, &src),
        );
        scatter.assert();
        let rows = ndarray::array![[1.5, 0.1, -0.3], [0.2, 0.7, 0.9], [2.0, 2.5, 0.4]];
        let copy = check(|tape, x| x[0].index_copy(0, tape.ints([1, 0, 1]), x[1].exp()).cumprod(0), (&x, &rows));
        copy.assert();
    }

    #[test]
    fn the_last_write_stays_and_the_others_get_nothing() {
        let tape = Tape::<f64>::default();
        let (x, src) = (tape.var([[1., f64::NAN], [3., 4.]]), tape.var([[5., 6.], [7., 8.], [9., 10.]]));
        let y = x.scatter(0, tape.ints(ndarray::array![[0, 0], [1, 0], [1, 0]]), src);
        assert_eq!(y.value().as_slice().unwrap(), [5., 10., 9., 4.]);
        let g = y.sum().backward();
        assert_eq!(g[x].as_slice().unwrap(), [0., 0., 0., 1.]);
        assert_eq!(g[src].as_slice().unwrap(), [1., 0., 0., 0., 1., 1.]);
        let copied = x.index_copy(1, tape.ints([0, 0]), tape.var([[1., 2.], [3., 4.]]));
        assert_eq!(copied.value()[[1, 0]], 4.0);
    }

    #[test]
    fn nothing_is_written_where_nothing_is_given() {
        let tape = Tape::<f64>::default();
        let x = tape.var([1., 2.]);
        let none = tape.ints(Vec::<u32>::new());
        assert_eq!(x.scatter(0, none, tape.zeros([0])).value(), x.value());
        assert_eq!(x.index_copy(0, none, tape.zeros([0])).value(), x.value());
        assert_eq!(x.index_fill(0, none, 7.0).value(), x.value());
        assert_eq!(x.scatter(0, tape.ints([1, 1]), tape.var(9.0)).value().as_slice().unwrap(), [1., 9.]);
    }

    #[test]
    #[should_panic(expected = "index_copy: slices of shape [2, 3] for 1 places of shape [2, 3]")]
    fn there_is_a_slice_for_each_number() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3]).index_copy(0, tape.ints([1]), tape.zeros([2, 3]));
    }

    #[test]
    #[should_panic(expected = "scatter: index 3 at position [1] lies outside axis 0 of size 3")]
    fn a_known_position_is_checked_while_recording() {
        let tape = Tape::new();
        let _ = tape.zeros([3]).scatter(0, tape.ints([0, 3]), 1.0);
    }
}
