//! Activation functions: rectifiers and their smooth relatives, one row each, with their limits at both ends of the range.
//! At kinks the policy of docs/kinks.md holds: relu'(0) = 0, and 0 belongs to the branch that is not x > 0.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::arith::binary;
use super::table::{Table, between, bound, row, side, unary};
use crate::ops::prelude::*;
use crate::ops::spatial::max_pool::is_max_pool;
use crate::ops::spatial::plane::is_plane_scatter;

const ANY: (f64, f64) = (-2.0, 2.0);
const POSITIVE: (f64, f64) = (0.3, 3.0);

/// √(2/π), the slope of the tanh form of GELU (Hendrycks and Gimpel, 2016).
fn gelu_slope() -> f64 {
    (2.0 / PI).sqrt()
}

/// The cubic coefficient of the tanh form of GELU, as published.
const GELU_CUBIC: f64 = 0.044_715;

/// Scale and limit of SELU (Klambauer, Unterthiner, Mayr and Hochreiter, 2017), the fixed point of mean 0 and variance 1.
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;

/// Where the two hard sigmoids bend.
const HARD: f64 = 3.0;

/// x·p for a share p in 0..=1 that wins where it is 0: −∞ times nothing is nothing.
#[inline(always)]
fn share<T: Lane>(x: T, p: T) -> T {
    if p == T::zero() { T::zero() } else { x * p }
}

