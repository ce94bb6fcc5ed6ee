//! The thirteen points that a fully defined max pool must state, one row each: what is promised, and a test of it.
//! The names and promises stand in docs/max_pool2d.md, which is compared with them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wengert::prelude::*;
use wengert::{AdaptiveMaxPool2d, Op, Operand};

use crate::forms::{Form, Pooled, assert_winner, plane, pooled};

const NAN: f32 = f32::NAN;
const INF: f32 = f32::INFINITY;

/// A row: a name, the promise in the document's words, and what holds if it is kept.
pub struct Point {
    pub name: &'static str,
    pub promise: &'static str,
    holds: fn(),
}

pub const POINTS: [Point; 13] = [
    Point {
        name: "comparison",
        promise: "`v > best` or `v` is NaN: NaN beats every number, the last NaN of a window stays",
        holds: comparison,
    },
    Point {
        name: "start",
        promise: "the first cell inside the input, never a sentinel: a window of −∞ picks it",
        holds: start,
    },
    Point { name: "ties", promise: "the first in row-major order takes all", holds: ties },
    Point {
        name: "windows of padding alone",
        promise: "refused when recorded; padding never wins",
        holds: padding_alone,
    },
    Point {
        name: "rounding",
        promise: "exact, or an error; `.floor()` drops the tail, `.ceil()` adds a window that starts inside the input or its left padding",
        holds: rounding,
    },
    Point {
        name: "refusals",
        promise: "2P > D(F − 1) + 1, a kernel larger than the padded input, a stride, dilation or kernel of 0; each prints its numbers",
        holds: refusals,
    },
    Point { name: "indices", promise: "`u32`, flat and row-major within the plane", holds: indices },
    Point {
        name: "overlap",
        promise: "gradients add up in a fixed order: the same bits on any number of threads",
        holds: overlap,
    },
    Point { name: "signed zeros", promise: "−0 and +0 tie; the winner keeps its sign", holds: signed_zeros },
    Point { name: "integers", promise: "refused: a maximum that has a gradient is real", holds: integers },
    Point {
        name: "derivatives",
        promise: "of every order, forward and in reverse, along the same indices",
        holds: derivatives,
    },
    Point { name: "NaN in unselected cells", promise: "gets exactly 0", holds: unselected },
    Point {
        name: "emptiness",
        promise: "an empty batch, or no channels, is pooled to the same; an empty plane is refused",
        holds: emptiness,
    },
];

#[test]
fn every_point_holds() {
    let broken: Vec<&str> =
        POINTS.iter().filter(|p| catch_unwind(AssertUnwindSafe(p.holds)).is_err()).map(|p| p.name).collect();
    assert!(broken.is_empty(), "broken: {broken:?}; the assertions stand above");
}

fn comparison() {
    for (window, winner) in [
        ([1., 2., 3., 4.], 3),
        ([1., INF, -INF, 2.], 1),
        ([NAN, 2., 3., 4.], 0),
        ([1., 2., 3., NAN], 3),
        ([1., NAN, INF, 4.], 1),
        ([NAN, 1., NAN, 2.], 2),
        ([NAN, NAN, NAN, NAN], 3),
    ] {
        assert_winner(window, winner);
    }
}

fn start() {
    assert_winner([-INF; 4], 0);
    assert_winner([-INF, -INF, f32::MIN, -INF], 2);
    // Were the search to start at a sentinel, index 0 of the plane would get the gradient of the second window.
    let x = [1., 2., -INF, -INF, 3., 4., -INF, -INF];
    let p = plane(&x, [2, 4], &MaxPool2d::new(2));
    assert_eq!((p.values, p.index), (vec![4., -INF], vec![5, 2]));
    assert_eq!(p.gradient, [0., 0., 1., 0., 0., 1., 0., 0.]);
    let p = pooled(&x, &[1, 2, 4], |x| x.adaptive_max_pool2d_with_indices([1, 2]));
    assert_eq!(p.index, [5, 2]);
    // With padding the first cell of the window lies outside of the input; the first one inside is taken.
    let p = plane(&[-INF; 4], [2, 2], &MaxPool2d::new(2).stride(2).padding(1));
    assert_eq!((p.values, p.index), (vec![-INF; 4], vec![0, 1, 2, 3]));
    let p = pooled(&[-INF; 4], &[1, 4], |x| x.max_pool1d_with_indices(MaxPool1d::new(3).stride(3).padding(1).floor()));
    assert_eq!(p.index, [0, 2]);
}

