//! Functions of one element at a time: powers, logarithms, circles, rounding, and of two elements.
//! Each is the method of the same name.

use super::prelude::*;

family! { POINTWISE "pointwise";
    /// eˣ.
    exp(x: Var<'_, T>) { x.exp() }
    /// 2ˣ.
    exp2(x: Var<'_, T>) { x.exp2() }
    /// eˣ − 1, accurate near 0.
    expm1(x: Var<'_, T>) { x.expm1() }
    /// The natural logarithm.
    ln(x: Var<'_, T>) { x.ln() }
    /// ln(1 + x), accurate near 0.
    log1p(x: Var<'_, T>) { x.log1p() }
    /// The logarithm to base 2.
    log2(x: Var<'_, T>) { x.log2() }
    /// The logarithm to base 10.
    log10(x: Var<'_, T>) { x.log10() }
    /// √x.
    sqrt(x: Var<'_, T>) { x.sqrt() }
    /// 1/√x.
    rsqrt(x: Var<'_, T>) { x.rsqrt() }
    /// 1/x.
    recip(x: Var<'_, T>) { x.recip() }
    /// x².
    square(x: Var<'_, T>) { x.square() }
    /// |x|; its derivative at 0 is 0.
    abs(x: Var<'_, T>) { x.abs() }
    /// −1, 0 or 1.
    sign(x: Var<'_, T>) { x.sign() }
    /// The sine.
    sin(x: Var<'_, T>) { x.sin() }
    /// The cosine.
    cos(x: Var<'_, T>) { x.cos() }
    /// The tangent.
    tan(x: Var<'_, T>) { x.tan() }
    /// The inverse sine.
    asin(x: Var<'_, T>) { x.asin() }
    /// The inverse cosine.
    acos(x: Var<'_, T>) { x.acos() }
    /// The inverse tangent.
    atan(x: Var<'_, T>) { x.atan() }
    /// The hyperbolic sine.
    sinh(x: Var<'_, T>) { x.sinh() }
    /// The hyperbolic cosine.
    cosh(x: Var<'_, T>) { x.cosh() }
    /// The hyperbolic tangent.
    tanh(x: Var<'_, T>) { x.tanh() }
    /// The inverse hyperbolic sine.
    asinh(x: Var<'_, T>) { x.asinh() }
    /// The inverse hyperbolic cosine.
    acosh(x: Var<'_, T>) { x.acosh() }
    /// The inverse hyperbolic tangent.
    atanh(x: Var<'_, T>) { x.atanh() }
    /// The largest integer that is not above x.
    floor(x: Var<'_, T>) { x.floor() }
    /// The smallest integer that is not below x.
    ceil(x: Var<'_, T>) { x.ceil() }
    /// The nearest integer, halves to even.
    round(x: Var<'_, T>) { x.round() }
    /// x without its fraction.
    trunc(x: Var<'_, T>) { x.trunc() }
    /// The fraction of x, x − trunc x.
    frac(x: Var<'_, T>) { x.frac() }
    /// The error function.
    erf(x: Var<'_, T>) { x.erf() }
    /// 1 − erf x, accurate where erf x is near 1.
    erfc(x: Var<'_, T>) { x.erfc() }
    /// The inverse of erf.
    erfinv(x: Var<'_, T>) { x.erfinv() }
    /// ln |Γ(x)|.
    lgamma(x: Var<'_, T>) { x.lgamma() }
    /// The derivative of lgamma.
    digamma(x: Var<'_, T>) { x.digamma() }
    /// sin(πx)/(πx), and 1 at 0.
    sinc(x: Var<'_, T>) { x.sinc() }
    /// −x.
    neg(x: Var<'_, T>) { -x }
    /// xᵖ with a number, or with another tensor as exponent.
    pow(x: Var<'_, T>, exponent: LineOrNumber<'_, T>) { x.pow(exponent) }
    /// xᵖ with a number p as exponent.
    powf(x: Var<'_, T>, p: f64) { x.powf(p) }
    /// xⁿ with a whole number n.
    powi(x: Var<'_, T>, n: i32) { x.powi(n) }
    /// The derivative of digamma of that order.
    polygamma(x: Var<'_, T>, order: u32) { x.polygamma(order) }
    /// x rounded to so many decimals.
    round_to(x: Var<'_, T>, decimals: i32) { x.round_to(decimals) }
    /// The remainder of the division by b, with the sign of x.
    fmod(x: Var<'_, T>, b: LineOrNumber<'_, T>) { x.fmod(b) }
    /// The remainder of the division by b, with the sign of b.
    remainder(x: Var<'_, T>, b: LineOrNumber<'_, T>) { x.remainder(b) }
    /// ⌊x/b⌋.
    floor_divide(x: Var<'_, T>, b: LineOrNumber<'_, T>) { x.floor_divide(b) }
    /// √(a² + b²) without overflow.
    hypot(a: Var<'_, T>, b: Var<'_, T>) { a.hypot(b) }
    /// The angle of the point (x, y).
    atan2(y: Var<'_, T>, x: Var<'_, T>) { y.atan2(x) }
    /// ln(eᵃ + eᵇ) without overflow.
    logaddexp(a: Var<'_, T>, b: Var<'_, T>) { a.logaddexp(b) }
    /// x·ln y, and 0 where x is 0.
    xlogy(x: Var<'_, T>, y: Var<'_, T>) { x.xlogy(y) }
    /// a + weight·(b − a).
    lerp(a: Var<'_, T>, b: Var<'_, T>, weight: LineOrNumber<'_, T>) { a.lerp(b, weight) }
    /// x with other numbers in place of NaN, ∞ and −∞.
    nan_to_num(x: Var<'_, T>, nan: f64 = 0.0, infinity: f64 = 1.7976931348623157e308, minus_infinity: f64 = -1.7976931348623157e308) { x.nan_to_num(nan, infinity, minus_infinity) }
    /// a·d, and 0 where a is 0, whatever d is.
    azmul(a: Var<'_, T>, d: Var<'_, T>) { a.azmul(d) }
    /// The larger of both; ties share the derivative.
    maximum(a: Var<'_, T>, b: Var<'_, T>) { a.maximum(b) }
    /// The smaller of both; ties share the derivative.
    minimum(a: Var<'_, T>, b: Var<'_, T>) { a.minimum(b) }
    /// x held between two bounds.
    clamp(x: Var<'_, T>, low: LineOrNumber<'_, T>, high: LineOrNumber<'_, T>) { x.clamp(low, high) }
    /// x, but at least low.
    clamp_min(x: Var<'_, T>, low: LineOrNumber<'_, T>) { x.clamp_min(low) }
    /// x, but at most high.
    clamp_max(x: Var<'_, T>, high: LineOrNumber<'_, T>) { x.clamp_max(high) }
    /// x where no gradient passes.
    stop_gradient(x: Var<'_, T>) { x.stop_gradient() }
}
