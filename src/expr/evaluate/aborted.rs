//! Which call is being recorded, for those who ask after it has ended in an abort: panics cannot be caught everywhere.
//! They get the same place and the same words as those who catch.

use std::cell::RefCell;

use super::blame::blamed;
use super::call::Given;
use super::translate::translated;
use crate::error::Error;
use crate::expr::diagnostic::Span;
use crate::expr::functions::ParameterDoc;
use crate::expr::syntax::Node;

/// A call with its arguments, which outlives its recording.
#[derive(Default)]
struct Now {
    span: Span,
    parameters: &'static [ParameterDoc],
    given: Vec<Option<(Span, Option<Node>)>>,
}

thread_local! {
    static NOW: RefCell<Now> = RefCell::new(Now::default());
}

/// The call at `span` is about to be recorded.
pub(super) fn enter_call(span: &Span, parameters: &'static [ParameterDoc], given: &[Option<Given<'_>>]) {
    let owned = |g: &Option<Given<'_>>| g.as_ref().map(|g| (g.span.clone(), g.node.cloned()));
    NOW.set(Now { span: span.clone(), parameters, given: given.iter().map(owned).collect() });
}

/// What stands at `span` is about to be recorded; it may be the call entered last.
pub(super) fn enter(span: &Span) {
    NOW.with_borrow_mut(|now| {
        if now.span != *span {
            *now = Now { span: span.clone(), ..Now::default() };
        }
    });
}

/// An error of what was entered last, in the words of the text and at its place.
pub(crate) fn told(e: Error) -> (Error, Span) {
    NOW.with_borrow(|now| {
        let given: Vec<Option<Given<'_>>> = now.given.iter().map(|g| Some(lent(g.as_ref()?))).collect();
        let place = blamed(&e, None, now.parameters, &given).unwrap_or_else(|| now.span.clone());
        (translated(e, now.parameters), place)
    })
}

fn lent((span, node): &(Span, Option<Node>)) -> Given<'_> {
    Given { span: span.clone(), node: node.as_ref() }
}
