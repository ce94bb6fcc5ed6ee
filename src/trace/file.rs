//! Traces that were written as JSON, read back to be compared; needs the feature `json`.
//! Files come from outside: what is no trace is refused with a sentence, and one that is too large before memory is taken for it.

use serde_json::Value;

use super::diff::{Compared, Difference, first_difference};
use super::plain::cut;
use crate::error::Error;
use crate::shape::checked_count;

/// A longer text is not read by [`diff_json`]: 128 MiB. Needs the feature `json`.
pub const DIFF_JSON_BYTES: usize = 1 << 27;

/// A text with more numbers, words and brackets is not read: each may take a hundred bytes of memory.
const VALUES: usize = 1 << 23;

/// What an object counts for: with one entry it takes as much memory as with eleven.
const OBJECT: usize = 8;

/// The first line at which two traces differ that [`Trace::to_json`](crate::Trace::to_json) has written, where numbers may
/// differ by `tolerance` beside their size; `None` where there is none. Needs the feature `json`.
///
/// A text may have 2²⁷ bytes (128 MiB), hold 2²³ values (numbers, words and lists together, and each object for eight), and nest
/// 127 deep. What is beyond that is refused before memory is taken for it.
///
/// # Errors
/// A text is no such trace, or is beyond these bounds.
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
    let numbered = |text: &str, which: &str| lines(text).map_err(|e| e.about(format!("the {which} trace")));
    Ok(first_difference(&numbered(a, "first")?, &numbered(b, "second")?, tolerance))
}

fn lines(text: &str) -> Result<Vec<Compared>, Error> {
    let wrong =
        |what: String| Error::format(what).fix("give a file that `draw --format json` or `Trace::to_json` wrote");
    let bound = |what: String, rule: String| Err(Error::format(what).rule(rule).fix("trace a smaller model"));
    if text.len() > DIFF_JSON_BYTES {
        return bound(format!("the text has {} bytes", text.len()), format!("at most {DIFF_JSON_BYTES} are read"));
    }
    let values = values(text);
    if values > VALUES {
        return bound(format!("the text holds {values} values"), format!("at most {VALUES} are read"));
    }
    let whole: Value = serde_json::from_str(text).map_err(|e| wrong(format!("this is no JSON: {e}")))?;
    match whole["schema"].as_str() {
        Some("wengert-trace/1") => {}
        Some(other) => return Err(wrong(format!("the schema is \"{other:.40}\", and wengert-trace/1 is understood"))),
        None => return Err(wrong("this is no trace: it names no schema".into())),
    }
    let list = whole["lines"].as_array().ok_or_else(|| wrong("the trace has no lines".into()))?;
    let told = |k: usize, l: &Value| {
        // Not written as a whole, which may be long.
        wrong(format!("line {k} is no line of a trace: {}", cut(l, 100)))
    };
    list.iter().enumerate().map(|(k, l)| line(l).ok_or_else(|| told(k, l))).collect()
}

/// How many values a JSON text has at most, objects weighed: everything but the first follows a comma, a colon or an opening
/// bracket.
fn values(text: &str) -> usize {
    let (mut found, mut quoted, mut escaped) = (1, false, false);
    for c in text.bytes() {
        found += match c {
            b'{' if !quoted => OBJECT,
            b',' | b':' | b'[' if !quoted => 1,
            _ => 0,
        };
        quoted ^= c == b'"' && !escaped;
        escaped = quoted && c == b'\\' && !escaped;
    }
    found
}

fn line(l: &Value) -> Option<Compared> {
    let value = &l["value"];
    let data = match value.get("data") {
        Some(data) => Some(data.as_array()?.iter().map(number).collect::<Option<Vec<f64>>>()?),
        None => None,
    };
    let dims: Vec<usize> = whole(&value["dims"])?;
    if data.as_ref().is_some_and(|d| checked_count(&dims) != Some(d.len())) {
        return None;
    }
    let stat = |name: &str| number(&value["stats"][name]);
    let attributes = l["attributes"].as_object()?.iter().map(|(name, v)| format!("{name}={v}"));
    Some(Compared {
        op: l["op"].as_str()?.to_string(),
        name: l["name"].as_str().map(str::to_string),
        operands: whole(&l["operands"])?,
        attributes: attributes.collect::<Vec<_>>().join(" "),
        dims,
        data,
        stats: [stat("min")?, stat("max")?, stat("mean")?, stat("rms")?],
    })
}

/// Whole numbers, none of them too large for its type.
fn whole<N: TryFrom<u64>>(v: &Value) -> Option<Vec<N>> {
    v.as_array()?.iter().map(|n| n.as_u64().and_then(|n| N::try_from(n).ok())).collect()
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
