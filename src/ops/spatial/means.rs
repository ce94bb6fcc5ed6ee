//! What the pools that yield means share: the operation that spreads each cotangent evenly over its window.
//! It is the adjoint of any of them, and each of them is its adjoint.

use super::images::{image_size, times, with_plane};
use crate::kernels::avg_pool::{self, Divisor};
use crate::kernels::windows::Windows;
use crate::ops::prelude::*;

/// A pool of `D` spatial axes whose results are the sums of windows over divisors.
pub(crate) trait MeanPool<const D: usize>: Clone + std::fmt::Debug + Send + Sync + 'static {
    /// What a listing calls the adjoint.
    const ADJOINT: &'static str;

    /// The number of windows along each axis of a plane, if the pool accepts it.
    fn output(&self, plane: [usize; D]) -> Result<[usize; D], Error>;

    /// The windows over a plane that was accepted, and what each of their sums is divided by.
    fn lay(&self, plane: [usize; D]) -> (Windows<D>, Divisor);

    /// The options, for a listing.
    fn options(&self) -> Attributes;
}

/// The adjoint of a pool of means, into planes of the given sizes.
#[derive(Clone, Debug)]
pub(crate) struct Spread<P, const D: usize> {
    pub(super) pool: P,
    pub(super) plane: [usize; D],
}

impl<T: Real, P: MeanPool<D> + Op<T> + Op<f64>, const D: usize> Op<T> for Spread<P, D> {
    same_in_f64!();

    fn name(&self) -> &'static str {
        P::ADJOINT
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let should = self.pool.output(self.plane)?;
        if image_size(&x[0])? != should {
            return Err(Error::shape(format!("{} is not the shape of the means", x[0]))
                .rule(format!("planes of {} have {} means", times(&self.plane), times(&should)))
                .fix("give the size of the planes that were pooled"));
        }
        Ok(ResultSigs::real(with_plane(x[0].dims, self.plane)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        if y[0].real().is_empty() {
            return Ok(());
        }
        let (windows, divisor) = self.pool.lay(self.plane);
        avg_pool::avg_pool_adjoint(x[0].real(), &windows, divisor, y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().average(&self.pool));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.spread(&self.pool, self.plane));
    }

    fn attributes(&self) -> Attributes {
        let mut a = self.pool.options();
        a.push(("plane", (&self.plane[..]).into()));
        a
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Expand
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The means that a pool takes.
    #[track_caller]
    pub(super) fn average<P: Op<T> + Clone>(self, pool: &P) -> Self {
        self.tape.call(pool.clone(), &[self.into()]).real(0)
    }

    /// The adjoint: every element over its divisor, added to the cells of its window.
    #[track_caller]
    pub(super) fn spread<P, const D: usize>(self, pool: &P, plane: [usize; D]) -> Self
    where
        P: MeanPool<D> + Op<T> + Op<f64>,
    {
        self.tape.call(Spread { pool: pool.clone(), plane }, &[self.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::ops::spatial::adaptive_avg::AdaptiveAvgPool2d;
    use crate::ops::spatial::avg_pool::AvgPool2d;
    use crate::ops::spatial::images::plane;

    /// The checks of a pool and of its adjoint over one geometry.
    pub(crate) fn pair<P, const D: usize>(pool: P, x: &[usize]) -> [OpCheck; 2]
    where
        P: MeanPool<D> + Op<f64>,
    {
        let plane = plane(x);
        let y = with_plane(x, pool.output(plane).unwrap());
        [OpCheck::new(pool.clone()).real(x), OpCheck::new(Spread { pool, plane }).real(y)]
    }

    pub(crate) fn checks() -> Vec<OpCheck> {
        let [_, sliding] = pair(AvgPool2d::new([3, 2]).stride(2).padding(1).floor(), &[2, 5, 7]);
        let [_, adaptive] = pair(AdaptiveAvgPool2d::new([2, 3]), &[2, 3, 5, 7]);
        vec![sliding, adaptive]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn cotangents_have_the_shape_of_the_means() {
        let tape = Tape::<f64>::default();
        let text = |e: Result<_, Error>| e.map(|_| ()).unwrap_err().to_string();
        let x = [tape.zeros([1, 2, 3]).into()];
        let e = text(tape.apply(Spread { pool: AvgPool2d::new(2), plane: [4, 4] }, &x));
        assert!(e.contains("planes of 4×4 have 2×2 means"), "{e}");
        let e = text(tape.apply(Spread { pool: AdaptiveAvgPool2d::new(2), plane: [5, 4] }, &x));
        assert!(e.contains("planes of 5×4 have 2×2 means"), "{e}");
    }
}
