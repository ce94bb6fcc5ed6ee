//! A network of two layers learns XOR: plain leaves, a loss, `backward`, and updates written in ndarray.
//! No layer and no optimiser is used, so that the whole of training stands on this page.

use ndarray::{Array2, array};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use wengert::prelude::*;

const HIDDEN: usize = 4;
const STEPS: usize = 500;
const RATE: f32 = 0.5;

fn main() {
    let inputs = array![[0., 0.], [0., 1.], [1., 0.], [1., 1.]];
    let targets = array![[0.], [1.], [1.], [0.]];

    let mut rng = StdRng::seed_from_u64(1);
    let mut random = |rows, columns| Array2::from_shape_fn((rows, columns), |_| rng.random_range(-1.0f32..1.0));
    // Weights and biases of the two layers.
    let mut params = [random(2, HIDDEN), random(1, HIDDEN), random(HIDDEN, 1), random(1, 1)];

    let mut tape = Tape::new();
    for step in 0..STEPS {
        tape.clear();
        let [w1, b1, w2, b2] = params.each_ref().map(|p| tape.var(p));
        let (x, y) = (tape.constant(&inputs), tape.constant(&targets));

        let output = ((x.matmul(w1) + b1).tanh().matmul(w2) + b2).sigmoid();
        let loss = (output - y).square().sum();
        let grads = loss.backward();
        if step % 100 == 0 {
            println!("step {step:3}  loss {:.6}", loss.item());
        }

        for (p, leaf) in params.iter_mut().zip([w1, b1, w2, b2]) {
            p.scaled_add(-RATE, &grads[leaf]);
        }
    }

    tape.clear();
    let [w1, b1, w2, b2] = params.each_ref().map(|p| tape.constant(p));
    let x = tape.constant(&inputs);
    let output = ((x.matmul(w1) + b1).tanh().matmul(w2) + b2).sigmoid().value();
    println!();
    for ((x, y), target) in inputs.rows().into_iter().zip(&output).zip(&targets) {
        println!("{} xor {} = {y:.3}", x[0], x[1]);
        assert!((y - target).abs() < 0.1, "the network has not learnt this row");
    }
}
