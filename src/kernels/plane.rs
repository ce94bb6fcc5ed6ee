//! How values travel along the flat indices of cells within planes: gather, scatter, and a write that the last one wins.
//! Gather and scatter are each other's adjoint, and so are the last write and its reading.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::simd::vectorize;
use super::{par, scratch};
use crate::real::Real;

/// Numbers of one task.
const TASK: usize = 1 << 16;

/// `out[p, l] = x[p, index[p, l]]` for planes of `cells` numbers and `picks` indices each.
///
/// # Errors
/// The position of the first index that is not below `cells`; `out` then holds garbage.
pub(crate) fn plane_gather<T: Real>(
    (x, cells): (&[T], usize),
    (index, picks): (&[u32], usize),
    out: &mut [T],
) -> Result<(), usize> {
    assert_eq!(out.len(), index.len(), "one number for every index");
    let outside = Outside::none();
    let planes = (TASK / cells.max(picks).max(1)).max(1);
    par::chunks_mut(out, planes * picks, index.len(), |k, out| {
        for (p, out) in (k * planes..).zip(out.chunks_mut(picks)) {
            let at = p * picks..(p + 1) * picks;
            if outside.check(index, at.clone(), cells) {
                let plane = &x[p * cells..(p + 1) * cells];
                for (out, &i) in out.iter_mut().zip(&index[at]) {
                    *out = plane[i as usize];
                }
            }
        }
    });
    outside.found()
}

/// The adjoint of [`plane_gather`]: `out[p, index[p, l]] += g[p, l]` in the order of l; cells no index names are 0.
///
/// # Errors
/// The position of the first index that is not below `cells`; `out` then holds garbage.
pub(crate) fn plane_scatter<T: Real>(g: &[T], index: (&[u32], usize), out: (&mut [T], usize)) -> Result<(), usize> {
    send(g, index, out, |cell, g| *cell += g)
}

/// Sets the cells of every plane to 0 and calls `f(cell, value)` for its values, in order.
fn send<T: Real>(
    x: &[T],
    (index, picks): (&[u32], usize),
    (out, cells): (&mut [T], usize),
    f: impl Fn(&mut T, T) + Sync + Send,
) -> Result<(), usize> {
    assert_eq!(x.len(), index.len(), "one number for every index");
    let work = out.len() + index.len();
    let outside = Outside::none();
    let planes = (TASK / cells.max(picks).max(1)).max(1);
    par::chunks_mut(out, planes * cells, work, |k, out| {
        for (p, plane) in (k * planes..).zip(out.chunks_mut(cells)) {
            let at = p * picks..(p + 1) * picks;
            if outside.check(index, at.clone(), cells) {
                // While the plane is in the nearest cache, so that memory sees each cell once.
                plane.fill(T::zero());
                for (&x, &i) in x[at.clone()].iter().zip(&index[at]) {
                    f(&mut plane[i as usize], x);
                }
            }
        }
    });
    outside.found()
}

/// The first index that lies outside its plane, sought by many tasks.
struct Outside(AtomicUsize);

impl Outside {
    fn none() -> Self {
        Outside(AtomicUsize::new(usize::MAX))
    }

    /// Whether all indices of a range are below `cells`.
    fn check(&self, index: &[u32], range: Range<usize>, cells: usize) -> bool {
        let part = &index[range.clone()];
        // The largest is found faster than the first that is too large.
        let largest = vectorize(|| part.iter().fold(0, |m: u32, &i| m.max(i)));
        let fine = part.is_empty() || (largest as usize) < cells;
        if !fine {
            let first = part.iter().position(|&i| i as usize >= cells).expect("the largest is one");
            self.0.fetch_min(range.start + first, Ordering::Relaxed);
        }
        fine
    }

    fn found(self) -> Result<(), usize> {
        match self.0.into_inner() {
            usize::MAX => Ok(()),
            at => Err(at),
        }
    }
}

/// `out[p, index[p, l]] = x[p, l]` in the order of l, so that of several writes into one cell the last stays; cells no
/// index names are 0.
///
/// # Errors
/// The position of the first index that is not below `cells`; `out` then holds garbage.
pub(crate) fn plane_write<T: Real>(x: &[T], index: (&[u32], usize), out: (&mut [T], usize)) -> Result<(), usize> {
    send(x, index, out, |cell, x| *cell = x)
}

