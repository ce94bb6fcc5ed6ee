//! Comparisons: masks of 0 and 1 as integer lines, which have no derivative.
//! Each works against another line, with broadcasting, or against a number, which is an attribute of its line.

use super::arith::Scalar;
use super::table::{Table, bound, row, truth};
use crate::ops::prelude::*;
use crate::ops::rearrange::broadcast::align;

/// What a comparison or a selection takes beside a line: another line, or a number.
///
/// A number (`f32` or `f64`) is rounded to the tape's type and becomes an attribute of the line, never a leaf.
///
/// ```
/// use wengert::{LineOrNumber, prelude::*};
/// let tape = Tape::new();
/// let x = tape.var([1., 2.]);
/// assert!(matches!(LineOrNumber::from(x), LineOrNumber::Line(_)));
/// assert!(matches!(LineOrNumber::<f32>::from(0.5), LineOrNumber::Number(0.5)));
/// ```
#[derive(Clone, Copy, Debug)]
pub enum LineOrNumber<'t, T: Real> {
    /// A line of the tape.
    Line(Var<'t, T>),
    /// A number of the tape's type.
    Number(T),
}

impl<'t, T: Real> From<Var<'t, T>> for LineOrNumber<'t, T> {
    fn from(line: Var<'t, T>) -> Self {
        LineOrNumber::Line(line)
    }
}

impl<T: Real, S: Scalar> From<S> for LineOrNumber<'_, T> {
    fn from(number: S) -> Self {
        LineOrNumber::Number(T::of(number.double()))
    }
}

const ANY: (f64, f64) = (-2.0, 2.0);

macro_rules! comparisons {
    ($($(#[$doc:meta])* $NAME:ident $WITH_NUMBER:ident $name:ident $op:tt $example:literal;)+) => {
        impl<T: Real> Table<T> {
            $(
                pub(crate) const $NAME: &'static Row<T> = row! {
                    $NAME = stringify!($name), |a: Real, b: Real; | -> Int { truth(a $op b) };
                    push |_, _, _, _| Push::Zero("a comparison is constant on either side");
                    derivative "0; 0"; reads Reads::NOTHING; domain [ANY, ANY]; cheap
                };

                pub(crate) const $WITH_NUMBER: &'static Row<T> = row! {
                    $WITH_NUMBER = concat!(stringify!($name), "_number"),
                    |x: Real; number| -> Int { truth(x $op number) };
                    push |_, _, _, _| Push::Zero("a comparison is constant on either side");
                    derivative "0"; reads Reads::NOTHING; domain [ANY]; cheap
                };
            )+
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
                pub fn $name(self, other: impl Into<LineOrNumber<'t, T>>) -> IntVar<'t, T> {
                    match other.into() {
                        LineOrNumber::Line(other) => {
                            let (a, b) = align(stringify!($name), self, other);
                            self.tape.row(bound(Table::$NAME, []), &[a.into(), b.into()]).int(0)
                        }
                        LineOrNumber::Number(c) => {
                            let row = Bound { row: Table::$WITH_NUMBER, params: [c, T::zero()] };
                            self.tape.row(row, &[self.into()]).int(0)
                        }
                    }
                }
            )+
        }
    };
}

comparisons! {
    /// 1 where this is greater, else 0; NaN compares false.
    GT GT_NUMBER gt > "[0, 0, 1]";
    /// 1 where this is greater or equal, else 0; NaN compares false.
    GE GE_NUMBER ge >= "[0, 1, 1]";
    /// 1 where this is less, else 0; NaN compares false.
    LT LT_NUMBER lt < "[1, 0, 0]";
    /// 1 where this is less or equal, else 0; NaN compares false.
    LE LE_NUMBER le <= "[1, 1, 0]";
    /// 1 where both are equal, else 0; NaN equals nothing.
    EQUALS EQUALS_NUMBER equals == "[0, 1, 0]";
    /// 1 where they differ, else 0; NaN differs from everything.
    DIFFERS DIFFERS_NUMBER differs != "[1, 0, 1]";
}

