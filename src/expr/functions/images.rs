//! Convolution and what else is done with images.
//! Options have the names of the crate's builders: `conv2d(x, w, padding=1)`.

use super::prelude::*;
use crate::ops::{ConvOptions, ConvTransposeOptions, GridSample, Interpolate, Unfold};

fn conv<const D: usize>(
    stride: &Counts,
    padding: &Counts,
    dilation: &Counts,
    groups: usize,
    same: bool,
) -> Result<ConvOptions<D>, Error> {
    let o = ConvOptions::new().stride(stride.per_axis::<D>()?).dilation(dilation.per_axis::<D>()?).groups(groups);
    Ok(if same { o.same() } else { o.padding(padding.per_axis::<D>()?) })
}

fn transposed<const D: usize>(
    stride: &Counts,
    padding: &Counts,
    output_padding: &Counts,
    dilation: &Counts,
    groups: usize,
) -> Result<ConvTransposeOptions<D>, Error> {
    Ok(ConvTransposeOptions::new()
        .stride(stride.per_axis::<D>()?)
        .padding(padding.per_axis::<D>()?)
        .output_padding(output_padding.per_axis::<D>()?)
        .dilation(dilation.per_axis::<D>()?)
        .groups(groups))
}

fn unfold(kernel: &Counts, stride: &Counts, padding: &Counts, dilation: &Counts) -> Result<Unfold, Error> {
    let stride = stride.per_axis::<2>()?;
    Ok(Unfold::new(kernel.per_axis::<2>()?)
        .stride(stride)
        .padding(padding.per_axis::<2>()?)
        .dilation(dilation.per_axis::<2>()?))
}

fn named_mode(name: &str, known: &[&str]) -> Error {
    let list = known.iter().map(|k| format!("\"{k}\"")).collect::<Vec<_>>().join(", ");
    Error::argument(format!("there is no mode \"{name}\"")).fix(format!("say one of {list}"))
}

fn sampling(mode: &str, outside: &str, align_corners: bool) -> Result<GridSample, Error> {
    let o = match mode {
        "linear" | "bilinear" => GridSample::linear(),
        "nearest" => GridSample::nearest(),
        "cubic" | "bicubic" => GridSample::cubic(),
        _ => return Err(named_mode(mode, &["linear", "nearest", "cubic"])),
    };
    let o = match outside {
        "zeros" => o,
        "border" => o.border(),
        "reflect" => o.reflect(),
        _ => return Err(named_mode(outside, &["zeros", "border", "reflect"])),
    };
    Ok(if align_corners { o.align_corners() } else { o })
}

fn resizing(
    mode: &str,
    size: Option<Counts>,
    scale: Option<Numbers>,
    align_corners: bool,
    axes: usize,
) -> Result<Interpolate, Error> {
    let mut o = match mode {
        "nearest" => Interpolate::nearest(),
        "nearest_exact" => Interpolate::nearest_exact(),
        "linear" | "bilinear" | "trilinear" => Interpolate::linear(),
        "cubic" | "bicubic" => Interpolate::cubic(),
        "area" => Interpolate::area(),
        _ => return Err(named_mode(mode, &["nearest", "nearest_exact", "linear", "cubic", "area"])),
    };
    // One number serves for all axes.
    if let Some(size) = size {
        o = o.size(if size.0.len() == 1 { vec![size.0[0]; axes] } else { size.0 });
    }
    if let Some(scale) = scale {
        o = o.scale(if scale.0.len() == 1 { vec![scale.0[0]; axes] } else { scale.0 });
    }
    Ok(if align_corners { o.align_corners() } else { o })
}

/// y + bias, one number for each channel.
fn biased<'t, T: Real>(y: Var<'t, T>, bias: Option<Var<'t, T>>, axes: usize) -> Var<'t, T> {
    let Some(bias) = bias else { return y };
    let sizes: Vec<isize> = std::iter::once(-1).chain(std::iter::repeat_n(1, axes)).collect();
    y + bias.reshape(crate::shape::Sizes::from(&sizes[..]))
}

