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
fn activations() {
    assert_eq!(slopes(&[0.0], |x| x.selu()), [1.050_700_987_355_480_5 * 1.673_263_242_354_377_2]);
    assert_eq!(slopes(&[0.0], |x| x.prelu(x.tape().constant(0.25))), [0.25]);
    assert_eq!(slopes(&[0.0], |x| x.celu(2.0)), [1.0]);
    assert_eq!(slopes(&[0.0], |x| x.softsign()), [1.0]);
    assert_eq!(slopes(&[0.0, 6.0], |x| x.relu6()), [0.0; 2]);
    assert_eq!(slopes(&[-3.0, 3.0], |x| x.hardsigmoid()), [0.0; 2]);
    assert_eq!(slopes(&[-3.0, 0.0, 3.0], |x| x.hardswish()), [0.0, 0.5, 1.0]);
    assert_eq!(slopes(&[-0.5, 0.5], |x| x.softshrink(0.5)), [0.0; 2]);
    assert_eq!(slopes(&[-0.5, 0.5], |x| x.hardshrink(0.5)), [0.0; 2]);
    assert_eq!(slopes(&[0.5], |x| x.threshold(0.5, 20.0)), [0.0]);
    let at_threshold = slopes(&[0.5], |x| x.softplus_with(2.0, 1.0))[0];
    assert!((at_threshold - 1.0 / (1.0 + (-1f64).exp())).abs() < 1e-15);
}

#[test]
fn jumps() {
    assert_eq!(slopes(&[1.0, -1.0], |x| x.frac()), [1.0; 2]);
    assert_eq!(slopes(&[1.0, 1.5], |x| x.trunc()), [0.0; 2]);
    assert_eq!(slopes(&[0.05, 0.12], |x| x.round_to(1)), [0.0; 2]);
    assert_eq!(slopes(&[4.0, 5.0], |x| x.floor_divide(2.0)), [0.0; 2]);
    assert_eq!(slopes(&[4.0, -5.0], |x| x.fmod(2.0)), [1.0; 2]);
    assert_eq!(slopes(&[4.0, -5.0], |x| x.remainder(2.0)), [1.0; 2]);
    let tape = Tape::<f64>::default();
    let a = tape.constant(-5.0);
    let b = tape.var(2.0);
    assert_eq!(a.fmod(b).backward()[b][[]], 2.0);
    assert_eq!(a.remainder(b).backward()[b][[]], 3.0);
}

#[test]
fn logarithms_of_nothing() {
    let tape = Tape::<f64>::default();
    let (x, y) = (tape.var([0.0, 0.0]), tape.var([0.0, 3.0]));
    let g = x.xlogy(y).sum().backward();
    assert_eq!((g[x][[0]], g[y].as_slice().unwrap()), (0.0, &[0.0; 2][..]));
    assert!((g[x][[1]] - 3f64.ln()).abs() < 1e-15);
    let (a, b) = (tape.var([f64::NEG_INFINITY, f64::INFINITY]), tape.var([f64::NEG_INFINITY, f64::INFINITY]));
    assert_eq!(a.logaddexp(b).sum().backward()[a].as_slice().unwrap(), [0.0, 0.5]);
    assert_eq!(slopes(&[f64::NAN, f64::INFINITY, 1.0], |x| x.nan_to_num(0.0, 1.0, 2.0)), [0.0, 0.0, 1.0]);
}

#[test]
fn norms_and_softmaxes_of_nothing() {
    assert_eq!(slopes(&[f64::NEG_INFINITY; 2], |x| x.logsumexp(0)), [0.0; 2]);
    assert_eq!(slopes(&[f64::NEG_INFINITY; 2], |x| x.softmax_or_zero(0).square()), [0.0; 2]);
    for p in [0.5, 1.0, 2.0, 3.0, f64::INFINITY, -1.0] {
        assert_eq!(slopes(&[0.0, 0.0], |x| x.vector_norm(p, 0)), [0.0; 2], "p = {p}");
    }
    assert_eq!(slopes(&[0.0, -1.0], |x| x.vector_norm(0.5, 0)), [0.0, -1.0]);
    assert_eq!(slopes(&[3.0, -3.0, 1.0], |x| x.vector_norm(f64::INFINITY, 0)), [0.5, -0.5, 0.0]);
    assert_eq!(slopes(&[1.0, -1.0, 3.0], |x| x.vector_norm(f64::NEG_INFINITY, 0)), [0.5, -0.5, 0.0]);
    assert_eq!(slopes(&[0.5, 0.5], |x| x.pairwise_distance(x.tape().constant(0.5), 2.0, 0.0)), [0.0; 2]);
    assert_eq!(slopes(&[3.0, 4.0], |x| x.normalize(2.0, 0, 5.0)), [0.2, 0.2]);
}

