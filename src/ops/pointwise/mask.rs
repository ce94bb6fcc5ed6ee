//! Integer lines as truth values: logic on masks, exact equality of integers, and masks as real numbers.
//! Every number but 0 counts as true, and every result is 0 or 1.

use super::table::{Table, bound, row, truth};
use crate::ops::prelude::*;
use crate::ops::rearrange::broadcast::common_shape;

/// Where two lines of integers agree. Not a row of the pointwise table, whose loops see `f32`: above 2²⁴ neighbours would
/// be equal there.
#[derive(Clone, Debug)]
struct SameInts;

/// Where integers are `number`.
#[derive(Clone, Debug)]
struct IsInt {
    number: u32,
}

/// One integer in the place of another.
#[derive(Clone, Debug)]
struct Replace {
    from: u32,
    to: u32,
}

fn integers(x: &[Sig<'_>]) -> Result<(), Error> {
    match x.iter().position(|s| s.kind == Kind::Real) {
        Some(i) => Err(Error::kind(format!("operand {i} is real"))
            .rule("integers are compared with integers")
            .fix("compare real lines with `Var::equals`")),
        None => Ok(()),
    }
}

impl<T: Real> Op<T> for SameInts {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "equals_int"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        integers(x)?;
        if x[0].dims != x[1].dims {
            return Err(Error::shape(format!("shapes {} and {} differ", x[0], x[1]))
                .rule("compared lines have one shape")
                .fix("broadcast them first; `IntVar::equals` does so by itself"));
        }
        Ok(ResultSigs::int(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let pairs = x[0].int().iter().zip(x[1].int());
        y[0].int().iter_mut().zip(pairs).for_each(|(y, (a, b))| *y = u32::from(a == b));
        Ok(())
    }

    fn vjp<'t>(&self, _: &Vjp<'t, T>) {}

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Elementwise
    }
}

impl<T: Real> Op<T> for IsInt {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "equals_int_number"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        integers(x)?;
        Ok(ResultSigs::int(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        y[0].int().iter_mut().zip(x[0].int()).for_each(|(y, &n)| *y = u32::from(n == self.number));
        Ok(())
    }

    fn vjp<'t>(&self, _: &Vjp<'t, T>) {}

    fn attributes(&self) -> Attributes {
        smallvec![("number", AttrValue::Int(self.number.into()))]
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Elementwise
    }
}

impl<T: Real> Op<T> for Replace {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "replace"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        integers(x)?;
        Ok(ResultSigs::int(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let pairs = y[0].int().iter_mut().zip(x[0].int());
        pairs.for_each(|(y, &n)| *y = if n == self.from { self.to } else { n });
        Ok(())
    }

    fn vjp<'t>(&self, _: &Vjp<'t, T>) {}

    fn attributes(&self) -> Attributes {
        smallvec![("from", AttrValue::Int(self.from.into())), ("to", AttrValue::Int(self.to.into()))]
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Elementwise
    }
}

/// What integers are compared with: another integer line, or a `u32`, which becomes an attribute.
///
/// ```
/// use wengert::{IntOrNumber, prelude::*};
/// assert!(matches!(IntOrNumber::<f32>::from(3), IntOrNumber::Number(3)));
/// ```
#[derive(Clone, Copy, Debug)]
pub enum IntOrNumber<'t, T: Real> {
    /// A line of the tape.
    Line(IntVar<'t, T>),
    /// A number.
    Number(u32),
}

impl<'t, T: Real> From<IntVar<'t, T>> for IntOrNumber<'t, T> {
    fn from(line: IntVar<'t, T>) -> Self {
        IntOrNumber::Line(line)
    }
}

impl<T: Real> From<u32> for IntOrNumber<'_, T> {
    fn from(number: u32) -> Self {
        IntOrNumber::Number(number)
    }
}

impl<T: Real> Table<T> {
    pub(crate) const AND: &'static Row<T> = row! {
        AND = "and", |a: Int, b: Int; | -> Int { truth(a != T::zero() && b != T::zero()) };
        push |_, _, _, _| Push::Zero("integers have no derivative");
        derivative "0; 0"; reads Reads::NOTHING; domain [(0.0, 1.0), (0.0, 1.0)]; cheap
    };

    pub(crate) const OR: &'static Row<T> = row! {
        OR = "or", |a: Int, b: Int; | -> Int { truth(a != T::zero() || b != T::zero()) };
        push |_, _, _, _| Push::Zero("integers have no derivative");
        derivative "0; 0"; reads Reads::NOTHING; domain [(0.0, 1.0), (0.0, 1.0)]; cheap
    };

    pub(crate) const NOT: &'static Row<T> = row! {
        NOT = "not", |a: Int; | -> Int { truth(a == T::zero()) };
        push |_, _, _, _| Push::Zero("integers have no derivative");
        derivative "0"; reads Reads::NOTHING; domain [(0.0, 1.0)]; cheap
    };

    /// Integers as real numbers.
    pub(crate) const TO_REAL: &'static Row<T> = row! {
        TO_REAL = "to_real", |n: Int; | -> Real { n };
        push |_, _, _, _| Push::Zero("integers have no derivative");
        derivative "0"; reads Reads::NOTHING; domain [(0.0, 9.0)]; cheap
    };
}

