//! Convolution and what else is done with images.
//! Options have the names of the crate's builders: `conv2d(x, w, padding=1)`.

use super::prelude::*;
use crate::ops::{ConvOptions, ConvTransposeOptions, GridSample, Interpolate, Unfold};

family! { IMAGES "images";
    /// The cross-correlation of images [N, C, H, W] with weights [O, C/groups, ..].
    conv2d(x: Var<'_, T>, weights: Var<'_, T>, bias: Option<Var<'_, T>> = none, stride: Each<2> = 1, padding: Each<2> = 0, dilation: Each<2> = 1, groups: usize = 1, same: bool = false) {
        x.conv2d(weights, ConvOptions::new().set(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(dilation, |o, d| o.dilation(d)).set(groups, |o, g| o.groups(g)).when(same, |o| o.same())).option(bias, |y, b| y + b.reshape([-1, 1, 1]))
    }
    /// The adjoint of conv2d in its images, with weights [C, O/groups, ..].
    conv_transpose2d(x: Var<'_, T>, weights: Var<'_, T>, bias: Option<Var<'_, T>> = none, stride: Each<2> = 1, padding: Each<2> = 0, output_padding: Each<2> = 0, dilation: Each<2> = 1, groups: usize = 1) {
        x.conv_transpose2d(weights, ConvTransposeOptions::new().set(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(output_padding, |o, p| o.output_padding(p)).set(dilation, |o, d| o.dilation(d)).set(groups, |o, g| o.groups(g))).option(bias, |y, b| y + b.reshape([-1, 1, 1]))
    }
    /// The cross-correlation of signals [N, C, L] with weights [O, C/groups, ..].
    conv1d(x: Var<'_, T>, weights: Var<'_, T>, bias: Option<Var<'_, T>> = none, stride: Each<1> = 1, padding: Each<1> = 0, dilation: Each<1> = 1, groups: usize = 1, same: bool = false) {
        x.conv1d(weights, ConvOptions::new().set(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(dilation, |o, d| o.dilation(d)).set(groups, |o, g| o.groups(g)).when(same, |o| o.same())).option(bias, |y, b| y + b.reshape([-1, 1]))
    }
    /// The adjoint of conv1d in its images, with weights [C, O/groups, ..].
    conv_transpose1d(x: Var<'_, T>, weights: Var<'_, T>, bias: Option<Var<'_, T>> = none, stride: Each<1> = 1, padding: Each<1> = 0, output_padding: Each<1> = 0, dilation: Each<1> = 1, groups: usize = 1) {
        x.conv_transpose1d(weights, ConvTransposeOptions::new().set(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(output_padding, |o, p| o.output_padding(p)).set(dilation, |o, d| o.dilation(d)).set(groups, |o, g| o.groups(g))).option(bias, |y, b| y + b.reshape([-1, 1]))
    }
    /// The cross-correlation of volumes [N, C, D, H, W] with weights [O, C/groups, ..].
    conv3d(x: Var<'_, T>, weights: Var<'_, T>, bias: Option<Var<'_, T>> = none, stride: Each<3> = 1, padding: Each<3> = 0, dilation: Each<3> = 1, groups: usize = 1, same: bool = false) {
        x.conv3d(weights, ConvOptions::new().set(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(dilation, |o, d| o.dilation(d)).set(groups, |o, g| o.groups(g)).when(same, |o| o.same())).option(bias, |y, b| y + b.reshape([-1, 1, 1, 1]))
    }
    /// The adjoint of conv3d in its images, with weights [C, O/groups, ..].
    conv_transpose3d(x: Var<'_, T>, weights: Var<'_, T>, bias: Option<Var<'_, T>> = none, stride: Each<3> = 1, padding: Each<3> = 0, output_padding: Each<3> = 0, dilation: Each<3> = 1, groups: usize = 1) {
        x.conv_transpose3d(weights, ConvTransposeOptions::new().set(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(output_padding, |o, p| o.output_padding(p)).set(dilation, |o, d| o.dilation(d)).set(groups, |o, g| o.groups(g))).option(bias, |y, b| y + b.reshape([-1, 1, 1, 1]))
    }
    /// The adjoint of conv2d in its images of the given plane.
    conv2d_input(g: Var<'_, T>, weights: Var<'_, T>, plane: [usize; 2], stride: Each<2> = 1, padding: Each<2> = 0, dilation: Each<2> = 1, groups: usize = 1, same: bool = false) {
        g.conv2d_input(weights, ConvOptions::new().set(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(dilation, |o, d| o.dilation(d)).set(groups, |o, g| o.groups(g)).when(same, |o| o.same()), plane)
    }
    /// The adjoint of conv2d in its weights with the given kernel.
    conv2d_weights(g: Var<'_, T>, images: Var<'_, T>, kernel: [usize; 2], stride: Each<2> = 1, padding: Each<2> = 0, dilation: Each<2> = 1, groups: usize = 1, same: bool = false) {
        g.conv2d_weights(images, ConvOptions::new().set(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(dilation, |o, d| o.dilation(d)).set(groups, |o, g| o.groups(g)).when(same, |o| o.same()), kernel)
    }
    /// The windows of images as columns [N, C·kh·kw, L].
    unfold(x: Var<'_, T>, kernel: Each<2>, stride: Each<2> = 1, padding: Each<2> = 0, dilation: Each<2> = 1) {
        x.unfold(Unfold::new(kernel).set(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(dilation, |o, d| o.dilation(d)))
    }
    /// The adjoint of unfold: columns added up to images.
    fold(x: Var<'_, T>, plane: [usize; 2], kernel: Each<2>, stride: Each<2> = 1, padding: Each<2> = 0, dilation: Each<2> = 1) {
        x.fold(Unfold::new(kernel).set(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(dilation, |o, d| o.dilation(d)), plane)
    }
    /// The same as unfold.
    im2col(x: Var<'_, T>, kernel: Each<2>, stride: Each<2> = 1, padding: Each<2> = 0, dilation: Each<2> = 1) {
        x.im2col(Unfold::new(kernel).set(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(dilation, |o, d| o.dilation(d)))
    }
    /// The same as fold.
    col2im(x: Var<'_, T>, plane: [usize; 2], kernel: Each<2>, stride: Each<2> = 1, padding: Each<2> = 0, dilation: Each<2> = 1) {
        x.col2im(Unfold::new(kernel).set(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(dilation, |o, d| o.dilation(d)), plane)
    }
    /// Images of another size: "nearest", "nearest_exact", "linear", "cubic" or "area".
    interpolate(x: Var<'_, T>, size: Option<Counts> = none, scale: Option<Numbers> = none, mode: Interpolate = "nearest", align_corners: bool = false) {
        x.interpolate(mode.option(size, |o, s| o.size(s.for_images(x))).option(scale, |o, s| o.scale(s.for_images(x))).when(align_corners, |o| o.align_corners()))
    }
    /// Each pixel repeated.
    upsample_nearest(x: Var<'_, T>, factor: Each<2> = 2) { x.upsample_nearest(factor) }
    /// Images with so many times as many pixels, linearly between.
    upsample_bilinear(x: Var<'_, T>, factor: Each<2> = 2) { x.upsample_bilinear(factor) }
    /// Images read at the points of a grid.
    grid_sample(x: Var<'_, T>, grid: Var<'_, T>, mode: GridSample = "linear", outside: Outside = "zeros", align_corners: bool = false) {
        x.grid_sample(grid, mode.when(align_corners, |o| o.align_corners()).set(outside, |o, outside| match outside { Outside::Zeros => o, Outside::Border => o.border(), Outside::Reflect => o.reflect() }))
    }
    /// The grid of an affine map, for images of the given size.
    affine_grid(maps: Var<'_, T>, size: Counts, align_corners: bool = false) {
        maps.affine_grid(size, GridSample::linear().when(align_corners, |o| o.align_corners()))
    }
    /// Channels as finer pixels.
    pixel_shuffle(x: Var<'_, T>, factor: usize) { x.pixel_shuffle(factor) }
    /// Pixels as more channels.
    pixel_unshuffle(x: Var<'_, T>, factor: usize) { x.pixel_unshuffle(factor) }
    /// The channels of groups dealt out in turn.
    channel_shuffle(x: Var<'_, T>, groups: usize) { x.channel_shuffle(groups) }
}
