//! Each verdict from the smallest function that earns it.
//! What a report prints is pinned where a person has to act on it.

use std::cell::Cell;

use ndarray::{Array1, array};
use wengert::prelude::*;
use wengert::{Check, Numeric, Place, Verdict, check};

use crate::support::{Cube, Square, places, planted};

#[test]
fn a_right_derivative_passes_with_its_closest_call() {
    let (x, w) = (array![[0.5, -1.0, 2.0]], array![[0.25], [1.5], [-0.75]]);
    let report = Check::new(|_, x| x[0].matmul(x[1]).tanh().exp(), (&x, &w)).names(["x", "w"]).tolerance(1e-9).run();
    report.assert();
    assert_eq!((report.verdict(), report.counts()), (Verdict::Pass, [(Verdict::Pass, 6)].as_slice()));
    let closest = report.closest().expect("six coordinates passed");
    assert!((closest.analytic - closest.numeric.value).abs() < 1e-9);
    assert!(report.identities().len() >= 4, "{report}");
}

#[test]
fn a_wrong_element_is_named_with_both_numbers() {
    let x = Array1::from_iter((0..30).map(|k| 1.0 + f64::from(k) / 8.0));
    let report = check(|_, x| planted(x[0], Square { factor: 1.001, only: Some(17) }).sum(), (&x,));
    assert_eq!(report.verdict(), Verdict::Mismatch);
    assert_eq!(places(&report, Verdict::Mismatch), [("x0".to_string(), vec![17])]);
    let found = &report.findings()[0];
    assert!((found.analytic - 2.0 * x[17] * 1.001).abs() < 1e-12, "{found}");
    assert!((found.numeric.value - 2.0 * x[17]).abs() <= found.numeric.bar, "{found}");
}

#[test]
fn the_error_bar_holds_the_truth_where_rounding_is_large() {
    let x = array![1e9, 2e9, -3e9];
    let report = check(|_, x| (x[0].square().sum() + 1e25).sqrt(), (&x,));
    assert!(matches!(report.verdict(), Verdict::Pass | Verdict::Inconclusive), "{report}");
    for f in report.findings() {
        let Numeric { value, bar } = f.numeric;
        assert!((value - f.analytic).abs() <= bar, "{f}");
        assert!(f.reason.contains("rounding"), "{f}");
    }
}

/// A step that is a fraction of 30,000 is no step for numbers that lie one apart: the search must go on to smaller ones.
#[test]
fn steps_shrink_until_the_differences_converge() {
    let x = array![30_000.0, 30_000.5, 30_001.0, 29_999.5];
    let report = check(|_, x| x[0].var_over(.., 0).sqrt(), (&x,));
    assert_eq!(report.verdict(), Verdict::Pass, "{report}");
    assert!(report.to_string().contains("furthest pass: x0["), "{report}");
}

#[test]
fn nan_is_no_pass_whatever_the_differences_give() {
    let report = check(|_, x| x[0].ln().sum(), &[array![1.0, -1.0]]);
    assert_eq!(report.verdict(), Verdict::NonFinite);
    let text = report.to_string();
    assert!(text.contains("ln") && text.contains("verdicts.rs:"), "{text}");
    // The value is finite, its derivative is not: √x at 0, with an infinite slope.
    let report = check(|_, x| x[0].sqrt().sum(), &[array![0.0, 1.0]]);
    assert!(report.verdict() > Verdict::Kink, "{report}");
}

#[test]
fn a_function_that_draws_afresh_is_not_a_function() {
    let calls = Cell::new(0);
    let mask = || {
        calls.set(calls.get() + 1);
        [1.0, f64::from(calls.get() % 3)]
    };
    let report = check(|tape, x| x[0] * tape.constant(mask()), &[array![1.0, 2.0]]);
    assert_eq!(report.verdict(), Verdict::NonDeterministic);
    assert_eq!(report.findings()[0].output.as_deref(), Some([1].as_slice()));
    assert!(report.to_string().contains("two calls at one point differ at output [1]"), "{report}");
}

