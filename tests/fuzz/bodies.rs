//! What a fuzzer and the property tests call with input from outside; every way through ends in a value or in an error.

use wengert::Tape;
use wengert::data::{decode_csv, decode_npy};
use wengert::expr::{Limits, parse_within};

/// Parses, binds, records and, where it is small, computes.
pub fn program(text: &str) {
    let limits = Limits { text: 1 << 12, lines: 4000, elements: 1 << 16, flops: 1e8 };
    let Ok(bound) = parse_within(text, limits).and_then(|s| s.bind(&[])).inspect_err(|e| {
        // Printing must not fail either, and the place lies in the text.
        let _ = (e.to_string(), e.one_line());
        assert!(text.is_char_boundary(e.span().start) && text.is_char_boundary(e.span().end));
    }) else {
        return;
    };
    let tape = Tape::<f64>::default();
    let Ok(recorded) = bound.record(&tape) else { return };
    if let Some(v) = recorded.root().filter(|v| v.try_value().is_ok() && v.count() == 1) {
        let _ = v.try_backward();
    }
}

/// Reads the bytes as each kind of file.
pub fn files(bytes: &[u8]) {
    for tensor in [decode_npy(bytes), decode_csv(bytes)].into_iter().flatten() {
        assert!(tensor.as_slice().len() <= bytes.len());
    }
}
