//! From statements to lines: names are looked up, operators and functions are recorded, and each line learns its place.
//! An error of a method comes back here and is told at the call, or at the argument, that it is about.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::diagnostic::{Diagnostic, Span};
use super::functions::{Arguments, Fail, Function, Functions, ParameterDoc};
use super::limits::{Limits, Used};
use super::suggest::nearest;
use super::syntax::{Argument, Call, Name, Node, NodeKind, Operator, Postfix, Statement, Subscript};
use super::value::{AnyLine, Value, convert};
use crate::error::{Error, catching};
use crate::ops::LineOrNumber;
use crate::real::Real;
use crate::tape::{IntVar, Tape, Var};

/// Names that are numbers.
const CONSTANTS: &[(&str, f64)] =
    &[("pi", std::f64::consts::PI), ("e", std::f64::consts::E), ("inf", f64::INFINITY), ("nan", f64::NAN)];

/// A recording in progress.
pub(super) struct Evaluator<'a, 't, T: Real> {
    tape: &'t Tape<T>,
    source: &'a Arc<str>,
    limits: &'a Limits,
    used: Used,
    /// What names stand for, as the text goes.
    pub names: IndexMap<String, Value<'t, T>>,
    /// Places of lines: the first line of each run of lines with one place.
    pub places: BTreeMap<u32, Span>,
}

type Evaluated<V> = Result<V, Diagnostic>;

impl<'a, 't, T: Real> Evaluator<'a, 't, T> {
    pub fn new(tape: &'t Tape<T>, source: &'a Arc<str>, limits: &'a Limits) -> Self {
        Evaluator { tape, source, limits, used: Used::default(), names: IndexMap::new(), places: BTreeMap::new() }
    }

