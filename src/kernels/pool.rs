//! Max pooling over planes, and the gather and scatter through its indices.
//! Loops run along rows of windows, one kernel cell at a time, so that the compiler can vectorise them.

use std::ops::Range;

use super::par;
use super::unfold::Slide;
use crate::real::Real;

/// The maximum of every window of `x` [planes, H, W], and where wanted its flat row-major index within the plane.
///
/// The search starts at the first cell on the input and moves on at `v > best || v is NaN`: the first of equal maxima
/// wins (−0 and +0 are equal), NaN wins over every number and the last NaN over the others, as in PyTorch. Cells in the
/// padding are skipped; every window holds a cell of the input ([`Window::pool_output`](crate::Window::pool_output)).
pub(crate) fn max_pool2d<T: Real>(x: &[T], s: &Slide, values: &mut [T], index: Option<&mut [u32]>) {
    let (cells, positions) = (s.cells(), s.positions());
    assert_eq!(x.len() / cells * positions, values.len(), "one maximum for every window of every plane");
    let work = values.len() * s.taps();
    let plane = |p: usize| &x[p * cells..(p + 1) * cells];
    let columns = Columns::new(s);
    match index {
        None => par::chunks_mut(values, positions, work, |p, v| max_plane(plane(p), s, &columns, v)),
        Some(index) => {
            assert!(u32::try_from(cells).is_ok(), "an index within a plane fits u32");
            assert_eq!(index.len(), values.len(), "one index for every maximum");
            par::chunks2_mut((values, positions), (index, positions), work, |p, v, i| {
                argmax_plane(plane(p), s, &columns, v, i)
            });
        }
    }
}

/// The columns of the plane that each column of the kernel and each window meet, worked out once for all rows.
pub(super) struct Columns {
    /// For every column of the kernel: the windows that have it on the input, and the input column of the first of them.
    taps: Vec<(Range<usize>, usize)>,
    /// The first input column of every window.
    first: Vec<usize>,
}

impl Columns {
    pub(super) fn new(s: &Slide) -> Self {
        let tap = |k: usize| {
            let windows = s.windows(1, k);
            let column = if windows.is_empty() { None } else { s.index(1, windows.start, k) };
            Some((windows, column?))
        };
        Columns {
            taps: (0..s.kernel[1]).filter_map(tap).collect(),
            first: (0..s.output[1]).map(|o| first_index(s, 1, o)).collect(),
        }
    }

    /// Calls `f(windows, cell)` for every kernel cell in row-major order: the windows of row `oy` that have it on the
    /// input, and the input cell of the first of them.
    pub(super) fn for_taps(&self, s: &Slide, oy: usize, mut f: impl FnMut(Range<usize>, usize)) {
        for iy in (0..s.kernel[0]).filter_map(|ky| s.index(0, oy, ky)) {
            for (windows, ix) in &self.taps {
                f(windows.clone(), iy * s.input[1] + ix);
            }
        }
    }
}

/// The first index of the input that lies in window `o` along an axis.
fn first_index(s: &Slide, axis: usize, o: usize) -> usize {
    let tap = s.padding[axis].saturating_sub(o * s.stride[axis]).div_ceil(s.dilation[axis]);
    s.index(axis, o, tap).expect("a window holds a cell of the input")
}

fn max_plane<T: Real>(plane: &[T], s: &Slide, columns: &Columns, values: &mut [T]) {
    for (oy, best) in values.chunks_mut(s.output[1]).enumerate() {
        let row = &plane[first_index(s, 0, oy) * s.input[1]..];
        best.iter_mut().zip(&columns.first).for_each(|(best, &ix)| *best = row[ix]);
        columns.for_taps(s, oy, |windows, cell| {
            for (best, &v) in best[windows].iter_mut().zip(plane[cell..].iter().step_by(s.stride[1])) {
                *best = if v > *best || v.is_nan() { v } else { *best };
            }
        });
    }
}

