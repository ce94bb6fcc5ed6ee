//! Slice and pad, each the other's adjoint: a part of a tensor taken out, or put into a larger one filled with a number.
//! Both work on all axes at once, along each with a first place and a step, which may be negative.

use std::ops::RangeBounds;

use super::part::Part;
use crate::kernels::strided;
use crate::ops::prelude::*;

/// The part of the operand, as a tensor.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    part: Part,
}

/// A tensor of the given shape that holds the operand at the places of `part` and a number elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Pad {
    pub part: Part,
    pub dims: Dims,
    pub value: f64,
}

impl<T: Real> Op<T> for Slice {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "slice"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        self.part.check_within(x[0].dims)?;
        Ok(ResultSigs::of(x[0].kind, self.part.len.clone()))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (offset, steps) = self.part.layout(x[0].dims());
        match y[0].try_real() {
            Some(y) => strided::copy(&self.part.len, x[0].real(), offset, &steps, y),
            None => strided::copy(&self.part.len, x[0].int(), offset, &steps, y[0].int()),
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().padded(Pad { part: self.part.clone(), dims: r.dims(0), value: 0.0 }));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.sliced(self.part.clone()));
    }

    fn attributes(&self) -> Attributes {
        let mut list = self.part.attributes();
        list.push(("shape", (&self.part.len[..]).into()));
        list
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn cost(&self, _: &[Sig<'_>]) -> Cost {
        Cost { flops: self.part.len.count() as f64, cheap: true }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<T: Real> Op<T> for Pad {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "pad"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        if self.part.len != *x[0].dims {
            return Err(Error::shape(format!("shape {} does not fill a part of shape {}", x[0], self.part.len))
                .rule("the operand has the shape of its place in the result")
                .fix("name as many axes, and as long ones, as the operand has"));
        }
        self.part.check_within(&self.dims)?;
        Ok(ResultSigs::of(x[0].kind, self.dims.clone()))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (offset, steps) = self.part.layout(&self.dims);
        if let Some(y) = y[0].try_real() {
            y.fill(T::of(self.value));
            strided::place(&self.part.len, x[0].real(), y, offset, &steps);
        } else {
            y[0].int().fill(self.value as u32);
            strided::place(&self.part.len, x[0].int(), y[0].int(), offset, &steps);
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().sliced(self.part.clone()));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.padded(Pad { part: self.part.clone(), dims: self.dims.clone(), value: 0.0 }));
    }

    fn attributes(&self) -> Attributes {
        let mut list = self.part.attributes();
        list.extend([("shape", (&self.dims[..]).into()), ("value", self.value.into())]);
        list
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn cost(&self, _: &[Sig<'_>]) -> Cost {
        Cost { flops: self.dims.count() as f64, cheap: true }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The part of an axis that a range names: `x.slice(0, 2..5)`, `x.slice(-1, ..3)`, `x.slice(1, 4..)`.
    ///
    /// # Panics
    /// The axis does not exist, or the range leaves it.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2., 3.], [4., 5., 6.]]);
    /// let y = x.slice(1, 1..);
    /// assert_eq!(y.value().as_slice().unwrap(), [2., 3., 5., 6.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [0., 1., 1., 0., 1., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn slice(self, axis: isize, range: impl RangeBounds<usize>) -> Self {
        self.slice_step(axis, range, 1)
    }

    /// Every `step`-th place of a range of an axis: from its start, or with a negative step from its end backwards.
    ///
    /// # Panics
    /// The axis does not exist, the range leaves it, or the step is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([0., 1., 2., 3., 4.]);
    /// assert_eq!(x.slice_step(0, .., 2).value().as_slice().unwrap(), [0., 2., 4.]);
    /// assert_eq!(x.slice_step(0, 1..4, -2).value().as_slice().unwrap(), [3., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn slice_step(self, axis: isize, range: impl RangeBounds<usize>, step: isize) -> Self {
        let axis = self.axis("slice", axis);
        match Part::of_range(&self.dims(), axis, &range, step) {
            Ok(part) => self.sliced(part),
            Err(e) => self.tape.blame(e, "slice", &[self.id]).raise(),
        }
    }

    /// One place of an axis, which vanishes; negative indices count from the end.
    ///
    /// # Panics
    /// The axis does not exist, or the index lies outside it.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2., 3.], [4., 5., 6.]]);
    /// assert_eq!(x.index_axis(0, -1).value().as_slice().unwrap(), [4., 5., 6.]);
    /// assert_eq!(x.index_axis(1, 0).value().as_slice().unwrap(), [1., 4.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn index_axis(self, axis: isize, index: isize) -> Self {
        let axis = self.axis("index_axis", axis);
        match Part::of_index(&self.dims(), axis, index) {
            Ok(part) => self.sliced(part).squeeze(axis as isize),
            Err(e) => self.tape.blame(e, "index_axis", &[self.id]).raise(),
        }
    }

    #[track_caller]
    pub(super) fn sliced(self, part: Part) -> Self {
        if self.tape.in_rule() {
            if part.is_all_of(&self.dims()) {
                return self;
            }
            if let Some(c) = self.as_fill() {
                return self.tape.fill(part.len, c);
            }
        }
        self.tape.call(Slice { part }, &[self.into()]).real(0)
    }

    #[track_caller]
    pub(super) fn padded(self, pad: Pad) -> Self {
        if self.tape.in_rule() {
            if pad.part.is_all_of(&pad.dims) {
                return self;
            }
            if self.as_fill().is_some_and(|c| c == T::of(pad.value)) {
                return self.tape.fill(pad.dims, T::of(pad.value));
            }
        }
        self.tape.call(pad, &[self.into()]).real(0)
    }
}

impl<T: Real> IntVar<'_, T> {
    /// As [`Var::slice`].
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    #[must_use]
    pub fn slice(self, axis: isize, range: impl RangeBounds<usize>) -> Self {
        let axis = self.axis("slice", axis);
        match Part::of_range(&self.dims(), axis, &range, 1) {
            Ok(part) => self.sliced(part),
            Err(e) => self.tape.blame(e, "slice", &[self.id]).raise(),
        }
    }

    /// As [`Var::index_axis`].
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    #[must_use]
    pub fn index_axis(self, axis: isize, index: isize) -> Self {
        let axis = self.axis("index_axis", axis);
        match Part::of_index(&self.dims(), axis, index) {
            Ok(part) => self.sliced(part).squeeze(axis as isize),
            Err(e) => self.tape.blame(e, "index_axis", &[self.id]).raise(),
        }
    }

    #[track_caller]
    pub(super) fn sliced(self, part: Part) -> Self {
        self.tape.call(Slice { part }, &[self.into()]).int(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    fn part<const N: usize>(begin: [usize; N], step: [isize; N], len: [usize; N]) -> Part {
        Part { begin: begin[..].into(), step: step[..].into(), len: len.into() }
    }

    pub(crate) fn checks() -> Vec<OpCheck> {
        let cases = [
            (part([1], [1], [2]), Dims::from([4])),
            (part([1, 3], [1, -2], [2, 2]), Dims::from([3, 4])),
            (part([0, 2, 0], [1, 1, 3], [2, 0, 2]), Dims::from([2, 2, 5])),
            (part([0, 4], [1, 1], [0, 0]), Dims::from([0, 4])),
            (part([], [], []), Dims::scalar()),
        ];
        let of = |(part, dims): (Part, Dims)| {
            let len = part.len.clone();
            let slice = OpCheck::new(Slice { part: part.clone() }).real(dims.clone());
            [slice, OpCheck::new(Pad { part, dims, value: 0.5 }).real(len)]
        };
        cases.into_iter().flat_map(of).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn ranges_of_every_form_and_steps_either_way() {
        let tape = Tape::new();
        let x = tape.constant([0., 1., 2., 3., 4.]);
        let list = |v: Var<'_>| v.value().into_raw_vec_and_offset().0;
        assert_eq!(list(x.slice(0, ..=1)), [0., 1.]);
        assert!(list(x.slice(-1, 5..)).is_empty());
        assert_eq!(list(x.slice(0, ..)), [0., 1., 2., 3., 4.]);
        assert_eq!(list(x.slice_step(0, 1.., 3)), [1., 4.]);
        assert_eq!(list(x.slice_step(0, .., -3)), [4., 1.]);
        assert_eq!(list(x.slice_step(0, 2..3, isize::MIN)), [2.]);
        assert!(list(x.slice_step(0, 0..0, -1)).is_empty());
    }

    #[test]
    fn integers_are_cut_like_numbers() {
        let tape = Tape::new();
        let x = tape.ints([1, 2, u32::MAX]);
        assert_eq!(x.slice(0, 1..).value().as_slice().unwrap(), [2, u32::MAX]);
        assert_eq!(x.index_axis(0, -2).value()[[]], 2);
    }

    #[test]
    #[should_panic(expected = "slice: range 1..9 does not lie in axis 1 of size 3")]
    fn a_range_beyond_the_axis_is_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3]).slice(-1, 1..9);
    }

    #[test]
    #[should_panic(expected = "index_axis: index -4 lies outside axis 1 of size 3")]
    fn an_index_beyond_the_axis_is_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3]).index_axis(1, -4);
    }
}
