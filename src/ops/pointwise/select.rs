//! Selection by a mask: one of two operands element by element, with numbers as attributes.
//! Derivatives pass through a selection too, never through a product, so what was not selected cannot leak, NaN included.

use super::compare::LineOrNumber;
use super::table::{Table, row};
use crate::ops::prelude::*;
use crate::ops::rearrange::broadcast::common_shape;

const ANY: (f64, f64) = (-2.0, 2.0);
const MASK: (f64, f64) = (0.0, 1.0);
const READS_MASK: Reads = Reads { operands: Which::These(0b1), results: Which::None };

fn by_mask<'t, T: Real>(_: &[T; 2], at: &At<'t, T>) -> Decision<'t, T> {
    Decision { what: "operand that the mask selects", choice: at.int(0), gap: None }
}

impl<T: Real> Table<T> {
    pub(crate) const SELECT: &'static Row<T> = row! {
        SELECT = "select", |m: Int, a: Real, b: Real; | -> Real { if m != T::zero() { a } else { b } };
        push |i, v, at, _| Push::Along(if i == 1 { at.int(0).select(v, 0.0) } else { at.int(0).select(0.0, v) });
        decide by_mask;
        derivative "1 where m; 1 where not m"; reads READS_MASK; domain [MASK, ANY, ANY]; cheap
    };

    pub(crate) const SELECT_OR: &'static Row<T> = row! {
        SELECT_OR = "select_or_number", |m: Int, a: Real; number| -> Real { if m != T::zero() { a } else { number } };
        push |_, v, at, _| Push::Along(at.int(0).select(v, 0.0));
        decide by_mask;
        derivative "1 where m"; reads READS_MASK; domain [MASK, ANY]; cheap
    };

    pub(crate) const MASKED_FILL: &'static Row<T> = row! {
        MASKED_FILL = "masked_fill", |m: Int, b: Real; number| -> Real { if m != T::zero() { number } else { b } };
        push |_, v, at, _| Push::Along(at.int(0).select(0.0, v));
        decide by_mask;
        derivative "1 where not m"; reads READS_MASK; domain [MASK, ANY]; cheap
    };

    pub(crate) const SELECT_NUMBERS: &'static Row<T> = row! {
        SELECT_NUMBERS = "select_numbers", |m: Int; yes, no| -> Real { if m != T::zero() { yes } else { no } };
        push |_, _, _, _| Push::Zero("integers have no derivative");
        decide by_mask;
        derivative "0"; reads Reads::NOTHING; domain [MASK]; cheap
    };
}

