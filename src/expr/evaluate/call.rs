//! Calls: arguments find their parameters, and what is wrong with one is told at its place.
//! A method call is a call whose first argument stands before the dot.

use super::blame::blamed;
use super::operators::row_of;
use super::translate::translated;
use super::{Evaluated, Evaluator};
use crate::error::Error;
use crate::expr::diagnostic::Span;
use crate::expr::functions::{ALIASES, Function, Functions, ParameterDoc};
use crate::expr::suggest::nearest;
use crate::expr::syntax::{Argument, Call, Node};
use crate::expr::value::{Term, Value};
use crate::real::Real;

/// An argument as it was given: by a node of the text, or before the dot of a method.
#[derive(Clone)]
pub(super) struct Given<'n> {
    pub span: Span,
    pub node: Option<&'n Node>,
}

impl<'t, T: Real> Evaluator<'_, 't, T> {
    pub(super) fn call(
        &mut self,
        call: &Call,
        base: Option<(Term<'t, T>, &Span)>,
        span: &Span,
    ) -> Evaluated<Term<'t, T>> {
        let name = &call.function;
        let Some(function) = Functions::<T>::named(&name.text) else {
            let names = Functions::<T>::all().map(|f| f.doc.name).chain(ALIASES.iter().map(|a| a.0));
            let fix = match nearest(&name.text, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "see the list of functions: `wengert ops`, or docs/expressions.md".into(),
            };
            let e = Error::argument(format!("there is no function `{}`", name.text)).fix(fix);
            return Err(self.fail(e, &name.span));
        };
        let (terms, given) = self.arguments(function, call, base, span)?;
        let ints = terms.first().is_some_and(|t| matches!(t, Some(Term { value: Value::Ints(_), .. })));
        let row = match row_of(function.doc.name, ints) {
            name if name == function.doc.name => function,
            name => Functions::<T>::row(name),
        };
        #[cfg(all(panic = "abort", feature = "playground"))]
        super::aborted::enter_call(span, function.doc.parameters, &given);
        self.apply(row, terms, span).map_err(|(e, argument)| {
            let place = blamed(&e, argument, function.doc.parameters, &given).unwrap_or_else(|| span.clone());
            let e = match argument.map(|i| &function.doc.parameters[i]) {
                Some(p) if e.rule_text().is_empty() => {
                    e.rule(format!("`{}` of `{}` takes {}", p.name, name.text, p.kind))
                }
                _ => e,
            };
            self.fail(translated(e.about(function.doc.name), function.doc.parameters), &place)
        })
    }

    /// The arguments in the order of the parameters, with their places.
    #[allow(clippy::type_complexity, reason = "two lists that belong together")]
    fn arguments<'n>(
        &mut self,
        function: &Function<T>,
        call: &'n Call,
        base: Option<(Term<'t, T>, &Span)>,
        span: &Span,
    ) -> Evaluated<(Vec<Option<Term<'t, T>>>, Vec<Option<Given<'n>>>)> {
        let parameters = function.doc.parameters;
        let signature = || function.doc.signature();
        let mut terms: Vec<Option<Term<'t, T>>> = vec![None; parameters.len()];
        let mut given: Vec<Option<Given<'n>>> = vec![None; parameters.len()];
        let mut position = 0;
        if let Some((term, place)) = base {
            if parameters.is_empty() {
                let e = Error::argument(format!("`{}` takes no arguments", function.doc.name));
                return Err(self.fail(e.rule(signature()), &call.function.span));
            }
            (terms[0], given[0], position) = (Some(term), Some(Given { span: place.clone(), node: None }), 1);
        }
        for Argument { name, value } in &call.arguments {
            let i = match name {
                None => {
                    position += 1;
                    position - 1
                }
                Some(n) => match parameter(parameters, &n.text) {
                    Some(i) => i,
                    None => {
                        let mut e = Error::argument(format!("`{}` has no parameter `{}`", function.doc.name, n.text));
                        e = e.rule(signature());
                        if let Some(near) = nearest(&n.text, parameters.iter().map(|p| p.name)) {
                            e = e.fix(format!("did you mean `{near}`?"));
                        }
                        return Err(self.fail(e, &n.span));
                    }
                },
            };
            let e = if i >= parameters.len() {
                let most = parameters.len();
                let s = if most == 1 { "" } else { "s" };
                Some(format!("`{}` takes {most} argument{s} at most", function.doc.name))
            } else if terms[i].is_some() {
                Some(format!("`{}` is given twice", parameters[i].name))
            } else {
                None
            };
            if let Some(what) = e {
                return Err(self.fail(Error::argument(what).rule(signature()), &value.span));
            }
            terms[i] = Some(self.term(value)?);
            given[i] = Some(Given { span: value.span.clone(), node: Some(value) });
        }
        if let Some(i) = (0..parameters.len()).find(|&i| terms[i].is_none() && parameters[i].default.is_none()) {
            let p = &parameters[i];
            let e = Error::argument(format!("`{}` is missing: {}", p.name, p.kind));
            return Err(self.fail(e.about(function.doc.name).rule(signature()), span));
        }
        Ok((terms, given))
    }
}

/// The parameter of that name, or of the name that NumPy and PyTorch have for it.
pub(super) fn parameter(parameters: &[ParameterDoc], name: &str) -> Option<usize> {
    let find = |name: &str| parameters.iter().position(|p| p.name == name);
    find(name).or_else(|| match name {
        "axis" | "dim" => find("axes").or_else(|| find("axis")),
        "axes" => find("axis"),
        "keepdims" | "keepdim" => find("keep"),
        _ => None,
    })
}
