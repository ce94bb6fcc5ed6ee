//! Matrix products: large, narrow, batched, and the shapes of a layer's two gradients.

use wengert::prelude::*;

use crate::case::{Case, Scale, Work};

pub fn cases(scale: Scale) -> Vec<Case> {
    let size = |full: usize| scale.pick(full, full.min(17));
    let plain =
        [[1500, 1500, 1500], [768, 768, 768], [200, 200, 200], [64, 2048, 300], [4096, 96, 32], [1, 1000, 1000]];
    let mut all: Vec<Case> = plain.map(|mkn| product(mkn.map(size))).into();
    all.push(layer_gradients([size(96), size(700), size(400)]));
    all.push(batched(size(96), [size(80), size(48), size(80)]));
    all.push(in_doubles(size(600)));
    all
}

/// [m, k] by [k, n].
fn product([m, k, n]: [usize; 3]) -> Case {
    let work = Work::new(2 * m * k * n, m * k + k * n, m * n);
    Case::replay(format!("{m}×{k} by {k}×{n}"), work, [[m, k].into(), [k, n].into()], |[a, b]| {
        vec![a.matmul(b).into()]
    })
}

/// Both gradients of a layer: the cotangent by the weights, and by the input.
fn layer_gradients([m, k, n]: [usize; 3]) -> Case {
    let work = Work::new(4 * m * k * n, m * k + k * n + m * n, m * k + k * n);
    let dims = [[m, k].into(), [k, n].into(), [m, n].into()];
    Case::replay(format!("both gradients of {m}×{k} by {k}×{n}"), work, dims, |[a, b, g]| {
        grad_with(a.matmul(b), g, &[a, b]).into_iter().map(Into::into).collect()
    })
}

fn batched(batch: usize, [m, k, n]: [usize; 3]) -> Case {
    let work = Work::new(2 * batch * m * k * n, batch * (m * k + k * n), batch * m * n);
    let dims = [[batch, m, k].into(), [batch, k, n].into()];
    Case::replay(format!("{batch} times {m}×{k} by {k}×{n}"), work, dims, |[a, b]| vec![a.matmul(b).into()])
}

/// A product in f64, recorded anew: programs here are in f32.
fn in_doubles(n: usize) -> Case {
    Case::new(format!("{n}×{n} by {n}×{n} in f64"), Work::items(n * n), move || {
        let values =
            |by: f64| Tensor::new([n, n], (0..n * n).map(|k| (k as f64 * by).sin()).collect()).expect("n² numbers");
        let (a, b, mut tape) = (values(0.7), values(0.3), Tape::<f64>::default());
        Box::new(move || {
            tape.clear();
            drop(tape.constant(&a).matmul(tape.constant(&b)).try_tensor().expect("a product"));
        })
    })
}
