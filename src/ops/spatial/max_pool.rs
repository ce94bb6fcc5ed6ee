//! Max pooling over windows of the spatial axes, which yields the maxima and the indices of the cells that won them.
//! Its adjoint sends each cotangent to exactly those cells, so gradients of gradients come along the same indices.

use std::any::TypeId;

use super::images::{by_axes, image_size, plane, times, window_attributes, with_plane};
use super::plane::size;
use super::runner_up::{Layout, gap};
use crate::kernels::{pool, unfold::Slide, windows::Windows};
use crate::ops::prelude::*;
use crate::window::{PerAxis, Window};

/// Options of max pooling over `D` spatial axes, and the layer of that name: [`MaxPool1d`], [`MaxPool2d`], [`MaxPool3d`].
///
/// For input `[N, C, H, W]` (or `[C, H, W]`) the output has height `(H + 2P − D(F − 1) − 1)/S + 1`, width likewise, and
/// the same channels; with one or three spatial axes alike. Kernel F; stride S is F unless set; padding P is 0, dilation D
/// is 1. The division must be exact: [`floor`](MaxPool::floor) drops the tail instead, [`ceil`](MaxPool::ceil) lets the
/// last window hang over the edge.
///
/// - The first maximum in row-major order wins a tie; −0 and +0 tie.
/// - NaN wins over every number; of several, the last one of the window.
/// - A window of −∞ picks its first cell inside the input. Padding never wins.
/// - The indices are flat, row-major, within one plane (the spatial axes of one channel), `u32`.
/// - Overlapping windows add up in a fixed order; unselected cells get exactly 0, also where they hold NaN.
///
/// The file docs/max_pool2d.md of the repository sets every rule beside those of other engines.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let x = tape.var([[[1., 2., 0.], [3., 9., 4.], [5., 6., 7.]]]);
/// let (y, index) = x.max_pool2d_with_indices(MaxPool2d::new(2).stride(1));
/// assert_eq!(y.value().as_slice().unwrap(), [9., 9., 9., 9.]);
/// assert_eq!(index.value().as_slice().unwrap(), [4, 4, 4, 4]);
/// assert_eq!(y.sum().backward()[x][[0, 1, 1]], 4.0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MaxPool<const D: usize> {
    window: Window<D>,
}

/// Max pooling of signals `[N, C, L]` or `[C, L]`.
pub type MaxPool1d = MaxPool<1>;

/// Max pooling of images `[N, C, H, W]` or `[C, H, W]`.
pub type MaxPool2d = MaxPool<2>;

/// Max pooling of volumes `[N, C, D, H, W]` or `[C, D, H, W]`.
pub type MaxPool3d = MaxPool<3>;

impl<const D: usize> MaxPool<D> {
    /// Windows of the given kernel size, one number or one for each axis (`[height, width]`), side by side.
    pub fn new(kernel: impl PerAxis<D>) -> Self {
        MaxPool { window: Window::new(kernel) }
    }

    /// How far the window moves.
    #[must_use]
    pub fn stride(self, stride: impl PerAxis<D>) -> Self {
        MaxPool { window: self.window.stride(stride) }
    }

    /// Cells before and after each axis that never win; at most half of the kernel.
    #[must_use]
    pub fn padding(self, padding: impl PerAxis<D>) -> Self {
        MaxPool { window: self.window.padding(padding) }
    }

    /// The distance between the cells of a window.
    #[must_use]
    pub fn dilation(self, dilation: impl PerAxis<D>) -> Self {
        MaxPool { window: self.window.dilation(dilation) }
    }

    /// Drops the tail that no whole window reaches.
    #[must_use]
    pub fn floor(self) -> Self {
        MaxPool { window: self.window.floor() }
    }

    /// Lets the last window hang over the edge, as long as it starts inside the input or its left padding.
    #[must_use]
    pub fn ceil(self) -> Self {
        MaxPool { window: self.window.ceil() }
    }

    /// The geometry.
    pub fn window(&self) -> &Window<D> {
        &self.window
    }
}

/// Whether an operation is a max pool over sliding windows, whose index result says where each maximum stands.
pub(crate) fn is_max_pool<T: Real>(op: &dyn Op<T>) -> bool {
    let is = op.type_of();
    [TypeId::of::<MaxPool1d>(), TypeId::of::<MaxPool2d>(), TypeId::of::<MaxPool3d>()].contains(&is)
}

