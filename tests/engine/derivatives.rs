//! Derivatives of every order and in both modes, with respect to leaves and to any other line.
//! The expected numbers are formulas, not results of this engine.

use ndarray::array;
use wengert::prelude::*;

use crate::support::{Cube, doubles, panic_text};

#[test]
fn backward_can_be_asked_for_again() {
    let tape = doubles();
    let (x, w) = (tape.var([1., 2., 3.]), tape.var([0.5, 0.25, 2.0]));
    let y = (x * w).sum();
    let (first, second) = (y.backward(), (y * y).backward());
    assert_eq!(first[w].as_slice().unwrap(), [1., 2., 3.]);
    // y = 7, so that ∂y²/∂w = 14 x.
    assert_eq!(second[w].as_slice().unwrap(), [14., 28., 42.]);
    assert_eq!(y.backward()[x], first[x]);
}

#[test]
fn third_derivatives() {
    let tape = doubles();
    let x = tape.var(0.7);
    let y = x.tanh();
    let d = |y: Var<'_, f64>| -> f64 { y.item() };
    let d1 = grad(y, &[x])[0];
    let d2 = grad(d1, &[x])[0];
    let d3 = grad(d2, &[x])[0];
    let t = 0.7f64.tanh();
    let s = 1.0 - t * t;
    assert!((d(d1) - s).abs() < 1e-14);
    assert!((d(d2) + 2.0 * t * s).abs() < 1e-14);
    assert!((d(d3) - s * (6.0 * t * t - 2.0)).abs() < 1e-13);
    let quartic = x.square().square();
    let third = (0..3).fold(quartic, |y, _| grad(y, &[x])[0]);
    assert!((third.item() - 24.0 * 0.7).abs() < 1e-13);
}

#[test]
fn second_derivatives_pass_through_pooling() {
    let tape = doubles();
    let x = tape.var(array![[[1., 5., 2., 0.], [3., 4., 1., 7.]]]);
    let y = (x.max_pool2d(2) * tape.constant([[[2., 3.]]])).square().sum();
    let dx = grad(y, &[x])[0];
    let d2x = grad((dx * dx).sum(), &[x])[0];
    // y = 4·5² + 9·7²: ∂y = (8·5, 18·7) at the winners, and ∂Σ(∂y)² = 2·(8·5)·8 and 2·(18·7)·18.
    assert_eq!(dx.value(), array![[[0., 40., 0., 0.], [0., 0., 0., 126.]]].into_dyn());
    assert_eq!(d2x.value(), array![[[0., 640., 0., 0.], [0., 0., 0., 4536.]]].into_dyn());
    // 8·c⁴ at the winners, and nothing beyond.
    let third = grad(d2x.sum(), &[x])[0];
    assert_eq!(third.value(), array![[[0., 128., 0., 0.], [0., 0., 0., 648.]]].into_dyn());
    assert_eq!(grad(third.sum(), &[x])[0].value().sum(), 0.0);
}

#[test]
fn lines_between_leaf_and_root_have_gradients_too() {
    let tape = doubles();
    let x = tape.var([1., 2.]);
    let z = x.square();
    let y = (z * z).sum();
    let [dz, dx] = grad(y, &[z, x])[..] else { panic!("two gradients") };
    assert_eq!(dz.value(), array![2., 8.].into_dyn());
    assert_eq!(dx.value(), array![4., 32.].into_dyn());
    assert_eq!(grad(y, &[y])[0].item(), 1.0);
    let constant = tape.constant([3., 3.]);
    assert_eq!(grad((x * constant).sum(), &[constant])[0].value(), array![1., 2.].into_dyn());
}

