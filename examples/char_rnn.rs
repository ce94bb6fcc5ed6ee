//! A recurrent network learns a short text character by character and then writes its own: h' = tanh([x, h]·W + b).
//! The loop over time is a Rust loop; the tape records what it did, and Adam is written out in ndarray.

use ndarray::{Array2, Zip};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use wengert::prelude::*;

const TEXT: &str = "the tape holds what the model did, line by line. \
a line is written once and never changed. \
to go forward, read the lines from the first to the last. \
to go back, read the lines from the last to the first. \
each line knows its own slope, and the slopes are lines too. ";

const EMBEDDED: usize = 12;
const HIDDEN: usize = 64;
const LENGTH: usize = 24;
const BATCH: usize = 16;
const STEPS: usize = 400;
const RATE: f32 = 0.01;

/// Embedding, recurrent weights and bias, output weights and bias.
type Params = [Array2<f32>; 5];

/// One step in time: from the ids of the characters and the state to scores of the next characters and the new state.
fn step<'t>([e, w, b, v, c]: [Var<'t>; 5], ids: IntVar<'t>, state: Var<'t>) -> (Var<'t>, Var<'t>) {
    let state = (concat(&[e.embedding(ids), state], 1).matmul(w) + b).tanh();
    (state.matmul(v) + c, state)
}

fn main() {
    let mut alphabet: Vec<char> = TEXT.chars().collect();
    alphabet.sort_unstable();
    alphabet.dedup();
    let id = |c: char| alphabet.binary_search(&c).expect("every character of the text is in its alphabet") as u32;
    let text: Vec<u32> = TEXT.chars().map(id).collect();

    let mut rng = StdRng::seed_from_u64(3);
    let mut random = |rows: usize, columns: usize| {
        let bound = (6.0 / (rows + columns) as f32).sqrt(); // Glorot and Bengio, 2010
        Array2::from_shape_fn((rows, columns), |_| rng.random_range(-bound..bound))
    };
    let n = alphabet.len();
    let mut params: Params = [
        random(n, EMBEDDED),
        random(EMBEDDED + HIDDEN, HIDDEN),
        Array2::zeros((1, HIDDEN)),
        random(HIDDEN, n),
        Array2::zeros((1, n)),
    ];
    let mut adam: [[Array2<f32>; 2]; 5] =
        params.each_ref().map(|p| [Array2::zeros(p.raw_dim()), Array2::zeros(p.raw_dim())]);

    let mut tape = Tape::new();
    let mut last = f32::INFINITY;
    for t in 1..=STEPS {
        tape.clear();
        let p = params.each_ref().map(|p| tape.var(p));
        let starts: Vec<usize> = (0..BATCH).map(|_| rng.random_range(0..text.len() - LENGTH)).collect();
        let column = |k: usize| starts.iter().map(|s| text[s + k]).collect::<Vec<u32>>();

        let mut state = tape.zeros([BATCH, HIDDEN]);
        let mut scores = Vec::new();
        for k in 0..LENGTH {
            let (score, next) = step(p, tape.ints(column(k)), state);
            scores.push(score);
            state = next;
        }
        let targets: Vec<u32> = (1..=LENGTH).flat_map(column).collect();
        let loss = concat(&scores, 0).cross_entropy(tape.ints(targets)).mean();

        let mut grads = loss.backward();
        last = loss.item();
        if t == 1 || t % 100 == 0 {
            println!("step {t:3}  loss {last:.3}  lines on the tape {}", tape.len());
        }
        // The gradient is clipped to norm 1, since the slopes of a long loop may explode.
        let norm = grads.norm();
        grads.scale(1.0 / norm.max(1.0));
        for ((param, [m, v]), leaf) in params.iter_mut().zip(&mut adam).zip(p) {
            let (fix_m, fix_v) = (1.0 - 0.9f32.powi(t as i32), 1.0 - 0.999f32.powi(t as i32));
            let g = grads[leaf].view().into_dimensionality().expect("a gradient has its leaf's shape");
            Zip::from(param).and(m).and(v).and(g).for_each(|x, m, v, &g| {
                *m = 0.9 * *m + 0.1 * g;
                *v = 0.999 * *v + 0.001 * g * g;
                *x -= RATE * (*m / fix_m) / ((*v / fix_v).sqrt() + 1e-8);
            });
        }
    }

    println!();
    for temperature in [0.2, 1.0] {
        let written = write(&params, &alphabet, &text[..4], temperature, &mut rng);
        println!("at temperature {temperature}: {written}\n");
    }
    assert!(last < 0.6, "guessing gives a loss of {:.1}; this is {last}", (n as f32).ln());
}

/// Reads `start`, then draws one character after the other in proportion to exp(score / temperature).
fn write(params: &Params, alphabet: &[char], start: &[u32], temperature: f32, rng: &mut StdRng) -> String {
    let mut ids = start.to_vec();
    let mut state = Array2::zeros((1, HIDDEN)).into_dyn();
    let mut tape = Tape::new();
    for k in 0..150 {
        tape.clear();
        let p = params.each_ref().map(|p| tape.constant(p));
        let (scores, next) = step(p, tape.ints([ids[k]]), tape.constant(&state));
        state = next.value();
        if k + 1 < ids.len() {
            continue;
        }
        let chances = (scores / f64::from(temperature)).softmax(1).value();
        let mut left: f32 = rng.random_range(0.0..1.0);
        let drawn = chances.iter().position(|c| {
            left -= c;
            left < 0.0
        });
        ids.push(drawn.unwrap_or(chances.len() - 1) as u32);
    }
    ids.iter().map(|&i| alphabet[i as usize]).collect()
}
