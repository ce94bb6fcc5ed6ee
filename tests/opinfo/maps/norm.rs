//! Normalisation, softmax and attention.
//! Names and argument orders are PyTorch's, the right-hand sides are this crate's.

use wengert::Attention;
use wengert::prelude::*;

use crate::call::{Call, Given, Mapped, one};

pub fn map<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name.strip_prefix("nn.functional.").unwrap_or(name) {
        "softmax" | "softmax.with_dtype" => along(c, 0, |x, axis| x.softmax(axis)),
        "log_softmax" | "log_softmax.with_dtype" => along(c, 0, |x, axis| x.log_softmax(axis)),
        "softmin" | "softmin.with_dtype" => along(c, 0, |x, axis| x.softmin(axis)),
        "normalize" => {
            let (p, eps) = (c.number(0, "p", 2.0), c.number(2, "eps", 1e-12));
            along_or(c, 1, 1, |x, axis| x.normalize(p, axis, eps))
        }
        "cosine_similarity" => {
            let (y, axis, eps) = (c.real(0, "x2"), c.int(1, "dim", 1), c.number(2, "eps", 1e-8));
            match c.x().rank() {
                0 => one(c.x().reshape([1]).cosine_similarity(y.reshape([1]), axis, eps)),
                _ => one(c.x().cosine_similarity(y, axis, eps)),
            }
        }
        "pairwise_distance" => {
            let (y, p, eps) = (c.real(0, "x2"), c.number(1, "p", 2.0), c.number(2, "eps", 1e-6));
            let distance = c.x().pairwise_distance(y, p, eps);
            one(if c.flag(3, "keepdim", false) { distance.unsqueeze(-1) } else { distance })
        }
        "layer_norm" => {
            let y = c.x().layer_norm(&last(c)[..], c.number(3, "eps", 1e-5));
            one(affine(y, c.try_real(1, "weight"), c.try_real(2, "bias"), false))
        }
        "rms_norm" => {
            let y = c.x().rms_norm(&last(c)[..], c.number(2, "eps", f64::EPSILON));
            one(affine(y, c.try_real(1, "weight"), None, false))
        }
        "group_norm" => {
            let y = c.x().group_norm(c.int(0, "num_groups", 1) as usize, c.number(3, "eps", 1e-5));
            one(affine(y, c.try_real(1, "weight"), c.try_real(2, "bias"), true))
        }
        "instance_norm" => {
            // The running statistics are renewed, but used only where the input's own are not.
            let (mean, var) = (c.constant(0, "running_mean"), c.constant(1, "running_var"));
            let eps = c.number(6, "eps", 1e-5);
            let y = match (c.flag(4, "use_input_stats", true), mean, var) {
                (false, Some(mean), Some(var)) => c.x().batch_norm_inference(mean, var, eps),
                _ => c.x().instance_norm(eps),
            };
            one(affine(y, c.try_real(2, "weight"), c.try_real(3, "bias"), true))
        }
        "batch_norm" | "batch_norm.without_cudnn" => {
            let (mean, var) = (c.constant(0, "running_mean"), c.constant(1, "running_var"));
            let eps = c.number(6, "eps", 1e-5);
            // A vector is one example.
            let x = if c.x().rank() == 1 { c.x().unsqueeze(0) } else { c.x() };
            let y = match (c.flag(4, "training", false), mean, var) {
                (false, Some(mean), Some(var)) => x.batch_norm_inference(mean, var, eps),
                _ => x.batch_norm(eps).y,
            };
            let y = if c.x().rank() == 1 { y.squeeze(0) } else { y };
            one(affine(y, c.try_real(2, "weight"), c.try_real(3, "bias"), true))
        }
        "local_response_norm" => one(c.x().local_response_norm(
            c.int(0, "size", 1) as usize,
            c.number(1, "alpha", 1e-4),
            c.number(2, "beta", 0.75),
            c.number(3, "k", 1.0),
        )),
        "scaled_dot_product_attention" => attention(c),
        _ => None,
    }
}

/// A function along an axis, argument `i`. PyTorch has an axis 0 in a scalar too.
fn along<'t>(c: &Call<'t>, i: usize, f: impl Fn(Var<'t, f64>, isize) -> Var<'t, f64>) -> Option<Mapped<'t>> {
    along_or(c, i, 0, f)
}

fn along_or<'t>(
    c: &Call<'t>,
    i: usize,
    default: isize,
    f: impl Fn(Var<'t, f64>, isize) -> Var<'t, f64>,
) -> Option<Mapped<'t>> {
    let axis = c.int(i, "dim", default);
    match c.x().rank() {
        0 => one(f(c.x().reshape([1]), axis).reshape(Dims::scalar())),
        _ => one(f(c.x(), axis)),
    }
}

/// The last axes, as many as a list of sizes is long.
fn last(c: &Call<'_>) -> Vec<isize> {
    let count = c.sizes(0, "normalized_shape").map_or(1, |sizes| sizes.len());
    (1..=count as isize).map(|k| -k).collect()
}

/// y·weight + bias, over the last axes or over channels.
fn affine<'t>(
    y: Var<'t, f64>,
    weight: Option<Var<'t, f64>>,
    bias: Option<Var<'t, f64>>,
    channels: bool,
) -> Var<'t, f64> {
    let fit = |v: Var<'t, f64>| match channels {
        true => v.reshape((1..y.rank()).map(|k| if k == 1 { v.count() } else { 1 }).collect::<Dims>()),
        false => v,
    };
    let y = weight.map_or(y, |w| y * fit(w));
    bias.map_or(y, |b| y + fit(b))
}

fn attention<'t>(c: &Call<'t>) -> Option<Mapped<'t>> {
    if c.number(3, "dropout_p", 0.0) > 0.0 {
        return Some(Err("dropout: the random numbers are PyTorch's own".into()));
    }
    let mut options = Attention::new();
    options = match c.arg(2, "attn_mask") {
        Given::Real(bias) => options.mask(bias),
        Given::Ints(seen) => options.mask(seen),
        _ => options,
    };
    if c.flag(4, "is_causal", false) {
        options = options.causal();
    }
    if let Some(scale) = c.try_number(5, "scale") {
        options = options.scale(scale);
    }
    if c.flag(6, "enable_gqa", false) {
        options = options.grouped();
    }
    let (k, v) = (c.real(0, "key"), c.real(1, "value"));
    one(c.x().scaled_dot_product_attention(k, v, options))
}
