//! Maximum and minimum over any set of axes, where equal winners share the derivative evenly.
//! Along a single axis there is another form, in which the first of equals takes all and is named.

use super::lines::check_axes;
use crate::kernels::reduce;
use crate::ops::pointwise::table::{Table, bound, row, truth};
use crate::ops::prelude::*;
use crate::ops::rearrange::broadcast::{ones_at, without};

/// Which end is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Max,
    Min,
}

/// The largest or smallest element over the axes (sorted), which vanish; NaN wins.
#[derive(Clone, Debug)]
pub(crate) struct Extremum {
    end: End,
    axes: SmallVec<[usize; 4]>,
}

/// Refuses to look for an extremum where there is nothing.
pub(crate) fn check_some(x: &Sig<'_>, axes: &[usize], end: End) -> Result<(), Error> {
    check_axes(x, axes)?;
    match axes.iter().find(|&&a| x.dims[a] == 0) {
        None => Ok(()),
        Some(a) => {
            let name = if end == End::Max { "maximum" } else { "minimum" };
            Err(Error::shape(format!("the {name} over axis {a} of shape {x}, which is empty"))
                .rule(format!("a {name} is one of at least 1 element"))
                .fix("leave empty tensors out, or reduce over another axis"))
        }
    }
}

impl<T: Real> Table<T> {
    /// Whether two numbers are the same or both NaN: whether an element equals the winner.
    pub(crate) const SAME: &'static Row<T> = row! {
        SAME = "same", |a: Real, b: Real; | -> Int { truth(a == b || (a.is_nan() && b.is_nan())) };
        push |_, _, _, _| Push::Zero("a comparison is constant on either side");
        derivative "0; 0"; reads Reads::NOTHING; domain [(-2.0, 2.0), (-2.0, 2.0)]; cheap
    };
}

impl Extremum {
    /// 1 where an element equals the winner.
    fn winners<'t, T: Real>(&self, at: &At<'t, T>) -> IntVar<'t, T> {
        let y = at.y().restore(&self.axes, &at.dims(0));
        at.tape().row(bound(Table::SAME, []), &[at.x(0).into(), y.into()]).int(0)
    }
}

impl<T: Real> Op<T> for Extremum {
    same_in_f64!();

    fn name(&self) -> &'static str {
        match self.end {
            End::Max => "amax",
            End::Min => "amin",
        }
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_some(&x[0], &self.axes, self.end)?;
        Ok(ResultSigs::real(without(x[0].dims, &self.axes)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        match self.end {
            End::Max => reduce::max(x[0].real(), x[0].dims(), &self.axes, y[0].real()),
            End::Min => reduce::min(x[0].real(), x[0].dims(), &self.axes, y[0].real()),
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || {
            let won = self.winners(r).to_real();
            // The zeros of the mask come first in the product, so that elements which lost get exactly 0.
            won.azmul((r.g() / won.sum_axes(&self.axes)).restore(&self.axes, &r.dims(0)))
        });
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| {
            let won = self.winners(r).to_real();
            won.azmul(dx).sum_axes(&self.axes) / won.sum_axes(&self.axes)
        });
    }

    fn form(&self) -> Form<'_, T> {
        match self.end {
            End::Max => Form::Reduce(ReduceKind::Max, &self.axes),
            End::Min => Form::Reduce(ReduceKind::Min, &self.axes),
        }
    }

    fn decision<'t>(&self, at: &At<'t, T>) -> Option<Decision<'t, T>> {
        Some(Decision { what: "which elements win", choice: self.winners(at), gap: None })
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axes", (&self.axes[..]).into())]
    }

    fn reads(&self) -> Reads {
        Reads::ALL
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Reduce
    }
}

impl<'t, T: Real> Var<'t, T> {
    #[track_caller]
    fn extremum(self, end: End, axes: Axes) -> Self {
        let list = self.axes(if end == End::Max { "amax" } else { "amin" }, &axes);
        let y = self.tape.call(Extremum { end, axes: list.clone() }, &[self.into()]).real(0);
        if axes.keeps() { y.reshape(ones_at(&self.dims(), &list)) } else { y }
    }

    /// The largest element, a scalar; equal winners share the derivative evenly. NaN wins over numbers.
    ///
    /// # Panics
    /// There is no element.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 5., 5.]);
    /// assert_eq!(x.max().item(), 5.);
    /// assert_eq!(x.max().backward()[x].as_slice().unwrap(), [0., 0.5, 0.5]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn max(self) -> Self {
        self.extremum(End::Max, (..).into())
    }

    /// The smallest element, a scalar; equal winners share the derivative evenly. NaN wins over numbers.
    ///
    /// # Panics
    /// There is no element.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 5., 5.]);
    /// assert_eq!((x.min().item(), x.min().backward()[x][[0]]), (1., 1.));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn min(self) -> Self {
        self.extremum(End::Min, (..).into())
    }

    /// The largest elements over some axes, max xᵢ (see [`Axes`]); equal winners share the derivative evenly.
    ///
    /// [`max_along`](Var::max_along), along one axis, gives all of it to the first instead.
    ///
    /// # Panics
    /// An axis does not exist, is named twice, or has size 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [7., 7.]]);
    /// let y = x.amax(-1);
    /// assert_eq!(y.value().as_slice().unwrap(), [2., 7.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [0., 1., 0.5, 0.5]);
    /// assert_eq!(x.amax(keep(0)).dims(), [1, 2]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn amax(self, axes: impl Into<Axes>) -> Self {
        self.extremum(End::Max, axes.into())
    }

    /// The smallest elements over some axes (see [`Axes`]); equal winners share the derivative evenly.
    ///
    /// [`min_along`](Var::min_along), along one axis, gives all of it to the first instead.
    ///
    /// # Panics
    /// An axis does not exist, is named twice, or has size 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [7., 7.]]);
    /// assert_eq!(x.amin(0).value().as_slice().unwrap(), [1., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn amin(self, axes: impl Into<Axes>) -> Self {
        self.extremum(End::Min, axes.into())
    }

    /// The smallest and the largest elements over some axes: [`amin`](Var::amin) and [`amax`](Var::amax).
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [7., 5.]]);
    /// let (low, high) = x.aminmax(..);
    /// let unit = (x - low) / (high - low);
    /// assert_eq!((unit.min().item(), unit.max().item()), (0., 1.));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn aminmax(self, axes: impl Into<Axes>) -> (Self, Self) {
        let axes = axes.into();
        (self.amin(axes.clone()), self.amax(axes))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::ops::pointwise::table::tests::row_at;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let mut checks = vec![row_at(Table::SAME, [0.0; 2], &[2, 3])];
        for end in [End::Max, End::Min] {
            let cases = [(&[0][..], &[5][..]), (&[1], &[2, 3, 2]), (&[0, 2], &[2, 3, 2]), (&[], &[3]), (&[1], &[0, 3])];
            checks.extend(cases.map(|(axes, dims)| OpCheck::new(Extremum { end, axes: axes.into() }).real(dims)));
        }
        checks
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn nan_wins_and_takes_the_derivative() {
        let tape = Tape::<f64>::default();
        let x = tape.var([1.0, f64::NAN, 9.0]);
        for y in [x.max(), x.min()] {
            assert!(y.item().is_nan());
            assert_eq!(y.backward()[x].as_slice().unwrap(), [0.0, 1.0, 0.0]);
        }
    }

    #[test]
    #[should_panic(expected = "amin: the minimum over axis 1 of shape [2, 0], which is empty")]
    fn the_extremum_of_nothing_is_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 0]).min();
    }
}
