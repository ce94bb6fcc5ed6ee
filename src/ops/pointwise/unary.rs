//! The table of elementary functions of one operand: one row each, with formula, derivative, test domain and an example.
//! Activations, rounding and special functions have tables of their own beside this one.

use std::f64::consts::{LN_2, LN_10};

use super::table::{Table, bound, row, side, unary};
use crate::ops::prelude::*;

const ANY: (f64, f64) = (-2.0, 2.0);
const POSITIVE: (f64, f64) = (0.3, 3.0);
const INSIDE_ONE: (f64, f64) = (-0.9, 0.9);

unary! {
    table UNARY;

    /// The exponential function eˣ.
    EXP exp() |x| x.exp(); in ANY; d[y] y; dear; ex "var(0.5).exp()" => "1.6487212707";

    /// The power 2ˣ.
    EXP2 exp2() |x| x.exp2(); in ANY; d[y] y * LN_2; dear; ex "var(0.5).exp2()" => "1.4142135624";

    /// eˣ − 1, accurate near 0.
    EXP_M1 expm1() |x| x.exp_m1(); in ANY; d[y] y + 1.0; dear; ex "var(1e-9).expm1()" => "1e-9";

    /// The natural logarithm ln x.
    LN ln() |x| x.ln(); in POSITIVE; d[x] x.recip(); dear; ex "var(2.0).ln()" => "0.6931471806";

    /// ln(1 + x), accurate near 0.
    LN_1P log1p() |x| x.ln_1p(); in (-0.5, 2.0); d[x] (x + 1.0).recip(); dear; ex "var(1.0).log1p()" => "0.6931471806";

    /// The logarithm to base 2.
    LOG2 log2() |x| x.log2(); in POSITIVE; d[x] (x * LN_2).recip(); dear; ex "var(8.0).log2()" => "3.0";

    /// The logarithm to base 10.
    LOG10 log10() |x| x.log10(); in POSITIVE; d[x] (x * LN_10).recip(); dear; ex "var(100.0).log10()" => "2.0";

    /// The square root √x.
    SQRT sqrt() |x| x.sqrt(); in POSITIVE; d[y] (y * 2.0).recip(); cheap; ex "var(9.0).sqrt()" => "3.0";

    /// The reciprocal of the square root, 1/√x.
    RSQRT rsqrt() |x| x.sqrt().recip(); in POSITIVE; d[y] y * y.square() * -0.5; cheap; ex "var(4.0).rsqrt()" => "0.5";

    /// The reciprocal 1/x.
    RECIP recip() |x| x.recip(); in POSITIVE; d[y] -y.square(); cheap; ex "var(4.0).recip()" => "0.25";

    /// The square x².
    SQUARE square() |x| x * x; in ANY; d[x] x * 2.0; cheap as Square; ex "var(-3.0).square()" => "9.0";

    /// The power xᵖ with a number p as exponent; p = 0 gives 1 and derivative 0 everywhere.
    POWF powf(p) |x| x.powf(p); in POSITIVE;
        push[x; v] if p == 0.0 { v * 0.0 } else { v.azmul(x.powf(p - 1.0) * p) }; dear;
        ex "var(2.0).powf(3.0)" => "8.0";

    /// The absolute value |x|; its derivative at 0 is 0.
    ABS abs() |x| x.abs(); in POSITIVE; d[x] x.sign(); cheap;
        decide |_, at| side(at.x(0), 0.0); ex "var(-2.0).abs()" => "2.0";

    /// The sign of x: −1, 0 or 1; NaN for NaN.
    SIGN sign() |x| if x > T::zero() { T::one() } else if x < T::zero() { -T::one() } else { x * T::zero() }; in POSITIVE;
        zero[] "sign is constant on either side of 0"; cheap; decide |_, at| side(at.x(0), 0.0);
        ex "var(-2.0).sign()" => "-1.0";

    /// The sine.
    SIN sin() |x| x.sin(); in ANY; d[x] x.cos(); dear; ex "var(0.5).sin()" => "0.4794255386";

    /// The cosine.
    COS cos() |x| x.cos(); in ANY; d[x] -x.sin(); dear; ex "var(0.5).cos()" => "0.8775825619";

    /// The tangent.
    TAN tan() |x| x.tan(); in (-1.0, 1.0); d[y] y.square() + 1.0; dear; ex "var(0.5).tan()" => "0.5463024898";

    /// The inverse sine, in −π/2..π/2.
    ASIN asin() |x| x.asin(); in INSIDE_ONE; d[x] (1.0 - x.square()).rsqrt(); dear; ex "var(0.5).asin()" => "0.5235987756";

    /// The inverse cosine, in 0..π.
    ACOS acos() |x| x.acos(); in INSIDE_ONE; d[x] -(1.0 - x.square()).rsqrt(); dear; ex "var(0.5).acos()" => "1.0471975512";

    /// The inverse tangent, in −π/2..π/2.
    ATAN atan() |x| x.atan(); in ANY; d[x] (x.square() + 1.0).recip(); dear; ex "var(1.0).atan()" => "0.7853981634";

    /// The hyperbolic sine.
    SINH sinh() |x| x.sinh(); in ANY; d[x] x.cosh(); dear; ex "var(0.5).sinh()" => "0.5210953055";

    /// The hyperbolic cosine.
    COSH cosh() |x| x.cosh(); in ANY; d[x] x.sinh(); dear; ex "var(0.5).cosh()" => "1.1276259652";

    /// The hyperbolic tangent.
    TANH tanh() |x| x.tanh(); in ANY; d[y] 1.0 - y.square(); dear; ex "var(0.5).tanh()" => "0.4621171573";

    /// The inverse hyperbolic sine.
    ASINH asinh() |x| x.asinh(); in ANY; d[x] (x.square() + 1.0).rsqrt(); dear; ex "var(0.5).asinh()" => "0.4812118251";

    /// The inverse hyperbolic cosine, for x ≥ 1.
    ACOSH acosh() |x| x.acosh(); in (1.3, 3.0); d[x] (x.square() - 1.0).rsqrt(); dear; ex "var(2.0).acosh()" => "1.3169578969";

    /// The inverse hyperbolic tangent, for |x| < 1.
    ATANH atanh() |x| x.atanh(); in INSIDE_ONE; d[x] (1.0 - x.square()).recip(); dear; ex "var(0.5).atanh()" => "0.5493061443";

    /// The logistic function 1/(1 + e⁻ˣ); neither end overflows.
    SIGMOID sigmoid() |x| if x >= T::zero() { ((-x).exp() + T::one()).recip() } else { let e = x.exp(); e / (e + T::one()) };
        in ANY; d[y] y * (1.0 - y); dear; ex "var(0.5).sigmoid()" => "0.6224593312";

}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::ops::pointwise::table::tests::row_at;

    pub(crate) fn checks() -> Vec<OpCheck> {
        Table::<f64>::UNARY
            .iter()
            .flat_map(|row| [row_at(row, [0.7, 0.0], &[2, 3]), row_at(row, [0.7, 0.0], &[0])])
            .collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn kinks_follow_the_policy_and_nan_stays_nan() {
        let tape = Tape::<f64>::default();
        let x = tape.var([0.0, f64::NAN]);
        assert_eq!(x.abs().sum().backward()[x][[0]], 0.0);
        assert!(x.abs().value()[[1]].is_nan() && x.sign().value()[[1]].is_nan());
    }

    #[test]
    fn an_exact_zero_beats_an_infinite_derivative() {
        let tape = Tape::<f64>::default();
        let x = tape.var([0.0, 4.0]);
        let w = tape.constant([0.0, 1.0]);
        assert_eq!((x.sqrt() * w).sum().backward()[x].as_slice().unwrap(), [0.0, 0.25]);
    }
}
