//! Reductions, cumulative sums and products, statistics.
//! Names and argument orders are PyTorch's, the right-hand sides are this crate's.

use wengert::Axes;
use wengert::prelude::*;

use super::scalars::{alike, on_axes};
use crate::call::{Call, Given, Mapped, one};

pub fn map<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    over_axes(name, c).or_else(|| spread(name, c)).or_else(|| along_one(name, c)).or_else(|| running(name, c))
}

/// The axes of a reduction: argument `i` and `keepdim`. No axis, and an empty list, mean all of them.
fn axes(c: &Call<'_>, i: usize) -> Axes {
    let axes: Axes = match c.list(i, "dim") {
        Some(list) if !list.is_empty() => list[..].into(),
        _ => (..).into(),
    };
    if c.flag(i + 1, "keepdim", false) { keep(axes) } else { axes }
}

/// A reduction over axes; a number has axis 0 for it.
fn reduced<'t>(c: &Call<'t>, f: impl Fn(Var<'t, f64>, Axes) -> Var<'t, f64>) -> Option<Mapped<'t>> {
    alike(c.x(), |x| f(x, axes(c, 0)))
}

fn over_axes<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        "sum" => reduced(c, |x, axes| x.sum_over(axes)),
        "mean" => reduced(c, |x, axes| x.mean_over(axes)),
        "amax" => reduced(c, |x, axes| x.amax(axes)),
        "amin" => reduced(c, |x, axes| x.amin(axes)),
        "prod" => reduced(c, |x, axes| x.prod_over(axes)),
        "logsumexp" => reduced(c, |x, axes| x.logsumexp(axes)),
        "nansum" => reduced(c, |x, axes| x.nansum(axes)),
        "nanmean" => reduced(c, |x, axes| x.nanmean(axes)),
        "max.reduction_no_dim" => one(c.x().max()),
        "min.reduction_no_dim" => one(c.x().min()),
        "aminmax" => Some(on_axes(c.x(), |x| {
            let (low, high) = x.aminmax(axes(c, 0));
            vec![low.into(), high.into()]
        })),
        _ => None,
    }
}

/// What is subtracted from the number of elements: `unbiased`, once an argument of its own, or `correction`.
fn correction(c: &Call<'_>) -> f64 {
    match c.key("unbiased") {
        Given::Flag(unbiased) => f64::from(u8::from(unbiased)),
        _ => c.number(usize::MAX, "correction", 1.0),
    }
}

/// How many elements a reduction over these axes takes together.
fn elements(x: &Var<'_, f64>, axes: &Axes) -> f64 {
    let dims = x.dims();
    let list = axes.resolve(&dims).expect("PyTorch has accepted the axes");
    list.iter().map(|&a| dims[a]).product::<usize>() as f64
}

/// Variance and standard deviation: the whole call has two forms, `(unbiased)` and `(dim, .., keepdim)`.
fn spread<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    let (axes, correction) = match c.arg(0, "dim") {
        Given::Flag(unbiased) => ((..).into(), f64::from(u8::from(unbiased))),
        _ => (axes(c, 0), correction(c)),
    };
    let std = |x: Var<'t, f64>| x.std_over(axes.clone(), correction);
    let var = |x: Var<'t, f64>| x.var_over(axes.clone(), correction);
    let mean = |x: Var<'t, f64>| x.mean_over(axes.clone());
    match name {
        "std" | "std.unbiased" => one(std(c.x())),
        // PyTorch divides the value by max(0, n - correction) and the gradient by n - correction.
        "var" if elements(&c.x(), &axes) < correction => {
            Some(Err("a gradient of fewer elements than the correction".into()))
        }
        "var" | "var.unbiased" => one(var(c.x())),
        "std_mean" | "std_mean.unbiased" => Some(Ok(vec![std(c.x()).into(), mean(c.x()).into()])),
        "var_mean" | "var_mean.unbiased" => Some(Ok(vec![var(c.x()).into(), mean(c.x()).into()])),
        _ => None,
    }
}

/// A value and its position, with the axis back in its place where `keepdim` asks for it.
pub fn chosen<'t>(
    c: &Call<'t>,
    [axis, keeps]: [usize; 2],
    default: isize,
    f: impl Fn(Var<'t, f64>, isize) -> (Var<'t, f64>, IntVar<'t, f64>),
) -> Option<Mapped<'t>> {
    let axis = c.int(axis, "dim", default);
    Some(on_axes(c.x(), |x| {
        let (y, index) = f(x, axis);
        let kept = c.flag(keeps, "keepdim", false);
        let at = axis.rem_euclid(x.rank() as isize);
        if kept { vec![y.unsqueeze(at).into(), index.unsqueeze(at).into()] } else { vec![y.into(), index.into()] }
    }))
}

fn along_one<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        "max.reduction_with_dim" => chosen(c, [0, 1], 0, |x, axis| x.max_with_index(axis)),
        "min.reduction_with_dim" => chosen(c, [0, 1], 0, |x, axis| x.min_with_index(axis)),
        _ => None,
    }
}

fn running<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    let axis = c.int(0, "dim", 0);
    match name {
        "cumsum" => alike(c.x(), |x| x.cumsum(axis)),
        "cumprod" => alike(c.x(), |x| x.cumprod(axis)),
        "logcumsumexp" => alike(c.x(), |x| x.logcumsumexp(axis)),
        "cummax" | "cummin" => Some(on_axes(c.x(), |x| {
            let (y, index) = if name == "cummax" { x.cummax(axis) } else { x.cummin(axis) };
            vec![y.into(), index.into()]
        })),
        "diff" => {
            let (times, axis) = (c.int(0, "n", 1) as usize, c.int(1, "dim", -1));
            let parts = [c.try_real(2, "prepend"), Some(c.x()), c.try_real(3, "append")];
            // Differences taken no times leave even the ends out.
            let x = if times == 0 { c.x() } else { concat(&parts.into_iter().flatten().collect::<Vec<_>>(), axis) };
            one(x.diff(axis, times))
        }
        "trapezoid" | "trapz" if c.count() == 0 => one(c.x().trapezoid(c.int(1, "dim", -1), c.number(1, "dx", 1.0))),
        _ => None,
    }
}
