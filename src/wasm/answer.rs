//! The commands of the page, and what is wrong with a program as JSON.
//! A command is a word with its arguments; the program is the rest of the request.

use std::ops::Range;

use super::{check, curve, train};
use crate::error::Error;
use crate::expr::{Bound, Diagnostic, Limits, parse_within};
use crate::tape::{Tape, Tensor, Var};
use crate::trace::json::Json;
use crate::trace::{SvgOptions, Trace, TraceOptions};

/// What a page may ask for at most.
const LIMITS: Limits = Limits { text: 1 << 16, lines: 4000, elements: 1 << 20, flops: 1e9 };

/// What is wrong, and where in the program.
pub(super) struct Wrong {
    pub message: String,
    pub rule: String,
    pub fix: String,
    pub span: Range<usize>,
}

impl Wrong {
    pub fn plain(message: &str) -> Self {
        Wrong { message: message.into(), rule: String::new(), fix: String::new(), span: 0..0 }
    }

    pub fn json(&self, source: &str) -> String {
        let mut j = Json::default();
        j.object(|o| {
            o.field("error").object(|o| {
                o.field("message").text(&self.message);
                o.field("rule").text(&self.rule);
                o.field("fix").text(&self.fix);
                span(o.field("span"), source, &self.span);
            });
        });
        j.text
    }
}

impl From<Diagnostic> for Wrong {
    fn from(d: Diagnostic) -> Self {
        Wrong { span: d.span(), ..Wrong::from(d.error()) }
    }
}

impl From<Error> for Wrong {
    fn from(e: Error) -> Self {
        Wrong::from(&e)
    }
}

impl From<&Error> for Wrong {
    fn from(e: &Error) -> Self {
        Wrong { message: e.headline(), rule: e.rule_text().into(), fix: e.fix_text().into(), span: 0..0 }
    }
}

/// A place in the program in the units of a page's strings.
fn span(j: &mut Json, source: &str, span: &Range<usize>) {
    let units = |bytes: usize| source.get(..bytes).map_or(0, |s| s.encode_utf16().count());
    j.list([span.start, span.end].into_iter(), |j, b| j.integer(units(b)));
}

pub(super) fn answer(command: &str, source: &str) -> Result<String, Wrong> {
    let (name, rest) = command.split_once(' ').unwrap_or((command, ""));
    let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
    match name {
        "show" => shown(source),
        "svg" => Ok(traced(source)?.0.to_svg(&SvgOptions::default())),
        "dot" => Ok(traced(source)?.0.to_dot()),
        "text" => Ok(traced(source)?.0.to_text()),
        "html" => Ok(traced(source)?.0.to_html()),
        "rust" => Ok(bound(source)?.to_rust()?),
        "numpy" => Ok(traced(source)?.0.to_numpy()?),
        "check" => check::whole(&bound(source)?),
        "element" => check::element(&bound(source)?, second, first.parse().unwrap_or(0)),
        "curve" => {
            let mut numbers = rest.split(' ').map(|w| w.parse::<u32>().unwrap_or(u32::MAX));
            let mut next = || numbers.next().unwrap_or(u32::MAX);
            let (line, operand, element) = (next(), next(), next());
            curve::curve(&bound(source)?, line, operand as usize, element as usize)
        }
        "train" => {
            let steps = first.parse::<f64>().unwrap_or(1.0).clamp(1.0, 2000.0) as usize;
            train::descend(&bound(source)?, steps, second.parse().unwrap_or(0.0))
        }
        _ => Err(Wrong::plain("there is no such command")),
    }
}

fn bound(source: &str) -> Result<Bound, Wrong> {
    Ok(parse_within(source, LIMITS)?.bind(&[])?)
}

fn traced(source: &str) -> Result<(Trace, Bound), Wrong> {
    let bound = bound(source)?;
    let tape = Tape::<f64>::default();
    let recorded = bound.record(&tape)?;
    let trace = Trace::with(recorded.scalar()?, &TraceOptions { lines: 2000, ..TraceOptions::default() })?;
    Ok((trace.from_text(source, |id| recorded.span_of(id)), bound))
}

/// The trace, its drawing, and the leaves with the place of each number in the text.
fn shown(source: &str) -> Result<String, Wrong> {
    let (trace, bound) = traced(source)?;
    let mut j = Json::default();
    j.object(|o| {
        o.field("trace").raw(&trace.to_json());
        o.field("svg").text(&trace.to_svg(&SvgOptions::default()));
        o.field("leaves").list(bound.leaves().iter(), |j, (name, t)| {
            let places = bound.number_spans(name);
            leaf(j, name, t, |o| {
                o.field("places").optional(places, |j, all| j.list(all.iter(), |j, at| span(j, source, at)));
            });
        });
    });
    Ok(j.text)
}

/// A leaf as JSON, and what else is to be said of it.
pub(super) fn leaf(j: &mut Json, name: &str, t: &Tensor<f64>, more: impl FnOnce(&mut crate::trace::json::Object<'_>)) {
    j.object(|o| {
        o.field("name").text(name);
        o.field("dims").list(t.dims().iter(), |j, d| j.integer(*d));
        o.field("data").numbers(t.as_slice());
        more(o);
    });
}

/// The program with lines of another's in place of its leaves.
pub(super) fn record<'t>(bound: &Bound, tape: &'t Tape<f64>, x: &[Var<'t, f64>]) -> Var<'t, f64> {
    let recorded = bound.record_with(tape, x).expect("it has been recorded before");
    recorded.root().expect("it had a real result before")
}

pub(super) fn tensors(bound: &Bound) -> (Vec<String>, Vec<Tensor<f64>>) {
    bound.leaves().into_iter().map(|(n, t)| (n.to_string(), t)).unzip()
}
