//! The windows of images as columns of matrices (im2col), and the sum of columns back into images (col2im).
//! Each is the other's adjoint: ⟨unfold x, c⟩ = ⟨x, fold c⟩.

use super::images::{image_size, plane, window_attributes};
use crate::kernels::unfold::{self, Slide};
use crate::ops::prelude::*;
use crate::window::{PerAxis, Window};

/// The windows that [`unfold`](Var::unfold) makes columns of: stride 1, no padding, dilation 1 unless set.
///
/// Sizes are rounded down as everywhere: a tail that no whole window reaches is left out, unless
/// [`exact`](Unfold::exact) is asked for. A [`Window`] may be given instead; its own rounding then holds, so the columns
/// of a pooling are those of `pooling.window()`.
///
/// ```
/// use wengert::{MaxPool2d, Unfold, prelude::*};
/// let tape = Tape::new();
/// let x = tape.var([[[1., 2., 3., 4., 5.]]]);
/// assert_eq!(x.unfold([1, 2]).dims(), [2, 4]);
/// assert_eq!(x.unfold(Unfold::new([1, 2]).stride(2)).dims(), [2, 2]);
/// assert_eq!(x.unfold(MaxPool2d::new([1, 2]).ceil().window().clone()).dims(), [2, 3]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unfold {
    window: Window<2>,
}

impl Unfold {
    /// Windows of the given kernel size, one number or `[height, width]`, one cell apart.
    pub fn new(kernel: impl PerAxis<2>) -> Self {
        Unfold { window: Window::new(kernel).stride(1).floor() }
    }

    /// How far the window moves.
    #[must_use]
    pub fn stride(self, stride: impl PerAxis<2>) -> Self {
        Unfold { window: self.window.stride(stride) }
    }

    /// Cells of value 0 before and after each axis.
    #[must_use]
    pub fn padding(self, padding: impl PerAxis<2>) -> Self {
        Unfold { window: self.window.padding(padding) }
    }

    /// The distance between the cells of a window.
    #[must_use]
    pub fn dilation(self, dilation: impl PerAxis<2>) -> Self {
        Unfold { window: self.window.dilation(dilation) }
    }

    /// Refuses images that the windows do not cover to the last cell.
    #[must_use]
    pub fn exact(self) -> Self {
        Unfold { window: self.window.exact() }
    }

    /// The geometry.
    pub fn window(&self) -> &Window<2> {
        &self.window
    }

    fn slide(&self, plane: [usize; 2]) -> Slide {
        Slide::new(&self.window, plane).expect("the shape rule has accepted it")
    }
}

impl From<usize> for Unfold {
    /// Square windows one cell apart.
    fn from(kernel: usize) -> Self {
        Unfold::new(kernel)
    }
}

impl From<[usize; 2]> for Unfold {
    /// Windows of this height and width one cell apart.
    fn from(kernel: [usize; 2]) -> Self {
        Unfold::new(kernel)
    }
}

impl From<Window<2>> for Unfold {
    /// The window as it is, its rounding included.
    fn from(window: Window<2>) -> Self {
        Unfold { window }
    }
}

/// The adjoint of [`Unfold`], into planes of the given height and width.
#[derive(Clone, Debug)]
pub(crate) struct Fold {
    options: Unfold,
    plane: [usize; 2],
}

impl<T: Real> Op<T> for Unfold {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "unfold"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Sig::expect(x, &[Kind::Real])?;
        let [rows, columns] = self.window.output(image_size(&x[0])?)?;
        let lead = x[0].rank() - 3;
        let mut d = Dims::from(&x[0].dims[..lead]);
        let taps = self.window.kernel().into_iter().fold(x[0].dims[lead], usize::saturating_mul);
        d.push(taps);
        d.push(rows.saturating_mul(columns));
        Ok(ResultSigs::real(d))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        unfold::unfold(x[0].real(), &self.slide(plane(x[0].dims())), y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().fold(self.clone(), plane(&r.dims(0))));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.unfold(self.clone()));
    }

    fn attributes(&self) -> Attributes {
        window_attributes(&self.window)
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Expand
    }
}

