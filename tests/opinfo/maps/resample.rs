//! Interpolation, sampling at coordinates, and pixels that move between channels.
//! Names and argument orders are PyTorch's, the right-hand sides are this crate's.

use wengert::{GridSample, Interpolate};

use crate::call::{Call, Given, Mapped, one};

/// The size or scale of a call: a list, or one number for all axes behind batch and channels.
fn resized(c: &Call<'_>, form: Interpolate) -> Interpolate {
    let axes = c.x().rank() - 2;
    let spread = |list: Vec<f64>| if list.len() == 1 { vec![list[0]; axes] } else { list };
    if let Some(size) = c.sizes(0, "size") {
        return form.size(if size.len() == 1 { vec![size[0]; axes] } else { size });
    }
    let factors = match c.arg(1, "scale_factor") {
        Given::List(items) => items.iter().map(|v| if let Given::Number(v) = v { *v } else { f64::NAN }).collect(),
        _ => vec![c.number(1, "scale_factor", f64::NAN)],
    };
    form.scale(spread(factors))
}

fn interpolate<'t>(c: &Call<'t>) -> Option<Mapped<'t>> {
    let form = match &c.text(2, "mode", "nearest")[..] {
        "nearest" => Interpolate::nearest(),
        "nearest-exact" => Interpolate::nearest_exact(),
        "linear" | "bilinear" | "trilinear" => Interpolate::linear(),
        "bicubic" => Interpolate::cubic(),
        "area" => Interpolate::area(),
        other => return Some(Err(format!("no interpolation `{other}`"))),
    };
    if c.flag(5, "antialias", false) {
        return Some(Err("no low-pass filter before shrinking: use `Interpolate::area`".into()));
    }
    let mut form = resized(c, form);
    if c.flag(3, "align_corners", false) {
        form = form.align_corners();
    }
    if c.flag(4, "recompute_scale_factor", false) {
        form = form.recompute_scale();
    }
    one(c.x().interpolate(form))
}

/// Modes are words in the public function, numbers in the one behind it.
fn grid_sample<'t>(c: &Call<'t>, mode: &str, padding: &str) -> Option<Mapped<'t>> {
    let form = match mode {
        "bilinear" | "0" => GridSample::linear(),
        "nearest" | "1" => GridSample::nearest(),
        "bicubic" | "2" => GridSample::cubic(),
        other => return Some(Err(format!("no sampling `{other}`"))),
    };
    let form = match padding {
        "border" | "1" => form.border(),
        "reflection" | "2" => form.reflect(),
        _ => form,
    };
    let form = if c.flag(3, "align_corners", false) { form.align_corners() } else { form };
    one(c.x().grid_sample(c.real(0, "grid"), form))
}

pub fn map<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        name if name.starts_with("nn.functional.interpolate") => interpolate(c),
        "nn.functional.upsample_nearest" => one(c.x().interpolate(resized(c, Interpolate::nearest()))),
        "nn.functional.upsample_bilinear" => one(c.x().interpolate(resized(c, Interpolate::linear()).align_corners())),
        "nn.functional.pixel_shuffle" => one(c.x().pixel_shuffle(c.int(0, "upscale_factor", 1) as usize)),
        "nn.functional.pixel_unshuffle" => one(c.x().pixel_unshuffle(c.int(0, "downscale_factor", 1) as usize)),
        "nn.functional.channel_shuffle" | "channel_shuffle" => {
            one(c.x().channel_shuffle(c.int(0, "groups", 1) as usize))
        }
        "nn.functional.grid_sample" => {
            grid_sample(c, &c.text(1, "mode", "bilinear"), &c.text(2, "padding_mode", "zeros"))
        }
        "grid_sampler_2d" | "grid_sampler_3d" => {
            let word = |i: usize, name: &str| c.int(i, name, 0).to_string();
            grid_sample(c, &word(1, "interpolation_mode"), &word(2, "padding_mode"))
        }
        _ => None,
    }
}
