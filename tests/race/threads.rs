//! The same bits on 1, 2 and 4 threads, recorded or replayed, by one caller or by many at once.
//! The models are large enough that kernels do share their work.

use wengert::prelude::*;
use wengert::{Inputs, Program, Workspace, with_threads};

use crate::models;
use crate::outcome::{frozen, inputs, recorded};
use crate::task::{Task, Wanted};
use crate::workloads::Workload;

/// A classifier, convolutional networks, an attention block, and the workloads made of one kernel.
const LARGE: &[Workload] = &[
    ("mlp", || models::mlp(64, &[200, 300, 100, 10])),
    ("lenet", || models::lenet(20, 28)),
    ("vgg", || models::vgg(6, 16, &[16, 32])),
    ("dwsep", || models::separable([4, 32, 28, 28], 48)),
    ("pool", || models::pool([8, 16, 30, 30], MaxPool2d::new(3).stride(2).padding(1).floor())),
    ("gemm", || models::product(200)),
    ("gelu", || models::gelu(200_000)),
    ("attention", || models::transformer([4, 64, 64], 4)),
    ("hvp", || models::hvp_mlp(32, &[200, 100, 10])),
];

type Bits = Vec<(String, Vec<u32>)>;

fn bits<'a>(values: impl IntoIterator<Item = (&'a str, &'a [f32])>) -> Bits {
    let of = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect();
    values.into_iter().map(|(name, values)| (name.to_owned(), of(values))).collect()
}

fn anew(task: &Task) -> Bits {
    bits(recorded(task, &task.directions()).iter().map(|(name, values)| (&**name, &**values)))
}

fn replayed(program: &Program<f32>, inputs: &Inputs<f32>, workspace: &mut Workspace<f32>) -> Bits {
    let out = program.run(inputs, workspace).unwrap();
    bits(out.iter().map(|(name, value)| (name, value.as_slice())))
}

/// Panics where `a` and `b` differ in any bit, and says in which of their parts.
fn assert_same(a: &Bits, b: &Bits, what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for ((name, a), (other, b)) in a.iter().zip(b) {
        assert_eq!(name, other, "{what}");
        let differ = a.iter().zip(b).filter(|(a, b)| a != b).count();
        assert!(differ == 0 && a.len() == b.len(), "{what}: {differ} of {} elements of `{name}` differ", a.len());
    }
}

#[test]
fn models_have_the_same_bits_on_any_number_of_threads() {
    for (name, task) in LARGE {
        let on = |threads| {
            let both = move || {
                let task = task();
                let (program, inputs) = (frozen(&task), inputs(&task));
                (anew(&task), replayed(&program, &inputs, &mut Workspace::new()))
            };
            with_threads(threads, both).unwrap()
        };
        let one = on(1);
        // Parts of a Hessian product are asked for one after another: plans of their own, whose sums have other orders.
        if task().wanted != Wanted::HessianProduct {
            assert_same(&one.0, &one.1, &format!("{name}, recorded and replayed"));
        }
        for threads in [2, 4] {
            let many = on(threads);
            assert_same(&one.0, &many.0, &format!("{name} recorded on {threads} threads"));
            assert_same(&one.1, &many.1, &format!("{name} replayed on {threads} threads"));
        }
    }
}

/// Programs of several models in turn in one workspace, by six callers at once, each on threads of its own number.
#[test]
fn callers_at_once_get_the_bits_of_recording_anew() {
    let made: Vec<(Program<f32>, Inputs<f32>, Bits)> = ["mlp", "vgg", "attention"]
        .map(|wanted| {
            let task = LARGE.iter().find(|(name, _)| *name == wanted).expect("the model is in the list").1();
            (frozen(&task), inputs(&task), anew(&task))
        })
        .into();
    std::thread::scope(|scope| {
        for caller in 0..6 {
            let made = &made;
            scope.spawn(move || {
                let rounds = || {
                    let mut workspace = Workspace::new();
                    for round in 0..6 {
                        let (program, inputs, expected) = &made[(caller + round) % made.len()];
                        let found = replayed(program, inputs, &mut workspace);
                        assert_same(expected, &found, &format!("caller {caller}, round {round}"));
                    }
                };
                with_threads(1 + caller % 3, rounds).unwrap();
            });
        }
    });
}
