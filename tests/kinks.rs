//! The table of docs/kinks.md, row by row: what the derivative is where there is none.
//! Public interface only.

use ndarray::array;
use wengert::prelude::*;

/// The gradient of the sum of `f` at `x`.
fn slopes(x: &[f64], f: impl for<'t> Fn(Var<'t, f64>) -> Var<'t, f64>) -> Vec<f64> {
    let tape = Tape::<f64>::default();
    let x = tape.var(x.to_vec());
    f(x).sum().backward()[x].iter().copied().collect()
}

#[test]
fn one_operand() {
    assert_eq!(slopes(&[0.0], |x| x.relu()), [0.0]);
    assert_eq!(slopes(&[0.0], |x| x.leaky_relu(0.1)), [0.1]);
    assert_eq!(slopes(&[0.0], |x| x.elu(0.7)), [0.7]);
    assert_eq!(slopes(&[0.0, -0.0], |x| x.abs()), [0.0, 0.0]);
    for slope in [
        slopes(&[0.0, 1.0, 1.5], |x| x.sign()),
        slopes(&[0.0, 1.0, 1.5], |x| x.floor()),
        slopes(&[0.0, 1.0, 1.5], |x| x.ceil()),
        slopes(&[0.0, 1.0, 1.5], |x| x.round()),
    ] {
        assert_eq!(slope, [0.0; 3]);
    }
    assert_eq!(slopes(&[-1.0, 0.0, 1.0], |x| x.clamp(-1.0, 1.0)), [0.0, 1.0, 0.0]);
    assert_eq!(slopes(&[-1.0], |x| x.clamp_min(-1.0)), [0.0]);
    assert_eq!(slopes(&[1.0], |x| x.clamp_max(1.0)), [0.0]);
    assert_eq!(slopes(&[0.0], |x| x.sqrt()), [f64::INFINITY]);
    assert_eq!(slopes(&[2.0], |x| x * x.stop_gradient()), [2.0]);
}

#[test]
fn ties() {
    let tape = Tape::<f64>::default();
    let (a, b) = (tape.var(3.0), tape.var(3.0));
    for y in [a.maximum(b), a.minimum(b)] {
        let g = y.backward();
        assert_eq!((g[a][[]], g[b][[]]), (0.5, 0.5));
    }
    let g = a.clamp_min(b).backward();
    assert_eq!((g[a][[]], g[b][[]]), (0.0, 1.0));

    assert_eq!(slopes(&[5.0, 1.0, 5.0], |x| x.max()), [0.5, 0.0, 0.5]);
    assert_eq!(slopes(&[5.0, 1.0, 1.0], |x| x.min()), [0.0, 0.5, 0.5]);
    assert_eq!(slopes(&[5.0, 1.0, 5.0], |x| x.amax(0)), [0.5, 0.0, 0.5]);
    assert_eq!(slopes(&[5.0, 1.0, 5.0], |x| x.max_along(0)), [1.0, 0.0, 0.0]);
    assert_eq!(slopes(&[5.0, 1.0, 1.0], |x| x.min_along(0)), [0.0, 1.0, 0.0]);
    assert_eq!(slopes(&[5.0, 1.0, 5.0], |x| x.max_with_index(0).0), [1.0, 0.0, 0.0]);
    assert_eq!(slopes(&[2.0, 2.0, 2.0], |x| x.std()), [0.0; 3]);

    let x = tape.var(array![[[1.0, 7.0], [7.0, 7.0]]]);
    assert_eq!(x.max_pool2d(2).sum().backward()[x], array![[[0.0, 1.0], [0.0, 0.0]]].into_dyn());
}

#[test]
fn nan_wins_and_takes_the_cotangent() {
    assert_eq!(slopes(&[1.0, f64::NAN, 2.0], |x| x.max_along(0)), [0.0, 1.0, 0.0]);
    assert_eq!(slopes(&[1.0, f64::NAN, 2.0], |x| x.max()), [0.0, 1.0, 0.0]);
    assert_eq!(slopes(&[f64::NAN], |x| x.relu()), [0.0]);
    assert_eq!(slopes(&[f64::NAN], |x| x.clamp(0.0, 1.0)), [0.0]);
    let tape = Tape::<f64>::default();
    let (a, b) = (tape.var(f64::NAN), tape.var(1.0));
    let g = a.maximum(b).backward();
    assert_eq!((g[a][[]], g[b][[]]), (1.0, 0.0));
}

#[test]
fn zero_wins_over_infinity_but_not_inside_matrix_products() {
    let tape = Tape::<f64>::default();
    let x = tape.var([0.0, 4.0]);
    let masked = x.sqrt().masked_fill(x.le(0.0), 0.0);
    assert_eq!(masked.sum().backward()[x].as_slice().unwrap(), [0.0, 0.25]);
    assert!(tape.lines().any(|l| l.op == "azmul"));

    let (zero, infinite) = (tape.var([[0.0]]), tape.constant([[f64::INFINITY]]));
    assert!(zero.matmul(infinite).item().is_nan());
}