/// The shape rule of a max pool: maxima and indices of this many windows along each axis.
pub(crate) fn maxima<const D: usize>(x: &Sig<'_>, windows: [usize; D]) -> Result<ResultSigs, Error> {
    let plane: [usize; D] = plane(x.dims);
    if size(&plane).checked_sub(1).is_some_and(|last| u32::try_from(last).is_err()) {
        return Err(Error::shape(format!("a plane of {} has too many cells to number", times(&plane)))
            .rule("indices are u32: a plane has at most 4294967296 cells")
            .fix("pool in parts: slice the image"));
    }
    let d = with_plane(x.dims, windows);
    Ok(ResultSigs::real(d.clone()).and_int(d))
}

/// The kernel of a max pool: maxima, indices or both, as they are wanted.
pub(crate) fn find_maxima<T: Real, const D: usize>(
    x: &[T],
    windows: &Windows<D>,
    y: &mut [Out<'_, T>],
    cx: &mut Cx<'_, T>,
) {
    let [values, index] = y else { unreachable!("two results") };
    let count = index.dims().iter().product();
    match values.try_real() {
        Some(values) => pool::max_pool(x, windows, values, index.try_int()),
        None => pool::max_pool(x, windows, cx.scratch(count), index.try_int()),
    }
}

impl<T: Real, const D: usize> Op<T> for MaxPool<D> {
    same_in_f64!();

    fn name(&self) -> &'static str {
        by_axes::<D>(["max_pool1d", "max_pool2d", "max_pool3d"])
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Sig::expect(x, &[Kind::Real])?;
        maxima(&x[0], self.window.pool_output(image_size(&x[0])?)?)
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], cx: &mut Cx<'_, T>) -> Result<(), Fault> {
        let slide = Slide::new(&self.window, plane(x[0].dims())).expect("the shape rule has accepted it");
        find_maxima(x[0].real(), &Windows::sliding(&slide), y, cx);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().scatter_in_planes(r.result_index(1), plane::<D>(&r.dims(0))));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.gather_in_planes::<D>(r.result_index(1)));
    }

    fn decision<'t>(&self, at: &At<'t, T>) -> Option<Decision<'t, T>> {
        let gap = gap(at, Layout::Sliding(self.window.clone()));
        Some(Decision { what: "cell that wins the window", choice: at.result_index(1), gap: Some(gap) })
    }

    fn attributes(&self) -> Attributes {
        window_attributes(&self.window)
    }

    fn reads(&self) -> Reads {
        // The maxima for a relu before the pool, whose gate they decide as well.
        Reads { operands: Which::None, results: Which::These(0b11) }
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        let taps = self.window.kernel().into_iter().map(|k| k as f64).product::<f64>();
        Cost { flops: x[0].count() as f64 * taps, cheap: false }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Max pooling of images `[N, C, H, W]` or `[C, H, W]`; see [`MaxPool`] for the options and every rule.
    ///
    /// # Panics
    /// The tensor is no batch of images, the windows do not tile it, the padding exceeds half of the kernel, the kernel is
    /// larger than the padded input, or stride, kernel or dilation is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[1., 2.], [3., 9.]]]);
    /// assert_eq!(x.max_pool2d(2).item(), 9.0);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn max_pool2d(self, options: impl Into<MaxPool2d>) -> Var<'t, T> {
        self.tape.call(options.into(), &[self.into()]).real(0)
    }

    /// Max pooling of images with the flat index, within its plane, of the cell that won each window.
    ///
    /// # Panics
    /// As [`max_pool2d`](Var::max_pool2d).
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (y, index) = tape.var([[[1., 2.], [9., 3.]]]).max_pool2d_with_indices(2);
    /// assert_eq!((y.item(), index.value().sum()), (9.0, 2));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn max_pool2d_with_indices(self, options: impl Into<MaxPool2d>) -> (Var<'t, T>, IntVar<'t, T>) {
        let r = self.tape.call(options.into(), &[self.into()]);
        (r.real(0), r.int(1))
    }

    /// Max pooling of signals `[N, C, L]` or `[C, L]`; see [`MaxPool`] for the options and every rule.
    ///
    /// # Panics
    /// As [`max_pool2d`](Var::max_pool2d), for signals.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 5., 3., 2., 0.]]);
    /// let y = x.max_pool1d(MaxPool1d::new(3).stride(1));
    /// assert_eq!(y.value().as_slice().unwrap(), [5., 5., 3.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [0., 2., 1., 0., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn max_pool1d(self, options: impl Into<MaxPool1d>) -> Var<'t, T> {
        self.tape.call(options.into(), &[self.into()]).real(0)
    }

    /// Max pooling of signals with the position, within its channel, of the element that won each window.
    ///
    /// # Panics
    /// As [`max_pool1d`](Var::max_pool1d).
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (_, index) = tape.var([[1., 5., 3., 4.]]).max_pool1d_with_indices(2);
    /// assert_eq!(index.value().as_slice().unwrap(), [1, 3]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn max_pool1d_with_indices(self, options: impl Into<MaxPool1d>) -> (Var<'t, T>, IntVar<'t, T>) {
        let r = self.tape.call(options.into(), &[self.into()]);
        (r.real(0), r.int(1))
    }

    /// Max pooling of volumes `[N, C, D, H, W]` or `[C, D, H, W]`; see [`MaxPool`] for the options and every rule.
    ///
    /// # Panics
    /// As [`max_pool2d`](Var::max_pool2d), for volumes.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[[1., 2.], [3., 4.]], [[8., 7.], [6., 5.]]]]);
    /// assert_eq!(x.max_pool3d([2, 1, 2]).value().as_slice().unwrap(), [8., 6.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn max_pool3d(self, options: impl Into<MaxPool3d>) -> Var<'t, T> {
        self.tape.call(options.into(), &[self.into()]).real(0)
    }

    /// Max pooling of volumes with the flat index, within its volume, of the cell that won each window.
    ///
    /// # Panics
    /// As [`max_pool3d`](Var::max_pool3d).
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[[1., 2.], [3., 4.]], [[8., 7.], [6., 5.]]]]);
    /// assert_eq!(x.max_pool3d_with_indices(2).1.value().as_slice().unwrap(), [4]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn max_pool3d_with_indices(self, options: impl Into<MaxPool3d>) -> (Var<'t, T>, IntVar<'t, T>) {
        let r = self.tape.call(options.into(), &[self.into()]);
        (r.real(0), r.int(1))
    }
}

