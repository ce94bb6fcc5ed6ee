//! Convolution over the last two axes and its two adjoints: in the image (the transposed convolution) and in the weights.
//! Each of the three is bilinear with the other two as its derivatives, so derivatives of every order stay within them.

use super::conv_options::{ConvOptions, sizes};
use super::images::{image_size, plane};
use crate::kernels::conv;
use crate::ops::prelude::*;

/// y = x ⋆ w for images x and weights w.
#[derive(Clone, Debug)]
pub(crate) struct Convolve {
    options: ConvOptions,
}

/// The adjoint of y = x ⋆ w in x, for images of the given height and width; operands ȳ and w.
#[derive(Clone, Debug)]
pub(crate) struct ConvolveInput {
    options: ConvOptions,
    plane: [usize; 2],
}

/// The adjoint of y = x ⋆ w in w, for weights of the given height and width; operands ȳ and x.
#[derive(Clone, Debug)]
pub(crate) struct ConvolveWeights {
    options: ConvOptions,
    kernel: [usize; 2],
}

/// The shape of images with the given channels, height and width, beside others with the same leading axes.
fn beside(images: &[usize], channels: usize, [h, w]: [usize; 2]) -> Dims {
    let mut d = Dims::from(&images[..images.len() - 3]);
    d.push(channels);
    d.push(h);
    d.push(w);
    d
}

/// Refuses what should be a convolution's result and is not.
fn check_result(is: &Sig<'_>, should: &Dims) -> Result<(), Error> {
    if is.dims == &should[..] {
        return Ok(());
    }
    Err(Error::shape(format!("{is} is not the shape of the convolution's result"))
        .rule(format!("images, weights and options of these sizes convolve to {should}"))
        .fix("give the height and width of the images, and the options, of the convolution meant"))
}

impl Convolve {
    fn result(&self, x: &[usize], w: &[usize]) -> Result<Dims, Error> {
        let s = self.options.shape(x, w)?;
        Ok(beside(x, s.o, s.slide.output))
    }
}

impl<T: Real> Op<T> for Convolve {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "conv2d"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(self.result(x[0].dims, x[1].dims)?))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let s = sizes(&self.options, x[0].dims(), x[1].dims());
        conv::conv2d(x[0].real(), x[1].real(), &s, y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().conv2d_input(r.x(1), self.options, plane(&r.dims(0))));
        r.give(1, || r.g().conv2d_weights(r.x(0), self.options, plane(&r.dims(1))));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.conv2d(r.x(1), self.options));
        r.term(1, |dw| r.x(0).conv2d(dw, self.options));
    }

    fn attributes(&self) -> Attributes {
        self.options.attributes()
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        cost(&sizes(&self.options, x[0].dims, x[1].dims))
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Product
    }
}

impl ConvolveInput {
    /// The shape of the images.
    fn images(&self, g: &[usize], w: &[usize]) -> Dims {
        beside(g, w[1].saturating_mul(self.options.group_count()), self.plane)
    }
}

impl<T: Real> Op<T> for ConvolveInput {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "conv2d_input"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        image_size::<2>(&x[0])?;
        self.options.check_weights(x[1].dims)?;
        let images = self.images(x[0].dims, x[1].dims);
        check_result(&x[0], &Convolve { options: self.options }.result(&images, x[1].dims)?)?;
        Ok(ResultSigs::real(images))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let s = sizes(&self.options, y[0].dims(), x[1].dims());
        conv::conv2d_input(x[0].real(), x[1].real(), &s, y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().conv2d(r.x(1), self.options));
        r.give(1, || r.x(0).conv2d_weights(r.g(), self.options, plane(&r.dims(1))));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dg| dg.conv2d_input(r.x(1), self.options, self.plane));
        r.term(1, |dw| r.x(0).conv2d_input(dw, self.options, self.plane));
    }

    fn attributes(&self) -> Attributes {
        let mut a = self.options.attributes();
        a.push(("plane", (&self.plane[..]).into()));
        a
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        cost(&sizes(&self.options, &self.images(x[0].dims, x[1].dims), x[1].dims))
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Product
    }
}

impl ConvolveWeights {
    /// The shape of the weights; groups are at least 1.
    fn weights(&self, g: &[usize], x: &[usize]) -> Dims {
        let [c, o] = [x, g].map(|d| d[d.len() - 3]);
        Dims::from([o, c / self.options.group_count(), self.kernel[0], self.kernel[1]])
    }
}