unary! {
    table ACTIVATIONS;

    /// max(x, 0); its derivative at 0 is 0, and NaN stays NaN.
    RELU relu() |x| if x <= T::zero() { T::zero() } else { x }; in POSITIVE; push[y; v] v.gate(y); cheap as Relu;
        decide |_, at| side(at.x(0), 0.0); ex "var(-2.0).relu()" => "0.0";

    /// x where x > 0, slope·x elsewhere.
    LEAKY_RELU leaky_relu(slope) |x| if x > T::zero() { x } else { slope * x }; in POSITIVE;
        push[x; v] x.gt(0.0).select(v, v * slope); cheap; decide |_, at| side(at.x(0), 0.0);
        ex "var(-2.0).leaky_relu(0.1)" => "-0.2";

    /// x where x > 0, alpha·(eˣ − 1) elsewhere (Clevert, Unterthiner and Hochreiter, 2015).
    ELU elu(alpha) |x| if x > T::zero() { x } else { alpha * x.exp_m1() }; in POSITIVE;
        push[x; v] x.gt(0.0).select(v, v.azmul(x.exp() * alpha)); dear; decide |_, at| side(at.x(0), 0.0);
        ex "var(-1.0).elu(1.0)" => "-0.6321205588";

    /// x where x > 0, alpha·(e^(x/alpha) − 1) elsewhere: smooth once at 0 for every alpha (Barron, 2017).
    CELU celu(alpha) |x| if x > T::zero() { x } else { alpha * (x / alpha).exp_m1() }; in POSITIVE;
        push[x; v] x.gt(0.0).select(v, v.azmul((x / alpha).exp())); dear; decide |_, at| side(at.x(0), 0.0);
        ex "var(-1.0).celu(2.0)" => "-0.7869386806";

    /// The elu that keeps mean 0 and variance 1 through deep chains (Klambauer and others, 2017): 1.0507·elu(x, 1.6733).
    SELU selu() |x| T::of(SELU_SCALE) * if x > T::zero() { x } else { T::of(SELU_ALPHA) * x.exp_m1() }; in POSITIVE;
        push[x; v] x.gt(0.0).select(v * SELU_SCALE, v.azmul(x.exp() * (SELU_SCALE * SELU_ALPHA))); dear;
        decide |_, at| side(at.x(0), 0.0); ex "var(-1.0).selu()" => "-1.1113307379";

    /// x·Φ(x) with the normal distribution's Φ: the exact form of GELU (Hendrycks and Gimpel, 2016).
    GELU gelu() |x| share(x, T::of(0.5) * (x * T::of(-FRAC_1_SQRT_2)).erfc()); in ANY;
        d[x] (x * -FRAC_1_SQRT_2).erfc() * 0.5 + ((x.square() * -0.5).exp() * (2.0 * PI).sqrt().recip()).azmul(x); dear;
        ex "var(0.5).gelu()" => "0.3457312306";

    /// The tanh form of GELU, x/2·(1 + tanh(√(2/π)(x + 0.044715 x³))).
    GELU_TANH gelu_tanh() |x| {
            let inner = T::of(gelu_slope()) * (x + T::of(GELU_CUBIC) * x * x * x);
            share(x, T::of(0.5) * (T::one() + inner.tanh()))
        }; in ANY;
        d[x] {
            let t = ((x + x.square() * x * GELU_CUBIC) * gelu_slope()).tanh();
            (t + 1.0) * 0.5 + (1.0 - t.square()).azmul(x * (x.square() * (3.0 * GELU_CUBIC) + 1.0)) * (0.5 * gelu_slope())
        }; dear;
        ex "var(0.5).gelu_tanh()" => "0.345714009";

    /// x·σ(x), the swish.
    SILU silu() |x| {
            if x >= T::zero() { x / ((-x).exp() + T::one()) } else { let e = x.exp(); share(x, e / (e + T::one())) }
        }; in ANY;
        d[x] { let s = x.sigmoid(); s + (s * (1.0 - s)).azmul(x) }; dear; ex "var(0.5).silu()" => "0.3112296656";

    /// x·tanh(ln(1 + eˣ)) (Misra, 2019).
    // With e = exp(−|x|), tanh ln(1 + eˣ) is a ratio of sums of positive terms on either side of 0.
    MISH mish() |x| {
            let e = (-x.abs()).exp();
            let two = T::of(2.0);
            let (top, rest) = if x >= T::zero() { (T::one() + two * e, two * e * e) } else { (e * (e + two), two) };
            share(x, top / (top + rest))
        }; in ANY;
        d[x] { let t = x.softplus().tanh(); t + (x.sigmoid() * (1.0 - t.square())).azmul(x) }; dear;
        ex "var(0.5).mish()" => "0.3752450794";

    /// ln(1 + eˣ), the smooth relu; does not overflow.
    SOFTPLUS softplus() |x| x.max(T::zero()) + (-x.abs()).exp().ln_1p(); in ANY; d[x] x.sigmoid(); dear;
        ex "var(0.5).softplus()" => "0.9740769842";

    /// ln(1 + e^(beta·x))/beta, and x itself where beta·x is above the threshold: PyTorch's softplus with its two options.
    /// There the value has a jump that only a large threshold makes small; [`softplus`](Var::softplus) needs none.
    SOFTPLUS_WITH softplus_with(beta, threshold) |x| {
            let z = beta * x;
            if z > threshold { x } else { (z.max(T::zero()) + (-z.abs()).exp().ln_1p()) / beta }
        }; in POSITIVE;
        push[x; v] { let z = x * beta; z.gt(threshold).select(v, v.azmul(z.sigmoid())) }; dear;
        decide |p, at| side(at.x(0) * p[0].as_f64(), p[1].as_f64());
        ex "var(0.5).softplus_with(2.0, 20.0)" => "0.6566308438";

    /// ln σ(x) = −ln(1 + e⁻ˣ); neither end overflows.
    LOG_SIGMOID log_sigmoid() |x| x.min(T::zero()) - (-x.abs()).exp().ln_1p(); in ANY; d[x] (-x).sigmoid(); dear;
        ex "var(0.5).log_sigmoid()" => "-0.4740769842";

    /// x/(1 + |x|).
    SOFTSIGN softsign() |x| if x.is_infinite() { x.signum() } else { x / (x.abs() + T::one()) }; in ANY;
        d[x] (x.abs() + 1.0).square().recip(); cheap; ex "var(-3.0).softsign()" => "-0.75";

    /// x − tanh x.
    TANHSHRINK tanhshrink() |x| x - x.tanh(); in ANY; d[x] x.tanh().square(); dear;
        ex "var(0.5).tanhshrink()" => "0.0378828427";

    /// x moved towards 0 by lambda, and 0 where |x| ≤ lambda: the proximal map of lambda·|x|.
    SOFTSHRINK softshrink(lambda) |x| {
            if x > lambda { x - lambda } else if x < -lambda { x + lambda } else { x * T::zero() }
        }; in (1.0, 3.0);
        push[x; v] x.abs().gt(lambda).select(v, 0.0); cheap;
        decide |p, at| side(at.x(0).abs(), p[0].as_f64()); ex "var(-2.0).softshrink(0.5)" => "-1.5";

    /// x, and 0 where |x| ≤ lambda.
    HARDSHRINK hardshrink(lambda) |x| if x.abs() <= lambda { T::zero() } else { x }; in (1.0, 3.0);
        push[x; v] x.abs().gt(lambda).select(v, 0.0); cheap;
        decide |p, at| side(at.x(0).abs(), p[0].as_f64()); ex "var(-2.0).hardshrink(0.5)" => "-2.0";

    /// x where x > bound, another number elsewhere.
    THRESHOLD threshold(bound, value) |x| if x <= bound { value } else { x }; in (1.0, 3.0);
        push[x; v] x.gt(bound).select(v, 0.0); cheap;
        decide |p, at| side(at.x(0), p[0].as_f64()); ex "var(0.5).threshold(1.0, 7.0)" => "7.0";

    /// The piecewise linear sigmoid, x/6 + 1/2 held between 0 and 1 (at ±3, where its derivative is 0).
    HARDSIGMOID hardsigmoid() |x| {
            if x <= T::of(-HARD) { T::zero() } else if x >= T::of(HARD) { T::one() } else { (x + T::of(HARD)) / T::of(2.0 * HARD) }
        }; in ANY; push[x; v] v.gate_between(x, [T::of(-HARD), T::of(HARD)]) / (2.0 * HARD); cheap;
        decide |_, at| between(at.x(0), -HARD, HARD); ex "var(1.0).hardsigmoid()" => "0.6666666667";

    /// x·hardsigmoid(x), the piecewise quadratic swish (Howard and others, 2019); its derivative is 0 at −3 and 1 at 3.
    HARDSWISH hardswish() |x| {
            let six = T::of(2.0 * HARD);
            if x <= T::of(-HARD) { T::zero() } else if x >= T::of(HARD) { x } else { x * (x + T::of(HARD)) / six }
        }; in ANY;
        d[x] hardswish_slope(x); cheap; decide |_, at| between(at.x(0), -HARD, HARD); ex "var(1.0).hardswish()" => "0.6666666667";
}

