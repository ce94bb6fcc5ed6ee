//! The proof of `check` by mutation: in small networks the reverse rule of each line in turn is made wrong.
//! The verdict must be a mismatch and that line the guilty one, every time; and unchanged networks must never be accused.

use ndarray::ArrayD;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::mutant::{Change, Mutant};
use super::verdict::Verdict;
use super::whole::{Check, check};
use crate::ops::ConvOptions;
use crate::shape::Dims;
use crate::tape::{Form, Kind, OpRef, Operand, Tape, Tensor, Var, array_from};

type Network = for<'t> fn(&'t Tape<f64>, &[Var<'t, f64>]) -> Var<'t, f64>;

/// Convolution, relu, pool, linear layer, cross entropy.
fn convolutional<'t>(tape: &'t Tape<f64>, x: &[Var<'t, f64>]) -> Var<'t, f64> {
    let hidden = x[0].conv2d(x[1], ConvOptions::new()).relu().max_pool2d(2);
    (hidden.flatten_from(1).matmul(x[2]) + x[3]).cross_entropy(tape.ints([2, 0])).mean()
}

/// softmax(QKᵀ/√d) V.
fn attention<'t>(_: &'t Tape<f64>, x: &[Var<'t, f64>]) -> Var<'t, f64> {
    let [q, k, v] = [1, 2, 3].map(|w| x[0].matmul(x[w]));
    (q.matmul(k.t()) / 2f64.sqrt()).softmax(-1).matmul(v).tanh().mean()
}

/// Batch and layer normalisation, each with its scale.
fn normalised<'t>(_: &'t Tape<f64>, x: &[Var<'t, f64>]) -> Var<'t, f64> {
    let hidden = (x[0].batch_norm(0.1).y * x[1]).gelu();
    (hidden.layer_norm(-1, 0.1) * x[2] + x[3]).square().sum()
}

/// hₜ = tanh(xₜW + hₜ₋₁U) over the steps of a sequence.
fn scan<'t>(_: &'t Tape<f64>, x: &[Var<'t, f64>]) -> Var<'t, f64> {
    let mut h = x[3];
    for t in 0..x[0].dims()[0] {
        h = (x[0].slice(0, t..=t).matmul(x[1]) + h.matmul(x[2])).tanh();
    }
    h.square().sum()
}

const NETWORKS: [(&str, Network, &[&[usize]]); 4] = [
    ("convolutional", convolutional, &[&[2, 1, 5, 5], &[2, 1, 2, 2], &[8, 3], &[3]]),
    ("attention", attention, &[&[3, 2], &[2, 2], &[2, 2], &[2, 3]]),
    ("normalised", normalised, &[&[4, 3], &[3], &[3], &[3]]),
    ("scan", scan, &[&[4, 2], &[2, 2], &[2, 2], &[1, 2]]),
];

fn point(shapes: &[&[usize]], seed: u64) -> Vec<Tensor<f64>> {
    let mut rng = StdRng::seed_from_u64(seed);
    let array = |dims: &&[usize]| -> ArrayD<f64> {
        let n = dims.iter().product::<usize>();
        array_from(&Dims::from(*dims), (0..n).map(|_| rng.random_range(-1.0..1.0)).collect())
    };
    shapes.iter().map(array).map(Tensor::from).collect()
}

/// The network recorded on a tape of its own.
fn recorded(network: Network, shapes: &[&[usize]]) -> (Tape<f64>, u32) {
    let tape = Tape::default();
    let y = {
        let x: Vec<Var<'_, f64>> = shapes.iter().map(|dims| tape.var(ArrayD::zeros(*dims))).collect();
        network(&tape, &x).id()
    };
    (tape, y)
}

/// The network with a mutant in the place of one line.
fn wrong(
    original: &(Tape<f64>, u32),
    line: u32,
    mutant: &Mutant,
) -> impl for<'t> Fn(&'t Tape<f64>, &[Var<'t, f64>]) -> Var<'t, f64> {
    move |tape, x| copied(original, tape, x, line, mutant)
}

/// The network line by line, with one operation exchanged.
fn copied<'t>(
    (from, y): &(Tape<f64>, u32),
    to: &'t Tape<f64>,
    x: &[Var<'t, f64>],
    line: u32,
    by: &Mutant,
) -> Var<'t, f64> {
    let mut copies: Vec<Operand<'t, f64>> = x.iter().map(|x| (*x).into()).collect();
    for l in from.lines().skip(x.len()) {
        let operands: Vec<Operand<'t, f64>> = l.operands.iter().map(|&id| copies[id as usize]).collect();
        let op = if l.id == line { OpRef::new(by.clone()) } else { from.op(l.id) };
        let results = to.apply_ref(op, &operands).expect("a copy fits as the original does");
        copies.extend((0..results.len()).map(|k| match l.results[k].0 {
            Kind::Real => Operand::Real(results.real(k)),
            Kind::Int => Operand::Int(results.int(k)),
        }));
    }
    match copies[*y as usize] {
        Operand::Real(y) => y,
        Operand::Int(_) => unreachable!("the networks here end in real numbers"),
    }
}

#[test]
fn the_line_whose_rule_is_wrong_is_the_guilty_one() {
    let (mut accused, mut lines) = (0, 0);
    for (name, network, shapes) in NETWORKS {
        let original = recorded(network, shapes);
        let (tape, inputs) = (&original.0, point(shapes, 1));
        let is_active = |id: u32| tape.kind_of(id) == Kind::Real && tape.line(id).active;
        for line in tape.lines().filter(|l| !matches!(tape.op(l.id).get().form(), Form::Leaf(_))) {
            lines += 1;
            for operand in (0..line.operands.len()).filter(|&i| is_active(line.operands[i])) {
                for change in [Change::Scaled(1.001), Change::Scaled(-1.0), Change::Zeroed] {
                    let what = format!("{name}, line {}, {}, operand {operand}, {change:?}", line.id, line.op);
                    let mutant = Mutant { op: tape.op(line.id), operand, change, forward_of_original: true };
                    let wrong = wrong(&original, line.id, &mutant);
                    let report = Check::new(wrong, inputs.as_slice()).without_identities().run();
                    assert_eq!(report.verdict(), Verdict::Mismatch, "{what}: {report}");
                    assert_eq!(report.guilty().map(|g| g.line), Some(line.id), "{what}: {report}");
                    accused += 1;
                }
            }
        }
    }
    println!("{accused} wrong rules on {lines} lines, each found and the line named");
    assert!(accused > 100, "{accused}");
}

#[test]
fn nobody_is_accused_where_every_rule_is_right() {
    for (name, network, shapes) in NETWORKS {
        for seed in 0..20 {
            let report = check(network, point(shapes, seed).as_slice());
            assert_eq!(report.verdict(), Verdict::Pass, "{name}, seed {seed}: {report}");
            assert!(report.guilty().is_none());
        }
    }
}
