//! Log-sum-exp, softmax and log-softmax along one axis of a row-major tensor seen as \[outer, len, inner\].
//! The largest element is subtracted before the exponential, so nothing overflows (Blanchard, Higham & Higham, 2021).

use super::fold::{Max, ROWS, STRIP, Sum, line, pieces, pieces_of_rows, rows_of};
use super::{par, simd};
use crate::real::Real;

/// Elements that one task goes through, roughly; an exponential costs more than an addition.
const TASK: usize = 1 << 13;

/// ln Σₖ exp xₖ: −∞ where all are −∞ or none are, +∞ where one is +∞, NaN where one is NaN.
pub(crate) fn log_sum_exp<T: Real>(x: &[T], sizes: [usize; 3], out: &mut [T]) {
    log_sums(x, sizes, out, |_, shift, log| shift + log);
}

/// ln Σₖ exp xₖ − x at the label of each line, which is below `len`.
///
/// The shift leaves by the difference x − shift, so that a loss near 0 keeps its digits beside large logits.
pub(crate) fn cross_entropy<T: Real>(x: &[T], labels: &[u32], sizes: [usize; 3], out: &mut [T]) {
    let [_, len, inner] = sizes;
    assert_eq!(labels.len(), out.len(), "there is a label for every line");
    log_sums(x, sizes, out, |line, shift, log| {
        let own = x[(line / inner * len + labels[line] as usize) * inner + line % inner];
        log - (own - shift)
    });
}

/// Writes `finish(line, m, ln Σₖ exp (xₖ − m))` for each line, with m its largest element, or 0 where that is infinite.
fn log_sums<T: Real>(x: &[T], sizes: [usize; 3], out: &mut [T], finish: impl Fn(usize, T, T) -> T + Sync + Send) {
    let [outer, len, inner] = sizes;
    assert_eq!(x.len(), outer * len * inner, "the operand holds {sizes:?}");
    assert_eq!(out.len(), outer * inner, "the output holds [{outer}, {inner}]");
    if len * inner == 0 {
        out.iter_mut().enumerate().for_each(|(k, o)| *o = finish(k, T::zero(), T::neg_infinity()));
        return;
    }
    let lines = (TASK / (len * inner)).max(1);
    par::chunks_mut(out, lines * inner, x.len(), |k, out| {
        let x = &x[k * lines * len * inner..];
        let first = k * lines * inner;
        if inner == 1 {
            // As many lines at a time as the buffer holds: a vector may then reach over several short ones.
            let group = (BUFFER / len).max(1);
            let mut held = [T::zero(); BUFFER];
            for (g, (out, x)) in out.chunks_mut(group).zip(x.chunks(group * len)).enumerate() {
                sums_of_lines(x, len, &mut held, out, |i, shift, log| finish(first + g * group + i, shift, log));
            }
            return;
        }
        for (b, (x, out)) in x.chunks(len * inner).zip(out.chunks_mut(inner)).enumerate() {
            for (s, out) in out.chunks_mut(BUFFER / ROWS).enumerate() {
                let start = s * (BUFFER / ROWS);
                sums_of_columns(&x[start..], inner, len, out, |j, shift, log| {
                    finish(first + b * inner + start + j, shift, log)
                });
            }
        }
    });
}

/// Elements whose exponentials stand in the first-level cache before they are added.
const BUFFER: usize = 1024;

/// `finish(i, m, ln Σₖ exp (xₖ − m))` for a few whole lines, or a single one of any length.
fn sums_of_lines<T: Real>(
    x: &[T],
    len: usize,
    held: &mut [T; BUFFER],
    out: &mut [T],
    finish: impl Fn(usize, T, T) -> T,
) {
    if out.len() == 1 {
        let shift = finite_or_zero(line::<T, Max>(x, &|v| v));
        let sum = pieces::<T, Sum>(x, &mut |x| {
            let held = &mut held[..x.len()];
            simd::vectorize(|| held.iter_mut().zip(x).for_each(|(h, &v)| *h = v - shift));
            simd::exp(held);
            line::<T, Sum>(held, &|v| v)
        });
        out[0] = sum;
        simd::ln(out);
        out[0] = finish(0, shift, out[0]);
        return;
    }
    let held = &mut held[..x.len()];
    let mut shifts = [T::zero(); BUFFER];
    for ((held, x), shift) in held.chunks_mut(len).zip(x.chunks(len)).zip(&mut shifts) {
        let m = finite_or_zero(line::<T, Max>(x, &|v| v));
        simd::vectorize(|| held.iter_mut().zip(x).for_each(|(h, &v)| *h = v - m));
        *shift = m;
    }
    simd::exp(held);
    held.chunks(len).zip(&mut *out).for_each(|(held, sum)| *sum = line::<T, Sum>(held, &|v| v));
    simd::ln(out);
    out.iter_mut().zip(shifts).enumerate().for_each(|(i, (o, m))| *o = finish(i, m, *o));
}

