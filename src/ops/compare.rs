//! Comparisons: masks of 0 and 1 as integer lines, which have no derivative.
//! Each works against another line, with broadcasting, or against a number.

use super::broadcast::align;
use super::prelude::*;
use super::table::{Table, bound, row};

/// What a comparison takes on its right: a line or a number.
pub trait Comparand<'t, T: Real> {
    /// The line; a number becomes a fill.
    fn onto(self, tape: &'t Tape<T>) -> Var<'t, T>;
}

impl<'t, T: Real> Comparand<'t, T> for Var<'t, T> {
    fn onto(self, _: &'t Tape<T>) -> Var<'t, T> {
        self
    }
}

impl<'t, T: Real> Comparand<'t, T> for f64 {
    #[track_caller]
    fn onto(self, tape: &'t Tape<T>) -> Var<'t, T> {
        tape.fill((), T::of(self))
    }
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $NAME:ident $name:ident $op:tt $example:literal;)+) => {
        impl<T: Real> Table<T> {
            $(pub(crate) const $NAME: &'static Row<T> = row! {
                stringify!($name), |a: Real, b: Real; | -> Int { if a $op b { T::one() } else { T::zero() } };
                push |_, v, _, _| { let _ = v; Push::Zero("a comparison is constant on either side") };
                derivative "0; 0"; reads Reads::NOTHING; domain [(-2.0, 2.0), (-2.0, 2.0)]; cheap
            };)+

            /// The rows of this file.
            pub(crate) const COMPARE: &'static [&'static Row<T>] = &[$(Self::$NAME),+];
        }

        impl<'t, T: Real> Var<'t, T> {
            $(
                $(#[$doc])*
                ///
                /// ```
                /// use wengert::prelude::*;
                /// let tape = Tape::new();
                #[doc = concat!("assert_eq!(tape.var([1., 2., 3.]).", stringify!($name), "(2.0).value().as_slice().unwrap(), ", $example, ");")]
                /// ```
                ///
                /// # Panics
                /// The shapes do not broadcast.
                #[track_caller]
                #[must_use]
                pub fn $name(self, other: impl Comparand<'t, T>) -> IntVar<'t, T> {
                    let (a, b) = align(stringify!($name), self, other.onto(self.tape));
                    self.tape.row(bound(Table::$NAME, []), &[a.into(), b.into()]).int(0)
                }
            )+
        }
    };
}

comparisons! {
    /// 1 where this is greater, else 0; NaN compares false.
    GT gt > "[0, 0, 1]";
    /// 1 where this is greater or equal, else 0; NaN compares false.
    GE ge >= "[0, 1, 1]";
    /// 1 where this is less, else 0; NaN compares false.
    LT lt < "[1, 0, 0]";
    /// 1 where this is less or equal, else 0; NaN compares false.
    LE le <= "[1, 1, 0]";
    /// 1 where both are equal, else 0; NaN equals nothing.
    EQUALS equals == "[0, 1, 0]";
    /// 1 where they differ, else 0; NaN differs from everything.
    DIFFERS differs != "[1, 0, 1]";
}

impl<T: Real> Table<T> {
    /// Integers as real numbers.
    pub(crate) const TO_REAL: &'static Row<T> = row! {
        "to_real", |n: Int; | -> Real { n };
        push |_, v, _, _| { let _ = v; Push::Zero("integers have no derivative") };
        derivative "0"; reads Reads::NOTHING; domain [(0.0, 9.0)]; cheap
    };
}

impl<'t, T: Real> IntVar<'t, T> {
    /// The integers as real numbers; exact up to 2²⁴ in f32.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.ints([1, 2]).to_real().mean().item(), 1.5);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn to_real(self) -> Var<'t, T> {
        self.tape.row(bound(Table::TO_REAL, []), &[self.into()]).real(0)
    }
}