impl<'t, T: Real> IntVar<'t, T> {
    /// a where this mask is not 0, b elsewhere ("where" in other libraries); all three broadcast.
    ///
    /// Each of `a` and `b` is a line or a number. Cotangents pass to the selected element and are exactly 0 elsewhere,
    /// whatever stands there.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let x = tape.var([4., 0., -1.]);
    /// let y = x.gt(0.0).select(x.ln(), -9.0);              // ln is −∞ and NaN where it is not selected
    /// assert_eq!(y.value().as_slice().unwrap(), [4f64.ln(), -9., -9.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [0.25, 0., 0.]);
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn select(self, a: impl Into<LineOrNumber<'t, T>>, b: impl Into<LineOrNumber<'t, T>>) -> Var<'t, T> {
        use LineOrNumber::{Line, Number};
        let (zero, tape) = (T::zero(), self.tape);
        match (self.branch(a.into()), self.branch(b.into())) {
            (Line(a), Line(b)) => {
                let (m, a, b) = match common_shape("select", &[self.into(), a.into(), b.into()]) {
                    Some(d) => (self.fit(&d), a.fit(&d), b.fit(&d)),
                    None => (self, a, b),
                };
                let row = Bound { row: Table::SELECT, params: [zero; 2] };
                tape.row(row, &[m.into(), a.into(), b.into()]).real(0)
            }
            (Number(yes), Number(no)) => {
                tape.row(Bound { row: Table::SELECT_NUMBERS, params: [yes, no] }, &[self.into()]).real(0)
            }
            (Line(x), Number(c)) => self.beside(Bound { row: Table::SELECT_OR, params: [c, zero] }, x),
            (Number(c), Line(x)) => self.beside(Bound { row: Table::MASKED_FILL, params: [c, zero] }, x),
        }
    }

    /// Inside rules a fill of the mask's shape is no more than its number.
    fn branch(self, x: LineOrNumber<'t, T>) -> LineOrNumber<'t, T> {
        match x {
            LineOrNumber::Line(v) if v.dims() == self.dims() => v.as_fill().map_or(x, LineOrNumber::Number),
            _ => x,
        }
    }

    #[track_caller]
    fn beside(self, row: Bound<T>, x: Var<'t, T>) -> Var<'t, T> {
        let (m, x) = match common_shape(row.row.name, &[self.into(), x.into()]) {
            Some(d) => (self.fit(&d), x.fit(&d)),
            None => (self, x),
        };
        self.tape.row(row, &[m.into(), x.into()]).real(0)
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The given value where the mask is not 0, this line elsewhere: [`select`](IntVar::select) the other way about.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let scores = tape.var([1., 2., 3.]);
    /// let future = tape.ints([0, 0, 1]);
    /// let y = scores.masked_fill(future, f32::NEG_INFINITY);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 2., f32::NEG_INFINITY]);
    /// assert_eq!(y.sum().backward()[scores].as_slice().unwrap(), [1., 1., 0.]);
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn masked_fill(self, mask: IntVar<'t, T>, value: impl Into<LineOrNumber<'t, T>>) -> Var<'t, T> {
        mask.select(value, self)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::adjoint::grad;
    use crate::check::OpCheck;
    use crate::ops::pointwise::table::tests::row_at;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let rows = [Table::SELECT, Table::SELECT_OR, Table::MASKED_FILL, Table::SELECT_NUMBERS];
        let of = |row| [row_at(row, [0.7, -0.2], &[2, 3]), row_at(row, [0.7, -0.2], &[0])];
        rows.into_iter().flat_map(of).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn all_three_operands_broadcast_and_each_gets_its_share_back() {
        let tape = Tape::<f64>::default();
        let mask = tape.ints([1u32, 0, 1]);
        let (a, b) = (tape.var([[1.], [2.]]), tape.var(5.0));
        let y = mask.select(a, b);
        assert_eq!(y.value().as_slice().unwrap(), [1., 5., 1., 2., 5., 2.]);
        let g = y.sum().backward();
        assert_eq!((g[a].as_slice().unwrap(), g[b].sum()), (&[2., 2.][..], 2.));
        assert_eq!(mask.select(tape.zeros([0, 1]), 1.0).dims(), [0, 3]);
    }

    #[test]
    fn what_is_not_selected_never_leaks_into_first_or_second_derivatives() {
        let tape = Tape::<f64>::default();
        let x = tape.var([0.0, 4.0]);
        let y = x.gt(0.0).select(x.sqrt(), x);
        let g = grad(y.sum(), &[x])[0];
        assert_eq!(g.value()[[0]], 1.0);
        let second = grad(g.sum(), &[x])[0].value();
        assert_eq!(second[[0]], 0.0);
        assert!((second[[1]] + 1.0 / 32.0).abs() < 1e-15);
    }

    #[test]
    fn numbers_record_no_leaf_and_an_infinite_cotangent_stays_out() {
        let tape = Tape::<f64>::default();
        let x = tape.var([1., 2.]);
        let m = tape.ints([1u32, 0]);
        let y = m.select(x, 3.0);
        assert_eq!((tape.len(), m.select(1.0, 0.0).sum().item()), (3, 1.0));
        let seed = tape.constant([2., f64::INFINITY]);
        assert_eq!(crate::adjoint::grad_with(y, seed, &[x])[0].value().as_slice().unwrap(), [2., 0.]);
    }
}
