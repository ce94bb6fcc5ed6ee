//! Sorting along an axis, whole or the first few, with the places that the elements came from.
//! The derivative follows these places; equal elements keep their order, and NaN is larger than any number.

use super::positions::check_countable;
use crate::kernels::sort;
use crate::ops::prelude::*;
use crate::ops::reduce::lines::{around, check_axes};

/// The elements along the axis in order, or the first `take` of them, and where they stood; results values and index.
#[derive(Clone, Debug)]
pub(crate) struct Sort {
    axis: usize,
    falling: bool,
    take: Option<usize>,
}

impl<T: Real> Op<T> for Sort {
    same_in_f64!();

    fn name(&self) -> &'static str {
        match self.take {
            None => "sort",
            Some(_) => "topk",
        }
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_axes(&x[0], &[self.axis])?;
        check_countable(&x[0], self.axis)?;
        let size = x[0].dims[self.axis];
        let take = self.take.unwrap_or(size);
        if take > size {
            return Err(Error::shape(format!("the first {take} of axis {} of size {size}", self.axis))
                .rule("as many elements as there are, or fewer")
                .fix("ask for fewer, or pad the axis"));
        }
        let dims = Dims::from(x[0].dims).with(self.axis, take);
        Ok(ResultSigs::real(dims.clone()).and_int(dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], cx: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (sizes, x) = (around(x[0].dims(), self.axis), x[0].real());
        let [values, index] = y else { unreachable!("two results") };
        let (count, take) = (index.dims().iter().product(), index.dims()[self.axis]);
        let values = match values.try_real() {
            Some(values) => values,
            None => cx.scratch(count),
        };
        sort::sort(x, sizes, self.falling, take, values, index.int_or(&mut Vec::new()));
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().scatter_into(r.dims(0), self.axis as isize, r.result_index(1)));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.gather(self.axis as isize, r.result_index(1)));
    }

    fn decision<'t>(&self, at: &At<'t, T>) -> Option<Decision<'t, T>> {
        let axis = self.axis as isize;
        let all = at.x(0).ordered(Sort { take: None, ..self.clone() }).0;
        let gap = all.gap_to_neighbours(axis).slice(axis, ..at.result_dims(1)[self.axis]);
        Some(Decision { what: "place that stands here in order", choice: at.result_index(1), gap: Some(gap) })
    }

    fn attributes(&self) -> Attributes {
        let mut list: Attributes = smallvec![("axis", self.axis.into()), ("falling", self.falling.into())];
        list.extend(self.take.map(|k| ("k", k.into())));
        list
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::None, results: Which::These(0b10) }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<'t, T: Real> Var<'t, T> {
    #[track_caller]
    fn ordered(self, op: Sort) -> (Self, IntVar<'t, T>) {
        let r = self.tape.call(op, &[self.into()]);
        (r.real(0), r.int(1))
    }

    #[track_caller]
    fn in_order(self, name: &'static str, axis: isize, falling: bool, take: Option<usize>) -> (Self, IntVar<'t, T>) {
        let axis = self.axis(name, axis);
        self.ordered(Sort { axis, falling, take })
    }

    /// How far each element of a sorted axis is from the nearer of its neighbours; infinite for a single one.
    fn gap_to_neighbours(self, axis: isize) -> Self {
        let (n, rank) = (self.dims()[axis as usize], self.rank());
        let infinite = |dims| self.tape.fill(dims, T::infinity());
        if n < 2 {
            return infinite(self.dims());
        }
        let beside = self.diff(axis, 1).abs();
        let margin = |before, after| {
            let mut margins: SmallVec<[(isize, isize); 4]> = SmallVec::from_elem((0, 0), rank);
            margins[axis as usize] = (before, after);
            beside.pad(&margins, f64::INFINITY)
        };
        margin(1, 0).minimum(margin(0, 1))
    }

    /// The elements along an axis in rising order, and where each stood.
    ///
    /// Equal elements keep their order, so the result is the same everywhere. NaN is larger than any number. The
    /// derivative of an element goes to the place that it came from.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([3., 1., 2.]);
    /// let (y, index) = x.sort(0);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 2., 3.]);
    /// assert_eq!(index.value().as_slice().unwrap(), [1, 2, 0]);
    /// assert_eq!(y.index_axis(0, 0).backward()[x].as_slice().unwrap(), [0., 1., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn sort(self, axis: isize) -> (Self, IntVar<'t, T>) {
        self.in_order("sort", axis, false, None)
    }

    /// As [`sort`](Var::sort), in falling order; equal elements keep their order here too, and NaN comes first.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (y, index) = tape.var([1., 3., 3.]).sort_falling(0);
    /// assert_eq!(y.value().as_slice().unwrap(), [3., 3., 1.]);
    /// assert_eq!(index.value().as_slice().unwrap(), [1, 2, 0]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn sort_falling(self, axis: isize) -> (Self, IntVar<'t, T>) {
        self.in_order("sort_falling", axis, true, None)
    }

    /// Where the elements of [`sort`](Var::sort) stood: the places of an axis by rising value.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([3., 1., 2.]).argsort(0).value().as_slice().unwrap(), [1, 2, 0]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn argsort(self, axis: isize) -> IntVar<'t, T> {
        self.in_order("argsort", axis, false, None).1
    }

    /// The k largest elements along an axis, the largest first, and where they stood: the first of equals, NaN before
    /// numbers.
    ///
    /// # Panics
    /// The axis does not exist, or has fewer than k places.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 5., 3., 5.]]);
    /// let (y, index) = x.topk(-1, 2);
    /// assert_eq!(y.value().as_slice().unwrap(), [5., 5.]);
    /// assert_eq!(index.value().as_slice().unwrap(), [1, 3]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [0., 1., 0., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn topk(self, axis: isize, k: usize) -> (Self, IntVar<'t, T>) {
        self.in_order("topk", axis, true, Some(k))
    }

    /// The k smallest elements along an axis, the smallest first, and where they stood: the first of equals, numbers
    /// before NaN.
    ///
    /// # Panics
    /// The axis does not exist, or has fewer than k places.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (y, index) = tape.var([3., 1., 2.]).bottomk(0, 2);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 2.]);
    /// assert_eq!(index.value().as_slice().unwrap(), [1, 2]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn bottomk(self, axis: isize, k: usize) -> (Self, IntVar<'t, T>) {
        self.in_order("bottomk", axis, false, Some(k))
    }

    /// The k-th smallest element along an axis, which vanishes, and where it stands; k counts from 1. Of equals it is the
    /// one that [`sort`](Var::sort) puts there.
    ///
    /// # Panics
    /// The axis does not exist, k is 0, or there are fewer than k places.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[9., 1., 4.], [5., 7., 6.]]);
    /// let (median, index) = x.kthvalue(1, 2);
    /// assert_eq!(median.value().as_slice().unwrap(), [4., 6.]);
    /// assert_eq!(index.value().as_slice().unwrap(), [2, 2]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn kthvalue(self, axis: isize, k: usize) -> (Self, IntVar<'t, T>) {
        if k == 0 {
            let e = Error::argument("k is 0").rule("k counts from 1, the smallest").fix("use `amin`, or k = 1");
            self.tape.blame(e, "kthvalue", &[self.id]).raise();
        }
        let (y, index) = self.in_order("kthvalue", axis, false, Some(k));
        (y.index_axis(axis, -1), index.index_axis(axis, -1))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::adjoint::grad;
    use crate::check::{OpCheck, Verdict, check};

    pub(crate) fn checks() -> Vec<OpCheck> {
        let of = |(falling, take)| {
            let cases = [(0, &[5][..]), (1, &[2, 3, 2]), (2, &[2, 1, 3]), (1, &[0, 3])];
            cases.map(|(axis, dims)| OpCheck::new(Sort { axis, falling, take }).real(dims))
        };
        let mut checks: Vec<OpCheck> =
            [(false, None), (true, None), (true, Some(2)), (false, Some(0))].into_iter().flat_map(of).collect();
        checks.push(OpCheck::new(Sort { axis: 0, falling: false, take: None }).real([0, 3]));
        checks
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn second_derivatives_follow_the_places() {
        let tape = Tape::<f64>::default();
        let x = tape.var([2.0, -1.0, 3.0]);
        let y = x.sort(0).0;
        let weights = tape.constant([1.0, 10.0, 100.0]);
        let dx = grad((y * y * y * weights).sum(), &[x])[0];
        assert_eq!(dx.value().as_slice().unwrap(), [120.0, 3.0, 2700.0]);
        assert_eq!(grad(dx.sum(), &[x])[0].value().as_slice().unwrap(), [120.0, -6.0, 1800.0]);
    }

    #[test]
    fn gaps_reach_to_the_nearer_neighbour() {
        let tape = Tape::<f64>::default();
        let gap = |y: Var<'_, f64>| tape.decision(y.id()).unwrap().gap.unwrap().value().into_raw_vec_and_offset().0;
        let x = tape.var([4.0, 1.0, 3.5, 9.0]);
        assert_eq!(gap(x.sort(0).0), [2.5, 0.5, 0.5, 5.0]);
        assert_eq!(gap(x.topk(0, 2).0), [5.0, 0.5]);
        assert_eq!(gap(tape.var([7.0]).sort(0).0), [f64::INFINITY]);
    }

    #[test]
    fn the_checker_sees_a_tie() {
        let weighted = |x: f64| {
            let report = check(
                |tape, x| (x[0].sort(0).0 * tape.constant([1.0, 2.0, 4.0])).sum(),
                &[ndarray::array![1.0, x, 3.0]],
            );
            report.verdict()
        };
        assert_eq!((weighted(2.0), weighted(1.0)), (Verdict::Pass, Verdict::Kink));
    }

    #[test]
    #[should_panic(expected = "topk: the first 4 of axis 0 of size 3")]
    fn there_are_as_many_as_there_are() {
        let tape = Tape::new();
        let _ = tape.zeros([3]).topk(0, 4);
    }
}
