//! Running results along an axis, the axis in the middle of \[outer, len, inner\]: sums, products, linear recurrences.
//! Each line is gone through in order and carried in f64, so a long running sum in f32 keeps its digits.

use super::par;
use crate::real::Real;

/// Elements that one task goes through, roughly.
const TASK: usize = 1 << 14;

/// Columns that are carried side by side.
const STRIP: usize = 256;

/// Which end of the axis comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Forward,
    Backward,
}

/// yₖ = x₀ + … + xₖ, or xₖ + … + xₙ₋₁ backwards.
pub(crate) fn cumsum<T: Real>(x: &[T], sizes: [usize; 3], order: Order, out: &mut [T]) {
    assert_eq!(x.len(), out.len(), "a running sum has its operand's shape");
    running(sizes, order, 0.0, out, |sum, k| sum + x[k].as_f64());
}

/// yₖ = x₀ · … · xₖ.
pub(crate) fn cumprod<T: Real>(x: &[T], sizes: [usize; 3], out: &mut [T]) {
    assert_eq!(x.len(), out.len(), "a running product has its operand's shape");
    running(sizes, Order::Forward, 1.0, out, |product, k| product * x[k].as_f64());
}

/// yₖ = ln(exp x₀ + … + exp xₖ), without overflow.
pub(crate) fn logcumsumexp<T: Real>(x: &[T], sizes: [usize; 3], out: &mut [T]) {
    assert_eq!(x.len(), out.len(), "a running sum has its operand's shape");
    running(sizes, Order::Forward, f64::NEG_INFINITY, out, |y, k| {
        let x = x[k].as_f64();
        // Equal infinities have no difference.
        let lower = if x == y { 1.0 } else { (-(x - y).abs()).exp() };
        if x > y { x + lower.ln_1p() } else { y + lower.ln_1p() }
    });
}

/// yₖ = xₖ + aₖ yₖ₋₁, or backwards its transpose yₖ = xₖ + aₖ₊₁ yₖ₊₁; a₀ is not read.
///
/// An exact zero that is carried stays zero beside an infinite or NaN factor.
pub(crate) fn recurrence<T: Real>(x: &[T], a: &[T], sizes: [usize; 3], order: Order, out: &mut [T]) {
    assert!(x.len() == out.len() && a.len() == out.len(), "a recurrence has its operands' shape");
    let inner = sizes[2];
    running(sizes, order, 0.0, out, |y, k| {
        let x = x[k].as_f64();
        match order {
            _ if y == 0.0 => x,
            Order::Forward => x + a[k].as_f64() * y,
            Order::Backward => x + a[k + inner].as_f64() * y,
        }
    });
}

