//! Max pooling over planes, with the index of the cell that won each window, and of the one that came second.
//! Loops run along rows of windows, one kernel cell at a time, so that the compiler can vectorise them.

use super::par;
use super::windows::{Taps, Windows};
use crate::real::Real;

/// Whether a cell wins over the best one so far: it is larger, or NaN.
fn wins<T: Real>(v: T, best: T) -> bool {
    v > best || v.is_nan()
}

/// The maximum of every window of `x` [planes, …], and where wanted its flat row-major index within the plane.
///
/// The search starts at the first cell on the input and moves on at `v > best || v is NaN`: the first of equal maxima
/// wins (−0 and +0 are equal), NaN wins over every number and the last NaN over the others, as in PyTorch. Cells in the
/// padding are skipped; every window holds a cell of the input ([`Window::pool_output`](crate::Window::pool_output)).
pub(crate) fn max_pool<T: Real, const D: usize>(x: &[T], w: &Windows<D>, values: &mut [T], index: Option<&mut [u32]>) {
    let (cells, positions) = (w.cells(), w.positions());
    let planes = x.len() / cells;
    assert_eq!(planes * positions, values.len(), "one maximum for every window of every plane");
    let work = planes.saturating_mul(w.work());
    let plane = |p: usize| &x[p * cells..(p + 1) * cells];
    match index {
        None => par::chunks_mut(values, positions, work, |p, v| match w.taps() {
            Some(taps) => max_plane(plane(p), w, taps, v),
            None => one_by_one(plane(p), w, |l, _, value| v[l] = value),
        }),
        Some(index) => {
            assert!(u32::try_from(cells - 1).is_ok(), "an index within a plane fits u32");
            assert_eq!(index.len(), values.len(), "one index for every maximum");
            par::chunks2_mut((values, positions), (index, positions), work, |p, v, i| match w.taps() {
                Some(taps) => argmax_plane(plane(p), w, taps, v, i),
                None => one_by_one(plane(p), w, |l, at, value| (v[l], i[l]) = (value, at as u32)),
            });
        }
    }
}

fn max_plane<T: Real, const D: usize>(plane: &[T], w: &Windows<D>, taps: &Taps, values: &mut [T]) {
    for (row, best) in values.chunks_mut(w.width()).enumerate() {
        let row = w.row(row);
        let first = &plane[row.first..];
        best.iter_mut().zip(w.columns()).for_each(|(best, span)| *best = first[span.first]);
        row.for_taps(taps, |windows, cell| {
            for (best, &v) in best[windows].iter_mut().zip(plane[cell..].iter().step_by(taps.stride)) {
                *best = if wins(v, *best) { v } else { *best };
            }
        });
    }
}

fn argmax_plane<T: Real, const D: usize>(
    plane: &[T],
    w: &Windows<D>,
    taps: &Taps,
    values: &mut [T],
    index: &mut [u32],
) {
    let width = w.width();
    for (row, (best, at)) in values.chunks_mut(width).zip(index.chunks_mut(width)).enumerate() {
        let row = w.row(row);
        let first = row.first;
        for ((best, at), span) in best.iter_mut().zip(&mut *at).zip(w.columns()) {
            (*best, *at) = (plane[first + span.first], (first + span.first) as u32);
        }
        row.for_taps(taps, |windows, cell| {
            let mut i = cell as u32;
            let cells = plane[cell..].iter().step_by(taps.stride);
            for ((best, at), &v) in best[windows.clone()].iter_mut().zip(&mut at[windows]).zip(cells) {
                let wins = wins(v, *best);
                *best = if wins { v } else { *best };
                *at = if wins { i } else { *at };
                i = i.wrapping_add(taps.stride as u32);
            }
        });
    }
}

/// Calls `f(window, index, value)` with the winner of every window, one window after the other.
fn one_by_one<T: Real, const D: usize>(plane: &[T], w: &Windows<D>, mut f: impl FnMut(usize, usize, T)) {
    for k in 0..w.positions() / w.width() {
        let row = w.row(k);
        for (o, span) in w.columns().iter().enumerate() {
            let mut at = row.first + span.first;
            let mut best = plane[at];
            row.for_each(|start| {
                for i in span.cells().map(|i| start + i) {
                    if wins(plane[i], best) {
                        (best, at) = (plane[i], i);
                    }
                }
            });
            f(k * w.width() + o, at, best);
        }
    }
}

