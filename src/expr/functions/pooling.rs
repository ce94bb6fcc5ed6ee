//! Max and average pooling, sliding and adaptive; a plane [H, W] without channels does as well.
//! Options have the names of the crate's builders: `max_pool2d(x, 2, stride=1, padding=1)`.

use super::prelude::*;
use crate::ops::{AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d};

/// The rows of each number of axes.
macro_rules! pooling {
    ($($D:literal $windows:literal $MaxPool:ident $AvgPool:ident
        $max:ident $max_with:ident $avg:ident $adaptive_max:ident $adaptive_max_with:ident $adaptive_avg:ident $unpool:ident;)+) => {
        family! { POOLING "pooling"; $(
            #[doc = concat!("The maximum of ", $windows, "; the first maximum wins.")]
            $max(x: Var<'_, T>, kernel: Each<$D>, stride: Option<Each<$D>> = none, padding: Each<$D> = 0, dilation: Each<$D> = 1, floor: bool = false, ceil: bool = false) {
                x.of_planes($D, |x| x.$max($MaxPool::new(kernel).option(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(dilation, |o, d| o.dilation(d)).when(floor, |o| o.floor()).when(ceil, |o| o.ceil())))
            }
            #[doc = concat!("As ", stringify!($max), ", and the flat index of each winner.")]
            $max_with(x: Var<'_, T>, kernel: Each<$D>, stride: Option<Each<$D>> = none, padding: Each<$D> = 0, dilation: Each<$D> = 1, floor: bool = false, ceil: bool = false) {
                x.of_planes_with_index($D, |x| x.$max_with($MaxPool::new(kernel).option(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(dilation, |o, d| o.dilation(d)).when(floor, |o| o.floor()).when(ceil, |o| o.ceil())))
            }
            #[doc = concat!("The mean of ", $windows, ".")]
            $avg(x: Var<'_, T>, kernel: Each<$D>, stride: Option<Each<$D>> = none, padding: Each<$D> = 0, dilation: Each<$D> = 1, floor: bool = false, ceil: bool = false, exclude_padding: bool = false, divisor: Option<isize> = none) {
                x.of_planes($D, |x| x.$avg($AvgPool::new(kernel).option(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(dilation, |o, d| o.dilation(d)).when(floor, |o| o.floor()).when(ceil, |o| o.ceil()).when(exclude_padding, |o| o.exclude_padding()).option(divisor, |o, d| o.divisor(d))))
            }
            /// The maximum of each of size parts along the axes.
            $adaptive_max(x: Var<'_, T>, size: Each<$D>) { x.of_planes($D, |x| x.$adaptive_max(size)) }
            #[doc = concat!("As ", stringify!($adaptive_max), ", and the flat index of each winner.")]
            $adaptive_max_with(x: Var<'_, T>, size: Each<$D>) { x.of_planes_with_index($D, |x| x.$adaptive_max_with(size)) }
            /// The mean of each of size parts along the axes.
            $adaptive_avg(x: Var<'_, T>, size: Each<$D>) { x.of_planes($D, |x| x.$adaptive_avg(size)) }
            /// Zeros with x at the cells that a max pool's indices name.
            $unpool(x: Var<'_, T>, index: IntVar<'_, T>, kernel: Each<$D>, stride: Option<Each<$D>> = none, padding: Each<$D> = 0, dilation: Each<$D> = 1, floor: bool = false, ceil: bool = false, size: Option<[usize; $D]> = none) {
                x.$unpool(index, $MaxPool::new(kernel).option(stride, |o, s| o.stride(s)).set(padding, |o, p| o.padding(p)).set(dilation, |o, d| o.dilation(d)).when(floor, |o| o.floor()).when(ceil, |o| o.ceil()), size)
            }
        )+ }
    };
}

pooling! {
    2 "each window of images [N, C, H, W], [C, H, W] or [H, W]" MaxPool2d AvgPool2d max_pool2d max_pool2d_with_indices
        avg_pool2d adaptive_max_pool2d adaptive_max_pool2d_with_indices adaptive_avg_pool2d max_unpool2d;
    1 "each window of signals [N, C, L], [C, L] or [L]" MaxPool1d AvgPool1d max_pool1d max_pool1d_with_indices
        avg_pool1d adaptive_max_pool1d adaptive_max_pool1d_with_indices adaptive_avg_pool1d max_unpool1d;
    3 "each window of volumes [N, C, D, H, W], [C, D, H, W] or [D, H, W]" MaxPool3d AvgPool3d max_pool3d
        max_pool3d_with_indices avg_pool3d adaptive_max_pool3d adaptive_max_pool3d_with_indices adaptive_avg_pool3d
        max_unpool3d;
}
