//! From tokens to statements, by recursive descent; the grammar stands in docs/expressions.md.
//! Brackets nest to a fixed depth, everything else is a loop.

use std::sync::Arc;

use super::diagnostic::{Diagnostic, Span};
use super::lexer::{Token, tokens};
use super::syntax::{Argument, Call, Name, Node, NodeKind, Operator, Postfix, Statement, Subscript};
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
        found.push(p.statement()?);
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

    fn expression(&mut self) -> Parsed<Node> {
        self.deeper(Self::comparison)
    }

    fn comparison(&mut self) -> Parsed<Node> {
        use Operator::{Differs, Equals, Ge, Gt, Le, Lt};
        self.chain(&[Le, Ge, Lt, Gt, Equals, Differs], Self::sum)
    }

    fn sum(&mut self) -> Parsed<Node> {
        self.chain(&[Operator::Add, Operator::Sub], Self::term)
    }

    fn term(&mut self) -> Parsed<Node> {
        self.chain(&[Operator::Mul, Operator::Div, Operator::MatMul], Self::signed)
    }

    fn chain(&mut self, operators: &[Operator], part: fn(&mut Self) -> Parsed<Node>) -> Parsed<Node> {
        let first = part(self)?;
        let mut rest = Vec::new();
        while let Some(op) = operators.iter().copied().find(|o| self.is(o.symbol())) {
            self.at += 1;
            rest.push((op, part(self)?));
        }
        match rest.last() {
            None => Ok(first),
            Some(last) => {
                let span = first.span.start..last.1.span.end;
                Ok(Node { span, kind: NodeKind::Chain(Box::new(first), rest) })
            }
        }
    }

    fn signed(&mut self) -> Parsed<Node> {
        let start = self.span().start;
        if self.take("-") {
            let inner = self.deeper(Self::signed)?;
            return Ok(Node { span: start..inner.span.end, kind: NodeKind::Negative(Box::new(inner)) });
        }
        if self.take("+") {
            return self.deeper(Self::signed);
        }
        let base = self.postfix()?;
        if self.take("^") || self.take("**") {
            let exponent = self.deeper(Self::signed)?;
            let span = base.span.start..exponent.span.end;
            return Ok(Node { span, kind: NodeKind::Power(Box::new(base), Box::new(exponent)) });
        }
        Ok(base)
    }

    fn postfix(&mut self) -> Parsed<Node> {
        let base = self.atom()?;
        let mut parts = Vec::new();
        loop {
            let start = self.span().start;
            if self.take(".") {
                let Some(function) = self.name() else { return Err(self.expected("the name of a method")) };
                let arguments = if self.is("(") { self.arguments()? } else { Vec::new() };
                parts.push(Postfix::Method(Call { function, arguments }, start..self.end()));
            } else if self.is("[") {
                let index = self.index()?;
                parts.push(Postfix::Index(index, start..self.end()));
            } else {
                break;
            }
        }
        if parts.is_empty() {
            return Ok(base);
        }
        Ok(Node { span: base.span.start..self.end(), kind: NodeKind::Postfix(Box::new(base), parts) })
    }

    fn atom(&mut self) -> Parsed<Node> {
        let (token, span) = (self.peek().clone(), self.span());
        let kind = match token {
            Token::Number(v) => NodeKind::Number(v),
            Token::Text(t) => NodeKind::Text(t),
            Token::Name(text) => {
                self.at += 1;
                if self.is("(") {
                    let arguments = self.arguments()?;
                    let call = Call { function: Name { text, span: span.clone() }, arguments };
                    return Ok(Node { span: span.start..self.end(), kind: NodeKind::Call(call) });
                }
                let kind = match text.as_str() {
                    "true" => NodeKind::Flag(true),
                    "false" => NodeKind::Flag(false),
                    "none" => NodeKind::None,
                    _ => NodeKind::Name(text),
                };
                return Ok(Node { span, kind });
            }
            Token::Sign("(") => {
                self.at += 1;
                let inner = self.expression()?;
                self.need(")", Some(&span))?;
                // The brackets belong to what is pointed at.
                return Ok(Node { span: span.start..self.end(), kind: inner.kind });
            }
            Token::Sign("[") => {
                self.at += 1;
                let mut items = Vec::new();
                while !self.is("]") {
                    items.push(self.expression()?);
                    if !self.take(",") {
                        break;
                    }
                }
                self.need("]", Some(&span))?;
                return Ok(Node { span: span.start..self.end(), kind: NodeKind::List(items) });
            }
            _ => return Err(self.expected("a number, a name, a function or `(`")),
        };
        self.at += 1;
        Ok(Node { span, kind })
    }

    fn arguments(&mut self) -> Parsed<Vec<Argument>> {
        let opened = self.span();
        self.need("(", None)?;
        let mut found: Vec<Argument> = Vec::new();
        while !self.is(")") {
            let begin = self.at;
            let name = self.name().filter(|_| self.take("="));
            if name.is_none() {
                self.at = begin;
                if found.last().is_some_and(|a| a.name.is_some()) {
                    let e = Error::format("an argument without a name follows one with a name")
                        .fix("put it first, or give it its name too");
                    return Err(Diagnostic::new(e, self.span(), self.source));
                }
            }
            found.push(Argument { name, value: self.expression()? });
            if !self.take(",") {
                break;
            }
        }
        self.need(")", Some(&opened))?;
        Ok(found)
    }

    fn index(&mut self) -> Parsed<Vec<Subscript>> {
        let opened = self.span();
        self.need("[", None)?;
        let mut found = Vec::new();
        while !self.is("]") {
            found.push(self.subscript()?);
            if !self.take(",") {
                break;
            }
        }
        if found.is_empty() {
            return Err(self.expected("an index"));
        }
        self.need("]", Some(&opened))?;
        Ok(found)
    }

    fn subscript(&mut self) -> Parsed<Subscript> {
        let from = self.bound()?;
        if !self.take(":") {
            return from.map(Subscript::At).ok_or_else(|| self.expected("an index or a range"));
        }
        let to = self.bound()?;
        let step = if self.take(":") { self.bound()? } else { None };
        Ok(Subscript::Range(from, to, step))
    }

    fn bound(&mut self) -> Parsed<Option<Node>> {
        if self.is(":") || self.is(",") || self.is("]") { Ok(None) } else { self.expression().map(Some) }
    }
}

#[cfg(test)]
mod tests {
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
