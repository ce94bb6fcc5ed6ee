//! Adaptive max pooling: as many windows as are asked for, whatever the size of the images.
//! Winners, ties and NaN are those of max pooling, and the derivative travels along the same kind of indices.

use super::adaptive::AdaptiveSize;
use super::images::{by_axes, plane};
use super::max_pool::{find_maxima, maxima};
use super::runner_up::{Layout, gap};
use crate::kernels::windows::Windows;
use crate::ops::prelude::*;

/// Adaptive max pooling over `D` spatial axes as a layer: [`AdaptiveMaxPool1d`], [`AdaptiveMaxPool2d`],
/// [`AdaptiveMaxPool3d`].
///
/// Window i of n along an axis of size H covers ⌊i·H/n⌋ up to and without ⌈(i + 1)·H/n⌉: where n divides H the windows lie
/// side by side, elsewhere neighbours share a cell. Which cell wins is said at [`MaxPool`](crate::MaxPool).
///
/// ```
/// use wengert::{AdaptiveMaxPool1d, prelude::*};
/// let tape = Tape::new();
/// let x = tape.var([[1., 4., 3., 2., 0.]]);
/// let (y, index) = x.adaptive_max_pool1d_with_indices(2);     // cells 0 to 2, and 2 to 4
/// assert_eq!(y.value().as_slice().unwrap(), [4., 3.]);
/// assert_eq!(index.value().as_slice().unwrap(), [1, 2]);
/// assert_eq!(AdaptiveMaxPool1d::new(2).size(), 2.into());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AdaptiveMaxPool<const D: usize> {
    size: AdaptiveSize<D>,
}

/// Adaptive max pooling of signals.
pub type AdaptiveMaxPool1d = AdaptiveMaxPool<1>;

/// Adaptive max pooling of images.
pub type AdaptiveMaxPool2d = AdaptiveMaxPool<2>;

/// Adaptive max pooling of volumes.
pub type AdaptiveMaxPool3d = AdaptiveMaxPool<3>;

impl<const D: usize> AdaptiveMaxPool<D> {
    /// Windows for a result of this size: a number, one for each axis, or `None` for an axis that keeps its size.
    pub fn new(size: impl Into<AdaptiveSize<D>>) -> Self {
        AdaptiveMaxPool { size: size.into() }
    }

    /// The size of the result.
    pub fn size(&self) -> AdaptiveSize<D> {
        self.size
    }
}

impl<T: Real, const D: usize> Op<T> for AdaptiveMaxPool<D> {
    same_in_f64!();

