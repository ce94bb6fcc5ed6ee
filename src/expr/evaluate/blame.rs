//! Which argument an error is about, and which number of it.
//! A method does not know of arguments, but its sentence begins with what is wrong: "the stride is 0", "axis 3 ..", "label 2 ..".

use super::call::{Given, parameter};
use crate::error::Error;
use crate::expr::diagnostic::Span;
use crate::expr::functions::ParameterDoc;

/// The place of what an error is about, if that is an argument that the call gives.
pub(super) fn blamed(
    e: &Error,
    argument: Option<usize>,
    parameters: &[ParameterDoc],
    given: &[Option<Given<'_>>],
) -> Option<Span> {
    let headline = e.headline();
    // Behind the name of the operation.
    let what = headline.split_once(": ").map_or(headline.as_str(), |(_, what)| what);
    let named = || {
        let mut words = what.split([' ', ',']);
        match (words.next()?, words.next()?) {
            ("the" | "a", name) => parameter(parameters, name).or_else(|| parameter(parameters, &format!("{name}s"))),
            ("axis", _) => parameter(parameters, "axis"),
            ("label" | "index", _) => parameters.iter().position(|p| p.kind.contains("labels") || p.kind == "integers"),
            _ => None,
        }
    };
    let given = given[argument.or_else(named)?].as_ref()?;
    let element = position(what).and_then(|at| given.node?.element(&at));
    Some(element.unwrap_or_else(|| given.span.clone()))
}

/// The position that a sentence names: `[1, 0]` in "label 2 at position [1, 0] is ..".
fn position(what: &str) -> Option<Vec<usize>> {
    let list = what.split_once("at position [")?.1.split_once(']')?.0;
    list.split(", ").filter(|k| !k.is_empty()).map(|k| k.parse().ok()).collect()
}