/// The same for columns, as many as there are in `out`, of rows that are `stride` apart.
fn sums_of_columns<T: Real>(x: &[T], stride: usize, len: usize, out: &mut [T], finish: impl Fn(usize, T, T) -> T) {
    let (mut shifts, mut held) = ([T::zero(); BUFFER / ROWS], [T::zero(); BUFFER]);
    let (width, shifts) = (out.len(), &mut shifts[..out.len()]);
    rows_of::<T, Max>(x, stride, len, shifts, &|_, v| v);
    shifts.iter_mut().for_each(|m| *m = finite_or_zero(*m));
    pieces_of_rows::<T, Sum>(x, stride, len, out, &mut |x, rows, out| {
        let held = &mut held[..rows * width];
        for (held, x) in held.chunks_mut(width).zip(x.chunks(stride)) {
            held.iter_mut().zip(x).zip(&*shifts).for_each(|((h, &v), &m)| *h = v - m);
        }
        simd::exp(held);
        rows_of::<T, Sum>(held, width, rows, out, &|_, v| v);
    });
    simd::ln(out);
    out.iter_mut().zip(shifts).enumerate().for_each(|(j, (o, m))| *o = finish(j, *m, *o));
}

/// An infinite maximum cannot be subtracted (∞ − ∞ is NaN) and need not be: the sum is then 0, ∞ or NaN by itself.
fn finite_or_zero<T: Real>(m: T) -> T {
    if m.is_finite() { m } else { T::zero() }
}

/// exp xⱼ / Σₖ exp xₖ; NaN throughout where the largest element is infinite or one is NaN.
pub(crate) fn softmax<T: Real>(x: &[T], sizes: [usize; 3], out: &mut [T]) {
    normalise(x, sizes, out, |max| max, |sum| sum, |exp, _, sum| exp / sum, |_, _| {});
}

/// g·(softmax x − 1 at the label) of each line; 0 where g is, whatever x holds. Labels are below `len`.
pub(crate) fn cross_entropy_back<T: Real>(x: &[T], labels: &[u32], g: &[T], sizes: [usize; 3], out: &mut [T]) {
    let [outer, len, inner] = sizes;
    assert!(labels.len() == outer * inner && g.len() == labels.len(), "there are a label and a number for every line");
    let times = |g: T, p: T| if g == T::zero() { g } else { g * p };
    let scaled = |at: usize, out: &mut [T]| {
        if inner == 1 {
            let lines = at / len..;
            for (line, out) in lines.zip(out.chunks_mut(len)) {
                let g = g[line];
                simd::vectorize(|| out.iter_mut().for_each(|o| *o = times(g, *o)));
                out[labels[line] as usize] -= g;
            }
            return;
        }
        let lines = at / len..at / len + inner;
        let (g, labels) = (&g[lines.clone()], &labels[lines]);
        for row in out.chunks_mut(inner) {
            simd::vectorize(|| row.iter_mut().zip(g).for_each(|(o, &g)| *o = times(g, *o)));
        }
        labels.iter().zip(g).enumerate().for_each(|(i, (&label, &g))| out[label as usize * inner + i] -= g);
    };
    normalise(x, sizes, out, |max| max, |sum| sum, |exp, _, sum| exp / sum, scaled);
}

/// As [`softmax`], but zeros where all elements are −∞.
pub(crate) fn softmax_or_zero<T: Real>(x: &[T], sizes: [usize; 3], out: &mut [T]) {
    let shift = |max: T| if max == T::neg_infinity() { T::zero() } else { max };
    normalise(x, sizes, out, shift, |sum| sum, |exp, _, sum| if sum == T::zero() { exp } else { exp / sum }, |_, _| {});
}

/// xⱼ − ln Σₖ exp xₖ; NaN throughout where the largest element is infinite or one is NaN.
pub(crate) fn log_softmax<T: Real>(x: &[T], sizes: [usize; 3], out: &mut [T]) {
    normalise(x, sizes, out, |max| max, |sum| sum.ln(), |_, shifted, log| shifted - log, |_, _| {});
}

