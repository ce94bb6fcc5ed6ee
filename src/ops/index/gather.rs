//! Gather and scatter-add along an axis, each the other's adjoint: single elements picked by position.
//! Where several positions agree, the sum is taken in row-major order of the index, whatever the number of threads.

use super::positions::{along, check_known, outside};
use crate::kernels::index;
use crate::ops::prelude::*;

/// y\[…, i, …\] = x\[…, index\[…, i, …\], …\] along the axis.
#[derive(Clone, Debug)]
pub(crate) struct Gather {
    axis: usize,
}

/// The adjoint: y\[…, index\[…, i, …\], …\] += x\[…, i, …\].
#[derive(Clone, Debug)]
pub(crate) struct ScatterAdd {
    axis: usize,
    /// The shape of the zeros that it adds onto; without it, operand 2 is added onto.
    dims: Option<Dims>,
}

pub(super) fn check_fit(dims: &[usize], index: &Sig<'_>, axis: usize) -> Result<(), Error> {
    let fits = axis < dims.len()
        && dims.len() == index.rank()
        && (0..dims.len()).all(|k| k == axis || index.dims[k] <= dims[k]);
    if !fits {
        return Err(Error::shape(format!("an index {index} does not point into shape {dims:?} along axis {axis}"))
            .rule("both have the same rank, and beside the axis the index is nowhere larger")
            .fix("reshape or slice the index; to pick whole slices, use `index_select`"));
    }
    check_known(index, dims[axis], || along(axis, dims[axis]))
}

impl<T: Real> Op<T> for Gather {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "gather"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_fit(x[0].dims, &x[1], self.axis)?;
        Ok(ResultSigs::of(x[0].kind, x[1].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (dims, index) = (x[0].dims(), (x[1].int(), x[1].dims()));
        let done = match y[0].try_real() {
            Some(y) => index::gather(x[0].real(), dims, index.0, index.1, self.axis, y),
            None => index::gather(x[0].int(), dims, index.0, index.1, self.axis, y[0].int()),
        };
        let size = dims[self.axis];
        done.map_err(|at| outside(&x[1], at, size, &along(self.axis, size)))
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().scattered(self.axis, r.int(1), r.dims(0)));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.gathered(self.axis, r.int(1)));
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

impl<T: Real> Op<T> for ScatterAdd {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "scatter_add"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        if x[0].dims != x[1].dims {
            return Err(Error::shape(format!("{} elements to add, {} positions", x[0], x[1]))
                .rule("there is one position for every element")
                .fix("bring both to one shape: slice, or `broadcast_to`"));
        }
        let dims = self.dims.as_deref().unwrap_or_else(|| x[2].dims);
        check_fit(dims, &x[1], self.axis)?;
        Ok(ResultSigs::real(dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let dims = y[0].dims();
        begin(x.get(2), y[0].real());
        index::scatter_add(x[0].real(), x[1].int(), x[1].dims(), self.axis, (y[0].real(), dims))
            .map_err(|at| outside(&x[1], at, dims[self.axis], &along(self.axis, dims[self.axis])))
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().gathered(self.axis, r.int(1)));
        if self.dims.is_none() {
            r.give(2, || r.g());
        }
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.scattered(self.axis, r.int(1), r.result_dims(0)));
        if self.dims.is_none() {
            r.term(2, |dx| dx);
        }
    }

    fn attributes(&self) -> Attributes {
        let mut list: Attributes = smallvec![("axis", self.axis.into())];
        list.extend(self.dims.as_ref().map(|d| ("shape", (&d[..]).into())));
        list
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::These(0b10), results: Which::None }
    }

    fn overwrites(&self) -> Option<usize> {
        if self.dims.is_none() { Some(2) } else { None }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

/// What elements are added onto: zeros, the base, or the base's own buffer.
pub(crate) fn begin<T: Real>(base: Option<&Arg<'_, T>>, y: &mut [T]) {
    match base {
        None => y.fill(T::zero()),
        Some(base) if base.taken() => {}
        Some(base) => y.copy_from_slice(base.real()),
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Picks single elements along an axis: y\[…, i, …\] = x\[…, index\[…, i, …\], …\].
    ///
    /// The result has the index's shape. Index and operand have the same rank; beside the axis the index may be smaller.
    ///
    /// # Panics
    /// The shapes do not fit, or an index that is known lies outside the axis; a computed one is an error when it runs.
    ///
    /// ```
    /// use ndarray::array;
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [3., 4.]]);
    /// let y = x.gather(1, tape.ints(array![[0, 0], [1, 0]]));
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 1., 4., 3.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [2., 0., 1., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn gather(self, axis: isize, index: IntVar<'t, T>) -> Self {
        let axis = self.axis("gather", axis);
        self.gathered(axis, index)
    }

    #[track_caller]
    fn gathered(self, axis: usize, index: IntVar<'t, T>) -> Self {
        match self.as_fill() {
            Some(c) => self.tape.fill(index.dims(), c),
            None => self.tape.call(Gather { axis }, &[self.into(), index.into()]).real(0),
        }
    }

    /// This tensor plus `src`, element by element at the positions given:
    /// y\[…, index\[…, i, …\], …\] = x\[…\] + Σ src\[…, i, …\].
    ///
    /// Index and `src` have one shape and the operand's rank; beside the axis they may be smaller than the operand.
    ///
    /// # Panics
    /// The shapes do not fit, or an index that is known lies outside the axis; a computed one is an error when it runs.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, src) = (tape.var([1., 1., 1.]), tape.var([10., 20., 30.]));
    /// let y = x.scatter_add(0, tape.ints([2, 0, 2]), src);
    /// assert_eq!(y.value().as_slice().unwrap(), [21., 1., 41.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn scatter_add(self, axis: isize, index: IntVar<'t, T>, src: Var<'t, T>) -> Self {
        let axis = self.axis("scatter_add", axis);
        self.tape.call(ScatterAdd { axis, dims: None }, &[src.into(), index.into(), self.into()]).real(0)
    }

    /// The elements added into zeros of the given shape, each at its position along an axis: the adjoint of
    /// [`gather`](Var::gather).
    ///
    /// # Panics
    /// As [`scatter_add`](Var::scatter_add).
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.var([10., 20., 30.]).scatter_into([4], 0, tape.ints([2, 0, 2]));
    /// assert_eq!(y.value().as_slice().unwrap(), [20., 0., 40., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn scatter_into(self, dims: impl Into<Dims>, axis: isize, index: IntVar<'t, T>) -> Self {
        let axis = self.axis("scatter_into", axis);
        self.scattered(axis, index, dims.into())
    }

    #[track_caller]
    fn scattered(self, axis: usize, index: IntVar<'t, T>, dims: Dims) -> Self {
        self.tape.call(ScatterAdd { axis, dims: Some(dims) }, &[self.into(), index.into()]).real(0)
    }
}

