//! What an expression can be while it is recorded, and how it becomes what a function takes.
//! Numbers and literals stay what they are until a function asks for a line, a size or a number.

use crate::error::Error;
use crate::ops::LineOrNumber;
use crate::real::Real;
use crate::shape::{Axes, Dims};
use crate::tape::{IntVar, Tape, Tensor, Var};

/// The value of an expression.
#[derive(Clone, Debug)]
pub(super) enum Value<'t, T: Real> {
    Line(Var<'t, T>),
    Ints(IntVar<'t, T>),
    /// A leaf that the text spells; what was written serves where plain numbers are wanted.
    Leaf(Var<'t, T>, Literal),
    Number(f64),
    /// A literal of numbers, or a list of anything.
    Literal(Literal),
    List(Vec<Value<'t, T>>),
    /// Several results of one operation.
    Several(Vec<Value<'t, T>>),
    Text(String),
    Flag(bool),
    None,
}

/// A tensor of numbers as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Literal {
    pub dims: Dims,
    pub data: std::sync::Arc<Vec<f64>>,
}

impl From<super::syntax::Literal> for Literal {
    fn from(l: super::syntax::Literal) -> Self {
        Literal { dims: Dims::from(&l.dims[..]), data: std::sync::Arc::new(l.data) }
    }
}

impl Literal {
    pub fn number(v: f64) -> Self {
        Literal { dims: Dims::scalar(), data: std::sync::Arc::new(vec![v]) }
    }

    pub fn tensor<T: Real>(&self) -> Tensor<T> {
        let data = self.data.iter().map(|v| T::of(*v)).collect();
        Tensor::new(self.dims.clone(), data).expect("a literal has as many numbers as its shape says")
    }
}

impl<'t, T: Real> Value<'t, T> {
    /// In words, for errors: `a real tensor of shape [2, 3]`.
    pub fn describe(&self) -> String {
        match self {
            Value::Line(v) | Value::Leaf(v, _) if v.rank() == 0 => "a real number on the tape".into(),
            Value::Line(v) | Value::Leaf(v, _) => format!("a real tensor of shape {}", v.dims()),
            Value::Ints(v) => format!("integers of shape {}", v.dims()),
            // 1e308 and not three hundred digits.
            Value::Number(v) => format!("the number {v:?}").trim_end_matches(".0").into(),
            Value::Literal(l) => format!("a list of numbers of shape {}", l.dims),
            Value::List(_) => "a list".into(),
            Value::Several(v) => format!("{} results", v.len()),
            Value::Text(t) => format!("the text \"{t}\""),
            Value::Flag(f) => f.to_string(),
            Value::None => "none".into(),
        }
    }

    /// What is written, where that is a list of numbers or a number.
    fn written(&self) -> Option<Literal> {
        match self {
            Value::Leaf(_, l) | Value::Literal(l) => Some(l.clone()),
            Value::Number(v) => Some(Literal::number(*v)),
            _ => None,
        }
    }
}

/// What a function takes as an argument.
pub(super) trait FromValue<'t, T: Real>: Sized {
    /// The name of the kind, for documentation and errors.
    const KIND: &'static str;

    /// The conversion; `None` where the value is of another kind.
    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error>;
}

/// The conversion, or an error that says what was wanted and what came.
pub(super) fn convert<'t, T: Real, V: FromValue<'t, T>>(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<V, Error> {
    let is = value.describe();
    let wanted = || Error::kind(format!("expected {}, found {is}", V::KIND));
    V::from_value(value, tape)?.ok_or_else(wanted)
}

impl<'t, T: Real> FromValue<'t, T> for Var<'t, T> {
    const KIND: &'static str = "a tensor";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(Some(match value {
            Value::Line(v) | Value::Leaf(v, _) => v,
            Value::Ints(v) => v.to_real(),
            Value::Number(v) => tape.constant(T::of(v)),
            Value::Literal(l) => tape.constant(l.tensor()),
            Value::Several(all) => match all.into_iter().next() {
                Some(first) => return Self::from_value(first, tape),
                None => return Ok(None),
            },
            Value::List(items) => {
                let lines = items.into_iter().map(|i| convert(i, tape)).collect::<Result<Vec<Var<'t, T>>, _>>()?;
                if lines.is_empty() {
                    return Ok(None);
                }
                crate::ops::stack(&lines, 0)
            }
            _ => return Ok(None),
        }))
    }
}

