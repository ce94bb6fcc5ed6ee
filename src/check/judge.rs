//! From measured slopes to verdicts: a disagreement counts only beyond tolerance and error bar together.
//! At a kink the analytic value must be a convex combination of the two slopes; the policy may choose which (docs/kinks.md).

use super::line::{Direction, Lines, Turn};
use super::measure::{Measured, Settings};
use super::probe::Probe;
use super::stencil::Estimate;
use super::subject::unravel;
use super::verdict::{Finding, KinkAt, Numeric, Place, Verdict};
use crate::real::Real;

/// What the comparison of one probe says.
struct Judged {
    verdict: Verdict,
    numeric: Numeric,
    kink: Option<(Numeric, Numeric)>,
    reason: String,
}

fn numeric(analytic: f64, e: &Estimate) -> Numeric {
    Numeric { value: analytic + e.value, bar: e.bar() }
}

/// Analytic slope against numeric slope, `e` being numeric less analytic; `size` is what a small slope is measured by.
fn compare(a: f64, e: &Estimate, size: f64, settings: &Settings, how: &str) -> Judged {
    let Settings { tolerance, blur, .. } = *settings;
    let numeric = numeric(a, e);
    let own = a.abs().max(numeric.value.abs());
    let (verdict, reason) = if !a.is_finite() || !numeric.value.is_finite() {
        (Verdict::NonFinite, "a derivative is NaN or infinite".to_string())
    } else if e.value.abs() > tolerance * own + e.bar() {
        let (off, allowed) = (e.value.abs(), tolerance * own + e.bar());
        // Units in the last place of the larger number, as the spacing of f64 there.
        let ulps = off / (own * f64::EPSILON).max(f64::MIN_POSITIVE);
        (Verdict::Mismatch, format!("they differ by {off:.1e}, {ulps:.0e} ulp, and may by {allowed:.1e} ({how})"))
    } else if e.bar() > blur * own.max(size) {
        let cause = if e.rounding > e.truncation {
            "rounding: the output is large beside its change"
        } else {
            "truncation: the slope changes within the smallest step that rounding allows"
        };
        (
            Verdict::Inconclusive,
            format!(
                "an error bar of {:.1e} of a slope of size {:.0e} cannot tell, for {cause} ({how})",
                e.bar(),
                own.max(size)
            ),
        )
    } else {
        (Verdict::Pass, how.to_string())
    };
    Judged { verdict, numeric, kink: None, reason }
}

/// The analytic slope against those on either side of a kink.
fn between(a: f64, left: &Estimate, right: &Estimate, size: f64, tolerance: f64) -> Judged {
    let (l, r) = (numeric(a, left), numeric(a, right));
    let slack = tolerance * a.abs().max(l.value.abs()).max(r.value.abs()).max(size) + l.bar.max(r.bar);
    let smooth = (l.value - r.value).abs() <= slack;
    let inside = a >= l.value.min(r.value) - slack && a <= l.value.max(r.value) + slack;
    let (verdict, reason) = if !a.is_finite() || !l.value.is_finite() || !r.value.is_finite() {
        (Verdict::NonFinite, "a derivative is NaN or infinite".to_string())
    } else if !inside {
        (
            Verdict::Mismatch,
            "the analytic value does not lie between the slopes on the two sides of the kink".to_string(),
        )
    } else if smooth {
        (Verdict::Pass, "a decision changes here, and the slope does not".to_string())
    } else if slack > 0.1 * (l.value - r.value).abs() {
        (Verdict::Inconclusive, format!("the point sits on a kink, and error bars of {slack:.1e} blur its slopes"))
    } else {
        (
            Verdict::Kink,
            "the point sits on a kink, and the analytic value is one of the slopes allowed there".to_string(),
        )
    };
    let value = (l.value + r.value) / 2.0;
    let kink = (!smooth || !inside).then_some((l, r));
    Judged { verdict, numeric: Numeric { value, bar: slack }, kink, reason }
}

/// Whether a measurement with smaller steps says more of a coordinate that one with larger steps did not pass.
///
/// Where both have numbers, its error bar must be below the disagreement that it clears.
fn overrules(near: &Finding, wide: &Finding) -> bool {
    match wide.verdict {
        Verdict::Pass | Verdict::Kink => false,
        Verdict::Mismatch => near.verdict.is_sound() && near.numeric.bar < (wide.analytic - wide.numeric.value).abs(),
        _ => near.verdict.is_sound() || near.verdict == Verdict::Mismatch,
    }
}

