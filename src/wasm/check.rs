//! Gradient checks for the page: of all leaves, and of one element with the error of plain differences over the step.
//! Verdicts and reasons are those of the checker; the plain differences show what it works against.

use super::answer::{Wrong, record, tensors};
use crate::check::{Check, CheckReport, Finding};
use crate::expr::Bound;
use crate::shape::Dims;
use crate::tape::{Tape, Tensor, Var};
use crate::trace::json::{Json, Object};

pub(super) fn whole(bound: &Bound) -> Result<String, Wrong> {
    let (names, inputs) = tensors(bound);
    if inputs.is_empty() {
        return Err(Wrong::plain("there is no leaf to check: write `x = ..`"));
    }
    let report = run(&|tape, x| record(bound, tape, x), &inputs, names);
    let mut j = Json::default();
    j.object(|o| {
        o.field("verdict").text(&report.verdict().to_string());
        o.field("counts").list(report.counts().iter(), |j, (verdict, n)| {
            j.object(|o| {
                o.field("verdict").text(&verdict.to_string());
                o.field("count").integer(n);
            });
        });
        if let Some(p) = report.identities().iter().find(|p| !p.holds()) {
            o.field("identity").text(&format!("{} fails by {:.1e}, more than {:.1e}", p.name, p.error, p.bound));
        }
        o.field("findings").list(report.findings().iter(), |j, f| j.object(|o| finding(o, f)));
    });
    Ok(j.text)
}

/// A check of a function that is not part of its type, so that the checker is compiled once.
fn run(f: &Function<'_>, inputs: &[Tensor<f64>], names: Vec<String>) -> CheckReport {
    Check::new(|tape, x: &[Var<'_, f64>]| f(tape, x), inputs).names(names).run()
}

type Function<'a> = dyn for<'t> Fn(&'t Tape<f64>, &[Var<'t, f64>]) -> Var<'t, f64> + 'a;

fn finding(o: &mut Object<'_>, f: &Finding) {
    o.field("verdict").text(&f.verdict.to_string());
    o.field("place").text(&f.place.to_string());
    o.field("analytic").number(f.analytic);
    o.field("numeric").number(f.numeric.value);
    o.field("reason").text(&f.reason);
    if let Some(k) = &f.kink {
        // A slope within its own error bar of 0 is told as 0.
        for (side, slope) in [("left", k.left), ("right", k.right)] {
            o.field(side).number(if slope.value.abs() <= slope.bar { 0.0 } else { slope.value });
        }
        o.field("op").text(k.op);
        o.field("decides").text(k.what);
    }
}

/// Programs that write more numbers than this get one step size a decade, others four.
const QUICK: usize = 20_000;

/// The check of element `k` of leaf `name`.
pub(super) fn element(bound: &Bound, name: &str, k: usize) -> Result<String, Wrong> {
    let (names, inputs) = tensors(bound);
    let at = names.iter().position(|n| n == name).filter(|i| k < inputs[*i].as_slice().len());
    let at = at.ok_or_else(|| Wrong::plain("there is no such element"))?;
    let value = inputs[at].as_slice()[k];
    let one = move |put: f64, others: &Tensor<f64>| {
        let mut t = others.clone();
        t.make_mut()[k] = put;
        t
    };
    // The leaf is taken apart: what stays as it is, and the element as an input of its own.
    let rest = one(0.0, &inputs[at]);
    let mut zeros = rest.clone();
    zeros.make_mut().fill(0.0);
    let unit = one(1.0, &zeros);
    let alone = Tensor::from_parts(Dims::scalar(), std::sync::Arc::new(vec![value]));
    let report = run(
        &|tape, x| {
            let leaf = |(i, t): (usize, &Tensor<f64>)| match i == at {
                true => tape.constant(&rest) + x[0] * tape.constant(&unit),
                false => tape.constant(t),
            };
            record(bound, tape, &inputs.iter().enumerate().map(leaf).collect::<Vec<_>>())
        },
        &[alone],
        vec![name.to_string()],
    );
    let Some(f) = report.findings().first().or(report.closest()) else {
        return Err(Wrong::plain("nothing was compared"));
    };
    // The program's value, and how many numbers it wrote.
    let at_value = |v: f64| {
        let tape = Tape::<f64>::default();
        let leaf = |(i, t): (usize, &Tensor<f64>)| tape.var(if i == at { one(v, t) } else { t.clone() });
        let leaves: Vec<Var<'_, f64>> = inputs.iter().enumerate().map(leaf).collect();
        let y = record(bound, &tape, &leaves).item();
        let written: usize = tape.lines().map(|l| l.results.iter().map(|r| r.1.count()).sum::<usize>()).sum();
        (y, written)
    };
    let every = if at_value(value).1 > QUICK { 4 } else { 1 };
    let mut j = Json::default();
    j.object(|o| {
        finding(o, f);
        o.field("curve").list((0..=48).step_by(every), |j, q: i32| {
            let h = 10_f64.powf(f64::from(q) / 4.0 - 12.0);
            let (up, down) = (value + h, value - h);
            j.object(|o| {
                o.field("h").number(h);
                // The step that was taken, not the one that was meant: value + h is rounded.
                o.field("numeric").number((at_value(up).0 - at_value(down).0) / (up - down));
            });
        });
    });
    Ok(j.text)
}
