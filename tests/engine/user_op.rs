//! A user's own operation is a full citizen: derivatives of both orders, several results, work in place.
//! No function here is out of a user's reach.

use wengert::prelude::*;

use crate::support::{Cube, doubles, increment, numbers, parts};

#[test]
fn second_derivatives_of_an_operation_that_gave_one_rule() {
    let tape = doubles();
    let x = tape.var([2.0, -1.0]);
    let y = tape.apply(Cube, &[x.into()]).unwrap().real(0).sum();
    let dx = grad(y, &[x])[0];
    let d2x = grad(dx.sum(), &[x])[0];
    assert_eq!(dx.value().as_slice().unwrap(), [12.0, 3.0]);
    assert_eq!(d2x.value().as_slice().unwrap(), [12.0, -6.0]);
    assert_eq!(y.backward()[x].as_slice().unwrap(), [12.0, 3.0]);
}

#[test]
fn a_real_and_an_integer_result() {
    let tape = doubles();
    let x = tape.var([1.25, 3.5]);
    let (fraction, whole) = parts(x);
    assert_eq!(whole.value().as_slice().unwrap(), [1, 3]);
    // The fractions were not asked for, so that they are computed now.
    assert_eq!((fraction.value().as_slice().unwrap(), whole.runs()), ([0.25, 0.5].as_slice(), 1));
    let y = (fraction * whole.to_real()).sum();
    assert_eq!((y.item(), y.backward()[x].as_slice().unwrap()), (1.75, [1.0, 3.0].as_slice()));
}

#[test]
fn an_operand_that_nobody_needs_any_more_is_overwritten() {
    let n = 40_000;
    let tape = Tape::new();
    // A differentiable leaf leads to both results, so that one run computes both.
    let x = tape.var(numbers(n));
    let (sum, in_place) = increment(x * 2.0);
    let total = sum.sum().item();
    assert_eq!(in_place.value()[[]], 1);
    let expected: f64 = numbers(n).iter().map(|v| f64::from(*v) * 2.0 + 1.0).sum();
    assert!((f64::from(total) - expected).abs() < 0.1);
}

#[test]
fn an_operand_that_is_still_needed_is_left_alone() {
    let n = 40_000;
    let tape = Tape::new();
    // A differentiable leaf leads to both results, so that one run computes both.
    let x = tape.var(numbers(n));
    let doubled = x * 2.0;
    let (sum, in_place) = increment(doubled);
    let difference = (sum - doubled).sum();
    assert_eq!((difference.item(), in_place.value()[[]]), (n as f32, 0));
    // A leaf belongs to the caller, a value that was asked for to whoever asks again, a pinned one to its pin.
    let (sum, in_place) = increment(x);
    assert_eq!((sum.value()[[5]], in_place.value()[[]]), (numbers(n)[5] + 1.0, 0));
    let asked = x * 3.0;
    let before = asked.value();
    let (sum, in_place) = increment(asked);
    assert_eq!((sum.value()[[7]], in_place.value()[[]]), (before[[7]] + 1.0, 0));
    assert_eq!((asked.value(), asked.runs()), (before, 1));
    let pinned = (x * 4.0).keep();
    let (sum, in_place) = increment(pinned);
    assert_eq!((sum.value()[[7]], in_place.value()[[]]), (numbers(n)[7] * 4.0 + 1.0, 0));
    assert_eq!((pinned.value()[[7]], pinned.runs()), (numbers(n)[7] * 4.0, 1));
}
