//! Moves elements between a row-major slice and a strided view: permuting, broadcasting, slicing, flipping, padding.
//! Axes that lie next to each other on both sides are merged first, so most calls end as a few long runs.

use smallvec::SmallVec;

use super::par;

/// Edge of the square that a transpose moves at a time: 16 floats fill one cache line.
const TILE: usize = 16;

/// Tiles go band by band: this many lines of the source are read side by side, few enough for the cache and the TLB.
const BAND: usize = 4 * TILE;

/// Elements that one task moves, roughly.
const TASK: usize = 1 << 14;

/// One axis of a move: its size and how far one step goes on either side. `to` is never negative.
#[derive(Clone, Copy)]
struct Axis {
    n: usize,
    from: isize,
    to: isize,
}

type Plan = SmallVec<[Axis; 6]>;

/// out\[i₀, i₁, …\] = src\[offset + Σ iₖ · stridesₖ\], with `out` row-major of shape `dims`.
///
/// A stride of 0 repeats, a negative one walks backwards.
///
/// # Panics
/// If `out` does not hold `dims` or the view leaves `src`.
pub(crate) fn copy<E: Copy + Send + Sync>(
    dims: &[usize],
    src: &[E],
    src_offset: usize,
    src_strides: &[isize],
    out: &mut [E],
) {
    assert_eq!(dims.iter().product::<usize>(), out.len(), "the output holds {dims:?}");
    assert_inside(dims, src_offset, src_strides, src.len());
    let to = crate::shape::strides(dims);
    let axes = (0..dims.len()).map(|k| Axis { n: dims[k], from: src_strides[k], to: to[k] as isize }).collect();
    transfer(axes, src, src_offset, out, 0);
}

/// out\[offset + Σ iₖ · stridesₖ\] = src\[i₀, i₁, …\], with `src` row-major of shape `dims`.
///
/// Elements of `out` outside the region keep what they had. No two indices may name one place.
///
/// # Panics
/// If `src` does not hold `dims`, the region leaves `out`, or an axis longer than 1 has stride 0.
pub(crate) fn place<E: Copy + Send + Sync>(
    dims: &[usize],
    src: &[E],
    out: &mut [E],
    out_offset: usize,
    out_strides: &[isize],
) {
    assert_eq!(dims.iter().product::<usize>(), src.len(), "the source holds {dims:?}");
    assert_inside(dims, out_offset, out_strides, out.len());
    let repeats = dims.iter().zip(out_strides).any(|(&n, &s)| n > 1 && s == 0);
    assert!(!repeats, "strides {out_strides:?} over {dims:?} would write one place twice");
    let from = crate::shape::strides(dims);
    let axes = (0..dims.len()).map(|k| Axis { n: dims[k], from: from[k] as isize, to: out_strides[k] }).collect();
    transfer(axes, src, 0, out, out_offset);
}

/// Every index of the view lies in `0..len`; the sums are exact in 128 bits, so nothing wraps.
fn assert_inside(dims: &[usize], offset: usize, strides: &[isize], len: usize) {
    assert_eq!(dims.len(), strides.len(), "one stride for each axis of {dims:?}");
    if dims.contains(&0) {
        return;
    }
    let (mut low, mut high) = (offset as i128, offset as i128);
    for (&n, &s) in dims.iter().zip(strides) {
        let reach = (n as i128 - 1) * s as i128;
        if reach < 0 { low += reach } else { high += reach }
    }
    assert!(
        low >= 0 && high < len as i128,
        "the view {dims:?} with strides {strides:?} from {offset} reaches {low}..={high} of {len} elements"
    );
}

/// Moves everything; both sides have been checked.
fn transfer<E: Copy + Send + Sync>(mut axes: Plan, src: &[E], from: usize, out: &mut [E], to: usize) {
    if axes.iter().any(|a| a.n == 0) {
        return;
    }
    let (mut from, mut to) = (from as isize, to as isize);
    axes.retain(|a| a.n > 1);
    for a in &mut axes {
        if a.to < 0 {
            let last = a.n as isize - 1;
            from += last * a.from;
            to += last * a.to;
            (a.from, a.to) = (-a.from, -a.to);
        }
    }
    axes.sort_by_key(|a| std::cmp::Reverse(a.to));
    let axes = merge(&axes);
    spread(&axes, src, from, &mut out[to as usize..]);
}

/// Joins neighbouring axes that both sides step through as one.
fn merge(axes: &[Axis]) -> Plan {
    let mut out = Plan::new();
    for &a in axes {
        match out.last_mut() {
            Some(b) if b.from == a.from * a.n as isize && b.to == a.to * a.n as isize => {
                *b = Axis { n: b.n * a.n, ..a };
            }
            _ => out.push(a),
        }
    }
    out
}

