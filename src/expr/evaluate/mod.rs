//! From statements to lines: names are looked up, operators and functions are recorded, and each line learns its place.
//! An error of a method comes back here and is told at the call, or at the argument, that it is about.

#[cfg(all(panic = "abort", feature = "playground"))]
mod aborted;
mod assign;
mod blame;
mod call;
mod index;
mod operators;
mod translate;

#[cfg(all(panic = "abort", feature = "playground"))]
pub(crate) use aborted::told;

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::diagnostic::{Diagnostic, Span};
use super::functions::{Arguments, Fail, Function, Functions};
use super::limits::{Limits, Used};
use super::rust::{Code, Writer};
use super::suggest::nearest;
use super::syntax::{Name, Node, NodeKind, Postfix, Statement};
use super::value::{FromValue, List, Term, Value, convert};
use crate::error::{Error, catching};
use crate::real::Real;
use crate::tape::{IntVar, Tape, Var};

/// Names that are numbers.
const CONSTANTS: &[(&str, f64)] =
    &[("pi", std::f64::consts::PI), ("e", std::f64::consts::E), ("inf", f64::INFINITY), ("nan", f64::NAN)];

/// A recording in progress.
pub(super) struct Evaluator<'a, 't, T: Real> {
    tape: &'t Tape<T>,
    source: &'a Arc<str>,
    limits: &'a Limits,
    used: Used,
    /// What names stand for, as the text goes.
    pub names: IndexMap<String, Term<'t, T>>,
    /// Places of lines: the first line of each run of lines with one place.
    pub places: BTreeMap<u32, Span>,
    /// The same program in Rust, where it is wanted.
    pub writer: Option<Writer>,
    /// What reads each real leaf in it, by name.
    pub leaves: IndexMap<String, Code>,
}

type Evaluated<V> = Result<V, Diagnostic>;

/// The result of a program: a real line or integers, and the Rust that gives it.
#[derive(Debug)]
pub(super) struct Root<'t, T: Real> {
    pub real: Option<Var<'t, T>>,
    pub ints: Option<IntVar<'t, T>>,
    pub code: Option<Code>,
}

impl<'a, 't, T: Real> Evaluator<'a, 't, T> {
    pub fn new(tape: &'t Tape<T>, source: &'a Arc<str>, limits: &'a Limits, writer: Option<Writer>) -> Self {
        let (used, names, places) = (Used::default(), IndexMap::new(), BTreeMap::new());
        Evaluator { tape, source, limits, used, names, places, writer, leaves: IndexMap::new() }
    }