fn ties() {
    for (window, winner) in [([4., 4., 4., 4.], 0), ([1., 4., 4., 0.], 1), ([1., INF, INF, 2.], 1)] {
        assert_winner(window, winner);
    }
}

fn padding_alone() {
    let p = plane(&[-5., -6., -7., -8.], [2, 2], &MaxPool2d::new(2).stride(2).padding(1));
    assert_eq!((p.values, p.index), (vec![-5., -6., -7., -8.], vec![0, 1, 2, 3]));
    assert_eq!(p.gradient, [1.; 4]);
    // Two cells 3 apart around an input of 2: the only window covers −1 and 2, neither of which exists.
    let tape = Tape::new();
    let over = MaxPool1d::new(2).dilation(3).padding(1).stride(1);
    let text = refused(&tape, over, tape.zeros([1, 2]).into());
    assert!(text.contains("nothing but padding"), "{text}");
}

fn refused<'t>(tape: &'t Tape, op: impl Op<f32>, x: Operand<'t, f32>) -> String {
    tape.apply(op, &[x]).expect_err("it is refused").to_string()
}

fn rounding() {
    let tape = Tape::new();
    for (size, options, floor, ceil) in [
        (5, MaxPool2d::new(2), 2, 3),
        (7, MaxPool2d::new(3).stride(2), 3, 3),
        (6, MaxPool2d::new(3).stride(2), 2, 3),
        // A third window would start in the right padding: it does not count.
        (3, MaxPool2d::new(2).padding(1), 2, 2),
        (6, MaxPool2d::new(3).stride(2).padding(1), 3, 4),
        (6, MaxPool2d::new(2).dilation(3).stride(2), 2, 2),
        (7, MaxPool2d::new(2).dilation(3).stride(2), 2, 3),
    ] {
        let x: Var<'_> = tape.zeros([1, size, size]);
        assert_eq!(x.max_pool2d(options.clone().floor()).dims(), [1, floor, floor], "{options:?}");
        assert_eq!(x.max_pool2d(options.clone().ceil()).dims(), [1, ceil, ceil], "{options:?}");
        let exact = tape.apply(options.clone(), &[x.into()]);
        assert_eq!(exact.is_ok(), floor == ceil && options.window().paddings() == [0, 0], "{options:?}");
    }
    let (signal, volume) = (tape.zeros([2, 5]), tape.zeros([1, 5, 4, 5]));
    assert_eq!(signal.max_pool1d(MaxPool1d::new(2).ceil()).dims(), [2, 3]);
    assert_eq!(volume.max_pool3d(MaxPool3d::new(2).floor()).dims(), [1, 2, 2, 2]);
    assert!(tape.apply(MaxPool3d::new(2), &[volume.into()]).is_err());

    let x: Vec<f32> = (0..25).map(|k| k as f32).collect();
    let Pooled { values, index, gradient } = plane(&x, [5, 5], &MaxPool2d::new(2).floor());
    assert_eq!((values, index), (vec![6., 8., 16., 18.], vec![6, 8, 16, 18]));
    let chosen: Vec<usize> = (0..25).filter(|&k| gradient[k] != 0.0).collect();
    assert_eq!(chosen, [6, 8, 16, 18], "no window loses its gradient");
    assert_eq!(plane(&x, [5, 5], &MaxPool2d::new(2).ceil()).values, [6., 8., 9., 16., 18., 19., 21., 23., 24.]);
}

