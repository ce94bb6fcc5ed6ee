//! What operators record: rows that no text calls by name, so that `a + b` has a body as functions have.
//! Which row it is follows from what stands on both sides.

use super::prelude::*;

family! { OPERATORS "operators";
    /// a + b.
    add(a: Var<'_, T>, b: Var<'_, T>) { a + b }
    /// a − b.
    sub(a: Var<'_, T>, b: Var<'_, T>) { a - b }
    /// a·b.
    mul(a: Var<'_, T>, b: Var<'_, T>) { a * b }
    /// a/b.
    div(a: Var<'_, T>, b: Var<'_, T>) { a / b }
    /// a + b with a number b.
    add_number(a: Var<'_, T>, b: f64) { a + b }
    /// a − b with a number b.
    sub_number(a: Var<'_, T>, b: f64) { a - b }
    /// a·b with a number b.
    mul_number(a: Var<'_, T>, b: f64) { a * b }
    /// a/b with a number b.
    div_number(a: Var<'_, T>, b: f64) { a / b }
    /// a + b with a number a.
    number_add(a: f64, b: Var<'_, T>) { a + b }
    /// a − b with a number a.
    number_sub(a: f64, b: Var<'_, T>) { a - b }
    /// a·b with a number a.
    number_mul(a: f64, b: Var<'_, T>) { a * b }
    /// a/b with a number a.
    number_div(a: f64, b: Var<'_, T>) { a / b }
    /// 1 where integers are the same.
    equals_ints(a: IntVar<'_, T>, b: IntVar<'_, T>) { a.equals(b) }
    /// 1 where integers are not the same.
    differs_ints(a: IntVar<'_, T>, b: IntVar<'_, T>) { a.equals(b).not() }
}
