//! Rows brought to mean 0 and variance 1, then to a scale and a shift for each column; and all gradients of that at once.
//! Each row is read from memory once, forward and backward.

use super::super::moments::Moments;
use super::super::simd::{Loop, level, run_at, vectorize};
use super::super::{par, scratch};
use super::TASK;
use crate::real::Real;

/// Numbers added one by one in T, before a sum goes on in double precision.
const BLOCK: usize = 1024;
const LANES: usize = 32;

/// Rows whose gradients of scale and shift are added up in T.
const ROWS: usize = 32;

/// Scale and shift, a number for each column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Affine<'a, T> {
    pub(crate) scale: &'a [T],
    pub(crate) shift: &'a [T],
}

/// y = (x − μ)·s·scale + shift with s = 1/√(σ² + eps) for each row; `means` gets μ and `scales` s.
pub(crate) fn standardise_affine<T: Real>(
    x: &[T],
    Affine { scale, shift }: Affine<'_, T>,
    eps: T,
    y: &mut [T],
    means: &mut [T],
    scales: &mut [T],
) {
    let (len, rows) = (scale.len(), means.len());
    assert!(x.len() == rows * len && y.len() == x.len(), "the operand holds {rows} rows of {len}");
    assert!(shift.len() == len && scales.len() == rows, "there is a shift for each column and a scale for each row");
    let chunk = (TASK / len.max(1)).max(1);
    let (y, means, scales) = (par::Parts::new(y), par::Parts::new(means), par::Parts::new(scales));
    par::for_each(rows.div_ceil(chunk), x.len(), |t| {
        let part = t * chunk..rows.min((t + 1) * chunk);
        // SAFETY: a row belongs to one task.
        let (y, means, scales) =
            unsafe { (y.part(part.start * len..part.end * len), means.part(part.clone()), scales.part(part.clone())) };
        for (i, (mean, s)) in means.iter_mut().zip(scales).enumerate() {
            let x = &x[(t * chunk + i) * len..][..len];
            let m = Moments::of(x);
            *mean = T::of(m.mean);
            *s = (T::of(m.squares / m.count) + eps).sqrt().recip();
            // The mean is known better than T can say.
            let (mean, rest, s) = (*mean, T::of(m.mean - mean.as_f64()), *s);
            let y = &mut y[i * len..][..len];
            vectorize(|| {
                let columns = scale.iter().zip(shift);
                y.iter_mut().zip(x).zip(columns).for_each(|((y, &x), (&w, &b))| *y = ((x - mean) - rest) * s * w + b);
            });
        }
    });
}

/// What flows back through [`standardise_affine`]: the cotangent, and what the forward kernel has had and left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Back<'a, T> {
    pub(crate) g: &'a [T],
    pub(crate) x: &'a [T],
    pub(crate) scale: &'a [T],
    /// About the means: what is missing is found.
    pub(crate) means: &'a [T],
    pub(crate) scales: &'a [T],
}

/// With x̂ = (x − μ)·s and v = g·scale: x̄ = s·(v − mean v − x̂·mean(v x̂)) for each row, and Σ g x̂ and Σ g for each column.
pub(crate) fn standardise_affine_back<T: Real>(
    back: &Back<'_, T>,
    dx: Option<&mut [T]>,
    dscale: Option<&mut [T]>,
    dshift: Option<&mut [T]>,
) {
    let (len, rows) = (back.scale.len(), back.means.len());
    assert!([back.g, back.x].iter().all(|x| x.len() == rows * len), "the operands hold {rows} rows of {len}");
    assert!(back.scales.len() == rows, "there is a scale for each row");
    assert!(dx.as_ref().is_none_or(|dx| dx.len() == rows * len), "a cotangent is as large as its operand");
    assert!([&dscale, &dshift].iter().all(|d| d.as_ref().is_none_or(|d| d.len() == len)), "one for each column");
    if len == 0 {
        return;
    }
    // Few tasks, since each has sums of its own.
    let chunk = (TASK / len).max(rows.div_ceil(32)).max(1);
    let tasks = rows.div_ceil(chunk);
    let mut sums = scratch::take::<f64>(2 * len * tasks);
    sums.fill(0.0);
    let dx = dx.map(par::Parts::new);
    par::chunks_mut(&mut sums, 2 * len, 2 * rows * len, |t, sums| {
        let mut columns = scratch::take::<T>(2 * len);
        let end = rows.min((t + 1) * chunk);
        for first in (t * chunk..end).step_by(ROWS) {
            let part = first..end.min(first + ROWS);
            // SAFETY: a row belongs to one task.
            let dx = unsafe { dx.map(|dx| dx.part(part.start * len..part.end * len)) };
            columns.fill(T::zero());
            run_at(level(), RowsBack { back, first: part.start, rows: part.len(), dx, columns: &mut columns });
            vectorize(|| sums.iter_mut().zip(&*columns).for_each(|(s, c)| *s += c.as_f64()));
        }
    });
    for (out, from) in [(dscale, 0), (dshift, len)] {
        let Some(out) = out else { continue };
        for (k, out) in out.iter_mut().enumerate() {
            *out = T::of(sums.iter().skip(from + k).step_by(2 * len).sum());
        }
    }
}

