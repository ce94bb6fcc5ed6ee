//! Every operation of the crate, with the options that its own checks give it, has a spelling, and its script agrees with it.
//! The same of its derivative, which is what is traced for a second derivative.

use crate::adjoint::grad;
use crate::ops::inventory::inventory;
use crate::tape::{Tensor, Var};
use crate::trace::Trace;

#[path = "../../../tests/numpy/python.rs"]
mod python;

/// One number that depends on every element: the sum of all with weights that differ.
fn weighted<'t>(lines: &[Var<'t, f64>]) -> Var<'t, f64> {
    let weights = |n: usize| (0..n).map(|k| [0.5, -1.25, 2.0, 0.75, -0.5][k % 5] + 0.125 * (k / 5) as f64).collect();
    let one = |y: &Var<'t, f64>| {
        let dims = y.dims();
        let count = dims.iter().product();
        (*y * y.tape().constant(Tensor::new(dims, weights(count)).unwrap())).sum()
    };
    lines.iter().map(one).reduce(|a, b| a + b).expect("there is a line")
}

fn script(root: Var<'_, f64>) -> String {
    let written = Trace::of(root).and_then(|t| t.to_numpy());
    written.unwrap_or_else(|e| panic!("{e}\n{}", root.tape()))
}

/// A script for each check of the inventory, and one of its derivative.
fn scripts() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (file, checks) in inventory() {
        for (k, check) in checks.iter().enumerate() {
            let called = format!("check {k} of {file}, {}", check.op().name());
            check.recorded(|x, y| {
                let root = weighted(y);
                let slopes = if x.is_empty() { Vec::new() } else { grad(root, x) };
                // A derivative is traced first, so that the tape holds the lines of one sweep only.
                all.push((called.clone(), script(root)));
                if !slopes.is_empty() {
                    all.push((format!("{called}, differentiated"), script(weighted(&slopes))));
                }
            });
        }
    }
    all
}

#[test]
fn every_operation_is_spelled_and_its_script_agrees() {
    let scripts = scripts();
    assert!(scripts.len() > 500, "{}", scripts.len());
    let Some(python) = python::with_numpy() else { return };
    let failed = python::run(&python, &scripts);
    assert!(failed.is_empty(), "{} of {} scripts failed:\n{}", failed.len(), scripts.len(), failed.join("\n"));
}
