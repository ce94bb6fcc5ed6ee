//! The listing: one typed line of text for each line of the tape, in the manner of a jaxpr, in aligned columns.
//! Lines that a sweep wrote name the primal line whose rule wrote them, or that they compute again.

use std::fmt;

use super::plain::plain;
use crate::error::is_of_a_text;
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::{AttrValue, Kind, Line, Tape};

/// The listing of the whole tape: number, type, name, operation with operands and attributes, and where it comes from.
///
/// An operation with several results takes a line of text for each. A precision limits the number of lines of text, and
/// leaves out the middle: `{tape:.20}` shows the first ten and the last ten.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let x = tape.var([1., 2.]).named("x");
/// let y = x.square().sum();
/// let text = tape.to_string();
/// let lines: Vec<&str> = text.lines().collect();
/// assert_eq!(lines[0], "tape of 3 lines, f32");
/// assert!(lines[1].starts_with("  %0  f32[2]  x = var "));
/// assert!(lines[3].starts_with("  %2  f32[]     = sum %1 axes=[0]  # "));
/// assert_eq!(format!("{tape:.2}").lines().nth(2), Some("  ... 1 line left out"));
/// # let _ = y;
/// ```
impl<T: Real> fmt::Display for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "tape of {}, {}", count(self.len()), T::NAME)?;
        let rows: Vec<Row> = self.lines().flat_map(|l| rows(self, &l)).collect();
        let shown = f.precision().unwrap_or(rows.len()).min(rows.len());
        let (head, tail) = (shown.div_ceil(2), shown / 2);
        let (first, rest) = rows.split_at(head);
        let (left_out, last) = rest.split_at(rest.len() - tail);
        let widths = Widths::of(first.iter().chain(last));
        let mut by_rule = false;
        write_rows(f, first, &widths, &mut by_rule)?;
        if !left_out.is_empty() {
            writeln!(f, "  ... {} left out", count(left_out.len()))?;
        }
        write_rows(f, last, &widths, &mut by_rule)
    }
}

fn count(lines: usize) -> String {
    format!("{lines} line{}", if lines == 1 { "" } else { "s" })
}

/// One line of text, column by column.
struct Row {
    id: String,
    ty: String,
    name: String,
    action: String,
    source: String,
    by_rule: bool,
}

fn rows<T: Real>(tape: &Tape<T>, l: &Line) -> Vec<Row> {
    let row = |(k, (kind, dims)): (usize, &(Kind, Dims))| Row {
        id: format!("%{}", l.id as usize + k),
        ty: format!("{}{}", if *kind == Kind::Real { T::NAME } else { "u32" }, list(dims)),
        name: if k == 0 { plain(l.name.as_deref().unwrap_or_default()) } else { String::new() },
        action: if k == 0 { action(l) } else { format!("result {k} of %{}", l.id) },
        source: source(tape, l),
        by_rule: l.origin.is_some() || l.again.is_some(),
    };
    l.results.iter().enumerate().map(row).collect()
}

fn action(l: &Line) -> String {
    let mut t = l.op.to_string();
    l.operands.iter().for_each(|o| t += &format!(" %{o}"));
    // The result's type says it already.
    let is_own_shape = |name: &str, value: &AttrValue| {
        let mut dims = l.results[0].1.iter().map(|&d| d as i64);
        name == "shape" && matches!(value, AttrValue::Ints(v) if v.iter().all(|&n| dims.next() == Some(n)))
    };
    for (name, value) in l.attributes.iter().filter(|(name, value)| !is_own_shape(name, value)) {
        t += &match value {
            AttrValue::Ints(v) => format!(" {name}={}", list(v)),
            value => format!(" {name}={value}"),
        };
    }
    t
}

fn source<T: Real>(tape: &Tape<T>, l: &Line) -> String {
    let file = l.site.file().rsplit(['/', '\\']).next().unwrap_or_default();
    let scope = l.scope.as_ref().map_or_else(String::new, |s| format!(" in {}", plain(s)));
    match (l.again, l.origin) {
        (Some(first), _) => format!("# again %{first} {}{scope}", l.op),
        (None, Some(o)) => format!("# rule of %{o} {}{scope}", tape.line(o).op),
        (None, None) if is_of_a_text(l.site) => String::new(),
        (None, None) => format!("# {file}:{}{scope}", l.site.line()),
    }
}

/// `[2,3]`, without the spaces that would break a type in two for the eye.
fn list<N: fmt::Display>(numbers: &[N]) -> String {
    format!("[{}]", numbers.iter().map(N::to_string).collect::<Vec<_>>().join(","))
}

/// Column widths; one long line may stick out, so that it does not push all others apart.
struct Widths {
    id: usize,
    ty: usize,
    name: usize,
    action: usize,
}

impl Widths {
    fn of<'a>(rows: impl Iterator<Item = &'a Row> + Clone) -> Self {
        let widest = |column: fn(&Row) -> &str, at_most: usize| {
            rows.clone().map(|r| column(r).chars().count()).filter(|&n| n <= at_most).max().unwrap_or(0)
        };
        Widths {
            id: widest(|r| &r.id, 12),
            ty: widest(|r| &r.ty, 24),
            name: widest(|r| &r.name, 24),
            action: widest(|r| &r.action, 60),
        }
    }
}

fn write_rows(f: &mut fmt::Formatter<'_>, rows: &[Row], w: &Widths, by_rule: &mut bool) -> fmt::Result {
    for r in rows {
        if r.by_rule != *by_rule {
            *by_rule = r.by_rule;
            writeln!(f, "  {}", if r.by_rule { "-- written by rules --" } else { "-- recorded --" })?;
        }
        let (id, ty, name, action) = (w.id, w.ty, w.name, w.action);
        let gap = if name == 0 { "" } else { " " };
        let row =
            format!("  {:<id$}  {:<ty$}  {:<name$}{gap}= {:<action$}  {}", r.id, r.ty, r.name, r.action, r.source);
        writeln!(f, "{}", row.trim_end())?;
    }
    Ok(())
}
