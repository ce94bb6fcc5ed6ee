//! Transposed convolutions: the adjoint of a convolution in its images, with a size worked out from an output padding.
//! Options and the layout of weights are PyTorch's.

use super::conv_options::{ConvOptions, check_divides};
use super::images::{by_axes, image_size};
use crate::ops::prelude::*;
use crate::window::PerAxis;

/// Options of a transposed convolution over `D` axes: stride 1, no padding, no output padding, dilation 1 and one group
/// unless set.
///
/// An axis of size H becomes (H − 1)S − 2P + D(F − 1) + 1 + Q with stride S, padding P, dilation D, kernel F and output
/// padding Q. These are the options of the convolution whose adjoint it is, which takes the larger size to H; where
/// several sizes do, Q chooses among them.
///
/// ```
/// use wengert::{ConvTransposeOptions, prelude::*};
/// let tape = Tape::new();
/// let (x, w) = (tape.var([[[1., 2.]]]), tape.var([[[[1., 10.]]]]));
/// let o = ConvTransposeOptions::new();
/// assert_eq!(x.conv_transpose2d(w, o).value().as_slice().unwrap(), [1., 12., 20.]);
/// assert_eq!(x.conv_transpose2d(w, o.stride([1, 2])).value().as_slice().unwrap(), [1., 10., 2., 20.]);
/// assert_eq!(x.conv_transpose2d(w, o.padding([0, 1])).value().as_slice().unwrap(), [12.]);
/// assert_eq!(x.conv_transpose2d(w, o.stride([1, 2]).output_padding([0, 1])).dims(), [1, 1, 5]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvTransposeOptions<const D: usize = 2> {
    stride: [usize; D],
    padding: [usize; D],
    output_padding: [usize; D],
    dilation: [usize; D],
    groups: usize,
}

impl<const D: usize> Default for ConvTransposeOptions<D> {
    fn default() -> Self {
        let [stride, dilation] = [[1; D]; 2];
        ConvTransposeOptions { stride, padding: [0; D], output_padding: [0; D], dilation, groups: 1 }
    }
}

impl<const D: usize> ConvTransposeOptions<D> {
    /// The defaults.
    pub fn new() -> Self {
        ConvTransposeOptions::default()
    }

    /// How far apart the windows stand in the result, one number or one for each axis.
    #[must_use]
    pub fn stride(mut self, stride: impl PerAxis<D>) -> Self {
        self.stride = stride.per_axis();
        self
    }

    /// Cells that are cut off at either end of each axis.
    #[must_use]
    pub fn padding(mut self, padding: impl PerAxis<D>) -> Self {
        self.padding = padding.per_axis();
        self
    }

    /// Further cells at the end of each axis; fewer than the stride or the dilation.
    #[must_use]
    pub fn output_padding(mut self, output_padding: impl PerAxis<D>) -> Self {
        self.output_padding = output_padding.per_axis();
        self
    }

    /// The distance between the cells of the kernel.
    #[must_use]
    pub fn dilation(mut self, dilation: impl PerAxis<D>) -> Self {
        self.dilation = dilation.per_axis();
        self
    }

    /// Splits input and output channels into as many groups, each by itself.
    #[must_use]
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// The number of groups.
    pub fn group_count(&self) -> usize {
        self.groups
    }

    /// The strides S.
    pub fn strides(&self) -> [usize; D] {
        self.stride
    }

    /// The paddings P that are cut off at either end.
    pub fn paddings(&self) -> [usize; D] {
        self.padding
    }

    /// The output paddings Q.
    pub fn output_paddings(&self) -> [usize; D] {
        self.output_padding
    }

    /// The dilations D.
    pub fn dilations(&self) -> [usize; D] {
        self.dilation
    }

