//! Average pooling over windows of the spatial axes: the sum of each window over a divisor that the options choose.
//! It is linear, and its adjoint is that of every pool of means.

use super::images::{by_axes, image_size, plane, window_attributes, with_plane};
use super::means::MeanPool;
use crate::kernels::avg_pool::{self, Divisor};
use crate::kernels::unfold::Slide;
use crate::kernels::windows::Windows;
use crate::ops::prelude::*;
use crate::window::{PerAxis, Window};

/// Options of average pooling over `D` spatial axes, and the layer of that name: [`AvgPool1d`], [`AvgPool2d`],
/// [`AvgPool3d`].
///
/// For input `[N, C, H, W]` (or `[C, H, W]`) the output has height `(H + 2P − D(F − 1) − 1)/S + 1`, width likewise, and
/// the same channels, with one or three spatial axes alike; every element is the sum of its window over a divisor. Kernel
/// F; stride S is F unless set; padding P is 0, dilation D is 1. The division must be exact: [`floor`](AvgPool::floor)
/// drops the tail instead, [`ceil`](AvgPool::ceil) lets the last window hang over the edge.
///
/// The divisor is the number of cells that a window has on the input and its padding; a cell that hangs over the far edge
/// of the padding never counts. [`exclude_padding`](AvgPool::exclude_padding) counts the cells on the input alone
/// (PyTorch: `count_include_pad=False`), [`divisor`](AvgPool::divisor) sets a number (`divisor_override`); the last
/// of the two that is called holds.
///
/// ```
/// use wengert::{AvgPool2d, prelude::*};
/// let tape = Tape::new();
/// let x = tape.var([[[2., 4., 10.]]]);
/// let pool = AvgPool2d::new([1, 2]).padding([0, 1]).floor();
/// assert_eq!(x.avg_pool2d(pool.clone()).value().as_slice().unwrap(), [1., 7.]);
/// assert_eq!(x.avg_pool2d(pool.clone().exclude_padding()).value().as_slice().unwrap(), [2., 7.]);
/// let y = x.avg_pool2d(pool.divisor(4));
/// assert_eq!(y.value().as_slice().unwrap(), [0.5, 3.5]);
/// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [0.25, 0.25, 0.25]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AvgPool<const D: usize> {
    window: Window<D>,
    divisor: Divisor,
}

/// Average pooling of signals `[N, C, L]` or `[C, L]`.
pub type AvgPool1d = AvgPool<1>;

/// Average pooling of images `[N, C, H, W]` or `[C, H, W]`.
pub type AvgPool2d = AvgPool<2>;

/// Average pooling of volumes `[N, C, D, H, W]` or `[C, D, H, W]`.
pub type AvgPool3d = AvgPool<3>;

impl<const D: usize> AvgPool<D> {
    /// Windows of the given kernel size, one number or one for each axis (`[height, width]`), side by side.
    pub fn new(kernel: impl PerAxis<D>) -> Self {
        AvgPool { window: Window::new(kernel), divisor: Divisor::Padded }
    }

    /// How far the window moves.
    #[must_use]
    pub fn stride(self, stride: impl PerAxis<D>) -> Self {
        AvgPool { window: self.window.stride(stride), ..self }
    }

    /// Cells of value 0 before and after each axis; at most half of the kernel.
    #[must_use]
    pub fn padding(self, padding: impl PerAxis<D>) -> Self {
        AvgPool { window: self.window.padding(padding), ..self }
    }

    /// The distance between the cells of a window.
    #[must_use]
    pub fn dilation(self, dilation: impl PerAxis<D>) -> Self {
        AvgPool { window: self.window.dilation(dilation), ..self }
    }

    /// Drops the tail that no whole window reaches.
    #[must_use]
    pub fn floor(self) -> Self {
        AvgPool { window: self.window.floor(), ..self }
    }

    /// Lets the last window hang over the edge, as long as it starts inside the input or its left padding.
    #[must_use]
    pub fn ceil(self) -> Self {
        AvgPool { window: self.window.ceil(), ..self }
    }

    /// Divides by the number of cells on the input, without those in the padding.
    #[must_use]
    pub fn exclude_padding(self) -> Self {
        AvgPool { divisor: Divisor::Inside, ..self }
    }

    /// Divides by this number, whatever the window holds; 0 is refused.
    #[must_use]
    pub fn divisor(self, divisor: isize) -> Self {
        AvgPool { divisor: Divisor::Fixed(divisor), ..self }
    }

    /// The geometry.
    pub fn window(&self) -> &Window<D> {
        &self.window
    }
}

impl<const D: usize> MeanPool<D> for AvgPool<D> {
    const ADJOINT: &'static str = by_axes::<D>(["avg_pool1d_adjoint", "avg_pool2d_adjoint", "avg_pool3d_adjoint"]);

    fn output(&self, plane: [usize; D]) -> Result<[usize; D], Error> {
        if self.divisor == Divisor::Fixed(0) {
            return Err(Error::argument("the divisor is 0")
                .rule("the sum of a window is divided by a number other than 0")
                .fix("leave the divisor out for the number of cells, or give another"));
        }
        self.window.pool_output(plane)
    }

    fn lay(&self, plane: [usize; D]) -> (Windows<D>, Divisor) {
        let slide = Slide::new(&self.window, plane).expect("the shape rule has accepted it");
        (Windows::sliding(&slide), self.divisor)
    }

