//! Operators: which row stands for what is written between two values.
//! Arithmetic of plain numbers is done at once.

use super::{Evaluated, Evaluator};
use crate::error::Error;
use crate::expr::diagnostic::Span;
use crate::expr::syntax::Operator;
use crate::expr::value::{FromValue, Term, Value};
use crate::real::Real;

/// The largest whole exponent that is multiplied out.
const LARGEST_POWER: f64 = 64.0;

/// A value and its place.
type Placed<'a, 't, T> = (Term<'t, T>, &'a Span);

impl<'t, T: Real> Evaluator<'_, 't, T> {
    /// Refuses what is neither a tensor nor a number, at its place.
    fn countable(&self, operands: [&Placed<'_, 't, T>; 2]) -> Evaluated<()> {
        for (term, span) in operands {
            if let Value::Text(_) | Value::Flag(_) | Value::None = term.value {
                let e = Error::kind(format!("expected a tensor or a number, found {}", term.value.describe()));
                return Err(self.fail(e, span));
            }
        }
        Ok(())
    }

    pub(super) fn operator(
        &mut self,
        op: Operator,
        a: Placed<'_, 't, T>,
        b: Placed<'_, 't, T>,
        span: &Span,
    ) -> Evaluated<Term<'t, T>> {
        self.countable([&a, &b])?;
        let (a, b) = (a.0, b.0);
        let number = |t: &Term<'t, T>| if let Value::Number(v) = t.value { Some(v) } else { None };
        let (left, right) = (number(&a), number(&b));
        if let (Some(x), Some(y)) = (left, right) {
            let result = match op {
                Operator::Add => Some(x + y),
                Operator::Sub => Some(x - y),
                Operator::Mul => Some(x * y),
                Operator::Div => Some(x / y),
                _ => None,
            };
            if let Some(v) = result {
                return Ok(self.number(v, |w| f64::rust(&a, w).infix(op.symbol(), f64::rust(&b, w))));
            }
        }
        let row = |lines, with_number, number_first| match (left, right) {
            (None, None) => lines,
            (None, Some(_)) => with_number,
            _ => number_first,
        };
        let ints = matches!(a.value, Value::Ints(_));
        let name = match op {
            Operator::Add => row("add", "add_number", "number_add"),
            Operator::Sub => row("sub", "sub_number", "number_sub"),
            Operator::Mul => row("mul", "mul_number", "number_mul"),
            Operator::Div => row("div", "div_number", "number_div"),
            Operator::MatMul => "matmul",
            Operator::Lt => "lt",
            Operator::Le => "le",
            Operator::Gt => "gt",
            Operator::Ge => "ge",
            Operator::Equals => row_of("equals", ints),
            Operator::Differs => row_of("differs", ints),
        };
        self.row(name, vec![a, b], span)
    }

    pub(super) fn power(&mut self, a: Placed<'_, 't, T>, b: Placed<'_, 't, T>, span: &Span) -> Evaluated<Term<'t, T>> {
        self.countable([&a, &b])?;
        let (a, b) = (a.0, b.0);
        match (&a.value, &b.value) {
            (Value::Number(x), Value::Number(y)) => Ok(Value::Number(x.powf(*y)).into()),
            (_, Value::Number(2.0)) => self.row("square", vec![a], span),
            (_, Value::Number(p)) if p.fract() == 0.0 && p.abs() <= LARGEST_POWER => self.row("powi", vec![a, b], span),
            _ => self.row("pow", vec![a, b], span),
        }
    }
}

/// The row for real lines, or for integers.
pub(super) fn row_of(name: &'static str, ints: bool) -> &'static str {
    match (name, ints) {
        ("equals", true) => "equals_ints",
        ("differs", true) => "differs_ints",
        _ => name,
    }
}
