//! `wengert diff`: the first line at which two traces differ.

use std::io::Read;
use std::path::Path;

use serde_json::json;
use wengert::diff_json;

use super::args::DiffArgs;
use super::{Done, Failure, Outcome};

pub fn diff(a: &DiffArgs) -> Done {
    if !(a.tolerance >= 0.0 && a.tolerance.is_finite()) {
        return Err(Failure::Other(format!("--tolerance {}: a number from 0 on", a.tolerance)));
    }
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

/// A trace of more bytes is not read; the library refuses it too.
const BYTES: u64 = 1 << 27;

fn read(path: &Path) -> Result<String, Failure> {
    let told = |e: std::io::Error| Failure::Other(format!("{}: {e}", path.display()));
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(told)?.take(BYTES + 1).read_to_end(&mut bytes).map_err(told)?;
    let wrong = |what: String| Failure::Other(format!("{}: {what}", path.display()));
    if bytes.len() as u64 > BYTES {
        return Err(wrong(format!("has more than {BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|e| wrong(format!("byte {} is no text", e.utf8_error().valid_up_to())))
}
