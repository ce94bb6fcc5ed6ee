//! Comparisons, whose results are masks of 0 and 1, and what is done with masks.
//! Masks are integers and have no derivative.

use super::prelude::*;

family! { MASKS "comparisons and masks";
    /// 1 where a < b, else 0.
    lt(a: Var<'_, T>, b: LineOrNumber<'_, T>) { a.lt(b) }
    /// 1 where a ≤ b, else 0.
    le(a: Var<'_, T>, b: LineOrNumber<'_, T>) { a.le(b) }
    /// 1 where a > b, else 0.
    gt(a: Var<'_, T>, b: LineOrNumber<'_, T>) { a.gt(b) }
    /// 1 where a ≥ b, else 0.
    ge(a: Var<'_, T>, b: LineOrNumber<'_, T>) { a.ge(b) }
    /// 1 where a ≠ b, else 0.
    differs(a: Var<'_, T>, b: LineOrNumber<'_, T>) { a.differs(b) }
    /// 1 where a = b, else 0; of real numbers or of integers.
    equals(a: Var<'_, T>, b: LineOrNumber<'_, T>) { a.equals(b) }
    /// 1 where x is NaN.
    is_nan(x: Var<'_, T>) { x.is_nan() }
    /// 1 where x is neither NaN nor infinite.
    is_finite(x: Var<'_, T>) { x.is_finite() }
    /// 1 where both are not 0.
    and(a: IntVar<'_, T>, b: IntVar<'_, T>) { a.and(b) }
    /// 1 where one is not 0.
    or(a: IntVar<'_, T>, b: IntVar<'_, T>) { a.or(b) }
    /// 1 where it is 0.
    not(a: IntVar<'_, T>) { a.not() }
    /// Integers with `to` in place of `from`.
    replace(x: IntVar<'_, T>, from: u32, to: u32) { x.replace(from, to) }
    /// Integers as real numbers.
    to_real(x: IntVar<'_, T>) { x.to_real() }
    /// a where the mask is not 0, b elsewhere.
    select(mask: IntVar<'_, T>, a: LineOrNumber<'_, T>, b: LineOrNumber<'_, T>) { mask.select(a, b) }
    /// x with a value where the mask is not 0.
    masked_fill(x: Var<'_, T>, mask: IntVar<'_, T>, value: LineOrNumber<'_, T>) { x.masked_fill(mask, value) }
}
