//! The functions that a text may call: one row each, with the parameters by name, their kinds, defaults and a line of docs.
//! A row's body is the method call that a Rust program would write, so a text can do nothing that the crate does not.

mod activations;
mod images;
mod indexing;
mod losses;
mod masks;
mod matrices;
mod operators;
mod options;
mod pointwise;
mod pooling;
mod reductions;
mod samples;
mod shapes;
#[cfg(test)]
mod tests;

pub(super) use options::{gap, steps};
pub use samples::example;

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::OnceLock;

use super::rust::{Argument, Code, Writer};
use super::value::{FromValue, Term, Value, convert};
use crate::error::Error;
use crate::real::Real;
use crate::tape::Tape;

/// A parameter of a function, as a reader sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterDoc {
    /// Its name, which an argument may carry.
    pub name: &'static str,
    /// What it takes, in words.
    pub kind: &'static str,
    /// What it is where no argument is given, as a text spells it; `None` where one must be.
    pub default: Option<&'static str>,
}

/// A function of the language, as a reader sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionDoc {
    /// Its name.
    pub name: &'static str,
    /// The family it stands in: "pointwise", "reductions", ...
    pub family: &'static str,
    /// What it computes.
    pub doc: &'static str,
    /// Its parameters in order.
    pub parameters: &'static [ParameterDoc],
}

impl FunctionDoc {
    /// The function with its parameters: `leaky_relu(x, slope=0.01)`.
    ///
    /// ```
    /// let all = wengert::expr::functions();
    /// let f = all.iter().find(|f| f.name == "leaky_relu").unwrap();
    /// assert_eq!(f.signature(), "leaky_relu(x, slope=0.01)");
    /// ```
    pub fn signature(&self) -> String {
        let one = |p: &ParameterDoc| match p.default {
            Some(default) => format!("{}={default}", p.name),
            None => p.name.to_string(),
        };
        format!("{}({})", self.name, self.parameters.iter().map(one).collect::<Vec<_>>().join(", "))
    }
}

/// All functions that a text may call, family by family.
///
/// ```
/// let all = wengert::expr::functions();
/// let relu = all.iter().find(|f| f.name == "relu").unwrap();
/// assert_eq!((relu.family, relu.parameters[0].name), ("activations", "x"));
/// ```
pub fn functions() -> Vec<FunctionDoc> {
    Functions::<f64>::all().map(|f| f.doc.clone()).collect()
}

/// A function of the language.
pub(super) struct Function<T: Real> {
    pub doc: FunctionDoc,
    pub call: for<'a, 't> fn(&mut Arguments<'a, 't, T>) -> Result<Value<'t, T>, Fail>,
    /// The call as Rust.
    pub rust: for<'a, 't> fn(&'a [Option<Term<'t, T>>], &mut Writer) -> Code,
}

/// Other names of functions: those that Rust keeps for itself, and those that other libraries use.
pub(super) const ALIASES: &[(&str, &str)] = &[
    ("where", "select"),
    ("log", "ln"),
    ("T", "t"),
    ("cat", "concat"),
    ("negative", "neg"),
    ("swapaxes", "transpose"),
    ("detach", "stop_gradient"),
    ("scaled_dot_product_attention", "attention"),
];

/// The home of the tables.
pub(super) struct Functions<T>(PhantomData<T>);

impl<T: Real> Functions<T> {
    const FAMILIES: &'static [&'static [Function<T>]] = &[
        Self::POINTWISE,
        Self::ACTIVATIONS,
        Self::MASKS,
        Self::REDUCTIONS,
        Self::SHAPES,
        Self::INDEXING,
        Self::MATRICES,
        Self::IMAGES,
        Self::POOLING,
        Self::LOSSES,
    ];

    /// All functions.
    pub fn all() -> impl Iterator<Item = &'static Function<T>> {
        Self::FAMILIES.iter().flat_map(|f| f.iter())
    }

    /// The function of that name, or of what that name is short for.
    pub fn named(name: &str) -> Option<&'static Function<T>> {
        let name = ALIASES.iter().find(|a| a.0 == name).map_or(name, |a| a.1);
        place(name).and_then(|(family, k)| Self::FAMILIES.get(family).map(|f| &f[k]))
    }

    /// The row of that name, of a function or of an operator.
    pub fn row(name: &str) -> &'static Function<T> {
        let (family, k) = place(name).expect("there is a row for each operator");
        &Self::FAMILIES.get(family).unwrap_or(&Self::OPERATORS)[k]
    }
}

/// Where a row stands: the family, of which the last one is that of operators, and the number in it.
fn place(name: &str) -> Option<(usize, usize)> {
    static PLACES: OnceLock<HashMap<&'static str, (usize, usize)>> = OnceLock::new();
    let places = PLACES.get_or_init(|| {
        let families = Functions::<f64>::FAMILIES.iter().copied().chain([Functions::<f64>::OPERATORS]);
        let rows =
            (0..).zip(families).flat_map(|(f, rows)| (0..).zip(rows).map(move |(k, row)| (row.doc.name, (f, k))));
        rows.collect()
    });
    places.get(name).copied()
}

