//! How values travel along the flat indices of cells within planes: gather, scatter, and a write that the last one wins.
//! Gather and scatter are each other's adjoint, and so are the last write and its reading.

use super::par;
use crate::real::Real;

/// `out[p, l] = x[p, index[p, l]]` for planes of `cells` numbers and `picks` indices each.
///
/// # Errors
/// The position of the first index that is not below `cells`; `out` is then left as it was.
pub(crate) fn plane_gather<T: Real>(
    (x, cells): (&[T], usize),
    (index, picks): (&[u32], usize),
    out: &mut [T],
) -> Result<(), usize> {
    check_index(index, cells)?;
    assert_eq!(out.len(), index.len(), "one number for every index");
    par::chunks_mut(out, picks, index.len(), |p, out| {
        let plane = &x[p * cells..(p + 1) * cells];
        for (out, &i) in out.iter_mut().zip(&index[p * picks..]) {
            *out = plane[i as usize];
        }
    });
    Ok(())
}

/// The adjoint of [`plane_gather`]: `out[p, index[p, l]] += g[p, l]` in the order of l; cells no index names are 0.
///
/// # Errors
/// The position of the first index that is not below `cells`; `out` is then left as it was.
pub(crate) fn plane_scatter<T: Real>(
    g: &[T],
    (index, picks): (&[u32], usize),
    (out, cells): (&mut [T], usize),
) -> Result<(), usize> {
    check_index(index, cells)?;
    assert_eq!(g.len(), index.len(), "one number for every index");
    let work = out.len() + index.len();
    par::chunks_mut(out, cells, work, |p, out| {
        out.fill(T::zero());
        for (&g, &i) in g[p * picks..(p + 1) * picks].iter().zip(&index[p * picks..]) {
            out[i as usize] += g;
        }
    });
    Ok(())
}

fn check_index(index: &[u32], cells: usize) -> Result<(), usize> {
    index.iter().position(|&i| i as usize >= cells).map_or(Ok(()), Err)
}

/// `out[p, index[p, l]] = x[p, l]` in the order of l, so that of several writes into one cell the last stays; cells no
/// index names are 0.
///
/// # Errors
/// The position of the first index that is not below `cells`; `out` is then left as it was.
pub(crate) fn plane_write<T: Real>(
    x: &[T],
    (index, picks): (&[u32], usize),
    (out, cells): (&mut [T], usize),
) -> Result<(), usize> {
    check_index(index, cells)?;
    assert_eq!(x.len(), index.len(), "one number for every index");
    let work = out.len() + index.len();
    par::chunks_mut(out, cells, work, |p, out| {
        out.fill(T::zero());
        for (&x, &i) in x[p * picks..(p + 1) * picks].iter().zip(&index[p * picks..]) {
            out[i as usize] = x;
        }
    });
    Ok(())
}

/// The adjoint of [`plane_write`]: `out[p, l] = g[p, index[p, l]]` where write l was the last into its cell, and 0 elsewhere.
///
/// # Errors
/// The position of the first index that is not below `cells`; `out` is then left as it was.
pub(crate) fn plane_read_last<T: Real>(
    (g, cells): (&[T], usize),
    (index, picks): (&[u32], usize),
    out: &mut [T],
) -> Result<(), usize> {
    check_index(index, cells)?;
    assert_eq!(out.len(), index.len(), "one number for every index");
    par::chunks_mut(out, picks, g.len() + index.len(), |p, out| {
        let plane = &g[p * cells..(p + 1) * cells];
        let mut written = vec![false; cells];
        for (out, &i) in out.iter_mut().zip(&index[p * picks..]).rev() {
            let i = i as usize;
            *out = if written[i] { T::zero() } else { plane[i] };
            written[i] = true;
        }
    });
    Ok(())
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
        assert_eq!(out, [7.0; 4]);
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
