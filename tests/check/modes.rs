//! What is looked at in each mode, and that the report says what was left out.
//! A single wrong element among thousands is the case that random directions must not miss.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ndarray::{Array1, Array2, array};
use wengert::{
    Arg, Check, CheckMode, Cost, Cx, Error, Fault, Op, OpRef, Out, Real, ResultSigs, Sig, Tape, Var, Verdict, Vjp,
    check, with_threads,
};

use crate::support::{Square, places, planted};

fn ramp(n: usize) -> Array1<f64> {
    (0..n).map(|k| 0.5 + (k as f64 * 0.618).fract()).collect()
}

#[test]
fn projections_bisect_to_the_one_wrong_element() {
    for (n, wrong) in [(1_000, 0), (1_000, 999), (1_537, 768)] {
        let report =
            Check::new(move |_, x| planted(x[0], Square { factor: 1.001, only: Some(wrong) }).sum(), (&ramp(n),))
                .mode(CheckMode::Projected { directions: 2 })
                .run();
        assert_eq!(places(&report, Verdict::Mismatch), [("x0".to_string(), vec![wrong])], "{report}");
        let text = report.to_string();
        assert!(text.contains("random signed directions over all") && text.contains("probability"), "{text}");
    }
}

#[test]
fn a_sample_says_what_share_it_is() {
    let report =
        Check::new(|_, x| x[0].exp().sum(), (&ramp(1_000),)).mode(CheckMode::Sampled { coordinates: 50 }).run();
    assert_eq!(report.counts(), [(Verdict::Pass, 50)]);
    let text = report.to_string();
    assert!(
        text.contains("50 of 1000 coordinates: an error in a single element is seen with probability 0.05"),
        "{text}"
    );
}

#[test]
fn large_inputs_are_projected_without_being_told() {
    let x = Array2::from_shape_fn((300, 300), |(i, j)| ((i * 31 + j * 17) % 101) as f64 / 50.0 - 1.0);
    let report = check(|_, x| x[0].sin(), (&x,));
    assert_eq!(report.verdict(), Verdict::Pass, "{report}");
    let text = report.to_string();
    assert!(text.contains("4 random signed directions over all 90000 coordinates"), "{text}");
    assert!(text.contains("64 of 90000 coordinates"), "{text}");
}

#[test]
fn a_spent_budget_is_told() {
    let report = Check::new(|_, x| x[0].exp().sum(), (&ramp(100),))
        .mode(CheckMode::Full)
        .time_budget(Duration::ZERO)
        .without_identities()
        .run();
    let text = report.to_string();
    assert!(text.contains("0 of 100 coordinates"), "{text}");
    // Nothing was looked at, and so nothing passed.
    assert_ne!(report.verdict(), Verdict::Pass, "{text}");
}

