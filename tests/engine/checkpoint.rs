//! Regions that are computed again in the backward pass: the same bits, less memory, and each product run twice.
//! Nesting, second derivatives, random lines, and handles of lines within a region are held against the plain tape.

use ndarray::ArrayD;
use wengert::{Inputs, Workspace, prelude::*};

use crate::support::{doubles, network, noise, numbers, panic_text};

/// Runs `f` in a region, or not.
fn region<T: wengert::Real, R>(tape: &Tape<T>, checkpointed: bool, f: impl FnOnce() -> R) -> R {
    if checkpointed { tape.checkpoint(f) } else { f() }
}

struct Chain {
    loss: f32,
    gradients: [ArrayD<f32>; 2],
    peak: usize,
    products: u64,
}

/// 64 layers tanh(h W), in 8 regions of 8 or in none.
fn chain(side: usize, checkpointed: bool, ask_before: bool) -> Chain {
    let tape = Tape::new();
    let (x, w) = (tape.var(numbers(side * side)), tape.var(numbers(side * side)));
    let (mut h, wide) = (x.reshape([side, side]), w.reshape([side, side]) * 0.3);
    for _ in 0..8 {
        h = region(&tape, checkpointed, || (0..8).fold(h, |h, _| h.matmul(wide).tanh()));
    }
    let loss = h.square().sum();
    if ask_before {
        let _ = loss.item();
    }
    let grads = loss.backward();
    Chain {
        loss: loss.item(),
        gradients: [grads[x].clone(), grads[w].clone()],
        peak: tape.peak_bytes(),
        products: tape.runs("matmul"),
    }
}

#[test]
fn a_chain_in_segments_needs_less_memory_and_gives_the_same_bits() {
    // Values of 256 KiB, and values so small that they would stay until the tape is cleared.
    for side in [256, 32] {
        for ask_before in [false, true] {
            let (plain, segmented) = (chain(side, false, ask_before), chain(side, true, ask_before));
            assert_eq!(plain.loss, segmented.loss);
            assert_eq!(plain.gradients, segmented.gradients);
            assert!(plain.gradients[0].iter().any(|g| *g != 0.0));
            let share = segmented.peak as f64 / plain.peak as f64;
            assert!(share < 0.4, "{} of {} bytes", segmented.peak, plain.peak);
            // 64 forward and 128 adjoint products; each forward one once more.
            assert_eq!((plain.products, segmented.products), (192, 256));
        }
    }
}

#[test]
fn lines_of_gradients_and_of_second_derivatives_are_frugal_too() {
    let run = |checkpointed: bool, second: bool| {
        let tape = Tape::new();
        let (x, w) = (tape.var(numbers(192 * 192)), tape.constant(numbers(192 * 192)).reshape([192, 192]) * 0.3);
        let mut h = x.reshape([192, 192]);
        for _ in 0..6 {
            h = region(&tape, checkpointed, || (0..6).fold(h, |h, _| h.matmul(w).tanh()));
        }
        let loss = h.square().sum();
        let line = if second { hvp(loss, &[x], &[x])[0] } else { grad(loss, &[x])[0] };
        (line.value(), tape.peak_bytes())
    };
    for second in [false, true] {
        let (plain, segmented) = (run(false, second), run(true, second));
        let worst = plain.0.iter().zip(&segmented.0).fold(0.0f32, |m, (a, b)| m.max((a - b).abs() / (1.0 + a.abs())));
        assert!(worst < 1e-5, "{worst}");
        assert!(4 * segmented.1 < plain.1, "{} of {} bytes", segmented.1, plain.1);
    }
}

#[test]
fn leaves_recorded_in_a_region_are_not_copied() {
    let tape = doubles();
    let x = tape.constant([0.5, 2.0]);
    let (mut w, mut labels) = (x, None);
    let y = tape.checkpoint(|| {
        w = tape.var([3.0, -1.0]);
        labels = Some(tape.ints([1, 0]));
        (x * w).tanh().gather(0, labels.unwrap()).exp()
    });
    let grads = y.sum().backward();
    let plain = (x * w).tanh().gather(0, labels.unwrap()).exp().sum().backward();
    assert_eq!(grads[w], plain[w]);
    assert!(tape.lines().filter(|l| l.again.is_some()).all(|l| !l.operands.is_empty()));
}

