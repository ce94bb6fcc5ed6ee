//! The largest or smallest element along one axis and where it stands, the axis in the middle of \[outer, len, inner\].
//! The first of equals wins, and the first NaN wins over numbers, as in PyTorch.

use super::par;
use super::reduce::{Fold, Max, Min, line};
use crate::real::Real;

/// Elements that one task goes through, roughly.
const TASK: usize = 1 << 15;

/// The maximum along the middle axis of \[outer, len, inner\] and where it first stands; the first NaN beats numbers.
pub(crate) fn max_index<T: Real>(x: &[T], sizes: [usize; 3], values: &mut [T], index: &mut [u32]) {
    extremum::<T, Max>(x, sizes, values, index, |v, best| v > best);
}

/// The minimum along the middle axis of \[outer, len, inner\] and where it first stands; the first NaN beats numbers.
pub(crate) fn min_index<T: Real>(x: &[T], sizes: [usize; 3], values: &mut [T], index: &mut [u32]) {
    extremum::<T, Min>(x, sizes, values, index, |v, best| v < best);
}

fn extremum<T: Real, F: Fold<T>>(
    x: &[T],
    [outer, len, inner]: [usize; 3],
    values: &mut [T],
    index: &mut [u32],
    beats: impl Fn(T, T) -> bool + Sync + Send,
) {
    assert_eq!(x.len(), outer * len * inner, "the operand holds [{outer}, {len}, {inner}]");
    assert!(values.len() == outer * inner && index.len() == outer * inner, "the outputs hold [{outer}, {inner}]");
    assert!(u32::try_from(len).is_ok(), "an axis of {len} elements is longer than an index can count");
    if values.is_empty() {
        return;
    }
    assert!(len > 0, "the extremum of nothing");
    let lines = (TASK / (len * inner).max(1)).max(1) * inner;
    par::chunks2_mut((values, lines), (index, lines), x.len(), |k, values, index| {
        let x = &x[k * lines * len..];
        if inner == 1 {
            for ((row, v), at) in x.chunks(len).zip(values).zip(index) {
                let best = line::<T, F>(row, &|v| v);
                let first = row.iter().position(|&v| v == best || (v.is_nan() && best.is_nan())).unwrap_or(0);
                (*v, *at) = (row[first], first as u32);
            }
            return;
        }
        for ((block, values), index) in x.chunks(len * inner).zip(values.chunks_mut(inner)).zip(index.chunks_mut(inner))
        {
            values.copy_from_slice(&block[..inner]);
            index.fill(0);
            for (l, row) in block.chunks(inner).enumerate().skip(1) {
                for ((best, at), &v) in values.iter_mut().zip(index.iter_mut()).zip(row) {
                    let better = beats(v, *best) || (v.is_nan() && !best.is_nan());
                    *best = if better { v } else { *best };
                    *at = if better { l as u32 } else { *at };
                }
            }
        }
    });
}

/// The maximum so far along the middle axis of \[outer, len, inner\] and where it last stood; NaN stays from its place on.
pub(crate) fn running_max<T: Real>(x: &[T], sizes: [usize; 3], values: &mut [T], index: &mut [u32]) {
    running(x, sizes, values, index, |v, best| v >= best);
}

/// The minimum so far along the middle axis of \[outer, len, inner\] and where it last stood; NaN stays from its place on.
pub(crate) fn running_min<T: Real>(x: &[T], sizes: [usize; 3], values: &mut [T], index: &mut [u32]) {
    running(x, sizes, values, index, |v, best| v <= best);
}

