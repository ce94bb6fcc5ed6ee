//! Picking and placing by number, sorting.
//! Names and argument orders are PyTorch's, the right-hand sides are this crate's.

use wengert::LineOrNumber;
use wengert::prelude::*;

use super::reduce::chosen;
use super::scalars::{alike, on_axes};
use crate::call::{Call, Given, Mapped, one};

pub fn map<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    picked(name, c).or_else(|| placed(name, c)).or_else(|| sorted(name, c))
}

/// Negative positions, which have wrapped to large ones, counted from the start.
fn from_start<'t>(index: IntVar<'t, f64>, size: usize) -> IntVar<'t, f64> {
    index.tape().ints(index.value().mapv(|i| if i as i32 >= 0 { i } else { i.wrapping_add(size as u32) }))
}

fn picked<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        "gather" => {
            let (x, axis, index) = (c.x(), c.int(0, "dim", 0), c.ints(1, "index"));
            if x.rank() > 0 && x.rank() == index.rank() {
                return one(x.gather(axis, index));
            }
            // Of a number the one element, and of a vector nothing at all, by an index of any shape.
            one(x.flatten().gather(0, index.flatten()).reshape(index.dims()))
        }
        "index_select" => {
            let (axis, index) = (c.int(0, "dim", 0), c.ints(1, "index").flatten());
            alike(c.x(), |x| x.index_select(axis, index))
        }
        "take" => one(c.x().take(from_start(c.ints(0, "index"), c.x().count()))),
        "take_along_dim" => {
            let index = c.ints(0, "indices");
            match c.try_int(1, "dim") {
                Some(axis) => {
                    let size = c.x().dims()[axis.rem_euclid(c.x().rank() as isize) as usize];
                    one(c.x().take_along(axis, from_start(index, size)))
                }
                None => one(c.x().take(from_start(index, c.x().count()).flatten())),
            }
        }
        "nn.functional.embedding" => one(match c.try_int(1, "padding_idx") {
            None => c.x().embedding(c.ints(0, "input")),
            Some(row) => {
                let row = row.rem_euclid(c.x().dims()[0] as isize);
                c.x().embedding_padded(c.ints(0, "input"), row as u32)
            }
        }),
        _ => None,
    }
}

/// A number or a line, as argument `i`.
fn value<'t>(c: &Call<'t>, i: usize, name: &str) -> LineOrNumber<'t, f64> {
    match c.arg(i, name) {
        Given::Real(v) => v.into(),
        _ => c.number(i, name, 0.0).into(),
    }
}

/// An index and a source beside an operand that got an axis.
fn with_axis<'t>(index: IntVar<'t, f64>, src: Var<'t, f64>) -> (IntVar<'t, f64>, Var<'t, f64>) {
    (if index.rank() == 0 { index.unsqueeze(0) } else { index }, if src.rank() == 0 { src.unsqueeze(0) } else { src })
}

fn placed<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        "masked_fill" => one(c.x().masked_fill(c.ints(0, "mask"), value(c, 1, "value"))),
        "scatter" => {
            let (axis, index) = (c.int(0, "dim", 0), c.ints(1, "index"));
            let index = if index.rank() == 0 { index.unsqueeze(0) } else { index };
            // A source without axes broadcasts to the index.
            alike(c.x(), |x| x.scatter(axis, index, value(c, 2, "src")))
        }
        "scatter_add" | "index_add" | "index_copy" => {
            let (axis, (index, src)) = (c.int(0, "dim", 0), with_axis(c.ints(1, "index"), c.real(2, "src")));
            alike(c.x(), |x| match name {
                "scatter_add" => x.scatter_add(axis, index, src),
                "index_add" => x.index_add(axis, index, src * c.number(usize::MAX, "alpha", 1.0)),
                _ => x.index_copy(axis, index, src),
            })
        }
        "index_fill" => {
            let (axis, index) = (c.int(0, "dim", 0), c.ints(1, "index"));
            alike(c.x(), |x| x.index_fill(axis, index, value(c, 2, "value")))
        }
        "select_scatter" => one(c.x().put_index(c.int(1, "dim", 0), c.int(2, "index", 0), c.real(0, "src"))),
        _ => None,
    }
}

fn sorted<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        "sort" => {
            let axis = c.int(0, "dim", -1);
            let falling = c.flag(1, "descending", false);
            Some(on_axes(c.x(), |x| {
                let (y, index) = if falling { x.sort_falling(axis) } else { x.sort(axis) };
                vec![y.into(), index.into()]
            }))
        }
        "msort" => alike(c.x(), |x| x.sort(0).0),
        "topk" => {
            let (k, axis) = (c.int(0, "k", 1) as usize, c.int(1, "dim", -1));
            let largest = c.flag(2, "largest", true);
            Some(on_axes(c.x(), |x| {
                let (y, index) = if largest { x.topk(axis, k) } else { x.bottomk(axis, k) };
                vec![y.into(), index.into()]
            }))
        }
        "kthvalue" => {
            let k = c.int(0, "k", 1) as usize;
            chosen(c, [1, 2], -1, |x, axis| x.kthvalue(axis, k))
        }
        _ => None,
    }
}