#[test]
fn losses() {
    assert_eq!(slopes(&[1.0], |x| x.l1(x.tape().constant(1.0))), [0.0]);
    assert_eq!(slopes(&[1.0], |x| x.smooth_l1(x.tape().constant(1.0), 0.0)), [0.0]);
    assert_eq!(slopes(&[1.0], |x| x.hinge_embedding(x.tape().constant(-1.0), 1.0)), [0.0]);
    assert_eq!(slopes(&[1.0], |x| x.margin_ranking(x.tape().constant(0.0), x.tape().constant(1.0), 1.0)), [0.0]);
    let (up, down) = ([1.0, 0.0], [0.0, 0.0]);
    assert_eq!(slopes(&up, |x| x.cosine_embedding(x.tape().constant([0.0, 1.0]), x.tape().constant(-1.0), 0.0)), down);
    let triplet = wengert::TripletMargin::new().margin(0.0).eps(0.0);
    assert_eq!(slopes(&[1.0], |x| triplet.each(x, x.tape().constant([0.0]), x.tape().constant([2.0]))), [0.0]);
    let below = slopes(&[0.0], |x| x.tape().constant(0.0).gaussian_nll(x.tape().constant(0.0), x, 0.5));
    assert_eq!(below, [1.0]);
    assert_eq!(slopes(&[0.0, 0.0], |x| x.cosine_similarity(x.tape().constant([1.0, 0.0]), 0, 0.5)), [2.0, 0.0]);
    assert_eq!(slopes(&[0.0, 1.0], |x| x.binary_cross_entropy(1.0 - x.stop_gradient())), [-1e12, 1e12]);
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

    assert_eq!(slopes(&[5.0, 1.0, 5.0], |x| x.cummax(0).0), [2.0, 0.0, 1.0]);
    assert_eq!(slopes(&[1.0, 1.0, 5.0], |x| x.cummin(0).0), [1.0, 2.0, 0.0]);
    let first_of = |x: &[f64], f: fn(Var<'_, f64>) -> Var<'_, f64>| slopes(x, move |x| f(x).index_axis(0, 0));
    assert_eq!(first_of(&[5.0, 1.0, 1.0], |x| x.sort(0).0), [0.0, 1.0, 0.0]);
    assert_eq!(first_of(&[1.0, 5.0, 5.0], |x| x.sort_falling(0).0), [0.0, 1.0, 0.0]);
    assert_eq!(first_of(&[1.0, 5.0, 5.0], |x| x.topk(0, 1).0), [0.0, 1.0, 0.0]);
    assert_eq!(first_of(&[5.0, 1.0, 1.0], |x| x.bottomk(0, 2).0), [0.0, 1.0, 0.0]);
    assert_eq!(slopes(&[5.0, 1.0, 1.0], |x| x.kthvalue(0, 2).0), [0.0, 0.0, 1.0]);
    assert_eq!(slopes(&[f64::NEG_INFINITY, f64::NEG_INFINITY], |x| x.logcumsumexp(0)), [0.0, 0.0]);
    assert_eq!(slopes(&[7.0, 8.0], |x| x.tape().zeros([1]).scatter(0, x.tape().ints([0, 0]), x)), [0.0, 1.0]);
    let rows = |x: &[f64]| slopes(x, |x| x.tape().zeros([1]).index_copy(0, x.tape().ints([0, 0]), x));
    assert_eq!(rows(&[7.0, 8.0]), [0.0, 1.0]);

    let x = tape.var(array![[[1.0, 7.0], [7.0, 7.0]]]);
    assert_eq!(x.max_pool2d(2).sum().backward()[x], array![[[0.0, 1.0], [0.0, 0.0]]].into_dyn());
    assert_eq!(x.adaptive_max_pool2d(1).sum().backward()[x], array![[[0.0, 1.0], [0.0, 0.0]]].into_dyn());
    let row = [1.0, 7.0, 7.0];
    assert_eq!(slopes(&row, |x| x.reshape([1, 3]).max_pool1d(3)), [0.0, 1.0, 0.0]);
    assert_eq!(slopes(&row, |x| x.reshape([1, 3]).adaptive_max_pool1d(1)), [0.0, 1.0, 0.0]);
    assert_eq!(slopes(&row, |x| x.reshape([1, 1, 1, 3]).max_pool3d([1, 1, 3])), [0.0, 1.0, 0.0]);
    assert_eq!(slopes(&row, |x| x.reshape([1, 1, 1, 3]).adaptive_max_pool3d(1)), [0.0, 1.0, 0.0]);
    let unpool = |index: [u32; 3]| {
        slopes(&row, move |x| {
            let index = x.tape().ints(index).reshape([1, 3]);
            x.reshape([1, 3]).max_unpool1d(index, MaxPool1d::new(2), None)
        })
    };
    assert_eq!((unpool([5, 0, 2]), unpool([4, 0, 4])), (vec![1.0; 3], vec![0.0, 1.0, 1.0]));
}

#[test]
fn nan_wins_and_takes_the_cotangent() {
    assert_eq!(slopes(&[1.0, f64::NAN, 2.0], |x| x.max_along(0)), [0.0, 1.0, 0.0]);
    assert_eq!(slopes(&[1.0, f64::NAN, 2.0], |x| x.max()), [0.0, 1.0, 0.0]);
    assert_eq!(slopes(&[1.0, f64::NAN, 2.0], |x| x.cummin(0).0), [1.0, 2.0, 0.0]);
    assert_eq!(slopes(&[1.0, f64::NAN, 2.0], |x| x.topk(0, 1).0), [0.0, 1.0, 0.0]);
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

#[test]
fn distances_of_points_that_coincide() {
    for p in [1.0, 1.5, 2.0, 3.0, f64::INFINITY] {
        let at = |f: for<'t> fn(Var<'t, f64>, Var<'t, f64>, f64) -> Var<'t, f64>| {
            slopes(&[1.0, 2.0, 1.0, 2.0], |x| f(x.reshape([2, 2]), x.tape().constant([[1.0, 2.0]]), p))
        };
        assert_eq!(at(|x, y, p| x.cdist(y, p)), [0.0; 4], "p = {p}");
        assert_eq!(at(|x, y, p| x.dist(y, p)), [0.0; 4], "p = {p}");
        assert_eq!(at(|x, _, p| x.pdist(p)), [0.0; 4], "p = {p}");
    }
    let of_largest = slopes(&[2.0, -2.0], |x| x.unsqueeze(0).cdist(x.tape().constant([[0.0, 0.0]]), f64::INFINITY));
    assert_eq!(of_largest, [0.5, -0.5]);
}

#[test]
fn matrices_with_ties() {
    use wengert::MatrixNorm::{LargestColumn, LargestRow, Nuclear, SmallestRow, SmallestSingular, Spectral};
    for norm in [LargestColumn, LargestRow, SmallestRow, SmallestSingular, Spectral] {
        assert_eq!(slopes(&[1.0, 0.0, 0.0, 1.0], |x| x.reshape([2, 2]).matrix_norm(norm)), [0.5, 0.0, 0.0, 0.5]);
    }
    assert_eq!(slopes(&[3.0, 0.0, 0.0, 0.0], |x| x.reshape([2, 2]).matrix_norm(Nuclear)), [1.0, 0.0, 0.0, 1.0]);
    assert_eq!(slopes(&[0.0; 4], |x| x.reshape([2, 2]).matrix_norm(Nuclear)), [1.0, 0.0, 0.0, 1.0]);
    // One vector does not turn into the other, while the values keep their derivatives.
    let equal = [2.0, 0.0, 0.0, 2.0];
    assert_eq!(slopes(&equal, |x| x.reshape([2, 2]).eigh().1), [0.0; 4]);
    assert_eq!(slopes(&equal, |x| x.reshape([2, 2]).eigh().0), [1.0, 0.0, 0.0, 1.0]);
    assert_eq!(slopes(&equal, |x| x.reshape([2, 2]).svd().0), [0.0; 4]);
    assert_eq!(slopes(&equal, |x| x.reshape([2, 2]).svd().1), [1.0, 0.0, 0.0, 1.0]);
}

#[test]
fn images_at_their_cells() {
    use wengert::GridSample;
    // Three cells at −1, 0 and 1: a cell is a step of 1 along the grid.
    let slope = |options: GridSample, at: f64| {
        let along = slopes(&[at, 0.0], |grid| {
            let image = grid.tape().constant([[[[1.0, 5.0, 7.0]]]]);
            image.grid_sample(grid.reshape([1, 1, 1, 2]), options.align_corners())
        });
        assert_eq!(along[1], 0.0);
        along[0]
    };
    assert_eq!([-1.0, 0.0, 1.0].map(|at| slope(GridSample::linear(), at)), [4.0, 2.0, -7.0]);
    assert_eq!([-1.0, 0.0, 1.0, 2.5].map(|at| slope(GridSample::linear().border(), at)), [0.0, 2.0, 0.0, 0.0]);
    assert_eq!([-1.0, 0.0, 1.0].map(|at| slope(GridSample::linear().reflect(), at)), [0.0, 2.0, 0.0]);
    assert_eq!([-1.0, -0.5, 0.2, 1.0].map(|at| slope(GridSample::nearest(), at)), [0.0; 4]);
}
