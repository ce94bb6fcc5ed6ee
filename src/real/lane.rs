//! The numbers that elementwise formulas are written in: one element of a vector that the compiler makes.
//! A formula is compiled for fused and for plain lanes, which differ in how a product meets a sum; the loop around it is vectorised.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use num_traits::{Float, One, Zero};

use super::Real;
use super::bits::Bits;

/// Methods with one operand that are the scalar functions of the same name.
macro_rules! scalar_functions {
    ($($f:ident)*) => { $(#[inline(always)] fn $f(self) -> Self { Self::new(self.number().$f()) })* };
}

/// One element of a vector: arithmetic, comparisons and elementary functions, all of them free of calls and branches
/// where the loop shall become vector code.
///
/// What stands here as a default is the scalar function of the standard library. [`Fused`] and [`Plain`] put vector code in
/// its place, and answer NaN where that does not reach (the sine of 10¹⁰, say): loops ask the scalar function again there.
pub trait Lane:
    Copy
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Rem<Output = Self>
    + Neg<Output = Self>
{
    /// The number that stands in a lane.
    type Number: Bits;

    /// Puts a number into a lane.
    fn new(x: Self::Number) -> Self;

    /// The number in this lane.
    fn number(self) -> Self::Number;

    /// self·b + c, rounded once where the processor has an instruction for it, else twice.
    fn mul_add(self, b: Self, c: Self) -> Self;

    /// The rounding error of the product p = self·b, exactly.
    fn product_error(self, b: Self, p: Self) -> Self;

    /// A constant.
    #[inline(always)]
    fn of(x: f64) -> Self {
        Self::new(Self::Number::of(x))
    }

    #[inline(always)]
    fn zero() -> Self {
        Self::new(Self::Number::zero())
    }

    #[inline(always)]
    fn one() -> Self {
        Self::new(Self::Number::one())
    }

    #[inline(always)]
    fn infinity() -> Self {
        Self::new(Self::Number::infinity())
    }

    #[inline(always)]
    fn neg_infinity() -> Self {
        Self::new(Self::Number::neg_infinity())
    }

    #[inline(always)]
    fn nan() -> Self {
        Self::new(Self::Number::nan())
    }

    #[inline(always)]
    fn as_f64(self) -> f64 {
        self.number().as_f64()
    }

    #[inline(always)]
    fn is_nan(self) -> bool {
        self.number().is_nan()
    }

    #[inline(always)]
    fn is_finite(self) -> bool {
        self.abs() < Self::infinity()
    }

    #[inline(always)]
    fn is_infinite(self) -> bool {
        self.abs() == Self::infinity()
    }

    /// This size with the sign of `from`.
    #[inline(always)]
    fn copysign(self, from: Self) -> Self {
        Self::new(self.number().copysign(from.number()))
    }

    /// The nearest integer, halves to the even one.
    #[inline(always)]
    fn round_ties_even(self) -> Self {
        Self::new(self.number().round_half_even())
    }

    /// 1/(1 + e⁻ˣ).
    #[inline(always)]
    fn sigmoid(self) -> Self {
        let e = (-self.abs()).exp();
        (if self >= Self::zero() { Self::one() } else { e }) / (e + Self::one())
    }

    scalar_functions! {
        abs sqrt recip signum floor ceil trunc
        exp exp2 exp_m1 ln ln_1p log2 log10
        sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh
        erf erfc
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self::new(self.number().max(other.number()))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self::new(self.number().min(other.number()))
    }

    #[inline(always)]
    fn powf(self, exponent: Self) -> Self {
        Self::new(self.number().powf(exponent.number()))
    }

    #[inline(always)]
    fn powi(self, exponent: i32) -> Self {
        Self::new(self.number().powi(exponent))
    }

    #[inline(always)]
    fn hypot(self, other: Self) -> Self {
        Self::new(self.number().hypot(other.number()))
    }

    #[inline(always)]
    fn atan2(self, x: Self) -> Self {
        Self::new(self.number().atan2(x.number()))
    }
}

/// Σ cₖ xᵏ by Horner's rule.
#[inline(always)]
pub(super) fn polynomial<L: Lane>(x: L, c: &[L::Number]) -> L {
    let mut k = c.len() - 1;
    let mut sum = L::new(c[k]);
    while k > 0 {
        k -= 1;
        sum = sum.mul_add(x, L::new(c[k]));
    }
    sum
}
