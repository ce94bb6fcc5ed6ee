//! Sorting along an axis, the axis in the middle of \[outer, len, inner\], with the places that elements came from.
//! Equal elements keep their order and NaN is larger than any number, as in PyTorch; −0 equals 0.

use super::par;
use crate::real::Real;

/// Elements that one task goes through, roughly.
const TASK: usize = 1 << 13;

/// A number as an integer of the same order, NaN above all.
fn key<T: Real>(x: T) -> u64 {
    // Adding 0 makes 0 of −0.
    let bits = (x.as_f64() + 0.0).to_bits();
    match bits >> 63 {
        _ if x.is_nan() => u64::MAX,
        0 => bits | 1 << 63,
        _ => !bits,
    }
}

/// The first `take` elements of every line in rising order, or in falling order, and their places in the line.
///
/// Both outputs are \[outer, take, inner\].
pub(crate) fn sort<T: Real>(
    x: &[T],
    [outer, len, inner]: [usize; 3],
    falling: bool,
    take: usize,
    values: &mut [T],
    index: &mut [u32],
) {
    assert_eq!(x.len(), outer * len * inner, "the operand holds [{outer}, {len}, {inner}]");
    assert!(take <= len && u32::try_from(len).is_ok(), "{take} of {len} elements");
    assert!(values.len() == outer * take * inner && index.len() == values.len(), "the outputs hold {take} a line");
    if values.is_empty() {
        return;
    }
    let (block, out_block) = (len * inner, take * inner);
    let blocks = (TASK / block).max(1);
    par::chunks2_mut((values, blocks * out_block), (index, blocks * out_block), x.len(), |task, values, index| {
        let mut line: Vec<(u64, u32)> = Vec::with_capacity(len);
        let x = &x[task * blocks * block..];
        for ((x, values), index) in x.chunks(block).zip(values.chunks_mut(out_block)).zip(index.chunks_mut(out_block)) {
            for i in 0..inner {
                // The place breaks ties, so that an unstable sort of pairs is a stable one of elements.
                let keys = x[i..].iter().step_by(inner).map(|&v| if falling { !key(v) } else { key(v) });
                line.clear();
                line.extend(keys.zip(0..));
                if take < len {
                    line.select_nth_unstable(take);
                    line.truncate(take);
                }
                line.sort_unstable();
                for (k, &(_, place)) in line.iter().enumerate() {
                    values[k * inner + i] = x[place as usize * inner + i];
                    index[k * inner + i] = place;
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;

    use super::super::naive_data::{self as naive, on_threads, values};
    use super::*;

    fn run<T: Real>(x: &[T], sizes: [usize; 3], falling: bool, take: usize) -> (Vec<T>, Vec<u32>) {
        let n = sizes[0] * take * sizes[2];
        let (mut values, mut index) = (vec![T::of(99.0); n], vec![99; n]);
        sort(x, sizes, falling, take, &mut values, &mut index);
        (values, index)
    }

    fn order(a: f64, b: f64) -> Ordering {
        a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
    }

    fn agrees(sizes: [usize; 3], take: usize, seed: u64) -> Result<(), TestCaseError> {
        let number = |k: usize| [1.5, -0.0, f64::NAN, 0.0, -3.0, f64::INFINITY, f64::NEG_INFINITY][k];
        let x: Vec<f64> = values(sizes.iter().product(), seed, number);
        for falling in [false, true] {
            let (v, at) = run(&x, sizes, falling, take);
            let out = naive::lines(&[sizes[0], take, sizes[2]], &[1]);
            for (line, out) in naive::lines(&sizes, &[1]).into_iter().zip(out) {
                let mut places: Vec<usize> = (0..line.len()).collect();
                places.sort_by(|&a, &b| {
                    let rising = order(x[line[a]], x[line[b]]);
                    if falling { rising.reverse() } else { rising }
                });
                for (&place, &o) in places.iter().zip(&out) {
                    prop_assert_eq!(at[o] as usize, place);
                    prop_assert!(v[o].to_bits() == x[line[place]].to_bits());
                }
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn sorting_follows_its_definition(
            outer in 0usize..4, len in 0usize..12, inner in 0usize..4, take in 0usize..12, seed in any::<u64>(),
        ) {
            agrees([outer, len, inner], len.min(take), seed)?;
            agrees([outer, len, inner], len, seed)?;
        }
    }

    #[test]
    fn large_sorts_follow_their_definition_on_any_number_of_threads() {
        for (sizes, take) in [([30, 701, 3], 701), ([2, 20_011, 1], 9), ([5003, 7, 2], 3)] {
            agrees(sizes, take, 5).unwrap();
            let x: Vec<f32> = (0..sizes.iter().product()).map(|k| (k as f32).sin()).collect();
            let [a, b] = [1, 3].map(|n| on_threads(n, || run(&x, sizes, true, take)));
            assert_eq!(a, b);
        }
    }
}
