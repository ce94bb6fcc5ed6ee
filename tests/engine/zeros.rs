//! A gradient that is zero throughout says why; an intended cut is one of the reasons.
//! Every answer names lines and where they were recorded.

use wengert::prelude::*;

use crate::support::doubles;

#[test]
fn stop_gradient_cuts_one_path_and_leaves_the_other() {
    let tape = doubles();
    let x = tape.var(3.0);
    let y = x * x.stop_gradient();
    assert_eq!((y.item(), y.backward()[x].sum()), (9.0, 3.0));
    assert!(y.backward().why_zero(x).is_none());
}

#[test]
fn each_reason_for_a_zero_gradient_is_told() {
    let tape = doubles();
    let x = tape.var([1., 2.]).named("x");
    let unused = tape.var([5., 6.]).named("unused");
    let cut = tape.var([1., 1.]).named("cut");
    let counted = tape.var([0.5, 2.0]).named("counted");
    let steps = tape.var([0.5, 2.0]).named("steps");
    let y = (x * cut.exp().stop_gradient() + counted.gt(1.0).to_real() + steps.sign().sin()).sum();
    let later = tape.var([7., 8.]).named("later");
    let grads = y.backward();
    let why = |leaf: Var<'_, f64>| grads.why_zero(leaf).unwrap_or("it is not zero").to_string();
    assert_eq!(why(x), "it is not zero");
    assert!(why(unused).contains("`unused`") && why(unused).contains("no line leads from it to the root"));
    assert!(why(later).contains("no line leads from it to the root"));
    assert!(why(counted).contains("only integer lines lead from it to the root"), "{}", why(counted));
    assert!(why(cut).contains("= stop_gradient, recorded at") && why(cut).contains("zeros.rs"), "{}", why(cut));
    assert!(why(steps).contains("every path to the root is cut") && why(steps).contains("= sign"), "{}", why(steps));
    assert!([unused, cut, counted, steps, later].iter().all(|&leaf| grads[leaf].as_slice().unwrap() == [0., 0.]));
}

#[test]
fn a_cut_before_another_operation_is_found() {
    let tape = doubles();
    let x = tape.var(2.0);
    let y = (x.square().stop_gradient().exp() * 3.0).tanh();
    let grads = y.backward();
    assert!(grads.why_zero(x).unwrap().contains("stop_gradient cuts the path"));
}
