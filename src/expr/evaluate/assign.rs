//! Names and their values: leaves, results of statements, and parts of several results.
//! A line gets the name that the text gives it first.

use super::{Evaluated, Evaluator};
use crate::error::Error;
use crate::expr::diagnostic::Diagnostic;
use crate::expr::rust::{Code, Writer};
use crate::expr::syntax::{Name, Statement};
use crate::expr::value::{Form, Term, Value};
use crate::real::Real;

impl<'t, T: Real> Evaluator<'_, 't, T> {
    /// A name gets the leaf that it stands for, or a literal that serves as labels and sizes only.
    pub fn declare(&mut self, name: &str, value: Value<'t, T>) -> Term<'t, T> {
        let code = self.writer.as_mut().map(|w| match &value {
            Value::Leaf(_, l) => {
                let leaf = l.rust(w);
                let leaf = Code::word("tape").method("var", vec![leaf]).method("named", vec![Code::text(name)]);
                let read = w.assign(name, leaf);
                // It is read again after the last statement.
                w.hold(&read);
                self.leaves.insert(name.into(), read.clone());
                read
            }
            value => w.assign_if_read(name, value.written().map_or(Code::word("None"), |l| l.ints())),
        });
        let term = Term { value, code };
        self.names.insert(name.into(), term.clone());
        term
    }

    /// The targets of a statement get its value; what the first of them stands for.
    pub(super) fn assign(&mut self, s: &Statement, term: Term<'t, T>) -> Evaluated<Term<'t, T>> {
        match (&s.targets[..], &term.value) {
            ([], _) => Ok(term),
            ([name], Value::Several(_, all)) if !all.is_empty() => self.take_apart(std::slice::from_ref(name), term),
            ([name], _) => Ok(self.bind(name, term)),
            (names, Value::Several(_, all)) if all.len() >= names.len() => self.take_apart(names, term),
            (names, value) => {
                let e = Error::argument(format!("{} names for {}", names.len(), value.describe()))
                    .rule("there are as many names as results, or fewer")
                    .fix("leave out names, or call an operation with several results");
                let span = names[0].span.start..names[names.len() - 1].span.end;
                Err(Diagnostic::new(e, span, self.source))
            }
        }
    }

    fn take_apart(&mut self, names: &[Name], term: Term<'t, T>) -> Evaluated<Term<'t, T>> {
        let Value::Several(form, all) = term.value else { unreachable!("several results") };
        let mut codes: Vec<Option<Code>> = vec![None; names.len()];
        if let Some((w, code)) = self.writer.as_mut().zip(term.code) {
            let twice = (1..names.len()).any(|k| names[..k].iter().any(|n| n.text == names[k].text));
            if twice {
                // Rust takes no name twice in a pattern; the last one counts, and each part can be read.
                let all = w.hoist(code, "results");
                codes = (0..names.len()).map(|k| Some(form.part(all.clone(), k))).collect();
            } else if form == Form::Tuple {
                let targets: Vec<_> = (0..all.len()).map(|k| names.get(k).map(|n| n.text.as_str())).collect();
                codes = w.take_apart(&targets, code).into_iter().map(Some).collect();
            } else {
                let wanted = if form == Form::List { "parts" } else { "results" };
                let all = if names.len() > 1 { w.hoist(code, wanted) } else { code };
                let parts = names.iter().enumerate();
                codes = parts.map(|(k, n)| Some(w.assign(&n.text, form.part(all.clone(), k)))).collect();
            }
        }
        let mut terms = all.into_iter().zip(codes).map(|(value, code)| Term { value, code });
        let mut first = None;
        for name in names {
            let Some(term) = terms.next() else { break };
            self.insert(name, term.clone());
            first.get_or_insert(term);
        }
        Ok(first.unwrap_or(Value::None.into()))
    }

    /// One name for one value.
    fn bind(&mut self, name: &Name, mut term: Term<'t, T>) -> Term<'t, T> {
        if let Some(w) = &mut self.writer {
            term.code = match &mut term.value {
                Value::Line(_) | Value::Ints(_) | Value::Leaf(..) => term.code.map(|c| w.assign(&name.text, c)),
                Value::Number(v) => {
                    let code = term.code.unwrap_or_else(|| Code::number(*v));
                    Some(w.assign_if_read(&name.text, code))
                }
                Value::List(_) => {
                    settle(&mut term, w);
                    None
                }
                // Another name for labels.
                _ => term.code.inspect(|c| w.hold(c)),
            };
        }
        self.insert(name, term.clone());
        term
    }

    fn insert(&mut self, name: &Name, term: Term<'t, T>) {
        match &term.value {
            Value::Line(v) if self.tape.line(v.id()).name.is_none() => drop(v.named(&*name.text)),
            Value::Ints(v) if self.tape.line(v.id()).name.is_none() => drop(v.named(&*name.text)),
            _ => {}
        }
        self.names.insert(name.text.clone(), term);
    }
}

/// What a list with a name holds is recorded once, however often the list is read.
fn settle<T: Real>(term: &mut Term<'_, T>, w: &mut Writer) {
    match &mut term.value {
        // What is shared has a name, and was settled when it got it.
        Value::List(list) => list.own().into_iter().flatten().for_each(|i| settle(i, w)),
        Value::Line(_) | Value::Ints(_) | Value::Leaf(..) | Value::Several(..) | Value::Number(_) => {
            term.code = term.code.take().map(|c| if signed(&c).is_some() { c } else { w.hoist(c, "item") });
        }
        _ => {}
    }
    if let Some(c) = term.code.as_ref().and_then(signed) {
        w.hold(c);
    }
}

/// The word that a code is, with a sign or without.
fn signed(code: &Code) -> Option<&Code> {
    match code {
        Code::Word(_) => Some(code),
        Code::Prefix("-", word) if matches!(**word, Code::Word(_)) => Some(word),
        _ => None,
    }
}
