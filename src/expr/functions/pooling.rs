//! Max and average pooling, sliding and adaptive; a plane [H, W] without channels does as well.
//! Options have the names of the crate's builders: `max_pool2d(x, 2, stride=1, padding=1)`.

use super::prelude::*;
use crate::ops::{AdaptiveSize, AvgPool, MaxPool};

/// Options of windows, as a text gives them.
struct Windows {
    kernel: Counts,
    stride: Option<Counts>,
    padding: Counts,
    dilation: Counts,
    floor: bool,
    ceil: bool,
}

impl Windows {
    /// The options one after the other: kernel, stride, padding, dilation, and the rounding.
    fn max_pool<const D: usize>(&self) -> Result<MaxPool<D>, Error> {
        let mut o = MaxPool::new(self.kernel.per_axis::<D>()?);
        if let Some(stride) = &self.stride {
            o = o.stride(stride.per_axis::<D>()?);
        }
        o = o.padding(self.padding.per_axis::<D>()?).dilation(self.dilation.per_axis::<D>()?);
        o = if self.floor { o.floor() } else { o };
        Ok(if self.ceil { o.ceil() } else { o })
    }

    fn avg_pool<const D: usize>(&self, exclude_padding: bool, divisor: Option<isize>) -> Result<AvgPool<D>, Error> {
        let mut o = AvgPool::new(self.kernel.per_axis::<D>()?);
        if let Some(stride) = &self.stride {
            o = o.stride(stride.per_axis::<D>()?);
        }
        o = o.padding(self.padding.per_axis::<D>()?).dilation(self.dilation.per_axis::<D>()?);
        o = if self.floor { o.floor() } else { o };
        o = if self.ceil { o.ceil() } else { o };
        o = if exclude_padding { o.exclude_padding() } else { o };
        Ok(match divisor {
            Some(d) => o.divisor(d),
            None => o,
        })
    }
}

/// `f` of images over `D` axes, where what has no axis of channels gets one for it.
fn images<'t, T: Real, const D: usize>(x: Var<'t, T>, f: impl FnOnce(Var<'t, T>) -> Var<'t, T>) -> Var<'t, T> {
    if x.rank() == D { f(x.unsqueeze(0)).squeeze(0) } else { f(x) }
}

/// As [`images`], for what gives indices as well.
fn with_indices<'t, T: Real, const D: usize>(
    x: Var<'t, T>,
    f: impl FnOnce(Var<'t, T>) -> (Var<'t, T>, IntVar<'t, T>),
) -> (Var<'t, T>, IntVar<'t, T>) {
    if x.rank() != D {
        return f(x);
    }
    let (y, index) = f(x.unsqueeze(0));
    (y.squeeze(0), index.squeeze(0))
}

fn adaptive<const D: usize>(size: &Counts) -> Result<AdaptiveSize<D>, Error> {
    Ok(size.per_axis::<D>()?.into())
}

