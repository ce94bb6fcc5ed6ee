//! Points on a kink: what decides there, what lies on either side, and which derivatives are allowed.
//! Switches that the output does not feel are not reported.

use ndarray::{Array3, arr0, array};
use wengert::{Arg, At, Check, CheckReport, Cx, Decision, Error, Fault, Finding, KinkAt, Op, Out, ResultSigs, Sig};
use wengert::{Tape, Var, Verdict, Vjp, check};

use crate::support::{places, planted};

fn kink(report: &CheckReport) -> &KinkAt {
    let found: Vec<&Finding> = report.findings().iter().filter(|f| f.kink.is_some()).collect();
    found.first().unwrap_or_else(|| panic!("no kink in {report}")).kink.as_ref().expect("filtered")
}

#[test]
fn a_relu_at_zero_tells_line_source_position_gap_and_slopes() {
    let report = check(|_, x| (x[0].relu() * 3.0).sum(), &[array![1.0, 0.0, -1.0]]);
    assert_eq!(report.verdict(), Verdict::Kink, "{report}");
    assert_eq!(places(&report, Verdict::Kink), [("x0".to_string(), vec![1])]);
    let k = kink(&report);
    assert!(k.line.contains("relu") && k.line.contains("kinks.rs:"), "{}", k.line);
    assert_eq!((k.what, k.position.as_slice(), k.gap), ("side of 0", [1].as_slice(), Some(0.0)));
    assert!((k.left.value - 0.0).abs() < 1e-6 && (k.right.value - 3.0).abs() < 1e-6, "{report}");
}

#[test]
fn a_pool_with_a_tie_tells_old_and_new_winner() {
    let x = array![[[[1.0, 2.0], [2.0, 0.5]]]];
    let report = check(|_, x| x[0].max_pool2d(2), (&x,));
    assert_eq!(report.verdict(), Verdict::Kink, "{report}");
    let k = kink(&report);
    assert!(k.line.contains("max_pool2d"), "{}", k.line);
    assert_eq!((k.position.as_slice(), k.choice), ([0, 0, 0, 0].as_slice(), (1, 2)));
}

#[test]
fn a_kink_nearby_is_stepped_around() {
    // Nearer than any step of choice, and not on it.
    for gap in [1e-3, 1e-5, 1e-7] {
        let report = check(|_, x| (x[0].relu() * x[0].exp()).sum(), &[array![gap, -gap, 0.5]]);
        assert_eq!(report.verdict(), Verdict::Pass, "gap {gap}: {report}");
    }
    // Neighbours of a tie in a pool, closer than the step.
    let x = array![[[[1.0, 1.0 + 1e-6], [0.5, 0.25]]]];
    assert_eq!(check(|_, x| x[0].max_pool2d(2), (&x,)).verdict(), Verdict::Pass);
}

#[test]
fn a_switch_that_the_output_does_not_feel_is_not_reported() {
    // The loser of the maximum sits on the kink of its relu, and nobody sees.
    let report = check(|_, x| x[0].slice(0, ..1).relu().maximum(x[0].slice(0, 1..)).sum(), &[array![0.0, 2.0]]);
    assert_eq!(report.verdict(), Verdict::Pass, "{report}");
    // The slope of x·|x| at 0 is 0 on either side: a decision changes, and nothing with it.
    let report = check(|_, x| (x[0] * x[0].abs()).sum(), &[array![0.0, 1.0]]);
    assert_eq!(report.verdict(), Verdict::Pass, "{report}");
}

#[test]
fn comparisons_in_the_users_own_hands_are_kinks_too() {
    let report = check(|_, x| x[0].gt(0.0).select(x[0], x[0] * 0.1).sum(), &[array![0.0, 1.0]]);
    assert_eq!(report.verdict(), Verdict::Kink, "{report}");
    let k = kink(&report);
    assert!((k.left.value - 0.1).abs() < 1e-6 && (k.right.value - 1.0).abs() < 1e-6, "{report}");
}

#[test]
fn a_jump_is_no_kink() {
    // A step function's slopes are 0 on either side, but its value jumps at the point.
    let report = check(|_, x| x[0].gt(0.0).to_real().sum() + x[0].sum(), &[arr0(0.0)]);
    assert_ne!(report.verdict(), Verdict::Pass, "{report}");
}

