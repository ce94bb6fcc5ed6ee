//! Reductions of row-major tensors over any set of axes: sum, product, maximum and minimum.
//! Elements combine in fixed blocks and those in a balanced tree, which bounds rounding and fixes the bits of a result.

pub(super) use super::fold::{Fold, Max, Min, Prod, STRIP, Sum, line, rows_of};
use super::fold::{LANES, ROWS};
use super::par;
use crate::real::Real;

/// Elements that one task goes through, roughly.
const TASK: usize = 1 << 15;

/// Sums over `axes` (sorted); the sum of nothing is 0.
pub(crate) fn sum<T: Real>(x: &[T], dims: &[usize], axes: &[usize], out: &mut [T]) {
    reduce::<T, Sum>(x, dims, axes, out);
}

/// Products over `axes` (sorted); the product of nothing is 1.
pub(crate) fn prod<T: Real>(x: &[T], dims: &[usize], axes: &[usize], out: &mut [T]) {
    reduce::<T, Prod>(x, dims, axes, out);
}

/// Maxima over `axes` (sorted), of at least one element each; a NaN among them is the result.
pub(crate) fn max<T: Real>(x: &[T], dims: &[usize], axes: &[usize], out: &mut [T]) {
    debug_assert!(!x.is_empty() || out.is_empty(), "the maximum of nothing");
    reduce::<T, Max>(x, dims, axes, out);
}

/// Minima over `axes` (sorted), of at least one element each; a NaN among them is the result.
pub(crate) fn min<T: Real>(x: &[T], dims: &[usize], axes: &[usize], out: &mut [T]) {
    debug_assert!(!x.is_empty() || out.is_empty(), "the minimum of nothing");
    reduce::<T, Min>(x, dims, axes, out);
}

/// Folds one group of neighbouring axes after the other, the innermost first; the first pass shrinks the data most.
fn reduce<T: Real, F: Fold<T>>(x: &[T], dims: &[usize], axes: &[usize], out: &mut [T]) {
    assert_eq!(x.len(), dims.iter().product::<usize>(), "the operand holds {dims:?}");
    let gone = |k: &usize| axes.contains(k);
    let left: usize = (0..dims.len()).filter(|k| !gone(k)).map(|k| dims[k]).product();
    assert_eq!(out.len(), left, "the output holds {dims:?} without {axes:?}");
    if x.is_empty() {
        out.fill(F::empty());
        return;
    }
    // Sizes of alternating groups, kept and reduced, from the outside in.
    let mut groups: smallvec::SmallVec<[(bool, usize); 8]> = smallvec::SmallVec::new();
    for k in (0..dims.len()).filter(|&k| dims[k] != 1) {
        match groups.last_mut() {
            Some((g, n)) if *g == gone(&k) => *n *= dims[k],
            _ => groups.push((gone(&k), dims[k])),
        }
    }
    let (mut inner, mut held) = (1, None::<Vec<T>>);
    while let Some((folds, n)) = groups.pop() {
        if !folds {
            inner *= n;
            continue;
        }
        let outer: usize = groups.iter().map(|g| g.1).product();
        let x = held.as_deref().unwrap_or(x);
        if !groups.iter().any(|g| g.0) {
            return fold::<T, F>(x, [outer, n, inner], out);
        }
        let mut smaller = vec![F::empty(); outer * inner];
        fold::<T, F>(x, [outer, n, inner], &mut smaller);
        held = Some(smaller);
    }
    out.copy_from_slice(x);
}

