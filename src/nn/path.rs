//! Dotted paths: how entries of the parameter store are named and found.
//! A name that is not there is an error that lists some that are.

use std::sync::Arc;

use crate::error::Error;

/// `name` is `prefix`, or lies under it.
pub(super) fn is_under(name: &str, prefix: &str) -> bool {
    prefix.is_empty() || name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The dotted path of `name` in the scope `path`.
pub(super) fn join(path: &str, name: &str) -> String {
    match (path, name) {
        ("", name) => name.to_owned(),
        (path, "") => path.to_owned(),
        (path, name) => [path, ".", name].concat(),
    }
}

/// The error for a name that is not there; it lists the first few that are.
pub(super) fn unknown<'a>(name: &str, names: impl ExactSizeIterator<Item = &'a Arc<str>>) -> Error {
    const SHOWN: usize = 8;
    let more = if names.len() > SHOWN { ", …" } else { "" };
    let list = names.take(SHOWN).map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    Error::argument(format!("the parameter store has no `{name}`"))
        .rule(if list.is_empty() { "the store is empty".to_owned() } else { format!("it has {list}{more}") })
        .fix("declare the layer first, with the path it is applied under")
}
