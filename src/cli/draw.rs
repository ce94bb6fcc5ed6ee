//! `wengert trace`, `draw`, `stats`, `profile` and `lint`: the commands that look at one forward and backward pass.

use std::path::Path;

use wengert::{Profile, Real, SvgOptions, Trace};

use super::args::{DrawArgs, Format, ProfileArgs, Source, TraceArgs};
use super::program::{bound, in_its_type, tape};
use super::{Done, Failure, Outcome, write_file};

/// The trace of a program.
pub fn traced(source: &Source) -> Result<Trace, Failure> {
    in_its_type!(source, of(source))
}

fn of<T: Real>(source: &Source) -> Result<Trace, Failure> {
    let (bound, tape) = (bound(source)?, tape::<T>(source));
    let recorded = bound.record(&tape)?;
    let trace = Trace::of(recorded.scalar()?)?;
    Ok(trace.from_text(bound.source(), |id| recorded.span_of(id)))
}

pub fn trace(a: &TraceArgs) -> Done {
    let trace = traced(&a.source)?;
    Ok(Outcome::fine(if a.json { trace.to_json() } else { trace.to_text() }))
}

pub fn stats(a: &TraceArgs) -> Done {
    let statistics = traced(&a.source)?.statistics();
    Ok(Outcome::fine(if a.json { statistics.to_json() } else { statistics.to_string() }))
}

pub fn draw(a: &DrawArgs) -> Done {
    let format = a.format.map_or_else(|| by_ending(a.to.output.as_deref()), Ok)?;
    if a.step.is_some() && format != Format::Svg {
        return Err(Failure::Other("--step is for svg: the other drawings show all steps".into()));
    }
    if format == Format::Rust {
        if a.source.single {
            return Err(Failure::Other("--f32: a program in Rust is written with a tape of f64".into()));
        }
        return written(a, bound(&a.source)?.to_rust()?);
    }
    let trace = traced(&a.source)?;
    if let Some(step) = a.step.filter(|s| *s >= trace.steps.len()) {
        return Err(Failure::Other(format!("--step {step}: the steps are 0 to {}", trace.steps.len() - 1)));
    }
    let text = match format {
        Format::Text => trace.to_text(),
        Format::Svg => trace.to_svg(&SvgOptions { step: a.step, ..SvgOptions::default() }),
        Format::Dot => trace.to_dot(),
        Format::Html => trace.to_html(),
        Format::Json => trace.to_json(),
        Format::Python => trace.to_numpy()?,
        Format::Rust => unreachable!("it needs no trace"),
    };
    written(a, text)
}

fn written(a: &DrawArgs, text: String) -> Done {
    match &a.to.output {
        Some(path) => {
            write_file(path, text.as_bytes(), a.to.force)?;
            Ok(Outcome::fine(String::new()))
        }
        None => Ok(Outcome::fine(text)),
    }
}

/// What the name of the output file asks for.
fn by_ending(path: Option<&Path>) -> Result<Format, Failure> {
    let Some(path) = path else { return Ok(Format::Text) };
    match path.extension().and_then(|e| e.to_str()) {
        Some("svg") => Ok(Format::Svg),
        Some("dot" | "gv") => Ok(Format::Dot),
        Some("html" | "htm") => Ok(Format::Html),
        Some("json") => Ok(Format::Json),
        Some("py") => Ok(Format::Python),
        Some("rs") => Ok(Format::Rust),
        Some("txt") => Ok(Format::Text),
        _ => Err(Failure::Other(format!(
            "{}: drawings end in .svg, .dot, .html, .json, .py, .rs or .txt; say --format for another name",
            path.display()
        ))),
    }
}

pub fn profile(a: &ProfileArgs) -> Done {
    in_its_type!(a.source, timed(a))
}

fn timed<T: Real>(a: &ProfileArgs) -> Done {
    let (bound, tape) = (bound(&a.source)?, tape::<T>(&a.source));
    let recorded = bound.record(&tape)?;
    let mut profile = Profile::of(recorded.scalar()?, a.rounds as usize)?;
    for line in profile.lines.iter_mut().filter(|l| l.label.is_empty()) {
        // A line of a program is known by its text.
        let text = recorded.span_of(line.id).map_or("", |span| &bound.source()[span]);
        line.label = text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    Ok(Outcome::fine(match (a.chrome, a.json) {
        (true, _) => profile.to_chrome_trace(),
        (_, true) => profile.to_json(),
        _ => profile.to_string(),
    }))
}

pub fn lint(a: &TraceArgs) -> Done {
    let found = traced(&a.source)?.lint();
    let text = match a.json {
        true => {
            let one = |l: &wengert::Lint| serde_json::json!({ "line": l.line, "kind": l.kind, "text": l.text });
            serde_json::json!(found.iter().map(one).collect::<Vec<_>>()).to_string()
        }
        false if found.is_empty() => "nothing suspicious".to_string(),
        false => found.iter().map(|l| format!("%{} {l}\n", l.line)).collect(),
    };
    Ok(Outcome { text, holds: found.is_empty() })
}