/// The adjoint of [`plane_write`]: `out[p, l] = g[p, index[p, l]]` where write l was the last into its cell, and 0 elsewhere.
///
/// # Errors
/// The position of the first index that is not below `cells`; `out` then holds garbage.
pub(crate) fn plane_read_last<T: Real>(
    (g, cells): (&[T], usize),
    (index, picks): (&[u32], usize),
    out: &mut [T],
) -> Result<(), usize> {
    assert_eq!(out.len(), index.len(), "one number for every index");
    let outside = Outside::none();
    par::chunks_mut(out, picks, g.len() + index.len(), |p, out| {
        let at = p * picks..(p + 1) * picks;
        if !outside.check(index, at.clone(), cells) {
            return;
        }
        let plane = &g[p * cells..(p + 1) * cells];
        let mut unread = scratch::take::<u32>(cells);
        unread.fill(1);
        for (out, &i) in out.iter_mut().zip(&index[at]).rev() {
            let i = i as usize;
            *out = if unread[i] == 1 { plane[i] } else { T::zero() };
            unread[i] = 0;
        }
    });
    outside.found()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAN: f64 = f64::NAN;

    #[test]
    fn an_index_outside_its_plane_is_reported_by_position() {
        let mut out = [7.0f64; 4];
        assert_eq!(plane_gather((&[1.0; 6], 3), (&[0, 2, 1, 3], 2), &mut out), Err(3));
        assert_eq!(plane_scatter(&[1.0f64; 2], (&[4, 0], 1), (&mut out, 2)), Err(0));
        assert_eq!(plane_write(&[1.0f64; 2], (&[1, 2], 1), (&mut out, 2)), Err(1));
        assert_eq!(plane_read_last((&[1.0; 6], 3), (&[0, 2, 1, 3], 2), &mut out), Err(3));
    }

    #[test]
    fn the_last_write_into_a_cell_stays() {
        let index = [2, 0, 2, 1];
        let mut plane = [NAN; 4];
        plane_write(&[10.0, 20.0, 30.0, 40.0], (&index, 4), (&mut plane, 4)).unwrap();
        assert_eq!(plane, [20.0, 40.0, 30.0, 0.0]);
        let mut back = [NAN; 4];
        plane_read_last((&[1.0, 2.0, 3.0, 4.0], 4), (&index, 4), &mut back).unwrap();
        assert_eq!(back, [0.0, 1.0, 3.0, 2.0]);
    }

    proptest! {
        #[test]
        fn every_move_follows_its_definition(
            (cells, picks, index) in (1usize..9, 0usize..9, 0usize..4).prop_flat_map(|(cells, picks, planes)| {
                (Just(cells), Just(picks), prop::collection::vec(0..cells as u32, planes * picks))
            }),
        ) {
            let planes = index.len() / picks.max(1);
            let x: Vec<f64> = (0..planes * cells).map(|i| (i * 37 % 19) as f64 - 9.0).collect();
            let g: Vec<f64> = (0..planes * picks).map(|i| (i * 23 % 17) as f64 - 8.0).collect();
            let at = |l: usize| l / picks * cells + index[l] as usize;

            let mut gathered = vec![NAN; g.len()];
            plane_gather((&x, cells), (&index, picks), &mut gathered).unwrap();
            let mut scattered = vec![NAN; x.len()];
            plane_scatter(&g, (&index, picks), (&mut scattered, cells)).unwrap();
            let mut written = vec![NAN; x.len()];
            plane_write(&g, (&index, picks), (&mut written, cells)).unwrap();
            let mut read = vec![NAN; g.len()];
            plane_read_last((&x, cells), (&index, picks), &mut read).unwrap();

            let (mut sums, mut last) = (vec![0.0; x.len()], vec![0.0; x.len()]);
            for l in 0..g.len() {
                prop_assert_eq!(gathered[l], x[at(l)]);
                sums[at(l)] += g[l];
                last[at(l)] = g[l];
                let stays = (l + 1..g.len()).all(|later| at(later) != at(l));
                prop_assert_eq!(read[l], if stays { x[at(l)] } else { 0.0 });
            }
            prop_assert_eq!((scattered, written), (sums, last));
        }
    }
}