family! { IMAGES "images";
    /// The cross-correlation of images [N with weights [O, C/groups, ..].
    conv2d(x: Var<'_, T>, weights: Var<'_, T>, bias: Option<Var<'_, T>> = None, stride: Counts = Counts(vec![1]), padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), groups: usize = 1, same: bool = false) {
        let y = x.conv2d(weights, conv::<2>(&stride, &padding, &dilation, groups, same)?);
        biased(y, bias, 2)
    }
    /// The adjoint of conv2d in its images, with weights [C, O/groups, ..].
    conv_transpose2d(x: Var<'_, T>, weights: Var<'_, T>, bias: Option<Var<'_, T>> = None, stride: Counts = Counts(vec![1]), padding: Counts = Counts(vec![0]), output_padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), groups: usize = 1) {
        let options = transposed::<2>(&stride, &padding, &output_padding, &dilation, groups)?;
        biased(x.conv_transpose2d(weights, options), bias, 2)
    }
    /// The cross-correlation of signals [N with weights [O, C/groups, ..].
    conv1d(x: Var<'_, T>, weights: Var<'_, T>, bias: Option<Var<'_, T>> = None, stride: Counts = Counts(vec![1]), padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), groups: usize = 1, same: bool = false) {
        let y = x.conv1d(weights, conv::<1>(&stride, &padding, &dilation, groups, same)?);
        biased(y, bias, 1)
    }
    /// The adjoint of conv1d in its images, with weights [C, O/groups, ..].
    conv_transpose1d(x: Var<'_, T>, weights: Var<'_, T>, bias: Option<Var<'_, T>> = None, stride: Counts = Counts(vec![1]), padding: Counts = Counts(vec![0]), output_padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), groups: usize = 1) {
        let options = transposed::<1>(&stride, &padding, &output_padding, &dilation, groups)?;
        biased(x.conv_transpose1d(weights, options), bias, 1)
    }
    /// The cross-correlation of volumes [N with weights [O, C/groups, ..].
    conv3d(x: Var<'_, T>, weights: Var<'_, T>, bias: Option<Var<'_, T>> = None, stride: Counts = Counts(vec![1]), padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), groups: usize = 1, same: bool = false) {
        let y = x.conv3d(weights, conv::<3>(&stride, &padding, &dilation, groups, same)?);
        biased(y, bias, 3)
    }
    /// The adjoint of conv3d in its images, with weights [C, O/groups, ..].
    conv_transpose3d(x: Var<'_, T>, weights: Var<'_, T>, bias: Option<Var<'_, T>> = None, stride: Counts = Counts(vec![1]), padding: Counts = Counts(vec![0]), output_padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), groups: usize = 1) {
        let options = transposed::<3>(&stride, &padding, &output_padding, &dilation, groups)?;
        biased(x.conv_transpose3d(weights, options), bias, 3)
    }
    /// The adjoint of conv2d in its images of the given plane.
    conv2d_input(g: Var<'_, T>, weights: Var<'_, T>, plane: Counts, stride: Counts = Counts(vec![1]), padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), groups: usize = 1, same: bool = false) {
        g.conv2d_input(weights, conv::<2>(&stride, &padding, &dilation, groups, same)?, plane.per_axis::<2>()?)
    }
    /// The adjoint of conv2d in its weights with the given kernel.
    conv2d_weights(g: Var<'_, T>, images: Var<'_, T>, kernel: Counts, stride: Counts = Counts(vec![1]), padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), groups: usize = 1, same: bool = false) {
        g.conv2d_weights(images, conv::<2>(&stride, &padding, &dilation, groups, same)?, kernel.per_axis::<2>()?)
    }
    /// The windows of images as columns [N, C·kh·kw, L].
    unfold(x: Var<'_, T>, kernel: Counts, stride: Counts = Counts(vec![1]), padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1])) {
        x.unfold(unfold(&kernel, &stride, &padding, &dilation)?)
    }
    /// The adjoint of unfold: columns added up to images.
    fold(x: Var<'_, T>, plane: Counts, kernel: Counts, stride: Counts = Counts(vec![1]), padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1])) {
        x.fold(unfold(&kernel, &stride, &padding, &dilation)?, plane.per_axis::<2>()?)
    }
    /// The same as unfold.
    im2col(x: Var<'_, T>, kernel: Counts, stride: Counts = Counts(vec![1]), padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1])) {
        x.im2col(unfold(&kernel, &stride, &padding, &dilation)?)
    }
    /// The same as fold.
    col2im(x: Var<'_, T>, plane: Counts, kernel: Counts, stride: Counts = Counts(vec![1]), padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1])) {
        x.col2im(unfold(&kernel, &stride, &padding, &dilation)?, plane.per_axis::<2>()?)
    }
    /// Images of another size: "nearest", "nearest_exact", "linear", "cubic" or "area".
    interpolate(x: Var<'_, T>, size: Option<Counts> = None, scale: Option<Numbers> = None, mode: String = "nearest".into(), align_corners: bool = false) {
        x.interpolate(resizing(&mode, size, scale, align_corners, x.rank().saturating_sub(2))?)
    }
    /// Each pixel repeated.
    upsample_nearest(x: Var<'_, T>, factor: Counts = Counts(vec![2])) { x.upsample_nearest(factor.per_axis::<2>()?) }
    /// Images with so many times as many pixels, linearly between.
    upsample_bilinear(x: Var<'_, T>, factor: Counts = Counts(vec![2])) { x.upsample_bilinear(factor.per_axis::<2>()?) }
    /// Images read at the points of a grid.
    grid_sample(x: Var<'_, T>, grid: Var<'_, T>, mode: String = "linear".into(), outside: String = "zeros".into(), align_corners: bool = false) {
        x.grid_sample(grid, sampling(&mode, &outside, align_corners)?)
    }
    /// The grid of an affine map, for images of the given size.
    affine_grid(maps: Var<'_, T>, size: Counts, align_corners: bool = false) {
        maps.affine_grid(&size.0[..], sampling("linear", "zeros", align_corners)?)
    }
    /// Channels as finer pixels.
    pixel_shuffle(x: Var<'_, T>, factor: usize) { x.pixel_shuffle(factor) }
    /// Pixels as more channels.
    pixel_unshuffle(x: Var<'_, T>, factor: usize) { x.pixel_unshuffle(factor) }
    /// The channels of groups dealt out in turn.
    channel_shuffle(x: Var<'_, T>, groups: usize) { x.channel_shuffle(groups) }
}
