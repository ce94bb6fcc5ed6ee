//! Reshaping, joining, slicing, repeating.
//! Names and argument orders are PyTorch's, the right-hand sides are this crate's.

use wengert::prelude::*;

use super::scalars::{alike, on_axes};
use crate::call::{Call, Given, Mapped, many, one};

pub fn map<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    shapes(name, c).or_else(|| orders(name, c)).or_else(|| pieces(name, c)).or_else(|| joins(name, c))
}

/// The same elements in the same order.
fn shapes<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        "reshape" | "view" => one(c.x().reshape(c.spread(0, "shape"))),
        "reshape_as" | "view_as" => one(c.x().reshape(c.constant(0, "other")?.dims())),
        "flatten" => one(c.x().flatten_axes(c.int(0, "start_dim", 0), c.int(1, "end_dim", -1))),
        "ravel" => one(c.x().flatten()),
        "unflatten" => one(c.x().unflatten(c.int(0, "dim", 0), c.list(1, "sizes")?)),
        "unsqueeze" => one(c.x().unsqueeze(c.int(0, "dim", 0))),
        "squeeze" | "squeeze.multiple" => one(match c.list(0, "dim") {
            None => c.x().squeeze(..),
            Some(dims) => squeezed(c.x(), &dims),
        }),
        _ => None,
    }
}

/// PyTorch passes over named axes of another size than 1, which `squeeze` refuses.
fn squeezed<'t>(x: Var<'t, f64>, dims: &[isize]) -> Var<'t, f64> {
    let (d, rank) = (x.dims(), x.rank() as isize);
    let of_size_one: Vec<isize> =
        dims.iter().copied().filter(|&a| rank > 0 && d[a.rem_euclid(rank) as usize] == 1).collect();
    x.squeeze(&of_size_one[..])
}

/// Axes exchanged, elements moved or turned around.
fn orders<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        "permute" => one(c.x().permute(c.spread(0, "dims"))),
        "transpose" | "swapaxes" | "swapdims" => {
            let (a, b) = (c.int(0, "dim0", 0), c.int(1, "dim1", 0));
            alike(c.x(), |x| x.transpose(a, b))
        }
        "t" if c.x().rank() < 2 => one(c.x()),
        "t" => one(c.x().t()),
        "movedim" => one(c.x().movedim(&c.list(0, "source")?[..], &c.list(1, "destination")?[..])),
        "flip" => one(c.x().flip(&c.spread(0, "dims")[..])),
        "fliplr" => one(c.x().flip(1)),
        "flipud" => one(c.x().flip(0)),
        "rot90" => {
            let axes = c.list(1, "dims").unwrap_or(vec![0, 1]);
            one(c.x().rot90(axes[0], axes[1], c.int(0, "k", 1)))
        }
        "roll" => {
            let shifts = c.list(0, "shifts")?;
            match c.list(1, "dims").filter(|dims| !dims.is_empty()) {
                None => one(c.x().flatten().roll(0, shifts[0]).reshape(c.x().dims())),
                Some(dims) => one(dims.into_iter().zip(shifts).fold(c.x(), |x, (axis, shift)| x.roll(axis, shift))),
            }
        }
        _ => None,
    }
}

/// Parts, and repetitions.
fn pieces<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        "narrow" => {
            let (axis, length) = (c.int(0, "dim", 0), c.int(2, "length", 0) as usize);
            // A start may be a tensor of one integer, and count from the end.
            let size = c.x().dims()[axis.rem_euclid(c.x().rank() as isize) as usize] as isize;
            let start = match c.arg(1, "start") {
                Given::Ints(start) => start.value().iter().next().copied()? as i32 as isize,
                _ => c.int(1, "start", 0),
            };
            let start = (if start < 0 { start + size } else { start }) as usize;
            one(c.x().slice(axis, start..start + length))
        }
        "select" => one(c.x().index_axis(c.int(0, "dim", 0), c.int(1, "index", 0))),
        "chunk" => many(c.x().chunk(c.int(1, "dim", 0), c.int(0, "chunks", 1) as usize)),
        "split" | "split.list_args" => {
            let axis = c.int(1, "dim", 0);
            match c.arg(0, "split_size_or_sections") {
                Given::List(_) => many(c.x().split(axis, &c.sizes(0, "split_size_or_sections")?)),
                _ => many(c.x().split_every(axis, c.int(0, "split_size_or_sections", 1) as usize)),
            }
        }
        "tensor_split" => match c.arg(0, "indices_or_sections") {
            Given::Int(parts) => many(c.x().split_evenly(c.int(1, "dim", 0), parts as usize)),
            _ => Some(Err("only a number of parts; `split` takes a list of sizes".into())),
        },
        "unbind" => many(c.x().unstack(c.int(0, "dim", 0))),
        "unfold" => {
            let (axis, size, step) = (c.int(0, "dimension", 0), c.int(1, "size", 1), c.int(2, "step", 1));
            let windows = |x: Var<'t, f64>, axis| x.windows(axis, size as usize, step as usize);
            // A number is one window of one place.
            if c.x().rank() == 0 {
                one(windows(c.x().unsqueeze(0), axis).squeeze(0))
            } else {
                one(windows(c.x(), axis))
            }
        }
        "expand" => one(c.x().expand(c.spread(0, "size"))),
        "expand_as" => one(c.x().broadcast_to(c.constant(0, "other")?.dims())),
        "broadcast_to" => one(c.x().broadcast_to(c.sizes(0, "size")?)),
        "tile" | "repeat" => {
            let times: Vec<usize> = c.spread(0, "repeats").into_iter().map(|n| n as usize).collect();
            one(c.x().tile(times))
        }
        "repeat_interleave" => {
            let counts: Vec<usize> = match c.arg(0, "repeats") {
                Given::Ints(counts) => counts.value().iter().map(|&n| n as usize).collect(),
                _ => vec![c.int(0, "repeats", 1) as usize],
            };
            match c.try_int(1, "dim") {
                None => one(c.x().flatten().repeat_interleave(0, counts)),
                Some(axis) => Some(on_axes(c.x(), |x| vec![x.repeat_interleave(axis, counts).into()])),
            }
        }
        _ => None,
    }
}

fn joins<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        "cat" | "concat" | "concatenate" => {
            // PyTorch passes over empty vectors beside tensors of any rank, for old programs that start from one.
            let parts: Vec<_> = c.xs();
            let real: Vec<_> = parts.iter().copied().filter(|x| x.dims() != [0]).collect();
            one(concat(if real.is_empty() { &parts } else { &real }, c.int(0, "dim", 0)))
        }
        "stack" => one(stack(&c.xs(), c.int(0, "dim", 0))),
        _ => None,
    }
}
