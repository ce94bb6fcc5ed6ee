//! Long tapes: sweeps and plans are loops, and nothing costs more for a line than for the one before.
//! Times are compared with each other, never with a clock alone.

use std::time::{Duration, Instant};

use wengert::prelude::*;

#[test]
fn a_million_lines_forward_and_backward() {
    let tape = Tape::new();
    let x = tape.var(0.5);
    let y = (0..1_000_000).fold(x, |y, _| y.sin());
    assert_eq!(tape.len(), 1_000_001);
    let grads = y.backward();
    // sin converges to 0 like √(3/n), and the product of the cosines with it.
    let bound = (3.0f32 / 1e6).sqrt();
    assert!((y.item() / bound - 1.0).abs() < 0.05, "{}", y.item());
    assert!(grads[x][[]] > 0.0 && grads[x][[]] < 1e-6);
}

/// The shortest of three times, so that a busy machine does not count.
fn shortest(run: impl Fn()) -> Duration {
    let time = || {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..3).map(|_| time()).min().expect("three times")
}

#[test]
fn asking_for_every_line_in_turn_stays_linear() {
    let chain = |lines: usize| {
        let tape = Tape::new();
        let x = tape.var(0.5);
        let mut y = x;
        for _ in 0..lines {
            y = y.sin();
            assert!(y.item() > 0.0);
        }
        assert_eq!(tape.runs("sin"), lines as u64);
    };
    let (short, long) = (shortest(|| chain(20_000)), shortest(|| chain(200_000)));
    // Ten times as many lines: a quadratic cost would take a hundred times as long.
    assert!(long < short * 40, "{short:?} for 20,000 lines, {long:?} for 200,000");
}

#[test]
fn gradients_between_lines_of_a_long_tape_cost_their_distance_only() {
    let tape = Tape::new();
    let x = tape.var(0.5);
    let mut y = x;
    for _ in 0..20_000 {
        let next = y.sin();
        assert!((grad(next, &[y])[0].item() - y.item().cos()).abs() < 1e-6);
        y = next;
    }
    assert_eq!(tape.runs("cos"), 20_000);
}
