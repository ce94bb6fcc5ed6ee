//! What operations on images share: the two spatial axes at the end of a shape, and windows as attributes.
//! Images are [N, C, H, W] or [C, H, W]; one plane is H×W.

use crate::ops::prelude::*;
use crate::window::{Rounding, Window};

/// Height and width of what should be images; refuses other ranks.
pub(crate) fn image_size(x: &Sig<'_>) -> Result<[usize; 2], Error> {
    match *x.dims {
        [_, h, w] | [_, _, h, w] => Ok([h, w]),
        _ => Err(Error::shape(format!("shape {x} is not a batch of images"))
            .rule("images are [N, C, H, W] or [C, H, W]")
            .fix("reshape, or unsqueeze the missing axes")),
    }
}

/// What a listing says of a window: kernel and stride always, the rest where it is not the default.
pub(crate) fn window_attributes(w: &Window<2>) -> Attributes {
    let mut a: Attributes = smallvec![("kernel", (&w.kernel()[..]).into()), ("stride", (&w.strides()[..]).into())];
    if w.paddings() != [0, 0] {
        a.push(("padding", (&w.paddings()[..]).into()));
    }
    if w.dilations() != [1, 1] {
        a.push(("dilation", (&w.dilations()[..]).into()));
    }
    match w.rounding() {
        Rounding::Exact => {}
        Rounding::Floor => a.push(("rounding", "floor".into())),
        Rounding::Ceil => a.push(("rounding", "ceil".into())),
    }
    a
}

/// Height and width, the last two axes.
pub(crate) fn plane(dims: &[usize]) -> [usize; 2] {
    [dims[dims.len() - 2], dims[dims.len() - 1]]
}

/// The shape with another height and width.
pub(crate) fn with_plane(dims: &[usize], plane: [usize; 2]) -> Dims {
    dims[..dims.len() - 2].iter().copied().chain(plane).collect()
}