#[test]
fn another_program_at_every_near_point_is_structural() {
    // Control flow on a value: at exactly 2 one line more is recorded.
    fn branch<'t>(_: &'t Tape<f64>, x: &[Var<'t, f64>]) -> Var<'t, f64> {
        if x[0].item() == 2.0 { x[0].exp().ln() } else { x[0] * 1.0 }
    }
    let report = check(branch, &[ndarray::arr0(2.0)]);
    assert_eq!(report.verdict(), Verdict::Structural, "{report}");
    let report = check(branch, &[ndarray::arr0(2.5)]);
    assert_eq!(report.verdict(), Verdict::Pass, "{report}");
}

#[test]
fn the_edge_of_a_domain_is_differenced_from_the_inside() {
    // x·√x at 0 is defined on the right only, where its slope is 0.
    let report = check(|_, x| x[0].powf(1.5).sum(), &[array![0.0, 2.0]]);
    assert!(matches!(report.verdict(), Verdict::Pass | Verdict::Inconclusive), "{report}");
    let edge = report.findings().iter().find(|f| f.place == element(0)).map(|f| f.reason.clone());
    assert!(edge.is_none_or(|r| r.contains("one-sided")), "{report}");
    // The domain ends a little below the point.
    let report = check(|_, x| x[0].log1p().sum(), &[array![-1.0 + 1e-12]]);
    assert!(report.verdict() != Verdict::Mismatch, "{report}");
}

fn element(index: usize) -> Place {
    Place::Element { input: 0, name: "x0".into(), index: vec![index] }
}

#[test]
fn low_precision_and_a_wrong_formula_are_told_apart() {
    // The variance by E x² − (E x)² loses all digits in f32 at 1e4 ± 1; the formula is right.
    let x: Array1<f32> = (0..64).map(|k| 1e4 + (k as f32 * 0.37).sin()).collect();
    let report = check(|_, x| (x[0].square().mean() - x[0].mean().square()).sqrt(), (&x,));
    assert_eq!(report.verdict(), Verdict::Inconclusive, "{report}");
    assert!(report.is_imprecise() && report.to_string().contains("precision LOW"), "{report}");
    // A wrong factor in f32 is a mismatch in f64, too, and the digits of the model do not blur it.
    let x: Array1<f32> = (0..8).map(|k| 1.0 + k as f32 / 4.0).collect();
    let report = check(|_, x| planted(x[0], Square { factor: 1.0 + 1e-6, only: None }).sum(), (&x,));
    assert_eq!(report.verdict(), Verdict::Mismatch, "{report}");
    assert!(!report.is_imprecise(), "{report}");
}

#[test]
fn nothing_to_check_is_said() {
    let report = check(|_, x| x[0].sum(), &[Array1::<f64>::zeros(0)]);
    assert_eq!(report.verdict(), Verdict::Pass);
    assert!(report.to_string().contains("all 0 coordinates"), "{report}");
}

#[test]
#[should_panic(expected = "MISMATCH")]
fn assert_panics_with_the_report() {
    check(|_, x| planted(x[0], Square { factor: 2.0, only: None }).sum(), &[array![1.0]]).assert();
}

#[test]
fn a_second_derivative_can_be_wrong_alone() {
    // x³ whose reverse rule is right in value, and reads x by way of a constant in its factor.
    let cube = |second: bool| {
        Check::new(move |_, x| planted(x[0], Cube { second }).sum(), &[array![1.0, 2.0]]).second_order().run()
    };
    assert_eq!(cube(true).verdict(), Verdict::Pass, "{}", cube(true));
    let report = cube(false);
    assert_eq!(report.verdict(), Verdict::Mismatch, "{report}");
    assert!(report.findings().iter().all(|f| f.reason.starts_with("second derivative")), "{report}");
}
