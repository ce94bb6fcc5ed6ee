//! A tour of the gradient checker in five minutes: a pass, a wrong operation, kinks, low precision, fresh randomness.
//! Every number it prints comes from a check that runs here; what it says about them is asserted.

mod block_mean;

use block_mean::{BlockMean, Blocks, Rule};
use ndarray::array;
use wengert::prelude::*;
use wengert::{Check, CheckMode, Real, Verdict, check, check_op};

fn main() {
    a_pass();
    a_wrong_operation();
    a_kink();
    a_kink_nearby();
    low_precision();
    fresh_randomness();
    in_tests();
}

/// A heading and what to look for below it.
fn chapter(heading: &str, text: &str) {
    println!("\n== {heading}\n");
    for paragraph in text.split('\n') {
        let mut column = 0;
        for word in paragraph.split(' ') {
            if column + word.len() > 96 {
                println!();
                column = 0;
            }
            print!("{}{word}", if column > 0 { " " } else { "" });
            column += word.len() + 1;
        }
        println!();
    }
    println!();
}

fn a_pass() {
    chapter(
        "1. A pass",
        "One call checks a function of arrays. It compares the derivative that the rules give (analytic) with differences of the \
         function's own values (numeric), and judges the distance by an error bar that comes with every difference. The \
         default tolerance is 1e-8, a hundred thousand times tighter than usual, because the step is chosen for each \
         coordinate and the differences are of sixth order.\n\
         Below: two inputs, all their coordinates, the pass that was furthest off with its step, and four identities that need no \
         differences at all.",
    );
    let (x, w) = (array![[0.5, -1.0, 0.25], [1.5, 0.75, -0.5]], array![[0.3, -0.2], [0.8, 0.1], [-0.4, 0.9]]);
    let report = Check::new(|tape, x| x[0].matmul(x[1]).tanh().cross_entropy(tape.ints([0, 1])).mean(), (&x, &w))
        .names(["x", "w"])
        .run();
    println!("{report}");
    assert_eq!(report.verdict(), Verdict::Pass);
}

fn a_wrong_operation() {
    chapter(
        "2. A wrong operation",
        "`BlockMean` averages blocks of 2×2 cells. Its reverse rule divides by 4 twice, a mistake that shipped in a well-known \
         library. First the function as a whole: the verdict, the coordinates, and below them the guilty line. Every line's own \
         rule is checked at the values it was recorded with, so the report names the operation, the place in the source, and \
         what the mistake looks like.",
    );
    let x = array![[1.0, 2.0], [3.0, -0.5]];
    let report = check(|_, x| (x[0].tanh().block_mean(Rule::DividesTwice) * 3.0).square().sum(), (&x,));
    println!("{report}");
    assert_eq!(report.verdict(), Verdict::Mismatch);
    let guilty = report.guilty().expect("a line is guilty");
    assert_eq!(guilty.op, "block_mean");
    assert!(guilty.pattern.as_ref().is_some_and(|p| p.contains("1/4")));

    chapter(
        "2b. The same operation by itself",
        "`check_op` is the test that every operation of this crate passes: rules against each other, against differences, and \
         to second order. The identities say nothing of the wrong rule: it is linear, and the forward rule is derived from it, so both \
         are wrong alike. Differences see it at once.",
    );
    let wrong = check_op(BlockMean { rule: Rule::DividesTwice }, &[&[2, 4]]);
    println!("{wrong}");
    assert!(!wrong.is_pass());
    println!("With the right rule:\n");
    let right = check_op(BlockMean { rule: Rule::Right }, &[&[2, 4]]);
    print!("{right}");
    assert!(right.is_pass());
}

