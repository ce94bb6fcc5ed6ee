//! A text with values for its leaves, which can be recorded on any tape, and written as Rust.
//! Binding records once on a tape of its own, so that whatever is wrong with a text is known before anything is computed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::{Recorded, Script};
use crate::error::Error;
use crate::expr::diagnostic::{Diagnostic, Span};
use crate::expr::evaluate::{Evaluator, Root};
use crate::expr::rust::{Code, Writer};
use crate::expr::suggest::nearest;
use crate::expr::syntax::Name;
use crate::expr::value::{Literal, Value};
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::{Operand, Tape, Tensor, Var};

/// A script whose leaves have values.
#[derive(Clone, Debug)]
pub struct Bound {
    script: Script,
    /// What each literal and each outside value is, by name.
    given: IndexMap<String, Literal>,
    /// The statement that spells each literal.
    spelled: HashMap<String, usize>,
    /// The names among them that are real leaves, in the order of the text.
    leaves: Vec<String>,
    root: Dims,
}

impl Script {
    /// Leaves that the text spells: the literal of each, and the number of its statement.
    fn literals(&self) -> Result<IndexMap<String, (Literal, usize)>, Diagnostic> {
        let mut found: IndexMap<String, (Literal, usize)> = IndexMap::new();
        for (k, s) in self.statements.iter().enumerate() {
            let [name] = &s.targets[..] else { continue };
            let literal = match s.value.literal() {
                None => continue,
                Some(Err((span, e))) => return Err(Diagnostic::new(e, span, &self.source)),
                Some(Ok(l)) => l.into(),
            };
            if found.insert(name.text.clone(), (literal, k)).is_some() {
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
        let mut spelled = HashMap::new();
        for (name, (literal, statement)) in self.literals()? {
            given.insert(name.clone(), literal);
            spelled.insert(name, statement);
        }
        let mut bound = Bound { script: self.clone(), given, spelled, leaves: Vec::new(), root: Dims::scalar() };
        let names: Vec<String> = bound.given.keys().cloned().collect();
        let tape = Tape::<f64>::default();
        let (recorded, _) = bound.record_leaves(&tape, &names, None, None)?;
        // A leaf that no line reads serves as integers or as plain numbers only.
        let read: HashSet<u32> = tape.lines().flat_map(|l| l.operands).collect();
        let is_root = |id| recorded.root().is_some_and(|r| r.id() == id);
        // Leaves are the first lines, in the order of their names.
        let is_real = |id: &u32| read.contains(id) || is_root(*id);
        let leaves: Vec<String> = (0..).zip(names).filter(|(id, _)| is_real(id)).map(|(_, name)| name).collect();
        bound.root = recorded.root().map_or(Dims::scalar(), Var::dims);
        bound.leaves = leaves;
        Ok(bound)
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
        self.record_leaves(tape, &self.leaves, None, None).map(|r| r.0)
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
        self.record_leaves(tape, &self.leaves, Some(leaves), None).map(|r| r.0)
    }

    /// The places in the text of the numbers of a leaf, row by row and with their signs: what a page replaces to change one.
    ///
    /// `None` where the values come from outside, or the name is none of a literal.
    ///
    /// ```
    /// let text = "x = [[1, -2], # a comment\n     [3e-1, 4]]\nsum(x)";
    /// let bound = wengert::expr::parse(text)?.bind(&[])?;
    /// let spans = bound.number_spans("x").unwrap();
    /// let numbers: Vec<&str> = spans.into_iter().map(|s| &text[s]).collect();
    /// assert_eq!(numbers, ["1", "-2", "3e-1", "4"]);
    /// assert_eq!(bound.number_spans("y"), None);
    /// # Ok::<(), wengert::expr::Diagnostic>(())
    /// ```
    pub fn number_spans(&self, name: &str) -> Option<Vec<Span>> {
        self.script.statements[*self.spelled.get(name)?].value.numbers()
    }

    /// The program in Rust: a whole `main.rs` against this crate, with the values of the leaves in it. It prints the result
    /// and, where that is one real number, the gradients.
    ///
    /// Every function is exported: a call becomes the method call that recording it makes.
    ///
    /// ```
    /// let bound = wengert::expr::parse("x = [1, 2]\nloss = sum(relu(x - 1)^2)")?.bind(&[])?;
    /// let program = bound.to_rust()?;
    /// assert!(program.contains("let x = tape.var([1.0, 2.0]).named(\"x\");"));
    /// assert!(program.contains("let loss = (x - 1.0).relu().square().sum();"));
    /// # Ok::<(), wengert::expr::Diagnostic>(())
    /// ```
    ///
    /// # Errors
    /// As [`record`](Bound::record).
    pub fn to_rust(&self) -> Result<String, Diagnostic> {
        let tape = Tape::<f64>::default();
        let (recorded, writer) = self.record_leaves(&tape, &self.leaves, None, Some(Writer::default()))?;
        let Some((writer, code, leaves)) = writer else { unreachable!("a writer was given") };
        let is_scalar = recorded.root().is_some_and(|v| v.count() == 1);
        Ok(writer.main(code, &leaves, is_scalar))
    }

    /// Records on a tape, and gives back the writer with what reads the result and the leaves.
    #[allow(clippy::type_complexity, reason = "what was recorded, and what was written")]
    fn record_leaves<'t, T: Real>(
        &self,
        tape: &'t Tape<T>,
        leaves: &[String],
        lines: Option<&[Var<'t, T>]>,
        writer: Option<Writer>,
    ) -> Result<(Recorded<'t, T>, Option<(Writer, Option<Code>, IndexMap<String, Code>)>), Diagnostic> {
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
        let mut e = Evaluator::new(tape, &script.source, &script.limits, writer);
        for name in self.given.keys().filter(|name| !self.spelled.contains_key(*name)) {
            if let Some(v) = value(name) {
                e.declare(name, v);
            }
        }
        let is_literal = |name: &Name| {
            let statement = self.spelled.get(&name.text).map(|&k| &script.statements[k]);
            statement.is_some_and(|s| s.targets[0].span == name.span)
        };
        let last = e.run(&script.statements, |name| value(&name.text).filter(|_| is_literal(name)))?;
        let root = match last {
            Some(term) => e.root(term, script.statements.last())?,
            None => Root { real: None, ints: None, code: None },
        };
        let names = e.names.iter().filter_map(|(name, t)| Some((name.clone(), operand(&t.value)?))).collect();
        let mut places = e.places;
        for (name, &k) in &self.spelled {
            let s = &script.statements[k];
            if let Some(v) = lines.get(name) {
                places.insert(v.id(), s.targets[0].span.start..s.value.span.end);
            }
        }
        let whole = script.statements.last().map_or(0..0, |s| s.value.span.clone());
        let recorded = Recorded::new((root.real, root.ints), names, places, tape.len() as u32, whole, &script.source);
        let writer = e.writer.map(|w| (w, root.code, e.leaves));
        Ok((recorded, writer))
    }
}

fn operand<'t, T: Real>(value: &Value<'t, T>) -> Option<Operand<'t, T>> {
    match value {
        Value::Line(v) | Value::Leaf(v, _) => Some(Operand::Real(*v)),
        Value::Ints(v) => Some(Operand::Int(*v)),
        _ => None,
    }
}
