//! Elementwise operations.
//! Names and argument orders are PyTorch's, the right-hand sides are this crate's.

use wengert::prelude::*;

use crate::call::{Call, Given, Mapped, one};

pub fn map<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    elementary(name, c).or_else(|| joint(name, c)).or_else(|| activation(name.strip_prefix("nn.functional.")?, c))
}

/// Functions of one operand.
fn elementary<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        "abs" => one(c.x().abs()),
        "acos" => one(c.x().acos()),
        "acosh" => one(c.x().acosh()),
        "asin" => one(c.x().asin()),
        "asinh" => one(c.x().asinh()),
        "atan" => one(c.x().atan()),
        "atanh" => one(c.x().atanh()),
        "ceil" => one(c.x().ceil()),
        "cos" => one(c.x().cos()),
        "cosh" => one(c.x().cosh()),
        "digamma" => one(c.x().digamma()),
        "erf" => one(c.x().erf()),
        "erfc" => one(c.x().erfc()),
        "erfinv" => one(c.x().erfinv()),
        "exp" => one(c.x().exp()),
        "exp2" => one(c.x().exp2()),
        "expm1" => one(c.x().expm1()),
        "floor" => one(c.x().floor()),
        "frac" => one(c.x().frac()),
        "lgamma" => one(c.x().lgamma()),
        "log" => one(c.x().ln()),
        "log10" => one(c.x().log10()),
        "log1p" => one(c.x().log1p()),
        "log2" => one(c.x().log2()),
        "neg" => one(-c.x()),
        "positive" => one(c.x()),
        "reciprocal" => one(c.x().recip()),
        "round" => one(c.x().round()),
        "rsqrt" => one(c.x().rsqrt()),
        "sigmoid" => one(c.x().sigmoid()),
        "sign" => one(c.x().sign()),
        "sin" => one(c.x().sin()),
        "sinc" => one(c.x().sinc()),
        "sinh" => one(c.x().sinh()),
        "sqrt" => one(c.x().sqrt()),
        "square" => one(c.x().square()),
        "tan" => one(c.x().tan()),
        "tanh" => one(c.x().tanh()),
        "trunc" => one(c.x().trunc()),
        "nan_to_num" => one(c.x().nan_to_num(
            c.number(0, "nan", 0.0),
            c.number(1, "posinf", f64::MAX),
            c.number(2, "neginf", f64::MIN),
        )),
        "clamp" => one(upper(lower(c.x(), &c.arg(0, "min")), &c.arg(1, "max"))),
        _ if name.starts_with("round.decimals") => one(c.x().round_to(c.int(0, "decimals", 0) as i32)),
        _ => None,
    }
}

fn lower<'t>(x: Var<'t, f64>, bound: &Given<'t>) -> Var<'t, f64> {
    match bound {
        Given::Real(low) => x.clamp_min(*low),
        Given::Ints(low) => x.clamp_min(signed(*low)),
        Given::Int(low) => x.clamp_min(*low as f64),
        Given::Number(low) => x.clamp_min(*low),
        _ => x,
    }
}

/// Integers that may be negative, as PyTorch's are.
fn signed<'t>(n: IntVar<'t, f64>) -> Var<'t, f64> {
    let n = n.to_real();
    n.ge(2f64.powi(31)).select(n - 2f64.powi(32), n)
}

fn upper<'t>(x: Var<'t, f64>, bound: &Given<'t>) -> Var<'t, f64> {
    match bound {
        Given::Real(high) => x.clamp_max(*high),
        Given::Ints(high) => x.clamp_max(signed(*high)),
        Given::Int(high) => x.clamp_max(*high as f64),
        Given::Number(high) => x.clamp_max(*high),
        _ => x,
    }
}

