//! Moves elements by integer positions: gather and scatter-add along an axis, whole rows by number, one-hot rows.
//! Every kernel checks its positions first and answers with the place of the first bad one, before it writes anything.

use smallvec::SmallVec;

use super::par;
use crate::real::Real;
use crate::shape::strides;

/// Elements that one task goes through, roughly.
const TASK: usize = 1 << 14;

/// The place of the first position that is not below `n`.
fn check(index: &[u32], n: usize) -> Result<(), usize> {
    // Without an early exit the usual case, that all is well, vectorises.
    let largest = index.iter().fold(0, |m, &i| if i > m { i } else { m });
    if index.is_empty() || (largest as usize) < n {
        return Ok(());
    }
    index.iter().position(|&i| i as usize >= n).map_or(Ok(()), Err)
}

/// The ranks agree, and beside the axis the index is nowhere larger than the tensor.
fn assert_fits(dims: &[usize], index_dims: &[usize], axis: usize) {
    assert!(axis < dims.len() && dims.len() == index_dims.len(), "axis {axis} of {dims:?} and {index_dims:?}");
    let fits = (0..dims.len()).all(|k| k == axis || index_dims[k] <= dims[k]);
    assert!(fits, "the index {index_dims:?} is larger than {dims:?} beside axis {axis}");
}

/// How gather and scatter-add see a tensor and an index of the same rank along one axis.
struct Along<'a> {
    index_dims: &'a [usize],
    /// Steps in the tensor; the axis has step 0 here, because the index's entries count along it.
    steps: SmallVec<[usize; 4]>,
    /// The step along the axis.
    step: usize,
    /// Length of the index's last axis.
    row: usize,
    /// The step in the tensor from one entry of such a row to the next.
    row_step: usize,
}

impl<'a> Along<'a> {
    fn new(dims: &[usize], index_dims: &'a [usize], axis: usize) -> Self {
        let mut steps = strides(dims);
        let step = std::mem::replace(&mut steps[axis], 0);
        let last = dims.len() - 1;
        Along { index_dims, row: index_dims[last], row_step: steps[last], steps, step }
    }

    /// Where a row of the index begins in the tensor.
    fn base(&self, mut row: usize) -> usize {
        let mut at = 0;
        for k in (0..self.index_dims.len() - 1).rev() {
            at += row % self.index_dims[k] * self.steps[k];
            row /= self.index_dims[k];
        }
        at
    }

    /// Where entry `j` of a row, which says `i`, points to.
    fn at(&self, base: usize, j: usize, i: u32) -> usize {
        base + i as usize * self.step + j * self.row_step
    }
}

/// out\[…, i, …\] = x\[…, index\[…, i, …\], …\], the named axis replaced; `out` has the shape of `index`.
///
/// # Errors
/// The place of the first position that is not below the axis's size.
pub(crate) fn gather<E: Copy + Send + Sync>(
    x: &[E],
    dims: &[usize],
    index: &[u32],
    index_dims: &[usize],
    axis: usize,
    out: &mut [E],
) -> Result<(), usize> {
    assert_fits(dims, index_dims, axis);
    assert_eq!(x.len(), dims.iter().product::<usize>(), "the operand holds {dims:?}");
    assert_eq!(index.len(), index_dims.iter().product::<usize>(), "the index holds {index_dims:?}");
    assert_eq!(out.len(), index.len(), "the output holds {index_dims:?}");
    check(index, dims[axis])?;
    if index.is_empty() {
        return Ok(());
    }
    let along = Along::new(dims, index_dims, axis);
    let rows = (TASK / along.row).max(1);
    par::chunks_mut(out, rows * along.row, index.len(), |k, out| {
        let first = k * rows;
        let index = &index[first * along.row..];
        for (r, (out, index)) in out.chunks_mut(along.row).zip(index.chunks(along.row)).enumerate() {
            let base = along.base(first + r);
            for (j, (o, &i)) in out.iter_mut().zip(index).enumerate() {
                *o = x[along.at(base, j, i)];
            }
        }
    });
    Ok(())
}

