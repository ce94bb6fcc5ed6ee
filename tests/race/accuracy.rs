//! How exact the workloads are: losses and derivatives in f32 beside those of the same models and numbers in f64.
//! Errors are those of whole arrays, ‖a − b‖ / ‖b‖ in the Euclidean norm.

use wengert::prelude::*;

use crate::outcome::{recorded, small};
use crate::task::Task;
use crate::workloads::workloads;

/// What the race's rules allow.
const BOUND: f64 = 1e-5;

fn widened(tensor: &Tensor<f32>) -> Tensor<f64> {
    let values = tensor.as_slice().iter().map(|&v| f64::from(v)).collect();
    Tensor::new(tensor.dims(), values).expect("the same shape")
}

/// Gives `exact` the numbers that `task` holds.
fn with_numbers_of(mut exact: Task<f64>, task: &Task<f32>) -> Task<f64> {
    exact.input = widened(&task.input);
    for (name, entry) in task.params.iter() {
        exact.params.set(name, widened(entry.value())).expect("both are the same model");
    }
    exact
}

/// The error of each result, by name.
fn errors(task: Task<f32>, exact: Task<f64>) -> Vec<(String, f64)> {
    let along = task.directions();
    let wide = along.iter().map(|(name, v)| (name.clone(), widened(v))).collect();
    let exact = recorded(&with_numbers_of(exact, &task), &wide);
    let found = recorded(&task, &along);
    assert_eq!(found.len(), exact.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let error = |a: &[f32], b: &[f64]| {
        let off = norm(&mut a.iter().zip(b).map(|(&a, b)| f64::from(a) - b));
        // A derivative that is all zeros must be so in f32 too.
        if off == 0.0 { 0.0 } else { off / norm(&mut b.iter().copied()) }
    };
    found.iter().zip(&exact).map(|((name, a), (_, b))| (name.clone(), error(a, b))).collect()
}

#[test]
fn single_precision_is_near_double_precision() {
    for ((name, task), (_, exact)) in small::<f32>().into_iter().zip(small::<f64>()) {
        for (result, error) in errors(task, exact) {
            assert!(error <= BOUND, "{name}: `{result}` is off by {error:.1e}");
        }
    }
}

/// Derivatives are printed and not judged: among millions of relus and windows some are so near a tie that rounding decides,
/// and then one element's whole share of the gradient goes another way.
#[test]
#[ignore = "for the release profile: `cargo test --release --test race -- --ignored --nocapture` prints the table"]
fn losses_in_full_size_are_near_those_in_double_precision() {
    for ((name, task), (_, exact)) in workloads::<f32>().into_iter().zip(workloads::<f64>()) {
        let errors = errors(task(), exact());
        let [(_, loss), derivatives @ ..] = &errors[..] else { unreachable!("a workload has a loss") };
        let worst = derivatives.iter().map(|(_, error)| *error).fold(0.0, f64::max);
        println!("| {name} | {loss:.1e} | {worst:.1e} |");
        assert!(*loss <= BOUND, "{name}: the loss is off by {loss:.1e}");
    }
}
