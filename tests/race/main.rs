//! The workloads of `examples/race`, each run once in small and judged by figures that come from elsewhere.
//! Nothing is timed here.

#[path = "../../examples/race/args.rs"]
mod args;
#[path = "../../examples/race/models.rs"]
mod models;
#[path = "../../examples/race/task.rs"]
mod task;
#[path = "../../examples/race/workloads.rs"]
mod workloads;

mod accuracy;
mod bytes;
mod outcome;
mod threads;

use args::Command;
use task::{Form, Task};
use wengert::prelude::*;

/// The losses of the first iterations in both forms, which must agree.
fn losses(task: impl Fn() -> Task, iterations: usize) -> Vec<f32> {
    let run = |form| {
        let mut iteration = task().in_form(form).unwrap();
        (0..iterations).map(|_| iteration().unwrap()).collect::<Vec<f32>>()
    };
    let (recorded, replayed) = (run(Form::Recorded), run(Form::Replayed));
    for (a, b) in recorded.iter().zip(&replayed) {
        assert!((a - b).abs() <= 1e-5 * (1.0 + a.abs()), "recorded {recorded:?}, replayed {replayed:?}");
    }
    recorded
}

/// A classifier starts near the loss of guessing, and descends.
fn learns(task: impl Fn() -> Task) {
    let losses = losses(task, 12);
    let guess = (models::CLASSES as f32).ln();
    assert!((0.5 * guess..2.5 * guess).contains(&losses[0]), "{losses:?}");
    assert!(losses[11] < losses[0], "{losses:?}");
}

/// The loss of an iteration that changes nothing.
fn steady(task: impl Fn() -> Task) -> f64 {
    let losses = losses(task, 2);
    assert_eq!(losses[0], losses[1]);
    f64::from(losses[0])
}

fn close(is: f64, expected: f64) {
    assert!((is - expected).abs() <= 1e-4 * expected.abs(), "{is} for {expected}");
}

fn values(dims: &[usize], name: &str) -> Vec<f64> {
    models::uniform::<f32>(dims, name).as_slice().iter().map(|&v| f64::from(v)).collect()
}

#[test]
fn classifiers_start_by_guessing_and_learn() {
    learns(|| models::mlp(20, &[12, 16, 16, 10]));
    learns(|| models::lenet(10, 16));
    learns(|| models::vgg(10, 8, &[4, 6, 8]));
}

#[test]
fn a_tiny_network_is_drawn_to_a_half() {
    let losses = losses(|| models::mlp_tiny(&[2, 4, 1]), 40);
    assert!(losses[39] < 0.9 * losses[0], "{losses:?}");
}

/// Weights uniform on ±√(6/n) sum n terms to a variance of 2·E[x²] each layer.
#[test]
fn outputs_have_the_variance_that_the_weights_imply() {
    let loss = steady(|| models::conv([2, 8, 12, 12]));
    // E[x²] = 1/3, so 2/3; at the borders some cells of the windows are outside: along an axis 34 of 3·12 are not.
    let inside = (34.0f64 * 34.0) / (36.0 * 36.0);
    assert!((loss / (2.0 / 3.0 * inside) - 1.0).abs() < 0.35, "{loss}");
    // Half of a standardised variable's second moment is above 0.
    let loss = steady(|| models::separable([3, 4, 8, 8], 6));
    assert!((loss - 0.5).abs() < 0.05, "{loss}");
    let loss = steady(|| models::transformer([2, 6, 8], 2));
    assert!((0.33..20.0).contains(&loss), "{loss}");
}

#[test]
fn pools_sum_the_maxima() {
    let x = values(&[1, 2, 6, 6], "input");
    let windows = |plane: &[f64], rows: [usize; 2], columns: [usize; 2]| {
        let cells = (rows[0]..rows[1]).flat_map(|r| (columns[0]..columns[1]).map(move |c| r * 6 + c));
        cells.map(|k| plane[k]).fold(f64::NEG_INFINITY, f64::max)
    };
    let sum = |span: fn(usize) -> [usize; 2]| -> f64 {
        let of_plane = |p: &[f64]| (0..9).map(|k| windows(p, span(k / 3), span(k % 3))).sum::<f64>();
        x.chunks(36).map(of_plane).sum()
    };
    close(steady(|| models::pool([1, 2, 6, 6], MaxPool2d::new(2))), sum(|k| [2 * k, 2 * k + 2]));
    let overlapping = || models::pool([1, 2, 6, 6], MaxPool2d::new(3).stride(2).padding(1).floor());
    close(steady(overlapping), sum(|k| [(2 * k).saturating_sub(1), 2 * k + 2]));
}

#[test]
fn a_product_is_the_sum_over_its_inner_axis() {
    let (a, b) = (values(&[5, 5], "input"), values(&[5, 5], "b"));
    let entry = |k: usize| (0..5).map(|j| a[k / 5 * 5 + j] * b[j * 5 + k % 5]).sum::<f64>();
    close(steady(|| models::product(5)), (0..25).map(|k| entry(k).powi(2)).sum::<f64>() / 25.0);
}

#[test]
fn gelu_is_its_formula() {
    let gelu = |x: f64| 0.5 * x * (1.0 + (0.7978845608 * (x + 0.044715 * x.powi(3))).tanh());
    close(steady(|| models::gelu(100)), values(&[100], "input").iter().map(|&x| gelu(x).powi(2)).sum());
}

#[test]
fn the_chain_is_its_recurrence() {
    let link = |x: f64, _| (x.sin() * 1.01 + 0.1).powi(2);
    close(steady(|| models::chain(3)), (0..3).fold(0.5, link));
    // What the first iteration of the race prints.
    assert!(((0..25_000).fold(0.5, link) - 0.0127387).abs() < 1e-7);
}

#[test]
fn networks_that_are_not_trained_run() {
    let loss = steady(|| models::hvp_mlp(5, &[7, 6, 3]));
    assert!((0.05..5.0).contains(&loss), "{loss}");
    let logit = steady(|| models::infer_lenet(1, 16));
    assert!(logit != 0.0 && logit.abs() < 10.0, "{logit}");
}

#[test]
fn wrong_arguments_are_told() {
    let error = |line: &str| match args::parse(line.split_whitespace().map(str::to_owned)) {
        Err(message) => message,
        Ok(_) => panic!("`{line}` is accepted"),
    };
    assert!(error("").contains("which workload"));
    assert!(error("replay list").contains("no workload `list`"));
    assert!(error("mlp").contains("no workload `mlp`"));
    assert!(error("mlp_tiny -1").contains("not `-1`"));
    assert!(error("mlp_tiny NaN").contains("not `NaN`"));
    assert!(error("mlp_tiny 1 2").contains("`2` is one argument too many"));
    assert!(error("mlp_tiny --threads").contains("needs a value"));
    assert!(error("mlp_tiny --threads 0").contains("from 1 to 1024"));
    assert!(error("mlp_tiny --fast").contains("unknown argument `--fast`"));
    assert!(args::HELP.contains("race list"));
    let words = ["replay", "chain_100k", "0.5", "--threads", "2"].map(str::to_owned);
    let Ok(Command::Run(run)) = args::parse(words) else { panic!() };
    assert_eq!((run.name, run.form, run.seconds, run.threads), ("chain_100k", Form::Replayed, 0.5, Some(2)));
    assert!((run.task)().params.is_empty());
    assert_eq!(workloads::lines(run.name), Some(100_000));
}
