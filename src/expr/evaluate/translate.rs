//! Advice of methods, which is spelled in Rust, in the words of a text.
//! Options of a builder are arguments there: `.floor()` is `floor=true`, `.size([2, 3])` is `size=[2, 3]`.

use crate::error::Error;
use crate::expr::functions::ParameterDoc;

/// What a text spells in another way.
const WORDS: &[(&str, &str)] = &[
    (", or `None` for that of the input", ""),
    ("`..`", "`none`"),
    ("`None`", "`none`"),
    ("`Replicate`", "`mode=\"replicate\"`"),
];

/// The same error with its advice in the words of a text, for a call with these parameters.
pub(super) fn translated(e: Error, parameters: &[ParameterDoc]) -> Error {
    let mut fix = e.fix_text().to_string();
    for (rust, text) in WORDS {
        fix = fix.replace(rust, text);
    }
    for p in parameters {
        fix = as_argument(&fix, p.name);
    }
    e.fix(fix)
}

/// `.name(value)` as `name=value`, wherever it stands at the beginning of a word.
fn as_argument(text: &str, name: &str) -> String {
    let call = format!(".{name}(");
    let (mut done, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(&call) {
        let (before, after) = (&rest[..at], &rest[at + call.len()..]);
        done += before;
        let Some(end) = after.find(')').filter(|_| !before.ends_with(char::is_alphanumeric)) else {
            done += &call;
            rest = after;
            continue;
        };
        let value = if end == 0 { "true" } else { &after[..end] };
        done += &format!("{name}={value}");
        rest = &after[end + 1..];
    }
    done + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_become_arguments() {
        let fix = "say `.size([height, width])` or `.scale([2.0, 2.0])`";
        assert_eq!(as_argument(fix, "size"), "say `size=[height, width]` or `.scale([2.0, 2.0])`");
        assert_eq!(
            as_argument(".floor() drops the tail, x.floor() does not", "floor"),
            "floor=true drops the tail, x.floor() does not"
        );
        assert_eq!(as_argument(".ceil(", "ceil"), ".ceil(");
    }
}