/// out\[…, index\[…, i, …\], …\] += src\[…, i, …\] in row-major order of `index`, onto what `out` holds.
///
/// Onto zeros it is the adjoint of [`gather`]; `src` has the shape of `index`.
///
/// # Errors
/// The place of the first position that is not below the axis's size.
pub(crate) fn scatter_add<T: Real>(
    src: &[T],
    index: &[u32],
    index_dims: &[usize],
    axis: usize,
    (out, dims): (&mut [T], &[usize]),
) -> Result<(), usize> {
    assert_eq!(src.len(), index.len(), "the source holds {index_dims:?}");
    scatter(index, index_dims, axis, (out, dims), |o, k| *o += src[k])
}

/// For each place of `out` 1 more than the number, in row-major order of `index`, of the last write that an index sends
/// there; 0 where none goes.
///
/// # Errors
/// The place of the first position that is not below the axis's size.
pub(crate) fn last_write(
    index: &[u32],
    index_dims: &[usize],
    axis: usize,
    (out, dims): (&mut [u32], &[usize]),
) -> Result<(), usize> {
    assert!(u32::try_from(index.len() + 1).is_ok(), "{} writes are more than a u32 counts", index.len());
    out.fill(0);
    scatter(index, index_dims, axis, (out, dims), |o, k| *o = k as u32 + 1)
}

/// Calls `write(o, k)` for every entry k of `index`, in order, with the element o of `out` that it points to.
fn scatter<E: Send>(
    index: &[u32],
    index_dims: &[usize],
    axis: usize,
    (out, dims): (&mut [E], &[usize]),
    write: impl Fn(&mut E, usize) + Sync + Send,
) -> Result<(), usize> {
    assert_fits(dims, index_dims, axis);
    assert_eq!(out.len(), dims.iter().product::<usize>(), "the output holds {dims:?}");
    assert_eq!(index.len(), index_dims.iter().product::<usize>(), "the index holds {index_dims:?}");
    check(index, dims[axis])?;
    if index.is_empty() {
        return Ok(());
    }
    // What lies under one index of the axes before `axis` is written by that index alone, so these are the tasks.
    let along = Along::new(&dims[axis..], &index_dims[axis..], 0);
    let (slice, index_slice) = (dims[axis..].iter().product::<usize>(), index_dims[axis..].iter().product::<usize>());
    let slices = (TASK / slice).max(1);
    par::chunks_mut(out, slices * slice, index.len(), |task, out| {
        for (s, out) in out.chunks_mut(slice).enumerate() {
            let Some(head) = renumber(task * slices + s, &dims[..axis], &index_dims[..axis]) else { continue };
            let first = head * index_slice;
            for (r, index) in index[first..first + index_slice].chunks(along.row).enumerate() {
                let base = along.base(r);
                for (j, &i) in index.iter().enumerate() {
                    write(&mut out[along.at(base, j, i)], first + r * along.row + j);
                }
            }
        }
    });
    Ok(())
}

/// The row-major number, in the smaller shape, of the index that has number `k` in `dims`; none where it lies outside.
fn renumber(mut k: usize, dims: &[usize], smaller: &[usize]) -> Option<usize> {
    let (mut at, mut step) = (0, 1);
    for (&n, &m) in dims.iter().zip(smaller).rev() {
        let i = k % n;
        if i >= m {
            return None;
        }
        at += i * step;
        step *= m;
        k /= n;
    }
    Some(at)
}

/// out\[o, k, :\] = x\[o, index\[k\], :\], with `x` seen as \[outer, n, inner\].
///
/// # Errors
/// The place of the first position that is not below n.
pub(crate) fn take_rows<E: Copy + Send + Sync>(
    x: &[E],
    [outer, n, inner]: [usize; 3],
    index: &[u32],
    out: &mut [E],
) -> Result<(), usize> {
    let m = index.len();
    assert_eq!(x.len(), outer * n * inner, "the operand holds [{outer}, {n}, {inner}]");
    assert_eq!(out.len(), outer * m * inner, "the output holds [{outer}, {m}, {inner}]");
    check(index, n)?;
    if out.is_empty() {
        return Ok(());
    }
    let rows = (TASK / inner).max(1);
    let work = out.len();
    par::chunks_mut(out, rows * inner, work, |k, out| {
        for (r, out) in out.chunks_mut(inner).enumerate() {
            let (o, k) = ((k * rows + r) / m, (k * rows + r) % m);
            out.copy_from_slice(&x[(o * n + index[k] as usize) * inner..][..inner]);
        }
    });
    Ok(())
}

