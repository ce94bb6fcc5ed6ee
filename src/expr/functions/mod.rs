//! The functions that a text may call: one row each, with the parameters by name, their kinds, defaults and a line of docs.
//! A row's body is the method call that a Rust program would write, so a text can do nothing that the crate does not.

mod activations;
mod images;
mod indexing;
mod losses;
mod masks;
mod matrices;
mod pointwise;
mod pooling;
mod reductions;
mod samples;
mod shapes;
#[cfg(test)]
mod tests;

pub use samples::example;

use std::marker::PhantomData;

use super::value::{FromValue, Value, convert};
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
    /// What it is where no argument is given; `None` where one must be.
    pub default: Option<&'static str>,
}

impl ParameterDoc {
    /// The default as a text would spell it.
    pub fn spelled_default(&self) -> Option<&'static str> {
        self.default.map(spelled)
    }
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
            Some(default) => format!("{}={}", p.name, spelled(default)),
            None => p.name.to_string(),
        };
        format!("{}({})", self.name, self.parameters.iter().map(one).collect::<Vec<_>>().join(", "))
    }
}

/// A default as the language spells it.
fn spelled(default: &'static str) -> &'static str {
    let plain = default.strip_prefix("Counts(vec![").and_then(|d| d.strip_suffix("])"));
    match (default, plain) {
        (_, Some(sizes)) => sizes,
        ("None" | "Axes::from(..)", _) => "none",
        ("Axes::from(-1)", _) => "-1",
        ("f64::MAX", _) => "1.7976931348623157e308",
        ("f64::MIN", _) => "-1.7976931348623157e308",
        (text, _) => text.trim_end_matches(".into()"),
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
        Self::all().find(|f| f.doc.name == name)
    }
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
    pub values: &'a mut [Option<Value<'t, T>>],
}

impl<'t, T: Real> Arguments<'_, 't, T> {
    /// Argument `i`, or the default where none was given.
    pub fn take<V: FromValue<'t, T>>(&mut self, i: usize, default: Option<V>) -> Result<V, Fail> {
        match self.values[i].take() {
            None => Ok(default.expect("the evaluator has seen to it that no argument is missing")),
            Some(value) => convert(value, self.tape).map_err(|error| Fail { error, argument: Some(i) }),
        }
    }
}

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
/// A parameter's type is one that implements [`FromValue`]; a body may use `?` on errors of the crate.
macro_rules! family {
    ($TABLE:ident $family:literal;
     $($(#[doc = $doc:literal])+ $name:ident $([$tape:ident])? ($($p:ident: $kind:ty $(= $default:expr)?),*) $body:block)+) => {
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
                            default: family!(@doc $($default)?),
                        }),*],
                    },
                    call: |arguments| {
                        $(let $tape = arguments.tape;)?
                        let mut at = 0..;
                        $(let $p: $kind = arguments.take(at.next().unwrap_or(0), family!(@value $($default)?))?;)*
                        let _ = at;
                        Ok(IntoValue::into_value($body))
                    },
                },
            )+];
        }
    };
    (@doc) => { None };
    (@doc $default:expr) => { Some(stringify!($default)) };
    (@value) => { None };
    (@value $default:expr) => { Some($default) };
}

use family;

/// What every table of functions needs.
mod prelude {
    pub(super) use super::super::value::{
        AnyLine, Counts, FromValue, IntoValue, LabelsOr, Lines, Numbers, Value, Wholes,
    };
    pub(super) use super::{Function, FunctionDoc, Functions, ParameterDoc, family};
    pub(super) use crate::error::Error;
    pub(super) use crate::ops::LineOrNumber;
    pub(super) use crate::real::Real;
    pub(super) use crate::shape::Axes;
    pub(super) use crate::tape::{IntVar, Var};
}
