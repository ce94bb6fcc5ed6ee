//! Index-select and index-add, each the other's adjoint: whole slices along an axis picked by number, as embeddings do.
//! Where several numbers agree, the sum is taken in the order of the list, whatever the number of threads.

use super::gather::begin;
use super::positions::{along, check_known, outside};
use crate::kernels::index;
use crate::ops::prelude::*;

/// Slice k of the result along the axis is slice index\[k\] of the operand; the index's axes take the axis's place.
#[derive(Clone, Debug)]
pub(crate) struct IndexSelect {
    axis: usize,
}

/// The adjoint: slice k of the operand is added to slice index\[k\] of the result.
#[derive(Clone, Debug)]
pub(crate) struct IndexAdd {
    axis: usize,
    /// The axis's size in the zeros that it adds onto; without it, operand 2 is added onto.
    size: Option<usize>,
}

/// Elements before the axis, and after `axes` of them from there.
fn around(dims: &[usize], axis: usize, axes: usize) -> (usize, usize) {
    (dims[..axis].iter().product(), dims[axis + axes..].iter().product())
}

/// The shape with `axes` axes from `axis` on replaced by others.
fn replaced(dims: &[usize], axis: usize, axes: usize, by: &[usize]) -> Dims {
    dims[..axis].iter().chain(by).chain(&dims[axis + axes..]).copied().collect()
}

impl<T: Real> Op<T> for IndexSelect {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "index_select"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let Some(&size) = x[0].dims.get(self.axis) else {
            return Err(Error::shape(format!("axis {} does not exist in shape {}", self.axis, x[0]))
                .rule(format!("axes lie below the rank, {}", x[0].rank()))
                .fix("use an axis within that range"));
        };
        check_known(&x[1], size, || along(self.axis, size))?;
        Ok(ResultSigs::of(x[0].kind, replaced(x[0].dims, self.axis, 1, x[1].dims)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let size = x[0].dims()[self.axis];
        let (outer, inner) = around(x[0].dims(), self.axis, 1);
        let done = match y[0].try_real() {
            Some(y) => index::take_rows(x[0].real(), [outer, size, inner], x[1].int(), y),
            None => index::take_rows(x[0].int(), [outer, size, inner], x[1].int(), y[0].int()),
        };
        done.map_err(|at| outside(&x[1], at, size, &along(self.axis, size)))
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().added_into(r.dims(0)[self.axis], self.axis, r.int(1)));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.selected(self.axis, r.int(1)));
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axis", self.axis.into())]
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::These(0b10), results: Which::None }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<T: Real> Op<T> for IndexAdd {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "index_add"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let (src, index, axis) = (x[0], x[1], self.axis);
        if src.dims.get(axis..axis + index.rank()) != Some(index.dims) {
            return Err(Error::shape(format!("shape {src} has no slices for an index {index} at axis {axis}"))
                .rule("the index's axes stand in the added tensor, from that axis on")
                .fix("pass one number for every slice that is added"));
        }
        let dims = match self.size {
            Some(size) => replaced(src.dims, axis, index.rank(), &[size]),
            None => x[2].dims.into(),
        };
        if dims.rank() <= axis || replaced(src.dims, axis, index.rank(), &[dims[axis]]) != dims {
            return Err(Error::shape(format!("slices of {src} along axis {axis} do not fit onto {dims}"))
                .rule("beside the axis the sizes are equal")
                .fix("reshape or broadcast what is added"));
        }
        check_known(&index, dims[axis], || along(axis, dims[axis]))?;
        Ok(ResultSigs::real(dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let size = y[0].dims()[self.axis];
        let (outer, inner) = around(y[0].dims(), self.axis, 1);
        begin(x.get(2), y[0].real());
        index::add_rows(x[0].real(), x[1].int(), [outer, size, inner], y[0].real())
            .map_err(|at| outside(&x[1], at, size, &along(self.axis, size)))
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().selected(self.axis, r.int(1)));
        if self.size.is_none() {
            r.give(2, || r.g());
        }
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.added_into(r.result_dims(0)[self.axis], self.axis, r.int(1)));
        if self.size.is_none() {
            r.term(2, |dx| dx);
        }
    }

    fn attributes(&self) -> Attributes {
        let mut list: Attributes = smallvec![("axis", self.axis.into())];
        list.extend(self.size.map(|n| ("size", n.into())));
        list
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::These(0b10), results: Which::None }
    }

    fn overwrites(&self) -> Option<usize> {
        if self.size.is_none() { Some(2) } else { None }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Whole slices along an axis, picked by number; the axes of the index take the place of that axis.
    ///
    /// For an index of shape \[m\]: y\[…, k, …\] = x\[…, index\[k\], …\]. A scalar index drops the axis.
    ///
    /// # Panics
    /// The axis does not exist, or an index that is known lies outside it; a computed one is an error when it runs.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2., 3.], [4., 5., 6.]]);
    /// let y = x.index_select(1, tape.ints([2, 0, 2]));
    /// assert_eq!(y.value().as_slice().unwrap(), [3., 1., 3., 6., 4., 6.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [1., 0., 2., 1., 0., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn index_select(self, axis: isize, index: IntVar<'t, T>) -> Self {
        let axis = self.axis("index_select", axis);
        self.selected(axis, index)
    }

    #[track_caller]
    fn selected(self, axis: usize, index: IntVar<'t, T>) -> Self {
        match self.as_fill() {
            Some(c) => self.tape.fill(replaced(&self.dims(), axis, 1, &index.dims()), c),
            None => self.tape.call(IndexSelect { axis }, &[self.into(), index.into()]).real(0),
        }
    }

    /// The rows of this table (`[n, d]`) that `ids` name, in the shape of `ids` with the axis d behind.
    ///
    /// The gradient of a row is the sum over all places that name it, 0 for a row that none names.
    ///
    /// # Panics
    /// The table's rank is not 2, or an id that is known is not below n; a computed one is an error when it runs.
    ///
    /// ```
    /// use ndarray::array;
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let table = tape.var([[0., 1.], [10., 11.], [20., 21.]]);
    /// let y = table.embedding(tape.ints(array![[2, 0], [2, 2]]));
    /// assert_eq!(y.dims(), [2, 2, 2]);
    /// assert_eq!(y.value().as_slice().unwrap(), [20., 21., 0., 1., 20., 21., 20., 21.]);
    /// assert_eq!(y.sum().backward()[table].as_slice().unwrap(), [1., 1., 0., 0., 3., 3.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn embedding(self, ids: IntVar<'t, T>) -> Self {
        if self.rank() != 2 {
            let e = Error::shape(format!("a table of shape {} is not made of rows", self.dims()))
                .rule("the table has two axes: one row for every id, and the row's numbers")
                .fix("reshape the table, or use `index_select`");
            self.tape.blame(e, "embedding", &[self.id]).raise();
        }
        self.selected(0, ids)
    }

    /// This tensor plus slices of `src`, each added at the number given: y\[…, index\[k\], …\] = x\[…\] + Σ src\[…, k, …\].
    ///
    /// The axes of the index stand in `src` where this tensor has `axis`.
    ///
    /// # Panics
    /// The shapes do not fit, or an index that is known lies outside the axis; a computed one is an error when it runs.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, src) = (tape.ones([3, 2]), tape.var([[1., 2.], [10., 20.]]));
    /// let y = x.index_add(0, tape.ints([2, 2]), src);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 1., 1., 1., 12., 23.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn index_add(self, axis: isize, index: IntVar<'t, T>, src: Var<'t, T>) -> Self {
        let axis = self.axis("index_add", axis);
        self.tape.call(IndexAdd { axis, size: None }, &[src.into(), index.into(), self.into()]).real(0)
    }

    /// The adjoint of index-select: slices added into zeros that have `size` places along the axis.
    #[track_caller]
    fn added_into(self, size: usize, axis: usize, index: IntVar<'t, T>) -> Self {
        self.tape.call(IndexAdd { axis, size: Some(size) }, &[self.into(), index.into()]).real(0)
    }
}