impl<'t, T: Real> FromValue<'t, T> for IntVar<'t, T> {
    const KIND: &'static str = "integers";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        if let Value::Ints(v) = value {
            return Ok(Some(v));
        }
        let Some(l) = value.written() else { return Ok(None) };
        let whole = |v: &f64| (v.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(v)).then_some(*v as u32);
        let Some(data) = l.data.iter().map(whole).collect::<Option<Vec<u32>>>() else {
            return Err(Error::index("not all of these are integers")
                .rule("integers on a tape are labels and positions: 0 to 4294967295")
                .fix("write whole numbers"));
        };
        Ok(Some(tape.ints(Tensor::new(l.dims, data)?)))
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
}

/// A line of either kind, for what does not ask which.
#[derive(Clone, Copy, Debug)]
pub(super) enum AnyLine<'t, T: Real> {
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
}

/// Several lines: `[a, b]`.
#[derive(Clone, Debug)]
pub(super) struct Lines<'t, T: Real>(pub Vec<Var<'t, T>>);

impl<'t, T: Real> FromValue<'t, T> for Lines<'t, T> {
    const KIND: &'static str = "a list of tensors";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        match value {
            Value::List(items) | Value::Several(items) => {
                Ok(Some(Lines(items.into_iter().map(|i| convert(i, tape)).collect::<Result<_, _>>()?)))
            }
            Value::Literal(l) if l.dims.rank() > 0 => {
                let whole = tape.constant(l.tensor::<T>());
                Ok(Some(Lines(whole.unstack(0))))
            }
            _ => Ok(None),
        }
    }
}

impl<'t, T: Real> FromValue<'t, T> for f64 {
    const KIND: &'static str = "a number";

    fn from_value(value: Value<'t, T>, _: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(value.written().filter(|l| l.dims.rank() == 0).map(|l| l.data[0]))
    }
}

/// The whole number that a number is, if it is one.
fn whole(v: f64) -> Option<isize> {
    // Beyond 2⁵³ neighbours of doubles are more than one apart.
    (v.fract() == 0.0 && v.abs() <= 9_007_199_254_740_992.0).then_some(v as isize)
}

impl<'t, T: Real> FromValue<'t, T> for isize {
    const KIND: &'static str = "a whole number";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(f64::from_value(value, tape)?.and_then(whole))
    }
}

impl<'t, T: Real> FromValue<'t, T> for i32 {
    const KIND: &'static str = "a whole number";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(isize::from_value(value, tape)?.and_then(|v| i32::try_from(v).ok()))
    }
}

impl<'t, T: Real> FromValue<'t, T> for usize {
    const KIND: &'static str = "a whole number from 0 on";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(isize::from_value(value, tape)?.and_then(|v| usize::try_from(v).ok()))
    }
}

impl<'t, T: Real> FromValue<'t, T> for u32 {
    const KIND: &'static str = "a whole number from 0 to 4294967295";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(isize::from_value(value, tape)?.and_then(|v| u32::try_from(v).ok()))
    }
}

impl<'t, T: Real> FromValue<'t, T> for bool {
    const KIND: &'static str = "true or false";

    fn from_value(value: Value<'t, T>, _: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(if let Value::Flag(f) = value { Some(f) } else { None })
    }
}

impl<'t, T: Real> FromValue<'t, T> for String {
    const KIND: &'static str = "a text in quotes";

    fn from_value(value: Value<'t, T>, _: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(if let Value::Text(t) = value { Some(t) } else { None })
    }
}

impl<'t, T: Real, V: FromValue<'t, T>> FromValue<'t, T> for Option<V> {
    const KIND: &'static str = V::KIND;

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        match value {
            Value::None => Ok(Some(None)),
            other => Ok(V::from_value(other, tape)?.map(Some)),
        }
    }
}

/// Whole numbers: one, or a list of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wholes(pub Vec<isize>);

impl<'t, T: Real> FromValue<'t, T> for Wholes {
    const KIND: &'static str = "a whole number or a list of them";

    fn from_value(value: Value<'t, T>, _: &'t Tape<T>) -> Result<Option<Self>, Error> {
        let Some(l) = value.written().filter(|l| l.dims.rank() <= 1) else { return Ok(None) };
        Ok(l.data.iter().map(|v| whole(*v)).collect::<Option<Vec<isize>>>().map(Wholes))
    }
}