/// An error of a call, and the argument that it is about, if it is about one.
pub(super) struct Fail {
    pub error: Error,
    pub argument: Option<usize>,
}

impl From<Error> for Fail {
    fn from(error: Error) -> Self {
        Fail { error, argument: None }
    }
}

/// The arguments of a call, in the order of the function's parameters.
pub(super) struct Arguments<'a, 't, T: Real> {
    pub tape: &'t Tape<T>,
    pub values: &'a mut [Option<Term<'t, T>>],
}

impl<'t, T: Real> Arguments<'_, 't, T> {
    /// Argument `i`, or the default where none was given.
    pub fn take<V: FromValue<'t, T>>(&mut self, i: usize, default: Option<&'static str>) -> Result<V, Fail> {
        let value = self.values[i].take().map_or_else(|| Value::spelled(default.unwrap_or("none")), |term| term.value);
        convert(value, self.tape).map_err(|error| Fail { error, argument: Some(i) })
    }
}

/// An argument, or the default, as Rust.
fn argument<'t, T: Real, V: FromValue<'t, T>>(
    name: &'static str,
    given: Option<&Option<Term<'t, T>>>,
    default: Option<&'static str>,
    writer: &mut Writer,
) -> Argument {
    let spelled = Term::from(Value::spelled(default.unwrap_or("none")));
    let given = given.and_then(Option::as_ref);
    let term = given.unwrap_or(&spelled);
    let number = term.value.written().filter(|l| l.dims.rank() == 0).map(|l| l.data[0]);
    Argument { name, code: V::rust(term, writer), rank: term.rank(), number, given: given.is_some() }
}

/// What either kind of line does, by the method of one name.
macro_rules! either {
    ($x:expr, |$v:ident| $f:expr) => {
        match $x {
            AnyLine::Real($v) => AnyLine::Real($f),
            AnyLine::Int($v) => AnyLine::Int($f),
        }
    };
}

/// As `either`, for methods with several results.
macro_rules! pieces {
    ($x:expr, |$v:ident| $f:expr) => {
        match $x {
            AnyLine::Real($v) => $f.into_iter().map(AnyLine::Real).collect::<Vec<_>>(),
            AnyLine::Int($v) => $f.into_iter().map(AnyLine::Int).collect::<Vec<_>>(),
        }
    };
}

use {either, pieces};

/// A table of functions.
///
/// ```text
/// family! { POINTWISE "pointwise";
///     /// What it computes.
///     leaky_relu(x: Var<'_, T>, slope: f64 = 0.01) { x.leaky_relu(slope) }
///     /// A function that needs the tape itself names it in brackets.
///     zeros[tape](dims: Counts) { .. }
/// }
/// ```
/// A parameter's type is one that implements [`FromValue`]; its default is written as in a text. A body is an expression of
/// methods, `if`, `match` and what [`options`] has; statements before it check arguments. It may use `?` on errors of the crate.
/// The same body is what the call is in Rust, so it uses nothing that is not public, except for those.
macro_rules! family {
    ($TABLE:ident $family:literal;
     $($(#[doc = $doc:expr])+ $name:ident $([$tape:ident])? ($($p:ident: $kind:ty $(= $default:expr)?),*) $body:block)+) => {
        impl<T: Real> Functions<T> {
            pub(super) const $TABLE: &'static [Function<T>] = &[$(
                Function {
                    doc: FunctionDoc {
                        name: stringify!($name),
                        family: $family,
                        doc: concat!($($doc),+).trim_ascii(),
                        parameters: &[$(ParameterDoc {
                            name: stringify!($p),
                            kind: <$kind as FromValue<'_, T>>::KIND,
                            default: family!(@default $($default)?),
                        }),*],
                    },
                    call: |arguments| {
                        $(let $tape = arguments.tape;)?
                        let mut at = 0..;
                        $(let $p: $kind = arguments.take(at.next().unwrap_or(0), family!(@default $($default)?))?;)*
                        let _ = at;
                        Ok(IntoValue::into_value($body))
                    },
                    rust: |terms, writer| {
                        let mut at = terms.iter();
                        let arguments = [$(argument::<T, $kind>(stringify!($p), at.next(), family!(@default $($default)?), writer)),*];
                        let _ = at;
                        expand(stringify!($body), &arguments, writer)
                    },
                },
            )+];
        }
    };
    (@default) => { None };
    (@default $default:expr) => { Some(stringify!($default)) };
}

use family;

/// What every table of functions needs.
mod prelude {
    pub(super) use super::super::rust::expand;
    pub(super) use super::super::value::{
        AnyLine, Counts, Each, Fixed, FromValue, IntoValue, Labels, Lines, Margins, Numbers, Outside, Wholes,
    };
    pub(super) use super::options::{Images, Options};
    pub(super) use super::{Function, FunctionDoc, Functions, ParameterDoc, argument, either, family, pieces};
    pub(super) use crate::ops::LineOrNumber;
    pub(super) use crate::real::Real;
    pub(super) use crate::shape::Axes;
    pub(super) use crate::tape::{IntVar, Var};
}
