//! What a page in a browser calls: text in, JSON out, one function for all commands.
//! It keeps no state between calls: the page sends the whole program each time.

use std::cell::RefCell;

use crate::check::Check;
use crate::error::{Error, raised};
use crate::exec::Gradients;
use crate::expr::{Bound, Diagnostic, Limits, parse_within, place};
use crate::real::Real;
use crate::tape::{Tape, Tensor, Var};
use crate::trace::json::Json;
use crate::trace::{SvgOptions, Theme, Trace, TraceOptions};

thread_local! {
    /// What the page has put in, and what it will read.
    static REQUEST: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ANSWER: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What a page may ask for at most.
const LIMITS: Limits = Limits { text: 1 << 16, lines: 4000, elements: 1 << 20, flops: 1e9 };

/// Room for a request of so many bytes; where to put it.
#[unsafe(no_mangle)]
pub extern "C" fn wengert_request(len: usize) -> *mut u8 {
    REQUEST.with_borrow_mut(|r| {
        r.clear();
        r.resize(len.min(1 << 22), 0);
        r.as_mut_ptr()
    })
}

/// Answers the request: a command on the first line, with its arguments, and the program below it. The length of the answer.
#[unsafe(no_mangle)]
pub extern "C" fn wengert_call() -> usize {
    let request = REQUEST.with_borrow(|r| String::from_utf8_lossy(r).into_owned());
    let (command, source) = request.split_once('\n').unwrap_or((&request, ""));
    let text = answer(command, source).unwrap_or_else(|e| e.json(source));
    put(text)
}

/// Where the answer is.
#[unsafe(no_mangle)]
pub extern "C" fn wengert_answer_at() -> *const u8 {
    ANSWER.with_borrow(|a| a.as_ptr())
}

/// After a trap: the error that a call in the program raised, as an answer; its length.
///
/// Panics cannot be caught here, so an operation that refuses its operands ends the module. The page asks for this, and
/// starts the module anew.
#[unsafe(no_mangle)]
pub extern "C" fn wengert_last_error() -> usize {
    let source = REQUEST.with_borrow(|r| String::from_utf8_lossy(r).into_owned());
    let source = source.split_once('\n').map_or(String::new(), |s| s.1.to_string());
    put(match raised() {
        Some([message, rule, fix]) => Wrong { message, rule, fix, span: place::last() }.json(&source),
        None => Wrong::plain("the module has failed").json(&source),
    })
}

fn put(text: String) -> usize {
    ANSWER.with_borrow_mut(|a| {
        *a = text;
        a.len()
    })
}

/// What is wrong, and where in the program.
struct Wrong {
    message: String,
    rule: String,
    fix: String,
    span: std::ops::Range<usize>,
}

impl Wrong {
    fn plain(message: &str) -> Self {
        Wrong { message: message.into(), rule: String::new(), fix: String::new(), span: 0..0 }
    }

    fn json(&self, source: &str) -> String {
        let units = |bytes: usize| source.get(..bytes).map_or(0, |s| s.encode_utf16().count());
        let mut j = Json::default();
        j.object(|o| {
            o.field("error").object(|o| {
                o.field("message").text(&self.message);
                o.field("rule").text(&self.rule);
                o.field("fix").text(&self.fix);
                o.field("span").list([self.span.start, self.span.end].into_iter(), |j, b| j.integer(units(b)));
            });
        });
        j.text
    }
}

impl From<Diagnostic> for Wrong {
    fn from(d: Diagnostic) -> Self {
        let e = d.error();
        Wrong { message: e.headline(), rule: e.rule_text().into(), fix: e.fix_text().into(), span: d.span() }
    }
}

impl From<Error> for Wrong {
    fn from(e: Error) -> Self {
        Wrong { message: e.headline(), rule: e.rule_text().into(), fix: e.fix_text().into(), span: 0..0 }
    }
}

fn answer(command: &str, source: &str) -> Result<String, Wrong> {
    let mut words = command.split(' ');
    let name = words.next().unwrap_or_default();
    let words: Vec<&str> = words.collect();
    let number = |k: usize| words.get(k).and_then(|w| w.parse::<f64>().ok()).unwrap_or(0.0);
    match name {
        "run" => traced(source, |t| t.to_json()),
        "svg" => {
            let theme = match words.get(1) {
                Some(&"light") => Theme::Light,
                Some(&"dark") => Theme::Dark,
                _ => Theme::Auto,
            };
            let step = words.first().and_then(|w| w.parse().ok());
            traced(source, |t| t.to_svg(&SvgOptions { theme, step, ..SvgOptions::default() }))
        }
        "dot" => traced(source, |t| t.to_dot()),
        "text" => traced(source, |t| t.to_text()),
        "html" => traced(source, |t| t.to_html()),
        "check" => checked(&bound(source)?),
        "train" => trained(&bound(source)?, number(0).clamp(1.0, 2000.0) as usize, number(1)),
        _ => Err(Wrong::plain("there is no such command")),
    }
}

fn bound(source: &str) -> Result<Bound, Wrong> {
    Ok(parse_within(source, LIMITS)?.bind(&[])?)
}

fn traced(source: &str, f: impl Fn(&Trace) -> String) -> Result<String, Wrong> {
    let bound = bound(source)?;
    let tape = Tape::<f64>::default();
    let recorded = bound.record(&tape)?;
    let trace = Trace::with(recorded.scalar()?, &TraceOptions { lines: 2000, ..TraceOptions::default() })?;
    Ok(f(&trace.from_text(source, |id| recorded.span_of(id))))
}

/// The program with lines of another's in place of its leaves.
fn record<'t>(bound: &Bound, tape: &'t Tape<f64>, x: &[Var<'t, f64>]) -> Var<'t, f64> {
    let recorded = bound.record_with(tape, x).expect("it has been recorded before");
    recorded.root().expect("it had a real result before")
}

fn tensors(bound: &Bound) -> (Vec<String>, Vec<Tensor<f64>>) {
    bound.leaves().into_iter().map(|(n, t)| (n.to_string(), t)).unzip()
}

fn checked(bound: &Bound) -> Result<String, Wrong> {
    let (names, inputs) = tensors(bound);
    if inputs.is_empty() {
        return Err(Wrong::plain("there is no leaf to check: write `x = ..`"));
    }
    let report = Check::new(|tape, x| record(bound, tape, x), &inputs[..]).names(names).run();
    let mut j = Json::default();
    j.object(|o| {
        o.field("verdict").text(&report.verdict().to_string());
        o.field("counts").list(report.counts().iter(), |j, (verdict, n)| {
            j.object(|o| {
                o.field("verdict").text(&verdict.to_string());
                o.field("count").integer(n);
            });
        });
        o.field("findings").list(report.findings().iter(), |j, f| {
            j.object(|o| {
                o.field("verdict").text(&f.verdict.to_string());
                o.field("place").text(&f.place.to_string());
                o.field("analytic").number(f.analytic);
                o.field("numeric").number(f.numeric.value);
                o.field("reason").text(&f.reason);
                if let Some(k) = &f.kink {
                    o.field("left").number(k.left.value);
                    o.field("right").number(k.right.value);
                    o.field("op").text(k.op);
                    o.field("decides").text(k.what);
                    o.field("position").list(k.position.iter(), |j, p| j.integer(*p));
                }
            });
        });
    });
    Ok(j.text)
}

/// Steps of gradient descent on all leaves: the losses, and where the leaves are then.
fn trained(bound: &Bound, steps: usize, rate: f64) -> Result<String, Wrong> {
    let (names, mut leaves) = tensors(bound);
    let mut losses = Vec::with_capacity(steps + 1);
    for step in 0..=steps {
        let tape = Tape::<f64>::default();
        let x: Vec<Var<'_, f64>> = leaves.iter().map(|t| tape.var(t)).collect();
        let recorded = bound.record_with(&tape, &x)?;
        let loss = recorded.scalar()?;
        let grads: Gradients<f64> = loss.try_backward()?;
        losses.push(loss.try_item()?.as_f64());
        let gradients: Vec<Vec<f64>> = x.iter().map(|v| grads[*v].iter().copied().collect()).collect();
        if step < steps {
            for (leaf, g) in leaves.iter_mut().zip(gradients) {
                leaf.make_mut().iter_mut().zip(g).for_each(|(x, g)| *x -= rate * g);
            }
        }
    }
    let mut j = Json::default();
    j.object(|o| {
        o.field("losses").list(losses.iter(), |j, l| j.number(*l));
        o.field("leaves").list(names.iter().zip(&leaves), |j, (name, t)| {
            j.object(|o| {
                o.field("name").text(name);
                o.field("dims").list(t.dims().iter(), |j, d| j.integer(*d));
                o.field("data").list(t.as_slice().iter(), |j, v| j.number(*v));
            });
        });
    });
    Ok(j.text)
}