    /// The size of the result for images and kernels of these sizes, (H − 1)S − 2P + D(F − 1) + 1 + Q along each axis.
    ///
    /// # Errors
    /// A size, kernel, stride or dilation is 0, the output padding is not below the stride or the dilation, more padding is
    /// cut off than there is, or the numbers are too large.
    ///
    /// ```
    /// use wengert::ConvTransposeOptions;
    /// let options = ConvTransposeOptions::new().stride(2).padding(1).output_padding(1);
    /// assert_eq!(options.output([4, 5], 3)?, [8, 10]);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn output(&self, plane: [usize; D], kernel: impl PerAxis<D>) -> Result<[usize; D], Error> {
        let (kernel, mut output) = (kernel.per_axis(), [0; D]);
        for (axis, o) in output.iter_mut().enumerate() {
            *o = self.along(axis, plane[axis], kernel[axis])?;
        }
        Ok(output)
    }

    fn along(&self, axis: usize, h: usize, f: usize) -> Result<usize, Error> {
        let (s, p) = (self.stride[axis], self.padding[axis]);
        let (q, d) = (self.output_padding[axis], self.dilation[axis]);
        if [h, f, s, d].contains(&0) {
            return Err(Error::argument(format!(
                "spatial axis {axis}: size {h}, kernel {f}, stride {s}, dilation {d}"
            ))
            .rule("all four are at least 1")
            .fix("give numbers of 1 or more"));
        }
        if q >= s.max(d) {
            return Err(Error::argument(format!("an output padding of {q} with stride {s} and dilation {d}"))
                .rule("the output padding is less than the stride or the dilation: it chooses among the sizes between")
                .fix("use a smaller output padding, or pad the result"));
        }
        let [h, f, s, p, q, d] = [h, f, s, p, q, d].map(|n| n as i128);
        // Products of two numbers below 2⁶⁴ and sums of a few of them fit in an i128 but for the very largest.
        let size = (h - 1).checked_mul(s).zip(d.checked_mul(f - 1)).and_then(|(a, b)| a.checked_add(b));
        let size = size.and_then(|n| n.checked_add(1 + q - 2 * p));
        let formula = format!("(H − 1)S − 2P + D(F − 1) + 1 + Q = ({h} − 1)·{s} − 2·{p} + {d}·({f} − 1) + 1 + {q}");
        match size {
            Some(n) if n < 1 => Err(Error::shape(format!("the result has no cell along spatial axis {axis}"))
                .rule(format!("{formula} = {n} is at least 1"))
                .fix("use less padding")),
            Some(n) if n <= isize::MAX as i128 / 2 => Ok(n as usize),
            _ => Err(Error::shape(format!("the result is too large along spatial axis {axis}"))
                .rule(format!("{formula} cells fit in memory"))
                .fix("use a smaller stride, dilation or kernel")),
        }
    }

    /// The convolution whose adjoint this is.
    fn convolution(&self) -> ConvOptions<D> {
        ConvOptions::new().stride(self.stride).padding(self.padding).dilation(self.dilation).groups(self.groups)
    }

    /// The size of the result, for images and weights of these shapes, if they fit.
    fn shape(&self, x: &[usize], w: &[usize]) -> Result<[usize; D], Error> {
        let size = image_size::<D>(&Sig { kind: Kind::Real, dims: x, known: None })?;
        let options = self.convolution();
        let kernel =
            options.check_weights(w).map_err(|e| e.rule("weights are [C, O/groups, ..], a size for each axis"))?;
        options.check_groups()?;
        let c = x[x.len() - D - 1];
        if w[0] != c {
            return Err(Error::shape(format!("the images have {c} channels and the weights {w:?} are for {}", w[0]))
                .rule("weights of a transposed convolution are [C, O/groups, ..]: input channels first")
                .fix("transpose the first two axes, or give other weights"));
        }
        check_divides(&[("input", c)], self.groups)?;
        self.output(size, kernel)
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Transposed convolution of images [N, C, H, W] (or [C, H, W]) with weights [C, O/groups, kh, kw]: every cell puts
    /// its number times the kernel down around it, S cells apart. See [`ConvTransposeOptions`] for the size of the result.
    ///
    /// It is the adjoint, in its images, of [`conv2d`](Var::conv2d) with the same weights. A bias is one more line:
    /// `+ b.reshape([o, 1, 1])`.
    ///
    /// # Panics
    /// Images or weights have the wrong rank, channels, weights and groups do not fit, an output padding is not below the
    /// stride or the dilation, more padding is cut off than there is, or a stride, dilation, kernel or size is 0.
    ///
    /// ```
    /// use wengert::{ConvTransposeOptions, prelude::*};
    /// let tape = Tape::new();
    /// let (x, w) = (tape.var([[[1., 2.]]]), tape.var([[[[1.], [10.]]]]));
    /// let y = x.conv_transpose2d(w, ConvTransposeOptions::new());
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 2., 10., 20.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [11., 11.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn conv_transpose2d(self, weights: Self, options: ConvTransposeOptions) -> Self {
        self.convolve_transposed(weights, options)
    }

    /// As [`conv_transpose2d`](Var::conv_transpose2d), of signals [N, C, L] (or [C, L]) with weights [C, O/groups, k].
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::{ConvTransposeOptions, prelude::*};
    /// let tape = Tape::new();
    /// let (x, w) = (tape.var([[1., 2.]]), tape.var([[[1., 10., 100.]]]));
    /// let y = x.conv_transpose1d(w, ConvTransposeOptions::new().stride(2));
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 10., 102., 20., 200.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn conv_transpose1d(self, weights: Self, options: ConvTransposeOptions<1>) -> Self {
        self.convolve_transposed(weights, options)
    }

    /// As [`conv_transpose2d`](Var::conv_transpose2d), of volumes [N, C, D, H, W] (or [C, D, H, W]) with weights
    /// [C, O/groups, kd, kh, kw].
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::{ConvTransposeOptions, prelude::*};
    /// let tape = Tape::new();
    /// let y = tape.ones([2, 3, 2, 2, 2]).conv_transpose3d(tape.ones([3, 4, 2, 2, 2]), ConvTransposeOptions::new());
    /// assert_eq!(y.dims(), [2, 4, 3, 3, 3]);
    /// assert_eq!(y.value()[[0, 0, 1, 1, 1]], 24.0);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn conv_transpose3d(self, weights: Self, options: ConvTransposeOptions<3>) -> Self {
        self.convolve_transposed(weights, options)
    }

    #[track_caller]
    pub(crate) fn convolve_transposed<const D: usize>(self, weights: Self, options: ConvTransposeOptions<D>) -> Self {
        let output = match options.shape(&self.dims(), &weights.dims()) {
            Ok(output) => output,
            Err(e) => {
                let name = by_axes::<D>(["conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]);
                self.tape.blame(e, name, &[self.id, weights.id]).raise()
            }
        };
        // An output padding of a stride or more leaves room for further windows, of which nothing comes.
        let further: [isize; D] = std::array::from_fn(|k| (options.output_padding[k] / options.stride[k]) as isize);
        let images = if further == [0; D] { self } else { self.pad(&further.map(|n| (0, n)), 0.0) };
        images.convolve_input(weights, options.convolution(), output)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::check::check;
    use crate::tape::Tensor;

    fn wave(dims: &[usize], by: f64) -> Tensor<f64> {
        let n: usize = dims.iter().product();
        Tensor::new(dims, (0..n).map(|k| (by * k as f64 + 0.3).sin()).collect()).unwrap()
    }

    /// The definition along one axis, one channel: every element puts the kernel down, and the ends are cut.
    fn by_hand(x: &[f64], w: &[f64], [s, p, q, d]: [usize; 4]) -> Vec<f64> {
        let mut whole = vec![0.0; (x.len() - 1) * s + d * (w.len() - 1) + 1 + p + q];
        for (i, x) in x.iter().enumerate() {
            for (k, w) in w.iter().enumerate() {
                whole[i * s + k * d] += x * w;
            }
        }
        let end = (x.len() - 1) * s + d * (w.len() - 1) + 1 + q - p;
        whole[p..end].to_vec()
    }

    #[test]
    fn every_option_does_what_the_definition_says() {
        let tape = Tape::<f64>::default();
        let (x, w) = ([1., 2., 4., 8.], [1., -10., 100.]);
        for s in 1..4 {
            for d in 1..4 {
                for p in 0..3 {
                    for q in 0..s.max(d) {
                        let o = ConvTransposeOptions::new().stride(s).padding(p).output_padding(q).dilation(d);
                        let y = tape.constant([x]).conv_transpose1d(tape.constant([[w]]), o).value();
                        assert_eq!(y.as_slice().unwrap(), by_hand(&x, &w, [s, p, q, d]), "{o:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn derivatives_hold_also_with_an_output_padding_beyond_the_stride() {
        let o = ConvTransposeOptions::new().stride([3, 2]).padding([1, 2]).output_padding([2, 3]).dilation(4).groups(2);
        let inputs = (wave(&[2, 2, 3, 4], 0.7), wave(&[2, 2, 2, 3], 1.1));
        check(|_, x| x[0].conv_transpose2d(x[1], o).square(), inputs).assert();
        let o = ConvTransposeOptions::new().stride(2).output_padding(1);
        let inputs = (wave(&[1, 2, 2, 1, 2], 0.7), wave(&[2, 1, 2, 2, 1], 1.1));
        check(|_, x| x[0].conv_transpose3d(x[1], o).square(), inputs).assert();
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let tape = Tape::<f64>::default();
        let refusal = |o: ConvTransposeOptions, x: &[usize], w: &[usize]| {
            let text = catch_unwind(AssertUnwindSafe(|| tape.zeros(x).conv_transpose2d(tape.zeros(w), o))).unwrap_err();
            text.downcast_ref::<String>().expect("panics carry text").clone()
        };
        let o = ConvTransposeOptions::new();
        for (text, part) in [
            (refusal(o, &[4, 4], &[4, 2, 3, 3]), "[N, C, H, W]"),
            (refusal(o, &[4, 4, 4], &[4, 2, 3]), "[C, O/groups, ..]"),
            (refusal(o, &[2, 3, 4, 4], &[4, 2, 3, 3]), "3 channels and the weights [4, 2, 3, 3] are for 4"),
            (refusal(o.groups(3), &[2, 4, 4, 4], &[4, 2, 3, 3]), "4 input channels do not split into 3 groups"),
            (refusal(o.groups(0), &[2, 4, 4, 4], &[4, 2, 3, 3]), "groups is 0"),
            (
                refusal(o.stride(2).output_padding(2), &[2, 4, 4, 4], &[4, 2, 3, 3]),
                "an output padding of 2 with stride 2",
            ),
            (refusal(o.padding([0, 5]), &[2, 4, 4, 4], &[4, 2, 3, 3]), "(4 − 1)·1 − 2·5 + 1·(3 − 1) + 1 + 0 = -4"),
            (refusal(o.stride([0, 1]), &[2, 4, 4, 4], &[4, 2, 3, 3]), "stride 0"),
            (refusal(o, &[2, 4, 0, 4], &[4, 2, 3, 3]), "size 0"),
            (refusal(o.stride(usize::MAX), &[2, 4, 4, 4], &[4, 2, 3, 3]), "too large along spatial axis 0"),
            (refusal(o.padding(usize::MAX), &[2, 4, 4, 4], &[4, 2, 3, 3]), "has no cell"),
        ] {
            assert!(text.contains("conv_transpose2d") && text.contains(part), "{part} is missing in: {text}");
        }
    }
}
