//! Max pooling over planes, with the index of the cell that won each window, and of the one that came second.
//! Loops run along rows of windows, a vector of windows at a time, so that an image is read once and a result written once.

use super::par;
use super::scratch::{self, Scratch};
use super::simd::{Level, Loop, level, run_at};
use super::windows::{LANES, Lanes, Windows};
use crate::real::Real;

#[cfg(target_arch = "x86_64")]
mod avx512;

/// Whether a cell wins over the best one so far: it is larger, or NaN.
#[inline(always)]
fn wins<T: Real>(v: T, best: T) -> bool {
    (v > best) | v.is_nan()
}

/// Input cells of one task.
const TASK: usize = 1 << 16;

/// The maximum of every window of `x` [planes, …], and where wanted its flat row-major index within the plane.
///
/// The search starts at the first cell on the input and moves on at `v > best || v is NaN`: the first of equal maxima
/// wins (−0 and +0 are equal), NaN wins over every number and the last NaN over the others, as in PyTorch. Cells in the
/// padding are skipped; every window holds a cell of the input ([`Window::pool_output`](crate::Window::pool_output)).
pub(crate) fn max_pool<T: Real, const D: usize>(x: &[T], w: &Windows<D>, values: &mut [T], index: Option<&mut [u32]>) {
    max_pool_at(level(), x, w, values, index);
}

fn max_pool_at<T: Real, const D: usize>(
    at: Level,
    x: &[T],
    w: &Windows<D>,
    values: &mut [T],
    index: Option<&mut [u32]>,
) {
    assert!(at <= level(), "the processor has the instructions of the level");
    let (cells, positions) = (w.cells(), w.positions());
    let planes = x.len() / cells;
    assert_eq!(planes * positions, values.len(), "one maximum for every window of every plane");
    let work = planes.saturating_mul(w.work());
    let block = (TASK / cells).max(1);
    let lanes = w.lanes();
    let task = |k: usize, values: &mut [T], index: Option<&mut [u32]>| {
        let x = &x[k * block * cells..][..values.len() / positions * cells];
        let out = Maxima { values, index };
        match &lanes {
            // SAFETY: `can` says that numbers and stride are right, and the processor has what its level says.
            #[cfg(target_arch = "x86_64")]
            Some(lanes) if at == Level::Avx512 && avx512::can::<T>(lanes) => unsafe { avx512::rows(x, w, lanes, out) },
            Some(lanes) => run_at(at, Rows { x, w, lanes, out }),
            None => one_by_one(x, w, out),
        }
    };
    match index {
        None => par::chunks_mut(values, block * positions, work, |k, values| task(k, values, None)),
        Some(index) => {
            assert!(u32::try_from(cells - 1).is_ok(), "an index within a plane fits u32");
            assert_eq!(index.len(), values.len(), "one index for every maximum");
            let chunk = block * positions;
            par::chunks2_mut((values, chunk), (index, chunk), work, |k, values, index| task(k, values, Some(index)));
        }
    }
}

/// The results of a task.
struct Maxima<'a, T> {
    values: &'a mut [T],
    index: Option<&'a mut [u32]>,
}

impl<T> Maxima<'_, T> {
    /// Row `row` of all rows of windows, each `width` long.
    #[inline(always)]
    fn row(&mut self, row: usize, width: usize) -> (&mut [T], Option<&mut [u32]>) {
        let range = row * width..(row + 1) * width;
        (&mut self.values[range.clone()], self.index.as_mut().map(|index| &mut index[range]))
    }
}

/// A row of windows in work: the best cells so far.
struct Best<T> {
    values: Scratch<T>,
    index: Scratch<u32>,
}

/// Rows of windows of the planes of a task.
///
/// The search begins at −∞ with the first cell's index. So −∞ in the places of the padding never wins, and a window of −∞
/// keeps its first cell.
struct Rows<'a, T: Real, const D: usize> {
    /// Whole planes.
    x: &'a [T],
    w: &'a Windows<D>,
    lanes: &'a Lanes,
    out: Maxima<'a, T>,
}

