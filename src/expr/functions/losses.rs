//! Normalisation, losses, attention and random numbers.
//! Losses are one number for each example, as the crate's methods are; `mean(..)` makes one of them.

use super::prelude::*;
use crate::ops::{Attention, AttentionMask, ClassTarget, CrossEntropy, TripletMargin};

/// Labels, or a probability for each class.
fn class_target<'t, T: Real>(target: AnyLine<'t, T>) -> ClassTarget<'t, T> {
    match target {
        AnyLine::Int(labels) => ClassTarget::Labels(labels),
        AnyLine::Real(p) => ClassTarget::Probabilities(p),
    }
}

family! { LOSSES "norms, losses, attention, random";
    /// (x − mean)/√(variance + eps) over the axes.
    layer_norm(x: Var<'_, T>, axes: Axes = Axes::from(-1), eps: f64 = 1e-5) { x.layer_norm(axes, eps) }
    /// layer_norm over the last axis, times scale, plus shift.
    layer_norm_affine(x: Var<'_, T>, scale: Var<'_, T>, shift: Var<'_, T>, eps: f64 = 1e-5) { x.layer_norm_affine(scale, shift, eps) }
    /// x/√(mean square + eps) over the axes.
    rms_norm(x: Var<'_, T>, axes: Axes = Axes::from(-1), eps: f64 = 1e-5) { x.rms_norm(axes, eps) }
    /// Each channel with mean 0 and variance 1 over the batch; also its mean and variance.
    batch_norm(x: Var<'_, T>, eps: f64 = 1e-5) {
        let r = x.batch_norm(eps);
        (r.y, r.mean, r.var)
    }
    /// batch_norm times scale, plus shift; also mean and variance.
    batch_norm_affine(x: Var<'_, T>, scale: Var<'_, T>, shift: Var<'_, T>, eps: f64 = 1e-5) {
        let r = x.batch_norm_affine(scale, shift, eps);
        (r.y, r.mean, r.var)
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
    cross_entropy(logits: Var<'_, T>, target: LabelsOr<'_, T>, weights: Option<Var<'_, T>> = None, ignore: Option<u32> = None, smoothing: f64 = 0.0) {
        let mut options = CrossEntropy::new().smoothing(smoothing);
        if let Some(w) = weights {
            options = options.weights(w);
        }
        if let Some(label) = ignore {
            options = options.ignore(label);
        }
        options.each(logits, class_target(target.0))
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
    binary_cross_entropy_with_logits(x: Var<'_, T>, target: Var<'_, T>, positive: Option<Var<'_, T>> = None) {
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
        let options = TripletMargin::new().margin(margin).p(p).eps(eps);
        (if swap { options.swap() } else { options }).each(anchor, positive, negative)
    }
    /// softmax(q kᵀ/√d) v.
    attention(q: Var<'_, T>, k: Var<'_, T>, v: Var<'_, T>, mask: Option<AnyLine<'_, T>> = None, causal: bool = false, dropout: f64 = 0.0, grouped: bool = false, scale: Option<f64> = None) {
        let mut options = Attention::new().dropout(dropout);
        options = match mask {
            Some(AnyLine::Int(m)) => options.mask(AttentionMask::Seen(m)),
            Some(AnyLine::Real(m)) => options.mask(AttentionMask::Added(m)),
            None => options,
        };
        options = if causal { options.causal() } else { options };
        options = if grouped { options.grouped() } else { options };
        options = match scale {
            Some(s) => options.scale(s),
            None => options,
        };
        q.scaled_dot_product_attention(k, v, options)
    }
    /// Zeros with probability p, the rest divided by 1 − p.
    dropout(x: Var<'_, T>, p: f64 = 0.5) { x.dropout(p) }
    /// Random numbers, even between 0 and 1.
    uniform[tape](sizes: Counts) { tape.uniform(&sizes.0[..]) }
    /// Random numbers of the normal distribution.
    normal[tape](sizes: Counts) { tape.normal(&sizes.0[..]) }
    /// 1/p with probability p, else 0.
    keep_mask[tape](sizes: Counts, p: f64) { tape.keep_mask(&sizes.0[..], p) }
}