impl<T: Real> Op<T> for Fold {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "fold"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let (&[rows, positions] | &[_, rows, positions]) = x[0].dims else {
            return Err(Error::shape(format!("shape {} is not a matrix of columns", x[0]))
                .rule("columns are [N, C·kh·kw, L] or [C·kh·kw, L]")
                .fix("reshape, or unsqueeze the missing axes"));
        };
        let ([kh, kw], [h, w]) = (self.options.window.kernel(), self.plane);
        let [oh, ow] = self.options.window.output(self.plane)?;
        if oh.checked_mul(ow) != Some(positions) {
            return Err(Error::shape(format!("{positions} columns for {oh}·{ow} windows"))
                .rule(format!("an image of {h}×{w} has one column for each of its {oh}·{ow} windows"))
                .fix("give the size and the window that the columns were unfolded with"));
        }
        let taps = kh.saturating_mul(kw);
        if rows % taps != 0 {
            return Err(Error::shape(format!("columns of {rows} elements for windows of {kh}×{kw}"))
                .rule(format!("a column has C·{kh}·{kw} elements; {rows} divided by {taps} leaves {}", rows % taps))
                .fix("give the window that the columns were unfolded with"));
        }
        let mut d = Dims::from(&x[0].dims[..x[0].rank() - 2]);
        [rows / taps, h, w].into_iter().for_each(|size| d.push(size));
        Ok(ResultSigs::real(d))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        unfold::fold(x[0].real(), &self.options.slide(self.plane), y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().unfold(self.options.clone()));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.fold(self.options.clone(), self.plane));
    }

    fn attributes(&self) -> Attributes {
        let mut a = window_attributes(&self.options.window);
        a.push(("plane", (&self.plane[..]).into()));
        a
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Reduce
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The windows of images [N, C, H, W] (or [C, H, W]) as columns [N, C·kh·kw, L]: row (c, a, b) of column l holds
    /// cell (a, b) of window l in channel c, 0 where it lies in the padding.
    ///
    /// The windows are numbered row by row. Kernel, stride and the rest stand in [`Unfold`].
    ///
    /// # Panics
    /// The tensor is no batch of images, the dilated kernel is larger than the padded image, a stride, dilation, kernel or
    /// image size is 0, or an exact window leaves a remainder.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[1., 2., 3.], [4., 5., 6.]]]);
    /// let columns = x.unfold(2);
    /// assert_eq!(columns.dims(), [4, 2]);
    /// assert_eq!(columns.value().as_slice().unwrap(), [1., 2., 2., 3., 4., 5., 5., 6.]);
    /// assert_eq!(columns.sum().backward()[x].as_slice().unwrap(), [1., 2., 1., 1., 2., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn unfold(self, windows: impl Into<Unfold>) -> Var<'t, T> {
        self.tape.call(windows.into(), &[self.into()]).real(0)
    }

    /// Sums columns [N, C·kh·kw, L] (or [C·kh·kw, L]) into images [N, C, H, W] of the given height and width: the adjoint
    /// of [`unfold`](Var::unfold), ⟨unfold x, c⟩ = ⟨x, fold c⟩.
    ///
    /// # Panics
    /// The windows over such an image are not L, or C·kh·kw is no multiple of kh·kw.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[1., 2., 3.], [4., 5., 6.]]]);
    /// let counted = x.unfold(2).fold(2, [2, 3]);
    /// assert_eq!(counted.value().as_slice().unwrap(), [1., 4., 3., 4., 10., 6.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn fold(self, windows: impl Into<Unfold>, plane: [usize; 2]) -> Var<'t, T> {
        self.tape.call(Fold { options: windows.into(), plane }, &[self.into()]).real(0)
    }

    /// [`unfold`](Var::unfold) by its other name.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([[[1., 2., 3.]]]).im2col([1, 2]).value().as_slice().unwrap(), [1., 2., 2., 3.]);
    /// ```
    ///
    /// # Panics
    /// As [`unfold`](Var::unfold).
    #[track_caller]
    #[must_use]
    pub fn im2col(self, windows: impl Into<Unfold>) -> Var<'t, T> {
        self.unfold(windows)
    }

    /// [`fold`](Var::fold) by its other name.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let columns = tape.var([[1., 2.], [20., 30.]]);
    /// assert_eq!(columns.col2im([1, 2], [1, 3]).value().as_slice().unwrap(), [1., 22., 30.]);
    /// ```
    ///
    /// # Panics
    /// As [`fold`](Var::fold).
    #[track_caller]
    #[must_use]
    pub fn col2im(self, windows: impl Into<Unfold>, plane: [usize; 2]) -> Var<'t, T> {
        self.fold(windows, plane)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    /// The checks of a map and of its adjoint over one geometry.
    fn pair(options: Unfold, x: &[usize]) -> [OpCheck; 2] {
        let tape = Tape::<f64>::default();
        let columns = tape.zeros(x).unfold(options.clone()).dims();
        [OpCheck::new(options.clone()).real(x), OpCheck::new(Fold { options, plane: plane(x) }).real(columns)]
    }

    pub(crate) fn checks() -> Vec<OpCheck> {
        let cases = [
            (Unfold::new(2), &[2, 3, 3, 4][..]),
            (Unfold::new([3, 2]).stride([2, 3]).padding([1, 2]), &[1, 2, 6, 5]),
            (Unfold::new(2).dilation([2, 3]).exact(), &[2, 4, 5]),
            (Window::new(3).stride(2).ceil().into(), &[1, 1, 6, 6]),
            (Unfold::new(2), &[0, 3, 4, 4]),
            (Unfold::new(2), &[2, 0, 4, 4]),
        ];
        cases.into_iter().flat_map(|(options, x)| pair(options, x)).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let tape = Tape::<f64>::default();
        let text = |r: Result<_, Error>| r.map(|_| ()).unwrap_err().to_string();
        let unfold = |options: Unfold, x: &[usize]| text(tape.apply(options, &[tape.zeros(x).into()]));
        let fold = |plane, x: &[usize]| text(tape.apply(Fold { options: 2.into(), plane }, &[tape.zeros(x).into()]));
        for (text, part) in [
            (unfold(Unfold::new(2).stride(2).exact(), &[1, 4, 5]), "(5 + 2·0 − 1·(2 − 1) − 1)/2 + 1"),
            (unfold(Unfold::new(3), &[1, 2, 5]), "1·(3 − 1) + 1 = 3 > 2 + 2·0 = 2"),
            (unfold(Unfold::new(3), &[5, 5]), "[N, C, H, W]"),
            (fold([3, 4], &[8, 5]), "5 columns for 2·3 windows"),
            (fold([3, 4], &[7, 6]), "7 divided by 4 leaves 3"),
            (fold([3, 4], &[6]), "[N, C·kh·kw, L]"),
            (fold([1, 4], &[8, 5]), "the kernel is larger"),
        ] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }
}
