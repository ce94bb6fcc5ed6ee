//! From tokens to statements, by recursive descent; the grammar stands in docs/expressions.md.
//! Brackets nest to a fixed depth, everything else is a loop.

mod call;
mod expression;

use std::sync::Arc;

use super::diagnostic::{Diagnostic, Span};
use super::lexer::{Token, tokens};
use super::syntax::{Name, Statement};
use crate::error::Error;

/// How deep brackets, signs and powers may nest.
const DEPTH: usize = 64;

/// The statements of a text.
pub(super) fn statements(source: &Arc<str>) -> Result<Vec<Statement>, Diagnostic> {
    let tokens = tokens(source)?;
    let mut p = Parser { source, tokens: &tokens, at: 0, depth: 0 };
    let mut found = Vec::new();
    loop {
        while *p.peek() == Token::Break {
            p.at += 1;
        }
        if *p.peek() == Token::End {
            return Ok(found);
        }
        p.refuse_stray()?;
        found.push(p.statement()?);
        p.refuse_stray()?;
        if !matches!(p.peek(), Token::Break | Token::End) {
            return Err(p.expected("an operator or the end of the statement"));
        }
    }
}

struct Parser<'a> {
    source: &'a Arc<str>,
    tokens: &'a [(Token, Span)],
    at: usize,
    depth: usize,
}

type Parsed<V> = Result<V, Diagnostic>;

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn span(&self) -> Span {
        self.tokens[self.at].1.clone()
    }

    /// The end of the token before.
    fn end(&self) -> usize {
        self.tokens[self.at.saturating_sub(1)].1.end
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(s) if *s == sign)
    }

    fn take(&mut self, sign: &str) -> bool {
        let is = self.is(sign);
        self.at += usize::from(is);
        is
    }

    fn need(&mut self, sign: &str, opened: Option<&Span>) -> Parsed<()> {
        if self.take(sign) {
            return Ok(());
        }
        let mut e = Error::format(format!("expected `{sign}`, found {}", self.peek().describe()));
        if let Some(opened) = opened {
            let line = self.source[..opened.start].matches('\n').count() + 1;
            let column = self.source[..opened.start].rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            e = e.fix(format!("close the bracket opened at {line}:{column}"));
        }
        Err(Diagnostic::new(e, self.span(), self.source))
    }

    fn expected(&self, what: &str) -> Diagnostic {
        let e = Error::format(format!("expected {what}, found {}", self.peek().describe()));
        Diagnostic::new(e, self.span(), self.source)
    }

    /// A bracket that closes nothing.
    fn refuse_stray(&self) -> Parsed<()> {
        match self.peek() {
            Token::Sign(s @ (")" | "]")) => {
                let e = Error::format(format!("`{s}` closes no bracket"));
                Err(Diagnostic::new(e.fix("leave it out, or open a bracket before it"), self.span(), self.source))
            }
            _ => Ok(()),
        }
    }

    fn name(&mut self) -> Option<Name> {
        let Token::Name(text) = self.peek() else { return None };
        let name = Name { text: text.clone(), span: self.span() };
        self.at += 1;
        Some(name)
    }

    fn deeper<V>(&mut self, f: impl FnOnce(&mut Self) -> Parsed<V>) -> Parsed<V> {
        if self.depth == DEPTH {
            let e = Error::format("the expression nests too deeply")
                .rule(format!("brackets, signs and powers nest at most {DEPTH} deep"))
                .fix("give parts a name on lines of their own");
            return Err(Diagnostic::new(e, self.span(), self.source));
        }
        self.depth += 1;
        let found = f(self);
        self.depth -= 1;
        found
    }

    fn statement(&mut self) -> Parsed<Statement> {
        let begin = self.at;
        let mut targets = Vec::new();
        while let Some(name) = self.name() {
            targets.push(name);
            if !self.take(",") {
                break;
            }
        }
        // Not a list of names and `=`: an expression after all.
        if targets.is_empty() || !self.take("=") {
            targets.clear();
            self.at = begin;
        }
        if let Some(n) = targets.iter().find(|n| matches!(n.text.as_str(), "true" | "false" | "none")) {
            let e = Error::format(format!("`{}` is a value and cannot be assigned to", n.text));
            return Err(Diagnostic::new(e.fix("choose another name"), n.span.clone(), self.source));
        }
        Ok(Statement { targets, value: self.expression()? })
    }
}

#[cfg(test)]
mod tests {
    use super::super::syntax::NodeKind;
    use super::*;

    fn parsed(text: &str) -> Vec<Statement> {
        statements(&text.into()).unwrap_or_else(|e| panic!("{e}"))
    }

    fn fails(text: &str) -> (Span, String) {
        let e = statements(&text.into()).unwrap_err();
        (e.span(), e.error().to_string().lines().next().unwrap().to_string())
    }

    #[test]
    fn precedence_is_that_of_mathematics() {
        let value = |text| parsed(text).remove(0).value.kind;
        let NodeKind::Chain(first, rest) = value("a + b * c - d") else { panic!() };
        assert_eq!((first.span, rest.len()), (0..1, 2));
        assert!(matches!(rest[0].1.kind, NodeKind::Chain(..)));
        let NodeKind::Negative(inner) = value("-x^2") else { panic!() };
        assert!(matches!(inner.kind, NodeKind::Power(..)));
        let NodeKind::Power(_, exponent) = value("a^b^c") else { panic!() };
        assert!(matches!(exponent.kind, NodeKind::Power(..)));
        assert!(matches!(value("x.relu().t()[0, 1:]"), NodeKind::Postfix(_, parts) if parts.len() == 3));
    }

    #[test]
    fn statements_and_targets() {
        let s = parsed("a, b = f(x)\n\n c = 1; a * c # end");
        let targets: Vec<usize> = s.iter().map(|s| s.targets.len()).collect();
        assert_eq!(targets, [2, 1, 0]);
        assert!(parsed(" \n # nothing\n").is_empty());
    }

    #[test]
    fn errors_point_at_the_place() {
        assert_eq!(fails("sum(x"), (5..5, "expected `)`, found the end of the text".into()));
        assert_eq!(
            fails("1 +"),
            (3..3, "expected a number, a name, a function or `(`, found the end of the text".into())
        );
        assert_eq!(fails("x y"), (2..3, "expected an operator or the end of the statement, found `y`".into()));
        assert_eq!(fails("f(a=1, 2)").0, 7..8);
        assert_eq!(fails("true = 1").0, 0..4);
        assert_eq!(fails("x[]").0, 2..3);
        assert_eq!(fails("x.").0, 2..2);
        let deep = format!("{}1{}", "(".repeat(100), ")".repeat(100));
        assert!(fails(&deep).1.contains("too deeply"));
        assert!(fails(&"-".repeat(50_000)).1.contains("too deeply"));
    }

    #[test]
    fn long_chains_are_flat() {
        let sum = format!("1{}", "+1".repeat(20_000));
        assert!(matches!(&parsed(&sum)[0].value.kind, NodeKind::Chain(_, rest) if rest.len() == 20_000));
    }
}
