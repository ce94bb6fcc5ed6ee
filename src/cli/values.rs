//! Values from outside: literals on the command line, and .npy and .csv files.
//! Files are read within a bound, whatever their headers promise.

use std::path::Path;

use wengert::data::{decode_csv, decode_npy, encode_csv, encode_npy};
use wengert::expr::parse;
use wengert::{Error, Tensor};

use super::Failure;
use super::input::read_within;

/// The most bytes of a file that are read.
const BYTES: u64 = 1 << 28;

/// `NAME=VALUE`.
pub fn variable(text: &str) -> Result<(String, Tensor<f64>), Failure> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(Failure::Other(format!("--var {text}: expected NAME=VALUE, such as x=[1,2] or x=@x.npy")));
    };
    let name = name.trim();
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        || !name.chars().all(|c| c.is_alphanumeric() || c == '_')
    {
        return Err(Failure::Other(format!("--var {text}: `{name}` is no name")));
    }
    let tensor = match value.trim().strip_prefix('@') {
        Some("") => return Err(Failure::Other(format!("--var {name}=@: a file's name follows the @"))),
        Some(path) => read(Path::new(path))?,
        None => literal(name, value)?,
    };
    Ok((name.to_string(), tensor))
}

fn literal(name: &str, value: &str) -> Result<Tensor<f64>, Failure> {
    let told = |what: String| Failure::Other(format!("--var {name}: {what}"));
    // One value, and no statement after it.
    if value.contains(';') {
        return Err(told(format!("`{value}` is no number and no list of numbers")));
    }
    let value = value.replace(['\n', '\r'], " ");
    let script = parse(&format!("{name} = {value}\n{name}")).map_err(|d| told(d.one_line()))?;
    let bound = script.bind(&[]).map_err(|d| told(d.one_line()))?;
    let leaves = bound.leaves();
    match &leaves[..] {
        [(_, tensor)] => Ok(tensor.clone()),
        _ => Err(told(format!("`{value}` is no number and no list of numbers"))),
    }
}

fn read(path: &Path) -> Result<Tensor<f64>, Failure> {
    let told = |what: &str| Failure::Other(format!("{}: {what}", path.display()));
    let bytes = read_within(path, BYTES)?;
    let name = path.display().to_string();
    let tensor = match path.extension().and_then(|e| e.to_str()) {
        Some("npy") => decode_npy(&bytes),
        Some("csv") => decode_csv(&bytes),
        _ => return Err(told("is neither a .npy nor a .csv file")),
    };
    tensor.map_err(|e: Error| Failure::Engine(e.about(name)))
}

/// The bytes of a tensor in the format that the file's name asks for.
pub fn encoded(path: &Path, tensor: &Tensor<f64>) -> Result<Vec<u8>, Failure> {
    match path.extension().and_then(|e| e.to_str()) {
        Some("npy") => Ok(encode_npy(tensor)),
        Some("csv") => Ok(encode_csv(tensor)?.into_bytes()),
        _ => Err(Failure::Other(format!("{}: write to a .npy or a .csv file", path.display()))),
    }
}
