//! Arithmetic: the four operations and negation on handles and numbers, in every mix, with numpy broadcasting.
//! Also `azmul`, the product in which an exact zero beats infinity, through which every local derivative goes.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::table::{Table, bound, row};
use crate::ops::prelude::*;
use crate::ops::rearrange::broadcast::align;

const ANY: (f64, f64) = (-2.0, 2.0);

impl<T: Real> Table<T> {
    pub(crate) const ADD: &'static Row<T> = row! {
        ADD = "add", |a: Real, b: Real; | -> Real { a + b };
        push |_, v, _, _| Push::Along(v);
        derivative "1; 1"; reads Reads::NOTHING; domain [ANY, ANY]; cheap as Add
    };

    pub(crate) const SUB: &'static Row<T> = row! {
        SUB = "sub", |a: Real, b: Real; | -> Real { a - b };
        push |i, v, _, _| Push::Along(if i == 0 { v } else { -v });
        derivative "1; -1"; reads Reads::NOTHING; domain [ANY, ANY]; cheap as Sub
    };

    pub(crate) const MUL: &'static Row<T> = row! {
        MUL = "mul", |a: Real, b: Real; | -> Real { a * b };
        push |i, v, at, _| Push::Along(v.azmul(at.x(1 - i)));
        derivative "b; a"; reads Reads::OPERANDS; domain [ANY, ANY]; cheap as Mul
    };

    pub(crate) const DIV: &'static Row<T> = row! {
        DIV = "div", |a: Real, b: Real; | -> Real { a / b };
        push |i, v, at, _| Push::Along(match i {
            0 => v.azmul(at.x(1).recip()),
            _ => v.azmul(-(at.y() / at.x(1))),
        });
        derivative "1 / b; -y / b"; reads Reads { operands: Which::These(0b10), results: Which::All };
        domain [ANY, (0.5, 2.0)]; cheap as Div
    };

    /// v·d, and 0 where v is exactly 0 whatever d is: a cotangent that is absent stays absent when the local derivative
    /// is infinite or NaN (CppAD's `azmul`, absolute-zero multiplication).
    pub(crate) const AZMUL: &'static Row<T> = row! {
        AZMUL = "azmul", |v: Real, d: Real; | -> Real { if v == T::zero() { T::zero() } else { v * d } };
        // Along d the product is u·v, and v, itself a cotangent or tangent, is the one whose zero counts.
        push |i, u, at, _| Push::Along(if i == 0 { u.azmul(at.x(1)) } else { at.x(0).azmul(u) });
        derivative "d; v"; reads Reads::OPERANDS; domain [ANY, ANY]; cheap as Azmul
    };

    pub(crate) const SCALE: &'static Row<T> = row! {
        SCALE = "scale", |x: Real; by| -> Real { by * x };
        push |_, v, _, p| Push::Along(v.scale(p[0]));
        derivative "by"; reads Reads::NOTHING; domain [ANY]; cheap as Scale
    };

    pub(crate) const SHIFT: &'static Row<T> = row! {
        SHIFT = "shift", |x: Real; by| -> Real { x + by };
        push |_, v, _, _| Push::Along(v);
        derivative "1"; reads Reads::NOTHING; domain [ANY]; cheap as Shift
    };

    pub(crate) const DIVIDE: &'static Row<T> = row! {
        DIVIDE = "divide", |x: Real; by| -> Real { x / by };
        push |_, v, _, p| Push::Along(v.divide(p[0]));
        derivative "1 / by"; reads Reads::NOTHING; domain [ANY]; cheap
    };

    pub(crate) const NEG: &'static Row<T> = row! {
        NEG = "neg", |x: Real; | -> Real { -x };
        push |_, v, _, _| Push::Along(-v);
        derivative "-1"; reads Reads::NOTHING; domain [ANY]; cheap as Neg
    };

    /// c − x for a number c.
    pub(crate) const FROM: &'static Row<T> = row! {
        FROM = "subtract_from", |x: Real; from| -> Real { from - x };
        push |_, v, _, _| Push::Along(-v);
        derivative "-1"; reads Reads::NOTHING; domain [ANY]; cheap as From
    };

    /// c / x for a number c.
    pub(crate) const OVER: &'static Row<T> = row! {
        OVER = "divide_number", |x: Real; number| -> Real { number / x };
        push |_, v, at, _| Push::Along(v.azmul(-(at.y() / at.x(0))));
        derivative "-y / x"; reads Reads::ALL; domain [(0.5, 2.0)]; cheap
    };
}

