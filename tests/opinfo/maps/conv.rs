//! Convolutions and their transposes, and padding.
//! Names and argument orders are PyTorch's, the right-hand sides are this crate's.

use wengert::prelude::*;
use wengert::{ConvTransposeOptions, PadMode, PerAxis};

use crate::call::{Call, Given, Mapped, one};

/// A size for each of `D` axes: a list of as many, or one for all of them.
fn sizes<const D: usize>(c: &Call<'_>, i: usize, name: &str, default: usize) -> [usize; D] {
    match c.sizes(i, name) {
        None => default.per_axis(),
        Some(list) if list.len() == 1 => list[0].per_axis(),
        Some(list) => list.try_into().expect("a size for each axis"),
    }
}

/// PyTorch adds a bias of one number for each channel, here a line of its own.
fn with_bias<'t, const D: usize>(c: &Call<'t>, y: Var<'t, f64>) -> Option<Mapped<'t>> {
    match c.try_real(1, "bias") {
        Some(b) => one(y + b.reshape([b.count()].into_iter().chain([1; D]).collect::<Dims>())),
        None => one(y),
    }
}

fn conv<const D: usize>(c: &Call<'_>) -> ConvOptions<D> {
    let o = ConvOptions::new().stride(sizes(c, 2, "stride", 1)).dilation(sizes(c, 4, "dilation", 1));
    let o = o.groups(c.int(5, "groups", 1) as usize);
    match c.arg(3, "padding") {
        Given::Text(word) if word == "same" => o.same(),
        Given::Text(_) => o,
        _ => o.padding(sizes(c, 3, "padding", 0)),
    }
}

fn conv_transpose<const D: usize>(c: &Call<'_>) -> ConvTransposeOptions<D> {
    let o = ConvTransposeOptions::new().stride(sizes(c, 2, "stride", 1)).padding(sizes(c, 3, "padding", 0));
    let o = o.output_padding(sizes(c, 4, "output_padding", 0)).groups(c.int(5, "groups", 1) as usize);
    o.dilation(sizes(c, 6, "dilation", 1))
}

/// PyTorch lists margins from the last axis to the first, before and after in turn.
fn pad<'t>(c: &Call<'t>) -> Option<Mapped<'t>> {
    let flat = c.list(0, "pad").expect("a list of margins");
    let margins: Vec<(isize, isize)> = flat.chunks(2).rev().map(|pair| (pair[0], pair[1])).collect();
    let mode = match &c.text(1, "mode", "constant")[..] {
        "reflect" => PadMode::Reflect,
        "replicate" => PadMode::Replicate,
        "circular" => PadMode::Circular,
        _ => PadMode::Constant(c.number(2, "value", 0.0)),
    };
    one(c.x().pad(&margins, mode))
}

pub fn map<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        "constant_pad_nd" => {
            let flat = c.list(0, "pad").expect("a list of margins");
            let margins: Vec<(isize, isize)> = flat.chunks(2).rev().map(|pair| (pair[0], pair[1])).collect();
            one(c.x().pad(&margins, c.number(1, "value", 0.0)))
        }
        name if name.starts_with("nn.functional.pad.") => pad(c),
        "nn.functional.conv1d" => with_bias::<1>(c, c.x().conv1d(c.real(0, "weight"), conv(c))),
        "nn.functional.conv2d" => with_bias::<2>(c, c.x().conv2d(c.real(0, "weight"), conv(c))),
        "nn.functional.conv3d" => with_bias::<3>(c, c.x().conv3d(c.real(0, "weight"), conv(c))),
        "nn.functional.conv_transpose1d" => {
            with_bias::<1>(c, c.x().conv_transpose1d(c.real(0, "weight"), conv_transpose(c)))
        }
        "nn.functional.conv_transpose2d" => {
            with_bias::<2>(c, c.x().conv_transpose2d(c.real(0, "weight"), conv_transpose(c)))
        }
        "nn.functional.conv_transpose3d" => {
            with_bias::<3>(c, c.x().conv_transpose3d(c.real(0, "weight"), conv_transpose(c)))
        }
        _ => None,
    }
}
