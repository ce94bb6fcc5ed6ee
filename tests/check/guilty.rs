//! After a mismatch the report names the first line in tape order whose own derivative is wrong, and how it is wrong.
//! The line is looked for in nets where the mistake stands at every possible place.

use ndarray::{Array2, array};
use wengert::prelude::*;
use wengert::{Verdict, check};

use crate::support::{Square, Through, planted};

fn square(factor: f64) -> Square {
    Square { factor, only: None }
}

const LENGTH: usize = 8;

/// tanh(y²) + ½ so many times, one of the squares wrong.
fn chain(x: Var<'_, f64>, wrong: usize) -> Var<'_, f64> {
    let factor = |k: usize| if k == wrong { 1.01 } else { 1.0 };
    (0..LENGTH).fold(x, |y, k| planted(y, square(factor(k))).tanh() + 0.5).sum()
}

#[test]
fn wherever_in_a_chain_the_mistake_stands_it_is_named() {
    for wrong in 0..LENGTH {
        let report = check(|_, x| chain(x[0], wrong), &[array![0.3, -0.8]]);
        assert_eq!(report.verdict(), Verdict::Mismatch, "{report}");
        let guilty = report.guilty().unwrap_or_else(|| panic!("no guilty line in {report}"));
        let tape = Tape::<f64>::default();
        let x = tape.var([0.3, -0.8]);
        chain(x, wrong);
        let planted: Vec<u32> = tape.lines().filter(|l| l.op == "planted_square").map(|l| l.id).collect();
        assert_eq!((guilty.line, guilty.op), (planted[wrong], "planted_square"), "{report}");
        assert_eq!(guilty.operand, Some(0));
        assert!(guilty.text.contains("guilty.rs:"), "{}", guilty.text);
    }
}

#[test]
fn of_two_mistakes_the_first_in_tape_order_is_named() {
    let report = check(|_, x| planted(planted(x[0], square(2.0)), square(3.0)).sum(), &[array![0.5, 1.5]]);
    let guilty = report.guilty().expect("both are wrong");
    assert!(guilty.pattern.as_deref().is_some_and(|p| p.contains('2')), "{report}");
}

#[test]
fn usual_mistakes_are_recognised() {
    let x = Array2::from_shape_fn((3, 3), |(i, j)| 0.3 + i as f64 * 0.7 - j as f64 * 0.45);
    let pattern = |f: fn(Var<'_, f64>) -> Var<'_, f64>| {
        let report = check(move |_, x| f(x[0]).exp(), (&x,));
        assert_eq!(report.verdict(), Verdict::Mismatch, "{report}");
        report.guilty().and_then(|g| g.pattern.clone()).unwrap_or_else(|| panic!("no pattern in {report}"))
    };
    assert!(pattern(|x| planted(x, Through::Transposes)).contains("transposed"));
    assert!(pattern(|x| planted(x, Through::Shifts)).contains("shifted by one"));
    assert!(pattern(|x| planted(x, Through::Negates)).contains("sign"));
    assert!(pattern(|x| planted(x, Through::Drops)).contains("disconnected"));
    assert!(pattern(|x| planted(x, Square { factor: 0.25, only: None })).contains("1/4"));
}

#[test]
fn a_function_that_reads_values_behind_the_tape_is_blamed_itself() {
    // The mean is taken out of the tape and comes back as a constant: every line is right, and the whole is wrong.
    let report = check(
        |tape, x| (x[0] - tape.constant(x[0].mean().item())).square().sum() + x[0].sum().exp(),
        (&array![1.0, 2.0],),
    );
    if report.verdict() == Verdict::Mismatch {
        assert!(report.guilty().is_none(), "{report}");
        assert!(report.to_string().contains("guilty line: none"), "{report}");
    }
    let report = check(|tape, x| x[0] * tape.constant(x[0].value()), (&array![1.0, 2.0],));
    assert_eq!(report.verdict(), Verdict::Mismatch, "{report}");
    assert!(report.to_string().contains("guilty line: none"), "{report}");
}

#[test]
fn the_report_of_a_mismatch_reads_at_once() {
    let report = wengert::Check::new(|_, x| planted(x[0], square(0.25)).sum().exp(), &[array![0.5, -0.25]])
        .names(["weights"])
        .run();
    insta::assert_snapshot!(report.to_string());
}
