//! A replayed program allocates nothing once it has run, and holds what it held.
//! Three models: a classifier with its step, a convolutional network, an attention block.

use wengert::prelude::*;
use wengert::{Attention, ConvOptions, Inputs, Program, Workspace};

use crate::counting::{NOISE, alone, calls, live};

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|k| ((k * 7919 % 1000) as f32 / 500.0 - 1.0) * 0.3).collect()
}

fn classifier() -> (Program<f32>, Inputs<f32>) {
    let tape = Tape::new();
    let x = tape.constant(ndarray::Array::from_shape_vec((64, 100), numbers(6400)).unwrap()).named("x");
    let w = tape.var(ndarray::Array::from_shape_vec((100, 10), numbers(1000)).unwrap()).named("w");
    let b = tape.var(numbers(10)).named("b");
    let labels = tape.ints((0..64u32).map(|k| k % 10).collect::<Vec<_>>()).named("labels");
    let loss = ((x.matmul(w) + b).tanh() * 2.0).cross_entropy(labels).mean();
    let g = grad(loss, &[w, b]);
    let new = [w - g[0] * 0.1, b - g[1] * 0.1];
    let program = tape.freeze(&[("loss", loss.into()), ("w", new[0].into()), ("b", new[1].into())]).unwrap();
    let inputs = Inputs::new().real("x", x.value()).real("w", w.value()).real("b", b.value());
    (program, inputs.ints("labels", labels.value()).unwrap())
}

fn network() -> (Program<f32>, Inputs<f32>) {
    let tape = Tape::new();
    let x = tape.var(numbers(16 * 3 * 24 * 24)).named("x");
    let k = tape.var(numbers(8 * 27)).named("k");
    let w = tape.var(numbers(8 * 12 * 12 * 10)).named("w");
    let h =
        x.reshape([16, 3, 24, 24]).conv2d(k.reshape([8, 3, 3, 3]), ConvOptions::new().padding(1)).relu().max_pool2d(2);
    let loss = h.reshape([16, 8 * 144]).matmul(w.reshape([8 * 144, 10])).log_softmax(1).square().mean();
    let g = grad(loss, &[x, k, w]);
    let outputs = [("loss", loss.into()), ("dx", g[0].into()), ("dk", g[1].into()), ("dw", g[2].into())];
    let inputs = Inputs::new().real("x", x.value()).real("k", k.value()).real("w", w.value());
    (tape.freeze(&outputs).unwrap(), inputs)
}

fn block() -> (Program<f32>, Inputs<f32>) {
    let tape = Tape::new();
    let x = tape.var(numbers(2 * 16 * 32)).named("x");
    let h = x.reshape([2, 2, 16, 16]);
    let y = h.scaled_dot_product_attention(h.tanh(), h.sigmoid(), Attention::new().causal()).silu();
    let z = y.reshape([64, 16]).layer_norm(1, 1e-5).square().mean();
    let program = tape.freeze(&[("loss", z.into()), ("dx", grad(z, &[x])[0].into())]).unwrap();
    (program, Inputs::new().real("x", x.value()))
}

#[test]
fn a_replay_allocates_nothing() {
    let _alone = alone();
    for (name, (program, inputs)) in [("classifier", classifier()), ("network", network()), ("block", block())] {
        let mut workspace = Workspace::new();
        let mut runs = |n: usize| (0..n).for_each(|_| drop(program.run(&inputs, &mut workspace).unwrap()));
        runs(20);
        // A replay that allocates does so in every ten runs; the harness does not.
        let fewest = (0..5).map(|_| calls(|| runs(10))).min();
        assert_eq!(fewest, Some(0), "{name}:\n{}", program.explain());
        let before = live();
        runs(1000);
        assert!(live() <= before + NOISE, "{name}: {} bytes more after 1000 runs", live() - before);
    }
}

#[test]
fn training_by_replay_allocates_nothing() {
    let _alone = alone();
    let (program, mut inputs) = classifier();
    let mut workspace = Workspace::new();
    let mut losses = (f32::NAN, f32::NAN);
    let mut steps = |n: usize| {
        for _ in 0..n {
            let out = program.run(&inputs, &mut workspace).unwrap();
            losses = (losses.1, out.item("loss").unwrap());
            inputs.carry(&out);
        }
    };
    steps(20);
    let fewest = (0..5).map(|_| calls(|| steps(10))).min();
    assert_eq!(fewest, Some(0));
    assert!(losses.1 < losses.0, "each step begins with the parameters of the last");
}