/// Folds the middle axis of \[outer, len, inner\].
fn fold<T: Real, F: Fold<T>>(x: &[T], [outer, len, inner]: [usize; 3], out: &mut [T]) {
    // A long axis of narrow rows becomes several shorter ones, whose results are folded in turn. Wide rows are left
    // whole: their columns are tasks enough.
    let rows = (TASK / inner).max(ROWS);
    if len > rows && inner <= TASK / 8 {
        let pieces = len.div_ceil(rows);
        let mut part = vec![F::empty(); outer * pieces * inner];
        par::chunks_mut(&mut part, inner, x.len(), |k, o| {
            let (i, p) = (k / pieces, k % pieces);
            let n = rows.min(len - p * rows);
            block::<T, F>(&x[(i * len + p * rows) * inner..][..n * inner], inner, o);
        });
        return fold::<T, F>(&part, [outer, pieces, inner], out);
    }
    if inner == 1 {
        let lines = (TASK / len).max(1);
        return par::chunks_mut(out, lines, x.len(), |k, o| {
            o.iter_mut().zip(x[k * lines * len..].chunks(len)).for_each(|(o, x)| *o = line::<T, F>(x, &|v| v));
        });
    }
    over_lines([outer, len, inner], x.len(), out, |i, columns, o| {
        if columns.len() == inner {
            block::<T, F>(&x[i * len * inner..][..len * inner], inner, o);
        } else {
            rows_of::<T, F>(&x[i * len * inner + columns.start..], inner, len, o, &|_, v| v);
        }
    });
}

/// Calls `f(i, columns, out)` for pieces of `out`, which is \[outer, inner\]: whole rows where they are narrow, strips of
/// columns where they are wide.
fn over_lines<T: Send>(
    [outer, len, inner]: [usize; 3],
    work: usize,
    out: &mut [T],
    f: impl Fn(usize, std::ops::Range<usize>, &mut [T]) + Sync,
) {
    let each = |i: usize, first: usize, o: &mut [T]| {
        for (s, o) in o.chunks_mut(STRIP).enumerate() {
            let start = first + s * STRIP;
            f(i, start..start + o.len(), o);
        }
    };
    if inner > STRIP && outer < 8 {
        for (i, o) in out.chunks_mut(inner).enumerate() {
            let width = (TASK / len.max(1)).next_multiple_of(STRIP).max(STRIP);
            par::chunks_mut(o, width, work / outer, |k, o| each(i, k * width, o));
        }
    } else {
        let lines = (TASK / (len * inner).max(1)).max(1);
        par::chunks_mut(out, lines * inner, work, |k, o| {
            o.chunks_mut(inner).enumerate().for_each(|(i, o)| each(k * lines + i, 0, o));
        });
    }
}

