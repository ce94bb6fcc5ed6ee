//! What has been computed is not computed again, until it is freed; and what is freed can be had again.
//! Counters of runs prove it.

use wengert::prelude::*;

use crate::support::{Cube, network, noise, numbers};

/// 256 × 256 numbers: four times what stays by itself.
const SIDE: usize = 256;

fn large(tape: &Tape) -> Var<'_> {
    tape.var(numbers(SIDE * SIDE)).reshape([SIDE, SIDE])
}

#[test]
fn values_before_backward_repeat_no_line_of_the_forward_pass() {
    let tape = Tape::new();
    let x = tape.constant(numbers(SIDE * SIDE)).reshape([1, 1, SIDE, SIDE]);
    let k = tape.var(numbers(9)).reshape([1, 1, 3, 3]);
    let convolved = x.conv2d(k, wengert::ConvOptions::new().padding(1));
    let product = convolved.reshape([SIDE, SIDE]).matmul(large(&tape));
    let (pooled, index) =
        (product * 0.01).reshape([1, SIDE, SIDE]).max_pool2d_with_indices(MaxPool2d::new(2).stride(1));
    let random = noise(pooled, 0);
    let own = tape.apply(Cube, &[random.into()]).unwrap().real(0);
    let sums = own.sum_over(2);
    let loss = sums.tanh().sum();
    for v in [product, pooled, own, sums, loss, convolved, pooled, random] {
        let _ = v.value();
    }
    drop(loss.backward());
    for v in [convolved, product, pooled, random, own, sums, loss] {
        assert_eq!(v.runs(), 1, "{v:?}");
    }
    assert_eq!(index.runs(), 1);
}

#[test]
fn indices_that_only_backward_needs_are_found_in_the_first_run() {
    let tape = Tape::new();
    let x = large(&tape).reshape([1, SIDE, SIDE]);
    let pooled = x.max_pool2d(MaxPool2d::new(3).stride(1));
    let loss = pooled.sum();
    let _ = (loss.item(), loss.backward());
    assert_eq!(pooled.runs(), 1);
}

#[test]
fn without_a_differentiable_leaf_only_the_results_asked_for_are_computed() {
    let tape = Tape::new();
    let x = tape.constant(numbers(SIDE * SIDE)).reshape([1, SIDE, SIDE]);
    let (pooled, index) = x.max_pool2d_with_indices(2);
    let _ = pooled.value();
    assert_eq!((pooled.runs(), index.value().len(), pooled.runs()), (1, SIDE * SIDE / 4, 2));
}

#[test]
fn a_value_that_was_asked_for_outlives_later_readers() {
    let tape = Tape::new();
    let x = large(&tape);
    let y = x.matmul(x);
    let first = y.value();
    let _ = (y.sum().item(), (y * 2.0).sum().item());
    assert_eq!((y.value(), y.runs()), (first, 1));
}

#[test]
fn small_values_stay_after_backward_and_large_ones_go() {
    let tape = Tape::new();
    let images = tape.constant(numbers(4 * 64 * 64)).reshape([4, 1, 64, 64]);
    let (loss, scores) = network(&tape, images, 64);
    drop(loss.backward());
    let (runs, bytes) = (structured_runs(&tape), tape.bytes());
    let _ = (loss.item(), scores.value(), loss.item());
    assert_eq!(structured_runs(&tape), runs);
    // The rectified images alone are 4 · 4 · 64 · 64 numbers of 4 bytes.
    let leaves: usize = tape.lines().filter(|l| l.operands.is_empty()).map(|l| 4 * l.results[0].1.count()).sum();
    assert!(bytes < 3 * leaves + (256 << 10), "{bytes} bytes beside {leaves} of leaves");
}

/// How often lines have run that are no part of a fused pass: of pointwise lines the pass keeps nothing.
fn structured_runs(tape: &Tape) -> u64 {
    let structured = |l: &wengert::Line| l.step_kind != wengert::StepKind::Elementwise;
    let ops: std::collections::BTreeSet<&str> = tape.lines().filter(structured).map(|l| l.op).collect();
    ops.into_iter().map(|op| tape.runs(op)).sum()
}

#[test]
fn a_freed_value_is_computed_again_and_a_pinned_one_is_not() {
    let value = |keep: bool| {
        let tape = Tape::new();
        let x = large(&tape);
        let y = x.matmul(x);
        let y = if keep { y.keep() } else { y };
        let before = y.value();
        drop((y.square() * 0.5).sum().backward());
        let freed = tape.bytes();
        assert_eq!(before, y.value());
        (y.runs(), freed)
    };
    let ((again, freed), (once, kept)) = (value(false), value(true));
    assert_eq!((again, once), (2, 1));
    assert_eq!(kept - freed, SIDE * SIDE * 4);
}

#[test]
fn backward_alone_runs_every_forward_line_once() {
    let tape = Tape::new();
    let images = tape.constant(numbers(4 * 64 * 64)).reshape([4, 1, 64, 64]);
    let (loss, scores) = network(&tape, images, 64);
    drop(loss.backward());
    assert_eq!((loss.runs(), scores.runs()), (1, 1));
    assert_eq!((tape.runs("conv2d"), tape.runs("max_pool2d"), tape.runs("relu"), tape.runs("tanh")), (1, 1, 1, 1));
}
