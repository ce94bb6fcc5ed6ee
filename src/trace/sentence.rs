//! One plain sentence for each step, with the numbers of the run.
//! It is what a screen reader says and what stands below a picture; it knows kinds of operations, not operations.

use super::formula::number;
use super::known::meant;
use super::local::Local;
use super::record::TracedLine;
use super::step::{Step, StepRole};
use crate::shape::unravel;

/// The sentence of a step.
pub(super) fn sentence(step: &Step, lines: &[TracedLine]) -> String {
    let line = |id: u32| &lines[id as usize];
    let op = line(step.of).line.op;
    match &step.role {
        StepRole::Seed => {
            let name = line(step.of).called();
            format!("The sweep starts: {name} changes by 1 when {name} changes by 1, so its cotangent is 1.")
        }
        StepRole::Again => {
            let again = step.line.and_then(|id| line(id).line.again).unwrap_or(step.of);
            format!("{} is computed again, since a checkpoint did not keep it.", line(again).called())
        }
        StepRole::Part => format!("The rule of {op} computes {}, a part of what it gives.", step.formula),
        StepRole::Add { to } => {
            let sum = step.line.and_then(|id| line(id).one());
            let sum = sum.map_or_else(String::new, |v| format!(" to {}", number(v)));
            format!("{} has more than one reader: what arrives is added{sum}.", capital(&line(*to).called()))
        }
        StepRole::Cut { to, why, .. } => format!("{op} gives {} nothing: {why}.", line(*to).called()),
        StepRole::Give { to, first, .. } | StepRole::Pass { to, first, .. } => {
            let mut text = arrival(step, lines, line(*to));
            if matches!(step.role, StepRole::Pass { .. }) && !text.contains("unchanged") {
                text += " No new line is needed for it.";
            }
            if !first {
                text += " It comes on top of what arrived before.";
            }
            text
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        // Names are names: `x` stays small.
        Some(c) if text.starts_with("the ") => c.to_uppercase().chain(chars).collect(),
        _ => text.to_string(),
    }
}

fn arrival(step: &Step, lines: &[TracedLine], to: &TracedLine) -> String {
    let of = &lines[step.of as usize];
    let (op, x) = (of.line.op, to.called());
    let g = step.cotangents.first().copied().flatten().map(|id| &lines[id as usize]);
    let given = step.line.map(|id| &lines[id as usize]);
    let one = |l: Option<&TracedLine>| l.and_then(TracedLine::one);
    // Where no line was written and the cotangent itself is handed on.
    if step.line.is_some() && step.line == step.cotangents.first().copied().flatten() {
        return match one(g) {
            Some(v) => format!("{op} passes its cotangent {} on to {x} unchanged.", number(v)),
            None => format!("{op} passes its cotangent on to {x} unchanged."),
        };
    }
    if op == "reshape" {
        let shapes = (&of.value.dims, &to.value.dims);
        return match of.called() == x {
            true => format!("{x} only has axes of one element more or less here: its cotangent keeps its numbers."),
            false => format!("reshape gave {x} the shape {:?}: its cotangent gets {:?} back.", shapes.0, shapes.1),
        };
    }
    match &step.local {
        Some(Local::Elementwise { slope }) => {
            if let (Some(g), Some(given), Some([slope])) = (one(g), one(given), slope.data.as_deref()) {
                return format!(
                    "{op} multiplies the cotangent {} by its local derivative {}: {x} gets {}.",
                    number(g),
                    number(*slope),
                    number(given)
                );
            }
            let blocked = slope.stats.zeros;
            let mut text =
                format!("{op} multiplies each cotangent by the local derivative there: {x} gets {}.", step.formula);
            if blocked > 0 {
                text += &format!(" In {blocked} of {} places it is 0 and nothing passes.", slope.stats.count);
            }
            text
        }
        Some(Local::Product) => format!("{op} gives {x} the product {}.", step.formula),
        Some(Local::Route { to: chosen, windows, ties }) => route(op, &x, step, lines, to, (chosen, windows, ties)),
        Some(Local::Reduce { into }) => {
            let from = to.count() / of.count().max(1);
            match one(g) {
                Some(g) => {
                    let given = given.and_then(TracedLine::all_same);
                    match given {
                        Some(v) if v == g => {
                            format!("{op} hands its cotangent {} on to each of the {from} elements of {x}.", number(g))
                        }
                        Some(v) => format!(
                            "{op} shares its cotangent {} among the {from} elements of {x}: each gets {}.",
                            number(g),
                            number(v)
                        ),
                        None => format!(
                            "{op} hands its cotangent {} on to the elements of {x}: {}.",
                            number(g),
                            step.formula
                        ),
                    }
                }
                None if into.is_empty() => {
                    format!(
                        "{op} gives the elements of {x} shares of the cotangents that they went into: {}.",
                        step.formula
                    )
                }
                None => format!("{op} hands each cotangent on to the {from} elements of {x} that it was made from."),
            }
        }
        Some(Local::Expand { .. }) => {
            let copies = of.count() / to.count().max(1);
            format!("{op} repeated {x} {copies} times: the cotangents of all copies add up.")
        }
        Some(Local::Permute { .. }) => format!("{op} only moved the elements of {x}: the cotangent is moved back."),
        Some(Local::Dense { .. }) | None => {
            format!("{op} multiplies the cotangent by the transposed Jacobian: {x} gets {}.", step.formula)
        }
    }
}

type Route<'a> = (&'a [i64], &'a [Vec<u32>], &'a [u32]);

fn route(
    op: &str,
    x: &str,
    step: &Step,
    lines: &[TracedLine],
    to: &TracedLine,
    (chosen, windows, ties): Route<'_>,
) -> String {
    let windowed = windows.iter().any(|w| w.len() > 1);
    let mut text = match windowed {
        true => format!("{op} sends each window's cotangent to the cell of {x} that won it."),
        false => format!("{op} sends each cotangent to the element of {x} that it chose."),
    };
    let what = if windowed { "windows" } else { "results" };
    let mut wins = vec![Vec::new(); to.count()];
    for (k, &cell) in chosen.iter().enumerate() {
        if let Some(w) = usize::try_from(cell).ok().and_then(|c| wins.get_mut(c)) {
            w.push(k);
        }
    }
    let busiest = (0..wins.len()).rev().max_by_key(|&c| wins[c].len());
    if let Some(cell) = busiest.filter(|&c| wins[c].len() > 1) {
        let g = step.cotangents.first().copied().flatten().and_then(|id| lines[id as usize].value.data.as_ref());
        let terms: Option<Vec<f64>> = g.map(|g| wins[cell].iter().filter_map(|&k| g.get(k).copied()).collect());
        let dims = &lines[meant(lines, to.id) as usize].value.dims;
        text += &format!(" Cell {:?} won {} {what}", unravel(cell, dims), wins[cell].len());
        text += &match terms.filter(|t| t.len() <= 6) {
            Some(t) => {
                let sum = number(t.iter().sum());
                let terms: Vec<String> = t.into_iter().map(number).collect();
                format!(" and gets {} = {sum}.", terms.join(" + ").replace("+ −", "− "))
            }
            None => ".".into(),
        };
    }
    if !ties.is_empty() {
        let (n, is) = (ties.len(), if ties.len() == 1 { "is a tie" } else { "are ties" });
        text += &format!(" {n} of {} {what} {is}: the rule at kinks decides who gets all.", chosen.len());
    }
    text
}