/// Two integer lines at their common shape.
#[track_caller]
fn align<'t, T: Real>(op: &'static str, a: IntVar<'t, T>, b: IntVar<'t, T>) -> [Operand<'t, T>; 2] {
    match common_shape(op, &[a.into(), b.into()]) {
        Some(d) => [a.fit(&d).into(), b.fit(&d).into()],
        None => [a.into(), b.into()],
    }
}

impl<'t, T: Real> IntVar<'t, T> {
    /// 1 where both integers are the same, else 0; exact over the whole range of `u32`.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (guess, label) = (tape.ints([2, 0, 1]), tape.ints([2, 1, 1]));
    /// assert_eq!(guess.equals(label).value().as_slice().unwrap(), [1, 0, 1]);
    /// assert_eq!(guess.equals(0).to_real().sum().item(), 1.0);
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn equals(self, other: impl Into<IntOrNumber<'t, T>>) -> Self {
        match other.into() {
            IntOrNumber::Line(other) => self.tape.plain(&SameInts, &align("equals_int", self, other)).int(0),
            IntOrNumber::Number(number) => self.tape.call(IsInt { number }, &[self.into()]).int(0),
        }
    }

    /// The same integers with `to` in the place of `from`: a label that stands for "none" becomes one that exists.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.ints([7, 255, 0]).replace(255, 0).value().as_slice().unwrap(), [7, 0, 0]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn replace(self, from: u32, to: u32) -> Self {
        self.tape.call(Replace { from, to }, &[self.into()]).int(0)
    }

    /// 1 where both are not 0, else 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([-2., 0.5, 2.]);
    /// assert_eq!(x.gt(-1.0).and(x.lt(1.0)).value().as_slice().unwrap(), [0, 1, 0]);
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.tape.row(bound(Table::AND, []), &align("and", self, other)).int(0)
    }

    /// 1 where at least one is not 0, else 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([-2., 0.5, 2.]);
    /// assert_eq!(x.lt(-1.0).or(x.gt(1.0)).value().as_slice().unwrap(), [1, 0, 1]);
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.tape.row(bound(Table::OR, []), &align("or", self, other)).int(0)
    }

    /// 1 where this is 0, else 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.ints([0, 1, 7]).not().value().as_slice().unwrap(), [1, 0, 0]);
    /// ```
    #[track_caller]
    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "`!mask` of a mask of integers reads as bitwise complement")]
    pub fn not(self) -> Self {
        self.tape.row(bound(Table::NOT, []), &[self.into()]).int(0)
    }

    /// The integers as real numbers; exact up to 2²⁴ in f32, and so is the sum of a mask.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.ints([1, 2]).to_real().sum().item(), 3.0);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn to_real(self) -> Var<'t, T> {
        self.tape.row(bound(Table::TO_REAL, []), &[self.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::ops::pointwise::table::tests::row_at;
    use crate::prelude::*;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let rows = [Table::AND, Table::OR, Table::NOT, Table::TO_REAL];
        let mut checks: Vec<OpCheck> = rows.into_iter().map(|row| row_at(row, [0.0; 2], &[2, 3])).collect();
        checks.push(OpCheck::new(SameInts).ints([4], &[0, 5, u32::MAX, 2]).ints([4], &[0, 4, u32::MAX, 3]));
        checks.push(OpCheck::new(Replace { from: u32::MAX, to: 1 }).ints([2, 2], &[0, 5, u32::MAX, 2]));
        checks.push(OpCheck::new(IsInt { number: 5 }).ints([2, 2], &[0, 5, u32::MAX, 2]));
        checks
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn integers_are_compared_beyond_what_f32_tells_apart() {
        let tape = Tape::new();
        let n = tape.ints([1u32 << 24, (1 << 24) + 1, u32::MAX]);
        assert_eq!(n.equals(1 << 24).value().as_slice().unwrap(), [1, 0, 0]);
        let other = tape.ints([(1u32 << 24) + 1, u32::MAX]).reshape([2, 1]);
        assert_eq!(n.equals(other).value().as_slice().unwrap(), [0, 1, 0, 0, 0, 1]);
    }

    #[test]
    fn logic_takes_every_number_but_zero_for_true_and_broadcasts() {
        let tape = Tape::new();
        let (a, b) = (tape.ints([0u32, 5]).reshape([2, 1]), tape.ints([0u32, 1, u32::MAX]));
        assert_eq!(a.and(b).value().as_slice().unwrap(), [0, 0, 0, 0, 1, 1]);
        assert_eq!(a.or(b).value().as_slice().unwrap(), [0, 1, 1, 1, 1, 1]);
        assert_eq!(a.not().value().as_slice().unwrap(), [1, 0]);
        assert_eq!(tape.zeros([0, 3]).gt(0.0).and(b).dims(), [0, 3]);
    }

    #[test]
    fn the_sum_of_a_mask_counts_exactly() {
        let tape = Tape::new();
        let all = tape.ones([3_000_001]).gt(0.5);
        assert_eq!(all.to_real().sum().item(), 3_000_001.0);
    }
}
