//! Mutation of a user's own operation: what the report says, and what a poor point cannot show.

use wengert::{Arg, Cx, Error, Fate, Fault, KillScore, Mutation, Op, OpCheck, Out, ResultSigs, Sig, Vjp};

/// y\[i, j\] = s\[j\] · x\[i, j\] + c.
#[derive(Debug)]
struct Stretch {
    c: f64,
}

impl Op<f64> for Stretch {
    fn name(&self) -> &'static str {
        "stretch"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[1].dims))
    }

    fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
        let s = x[0].real();
        let rows = y[0].real().iter_mut().zip(x[1].real()).enumerate();
        rows.for_each(|(k, (y, x))| *y = s[k % s.len()] * x + self.c);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, f64>) {
        r.give(0, || (r.g() * r.x(1)).sum_over(0).reshape(r.dims(0)));
        r.give(1, || r.g() * r.x(0));
    }
}

#[test]
fn the_report_reads_at_once() {
    let report = OpCheck::new(Stretch { c: 0.0 }).real([3]).real([2, 3]).mutate();
    report.assert();
    insta::assert_snapshot!(report.to_string());
}

#[test]
fn the_score_of_several_points_is_a_table() {
    let at = |n: usize, m: usize| OpCheck::new(Stretch { c: 0.0 }).real([m]).real([n, m]).mutate();
    let score: KillScore = [at(2, 3), at(1, 1), at(0, 2)].into_iter().collect();
    insta::assert_snapshot!(score.to_string());
}

#[test]
fn a_check_that_cannot_notice_says_so() {
    // Beside an output of 10⁹ a thousandth of a derivative is lost in rounding: the bound is relative to the output.
    let report = OpCheck::new(Stretch { c: 1e9 }).real([3]).real([2, 3]).mutate();
    let survivors: Vec<Mutation> = report.survivors().map(|m| m.mutation).collect();
    assert!(survivors.contains(&Mutation::Scaled), "{report}");
    assert!(report.to_string().contains("SURVIVED"), "{report}");
    let complaint = std::panic::catch_unwind(|| report.assert()).unwrap_err();
    assert!(complaint.downcast_ref::<String>().unwrap().contains("SURVIVED"));
    let score: KillScore = [report].into_iter().collect();
    assert!(score.share().unwrap() < 1.0 && score.survived() == survivors.len());
}

#[test]
fn a_pair_that_is_swapped_is_named_both_ways() {
    let report = OpCheck::new(Stretch { c: 0.0 }).real([1, 2]).real([1, 2]).mutate();
    let swapped = report.mutants.iter().filter(|m| m.mutation == Mutation::Swapped);
    let pairs: Vec<_> = swapped.map(|m| (m.operand, m.partner, m.fate)).collect();
    assert_eq!(pairs, [(0, Some(1), Fate::Killed), (1, Some(0), Fate::Killed)]);
}

#[test]
fn a_kink_beside_the_point_is_no_mismatch() {
    /// max(x, 0), which decides on which side of 0 it is.
    #[derive(Debug)]
    struct Ramp;
    impl Op<f64> for Ramp {
        fn name(&self) -> &'static str {
            "ramp"
        }
        fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
            Ok(ResultSigs::real(x[0].dims))
        }
        fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
            y[0].real().iter_mut().zip(x[0].real()).for_each(|(y, x)| *y = x.max(0.0));
            Ok(())
        }
        fn vjp<'t>(&self, r: &Vjp<'t, f64>) {
            r.give(0, || r.g().gate(r.x(0)));
        }
        fn decision<'t>(&self, at: &wengert::At<'t, f64>) -> Option<wengert::Decision<'t, f64>> {
            Some(wengert::Decision { what: "side of 0", choice: at.x(0).gt(0.0), gap: Some(at.x(0).abs()) })
        }
    }
    // Of a hundred points within 0.01 of the kink, many have it inside of the first stencil.
    for seed in 0..20 {
        OpCheck::new(Ramp).real_in([5], -0.01, 0.01).seed(seed).run().assert();
    }
}
