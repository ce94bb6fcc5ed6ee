//! Corners in which a checker goes wrong by itself: extreme and mixed scales, nothing to check, many kinks, frozen values.
//! Each test holds a report that was a false alarm, a missed error or of no help.

use ndarray::{Array1, Array2, array};
use wengert::{
    Arg, Check, CheckMode, CheckReport, Cx, Error, Fault, Op, Out, Reads, ResultSigs, Sig, Tape, Var, Verdict,
};
use wengert::{Vjp, check};

use crate::support::{Sine, Square, places, planted};

#[track_caller]
fn expect(report: &CheckReport, verdict: Verdict, words: &[&str]) {
    assert_eq!(report.verdict(), verdict, "{report}");
    let text = report.to_string();
    words.iter().for_each(|w| assert!(text.contains(w), "no {w:?} in {text}"));
}

#[test]
fn steps_follow_inputs_of_any_size() {
    for scale in [1e-300, 1e-200, 1e-100, 1e100, 1e200, 1e300] {
        let x = array![scale, -2.0 * scale];
        expect(&check(|_, x| x[0] * 3.0, (&x,)), Verdict::Pass, &[]);
        // The second derivative overflows, so identities of it would not be of numbers.
        let sine = Check::new(move |_: &Tape<f64>, x: &[Var<'_, f64>]| (x[0] / scale).sin(), (&x,));
        expect(&sine.without_identities().run(), Verdict::Pass, &[]);
        let square = Square { factor: 1.5, only: Some(1) };
        let wrong = Check::new(move |_: &Tape<f64>, x: &[Var<'_, f64>]| planted(x[0] / scale, square.clone()), &[x]);
        let wrong = wrong.without_identities().run();
        expect(&wrong, Verdict::Mismatch, &["ratio     1.500000"]);
        assert_eq!(places(&wrong, Verdict::Mismatch), [("x0".to_string(), vec![1])]);
    }
}

/// The step of the largest coordinate is too large for the smallest.
#[test]
fn coordinates_of_mixed_sizes_have_steps_of_their_own() {
    for big in [1e3, 1e6, 1e8, 1e30] {
        let x = array![1.0 / big, 1.0, big];
        expect(&check(|_, x| x[0].ln(), (&x,)), Verdict::Pass, &[]);
        expect(&check(|_, x| x[0].sqrt(), (&x,)), Verdict::Pass, &[]);
        expect(&check(|_, x| x[0].recip(), (&x,)), Verdict::Pass, &[]);
        for only in 0..3 {
            let wrong = check(move |_, x| planted(x[0].ln() + 1.0, Square { factor: 1.01, only: Some(only) }), (&x,));
            expect(&wrong, Verdict::Mismatch, &[]);
            assert_eq!(places(&wrong, Verdict::Mismatch), [("x0".to_string(), vec![only])], "{wrong}");
        }
    }
    // A number that is zero but for rounding, among others.
    expect(&check(|_, x| x[0].sin(), &[array![1e-16, 1.0, 0.7]]), Verdict::Pass, &[]);
}

#[test]
fn an_input_that_is_not_finite_is_said_to_be_so() {
    let report = check(|_, x| x[0].softmax(0), &[array![f64::NEG_INFINITY, 1.0, 2.0]]);
    expect(&report, Verdict::Domain, &["x0[0]", "the input is -inf there"]);
    assert_eq!(places(&report, Verdict::Domain), [("x0".to_string(), vec![0])]);
}

#[test]
fn a_check_of_nothing_says_so() {
    let x = array![0.5, 1.0];
    expect(&check(|_, x| x[0].slice(0, 0..0), (&x,)), Verdict::Pass, &["the output has no elements"]);
    for mode in [CheckMode::Sampled { coordinates: 0 }, CheckMode::Projected { directions: 0 }] {
        let report = Check::new(|_: &Tape<f64>, x: &[Var<'_, f64>]| x[0].exp(), (&x,)).mode(mode).run();
        expect(&report, Verdict::Inconclusive, &["the mode asks for no difference"]);
    }
}

/// Directions over kinks are bisected past them, and what they hide is not called sound.
#[test]
fn kinks_do_not_hide_a_mismatch_from_directions() {
    let run = |kinks: usize, factor: f64| {
        let x = Array1::from_shape_fn(200, |i| if i < kinks { 0.0 } else { 0.5 + i as f64 / 200.0 });
        Check::new(
            move |_: &Tape<f64>, x: &[Var<'_, f64>]| {
                let last = x[0].slice(0, 199..);
                x[0].relu().sum() + planted(last, Square { factor, only: None }).sum()
            },
            &[x],
        )
        .mode(CheckMode::Projected { directions: 3 })
        .run()
    };
    for kinks in [1, 8, 9, 40] {
        expect(
            &run(kinks, 1.0),
            Verdict::Kink,
            &[&format!("3 random signed directions over all 200 coordinates but {kinks} on kinks")],
        );
        let wrong = run(kinks, 2.0);
        expect(&wrong, Verdict::Mismatch, &["planted_square"]);
        assert_eq!(places(&wrong, Verdict::Mismatch), [("x0".to_string(), vec![199])]);
    }
    expect(&run(150, 1.0), Verdict::Inconclusive, &["sit on kinks", "`Sampled`"]);
}

/// relu(x) − relu(−x) = x, and rules that take 0 for either slope at 0 give 0 for 1.
#[test]
fn choices_at_a_kink_that_do_not_add_up_are_named() {
    let report = check(|_, x| (x[0].relu() - (-x[0]).relu()).sum(), &[array![0.0, 1.0]]);
    expect(&report, Verdict::Mismatch, &["slopes    1.0", "relu, recorded at", "side of 0", "does not add up"]);
    // A jump has no slope on one side.
    let report = check(|_, x| x[0].floor().sum(), &[array![1.0, 1.2]]);
    expect(
        &report,
        Verdict::Inconclusive,
        &["floor, recorded at", "integer below at [0] changes from 1 to 0", "jumps"],
    );
}

/// The shadow repeats the recording at the point, and would not see what the function reads behind the tape's back.
#[test]
fn values_taken_off_the_tape_are_seen_in_f32() {
    let x = array![0.5f32, -1.0, 2.0];
    let report = check(|tape, x| x[0] * tape.constant(x[0].value()), (&x,));
    expect(&report, Verdict::Mismatch, &["constant, recorded at", "did not come over the tape", "ratio     0.5000"]);
    let edge = |_: &Tape<f32>, x: &[Var<'_, f32>]| x[0].sum().item() >= 1.5;
    let report = check(|t, x| if edge(t, x) { x[0].sin() } else { x[0].cos() * 2.0 }, (&x,));
    expect(&report, Verdict::Structural, &[]);
    // Control flow that does not change nearby is no hindrance.
    let report = check(|_, x| if x[0].sum().item() > 0.0 { x[0].sin() } else { x[0].cos() * 2.0 }, &[x]);
    expect(&report, Verdict::Pass, &["the formula is judged in f64"]);
}

#[test]
fn a_tie_is_not_called_unbreakable_where_rounding_undoes_the_move() {
    fn larger<'t>(_: &'t Tape<f64>, x: &[Var<'t, f64>]) -> Var<'t, f64> {
        x[0].max_pool1d(2).sum()
    }
    let tied = array![[1e17, 1e17]];
    assert_eq!(check(larger, (&tied,)).verdict(), Verdict::Kink);
    let clear = Check::new(larger, (&tied,)).away_from_kinks(0.01).expect("moves grow until they count");
    assert_ne!(clear[0].as_slice()[0], clear[0].as_slice()[1]);
}

/// y = x + by, where `by` is no operand; its `Debug` is that of an array, which leaves the middle out.
#[derive(Clone, Debug)]
struct Add {
    #[expect(dead_code, reason = "for `Debug`")]
    first: f64,
    by: Array1<f64>,
}

impl Op<f64> for Add {
    fn name(&self) -> &'static str {
        "add_hidden"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
        y[0].real().iter_mut().zip(x[0].real().iter().zip(&self.by)).for_each(|(y, (x, b))| *y = x + b);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, f64>) {
        r.give(0, || r.g());
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }
}

/// An evaluation with one input moved takes other lines over only where they are known to be the same.
#[test]
fn numbers_that_an_operation_does_not_tell_are_computed_again() {
    let x = Array2::from_shape_fn((64, 64), |(i, j)| ((i * 7 + j * 3) % 11) as f64 / 11.0);
    fn f<'t>(_: &'t Tape<f64>, x: &[Var<'t, f64>]) -> Var<'t, f64> {
        let product = x[0].matmul(x[0]).reshape([64 * 64]);
        let mut by = Array1::zeros(64 * 64);
        by[2000] = x[1].value()[[]];
        planted(product, Add { first: 0.0, by }).sum() + x[1].sum() * 0.0
    }
    let report = Check::new(f, (&x, 0.5)).mode(CheckMode::Projected { directions: 1 }).run();
    assert_eq!(report.verdict(), Verdict::Mismatch, "{report}");
}

#[test]
fn a_derivative_that_cancels_to_nothing_is_no_mismatch() {
    // Two ways to one function: the gradient is 0, and both sides of an identity are rounding errors of their own. Where
    // differences cannot tell either, that is said.
    for x in [0.5, -3.0, 0.7, 12.0] {
        let two = check(|_, x: &[Var<'_, f64>]| x[0].sigmoid() - 1.0 / (1.0 + (-x[0]).exp()), (&array![x],));
        assert!(two.verdict() <= Verdict::Inconclusive, "{two}");
        let two = check(|_, x: &[Var<'_, f64>]| x[0].sin() * x[0].cos() * 2.0 - (2.0 * x[0]).sin(), (&array![x],));
        assert!(two.verdict() <= Verdict::Inconclusive, "{two}");
    }
}

#[test]
fn cancellation_excuses_no_wrong_forward_rule() {
    // The gradient is a residue of rounding here, so only the identities see the forward rule.
    for (forward, wrong) in [(1.0, false), (1.1, true), (1.0 + 1e-9, true)] {
        let difference = Check::new(
            move |_: &Tape<f64>, x: &[Var<'_, f64>]| planted(x[0], Sine { forward }) - x[0].sin(),
            (&array![0.7],),
        );
        let doubled = Check::new(
            move |_: &Tape<f64>, x: &[Var<'_, f64>]| {
                2.0 * planted(x[0], Sine { forward }) * x[0].cos() - (2.0 * x[0]).sin()
            },
            (&array![0.7],),
        );
        for report in [difference.run(), doubled.run()] {
            assert_eq!(report.verdict() == Verdict::Mismatch, wrong, "{forward}: {report}");
        }
    }
}
