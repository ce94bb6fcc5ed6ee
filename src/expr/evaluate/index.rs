//! Positions and parts in square brackets, axis by axis.
//! What is wrong with an index is told at the index.

use super::{Evaluated, Evaluator};
use crate::error::Error;
use crate::expr::diagnostic::Span;
use crate::expr::syntax::{Node, Range, Subscript};
use crate::expr::value::{AnyLine, FromValue, Term, Value, convert};
use crate::real::Real;

impl<'t, T: Real> Evaluator<'_, 't, T> {
    pub(super) fn index(
        &mut self,
        (base, place): (Term<'t, T>, &Span),
        index: &[Subscript],
        span: &Span,
    ) -> Evaluated<Term<'t, T>> {
        let tape = self.tape;
        let mut term = base.first();
        self.reads(&term.value).map_err(|e| self.fail(e, place))?;
        let line: AnyLine<'t, T> = self.plainly(place, || convert(term.value.clone(), tape))?;
        let code = self.writer.as_mut().map(|w| AnyLine::rust(&term, w));
        let value = match line {
            AnyLine::Real(v) => Value::Line(v),
            AnyLine::Int(v) => Value::Ints(v),
        };
        term = Term { value, code };
        let dims = line.dims();
        if let Some(extra) = index.get(dims.rank()) {
            let e = Error::index(format!("there is no axis {} in shape {dims}", dims.rank()))
                .rule("an index has at most one entry for each axis")
                .fix("leave entries out");
            return Err(self.fail(e, extra.span()));
        }
        // The axis of what has been indexed so far, and of the whole.
        let mut axis = 0;
        for (s, whole) in index.iter().zip(0..) {
            let size = dims[whole];
            let at = Term::from(Value::Number(f64::from(axis)));
            match s {
                Subscript::At(n) => {
                    let position = self.term(n)?;
                    if let Value::Ints(_) = position.value {
                        term = self.row("index_select", vec![term, at, position], &n.span)?;
                        axis += 1;
                        continue;
                    }
                    let k: isize = self.plainly(&n.span, || convert(position.value, tape))?;
                    if k >= size as isize || k < -(size as isize) {
                        let e = Error::index(format!("index {k} lies outside axis {whole} of shape {dims}"));
                        let e = match size {
                            0 => e.rule("the axis is empty"),
                            _ => e.rule(format!(
                                "indices go from -{size} to {}; negative ones count from the end",
                                size - 1
                            )),
                        };
                        return Err(self.fail(e.fix("use an index within that range"), &n.span));
                    }
                    let k = Value::Number(k as f64).into();
                    term = self.row("index_axis", vec![term, at, k], span)?;
                }
                Subscript::Range(range) => {
                    term = self.part(term, at, size, range, span)?;
                    axis += 1;
                }
            }
        }
        Ok(term)
    }

    /// NumPy's slice: negative positions count from the end, and what lies beyond is cut. A negative step goes from the first
    /// position down to before the second.
    fn part(
        &mut self,
        term: Term<'t, T>,
        axis: Term<'t, T>,
        size: usize,
        range: &Range,
        span: &Span,
    ) -> Evaluated<Term<'t, T>> {
        let (from, to) = (self.bound(&range.from)?, self.bound(&range.to)?);
        let step = self.bound(&range.step)?.unwrap_or(1);
        let at = |p: isize| match p {
            p if p < 0 => size.saturating_sub(p.unsigned_abs()),
            p => size.min(p.unsigned_abs()),
        };
        // The position after a place: going backwards, a range of Rust ends behind its first place and begins behind what stops it.
        let after = |p: isize| if p < 0 && p.unsigned_abs() > size { 0 } else { size.min(at(p) + 1) };
        let (from, to) = match step < 0 {
            false => (from.map_or(0, at), to.map_or(size, at)),
            true => (to.map_or(0, after), from.map_or(size, after)),
        };
        let number = |v: f64| Term::from(Value::Number(v));
        let mut terms = vec![term, axis, number(from as f64), number(to.max(from) as f64)];
        if step == 1 {
            return self.row("slice", terms, span);
        }
        if let Value::Ints(_) = terms[0].value {
            let e = Error::argument("integers are sliced with step 1 only").fix("leave out the step");
            return Err(self.fail(e, &range.span));
        }
        terms.push(number(step as f64));
        let place = range.step.as_ref().filter(|_| step == 0).map_or(span, |n| &n.span);
        self.row("slice_step", terms, place)
    }

    fn bound(&mut self, n: &Option<Node>) -> Evaluated<Option<isize>> {
        let Some(n) = n else { return Ok(None) };
        let (value, tape) = (self.term(n)?.value, self.tape);
        self.plainly(&n.span, || convert(value, tape)).map(Some)
    }
}