impl<const D: usize> From<usize> for MaxPool<D> {
    /// Windows of this size along every axis, side by side.
    fn from(kernel: usize) -> Self {
        MaxPool::new(kernel)
    }
}

impl<const D: usize> From<[usize; D]> for MaxPool<D> {
    /// Windows of these sizes, side by side.
    fn from(kernel: [usize; D]) -> Self {
        MaxPool::new(kernel)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        fn of<const D: usize>(pool: MaxPool<D>, dims: &[usize]) -> OpCheck {
            OpCheck::new(pool).real(dims)
        }
        vec![
            of(MaxPool2d::new(2), &[2, 3, 4, 6]),
            of(MaxPool2d::new(2).stride(1), &[1, 3, 3]),
            of(MaxPool2d::new([3, 2]).stride(2).padding(1).floor(), &[2, 5, 7]),
            of(MaxPool2d::new(2).dilation(2).stride(1), &[1, 2, 5, 5]),
            of(MaxPool2d::new(3).stride(2).ceil(), &[1, 1, 6, 6]),
            of(MaxPool2d::new(1), &[2, 3, 1]),
            of(MaxPool2d::new(2), &[0, 3, 4, 4]),
            of(MaxPool1d::new(3).stride(2).padding(1).ceil(), &[2, 3, 8]),
            of(MaxPool1d::new(2).dilation(3).stride(1), &[3, 7]),
            of(MaxPool3d::new([2, 3, 2]).stride([1, 2, 2]).padding([1, 0, 1]).floor(), &[2, 1, 3, 5, 4]),
            of(MaxPool3d::new(2), &[1, 2, 2, 2]),
        ]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn a_plane_whose_cells_cannot_be_numbered_is_refused() {
        let tape = Tape::new();
        let pool = |w: usize| tape.apply(MaxPool2d::new(1), &[tape.zeros([1, 1 << 16, w]).into()]);
        assert!(pool(1 << 16).is_ok());
        assert!(pool((1 << 16) + 1).unwrap_err().is_shape());
    }

    #[test]
    fn nan_in_an_unselected_cell_gets_exactly_zero() {
        let tape = Tape::new();
        let x = tape.var([[[1., f32::NAN, 2., 0.], [5., f32::NAN, 3., 9.]]]);
        let w = tape.constant([[[0., 1.]]]);
        let g = (x.max_pool2d(2) * w).sum().backward();
        assert!(g[x].iter().all(|v| *v == 0.0 || *v == 1.0));
        assert_eq!(g[x][[0, 1, 3]], 1.0);
    }
}
