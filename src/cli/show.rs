//! Tensors as people read them, and as JSON.
//! Long ones are cut in the middle; columns stand below each other.

use serde_json::{Value, json};
use wengert::Tensor;

/// Axes longer than this are cut, if the tensor has more than [`MOST`] elements.
const EDGE: usize = 4;
const MOST: usize = 400;

/// A tensor in brackets, a row on each line.
pub fn tensor(t: &Tensor<f64>) -> String {
    let cut = t.as_slice().len() > MOST;
    let mut cells = Vec::new();
    collect(t.dims(), t.as_slice(), cut, &mut cells);
    let width = cells.iter().map(|c| c.chars().count()).max().unwrap_or(0);
    let mut cells = cells.into_iter();
    let mut text = String::new();
    write(&mut text, t.dims(), cut, &mut cells, width, 0);
    text
}

fn shown(n: usize, cut: bool) -> Vec<Option<usize>> {
    if cut && n > 2 * EDGE + 1 {
        return (0..EDGE).map(Some).chain([None]).chain((n - EDGE..n).map(Some)).collect();
    }
    (0..n).map(Some).collect()
}

fn collect(dims: &[usize], data: &[f64], cut: bool, cells: &mut Vec<String>) {
    let Some((&n, rest)) = dims.split_first() else {
        cells.push(number(data[0]));
        return;
    };
    let step: usize = rest.iter().product();
    for k in shown(n, cut).into_iter().flatten() {
        collect(rest, &data[k * step..(k + 1) * step], cut, cells);
    }
}

fn write(
    text: &mut String,
    dims: &[usize],
    cut: bool,
    cells: &mut impl Iterator<Item = String>,
    width: usize,
    depth: usize,
) {
    let Some((&n, rest)) = dims.split_first() else {
        *text += &format!("{:>width$}", cells.next().unwrap_or_default());
        return;
    };
    text.push('[');
    for (k, at) in shown(n, cut).into_iter().enumerate() {
        if k > 0 {
            *text += if rest.is_empty() { ", " } else { "," };
            // Matrices of a stack stand apart.
            *text += &"\n".repeat(rest.len().min(2));
            if !rest.is_empty() {
                *text += &" ".repeat(depth + 1);
            }
        }
        match at {
            Some(_) => write(text, rest, cut, cells, width, depth + 1),
            None => text.push('…'),
        }
    }
    text.push(']');
}

/// A number with the digits that tell it from its neighbours, without those that show rounding only.
pub fn number(v: f64) -> String {
    if v == 0.0 {
        return "0".into();
    }
    let size = v.abs();
    if !(1e-4..1e12).contains(&size) {
        return if v.is_finite() { format!("{v:.6e}") } else { v.to_string() };
    }
    let text = format!("{v:.8}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// A tensor as nested lists of numbers, which may all be integers.
pub fn json(t: &Tensor<f64>, integer: bool) -> Value {
    fn nested(dims: &[usize], data: &[f64], integer: bool) -> Value {
        match dims.split_first() {
            None if integer => json!(data[0] as u32),
            None => json_number(data[0]),
            Some((&n, rest)) => {
                let step: usize = rest.iter().product();
                Value::Array((0..n).map(|k| nested(rest, &data[k * step..(k + 1) * step], integer)).collect())
            }
        }
    }
    nested(t.dims(), t.as_slice(), integer)
}

/// A number; one that JSON does not have is text.
pub fn json_number(v: f64) -> Value {
    if v.is_finite() { json!(v) } else { json!(v.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_are_aligned_and_long_ones_cut() {
        let t = |dims: &[usize], data: Vec<f64>| tensor(&Tensor::new(dims, data).unwrap());
        assert_eq!(t(&[], vec![2.5]), "2.5");
        assert_eq!(t(&[2, 2], vec![1.0, -10.0, 0.25, 3.0]), "[[   1,  -10],\n [0.25,    3]]");
        assert_eq!(t(&[0], vec![]), "[]");
        let long = t(&[1000], (0..1000).map(f64::from).collect());
        assert_eq!(long, "[  0,   1,   2,   3, …, 996, 997, 998, 999]");
        assert_eq!(number(1.0 / 3.0), "0.33333333");
        assert_eq!(number(f64::NAN), "NaN");
    }
}
