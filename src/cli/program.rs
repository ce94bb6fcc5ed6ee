//! The program that a command is about: read, bound, and recorded on a tape of the type asked for.

use wengert::expr::{Bound, Limits, parse_within};
use wengert::{Real, Tape};

use super::Failure;
use super::args::Source;
use super::input::program_within;
use super::values::variable;

/// More bytes of program text are not read.
const BYTES: u64 = 1 << 18;

/// The program with its values.
pub fn bound(source: &Source) -> Result<Bound, Failure> {
    let text = match (&source.expression, &source.file) {
        (Some(text), _) => text.clone(),
        (None, Some(path)) => program_within(path, BYTES)?,
        (None, None) => return Err(Failure::Other("give an expression, or a program with --file".into())),
    };
    let mut limits = Limits { text: BYTES as usize, ..Limits::default() };
    if let Some(elements) = source.limit {
        limits.elements = elements as usize;
        // Whoever raises the one has time for the other.
        limits.flops = limits.flops.max(f64::from(elements) * 1e4);
    }
    let values = source.vars.iter().map(|v| variable(v)).collect::<Result<Vec<_>, _>>()?;
    if let Some((k, (name, _))) = values.iter().enumerate().find(|(k, v)| values[..*k].iter().any(|w| w.0 == v.0)) {
        return Err(Failure::Other(format!("--var {}: `{name}` has a value already", source.vars[k])));
    }
    let values: Vec<_> = values.iter().map(|(n, t)| (n.as_str(), t.clone())).collect();
    Ok(parse_within(&text, limits)?.bind(&values)?)
}

/// An empty tape for it.
pub fn tape<T: Real>(source: &Source) -> Tape<T> {
    Tape::default().seeded(source.seed)
}

/// Calls a generic function with the type that the command line asks for.
macro_rules! in_its_type {
    ($source:expr, $f:ident($($a:expr),*)) => {
        if $source.single { $f::<f32>($($a),*) } else { $f::<f64>($($a),*) }
    };
}

pub(super) use in_its_type;
