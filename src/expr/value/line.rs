//! Arguments that are lines of the tape: real, integer, either, or several.
//! Numbers and literals are recorded as constants, whole numbers as integers.

use super::{FromValue, Literal, Term, Value, convert};
use crate::error::Error;
use crate::expr::rust::{Code, Writer};
use crate::ops::{AttentionMask, ClassTarget, LineOrNumber};
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::{IntVar, Tape, Tensor, Var};

fn constant(l: &Literal, w: &mut Writer) -> Code {
    let value = l.rust(w);
    Code::word("tape").method("constant", vec![value])
}

/// `[a, b]` of terms as lines.
fn list<'t, T: Real>(items: &[Term<'t, T>], w: &mut Writer) -> Code {
    Code::List(items.iter().map(|i| Var::rust(i, w)).collect())
}

/// An item of a list as a line.
fn item<'t, T: Real>(term: &Term<'t, T>, tape: &'t Tape<T>) -> Result<Var<'t, T>, Error> {
    let value = match &term.value {
        // One of the results is read: the others need no copy.
        Value::Several(_, all) if !all.is_empty() => &all[0],
        value => value,
    };
    convert(value.clone(), tape)
}

impl<'t, T: Real> FromValue<'t, T> for Var<'t, T> {
    const KIND: &'static str = "a tensor";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(Some(match value {
            Value::Line(v) | Value::Leaf(v, _) => v,
            Value::Ints(v) => v.to_real(),
            Value::Number(v) => tape.constant(T::of(v)),
            Value::Literal(l) => tape.constant(l.tensor()),
            Value::Several(_, all) => match all.into_iter().next() {
                Some(first) => return Self::from_value(first, tape),
                None => return Ok(None),
            },
            Value::List(items) => {
                let lines = items.iter().map(|i| item(i, tape)).collect::<Result<Vec<Var<'t, T>>, _>>()?;
                if lines.is_empty() {
                    return Ok(None);
                }
                crate::ops::stack(&lines, 0)
            }
            _ => return Ok(None),
        }))
    }

    fn rust(term: &Term<'t, T>, w: &mut Writer) -> Code {
        match &term.value {
            Value::Ints(_) => term.line().method("to_real", Vec::new()),
            Value::Number(_) => Code::word("tape").method("constant", vec![f64::rust(term, w)]),
            Value::Literal(l) => constant(l, w),
            Value::Several(..) => Var::rust(&term.clone().first(), w),
            Value::List(items) => {
                let lines = list(items, w).reference();
                Code::Call(Box::new(w.path("ops::stack")), vec![lines, Code::whole(0)])
            }
            _ => term.line(),
        }
    }
}

impl<'t, T: Real> FromValue<'t, T> for IntVar<'t, T> {
    const KIND: &'static str = "integers";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        if let Value::Ints(v) = value {
            return Ok(Some(v));
        }
        let Some(l) = value.written() else { return Ok(None) };
        let whole = |v: &f64| v.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(v);
        if let Some(k) = l.data.iter().position(|v| !whole(v)) {
            let mut at = vec![0; l.dims.rank()];
            let mut rest = k;
            for (axis, size) in l.dims.iter().enumerate().rev() {
                (at[axis], rest) = (rest % size, rest / size);
            }
            let place = if at.is_empty() { String::new() } else { format!(" at position {at:?}") };
            return Err(Error::index(
                format!("{:?}{place} is no integer of a tape", l.data[k]).replacen(".0 ", " ", 1),
            )
            .rule("integers on a tape are labels and positions: whole numbers from 0 to 4294967295")
            .fix("count from 0, in whole numbers"));
        }
        let data = l.data.iter().map(|v| *v as u32).collect();
        Ok(Some(tape.ints(Tensor::new(l.dims, data)?)))
    }

    fn rust(term: &Term<'t, T>, _: &mut Writer) -> Code {
        match (&term.value, &term.code) {
            // A name for labels: its declaration is written because it is read here.
            (Value::Literal(_), Some(name)) => name.clone(),
            (value, _) => value.written().map_or_else(|| term.line(), |l| l.ints()),
        }
    }
}

impl<'t, T: Real> FromValue<'t, T> for LineOrNumber<'t, T> {
    const KIND: &'static str = "a tensor or a number";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        match value {
            Value::Number(v) => Ok(Some(LineOrNumber::Number(T::of(v)))),
            other => Ok(Var::from_value(other, tape)?.map(LineOrNumber::Line)),
        }
    }

    fn rust(term: &Term<'t, T>, w: &mut Writer) -> Code {
        if let Value::Number(_) = term.value { f64::rust(term, w) } else { Var::rust(term, w) }
    }
}

/// A line of either kind, for what does not ask which.
#[derive(Clone, Copy, Debug)]
pub(in crate::expr) enum AnyLine<'t, T: Real> {
    Real(Var<'t, T>),
    Int(IntVar<'t, T>),
}

impl<T: Real> AnyLine<'_, T> {
    pub fn dims(self) -> Dims {
        match self {
            AnyLine::Real(v) => v.dims(),
            AnyLine::Int(v) => v.dims(),
        }
    }
}

