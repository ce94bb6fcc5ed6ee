//! Arguments that name one of a few ways: `mode="linear"`, `norm="fro"`.
//! Each name stands beside the value of the crate that it means.

use super::{FromValue, Term, Value};
use crate::error::Error;
use crate::expr::rust::{Code, Writer};
use crate::ops::{GridSample, Interpolate, MatrixNorm, PadMode};
use crate::real::Real;
use crate::tape::Tape;

/// What is read outside of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::expr) enum Outside {
    Zeros,
    Border,
    Reflect,
}

macro_rules! modes {
    ($($mode:ty, $what:literal { $($($name:literal)|+ => $value:expr;)+ })+) => {$(
        impl<'t, T: Real> FromValue<'t, T> for $mode {
            const KIND: &'static str = "a text in quotes";

            fn from_value(value: Value<'t, T>, _: &'t Tape<T>) -> Result<Option<Self>, Error> {
                let Value::Text(name) = value else { return Ok(None) };
                Ok(Some(match &*name {
                    $($($name)|+ => $value,)+
                    _ => {
                        let known = [$([$($name),+][0]),+].map(|k| format!("\"{k}\"")).join(", ");
                        let e = Error::argument(format!(concat!("there is no ", $what, " \"{}\""), name));
                        return Err(e.fix(format!("say one of {known}")));
                    }
                }))
            }

            fn rust(term: &Term<'t, T>, w: &mut Writer) -> Code {
                let Value::Text(name) = &term.value else { unreachable!("a mode is a text") };
                let value = match &**name {
                    $($($name)|+ => stringify!($value),)+
                    _ => unreachable!("a mode is known"),
                };
                w.read(value)
            }
        }
    )+};
}

modes! {
    MatrixNorm, "matrix norm" {
        "fro" => MatrixNorm::Frobenius;
        "nuc" => MatrixNorm::Nuclear;
        "2" => MatrixNorm::Spectral;
        "-2" => MatrixNorm::SmallestSingular;
        "1" => MatrixNorm::LargestColumn;
        "-1" => MatrixNorm::SmallestColumn;
        "inf" => MatrixNorm::LargestRow;
        "-inf" => MatrixNorm::SmallestRow;
    }
    PadMode, "way to pad called" {
        "constant" => PadMode::Constant(0.0);
        "reflect" => PadMode::Reflect;
        "replicate" => PadMode::Replicate;
        "circular" => PadMode::Circular;
    }
    GridSample, "mode" {
        "linear" | "bilinear" => GridSample::linear();
        "nearest" => GridSample::nearest();
        "cubic" | "bicubic" => GridSample::cubic();
    }
    Outside, "mode" {
        "zeros" => Outside::Zeros;
        "border" => Outside::Border;
        "reflect" => Outside::Reflect;
    }
    Interpolate, "mode" {
        "nearest" => Interpolate::nearest();
        "nearest_exact" => Interpolate::nearest_exact();
        "linear" | "bilinear" | "trilinear" => Interpolate::linear();
        "cubic" | "bicubic" => Interpolate::cubic();
        "area" => Interpolate::area();
    }
}
