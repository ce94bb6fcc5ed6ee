//! Maximum and minimum along one axis, with the position that won: the first of equals, the first NaN before numbers.
//! The derivative goes to that position alone, and so do the derivatives of the derivative.

use super::amax::{End, check_some};
use super::lines::around;
use crate::kernels::{extremum, reduce};
use crate::ops::index::positions::check_countable;
use crate::ops::prelude::*;
use crate::ops::rearrange::broadcast::{ones_at, without};

/// The largest or smallest element along the axis, which vanishes, and where it stands; results value and index.
#[derive(Clone, Debug)]
pub(crate) struct Winner {
    end: End,
    axis: usize,
}

impl<T: Real> Op<T> for Winner {
    same_in_f64!();

    fn name(&self) -> &'static str {
        match self.end {
            End::Max => "max_along",
            End::Min => "min_along",
        }
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_some(&x[0], &[self.axis], self.end)?;
        check_countable(&x[0], self.axis)?;
        let d = without(x[0].dims, &[self.axis]);
        Ok(ResultSigs::real(d.clone()).and_int(d))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], cx: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (dims, x) = (x[0].dims(), x[0].real());
        let [values, index] = y else { unreachable!("two results") };
        let count = index.dims().iter().product();
        match (values.try_real(), index.try_int(), self.end) {
            (Some(values), None, End::Max) => reduce::max(x, dims, &[self.axis], values),
            (Some(values), None, End::Min) => reduce::min(x, dims, &[self.axis], values),
            (values, Some(index), end) => {
                let values = values.unwrap_or_else(|| cx.scratch(count));
                match end {
                    End::Max => extremum::max_index(x, around(dims, self.axis), values, index),
                    End::Min => extremum::min_index(x, around(dims, self.axis), values, index),
                }
            }
            (None, None, _) => {}
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().put(self.axis, r.result_index(1), r.dims(0)));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.pick(self.axis, r.result_index(1)));
    }

    fn decision<'t>(&self, at: &At<'t, T>) -> Option<Decision<'t, T>> {
        Some(Decision { what: "position that wins", choice: at.result_index(1), gap: None })
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axis", self.axis.into())]
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::None, results: Which::These(0b10) }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// One element of each line along the axis, which vanishes: y\[…\] = x\[…, index\[…\], …\].
    #[track_caller]
    pub(crate) fn pick(self, axis: usize, index: IntVar<'t, T>) -> Self {
        let d = self.dims();
        self.gather(axis as isize, index.reshape(ones_at(&d, &[axis]))).reshape(without(&d, &[axis]))
    }

    /// The adjoint of [`pick`](Var::pick): each element at its position of a line along the axis, zeros elsewhere.
    #[track_caller]
    pub(crate) fn put(self, axis: usize, index: IntVar<'t, T>, dims: Dims) -> Self {
        let ones = ones_at(&dims, &[axis]);
        self.reshape(&ones).scatter_into(dims, axis as isize, index.reshape(ones))
    }

    #[track_caller]
    fn winner(self, end: End, axis: isize) -> (Self, IntVar<'t, T>) {
        let axis = self.axis(if end == End::Max { "max_along" } else { "min_along" }, axis);
        let r = self.tape.call(Winner { end, axis }, &[self.into()]);
        (r.real(0), r.int(1))
    }

    /// The largest element along an axis, which vanishes. The first of equals wins, and the derivative is its alone; the
    /// first NaN wins over numbers.
    ///
    /// [`amax`](Var::amax) goes over several axes and lets equals share.
    ///
    /// # Panics
    /// The axis does not exist or has size 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [7., 7.]]);
    /// let y = x.max_along(1);
    /// assert_eq!(y.value().as_slice().unwrap(), [2., 7.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [0., 1., 1., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn max_along(self, axis: isize) -> Self {
        self.winner(End::Max, axis).0
    }

    /// The smallest element along an axis, which vanishes. The first of equals wins, and the derivative is its alone; the
    /// first NaN wins over numbers.
    ///
    /// # Panics
    /// The axis does not exist or has size 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [7., 7.]]);
    /// assert_eq!(x.min_along(1).value().as_slice().unwrap(), [1., 7.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn min_along(self, axis: isize) -> Self {
        self.winner(End::Min, axis).0
    }

    /// [`max_along`](Var::max_along) and the position that won.
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (y, index) = tape.var([[1., 2.], [7., 7.]]).max_with_index(-1);
    /// assert_eq!(y.value().as_slice().unwrap(), [2., 7.]);
    /// assert_eq!(index.value().as_slice().unwrap(), [1, 0]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn max_with_index(self, axis: isize) -> (Self, IntVar<'t, T>) {
        self.winner(End::Max, axis)
    }

    /// [`min_along`](Var::min_along) and the position that won.
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (y, index) = tape.var([[1., 2.], [7., 3.]]).min_with_index(-1);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 3.]);
    /// assert_eq!(index.value().as_slice().unwrap(), [0, 1]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn min_with_index(self, axis: isize) -> (Self, IntVar<'t, T>) {
        self.winner(End::Min, axis)
    }

    /// Where the largest element along an axis stands: the first of equals, the first NaN before numbers.
    ///
    /// # Panics
    /// The axis does not exist or has size 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let logits = tape.var([[0.1, 2., 0.3], [5., 5., 1.]]);
    /// assert_eq!(logits.argmax(1).value().as_slice().unwrap(), [1, 0]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn argmax(self, axis: isize) -> IntVar<'t, T> {
        self.winner(End::Max, axis).1
    }

    /// Where the smallest element along an axis stands: the first of equals, the first NaN before numbers.
    ///
    /// # Panics
    /// The axis does not exist or has size 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([3., 1., 2.]).argmin(0).value()[[]], 1);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn argmin(self, axis: isize) -> IntVar<'t, T> {
        self.winner(End::Min, axis).1
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::adjoint::grad;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let of = |end| {
            let cases = [(0, &[5][..]), (1, &[2, 3, 2]), (2, &[2, 1, 3]), (1, &[0, 3]), (0, &[1])];
            cases.map(|(axis, dims)| OpCheck::new(Winner { end, axis }).real(dims))
        };
        [End::Max, End::Min].into_iter().flat_map(of).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn second_derivatives_follow_the_winner() {
        let tape = Tape::<f64>::default();
        let x = tape.var([1.0, 3.0, 3.0]);
        let y = x.max_along(0);
        let dx = grad(y * y * y, &[x])[0];
        assert_eq!(dx.value().as_slice().unwrap(), [0.0, 27.0, 0.0]);
        assert_eq!(grad(dx.sum(), &[x])[0].value().as_slice().unwrap(), [0.0, 18.0, 0.0]);
    }

    #[test]
    fn the_first_nan_wins_and_losers_get_exactly_zero() {
        let tape = Tape::<f64>::default();
        let x = tape.var([1.0, f64::NAN, f64::NAN]);
        for (y, index) in [x.max_with_index(0), x.min_with_index(0)] {
            assert!(y.item().is_nan());
            assert_eq!(index.value()[[]], 1);
            assert_eq!(y.backward()[x].as_slice().unwrap(), [0.0, 1.0, 0.0]);
        }
    }

    #[test]
    #[should_panic(expected = "max_along: the maximum over axis 0 of shape [0, 2], which is empty")]
    fn the_winner_among_none_is_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([0, 2]).argmax(0);
    }
}
