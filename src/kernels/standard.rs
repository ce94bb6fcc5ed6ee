//! Rows brought to mean 0 and variance 1, or to mean square 1.
//! The mean is subtracted before anything is squared, and its own rounding error after that, so a large mean costs no digits.

pub(crate) mod affine;

use super::moments::Moments;
use super::par;
use super::reduce::{Sum, line};
use super::simd::vectorize;
use crate::real::Real;

/// Elements that one task goes through, roughly.
const TASK: usize = 1 << 14;

/// y = x · s with s = 1/√(1/n Σ x² + eps) for each row of `len` elements; `scales` gets s. Rows of nothing have scale NaN.
pub(crate) fn scale_by_size<T: Real>(x: &[T], len: usize, eps: T, y: &mut [T], scales: &mut [T]) {
    each_row(x, len, y, scales, |x, y, scale| {
        *scale = (line::<T, Sum>(x, &|v| v * v) / T::of(len as f64) + eps).sqrt().recip();
        let s = *scale;
        vectorize(|| y.iter_mut().zip(x).for_each(|(y, &x)| *y = x * s));
    });
}

/// y = (x − μ) · s with s = 1/√(σ² + eps) for each row of `len` elements; `scales` gets s.
///
/// The mean is known better than T can say, so its rounding error is subtracted as well. Rows of nothing have scale NaN.
pub(crate) fn standardise<T: Real>(x: &[T], len: usize, eps: T, y: &mut [T], scales: &mut [T]) {
    each_row(x, len, y, scales, |x, y, scale| {
        let m = Moments::of(x);
        let mean = T::of(m.mean);
        let rest = T::of(m.mean - mean.as_f64());
        let s = (T::of(m.squares / m.count) + eps).sqrt().recip();
        vectorize(|| y.iter_mut().zip(x).for_each(|(y, &x)| *y = ((x - mean) - rest) * s));
        *scale = s;
    });
}

/// Runs `f` on each row of `len` elements, its output and its scale.
fn each_row<T: Real>(
    x: &[T],
    len: usize,
    y: &mut [T],
    scales: &mut [T],
    f: impl Fn(&[T], &mut [T], &mut T) + Sync + Send,
) {
    assert_eq!(x.len(), len * scales.len(), "the operand holds {} rows of {len}", scales.len());
    assert_eq!(x.len(), y.len(), "the output is as long as the operand");
    if x.is_empty() {
        scales.fill(T::nan());
        return;
    }
    let rows = (TASK / len).max(1);
    par::chunks2_mut((y, rows * len), (scales, rows), x.len(), |k, y, scales| {
        let x = x[k * rows * len..].chunks(len);
        x.zip(y.chunks_mut(len)).zip(scales).for_each(|((x, y), scale)| f(x, y, scale));
    });
}

#[cfg(test)]
mod tests {
    use super::super::naive_data::on_threads;
    use super::*;

    #[test]
    fn rows_follow_their_definition_in_double_precision() {
        for (rows, len, mean) in [(1, 1, 0.0f32), (3, 7, 0.0), (40, 1_000, 5.0), (2, 40_000, 10_000.0), (2, 3, 1e6)] {
            let x: Vec<f32> = (0..rows * len).map(|k| (k as f32 * 1.7).sin() + mean).collect();
            let (mut y, mut scales) = (vec![f32::NAN; x.len()], vec![f32::NAN; rows]);
            standardise(&x, len, 1e-5, &mut y, &mut scales);
            for ((x, y), s) in x.chunks(len).zip(y.chunks(len)).zip(&scales) {
                let wide = || x.iter().map(|&v| f64::from(v));
                let mean = wide().sum::<f64>() / len as f64;
                let scale = (wide().map(|v| (v - mean).powi(2)).sum::<f64>() / len as f64 + 1e-5).sqrt().recip();
                assert!((f64::from(*s) / scale - 1.0).abs() < 1e-5, "{s} and {scale}");
                for (y, v) in y.iter().zip(wide()) {
                    assert!((f64::from(*y) - (v - mean) * scale).abs() < 1e-5, "{y} and {}", (v - mean) * scale);
                }
            }
        }
    }

    #[test]
    fn sizes_follow_their_definition_in_double_precision() {
        for (rows, len) in [(1, 1), (3, 7), (40, 1_000), (2, 40_000)] {
            let x: Vec<f32> = (0..rows * len).map(|k| (k as f32 * 1.7).sin() + 0.5).collect();
            let (mut y, mut scales) = (vec![f32::NAN; x.len()], vec![f32::NAN; rows]);
            scale_by_size(&x, len, 1e-5, &mut y, &mut scales);
            for ((x, y), s) in x.chunks(len).zip(y.chunks(len)).zip(&scales) {
                let mean_square = x.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / len as f64;
                let scale = (mean_square + 1e-5).sqrt().recip();
                assert!((f64::from(*s) / scale - 1.0).abs() < 1e-5, "{s} and {scale}");
                assert!(y.iter().zip(x).all(|(y, x)| (f64::from(*y) - f64::from(*x) * scale).abs() < 1e-5));
            }
        }
    }

    #[test]
    fn the_number_of_threads_leaves_every_bit_alone() {
        let x: Vec<f32> = (0..120_000).map(|k| (k as f32).cos()).collect();
        let run = || {
            let (mut y, mut scales) = (vec![0.0; x.len()], vec![0.0; 300]);
            standardise(&x, 400, 1e-5, &mut y, &mut scales);
            (y, scales)
        };
        assert_eq!(on_threads(1, run), on_threads(3, run));
    }

    #[test]
    fn rows_of_nothing_have_no_scale() {
        let mut scales = [0.0f64; 2];
        standardise(&[], 0, 1e-5, &mut [], &mut scales);
        assert!(scales.iter().all(|s| s.is_nan()));
    }
}
