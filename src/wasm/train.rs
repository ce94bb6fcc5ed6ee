//! Gradient descent on a program's leaves for the page: the losses, and where the leaves were.
//! It is the engine's ordinary way: a tape a step, and its gradients.

use super::answer::{Wrong, leaf, tensors};
use crate::expr::Bound;
use crate::real::Real;
use crate::tape::{Tape, Var};
use crate::trace::json::Json;

/// Leaves are kept for each step where they come to at most so many numbers.
const HISTORY: usize = 200_000;

/// So many steps of gradient descent on all leaves.
pub(super) fn descend(bound: &Bound, steps: usize, rate: f64) -> Result<String, Wrong> {
    let (names, mut leaves) = tensors(bound);
    let size: usize = leaves.iter().map(|t| t.as_slice().len()).sum();
    let keep = size.saturating_mul(steps + 1) <= HISTORY;
    let mut losses = Vec::with_capacity(steps + 1);
    let mut history = Vec::new();
    for step in 0..=steps {
        let tape = Tape::<f64>::default();
        let x: Vec<Var<'_, f64>> = leaves.iter().map(|t| tape.var(t)).collect();
        let loss = bound.record_with(&tape, &x)?.scalar()?;
        let grads = loss.try_backward()?;
        losses.push(loss.try_item()?.as_f64());
        let gradients: Vec<Vec<f64>> = x.iter().map(|v| grads[*v].iter().copied().collect()).collect();
        if keep {
            history.push(leaves.clone());
        }
        if step < steps {
            for (leaf, g) in leaves.iter_mut().zip(gradients) {
                leaf.make_mut().iter_mut().zip(g).for_each(|(x, g)| *x -= rate * g);
            }
        }
    }
    let mut j = Json::default();
    j.object(|o| {
        o.field("losses").numbers(&losses);
        o.field("leaves").list(names.iter().zip(&leaves), |j, (name, t)| leaf(j, name, t, |_| {}));
        o.field("history").list(history.iter(), |j, all| j.list(all.iter(), |j, t| j.numbers(t.as_slice())));
    });
    Ok(j.text)
}