#[test]
fn a_forward_rule_by_transposing_is_the_hand_written_one() {
    let tape = doubles();
    let (x, dx) = (tape.var([0.5, -1.5, 2.0]), tape.constant([1.0, 0.25, -3.0]));
    let by_transposing = tape.apply(Cube, &[x.into()]).unwrap().real(0);
    let by_hand = x * x * x;
    let tangents = jvp(&[by_transposing, by_hand], &[(x, dx)]);
    for (k, (x, dx)) in [(0.5, 1.0), (-1.5, 0.25), (2.0, -3.0f64)].into_iter().enumerate() {
        let exact = 3.0 * x * x * dx;
        assert!((tangents[0].value()[[k]] - exact).abs() < 1e-14);
        assert!((tangents[1].value()[[k]] - exact).abs() < 1e-14);
    }
    // Forward over reverse: the tangent of the gradient is H ẋ = 6 x ẋ.
    let hessian = jvp(&[grad(by_transposing.sum(), &[x])[0]], &[(x, dx)])[0];
    assert_eq!(hessian.value(), array![3.0, -2.25, -36.0].into_dyn());
}

#[test]
fn forward_and_reverse_mode_agree_on_a_network() {
    let tape = doubles();
    let x = tape.var(array![[[0.3, -0.7, 0.2], [0.9, 0.1, -0.4], [-0.6, 0.8, 0.5]]]);
    let w = tape.var(array![[0.2, -0.5], [0.4, 0.7], [-0.3, 0.6], [0.1, -0.8]]);
    let pooled = x.max_pool2d(MaxPool2d::new(2).stride(1)).reshape([1, 4]);
    let y = pooled.matmul(w).tanh();
    let dx = tape.constant(array![[[1., 2., 3.], [4., 5., 6.], [7., 8., 9.]]]);
    let u = tape.constant(array![[0.5, -2.0]]);
    let forward = (jvp(&[y], &[(x, dx)])[0] * u).sum();
    let reverse = (grad_with(y, u, &[x])[0] * dx).sum();
    assert!((forward.item() - reverse.item()).abs() < 1e-14);
    let unmoved = jvp(&[y], &[(tape.var(1.0), tape.constant(1.0))])[0];
    assert_eq!(unmoved.value(), array![[0., 0.]].into_dyn());
}

#[test]
fn a_root_that_is_not_one_number_needs_a_cotangent() {
    let tape = doubles();
    let x = tape.var([1., 2.]);
    let y = x.square();
    let e = y.try_backward().unwrap_err();
    assert!(e.is_tape() && e.to_string().contains("the root has shape [2]") && e.to_string().contains("grad_with"));
    assert!(panic_text(|| grad(y, &[x])).contains("exactly one element"));
    assert_eq!(y.backward_with([10., 1.])[x].as_slice().unwrap(), [20., 4.]);
    let u = tape.constant([10., 1.]);
    assert_eq!(grad_with(y, u, &[x])[0].value(), array![20., 4.].into_dyn());
    assert!(panic_text(|| y.backward_with([1., 2., 3.])).contains("a cotangent has the root's shape"));
    assert!(panic_text(|| jvp(&[y], &[(x, tape.constant(1.0))])).contains("a tangent has its primal's shape"));
}

#[test]
fn two_leaves_may_get_the_very_same_large_cotangent() {
    let tape = Tape::new();
    let n = 40_000;
    let (a, b, c) = (tape.var(vec![1.0; n]), tape.var(vec![2.0; n]), tape.var(vec![3.0; n]));
    let grads = ((a + b) * c).square().sum().backward();
    // 2 (a + b) c · c = 54 for both summands.
    assert!(grads[a].iter().chain(&grads[b]).all(|v| *v == 54.0));
    assert!(grads[c].iter().all(|v| *v == 54.0));
}

#[test]
fn a_gradient_that_is_one_number_repeated_can_be_differentiated_by() {
    let tape = doubles();
    let x = tape.var([1., 2.]);
    let ones = grad(x.sum(), &[x])[0];
    let slope = grad((ones * x * x).sum(), &[x])[0];
    assert_eq!(slope.value(), array![2., 4.].into_dyn());
    assert_eq!(grad(slope.sum(), &[ones])[0].value(), array![2., 4.].into_dyn());
}