impl<T: Real> Op<T> for ConvolveWeights {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "conv2d_weights"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        image_size::<2>(&x[0])?;
        image_size::<2>(&x[1])?;
        self.options.check_groups()?;
        let weights = self.weights(x[0].dims, x[1].dims);
        check_result(&x[0], &Convolve { options: self.options }.result(x[1].dims, &weights)?)?;
        Ok(ResultSigs::real(weights))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let s = sizes(&self.options, x[1].dims(), y[0].dims());
        conv::conv2d_weights(x[0].real(), x[1].real(), &s, y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.x(1).conv2d(r.g(), self.options));
        r.give(1, || r.x(0).conv2d_input(r.g(), self.options, plane(&r.dims(1))));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dg| dg.conv2d_weights(r.x(1), self.options, self.kernel));
        r.term(1, |dx| r.x(0).conv2d_weights(dx, self.options, self.kernel));
    }

    fn attributes(&self) -> Attributes {
        let mut a = self.options.attributes();
        a.push(("kernel", (&self.kernel[..]).into()));
        a
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        cost(&sizes(&self.options, x[1].dims, &self.weights(x[0].dims, x[1].dims)))
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Product
    }
}

fn cost(s: &conv::ConvShape) -> Cost {
    Cost { flops: s.flops(), cheap: false }
}

