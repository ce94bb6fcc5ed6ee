//! The forward kernel: for each block of keys, each block of queries brings its running maximum, sum and result up to date.

use super::super::fold::{Max, Sum, line};
use super::super::gemm::micro::Micro;
use super::super::simd::{self, vectorize};
use super::super::{par, scratch};
use super::tiles::{Left, Panels, product};
use super::{Heads, KEYS, QUERIES, TASK};
use crate::real::Real;

/// y = softmax(scale·q kᵀ + bias) v, and ln Σ exp of each row of scores.
///
/// A row that sees nothing gets zeros; its ln Σ exp is given as 0, which makes exp(−∞ − 0) the weight that it has.
pub(crate) fn forward<T: Real>(x: &Heads<'_, T>, y: &mut [T], log_sums: &mut [T]) {
    x.assert_sizes();
    let (queries, width) = (x.queries, x.width);
    assert_eq!(y.len(), x.heads * queries * width, "a result for each query");
    assert_eq!(log_sums.len(), x.heads * queries, "a number for each query");
    let parts = queries.div_ceil(TASK);
    let (y, log_sums) = (par::Parts::new(y), par::Parts::new(log_sums));
    par::for_each(x.heads * parts, x.work(), |t| {
        let (h, first) = (t / parts, t % parts * TASK);
        let rows = first..queries.min(first + TASK);
        let at = h * queries + first;
        // SAFETY: a query belongs to one task.
        let (y, log_sums) =
            unsafe { (y.part(at * width..(at + rows.len()) * width), log_sums.part(at..at + rows.len())) };
        let max = &mut scratch::take::<T>(rows.len());
        max.fill(T::neg_infinity());
        log_sums.fill(T::zero());
        y.fill(T::zero());
        run(x, h, first, max, log_sums, y);
        for (y, sum) in y.chunks_mut(width.max(1)).zip(&*log_sums).filter(|(_, sum)| **sum != T::zero()) {
            let by = sum.recip();
            vectorize(|| y.iter_mut().for_each(|y| *y *= by));
        }
        for (sum, &max) in log_sums.iter_mut().zip(&**max) {
            *sum = if *sum == T::zero() { T::zero() } else { max + sum.ln() };
        }
    });
}

/// Queries from `first` on of one head: maxima, sums of exp(score − maximum), and sums of values weighted so.
fn run<T: Real>(x: &Heads<'_, T>, h: usize, first: usize, max: &mut [T], sums: &mut [T], y: &mut [T]) {
    let micro = Micro::<T>::get();
    let (size, width, count) = (x.size, x.width, max.len());
    let most = KEYS.min(x.keys);
    let mut scaled = scratch::take::<T>(count * size);
    x.scaled(h, &(first..first + count), &mut scaled);
    let mut room = scratch::take::<T>(Panels::room(micro, most, size));
    let mut scores = scratch::take::<T>(QUERIES.min(count) * most);
    for start in (0..x.keys).step_by(KEYS) {
        let keys = start..x.keys.min(start + KEYS);
        if x.reach(&(first..first + count), &keys) == 0 {
            break;
        }
        let panels = Panels::of_rows(micro, x.keys_of(h, &keys), size, keys.len(), &mut room);
        let values = x.values_of(h, &keys);
        for from in (0..count).step_by(QUERIES) {
            let block = from..count.min(from + QUERIES);
            let rows = first + block.start..first + block.end;
            let n = x.reach(&rows, &keys);
            if n == 0 {
                continue;
            }
            let scores = &mut scores[..block.len() * n];
            x.scores(micro, h, (&scaled[from * size..], rows), (&panels, start..start + n), scores);
            let y = &mut y[from * width..block.end * width];
            let lines = scores.chunks_mut(n).zip(max[block.clone()].iter_mut().zip(&mut sums[block.clone()]));
            for (r, (s, (max, sum))) in lines.enumerate() {
                let old = std::mem::replace(max, join(*max, line::<T, Max>(s, &|v| v)));
                let shift = if *max == T::neg_infinity() { T::zero() } else { *max };
                if start > 0 && old != *max {
                    let by = if old == T::neg_infinity() { T::zero() } else { (old - shift).exp() };
                    *sum *= by;
                    vectorize(|| y[r * width..][..width].iter_mut().for_each(|y| *y *= by));
                }
                vectorize(|| s.iter_mut().for_each(|s| *s -= shift));
                simd::exp(s);
                *sum += line::<T, Sum>(s, &|v| v);
            }
            let weights = Left { data: scores, rows: block.len(), k: n, row: n, step: 1 };
            product(micro, weights, &values[..n * width], width, y, start > 0);
        }
    }
}

/// The larger; NaN wins.
fn join<T: Real>(a: T, b: T) -> T {
    if a > b || a.is_nan() { a } else { b }
}