fn argmax_plane<T: Real>(plane: &[T], s: &Slide, columns: &Columns, values: &mut [T], index: &mut [u32]) {
    let (width, step) = (s.output[1], s.stride[1]);
    for (oy, (best, at)) in values.chunks_mut(width).zip(index.chunks_mut(width)).enumerate() {
        let row = first_index(s, 0, oy) * s.input[1];
        for ((best, at), &ix) in best.iter_mut().zip(&mut *at).zip(&columns.first) {
            (*best, *at) = (plane[row + ix], (row + ix) as u32);
        }
        columns.for_taps(s, oy, |windows, cell| {
            let mut i = cell as u32;
            let cells = plane[cell..].iter().step_by(step);
            for ((best, at), &v) in best[windows.clone()].iter_mut().zip(&mut at[windows]).zip(cells) {
                let wins = v > *best || v.is_nan();
                *best = if wins { v } else { *best };
                *at = if wins { i } else { *at };
                i = i.wrapping_add(step as u32);
            }
        });
    }
}

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

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::super::naive;
    use super::super::unfold::tests::{numbers, slides};
    use super::*;
    use crate::window::Window;

    const NAN: f64 = f64::NAN;
    const LOW: f64 = f64::NEG_INFINITY;

    /// Windows that hold a cell each, as pooling demands.
    pub(crate) fn pools() -> impl Strategy<Value = Slide> {
        slides().prop_filter("every window holds a cell", |s| {
            let w = Window::new(s.kernel).stride(s.stride).padding(s.padding).dilation(s.dilation);
            [w.clone().floor(), w.ceil()].iter().any(|w| w.pool_output(s.input).is_ok_and(|o| o == s.output))
        })
    }

    /// Numbers with ties, both zeros, infinities and NaN among them.
    fn hard_numbers(len: usize) -> impl Strategy<Value = Vec<f64>> {
        let one = prop::sample::select(vec![0.0, -0.0, 1.0, 1.0, 2.0, -3.0, LOW, LOW, f64::INFINITY, NAN]);
        prop::collection::vec(one, len)
    }

    pub(crate) fn bits(x: &[f64]) -> Vec<u64> {
        x.iter().map(|v| v.to_bits()).collect()
    }

    fn max_pool(x: &[f64], s: &Slide) -> (Vec<f64>, Vec<u32>) {
        let n = x.len() / s.cells() * s.positions();
        let (mut values, mut index) = (vec![NAN; n], vec![u32::MAX; n]);
        max_pool2d(x, s, &mut values, Some(&mut index));
        (values, index)
    }

    #[test]
    fn one_window_decides_as_it_says() {
        let s = Slide::new(&Window::new(2), [2, 2]).unwrap();
        let cases: [([f64; 4], f64, u32); 9] = [
            ([1.0, 4.0, 3.0, 2.0], 4.0, 1),
            ([5.0, 5.0, 5.0, 5.0], 5.0, 0),
            ([NAN, 2.0, 3.0, 4.0], NAN, 0),
            ([1.0, 2.0, 3.0, NAN], NAN, 3),
            ([NAN, 2.0, NAN, 4.0], NAN, 2),
            ([NAN, NAN, NAN, NAN], NAN, 3),
            ([LOW, LOW, LOW, LOW], LOW, 0),
            ([-0.0, 0.0, 0.0, -0.0], -0.0, 0),
            ([0.0, -0.0, -0.0, -0.0], 0.0, 0),
        ];
        for (x, value, at) in cases {
            let (values, index) = max_pool(&x, &s);
            assert_eq!((values[0].to_bits(), index[0]), (value.to_bits(), at), "{x:?}");
        }
    }

    #[test]
    fn all_minus_infinity_picks_the_first_cell_on_the_input() {
        let s = Slide::new(&Window::new(2).padding(1).stride(1), [3, 3]).unwrap();
        let (values, index) = max_pool(&[LOW; 9], &s);
        assert!(values.iter().all(|&v| v == LOW));
        assert_eq!(index, [0, 0, 1, 2, 0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8]);
    }

    #[test]
    fn overlapping_windows_add_up_and_the_rest_is_zero() {
        let s = Slide::new(&Window::new(2).stride(1), [3, 3]).unwrap();
        let x = [1.0, 2.0, 3.0, 4.0, 9.0, 5.0, 6.0, 7.0, 8.0];
        let (_, index) = max_pool(&x, &s);
        let mut g = [NAN; 9];
        plane_scatter(&[1.0; 4], (&index, 4), (&mut g, 9)).unwrap();
        assert_eq!(g, [0.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn an_index_outside_its_plane_is_reported_by_position() {
        let mut out = [7.0f64; 4];
        assert_eq!(plane_gather((&[1.0; 6], 3), (&[0, 2, 1, 3], 2), &mut out), Err(3));
        assert_eq!(out, [7.0; 4]);
        assert_eq!(plane_scatter(&[1.0f64; 2], (&[4, 0], 1), (&mut out, 2)), Err(0));
        assert_eq!(out, [7.0; 4]);
    }

    proptest! {
        #[test]
        fn max_pool_equals_the_definition((s, x) in (pools(), 0usize..4).prop_flat_map(|(s, planes)| {
            let len = planes * s.cells();
            (Just(s), hard_numbers(len))
        })) {
            let (values, index) = max_pool(&x, &s);
            let (expected, at) = naive::max_pool2d(&x, &s);
            prop_assert_eq!(bits(&values), bits(&expected));
            prop_assert_eq!(&index, &at);
            let mut alone = vec![NAN; values.len()];
            max_pool2d(&x, &s, &mut alone, None);
            prop_assert_eq!(bits(&alone), bits(&expected));
        }

        #[test]
        fn max_pool_is_the_argmax_along_columns((s, x) in pools().prop_flat_map(|s| {
            let len = 2 * s.cells();
            (Just(s), hard_numbers(len))
        })) {
            // The columns of the cells' own numbers, counted from 1, tell where an entry came from; 0 is the padding.
            let columns = naive::unfold(&x, &s);
            let numbers: Vec<f64> = (0..x.len()).map(|i| (i % s.cells() + 1) as f64).collect();
            let from = naive::unfold(&numbers, &s);
            let (values, index) = max_pool(&x, &s);
            for (n, (&value, &at)) in values.iter().zip(&index).enumerate() {
                let (p, o) = (n / s.positions(), n % s.positions());
                let entries = (0..s.taps()).map(|r| (p * s.taps() + r) * s.positions() + o).filter(|&e| from[e] > 0.0);
                let best = entries.reduce(|b, e| if columns[e] > columns[b] || columns[e].is_nan() { e } else { b });
                let best = best.expect("a window holds a cell of the input");
                prop_assert_eq!((value.to_bits(), f64::from(at) + 1.0), (columns[best].to_bits(), from[best]));
            }
        }

        #[test]
        fn gather_undoes_max_pool_and_scatter_is_its_adjoint(s in pools(), planes in 0usize..4) {
            let x = numbers(planes * s.cells());
            let (values, index) = max_pool(&x, &s);
            let mut picked = vec![NAN; values.len()];
            plane_gather((&x, s.cells()), (&index, s.positions()), &mut picked).unwrap();
            prop_assert_eq!(&picked, &values);
            let g = numbers(values.len());
            let mut back = vec![NAN; x.len()];
            plane_scatter(&g, (&index, s.positions()), (&mut back, s.cells())).unwrap();
            let mut expected = vec![0.0; x.len()];
            for (l, (&i, &g)) in index.iter().zip(&g).enumerate() {
                expected[l / s.positions() * s.cells() + i as usize] += g;
            }
            prop_assert_eq!(back, expected);
        }
    }
}
