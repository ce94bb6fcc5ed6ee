//! Arguments that are no lines and no sizes: numbers, flags, texts, and what may be left out.
//! Each is read off what is written, and is written in Rust as a literal.

use super::{FromValue, Term, Value};
use crate::error::Error;
use crate::expr::rust::{Code, Writer};
use crate::real::Real;
use crate::tape::Tape;

impl<'t, T: Real> FromValue<'t, T> for f64 {
    const KIND: &'static str = "a number";

    fn from_value(value: Value<'t, T>, _: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(value.written().filter(|l| l.dims.rank() == 0).map(|l| l.data[0]))
    }

    fn rust(term: &Term<'t, T>, _: &mut Writer) -> Code {
        match (&term.value, &term.code) {
            (Value::Number(_), Some(spelled)) => spelled.clone(),
            (value, _) => Code::number(value.written().map_or(f64::NAN, |l| l.data[0])),
        }
    }
}

/// The whole number that a number is, if it is one.
pub(super) fn whole(v: f64) -> Option<isize> {
    // Beyond 2⁵³ neighbours of doubles are more than one apart.
    (v.fract() == 0.0 && v.abs() <= 9_007_199_254_740_992.0).then_some(v as isize)
}

/// What is written, as whole numbers.
pub(super) fn wholes<T: Real>(value: &Value<'_, T>) -> Vec<Code> {
    value.written().map_or(Vec::new(), |l| l.data.iter().map(|v| Code::whole(*v as i128)).collect())
}

macro_rules! whole_numbers {
    ($($number:ty, $kind:literal;)+) => {$(
        impl<'t, T: Real> FromValue<'t, T> for $number {
            const KIND: &'static str = $kind;

            fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
                Ok(f64::from_value(value, tape)?.and_then(whole).and_then(|v| <$number>::try_from(v).ok()))
            }

            fn rust(term: &Term<'t, T>, _: &mut Writer) -> Code {
                wholes(&term.value).remove(0)
            }
        }
    )+};
}

whole_numbers! {
    isize, "a whole number";
    i32, "a whole number";
    usize, "a whole number from 0 on";
    u32, "a whole number from 0 to 4294967295";
}

impl<'t, T: Real> FromValue<'t, T> for bool {
    const KIND: &'static str = "true or false";

    fn from_value(value: Value<'t, T>, _: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(if let Value::Flag(f) = value { Some(f) } else { None })
    }

    fn rust(term: &Term<'t, T>, _: &mut Writer) -> Code {
        Code::word(matches!(term.value, Value::Flag(true)).to_string())
    }
}

impl<'t, T: Real> FromValue<'t, T> for String {
    const KIND: &'static str = "a text in quotes";

    fn from_value(value: Value<'t, T>, _: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(if let Value::Text(t) = value { Some(t.as_ref().into()) } else { None })
    }

    fn rust(term: &Term<'t, T>, _: &mut Writer) -> Code {
        Code::text(if let Value::Text(t) = &term.value { t } else { "" })
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

    fn rust(term: &Term<'t, T>, w: &mut Writer) -> Code {
        match term.value {
            Value::None => Code::word("None"),
            _ => Code::call("Some", vec![V::rust(term, w)]),
        }
    }
}

/// Numbers: one, or a list of them.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::expr) struct Numbers(pub Vec<f64>);

impl Numbers {
    /// One number serves for all axes of images.
    pub fn for_images(self, x: crate::tape::Var<'_, impl Real>) -> Vec<f64> {
        if self.0.len() == 1 { vec![self.0[0]; x.rank().saturating_sub(2)] } else { self.0 }
    }
}

impl<'t, T: Real> FromValue<'t, T> for Numbers {
    const KIND: &'static str = "a number or a list of them";

    fn from_value(value: Value<'t, T>, _: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(value.written().filter(|l| l.dims.rank() <= 1).map(|l| Numbers(l.data.to_vec())))
    }

    fn rust(term: &Term<'t, T>, _: &mut Writer) -> Code {
        let data = term.value.written().map_or(Vec::new(), |l| l.data.to_vec());
        Code::List(data.into_iter().map(Code::number).collect())
    }
}
