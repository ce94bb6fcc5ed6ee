//! `wengert run`: the value of an expression.

use serde_json::json;
use wengert::{Real, Tensor};

use super::args::RunArgs;
use super::program::{bound, in_its_type, tape};
use super::values::encoded;
use super::{Done, Failure, Outcome, show, write_file};

pub fn run(a: &RunArgs) -> Done {
    in_its_type!(a.source, evaluate(a))
}

fn evaluate<T: Real>(a: &RunArgs) -> Done {
    let (bound, tape) = (bound(&a.source)?, tape::<T>(&a.source));
    let recorded = bound.record(&tape)?;
    let integer = recorded.root().is_none();
    let value = match (recorded.root(), recorded.integers()) {
        (Some(v), _) => doubles(&v.try_tensor()?),
        (None, Some(v)) => {
            let t = v.try_tensor()?;
            Tensor::new(t.dims().clone(), t.as_slice().iter().map(|n| f64::from(*n)).collect())?
        }
        (None, None) => return Err(Failure::Other("the program has no result: end it with an expression".into())),
    };
    if let Some(path) = &a.answer.to.output {
        write_file(path, &encoded(path, &value)?, a.answer.to.force)?;
        return Ok(Outcome::fine(String::new()));
    }
    Ok(Outcome::fine(match a.answer.json {
        true => json!({ "dims": value.dims().to_vec(), "value": show::json(&value, integer) }).to_string(),
        false => show::tensor(&value),
    }))
}

/// The same numbers as doubles.
pub fn doubles<T: Real>(t: &Tensor<T>) -> Tensor<f64> {
    let data = t.as_slice().iter().map(|v| v.as_f64()).collect();
    Tensor::new(t.dims().clone(), data).expect("as many numbers as before")
}