/// The texts are held in refusals.rs, one by one.
fn refusals() {
    let tape = Tape::new();
    let x = tape.zeros([1, 4, 4]);
    for options in [
        MaxPool2d::new(3).stride(1).padding(2),
        MaxPool2d::new(5).floor(),
        MaxPool2d::new(2).stride(0),
        MaxPool2d::new(2).dilation(0),
        MaxPool2d::new(0),
    ] {
        let text = refused(&tape, options, x.into());
        assert!(text.contains("here"), "the rule has no numbers: {text}");
    }
    assert!(refused(&tape, AdaptiveMaxPool2d::new(0), x.into()).contains("here H = 4, n = 0"));
}

fn indices() {
    let cells = [0., 1., 2., 3., 3., 2., 1., 0., 0., 5., 2., 3., 0., 0., 7., 0.];
    let of = |dims: &[usize], pool: Form| pooled(&cells, dims, pool).index;
    assert_eq!(of(&[2, 2, 2, 2], |x| x.max_pool2d_with_indices(2)), [3, 0, 1, 2]);
    assert_eq!(of(&[2, 2, 2, 2], |x| x.adaptive_max_pool2d_with_indices(1)), [3, 0, 1, 2]);
    assert_eq!(of(&[2, 2, 4], |x| x.max_pool1d_with_indices(2)), [1, 3, 0, 2, 1, 3, 0, 2]);
    // In a volume the index runs over all three axes.
    assert_eq!(of(&[1, 4, 2, 2], |x| x.max_pool3d_with_indices([2, 2, 2])), [3, 14]);
    assert_eq!(of(&[2, 2, 2, 2], |x| x.max_pool3d_with_indices([2, 2, 2])), [3, 6]);
}

fn overlap() {
    let x = [1., 2., 0., 3., 9., 4., 5., 6., 7.];
    let p = plane(&x, [3, 3], &MaxPool2d::new(2).stride(1));
    assert_eq!((p.values, p.index), (vec![9.; 4], vec![4; 4]));
    assert_eq!(p.gradient, [0., 0., 0., 0., 4., 0., 0., 0., 0.]);
    let p = pooled(&x, &[1, 9], |x| x.max_pool1d_with_indices(MaxPool1d::new(3).stride(1)));
    assert_eq!(p.gradient, [0., 1., 0., 1., 3., 0., 0., 1., 1.]);

    let run = || {
        let tape = Tape::new();
        let cells: Vec<f32> = (0..64 * 64 * 6).map(|k| ((k * 7919) % 1013) as f32).collect();
        let x = tape.var(Tensor::new([2, 3, 64, 64], cells).unwrap());
        let y = x.max_pool2d(MaxPool2d::new(5).stride(1));
        let z = x.reshape([2, 3, 16, 16, 16]).max_pool3d(MaxPool3d::new(3).stride(1));
        let gradient = ((y * y * 0.1).sum() + (z * z * 0.1).sum()).backward();
        gradient[x].iter().map(|v| v.to_bits()).collect::<Vec<_>>()
    };
    let once = wengert::with_threads(1, run).unwrap();
    for threads in [1, 2, 3, 7] {
        assert!(wengert::with_threads(threads, run).unwrap() == once, "{threads} threads");
    }
}

fn signed_zeros() {
    assert_winner([0., -0., 0., -0.], 0);
    assert_winner([-0., 0., -0., 0.], 0);
}

fn integers() {
    let tape = Tape::<f32>::default();
    let images = tape.ints([1, 2, 3, 4]).reshape([1, 2, 2]);
    for text in [
        refused(&tape, MaxPool2d::new(2), images.into()),
        refused(&tape, MaxPool1d::new(2), images.into()),
        refused(&tape, AdaptiveMaxPool2d::new(2), images.into()),
    ] {
        assert!(text.contains("operand 0 holds integers"), "{text}");
    }
}

