//! What a plan says of itself, for three models: a classifier, a convolutional network, and a normalised block.
//! The texts show which lines are fused, stored, recomputed, and how many bytes that takes.

use wengert::prelude::*;

use crate::support::{network, numbers};

#[test]
fn a_classifier() {
    let tape = Tape::new();
    let x = tape.constant(numbers(32 * 20)).reshape([32, 20]);
    let (w, b) = (tape.var(numbers(20 * 50)).reshape([20, 50]), tape.var(numbers(50)));
    let (v, c) = (tape.var(numbers(50 * 10)).reshape([50, 10]), tape.var(numbers(10)));
    let scores = (x.matmul(w) + b).tanh().matmul(v) + c;
    let labels: Vec<u32> = (0..32).map(|k| k % 10).collect();
    drop(scores.cross_entropy(tape.ints(labels)).mean().backward());
    insta::assert_snapshot!(tape.explain());
}

#[test]
fn a_convolutional_network() {
    let tape = Tape::new();
    let images = tape.constant(numbers(4 * 64 * 64)).reshape([4, 1, 64, 64]);
    let (loss, _) = network(&tape, images, 64);
    drop(loss.backward());
    insta::assert_snapshot!(tape.explain());
}

#[test]
fn a_normalised_block() {
    let tape = Tape::new();
    let x = tape.var(numbers(512 * 128)).reshape([512, 128]);
    let (scale, shift) = (tape.var(numbers(128)), tape.var(numbers(128)));
    let centred = x - x.mean_over(keep(1));
    let normal = centred / (centred.square().mean_over(keep(1)) + 1e-5).sqrt();
    let y = normal * scale + shift;
    let gated = y * 0.5 * (1.0 + (0.7978845608 * (y + 0.044715 * y.square() * y)).tanh());
    drop(gated.square().mean().backward());
    insta::assert_snapshot!(tape.explain());
}
