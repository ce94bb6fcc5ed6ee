//! `wengert diff`: the first line at which two traces differ.

use serde_json::json;
use wengert::{DIFF_JSON_BYTES, diff_json};

use super::args::DiffArgs;
use super::input::text_within;
use super::{Done, Failure, Outcome};

pub fn diff(a: &DiffArgs) -> Done {
    if !(a.tolerance >= 0.0 && a.tolerance.is_finite()) {
        return Err(Failure::Other(format!("--tolerance {}: a number from 0 on", a.tolerance)));
    }
    let read = |path| text_within(path, DIFF_JSON_BYTES as u64);
    let (first, second) = (read(&a.first)?, read(&a.second)?);
    let difference = diff_json(&first, &second, a.tolerance)?;
    let holds = difference.is_none();
    let text = match (difference, a.json) {
        (None, false) => "the traces are the same".to_string(),
        (Some(d), false) => d.to_string(),
        (None, true) => json!({ "same": true }).to_string(),
        (Some(d), true) => json!({ "same": false, "line": d.line, "text": d.text }).to_string(),
    };
    Ok(Outcome { text, holds })
}
