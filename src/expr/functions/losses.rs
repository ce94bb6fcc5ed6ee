//! Normalisation, losses, attention and random numbers.
//! Losses are one number for each example, as the crate's methods are; `mean(..)` makes one of them.

use super::prelude::*;
use crate::ops::{Attention, CrossEntropy, TripletMargin};

family! { LOSSES "norms, losses, attention, random";
    /// (x − mean)/√(variance + eps) over the axes.
    layer_norm(x: Var<'_, T>, axes: Axes = -1, eps: f64 = 1e-5) { x.layer_norm(axes, eps) }
    /// layer_norm over the last axis, times scale, plus shift.
    layer_norm_affine(x: Var<'_, T>, scale: Var<'_, T>, shift: Var<'_, T>, eps: f64 = 1e-5) { x.layer_norm_affine(scale, shift, eps) }
    /// x/√(mean square + eps) over the axes.
    rms_norm(x: Var<'_, T>, axes: Axes = -1, eps: f64 = 1e-5) { x.rms_norm(axes, eps) }
    /// Each channel with mean 0 and variance 1 over the batch; also its mean and variance.
    batch_norm(x: Var<'_, T>, eps: f64 = 1e-5) {
        x.batch_norm(eps)
    }
    /// batch_norm times scale, plus shift; also mean and variance.
    batch_norm_affine(x: Var<'_, T>, scale: Var<'_, T>, shift: Var<'_, T>, eps: f64 = 1e-5) {
        x.batch_norm_affine(scale, shift, eps)
    }
    /// Each channel with a given mean and variance taken out.
    batch_norm_inference(x: Var<'_, T>, mean: Var<'_, T>, var: Var<'_, T>, eps: f64 = 1e-5) { x.batch_norm_inference(mean, var, eps) }
    /// layer_norm of groups of channels.
    group_norm(x: Var<'_, T>, groups: usize, eps: f64 = 1e-5) { x.group_norm(groups, eps) }
    /// layer_norm of each channel.
    instance_norm(x: Var<'_, T>, eps: f64 = 1e-5) { x.instance_norm(eps) }
    /// x/(k + alpha·mean square of size neighbouring channels)^beta.
    local_response_norm(x: Var<'_, T>, size: usize, alpha: f64 = 1e-4, beta: f64 = 0.75, k: f64 = 1.0) {
        x.local_response_norm(size, alpha, beta, k)
    }
    /// x/max(‖x‖ₚ, eps) along an axis.
    normalize(x: Var<'_, T>, p: f64 = 2.0, axis: isize = 1, eps: f64 = 1e-12) { x.normalize(p, axis, eps) }
    /// The cosine of the angle between x and y along an axis.
    cosine_similarity(x: Var<'_, T>, y: Var<'_, T>, axis: isize = 1, eps: f64 = 1e-8) { x.cosine_similarity(y, axis, eps) }
    /// −ln softmax(logits)[label] of each example; labels are integers, or a probability for each class.
    cross_entropy(logits: Var<'_, T>, target: Labels<'_, T>, weights: Option<Var<'_, T>> = none, ignore: Option<u32> = none, smoothing: f64 = 0.0) {
        CrossEntropy::new().option(weights, |o, w| o.weights(w)).option(ignore, |o, i| o.ignore(i)).set(smoothing, |o, s| o.smoothing(s)).each(logits, target)
    }
    /// −logarithms[label] of each example.
    nll(logarithms: Var<'_, T>, labels: IntVar<'_, T>) { logarithms.nll(labels) }
    /// (x − target)², the mean of all.
    mse(x: Var<'_, T>, target: Var<'_, T>) { x.mse(target) }
    /// |x − target|, the mean of all.
    l1(x: Var<'_, T>, target: Var<'_, T>) { x.l1(target) }
    /// Quadratic within delta of the target, linear beyond.
    huber(x: Var<'_, T>, target: Var<'_, T>, delta: f64 = 1.0) { x.huber(target, delta) }
    /// huber/beta.
    smooth_l1(x: Var<'_, T>, target: Var<'_, T>, beta: f64 = 1.0) { x.smooth_l1(target, beta) }
    /// −(t ln x + (1 − t) ln(1 − x)) of probabilities x.
    binary_cross_entropy(x: Var<'_, T>, target: Var<'_, T>) { x.binary_cross_entropy(target) }
    /// binary_cross_entropy of sigmoid(x), without overflow.
    binary_cross_entropy_with_logits(x: Var<'_, T>, target: Var<'_, T>, positive: Option<Var<'_, T>> = none) {
        match positive {
            Some(p) => x.binary_cross_entropy_with_logits_weighted(target, p),
            None => x.binary_cross_entropy_with_logits(target),
        }
    }
    /// binary_cross_entropy_with_logits with a weight for what is positive.
    binary_cross_entropy_with_logits_weighted(x: Var<'_, T>, target: Var<'_, T>, positive: Var<'_, T>) {
        x.binary_cross_entropy_with_logits_weighted(target, positive)
    }
    /// target·(ln target − x), x being a logarithm.
    kl_div(x: Var<'_, T>, target: Var<'_, T>) { x.kl_div(target) }
    /// kl_div with the target as a logarithm as well.
    kl_div_log(x: Var<'_, T>, log_target: Var<'_, T>) { x.kl_div_log(log_target) }
    /// eˣ − counts·x.
    poisson_nll(x: Var<'_, T>, counts: Var<'_, T>) { x.poisson_nll(counts) }
    /// x − counts·ln(x + eps).
    poisson_nll_of_rate(x: Var<'_, T>, counts: Var<'_, T>, eps: f64 = 1e-8) { x.poisson_nll_of_rate(counts, eps) }
    /// Stirling's approximation of ln x!, and 0 up to 1.
    stirling(x: Var<'_, T>) { x.stirling() }
    /// (ln var + (x − target)²/var)/2.
    gaussian_nll(x: Var<'_, T>, target: Var<'_, T>, var: Var<'_, T>, eps: f64 = 1e-6) { x.gaussian_nll(target, var, eps) }
    /// x where y is 1, max(0, margin − x) where y is −1.
    hinge_embedding(x: Var<'_, T>, y: Var<'_, T>, margin: f64 = 1.0) { x.hinge_embedding(y, margin) }
    /// max(0, margin − y(x − other)).
    margin_ranking(x: Var<'_, T>, other: Var<'_, T>, y: Var<'_, T>, margin: f64 = 0.0) { x.margin_ranking(other, y, margin) }
    /// ln(1 + e^(−y x)).
    soft_margin(x: Var<'_, T>, y: Var<'_, T>) { x.soft_margin(y) }
    /// 1 − cosine where y is 1, max(0, cosine − margin) where y is −1.
    cosine_embedding(x: Var<'_, T>, other: Var<'_, T>, y: Var<'_, T>, margin: f64 = 0.0) { x.cosine_embedding(other, y, margin) }
    /// max(0, ‖anchor − positive‖ − ‖anchor − negative‖ + margin).
    triplet_margin(anchor: Var<'_, T>, positive: Var<'_, T>, negative: Var<'_, T>, margin: f64 = 1.0, p: f64 = 2.0, eps: f64 = 1e-6, swap: bool = false) {
        TripletMargin::new().set(margin, |o, m| o.margin(m)).set(p, |o, p| o.p(p)).set(eps, |o, e| o.eps(e)).when(swap, |o| o.swap()).each(anchor, positive, negative)
    }
    /// softmax(q kᵀ/√d) v.
    attention(q: Var<'_, T>, k: Var<'_, T>, v: Var<'_, T>, mask: Option<AnyLine<'_, T>> = none, causal: bool = false, dropout: f64 = 0.0, grouped: bool = false, scale: Option<f64> = none) {
        q.scaled_dot_product_attention(k, v, Attention::new().option(mask, |o, m| o.mask(m)).when(causal, |o| o.causal()).set(dropout, |o, p| o.dropout(p)).when(grouped, |o| o.grouped()).option(scale, |o, s| o.scale(s)))
    }
    /// Zeros with probability p, the rest divided by 1 − p.
    dropout(x: Var<'_, T>, p: f64 = 0.5) { x.dropout(p) }
    /// Random numbers, even between 0 and 1.
    uniform[tape](sizes: Counts) { tape.uniform(sizes) }
    /// Random numbers of the normal distribution.
    normal[tape](sizes: Counts) { tape.normal(sizes) }
    /// 1/p with probability p, else 0.
    keep_mask[tape](sizes: Counts, p: f64) { tape.keep_mask(sizes, p) }
}