    /// Records the statements in order; the value of the last one. `leaf` gives the leaf that an assignment of a literal
    /// stands for.
    pub fn run(
        &mut self,
        statements: &[Statement],
        mut leaf: impl FnMut(&Name) -> Option<Value<'t, T>>,
    ) -> Evaluated<Option<Value<'t, T>>> {
        let mut last = None;
        for s in statements {
            let given = match &s.targets[..] {
                [name] => leaf(name),
                _ => None,
            };
            let value = match given {
                Some(value) => value,
                None => self.value(&s.value)?,
            };
            self.assign(s, value.clone())?;
            last = Some(value);
        }
        Ok(last)
    }

    /// The result of the program: the last value, as a real line or as integers.
    #[allow(clippy::type_complexity, reason = "a result is of either kind")]
    pub fn root(
        &mut self,
        value: Value<'t, T>,
        last: Option<&Statement>,
    ) -> Evaluated<(Option<Var<'t, T>>, Option<IntVar<'t, T>>)> {
        let (tape, span) = (self.tape, last.map_or(0..0, |s| s.value.span.clone()));
        Ok(match value {
            Value::Text(_) | Value::Flag(_) | Value::None => (None, None),
            Value::Ints(v) => (None, Some(v)),
            other => (Some(self.plainly(&span, || convert(other, tape))?), None),
        })
    }

    fn assign(&mut self, s: &Statement, value: Value<'t, T>) -> Evaluated<()> {
        match (&s.targets[..], value) {
            ([], _) => {}
            ([name], Value::Several(mut all)) if !all.is_empty() => self.bind(name, all.swap_remove(0)),
            ([name], value) => self.bind(name, value),
            (names, Value::Several(all)) if all.len() >= names.len() => {
                names.iter().zip(all).for_each(|(name, value)| self.bind(name, value));
            }
            (names, value) => {
                let e = Error::argument(format!("{} names for {}", names.len(), value.describe()))
                    .rule("there are as many names as results, or fewer")
                    .fix("leave out names, or call an operation with several results");
                let span = names[0].span.start..names[names.len() - 1].span.end;
                return Err(Diagnostic::new(e, span, self.source));
            }
        }
        Ok(())
    }

    fn bind(&mut self, name: &Name, value: Value<'t, T>) {
        match &value {
            Value::Line(v) if self.tape.line(v.id()).name.is_none() => drop(v.named(&*name.text)),
            Value::Ints(v) if self.tape.line(v.id()).name.is_none() => drop(v.named(&*name.text)),
            _ => {}
        }
        self.names.insert(name.text.clone(), value);
    }

    fn fail(&self, error: Error, span: &Span) -> Diagnostic {
        Diagnostic::new(error, span.clone(), self.source)
    }

    /// Records by `f`; lines that it writes stand at `span`.
    fn record<V>(&mut self, span: &Span, f: impl FnOnce() -> Result<V, Fail>) -> Result<V, (Error, Option<usize>)> {
        let first = self.tape.len() as u32;
        #[cfg(all(panic = "abort", feature = "playground"))]
        super::place::enter(span);
        let value = catching(f).map_err(|e| (e, None))?.map_err(|f| (f.error, f.argument))?;
        if self.tape.len() as u32 > first {
            self.places.insert(first, span.clone());
        }
        self.limits.count(self.tape, &mut self.used).map_err(|e| (e, None))?;
        Ok(value)
    }

    fn plainly<V>(&mut self, span: &Span, f: impl FnOnce() -> Result<V, Error>) -> Evaluated<V> {
        self.record(span, || f().map_err(Fail::from)).map_err(|(e, _)| self.fail(e, span))
    }

    fn value(&mut self, n: &Node) -> Evaluated<Value<'t, T>> {
        match &n.kind {
            NodeKind::Number(v) => Ok(Value::Number(*v)),
            NodeKind::Text(t) => Ok(Value::Text(t.clone())),
            NodeKind::Flag(f) => Ok(Value::Flag(*f)),
            NodeKind::None => Ok(Value::None),
            NodeKind::Name(name) => self.lookup(name, &n.span),
            NodeKind::List(items) => match n.literal() {
                Some(Ok(l)) => Ok(Value::Literal(l.into())),
                Some(Err((span, e))) => Err(self.fail(e, &span)),
                None => Ok(Value::List(items.iter().map(|i| self.value(i)).collect::<Evaluated<_>>()?)),
            },
            NodeKind::Negative(inner) => {
                let tape = self.tape;
                match self.value(inner)? {
                    Value::Number(v) => Ok(Value::Number(-v)),
                    value => self.plainly(&n.span, || Ok(Value::Line(-convert::<T, Var<'t, T>>(value, tape)?))),
                }
            }
            NodeKind::Chain(first, rest) => {
                let mut value = self.value(first)?;
                for (op, operand) in rest {
                    let b = self.value(operand)?;
                    value = self.operator(*op, value, b, &(first.span.start..operand.span.end))?;
                }
                Ok(value)
            }
            NodeKind::Power(base, exponent) => {
                let (a, b) = (self.value(base)?, self.value(exponent)?);
                self.power(a, b, &n.span)
            }
            NodeKind::Call(call) => self.call(call, None, &n.span),
            NodeKind::Postfix(base, parts) => {
                let mut value = self.value(base)?;
                for part in parts {
                    value = match part {
                        Postfix::Method(call, span) => {
                            let whole = base.span.start..span.end;
                            self.call(call, Some((value, &(base.span.start..span.start))), &whole)?
                        }
                        Postfix::Index(index, span) => self.index(value, index, &(base.span.start..span.end))?,
                    };
                }
                Ok(value)
            }
        }
    }

    fn lookup(&self, name: &str, span: &Span) -> Evaluated<Value<'t, T>> {
        if let Some(value) = self.names.get(name) {
            return Ok(value.clone());
        }
        if let Some((_, v)) = CONSTANTS.iter().find(|c| c.0 == name) {
            return Ok(Value::Number(*v));
        }
        if Functions::<T>::named(name).is_some() {
            let e = Error::argument(format!("`{name}` is a function"));
            return Err(self.fail(e.fix(format!("call it: `{name}(..)`")), span));
        }
        let known = self.names.keys().map(String::as_str).chain(CONSTANTS.iter().map(|c| c.0));
        let fix = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("give it a value on a line before: `{name} = ..`"),
        };
        Err(self.fail(Error::argument(format!("`{name}` has no value")).fix(fix), span))
    }

    fn operator(&mut self, op: Operator, a: Value<'t, T>, b: Value<'t, T>, span: &Span) -> Evaluated<Value<'t, T>> {
        let tape = self.tape;
        if let (Value::Number(a), Value::Number(b)) = (&a, &b) {
            let number = match op {
                Operator::Add => Some(a + b),
                Operator::Sub => Some(a - b),
                Operator::Mul => Some(a * b),
                Operator::Div => Some(a / b),
                _ => None,
            };
            if let Some(v) = number {
                return Ok(Value::Number(v));
            }
        }
        self.plainly(span, || {
            Ok(match op {
                Operator::Add | Operator::Sub | Operator::Mul | Operator::Div => {
                    let sides: (LineOrNumber<'t, T>, LineOrNumber<'t, T>) = (convert(a, tape)?, convert(b, tape)?);
                    Value::Line(arithmetic(op, sides, tape))
                }
                Operator::MatMul => Value::Line(product(convert(a, tape)?, convert(b, tape)?)),
                _ => Value::Ints(comparison(op, a, b, tape)?),
            })
        })
    }

    fn power(&mut self, a: Value<'t, T>, b: Value<'t, T>, span: &Span) -> Evaluated<Value<'t, T>> {
        let tape = self.tape;
        if let (Value::Number(a), Value::Number(b)) = (&a, &b) {
            return Ok(Value::Number(a.powf(*b)));
        }
        self.plainly(span, || {
            let base: Var<'t, T> = convert(a, tape)?;
            let exponent: LineOrNumber<'t, T> = convert(b, tape)?;
            Ok(Value::Line(match exponent {
                LineOrNumber::Number(p) if p.as_f64() == 2.0 => base.square(),
                LineOrNumber::Number(p) => match p.as_f64() {
                    p if p.fract() == 0.0 && p.abs() <= 64.0 => base.powi(p as i32),
                    p => base.powf(p),
                },
                line => base.pow(line),
            }))
        })
    }

    fn call(&mut self, call: &Call, base: Option<(Value<'t, T>, &Span)>, span: &Span) -> Evaluated<Value<'t, T>> {
        let name = &call.function;
        let Some(function) = Functions::<T>::named(&name.text) else {
            let mut e = Error::argument(format!("there is no function `{}`", name.text));
            e = match nearest(&name.text, Functions::<T>::all().map(|f| f.doc.name)) {
                Some(near) => e.fix(format!("did you mean `{near}`?")),
                None => e.fix("see the list of functions: `wengert ops`, or docs/expressions.md"),
            };
            return Err(self.fail(e, &name.span));
        };
        let (mut values, spans) = self.arguments(function, call, base, span)?;
        let tape = self.tape;
        let recorded = self.record(span, || (function.call)(&mut Arguments { tape, values: &mut values }));
        recorded.map_err(|(mut e, argument)| {
            let place = argument.and_then(|i| spans[i].clone()).unwrap_or_else(|| span.clone());
            if let Some(i) = argument {
                let wanted = &function.doc.parameters[i];
                e = e.rule(format!("`{}` of `{}` takes {}", wanted.name, name.text, wanted.kind));
            }
            self.fail(e.about(function.doc.name), &place)
        })
    }

    /// The arguments in the order of the parameters, with their places.
    #[allow(clippy::type_complexity, reason = "two lists that belong together")]
    fn arguments(
        &mut self,
        function: &Function<T>,
        call: &Call,
        base: Option<(Value<'t, T>, &Span)>,
        span: &Span,
    ) -> Evaluated<(Vec<Option<Value<'t, T>>>, Vec<Option<Span>>)> {
        let parameters = function.doc.parameters;
        let signature = || function.doc.signature();
        let mut values: Vec<Option<Value<'t, T>>> = vec![None; parameters.len()];
        let mut spans: Vec<Option<Span>> = vec![None; parameters.len()];
        let mut position = 0;
        if let Some((value, place)) = base {
            if parameters.is_empty() {
                let e = Error::argument(format!("`{}` takes no arguments", function.doc.name));
                return Err(self.fail(e.rule(signature()), &call.function.span));
            }
            (values[0], spans[0], position) = (Some(value), Some(place.clone()), 1);
        }
        for Argument { name, value } in &call.arguments {
            let i = match name {
                None => {
                    position += 1;
                    position - 1
                }
                Some(n) => match parameter(parameters, &n.text) {
                    Some(i) => i,
                    None => {
                        let mut e = Error::argument(format!("`{}` has no parameter `{}`", function.doc.name, n.text));
                        e = e.rule(signature());
                        if let Some(near) = nearest(&n.text, parameters.iter().map(|p| p.name)) {
                            e = e.fix(format!("did you mean `{near}`?"));
                        }
                        return Err(self.fail(e, &n.span));
                    }
                },
            };
            let e = if i >= parameters.len() {
                let most = parameters.len();
                let s = if most == 1 { "" } else { "s" };
                Some(format!("`{}` takes {most} argument{s} at most", function.doc.name))
            } else if values[i].is_some() {
                Some(format!("`{}` is given twice", parameters[i].name))
            } else {
                None
            };
            if let Some(what) = e {
                return Err(self.fail(Error::argument(what).rule(signature()), &value.span));
            }
            values[i] = Some(self.value(value)?);
            spans[i] = Some(value.span.clone());
        }
        if let Some(i) = (0..parameters.len()).find(|&i| values[i].is_none() && parameters[i].default.is_none()) {
            let p = &parameters[i];
            let e = Error::argument(format!("`{}` is missing: {}", p.name, p.kind));
            return Err(self.fail(e.about(function.doc.name).rule(signature()), span));
        }
        Ok((values, spans))
    }

    fn index(&mut self, value: Value<'t, T>, index: &[Subscript], span: &Span) -> Evaluated<Value<'t, T>> {
        let tape = self.tape;
        let mut line: AnyLine<'t, T> = self.plainly(span, || convert(value, tape))?;
        let mut axis = 0_isize;
        for s in index {
            let bound = |this: &mut Self, n: &Option<Node>| -> Evaluated<Option<isize>> {
                let Some(n) = n else { return Ok(None) };
                let value = this.value(n)?;
                this.plainly(&n.span, || convert(value, tape)).map(Some)
            };
            match s {
                Subscript::At(n) => match self.value(n)? {
                    Value::Ints(positions) => {
                        line = self.plainly(span, || {
                            Ok(match line {
                                AnyLine::Real(v) => AnyLine::Real(v.index_select(axis, positions)),
                                AnyLine::Int(v) => AnyLine::Int(v.index_select(axis, positions)),
                            })
                        })?;
                        axis += 1;
                    }
                    position => {
                        let at: isize = self.plainly(&n.span, || convert(position, tape))?;
                        line = self.plainly(span, || {
                            Ok(match line {
                                AnyLine::Real(v) => AnyLine::Real(v.index_axis(axis, at)),
                                AnyLine::Int(v) => AnyLine::Int(v.index_axis(axis, at)),
                            })
                        })?;
                    }
                },
                Subscript::Range(from, to, step) => {
                    let (from, to) = (bound(self, from)?, bound(self, to)?);
                    let step = bound(self, step)?.unwrap_or(1);
                    line = self.plainly(span, || slice(line, axis, (from, to), step))?;
                    axis += 1;
                }
            }
        }
        Ok(match line {
            AnyLine::Real(v) => Value::Line(v),
            AnyLine::Int(v) => Value::Ints(v),
        })
    }
}

/// The parameter of that name, or of the name that NumPy and PyTorch have for it.
fn parameter(parameters: &[ParameterDoc], name: &str) -> Option<usize> {
    let find = |name: &str| parameters.iter().position(|p| p.name == name);
    find(name).or_else(|| match name {
        "axis" | "dim" => find("axes").or_else(|| find("axis")),
        "axes" => find("axis"),
        "keepdims" | "keepdim" => find("keep"),
        _ => None,
    })
}

/// NumPy's slice: negative positions count from the end, and what lies beyond is cut.
fn slice<'t, T: Real>(
    line: AnyLine<'t, T>,
    axis: isize,
    (from, to): (Option<isize>, Option<isize>),
    step: isize,
) -> Result<AnyLine<'t, T>, Error> {
    let dims = line.dims();
    let Some(&size) = dims.get(axis as usize) else {
        return Err(Error::index(format!("there is no axis {axis} in shape {dims}"))
            .rule("an index has at most one entry for each axis")
            .fix("leave entries out"));
    };
    let at = |p: Option<isize>, otherwise: usize| match p {
        None => otherwise,
        Some(p) if p < 0 => size.saturating_sub(p.unsigned_abs()),
        Some(p) => size.min(p.unsigned_abs()),
    };
    let (from, to) = (at(from, 0), at(to, size));
    let range = from..to.max(from);
    Ok(match (line, step) {
        (AnyLine::Real(v), 1) => AnyLine::Real(v.slice(axis, range)),
        (AnyLine::Int(v), 1) => AnyLine::Int(v.slice(axis, range)),
        (AnyLine::Real(v), step) => AnyLine::Real(v.slice_step(axis, range, step)),
        (AnyLine::Int(_), _) => {
            return Err(Error::argument("integers are sliced with step 1 only").fix("leave out the step"));
        }
    })
}

fn arithmetic<'t, T: Real>(
    op: Operator,
    sides: (LineOrNumber<'t, T>, LineOrNumber<'t, T>),
    tape: &'t Tape<T>,
) -> Var<'t, T> {
    use LineOrNumber::{Line, Number};
    let (a, b) = match sides {
        // Both are numbers only where a literal scalar met a number.
        (Number(a), Number(b)) => (Line(tape.constant(a)), Number(b)),
        sides => sides,
    };
    macro_rules! either {
        ($sign:tt) => {
            match (a, b) {
                (Line(a), Line(b)) => a $sign b,
                (Line(a), Number(b)) => a $sign b.as_f64(),
                (Number(a), Line(b)) => a.as_f64() $sign b,
                (Number(_), Number(_)) => unreachable!("one side is a line"),
            }
        };
    }
    match op {
        Operator::Add => either!(+),
        Operator::Sub => either!(-),
        Operator::Mul => either!(*),
        _ => either!(/),
    }
}

