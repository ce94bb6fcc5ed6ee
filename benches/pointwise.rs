//! Elementary functions and arithmetic: over data in memory, over data in cache, and in long expressions.

use wengert::prelude::*;

use crate::case::{Case, Function, Scale, Work};

const FUNCTIONS: &[(&str, Function)] = &[
    ("square", |x| x.square()),
    ("relu", |x| x.relu()),
    ("sqrt |x|", |x| x.abs().sqrt()),
    ("exp", |x| x.exp()),
    ("ln |x|", |x| x.abs().ln()),
    ("tanh", |x| x.tanh()),
    ("sigmoid", |x| x.sigmoid()),
    ("erf", |x| x.erf()),
    ("sin", |x| x.sin()),
    ("cos", |x| x.cos()),
    ("gelu", |x| x.gelu()),
    ("softplus", |x| x.softplus()),
];

pub fn cases(scale: Scale) -> Vec<Case> {
    let (large, small) = (scale.pick(15_000_000, 1000), scale.pick(24_000, 1000));
    let mut all: Vec<Case> =
        [large, small].into_iter().flat_map(|n| FUNCTIONS.iter().map(move |f| one(f, n))).collect();
    for n in [large, small] {
        all.push(Case::replay(format!("a + b, {n}"), Work::new(0, 2 * n, n).and_items(n), two(n), |[a, b]| {
            vec![(a + b).into()]
        }));
        all.push(Case::replay(
            format!("swish(a)·b with both gradients, {n}"),
            Work::new(0, 3 * n, 3 * n).and_items(n),
            three(n),
            |[a, b, g]| {
                let y = a.silu() * b;
                let d = grad_with(y, g, &[a, b]);
                vec![y.into(), d[0].into(), d[1].into()]
            },
        ));
    }
    all
}

fn one((name, f): &(&str, Function), n: usize) -> Case {
    let f = *f;
    Case::replay(format!("{name}, {n}"), Work::new(0, n, n).and_items(n), [[n].into()], move |[x]| vec![f(x).into()])
}

fn two(n: usize) -> [Dims; 2] {
    std::array::from_fn(|_| [n].into())
}

fn three(n: usize) -> [Dims; 3] {
    std::array::from_fn(|_| [n].into())
}
