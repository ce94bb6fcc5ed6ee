//! Activation functions, and softmax with its relatives.
//! Numbers that PyTorch has defaults for have the same here.

use super::prelude::*;

family! { ACTIVATIONS "activations";
    /// max(x, 0); its derivative at 0 is 0.
    relu(x: Var<'_, T>) { x.relu() }
    /// min(max(x, 0), 6).
    relu6(x: Var<'_, T>) { x.relu6() }
    /// The elu that keeps mean 0 and variance 1.
    selu(x: Var<'_, T>) { x.selu() }
    /// x·Φ(x) with the normal distribution's Φ.
    gelu(x: Var<'_, T>) { x.gelu() }
    /// The tanh form of gelu.
    gelu_tanh(x: Var<'_, T>) { x.gelu_tanh() }
    /// x·σ(x).
    silu(x: Var<'_, T>) { x.silu() }
    /// x·tanh(ln(1 + eˣ)).
    mish(x: Var<'_, T>) { x.mish() }
    /// ln(1 + eˣ).
    softplus(x: Var<'_, T>) { x.softplus() }
    /// 1/(1 + e⁻ˣ).
    sigmoid(x: Var<'_, T>) { x.sigmoid() }
    /// ln σ(x).
    log_sigmoid(x: Var<'_, T>) { x.log_sigmoid() }
    /// x/(1 + |x|).
    softsign(x: Var<'_, T>) { x.softsign() }
    /// x − tanh x.
    tanhshrink(x: Var<'_, T>) { x.tanhshrink() }
    /// x/6 + 1/2 held between 0 and 1.
    hardsigmoid(x: Var<'_, T>) { x.hardsigmoid() }
    /// x·hardsigmoid(x).
    hardswish(x: Var<'_, T>) { x.hardswish() }
    /// x where x > 0, slope·x elsewhere.
    leaky_relu(x: Var<'_, T>, slope: f64 = 0.01) { x.leaky_relu(slope) }
    /// x where x > 0, alpha·(eˣ − 1) elsewhere.
    elu(x: Var<'_, T>, alpha: f64 = 1.0) { x.elu(alpha) }
    /// x where x > 0, alpha·(e^(x/alpha) − 1) elsewhere.
    celu(x: Var<'_, T>, alpha: f64 = 1.0) { x.celu(alpha) }
    /// ln(1 + e^(beta·x))/beta, and x itself above the threshold.
    softplus_with(x: Var<'_, T>, beta: f64, threshold: f64 = 20.0) { x.softplus_with(beta, threshold) }
    /// x moved towards 0 by lambda, and 0 where |x| ≤ lambda.
    softshrink(x: Var<'_, T>, lambda: f64 = 0.5) { x.softshrink(lambda) }
    /// x, and 0 where |x| ≤ lambda.
    hardshrink(x: Var<'_, T>, lambda: f64 = 0.5) { x.hardshrink(lambda) }
    /// x where x > bound, another number elsewhere.
    threshold(x: Var<'_, T>, bound: f64, value: f64 = 0.0) { x.threshold(bound, value) }
    /// x where x > 0, slope·x elsewhere, with one slope or one for each channel.
    prelu(x: Var<'_, T>, slope: Var<'_, T>) { x.prelu(slope) }
    /// Half of the channels times the sigmoid of the other half.
    glu(x: Var<'_, T>, axis: isize = -1) { x.glu(axis) }
    /// v where x > 0, else 0: how a cotangent passes a relu.
    gate(v: Var<'_, T>, x: Var<'_, T>) { v.gate(x) }
    /// eˣ/Σeˣ along an axis.
    softmax(x: Var<'_, T>, axis: isize = -1) { x.softmax(axis) }
    /// softmax, and 0 where all of a row is −∞.
    softmax_or_zero(x: Var<'_, T>, axis: isize = -1) { x.softmax_or_zero(axis) }
    /// softmax of −x.
    softmin(x: Var<'_, T>, axis: isize = -1) { x.softmin(axis) }
    /// ln softmax, without overflow.
    log_softmax(x: Var<'_, T>, axis: isize = -1) { x.log_softmax(axis) }
}
