//! Attention against its definition in double precision, and the bits of any number of threads.

use super::super::naive_data::on_threads;
use super::*;

/// Sizes `[heads, shared, queries, keys, size, width]`.
type Sizes = [usize; 6];

fn numbers<T: Real>(n: usize, seed: usize) -> Vec<T> {
    (0..n).map(|k| T::of((((k + 31 * seed) * 7919 % 1009) as f64 * 0.37).sin())).collect()
}

struct Data<T> {
    sizes: Sizes,
    causal: bool,
    parts: [Vec<T>; 6],
    bias: Option<(Vec<usize>, Vec<T>)>,
    seen: Option<(Vec<usize>, Vec<u32>)>,
}

impl<T: Real> Data<T> {
    fn new(sizes: Sizes, causal: bool, masked: bool) -> Self {
        let [h, s, q, k, d, e] = sizes;
        let lens = [h * q * d, h / s * k * d, h / s * k * e, h * q * e, h * q, h * q];
        let mut seed = 0;
        let parts = lens.map(|n| {
            seed += 1;
            numbers(n, seed)
        });
        let bias = masked.then(|| (vec![h, 1, k], numbers(h * k, 9)));
        // The first query sees nothing, every other misses some keys.
        let seen = masked.then(|| (vec![q, k], (0..q * k).map(|i| u32::from(i >= k && i % 3 != 1)).collect()));
        Data { sizes, causal, parts, bias, seen }
    }

    fn heads(&self) -> Heads<'_, T> {
        let [heads, shared, queries, keys, size, width] = self.sizes;
        let scores = [heads, queries, keys];
        Heads {
            q: &self.parts[0],
            k: &self.parts[1],
            v: &self.parts[2],
            heads,
            shared,
            queries,
            keys,
            size,
            width,
            scale: T::of(0.7),
            causal: self.causal,
            bias: self.bias.as_ref().map(|(d, b)| Plane::new(b, d, &scores)),
            seen: self.seen.as_ref().map(|(d, b)| Plane::new(b, d, &scores)),
        }
    }

    fn forward(&self) -> [Vec<T>; 2] {
        let mut out = [3, 4].map(|k| vec![T::nan(); self.parts[k].len()]);
        let [y, log_sums] = &mut out;
        forward(&self.heads(), y, log_sums);
        out
    }

    fn backward(&self, log_sums: &[T]) -> [Vec<T>; 3] {
        let mut out = [0, 1, 2].map(|k| vec![T::nan(); self.parts[k].len()]);
        let [q, k, v] = &mut out;
        let wanted = Wanted { q: Some(q), k: Some(k), v: Some(v) };
        backward(&self.heads(), [&self.parts[3], log_sums, &self.parts[5]], wanted);
        out
    }

    /// y, ln Σ exp and the three cotangents as the formulas say.
    fn naive(&self) -> [Vec<f64>; 5] {
        let [heads, shared, queries, keys, size, width] = self.sizes;
        let [q, k, v, g, _, inner] = self.parts.each_ref().map(|p| p.iter().map(|v| v.as_f64()).collect::<Vec<f64>>());
        let mut out = [g.len(), inner.len(), q.len(), k.len(), v.len()].map(|n| vec![0.0; n]);
        for (h, i) in (0..heads).flat_map(|h| (0..queries).map(move |i| (h, i))) {
            let (row, own) = (h * queries + i, h / shared * keys);
            let score = |j: usize| {
                let dot: f64 = (0..size).map(|c| q[row * size + c] * k[(own + j) * size + c]).sum();
                let bias = self.bias.as_ref().map_or(0.0, |(_, b)| b[h * keys + j].as_f64());
                let hidden = self.causal && j > i || self.seen.as_ref().is_some_and(|(_, s)| s[i * keys + j] == 0);
                if hidden { f64::NEG_INFINITY } else { 0.7f64 * dot + bias }
            };
            let total: f64 = (0..keys).map(|j| score(j).exp()).sum();
            let log_sum = if total == 0.0 { 0.0 } else { total.ln() };
            out[1][row] = log_sum;
            for j in 0..keys {
                let p = (score(j) - log_sum).exp();
                let slope: f64 = (0..width).map(|c| g[row * width + c] * v[(own + j) * width + c]).sum();
                let slope = 0.7 * p * (slope - inner[row]);
                for c in 0..width {
                    out[0][row * width + c] += p * v[(own + j) * width + c];
                    out[4][(own + j) * width + c] += p * g[row * width + c];
                }
                for c in 0..size {
                    out[2][row * size + c] += slope * k[(own + j) * size + c];
                    out[3][(own + j) * size + c] += slope * q[row * size + c];
                }
            }
        }
        out
    }

    fn agrees(&self, bound: f64) {
        let [y, log_sums] = self.forward();
        let [q, k, v] = self.backward(&log_sums);
        for (what, (fast, slow)) in [y, log_sums, q, k, v].iter().zip(self.naive()).enumerate() {
            for (at, (a, b)) in fast.iter().zip(slow).enumerate() {
                assert!(
                    (a.as_f64() - b).abs() <= bound * (1.0 + b.abs()),
                    "{:?}, {what} at {at}: {a} is not {b}",
                    self.sizes
                );
            }
        }
    }
}