impl<'t, T: Real> Var<'t, T> {
    /// Convolution of images [N, C, H, W] (or [C, H, W]) with weights [O, C/groups, kh, kw], which are not flipped:
    /// y[n, o, i, j] = Σ w[o, c, a, b] · x[n, c, i·S + a·D − P, j·S + b·D − P] over the c of o's group and all a, b,
    /// cells in the padding being 0.
    ///
    /// The result is [N, O, OH, OW] with OH = ⌊(H + 2P − D(kh − 1) − 1)/S⌋ + 1, OW likewise. A bias is one more line:
    /// `x.conv2d(w, options) + b.reshape([o, 1, 1])`.
    ///
    /// # Panics
    /// Images or weights have the wrong rank, the channels do not fit the weights and groups, the dilated kernel is larger
    /// than the padded image, a stride, dilation, kernel, image size or number of groups is 0, or the division leaves a
    /// remainder under [`ConvOptions::exact`].
    ///
    /// ```
    /// use wengert::{ConvOptions, prelude::*};
    /// let tape = Tape::new();
    /// let x = tape.var([[[1., 2., 3.], [4., 5., 6.]]]);           // one channel, 2×3
    /// let w = tape.var([[[[1., 10.], [100., 1000.]]]]);           // one output, one input channel, 2×2
    /// let y = x.conv2d(w, ConvOptions::new());
    /// assert_eq!(y.value().as_slice().unwrap(), [5421., 6532.]);
    /// let g = y.sum().backward();
    /// assert_eq!(g[w].as_slice().unwrap(), [3., 5., 9., 11.]);
    /// assert_eq!(g[x].as_slice().unwrap(), [1., 11., 10., 100., 1100., 1000.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn conv2d(self, weights: Var<'t, T>, options: ConvOptions) -> Var<'t, T> {
        self.tape.call(Convolve { options }, &[self.into(), weights.into()]).real(0)
    }

    /// The adjoint of [`conv2d`](Var::conv2d) in the images, ⟨x ⋆ w, y⟩ = ⟨x, `y.conv2d_input(w, ..)`⟩: the transposed
    /// convolution, from [N, O, OH, OW] and weights [O, C/groups, kh, kw] to [N, C, H, W].
    ///
    /// Height and width are given, for several of them may convolve to the same size.
    ///
    /// # Panics
    /// Images [N, C, H, W] with these weights and options do not convolve to the shape of `self`.
    ///
    /// ```
    /// use wengert::{ConvOptions, prelude::*};
    /// let tape = Tape::new();
    /// let (y, w) = (tape.var([[[1., 2.]]]), tape.var([[[[1., 10.]]]]));
    /// let x = y.conv2d_input(w, ConvOptions::new().stride(2), [1, 4]);
    /// assert_eq!(x.value().as_slice().unwrap(), [1., 10., 2., 20.]);
    /// assert_eq!(x.sum().backward()[y].as_slice().unwrap(), [11., 11.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn conv2d_input(self, weights: Var<'t, T>, options: ConvOptions, plane: [usize; 2]) -> Var<'t, T> {
        self.tape.call(ConvolveInput { options, plane }, &[self.into(), weights.into()]).real(0)
    }

    /// The adjoint of [`conv2d`](Var::conv2d) in the weights, ⟨x ⋆ w, y⟩ = ⟨w, `y.conv2d_weights(x, ..)`⟩: from
    /// [N, O, OH, OW] and images [N, C, H, W] to [O, C/groups, kh, kw], for the height and width of the kernel.
    ///
    /// # Panics
    /// The images with such weights and options do not convolve to the shape of `self`.
    ///
    /// ```
    /// use wengert::{ConvOptions, prelude::*};
    /// let tape = Tape::new();
    /// let (y, x) = (tape.var([[[1., 10.]]]), tape.var([[[1., 2., 3.]]]));
    /// let w = y.conv2d_weights(x, ConvOptions::new(), [1, 2]);
    /// assert_eq!(w.value().as_slice().unwrap(), [21., 32.]);
    /// assert_eq!(w.sum().backward()[x].as_slice().unwrap(), [1., 11., 10.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn conv2d_weights(self, images: Var<'t, T>, options: ConvOptions, kernel: [usize; 2]) -> Var<'t, T> {
        self.tape.call(ConvolveWeights { options, kernel }, &[self.into(), images.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    /// The checks of the convolution and of both adjoints over one geometry.
    fn three(options: ConvOptions, x: &[usize], w: [usize; 4]) -> [OpCheck; 3] {
        let y = Convolve { options }.result(x, &w).unwrap();
        let (plane, kernel) = (plane(x), plane(&w));
        [
            OpCheck::new(Convolve { options }).real(x).real(w),
            OpCheck::new(ConvolveInput { options, plane }).real(y.clone()).real(w),
            OpCheck::new(ConvolveWeights { options, kernel }).real(y).real(x),
        ]
    }

    pub(crate) fn checks() -> Vec<OpCheck> {
        let o = ConvOptions::new();
        let cases = [
            (o, &[2, 3, 4, 5][..], [4, 3, 2, 3]),
            (o.stride(2).padding([1, 0]), &[2, 2, 5, 6], [3, 2, 3, 2]),
            (o.dilation([2, 1]).padding(2).exact(), &[1, 2, 5, 4], [2, 2, 3, 3]),
            (o.groups(2).stride([1, 3]), &[2, 4, 3, 7], [6, 2, 2, 2]),
            (o.groups(3).padding(1), &[2, 3, 4, 4], [3, 1, 3, 3]),
            (o, &[3, 2, 3], [4, 3, 1, 1]),
            (o, &[2, 2, 3, 3], [2, 2, 3, 3]),
            (o, &[2, 2, 3, 3], [2, 2, 2, 2]),
            (o, &[0, 2, 4, 4], [3, 2, 3, 3]),
            (o, &[2, 2, 3, 3], [0, 2, 2, 2]),
        ];
        cases.into_iter().flat_map(|(options, x, w)| three(options, x, w)).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    fn refusal(options: ConvOptions, x: &[usize], w: &[usize]) -> String {
        let tape = Tape::<f64>::default();
        let leaves = [tape.zeros(x).into(), tape.zeros(w).into()];
        tape.apply(Convolve { options }, &leaves).unwrap_err().to_string()
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let o = ConvOptions::new();
        for (text, parts) in [
            (refusal(o, &[2, 3, 8, 8], &[4, 2, 3, 3]), &["3 channels", "groups · 2", "1·2 = 2"][..]),
            (refusal(o.groups(2), &[2, 3, 8, 8], &[4, 1, 3, 3]), &["3 input channels", "2 groups", "leaves 1"]),
            (refusal(o.groups(2), &[2, 4, 8, 8], &[3, 2, 3, 3]), &["3 output channels", "2 groups", "leaves 1"]),
            (refusal(o.groups(0), &[2, 4, 8, 8], &[3, 2, 3, 3]), &["groups is 0"]),
            (refusal(o, &[4, 8], &[3, 4, 3, 3]), &["[4, 8]", "[N, C, H, W]"]),
            (refusal(o, &[2, 4, 8, 8], &[4, 3, 3]), &["[4, 3, 3]", "[O, C/groups, kh, kw]"]),
            (refusal(o, &[2, 4, 2, 8], &[4, 4, 3, 3]), &["height", "1·(3 − 1) + 1 = 3 > 2 + 2·0 = 2"]),
            (refusal(o.stride(2).exact(), &[2, 4, 6, 5], &[4, 4, 3, 3]), &["(6 + 2·0 − 1·(3 − 1) − 1)/2 + 1", "3/2"]),
            (refusal(o.stride([1, 0]), &[2, 4, 6, 5], &[4, 4, 3, 3]), &["stride is 0 along the width"]),
            (refusal(o, &[2, 4, 0, 5], &[4, 4, 3, 3]), &["height is 0"]),
        ] {
            parts.iter().for_each(|part| assert!(text.contains(part), "{part} is missing in: {text}"));
        }
    }

    #[test]
    fn adjoints_refuse_what_is_no_result_of_the_convolution() {
        let tape = Tape::<f64>::default();
        let leaf = |dims: &[usize]| tape.zeros(dims).into();
        let options = ConvOptions::new().stride(2);
        let input = ConvolveInput { options, plane: [5, 5] };
        let e = tape.apply(input, &[leaf(&[1, 2, 3, 2]), leaf(&[2, 3, 3, 3])]).unwrap_err().to_string();
        assert!(e.contains("[1, 2, 3, 2]") && e.contains("[1, 2, 2, 2]"), "{e}");
        let weights = ConvolveWeights { options, kernel: [3, 3] };
        let e = tape.apply(weights, &[leaf(&[1, 2, 2, 2]), leaf(&[2, 3, 5, 5])]).unwrap_err().to_string();
        assert!(e.contains("[1, 2, 2, 2]") && e.contains("[2, 2, 2, 2]"), "{e}");
        let none = ConvolveWeights { options: options.groups(0), kernel: [3, 3] };
        let e = tape.apply(none, &[leaf(&[1, 2, 2, 2]), leaf(&[1, 3, 5, 5])]).unwrap_err();
        assert!(e.is_argument(), "{e}");
    }
}
