//! Fused passes against the interpreter that runs every line by its own kernel: random programs and their derivatives.
//! Sums are taken in another order, so that values agree to rounding; everything else is the same bits.

use ndarray::ArrayD;
use proptest::prelude::*;
use wengert::prelude::*;

/// Numbers from a seed (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % below
    }

    fn number(&mut self) -> f64 {
        self.roll(4001) as f64 / 2000.0 - 1.0
    }
}

/// Records a random program over [rows, columns] and what broadcasts to it; returns its leaves and some of its lines.
fn program<'t>(tape: &'t Tape<f64>, seed: u64, shake: f64) -> (Vec<Var<'t, f64>>, Vec<Var<'t, f64>>) {
    let mut dice = Dice(seed);
    let sizes = [1, 2, 3, 7, 40, 129];
    let (n, m) = (sizes[dice.roll(6)], sizes[dice.roll(6)]);
    let mut leaf = |dims: &[usize]| {
        let count = dims.iter().product();
        let values = (0..count).map(|k| dice.number() * (1.0 + shake * (k as f64 + 0.5).sin())).collect();
        tape.var(ArrayD::from_shape_vec(dims, values).unwrap())
    };
    let leaves = vec![leaf(&[n, m]), leaf(&[n, m]), leaf(&[m]), leaf(&[n, 1]), leaf(&[])];
    let mut lines = leaves.clone();
    let full = |v: Var<'t, f64>| v.broadcast_to([n, m]);
    for _ in 0..4 + dice.roll(16) {
        let a = lines[dice.roll(lines.len())];
        let b = lines[dice.roll(lines.len())];
        let y = match dice.roll(24) {
            0 => a.tanh(),
            1 => a.sin(),
            2 => a.sigmoid(),
            3 => a.relu(),
            4 => (a * 0.5).exp(),
            5 => a.abs() + 0.25,
            6 => a * b,
            7 => a - b,
            8 => a + b * 0.5,
            9 => a / (b.square() + 1.0),
            10 => a.maximum(b),
            11 => full(a).sum_over(keep(1)) * 0.1,
            12 => full(a).sum_over(0) * 0.1,
            13 => full(a).mean(),
            14 => full(a).amax(keep(1)),
            15 => full(a).softmax(1),
            16 => full(a) - full(a).mean_over(keep(1)),
            17 => full(a).var_over(keep(1), 0),
            18 => full(a).var_over(0, 0),
            19 => full(a).reshape([m, n]).reshape([n * m]).tanh().reshape([n, m]),
            20 => full(a).t().matmul(full(b)).tanh().mean_over(0),
            21 => a.gt(b).select(a, b * 0.5),
            22 => full(a).amin(0),
            _ => {
                (full(a) - full(a).amax(keep(1))).exp()
                    / full(b).square().sum_over(keep(1)).sqrt().maximum(full(b).abs().mean())
            }
        };
        lines.push(y);
    }
    let asked = (0..3).map(|_| lines[dice.roll(lines.len())]).chain(lines.last().copied()).collect();
    (leaves, asked)
}

/// The values asked for, all gradients, and those of a gradient, in an order that depends on the seed.
fn results(tape: &Tape<f64>, seed: u64, shake: f64) -> Vec<ArrayD<f64>> {
    let (leaves, asked) = program(tape, seed, shake);
    let mut dice = Dice(seed ^ 0x5555);
    let mut all = Vec::new();
    if dice.roll(2) == 0 {
        all.extend(asked.iter().map(|v| v.value()));
    }
    let loss = asked.iter().map(|v| v.sin().mean()).reduce(|a, b| a + b).unwrap();
    if dice.roll(2) == 0 {
        all.push(loss.value());
    }
    let grads = loss.backward();
    all.extend(leaves.iter().map(|v| grads[*v].clone()));
    let first = grad(loss, &leaves);
    let slope = first.iter().map(|g| g.cos().sum()).reduce(|a, b| a + b).unwrap();
    let grads = slope.backward();
    all.extend(leaves.iter().map(|v| grads[*v].clone()));
    all.extend(asked.iter().map(|v| v.value()));
    let direction: Vec<_> = leaves.iter().map(|v| (*v, v.cos())).collect();
    all.extend(jvp(&[loss], &direction).iter().map(|v| v.value()));
    all
}

fn agree(a: &ArrayD<f64>, b: &ArrayD<f64>, within: f64) -> bool {
    let scale = b.iter().filter(|v| v.is_finite()).fold(1e-3f64, |m, v| m.max(v.abs()));
    a.shape() == b.shape()
        && a.iter().zip(b).all(|(a, b)| a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= within * scale)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_programs_are_what_their_lines_say(seed in any::<u64>()) {
        let fused = results(&Tape::default(), seed, 0.0);
        let plain = results(&Tape::default().line_by_line(), seed, 0.0);
        prop_assert_eq!(fused.len(), plain.len());
        // Where rounding decides (a difference that is 0 or almost, a tie), the order of sums may decide otherwise.
        let shaken = results(&Tape::default().line_by_line(), seed, 1e-12);
        prop_assume!(plain.iter().zip(&shaken).all(|(a, b)| agree(a, b, 1e-6)));
        for (k, (a, b)) in fused.iter().zip(&plain).enumerate() {
            prop_assert!(agree(a, b, 1e-9), "result {} of seed {}: {:?} and {:?}", k, seed, a, b);
        }
    }

    #[test]
    fn a_plan_that_is_found_again_gives_the_same_bits(seed in any::<u64>()) {
        let mut tape = Tape::default();
        let first = results(&tape, seed, 0.0);
        for _ in 0..2 {
            tape.clear();
            let again = results(&tape, seed, 0.0);
            prop_assert!(first.iter().zip(&again).all(|(a, b)| a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())));
        }
    }
}