impl<T: Real, const D: usize> Loop for Rows<'_, T, D> {
    #[inline(always)]
    fn run(self) {
        let Rows { x, w, lanes, mut out } = self;
        let width = w.width();
        let mut cells = scratch::take::<T>(lanes.places());
        let mut starts = scratch::take::<u32>(lanes.kernel);
        let mut first = scratch::take::<u32>(lanes.width);
        let mut best = Best { values: scratch::take(lanes.width), index: scratch::take(lanes.width) };
        cells.fill(T::neg_infinity());
        lanes.starts(&mut starts);
        first.fill(0);
        first.iter_mut().zip(w.columns()).for_each(|(first, span)| *first = span.first as u32);
        let rows = w.positions() / width;
        for (p, plane) in x.chunks(w.cells()).enumerate() {
            for r in 0..rows {
                let row = w.row(r);
                best.values.fill(T::neg_infinity());
                best.index.iter_mut().zip(&*first).for_each(|(index, &first)| *index = first + row.first as u32);
                for start in row.starts() {
                    lanes.fill(&plane[start..], &mut cells);
                    row_of_cells(&cells, lanes, &starts, start as u32, &mut best);
                }
                let (values, index) = out.row(p * rows + r, width);
                values.copy_from_slice(&best.values[..width]);
                if let Some(index) = index {
                    index.copy_from_slice(&best.index[..width]);
                }
            }
        }
    }
}

/// Lets the cells of one row of the input, which begins at cell `start` of the plane, take part.
#[inline(always)]
fn row_of_cells<T: Real>(cells: &[T], lanes: &Lanes, starts: &[u32], start: u32, best: &mut Best<T>) {
    // Wrapping, for the first windows of a row may begin in the padding, which never wins.
    let first = start.wrapping_sub(lanes.padding as u32);
    let (dilation, stride) = (lanes.dilation as u32, lanes.stride as u32);
    let (values, index) = (best.values.as_chunks_mut::<LANES>().0, best.index.as_chunks_mut::<LANES>().0);
    for (block, (values, index)) in values.iter_mut().zip(index).enumerate() {
        let (mut v, mut i) = (*values, *index);
        let mut at = first.wrapping_add(stride.wrapping_mul((block * LANES) as u32));
        for &start in starts {
            let cell: &[T; LANES] =
                cells[start as usize + block * LANES..].first_chunk().expect("places for whole groups of windows");
            for l in 0..LANES {
                let wins = wins(cell[l], v[l]);
                v[l] = if wins { cell[l] } else { v[l] };
                i[l] = if wins { at.wrapping_add(stride.wrapping_mul(l as u32)) } else { i[l] };
            }
            at = at.wrapping_add(dilation);
        }
        (*values, *index) = (v, i);
    }
}

/// The windows of whole planes, one after the other.
fn one_by_one<T: Real, const D: usize>(x: &[T], w: &Windows<D>, mut out: Maxima<'_, T>) {
    let rows = w.positions() / w.width();
    for (p, plane) in x.chunks(w.cells()).enumerate() {
        for r in 0..rows {
            let row = w.row(r);
            let (values, mut index) = out.row(p * rows + r, w.width());
            for (o, (span, value)) in w.columns().zip(values).enumerate() {
                let mut at = row.first + span.first;
                let mut best = plane[at];
                row.starts().for_each(|start| {
                    for i in span.cells().map(|i| start + i) {
                        if wins(plane[i], best) {
                            (best, at) = (plane[i], i);
                        }
                    }
                });
                *value = best;
                if let Some(index) = &mut index {
                    index[o] = at as u32;
                }
            }
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
            let (row, span) = (w.row(l / w.width()), w.column(l % w.width()));
            let first = winner[l] as usize;
            let mut at = first;
            row.starts().for_each(|start| {
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
    use super::super::simd::levels;
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
        for level in levels() {
            let (mut values, mut index) = (vec![NAN; at.len()], vec![u32::MAX; at.len()]);
            max_pool_at(level, x, w, &mut values, Some(&mut index));
            assert_eq!((bits(&values), &index), (bits(&expected), &at), "{level:?}");
        }
        // In f32, which has a kernel of its own.
        let x32: Vec<f32> = x.iter().map(|&v| v as f32).collect();
        for level in levels() {
            let (mut values, mut index) = (vec![f32::NAN; at.len()], vec![u32::MAX; at.len()]);
            max_pool_at(level, &x32, w, &mut values, Some(&mut index));
            let wide: Vec<f64> = values.iter().map(|&v| f64::from(v)).collect();
            assert_eq!((bits(&wide), &index), (bits(&expected), &at), "f32 at {level:?}");
            values.fill(1.5);
            max_pool_at(level, &x32, w, &mut values, None);
            let wide: Vec<f64> = values.iter().map(|&v| f64::from(v)).collect();
            assert_eq!(bits(&wide), bits(&expected), "f32 without indices at {level:?}");
        }
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
