//! A text that has been read: its statements, and the names in them.
//! [`Bound`] is the text with values, [`Recorded`] what it put on a tape.

mod bound;
mod recorded;

pub use bound::Bound;
pub use recorded::Recorded;

use std::sync::Arc;

use indexmap::IndexSet;

use super::diagnostic::Diagnostic;
use super::limits::Limits;
use super::parser::statements;
use super::syntax::{Node, NodeKind, Postfix, Statement, Subscript};
use crate::error::Error;

/// A program text that has been read.
///
/// A statement `name = [[1, 2], [3, 4]]` or `name = 2.5` makes a leaf, which gradients are taken with respect to; literals
/// inside of expressions are constants. The value of the last statement is the program's result. docs/expressions.md has
/// the grammar and the list of functions.
///
/// ```
/// use wengert::{Tape, expr::parse};
/// let script = parse("x = [[1, 2, 0], [3, 9, 4], [5, 6, 7]]\nloss = sum(max_pool2d(x, 2, stride=1))")?;
/// let bound = script.bind(&[])?;
/// let tape = Tape::<f64>::default();
/// let recorded = bound.record(&tape)?;
/// let loss = recorded.scalar()?;
/// let grads = loss.backward();
/// assert_eq!(loss.item(), 36.0);
/// assert_eq!(grads.by_name("x").unwrap()[[1, 1]], 4.0);
/// # Ok::<(), wengert::expr::Diagnostic>(())
/// ```
#[derive(Clone, Debug)]
pub struct Script {
    source: Arc<str>,
    statements: Vec<Statement>,
    limits: Limits,
}

/// Reads a program text.
///
/// # Errors
/// The text does not follow the grammar, or is longer than [`Limits::text`].
pub fn parse(source: &str) -> Result<Script, Diagnostic> {
    parse_within(source, Limits::default())
}

/// As [`parse`], with limits of choice.
///
/// # Errors
/// As [`parse`].
pub fn parse_within(source: &str, limits: Limits) -> Result<Script, Diagnostic> {
    let text: Arc<str> = source.into();
    if text.len() > limits.text {
        let e = Error::argument(format!("the text has {} bytes", text.len()))
            .rule(format!("a program has at most {}", limits.text))
            .fix("bind large values from files instead of writing them out");
        return Err(Diagnostic::new(e, 0..0, &text));
    }
    Ok(Script { statements: statements(&text)?, source: text, limits })
}

impl Script {
    /// The text.
    pub fn source(&self) -> &str {
        &self.source
    }

    fn assigns(&self, name: &str) -> bool {
        self.statements.iter().any(|s| s.targets.iter().any(|t| t.text == name))
    }

    /// The names that the text reads, each once.
    fn names(&self) -> IndexSet<&str> {
        let mut found = IndexSet::new();
        let mut stack: Vec<&Node> = self.statements.iter().map(|s| &s.value).collect();
        while let Some(n) = stack.pop() {
            match &n.kind {
                NodeKind::Name(name) => {
                    found.insert(name.as_str());
                }
                NodeKind::List(items) => stack.extend(items),
                NodeKind::Negative(inner) => stack.push(inner),
                NodeKind::Power(a, b) => stack.extend([&**a, &**b]),
                NodeKind::Chain(first, rest) => {
                    stack.push(first);
                    stack.extend(rest.iter().map(|r| &r.1));
                }
                NodeKind::Call(c) => stack.extend(c.arguments.iter().map(|a| &a.value)),
                NodeKind::Postfix(base, parts) => {
                    stack.push(base);
                    for part in parts {
                        match part {
                            Postfix::Method(c, _) => stack.extend(c.arguments.iter().map(|a| &a.value)),
                            Postfix::Index(index, _) => {
                                for s in index {
                                    match s {
                                        Subscript::At(n) => stack.push(n),
                                        Subscript::Range(r) => {
                                            stack.extend([&r.from, &r.to, &r.step].into_iter().flatten())
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }
}
