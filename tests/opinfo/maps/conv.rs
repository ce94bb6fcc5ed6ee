//! Convolutions and their transposes, and padding.
//! Names and argument orders are PyTorch's, the right-hand sides are this crate's.

use wengert::PadMode;

use crate::call::{Call, Mapped, one};

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
        _ => None,
    }
}
