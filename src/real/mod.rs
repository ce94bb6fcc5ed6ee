//! The two element types of a tape, `f32` and `f64`, behind one sealed trait.
//! Kernels and rules are generic over it; nothing else in the crate names a concrete float.

use std::fmt::{Debug, Display, LowerExp};
use std::iter::Sum;

pub(crate) mod bits;
mod erf;
mod exp;
pub(crate) mod lane;
mod lanes;
mod log;
mod trig;

pub(crate) use lane::Lane;

mod sealed {
    use super::lane::Lane;
    use super::lanes::{Fused, Portable};

    /// The lanes that formulas over this type are compiled for.
    pub trait Sealed: Sized {
        /// With fused multiply-add.
        type Fused: Lane<Number = Self>;
        /// With what every processor of the target has.
        type Portable: Lane<Number = Self>;
        /// With the scalar functions, which reach everywhere.
        type Exact: Lane<Number = Self>;
    }

    impl Sealed for f32 {
        type Fused = Fused<f32>;
        type Portable = Portable<f32>;
        type Exact = f32;
    }

    impl Sealed for f64 {
        type Fused = Fused<f64>;
        type Portable = Portable<f64>;
        type Exact = f64;
    }
}

/// The real number type of a tape: `f32` or `f64`.
///
/// The trait is sealed. Elementary functions come from [`num_traits::Float`]; what that trait lacks is here.
///
/// ```
/// use wengert::Real;
/// assert_eq!(f32::NAME, "f32");
/// assert!((f64::erf(0.5) - 0.5204998778130465).abs() < 1e-15);
/// ```
pub trait Real:
    sealed::Sealed
    + num_traits::Float
    + num_traits::NumAssign
    + num_traits::FloatConst
    + Sum
    + Default
    + Debug
    + Display
    + LowerExp
    + Send
    + Sync
    + 'static
{
    /// The type's name as Rust writes it; listings and errors print it.
    const NAME: &'static str;

    /// Rounds a double to this type.
    fn of(x: f64) -> Self;

    /// Widens to a double, exactly. (Not `to_f64`: [`num_traits::ToPrimitive`] has one that answers with an `Option`.)
    fn as_f64(self) -> f64;

    /// The error function erf x = 2/√π ∫₀ˣ e^(−t²) dt.
    fn erf(self) -> Self;

    /// 1 − erf x, without cancellation for large x.
    fn erfc(self) -> Self;

    /// The bits of the number, widened; two numbers with equal bits are the same value, NaN payloads included.
    fn bits(self) -> u64;
}

impl Real for f32 {
    const NAME: &'static str = "f32";

    fn of(x: f64) -> Self {
        x as f32
    }

    fn as_f64(self) -> f64 {
        f64::from(self)
    }

    fn erf(self) -> Self {
        libm::erff(self)
    }

    fn erfc(self) -> Self {
        libm::erfcf(self)
    }

    fn bits(self) -> u64 {
        u64::from(self.to_bits())
    }
}

impl Real for f64 {
    const NAME: &'static str = "f64";

    fn of(x: f64) -> Self {
        x
    }

    fn as_f64(self) -> f64 {
        self
    }

    fn erf(self) -> Self {
        libm::erf(self)
    }

    fn erfc(self) -> Self {
        libm::erfc(self)
    }

    fn bits(self) -> u64 {
        self.to_bits()
    }
}
