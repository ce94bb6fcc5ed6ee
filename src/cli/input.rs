//! Files and standard input, read within a bound.
//! Not by what the file system says of a size: a device has none and does not end.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::Failure;

/// What a file holds, if that is no more than so many bytes.
pub fn read_within(path: &Path, bytes: u64) -> Result<Vec<u8>, Failure> {
    all(path, File::open(path), bytes)
}

/// The text of a file.
pub fn text_within(path: &Path, bytes: u64) -> Result<String, Failure> {
    text(path, read_within(path, bytes)?)
}

/// The text of a file, or with `-` that of standard input.
pub fn program_within(path: &Path, bytes: u64) -> Result<String, Failure> {
    match path.to_str() {
        Some("-") => text(path, all(path, Ok(io::stdin().lock()), bytes)?),
        _ => text_within(path, bytes),
    }
}

fn all(path: &Path, from: io::Result<impl Read>, bytes: u64) -> Result<Vec<u8>, Failure> {
    let mut found = Vec::new();
    let read = from.and_then(|f| f.take(bytes + 1).read_to_end(&mut found));
    read.map_err(|e| told(path, &e.to_string()))?;
    if found.len() as u64 > bytes {
        return Err(told(path, &format!("has more than {bytes} bytes")));
    }
    Ok(found)
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|e| told(path, &format!("byte {} is no text", e.utf8_error().valid_up_to())))
}

fn told(path: &Path, what: &str) -> Failure {
    Failure::Other(format!("{}: {what}", path.display()))
}
