//! Elementary functions to about thirty digits, in sums of two doubles, as the oracle of the vector functions.
//! Series and continued fractions as they stand in the books; nothing is shared with what is tested.

use std::f64::consts;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// An unevaluated sum of two doubles, the second below half a unit of the first's last digit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair(pub(super) f64, pub(super) f64);

fn two_sum(a: f64, b: f64) -> Pair {
    let s = a + b;
    let t = s - a;
    Pair(s, (a - (s - t)) + (b - t))
}

impl From<f64> for Pair {
    fn from(x: f64) -> Self {
        Pair(x, 0.0)
    }
}

impl Add for Pair {
    type Output = Pair;
    fn add(self, b: Pair) -> Pair {
        let (s, t) = (two_sum(self.0, b.0), two_sum(self.1, b.1));
        let s = two_sum(s.0, s.1 + t.0);
        two_sum(s.0, s.1 + t.1)
    }
}

impl Neg for Pair {
    type Output = Pair;
    fn neg(self) -> Pair {
        Pair(-self.0, -self.1)
    }
}

impl Sub for Pair {
    type Output = Pair;
    fn sub(self, b: Pair) -> Pair {
        self + -b
    }
}

impl Mul for Pair {
    type Output = Pair;
    fn mul(self, b: Pair) -> Pair {
        let p = self.0 * b.0;
        two_sum(p, self.0.mul_add(b.0, -p) + (self.0 * b.1 + self.1 * b.0))
    }
}

impl Div for Pair {
    type Output = Pair;
    fn div(self, b: Pair) -> Pair {
        let q = self.0 / b.0;
        let rest = self - b * Pair(q, 0.0);
        let second = rest.0 / b.0;
        let third = (rest - b * Pair(second, 0.0)).0 / b.0;
        two_sum(q, second) + Pair(third, 0.0)
    }
}

fn number(x: f64) -> Pair {
    Pair(x, 0.0)
}

const LN_2: [f64; 3] = [consts::LN_2, 2.319_046_813_846_299_6e-17, 5.707_708_438_416_212e-34];
const HALF_PI: [f64; 3] = [consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_5e-33];

/// Σ of the terms of a series, each the last one times `ratio(k)`, until they no longer count.
fn series(first: Pair, ratio: impl Fn(f64) -> Pair) -> Pair {
    let (mut sum, mut term, mut k) = (first, first, 1.0);
    while term.0.abs() > 1e-34 * sum.0.abs() && k < 400.0 {
        term = term * ratio(k);
        sum = sum + term;
        k += 1.0;
    }
    sum
}

/// x − n·(a + b + c), for an n of few digits.
fn without(x: Pair, n: f64, parts: [f64; 3]) -> Pair {
    parts.into_iter().fold(x, |x, part| x - number(n) * number(part))
}

pub(super) fn exp_m1(x: Pair) -> Pair {
    if x.0.abs() < 0.5 {
        return series(x, |k| x / number(k + 1.0));
    }
    exp(x) - number(1.0)
}

pub(super) fn exp(x: Pair) -> Pair {
    let n = (x.0 / LN_2[0]).round();
    let r = without(x, n, LN_2);
    let y = number(1.0) + series(r, |k| r / number(k + 1.0));
    // In two steps, as 2ⁿ itself may be out of range.
    let half = (n / 2.0).trunc();
    let scaled = |y: Pair, by: f64| Pair(y.0 * 2f64.powi(by as i32), y.1 * 2f64.powi(by as i32));
    scaled(scaled(y, half), n - half)
}

/// By Newton's method on exp, from the double nearby.
pub(super) fn ln(x: Pair) -> Pair {
    let y = number(x.0.ln());
    let miss = x * exp(-y) - number(1.0);
    y + (miss - miss * miss / number(2.0) + miss * miss * miss / number(3.0))
}

/// 2 artanh(x/(2 + x)) near 0.
pub(super) fn ln_1p(x: Pair) -> Pair {
    if x.0.abs() > 0.3 {
        return ln(number(1.0) + x);
    }
    let s = x / (number(2.0) + x);
    let (mut sum, mut power, mut k) = (number(0.0), s + s, 1.0);
    while k < 120.0 {
        sum = sum + power / number(k);
        power = power * s * s;
        k += 2.0;
    }
    sum
}

pub(super) fn tanh(x: Pair) -> Pair {
    let e = exp_m1(x + x);
    e / (e + number(2.0))
}

pub(super) fn sigmoid(x: Pair) -> Pair {
    number(1.0) / (number(1.0) + exp(-x))
}

/// The sine of x + `quarters`·π/2.
pub(super) fn sin(x: Pair, quarters: f64) -> Pair {
    let n = (x.0 / HALF_PI[0]).round();
    let r = without(x, n, HALF_PI);
    let square = r * r;
    let turn = (n + quarters).rem_euclid(4.0);
    let from = if turn % 2.0 == 0.0 { 1.0 } else { 0.0 };
    let first = if from == 1.0 { r } else { number(1.0) };
    let y = series(first, |k| -square / number((2.0 * k + from) * (2.0 * k + from - 1.0)));
    if turn < 2.0 { y } else { -y }
}

const TWO_OVER_ROOT_PI: Pair = Pair(consts::FRAC_2_SQRT_PI, 1.533_545_961_316_588e-17);

/// 2/√π exp(−x²) Σ 2ᵏ x²ᵏ⁺¹/(2k + 1)!!, whose terms have one sign.
pub(super) fn erf(x: Pair) -> Pair {
    if x.0.abs() > 3.0 {
        let tail = erfc(if x.0 < 0.0 { -x } else { x });
        return if x.0 < 0.0 { tail - number(1.0) } else { number(1.0) - tail };
    }
    let square = x * x;
    TWO_OVER_ROOT_PI * exp(-square) * series(x, |k| square * number(2.0) / number(2.0 * k + 1.0))
}

/// Beyond 3 the continued fraction exp(−x²)/√π · 1/(x + (1/2)/(x + (2/2)/(x + …))).
pub(super) fn erfc(x: Pair) -> Pair {
    if x.0 < 3.0 {
        return number(1.0) - erf(x);
    }
    let fraction = (1..=300).rev().fold(x, |rest, k| x + number(f64::from(k) / 2.0) / rest);
    TWO_OVER_ROOT_PI / number(2.0) * exp(-(x * x)) / fraction
}

#[test]
fn the_oracle_knows_numbers_from_the_books() {
    // Abramowitz and Stegun, table 1.1 and 7.1; the second part is what the first leaves of the printed digits.
    let close = |y: Pair, high: f64, low: f64| assert!((y - Pair(high, low)).0.abs() < 1e-30 * high.abs(), "{y:?}");
    close(exp(number(1.0)), consts::E, 1.445_646_891_729_250_2e-16);
    close(ln(number(10.0)), consts::LN_10, -2.170_756_223_382_249_4e-16);
    close(sin(number(1.0), 0.0) * sin(number(1.0), 0.0) + sin(number(1.0), 1.0) * sin(number(1.0), 1.0), 1.0, 0.0);
    close(erf(number(2.9)) + erfc(number(2.9)), 1.0, 0.0);
    let (near, far) = (number(1.0) - erf(number(2.999_999)), erfc(number(3.0)));
    assert!((near.0 / far.0 - 1.0).abs() < 1e-5);
    let back = exp(ln_1p(number(0.2))) - (number(1.0) + number(0.2));
    assert!(back.0.abs() < 1e-30, "{back:?}");
}
