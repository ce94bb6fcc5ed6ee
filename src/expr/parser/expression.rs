//! Expressions: operators by precedence, from comparisons down to what stands between them.
//! Chains of one precedence are loops; only brackets, signs and powers go deeper.

use super::{Parsed, Parser};
use crate::expr::lexer::Token;
use crate::expr::syntax::{Call, Name, Node, NodeKind, Operator, Postfix};

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Parsed<Node> {
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
}
