//! The kernels that move, reduce and index data, written as their definitions say, one element at a time.
//! Tests hold the fast kernels against these.

use proptest::prelude::*;

use crate::real::Real;

/// Shapes of rank 0 to 5 with sizes that block sizes do not divide, and empty ones.
pub(crate) fn shapes() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(
        prop_oneof![1 => Just(0usize), 4 => Just(1), 5 => Just(2), 5 => Just(3), 3 => Just(7)],
        0..=5,
    )
}

/// Every index of a shape, in row-major order.
pub(crate) fn indices(dims: &[usize]) -> Vec<Vec<usize>> {
    dims.iter().fold(vec![vec![]], |heads, &n| {
        let longer = |h: &Vec<usize>, i| h.iter().copied().chain([i]).collect();
        heads.iter().flat_map(|h| (0..n).map(move |i| longer(h, i))).collect()
    })
}

/// The row-major position of an index.
pub(crate) fn at(dims: &[usize], index: &[usize]) -> usize {
    dims.iter().zip(index).fold(0, |k, (&n, &i)| k * n + i)
}

fn view(offset: usize, strides: &[isize], index: &[usize]) -> usize {
    let steps: isize = strides.iter().zip(index).map(|(&s, &i)| s * i as isize).sum();
    (offset as isize + steps) as usize
}

pub(crate) fn copy<E: Copy>(dims: &[usize], src: &[E], offset: usize, strides: &[isize]) -> Vec<E> {
    indices(dims).iter().map(|i| src[view(offset, strides, i)]).collect()
}

pub(crate) fn place<E: Copy>(dims: &[usize], src: &[E], out: &[E], offset: usize, strides: &[isize]) -> Vec<E> {
    let mut out = out.to_vec();
    for i in indices(dims) {
        out[view(offset, strides, &i)] = src[at(dims, &i)];
    }
    out
}

/// `n` values f(0) … f(6), picked by a small linear congruential generator (Knuth's MMIX constants).
pub(crate) fn values<T>(n: usize, seed: u64, f: impl Fn(usize) -> T) -> Vec<T> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % 7
    };
    (0..n).map(|_| f(next())).collect()
}

/// Equal bits, except that any NaN equals any other and −0 equals 0.
pub(crate) fn same<T: Real>(a: &[T], b: &[T]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| a == b || (a.is_nan() && b.is_nan()))
}

/// Runs `f` where loops may use `n` threads.
pub(crate) fn on_threads<R: Send>(n: usize, f: impl FnOnce() -> R + Send) -> R {
    super::par::with_threads(n, f).expect("a small number of threads")
}

/// For each index over the axes that stay, the positions that are reduced into it.
pub(crate) fn lines(dims: &[usize], axes: &[usize]) -> Vec<Vec<usize>> {
    let part = |reduced: bool| (0..dims.len()).filter(move |k| axes.contains(k) == reduced);
    let sizes = |reduced| part(reduced).map(|k| dims[k]).collect::<Vec<_>>();
    let (stay, gone) = (indices(&sizes(false)), indices(&sizes(true)));
    let position = |s: &[usize], g: &[usize]| {
        let mut index = vec![0; dims.len()];
        part(false).zip(s).chain(part(true).zip(g)).for_each(|(k, &i)| index[k] = i);
        at(dims, &index)
    };
    stay.iter().map(|s| gone.iter().map(|g| position(s, g)).collect()).collect()
}

/// The larger number; NaN where either is.
pub(crate) fn larger<T: Real>(a: T, b: T) -> T {
    if a.is_nan() || b.is_nan() { T::nan() } else { a.max(b) }
}

/// The largest number and its first place; the first NaN where there is one.
pub(crate) fn first_max(line: impl Iterator<Item = f32> + Clone) -> (f32, u32) {
    let best = line.clone().fold(f32::NEG_INFINITY, larger);
    let first = line.clone().position(|v| same(&[v], &[best])).expect("a line that is not empty");
    (best, first as u32)
}

/// Where in `x` each entry of an index along `axis` points.
fn targets(dims: &[usize], index: &[u32], index_dims: &[usize], axis: usize) -> Vec<usize> {
    let target = |(mut place, &i): (Vec<usize>, &u32)| {
        place[axis] = i as usize;
        at(dims, &place)
    };
    indices(index_dims).into_iter().zip(index).map(target).collect()
}

pub(crate) fn gather<E: Copy>(x: &[E], dims: &[usize], index: &[u32], index_dims: &[usize], axis: usize) -> Vec<E> {
    targets(dims, index, index_dims, axis).iter().map(|&k| x[k]).collect()
}

pub(crate) fn scatter_add<T: Real>(
    base: &[T],
    dims: &[usize],
    index: &[u32],
    index_dims: &[usize],
    axis: usize,
    src: &[T],
) -> Vec<T> {
    let mut out = base.to_vec();
    for (k, &v) in targets(dims, index, index_dims, axis).into_iter().zip(src) {
        out[k] += v;
    }
    out
}

/// For each place 1 more than the number of the last write there, 0 where there is none.
pub(crate) fn last_write(dims: &[usize], index: &[u32], index_dims: &[usize], axis: usize) -> Vec<u32> {
    let mut out = vec![0; dims.iter().product()];
    for (write, k) in targets(dims, index, index_dims, axis).into_iter().enumerate() {
        out[k] = write as u32 + 1;
    }
    out
}
