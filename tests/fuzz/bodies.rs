//! What a fuzzer and the property tests call with input from outside; every way through ends in a value or in an error.
//! No caller calls all of them.
#![allow(dead_code)]

use wengert::Tape;
use wengert::data::{Idx, decode_csv, decode_npy};
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
    // What can be recorded can be written as Rust, and numbers stand in the text.
    assert!(bound.to_rust().is_ok_and(|program| program.ends_with("}\n")));
    for (name, _) in bound.leaves() {
        assert!(bound.number_spans(name).is_some_and(|spans| spans.into_iter().all(|s| text.get(s).is_some())));
    }
    let tape = Tape::<f64>::default();
    let Ok(recorded) = bound.record(&tape) else { return };
    if let Some(v) = recorded.root().filter(|v| v.try_value().is_ok() && v.count() == 1) {
        let _ = v.try_backward();
    }
}

/// Reads the bytes as .npy and .csv files; no more numbers come out than bytes went in.
pub fn files(bytes: &[u8]) {
    for tensor in [decode_npy(bytes), decode_csv(bytes)].into_iter().flatten() {
        assert!(tensor.as_slice().len() <= bytes.len());
    }
}

/// Reads the bytes as an IDX file, plain or compressed; a compressed one grows by no more than the format can.
pub fn idx(bytes: &[u8]) {
    match Idx::from_bytes(bytes) {
        Ok(idx) => {
            let ratio = if bytes.starts_with(&[0x1f, 0x8b]) { 1032 } else { 1 };
            let all = idx.to_f64();
            assert!(all.len() <= ratio * bytes.len());
            assert_eq!(all.shape(), idx.dims());
        }
        Err(e) => assert!(e.to_string().len() < 2000, "{e}"),
    }
}

/// Reads the text as a trace: it is the same as itself, and what it differs in from another is told in one short line.
#[cfg(feature = "json")]
pub fn json(text: &str) {
    use wengert::diff_json;
    const OTHER: &str = r#"{"schema":"wengert-trace/1","lines":[]}"#;
    match diff_json(text, text, 0.0) {
        Ok(found) => assert_eq!(found, None),
        Err(e) => assert!(e.to_string().len() < 2000, "{e}"),
    }
    if let Ok(Some(found)) = diff_json(text, OTHER, 0.0) {
        assert!(found.text.len() < 2000 && !found.text.contains(char::is_control), "{found}");
    }
}

/// Reads the bytes as a checkpoint into a small store, which stays as it was where they are none.
#[cfg(feature = "io")]
pub fn checkpoint(bytes: &[u8]) {
    use wengert::io::{load_checkpoint, load_params};
    use wengert::nn::{Params, Role};
    use wengert::optim::Sgd;
    let (process, thread) = (std::process::id(), std::thread::current().id());
    let path = std::env::temp_dir().join(format!("wengert-fuzz-{process}-{thread:?}.safetensors"));
    std::fs::write(&path, bytes).unwrap();
    let mut params = Params::<f32>::new(0);
    params.insert("w", Role::Parameter, [1.0, 2.0]).unwrap();
    params.insert("b", Role::Buffer, [3.0]).unwrap();
    let before = params.clone();
    if load_params(&path, &mut params).is_err() {
        assert!(same(&params, &before));
    }
    let mut params = before.clone();
    if load_checkpoint(&path, &mut params, &mut Sgd::new(0.1).momentum(0.9)).is_err() {
        assert!(same(&params, &before));
    }
    std::fs::remove_file(path).unwrap();
}

#[cfg(feature = "io")]
fn same(a: &wengert::nn::Params<f32>, b: &wengert::nn::Params<f32>) -> bool {
    a.iter().zip(b.iter()).all(|(a, b)| a.0 == b.0 && a.1.value() == b.1.value())
}
