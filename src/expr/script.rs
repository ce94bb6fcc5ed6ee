//! A text that has been read, its values bound to names, and what its recording put on a tape.
//! Binding records once on a tape of its own, so that whatever is wrong with a text is known before anything is computed.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::diagnostic::{Diagnostic, Span};
use super::evaluate::Evaluator;
use super::limits::Limits;
use super::parser::statements;
use super::suggest::nearest;
use super::syntax::{Name, Node, NodeKind, Postfix, Statement, Subscript};
use super::value::{Literal, Value};
use crate::error::Error;
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::{IntVar, Operand, Tape, Tensor, Var};

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

/// A script whose leaves have values.
#[derive(Clone, Debug)]
pub struct Bound {
    script: Script,
    /// What each literal and each outside value is, by name.
    given: IndexMap<String, Literal>,
    /// The names among them that are real leaves, in the order of the text.
    leaves: Vec<String>,
    root: Dims,
}

/// What a script recorded.
#[derive(Debug)]
pub struct Recorded<'t, T: Real> {
    root: Option<Var<'t, T>>,
    ints: Option<IntVar<'t, T>>,
    names: IndexMap<String, Operand<'t, T>>,
    places: BTreeMap<u32, Span>,
    lines: u32,
    whole: Span,
    source: Arc<str>,
}

impl Script {
    /// The text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Leaves that the text spells: name and literal.
    fn literals(&self) -> Result<IndexMap<String, Literal>, Diagnostic> {
        let mut found: IndexMap<String, Literal> = IndexMap::new();
        for s in &self.statements {
            let [name] = &s.targets[..] else { continue };
            let literal = match s.value.literal() {
                None => continue,
                Some(Err((span, e))) => return Err(Diagnostic::new(e, span, &self.source)),
                Some(Ok(l)) => l.into(),
            };
            if found.insert(name.text.clone(), literal).is_some() {
                let e = Error::argument(format!("`{}` is given a value twice", name.text))
                    .rule("a leaf has one value")
                    .fix("choose another name");
                return Err(Diagnostic::new(e, name.span.clone(), &self.source));
            }
        }
        Ok(found)
    }

    /// Binds values from outside to names that the text uses and does not assign, and records once to see that all fits.
    ///
    /// # Errors
    /// A name is bound that the text assigns itself or does not use; a name or function is unknown; shapes do not fit; a
    /// limit is exceeded.
    pub fn bind(&self, values: &[(&str, Tensor<f64>)]) -> Result<Bound, Diagnostic> {
        let mut given: IndexMap<String, Literal> = IndexMap::new();
        let used = if values.is_empty() { IndexSet::new() } else { self.names() };
        for (name, tensor) in values {
            let assigned = self.statements.iter().flat_map(|s| &s.targets).find(|t| t.text == *name);
            if let Some(target) = assigned {
                let e = Error::argument(format!("`{name}` is assigned here and bound from outside"))
                    .fix("leave out one of the two");
                return Err(Diagnostic::new(e, target.span.clone(), &self.source));
            }
            if !used.contains(*name) {
                let mut e = Error::argument(format!("`{name}` is bound, but the text does not use it"));
                let free: Vec<&str> = used.iter().copied().filter(|u| !self.assigns(u)).collect();
                e = match (nearest(name, free.iter().copied()), &free[..]) {
                    (Some(near), _) => e.fix(format!("did you mean `{near}`?")),
                    (None, []) => e.fix("leave it out"),
                    (None, free) => e.fix(format!("bind what it uses: {}", free.join(", "))),
                };
                return Err(Diagnostic::new(e, 0..0, &self.source));
            }
            let data = Arc::new(tensor.as_slice().to_vec());
            given.insert((*name).to_string(), Literal { dims: tensor.dims().clone(), data });
        }
        given.extend(self.literals()?);
        let mut bound = Bound { script: self.clone(), given, leaves: Vec::new(), root: Dims::scalar() };
        let names: Vec<String> = bound.given.keys().cloned().collect();
        let tape = Tape::<f64>::default();
        let recorded = bound.record_leaves(&tape, &names, None)?;
        // A leaf that no line reads serves as integers or as plain numbers only.
        let read: Vec<u32> = tape.lines().flat_map(|l| l.operands).collect();
        let is_root = |id| recorded.root.is_some_and(|r| r.id() == id);
        // Leaves are the first lines, in the order of their names.
        let is_real = |id: &u32| read.contains(id) || is_root(*id);
        let leaves: Vec<String> = (0..).zip(names).filter(|(id, _)| is_real(id)).map(|(_, name)| name).collect();
        bound.root = recorded.root.map_or(Dims::scalar(), Var::dims);
        bound.leaves = leaves;
        Ok(bound)
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
                                        Subscript::Range(a, b, c) => stack.extend([a, b, c].into_iter().flatten()),
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

impl Bound {
    /// The text.
    pub fn source(&self) -> &str {
        &self.script.source
    }

    /// Names and values of the leaves that gradients are taken with respect to, in the order of the text.
    pub fn leaves(&self) -> Vec<(&str, Tensor<f64>)> {
        self.leaves.iter().map(|n| (n.as_str(), self.given[n].tensor())).collect()
    }

    /// The shape of the result.
    pub fn root_dims(&self) -> &Dims {
        &self.root
    }

    /// Records the program on a tape: first its leaves, in the order of the text, then line by line.
    ///
    /// # Errors
    /// As [`Script::bind`]; the tape may hold some of the lines then.
    pub fn record<'t, T: Real>(&self, tape: &'t Tape<T>) -> Result<Recorded<'t, T>, Diagnostic> {
        self.record_leaves(tape, &self.leaves, None)
    }