    fn name(&self) -> &'static str {
        by_axes::<D>(["adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"])
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        maxima(&x[0], self.size.windows(x)?)
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], cx: &mut Cx<'_, T>) -> Result<(), Fault> {
        if x[0].real().is_empty() {
            return Ok(());
        }
        let plane = plane(x[0].dims());
        find_maxima(x[0].real(), &Windows::adaptive(plane, self.size.within(plane)), y, cx);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().scatter_in_planes(r.result_index(1), plane::<D>(&r.dims(0))));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.gather_in_planes::<D>(r.result_index(1)));
    }

    fn decision<'t>(&self, at: &At<'t, T>) -> Option<Decision<'t, T>> {
        let gap = gap(at, Layout::Adaptive(plane::<D>(&at.result_dims(0))));
        Some(Decision { what: "cell that wins the window", choice: at.result_index(1), gap: Some(gap) })
    }

    fn attributes(&self) -> Attributes {
        self.size.attributes()
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::None, results: Which::These(0b10) }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Adaptive max pooling of images `[N, C, H, W]` or `[C, H, W]` to the given height and width; see [`AdaptiveMaxPool`](crate::AdaptiveMaxPool).
    ///
    /// # Panics
    /// The tensor is no batch of images, or a size is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[1., 2., 3.], [6., 5., 4.]]]);
    /// assert_eq!(x.adaptive_max_pool2d([1, 2]).value().as_slice().unwrap(), [6., 5.]);
    /// assert_eq!(x.adaptive_max_pool2d([None, Some(1)]).value().as_slice().unwrap(), [3., 6.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn adaptive_max_pool2d(self, size: impl Into<AdaptiveSize<2>>) -> Var<'t, T> {
        self.tape.call(AdaptiveMaxPool::new(size), &[self.into()]).real(0)
    }

    /// [`adaptive_max_pool2d`](Var::adaptive_max_pool2d) with the flat index, within its plane, of the cell that won each
    /// window.
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[1., 2., 3.], [6., 5., 4.]]]);
    /// assert_eq!(x.adaptive_max_pool2d_with_indices(1).1.value().as_slice().unwrap(), [3]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn adaptive_max_pool2d_with_indices(self, size: impl Into<AdaptiveSize<2>>) -> (Var<'t, T>, IntVar<'t, T>) {
        let r = self.tape.call(AdaptiveMaxPool::new(size), &[self.into()]);
        (r.real(0), r.int(1))
    }

    /// Adaptive max pooling of signals `[N, C, L]` or `[C, L]`; see [`AdaptiveMaxPool`](crate::AdaptiveMaxPool).
    ///
    /// # Panics
    /// As [`adaptive_max_pool2d`](Var::adaptive_max_pool2d), for signals.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 4., 3., 2., 0.]]);
    /// assert_eq!(x.adaptive_max_pool1d(2).value().as_slice().unwrap(), [4., 3.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn adaptive_max_pool1d(self, size: impl Into<AdaptiveSize<1>>) -> Var<'t, T> {
        self.tape.call(AdaptiveMaxPool::new(size), &[self.into()]).real(0)
    }

    /// [`adaptive_max_pool1d`](Var::adaptive_max_pool1d) with the index, within its channel, of the cell that won each window.
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 4., 3., 2., 0.]]);
    /// assert_eq!(x.adaptive_max_pool1d_with_indices(2).1.value().as_slice().unwrap(), [1, 2]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn adaptive_max_pool1d_with_indices(self, size: impl Into<AdaptiveSize<1>>) -> (Var<'t, T>, IntVar<'t, T>) {
        let r = self.tape.call(AdaptiveMaxPool::new(size), &[self.into()]);
        (r.real(0), r.int(1))
    }

    /// Adaptive max pooling of volumes `[N, C, D, H, W]` or `[C, D, H, W]`; see [`AdaptiveMaxPool`](crate::AdaptiveMaxPool).
    ///
    /// # Panics
    /// As [`adaptive_max_pool2d`](Var::adaptive_max_pool2d), for volumes.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[[1., 2.], [3., 4.]], [[8., 7.], [6., 5.]]]]);
    /// assert_eq!(x.adaptive_max_pool3d([2, 1, 1]).value().as_slice().unwrap(), [4., 8.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn adaptive_max_pool3d(self, size: impl Into<AdaptiveSize<3>>) -> Var<'t, T> {
        self.tape.call(AdaptiveMaxPool::new(size), &[self.into()]).real(0)
    }

    /// [`adaptive_max_pool3d`](Var::adaptive_max_pool3d) with the index, within its channel, of the cell that won each window.
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[[1., 2.], [3., 4.]], [[8., 7.], [6., 5.]]]]);
    /// assert_eq!(x.adaptive_max_pool3d_with_indices(1).1.value().as_slice().unwrap(), [4]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn adaptive_max_pool3d_with_indices(self, size: impl Into<AdaptiveSize<3>>) -> (Var<'t, T>, IntVar<'t, T>) {
        let r = self.tape.call(AdaptiveMaxPool::new(size), &[self.into()]);
        (r.real(0), r.int(1))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        vec![
            OpCheck::new(AdaptiveMaxPool2d::new([2, 3])).real([2, 3, 5, 7]),
            OpCheck::new(AdaptiveMaxPool2d::new([None, Some(4)])).real([1, 3, 2]),
            OpCheck::new(AdaptiveMaxPool2d::new(1)).real([0, 3, 4, 4]),
            OpCheck::new(AdaptiveMaxPool1d::new(3)).real([2, 7]),
            OpCheck::new(AdaptiveMaxPool3d::new([1, 2, 2])).real([1, 2, 2, 3, 4]),
        ]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let tape = Tape::<f64>::default();
        let pool = |size: [usize; 2], x: &[usize]| {
            tape.apply(AdaptiveMaxPool2d::new(size), &[tape.zeros(x).into()]).unwrap_err().to_string()
        };
        for (text, part) in [
            (pool([2, 0], &[1, 4, 5]), "here H = 5, n = 0"),
            (pool([2, 2], &[1, 0, 5]), "the height is 0"),
            (pool([2, 2], &[4, 5]), "[N, C, H, W] or [C, H, W]"),
        ] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }
}
