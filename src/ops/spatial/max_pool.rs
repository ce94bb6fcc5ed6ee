//! Max pooling over windows of the last two axes, which yields the maxima and the indices of the cells that won them.
//! Its adjoint sends each cotangent to exactly those cells, so gradients of gradients come along the same indices.

use super::images::{image_size, plane, window_attributes, with_plane};
use crate::kernels::{pool, unfold::Slide};
use crate::ops::prelude::*;
use crate::window::{PerAxis, Window};

/// Options of max pooling, and the layer of that name.
///
/// For input `[N, C, H, W]` (or `[C, H, W]`) the output has height `(H + 2P − D(F − 1) − 1)/S + 1`, width likewise, and
/// the same depth. Kernel F; stride S is F unless set; padding P is 0, dilation D is 1. The division must be exact:
/// [`floor`](MaxPool2d::floor) drops the tail instead, [`ceil`](MaxPool2d::ceil) lets the last window hang over the edge.
///
/// - The first maximum in row-major order wins a tie; −0 and +0 tie.
/// - NaN wins over every number; of several, the last one of the window.
/// - A window of −∞ picks its first cell inside the input. Padding never wins.
/// - The indices are flat, row-major, within one plane, `u32`.
/// - Overlapping windows add up in a fixed order; unselected cells get exactly 0, also where they hold NaN.
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
pub struct MaxPool2d {
    window: Window<2>,
}

impl MaxPool2d {
    /// Windows of the given kernel size, one number or `[height, width]`, side by side.
    pub fn new(kernel: impl PerAxis<2>) -> Self {
        MaxPool2d { window: Window::new(kernel) }
    }

    /// How far the window moves.
    #[must_use]
    pub fn stride(self, stride: impl PerAxis<2>) -> Self {
        MaxPool2d { window: self.window.stride(stride) }
    }

    /// Cells before and after each axis that never win; at most half of the kernel.
    #[must_use]
    pub fn padding(self, padding: impl PerAxis<2>) -> Self {
        MaxPool2d { window: self.window.padding(padding) }
    }

    /// The distance between the cells of a window.
    #[must_use]
    pub fn dilation(self, dilation: impl PerAxis<2>) -> Self {
        MaxPool2d { window: self.window.dilation(dilation) }
    }

    /// Drops the tail that no whole window reaches.
    #[must_use]
    pub fn floor(self) -> Self {
        MaxPool2d { window: self.window.floor() }
    }

    /// Lets the last window hang over the edge, as long as it starts inside the input or its left padding.
    #[must_use]
    pub fn ceil(self) -> Self {
        MaxPool2d { window: self.window.ceil() }
    }

    /// The geometry.
    pub fn window(&self) -> &Window<2> {
        &self.window
    }
}

impl<T: Real> Op<T> for MaxPool2d {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "max_pool2d"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Sig::expect(x, &[Kind::Real])?;
        let plane = image_size(&x[0])?;
        let d = with_plane(x[0].dims, self.window.pool_output(plane)?);
        if plane[0].saturating_mul(plane[1]).checked_sub(1).is_some_and(|last| u32::try_from(last).is_err()) {
            return Err(Error::shape(format!("a plane of {}×{} has too many cells to number", plane[0], plane[1]))
                .rule("indices are u32: a plane has at most 4294967296 cells")
                .fix("pool in parts: slice the image"));
        }
        Ok(ResultSigs::real(d.clone()).and_int(d))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], cx: &mut Cx<'_, T>) -> Result<(), Fault> {
        let slide = Slide::new(&self.window, plane(x[0].dims())).expect("the shape rule has accepted it");
        let [values, index] = y else { unreachable!("two results") };
        let count = index.dims().iter().product();
        match values.try_real() {
            Some(values) => pool::max_pool2d(x[0].real(), &slide, values, index.try_int()),
            None => pool::max_pool2d(x[0].real(), &slide, cx.scratch(count), index.try_int()),
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().plane_scatter(r.result_index(1), plane(&r.dims(0))));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.plane_gather(r.result_index(1)));
    }

    fn decision<'t>(&self, at: &At<'t, T>) -> Option<Decision<'t, T>> {
        Some(Decision { what: "cell that wins the window", choice: at.result_index(1), gap: None })
    }

    fn attributes(&self) -> Attributes {
        window_attributes(&self.window)
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::None, results: Which::These(0b10) }
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        let [kh, kw] = self.window.kernel();
        Cost { flops: x[0].count() as f64 * (kh * kw) as f64, cheap: false }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Max pooling; see [`MaxPool2d`] for the options and every rule.
    ///
    /// # Panics
    /// The tensor is no batch of images, the windows do not tile it, the padding exceeds half of the kernel, the kernel is
    /// larger than the padded input, or stride, kernel or dilation is 0.
    #[track_caller]
    #[must_use]
    pub fn max_pool2d(self, options: impl Into<MaxPool2d>) -> Var<'t, T> {
        self.tape.call(options.into(), &[self.into()]).real(0)
    }

    /// Max pooling with the flat index, within its plane, of the cell that won each window.
    ///
    /// # Panics
    /// As [`max_pool2d`](Var::max_pool2d).
    #[track_caller]
    #[must_use]
    pub fn max_pool2d_with_indices(self, options: impl Into<MaxPool2d>) -> (Var<'t, T>, IntVar<'t, T>) {
        let r = self.tape.call(options.into(), &[self.into()]);
        (r.real(0), r.int(1))
    }
}

impl From<usize> for MaxPool2d {
    /// Square windows side by side.
    fn from(kernel: usize) -> Self {
        MaxPool2d::new(kernel)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let of = |pool: MaxPool2d, dims: &[usize]| OpCheck::new(pool).real(dims);
        vec![
            of(MaxPool2d::new(2), &[2, 3, 4, 6]),
            of(MaxPool2d::new(2).stride(1), &[1, 3, 3]),
            of(MaxPool2d::new([3, 2]).stride(2).padding(1).floor(), &[2, 5, 7]),
            of(MaxPool2d::new(2).dilation(2).stride(1), &[1, 2, 5, 5]),
            of(MaxPool2d::new(3).stride(2).ceil(), &[1, 1, 6, 6]),
            of(MaxPool2d::new(1), &[2, 3, 1]),
            of(MaxPool2d::new(2), &[0, 3, 4, 4]),
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