/// Some rows: their part of x̄, and sums over them for each column.
struct RowsBack<'a, 'b, T> {
    back: &'a Back<'b, T>,
    first: usize,
    rows: usize,
    dx: Option<&'a mut [T]>,
    columns: &'a mut [T],
}

impl<T: Real> Loop for RowsBack<'_, '_, T> {
    #[inline(always)]
    fn run(self) {
        let RowsBack { back, first, rows, mut dx, columns } = self;
        let scale = back.scale;
        let len = scale.len();
        let count = T::of(len as f64);
        let (of_scale, of_shift) = columns.split_at_mut(len);
        for i in 0..rows {
            let at = (first + i) * len;
            let (g, x) = (&back.g[at..][..len], &back.x[at..][..len]);
            let (mean, s) = (back.means[first + i], back.scales[first + i]);
            let mut totals = [0.0f64; 3];
            for ((g, x), w) in g.chunks(BLOCK).zip(x.chunks(BLOCK)).zip(scale.chunks(BLOCK)) {
                let [d, v, vd] = sums(g, x, w, mean);
                totals[0] += d.as_f64();
                totals[1] += v.as_f64();
                totals[2] += vd.as_f64();
            }
            let [d, v, vd] = totals;
            let rest = if d.is_finite() { d / len as f64 } else { 0.0 };
            let slope = T::of(vd - rest * v) * s / count;
            let (level, rest) = (T::of(v) / count, T::of(rest));
            for k in 0..len {
                let hat = ((x[k] - mean) - rest) * s;
                of_scale[k] += times(g[k], hat);
                of_shift[k] += g[k];
            }
            if let Some(dx) = &mut dx {
                let dx = &mut dx[i * len..][..len];
                for k in 0..len {
                    let hat = ((x[k] - mean) - rest) * s;
                    dx[k] = times((times(g[k], scale[k]) - level) - hat * slope, s);
                }
            }
        }
    }
}

/// v·d, and 0 where v is, whatever d is.
#[inline(always)]
fn times<T: Real>(v: T, d: T) -> T {
    if v == T::zero() { v } else { v * d }
}

/// Σ (x − mean), Σ g·w and Σ g·w·(x − mean).
#[inline(always)]
fn sums<T: Real>(g: &[T], x: &[T], w: &[T], mean: T) -> [T; 3] {
    let mut acc = [[T::zero(); LANES]; 3];
    let ((g, g_tail), (x, x_tail), (w, w_tail)) =
        (g.as_chunks::<LANES>(), x.as_chunks::<LANES>(), w.as_chunks::<LANES>());
    for ((g, x), w) in g.iter().zip(x).zip(w) {
        for l in 0..LANES {
            let (d, v) = (x[l] - mean, times(g[l], w[l]));
            acc[0][l] += d;
            acc[1][l] += v;
            acc[2][l] += times(v, d);
        }
    }
    for (l, ((&g, &x), &w)) in g_tail.iter().zip(x_tail).zip(w_tail).enumerate() {
        let (d, v) = (x - mean, times(g, w));
        acc[0][l] += d;
        acc[1][l] += v;
        acc[2][l] += times(v, d);
    }
    let mut n = LANES / 2;
    while n > 0 {
        for sum in &mut acc {
            for l in 0..n {
                sum[l] += sum[l + n];
            }
        }
        n /= 2;
    }
    [acc[0][0], acc[1][0], acc[2][0]]
}

