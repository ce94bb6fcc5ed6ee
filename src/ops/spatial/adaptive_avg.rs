//! Adaptive average pooling: the means of as many windows as are asked for, whatever the size of the images.
//! It is linear, and its adjoint is that of every pool of means.

use super::adaptive::AdaptiveSize;
use super::images::{by_axes, plane, with_plane};
use super::means::MeanPool;
use crate::kernels::avg_pool::{self, Divisor};
use crate::kernels::windows::Windows;
use crate::ops::prelude::*;

/// Adaptive average pooling over `D` spatial axes as a layer: [`AdaptiveAvgPool1d`], [`AdaptiveAvgPool2d`],
/// [`AdaptiveAvgPool3d`].
///
/// Window i of n along an axis of size H covers ⌊i·H/n⌋ up to and without ⌈(i + 1)·H/n⌉: where n divides H the windows lie
/// side by side, elsewhere neighbours share a cell. Every window is divided by the number of its own cells.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let x = tape.var([[1., 4., 4., 2., 0.]]);
/// let y = x.adaptive_avg_pool1d(2);                           // cells 0 to 2, and 2 to 4
/// assert_eq!(y.value().as_slice().unwrap(), [3., 2.]);
/// let third = 1. / 3.;
/// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [third, third, 2. * third, third, third]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AdaptiveAvgPool<const D: usize> {
    size: AdaptiveSize<D>,
}

/// Adaptive average pooling of signals.
pub type AdaptiveAvgPool1d = AdaptiveAvgPool<1>;

/// Adaptive average pooling of images.
pub type AdaptiveAvgPool2d = AdaptiveAvgPool<2>;

/// Adaptive average pooling of volumes.
pub type AdaptiveAvgPool3d = AdaptiveAvgPool<3>;

impl<const D: usize> AdaptiveAvgPool<D> {
    /// Windows for a result of this size: a number, one for each axis, or `None` for an axis that keeps its size.
    pub fn new(size: impl Into<AdaptiveSize<D>>) -> Self {
        AdaptiveAvgPool { size: size.into() }
    }

    /// The size of the result.
    pub fn size(&self) -> AdaptiveSize<D> {
        self.size
    }
}

impl<const D: usize> MeanPool<D> for AdaptiveAvgPool<D> {
    const ADJOINT: &'static str =
        by_axes::<D>(["adaptive_avg_pool1d_adjoint", "adaptive_avg_pool2d_adjoint", "adaptive_avg_pool3d_adjoint"]);

    fn output(&self, plane: [usize; D]) -> Result<[usize; D], Error> {
        Ok(self.size.within(plane))
    }

    fn lay(&self, plane: [usize; D]) -> (Windows<D>, Divisor) {
        (Windows::adaptive(plane, self.size.within(plane)), Divisor::Inside)
    }

    fn options(&self) -> Attributes {
        self.size.attributes()
    }
}

impl<T: Real, const D: usize> Op<T> for AdaptiveAvgPool<D> {
    same_in_f64!();

    fn name(&self) -> &'static str {
        by_axes::<D>(["adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"])
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let windows = self.size.windows(x)?;
        Ok(ResultSigs::real(with_plane(x[0].dims, windows)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        if x[0].real().is_empty() {
            return Ok(());
        }
        let (windows, counts) = self.lay(plane(x[0].dims()));
        avg_pool::avg_pool(x[0].real(), &windows, counts, y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().spread(self, plane(&r.dims(0))));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.average(self));
    }

    fn attributes(&self) -> Attributes {
        self.options()
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Reduce
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Adaptive average pooling of images `[N, C, H, W]` or `[C, H, W]` to the given height and width; see [`AdaptiveAvgPool`](crate::AdaptiveAvgPool).
    ///
    /// # Panics
    /// The tensor is no batch of images, or a size is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[1., 2., 3.], [6., 5., 4.]]]);
    /// assert_eq!(x.adaptive_avg_pool2d([2, 1]).value().as_slice().unwrap(), [2., 5.]);
    /// assert_eq!(x.adaptive_avg_pool2d([Some(1), None]).value().as_slice().unwrap(), [3.5; 3]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn adaptive_avg_pool2d(self, size: impl Into<AdaptiveSize<2>>) -> Var<'t, T> {
        self.average(&AdaptiveAvgPool::new(size))
    }

    /// Adaptive average pooling of signals `[N, C, L]` or `[C, L]`; see [`AdaptiveAvgPool`](crate::AdaptiveAvgPool).
    ///
    /// # Panics
    /// As [`adaptive_avg_pool2d`](Var::adaptive_avg_pool2d), for signals.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([[1., 3., 5., 7.]]).adaptive_avg_pool1d(2).value().as_slice().unwrap(), [2., 6.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn adaptive_avg_pool1d(self, size: impl Into<AdaptiveSize<1>>) -> Var<'t, T> {
        self.average(&AdaptiveAvgPool::new(size))
    }

    /// Adaptive average pooling of volumes `[N, C, D, H, W]` or `[C, D, H, W]`; see [`AdaptiveAvgPool`](crate::AdaptiveAvgPool).
    ///
    /// # Panics
    /// As [`adaptive_avg_pool2d`](Var::adaptive_avg_pool2d), for volumes.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[[1., 2.], [3., 4.]], [[8., 7.], [6., 5.]]]]);
    /// assert_eq!(x.adaptive_avg_pool3d([2, 1, 1]).value().as_slice().unwrap(), [2.5, 6.5]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn adaptive_avg_pool3d(self, size: impl Into<AdaptiveSize<3>>) -> Var<'t, T> {
        self.average(&AdaptiveAvgPool::new(size))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::ops::spatial::means::tests::pair;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let mut all = Vec::new();
        all.extend(pair(AdaptiveAvgPool2d::new([2, 3]), &[2, 3, 5, 7]));
        all.extend(pair(AdaptiveAvgPool2d::new([None, Some(4)]), &[1, 3, 2]));
        all.extend(pair(AdaptiveAvgPool2d::new(1), &[0, 3, 4, 4]));
        all.extend(pair(AdaptiveAvgPool1d::new(3), &[2, 7]));
        all.extend(pair(AdaptiveAvgPool3d::new([1, 2, 2]), &[1, 2, 2, 3, 4]));
        all
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let tape = Tape::<f64>::default();
        let e = tape.apply(AdaptiveAvgPool1d::new(0), &[tape.zeros([1, 4]).into()]).unwrap_err().to_string();
        assert!(e.contains("here H = 4, n = 0"), "{e}");
    }
}
