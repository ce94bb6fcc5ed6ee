//! How many windows an adaptive pool has along each axis: numbers, or the input's own size.
//! Window i of n reaches from ⌊i·H/n⌋ to ⌈(i + 1)·H/n⌉, so that together they cover the axis.

use super::images::image_size;
use crate::ops::prelude::*;
use crate::window::check_plane;

/// The size of an adaptive pool's result along each of `D` spatial axes; `None` keeps that of the input.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let x = tape.var([[[1., 2., 3.], [4., 5., 6.]]]);
/// assert_eq!(x.adaptive_avg_pool2d(1).value().as_slice().unwrap(), [3.5]);
/// assert_eq!(x.adaptive_avg_pool2d([2, 1]).value().as_slice().unwrap(), [2., 5.]);
/// assert_eq!(x.adaptive_avg_pool2d([Some(1), None]).value().as_slice().unwrap(), [2.5, 3.5, 4.5]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AdaptiveSize<const D: usize> {
    sizes: [Option<usize>; D],
}

impl<const D: usize> AdaptiveSize<D> {
    /// The sizes as they were given.
    pub fn sizes(&self) -> [Option<usize>; D] {
        self.sizes
    }

    /// The number of windows along each axis of the images that are the only operand.
    pub(crate) fn windows(&self, x: &[Sig<'_>]) -> Result<[usize; D], Error> {
        Sig::expect(x, &[Kind::Real])?;
        let plane = image_size(&x[0])?;
        check_plane(plane)?;
        if let Some(axis) = self.sizes.iter().position(|&n| n == Some(0)) {
            return Err(Error::argument(format!("the size is 0 along spatial axis {axis}"))
                .rule(format!(
                    "window i of n reaches from ⌊i·H/n⌋ to ⌈(i + 1)·H/n⌉ with n of at least 1; here H = {}, n = 0",
                    plane[axis]
                ))
                .fix("give a size of 1 or more, or `None` for that of the input"));
        }
        Ok(self.within(plane))
    }

    /// The number of windows along each axis of a plane.
    pub(crate) fn within(&self, plane: [usize; D]) -> [usize; D] {
        std::array::from_fn(|axis| self.sizes[axis].unwrap_or(plane[axis]))
    }

    /// The sizes for a listing, −1 for that of the input.
    pub(crate) fn attributes(&self) -> Attributes {
        let size = |n: Option<usize>| n.map_or(-1, |n| n as i64);
        smallvec![("size", AttrValue::Ints(self.sizes.into_iter().map(size).collect()))]
    }
}

impl<const D: usize> From<usize> for AdaptiveSize<D> {
    /// This size along every axis.
    fn from(size: usize) -> Self {
        AdaptiveSize { sizes: [Some(size); D] }
    }
}

impl<const D: usize> From<[usize; D]> for AdaptiveSize<D> {
    fn from(sizes: [usize; D]) -> Self {
        AdaptiveSize { sizes: sizes.map(Some) }
    }
}

impl<const D: usize> From<[Option<usize>; D]> for AdaptiveSize<D> {
    /// These sizes, and that of the input where there is none.
    fn from(sizes: [Option<usize>; D]) -> Self {
        AdaptiveSize { sizes }
    }
}