/// out\[o, i, :\] += src\[o, k, :\] for each k with index\[k\] = i, in order; `out` seen as \[outer, n, inner\].
///
/// Onto zeros it is the adjoint of [`take_rows`].
///
/// # Errors
/// The place of the first position that is not below n.
pub(crate) fn add_rows<T: Real>(
    src: &[T],
    index: &[u32],
    [outer, n, inner]: [usize; 3],
    out: &mut [T],
) -> Result<(), usize> {
    let m = index.len();
    assert_eq!(src.len(), outer * m * inner, "the source holds [{outer}, {m}, {inner}]");
    assert_eq!(out.len(), outer * n * inner, "the output holds [{outer}, {n}, {inner}]");
    check(index, n)?;
    if out.is_empty() {
        return Ok(());
    }
    let (starts, order) = group(index, n);
    let rows = (TASK / inner).max(1);
    par::chunks_mut(out, rows * inner, src.len(), |k, out| {
        for (r, out) in out.chunks_mut(inner).enumerate() {
            let (o, i) = ((k * rows + r) / n, (k * rows + r) % n);
            for &k in &order[starts[i]..starts[i + 1]] {
                let row = &src[(o * m + k) * inner..][..inner];
                out.iter_mut().zip(row).for_each(|(o, &v)| *o += v);
            }
        }
    });
    Ok(())
}

/// A stable counting sort: the places in `index` that say i are `order[starts[i]..starts[i + 1]]`, ascending.
fn group(index: &[u32], n: usize) -> (Vec<usize>, Vec<usize>) {
    let mut starts = vec![0; n + 1];
    for &i in index {
        starts[i as usize + 1] += 1;
    }
    for i in 0..n {
        starts[i + 1] += starts[i];
    }
    let (mut next, mut order) = (starts.clone(), vec![0; index.len()]);
    for (k, &i) in index.iter().enumerate() {
        order[next[i as usize]] = k;
        next[i as usize] += 1;
    }
    (starts, order)
}

