//! Special functions that neither the standard library nor libm has, in f64: inverse error function, polygamma, derivatives of sinc.
//! f32 results are these, rounded.

use std::f64::consts::{FRAC_PI_2, PI};

/// The inverse of erf. A start good to three digits (Winitzki, 2008), then Halley's method on erf, or on erfc near ±1,
/// where 1 − |x| is exact.
pub(crate) fn erf_inv(x: f64) -> f64 {
    let a = x.abs();
    if a >= 1.0 || x.is_nan() {
        return if a == 1.0 { x * f64::INFINITY } else { f64::NAN };
    }
    const A: f64 = 0.147;
    let log = (-a * a).ln_1p();
    let b = 2.0 / (PI * A) + 0.5 * log;
    let mut y = ((b * b - log / A).sqrt() - b).max(0.0).sqrt();
    if a < 1e-8 {
        return x * (0.5 * PI.sqrt());
    }
    for _ in 0..3 {
        let miss = if a > 0.5 { (1.0 - a) - libm::erfc(y) } else { libm::erf(y) - a };
        let newton = miss * (0.5 * PI.sqrt()) * (y * y).exp();
        y -= newton / (1.0 + newton * y);
    }
    y.copysign(x)
}

/// ln |Γ(x)|.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    if x.is_infinite() { f64::INFINITY } else { libm::lgamma(x) }
}

/// B₂ₖ for k = 1, 2, …
const BERNOULLI: [f64; 10] = [
    1.0 / 6.0,
    -1.0 / 30.0,
    1.0 / 42.0,
    -1.0 / 30.0,
    5.0 / 66.0,
    -691.0 / 2730.0,
    7.0 / 6.0,
    -3617.0 / 510.0,
    43867.0 / 798.0,
    -174611.0 / 330.0,
];

/// From here on the asymptotic series give all digits.
const FAR: f64 = 15.0;

/// Γ′(x)/Γ(x): the recurrence upwards, then the asymptotic series; the reflection formula for negative numbers.
pub(crate) fn digamma(x: f64) -> f64 {
    if x == 0.0 {
        return f64::NEG_INFINITY.copysign(-x);
    }
    if x < 0.0 {
        let fraction = x - x.round();
        return if fraction == 0.0 || x.is_infinite() {
            f64::NAN
        } else {
            digamma(1.0 - x) - PI / (PI * fraction).tan()
        };
    }
    let (mut x, mut sum) = (x, 0.0);
    while x < FAR {
        sum -= x.recip();
        x += 1.0;
    }
    let square = (x * x).recip();
    let tail = (BERNOULLI.iter().enumerate().rev()).fold(0.0, |t, (k, b)| square * (t + b / (2 * k + 2) as f64));
    sum + x.ln() - 0.5 / x - tail
}

/// The derivative of order n ≥ 1 of [`digamma`]: (−1)ⁿ⁺¹ n! Σₖ (x + k)⁻ⁿ⁻¹, by the sum's first terms and the
/// Euler–Maclaurin series for the rest.
pub(crate) fn polygamma(n: u32, x: f64) -> f64 {
    let sign = if n % 2 == 1 { 1.0 } else { -1.0 };
    if x <= 0.0 && x == x.floor() {
        return if x.is_finite() { sign * f64::INFINITY } else { f64::NAN };
    }
    if x < 0.0 {
        // Reflection: ψₙ(x) = (−1)ⁿ ψₙ(1 − x) − π dⁿ/dxⁿ cot πx.
        return -sign * polygamma(n, 1.0 - x) - PI * cotangent_derivative(n, x - x.round());
    }
    let s = f64::from(n) + 1.0;
    let (mut x, mut sum) = (x, 0.0);
    while x < FAR + s {
        sum += x.powf(-s);
        x += 1.0;
    }
    let power = x.powf(-s);
    // x¹⁻ˢ/(s − 1) + x⁻ˢ/2 + Σ B₂ₖ/(2k)! · s(s + 1)…(s + 2k − 2) x⁻ˢ⁻²ᵏ⁺¹
    let mut rest = x.powf(1.0 - s) / (s - 1.0) + 0.5 * power;
    let mut term = power * s / x / 2.0;
    for (k, b) in BERNOULLI.iter().enumerate() {
        rest += b * term;
        let j = 2.0 * k as f64 + 2.0;
        term *= (s + j - 1.0) * (s + j) / (x * x * (j + 1.0) * (j + 2.0));
    }
    sign * (sum + rest) * factorial(n)
}

fn factorial(n: u32) -> f64 {
    (1..=n).map(f64::from).product()
}

/// dⁿ/dxⁿ cot πx: a polynomial in c = cot πx, since c′ = −π(1 + c²).
fn cotangent_derivative(n: u32, x: f64) -> f64 {
    let c = (PI * x).tan().recip();
    let mut polynomial = vec![0.0, 1.0];
    for _ in 0..n {
        let mut next = vec![0.0; polynomial.len() + 1];
        for (k, a) in polynomial.iter().enumerate().skip(1) {
            let slope = -PI * a * k as f64;
            next[k - 1] += slope;
            next[k + 1] += slope;
        }
        polynomial = next;
    }
    polynomial.iter().rev().fold(0.0, |sum, a| sum * c + a)
}

