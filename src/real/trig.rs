//! Sine and cosine without branches, for moderate arguments; NaN for large ones, which loops give to the scalar function.
//! x = n π/2 + r by π/2 in parts (Cody and Waite, 1980), then minimax polynomials on ±π/4 (made with Sollya).

use std::f64::consts::FRAC_2_PI;

use super::bits::Bits;
use super::lane::{Lane, polynomial};

/// The numbers behind sine and cosine.
pub trait TrigConstants: Sized + 'static {
    /// (sin r − r)/r³ in r².
    const SIN: &'static [Self];
    /// (cos r − 1 + r²/2)/r⁴ in r².
    const COS: &'static [Self];
    /// Sizes beyond this one are not reduced.
    const FARTHEST: Self;

    /// r and n + [`SHIFT`](Bits::SHIFT) with x = n π/2 + r, the error of r being little more than its rounding.
    fn quarter_turns(self) -> (Self, Self);
}

impl TrigConstants for f32 {
    const SIN: &'static [f32] = &[-1.666_666_7e-1, 8.333_37e-3, -1.984_901_9e-4, 2.790_462e-6];
    const COS: &'static [f32] = &[4.166_664e-2, -1.388_714_2e-3, 2.441_425_4e-5];
    const FARTHEST: f32 = 131_072.0;

    /// In doubles, where the first product is exact and the second small.
    #[inline(always)]
    fn quarter_turns(self) -> (f32, f32) {
        let shifted = self * FRAC_2_PI as f32 + f32::SHIFT;
        let n = f64::from(shifted - f32::SHIFT);
        let r = (f64::from(self) - n * 1.570_796_325_802_803) - n * 9.920_935_796_805_404e-10;
        (r as f32, shifted)
    }
}

impl TrigConstants for f64 {
    const SIN: &'static [f64] = &[
        -1.666_666_666_666_663e-1,
        8.333_333_333_321_919e-3,
        -1.984_126_982_945_851e-4,
        2.755_731_358_226_442e-6,
        -2.505_074_232_064_202_4e-8,
        1.589_594_363_745_245_3e-10,
    ];
    const COS: &'static [f64] = &[
        4.166_666_666_666_659_5e-2,
        -1.388_888_888_887_334_8e-3,
        2.480_158_728_900_809e-5,
        -2.755_731_421_905_481e-7,
        2.087_570_568_855_178e-9,
        -1.135_876_479_983_905_5e-11,
    ];
    const FARTHEST: f64 = 1_048_576.0;

    /// Two parts of 33 digits, whose products with n are exact, and a third; sums keep what they lose (Knuth's two-sum).
    #[inline(always)]
    fn quarter_turns(self) -> (f64, f64) {
        let shifted = self * FRAC_2_PI + f64::SHIFT;
        let n = shifted - f64::SHIFT;
        let a = self - n * 1.570_796_326_734_125_6;
        let w = n * 6.077_100_506_303_966e-11;
        let r = a - w;
        let b = r - a;
        let lost = (a - (r - b)) - (w + b);
        (r + (lost - n * 2.022_266_248_795_950_6e-21), shifted)
    }
}

/// The sine of r, |r| ≤ π/4 and a little.
#[inline(always)]
fn sin_near<L: Lane>(r: L, square: L) -> L {
    (square * r).mul_add(polynomial(square, L::Number::SIN), r)
}

/// The cosine of r: 1 − r²/2 with what its rounding lost, and the rest.
#[inline(always)]
fn cos_near<L: Lane>(square: L) -> L {
    let half = L::of(0.5) * square;
    let w = L::one() - half;
    w + (square * square).mul_add(polynomial(square, L::Number::COS), (L::one() - w) - half)
}

/// The sine of x and so many quarters of a turn.
#[inline(always)]
fn sin_after<L: Lane>(x: L, quarters: f64) -> L {
    let (r, shifted) = x.number().quarter_turns();
    let (r, shifted) = (L::new(r), L::new(shifted) + L::of(quarters));
    let square = r * r;
    let y = if shifted.number().is_odd() { cos_near(square) } else { sin_near(r, square) };
    let y = L::new(y.number().negate_by(shifted.number()));
    if x.abs() <= L::new(L::Number::FARTHEST) { y } else { L::nan() }
}

/// sin x.
#[inline(always)]
pub(super) fn sin<L: Lane>(x: L) -> L {
    let y = sin_after(x, 0.0);
    if x == L::zero() { x } else { y }
}

/// cos x = sin(x + π/2).
#[inline(always)]
pub(super) fn cos<L: Lane>(x: L) -> L {
    sin_after(x, 1.0)
}
