//! The first-order linear recurrence along an axis and its transpose, each the other's adjoint at the same factors.
//! Running products and running log-sums are differentiated by it, without a division and to any order.

use crate::kernels::scan::{self, Order};
use crate::ops::prelude::*;
use crate::ops::reduce::lines::{around, check_axes};

/// yₖ = xₖ + aₖ yₖ₋₁ along the axis (operands x and a), or its transpose in x, yₖ = xₖ + aₖ₊₁ yₖ₊₁.
#[derive(Clone, Debug)]
pub(crate) struct Recurrence {
    axis: usize,
    order: Order,
}

impl<T: Real> Op<T> for Recurrence {
    same_in_f64!();

    fn name(&self) -> &'static str {
        match self.order {
            Order::Forward => "recurrence",
            Order::Backward => "recurrence_back",
        }
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_axes(&x[0], &[self.axis])?;
        if x[0].dims != x[1].dims {
            return Err(Error::shape(format!("terms have shape {}, factors {}", x[0], x[1]))
                .rule("there is one factor for each term")
                .fix("broadcast one of them"));
        }
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        scan::recurrence(x[0].real(), x[1].real(), around(x[0].dims(), self.axis), self.order, y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        let (forward, a, y) = (self.order == Order::Forward, r.x(1), r.y());
        let terms = r.g().carried(self.axis, a, if forward { Order::Backward } else { Order::Forward });
        r.give(0, || terms);
        // āₖ = x̄ₖ yₖ₋₁; of the transpose āₖ = x̄ₖ₋₁ yₖ.
        r.give(1, || {
            if forward { terms.azmul(y.delayed(self.axis, 0.0)) } else { terms.delayed(self.axis, 0.0).azmul(y) }
        });
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        let a = r.x(1);
        r.term(0, |dx| dx.carried(self.axis, a, self.order));
        r.term(1, |da| {
            let terms = match self.order {
                Order::Forward => da.azmul(r.y().delayed(self.axis, 0.0)),
                Order::Backward => da.azmul(r.y()).advanced(self.axis),
            };
            terms.carried(self.axis, a, self.order)
        });
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axis", self.axis.into())]
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::These(0b10), results: Which::All }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The linear recurrence yₖ = xₖ + aₖ yₖ₋₁ along an axis, with one factor for each element: exponential averages,
    /// discounted sums, linear state spaces. The first factor is not read.
    ///
    /// # Panics
    /// The axis does not exist, or the factors do not broadcast to this tensor's shape.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let (rewards, discount) = (tape.var([1., 0., 2.]), tape.var(0.5));
    /// let returns = rewards.flip(0).recurrence(0, discount).flip(0);
    /// assert_eq!(returns.value().as_slice().unwrap(), [1.5, 1., 2.]);
    /// assert_eq!(returns.index_axis(0, 0).backward()[discount].sum(), 2.);       // d/da (1 + 0a + 2a²)
    /// ```
    #[track_caller]
    #[must_use]
    pub fn recurrence(self, axis: isize, factors: Var<'t, T>) -> Self {
        let axis = self.axis("recurrence", axis);
        self.carried(axis, factors.fit(&self.dims()), Order::Forward)
    }

    /// [`recurrence`](Var::recurrence) or its transpose.
    #[track_caller]
    pub(super) fn carried(self, axis: usize, a: Self, order: Order) -> Self {
        self.tape.call(Recurrence { axis, order }, &[self.into(), a.into()]).real(0)
    }

    /// Every element one place on along the axis, the first `fill`; the last falls off.
    #[track_caller]
    pub(super) fn delayed(self, axis: usize, fill: f64) -> Self {
        self.moved_by_one(axis, (1, -1), fill)
    }

    /// The adjoint of [`delayed`](Var::delayed): every element one place back, the last 0.
    #[track_caller]
    fn advanced(self, axis: usize) -> Self {
        self.moved_by_one(axis, (-1, 1), 0.0)
    }

    #[track_caller]
    fn moved_by_one(self, axis: usize, margin: (isize, isize), fill: f64) -> Self {
        let dims = self.dims();
        if dims[axis] == 0 {
            return self;
        }
        let mut margins: SmallVec<[(isize, isize); 4]> = SmallVec::from_elem((0, 0), dims.rank() - axis);
        margins[0] = margin;
        self.pad(&margins, fill)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let of = |order| {
            let cases = [(0, &[5][..]), (1, &[2, 3, 2]), (2, &[2, 1, 3]), (0, &[0, 3]), (0, &[1])];
            cases.map(|(axis, dims)| OpCheck::new(Recurrence { axis, order }).real(dims).real(dims))
        };
        [Order::Forward, Order::Backward].into_iter().flat_map(of).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    #[should_panic(expected = "does not broadcast to [2]")]
    fn factors_fit_the_terms() {
        let tape = Tape::new();
        let _ = tape.zeros([2]).recurrence(0, tape.zeros([3]));
    }
}
