//! Mean and variance of every channel of a tensor seen as \[n, channels, len\].
//! One pass over memory; sums of squares are those of deviations from the mean.

use super::moments::Moments;
use super::par;
use super::reduce::{STRIP, Sum, rows_of};
use crate::real::Real;

/// Writes the mean and the biased variance of every channel.
pub(crate) fn moments<T: Real>(x: &[T], sizes: [usize; 3], (mean, variance): (&mut [T], &mut [T])) {
    let [n, channels, len] = sizes;
    assert_eq!(x.len(), n * channels * len, "the operand holds {sizes:?}");
    assert_eq!([mean.len(), variance.len()], [channels; 2], "one mean and one variance a channel");
    if len == 1 {
        return columns(x, channels, mean, variance);
    }
    par::chunks2_mut((mean, 1), (variance, 1), x.len(), |c, mean, variance| {
        let rows = (0..n).map(|i| &x[(i * channels + c) * len..][..len]);
        let m = rows.fold(Moments::NONE, |m, row| m.join(Moments::of(row)));
        (mean[0], variance[0]) = (T::of(m.mean), T::of(m.squares / m.count));
    });
}

/// Mean and variance of every column of rows of `channels` numbers.
fn columns<T: Real>(x: &[T], channels: usize, mean: &mut [T], variance: &mut [T]) {
    let n = x.len() / channels.max(1);
    let count = T::of(n as f64);
    par::chunks2_mut((mean, STRIP), (variance, STRIP), x.len(), |k, mean, variance| {
        let x = &x[k * STRIP..];
        rows_of::<T, Sum>(x, channels, n, mean, &|_, v| v);
        mean.iter_mut().for_each(|m| *m /= count);
        rows_of::<T, Sum>(x, channels, n, variance, &|j, v| (v - mean[j]) * (v - mean[j]));
        variance.iter_mut().for_each(|v| *v /= count);
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::naive_data::on_threads;
    use super::*;

    fn run<T: Real>(x: &[T], sizes: [usize; 3]) -> [Vec<T>; 2] {
        let mut out = [vec![T::nan(); sizes[1]], vec![T::nan(); sizes[1]]];
        let [mean, variance] = &mut out;
        moments(x, sizes, (mean, variance));
        out
    }

    proptest! {
        #[test]
        fn they_follow_their_definition(n in 1usize..5, c in 0usize..300, l in 1usize..40) {
            let x: Vec<f64> = (0..n * c * l).map(|k| ((k * 7919) % 31) as f64).collect();
            let [mean, variance] = run(&x, [n, c, l]);
            for ch in 0..c {
                let at: Vec<usize> = (0..x.len()).filter(|k| k / l % c == ch).collect();
                let m = at.iter().map(|&k| x[k]).sum::<f64>() / at.len() as f64;
                let v = at.iter().map(|&k| (x[k] - m).powi(2)).sum::<f64>() / at.len() as f64;
                prop_assert!((mean[ch] - m).abs() < 1e-12 && (variance[ch] - v).abs() < 1e-11);
            }
        }
    }

    #[test]
    fn a_large_mean_does_not_cancel_the_variance() {
        // E[x²] − E[x]² in f32 gives 0 or worse here; the true variance is 1.
        for sizes in [[1000, 1, 1], [10, 1, 100], [1, 1, 1000]] {
            let x: Vec<f32> = (0..1000).map(|k| 10_000.0 + if k % 2 == 0 { 1.0 } else { -1.0 }).collect();
            assert_eq!(run(&x, sizes), [[10_000.0], [1.0]]);
        }
    }

    #[test]
    fn the_number_of_threads_leaves_every_bit_alone() {
        let x: Vec<f32> = (0..210_000).map(|k| (k as f32).cos()).collect();
        for sizes in [[10, 7, 3000], [3000, 70, 1]] {
            assert_eq!(on_threads(1, || run(&x, sizes)), on_threads(3, || run(&x, sizes)));
        }
    }
}