impl<'t, T: Real> IntVar<'t, T> {
    /// As [`Var::index_select`], for integers.
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    #[must_use]
    pub fn index_select(self, axis: isize, index: IntVar<'t, T>) -> Self {
        let axis = self.axis("index_select", axis);
        self.tape.call(IndexSelect { axis }, &[self.into(), index.into()]).int(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        /// Operand shape, axis, index shape, index, shape of the slices.
        type Case = (&'static [usize], usize, &'static [usize], &'static [u32], &'static [usize]);
        let cases: [Case; 7] = [
            (&[4], 0, &[3], &[3, 0, 3], &[3]),
            (&[3, 2], 0, &[2, 2], &[0, 2, 2, 2], &[2, 2, 2]),
            (&[2, 3, 2], 1, &[4], &[2, 0, 0, 1], &[2, 4, 2]),
            (&[2, 3, 2], 2, &[2], &[1, 0], &[2, 3, 2]),
            (&[2, 3], 1, &[], &[2], &[2]),
            (&[2, 3], 1, &[0], &[], &[2, 0]),
            (&[2, 0], 0, &[1], &[1], &[1, 0]),
        ];
        let of = |(dims, axis, index_dims, index, slices): Case| {
            let zeros = IndexAdd { axis, size: Some(dims[axis]) };
            let base = IndexAdd { axis, size: None };
            [
                OpCheck::new(IndexSelect { axis }).real(dims).ints(index_dims, index),
                OpCheck::new(zeros).real(slices).ints(index_dims, index),
                OpCheck::new(base).real(slices).ints(index_dims, index).real(dims),
            ]
        };
        cases.into_iter().flat_map(of).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn integers_are_selected_like_numbers() {
        let tape = Tape::new();
        assert_eq!(tape.ints([7, 8, 9]).index_select(0, tape.ints([2, 0])).value().as_slice().unwrap(), [9, 7]);
    }

    #[test]
    #[should_panic(
        expected = "index_select: index 9 at position [1] lies outside axis 0 of size 3\n  rule: indices go from 0 to 2"
    )]
    fn a_known_id_is_checked_while_recording() {
        let tape = Tape::new();
        let _ = tape.zeros([3, 4]).embedding(tape.ints([0, 9]));
    }

    #[test]
    fn a_computed_id_is_checked_when_it_runs() {
        let tape = Tape::new();
        let ids = tape.ints([0, 1, 2, 3]).reshape([2, 2]);
        let e = tape.zeros([3, 4]).embedding(ids).try_value().unwrap_err();
        assert!(e.is_index() && e.to_string().contains("index 3 at position [1, 1] lies outside axis 0 of size 3"));
    }

    #[test]
    #[should_panic(expected = "slices of [2, 5] along axis 0 do not fit onto [3, 4]")]
    fn slices_of_another_size_are_not_added() {
        let tape = Tape::new();
        let _ = tape.zeros([3, 4]).index_add(0, tape.ints([0, 1]), tape.zeros([2, 5]));
    }
}