    /// Records the statements in order; the value of the last one. `leaf` gives the leaf that an assignment of a literal
    /// stands for.
    pub fn run(
        &mut self,
        statements: &[Statement],
        mut leaf: impl FnMut(&Name) -> Option<Value<'t, T>>,
    ) -> Evaluated<Option<Term<'t, T>>> {
        let mut last = None;
        for s in statements {
            let given = match &s.targets[..] {
                [name] => leaf(name),
                _ => None,
            };
            last = Some(match (given, &s.targets[..]) {
                (Some(value), [name]) => self.declare(&name.text, value),
                _ => {
                    let term = self.term(&s.value)?;
                    self.assign(s, term)?
                }
            });
        }
        Ok(last)
    }

    /// The result of the program: the last value.
    pub fn root(&mut self, term: Term<'t, T>, last: Option<&Statement>) -> Evaluated<Root<'t, T>> {
        let (tape, span) = (self.tape, last.map_or(0..0, |s| s.value.span.clone()));
        let term = term.first();
        self.reads(&term.value).map_err(|e| self.fail(e, &span))?;
        let (mut real, mut ints) = (None, None);
        match &term.value {
            Value::Text(_) | Value::Flag(_) | Value::None => return Ok(Root { real, ints, code: None }),
            Value::Ints(v) => ints = Some(*v),
            value => real = Some(self.plainly(&span, || convert(value.clone(), tape))?),
        }
        let code = self.writer.as_mut().map(|w| match ints {
            Some(_) => term.line(),
            None => Var::rust(&term, w),
        });
        Ok(Root { real, ints, code })
    }

    fn fail(&self, error: Error, span: &Span) -> Diagnostic {
        Diagnostic::new(error, span.clone(), self.source)
    }

    /// Records by `f`; lines that it writes stand at `span`.
    fn record<V>(&mut self, span: &Span, f: impl FnOnce() -> Result<V, Fail>) -> Result<V, (Error, Option<usize>)> {
        let first = self.tape.len() as u32;
        #[cfg(all(panic = "abort", feature = "playground"))]
        aborted::enter(span);
        let value = catching(f).map_err(|e| (e, None))?.map_err(|f| (f.error, f.argument))?;
        if self.tape.len() as u32 > first {
            self.places.insert(first, span.clone());
        }
        self.limits.count(self.tape, &mut self.used).map_err(|e| (e, None))?;
        Ok(value)
    }

    /// To be asked before a value is converted to lines: a list is counted before it is walked through.
    fn reads(&mut self, value: &Value<'t, T>) -> Result<(), Error> {
        match value {
            Value::List(l) => self.limits.read(l.extent, &mut self.used),
            _ => Ok(()),
        }
    }

    fn plainly<V>(&mut self, span: &Span, f: impl FnOnce() -> Result<V, Error>) -> Evaluated<V> {
        self.record(span, || f().map_err(Fail::from)).map_err(|(e, _)| self.fail(e, span))
    }

    /// Records a row of a table, and writes it down.
    fn apply(
        &mut self,
        function: &Function<T>,
        mut terms: Vec<Option<Term<'t, T>>>,
        span: &Span,
    ) -> Result<Term<'t, T>, (Error, Option<usize>)> {
        for (k, term) in terms.iter().enumerate() {
            let value = term.as_ref().map(|t| &t.value);
            value.map_or(Ok(()), |v| self.reads(v)).map_err(|e| (e, Some(k)))?;
        }
        let given = self.writer.is_some().then(|| terms.clone());
        let tape = self.tape;
        let value = self.record(span, || (function.call)(&mut Arguments { tape, values: &mut terms }))?;
        let code = given.zip(self.writer.as_mut()).map(|(terms, w)| {
            let code = (function.rust)(&terms, w);
            w.shallow(code)
        });
        Ok(Term { value, code })
    }

    /// As [`apply`](Evaluator::apply), for rows that operators and indices stand for.
    fn row(&mut self, name: &str, terms: Vec<Term<'t, T>>, span: &Span) -> Evaluated<Term<'t, T>> {
        let function = Functions::<T>::row(name);
        let terms = terms.into_iter().map(Some).collect();
        self.apply(function, terms, span).map_err(|(e, _)| self.fail(e, span))
    }

    /// A number, and how it is spelled.
    fn number(&mut self, v: f64, code: impl FnOnce(&mut Writer) -> Code) -> Term<'t, T> {
        let code = self.writer.as_mut().map(|w| {
            let code = code(w);
            w.shallow(code)
        });
        Term { value: Value::Number(v), code }
    }

    fn term(&mut self, n: &Node) -> Evaluated<Term<'t, T>> {
        match &n.kind {
            NodeKind::Number(v) => Ok(Value::Number(*v).into()),
            NodeKind::Text(t) => Ok(Value::Text(t.as_str().into()).into()),
            NodeKind::Flag(f) => Ok(Value::Flag(*f).into()),
            NodeKind::None => Ok(Value::None.into()),
            NodeKind::Name(name) => self.lookup(name, &n.span),
            NodeKind::List(items) => Ok(match n.literal() {
                Some(Ok(l)) => Value::Literal(l.into()).into(),
                Some(Err((span, e))) => return Err(self.fail(e, &span)),
                None => {
                    let list = List::new(items.iter().map(|i| self.term(i)).collect::<Evaluated<_>>()?);
                    self.limits.list(list.extent).map_err(|e| self.fail(e, &n.span))?;
                    Value::List(list).into()
                }
            }),
            NodeKind::Negative(inner) => {
                let term = self.term(inner)?;
                match term.value {
                    Value::Number(v) => Ok(self.number(-v, |w| Code::Prefix("-", Box::new(f64::rust(&term, w))))),
                    _ => self.row("neg", vec![term], &n.span),
                }
            }
            NodeKind::Chain(first, rest) => {
                let mut term = self.term(first)?;
                let mut left = first.span.clone();
                for (op, operand) in rest {
                    let b = self.term(operand)?;
                    let whole = first.span.start..operand.span.end;
                    term = self.operator(*op, (term, &left), (b, &operand.span), &whole)?;
                    left = whole;
                }
                Ok(term)
            }
            NodeKind::Power(base, exponent) => {
                let (a, b) = (self.term(base)?, self.term(exponent)?);
                self.power((a, &base.span), (b, &exponent.span), &n.span)
            }
            NodeKind::Call(call) => self.call(call, None, &n.span),
            NodeKind::Postfix(base, parts) => {
                let mut term = self.term(base)?;
                for part in parts {
                    term = match part {
                        Postfix::Method(call, span) => {
                            let whole = base.span.start..span.end;
                            self.call(call, Some((term, &(base.span.start..span.start))), &whole)?
                        }
                        Postfix::Index(index, span) => {
                            let place = base.span.start..span.start;
                            self.index((term, &place), index, &(base.span.start..span.end))?
                        }
                    };
                }
                Ok(term)
            }
        }
    }

    fn lookup(&mut self, name: &str, span: &Span) -> Evaluated<Term<'t, T>> {
        if let Some(term) = self.names.get(name) {
            return Ok(term.clone());
        }
        if let Some((_, v)) = CONSTANTS.iter().find(|c| c.0 == name) {
            let code = self.writer.is_some().then(|| match name {
                "pi" => Code::word("PI"),
                "e" => Code::word("E"),
                _ => Code::number(*v),
            });
            return Ok(Term { value: Value::Number(*v), code });
        }
        if Functions::<T>::named(name).is_some() {
            let e = Error::argument(format!("`{name}` is a function"));
            return Err(self.fail(e.fix(format!("call it: `{name}(..)`")), span));
        }
        let known = self.names.keys().map(String::as_str).chain(CONSTANTS.iter().map(|c| c.0));
        let fix = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("give it a value on a line before: `{name} = ..`"),
        };
        Err(self.fail(Error::argument(format!("`{name}` has no value")).fix(fix), span))
    }
}