/// The derivative of order n of sin(πx)/(πx). With z = πx, g = sin z/z obeys z g⁽ⁿ⁾ + n g⁽ⁿ⁻¹⁾ = sin(z + nπ/2), which is a
/// stable recurrence for large z; near 0 the power series.
pub(crate) fn sinc(n: u32, x: f64) -> f64 {
    let z = PI * x;
    let scale = PI.powi(n as i32);
    if z.abs() > f64::from(n) + 1.0 {
        let mut g = z.sin() / z;
        for k in 1..=n {
            g = ((z + f64::from(k) * FRAC_PI_2).sin() - f64::from(k) * g) / z;
        }
        return scale * g;
    }
    // Σ (−1)ʲ z²ʲ⁻ⁿ/((2j − n)! (2j + 1)) over 2j ≥ n.
    let first = n.div_ceil(2);
    let mut power = if n % 2 == 1 { z } else { 1.0 };
    let mut sum = 0.0;
    for j in first..first + 30 {
        let sign = if j % 2 == 1 { -1.0 } else { 1.0 };
        sum += sign * power / f64::from(2 * j + 1);
        let m = f64::from(2 * j - n);
        power *= z * z / ((m + 1.0) * (m + 2.0));
    }
    scale * sum
}

#[cfg(test)]
mod tests {
    use std::f64::consts::LN_2;

    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 4e-15 * b.abs().max(1.0)
    }

    #[test]
    fn the_inverse_error_function_inverts() {
        for k in -2000..=2000 {
            let y = f64::from(k) / 400.0;
            let x = libm::erf(y);
            if x.abs() < 1.0 {
                // The condition of the inverse is that of the last bit of x.
                let bit = f64::EPSILON * (y * y).exp() + 4.0 * f64::EPSILON * y.abs();
                assert!((erf_inv(x) - y).abs() <= bit, "{x}: {} and {y}", erf_inv(x));
            }
        }
        assert_eq!((erf_inv(1.0), erf_inv(-1.0), erf_inv(0.0)), (f64::INFINITY, f64::NEG_INFINITY, 0.0));
        assert!(erf_inv(1.5).is_nan() && erf_inv(f64::NAN).is_nan());
        assert!(close(erf_inv(1e-300) / 1e-300, 0.5 * PI.sqrt()));
        assert!(close(erf_inv(1.0 - f64::EPSILON / 2.0), 5.863584748755167));
    }

    #[test]
    fn polygamma_has_its_known_values() {
        const EULER: f64 = 0.577_215_664_901_532_9;
        const ZETA_3: f64 = 1.202_056_903_159_594_3;
        assert!(close(digamma(1.0), -EULER) && close(digamma(0.5), -EULER - 2.0 * LN_2));
        assert!(close(digamma(-0.5), 2.0 - EULER - 2.0 * LN_2) && close(digamma(100.0), 4.600161852738087));
        assert!(close(polygamma(1, 1.0), PI * PI / 6.0) && close(polygamma(1, 0.5), PI * PI / 2.0));
        assert!(close(polygamma(1, -0.5), PI * PI / 2.0 + 4.0) && close(polygamma(2, 1.0), -2.0 * ZETA_3));
        assert!(close(polygamma(2, 0.5), -14.0 * ZETA_3) && close(polygamma(3, 1.0), PI.powi(4) / 15.0));
        assert!(close(polygamma(2, -0.5), -14.0 * ZETA_3 + 16.0));
        assert!(digamma(-3.0).is_nan() && digamma(0.0) == f64::NEG_INFINITY && digamma(f64::INFINITY) == f64::INFINITY);
        assert_eq!(
            (polygamma(1, 0.0), polygamma(2, -1.0), polygamma(1, 1e300)),
            (f64::INFINITY, f64::NEG_INFINITY, 1e-300)
        );
    }

    #[test]
    fn derivatives_of_sinc_are_integrals_of_cosines() {
        // sinc x = ∫₀¹ cos(πxt) dt, so the derivative of order n is πⁿ ∫₀¹ tⁿ cos(πxt + nπ/2) dt; Simpson's rule.
        for n in 0..5u32 {
            for x in [-7.3, -1.0, -0.4, 0.0, 1e-3, 0.3, 0.9, 1.3, 1.7, 2.4, 9.0] {
                const STEPS: usize = 2000;
                let f = |t: f64| t.powi(n as i32) * (PI * x * t + f64::from(n) * FRAC_PI_2).cos();
                let sum: f64 = (0..=STEPS)
                    .map(|k| {
                        (if k % STEPS == 0 {
                            1.0
                        } else if k % 2 == 1 {
                            4.0
                        } else {
                            2.0
                        }) * f(k as f64 / STEPS as f64)
                    })
                    .sum();
                let integral = sum / (3.0 * STEPS as f64);
                let got = sinc(n, x) / PI.powi(n as i32);
                assert!((got - integral).abs() < 1e-11, "order {n} at {x}: {got} and {integral}");
            }
        }
    }
}