#[test]
fn blocks_give_what_the_definition_says() {
    let sizes: [Sizes; 12] = [
        [1, 1, 1, 1, 1, 1],
        [2, 1, 3, 5, 4, 2],
        [0, 1, 3, 5, 4, 2],
        [1, 1, 0, 5, 4, 2],
        [1, 1, 3, 0, 4, 2],
        [1, 1, 3, 5, 0, 2],
        [1, 1, 3, 5, 4, 0],
        [6, 3, 7, 11, 13, 17],
        [9, 1, 65, 66, 8, 64],
        [1, 1, 300, 37, 5, 3],
        [2, 2, 31, 523, 16, 49],
        [2, 1, 600, 530, 3, 4],
    ];
    for sizes in sizes {
        for (causal, masked) in [(false, false), (true, false), (false, true), (true, true)] {
            Data::<f64>::new(sizes, causal, masked).agrees(1e-12);
            Data::<f32>::new(sizes, causal, masked).agrees(2e-5);
        }
    }
}

#[test]
fn the_number_of_threads_leaves_every_bit_alone() {
    for sizes in [[16, 2, 100, 130, 16, 16], [2, 1, 700, 600, 8, 8]] {
        let data = Data::<f32>::new(sizes, true, true);
        let run = || {
            let [y, log_sums] = data.forward();
            let back = data.backward(&log_sums);
            [y, log_sums].into_iter().chain(back).flatten().map(f32::to_bits).collect::<Vec<u32>>()
        };
        let one = on_threads(1, run);
        assert!(one == on_threads(2, run) && one == on_threads(3, run));
    }
}

#[test]
fn what_is_hidden_gets_no_slope_whatever_it_holds() {
    let mut data = Data::<f64>::new([1, 1, 3, 3, 2, 2], true, false);
    let [_, log_sums] = data.forward();
    // The last value is seen by the last query only.
    data.parts[2][4] = f64::INFINITY;
    let [q, _, _] = data.backward(&log_sums);
    assert!(q[..4].iter().all(|v| v.is_finite()) && q[4].is_infinite());
}

#[test]
fn large_scores_do_not_overflow() {
    let mut data = Data::<f32>::new([1, 1, 2, 300, 1, 1], false, false);
    data.parts[0].fill(1.0);
    data.parts[1].iter_mut().enumerate().for_each(|(k, v)| *v = 1000.0 * (k % 7) as f32);
    let [y, log_sums] = data.forward();
    assert!(y.iter().chain(&log_sums).all(|v| v.is_finite()) && log_sums[0] > 4000.0);
}