/// Writes exp(x − m) to `out`, then `finish(exp(x − m), x − m, prepare(Σ exp(x − m)))` over it, with m = `shift(max x)`, and
/// calls `then` with the place and the numbers of whole lines that are still in cache, or of all that lie among each other.
#[allow(clippy::too_many_arguments)]
fn normalise<T: Real>(
    x: &[T],
    sizes: [usize; 3],
    out: &mut [T],
    shift: impl Fn(T) -> T + Sync + Send,
    prepare: impl Fn(T) -> T + Sync + Send,
    finish: impl Fn(T, T, T) -> T + Sync + Send,
    then: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    let [outer, len, inner] = sizes;
    assert_eq!(x.len(), outer * len * inner, "the operand holds {sizes:?}");
    assert_eq!(out.len(), x.len(), "the output holds {sizes:?}");
    if x.is_empty() {
        return;
    }
    let lines = (TASK / (len * inner)).max(1);
    par::chunks_mut(out, lines * len * inner, x.len(), |k, out| {
        let first = k * lines * len * inner;
        let x = &x[first..][..out.len()];
        if inner == 1 {
            // As many lines at a time as stay in the first-level cache: a vector may then reach over several short ones.
            let group = (BUFFER / len).max(1);
            let mut shifts = [T::zero(); BUFFER];
            let groups = x.chunks(group * len).zip(out.chunks_mut(group * len));
            for ((x, out), at) in groups.zip((first..).step_by(group * len)) {
                let lines = x.chunks(len).zip(out.chunks_mut(len));
                for ((x, out), max) in lines.zip(&mut shifts) {
                    let m = shift(line::<T, Max>(x, &|v| v));
                    simd::vectorize(|| out.iter_mut().zip(x).for_each(|(o, &v)| *o = v - m));
                    *max = m;
                }
                simd::exp(out);
                let lines = x.chunks(len).zip(out.chunks_mut(len));
                for ((x, out), &max) in lines.zip(&shifts) {
                    let total = prepare(line::<T, Sum>(out, &|v| v));
                    simd::vectorize(|| out.iter_mut().zip(x).for_each(|(o, &v)| *o = finish(*o, v - max, total)));
                }
                then(at, out);
            }
            return;
        }
        let blocks = x.chunks(len * inner).zip(out.chunks_mut(len * inner));
        for ((x, out), at) in blocks.zip((first..).step_by(len * inner)) {
            for first in (0..inner).step_by(STRIP) {
                let width = STRIP.min(inner - first);
                let (mut max, mut total) = ([T::zero(); STRIP], [T::zero(); STRIP]);
                let (max, total) = (&mut max[..width], &mut total[..width]);
                rows_of::<T, Max>(&x[first..], inner, len, max, &|_, v| v);
                max.iter_mut().for_each(|m| *m = shift(*m));
                simd::vectorize(|| {
                    for row in (first..x.len()).step_by(inner) {
                        let pairs = out[row..][..width].iter_mut().zip(&x[row..][..width]);
                        pairs.zip(&*max).for_each(|((o, &v), &m)| *o = v - m);
                    }
                });
                if width == inner {
                    simd::exp(out);
                } else {
                    (first..x.len()).step_by(inner).for_each(|row| simd::exp(&mut out[row..][..width]));
                }
                rows_of::<T, Sum>(&out[first..], inner, len, total, &|_, v| v);
                total.iter_mut().for_each(|t| *t = prepare(*t));
                simd::vectorize(|| {
                    for row in (first..x.len()).step_by(inner) {
                        let pairs = out[row..][..width].iter_mut().zip(&x[row..][..width]);
                        let columns = max.iter().zip(&*total);
                        pairs.zip(columns).for_each(|((o, &v), (&m, &t))| *o = finish(*o, v - m, t));
                    }
                });
            }
            then(at, out);
        }
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::naive_data::{self as naive, values};
    use super::*;

    const INF: f64 = f64::INFINITY;

    fn close<T: Real>(a: T, b: f64) -> bool {
        let a = a.as_f64();
        a.is_nan() && b.is_nan() || a == b || (a - b).abs() <= 8.0 * T::epsilon().as_f64() * b.abs().max(1.0)
    }

    fn agrees<T: Real>(sizes: [usize; 3], x: &[T]) -> Result<(), TestCaseError> {
        let lines = naive::lines(&sizes, &[1]);
        let (mut lse, mut soft, mut log) =
            (vec![T::one(); lines.len()], vec![T::one(); x.len()], vec![T::one(); x.len()]);
        log_sum_exp(x, sizes, &mut lse);
        softmax(x, sizes, &mut soft);
        log_softmax(x, sizes, &mut log);
        let labels: Vec<u32> = (0..lines.len()).map(|k| (k * 5 % sizes[1].max(1)) as u32).collect();
        let (mut loss, mut back) = (vec![T::one(); lines.len()], vec![T::one(); x.len()]);
        // A third of the lines has no cotangent.
        let g: Vec<T> = (0..lines.len()).map(|k| T::of((k % 3) as f64)).collect();
        if sizes[1] > 0 {
            cross_entropy(x, &labels, sizes, &mut loss);
            cross_entropy_back(x, &labels, &g, sizes, &mut back);
        }
        for (i, (l, lse)) in lines.iter().zip(lse).enumerate() {
            let exact = l.iter().map(|&k| x[k].as_f64().exp()).sum::<f64>();
            prop_assert!(close(lse, exact.ln()), "{lse} is not {}", exact.ln());
            if let Some(&own) = l.get(labels[i] as usize) {
                let wanted = exact.ln() - x[own].as_f64();
                prop_assert!(close(loss[i], wanted), "{} is not {wanted}", loss[i]);
            }
            for &k in l {
                let v = x[k].as_f64();
                prop_assert!(close(soft[k], v.exp() / exact), "{} is not {}", soft[k], v.exp() / exact);
                prop_assert!(close(log[k], v - exact.ln()), "{} is not {}", log[k], v - exact.ln());
                let own = if l[labels[i] as usize] == k { 1.0 } else { 0.0 };
                let wanted = g[i].as_f64() * (v.exp() / exact - own);
                prop_assert!(close(back[k], wanted), "{} is not {wanted}", back[k]);
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn they_follow_their_definitions(outer in 0usize..4, len in 0usize..9, inner in 0usize..4, seed in any::<u64>()) {
            let sizes = [outer, len, inner];
            agrees::<f64>(sizes, &values(outer * len * inner, seed, |k| k as f64 * 1.7 - 4.0))?;
            agrees::<f32>(sizes, &values(outer * len * inner, seed, |k| k as f32 * 1.7 - 4.0))?;
        }
    }

    #[test]
    fn large_ones_follow_their_definitions_evaluated_in_doubles() {
        for sizes in [[3, 20_011, 1], [2_003, 10, 1], [3, 41, 701], [1, 5_003, 3]] {
            agrees::<f32>(sizes, &values(sizes.iter().product(), 3, |k| k as f32 - 3.0)).unwrap();
        }
    }

    #[test]
    fn infinities_come_out_as_the_limits_say() {
        let lines: [([f64; 3], f64); 5] = [
            ([-INF, -INF, -INF], -INF),
            ([1.0, INF, -INF], INF),
            ([f64::NAN, INF, 0.0], f64::NAN),
            ([-INF, 2.0, -INF], 2.0),
            ([1000.0, 1000.0, -INF], 1000.0 + 2f64.ln()),
        ];
        for (x, expected) in lines {
            let (mut row, mut columns) = ([9.0], [9.0; 2]);
            log_sum_exp(&x, [1, 3, 1], &mut row);
            log_sum_exp(&[x[0], x[0], x[1], x[1], x[2], x[2]], [1, 3, 2], &mut columns);
            for v in [row[0], columns[0], columns[1]] {
                assert!(close(v, expected), "{x:?} gives {v}, not {expected}");
            }
        }
        let mut out = [9.0; 3];
        softmax(&[-INF, 2.0, 2.0], [1, 3, 1], &mut out);
        assert_eq!(out, [0.0, 0.5, 0.5]);
        log_softmax(&[1e4, 0.0, -INF], [1, 3, 1], &mut out);
        assert_eq!(out, [0.0, -1e4, -INF]);
    }

    #[test]
    fn a_line_of_nothing_weighs_nothing_where_asked() {
        for inner in [1, 2] {
            let x: Vec<f64> = [-INF, -INF, 1.0, -INF].iter().flat_map(|&v| vec![v; inner]).collect();
            let mut out = vec![9.0; x.len()];
            softmax_or_zero(&x, [2, 2, inner], &mut out);
            let expected: Vec<f64> = [0.0, 0.0, 1.0, 0.0].iter().flat_map(|&v| vec![v; inner]).collect();
            assert_eq!(out, expected);
            softmax_or_zero(&[INF, f64::NAN], [2, 1, 1], &mut out[..2]);
            assert!(out[..2].iter().all(|v| v.is_nan()));
        }
    }
}
