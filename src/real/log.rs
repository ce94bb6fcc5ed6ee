//! Logarithms without branches.
//! x = m·2ᵏ with m in √½..√2, and ln m = 2 artanh s with s = (m − 1)/(m + 1) (the scheme of FreeBSD's msun; polynomials made with Sollya).

use num_traits::Float;

use super::bits::Bits;
use super::exp::ExpConstants;
use super::lane::{Lane, polynomial};

/// The numbers behind the logarithms.
pub trait LogConstants: Sized + 'static {
    /// (2 artanh s − 2s)/s³ in s², for m in √½..√2.
    const LOG: &'static [Self];
    /// 1/ln 2 and log₁₀ 2, each in two parts, and 1/ln 10 in two.
    const LOG2_E: [Self; 2];
    const LOG10_E: [Self; 2];
    /// The first part has so few digits that its product with an exponent is exact.
    const LOG10_2: [Self; 2];
}

impl LogConstants for f32 {
    const LOG: &'static [f32] = &[6.666_666e-1, 4.000_084_7e-1, 2.851_040_4e-1, 2.402_362_8e-1];
    const LOG2_E: [f32; 2] = [std::f32::consts::LOG2_E, 1.925_963e-8];
    const LOG10_E: [f32; 2] = [std::f32::consts::LOG10_E, -1.010_305e-8];
    const LOG10_2: [f32; 2] = [0.301_025_4, 4.605_039e-6];
}

impl LogConstants for f64 {
    const LOG: &'static [f64] = &[
        6.666_666_666_666_735e-1,
        3.999_999_999_940_971_3e-1,
        2.857_142_874_356_461e-1,
        2.222_219_844_397_246e-1,
        1.818_357_149_578_166_7e-1,
        1.531_385_544_513_234e-1,
        1.479_801_753_131_717_9e-1,
    ];
    const LOG2_E: [f64; 2] = [std::f64::consts::LOG2_E, 2.035_527_374_093_103_3e-17];
    const LOG10_E: [f64; 2] = [std::f64::consts::LOG10_E, 1.098_319_650_216_765e-17];
    const LOG10_2: [f64; 2] = [0.301_029_995_663_611_77, 3.694_239_077_158_931e-13];
}

/// ln m of the number m = 1 + f in √½..√2 as f − d, both to full precision.
#[inline(always)]
fn of_significand<L: Lane>(f: L) -> (L, L) {
    let s = f / (f + L::of(2.0));
    let z = s * s;
    let half_square = L::of(0.5) * f * f;
    (f, half_square - s * z.mul_add(polynomial(z, L::Number::LOG), half_square))
}

/// m − 1 and k with x = m·2ᵏ, for all positive numbers.
#[inline(always)]
fn split<L: Lane>(x: L) -> (L, L) {
    let small = x < L::new(L::Number::min_positive_value());
    let (m, k) = (if small { x * L::new(L::Number::ENLARGE) } else { x }).number().split();
    let k = if small { L::new(k) - L::new(L::Number::ENLARGED_BY) } else { L::new(k) };
    (L::new(m) - L::one(), k)
}

/// A logarithm y of x, and its limits where x is not positive and finite.
#[inline(always)]
fn with_limits<L: Lane>(x: L, y: L) -> L {
    let edge = if x == L::zero() { L::neg_infinity() } else { L::nan() };
    if x > L::zero() { if x < L::infinity() { y } else { x } } else { edge }
}

/// ln x = k ln 2 + ln m.
#[inline(always)]
pub(super) fn ln<L: Lane>(x: L) -> L {
    let (f, k) = split(x);
    let (f, d) = of_significand(f);
    let [high, low] = L::Number::LN_2.map(L::new);
    with_limits(x, k.mul_add(high, f - (-k).mul_add(low, d)))
}

/// ln(1 + x): the logarithm of the rounded sum u, and what the rounding lost divided by u.
#[inline(always)]
pub(super) fn ln_1p<L: Lane>(x: L) -> L {
    let u = L::one() + x;
    let (m, k) = u.number().split();
    let (m, k) = (L::new(m), L::new(k));
    let near = k == L::zero();
    // What the sum lost (Knuth's two-sum); where u is m itself nothing needs to be lost.
    let b = u - L::one();
    let lost = ((L::one() - (u - b)) + (x - b)) / u;
    let (f, d) = of_significand(if near { x } else { m - L::one() });
    let d = if near { d } else { d - lost };
    let [high, low] = L::Number::LN_2.map(L::new);
    let y = k.mul_add(high, f - (-k).mul_add(low, d));
    // The sign of a result near 0 is that of x, also of −0.
    let y = with_limits(u, y);
    if x == L::zero() { x } else { y }
}

/// The logarithm to the base whose number e is `e` in two parts, without its multiple of k, in two parts.
#[inline(always)]
fn to_base<L: Lane>(f: L, [high, low]: [L; 2]) -> (L, L) {
    let (f, d) = of_significand(f);
    let ln = f - d;
    let rest = (f - ln) - d;
    let product = ln * high;
    (product, ln.product_error(high, product) + ln.mul_add(low, rest * high))
}

/// log₂ x = k + log₂ m, exact for powers of two.
#[inline(always)]
pub(super) fn log2<L: Lane>(x: L) -> L {
    let (f, k) = split(x);
    let (y, low) = to_base(f, L::Number::LOG2_E.map(L::new));
    with_limits(x, k + (y + low))
}

/// log₁₀ x = k log₁₀ 2 + log₁₀ m.
#[inline(always)]
pub(super) fn log10<L: Lane>(x: L) -> L {
    let (f, k) = split(x);
    let (y, low) = to_base(f, L::Number::LOG10_E.map(L::new));
    let [of_2, rest] = L::Number::LOG10_2.map(L::new);
    with_limits(x, k.mul_add(of_2, y + k.mul_add(rest, low)))
}