/// NumPy's `@`: matrices, and vectors as rows on the left and columns on the right.
pub(super) fn product<'t, T: Real>(a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    match (a.rank(), b.rank()) {
        (1, 1) => a.dot(b),
        (1, r) if r > 1 => a.unsqueeze(0).matmul(b).squeeze(-2),
        (r, 1) if r > 1 => a.matmul(b.unsqueeze(1)).squeeze(-1),
        _ => a.matmul(b),
    }
}

fn comparison<'t, T: Real>(
    op: Operator,
    a: Value<'t, T>,
    b: Value<'t, T>,
    tape: &'t Tape<T>,
) -> Result<IntVar<'t, T>, Error> {
    if let (Value::Ints(a), Operator::Equals | Operator::Differs) = (&a, op) {
        let b: IntVar<'t, T> = convert(b, tape)?;
        let same = a.equals(b);
        return Ok(if op == Operator::Equals { same } else { same.not() });
    }
    let (a, b): (Var<'t, T>, LineOrNumber<'t, T>) = (convert(a, tape)?, convert(b, tape)?);
    Ok(match op {
        Operator::Lt => a.lt(b),
        Operator::Le => a.le(b),
        Operator::Gt => a.gt(b),
        Operator::Ge => a.ge(b),
        Operator::Equals => a.equals(b),
        _ => a.differs(b),
    })
}
