//! Losses.
//! Names and argument orders are PyTorch's, the right-hand sides are this crate's.

use std::f64::consts::TAU;

use wengert::prelude::*;
use wengert::{ClassTarget, CrossEntropy, TripletMargin};

use crate::call::{Call, Given, Mapped, one};

pub fn map<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name.strip_prefix("nn.functional.")? {
        "mse_loss" if c.text(usize::MAX, "reduction", "mean") == "mean" => one(c.x().mse(c.real(0, "target"))),
        "mse_loss" => one(c.reduced((c.x() - c.real(0, "target")).square())),
        "l1_loss" => one(c.reduced(c.x().l1(c.real(0, "target")))),
        "smooth_l1_loss" => one(c.reduced(c.x().smooth_l1(c.real(0, "target"), c.number(usize::MAX, "beta", 1.0)))),
        "huber_loss" => one(c.reduced(c.x().huber(c.real(0, "target"), c.number(usize::MAX, "delta", 1.0)))),
        "binary_cross_entropy" => {
            let loss = c.x().binary_cross_entropy(c.real(0, "target"));
            one(c.reduced(c.constant(1, "weight").map_or(loss, |w| loss * w)))
        }
        "binary_cross_entropy_with_logits" => {
            let t = c.real(0, "target");
            let loss = match c.constant(usize::MAX, "pos_weight") {
                Some(positive) => c.x().binary_cross_entropy_with_logits_weighted(t, positive),
                None => c.x().binary_cross_entropy_with_logits(t),
            };
            one(c.reduced(c.constant(1, "weight").map_or(loss, |w| loss * w)))
        }
        "cross_entropy" => {
            let loss = CrossEntropy::new().smoothing(c.number(usize::MAX, "label_smoothing", 0.0));
            one(classified(c, loss))
        }
        "nll_loss" => one(classified(c, CrossEntropy::new().of_logarithms())),
        "kl_div" => {
            let t = c.real(0, "target");
            let loss = if c.flag(usize::MAX, "log_target", false) { c.x().kl_div_log(t) } else { c.x().kl_div(t) };
            match &c.text(usize::MAX, "reduction", "mean")[..] {
                "batchmean" => one(loss.sum() / c.x().dims().first().copied().unwrap_or(1) as f64),
                _ => one(c.reduced(loss)),
            }
        }
        "poisson_nll_loss" => {
            let t = c.real(0, "target");
            let loss = match c.flag(1, "log_input", true) {
                true => c.x().poisson_nll(t),
                false => c.x().poisson_nll_of_rate(t, c.number(4, "eps", 1e-8)),
            };
            one(c.reduced(if c.flag(2, "full", false) { loss + t.stirling() } else { loss }))
        }
        "gaussian_nll_loss" => {
            let (t, var) = (c.real(0, "target"), c.real(1, "var"));
            let var = variance(c.x(), var);
            let loss = c.x().gaussian_nll(t, var, c.number(3, "eps", 1e-6));
            one(c.reduced(if c.flag(2, "full", false) { loss + 0.5 * TAU.ln() } else { loss }))
        }
        "hinge_embedding_loss" => {
            one(c.reduced(c.x().hinge_embedding(c.real(0, "target"), c.number(1, "margin", 1.0))))
        }
        "margin_ranking_loss" => {
            let (other, y) = (c.constant(0, "input2")?, c.constant(1, "target")?);
            one(c.reduced(c.x().margin_ranking(other, y, c.number(2, "margin", 0.0))))
        }
        "soft_margin_loss" => one(c.reduced(c.x().soft_margin(c.constant(0, "target")?))),
        "cosine_embedding_loss" => {
            let (other, y) = (c.real(0, "input2"), c.real(1, "target"));
            one(c.reduced(c.x().cosine_embedding(other, y, c.number(2, "margin", 0.0))))
        }
        "triplet_margin_loss" => {
            let loss = TripletMargin::new()
                .margin(c.number(2, "margin", 1.0))
                .p(c.number(3, "p", 2.0))
                .eps(c.number(4, "eps", 1e-6));
            let loss = if c.flag(5, "swap", false) { loss.swap() } else { loss };
            one(c.reduced(loss.each(c.x(), c.real(0, "positive"), c.real(1, "negative"))))
        }
        _ => None,
    }
}

/// A loss of classes with PyTorch's weights, left-out label and reduction.
fn classified<'t>(c: &Call<'t>, loss: CrossEntropy<'t, f64>) -> Var<'t, f64> {
    let loss = c.constant(1, "weight").map_or(loss, |w| loss.weights(w));
    let target = match c.arg(0, "target") {
        Given::Ints(labels) => ClassTarget::Labels(labels),
        _ => ClassTarget::Probabilities(c.real(0, "target")),
    };
    // −100 unless it is said; labels have been read in the same way.
    let loss = loss.ignore(c.int(usize::MAX, "ignore_index", -100) as u32);
    match &c.text(usize::MAX, "reduction", "mean")[..] {
        "none" => loss.each(c.x(), target),
        "sum" => loss.each(c.x(), target).sum(),
        _ => loss.mean(c.x(), target),
    }
}

/// The variance with a last axis of 1 where it has one number for each row, as PyTorch reads it.
fn variance<'t>(x: Var<'t, f64>, var: Var<'t, f64>) -> Var<'t, f64> {
    let (d, v) = (x.dims(), var.dims());
    if d.rank() == v.rank() + 1 && d[..v.rank()] == v[..] { var.unsqueeze(-1) } else { var }
}
