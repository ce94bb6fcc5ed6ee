//! What stands in brackets behind a value: arguments of a call, and indices.
//! A name before `=` makes an argument one by name; a colon makes an index a range.

use super::{Parsed, Parser};
use crate::error::Error;
use crate::expr::diagnostic::Diagnostic;
use crate::expr::syntax::{Argument, Node, Range, Subscript};

impl Parser<'_> {
    pub(super) fn arguments(&mut self) -> Parsed<Vec<Argument>> {
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

    pub(super) fn index(&mut self) -> Parsed<Vec<Subscript>> {
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
        let start = self.span().start;
        let from = self.bound()?;
        if !self.take(":") {
            return from.map(Subscript::At).ok_or_else(|| self.expected("an index or a range"));
        }
        let to = self.bound()?;
        let step = if self.take(":") { self.bound()? } else { None };
        Ok(Subscript::Range(Range { span: start..self.end(), from, to, step }))
    }

    fn bound(&mut self) -> Parsed<Option<Node>> {
        if self.is(":") || self.is(",") || self.is("]") { Ok(None) } else { self.expression().map(Some) }
    }
}
