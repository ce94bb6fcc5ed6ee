//! Mean, variance and normalised values of every channel of a tensor seen as \[n, channels, len\].
//! The variance is summed from deviations in a second pass, for a difference of two large sums would cancel.

use super::par;
use super::reduce::{STRIP, Sum, line, rows_of};
use crate::real::Real;

/// Writes the mean, the biased variance and, where wanted, (x − mean)/√(variance + eps).
pub(crate) fn batch_norm<T: Real>(
    x: &[T],
    sizes: [usize; 3],
    eps: T,
    normalised: Option<&mut [T]>,
    (mean, variance): (&mut [T], &mut [T]),
) {
    let [n, channels, len] = sizes;
    assert_eq!(x.len(), n * channels * len, "the operand holds {sizes:?}");
    assert_eq!([mean.len(), variance.len()], [channels; 2], "one mean and one variance a channel");
    let count = T::of((n * len) as f64);
    sum_channels(x, sizes, mean, |_, v| v);
    mean.iter_mut().for_each(|m| *m /= count);
    let mean = &*mean;
    sum_channels(x, sizes, variance, |c, v| (v - mean[c]) * (v - mean[c]));
    variance.iter_mut().for_each(|v| *v /= count);
    let Some(y) = normalised else { return };
    assert_eq!(y.len(), x.len(), "one normalised value for every element");
    let scale: Vec<T> = variance.iter().map(|&v| (v + eps).sqrt().recip()).collect();
    let image = channels * len;
    par::chunks_mut(y, image, x.len(), |i, y| {
        let x = &x[i * image..][..image];
        if len == 1 {
            let stats = mean.iter().zip(&scale);
            y.iter_mut().zip(x).zip(stats).for_each(|((y, &x), (&m, &s))| *y = (x - m) * s);
            return;
        }
        for ((y, x), (&m, &s)) in y.chunks_mut(len).zip(x.chunks(len)).zip(mean.iter().zip(&scale)) {
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = (x - m) * s);
        }
    });
}

/// Σ f(channel, x) over each channel.
fn sum_channels<T: Real>(
    x: &[T],
    [n, channels, len]: [usize; 3],
    out: &mut [T],
    f: impl Fn(usize, T) -> T + Sync + Send,
) {
    if len == 1 {
        par::chunks_mut(out, STRIP, x.len(), |k, out| {
            let first = k * STRIP;
            rows_of::<T, Sum>(&x[first..], channels, n, out, &|j, v| f(first + j, v));
        });
        return;
    }
    par::chunks_mut(out, 1, x.len(), |c, out| {
        let part = |i: usize| line::<T, Sum>(&x[(i * channels + c) * len..][..len], &|v| f(c, v));
        out[0] = line::<T, Sum>(&(0..n).map(part).collect::<Vec<T>>(), &|v| v);
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run<T: Real>(x: &[T], sizes: [usize; 3], eps: T) -> [Vec<T>; 3] {
        let mut out = [x.len(), sizes[1], sizes[1]].map(|n| vec![T::nan(); n]);
        let [y, mean, variance] = &mut out;
        batch_norm(x, sizes, eps, Some(y), (mean, variance));
        out
    }

    proptest! {
        #[test]
        fn statistics_follow_their_definition(n in 1usize..5, c in 0usize..300, l in 1usize..40) {
            let x: Vec<f64> = (0..n * c * l).map(|k| ((k * 7919) % 31) as f64).collect();
            let [y, mean, variance] = run(&x, [n, c, l], 0.5);
            for ch in 0..c {
                let at: Vec<usize> = (0..x.len()).filter(|k| k / l % c == ch).collect();
                let m = at.iter().map(|&k| x[k]).sum::<f64>() / at.len() as f64;
                let v = at.iter().map(|&k| (x[k] - m).powi(2)).sum::<f64>() / at.len() as f64;
                prop_assert!((mean[ch] - m).abs() < 1e-12 && (variance[ch] - v).abs() < 1e-11);
                prop_assert!(at.iter().all(|&k| (y[k] - (x[k] - m) / (v + 0.5).sqrt()).abs() < 1e-12));
            }
        }
    }

    #[test]
    fn a_large_mean_does_not_cancel_the_variance() {
        // E[x²] − E[x]² in f32 gives 0 or worse here; the true variance is 1.
        for sizes in [[1000, 1, 1], [10, 1, 100], [1, 1, 1000]] {
            let x: Vec<f32> = (0..1000).map(|k| 10_000.0 + if k % 2 == 0 { 1.0 } else { -1.0 }).collect();
            let [y, mean, variance] = run(&x, sizes, 0.0);
            assert_eq!((mean[0], variance[0], y[0], y[1]), (10_000.0, 1.0, 1.0, -1.0));
        }
    }
}
