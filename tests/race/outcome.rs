//! What an iteration of a workload computes, by name: the loss, its gradients, the product with the Hessian.
//! The race reads the loss alone; the tests here look at everything.

use ndarray::ArrayD;
use wengert::nn::{Leaves, Mode};
use wengert::prelude::*;
use wengert::{Inputs, Operand, Program, Real};

use crate::models;
use crate::task::{Directions, Task, Wanted, hessian_product};

/// Each workload in small.
pub fn small<T: Real>() -> Vec<(&'static str, Task<T>)> {
    vec![
        ("mlp", models::mlp(20, &[60, 50, 40, 10])),
        ("mlp_tiny", models::mlp_tiny(&[2, 16, 16, 1])),
        ("lenet", models::lenet(6, 28)),
        ("vgg", models::vgg(3, 16, &[16, 24, 32])),
        ("conv3x3", models::conv([2, 32, 20, 20])),
        ("dwsep", models::separable([4, 16, 14, 14], 24)),
        ("pool_k2s2", models::pool([2, 3, 26, 26], MaxPool2d::new(2))),
        ("pool_k3s2p1", models::pool([2, 3, 26, 26], MaxPool2d::new(3).stride(2).padding(1).floor())),
        ("gemm", models::product(150)),
        ("gelu", models::gelu(30_000)),
        ("attn", models::transformer([2, 40, 64], 4)),
        ("chain", models::chain(20)),
        ("hvp_mlp", models::hvp_mlp(16, &[90, 50, 10])),
        ("infer_lenet", models::infer_lenet(1, 28)),
    ]
}

/// The lines of a recorded task.
struct Lines<'t, T: Real> {
    p: Leaves<'t, T>,
    loss: Var<'t, T>,
    /// What is differentiated by, with names.
    leaves: Vec<(String, Var<'t, T>)>,
}

fn record<'t, T: Real>(task: &Task<T>, tape: &'t Tape<T>) -> Lines<'t, T> {
    let p = task.params.on(tape, Mode::Train);
    let x = tape.var(&task.input).named("x");
    let loss = (task.model)(&p, x);
    let weights = task.params.iter().map(|(name, _)| (name.to_owned(), p.get(name)));
    let input = (task.wanted == Wanted::Gradients).then(|| ("x".to_owned(), x));
    Lines { leaves: weights.chain(input).collect(), p, loss }
}

/// The values of an iteration on a tape that is recorded for it; Hessians are multiplied by `along`.
pub fn recorded<T: Real>(task: &Task<T>, along: &Directions<T>) -> Vec<(String, Vec<T>)> {
    let tape = Tape::<T>::default();
    let Lines { p, loss, leaves } = record(task, &tape);
    let flat = |values: &ArrayD<T>| values.iter().copied().collect();
    let derivatives: Vec<Vec<T>> = match task.wanted {
        Wanted::Output => Vec::new(),
        Wanted::HessianProduct => {
            hessian_product(&p, loss, along).iter().map(|product| flat(&product.value())).collect()
        }
        Wanted::Step | Wanted::Gradients => {
            let grads = loss.backward();
            leaves.iter().map(|(_, leaf)| flat(&grads[*leaf])).collect()
        }
    };
    let named = leaves.into_iter().map(|(name, _)| name).zip(derivatives);
    std::iter::once(("loss".to_owned(), flat(&loss.value()))).chain(named).collect()
}

/// The program that computes the same.
pub fn frozen(task: &Task) -> Program<f32> {
    let tape = Tape::new();
    let Lines { p, loss, leaves } = record(task, &tape);
    let by: Vec<Var<'_>> = leaves.iter().map(|(_, leaf)| *leaf).collect();
    let derivatives = match task.wanted {
        Wanted::Output => Vec::new(),
        Wanted::HessianProduct => hessian_product(&p, loss, &task.directions()),
        Wanted::Step | Wanted::Gradients => grad(loss, &by),
    };
    let named = leaves.iter().zip(&derivatives).map(|((name, _), &line)| (&**name, line.into()));
    let outputs: Vec<(&str, Operand<'_, f32>)> = std::iter::once(("loss", loss.into())).chain(named).collect();
    tape.freeze(&outputs).expect("names are unique")
}

/// The inputs of a task's program: parameters and data.
pub fn inputs(task: &Task) -> Inputs<f32> {
    let data = Inputs::new().real("x", &task.input);
    task.params.iter().fold(data, |inputs, (name, entry)| inputs.real(name, entry.value()))
}
