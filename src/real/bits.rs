//! Binary representation, as arithmetic on whole vectors needs it: exponents, signs and integers without conversions.
//! Everything here is a few operations on integers of the number's own width, which every vector unit has.

use super::Real;
use super::erf::ErfConstants;
use super::exp::ExpConstants;
use super::log::LogConstants;
use super::trig::TrigConstants;

/// What the vector functions know of a number's format.
pub trait Bits: Real + ExpConstants + LogConstants + TrigConstants + ErfConstants {
    /// 1.5·2ᵖ⁻¹ for p digits: adding it rounds to an integer, which then stands in the lowest bits.
    const SHIFT: Self;

    /// 2 to half the digits, plus 1: Veltkamp's constant, which splits a number in halves.
    const SPLIT: Self;

    /// Scales every subnormal number to a normal one.
    const ENLARGE: Self;
    /// The power of two that [`ENLARGE`](Bits::ENLARGE) is.
    const ENLARGED_BY: Self;

    /// 2ᵏ for an integer k in the range of normal exponents.
    fn power_of_two(k: Self) -> Self;

    /// m in √½..√2 and an integer k with x = m·2ᵏ, for normal positive x; numbers of no meaning for others.
    fn split(self) -> (Self, Self);

    /// Whether the integers that [`SHIFT`](Bits::SHIFT) was added to are odd.
    fn is_odd(self) -> bool;

    /// This number with its sign turned where bit 1 of the integer that was added to [`SHIFT`](Bits::SHIFT) is set.
    fn negate_by(self, shifted: Self) -> Self;

    /// The nearest integer, halves to the even one.
    fn round_half_even(self) -> Self;
}

macro_rules! bits {
    ($T:ty, $U:ty, $exponent:literal, $bias:literal, $root:literal, $enlarged:literal) => {
        impl Bits for $T {
            const SHIFT: Self = 1.5 * (1u64 << $exponent) as $T;
            const SPLIT: Self = (1 + (1u64 << ($exponent / 2 + 1))) as $T;
            const ENLARGE: Self = (1u64 << $enlarged) as $T;
            const ENLARGED_BY: Self = $enlarged as $T;

            #[inline(always)]
            fn power_of_two(k: Self) -> Self {
                <$T>::from_bits((k + (Self::SHIFT + $bias as $T)).to_bits() << $exponent)
            }

            #[inline(always)]
            fn split(self) -> (Self, Self) {
                const ONE: $U = $bias << $exponent;
                const REST: $U = (1 << $exponent) - 1;
                // Counted from √½, so that the exponent changes there.
                let from_root = self.to_bits().wrapping_sub($root).wrapping_add(ONE);
                let k = <$T>::from_bits((from_root >> $exponent).wrapping_add(Self::SHIFT.to_bits()));
                let m = <$T>::from_bits((from_root & REST).wrapping_add($root));
                (m, k - (Self::SHIFT + $bias as $T))
            }

            #[inline(always)]
            fn is_odd(self) -> bool {
                self.to_bits() & 1 != 0
            }

            #[inline(always)]
            fn negate_by(self, shifted: Self) -> Self {
                <$T>::from_bits(self.to_bits() ^ (shifted.to_bits() & 2) << (<$U>::BITS - 2))
            }

            #[inline(always)]
            fn round_half_even(self) -> Self {
                self.round_ties_even()
            }
        }
    };
}

bits!(f32, u32, 23, 127, 0x3f35_04f3, 25);
bits!(f64, u64, 52, 1023, 0x3fe6_a09e_667f_3bcd, 54);