#[test]
fn regions_nest() {
    let run = |outer: bool, inner: bool| {
        let tape = Tape::new();
        let (x, w) = (tape.var(numbers(64)), tape.var(numbers(64)));
        let (mut h, wide) = (x.reshape([8, 8]), w.reshape([8, 8]));
        for _ in 0..2 {
            h = region(&tape, outer, || {
                (0..2).fold(h, |h, _| region(&tape, inner, || (0..4).fold(h, |h, _| h.matmul(wide).tanh())))
            });
        }
        let grads = h.square().sum().backward();
        (grads[x].clone(), grads[w].clone(), tape.runs("matmul"))
    };
    let (dx, dw, products) = run(false, false);
    for (outer, inner, again) in [(true, false, 16), (false, true, 16), (true, true, 24)] {
        // Of the layers in two regions, those that lead to another inner region are computed a third time.
        assert_eq!(run(outer, inner), (dx.clone(), dw.clone(), products + again), "{outer} {inner}");
    }
}

/// A model through pooling, products and cross entropy, in two regions or in none, with a line within the first.
fn model<'t>(tape: &'t Tape<f64>, x: Var<'t, f64>, w: Var<'t, f64>, checkpointed: bool) -> [Var<'t, f64>; 2] {
    let mut within = x;
    let features = region(tape, checkpointed, || {
        within = x.sin();
        (within * x).reshape([2, 1, 4, 4]).max_pool2d(2).reshape([2, 4])
    });
    let scores = region(tape, checkpointed, || {
        let hidden = region(tape, checkpointed, || features.matmul(w).tanh());
        hidden.matmul(w.t()).exp()
    });
    [scores.cross_entropy(tape.ints([2, 0])).sum(), within]
}

fn wide(n: usize) -> Vec<f64> {
    numbers(n).into_iter().map(f64::from).collect()
}

#[test]
fn derivatives_of_every_kind_are_those_of_the_plain_tape() {
    let all = |checkpointed: bool| -> Vec<ArrayD<f64>> {
        let tape = doubles();
        let (x, w) = (tape.var(wide(32)), tape.var(wide(12)));
        let [loss, within] = model(&tape, x, w.reshape([4, 3]), checkpointed);
        let (dx, dw) = (tape.constant(wide(33)[1..].to_vec()), tape.constant(wide(14)[2..].to_vec()));
        let first = grad(loss, &[x, w, within]);
        let mut lines = first.clone();
        lines.extend(jvp(&[loss], &[(x, dx), (w, dw)]));
        lines.extend(jvp(&[loss], &[(within, dx)]));
        lines.extend(hvp(loss, &[x, w], &[dx, dw]));
        // Second derivatives by a line within a region, of which the first sweep has written copies.
        let mixed = grad((first[0] * dx).sum(), &[x, within]);
        lines.extend(&mixed);
        lines.extend(jvp(&[(first[0] * dx).sum()], &[(within, dx)]));
        lines.extend(grad((mixed[0] * dx).sum(), &[x, w, within]));
        lines.push(hessian(loss, w));
        lines.push(jacobian_reverse(first[1], w));
        lines.iter().map(|v| v.value()).collect()
    };
    let (plain, regions) = (all(false), all(true));
    for (k, (a, b)) in plain.iter().zip(&regions).enumerate() {
        assert!(a.iter().any(|v| v.abs() > 1e-6), "derivative {k} says nothing");
        let worst = a.iter().zip(b).fold(0.0f64, |m, (a, b)| m.max((a - b).abs() / (1.0 + a.abs())));
        assert!(worst < 1e-12, "derivative {k} is off by {worst}");
    }
    assert_eq!(plain[..3], regions[..3], "first derivatives are the same bits");
}