impl<T: Real> Table<T> {
    /// v where x > 0, else 0: how a cotangent passes a relu. A product with a step would make NaN of ∞·0.
    pub(crate) const GATE: &'static Row<T> = row! {
        GATE = "gate", |v: Real, x: Real; | -> Real { if x > T::zero() { v } else { T::zero() } };
        push |i, u, at, _| match i {
            0 => Push::Along(u.gate(at.x(1))),
            _ => Push::Zero("the side of 0 is constant on either side"),
        };
        derivative "1 where x > 0; 0"; reads Reads { operands: Which::These(0b10), results: Which::None };
        domain [ANY, POSITIVE]; cheap as Gate
    };

    /// The derivative of [`HARDSWISH`](Table::HARDSWISH): 0, x/3 + 1/2, 1.
    pub(crate) const HARDSWISH_SLOPE: &'static Row<T> = row! {
        HARDSWISH_SLOPE = "hardswish_slope", |x: Real; | -> Real {
            if x <= T::of(-HARD) {
                T::zero()
            } else if x >= T::of(HARD) {
                T::one()
            } else {
                x / T::of(HARD) + T::of(0.5)
            }
        };
        push |_, v, at, _| Push::Along(v.gate_between(at.x(0), [T::of(-HARD), T::of(HARD)]) / HARD);
        decide |_, at| between(at.x(0), -HARD, HARD);
        derivative "1/3 where -3 < x < 3"; reads Reads::OPERANDS; domain [ANY]; cheap
    };
}