fn a_kink() {
    chapter(
        "3. A kink",
        "Here two cells of a pooling window tie, so the function has a corner: going up in x0[0, 0, 1] changes the maximum, going \
         down does not. A central difference sees ½, the rule says 0, and other checkers report an error. This one compares what \
         the lines decide on both sides (which cell wins) and says what it found: a kink, the cells, the slopes on the left and on \
         the right, and that the analytic value lies between them.",
    );
    let x = array![[[3.0, 3.0], [1.0, -2.0]]];
    let report = check(|_, x| x[0].max_pool2d(2).sum(), (&x,));
    println!("{report}");
    assert_eq!(report.verdict(), Verdict::Kink);
    let kink = report.findings()[0].kink.as_ref().expect("the finding is a kink");
    assert!(kink.line.contains("max_pool2d"));
    assert_eq!(kink.choice, (0, 1));

    chapter(
        "3b. A wrong value on the same kink",
        "A kink is no excuse: a value outside of the two slopes is a mismatch. The rule planted here gives the winner 1.5 instead of 1.",
    );
    let report = check(|_, x| (x[0] * 1.5 - x[0].stop_gradient() * 0.5).max_pool2d(2).sum(), (&x,));
    println!("{}", report.to_string().lines().take(8).collect::<Vec<_>>().join("\n"));
    assert_eq!(report.verdict(), Verdict::Mismatch);
}

fn a_kink_nearby() {
    chapter(
        "4. A kink nearby",
        "At 1e-6 from the corner the function is smooth, but an ordinary step of 1e-3 would jump over it. The step is chosen \
         under the gap, so this passes, and the report says which step was taken.",
    );
    let report = check(|_, x| x[0].relu().square().sum() + x[0].relu().sum(), (&array![1e-6, -1e-6, 0.5],));
    println!("{report}");
    assert_eq!(report.verdict(), Verdict::Pass);
}

/// The variance as E x² − (E x)², which cancels.
fn careless_variance<'t, T: Real>(x: Var<'t, T>) -> Var<'t, T> {
    x.square().mean() - x.mean().square()
}

fn low_precision() {
    chapter(
        "5. The formula is right, the precision is low",
        "A model in f32 is judged by its shadow: the same lines on a tape of f64, from the same numbers. So every coordinate below \
         passes, since the formula is right. What f32 loses is told apart: fewer than three digits hold, and the whole is called \
         inconclusive. The variance below is written as a difference of two large numbers.",
    );
    let x = array![200.1f32, 200.6, 201.2, 199.7];
    let report = check(|_, x| careless_variance(x[0]).sqrt(), (&x,));
    println!("{report}");
    assert_eq!((report.verdict(), report.counts()), (Verdict::Inconclusive, &[(Verdict::Pass, 4)][..]));
    assert!(report.is_imprecise());
    let report = check(|_, x| x[0].var_over(.., 0).sqrt(), (&x,));
    println!("\nThe same as `var_over`, which subtracts the mean first: {}.", report.verdict());
    assert_eq!(report.verdict(), Verdict::Pass);
}

fn fresh_randomness() {
    chapter(
        "6. Fresh random numbers",
        "Differences of a function that draws new numbers in every call are noise divided by a small step. The check calls the \
         function twice at one point first. Draw on the tape instead: its random lines are a function of seed and step.",
    );
    let x = array![1.0, 2.0, 3.0, 4.0];
    let calls = std::cell::Cell::new(0u32);
    let report = check(
        |tape, x| {
            calls.set(calls.get() + 1);
            let mask: Vec<f64> = (0..4).map(|k| f64::from((calls.get() + k) % 2) * 2.0).collect();
            (x[0] * tape.constant(mask)).sum()
        },
        (&x,),
    );
    println!("{report}");
    assert_eq!(report.verdict(), Verdict::NonDeterministic);
    let report = check(|_, x| x[0].dropout(0.5).sum(), (&x,));
    println!("\nWith `dropout` on the tape: {}.", report.verdict());
    assert_eq!(report.verdict(), Verdict::Pass);
}

fn in_tests() {
    chapter(
        "7. In a test, and for large models",
        "`check(..).assert()` panics with the whole report where something is wrong. For many parameters, `CheckMode::Projected` moves \
         all coordinates at once in random signed directions and bisects one that disagrees down to the guilty element; \
         `CheckMode::Sampled` looks at some coordinates and prints how likely it is to see an error. Below, 4,000 parameters in a few directions.",
    );
    let w = ndarray::Array2::from_shape_fn((50, 80), |(i, j)| ((i * 80 + j) as f64 * 0.37).sin());
    let report = Check::new(|_, x| x[0].tanh().matmul(x[0].t()).square().mean(), (&w,))
        .names(["w"])
        .mode(CheckMode::Projected { directions: 4 })
        .run();
    println!("{report}");
    report.assert();
}
