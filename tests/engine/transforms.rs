//! Jacobians, Hessians and products with them: against differences, against each other, and against formulas.
//! The models go through pooling, matrix products and cross entropy, so that every kind of rule takes part.

use ndarray::{ArrayD, Dimension, IxDyn, array};
use wengert::prelude::*;

use crate::support::{doubles, panic_text};

fn number(k: usize) -> f64 {
    ((k * 7919 + 13) % 1009) as f64 / 504.5 - 1.0
}

fn numbers(dims: &[usize]) -> ArrayD<f64> {
    let mut k = 0;
    ArrayD::from_shape_simple_fn(IxDyn(dims), || {
        k += 1;
        number(k)
    })
}

fn near(a: &ArrayD<f64>, b: &ArrayD<f64>, tolerance: f64) {
    assert_eq!(a.shape(), b.shape());
    for (index, a) in a.indexed_iter() {
        assert!((a - b[&index]).abs() <= tolerance, "{index:?}: {a} and {}", b[&index]);
    }
}

type Model = for<'t> fn(Var<'t, f64>) -> Var<'t, f64>;

/// Max pooling, a matrix product and tanh: 4×4 numbers to 2×3.
fn pooled(x: Var<'_, f64>) -> Var<'_, f64> {
    let w = x.tape().constant(numbers(&[2, 3]));
    x.reshape([1, 4, 4]).max_pool2d(2).reshape([2, 2]).matmul(w).tanh()
}

/// Cross entropy of two rows of scores, one number for each row.
fn classified(x: Var<'_, f64>) -> Var<'_, f64> {
    let w = x.tape().constant(numbers(&[8, 5]));
    x.reshape([2, 8]).matmul(w).cross_entropy(x.tape().ints([3, 0]))
}

const MODELS: [Model; 2] = [pooled, classified];

/// ∂y[i]/∂x[j] by central differences of order 4.
fn differences(f: Model, at: &ArrayD<f64>) -> ArrayD<f64> {
    let value = |x: ArrayD<f64>| -> ArrayD<f64> {
        let tape = doubles();
        f(tape.var(x)).value()
    };
    let y = value(at.clone());
    let mut dims = y.shape().to_vec();
    dims.extend_from_slice(at.shape());
    let mut j = ArrayD::zeros(IxDyn(&dims));
    let h = 1e-3;
    for (index, _) in at.indexed_iter() {
        let moved = |by: f64| {
            let mut x = at.clone();
            x[&index] += by;
            value(x)
        };
        let slope = (8.0 * (moved(h) - moved(-h)) - (moved(2.0 * h) - moved(-2.0 * h))) / (12.0 * h);
        for (row, d) in slope.indexed_iter() {
            let place: Vec<usize> = row.slice().iter().chain(index.slice()).copied().collect();
            j[IxDyn(&place)] = *d;
        }
    }
    j
}

#[test]
fn both_modes_give_the_jacobian_that_differences_see() {
    for f in MODELS {
        let at = numbers(&[4, 4]);
        let tape = doubles();
        let x = tape.var(&at);
        let y = f(x);
        let (rows, columns) = (jacobian_reverse(y, x).value(), jacobian_forward(y, x).value());
        near(&rows, &columns, 1e-12);
        near(&rows, &differences(f, &at), 1e-9);
        assert_eq!(jacobian(y, x).value(), rows);
    }
}

#[test]
fn the_cheaper_mode_is_taken() {
    let tape = doubles();
    let x = tape.var([1., 2.]);
    let tall = stack(&[x.sum(), x.prod(), x.square().sum()], 0);
    let written = |f: &dyn Fn() -> usize| {
        let before = tape.len();
        f();
        tape.len() - before
    };
    let lines = written(&|| jacobian(tall, x).count());
    assert_eq!(lines, written(&|| jacobian_forward(tall, x).count()));
    let wide = tall.slice(0, 0..1);
    let lines = written(&|| jacobian(wide, x).count());
    assert_eq!(lines, written(&|| jacobian_reverse(wide, x).count()));
}

#[test]
fn what_does_not_depend_on_the_seed_is_written_once() {
    let tape = doubles();
    let x = tape.var(numbers(&[16]));
    let y = pooled(x);
    let begin = tape.len();
    let _ = jacobian_reverse(y, x);
    let names: Vec<&str> = tape.lines().filter(|l| l.id as usize >= begin).map(|l| l.op).collect();
    let count = |op: &str| names.iter().filter(|n| **n == op).count();
    // 1 - y², the local derivative of tanh, and the transposed weights serve all six rows.
    assert_eq!((count("square"), count("plane_scatter"), count("matmul"), count("constant")), (1, 6, 6, 6));
    let _ = jacobian_reverse(y, x).value();
    assert_eq!(tape.runs("plane_scatter"), 6);
}

#[test]
fn a_row_costs_less_than_a_sweep() {
    let tape = doubles();
    let (x, v, w) = (tape.var(numbers(&[1, 20])), tape.var(numbers(&[20, 16])), tape.var(numbers(&[16, 10])));
    let y = x.matmul(v).tanh().matmul(w).softmax(-1);
    let before = tape.len();
    let j = jacobian(y, x);
    let copied = tape.len() - before;
    let rows: Vec<Var<'_, f64>> = (0..10)
        .map(|k| {
            let seed = ndarray::Array2::from_shape_fn((1, 10), |(_, i)| if i == k { 1.0 } else { 0.0 });
            grad_with(y, tape.constant(seed), &[x])[0]
        })
        .collect();
    let swept = tape.len() - before - copied;
    assert!(copied < swept, "{copied} lines, and {swept} in ten sweeps");
    near(&j.value(), &stack(&rows, 0).reshape(j.dims()).value(), 1e-15);
}

#[test]
fn jacobians_are_lines_that_can_be_differentiated() {
    for f in MODELS {
        let tape = doubles();
        let x = tape.var(numbers(&[4, 4]));
        let y = f(x);
        let weights = tape.constant(numbers(&y.dims()));
        let j = jacobian(y, x);
        let second = jacobian(j, x);
        assert_eq!(second.rank(), y.rank() + 4);
        // Σᵢ wᵢ ∂²yᵢ is the Hessian of Σᵢ wᵢ yᵢ.
        let h = hessian((y * weights).sum(), x);
        let contracted = weights.reshape([1, y.count()]).matmul(second.reshape([y.count(), 256]));
        near(&contracted.reshape([4, 4, 4, 4]).value(), &h.value(), 1e-12);
    }
}

#[test]
fn hessians_agree_in_every_way_of_getting_them() {
    for f in MODELS {
        let tape = doubles();
        let x = tape.var(numbers(&[4, 4]));
        let y = f(x).square().sum();
        let h = hessian(y, x);
        let dx = grad(y, &[x])[0];
        near(&h.value(), &jacobian_reverse(dx, x).value(), 1e-10);
        let flat = h.reshape([16, 16]);
        near(&flat.value(), &flat.t().value(), 1e-10);
        let v = tape.constant(numbers(&[4, 4]));
        let product = flat.matmul(v.reshape([16, 1])).reshape([4, 4]);
        near(&hvp(y, &[x], &[v])[0].value(), &product.value(), 1e-10);
        near(&grad((dx * v).sum(), &[x])[0].value(), &product.value(), 1e-10);
    }
}

#[test]
fn the_hessian_is_what_differences_of_the_gradient_see() {
    fn gradient(x: Var<'_, f64>) -> Var<'_, f64> {
        grad(classified(x).sum(), &[x])[0]
    }
    let at = numbers(&[4, 4]);
    let tape = doubles();
    let x = tape.var(&at);
    near(&hessian(classified(x).sum(), x).value(), &differences(gradient, &at), 1e-9);
}

#[test]
fn blocks_across_inputs_are_those_of_the_hessian_of_all() {
    let tape = doubles();
    let at = numbers(&[10]);
    let part = |range: std::ops::Range<usize>| at.as_slice().unwrap()[range].to_vec();
    let all = tape.var(&at);
    let (a, b) = (all.slice(0, 0..6).reshape([2, 3]), all.slice(0, 6..10).reshape([2, 2]));
    let y = b.matmul(a).tanh().square().sum();
    let whole = hessian(y, all).value();
    let cut = |range, dims: [usize; 2]| ndarray::Array2::from_shape_vec(dims, part(range)).unwrap();
    let (a, b) = (tape.var(cut(0..6, [2, 3])), tape.var(cut(6..10, [2, 2])));
    let blocks = hessian_blocks(b.matmul(a).tanh().square().sum(), &[a, b]);
    let places = [(0, 6), (6, 10)];
    for (i, &(from, to)) in places.iter().enumerate() {
        for (j, &(left, right)) in places.iter().enumerate() {
            let block = blocks[i][j].reshape([to - from, right - left]).value();
            for ((r, c), v) in block.into_dimensionality::<ndarray::Ix2>().unwrap().indexed_iter() {
                assert!((v - whole[[from + r, left + c]]).abs() < 1e-12);
            }
        }
    }
    assert_eq!(blocks[1][0].dims(), [2, 2, 2, 3]);
}

#[test]
fn several_outputs_are_pulled_back_in_one_sweep() {
    let tape = doubles();
    let x = tape.var(numbers(&[4, 4]));
    let (y, z) = (pooled(x), classified(x));
    let (u, v) = (tape.constant(numbers(&y.dims())), tape.constant(numbers(&z.dims())));
    let both = vjp(&[y, z], &[u, v], &[x])[0];
    let apart = grad_with(y, u, &[x])[0] + grad_with(z, v, &[x])[0];
    near(&both.value(), &apart.value(), 1e-14);
    // An output that leads to another, and one that is given twice.
    let h = x.sin();
    let w = (h * h).sum();
    let (one, t) = (tape.constant(1.0), tape.constant(numbers(&[4, 4])));
    let chained = vjp(&[h, w, w], &[t, one, one], &[x, h]);
    let by_hand = (t + 4.0 * h) * x.cos();
    near(&chained[0].value(), &by_hand.value(), 1e-14);
    near(&chained[1].value(), &(t + 4.0 * h).value(), 1e-14);
    assert_eq!(vjp(&[], &[], &[x])[0].value(), ArrayD::<f64>::zeros(IxDyn(&[4, 4])));
    assert!(vjp::<f64>(&[], &[], &[]).is_empty());
    // One sweep runs each rule once.
    let before = tape.lines().filter(|l| l.op == "sin").count();
    let _ = vjp(&[h, w], &[t, one], &[x]);
    assert_eq!(tape.lines().filter(|l| l.op == "sin").count(), before);
}

#[test]
fn scalars_and_empty_shapes() {
    let tape = doubles();
    let (s, v, none) = (tape.var(3.0), tape.var([1., 2.]), tape.var(ArrayD::zeros(IxDyn(&[0, 2]))));
    let cube = s * s * s;
    for j in [jacobian(cube, s), jacobian_forward(cube, s), jacobian_reverse(cube, s)] {
        assert_eq!((j.rank(), j.item()), (0, 27.0));
    }
    assert_eq!(hessian(cube, s).item(), 18.0);
    let scaled = v * s;
    for j in [jacobian_forward(scaled, s), jacobian_reverse(scaled, s)] {
        assert_eq!(j.value(), array![1., 2.].into_dyn());
    }
    let total = (v * s).sum();
    for j in [jacobian_forward(total, v), jacobian_reverse(total, v)] {
        assert_eq!(j.value(), array![3., 3.].into_dyn());
    }
    for f in [jacobian, jacobian_forward, jacobian_reverse] {
        assert_eq!(f(none.exp(), none).value().shape(), [0, 2, 0, 2]);
        assert_eq!(f(none.sum(), none).value().shape(), [0, 2]);
        assert_eq!(f(none * s, s).value().shape(), [0, 2]);
        // Where nothing depends on x, it is zeros.
        assert_eq!(f(v, s).value(), array![0., 0.].into_dyn());
        assert_eq!(f(v, v).value(), array![[1., 0.], [0., 1.]].into_dyn());
    }
    assert_eq!(hessian(none.square().sum(), none).value().shape(), [0, 2, 0, 2]);
    // A function that is linear has a Hessian of zeros.
    assert_eq!(hessian(v.sum(), v).value(), ArrayD::<f64>::zeros(IxDyn(&[2, 2])));
    assert_eq!(hvp(v.sum(), &[v, s], &[v, s])[1].item(), 0.0);
}

#[test]
fn mistakes_are_told() {
    let (tape, other) = (doubles(), doubles());
    let (x, y) = (tape.var([1., 2.]), other.var(1.0));
    let text = panic_text(|| hessian(x.square(), x));
    assert!(text.contains("hessian: the root has shape [2]") && text.contains("`jacobian` of a `jacobian`"), "{text}");
    assert!(panic_text(|| hessian_blocks(x.square(), &[x])).contains("exactly one element"));
    assert!(panic_text(|| hvp(x.square(), &[x], &[x])).contains("exactly one element"));
    assert!(panic_text(|| hvp(x.sum(), &[x], &[])).contains("each input has one direction"));
    assert!(panic_text(|| hvp(x.sum(), &[x], &[tape.constant(1.0)])).contains("a tangent has its primal's shape"));
    assert!(panic_text(|| jacobian(y, x)).contains("different tapes"));
    assert!(panic_text(|| vjp(&[x, x], &[x], &[x])).contains("2 outputs and 1 cotangents"));
    assert!(panic_text(|| vjp(&[x], &[x.sum()], &[x])).contains("a cotangent has the root's shape"));
    assert!(text.contains("transforms.rs"), "{text}");
}
