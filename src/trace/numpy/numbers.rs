//! Numbers and arrays as Python writes them: every digit that the value has, rows of matrices below each other.
//! How many numbers one script may hold is bounded here.

use super::Precision;
use crate::error::Error;
use crate::trace::record::TracedLine;

/// A script holds at most so many numbers of leaves, draws and gradients.
pub(super) const NUMBERS: usize = 100_000;

/// Text wider than this is broken into rows.
const WIDTH: usize = 92;

/// Arrays whose elements are all one number are written out up to this size.
const WRITTEN_OUT: usize = 12;

/// A number with all its digits, as an expression of Python.
pub(super) fn number(v: f64, precision: Precision) -> String {
    let single = v as f32;
    match v {
        _ if v.is_nan() => "np.nan".into(),
        _ if v.is_infinite() => if v > 0.0 { "np.inf" } else { "-np.inf" }.into(),
        _ if precision == Precision::Single && f64::from(single) == v => format!("{single:?}"),
        _ => format!("{v:?}"),
    }
}

/// Integers as a tuple: `(3,)`, `(2, 3)`.
pub(super) fn tuple<N: std::fmt::Display>(numbers: &[N]) -> String {
    match numbers {
        [one] => format!("({one},)"),
        all => format!("({})", all.iter().map(N::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// What is left of the numbers that a script may hold.
#[derive(Debug)]
pub(super) struct Budget(pub usize);

impl Budget {
    /// The values of a line as an array; rows begin `indent` spaces from the left.
    pub fn array(&mut self, l: &TracedLine, precision: Precision, indent: usize) -> Result<String, Error> {
        let (dims, dtype) = (&l.value.dims, precision.argument());
        let dtype = if l.value.integer { ", dtype=np.int64" } else { dtype };
        if l.count() == 0 {
            return Ok(format!("np.zeros({}{dtype})", tuple(dims)));
        }
        // Zeros of both signs are equal: they are written out.
        if let Some(v) = l.all_same().filter(|&v| v != 0.0 && l.count() > WRITTEN_OUT) {
            let v = if l.value.integer { format!("{v}") } else { number(v, precision) };
            return Ok(format!("np.full({}, {v}{dtype})", tuple(dims)));
        }
        let list = self.list(l, precision, indent)?;
        Ok(format!("np.array({list}{dtype})"))
    }

    /// The values of a line as nested lists; without elements an array, whose shape a list cannot say.
    pub fn expected(&mut self, l: &TracedLine, precision: Precision) -> Result<String, Error> {
        match l.count() {
            0 => Ok(format!("np.zeros({})", tuple(&l.value.dims))),
            _ => self.list(l, precision, 0),
        }
    }

    fn list(&mut self, l: &TracedLine, precision: Precision, indent: usize) -> Result<String, Error> {
        let Some(data) = &l.value.data else {
            return Err(Error::argument(format!(
                "the trace keeps statistics of {} alone: it has {}",
                l.called(),
                l.count()
            ))
            .rule("a script writes out leaves, random draws and gradients")
            .fix("trace a smaller program, or with larger `TraceOptions::numbers`"));
        };
        let Some(left) = self.0.checked_sub(data.len()) else {
            return Err(Error::argument(format!("with {} the numbers of the script are too many", l.called()))
                .rule(format!("leaves, random draws and gradients have at most {NUMBERS} numbers together"))
                .fix("trace a smaller program"));
        };
        self.0 = left;
        let one = |v: &f64| if l.value.integer { format!("{v}") } else { number(*v, precision) };
        Ok(nested(&l.value.dims, &data.iter().map(one).collect::<Vec<_>>(), indent))
    }
}

/// Numbers as nested lists: on one line where they fit, else one row below the other.
fn nested(dims: &[usize], numbers: &[String], indent: usize) -> String {
    let [n, inner @ ..] = dims else { return numbers.concat() };
    if *n == 0 {
        return "[]".into();
    }
    let flat = flat(dims, numbers);
    if indent + flat.len() <= WIDTH {
        return flat;
    }
    let inside = " ".repeat(indent + 4);
    let rows: Vec<String> = if inner.is_empty() {
        wrapped(numbers, WIDTH - inside.len().min(WIDTH / 2))
    } else {
        let size = numbers.len() / n;
        numbers.chunks(size.max(1)).map(|row| nested(inner, row, indent + 4)).collect()
    };
    let rows: String = rows.iter().map(|row| format!("{inside}{row},\n")).collect();
    format!("[\n{rows}{}]", " ".repeat(indent))
}

fn flat(dims: &[usize], numbers: &[String]) -> String {
    let [n, inner @ ..] = dims else { return numbers.concat() };
    let size = numbers.len() / (*n).max(1);
    let rows: Vec<String> = (0..*n).map(|k| flat(inner, &numbers[k * size..(k + 1) * size])).collect();
    format!("[{}]", rows.join(", "))
}

/// Numbers joined by commas, broken into lines of at most `width`.
fn wrapped(numbers: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for v in numbers {
        match lines.last_mut() {
            Some(line) if line.len() + v.len() + 2 < width => *line += &format!(", {v}"),
            _ => lines.push(v.clone()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        let double = |v| number(v, Precision::Double);
        assert_eq!([double(1.0), double(-0.0), double(1e300), double(0.1)], ["1.0", "-0.0", "1e300", "0.1"]);
        assert_eq!([double(f64::NAN), double(f64::INFINITY), double(-f64::INFINITY)], ["np.nan", "np.inf", "-np.inf"]);
        assert_eq!(number(f64::from(0.1_f32), Precision::Single), "0.1");
        assert_eq!((tuple::<usize>(&[]), tuple(&[3]), tuple(&[2, 3])), ("()".into(), "(3,)".into(), "(2, 3)".into()));
    }

    #[test]
    fn long_arrays_are_broken_into_rows() {
        let numbers: Vec<String> = (0..40).map(|k| format!("{k}.5")).collect();
        assert_eq!(nested(&[], &numbers[..1], 0), "0.5");
        assert_eq!(nested(&[2, 0], &[], 0), "[[], []]");
        assert_eq!(nested(&[2, 2], &numbers[..4], 0), "[[0.5, 1.5], [2.5, 3.5]]");
        let text = nested(&[4, 10], &numbers, 0);
        assert_eq!(text.lines().count(), 6);
        assert!(text.starts_with("[\n    [0.5, 1.5, ") && text.ends_with(", 39.5],\n]"), "{text}");
        let text = nested(&[40], &numbers, 0);
        assert!(text.lines().count() == 5 && text.lines().all(|l| l.len() <= WIDTH), "{text}");
    }
}
