//! The three kinds of lanes: fused, plain, and the number itself with the scalar functions of the standard library.
//! The same newtype twice, but for what a product followed by a sum is.

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use super::bits::Bits;
use super::lane::Lane;
use super::{erf, exp, log, trig};

macro_rules! operators {
    ($Lane:ident: $($Op:ident $op:ident)*) => {
        $(
            impl<T: Bits> $Op for $Lane<T> {
                type Output = Self;
                #[inline(always)]
                fn $op(self, b: Self) -> Self {
                    Self(self.0.$op(b.0))
                }
            }
        )*

        impl<T: Bits> Neg for $Lane<T> {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl<T: Bits> PartialEq for $Lane<T> {
            #[inline(always)]
            fn eq(&self, b: &Self) -> bool {
                self.0 == b.0
            }
        }

        // Each comparison by itself, since those that follow from `partial_cmp` are three.
        impl<T: Bits> PartialOrd for $Lane<T> {
            #[inline(always)]
            fn partial_cmp(&self, b: &Self) -> Option<Ordering> {
                self.0.partial_cmp(&b.0)
            }
            #[inline(always)]
            fn lt(&self, b: &Self) -> bool {
                self.0 < b.0
            }
            #[inline(always)]
            fn le(&self, b: &Self) -> bool {
                self.0 <= b.0
            }
            #[inline(always)]
            fn gt(&self, b: &Self) -> bool {
                self.0 > b.0
            }
            #[inline(always)]
            fn ge(&self, b: &Self) -> bool {
                self.0 >= b.0
            }
        }
    };
}

macro_rules! vector_functions {
    ($($file:ident: $($f:ident)*;)*) => { $($(#[inline(always)] fn $f(self) -> Self { $file::$f(self) })*)* };
}

macro_rules! lane {
    ($(#[$doc:meta])* $Lane:ident, $mul_add:expr, $product_error:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $Lane<T>(T);

        operators!($Lane: Add add Sub sub Mul mul Div div Rem rem);

        impl<T: Bits> Lane for $Lane<T> {
            type Number = T;

            #[inline(always)]
            fn new(x: T) -> Self {
                Self(x)
            }

            #[inline(always)]
            fn number(self) -> T {
                self.0
            }

            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                let f: fn(T, T, T) -> T = $mul_add;
                Self(f(self.0, b.0, c.0))
            }

            #[inline(always)]
            fn product_error(self, b: Self, p: Self) -> Self {
                let f: fn(T, T, T) -> T = $product_error;
                Self(f(self.0, b.0, p.0))
            }

            vector_functions! {
                exp: exp exp2 exp_m1 tanh;
                log: ln ln_1p log2 log10;
                trig: sin cos;
                erf: erf erfc;
            }
        }
    };
}

lane! {
    /// A lane of a processor that multiplies and adds in one instruction, rounding once.
    Fused, |a, b, c| a.mul_add(b, c), |a, b, p| a.mul_add(b, -p)
}

#[cfg(any(target_arch = "aarch64", target_feature = "fma"))]
pub type Portable<T> = Fused<T>;

#[cfg(not(any(target_arch = "aarch64", target_feature = "fma")))]
pub type Portable<T> = Plain<T>;

#[cfg(not(any(target_arch = "aarch64", target_feature = "fma")))]
lane! {
    /// A lane of a processor without such an instruction: a call that imitates it would cost fifty times as much.
    Plain, |a, b, c| a * b + c, dekker
}

/// The rounding error of a product by halves of its factors (Dekker, 1971).
#[inline(always)]
fn dekker<T: Bits>(a: T, b: T, p: T) -> T {
    let halves = |x: T| {
        let big = x * T::SPLIT;
        let high = big - (big - x);
        (high, x - high)
    };
    let ((a, low_a), (b, low_b)) = (halves(a), halves(b));
    ((a * b - p) + a * low_b + low_a * b) + low_a * low_b
}

macro_rules! exact {
    ($T:ty) => {
        impl Lane for $T {
            type Number = $T;

            #[inline(always)]
            fn new(x: $T) -> Self {
                x
            }

            #[inline(always)]
            fn number(self) -> $T {
                self
            }

            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                self * b + c
            }

            #[inline(always)]
            fn product_error(self, b: Self, p: Self) -> Self {
                dekker(self, b, p)
            }
        }
    };
}

exact!(f32);
exact!(f64);
