//! The running maximum and minimum along an axis, with the position that holds it: the last of equals, as in PyTorch.
//! The derivative goes to that position, where those of all later places that it still leads add up.

use crate::kernels::extremum;
use crate::ops::index::positions::check_countable;
use crate::ops::prelude::*;
use crate::ops::reduce::amax::End;
use crate::ops::reduce::lines::{around, check_axes};

/// The largest or smallest element so far along the axis, and where it stands; results value and index.
#[derive(Clone, Debug)]
pub(crate) struct Leader {
    end: End,
    axis: usize,
}

impl<T: Real> Op<T> for Leader {
    same_in_f64!();

    fn name(&self) -> &'static str {
        match self.end {
            End::Max => "cummax",
            End::Min => "cummin",
        }
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_axes(&x[0], &[self.axis])?;
        check_countable(&x[0], self.axis)?;
        Ok(ResultSigs::real(x[0].dims).and_int(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], cx: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (sizes, x) = (around(x[0].dims(), self.axis), x[0].real());
        let [values, index] = y else { unreachable!("two results") };
        let values = match values.try_real() {
            Some(values) => values,
            None => cx.scratch(x.len()),
        };
        let mut spare = Vec::new();
        let index = index.int_or(&mut spare);
        match self.end {
            End::Max => extremum::running_max(x, sizes, values, index),
            End::Min => extremum::running_min(x, sizes, values, index),
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().scatter_into(r.dims(0), self.axis as isize, r.result_index(1)));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.gather(self.axis as isize, r.result_index(1)));
    }

    fn decision<'t>(&self, at: &At<'t, T>) -> Option<Decision<'t, T>> {
        Some(Decision { what: "position that leads so far", choice: at.result_index(1), gap: None })
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
    /// The largest element so far along an axis, and where it stands: the last of equals, and the last NaN once there is
    /// one. The derivative goes to that position.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 3., 2., 3.]);
    /// let (y, index) = x.cummax(0);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 3., 3., 3.]);
    /// assert_eq!(index.value().as_slice().unwrap(), [0, 1, 1, 3]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [1., 2., 0., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn cummax(self, axis: isize) -> (Self, IntVar<'t, T>) {
        self.leader(End::Max, "cummax", axis)
    }

    /// The smallest element so far along an axis, and where it stands; as [`cummax`](Var::cummax).
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (y, index) = tape.var([2., 3., 1.]).cummin(0);
    /// assert_eq!(y.value().as_slice().unwrap(), [2., 2., 1.]);
    /// assert_eq!(index.value().as_slice().unwrap(), [0, 0, 2]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn cummin(self, axis: isize) -> (Self, IntVar<'t, T>) {
        self.leader(End::Min, "cummin", axis)
    }

    #[track_caller]
    fn leader(self, end: End, name: &'static str, axis: isize) -> (Self, IntVar<'t, T>) {
        let axis = self.axis(name, axis);
        let r = self.tape.call(Leader { end, axis }, &[self.into()]);
        (r.real(0), r.int(1))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let of = |end| {
            let cases = [(0, &[5][..]), (1, &[2, 3, 2]), (2, &[2, 1, 3]), (0, &[0, 3]), (0, &[1])];
            cases.map(|(axis, dims)| OpCheck::new(Leader { end, axis }).real(dims))
        };
        [End::Max, End::Min].into_iter().flat_map(of).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn nan_leads_from_where_it_stands() {
        let tape = Tape::<f64>::default();
        let x = tape.var([1.0, f64::NAN, 5.0, f64::NAN, -7.0]);
        for (y, index) in [x.cummax(0), x.cummin(0)] {
            assert_eq!(index.value().as_slice().unwrap(), [0, 1, 1, 3, 3]);
            assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [1.0, 2.0, 0.0, 2.0, 0.0]);
        }
    }
}