#[cfg(test)]
mod tests {
    use super::super::super::naive_data::on_threads;
    use super::*;

    fn numbers<T: Real>(n: usize, step: f64, offset: f64) -> Vec<T> {
        (0..n).map(|k| T::of((k as f64 * step).sin() + offset)).collect()
    }

    /// y, means, scales, and the three cotangents.
    fn run<T: Real>(rows: usize, len: usize, offset: f64) -> ([Vec<T>; 4], [Vec<T>; 6]) {
        let x = [
            numbers(rows * len, 1.7, offset),
            numbers(len, 0.9, 1.0),
            numbers(len, 2.3, 0.0),
            numbers(rows * len, 0.3, 0.1),
        ];
        let mut out = [rows * len, rows, rows, rows * len, len, len].map(|n| vec![T::nan(); n]);
        let [y, means, scales, dx, dw, db] = &mut out;
        standardise_affine(&x[0], Affine { scale: &x[1], shift: &x[2] }, T::of(1e-5), y, means, scales);
        let back = Back { g: &x[3], x: &x[0], scale: &x[1], means, scales };
        standardise_affine_back(&back, Some(dx), Some(dw), Some(db));
        (x, out)
    }

    fn agrees<T: Real>(rows: usize, len: usize, offset: f64, bound: f64) {
        let (operands, out) = run::<T>(rows, len, offset);
        let [x, w, b, g] = operands.map(|v| v.iter().map(|v| v.as_f64()).collect::<Vec<f64>>());
        let mut slow = [rows * len, rows * len, len, len].map(|n| vec![0.0; n]);
        let n = len as f64;
        for r in 0..rows {
            let (x, g) = (&x[r * len..][..len], &g[r * len..][..len]);
            let mean = x.iter().sum::<f64>() / n;
            let s = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n + 1e-5).sqrt().recip();
            let hat: Vec<f64> = x.iter().map(|v| (v - mean) * s).collect();
            let v: Vec<f64> = g.iter().zip(&w).map(|(g, w)| g * w).collect();
            let (level, slope) = (v.iter().sum::<f64>() / n, v.iter().zip(&hat).map(|(v, h)| v * h).sum::<f64>() / n);
            for k in 0..len {
                slow[0][r * len + k] = hat[k] * w[k] + b[k];
                slow[1][r * len + k] = s * (v[k] - level - hat[k] * slope);
                slow[2][k] += g[k] * hat[k];
                slow[3][k] += g[k];
            }
        }
        let fast = [&out[0], &out[3], &out[4], &out[5]];
        for (what, (fast, slow)) in fast.into_iter().zip(slow).enumerate() {
            for (a, b) in fast.iter().zip(slow) {
                assert!((a.as_f64() - b).abs() <= bound * (1.0 + b.abs()), "{rows}×{len}, {what}: {a} is not {b}");
            }
        }
    }

    #[test]
    fn rows_follow_their_definition() {
        for (rows, len) in [(0, 3), (1, 1), (1, 31), (3, 7), (40, 1_000), (33, 33), (2, 5_003), (5_001, 4)] {
            agrees::<f64>(rows, len, 0.3, 1e-9);
            agrees::<f32>(rows, len, 0.3, 3e-4);
        }
        agrees::<f32>(3, 400, 1_000.0, 2e-3);
    }

    #[test]
    fn the_number_of_threads_leaves_every_bit_alone() {
        let run = || run::<f32>(700, 300, 0.0).1;
        let one = on_threads(1, run);
        assert!(one == on_threads(2, run) && one == on_threads(3, run));
    }

    #[test]
    fn what_is_not_wanted_is_not_written() {
        let (x, out) = run::<f64>(3, 4, 0.0);
        let back = Back { g: &x[3], x: &x[0], scale: &x[1], means: &out[1], scales: &out[2] };
        let mut dw = vec![0.0; 4];
        standardise_affine_back(&back, None, Some(&mut dw), None);
        assert_eq!(dw, out[4]);
    }
}
