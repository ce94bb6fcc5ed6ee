//! What is wrong with a text, and where: an error with the span that it is about.
//! Printed, it shows the line of the text with carets below the place, the rule and the fix.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::error::Error;

/// A range of bytes of a program text.
pub type Span = Range<usize>;

/// An error at a place in a program text.
///
/// ```
/// use wengert::expr::parse;
/// let e = parse("y = tahn(1)").and_then(|s| s.bind(&[])).and_then(|b| {
///     let tape = wengert::Tape::<f64>::default();
///     b.record(&tape).map(|_| ())
/// });
/// let e = e.unwrap_err();
/// assert_eq!((e.span(), e.line(), e.column()), (4..8, 1, 5));
/// assert_eq!(e.to_string().lines().next().unwrap(), "there is no function `tahn`");
/// assert!(e.to_string().contains("did you mean `tanh`?"));
/// ```
#[derive(Clone)]
pub struct Diagnostic {
    error: Arc<Error>,
    span: Span,
    source: Arc<str>,
}

impl Diagnostic {
    pub(super) fn new(error: Error, span: Span, source: &Arc<str>) -> Self {
        let end = span.end.min(source.len());
        Diagnostic { error: Arc::new(error), span: span.start.min(end)..end, source: Arc::clone(source) }
    }

    /// What is wrong, without the place.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// The bytes of the text that it is about.
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// The line of the text, from 1 on.
    pub fn line(&self) -> usize {
        self.source[..self.span.start].matches('\n').count() + 1
    }

    /// The column in that line, in characters from 1 on.
    pub fn column(&self) -> usize {
        let before = &self.source[..self.span.start];
        before[before.rfind('\n').map_or(0, |k| k + 1)..].chars().count() + 1
    }

    /// What is wrong in one line of text, with the place: `1:5: there is no function ..; fix: ..`.
    pub fn one_line(&self) -> String {
        let text = |t: &str| t.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut line = format!("{}:{}: {}", self.line(), self.column(), text(&self.error.headline()));
        for (name, part) in [("rule", self.error.rule_text()), ("fix", self.error.fix_text())] {
            if !part.is_empty() {
                line += &format!("; {name}: {}", text(part));
            }
        }
        line
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.error.headline())?;
        let start = self.source[..self.span.start].rfind('\n').map_or(0, |k| k + 1);
        let text = self.source[start..].lines().next().unwrap_or_default();
        let number = self.line().to_string();
        let column = self.column();
        let in_line = self.span.end.min(start + text.len()).max(self.span.start);
        let carets = self.source[self.span.start..in_line].chars().count().max(1);
        // Long lines are cut, so that a message stays readable; what steers a terminal is a space, so that the carets fit.
        const SHOWN: usize = 100;
        let from = (column - 1).saturating_sub(SHOWN / 2);
        let shown: String = text.chars().skip(from).take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
        writeln!(f, "  {number} | {shown}")?;
        let pad = " ".repeat(number.len());
        let carets = carets.min(SHOWN - (column - 1 - from).min(SHOWN - 1));
        write!(f, "  {pad} | {}{}", " ".repeat(column - 1 - from), "^".repeat(carets))?;
        for (name, part) in [("rule:", self.error.rule_text()), ("fix: ", self.error.fix_text())] {
            if !part.is_empty() {
                write!(f, "\n  {name} {part}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for Diagnostic {}

#[cfg(test)]
mod tests {
    use crate::expr::parse;

    #[test]
    fn the_line_is_shown_without_what_steers_a_terminal() {
        let e = parse("x = 1 +\t\u{1b}[2J").unwrap_err().to_string();
        assert!(e.contains("\n  1 | x = 1 +  [2J\n    |         ^"), "{e}");
        assert!(!e.contains(|c: char| c.is_control() && c != '\n'), "{e:?}");
    }
}