fn hardswish_slope<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    x.tape.row(bound(Table::HARDSWISH_SLOPE, []), &[x.into()]).real(0)
}

impl<'t, T: Real> Var<'t, T> {
    /// This value where x > 0, else 0: the adjoint of relu, as a selection and not a product.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (v, x) = (tape.var([5., f32::INFINITY]), tape.constant([1., -1.]));
    /// assert_eq!(v.gate(x).value().as_slice().unwrap(), [5., 0.]);
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn gate(self, x: Var<'t, T>) -> Var<'t, T> {
        self.gate_before_scatter(x).unwrap_or_else(|| binary(Table::GATE, self, x))
    }

    /// The gate of a cotangent that a max pool of `x` itself has scattered: the maxima tell the side of 0 as well as the
    /// cells that they came from, so it is taken before the scatter, over fewer elements, and `x` need not be kept for it.
    fn gate_before_scatter(self, x: Var<'t, T>) -> Option<Var<'t, T>> {
        let tape = self.tape;
        if !tape.in_rule() {
            return None;
        }
        let (scatter, cotangent, index, maxima) = {
            let g = tape.graph.borrow();
            let scatter = g.node(self.id).op.clone();
            let (&[cotangent, index], true) = (g.operands(self.id), is_plane_scatter(scatter.get())) else {
                return None;
            };
            let (pool, result) = (g.head(index), g.node(index).result);
            let of_x = is_max_pool(g.node(pool).op.get()) && g.operands(pool) == [x.id] && result == 1;
            of_x.then_some((scatter, cotangent, index, pool))?
        };
        let gated = Var::new(tape, cotangent).gate(Var::new(tape, maxima));
        Some(tape.apply_ref(scatter, &[gated.into(), IntVar::new(tape, index).into()]).ok()?.real(0))
    }

    /// min(max(x, 0), 6), with derivative 0 at both ends: a [`clamp`](Var::clamp).
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([-1., 2., 7.]).relu6().value().as_slice().unwrap(), [0., 2., 6.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn relu6(self) -> Self {
        self.clamp(0.0, 6.0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::{Check, OpCheck};
    use crate::ops::MaxPool2d;
    use crate::ops::pointwise::table::tests::row_at;

    const INF: f64 = f64::INFINITY;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let others = [Table::GATE, Table::HARDSWISH_SLOPE];
        let rows = Table::<f64>::ACTIVATIONS.iter().copied().chain(others);
        let at = |row: &'static Row<f64>| [row_at(row, [0.7, 0.0], &[2, 3]), row_at(row, [0.7, 0.0], &[0])];
        let mut checks: Vec<OpCheck> = rows.flat_map(at).collect();
        let below = [Table::RELU, Table::LEAKY_RELU, Table::ELU, Table::CELU, Table::SELU];
        let negative = |row| OpCheck::new(Bound { row, params: [0.7, 0.0] }).real_in([5], -3.0, -0.3);
        checks.extend(below.into_iter().chain([Table::SOFTSHRINK, Table::SOFTPLUS_WITH]).map(negative));
        checks.push(row_at(Table::SOFTPLUS_WITH, [0.7, 20.0], &[4]));
        for (low, high) in [(-5.0, -3.2), (3.2, 5.0)] {
            for row in [Table::HARDSIGMOID, Table::HARDSWISH, Table::HARDSWISH_SLOPE] {
                checks.push(OpCheck::new(Bound { row, params: [0.0; 2] }).real_in([3], low, high));
            }
        }
        checks
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn rectifiers_have_their_limits_at_the_ends_of_the_range() {
        let tape = Tape::<f32>::default();
        let x = tape.var([f32::NEG_INFINITY, -3.0, -0.0, f32::INFINITY]);
        let bits: Vec<u32> = x.relu().value().iter().map(|v| v.to_bits()).collect();
        assert_eq!(bits, [0.0, 0.0, 0.0, f32::INFINITY].map(f32::to_bits));
        assert_eq!(x.relu().sum().backward()[x].as_slice().unwrap(), [0.0, 0.0, 0.0, 1.0]);
        let far = tape.var([-1e30, 1e30]);
        assert_eq!(far.gelu_tanh().sum().backward()[far].as_slice().unwrap(), [0.0, 1.0]);
    }

    #[test]
    fn smooth_activations_have_their_limits_at_the_ends_of_the_range() {
        type Activation = for<'t> fn(Var<'t, f64>) -> Var<'t, f64>;
        let to_zero: [(&str, Activation); 5] = [
            ("gelu", |x| x.gelu()),
            ("gelu_tanh", |x| x.gelu_tanh()),
            ("silu", |x| x.silu()),
            ("mish", |x| x.mish()),
            ("hardswish", |x| x.hardswish()),
        ];
        let tape = Tape::<f64>::default();
        for (name, f) in to_zero {
            let x = tape.var([-INF, -1e3, 1e3, INF, f64::NAN]);
            let y = f(x);
            let (value, slope) = (y.value(), y.sum().backward()[x].clone());
            assert_eq!(value.as_slice().unwrap()[..4], [0.0, 0.0, 1e3, INF], "{name}");
            assert!(slope.iter().zip([0.0, 0.0, 1.0, 1.0]).all(|(a, b)| (a - b).abs() < 1e-12), "{name}: {slope}");
            assert!(value[[4]].is_nan(), "{name}");
        }
        let x = tape.var([-INF, INF]);
        let ends = |f: Activation| (f(x).value().into_raw_vec_and_offset().0, f(x).sum().backward()[x].clone());
        for (f, values, slopes) in [
            ((|x| x.softsign()) as Activation, [-1.0, 1.0], [0.0, 0.0]),
            (|x| x.log_sigmoid(), [-INF, 0.0], [1.0, 0.0]),
            (|x| x.tanhshrink(), [-INF, INF], [1.0, 1.0]),
            (|x| x.hardsigmoid(), [0.0, 1.0], [0.0, 0.0]),
            (|x| x.softshrink(0.5), [-INF, INF], [1.0, 1.0]),
        ] {
            let (value, slope) = ends(f);
            assert_eq!((value.as_slice(), slope.as_slice().unwrap()), (&values[..], &slopes[..]));
        }
    }

    #[test]
    fn a_gate_is_taken_before_a_pool_s_scatter_to_the_same_bits() {
        let numbers = [-1.0, 2.0, 2.0, 0.5, f64::NAN, -3.0, 0.0, 1.0, 4.0, -0.5, -0.5, -2.0, 3.0, 3.0, 1.5, -0.0];
        let weights = [0.5, -1.0, 3.0, 0.25, 2.0, -0.75, 1.0, 0.125, -0.5];
        let run = |direct: bool| {
            let tape = Tape::<f64>::default();
            let x = tape.var(numbers).named("x");
            let y = x.reshape([1, 4, 4]).relu();
            // Times 1, the pool reads another line than the relu's.
            let y = if direct { y } else { y * 1.0 };
            let pooled = y.max_pool2d(MaxPool2d::new(2).stride(1));
            let loss = (pooled * tape.constant(weights).reshape([1, 3, 3])).sum();
            let _ = loss.item();
            let gradient = loss.backward()[x].clone();
            assert_eq!(tape.runs("max_pool2d"), 1);
            let gated: usize = tape.lines().filter(|l| l.op == "gate").map(|l| l.results[0].1.count()).sum();
            assert_eq!(gated, if direct { 9 } else { 16 });
            gradient.iter().map(|v| v.to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(run(true), run(false));
        fn twice<'t>(_: &'t Tape<f64>, x: &[Var<'t, f64>]) -> Var<'t, f64> {
            x[0].reshape([1, 2, 4]).square().relu().max_pool2d(2).exp().sum()
        }
        Check::new(twice, &[ndarray::arr1(&[0.5, -1., 0.3, 0.8, 0.1, 0.2, -0.4, 0.9])]).second_order().run().assert();
    }
}
