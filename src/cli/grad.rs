//! `wengert grad`: the gradient of a scalar expression with respect to its leaves.

use serde_json::{Map, Value, json};
use wengert::{Real, Tensor};

use super::args::GradArgs;
use super::program::{bound, in_its_type, tape};
use super::run::doubles;
use super::values::encoded;
use super::{Done, Failure, Outcome, show, write_file};

pub fn grad(a: &GradArgs) -> Done {
    in_its_type!(a.source, differentiate(a))
}

fn differentiate<T: Real>(a: &GradArgs) -> Done {
    let (bound, tape) = (bound(&a.source)?, tape::<T>(&a.source));
    let leaves: Vec<String> = bound.leaves().iter().map(|(n, _)| (*n).to_string()).collect();
    if leaves.is_empty() {
        return Err(Failure::Other("there is no leaf: write `x = ..` in the program, or bind one with --var".into()));
    }
    if let Some(unknown) = a.wrt.iter().find(|n| !leaves.contains(n)) {
        return Err(Failure::Other(format!("--wrt {unknown}: the leaves are {}", leaves.join(", "))));
    }
    let recorded = bound.record(&tape)?;
    let loss = recorded.scalar()?;
    let grads = loss.try_backward()?;
    let mut found: Vec<(&str, Tensor<f64>, Option<&str>)> = Vec::new();
    for name in leaves.iter().filter(|n| a.wrt.is_empty() || a.wrt.contains(n)) {
        let array = grads.by_name(name).expect("every leaf has a gradient");
        let why = grads.named().position(|(n, _)| n == name).and_then(|_| recorded.named(name)).and_then(|o| match o {
            wengert::Operand::Real(v) => grads.why_zero(v),
            wengert::Operand::Int(_) => None,
        });
        found.push((name, doubles(&Tensor::from(array.view())), why));
    }
    if let Some(path) = &a.answer.to.output {
        let [(_, tensor, _)] = &found[..] else {
            return Err(Failure::Other(format!(
                "--output holds one gradient, and there are {}: say --wrt",
                found.len()
            )));
        };
        write_file(path, &encoded(path, tensor)?, a.answer.to.force)?;
        return Ok(Outcome::fine(String::new()));
    }
    let value = loss.try_item()?.as_f64();
    if a.answer.json {
        let all: Map<String, Value> = found.iter().map(|(n, t, _)| ((*n).to_string(), show::json(t, false))).collect();
        let value = show::json_number(value);
        return Ok(Outcome::fine(json!({ "value": value, "gradients": all }).to_string()));
    }
    let mut text = format!("value {}\n", show::number(value));
    for (name, tensor, why) in &found {
        text += &format!("\ngradient with respect to {name}, {:?}\n{}\n", &tensor.dims()[..], show::tensor(tensor));
        if let Some(why) = why {
            text += &format!("zero, because {why}\n");
        }
    }
    Ok(Outcome::fine(text))
}