/// A binary row over two operands that broadcast.
#[track_caller]
#[inline]
pub(crate) fn binary<'t, T: Real>(row: &'static Row<T>, a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    let (a, b) = align(row.name, a, b);
    a.tape.row(bound(row, []), &[a.into(), b.into()]).real(0)
}

impl<'t, T: Real> Var<'t, T> {
    /// Multiplies by a number of the tape's type.
    #[track_caller]
    #[must_use]
    pub(crate) fn scale(self, by: T) -> Self {
        if self.tape.in_rule() {
            if by == T::one() {
                return self;
            }
            if let Some(c) = self.as_fill() {
                return self.tape.fill(self.dims(), by * c);
            }
            if let Some((inner, c)) = self.as_own_scale() {
                return inner.scale(by * c);
            }
        }
        self.tape.row(Bound { row: Table::SCALE, params: [by, T::zero()] }, &[self.into()]).real(0)
    }

    /// The operand and factor of a scaling that the rule now writing wrote itself: nobody holds a handle to it yet.
    fn as_own_scale(self) -> Option<(Self, T)> {
        let g = self.tape.graph.borrow();
        match g.node(self.id).op.get().form() {
            Form::Pointwise(b) if std::ptr::eq(b.row, Table::SCALE) && self.tape.written_by_this_rule(self.id) => {
                let (operand, by) = (g.operands(self.id)[0], b.params[0]);
                drop(g);
                Some((Var::new(self.tape, operand), by))
            }
            _ => None,
        }
    }

    #[track_caller]
    fn shift(self, by: T) -> Self {
        if self.tape.in_rule() {
            if by == T::zero() {
                return self;
            }
            if let Some(c) = self.as_fill() {
                return self.tape.fill(self.dims(), c + by);
            }
        }
        self.tape.row(Bound { row: Table::SHIFT, params: [by, T::zero()] }, &[self.into()]).real(0)
    }

    /// v·d where v is not exactly 0, else 0: how a cotangent or tangent v meets a local derivative d.
    ///
    /// A plain product would turn an absent cotangent into NaN wherever the derivative is infinite (√ at 0, say).
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (v, d) = (tape.constant([0., 2.]), tape.constant([f32::INFINITY, 3.]));
    /// assert_eq!(v.azmul(d).value().as_slice().unwrap(), [0., 6.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn azmul(self, d: Self) -> Self {
        let (v, d) = align("azmul", self, d);
        if self.tape.in_rule() {
            match (v.as_fill(), d.as_fill()) {
                (Some(c), _) if c == T::zero() => return v,
                (Some(c), _) => return d.scale(c),
                (_, Some(c)) if c.is_finite() => return v.scale(c),
                _ => {}
            }
        }
        v.tape.row(bound(Table::AZMUL, []), &[v.into(), d.into()]).real(0)
    }

    #[track_caller]
    fn divide(self, by: T) -> Self {
        match self.as_fill() {
            Some(c) => self.tape.fill(self.dims(), c / by),
            None => self.tape.row(Bound { row: Table::DIVIDE, params: [by, T::zero()] }, &[self.into()]).real(0),
        }
    }

    #[track_caller]
    fn subtract_from(self, from: T) -> Self {
        match self.as_fill() {
            Some(c) => self.tape.fill(self.dims(), from - c),
            None => self.tape.row(Bound { row: Table::FROM, params: [from, T::zero()] }, &[self.into()]).real(0),
        }
    }

    #[track_caller]
    fn number_over(self, c: T) -> Self {
        self.tape.row(Bound { row: Table::OVER, params: [c, T::zero()] }, &[self.into()]).real(0)
    }
}

impl<'t, T: Real> Add for Var<'t, T> {
    type Output = Self;
    #[track_caller]
    fn add(self, b: Self) -> Self {
        if self.tape.in_rule() && self.shaped_as(b) {
            match (self.as_fill(), b.as_fill()) {
                (Some(c), _) => return b.shift(c),
                (_, Some(c)) => return self.shift(c),
                _ => {}
            }
        }
        binary(Table::ADD, self, b)
    }
}

