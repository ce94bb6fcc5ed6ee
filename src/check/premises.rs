//! What must hold at the point before a difference means anything: one program, one result, finite numbers.
//! Where it does not, the finding is about the function as a whole.

use super::evaluation::Evaluation;
use super::subject::{Recording, Subject, unravel};
use super::verdict::{Finding, Numeric, Place, Verdict};
use crate::error::Error;
use crate::real::Real;

/// A finding about the function as a whole.
pub(super) fn everywhere(verdict: Verdict, reason: String) -> Finding {
    let numeric = Numeric { value: f64::NAN, bar: f64::INFINITY };
    Finding { verdict, place: Place::Everywhere, output: None, analytic: f64::NAN, numeric, kink: None, reason }
}

/// Whether two recordings at the point are one program with one result.
pub(super) fn repeats<T: Real>(subject: &Subject<'_, T>) -> Result<Option<Finding>, Error> {
    let (a, b) = (subject.record(&subject.at), subject.record(&subject.at));
    if a.tape.fingerprint() != b.tape.fingerprint() || a.output != b.output {
        let reason =
            format!("two calls at one point record different programs, {} and {} lines", a.tape.len(), b.tape.len());
        return Ok(Some(everywhere(Verdict::Structural, reason)));
    }
    let (y, again) = (a.output().try_tensor()?, b.output().try_tensor()?);
    let differs = y.as_slice().iter().zip(again.as_slice()).position(|(a, b)| a.bits() != b.bits());
    Ok(differs.map(|k| {
        let index = unravel(k, y.dims());
        let (first, second) = (y.as_slice()[k], again.as_slice()[k]);
        let place = if index.is_empty() { "the output".into() } else { format!("output {index:?}") };
        let mut finding = everywhere(
            Verdict::NonDeterministic,
            format!(
                "two calls at one point differ at {place}, {first} and {second}; \
                 draw random numbers outside of it, or on the tape from its seed"
            ),
        );
        finding.output = Some(index);
        finding
    }))
}

/// The first output element that is NaN or infinite, and the line it came from.
pub(super) fn not_finite<T: Real>(r: &Recording<T>, base: &Evaluation) -> Option<Finding> {
    let k = base.y.iter().position(|v| !v.is_finite())?;
    let index = unravel(k, &r.output().dims());
    let origin = r.output().first_nonfinite().map_or_else(String::new, |n| format!("; {n}"));
    let mut finding = everywhere(Verdict::NonFinite, format!("output {index:?} is {}{origin}", base.y[k]));
    finding.output = Some(index);
    Some(finding)
}