impl<'t, T: Real> FromValue<'t, T> for AnyLine<'t, T> {
    const KIND: &'static str = "a tensor";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        match value {
            Value::Ints(v) => Ok(Some(AnyLine::Int(v))),
            other => Ok(Var::from_value(other, tape)?.map(AnyLine::Real)),
        }
    }

    fn rust(term: &Term<'t, T>, w: &mut Writer) -> Code {
        if let Value::Ints(_) = term.value { term.line() } else { Var::rust(term, w) }
    }
}

impl<'t, T: Real> From<AnyLine<'t, T>> for AttentionMask<'t, T> {
    fn from(mask: AnyLine<'t, T>) -> Self {
        match mask {
            AnyLine::Int(m) => AttentionMask::Seen(m),
            AnyLine::Real(m) => AttentionMask::Added(m),
        }
    }
}

/// Several lines: `[a, b]`.
#[derive(Clone, Debug)]
pub(in crate::expr) struct Lines<'t, T: Real>(pub Vec<Var<'t, T>>);

impl<'t, T: Real> std::ops::Deref for Lines<'t, T> {
    type Target = [Var<'t, T>];

    fn deref(&self) -> &[Var<'t, T>] {
        &self.0
    }
}

impl<'t, T: Real> FromValue<'t, T> for Lines<'t, T> {
    const KIND: &'static str = "a list of tensors";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        match value {
            Value::List(items) => Ok(Some(Lines(items.iter().map(|i| item(i, tape)).collect::<Result<_, _>>()?))),
            Value::Several(_, items) => {
                Ok(Some(Lines(items.into_iter().map(|i| convert(i, tape)).collect::<Result<_, _>>()?)))
            }
            Value::Literal(l) if l.dims.rank() > 0 => {
                let whole = tape.constant(l.tensor::<T>());
                Ok(Some(Lines(whole.unstack(0))))
            }
            _ => Ok(None),
        }
    }

    fn rust(term: &Term<'t, T>, w: &mut Writer) -> Code {
        match &term.value {
            Value::List(items) => list(items, w),
            Value::Several(form, items) => {
                let all = w.hoist(term.line(), "results");
                let parts: Vec<Term<'t, T>> = (0..)
                    .zip(items)
                    .map(|(k, i)| Term { value: i.clone(), code: Some(form.part(all.clone(), k)) })
                    .collect();
                list(&parts, w)
            }
            value => {
                let whole = constant(&value.written().expect("a list is written"), w);
                whole.method("unstack", vec![Code::whole(0)])
            }
        }
    }
}

/// Class labels, which a list of whole numbers is, or a probability for each class.
#[derive(Clone, Copy, Debug)]
pub(in crate::expr) struct Labels<'t, T: Real>(AnyLine<'t, T>);

impl<'t, T: Real> From<Labels<'t, T>> for ClassTarget<'t, T> {
    fn from(target: Labels<'t, T>) -> Self {
        match target.0 {
            AnyLine::Int(labels) => ClassTarget::Labels(labels),
            AnyLine::Real(p) => ClassTarget::Probabilities(p),
        }
    }
}

fn are_labels<T: Real>(value: &Value<'_, T>) -> bool {
    value.written().is_some_and(|l| l.data.iter().all(|v| v.fract() == 0.0) && l.dims.rank() <= 1)
}

impl<'t, T: Real> FromValue<'t, T> for Labels<'t, T> {
    const KIND: &'static str = "labels, or a probability for each class";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        if are_labels(&value) {
            return Ok(IntVar::from_value(value, tape)?.map(|v| Labels(AnyLine::Int(v))));
        }
        Ok(AnyLine::from_value(value, tape)?.map(Labels))
    }

    fn rust(term: &Term<'t, T>, w: &mut Writer) -> Code {
        if are_labels(&term.value) { IntVar::rust(term, w) } else { AnyLine::rust(term, w) }
    }
}

/// A line that no gradient is taken with respect to: what a literal is, and anything else is made.
#[derive(Clone, Copy, Debug)]
pub(in crate::expr) struct Fixed<'t, T: Real>(pub Var<'t, T>);

impl<'t, T: Real> FromValue<'t, T> for Fixed<'t, T> {
    const KIND: &'static str = "a tensor or a list";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(match value.written() {
            Some(l) => Some(Fixed(tape.constant(l.tensor::<T>()))),
            None => Var::from_value(value, tape)?.map(|v| Fixed(v.stop_gradient())),
        })
    }

    fn rust(term: &Term<'t, T>, w: &mut Writer) -> Code {
        match (&term.value, term.value.written()) {
            (Value::Number(_), _) => Var::rust(term, w),
            (_, Some(l)) => constant(&l, w),
            _ => Var::rust(term, w).method("stop_gradient", Vec::new()),
        }
    }
}
