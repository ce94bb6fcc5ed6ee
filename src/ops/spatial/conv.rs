//! Convolution over one to three axes and its two adjoints: in the images (the transposed convolution) and in the weights.
//! Each of the three is bilinear with the other two as its derivatives, so derivatives of every order stay within them.

use std::hash::{Hash, Hasher};

use super::conv_options::{ConvOptions, sizes};
use super::images::{by_axes, image_size, plane};
use crate::kernels::conv;
use crate::ops::prelude::*;

/// y = x ⋆ w for images x and weights w.
#[derive(Clone, Debug)]
pub(crate) struct Convolve<const D: usize> {
    options: ConvOptions<D>,
}

/// The adjoint of y = x ⋆ w in x, for images of the given size; operands ȳ and w.
#[derive(Clone, Debug)]
pub(crate) struct ConvolveInput<const D: usize> {
    options: ConvOptions<D>,
    plane: [usize; D],
}

/// The adjoint of y = x ⋆ w in w, for kernels of the given size; operands ȳ and x.
#[derive(Clone, Debug)]
pub(crate) struct ConvolveWeights<const D: usize> {
    options: ConvOptions<D>,
    kernel: [usize; D],
}

/// The shape of images with the given channels and size, beside others with the same leading axes.
fn beside<const D: usize>(images: &[usize], channels: usize, plane: [usize; D]) -> Dims {
    images[..images.len() - D - 1].iter().copied().chain([channels]).chain(plane).collect()
}

/// Refuses what should be a convolution's result and is not.
fn check_result(is: &Sig<'_>, should: &Dims) -> Result<(), Error> {
    if is.dims == &should[..] {
        return Ok(());
    }
    Err(Error::shape(format!("{is} is not the shape of the convolution's result"))
        .rule(format!("images, weights and options of these sizes convolve to {should}"))
        .fix("give the size of the images, and the options, of the convolution meant"))
}

impl<const D: usize> Convolve<D> {
    fn result(&self, x: &[usize], w: &[usize]) -> Result<Dims, Error> {
        let s = self.options.shape(x, w)?;
        Ok(beside(x, s.o, s.slide.output))
    }
}

impl<T: Real, const D: usize> Op<T> for Convolve<D> {
    same_in_f64!();