/// Sizes: one, or one for each axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Counts(pub Vec<usize>);

impl<'t, T: Real> FromValue<'t, T> for Counts {
    const KIND: &'static str = "a size or a list of sizes";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        let Some(w) = Wholes::from_value(value, tape)? else { return Ok(None) };
        Ok(w.0.into_iter().map(|v| usize::try_from(v).ok()).collect::<Option<Vec<usize>>>().map(Counts))
    }
}

impl Counts {
    /// One number for each of `D` axes.
    pub fn per_axis<const D: usize>(&self) -> Result<[usize; D], Error> {
        match self.0[..] {
            [one] => Ok([one; D]),
            _ => self.0.clone().try_into().map_err(|v: Vec<usize>| {
                Error::argument(format!("{} sizes were given", v.len()))
                    .rule(format!("one size, or one for each of the {D} axes"))
                    .fix("write a single number, or a list of that length")
            }),
        }
    }
}

impl<'t, T: Real> FromValue<'t, T> for Axes {
    const KIND: &'static str = "an axis, a list of axes, or none for all";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        if let Value::None = value {
            return Ok(Some(Axes::from(..)));
        }
        Ok(Wholes::from_value(value, tape)?.map(|w| Axes::from(&w.0[..])))
    }
}

/// Class labels, which a list of whole numbers is, or a real tensor.
#[derive(Clone, Copy, Debug)]
pub(super) struct LabelsOr<'t, T: Real>(pub AnyLine<'t, T>);

impl<'t, T: Real> FromValue<'t, T> for LabelsOr<'t, T> {
    const KIND: &'static str = "labels, or a probability for each class";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        let labels = value.written().is_some_and(|l| l.data.iter().all(|v| v.fract() == 0.0) && l.dims.rank() <= 1);
        if labels {
            return Ok(IntVar::from_value(value, tape)?.map(|v| LabelsOr(AnyLine::Int(v))));
        }
        Ok(AnyLine::from_value(value, tape)?.map(LabelsOr))
    }
}

/// Numbers: one, or a list of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Numbers(pub Vec<f64>);

impl<'t, T: Real> FromValue<'t, T> for Numbers {
    const KIND: &'static str = "a number or a list of them";

    fn from_value(value: Value<'t, T>, _: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(value.written().filter(|l| l.dims.rank() <= 1).map(|l| Numbers(l.data.to_vec())))
    }
}

impl<'t, T: Real> FromValue<'t, T> for Value<'t, T> {
    const KIND: &'static str = "a tensor or a list";

    fn from_value(value: Value<'t, T>, _: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(Some(value))
    }
}

/// What a function gives.
pub(super) trait IntoValue<'t, T: Real> {
    fn into_value(self) -> Value<'t, T>;
}

impl<'t, T: Real> IntoValue<'t, T> for Var<'t, T> {
    fn into_value(self) -> Value<'t, T> {
        Value::Line(self)
    }
}

impl<'t, T: Real> IntoValue<'t, T> for IntVar<'t, T> {
    fn into_value(self) -> Value<'t, T> {
        Value::Ints(self)
    }
}

impl<'t, T: Real> IntoValue<'t, T> for AnyLine<'t, T> {
    fn into_value(self) -> Value<'t, T> {
        match self {
            AnyLine::Real(v) => Value::Line(v),
            AnyLine::Int(v) => Value::Ints(v),
        }
    }
}

impl<'t, T: Real, V: IntoValue<'t, T>> IntoValue<'t, T> for Vec<V> {
    fn into_value(self) -> Value<'t, T> {
        Value::Several(self.into_iter().map(V::into_value).collect())
    }
}

impl<'t, T: Real, A: IntoValue<'t, T>, B: IntoValue<'t, T>> IntoValue<'t, T> for (A, B) {
    fn into_value(self) -> Value<'t, T> {
        Value::Several(vec![self.0.into_value(), self.1.into_value()])
    }
}

impl<'t, T: Real, A: IntoValue<'t, T>, B: IntoValue<'t, T>, C: IntoValue<'t, T>> IntoValue<'t, T> for (A, B, C) {
    fn into_value(self) -> Value<'t, T> {
        Value::Several(vec![self.0.into_value(), self.1.into_value(), self.2.into_value()])
    }
}

impl<'t, T: Real> IntoValue<'t, T> for Value<'t, T> {
    fn into_value(self) -> Value<'t, T> {
        self
    }
}