/// Carries `state` along every line: state ← step(state, flat place), which is also the result there.
fn running<T: Real>(
    [outer, len, inner]: [usize; 3],
    order: Order,
    state: f64,
    out: &mut [T],
    step: impl Fn(f64, usize) -> f64 + Sync + Send,
) {
    assert_eq!(out.len(), outer * len * inner, "the output holds [{outer}, {len}, {inner}]");
    let block = len * inner;
    let blocks = (TASK / block.max(1)).max(1);
    let work = out.len();
    par::chunks_mut(out, blocks * block, work, |task, out| {
        let mut states = [state; STRIP];
        for (b, out) in out.chunks_mut(block).enumerate() {
            let first = (task * blocks + b) * block;
            for start in (0..inner).step_by(STRIP) {
                let states = &mut states[..STRIP.min(inner - start)];
                states.fill(state);
                for l in 0..len {
                    let row = start + inner * if order == Order::Forward { l } else { len - 1 - l };
                    for (i, state) in states.iter_mut().enumerate() {
                        *state = step(*state, first + row + i);
                        out[row + i] = T::of(*state);
                    }
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::naive_data::{self as naive, on_threads, values};
    use super::*;

    fn run<T: Real>(n: usize, f: impl Fn(&mut [T])) -> Vec<T> {
        let mut out = vec![T::nan(); n];
        f(&mut out);
        out
    }

    /// Small integers, for which sums and products are exact.
    fn agrees(sizes: [usize; 3], seed: u64) -> Result<(), TestCaseError> {
        let n = sizes.iter().product();
        let x: Vec<f64> = values(n, seed, |k| k as f64 - 3.0);
        let a: Vec<f64> = values(n, seed ^ 7, |k| [1.0, -1.0, 0.0, 2.0, 1.0, 0.5, -1.0][k]);
        let sums = run(n, |y| cumsum(&x, sizes, Order::Forward, y));
        let behind = run(n, |y| cumsum(&x, sizes, Order::Backward, y));
        let products = run(n, |y| cumprod(&a, sizes, y));
        let forward = run(n, |y| recurrence(&x, &a, sizes, Order::Forward, y));
        let backward = run(n, |y| recurrence(&x, &a, sizes, Order::Backward, y));
        let logs = run(n, |y| logcumsumexp(&x, sizes, y));
        for line in naive::lines(&sizes, &[1]) {
            for (k, &at) in line.iter().enumerate() {
                let part = |p: &[usize]| -> f64 { p.iter().map(|&j| x[j]).sum() };
                prop_assert_eq!(sums[at], part(&line[..=k]));
                prop_assert_eq!(behind[at], part(&line[k..]));
                prop_assert_eq!(products[at], line[..=k].iter().map(|&j| a[j]).product::<f64>());
                let between = |from: usize, to: usize| line[from + 1..=to].iter().map(|&j| a[j]).product::<f64>();
                prop_assert_eq!(forward[at], (0..=k).map(|j| x[line[j]] * between(j, k)).sum::<f64>());
                prop_assert_eq!(backward[at], (k..line.len()).map(|j| x[line[j]] * between(k, j)).sum::<f64>());
                let log = line[..=k].iter().map(|&j| x[j].exp()).sum::<f64>().ln();
                prop_assert!((logs[at] - log).abs() < 1e-13);
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn running_results_follow_their_definitions(
            outer in 0usize..4, len in 0usize..9, inner in 0usize..5, seed in any::<u64>(),
        ) {
            agrees([outer, len, inner], seed)?;
        }
    }

    #[test]
    fn wide_and_many_lines_follow_their_definitions() {
        for sizes in [[2, 3, 701], [5003, 3, 2], [3, 11, 257]] {
            agrees(sizes, 4).unwrap();
        }
    }

    #[test]
    fn the_number_of_threads_leaves_every_bit_alone() {
        let x: Vec<f32> = (0..120_000).map(|k| (k as f32).sin()).collect();
        for sizes in [[400, 300, 1], [100, 30, 40], [1, 300, 400]] {
            let [a, b] = [1, 3].map(|n| on_threads(n, || run(x.len(), |y| cumsum(&x, sizes, Order::Forward, y))));
            assert!(naive::same(&a, &b), "{sizes:?}");
        }
    }

    #[test]
    fn a_long_running_sum_keeps_its_digits() {
        let x = vec![0.1f32; 1_000_000];
        let y = run(x.len(), |y| cumsum(&x, [1, 1_000_000, 1], Order::Forward, y));
        assert!((f64::from(y[999_999]) / (1e6 * f64::from(0.1f32)) - 1.0).abs() < 1e-7);
    }

    #[test]
    fn logarithms_of_running_sums_meet_infinities_and_nan() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        let y = run(5, |y| logcumsumexp(&[-inf, -inf, 1000.0, 1000.0, -inf], [1, 5, 1], y));
        assert_eq!(y, [-inf, -inf, 1000.0, 1000.0 + 2f64.ln(), 1000.0 + 2f64.ln()]);
        let y = run(4, |y| logcumsumexp(&[inf, inf, nan, 0.0], [1, 4, 1], y));
        assert!(y[..2] == [inf, inf] && y[2..].iter().all(|v| v.is_nan()));
    }

    #[test]
    fn zero_is_carried_past_infinite_factors() {
        let (x, a) = ([0.0, 0.0, 1.0], [f64::NAN, f64::INFINITY, f64::NAN]);
        assert_eq!(run(3, |y| recurrence(&x, &a, [1, 3, 1], Order::Forward, y)), [0.0, 0.0, 1.0]);
    }
}
