//! Convolutions as they are called: over signals, images and volumes, and the two adjoints over images.
//! The work is that of the three primitives.

use super::conv_options::ConvOptions;
use crate::ops::prelude::*;

impl<'t, T: Real> Var<'t, T> {
    /// Convolution of images [N, C, H, W] (or [C, H, W]) with weights [O, C/groups, kh, kw], which are not flipped:
    /// y[n, o, i, j] = Σ w[o, c, a, b] · x[n, c, i·S + a·D − P, j·S + b·D − P] over the c of o's group and all a, b,
    /// cells in the padding being 0.
    ///
    /// The result is [N, O, OH, OW] with OH = ⌊(H + 2P − D(kh − 1) − 1)/S⌋ + 1, OW likewise. A bias is one more line:
    /// `x.conv2d(w, options) + b.reshape([o, 1, 1])`; the layer [`Conv2d`](crate::nn::Conv2d) has one.
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
        self.convolve(weights, options)
    }

    /// Convolution of signals [N, C, L] (or [C, L]) with weights [O, C/groups, k]; as [`conv2d`](Var::conv2d) otherwise.
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::{ConvOptions, prelude::*};
    /// let tape = Tape::new();
    /// let (x, w) = (tape.var([[1., 2., 4., 8.]]), tape.var([[[1., 10.]]]));
    /// assert_eq!(x.conv1d(w, ConvOptions::new()).value().as_slice().unwrap(), [21., 42., 84.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn conv1d(self, weights: Var<'t, T>, options: ConvOptions<1>) -> Var<'t, T> {
        self.convolve(weights, options)
    }

    /// Convolution of volumes [N, C, D, H, W] (or [C, D, H, W]) with weights [O, C/groups, kd, kh, kw]; as
    /// [`conv2d`](Var::conv2d) otherwise. A bias is `+ b.reshape([o, 1, 1, 1])`.
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::{ConvOptions, prelude::*};
    /// let tape = Tape::new();
    /// let y = tape.ones([2, 1, 3, 4, 5]).conv3d(tape.ones([6, 1, 2, 2, 2]), ConvOptions::new());
    /// assert_eq!(y.dims(), [2, 6, 2, 3, 4]);
    /// assert_eq!(y.value()[[0, 0, 0, 0, 0]], 8.0);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn conv3d(self, weights: Var<'t, T>, options: ConvOptions<3>) -> Var<'t, T> {
        self.convolve(weights, options)
    }

    /// The adjoint of [`conv2d`](Var::conv2d) in the images, ⟨x ⋆ w, y⟩ = ⟨x, `y.conv2d_input(w, ..)`⟩: the transposed
    /// convolution, from [N, O, OH, OW] and weights [O, C/groups, kh, kw] to [N, C, H, W].
    ///
    /// Height and width are given, for several of them may convolve to the same size;
    /// [`conv_transpose2d`](Var::conv_transpose2d) works them out from an output padding.
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
        self.convolve_input(weights, options, plane)
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
        self.convolve_weights(images, options, kernel)
    }
}