    fn name(&self) -> &'static str {
        by_axes::<D>(["conv1d", "conv2d", "conv3d"])
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(self.result(x[0].dims, x[1].dims)?))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let s = sizes(&self.options, x[0].dims(), x[1].dims());
        conv::convolve(x[0].real(), x[1].real(), &s, y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().convolve_input(r.x(1), self.options, plane(&r.dims(0))));
        r.give(1, || r.g().convolve_weights(r.x(0), self.options, plane(&r.dims(1))));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.convolve(r.x(1), self.options));
        r.term(1, |dw| r.x(0).convolve(dw, self.options));
    }

    fn attributes(&self) -> Attributes {
        self.options.attributes()
    }

    fn fingerprint(&self, mut h: &mut dyn Hasher) {
        h.write(b"convolve");
        self.options.hash(&mut h);
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

impl<const D: usize> ConvolveInput<D> {
    /// The shape of the images.
    fn images(&self, g: &[usize], w: &[usize]) -> Dims {
        beside(g, w[1].saturating_mul(self.options.group_count()), self.plane)
    }
}

impl<T: Real, const D: usize> Op<T> for ConvolveInput<D> {
    same_in_f64!();

    fn name(&self) -> &'static str {
        by_axes::<D>(["conv1d_input", "conv2d_input", "conv3d_input"])
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        image_size::<D>(&x[0])?;
        self.options.check_weights(x[1].dims)?;
        let images = self.images(x[0].dims, x[1].dims);
        check_result(&x[0], &Convolve { options: self.options }.result(&images, x[1].dims)?)?;
        Ok(ResultSigs::real(images))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let s = sizes(&self.options, y[0].dims(), x[1].dims());
        conv::convolve_input(x[0].real(), x[1].real(), &s, y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().convolve(r.x(1), self.options));
        r.give(1, || r.x(0).convolve_weights(r.g(), self.options, plane(&r.dims(1))));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dg| dg.convolve_input(r.x(1), self.options, self.plane));
        r.term(1, |dw| r.x(0).convolve_input(dw, self.options, self.plane));
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

impl<const D: usize> ConvolveWeights<D> {
    /// The shape of the weights; groups are at least 1.
    fn weights(&self, g: &[usize], x: &[usize]) -> Dims {
        let [c, o] = [x, g].map(|d| d[d.len() - D - 1]);
        [o, c / self.options.group_count()].into_iter().chain(self.kernel).collect()
    }
}

impl<T: Real, const D: usize> Op<T> for ConvolveWeights<D> {
    same_in_f64!();

    fn name(&self) -> &'static str {
        by_axes::<D>(["conv1d_weights", "conv2d_weights", "conv3d_weights"])
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        image_size::<D>(&x[0])?;
        image_size::<D>(&x[1])?;
        self.options.check_groups()?;
        let weights = self.weights(x[0].dims, x[1].dims);
        check_result(&x[0], &Convolve { options: self.options }.result(x[1].dims, &weights)?)?;
        Ok(ResultSigs::real(weights))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let s = sizes(&self.options, x[1].dims(), y[0].dims());
        conv::convolve_weights(x[0].real(), x[1].real(), &s, y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.x(1).convolve(r.g(), self.options));
        r.give(1, || r.x(0).convolve_input(r.g(), self.options, plane(&r.dims(1))));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dg| dg.convolve_weights(r.x(1), self.options, self.kernel));
        r.term(1, |dx| r.x(0).convolve_weights(dx, self.options, self.kernel));
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

fn cost<const D: usize>(s: &conv::ConvShape<D>) -> Cost {
    Cost { flops: s.flops(), cheap: false }
}

impl<'t, T: Real> Var<'t, T> {
    /// The convolution over `D` axes.
    #[track_caller]
    pub(crate) fn convolve<const D: usize>(self, weights: Self, options: ConvOptions<D>) -> Self {
        self.tape.call(Convolve { options }, &[self.into(), weights.into()]).real(0)
    }

    /// Its adjoint in images of the given size.
    #[track_caller]
    pub(crate) fn convolve_input<const D: usize>(
        self,
        weights: Self,
        options: ConvOptions<D>,
        plane: [usize; D],
    ) -> Self {
        self.tape.call(ConvolveInput { options, plane }, &[self.into(), weights.into()]).real(0)
    }

    /// Its adjoint in weights with kernels of the given size.
    #[track_caller]
    pub(crate) fn convolve_weights<const D: usize>(
        self,
        images: Self,
        options: ConvOptions<D>,
        kernel: [usize; D],
    ) -> Self {
        self.tape.call(ConvolveWeights { options, kernel }, &[self.into(), images.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    /// The checks of the convolution and of both adjoints over one geometry.
    fn three<const D: usize>(options: ConvOptions<D>, x: &[usize], w: &[usize]) -> [OpCheck; 3] {
        let y = Convolve { options }.result(x, w).unwrap();
        let (plane, kernel) = (plane(x), plane(w));
        [
            OpCheck::new(Convolve { options }).real(x).real(w),
            OpCheck::new(ConvolveInput { options, plane }).real(y.clone()).real(w),
            OpCheck::new(ConvolveWeights { options, kernel }).real(y).real(x),
        ]
    }

    pub(crate) fn checks() -> Vec<OpCheck> {
        let o = ConvOptions::new();
        let cases = [
            (o, &[2, 3, 4, 5][..], &[4, 3, 2, 3]),
            (o.stride(2).padding([1, 0]), &[2, 2, 5, 6], &[3, 2, 3, 2]),
            (o.dilation([2, 1]).padding(2).exact(), &[1, 2, 5, 4], &[2, 2, 3, 3]),
            (o.groups(2).stride([1, 3]), &[2, 4, 3, 7], &[6, 2, 2, 2]),
            (o.groups(3).padding(1), &[2, 3, 4, 4], &[3, 1, 3, 3]),
            (o, &[3, 2, 3], &[4, 3, 1, 1]),
            (o, &[2, 2, 3, 3], &[2, 2, 3, 3]),
            (o, &[2, 2, 3, 3], &[2, 2, 2, 2]),
            (o, &[0, 2, 4, 4], &[3, 2, 3, 3]),
            (o, &[2, 2, 3, 3], &[0, 2, 2, 2]),
            (o.same(), &[2, 2, 3, 3], &[2, 2, 2, 3]),
            (o.same(), &[1, 2, 1, 1], &[2, 2, 2, 4]),
        ];
        let o3 = ConvOptions::new();
        let volumes = [
            (o3, &[2, 2, 3, 2, 4][..], &[3, 2, 2, 1, 3][..]),
            (o3.stride([1, 2, 1]).padding([1, 0, 2]).groups(2), &[2, 3, 4, 2], &[4, 1, 2, 2, 2]),
            (o3, &[2, 2, 1, 2, 2], &[2, 2, 1, 2, 2]),
            (o3, &[2, 2, 1, 1, 3], &[2, 2, 1, 1, 2]),
            (o3.same().dilation([1, 2, 1]), &[1, 1, 2, 3, 2], &[1, 1, 2, 2, 3]),
        ];
        let o1 = ConvOptions::new();
        let signals = [
            (o1.stride(2).padding(1).groups(2), &[2, 4, 7][..], &[2, 2, 3][..]),
            (o1, &[2, 2, 3], &[2, 2, 3]),
            (o1, &[2, 2, 3], &[2, 2, 2]),
            (o1, &[2, 2, 3], &[2, 2, 1]),
            (o1.same().dilation(2), &[3, 5], &[2, 3, 4]),
        ];
        let images = cases.into_iter().flat_map(|(options, x, w)| three::<2>(options, x, w));
        let volumes = volumes.into_iter().flat_map(|(options, x, w)| three::<3>(options, x, w));
        let signals = signals.into_iter().flat_map(|(options, x, w)| three::<1>(options, x, w));
        images.chain(volumes).chain(signals).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    fn refusal(options: ConvOptions<2>, x: &[usize], w: &[usize]) -> String {
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
            (refusal(o.same().stride([2, 1]), &[2, 4, 6, 5], &[4, 4, 3, 3]), &["`same` padding with stride [2, 1]"]),
            (refusal(o.same(), &[2, 4, 6, 5], &[4, 4, 0, 3]), &["the kernel is 0 along the height"]),
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
