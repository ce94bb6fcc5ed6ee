//! Pooling, its inverse, and the windows of images as columns.
//! Names and argument orders are PyTorch's, the right-hand sides are this crate's.

use wengert::prelude::*;
use wengert::{AdaptiveSize, AvgPool, MaxPool, Unfold};

use crate::call::{Call, Given, Mapped, one, pair};

/// One size for all axes, or one for each; `None` where it is left out, also as an empty list.
fn per_axis<const D: usize>(c: &Call<'_>, i: usize, name: &str) -> Option<[usize; D]> {
    match c.sizes(i, name)?[..] {
        [] => None,
        [all] => Some([all; D]),
        ref each => Some(each.try_into().unwrap_or_else(|_| panic!("{each:?} for {D} axes"))),
    }
}

/// `kernel_size, stride, padding` at the given place, `dilation` and `ceil_mode` after them.
fn max<const D: usize>(c: &Call<'_>) -> MaxPool<D> {
    let kernel = per_axis::<D>(c, 0, "kernel_size").expect("a kernel size");
    let pool = MaxPool::new(kernel)
        .stride(per_axis(c, 1, "stride").unwrap_or(kernel))
        .padding(per_axis(c, 2, "padding").unwrap_or([0; D]))
        .dilation(per_axis(c, 3, "dilation").unwrap_or([1; D]));
    if c.flag(4, "ceil_mode", false) { pool.ceil() } else { pool.floor() }
}

fn avg<const D: usize>(c: &Call<'_>) -> AvgPool<D> {
    let kernel = per_axis::<D>(c, 0, "kernel_size").expect("a kernel size");
    let pool = AvgPool::new(kernel)
        .stride(per_axis(c, 1, "stride").unwrap_or(kernel))
        .padding(per_axis(c, 2, "padding").unwrap_or([0; D]));
    let pool = if c.flag(3, "ceil_mode", false) { pool.ceil() } else { pool.floor() };
    let pool = if c.flag(4, "count_include_pad", true) { pool } else { pool.exclude_padding() };
    match c.try_int(5, "divisor_override") {
        Some(divisor) => pool.divisor(divisor),
        None => pool,
    }
}

/// The size of an adaptive pool, `None` for an axis that keeps its own.
fn adaptive<const D: usize>(c: &Call<'_>) -> AdaptiveSize<D> {
    let size = |v: &Given<'_>| match *v {
        Given::Int(n) => Some(usize::try_from(n).expect("a size")),
        _ => None,
    };
    match c.arg(0, "output_size") {
        Given::List(sizes) => {
            let sizes: Vec<_> = sizes.iter().map(size).collect();
            <[Option<usize>; D]>::try_from(&sizes[..]).expect("a size for each axis").into()
        }
        all => [size(&all); D].into(),
    }
}

/// The spatial part of `output_size`, which PyTorch takes with or without the other axes.
fn unpooled<const D: usize>(c: &Call<'_>) -> Option<[usize; D]> {
    let size = c.sizes(4, "output_size")?;
    Some(size[size.len() - D..].try_into().expect("a size for each axis"))
}

/// `indices, kernel_size, stride, padding, output_size`.
fn unpool<const D: usize>(c: &Call<'_>) -> MaxPool<D> {
    let kernel = per_axis::<D>(c, 1, "kernel_size").expect("a kernel size");
    MaxPool::new(kernel)
        .stride(per_axis(c, 2, "stride").unwrap_or(kernel))
        .padding(per_axis(c, 3, "padding").unwrap_or([0; D]))
}

/// `kernel_size, dilation, padding, stride`.
fn windows(c: &Call<'_>) -> Unfold {
    Unfold::new(per_axis::<2>(c, 0, "kernel_size").expect("a kernel size"))
        .dilation(per_axis::<2>(c, 1, "dilation").unwrap_or([1; 2]))
        .padding(per_axis::<2>(c, 2, "padding").unwrap_or([0; 2]))
        .stride(per_axis::<2>(c, 3, "stride").unwrap_or([1; 2]))
}