/// Folds the rows of \[len, inner\].
fn block<T: Real, F: Fold<T>>(x: &[T], inner: usize, out: &mut [T]) {
    let len = x.len() / inner;
    if inner == 1 {
        out[0] = line::<T, F>(x, &|v| v);
    } else if inner < LANES && len >= 8 * LANES {
        // Rows of a few numbers do not fill a vector: LANES of them at a time are one wide row.
        let (wide, rest) = x.split_at(len / LANES * LANES * inner);
        let mut lanes = [F::empty(); LANES * LANES];
        let lanes = &mut lanes[..LANES * inner];
        rows_of::<T, F>(wide, LANES * inner, len / LANES, lanes, &|_, v| v);
        rows_of::<T, F>(lanes, inner, LANES, out, &|_, v| v);
        for row in rest.chunks(inner) {
            out.iter_mut().zip(row).for_each(|(o, &v)| *o = F::join(*o, v));
        }
    } else {
        for (s, o) in out.chunks_mut(STRIP).enumerate() {
            rows_of::<T, F>(&x[s * STRIP..], inner, len, o, &|_, v| v);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::naive_data::{self as naive, on_threads, shapes, values};
    use super::*;

    type Reduce<T> = fn(&[T], &[usize], &[usize], &mut [T]);

    fn run<T: Real>(f: Reduce<T>, x: &[T], dims: &[usize], axes: &[usize], count: usize) -> Vec<T> {
        let mut out = vec![T::of(99.0); count];
        f(x, dims, axes, &mut out);
        out
    }

    /// Small integers and powers of two, for which every order of sums and products gives the same bits.
    fn agrees<T: Real>(dims: &[usize], axes: &[usize], seed: u64) -> Result<(), TestCaseError> {
        let x: Vec<T> = values(dims.iter().product(), seed, |k| T::of(k as f64 - 3.0));
        let base: f64 = if x.len() < 1000 { 2.0 } else { 1.0 };
        let two: Vec<T> =
            values(x.len(), seed, |k| T::of(base.powi(k as i32 % 3 - 1) * if k < 3 { 1.0 } else { -1.0 }));
        let holes: Vec<T> = values(x.len(), seed, |k| if k == 6 { T::nan() } else { T::of(k as f64) });
        let lines = naive::lines(dims, axes);
        let oracle = |x: &[T], f: fn(T, T) -> T, none: T| -> Vec<T> {
            lines.iter().map(|l| l.iter().map(|&k| x[k]).fold(none, f)).collect()
        };
        let sums = oracle(&x, |a, b| a + b, T::zero());
        prop_assert_eq!(run(sum, &x, dims, axes, lines.len()), sums);
        prop_assert_eq!(run(prod, &two, dims, axes, lines.len()), oracle(&two, |a, b| a * b, T::one()));
        if lines.iter().all(|l| !l.is_empty()) {
            for x in [&x, &holes] {
                let highest = oracle(x, naive::larger, T::neg_infinity());
                let lowest = oracle(x, |a, b| -naive::larger(-a, -b), T::infinity());
                prop_assert!(naive::same(&run(max, x, dims, axes, lines.len()), &highest));
                prop_assert!(naive::same(&run(min, x, dims, axes, lines.len()), &lowest));
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn reductions_follow_their_definitions(dims in shapes(), mask in 0usize..32, seed in any::<u64>()) {
            let axes: Vec<usize> = (0..dims.len()).filter(|k| mask >> k & 1 == 1).collect();
            agrees::<f32>(&dims, &axes, seed)?;
            agrees::<f64>(&dims, &axes, seed)?;
        }
    }

    #[test]
    fn large_reductions_follow_their_definitions() {
        for (dims, axes) in [
            (vec![100_003], vec![0]),
            (vec![3, 40_009], vec![1]),
            (vec![40_009, 3], vec![0]),
            (vec![5_003, 17], vec![0]),
            (vec![67, 5_003], vec![0]),
            (vec![9, 5, 1_031], vec![1]),
            (vec![7, 3, 11, 5, 13], vec![0, 2, 4]),
            (vec![7, 3, 11, 5, 13], vec![1, 3]),
            (vec![3_001, 3, 7], vec![0, 2]),
        ] {
            agrees::<f32>(&dims, &axes, 5).unwrap();
        }
    }

    #[test]
    fn a_long_sum_keeps_its_digits() {
        // Added one after the other in f32 these sum to about 100 958.
        let x = vec![0.1f32; 1_000_000];
        for (dims, axes) in [([1, 1_000_000], [1]), ([1_000_000, 1], [0]), ([200_000, 5], [0]), ([1000, 1000], [0])] {
            let out = run(sum, &x, &dims, &axes, 1_000_000 / dims[axes[0]]);
            let total: f64 = out.iter().map(|&v| f64::from(v)).sum();
            assert!((total / (1e6 * f64::from(0.1f32)) - 1.0).abs() < 1e-6, "{total} over {dims:?}");
        }
    }

    #[test]
    fn the_number_of_threads_leaves_every_bit_alone() {
        let x: Vec<f32> = (0..300_000).map(|k| (k as f32).sin()).collect();
        for (dims, axes) in [([1, 300_000], [1]), ([60_000, 5], [0]), ([300, 1000], [0]), ([1000, 300], [1])] {
            let count = 300_000 / dims[axes[0]];
            let [a, b] = [1, 3].map(|n| on_threads(n, || run(sum, &x, &dims, &axes, count)));
            assert!(naive::same(&a, &b), "{dims:?}");
        }
    }
}