/// Cuts the outermost axis into tasks, or, where one step along it is already a large task, goes through it in order.
fn spread<E: Copy + Send + Sync>(axes: &[Axis], src: &[E], from: isize, out: &mut [E]) {
    let Some((&first, rest)) = axes.split_first() else {
        out[0] = src[from as usize];
        return;
    };
    let work: usize = rest.iter().map(|a| a.n).product();
    let span: usize = 1 + rest.iter().map(|a| (a.n - 1) * a.to as usize).sum::<usize>();
    let step = first.to as usize;
    // The axis that is contiguous in the source pairs up with the last one in square tiles: it must not be cut finely.
    let tiled = first.from == 1 && !rest.is_empty();
    if span > step {
        walk(axes, src, from, out);
    } else if work > 4 * TASK && !tiled {
        for (i, o) in out.chunks_mut(step).take(first.n).enumerate() {
            spread(rest, src, from + i as isize * first.from, o);
        }
    } else {
        let rows = (TASK / work).max(if tiled { BAND } else { 1 });
        let used = (first.n - 1) * step + span;
        par::chunks_mut(&mut out[..used], rows * step, work * first.n, |k, o| {
            let n = rows.min(first.n - k * rows);
            let mut part: Plan = axes.into();
            part[0].n = n;
            walk(&part, src, from + (k * rows) as isize * first.from, o);
        });
    }
}

/// One task: picks the loop order and goes through the outer axes.
fn walk<E: Copy>(axes: &[Axis], src: &[E], from: isize, out: &mut [E]) {
    let mut axes: Plan = axes.into();
    let last = axes.len() - 1;
    // Strided reads across and contiguous writes down (or the reverse) waste a cache line per element; tiles do not.
    if axes[last].from != 1
        && axes[last].to == 1
        && let Some(p) = axes[..last].iter().position(|a| a.from == 1)
    {
        axes[p..last].rotate_left(1);
    }
    nest(&axes, src, from, out, 0);
}

fn nest<E: Copy>(axes: &[Axis], src: &[E], from: isize, out: &mut [E], to: usize) {
    match *axes {
        [p, q] if p.from == 1 && q.from != 1 && q.to == 1 => transpose(p, q, src, from, out, to),
        [p, q] => {
            for i in 0..p.n {
                run(q, src, from + i as isize * p.from, out, to + i * p.to as usize);
            }
        }
        [q] => run(q, src, from, out, to),
        [] => out[to] = src[from as usize],
        [p, ..] => {
            for i in 0..p.n {
                nest(&axes[1..], src, from + i as isize * p.from, out, to + i * p.to as usize);
            }
        }
    }
}

/// One line of elements along `a`.
fn run<E: Copy>(a: Axis, src: &[E], from: isize, out: &mut [E], to: usize) {
    let last = (a.n - 1) as isize;
    let (low, high) = if a.from < 0 { (from + last * a.from, from) } else { (from, from + last * a.from) };
    let src = &src[low as usize..=high as usize];
    let out = &mut out[to..=to + last as usize * a.to as usize];
    let step = a.from.unsigned_abs();
    match (a.from, a.to) {
        (1, 1) => out.copy_from_slice(src),
        (0, 1) => out.fill(src[0]),
        (-1, 1) => out.iter_mut().zip(src.iter().rev()).for_each(|(o, &v)| *o = v),
        (1.., 1) => out.iter_mut().zip(src.iter().step_by(step)).for_each(|(o, &v)| *o = v),
        (0, to) => out.iter_mut().step_by(to as usize).for_each(|o| *o = src[0]),
        (1.., to) => {
            out.iter_mut().step_by(to as usize).zip(src.iter().step_by(step)).for_each(|(o, &v)| *o = v);
        }
        (_, to) => {
            out.iter_mut().step_by(to as usize).zip(src.iter().rev().step_by(step)).for_each(|(o, &v)| *o = v);
        }
    }
}

