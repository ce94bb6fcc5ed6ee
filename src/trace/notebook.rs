//! How tapes, traces and tensors show themselves in a Rust notebook (evcxr): as text for its HTML output.
//! evcxr calls `evcxr_display` of a value and shows what stands between two marker lines.

use super::record::Trace;
use super::svg::{SvgOptions, escaped};
use crate::real::Real;
use crate::tape::{Tape, Tensor, Var};

fn shown(html: &str) -> String {
    format!("EVCXR_BEGIN_CONTENT text/html\n{html}\nEVCXR_END_CONTENT")
}

/// The first plane as a table, and the shape.
fn table<T: Real>(t: &Tensor<T>) -> String {
    const ROWS: usize = 12;
    let columns = t.dims().last().copied().unwrap_or(1).max(1);
    let cell = |v: &T| format!("<td>{}</td>", super::formula::number(v.as_f64()));
    let row = |row: &[T]| {
        let more = if row.len() > ROWS { "<td>…</td>" } else { "" };
        format!("<tr>{}{more}</tr>", row.iter().take(ROWS).map(cell).collect::<String>())
    };
    let rows: Vec<String> = t.as_slice().chunks(columns).take(ROWS).map(row).collect();
    let more = if t.as_slice().len() > ROWS * columns { "<p>…</p>" } else { "" };
    format!("<table><caption>{}{}</caption>{}</table>{more}", T::NAME, t.dims(), rows.concat())
}

impl Trace {
    /// Shows the drawing in a notebook.
    ///
    /// ```
    /// use wengert::{Trace, prelude::*};
    /// let tape = Tape::new();
    /// let trace = Trace::of(tape.var(2.0).exp())?;
    /// assert!(trace.notebook().starts_with("EVCXR_BEGIN_CONTENT text/html\n<svg"));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn evcxr_display(&self) {
        println!("{}", self.notebook());
    }

    /// What a notebook shows.
    #[must_use]
    pub fn notebook(&self) -> String {
        shown(&self.to_svg(&SvgOptions::default()))
    }
}

impl<T: Real> Tape<T> {
    /// Shows the listing in a notebook.
    pub fn evcxr_display(&self) {
        println!("{}", shown(&format!("<pre>{}</pre>", escaped(&self.to_string()))));
    }
}

impl<T: Real> Tensor<T> {
    /// Shows the numbers in a notebook.
    pub fn evcxr_display(&self) {
        println!("{}", shown(&table(self)));
    }
}

impl<T: Real> Var<'_, T> {
    /// Shows the value in a notebook; computes what is missing.
    pub fn evcxr_display(&self) {
        match self.try_tensor() {
            Ok(t) => t.evcxr_display(),
            Err(e) => println!("{e}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_are_tables() {
        let t = Tensor::new([2, 2], vec![1.0, -0.5, 0.0, 1e9]).unwrap();
        let html = shown(&table(&t));
        assert!(html.contains("<caption>f64[2, 2]</caption><tr><td>1</td><td>−0.5</td></tr>"), "{html}");
        assert!(html.ends_with("\nEVCXR_END_CONTENT"));
        let long = Tensor::new([30, 20], vec![0.0; 600]).unwrap();
        assert_eq!(table(&long).matches("<tr>").count(), 12);
    }
}