fn derivatives() {
    // L = Σ tanh(x_w)² over the winners w = 1 and 6 of three windows, the first of them counted twice by an overlap.
    let cells = [0.1, 0.7, -0.3, 0.2, 0.0, -0.9, 0.4, -0.2f64];
    type Pool = for<'t> fn(Var<'t, f64>) -> Var<'t, f64>;
    let forms: [(&[usize], Pool); 2] = [
        (&[1, 2, 4], |x| x.max_pool2d(MaxPool2d::new(2).stride(1))),
        (&[1, 1, 2, 4], |x| x.max_pool3d(MaxPool3d::new([1, 2, 2]).stride(1))),
    ];
    for (dims, pool) in forms {
        let tape = Tape::<f64>::default();
        let x = tape.var(Tensor::new(dims, cells.to_vec()).unwrap());
        let loss = pool(x).tanh().square().sum();
        // Windows over columns 0–1 and 1–2 choose cell 1, that over columns 2–3 chooses cell 6.
        let times = [0., 2., 0., 0., 0., 0., 1., 0.];
        let g = grad(loss, &[x])[0];
        let v = tape.constant(Tensor::new(dims, (1..9).map(f64::from).collect()).unwrap());
        let hv = grad((g * v).sum(), &[x])[0];
        let forward = jvp(&[g], &[(x, v)])[0];
        let [g, hv, forward] = [g, hv, forward].map(|v| v.value().into_iter().collect::<Vec<_>>());
        for (k, (&c, n)) in cells.iter().zip(times).enumerate() {
            // d/dx tanh² = 2t(1 − t²); d²/dx² tanh² = 2(1 − t²)(1 − 3t²).
            let t = c.tanh();
            let second = 2.0 * (1.0 - t * t) * (1.0 - 3.0 * t * t) * (k + 1) as f64;
            assert!((g[k] - n * 2.0 * t * (1.0 - t * t)).abs() < 1e-15, "cell {k}");
            assert!((hv[k] - n * second).abs() < 1e-14 && (forward[k] - n * second).abs() < 1e-14, "cell {k}");
        }
    }
    let signal = ndarray::Array2::from_shape_vec((1, 8), cells.to_vec()).unwrap();
    wengert::check(|_, x| x[0].adaptive_max_pool1d(3).tanh().square().sum(), (&signal,)).assert();
}

fn unselected() {
    // Index 1 is NaN and loses to the later NaN of its window; index 3 lies in the dropped tail.
    let p = plane(&[1., NAN, NAN, NAN, 2.], [1, 5], &MaxPool2d::new([1, 3]).stride(3).floor());
    assert!(p.values[0].is_nan());
    assert_eq!((p.index, p.gradient), (vec![2], vec![0., 0., 1., 0., 0.]));
    let p = pooled(&[NAN, NAN, 1., 5.], &[1, 4], |x| x.adaptive_max_pool1d_with_indices(2));
    assert_eq!((p.index, p.gradient), (vec![1, 3], vec![0., 1., 0., 1.]));
}

fn emptiness() {
    let cases: [(&[usize], Form, &[usize]); 5] = [
        (&[0, 3, 4, 4], |x| x.max_pool2d_with_indices(2), &[0, 3, 2, 2]),
        (&[2, 0, 4, 4], |x| x.max_pool2d_with_indices(2), &[2, 0, 2, 2]),
        (&[0, 3, 4], |x| x.max_pool1d_with_indices(2), &[0, 3, 2]),
        (&[0, 1, 2, 2, 2], |x| x.max_pool3d_with_indices(2), &[0, 1, 1, 1, 1]),
        (&[0, 3, 5, 4], |x| x.adaptive_max_pool2d_with_indices(3), &[0, 3, 3, 3]),
    ];
    let tape = Tape::new();
    let empty = |dims: &[usize]| tape.var(Tensor::new(dims, Vec::new()).unwrap());
    for (dims, pool, pooled) in cases {
        let x = empty(dims);
        let (y, index) = pool(x);
        assert_eq!((y.dims(), index.dims()), (pooled.into(), pooled.into()));
        assert_eq!(y.sum().item(), 0.0);
        assert_eq!(y.sum().backward()[x].shape(), dims);
    }
    assert!(refused(&tape, MaxPool2d::new(2), empty(&[2, 3, 0, 4]).into()).contains("height is 0"));
    assert!(refused(&tape, AdaptiveMaxPool2d::new(2), empty(&[2, 3, 4, 0]).into()).contains("width is 0"));
}
