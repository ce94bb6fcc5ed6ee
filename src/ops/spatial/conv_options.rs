//! The options of a convolution, and the sizes that follow from them.
//! The layer and the three primitives share them.

use super::images::image_size;
use crate::kernels::conv::ConvShape;
use crate::kernels::unfold::Slide;
use crate::ops::prelude::*;
use crate::window::{PerAxis, Rounding, Window};

/// Options of a convolution: stride 1, padding 0, dilation 1 and one group unless set.
///
/// Sizes are rounded down as everywhere: a tail that no whole window reaches is dropped, unless
/// [`exact`](ConvOptions::exact) is asked for.
///
/// ```
/// use wengert::{ConvOptions, prelude::*};
/// let tape = Tape::new();
/// let (x, w) = (tape.var([[[1., 2., 3., 4., 5., 6.]]]), tape.var([[[[1., 1.]]]]));
/// assert_eq!(x.conv2d(w, ConvOptions::new()).dims(), [1, 1, 5]);
/// assert_eq!(x.conv2d(w, ConvOptions::new().stride(2)).value().as_slice().unwrap(), [3., 7., 11.]);
/// assert_eq!(x.conv2d(w, ConvOptions::new().dilation(3)).value().as_slice().unwrap(), [5., 7., 9.]);
/// assert_eq!(x.conv2d(w, ConvOptions::new().padding([0, 1])).dims(), [1, 1, 7]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvOptions {
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
    groups: usize,
    rounding: Rounding,
}

impl Default for ConvOptions {
    fn default() -> Self {
        ConvOptions { stride: [1; 2], padding: [0; 2], dilation: [1; 2], groups: 1, rounding: Rounding::Floor }
    }
}

impl ConvOptions {
    /// The defaults.
    pub fn new() -> Self {
        ConvOptions::default()
    }

    /// How far the kernel moves, one number or `[height, width]`.
    #[must_use]
    pub fn stride(mut self, stride: impl PerAxis<2>) -> Self {
        self.stride = stride.per_axis();
        self
    }

    /// Cells of value 0 before and after each axis.
    #[must_use]
    pub fn padding(mut self, padding: impl PerAxis<2>) -> Self {
        self.padding = padding.per_axis();
        self
    }

    /// The distance between the cells of the kernel.
    #[must_use]
    pub fn dilation(mut self, dilation: impl PerAxis<2>) -> Self {
        self.dilation = dilation.per_axis();
        self
    }

    /// Splits input and output channels into as many groups, each convolved by itself; C groups are depthwise.
    #[must_use]
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// Refuses images that the windows do not cover to the last cell.
    #[must_use]
    pub fn exact(mut self) -> Self {
        self.rounding = Rounding::Exact;
        self
    }

    /// The number of groups.
    pub fn group_count(&self) -> usize {
        self.groups
    }

    /// The window that a kernel of this size slides over an image.
    ///
    /// ```
    /// use wengert::ConvOptions;
    /// assert_eq!(ConvOptions::new().stride(2).padding(1).window(3).output([8, 8])?, [4, 4]);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn window(&self, kernel: impl PerAxis<2>) -> Window<2> {
        let w = Window::new(kernel).stride(self.stride).padding(self.padding).dilation(self.dilation);
        w.rounded(self.rounding)
    }

    pub(crate) fn check_groups(&self) -> Result<(), Error> {
        if self.groups == 0 {
            return Err(Error::argument("the number of groups is 0")
                .rule("groups are at least 1")
                .fix("leave the groups out, or give the number of channels for a depthwise convolution"));
        }
        Ok(())
    }

    pub(crate) fn check_weights(&self, w: &[usize]) -> Result<(), Error> {
        if w.len() != 4 {
            return Err(Error::shape(format!("shape {w:?} is not that of convolution weights"))
                .rule("weights are [O, C/groups, kh, kw]")
                .fix("reshape, or unsqueeze the missing axes"));
        }
        Ok(())
    }

    /// The sizes of the convolution of images and weights of these shapes, if they fit.
    pub(crate) fn shape(&self, x: &[usize], w: &[usize]) -> Result<ConvShape, Error> {
        let plane = image_size(&Sig { kind: Kind::Real, dims: x, known: None })?;
        self.check_weights(w)?;
        self.check_groups()?;
        let (n, c, o, groups) = (x[..x.len() - 3].iter().product(), x[x.len() - 3], w[0], self.groups);
        for (what, channels) in [("input", c), ("output", o)] {
            if channels % groups != 0 {
                return Err(Error::shape(format!("{channels} {what} channels do not split into {groups} groups"))
                    .rule(format!(
                        "the groups divide the channels; {channels} divided by {groups} leaves {}",
                        channels % groups
                    ))
                    .fix("choose a divisor of the input and of the output channels"));
            }
        }
        if w[1] != c / groups {
            let seen = w[1].saturating_mul(groups);
            return Err(Error::shape(format!("the images have {c} channels and the weights {w:?} are for {seen}"))
                .rule(format!(
                    "C = groups · {}, the second size of the weights; here {c} ≠ {groups}·{} = {seen}",
                    w[1], w[1]
                ))
                .fix(format!("give weights of shape [{o}, {}, {}, {}]", c / groups, w[2], w[3])));
        }
        Ok(ConvShape { n, c, o, groups, slide: Slide::new(&self.window([w[2], w[3]]), plane)? })
    }

    /// What differs from the defaults.
    pub(crate) fn attributes(&self) -> Attributes {
        let mut a = Attributes::new();
        for (name, pair, default) in
            [("stride", &self.stride, 1), ("padding", &self.padding, 0), ("dilation", &self.dilation, 1)]
        {
            if *pair != [default; 2] {
                a.push((name, pair[..].into()));
            }
        }
        if self.groups != 1 {
            a.push(("groups", self.groups.into()));
        }
        if self.rounding == Rounding::Exact {
            a.push(("rounding", "exact".into()));
        }
        a
    }
}

/// The sizes of a convolution that the shape rule has accepted.
pub(crate) fn sizes(options: &ConvOptions, x: &[usize], w: &[usize]) -> ConvShape {
    options.shape(x, w).expect("the shape rule has accepted it")
}
