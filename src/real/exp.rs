//! Exponential functions and the hyperbolic tangent, without branches.
//! x = n ln 2 + r with |r| ≤ ln 2/2 makes eˣ = 2ⁿ eʳ (Cody and Waite, 1980); eʳ is a minimax polynomial (made with Sollya).

use std::f64::consts;

use super::bits::Bits;
use super::lane::{Lane, polynomial};

/// The numbers behind the exponential functions.
pub trait ExpConstants: Sized + 'static {
    /// ln 2 in two parts, the first with so few digits that its product with an exponent is exact.
    const LN_2: [Self; 2];
    /// (eʳ − 1 − r)/r² on ±ln 2/2.
    const EXP: &'static [Self];
    /// (2ʳ − 1)/r on ±1/2.
    const EXP2: &'static [Self];
    /// (tanh x − x)/x³ in x², for |x| < 0.55.
    const TANH: &'static [Self];
    /// Below the first eˣ is 0, above the second it is infinite.
    const EXP_RANGE: [Self; 2];
    /// As [`EXP_RANGE`](ExpConstants::EXP_RANGE), for 2ˣ.
    const EXP2_RANGE: [Self; 2];
    /// From here on tanh x is 1.
    const TANH_FLAT: Self;
    /// A power of two that lifts all results above the subnormal ones, and its exponent.
    const LIFT: [Self; 2];
}

impl ExpConstants for f32 {
    const LN_2: [f32; 2] = [0.693_145_75, 1.428_606_8e-6];
    const EXP: &'static [f32] = &[4.999_999e-1, 1.666_652_1e-1, 4.166_896_3e-2, 8.368_675e-3, 1.378_250_4e-3];
    const EXP2: &'static [f32] =
        &[6.931_472e-1, 2.402_264_5e-1, 5.550_359e-2, 9.618_834e-3, 1.339_130_2e-3, 1.524_128_5e-4];
    const TANH: &'static [f32] = &[-3.333_331_6e-1, 1.333_255_8e-1, -5.384_986e-2, 2.106_300_4e-2, -6.263_359e-3];
    const EXP_RANGE: [f32; 2] = [-104.0, 89.0];
    const EXP2_RANGE: [f32; 2] = [-151.0, 128.0];
    const TANH_FLAT: f32 = 10.0;
    const LIFT: [f32; 2] = [18_446_744_073_709_551_616.0, 64.0];
}

impl ExpConstants for f64 {
    const LN_2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
    const EXP: &'static [f64] = &[
        5.000_000_000_000_011e-1,
        1.666_666_666_666_642_4e-1,
        4.166_666_666_652_693_6e-2,
        8.333_333_333_487_038e-3,
        1.388_888_894_436_295_9e-3,
        1.984_126_952_259_354_4e-4,
        2.480_149_241_561_426_4e-5,
        2.755_757_205_377_405e-6,
        2.763_047_317_952_233e-7,
        2.500_461_174_840_519_8e-8,
    ];
    const EXP2: &'static [f64] = &[
        consts::LN_2,
        2.402_265_069_591_013_6e-1,
        5.550_410_866_482_233e-2,
        9.618_129_107_592_587e-3,
        1.333_355_814_635_863_4e-3,
        1.540_353_045_875_454_6e-4,
        1.525_273_382_889_338_7e-5,
        1.321_543_456_316_358e-6,
        1.017_807_659_831_685_2e-7,
        7.073_894_181_148_886e-9,
        4.451_517_988_095_656e-10,
    ];
    const TANH: &'static [f64] = &[
        -3.333_333_333_333_33e-1,
        1.333_333_333_332_659e-1,
        -5.396_825_396_374_694e-2,
        2.186_948_838_552_710_6e-2,
        -8.863_232_596_763_335e-3,
        3.592_091_988_416_09e-3,
        -1.455_542_600_910_290_5e-3,
        5.884_435_623_637_411e-4,
        -2.333_793_866_707_870_8e-4,
        8.331_352_861_971_628e-5,
        -1.949_299_143_196_534e-5,
    ];
    const EXP_RANGE: [f64; 2] = [-745.2, 709.8];
    const EXP2_RANGE: [f64; 2] = [-1076.0, 1024.0];
    const TANH_FLAT: f64 = 20.0;
    const LIFT: [f64; 2] = [1.340_780_792_994_259_7e154, 512.0];
}

/// x, and the end of the range that it lies beyond; NaN stays NaN.
#[inline(always)]
fn within<L: Lane>(x: L, [low, high]: [L::Number; 2]) -> L {
    let x = if x < L::new(low) { L::new(low) } else { x };
    if x > L::new(high) { L::new(high) } else { x }
}

/// eʳ − 1 and n with x = n ln 2 + r.
#[inline(always)]
pub(super) fn reduced<L: Lane>(x: L) -> (L, L) {
    let shift = L::new(L::Number::SHIFT);
    let n = x.mul_add(L::of(consts::LOG2_E), shift) - shift;
    let [high, low] = L::Number::LN_2.map(L::new);
    let r = (-n).mul_add(low, (-n).mul_add(high, x));
    ((r * r).mul_add(polynomial(r, L::Number::EXP), r), n)
}

/// p·2ⁿ, rounded once, also where it is subnormal or infinite.
#[inline(always)]
pub(super) fn scaled<L: Lane>(p: L, n: L) -> L {
    let [lift, by] = L::Number::LIFT.map(L::new);
    let (last, rest) = if n > L::zero() { (L::of(2.0), n - L::one()) } else { (lift.recip(), n + by) };
    p * L::new(L::Number::power_of_two(rest.number())) * last
}

/// eˣ.
#[inline(always)]
pub(super) fn exp<L: Lane>(x: L) -> L {
    let (p, n) = reduced(within(x, L::Number::EXP_RANGE));
    scaled(p + L::one(), n)
}

/// 2ˣ, exact for integers.
#[inline(always)]
pub(super) fn exp2<L: Lane>(x: L) -> L {
    let x = within(x, L::Number::EXP2_RANGE);
    let shift = L::new(L::Number::SHIFT);
    let n = (x + shift) - shift;
    let r = x - n;
    scaled(polynomial(r, L::Number::EXP2).mul_add(r, L::one()), n)
}

/// eˣ − 1 = 2ⁿ(eʳ − 1) + (2ⁿ − 1), which keeps the digits of small x.
#[inline(always)]
pub(super) fn exp_m1<L: Lane>(x: L) -> L {
    let (p, n) = reduced(within(x, L::Number::EXP_RANGE));
    // By halves, so that 2ⁿ does not overflow before the whole does; nothing above −1 is left where 2ⁿ is small.
    let least = L::of(-100.0);
    let n = if n < least { least } else { n };
    let half = L::new(L::Number::power_of_two((n - L::one()).number()));
    let y = half.mul_add(p, half - L::of(0.5));
    (if n == L::zero() { p } else { y + y }).copysign(x)
}

/// tanh x = 1 − 2/(e²ˣ + 1), and an odd polynomial where that would cancel.
#[inline(always)]
pub(super) fn tanh<L: Lane>(x: L) -> L {
    let size = x.abs();
    let square = x * x;
    let near = (square * x).mul_add(polynomial(square, L::Number::TANH), x);
    let flat = L::new(L::Number::TANH_FLAT);
    let (p, n) = reduced({
        let held = if size > flat { flat } else { size };
        held + held
    });
    let power = (p + L::one()) * L::new(L::Number::power_of_two(n.number()));
    let far = L::one() - L::of(2.0) / (power + L::one());
    (if size < L::of(0.55) { near } else { far }).copysign(x)
}