/// The cell that would have won every window without its winner: the winner itself where there is no other.
pub(crate) fn runner_up<T: Real, const D: usize>(x: &[T], w: &Windows<D>, winner: &[u32], second: &mut [u32]) {
    let (cells, positions) = (w.cells(), w.positions());
    let planes = x.len() / cells;
    assert_eq!([winner.len(), second.len()], [planes * positions; 2], "one winner for every window of every plane");
    par::chunks_mut(second, positions, planes.saturating_mul(w.work()), |p, second| {
        let (plane, winner) = (&x[p * cells..(p + 1) * cells], &winner[p * positions..(p + 1) * positions]);
        for (l, second) in second.iter_mut().enumerate() {
            let (row, span) = (w.row(l / w.width()), &w.columns()[l % w.width()]);
            let first = winner[l] as usize;
            let mut at = first;
            row.for_each(|start| {
                for i in span.cells().map(|i| start + i).filter(|&i| i != first) {
                    if at == first || wins(plane[i], plane[at]) {
                        at = i;
                    }
                }
            });
            *second = at as u32;
        }
    });
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::super::naive;
    use super::super::unfold::Slide;
    use super::super::unfold::tests::{each_axis, slides};
    use super::*;
    use crate::window::Window;

    const NAN: f64 = f64::NAN;
    const LOW: f64 = f64::NEG_INFINITY;

    /// Windows that hold a cell each, as pooling demands.
    pub(crate) fn pools<const D: usize>() -> impl Strategy<Value = Slide<D>> {
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

    fn pool<const D: usize>(x: &[f64], w: &Windows<D>) -> (Vec<f64>, Vec<u32>) {
        let n = x.len() / w.cells() * w.positions();
        let (mut values, mut index) = (vec![NAN; n], vec![u32::MAX; n]);
        max_pool(x, w, &mut values, Some(&mut index));
        (values, index)
    }

    #[test]
    fn one_window_decides_as_it_says() {
        let w = Windows::sliding(&Slide::new(&Window::new(2), [2, 2]).unwrap());
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
            let (values, index) = pool(&x, &w);
            assert_eq!((values[0].to_bits(), index[0]), (value.to_bits(), at), "{x:?}");
        }
    }

    #[test]
    fn all_minus_infinity_picks_the_first_cell_on_the_input() {
        let s = Slide::new(&Window::new(2).padding(1).stride(1), [3, 3]).unwrap();
        let (values, index) = pool(&[LOW; 9], &Windows::sliding(&s));
        assert!(values.iter().all(|&v| v == LOW));
        assert_eq!(index, [0, 0, 1, 2, 0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8]);
    }

    /// Values, values alone, and the runners-up against the definition.
    fn equals_the_definition<const D: usize>(x: &[f64], w: &Windows<D>, cells: &[Vec<usize>]) {
        let (values, index) = pool(x, w);
        let (expected, at) = naive::max_pool(x, w.cells(), cells);
        assert_eq!(bits(&values), bits(&expected));
        assert_eq!(index, at);
        let mut alone = vec![NAN; values.len()];
        max_pool(x, w, &mut alone, None);
        assert_eq!(bits(&alone), bits(&expected));

        let mut second = vec![u32::MAX; index.len()];
        runner_up(x, w, &index, &mut second);
        for (l, (&first, second)) in index.iter().zip(second).enumerate() {
            let mut others = cells[l % w.positions()].clone();
            others.retain(|&i| i != first as usize);
            let plane = &x[l / w.positions() * w.cells()..][..w.cells()];
            let expected = if others.is_empty() { first } else { naive::max_pool(plane, w.cells(), &[others]).1[0] };
            assert_eq!(second, expected);
        }
    }

    macro_rules! in_dimensions {
        ($($name:ident $adaptive:ident $d:literal)+) => { proptest! { $(
            #[test]
            fn $name((s, x) in (pools::<$d>(), 0usize..4).prop_flat_map(|(s, planes)| {
                let len = planes * s.cells();
                (Just(s), hard_numbers(len))
            })) {
                equals_the_definition(&x, &Windows::sliding(&s), &naive::windows(&s));
            }

            #[test]
            fn $adaptive((input, output, x) in (each_axis::<$d>(1..8), each_axis::<$d>(1..10), 0usize..4).prop_flat_map(
                |(input, output, planes)| (Just(input), Just(output), hard_numbers(planes * input.iter().product::<usize>()))
            )) {
                equals_the_definition(&x, &Windows::adaptive(input, output), &naive::adaptive_windows(input, output));
            }
        )+ } };
    }

    in_dimensions! {
        maxima_along_a_line adaptive_maxima_along_a_line 1
        maxima_over_a_plane adaptive_maxima_over_a_plane 2
        maxima_through_a_volume adaptive_maxima_through_a_volume 3
    }

    proptest! {
        #[test]
        fn max_pool_is_the_argmax_along_columns((s, x) in pools::<2>().prop_flat_map(|s| {
            let len = 2 * s.cells();
            (Just(s), hard_numbers(len))
        })) {
            // The columns of the cells' own numbers, counted from 1, tell where an entry came from; 0 is the padding.
            let columns = naive::unfold(&x, &s);
            let numbers: Vec<f64> = (0..x.len()).map(|i| (i % s.cells() + 1) as f64).collect();
            let from = naive::unfold(&numbers, &s);
            let (values, index) = pool(&x, &Windows::sliding(&s));
            for (n, (&value, &at)) in values.iter().zip(&index).enumerate() {
                let (p, o) = (n / s.positions(), n % s.positions());
                let entries = (0..s.taps()).map(|r| (p * s.taps() + r) * s.positions() + o).filter(|&e| from[e] > 0.0);
                let best = entries.reduce(|b, e| if columns[e] > columns[b] || columns[e].is_nan() { e } else { b });
                let best = best.expect("a window holds a cell of the input");
                prop_assert_eq!((value.to_bits(), f64::from(at) + 1.0), (columns[best].to_bits(), from[best]));
            }
        }
    }
}
