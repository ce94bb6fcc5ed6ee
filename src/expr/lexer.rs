//! From characters to tokens, each with its place.
//! A line break ends a statement unless a bracket is open; `#` begins a comment.

use std::sync::Arc;

use super::diagnostic::{Diagnostic, Span};
use crate::error::Error;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Name(String),
    Text(String),
    /// An operator or a bracket.
    Sign(&'static str),
    /// A line break or `;` outside of brackets.
    Break,
    End,
}

impl Token {
    /// The token in words, for errors.
    pub fn describe(&self) -> String {
        match self {
            Token::Number(v) => format!("the number {v}"),
            Token::Name(n) => format!("`{n}`"),
            Token::Text(_) => "a text".into(),
            Token::Sign(s) => format!("`{s}`"),
            Token::Break => "the end of the line".into(),
            Token::End => "the end of the text".into(),
        }
    }
}

/// Longer signs come first.
const SIGNS: &[&str] =
    &["**", "<=", ">=", "==", "!=", "+", "-", "*", "/", "@", "^", "<", ">", "=", "(", ")", "[", "]", ",", ":", "."];

/// The tokens of a text, with their places; the last one is [`Token::End`].
pub(super) fn tokens(source: &Arc<str>) -> Result<Vec<(Token, Span)>, Diagnostic> {
    let mut found = Vec::new();
    let mut open = 0_usize;
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        let (token, len) = match c {
            '\n' | ';' => (if open == 0 || c == ';' { Some(Token::Break) } else { None }, 1),
            c if c.is_whitespace() => (None, c.len_utf8()),
            '#' => (None, rest.find('\n').unwrap_or(rest.len())),
            c if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|d: char| d.is_ascii_digit())) => {
                let len = number(rest);
                let value: f64 = rest[..len].replace('_', "").parse().map_err(|_| {
                    let e = Error::format(format!("`{}` is no number", &rest[..len]));
                    Diagnostic::new(e.fix("write 12, 0.5 or 1e-3"), at..at + len, source)
                })?;
                (Some(Token::Number(value)), len)
            }
            c if c.is_alphabetic() || c == '_' => {
                let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                (Some(Token::Name(rest[..len].to_string())), len)
            }
            '"' | '\'' => match rest[1..].find([c, '\n']).filter(|&k| rest[1 + k..].starts_with(c)) {
                Some(k) => (Some(Token::Text(rest[1..1 + k].to_string())), k + 2),
                None => {
                    let e = Error::format("the text is not closed").fix(format!("end it with `{c}` on the same line"));
                    return Err(Diagnostic::new(e, at..at + 1, source));
                }
            },
            _ => match SIGNS.iter().find(|s| rest.starts_with(**s)) {
                Some(&sign) => {
                    match sign {
                        "(" | "[" => open += 1,
                        ")" | "]" => open = open.saturating_sub(1),
                        _ => {}
                    }
                    (Some(Token::Sign(sign)), sign.len())
                }
                None => {
                    let e = Error::format(format!("`{}` means nothing here", c.escape_debug()));
                    let e = e.rule("operators are + - * / @ ^ < <= > >= == !=");
                    return Err(Diagnostic::new(e, at..at + c.len_utf8(), source));
                }
            },
        };
        if let Some(token) = token {
            found.push((token, at..at + len));
        }
        at += len;
    }
    found.push((Token::End, source.len()..source.len()));
    Ok(found)
}

/// The length of a number: digits, a fraction, an exponent; and what sticks to it, so that `2x` is seen as a mistake.
fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut len = 0;
    while len < bytes.len() {
        let b = bytes[len];
        let sign_of_exponent = (b == b'+' || b == b'-') && len > 0 && matches!(bytes[len - 1], b'e' | b'E');
        if b.is_ascii_alphanumeric() || b == b'.' || b == b'_' || sign_of_exponent {
            // `2.relu()` is a method of 2, not a fraction.
            if b == b'.' && bytes.get(len + 1).is_some_and(u8::is_ascii_alphabetic) {
                break;
            }
            len += 1;
        } else {
            break;
        }
    }
    len
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<Token> {
        tokens(&text.into()).unwrap().into_iter().map(|t| t.0).collect()
    }

    #[test]
    fn breaks_end_statements_outside_of_brackets() {
        let breaks = |text| list(text).iter().filter(|t| **t == Token::Break).count();
        assert_eq!(breaks("a = [1,\n 2]\nb # c\n"), 2);
        assert_eq!(breaks("f(\n1\n)"), 0);
    }

    #[test]
    fn numbers_and_names() {
        use Token::{End, Name, Number, Sign};
        assert_eq!(list("1e-3 .5 1_000"), [Number(1e-3), Number(0.5), Number(1000.0), End]);
        assert_eq!(list("2.relu"), [Number(2.0), Sign("."), Name("relu".into()), End]);
        assert_eq!(list("x**β"), [Name("x".into()), Sign("**"), Name("β".into()), End]);
        for (text, place) in [("x = 2x", 4..6), ("1.2.3", 0..5), ("'a", 0..1), ("x ? y", 2..3)] {
            assert_eq!(tokens(&text.into()).unwrap_err().span(), place, "{text}");
        }
    }
}