impl<'t, T: Real> Sub for Var<'t, T> {
    type Output = Self;
    #[track_caller]
    fn sub(self, b: Self) -> Self {
        if self.tape.in_rule() && self.shaped_as(b) {
            match (self.as_fill(), b.as_fill()) {
                (_, Some(c)) => return self.shift(-c),
                (Some(c), _) => return (-b).shift(c),
                _ => {}
            }
        }
        binary(Table::SUB, self, b)
    }
}

impl<'t, T: Real> Mul for Var<'t, T> {
    type Output = Self;
    #[track_caller]
    fn mul(self, b: Self) -> Self {
        if self.tape.in_rule() && self.shaped_as(b) {
            match (self.as_fill(), b.as_fill()) {
                (Some(c), _) => return b.scale(c),
                (_, Some(c)) => return self.scale(c),
                _ => {}
            }
        }
        binary(Table::MUL, self, b)
    }
}

impl<'t, T: Real> Div for Var<'t, T> {
    type Output = Self;
    #[track_caller]
    fn div(self, b: Self) -> Self {
        binary(Table::DIV, self, b)
    }
}

impl<'t, T: Real> Neg for Var<'t, T> {
    type Output = Self;
    #[track_caller]
    fn neg(self) -> Self {
        match self.as_fill() {
            Some(c) => self.tape.fill(self.dims(), -c),
            None => self.tape.row(bound(Table::NEG, []), &[self.into()]).real(0),
        }
    }
}

/// A number beside a handle: `f32` or `f64`, whatever the tape's type; it is rounded to that.
///
/// On the left of an operator only `f64` can stand: two candidates there would leave the type of `(2.0 * x).exp()` open.
pub trait Scalar: Copy {
    /// The number as a double.
    fn double(self) -> f64;
}

impl Scalar for f64 {
    fn double(self) -> f64 {
        self
    }
}

impl Scalar for f32 {
    fn double(self) -> f64 {
        f64::from(self)
    }
}

impl<T: Real, S: Scalar> Add<S> for Var<'_, T> {
    type Output = Self;
    #[track_caller]
    fn add(self, c: S) -> Self {
        self.shift(T::of(c.double()))
    }
}

impl<T: Real, S: Scalar> Sub<S> for Var<'_, T> {
    type Output = Self;
    #[track_caller]
    fn sub(self, c: S) -> Self {
        self.shift(-T::of(c.double()))
    }
}

impl<T: Real, S: Scalar> Mul<S> for Var<'_, T> {
    type Output = Self;
    #[track_caller]
    fn mul(self, c: S) -> Self {
        self.scale(T::of(c.double()))
    }
}

impl<T: Real, S: Scalar> Div<S> for Var<'_, T> {
    type Output = Self;
    #[track_caller]
    fn div(self, c: S) -> Self {
        self.divide(T::of(c.double()))
    }
}

impl<'t, T: Real> Add<Var<'t, T>> for f64 {
    type Output = Var<'t, T>;
    #[track_caller]
    fn add(self, x: Var<'t, T>) -> Var<'t, T> {
        x + self
    }
}

impl<'t, T: Real> Sub<Var<'t, T>> for f64 {
    type Output = Var<'t, T>;
    #[track_caller]
    fn sub(self, x: Var<'t, T>) -> Var<'t, T> {
        x.subtract_from(T::of(self))
    }
}

impl<'t, T: Real> Mul<Var<'t, T>> for f64 {
    type Output = Var<'t, T>;
    #[track_caller]
    fn mul(self, x: Var<'t, T>) -> Var<'t, T> {
        x * self
    }
}

impl<'t, T: Real> Div<Var<'t, T>> for f64 {
    type Output = Var<'t, T>;
    #[track_caller]
    fn div(self, x: Var<'t, T>) -> Var<'t, T> {
        x.number_over(T::of(self))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::ops::pointwise::table::tests::row_at;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let binary = [Table::ADD, Table::SUB, Table::MUL, Table::DIV, Table::AZMUL];
        let unary = [Table::SCALE, Table::DIVIDE, Table::SHIFT, Table::NEG, Table::FROM, Table::OVER];
        let of = |row| [row_at(row, [0.7, 0.0], &[2, 3]), row_at(row, [0.7, 0.0], &[0])];
        binary.into_iter().chain(unary).flat_map(of).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }
}