impl<T: Real> Table<T> {
    pub(crate) const IS_NAN: &'static Row<T> = row! {
        IS_NAN = "is_nan", |x: Real; | -> Int { truth(x.is_nan()) };
        push |_, _, _, _| Push::Zero("being a number does not change where a derivative exists");
        derivative "0"; reads Reads::NOTHING; domain [ANY]; cheap
    };

    pub(crate) const IS_FINITE: &'static Row<T> = row! {
        IS_FINITE = "is_finite", |x: Real; | -> Int { truth(x.is_finite()) };
        push |_, _, _, _| Push::Zero("being finite does not change where a derivative exists");
        derivative "0"; reads Reads::NOTHING; domain [ANY]; cheap
    };
}

impl<'t, T: Real> Var<'t, T> {
    /// 1 where this is NaN, else 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., f32::NAN, f32::INFINITY]);
    /// assert_eq!(x.is_nan().value().as_slice().unwrap(), [0, 1, 0]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn is_nan(self) -> IntVar<'t, T> {
        self.tape.row(bound(Table::IS_NAN, []), &[self.into()]).int(0)
    }

    /// 1 where this is neither infinite nor NaN, else 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., f32::NAN, f32::INFINITY]);
    /// assert_eq!(x.is_finite().value().as_slice().unwrap(), [1, 0, 0]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn is_finite(self) -> IntVar<'t, T> {
        self.tape.row(bound(Table::IS_FINITE, []), &[self.into()]).int(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::ops::pointwise::table::tests::row_at;
    use crate::prelude::*;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let rows = [
            [Table::GT, Table::GT_NUMBER],
            [Table::GE, Table::GE_NUMBER],
            [Table::LT, Table::LT_NUMBER],
            [Table::LE, Table::LE_NUMBER],
            [Table::EQUALS, Table::EQUALS_NUMBER],
            [Table::DIFFERS, Table::DIFFERS_NUMBER],
            [Table::IS_NAN, Table::IS_FINITE],
        ];
        rows.into_iter().flatten().map(|row| row_at(row, [0.7, 0.0], &[2, 3])).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn a_number_is_an_attribute_and_not_a_line() {
        let tape = Tape::new();
        let x = tape.var([1., 2., f32::NAN]);
        let masks = [x.gt(1.5), x.ge(2f32), x.lt(2.0), x.le(1.0), x.equals(2.0), x.differs(2.0)];
        assert_eq!(tape.len(), 1 + masks.len());
        let values = masks.map(|m| m.value().into_raw_vec_and_offset().0);
        assert_eq!(values, [[0, 1, 0], [0, 1, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 1]]);
    }

    #[test]
    fn lines_broadcast_and_shapes_that_do_not_are_named() {
        let tape = Tape::<f64>::default();
        let (a, b) = (tape.var([[1.], [3.]]), tape.var([1., 2., 3.]));
        assert_eq!(a.le(b).value().as_slice().unwrap(), [1, 1, 1, 0, 0, 1]);
        assert_eq!(tape.zeros([0, 1]).equals(b).dims(), [0, 3]);
        let wrong = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| b.gt(tape.zeros([2])))).unwrap_err();
        let text = wrong.downcast_ref::<String>().expect("panics carry text");
        assert!(text.contains("gt") && text.contains("[3]") && text.contains("[2]"), "{text}");
    }

    #[test]
    fn masks_stop_derivatives() {
        let tape = Tape::<f64>::default();
        let x = tape.var([-1., 0., 2.]);
        let count = x.gt(0.0).to_real() + x.is_finite().to_real() + x.is_nan().to_real() + x.ge(x).to_real();
        assert_eq!((count + x).sum().backward()[x].as_slice().unwrap(), [1., 1., 1.]);
    }
}