family! { POOLING "pooling";
    /// The maximum of each window of images [N, C, H, W], [C, H, W] or [H, W]; the first maximum wins.
    max_pool2d(x: Var<'_, T>, kernel: Counts, stride: Option<Counts> = None, padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), floor: bool = false, ceil: bool = false) {
        let options = Windows { kernel, stride, padding, dilation, floor, ceil }.max_pool::<2>()?;
        images::<T, 2>(x, |x| x.max_pool2d(options))
    }
    /// As max_pool2d, and the flat index of each winner.
    max_pool2d_with_indices(x: Var<'_, T>, kernel: Counts, stride: Option<Counts> = None, padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), floor: bool = false, ceil: bool = false) {
        let options = Windows { kernel, stride, padding, dilation, floor, ceil }.max_pool::<2>()?;
        with_indices::<T, 2>(x, |x| x.max_pool2d_with_indices(options))
    }
    /// The mean of each window of images [N, C, H, W], [C, H, W] or [H, W].
    avg_pool2d(x: Var<'_, T>, kernel: Counts, stride: Option<Counts> = None, padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), floor: bool = false, ceil: bool = false, exclude_padding: bool = false, divisor: Option<isize> = None) {
        let options = Windows { kernel, stride, padding, dilation, floor, ceil }.avg_pool::<2>(exclude_padding, divisor)?;
        images::<T, 2>(x, |x| x.avg_pool2d(options))
    }
    /// The maximum of each of size parts along the axes.
    adaptive_max_pool2d(x: Var<'_, T>, size: Counts) {
        let size = adaptive::<2>(&size)?;
        images::<T, 2>(x, |x| x.adaptive_max_pool2d(size))
    }
    /// As adaptive_max_pool2d, and the flat index of each winner.
    adaptive_max_pool2d_with_indices(x: Var<'_, T>, size: Counts) {
        let size = adaptive::<2>(&size)?;
        with_indices::<T, 2>(x, |x| x.adaptive_max_pool2d_with_indices(size))
    }
    /// The mean of each of size parts along the axes.
    adaptive_avg_pool2d(x: Var<'_, T>, size: Counts) {
        let size = adaptive::<2>(&size)?;
        images::<T, 2>(x, |x| x.adaptive_avg_pool2d(size))
    }
    /// Zeros with x at the cells that a max pool's indices name.
    max_unpool2d(x: Var<'_, T>, index: IntVar<'_, T>, kernel: Counts, stride: Option<Counts> = None, padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), floor: bool = false, ceil: bool = false, size: Option<Counts> = None) {
        let size = size.map(|s| s.per_axis::<2>()).transpose()?;
        x.max_unpool2d(index, Windows { kernel, stride, padding, dilation, floor, ceil }.max_pool::<2>()?, size)
    }
    /// The maximum of each window of signals [N, C, L], [C, L] or [L]; the first maximum wins.
    max_pool1d(x: Var<'_, T>, kernel: Counts, stride: Option<Counts> = None, padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), floor: bool = false, ceil: bool = false) {
        let options = Windows { kernel, stride, padding, dilation, floor, ceil }.max_pool::<1>()?;
        images::<T, 1>(x, |x| x.max_pool1d(options))
    }
    /// As max_pool1d, and the flat index of each winner.
    max_pool1d_with_indices(x: Var<'_, T>, kernel: Counts, stride: Option<Counts> = None, padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), floor: bool = false, ceil: bool = false) {
        let options = Windows { kernel, stride, padding, dilation, floor, ceil }.max_pool::<1>()?;
        with_indices::<T, 1>(x, |x| x.max_pool1d_with_indices(options))
    }
    /// The mean of each window of signals [N, C, L], [C, L] or [L].
    avg_pool1d(x: Var<'_, T>, kernel: Counts, stride: Option<Counts> = None, padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), floor: bool = false, ceil: bool = false, exclude_padding: bool = false, divisor: Option<isize> = None) {
        let options = Windows { kernel, stride, padding, dilation, floor, ceil }.avg_pool::<1>(exclude_padding, divisor)?;
        images::<T, 1>(x, |x| x.avg_pool1d(options))
    }
    /// The maximum of each of size parts along the axes.
    adaptive_max_pool1d(x: Var<'_, T>, size: Counts) {
        let size = adaptive::<1>(&size)?;
        images::<T, 1>(x, |x| x.adaptive_max_pool1d(size))
    }
    /// As adaptive_max_pool1d, and the flat index of each winner.
    adaptive_max_pool1d_with_indices(x: Var<'_, T>, size: Counts) {
        let size = adaptive::<1>(&size)?;
        with_indices::<T, 1>(x, |x| x.adaptive_max_pool1d_with_indices(size))
    }
    /// The mean of each of size parts along the axes.
    adaptive_avg_pool1d(x: Var<'_, T>, size: Counts) {
        let size = adaptive::<1>(&size)?;
        images::<T, 1>(x, |x| x.adaptive_avg_pool1d(size))
    }
    /// Zeros with x at the cells that a max pool's indices name.
    max_unpool1d(x: Var<'_, T>, index: IntVar<'_, T>, kernel: Counts, stride: Option<Counts> = None, padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), floor: bool = false, ceil: bool = false, size: Option<Counts> = None) {
        let size = size.map(|s| s.per_axis::<1>()).transpose()?;
        x.max_unpool1d(index, Windows { kernel, stride, padding, dilation, floor, ceil }.max_pool::<1>()?, size)
    }
    /// The maximum of each window of volumes [N, C, D, H, W], [C, D, H, W] or [D, H, W]; the first maximum wins.
    max_pool3d(x: Var<'_, T>, kernel: Counts, stride: Option<Counts> = None, padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), floor: bool = false, ceil: bool = false) {
        let options = Windows { kernel, stride, padding, dilation, floor, ceil }.max_pool::<3>()?;
        images::<T, 3>(x, |x| x.max_pool3d(options))
    }
    /// As max_pool3d, and the flat index of each winner.
    max_pool3d_with_indices(x: Var<'_, T>, kernel: Counts, stride: Option<Counts> = None, padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), floor: bool = false, ceil: bool = false) {
        let options = Windows { kernel, stride, padding, dilation, floor, ceil }.max_pool::<3>()?;
        with_indices::<T, 3>(x, |x| x.max_pool3d_with_indices(options))
    }
    /// The mean of each window of volumes [N, C, D, H, W], [C, D, H, W] or [D, H, W].
    avg_pool3d(x: Var<'_, T>, kernel: Counts, stride: Option<Counts> = None, padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), floor: bool = false, ceil: bool = false, exclude_padding: bool = false, divisor: Option<isize> = None) {
        let options = Windows { kernel, stride, padding, dilation, floor, ceil }.avg_pool::<3>(exclude_padding, divisor)?;
        images::<T, 3>(x, |x| x.avg_pool3d(options))
    }
    /// The maximum of each of size parts along the axes.
    adaptive_max_pool3d(x: Var<'_, T>, size: Counts) {
        let size = adaptive::<3>(&size)?;
        images::<T, 3>(x, |x| x.adaptive_max_pool3d(size))
    }
    /// As adaptive_max_pool3d, and the flat index of each winner.
    adaptive_max_pool3d_with_indices(x: Var<'_, T>, size: Counts) {
        let size = adaptive::<3>(&size)?;
        with_indices::<T, 3>(x, |x| x.adaptive_max_pool3d_with_indices(size))
    }
    /// The mean of each of size parts along the axes.
    adaptive_avg_pool3d(x: Var<'_, T>, size: Counts) {
        let size = adaptive::<3>(&size)?;
        images::<T, 3>(x, |x| x.adaptive_avg_pool3d(size))
    }
    /// Zeros with x at the cells that a max pool's indices name.
    max_unpool3d(x: Var<'_, T>, index: IntVar<'_, T>, kernel: Counts, stride: Option<Counts> = None, padding: Counts = Counts(vec![0]), dilation: Counts = Counts(vec![1]), floor: bool = false, ceil: bool = false, size: Option<Counts> = None) {
        let size = size.map(|s| s.per_axis::<3>()).transpose()?;
        x.max_unpool3d(index, Windows { kernel, stride, padding, dilation, floor, ceil }.max_pool::<3>()?, size)
    }
}
