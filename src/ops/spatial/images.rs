//! What operations on images share: the spatial axes at the end of a shape, and windows as attributes.
//! Images are [N, C, …] or [C, …] with `D` spatial axes: signals of one, images of two, volumes of three.

use crate::ops::prelude::*;
use crate::window::{Rounding, Window};

/// The sizes of the spatial axes of what should be images; refuses other ranks.
pub(crate) fn image_size<const D: usize>(x: &Sig<'_>) -> Result<[usize; D], Error> {
    if x.rank() == D + 1 || x.rank() == D + 2 {
        return Ok(plane(x.dims));
    }
    let (one, many, axes) = match D {
        1 => ("a batch of signals", "signals", "L"),
        2 => ("a batch of images", "images", "H, W"),
        _ => ("a batch of volumes", "volumes", "D, H, W"),
    };
    Err(Error::shape(format!("shape {x} is not {one}"))
        .rule(format!("{many} are [N, C, {axes}] or [C, {axes}]"))
        .fix("reshape, or unsqueeze the missing axes"))
}

/// What a listing says of a window: kernel and stride always, the rest where it is not the default.
pub(crate) fn window_attributes<const D: usize>(w: &Window<D>) -> Attributes {
    let mut a: Attributes = smallvec![("kernel", (&w.kernel()[..]).into()), ("stride", (&w.strides()[..]).into())];
    if w.paddings() != [0; D] {
        a.push(("padding", (&w.paddings()[..]).into()));
    }
    if w.dilations() != [1; D] {
        a.push(("dilation", (&w.dilations()[..]).into()));
    }
    match w.rounding() {
        Rounding::Exact => {}
        Rounding::Floor => a.push(("rounding", "floor".into())),
        Rounding::Ceil => a.push(("rounding", "ceil".into())),
    }
    a
}

/// The spatial axes: the last `D`.
pub(crate) fn plane<const D: usize>(dims: &[usize]) -> [usize; D] {
    std::array::from_fn(|axis| dims[dims.len() - D + axis])
}

/// The shape with other spatial axes.
pub(crate) fn with_plane<const D: usize>(dims: &[usize], plane: [usize; D]) -> Dims {
    dims[..dims.len() - D].iter().copied().chain(plane).collect()
}

/// The name of an operation for its number of spatial axes: of `[…1d, …2d, …3d]`.
pub(crate) const fn by_axes<const D: usize>(names: [&'static str; 3]) -> &'static str {
    const { assert!(1 <= D && D <= 3, "images have one, two or three spatial axes") };
    names[D - 1]
}

/// Sizes as one reads them: `3×4`.
pub(crate) fn times(sizes: &[usize]) -> String {
    sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("×")
}