#[test]
fn random_lines_draw_the_same_numbers_again() {
    let run = |checkpointed: bool| {
        let mut tape = Tape::new().seeded(3);
        tape.clear();
        let x = tape.var(numbers(300));
        let y = region(&tape, checkpointed, || noise(x.sin().dropout(0.5), 9).tanh());
        let y = y.dropout(0.25) * tape.normal([300]);
        let grads = y.square().sum().backward();
        (y.value(), grads[x].clone())
    };
    assert_eq!(run(false), run(true));
}

#[test]
fn running_statistics_are_computed_once_and_handed_out() {
    let run = |checkpointed: bool| {
        let tape = Tape::new();
        let x = tape.var(numbers(24)).reshape([6, 4]);
        let y = region(&tape, checkpointed, || {
            let mean = x.mean_over(0);
            tape.update("mean", mean);
            (x - mean).square().sum()
        });
        let grads = y.backward();
        (grads.updates()["mean"].clone(), grads.norm())
    };
    assert_eq!(run(false), run(true));
}

#[test]
fn values_may_be_asked_for_at_any_time() {
    let tape = Tape::new();
    let x = tape.var(numbers(4 * 64)).reshape([4, 1, 8, 8]);
    let (loss, scores) = network(&tape, x, 8);
    let (again, inner, scores_again) = tape.checkpoint(|| {
        let (loss, scores) = network(&tape, x, 8);
        assert!(scores.value().iter().all(|v| v.is_finite()));
        (loss, scores * 2.0, scores)
    });
    let before = scores_again.value();
    let (plain, regions) = (grad(loss, &[x])[0], grad(again, &[x])[0]);
    assert_eq!(plain.value(), regions.value());
    drop(again.backward());
    assert_eq!((scores.value(), inner.value()), (before.clone(), before * 2.0));
}

#[test]
fn a_gradient_step_may_stand_in_a_region() {
    let run = |checkpointed: bool| {
        let tape = doubles();
        let (x, rate) = (tape.var([0.5, -1.5]), tape.var(0.1));
        let mut at = x;
        for _ in 0..3 {
            at = region(&tape, checkpointed, || at - rate * grad((at.sin() * at).sum(), &[at])[0]);
        }
        let loss = at.square().sum();
        let grads = loss.backward();
        (grads[x].clone(), grads[rate].clone())
    };
    assert_eq!(run(false), run(true));
}

#[test]
fn a_program_computes_regions_again() {
    let tape = Tape::new();
    let x = tape.var(numbers(6)).named("x");
    let y = tape.checkpoint(|| x.sin().exp().tanh());
    let dx = grad(y.sum(), &[x])[0];
    let program = tape.freeze(&[("dx", dx.into())]).unwrap();
    let out = program.run(&Inputs::new().real("x", numbers(6)), &mut Workspace::new()).unwrap();
    assert_eq!(out["dx"].view(), dx.value().view());
    let plain = grad(x.sin().exp().tanh().sum(), &[x])[0];
    assert_eq!(dx.value(), plain.value());
}

#[test]
fn a_panic_in_a_region_or_in_its_sweep_ends_it() {
    let tape = Tape::new();
    let x = tape.var([1.0, 2.0]);
    assert!(panic_text(|| tape.checkpoint(|| x.matmul(x.exp().reshape([3, 1])))).contains("reshape"));
    let y = tape.checkpoint(|| tape.apply(crate::support::BrokenRule, &[x.exp().into()]).unwrap().real(0).sin());
    let lines = tape.len();
    assert!(panic_text(|| y.sum().backward()).contains("gives up"));
    assert_eq!(tape.len(), lines + 1);
    let z = tape.checkpoint(|| x.exp().sin()).sum();
    let plain = x.exp().sin().sum();
    assert_eq!(z.backward()[x], plain.backward()[x]);
    assert!(tape.line(z.id()).again.is_none());
    // What follows is in no region.
    let copies = |tape: &Tape| tape.lines().filter(|l| l.again.is_some()).count();
    let before = copies(&tape);
    drop(x.exp().sin().sum().backward());
    assert_eq!(copies(&tape), before);
}
