//! `wengert ops`: every function of the language, with its parameters, what it computes, and its derivative.

use serde_json::json;
use wengert::expr::{FunctionDoc, example, functions};
use wengert::{StepRole, Tape, Trace};

use super::{Done, Failure, Outcome};

pub fn ops(name: Option<&str>, as_json: bool) -> Done {
    let all = functions();
    let chosen: Vec<&FunctionDoc> = match name {
        None => all.iter().collect(),
        Some(name) => {
            let found: Vec<_> = all.iter().filter(|f| f.name == name).collect();
            if found.is_empty() {
                const SHOWN: usize = 8;
                let near: Vec<&str> = all.iter().map(|f| f.name).filter(|f| f.contains(name)).take(SHOWN + 1).collect();
                let fix = match near.len() {
                    0 => "; `wengert ops` lists them".to_string(),
                    // A word in most names is no hint.
                    n if n > SHOWN => format!("; there are {}, ...", near[..SHOWN].join(", ")),
                    _ => format!("; there is {}", near.join(", ")),
                };
                return Err(Failure::Other(format!("there is no function `{name}`{fix}")));
            }
            found
        }
    };
    if as_json {
        let one = |f: &&FunctionDoc| {
            let parameter =
                |p: &wengert::expr::ParameterDoc| json!({ "name": p.name, "kind": p.kind, "default": p.default });
            json!({
                "name": f.name,
                "family": f.family,
                "doc": f.doc,
                "parameters": f.parameters.iter().map(parameter).collect::<Vec<_>>(),
            })
        };
        return Ok(Outcome::fine(json!(chosen.iter().map(one).collect::<Vec<_>>()).to_string()));
    }
    let mut text = String::new();
    if let (Some(_), [f]) = (name, &chosen[..]) {
        text += &format!("{}\n  {}\n", f.signature(), f.doc);
        for p in f.parameters {
            let default = p.default.map_or_else(|| "needed".to_string(), |d| format!("{d} unless given"));
            text += &format!("  {:<16} {}; {default}\n", p.name, p.kind);
        }
        text += &derivative(f.name);
        return Ok(Outcome::fine(text));
    }
    let mut family = "";
    for f in chosen {
        if f.family != family {
            family = f.family;
            text += &format!("{}{family}\n", if text.is_empty() { "" } else { "\n" });
        }
        text += &format!("  {:<28} {}\n", f.name, f.doc);
    }
    Ok(Outcome::fine(text))
}

/// What its rule gives, as the lines that it writes for a sample say.
fn derivative(name: &str) -> String {
    let Some(sample) = example(name) else { return String::new() };
    let mut text = format!("  for example       {}\n", sample.lines().last().unwrap_or_default());
    let traced = (|| {
        let bound = wengert::expr::parse(&sample).ok()?.bind(&[]).ok()?;
        let tape = Tape::<f64>::default();
        let root = bound.record(&tape).ok()?.root()?;
        // A cotangent that is no plain 1, which rules would fold away.
        let loss = (root * root.sin()).sum();
        let own = tape.lines().filter(|l| l.id <= root.id() && l.op != "reshape");
        let last = own.last()?.id;
        let trace = Trace::of(loss).ok()?;
        let gives = trace.steps.iter().filter(|s| s.of == trace.lines[last as usize].line.id);
        let formulas: Vec<String> = gives
            .filter_map(|s| match s.role {
                StepRole::Give { operand, .. } | StepRole::Pass { operand, .. } => {
                    Some(format!("operand {operand}: {}", s.formula))
                }
                StepRole::Cut { operand, why, .. } => Some(format!("operand {operand}: 0, {why}")),
                _ => None,
            })
            .collect();
        Some((trace.lines[last as usize].line.op, formulas))
    })();
    if let Some((op, formulas)) = traced.filter(|t| !t.1.is_empty()) {
        text += &format!("  cotangents, from the rule of {op}, g being that of its result\n");
        formulas.iter().for_each(|f| text += &format!("    {f}\n"));
    }
    text
}