/// Functions of several operands, which broadcast; a number may stand for the second.
fn joint<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    let known = [
        "add",
        "sub",
        "rsub",
        "mul",
        "div",
        "true_divide",
        "pow",
        "atan2",
        "hypot",
        "maximum",
        "minimum",
        "logaddexp",
        "xlogy",
        "fmod",
        "remainder",
        "floor_divide",
        "lerp",
        "addcmul",
        "addcdiv",
        "where",
        "masked_fill",
    ];
    let base = name.split('.').next().unwrap_or(name);
    if !known.contains(&base) {
        return None;
    }
    let x = c.x();
    let b = || match c.arg(0, "other") {
        Given::Real(b) => b,
        Given::Ints(b) => b.to_real(),
        _ => c.tape.constant(c.number(0, "other", f64::NAN)),
    };
    match name {
        "add" => one(x + b() * c.number(1, "alpha", 1.0)),
        "sub" => one(x - b() * c.number(1, "alpha", 1.0)),
        "rsub" => one(b() - x * c.number(1, "alpha", 1.0)),
        "mul" => one(x * b()),
        "div.no_rounding_mode" | "true_divide" => one(x / b()),
        "div.floor_rounding" | "floor_divide" => one(x.floor_divide(b())),
        "div.trunc_rounding" => one((x / b()).trunc()),
        "pow" => match c.try_number(0, "exponent") {
            Some(p) => one(x.powf(p)),
            None => one(x.pow(b())),
        },
        "atan2" => one(x.atan2(b())),
        "hypot" => one(x.hypot(b())),
        "maximum" => one(x.maximum(b())),
        "minimum" => one(x.minimum(b())),
        "logaddexp" => one(x.logaddexp(b())),
        "xlogy" => one(x.xlogy(b())),
        "fmod" => one(x.fmod(b())),
        "remainder" => one(x.remainder(b())),
        "lerp" => match c.try_number(1, "weight") {
            Some(weight) => one(x.lerp(c.real(0, "end"), weight)),
            None => one(x.lerp(c.real(0, "end"), c.real(1, "weight"))),
        },
        "addcmul" => one(x + c.real(0, "tensor1") * c.real(1, "tensor2") * c.number(2, "value", 1.0)),
        "addcdiv" => one(x + c.real(0, "tensor1") / c.real(1, "tensor2") * c.number(2, "value", 1.0)),
        "where" => one(c.ints(0, "condition").select(x, c.real(1, "other"))),
        "masked_fill" => match c.try_number(1, "value") {
            Some(value) => one(x.masked_fill(c.ints(0, "mask"), value)),
            None => one(x.masked_fill(c.ints(0, "mask"), c.real(1, "value"))),
        },
        _ => None,
    }
}

/// Activation functions; the names are those of `nn.functional`.
fn activation<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        "celu" => one(c.x().celu(c.number(0, "alpha", 1.0))),
        "elu" => one(c.x().elu(c.number(0, "alpha", 1.0))),
        "gelu" if c.text(0, "approximate", "none") == "tanh" => one(c.x().gelu_tanh()),
        "gelu" => one(c.x().gelu()),
        "glu" => one(c.x().glu(c.int(0, "dim", -1))),
        "hardshrink" => one(c.x().hardshrink(c.number(0, "lambd", 0.5))),
        "hardsigmoid" => {
            // The reference's derivative is the f32 number next to 1/6.
            c.holds_single_precision();
            one(c.x().hardsigmoid())
        }
        "hardswish" => one(c.x().hardswish()),
        "hardtanh" => one(c.x().clamp(c.number(0, "min_val", -1.0), c.number(1, "max_val", 1.0))),
        "leaky_relu" => one(c.x().leaky_relu(c.number(0, "negative_slope", 0.01))),
        "logsigmoid" => one(c.x().log_sigmoid()),
        "mish" => one(c.x().mish()),
        "prelu" if c.gradients() == 1 => one(c.x().prelu(c.constant(0, "weight")?)),
        "prelu" => one(c.x().prelu(c.real(0, "weight"))),
        "relu" => one(c.x().relu()),
        "relu6" => one(c.x().relu6()),
        "selu" => one(c.x().selu()),
        "silu" | "silu.complex" => one(c.x().silu()),
        "softplus" => one(c.x().softplus_with(c.number(0, "beta", 1.0), c.number(1, "threshold", 20.0))),
        "softshrink" => one(c.x().softshrink(c.number(0, "lambd", 0.5))),
        "softsign" => one(c.x().softsign()),
        "tanhshrink" => one(c.x().tanhshrink()),
        "threshold" => one(c.x().threshold(c.number(0, "threshold", 0.0), c.number(1, "value", 0.0))),
        _ => None,
    }
}
