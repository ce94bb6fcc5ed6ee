//! What a function gives: one line, or several in a tuple, a list or a struct.
//! How Rust takes several apart is told with them.

use super::{AnyLine, Fixed, Form, Value};
use crate::ops::BatchNormResults;
use crate::real::Real;
use crate::tape::{IntVar, Var};

/// What a function gives.
pub(in crate::expr) trait IntoValue<'t, T: Real> {
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

impl<'t, T: Real> IntoValue<'t, T> for Fixed<'t, T> {
    fn into_value(self) -> Value<'t, T> {
        Value::Line(self.0)
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
        Value::Several(Form::List, self.into_iter().map(V::into_value).collect())
    }
}

impl<'t, T: Real, A: IntoValue<'t, T>, B: IntoValue<'t, T>> IntoValue<'t, T> for (A, B) {
    fn into_value(self) -> Value<'t, T> {
        Value::Several(Form::Tuple, vec![self.0.into_value(), self.1.into_value()])
    }
}

impl<'t, T: Real, A: IntoValue<'t, T>, B: IntoValue<'t, T>, C: IntoValue<'t, T>> IntoValue<'t, T> for (A, B, C) {
    fn into_value(self) -> Value<'t, T> {
        Value::Several(Form::Tuple, vec![self.0.into_value(), self.1.into_value(), self.2.into_value()])
    }
}

impl<'t, T: Real> IntoValue<'t, T> for BatchNormResults<'t, T> {
    fn into_value(self) -> Value<'t, T> {
        let all = [self.y, self.mean, self.var].map(Value::Line);
        Value::Several(Form::Fields(&["y", "mean", "var"]), all.into())
    }
}
