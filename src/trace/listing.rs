//! The listing: one typed line of text for each line of the tape, in the manner of a jaxpr.
//! Adjoint lines name the primal line whose rule wrote them.

use std::fmt;

use crate::real::Real;
use crate::tape::{Kind, Line, Tape};

/// The listing of the whole tape.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let x = tape.var([1., 2.]).named("x");
/// let y = x.square().sum();
/// let text = tape.to_string();
/// let lines: Vec<&str> = text.lines().collect();
/// assert_eq!(lines[0], "tape of 3 lines, f32");
/// assert!(lines[1].starts_with("  %0 x: f32[2] = var"));
/// assert!(lines[3].starts_with("  %2: f32[] = sum %1 axes=[0]"));
/// # let _ = y;
/// ```
impl<T: Real> fmt::Display for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = if self.len() == 1 { "" } else { "s" };
        writeln!(f, "tape of {} line{s}, {}", self.len(), T::NAME)?;
        let lines: Vec<(String, String, Option<u32>)> =
            self.lines().map(|l| (text::<T>(&l), place(&l), l.origin)).collect();
        let width = lines.iter().map(|(t, ..)| t.chars().count()).max().unwrap_or(0).min(88);
        let mut by_rule = false;
        let mut scope = None;
        for ((text, place, origin), line) in lines.iter().zip(self.lines()) {
            if origin.is_some() != by_rule {
                by_rule = origin.is_some();
                writeln!(f, "  {}", if by_rule { "-- written by rules --" } else { "-- recorded --" })?;
            }
            if line.scope != scope {
                if let Some(name) = &line.scope {
                    writeln!(f, "  [{name}]")?;
                }
                scope.clone_from(&line.scope);
            }
            writeln!(f, "  {text:width$}  {place}")?;
        }
        Ok(())
    }
}

fn text<T: Real>(l: &Line) -> String {
    let name = l.name.as_ref().map_or_else(String::new, |n| format!(" {n}"));
    let results = l.results.iter().enumerate().map(|(k, (kind, dims))| {
        let ty = match kind {
            Kind::Real => T::NAME,
            Kind::Int => "u32",
        };
        let name = if k == 0 { &name[..] } else { "" };
        format!("%{}{name}: {ty}{dims}", l.id as usize + k)
    });
    let mut t = results.collect::<Vec<_>>().join(", ");
    t += &format!(" = {}", l.op);
    l.operands.iter().for_each(|o| t += &format!(" %{o}"));
    l.attributes.iter().for_each(|(name, value)| t += &format!(" {name}={value}"));
    t
}

fn place(l: &Line) -> String {
    let file = l.site.file().rsplit(['/', '\\']).next().unwrap_or_default();
    match l.origin {
        Some(o) => format!("# {file}:{}, rule of %{o}", l.site.line()),
        None => format!("# {file}:{}", l.site.line()),
    }
}