impl<T: Real> Lines<'_, '_, T> {
    /// Measures along `d` and gives one finding a probe.
    ///
    /// A coordinate much smaller than its neighbours is measured with their steps, and with its own where that does not do.
    pub fn judge(&self, d: &Direction, settings: &Settings) -> Vec<Finding> {
        let wide = self.judge_at_scale(d, settings);
        let own = match d.parts[..] {
            [(j, dj)] => (self.subject.at[j] / dj).abs(),
            _ => return wide,
        };
        if !(own > 0.0 && own < d.scale) || wide.iter().all(|f| f.verdict.is_sound()) {
            return wide;
        }
        let near = self.judge_at_scale(&Direction { scale: own, ..d.clone() }, settings);
        let better = |(wide, near): (Finding, Finding)| if overrules(&near, &wide) { near } else { wide };
        wide.into_iter().zip(near).map(better).collect()
    }

    fn judge_at_scale(&self, d: &Direction, settings: &Settings) -> Vec<Finding> {
        if let [(j, _)] = d.parts[..]
            && !self.subject.at[j].is_finite()
        {
            return self.unmoved(d, self.subject.at[j]);
        }
        let order = settings.order;
        let measured = self.measure(d, settings);
        let finding = |k: usize| {
            let (a, _) = d.along(&self.probes[k].gradient);
            let size = self.size(d, k);
            let none = Numeric { value: f64::NAN, bar: f64::INFINITY };
            let without = |verdict, reason: &str| Judged { verdict, numeric: none, kink: None, reason: reason.into() };
            let judged = match &measured {
                _ if !a.is_finite() => without(Verdict::NonFinite, "the analytic derivative is NaN or infinite"),
                _ if !self.probes[k].value.is_finite() => without(Verdict::NonFinite, "the output is NaN or infinite"),
                Measured::Central { excess, steps } => {
                    let step = steps[k];
                    let how = format!("central difference of order {order}, step {step:.1e}");
                    compare(a, &excess[k], size, settings, &how)
                }
                Measured::OneSided { excess, step, side } => {
                    let how = format!(
                        "one-sided difference to the {side}, step {step:.1e}: the other side leaves the domain"
                    );
                    compare(a, &excess[k], size, settings, &how)
                }
                Measured::Kink { left, right, .. } => between(a, &left[k], &right[k], size, settings.tolerance),
                Measured::Crowded { turn } => {
                    let reason = format!(
                        "no step is clear of {}: {} at {:?} changes from {} to {} about {:.1e} away, \
                         and the function jumps there or has further kinks as near",
                        self.described(turn.line).1,
                        turn.what,
                        turn.position,
                        turn.old,
                        turn.new,
                        turn.distance
                    );
                    without(Verdict::Inconclusive, &reason)
                }
                Measured::Outside => without(Verdict::Domain, "the function is not finite on either side of the point"),
                Measured::Structure => {
                    without(Verdict::Structural, "however near, the function records another program than at the point")
                }
            };
            let kink = match (&measured, judged.kink) {
                (Measured::Kink { turn, .. }, Some((l, r))) => Some(self.kink_at(turn, l, r)),
                _ => None,
            };
            Finding {
                verdict: judged.verdict,
                place: self.place(d),
                output: self.output(k),
                analytic: a,
                numeric: judged.numeric,
                kink,
                reason: judged.reason,
            }
        };
        (0..self.probes.len()).map(finding).collect()
    }

    /// What can be said of a coordinate that is not finite: no difference moves it.
    fn unmoved(&self, d: &Direction, x: f64) -> Vec<Finding> {
        let finding = |(k, p): (usize, &Probe)| {
            let (analytic, _) = d.along(&p.gradient);
            let verdict = if analytic.is_finite() { Verdict::Domain } else { Verdict::NonFinite };
            let numeric = Numeric { value: f64::NAN, bar: f64::INFINITY };
            let reason = format!("the input is {x} there, and no difference can be taken");
            Finding { verdict, place: self.place(d), output: self.output(k), analytic, numeric, kink: None, reason }
        };
        self.probes.iter().enumerate().map(finding).collect()
    }

    /// The operation and the words for a line.
    fn described(&self, line: u32) -> (&'static str, String) {
        let r = self.subject.record(&self.subject.at);
        (r.tape.op_name(line), r.tape.describe(line))
    }

    fn place(&self, d: &Direction) -> Place {
        match d.parts[..] {
            [(j, _)] => {
                let (input, index) = self.subject.layout.place(j);
                Place::Element { input, name: self.subject.layout.names[input].clone(), index }
            }
            _ => Place::Direction(d.parts.len()),
        }
    }

    /// The output element that a probe singles out.
    fn output(&self, probe: usize) -> Option<Vec<usize>> {
        let u = &self.probes[probe].u;
        let mut ones = u.iter().enumerate().filter(|(_, u)| **u != 0.0);
        match (ones.next(), ones.next()) {
            (Some((k, _)), None) => Some(unravel(k, &self.output_dims)),
            _ => None,
        }
    }

    fn kink_at(&self, turn: &Turn, left: Numeric, right: Numeric) -> KinkAt {
        let (op, text) = self.described(turn.line);
        KinkAt::new(turn, op, text, left, right)
    }
}