/// |x| whose reverse rule gives 2 at 0, which is the slope on neither side.
#[derive(Debug)]
struct WildAbs;

impl Op<f64> for WildAbs {
    fn name(&self) -> &'static str {
        "wild_abs"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
        y[0].real().iter_mut().zip(x[0].real()).for_each(|(y, x)| *y = x.abs());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, f64>) {
        r.give(0, || r.g() * r.x(0).equals(0.0).select(r.tape().constant(2.0), r.x(0).sign()));
    }

    fn decision<'t>(&self, at: &At<'t, f64>) -> Option<Decision<'t, f64>> {
        Some(Decision { what: "side of 0", choice: at.x(0).gt(0.0), gap: Some(at.x(0).abs()) })
    }
}

#[test]
fn a_derivative_outside_of_both_slopes_is_a_mismatch() {
    let report = check(|_, x| planted(x[0], WildAbs).sum(), &[array![0.0, 1.0]]);
    assert_eq!(report.verdict(), Verdict::Mismatch, "{report}");
    assert_eq!(places(&report, Verdict::Mismatch), [("x0".to_string(), vec![0])]);
    assert!(report.findings()[0].reason.contains("does not lie between"), "{report}");
}

#[test]
fn directions_meet_kinks_as_coordinates_do() {
    let x = ndarray::Array1::from_iter((0..200).map(|k| f64::from(k % 7) - 3.0));
    let report = Check::new(|_, x| x[0].relu().square().sum(), (&x,))
        .mode(wengert::CheckMode::Projected { directions: 3 })
        .run();
    assert_eq!(report.verdict(), Verdict::Pass, "{report}");
    // relu alone has a true kink at each of the zeros; they are found, and none is called a mismatch.
    let report =
        Check::new(|_, x| x[0].relu().sum(), (&x,)).mode(wengert::CheckMode::Projected { directions: 3 }).run();
    assert!(matches!(report.verdict(), Verdict::Kink), "{report}");
}

fn pooled<'t>(_: &'t Tape<f64>, x: &[Var<'t, f64>]) -> Var<'t, f64> {
    x[0].relu().max_pool2d(2).sum()
}

/// Images on a grid tie everywhere; moved by little they do not, and right between two points a kink can be found again.
#[test]
fn points_can_be_had_away_from_kinks_and_right_on_one() {
    let grid = |seed: u64| {
        Array3::from_shape_fn((1, 6, 6), |(_, i, j)| {
            ((i as u64 * 31 + j as u64 * 17 + seed * 7919) * 2_654_435_761 % 9) as f64 / 4.0 - 1.0
        })
    };
    for seed in 0..10 {
        let x = grid(seed);
        let at = Check::new(pooled, (&x,)).seed(seed);
        let clear = at.away_from_kinks(1e-4).expect("a random move breaks ties");
        let moved = clear[0].as_slice().iter().zip(&x).fold(0.0f64, |m, (a, b)| m.max((a - b).abs()));
        assert!(moved < 0.1, "{moved}");
        assert_eq!(check(pooled, &clear[..]).verdict(), Verdict::Pass);
        let kinked = Check::new(pooled, &clear[..]).seed(seed).on_a_kink().expect("cells cross 0 and each other");
        let report = check(pooled, &kinked[..]);
        assert_eq!(report.verdict(), Verdict::Kink, "{report}");
    }
    assert!(Check::new(|_, x| x[0].tanh(), &[array![0.5]]).on_a_kink().is_none());
    for gap in [1.0, f64::INFINITY, f64::NAN] {
        assert!(Check::new(|_, x| (x[0].tanh() * 0.5).relu(), &[array![0.0]]).away_from_kinks(gap).is_none());
    }
    // Of the relus in a window all are off: a tie, but one that no step can break.
    let off = array![[[-1.0, -2.0], [-3.0, -4.0]]];
    assert_eq!(
        Check::new(pooled, (&off,)).away_from_kinks(0.1).expect("no kink is near")[0].as_slice(),
        [-1.0, -2.0, -3.0, -4.0]
    );
}