/// out\[k, :\] is 1 at index\[k\] and 0 elsewhere; `out` is \[index.len(), classes\].
///
/// # Errors
/// The place of the first position that is not below `classes`.
pub(crate) fn one_hot<T: Real>(index: &[u32], classes: usize, out: &mut [T]) -> Result<(), usize> {
    assert_eq!(out.len(), index.len() * classes, "the output holds [{}, {classes}]", index.len());
    check(index, classes)?;
    out.fill(T::zero());
    for (row, &i) in out.chunks_mut(classes.max(1)).zip(index) {
        row[i as usize] = T::one();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::naive_data::{self as naive, on_threads, shapes, values};
    use super::*;

    /// A tensor's shape, an axis, and the shape of an index that fits beside it.
    fn pairs() -> impl Strategy<Value = (Vec<usize>, Vec<usize>, usize)> {
        let nonempty = shapes().prop_filter("an axis", |d| !d.is_empty());
        (nonempty, any::<u64>(), 0usize..5, 0usize..5).prop_map(|(dims, seed, axis, n)| {
            let axis = axis % dims.len();
            let cut = values(dims.len(), seed, |k| usize::from(k == 0));
            let mut index_dims: Vec<usize> = dims.iter().zip(cut).map(|(&d, c)| d.saturating_sub(c)).collect();
            index_dims[axis] = if dims[axis] == 0 { 0 } else { n };
            (dims, index_dims, axis)
        })
    }

    fn positions(n: usize, below: usize, seed: u64) -> Vec<u32> {
        values(n, seed, |k| (k * 5 % below.max(1)) as u32)
    }

    fn numbers(n: usize) -> Vec<f64> {
        (0..n).map(|k| k as f64).collect()
    }

    proptest! {
        #[test]
        fn gather_and_scatter_follow_their_definitions((dims, index_dims, axis) in pairs(), seed in any::<u64>()) {
            let (count, places) = (dims.iter().product(), index_dims.iter().product());
            let index = positions(places, dims[axis], seed);
            let (x, src) = (numbers(count), numbers(places));
            let mut out = vec![-1.0; places];
            gather(&x, &dims, &index, &index_dims, axis, &mut out).unwrap();
            prop_assert_eq!(out, naive::gather(&x, &dims, &index, &index_dims, axis));

            let mut out = x.clone();
            scatter_add(&src, &index, &index_dims, axis, (&mut out, &dims)).unwrap();
            prop_assert_eq!(&out, &naive::scatter_add(&x, &dims, &index, &index_dims, axis, &src));

            let mut last = vec![9; count];
            last_write(&index, &index_dims, axis, (&mut last, &dims)).unwrap();
            prop_assert_eq!(last, naive::last_write(&dims, &index, &index_dims, axis));
        }

        #[test]
        fn rows_follow_their_definitions(
            outer in 0usize..4, n in 1usize..8, inner in 0usize..4, m in 0usize..9, seed in any::<u64>(),
        ) {
            let index = positions(m, n, seed);
            // As gather with the list spread over the other two axes, which is the definition.
            let spread: Vec<u32> = (0..outer * m * inner).map(|p| index[p / inner % m]).collect();
            let (dims, index_dims) = ([outer, n, inner], [outer, m, inner]);
            let (x, src) = (numbers(outer * n * inner), numbers(spread.len()));
            let mut out = vec![f64::NAN; spread.len()];
            take_rows(&x, dims, &index, &mut out).unwrap();
            prop_assert_eq!(out, naive::gather(&x, &dims, &spread, &index_dims, 1));
            let mut out = x.clone();
            add_rows(&src, &index, dims, &mut out).unwrap();
            prop_assert_eq!(out, naive::scatter_add(&x, &dims, &spread, &index_dims, 1, &src));
        }
    }

    #[test]
    fn the_number_of_threads_leaves_every_bit_alone() {
        let (dims, index_dims) = ([40, 50, 30], [39, 70, 30]);
        let index = positions(39 * 70 * 30, 50, 1);
        let src: Vec<f32> = (0..index.len()).map(|k| (k as f32).sin()).collect();
        let run = || {
            let (mut a, mut b) = (vec![0.0; 60_000], vec![f32::NAN; index.len()]);
            scatter_add(&src, &index, &index_dims, 1, (&mut a, &dims)).unwrap();
            gather(&a, &dims, &index, &index_dims, 1, &mut b).unwrap();
            let mut c = vec![0.0; 50 * 1170];
            add_rows(&src, &index[..70], [1, 50, 1170], &mut c).unwrap();
            [a, b, c].concat()
        };
        assert!(naive::same(&on_threads(1, run), &on_threads(3, run)));
        let a = naive::scatter_add(&[0.0; 60_000], &dims, &index, &index_dims, 1, &src);
        assert!(naive::same(&run()[..60_000], &a));
    }

    #[test]
    fn a_bad_position_is_named_and_nothing_is_written() {
        let mut out = [7.0f64; 4];
        assert_eq!(gather(&[1.0, 2.0], &[2], &[0, 1, 2, 9], &[4], 0, &mut out), Err(2));
        assert_eq!(scatter_add(&[1.0], &[4], &[1], 0, (&mut out, &[4])), Err(0));
        assert_eq!(last_write(&[0, 4], &[2], 0, (&mut [0; 4], &[4])), Err(1));
        assert_eq!(take_rows(&[1.0, 2.0], [1, 2, 1], &[1, 0, 1, u32::MAX], &mut out), Err(3));
        assert_eq!(add_rows(&[1.0], &[4], [1, 4, 1], &mut out), Err(0));
        assert_eq!(one_hot(&[1, 2], 2, &mut out), Err(1));
        assert_eq!(one_hot::<f64>(&[0], 0, &mut []), Err(0));
        assert_eq!(out, [7.0; 4]);
    }

    #[test]
    fn one_hot_rows_have_a_single_one() {
        let mut out = [7.0f32; 6];
        one_hot(&[2, 0], 3, &mut out).unwrap();
        assert_eq!(out, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    }
}