#[test]
fn one_seed_gives_one_report() {
    let run = |seed| {
        let check = Check::new(|_, x| planted(x[0], Square { factor: 1.5, only: Some(3) }).sum(), (&ramp(40),));
        check.mode(CheckMode::Sampled { coordinates: 30 }).seed(seed).run().to_string()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn every_order_of_difference_agrees() {
    for order in [2, 4, 6, 8] {
        let report = Check::new(|_, x| (x[0].sin() * x[0].exp()).sum(), (&ramp(5),)).order(order).tolerance(1e-6).run();
        assert_eq!(report.verdict(), Verdict::Pass, "order {order}: {report}");
    }
    let report = Check::new(|_, x| x[0].exp().sum(), (&ramp(3),)).step(1e-2).run();
    assert_eq!(report.verdict(), Verdict::Pass, "{report}");
}

/// 3x, with a price and a count of its runs.
#[derive(Clone, Debug)]
struct Dear {
    runs: Arc<AtomicUsize>,
}

impl<T: Real> Op<T> for Dear {
    fn name(&self) -> &'static str {
        "dear"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        y[0].real().iter_mut().zip(x[0].real()).for_each(|(y, x)| *y = T::of(3.0) * *x);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g() * 3.0);
    }

    fn cost(&self, _: &[Sig<'_>]) -> Cost {
        Cost { flops: 1e6, cheap: false }
    }

    fn in_f64(&self) -> Option<OpRef<f64>> {
        Some(OpRef::new(self.clone()))
    }
}

/// Checks tanh(dear(x) · w) and counts how often the dear line ran.
fn runs_of_the_first_layer(copies: usize) -> usize {
    let runs = Arc::new(AtomicUsize::new(0));
    let op = Dear { runs: runs.clone() };
    let (x, w) = (array![0.5, -1.0, 2.0], Array2::from_shape_fn((copies, 3), |(i, j)| 0.02 * (i + j) as f64 - 0.1));
    let check = Check::new(
        |tape, x| {
            let hidden = tape.apply(op.clone(), &[x[0].into()]).expect("any shape fits").real(0);
            (hidden * x[1]).tanh()
        },
        (&x, &w),
    );
    let report = check.mode(CheckMode::Full).without_identities().run();
    assert_eq!(report.verdict(), Verdict::Pass, "{report}");
    runs.load(Ordering::Relaxed)
}

/// Moving a parameter of the second layer must not run the first again, however many there are.
#[test]
fn lines_that_a_moved_input_does_not_reach_are_not_run_again() {
    let (few, many) = (runs_of_the_first_layer(1), runs_of_the_first_layer(20));
    assert_eq!(few, many);
}

/// What reaches the tape by another way than a leaf under check is seen all the same: nothing of it is taken from the point.
#[test]
fn numbers_that_leave_the_tape_and_come_back_are_seen() {
    let (x, w) = (array![0.5], array![2.0]);
    let op = Dear { runs: Arc::default() };
    let report = check(
        |tape, x| {
            let outside = tape.constant(x[1].value());
            let dear = tape.apply(op.clone(), &[(outside * 1.0).into()]).expect("any shape fits").real(0);
            x[0] * dear + x[1]
        },
        (&x, &w),
    );
    let places = places(&report, Verdict::Mismatch);
    assert_eq!(places.len(), 1, "{report}");
    assert!(report.to_string().contains("x1[0]"), "{report}");
}

fn gated<'t, T: Real>(_: &'t Tape<T>, x: &[Var<'t, T>]) -> Var<'t, T> {
    (x[0].relu() * x[1]).sum_over(1)
}

/// A kink, a mismatch and a model in f32 among them: findings, order and counts are those of one thread.
#[test]
fn several_threads_report_as_one_does() {
    let (x, w) = (Array2::from_shape_fn((3, 4), |(i, j)| 0.3 * i as f64 - 0.2 * j as f64), ramp(4));
    let (x32, w32) = (x.mapv(|v| v as f32), w.mapv(|v| v as f32));
    let square = Square { factor: 1.5, only: Some(3) };
    for threads in [1, 2, 5] {
        let texts = with_threads(threads, || {
            [
                (Check::new(gated, (&x, &w)).run(), Check::new(gated, (&x, &w)).parallel().run()),
                (Check::new(gated, (&x32, &w32)).run(), Check::new(gated, (&x32, &w32)).parallel().run()),
            ]
        });
        for (alone, together) in texts.unwrap() {
            assert_eq!(alone.to_string(), together.to_string(), "{threads} threads");
        }
    }
    let check = || Check::new(|_, x| planted(x[0], square.clone()), (&w,));
    assert_eq!(check().run().to_string(), check().parallel().run().to_string());
}

#[test]
fn a_survey_can_end_at_the_first_mismatch() {
    let square = Square { factor: 1.5, only: Some(3) };
    let report = Check::new(|_, x| planted(x[0], square.clone()).sum(), (&ramp(50),)).until_mismatch().run();
    assert_eq!(report.verdict(), Verdict::Mismatch);
    assert!(report.coverage()[0].starts_with("4 of 50 coordinates, up to the first mismatch"), "{report}");
}