impl<'t, T: Real> IntVar<'t, T> {
    /// As [`Var::gather`], for integers.
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    #[must_use]
    pub fn gather(self, axis: isize, index: IntVar<'t, T>) -> Self {
        let axis = self.axis("gather", axis);
        self.tape.call(Gather { axis }, &[self.into(), index.into()]).int(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    /// Operand shape, index shape, axis, index.
    type Case = (&'static [usize], &'static [usize], usize, &'static [u32]);

    const CASES: &[Case] = &[
        (&[4], &[3], 0, &[3, 0, 3]),
        (&[3, 2], &[4, 2], 0, &[0, 1, 2, 0, 2, 2, 1, 1]),
        (&[2, 3, 2], &[2, 1, 1], 1, &[2, 0]),
        (&[2, 3], &[2, 3], 1, &[1, 1, 0, 2, 0, 1]),
        (&[2, 3], &[2, 0], 1, &[]),
        (&[2, 0], &[0, 0], 0, &[]),
    ];

    pub(crate) fn checks() -> Vec<OpCheck> {
        let of = |&(dims, index_dims, axis, index): &Case| {
            let zeros = ScatterAdd { axis, dims: Some(dims.into()) };
            let base = ScatterAdd { axis, dims: None };
            [
                OpCheck::new(Gather { axis }).real(dims).ints(index_dims, index),
                OpCheck::new(zeros).real(index_dims).ints(index_dims, index),
                OpCheck::new(base).real(index_dims).ints(index_dims, index).real(dims),
            ]
        };
        CASES.iter().flat_map(of).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn a_base_that_nobody_else_reads_is_added_onto_in_place_and_one_that_is_read_stays() {
        let tape = Tape::new();
        let (x, src, index) = (tape.var(vec![1.0; 4]), tape.var([5., 7.]), tape.ints([3, 3]));
        let once = (x * 2.0).scatter_add(0, index, src);
        assert_eq!(once.value().as_slice().unwrap(), [2., 2., 2., 14.]);
        let base = x * 3.0;
        let both = base * base.scatter_add(0, index, src);
        assert_eq!(both.value().as_slice().unwrap(), [9., 9., 9., 45.]);
    }

    #[test]
    fn integers_are_gathered_like_numbers() {
        let tape = Tape::new();
        assert_eq!(tape.ints([7, 8]).gather(-1, tape.ints([1, 1, 0])).value().as_slice().unwrap(), [8, 8, 7]);
    }

    #[test]
    #[should_panic(
        expected = "gather: index 3 at position [1, 0] lies outside axis 1 of size 2\n  rule: indices go from 0 to 1"
    )]
    fn a_known_index_is_checked_while_recording() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 2]).gather(1, tape.ints(ndarray::array![[0], [3]]));
    }

    #[test]
    fn a_computed_index_is_checked_when_it_runs() {
        let tape = Tape::new();
        let index = tape.ints([0, 3]).reshape([2, 1]);
        let e = tape.zeros([2, 2]).gather(1, index).try_value().unwrap_err();
        assert!(e.is_index() && e.to_string().contains("index 3 at position [1, 0] lies outside axis 1 of size 2"));
        let e = tape.zeros([2, 1]).scatter_into([2, 2], 1, index).try_value().unwrap_err();
        assert!(e.is_index() && e.to_string().contains("index 3 at position [1, 0] lies outside axis 1 of size 2"));
    }

    #[test]
    #[should_panic(expected = "an index u32[3, 1] does not point into shape [2, 2] along axis 1")]
    fn an_index_larger_beside_the_axis_is_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 2]).gather(1, tape.ints(ndarray::array![[0], [0], [0]]));
    }
}
