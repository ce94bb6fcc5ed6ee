//! Traces that were written as JSON, read back to be compared; needs the feature `json`.
//! Files come from outside: what is no trace is refused with a sentence.

use serde_json::Value;

use super::diff::{Compared, Difference, first_difference};
use crate::error::Error;
use crate::shape::checked_count;

/// The first line at which two traces differ that [`Trace::to_json`](crate::Trace::to_json) has written, where numbers may
/// differ by `tolerance` beside their size; `None` where there is none. Needs the feature `json`.
///
/// # Errors
/// A text is no such trace.
///
/// ```
/// use wengert::{Trace, diff_json, prelude::*};
/// let json = |w: f64| {
///     let tape = Tape::<f64>::default();
///     Trace::of((tape.var([1.0, 2.0]) * w).sum()).map(|t| t.to_json())
/// };
/// assert_eq!(diff_json(&json(2.0)?, &json(2.0)?, 0.0)?, None);
/// assert_eq!(diff_json(&json(2.0)?, &json(3.0)?, 0.0)?.unwrap().line, 1);
/// assert!(diff_json("{}", "[]", 0.0).unwrap_err().is_format());
/// let short = json(2.0)?.replace("[2,4]", "[2]");
/// assert!(diff_json(&json(2.0)?, &short, 0.0).unwrap_err().is_format());
/// # Ok::<(), wengert::Error>(())
/// ```
pub fn diff_json(a: &str, b: &str, tolerance: f64) -> Result<Option<Difference>, Error> {
    Ok(first_difference(&lines(a)?, &lines(b)?, tolerance))
}

fn lines(text: &str) -> Result<Vec<Compared>, Error> {
    let wrong =
        |what: String| Error::format(what).fix("give a file that `draw --format json` or `Trace::to_json` wrote");
    let whole: Value = serde_json::from_str(text).map_err(|e| wrong(format!("this is no JSON: {e}")))?;
    match whole["schema"].as_str() {
        Some("wengert-trace/1") => {}
        Some(other) => return Err(wrong(format!("the schema is \"{other}\", and wengert-trace/1 is understood"))),
        None => return Err(wrong("this is no trace: it names no schema".into())),
    }
    let list = whole["lines"].as_array().ok_or_else(|| wrong("the trace has no lines".into()))?;
    list.iter().map(|l| line(l).ok_or_else(|| wrong(format!("this is no line of a trace: {l:.100}")))).collect()
}

fn line(l: &Value) -> Option<Compared> {
    let value = &l["value"];
    let data = match value.get("data") {
        Some(data) => Some(data.as_array()?.iter().map(number).collect::<Option<Vec<f64>>>()?),
        None => None,
    };
    let dims: Vec<usize> = whole(&value["dims"])?.into_iter().map(|v| v as usize).collect();
    if data.as_ref().is_some_and(|d| checked_count(&dims) != Some(d.len())) {
        return None;
    }
    let stat = |name: &str| number(&value["stats"][name]);
    let attributes = l["attributes"].as_object()?.iter().map(|(name, v)| format!("{name}={v}"));
    Some(Compared {
        op: l["op"].as_str()?.to_string(),
        name: l["name"].as_str().map(str::to_string),
        operands: whole(&l["operands"])?.into_iter().map(|v| v as u32).collect(),
        attributes: attributes.collect::<Vec<_>>().join(" "),
        dims,
        data,
        stats: [stat("min")?, stat("max")?, stat("mean")?, stat("rms")?],
    })
}

fn whole(v: &Value) -> Option<Vec<u64>> {
    v.as_array()?.iter().map(Value::as_u64).collect()
}

/// A number, or what stands for one that JSON does not have.
fn number(v: &Value) -> Option<f64> {
    match v.as_str() {
        None => v.as_f64(),
        Some("NaN") => Some(f64::NAN),
        Some("inf") => Some(f64::INFINITY),
        Some("-inf") => Some(f64::NEG_INFINITY),
        Some(_) => None,
    }
}
