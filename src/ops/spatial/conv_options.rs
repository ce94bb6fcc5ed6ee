//! The options of a convolution, and the sizes that follow from them.
//! The layer and the three primitives share them.

use super::images::image_size;
use crate::kernels::conv::ConvShape;
use crate::kernels::unfold::Slide;
use crate::ops::prelude::*;
use crate::window::{PerAxis, Rounding, Window};

/// Options of a convolution over `D` axes: stride 1, padding 0, dilation 1 and one group unless set.
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
/// assert_eq!(x.conv2d(w, ConvOptions::new().same()).value().as_slice().unwrap(), [3., 5., 7., 9., 11., 6.]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvOptions<const D: usize = 2> {
    stride: [usize; D],
    padding: Padding<D>,
    dilation: [usize; D],
    groups: usize,
    rounding: Rounding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Padding<const D: usize> {
    Cells([usize; D]),
    Same,
}

impl<const D: usize> Default for ConvOptions<D> {
    fn default() -> Self {
        let padding = Padding::Cells([0; D]);
        ConvOptions { stride: [1; D], padding, dilation: [1; D], groups: 1, rounding: Rounding::Floor }
    }
}

impl<const D: usize> ConvOptions<D> {
    /// The defaults.
    pub fn new() -> Self {
        ConvOptions::default()
    }

    /// How far the kernel moves, one number or one for each axis.
    #[must_use]
    pub fn stride(mut self, stride: impl PerAxis<D>) -> Self {
        self.stride = stride.per_axis();
        self
    }

    /// Cells of value 0 before and after each axis.
    #[must_use]
    pub fn padding(mut self, padding: impl PerAxis<D>) -> Self {
        self.padding = Padding::Cells(padding.per_axis());
        self
    }

    /// As many cells of value 0 as let the result have the size of the images; it takes a stride of 1.
    ///
    /// They are D(F − 1) along an axis, half of them before and half after; of an odd number the larger part stands after.
    #[must_use]
    pub fn same(mut self) -> Self {
        self.padding = Padding::Same;
        self
    }

    /// The distance between the cells of the kernel.
    #[must_use]
    pub fn dilation(mut self, dilation: impl PerAxis<D>) -> Self {
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

    /// Whether the padding is that of [`same`](ConvOptions::same).
    pub fn is_same(&self) -> bool {
        self.padding == Padding::Same
    }

    /// The window that a kernel of this size slides over an image; under [`same`](ConvOptions::same) with the larger of the
    /// two paddings on both sides.
    ///
    /// ```
    /// use wengert::ConvOptions;
    /// assert_eq!(ConvOptions::new().stride(2).padding(1).window(3).output([8, 8])?, [4, 4]);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn window(&self, kernel: impl PerAxis<D>) -> Window<D> {
        let kernel = kernel.per_axis();
        let padding = match self.padding {
            Padding::Cells(cells) => cells,
            Padding::Same => self.missing(kernel).map(|cells| cells.div_ceil(2)),
        };
        let w = Window::new(kernel).stride(self.stride).padding(padding).dilation(self.dilation);
        w.rounded(self.rounding)
    }

    /// By how much a result without padding is smaller than the images at stride 1: D(F − 1).
    fn missing(&self, kernel: [usize; D]) -> [usize; D] {
        std::array::from_fn(|axis| self.dilation[axis].saturating_mul(kernel[axis].saturating_sub(1)))
    }

    /// The window over images of a size, with all sizes known.
    fn slide(&self, kernel: [usize; D], plane: [usize; D]) -> Result<Slide<D>, Error> {
        let slide = Slide::new(&self.window(kernel), plane)?;
        if !self.is_same() {
            return Ok(slide);
        }
        if self.stride != [1; D] {
            return Err(Error::argument(format!("`same` padding with stride {:?}", self.stride))
                .rule("the result has the size of the images, so that the kernel moves by 1")
                .fix("leave the stride out, or give the padding in cells"));
        }
        // What the window has too much before the images is one position too many.
        Ok(Slide { output: plane, padding: self.missing(kernel).map(|cells| cells / 2), ..slide })
    }

    pub(crate) fn check_groups(&self) -> Result<(), Error> {
        if self.groups == 0 {
            return Err(Error::argument("the number of groups is 0")
                .rule("groups are at least 1")
                .fix("leave the groups out, or give the number of channels for a depthwise convolution"));
        }
        Ok(())
    }

    /// The size of the kernel, if these are weights.
    pub(crate) fn check_weights(&self, w: &[usize]) -> Result<[usize; D], Error> {
        <[usize; D]>::try_from(w.get(2..).unwrap_or(&[])).map_err(|_| {
            let kernel = ["k", "kh, kw", "kd, kh, kw"][D - 1];
            Error::shape(format!("shape {w:?} is not that of convolution weights"))
                .rule(format!("weights are [O, C/groups, {kernel}]"))
                .fix("reshape, or unsqueeze the missing axes")
        })
    }

    /// The sizes of the convolution of images and weights of these shapes, if they fit.
    pub(crate) fn shape(&self, x: &[usize], w: &[usize]) -> Result<ConvShape<D>, Error> {
        let plane = image_size(&Sig { kind: Kind::Real, dims: x, known: None })?;
        let kernel = self.check_weights(w)?;
        self.check_groups()?;
        let channels = x.len() - D - 1;
        let (n, c, o, groups) = (x[..channels].iter().product(), x[channels], w[0], self.groups);
        check_divides(&[("input", c), ("output", o)], groups)?;
        if w[1] != c / groups {
            let (seen, mut fitting) = (w[1].saturating_mul(groups), Dims::from(w));
            fitting[1] = c / groups;
            return Err(Error::shape(format!("the images have {c} channels and the weights {w:?} are for {seen}"))
                .rule(format!(
                    "C = groups · {}, the second size of the weights; here {c} ≠ {groups}·{} = {seen}",
                    w[1], w[1]
                ))
                .fix(format!("give weights of shape {fitting}")));
        }
        Ok(ConvShape { n, c, o, groups, slide: self.slide(kernel, plane)? })
    }

    /// What differs from the defaults.
    pub(crate) fn attributes(&self) -> Attributes {
        let mut a = Attributes::new();
        if self.stride != [1; D] {
            a.push(("stride", self.stride[..].into()));
        }
        match self.padding {
            Padding::Cells(cells) if cells == [0; D] => {}
            Padding::Cells(cells) => a.push(("padding", cells[..].into())),
            Padding::Same => a.push(("padding", "same".into())),
        }
        if self.dilation != [1; D] {
            a.push(("dilation", self.dilation[..].into()));
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

/// Refuses channels that do not split into groups, which are at least 1.
pub(crate) fn check_divides(channels: &[(&str, usize)], groups: usize) -> Result<(), Error> {
    let Some((what, n)) = channels.iter().find(|(_, n)| n % groups != 0) else { return Ok(()) };
    Err(Error::shape(format!("{n} {what} channels do not split into {groups} groups"))
        .rule(format!("the groups divide the channels; {n} divided by {groups} leaves {}", n % groups))
        .fix("choose a divisor of the input and of the output channels"))
}

/// The sizes of a convolution that the shape rule has accepted.
pub(crate) fn sizes<const D: usize>(options: &ConvOptions<D>, x: &[usize], w: &[usize]) -> ConvShape<D> {
    options.shape(x, w).expect("the shape rule has accepted it")
}