fn running<T: Real>(
    x: &[T],
    [outer, len, inner]: [usize; 3],
    values: &mut [T],
    index: &mut [u32],
    leads: impl Fn(T, T) -> bool + Sync + Send,
) {
    assert_eq!(x.len(), outer * len * inner, "the operand holds [{outer}, {len}, {inner}]");
    assert!(values.len() == x.len() && index.len() == x.len(), "the outputs hold as many");
    assert!(u32::try_from(len).is_ok(), "an axis of {len} elements is longer than an index can count");
    let block = len * inner;
    let chunk = (TASK / block.max(1)).max(1) * block;
    par::chunks2_mut((values, chunk), (index, chunk), x.len(), |k, values, index| {
        let x = &x[k * chunk..];
        for ((x, values), index) in x.chunks(block).zip(values.chunks_mut(block)).zip(index.chunks_mut(block)) {
            values[..inner].copy_from_slice(&x[..inner]);
            index[..inner].fill(0);
            for at in inner..block {
                let (v, best) = (x[at], values[at - inner]);
                let leads = v.is_nan() || leads(v, best);
                values[at] = if leads { v } else { best };
                index[at] = if leads { (at / inner) as u32 } else { index[at - inner] };
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::naive_data::{self as naive, values};
    use super::*;

    fn agrees(sizes: [usize; 3], seed: u64) -> Result<(), TestCaseError> {
        let x: Vec<f32> = values(sizes.iter().product(), seed, |k| if k == 6 { f32::NAN } else { k as f32 });
        let lines = naive::lines(&sizes, &[1]);
        let (mut v, mut at) = (vec![9.0; lines.len()], vec![9; lines.len()]);
        for (find, sign) in [(max_index::<f32> as fn(&[f32], _, &mut [f32], &mut [u32]), 1.0), (min_index::<f32>, -1.0)]
        {
            find(&x, sizes, &mut v, &mut at);
            for (l, (v, at)) in lines.iter().zip(v.iter().zip(&at)) {
                let (best, first) = naive::first_max(l.iter().map(|&k| sign * x[k]));
                prop_assert!(naive::same(&[sign * v], &[best]) && *at == first, "{v} at {at}, not {best} at {first}");
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn extrema_know_their_first_place(outer in 0usize..4, len in 1usize..9, inner in 0usize..5, seed in any::<u64>()) {
            agrees([outer, len, inner], seed)?;
        }
    }

    proptest! {
        #[test]
        fn running_extrema_are_those_of_what_came_so_far(
            outer in 0usize..4, len in 0usize..9, inner in 0usize..5, seed in any::<u64>(),
        ) {
            let sizes = [outer, len, inner];
            let x: Vec<f32> = values(sizes.iter().product(), seed, |k| if k == 6 { f32::NAN } else { k as f32 });
            let (mut v, mut at) = (vec![9.0; x.len()], vec![9; x.len()]);
            for (find, sign) in [(running_max::<f32> as fn(&[f32], _, &mut [f32], &mut [u32]), 1.0), (running_min, -1.0)] {
                find(&x, sizes, &mut v, &mut at);
                for line in naive::lines(&sizes, &[1]) {
                    for k in 0..line.len() {
                        // The last of equals is the first from behind.
                        let (best, first) = naive::first_max(line[..=k].iter().rev().map(|&j| sign * x[j]));
                        prop_assert!(naive::same(&[sign * v[line[k]]], &[best]));
                        prop_assert_eq!(at[line[k]] as usize, k - first as usize);
                    }
                }
            }
        }
    }

    #[test]
    fn large_extrema_know_their_first_place() {
        for sizes in [[50, 1031, 1], [10_007, 4, 1], [40, 5, 301], [1, 3, 20_011]] {
            agrees(sizes, 2).unwrap();
        }
    }

    #[test]
    fn signed_zeros_tie_and_the_first_wins() {
        let (mut v, mut at) = ([9.0], [9]);
        max_index(&[-0.0f64, 0.0], [1, 2, 1], &mut v, &mut at);
        assert_eq!((v[0].to_bits(), at[0]), ((-0.0f64).to_bits(), 0));
        max_index(&[1.0, f64::NAN, f64::INFINITY, f64::NAN], [1, 4, 1], &mut v, &mut at);
        assert!(v[0].is_nan() && at[0] == 1);
    }
}
