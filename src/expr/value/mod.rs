//! What an expression can be while it is recorded.
//! Numbers and literals stay what they are until a function asks for a line, a size or a number.

mod line;
mod list;
mod literal;
mod mode;
mod plain;
mod result;
mod sizes;

pub(super) use line::{AnyLine, Fixed, Labels, Lines};
pub(super) use list::{Extent, List};
pub(super) use literal::Literal;
pub(super) use mode::Outside;
pub(super) use plain::Numbers;
pub(super) use result::IntoValue;
pub(super) use sizes::{Counts, Each, Margins, Wholes};

use std::rc::Rc;

use super::rust::{Code, Writer};
use crate::error::Error;
use crate::real::Real;
use crate::tape::{IntVar, Tape, Var};

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
    List(List<'t, T>),
    /// Several results of one operation.
    Several(Form, Vec<Value<'t, T>>),
    Text(Rc<str>),
    Flag(bool),
    None,
}

/// How Rust takes several results apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Tuple,
    List,
    Fields(&'static [&'static str]),
}

impl Form {
    /// Result `k` of what `code` gives.
    pub fn part(self, code: Code, k: usize) -> Code {
        match self {
            Form::Tuple => match code {
                Code::Tuple(mut parts) => parts.swap_remove(k),
                code => code.field(&k.to_string()),
            },
            Form::List => Code::Index(Box::new(code), Box::new(Code::whole(k as i128))),
            Form::Fields(names) => code.field(names[k]),
        }
    }
}

/// A value, and the Rust that gives it where a program in Rust is being written.
#[derive(Clone, Debug)]
pub(super) struct Term<'t, T: Real> {
    pub value: Value<'t, T>,
    pub code: Option<Code>,
}

impl<'t, T: Real> From<Value<'t, T>> for Term<'t, T> {
    fn from(value: Value<'t, T>) -> Self {
        Term { value, code: None }
    }
}

impl<'t, T: Real> Term<'t, T> {
    /// The Rust that gives a line or several results.
    pub fn line(&self) -> Code {
        self.code.clone().expect("a line is written down where it is recorded")
    }

    /// The first of several results, or the value itself.
    pub fn first(self) -> Self {
        match self.value {
            Value::Several(form, mut all) if !all.is_empty() => {
                Term { value: all.swap_remove(0), code: self.code.map(|c| form.part(c, 0)) }
            }
            value => Term { value, code: self.code },
        }
    }

    /// Number of axes, of a line or of what becomes one.
    pub fn rank(&self) -> Option<usize> {
        match &self.value {
            Value::Line(v) | Value::Leaf(v, _) => Some(v.rank()),
            Value::Ints(v) => Some(v.rank()),
            Value::Literal(l) => Some(l.dims.rank()),
            Value::Number(_) => Some(0),
            Value::List(items) => items.first().and_then(Term::rank).map(|r| r + 1),
            Value::Several(..) => self.clone().first().rank(),
            _ => None,
        }
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
            Value::Several(_, v) => format!("{} results", v.len()),
            Value::Text(t) => format!("the text \"{t}\""),
            Value::Flag(f) => f.to_string(),
            Value::None => "none".into(),
        }
    }

    /// What is written, where that is a list of numbers or a number.
    pub fn written(&self) -> Option<Literal> {
        match self {
            Value::Leaf(_, l) | Value::Literal(l) => Some(l.clone()),
            Value::Number(v) => Some(Literal::number(*v)),
            _ => None,
        }
    }

    /// The value that a plain word of a text has: how a default is written.
    pub fn spelled(text: &str) -> Self {
        match text {
            "none" => Value::None,
            "true" | "false" => Value::Flag(text == "true"),
            _ => match text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
                Some(t) => Value::Text(t.into()),
                None => Value::Number(text.parse().expect("a default is none, a flag, a text or a number")),
            },
        }
    }
}

/// What a function takes as an argument.
pub(super) trait FromValue<'t, T: Real>: Sized {
    /// The name of the kind, for documentation and errors.
    const KIND: &'static str;

    /// The conversion; `None` where the value is of another kind.
    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error>;

    /// What a Rust program passes for a term that can be converted.
    fn rust(term: &Term<'t, T>, w: &mut Writer) -> Code;
}

/// The conversion, or an error that says what was wanted and what came.
pub(super) fn convert<'t, T: Real, V: FromValue<'t, T>>(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<V, Error> {
    let is = value.describe();
    let wanted = || Error::kind(format!("expected {}, found {is}", V::KIND));
    V::from_value(value, tape)?.ok_or_else(wanted)
}