    /// As [`record`](Bound::record), with lines of the tape in place of the leaves: for gradient checks.
    ///
    /// # Errors
    /// As [`record`](Bound::record).
    pub fn record_with<'t, T: Real>(
        &self,
        tape: &'t Tape<T>,
        leaves: &[Var<'t, T>],
    ) -> Result<Recorded<'t, T>, Diagnostic> {
        self.record_leaves(tape, &self.leaves, Some(leaves))
    }

    fn record_leaves<'t, T: Real>(
        &self,
        tape: &'t Tape<T>,
        leaves: &[String],
        lines: Option<&[Var<'t, T>]>,
    ) -> Result<Recorded<'t, T>, Diagnostic> {
        let script = &self.script;
        let line = |(k, name): (usize, &String)| match lines.and_then(|l| l.get(k)) {
            Some(&v) => (name.clone(), v),
            None => (name.clone(), tape.var(self.given[name].tensor()).named(name.as_str())),
        };
        let lines: IndexMap<String, Var<'t, T>> = leaves.iter().enumerate().map(line).collect();
        let value = |name: &str| {
            let literal = self.given.get(name)?;
            Some(match lines.get(name) {
                Some(&v) => Value::Leaf(v, literal.clone()),
                None => Value::Literal(literal.clone()),
            })
        };
        let mut e = Evaluator::new(tape, &script.source, &script.limits);
        for name in self.given.keys() {
            let assigned = script.statements.iter().any(|s| s.targets.iter().any(|t| t.text == *name));
            if let Some(v) = value(name).filter(|_| !assigned) {
                e.names.insert(name.clone(), v);
            }
        }
        let is_literal = |name: &Name| {
            let mut all = script.statements.iter();
            all.any(|s| s.targets.len() == 1 && s.targets[0].span == name.span && s.value.literal().is_some())
        };
        let last = e.run(&script.statements, |name| value(&name.text).filter(|_| is_literal(name)))?;
        let (root, ints) = match last {
            Some(value) => e.root(value, script.statements.last())?,
            None => (None, None),
        };
        let names = e.names.iter().filter_map(|(name, v)| Some((name.clone(), operand(v)?))).collect();
        let mut places = e.places;
        for s in &script.statements {
            let [name] = &s.targets[..] else { continue };
            if let Some(v) = lines.get(&name.text).filter(|_| is_literal(name)) {
                places.insert(v.id(), name.span.start..s.value.span.end);
            }
        }
        let whole = script.statements.last().map_or(0..0, |s| s.value.span.clone());
        let lines = tape.len() as u32;
        Ok(Recorded { root, ints, names, places, lines, whole, source: Arc::clone(&script.source) })
    }
}

fn operand<'t, T: Real>(value: &Value<'t, T>) -> Option<Operand<'t, T>> {
    match value {
        Value::Line(v) | Value::Leaf(v, _) => Some(Operand::Real(*v)),
        Value::Ints(v) => Some(Operand::Int(*v)),
        _ => None,
    }
}

impl<'t, T: Real> Recorded<'t, T> {
    /// The program's result: the value of its last statement, where that is real.
    pub fn root(&self) -> Option<Var<'t, T>> {
        self.root
    }

    /// The program's result where it holds integers.
    pub fn integers(&self) -> Option<IntVar<'t, T>> {
        self.ints
    }

    /// The result as what a gradient is of: a real line with one element.
    ///
    /// # Errors
    /// There is no result, it holds integers, or it has another number of elements.
    pub fn scalar(&self) -> Result<Var<'t, T>, Diagnostic> {
        let wrong = |what: String, fix: &str| {
            let e = Error::shape(what).rule("a gradient is that of one number").fix(fix);
            Err(Diagnostic::new(e, self.whole.clone(), &self.source))
        };
        match self.root {
            None => wrong("the program has no real result".into(), "end it with an expression, such as `sum(x)`"),
            Some(v) if v.count() != 1 => {
                wrong(format!("the result has shape {}", v.dims()), "reduce it: `sum(..)` or `mean(..)`")
            }
            Some(v) => Ok(v),
        }
    }

    /// The line that a name stood for at the end.
    pub fn named(&self, name: &str) -> Option<Operand<'t, T>> {
        self.names.get(name).copied()
    }

    /// All names that stood for lines at the end.
    pub fn names(&self) -> impl Iterator<Item = (&str, Operand<'t, T>)> {
        self.names.iter().map(|(n, o)| (n.as_str(), *o))
    }

    /// The place in the text that line `id` comes from, if the text recorded it.
    pub fn span_of(&self, id: u32) -> Option<Span> {
        let known = self.places.range(..=id).next_back().filter(|_| id < self.lines);
        known.map(|(_, span)| span.clone())
    }
}