/// Two axes, `p` contiguous in the source and `q` in the output: square tiles go through a buffer, edges one by one.
fn transpose<E: Copy>(p: Axis, q: Axis, src: &[E], from: isize, out: &mut [E], to: usize) {
    let source = |i: usize, j: usize| (from + i as isize + j as isize * q.from) as usize;
    let target = |i: usize, j: usize| to + i * p.to as usize + j;
    let (full_p, full_q) = (p.n / TILE * TILE, q.n / TILE * TILE);
    let mut tile = [[src[from as usize]; TILE]; TILE];
    for band in (0..full_q).step_by(BAND) {
        for i in (0..full_p).step_by(TILE) {
            for j in (band..full_q.min(band + BAND)).step_by(TILE) {
                for (b, line) in tile.iter_mut().enumerate() {
                    line.copy_from_slice(&src[source(i, j + b)..][..TILE]);
                }
                for a in 0..TILE {
                    let line = &mut out[target(i + a, j)..][..TILE];
                    for (o, t) in line.iter_mut().zip(&tile) {
                        *o = t[a];
                    }
                }
            }
        }
    }
    for i in 0..p.n {
        let done = if i < full_p { full_q } else { 0 };
        for j in done..q.n {
            out[target(i, j)] = src[source(i, j)];
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::naive_data::{self as naive, shapes};
    use super::*;

    /// A random view: each axis reads its own axis of a row-major source with a step, backwards, or repeated.
    fn views() -> impl Strategy<Value = (Vec<usize>, Vec<isize>, usize, usize)> {
        let axis = |n: usize| (Just(n), prop_oneof![Just(0isize), Just(1), Just(-1), Just(2), Just(-3)]);
        (shapes(), any::<u64>()).prop_flat_map(move |(dims, order)| {
            (dims.into_iter().map(axis).collect::<Vec<_>>(), Just(order))
                .prop_map(|(axes, order)| lay_out(&axes, order))
        })
    }

    /// Shape, strides, offset and length of a source just large enough, with the axes lying in memory in some order.
    fn lay_out(axes: &[(usize, isize)], order: u64) -> (Vec<usize>, Vec<isize>, usize, usize) {
        let mut memory: Vec<usize> = (0..axes.len()).collect();
        memory.sort_by_key(|&k| (order >> (8 * k)) & 255);
        let (mut strides, mut offset, mut len) = (vec![0; axes.len()], 0, 1);
        for k in memory {
            let (n, step) = axes[k];
            strides[k] = step * len as isize;
            let reach = n.saturating_sub(1) * step.unsigned_abs();
            offset += if step < 0 { reach * len } else { 0 };
            len *= reach + 1;
        }
        (axes.iter().map(|a| a.0).collect(), strides, offset, len)
    }

    proptest! {
        #[test]
        fn copy_follows_its_formula((dims, strides, offset, len) in views()) {
            let src: Vec<u32> = (0..len as u32).collect();
            let mut out = vec![u32::MAX; dims.iter().product()];
            copy(&dims, &src, offset, &strides, &mut out);
            prop_assert_eq!(out, naive::copy(&dims, &src, offset, &strides));
        }

        #[test]
        fn place_follows_its_formula((dims, mut strides, offset, len) in views()) {
            for (&n, s) in dims.iter().zip(&mut strides) {
                prop_assume!(n <= 1 || *s != 0);
            }
            let src: Vec<u32> = (0..dims.iter().product::<usize>() as u32).collect();
            let mut out = vec![u32::MAX; len];
            place(&dims, &src, &mut out, offset, &strides);
            prop_assert_eq!(out, naive::place(&dims, &src, &vec![u32::MAX; len], offset, &strides));
        }
    }

    #[test]
    fn large_permutations_agree_with_the_definition() {
        let src: Vec<u64> = (0..37 * 41 * 67).collect();
        for (dims, strides) in [
            ([41, 67, 37], [67, 1, 41 * 67]),
            ([67, 41, 37], [1, 67, 41 * 67]),
            ([67, 37, 41], [1, 41 * 67, 67]),
            ([37, 67, 41], [41 * 67, 1, 67]),
        ] {
            let mut out = vec![0; src.len()];
            copy(&dims, &src, 0, &strides, &mut out);
            assert_eq!(out, naive::copy(&dims, &src, 0, &strides), "{dims:?}");
        }
    }

    #[test]
    fn a_long_transpose_and_a_wide_broadcast_agree_with_the_definition() {
        let src: Vec<u32> = (0..200_000).collect();
        for (dims, strides) in [([2, 100_000], [1isize, 2]), ([100_000, 2], [1, 100_000]), ([2, 100_000], [0, -1])] {
            let offset = if strides[1] < 0 { 100_000 } else { 0 };
            let mut out = vec![0; 200_000];
            copy(&dims, &src, offset, &strides, &mut out);
            assert_eq!(out, naive::copy(&dims, &src, offset, &strides), "{dims:?}");
        }
    }

    #[test]
    fn concatenating_large_columns_leaves_the_other_columns_alone() {
        let (left, mut out) = (vec![1u8; 300 * 200], vec![7u8; 300 * 500]);
        place(&[300, 200], &left, &mut out, 100, &[500, 1]);
        for (k, v) in out.iter().enumerate() {
            assert_eq!(*v, if (100..300).contains(&(k % 500)) { 1 } else { 7 }, "element {k}");
        }
    }

    #[test]
    #[should_panic(expected = "reaches -1..=1 of 5 elements")]
    fn a_view_that_leaves_its_source_is_refused() {
        copy(&[3], &[0u8; 5], 1, &[-1], &mut [0; 3]);
    }

    #[test]
    #[should_panic(expected = "would write one place twice")]
    fn a_region_that_repeats_a_place_is_refused() {
        place(&[3], &[0u8; 3], &mut [0; 3], 1, &[0]);
    }
}