    fn options(&self) -> Attributes {
        let mut a = window_attributes(&self.window);
        match self.divisor {
            Divisor::Padded => {}
            Divisor::Inside => a.push(("padding_counts", false.into())),
            Divisor::Fixed(n) => a.push(("divisor", AttrValue::Int(n as i64))),
        }
        a
    }
}

impl<T: Real, const D: usize> Op<T> for AvgPool<D> {
    same_in_f64!();

    fn name(&self) -> &'static str {
        by_axes::<D>(["avg_pool1d", "avg_pool2d", "avg_pool3d"])
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Sig::expect(x, &[Kind::Real])?;
        Ok(ResultSigs::real(with_plane(x[0].dims, self.output(image_size(&x[0])?)?)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (windows, divisor) = self.lay(plane(x[0].dims()));
        avg_pool::avg_pool(x[0].real(), &windows, divisor, y[0].real());
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

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        let taps = self.window.kernel().into_iter().map(|k| k as f64).product::<f64>();
        Cost { flops: x[0].count() as f64 * taps, cheap: false }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Reduce
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Average pooling of images `[N, C, H, W]` or `[C, H, W]`; see [`AvgPool`](crate::AvgPool) for the options.
    ///
    /// # Panics
    /// The tensor is no batch of images, the windows do not tile it, the padding exceeds half of the kernel, the kernel is
    /// larger than the padded input, or stride, kernel, dilation or divisor is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[1., 2.], [3., 6.]]]);
    /// let y = x.avg_pool2d(2);
    /// assert_eq!((y.dims(), y.sum().item()), ([1, 1, 1].into(), 3.0));
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [0.25; 4]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn avg_pool2d(self, options: impl Into<AvgPool2d>) -> Var<'t, T> {
        self.average(&options.into())
    }

    /// Average pooling of signals `[N, C, L]` or `[C, L]`; see [`AvgPool`](crate::AvgPool) for the options.
    ///
    /// # Panics
    /// As [`avg_pool2d`](Var::avg_pool2d), for signals.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 3., 5.]]);
    /// assert_eq!(x.avg_pool1d(AvgPool1d::new(2).stride(1)).value().as_slice().unwrap(), [2., 4.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn avg_pool1d(self, options: impl Into<AvgPool1d>) -> Var<'t, T> {
        self.average(&options.into())
    }

    /// Average pooling of volumes `[N, C, D, H, W]` or `[C, D, H, W]`; see [`AvgPool`](crate::AvgPool) for the options.
    ///
    /// # Panics
    /// As [`avg_pool2d`](Var::avg_pool2d), for volumes.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[[1., 2.], [3., 4.]], [[8., 7.], [6., 5.]]]]);
    /// assert_eq!(x.avg_pool3d([2, 1, 2]).value().as_slice().unwrap(), [4.5, 4.5]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn avg_pool3d(self, options: impl Into<AvgPool3d>) -> Var<'t, T> {
        self.average(&options.into())
    }
}

impl<const D: usize> From<usize> for AvgPool<D> {
    /// Windows of this size along every axis, side by side.
    fn from(kernel: usize) -> Self {
        AvgPool::new(kernel)
    }
}

impl<const D: usize> From<[usize; D]> for AvgPool<D> {
    /// Windows of these sizes, side by side.
    fn from(kernel: [usize; D]) -> Self {
        AvgPool::new(kernel)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::ops::spatial::means::tests::pair;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let mut all = Vec::new();
        all.extend(pair(AvgPool2d::new(2), &[2, 3, 4, 6]));
        all.extend(pair(AvgPool2d::new(2).stride(1), &[1, 3, 3]));
        all.extend(pair(AvgPool2d::new([3, 2]).stride(2).padding(1).floor(), &[2, 5, 7]));
        all.extend(pair(AvgPool2d::new([3, 2]).stride(2).padding(1).ceil().exclude_padding(), &[1, 2, 4, 6]));
        all.extend(pair(AvgPool2d::new(2).dilation(2).stride(1).divisor(-3), &[1, 2, 5, 5]));
        all.extend(pair(AvgPool2d::new(2), &[0, 3, 4, 4]));
        all.extend(pair(AvgPool1d::new(3).stride(2).padding(1).ceil(), &[2, 3, 8]));
        all.extend(pair(AvgPool3d::new([2, 3, 2]).stride([1, 2, 2]).padding([1, 0, 1]).floor(), &[2, 1, 3, 5, 4]));
        all
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let tape = Tape::<f64>::default();
        let pool = |pool: AvgPool2d, x: &[usize]| tape.apply(pool, &[tape.zeros(x).into()]).unwrap_err().to_string();
        for (text, part) in [
            (pool(AvgPool2d::new(2).divisor(0), &[1, 4, 4]), "the divisor is 0"),
            (pool(AvgPool2d::new(2), &[1, 5, 4]), "(5 + 2·0 − 1·(2 − 1) − 1)/2 + 1"),
            (pool(AvgPool2d::new(3).padding(2), &[1, 5, 5]), "more than half of the kernel"),
            (pool(AvgPool2d::new(2), &[4, 4]), "[N, C, H, W]"),
        ] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }
}