/// An unpooled tensor with the derivative that PyTorch gives it.
///
/// Where several indices name one cell, one write stays, but PyTorch gathers the cell's cotangent for all of them, which is
/// the derivative of a scatter that adds. The cases with unique indices (`.grad`) need none of this.
fn gathering_back<'t>(c: &Call<'t>, y: Var<'t, f64>) -> Var<'t, f64> {
    let (x, index) = (c.x(), c.ints(0, "indices"));
    let planes = x.dims()[0] * x.dims()[1];
    let flat = |n: usize| [planes, 1, n / planes];
    let cells = y.dims().iter().product::<usize>() / planes;
    let n = x.dims().iter().product();
    let added = x.reshape(flat(n)).plane_scatter(index.reshape(flat(n)), [1, cells]).reshape(y.dims());
    added - (added - y).stop_gradient()
}

pub fn map<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    let with_indices = c.flag(5, "return_indices", false);
    let adaptive_indices = c.flag(1, "return_indices", false);
    match name {
        "nn.functional.max_pool1d" if with_indices => pair(c.x().max_pool1d_with_indices(max(c))),
        "nn.functional.max_pool2d" if with_indices => pair(c.x().max_pool2d_with_indices(max(c))),
        "nn.functional.max_pool3d" if with_indices => pair(c.x().max_pool3d_with_indices(max(c))),
        "nn.functional.unfold" => one(c.x().unfold(windows(c))),
        "nn.functional.max_pool1d" => one(c.x().max_pool1d(max(c))),
        "nn.functional.max_pool2d" => one(c.x().max_pool2d(max(c))),
        "nn.functional.max_pool3d" => one(c.x().max_pool3d(max(c))),
        "nn.functional.avg_pool1d" => one(c.x().avg_pool1d(avg(c))),
        "nn.functional.avg_pool2d" => one(c.x().avg_pool2d(avg(c))),
        "nn.functional.avg_pool3d" => one(c.x().avg_pool3d(avg(c))),
        "nn.functional.adaptive_max_pool1d" if adaptive_indices => {
            pair(c.x().adaptive_max_pool1d_with_indices(adaptive(c)))
        }
        "nn.functional.adaptive_max_pool2d" if adaptive_indices => {
            pair(c.x().adaptive_max_pool2d_with_indices(adaptive(c)))
        }
        "nn.functional.adaptive_max_pool3d" if adaptive_indices => {
            pair(c.x().adaptive_max_pool3d_with_indices(adaptive(c)))
        }
        "nn.functional.adaptive_max_pool1d" => one(c.x().adaptive_max_pool1d(adaptive(c))),
        "nn.functional.adaptive_max_pool2d" => one(c.x().adaptive_max_pool2d(adaptive(c))),
        "nn.functional.adaptive_max_pool3d" => one(c.x().adaptive_max_pool3d(adaptive(c))),
        "nn.functional.adaptive_avg_pool1d" => one(c.x().adaptive_avg_pool1d(adaptive(c))),
        "nn.functional.adaptive_avg_pool2d" => one(c.x().adaptive_avg_pool2d(adaptive(c))),
        "nn.functional.adaptive_avg_pool3d" => one(c.x().adaptive_avg_pool3d(adaptive(c))),
        "nn.functional.max_unpool1d.grad" => one(c.x().max_unpool1d(c.ints(0, "indices"), unpool(c), unpooled(c))),
        "nn.functional.max_unpool2d.grad" => one(c.x().max_unpool2d(c.ints(0, "indices"), unpool(c), unpooled(c))),
        "nn.functional.max_unpool3d.grad" => one(c.x().max_unpool3d(c.ints(0, "indices"), unpool(c), unpooled(c))),
        "nn.functional.max_unpool1d" => {
            one(gathering_back(c, c.x().max_unpool1d(c.ints(0, "indices"), unpool(c), unpooled(c))))
        }
        "nn.functional.max_unpool2d" => {
            one(gathering_back(c, c.x().max_unpool2d(c.ints(0, "indices"), unpool(c), unpooled(c))))
        }
        "nn.functional.max_unpool3d" => {
            one(gathering_back(c, c.x().max_unpool3d(c.ints(0, "indices"), unpool(c), unpooled(c))))
        }
        "max_pool2d_with_indices_backward" => one(grad(c.x().max_pool2d(max(c)).sum(), &[c.x()])[0]),
        "nn.functional.fractional_max_pool2d" | "nn.functional.fractional_max_pool3d" => {
            Some(Err("PyTorch draws the windows at random".into()))
        }
        _ => None,
    }
}
