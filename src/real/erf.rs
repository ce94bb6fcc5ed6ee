//! The error function and its complement without branches.
//! Near 0 an odd polynomial; beyond it erfc a = exp(−a²)·q(t)/(1 + 2a) with t = (a − K)/(a + K) (Schonfelder, 1978; polynomials made with Sollya).

use super::exp::{reduced, scaled};
use super::lane::{Lane, polynomial};

/// The numbers behind the error functions.
pub trait ErfConstants: Sized + 'static {
    /// (erf x − x)/x in x², for |x| < 0.92.
    const ERF: &'static [Self];
    /// (1 + 2a) exp(a²) erfc a in t, for a from 0.5 to [`ERFC_ZERO`](ErfConstants::ERFC_ZERO).
    const ERFC: &'static [Self];
    /// The K of t.
    const ERFC_CENTRE: Self;
    /// From here on erfc is 0.
    const ERFC_ZERO: Self;
}

impl ErfConstants for f32 {
    const ERF: &'static [f32] =
        &[1.283_791e-1, -3.761_263_2e-1, 1.128_367_86e-1, -2.685_873_6e-2, 5.199_781_6e-3, -8.131_411e-4, 8.330_975e-5];
    const ERFC: &'static [f32] = &[
        1.276_978_4,
        -9.276_375e-2,
        -1.660_304_2e-1,
        1.640_483e-1,
        -5.421_517e-2,
        -8.001_198e-3,
        8.673_362e-3,
        1.129_490_9e-3,
        -1.282_840_5e-3,
        -2.039_472_3e-4,
    ];
    const ERFC_CENTRE: f32 = 2.0;
    const ERFC_ZERO: f32 = 10.2;
}

impl ErfConstants for f64 {
    const ERF: &'static [f64] = &[
        1.283_791_670_955_125_6e-1,
        -3.761_263_890_318_385_4e-1,
        1.128_379_167_095_721_3e-1,
        -2.686_617_064_525_343e-2,
        5.223_977_624_719_099e-3,
        -8.548_326_885_229_123e-4,
        1.205_532_445_341_738e-4,
        -1.492_535_613_228_044_7e-5,
        1.645_578_718_462_530_7e-6,
        -1.627_877_211_315_130_7e-7,
        1.405_454_830_666_981e-8,
        -8.484_346_277_336_771e-10,
    ];
    const ERFC: &'static [f64] = &[
        1.253_008_058_269_729_6,
        -1.356_211_061_245_812_8e-1,
        -4.756_229_435_344_394_6e-2,
        1.296_451_587_027_752_6e-1,
        -1.192_736_634_156_145_3e-1,
        6.830_802_734_340_066e-2,
        -2.377_051_491_227_082_4e-2,
        2.529_391_826_491_014e-3,
        1.888_690_284_127_985_2e-3,
        -7.798_323_752_533_923e-4,
        -1.051_592_476_592_350_7e-4,
        1.250_999_629_422_887e-4,
        4.946_818_512_006_591e-6,
        -2.010_281_057_313_728_6e-5,
        -7.229_016_534_658_722e-7,
        3.477_502_720_841_822_7e-6,
        3.383_555_228_857_401e-7,
        -6.233_604_954_855_86e-7,
        -1.160_685_077_759_159_2e-7,
        1.060_186_932_566_085_1e-7,
        2.083_126_312_776_636_8e-8,
        -1.323_990_579_685_01e-8,
    ];
    const ERFC_CENTRE: f64 = 3.0;
    const ERFC_ZERO: f64 = 27.5;
}

/// Where the polynomial of erf ends, and where that of erfc takes over from 1 − erf.
const NEAR: f64 = 0.92;
const HALF: f64 = 0.5;

/// erf x near 0.
#[inline(always)]
fn near<L: Lane>(x: L) -> L {
    x.mul_add(polynomial(x * x, L::Number::ERF), x)
}

/// erfc a for a ≥ 0.5.
#[inline(always)]
fn far<L: Lane>(a: L) -> L {
    let zero = L::new(L::Number::ERFC_ZERO);
    let a = if a > zero { zero } else { a };
    let centre = L::new(L::Number::ERFC_CENTRE);
    let q = polynomial((a - centre) / (a + centre), L::Number::ERFC) / a.mul_add(L::of(2.0), L::one());
    // exp(−a²) with the part of a² that rounding loses.
    let square = a * a;
    let lost = a.product_error(a, square);
    let (p, n) = reduced(-square);
    let power = (-lost).mul_add(p + L::one(), p + L::one());
    scaled(power * q, n)
}

/// erf x.
#[inline(always)]
pub(super) fn erf<L: Lane>(x: L) -> L {
    let size = x.abs();
    (if size < L::of(NEAR) { near(x) } else { L::one() - far(size) }).copysign(x)
}

/// 1 − erf x, which keeps its digits for large x.
#[inline(always)]
pub(super) fn erfc<L: Lane>(x: L) -> L {
    let tail = far(x.abs());
    let beyond = if x > L::zero() { tail } else { L::of(2.0) - tail };
    if x.abs() < L::of(HALF) { L::one() - near(x) } else { beyond }
}
