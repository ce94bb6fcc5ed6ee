//! Mean, variance and normalised values of every channel of a tensor seen as \[n, channels, len\].
//! Statistics take one pass over memory and the values another; sums of squares are those of deviations from the mean.

use super::moments::Moments;
use super::reduce::{STRIP, Sum, rows_of};
use super::simd::vectorize;
use super::{par, scratch};
use crate::real::Real;

/// Elements of one task of the second pass.
const TASK: usize = 1 << 14;

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
    if len == 1 {
        columns(x, channels, mean, variance);
    } else {
        par::chunks2_mut((&mut *mean, 1), (&mut *variance, 1), x.len(), |c, mean, variance| {
            let rows = (0..n).map(|i| &x[(i * channels + c) * len..][..len]);
            let m = rows.fold(Moments::NONE, |m, row| m.join(vectorize(|| Moments::of(row))));
            (mean[0], variance[0]) = (T::of(m.mean), T::of(m.squares / m.count));
        });
    }
    let Some(y) = normalised else { return };
    assert_eq!(y.len(), x.len(), "one normalised value for every element");
    let mut scale = scratch::take::<T>(channels);
    scale.iter_mut().zip(&*variance).for_each(|(s, &v)| *s = (v + eps).sqrt().recip());
    let (mean, scale) = (&*mean, &*scale);
    if len == 1 {
        let rows = (TASK / channels.max(1)).max(1);
        par::chunks_mut(y, rows * channels, x.len(), |k, y| {
            let x = x[k * rows * channels..].chunks(channels);
            for (y, x) in y.chunks_mut(channels).zip(x) {
                vectorize(|| {
                    let stats = mean.iter().zip(scale);
                    y.iter_mut().zip(x).zip(stats).for_each(|((y, &x), (&m, &s))| *y = (x - m) * s);
                });
            }
        });
        return;
    }
    let rows = (TASK / len.max(1)).max(1);
    par::chunks_mut(y, rows * len, x.len(), |k, y| {
        for (r, y) in (k * rows..).zip(y.chunks_mut(len)) {
            let (x, m, s) = (&x[r * len..][..len], mean[r % channels], scale[r % channels]);
            vectorize(|| y.iter_mut().zip(x).for_each(|(y, &x)| *y = (x - m) * s));
        }
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
