//! Average pooling over planes and its adjoint.
//! Sums run down the rows of a window first and then along them, for all windows of a row at once, as in max pooling.

use super::par;
use super::scratch;
use super::simd::{Level, Loop, level, run_at};
use super::windows::{LANES, Lanes, Windows};
use crate::real::Real;

/// What the sum of a window is divided by in average pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Divisor {
    /// The cells on the input and its padding; those of a window that hangs over the far padding do not count (PyTorch).
    Padded,
    /// The cells on the input alone.
    Inside,
    /// A fixed number.
    Fixed(isize),
}

impl Divisor {
    /// How many cells of the windows of a row count along the last axis: a factor of their divisors.
    fn along<T: Real, const D: usize>(self, w: &Windows<D>, counts: &mut [T]) {
        let last = D - 1;
        for (o, count) in counts.iter_mut().enumerate() {
            *count = match self {
                Divisor::Fixed(d) => T::of(d as f64),
                _ => T::of(w.counted(last, o, self == Divisor::Padded) as f64),
            };
        }
    }

    /// The other factor of the divisors of row `row` of windows.
    fn across<T: Real, const D: usize>(self, w: &Windows<D>, row: usize) -> T {
        match self {
            Divisor::Fixed(_) => T::one(),
            _ => T::of(w.counted_across(row, self == Divisor::Padded) as f64),
        }
    }
}

/// Cells of one task.
const TASK: usize = 1 << 16;

/// The sum of every window of `x` [planes, …] over its divisor; cells in the padding count as 0.
pub(crate) fn avg_pool<T: Real, const D: usize>(x: &[T], w: &Windows<D>, divisor: Divisor, out: &mut [T]) {
    avg_pool_at(level(), x, w, divisor, out);
}

fn avg_pool_at<T: Real, const D: usize>(level: Level, x: &[T], w: &Windows<D>, divisor: Divisor, out: &mut [T]) {
    let (cells, positions) = (w.cells(), w.positions());
    let planes = x.len() / cells;
    assert_eq!(planes * positions, out.len(), "one mean for every window of every plane");
    let lanes = w.lanes();
    let block = (TASK / cells).max(1);
    par::chunks_mut(out, block * positions, planes.saturating_mul(w.work()), |k, out| {
        let x = &x[k * block * cells..][..out.len() / positions * cells];
        run_at(level, Means { x, w, lanes: lanes.as_ref(), divisor, out });
    });
}

/// The means of whole planes.
struct Means<'a, T: Real, const D: usize> {
    x: &'a [T],
    w: &'a Windows<D>,
    lanes: Option<&'a Lanes>,
    divisor: Divisor,
    out: &'a mut [T],
}

impl<T: Real, const D: usize> Loop for Means<'_, T, D> {
    #[inline(always)]
    fn run(self) {
        let Means { x, w, lanes, divisor, out } = self;
        let width = w.width();
        let mut row = Along::new(w, lanes);
        let mut counts = scratch::take::<T>(width);
        divisor.along(w, &mut counts);
        for (plane, out) in x.chunks(w.cells()).zip(out.chunks_mut(w.positions())) {
            for (r, out) in out.chunks_mut(width).enumerate() {
                let across: T = divisor.across(w, r);
                row.column.fill(T::zero());
                for start in w.row(r).starts() {
                    row.column.iter_mut().zip(&plane[start..]).for_each(|(sum, &v)| *sum += v);
                }
                row.sum(w);
                let sums = out.iter_mut().zip(&*row.windows).zip(&*counts);
                sums.for_each(|((mean, &sum), &count)| *mean = sum / (across * count));
            }
        }
    }
}

/// The adjoint of [`avg_pool`]: every g/divisor added to the cells of its window, row of windows after row of windows.
pub(crate) fn avg_pool_adjoint<T: Real, const D: usize>(g: &[T], w: &Windows<D>, divisor: Divisor, x: &mut [T]) {
    avg_pool_adjoint_at(level(), g, w, divisor, x);
}

fn avg_pool_adjoint_at<T: Real, const D: usize>(level: Level, g: &[T], w: &Windows<D>, divisor: Divisor, x: &mut [T]) {
    let (cells, positions) = (w.cells(), w.positions());
    let planes = x.len() / cells;
    assert_eq!(planes * positions, g.len(), "one cotangent for every window of every plane");
    let lanes = w.lanes();
    let block = (TASK / cells).max(1);
    par::chunks_mut(x, block * cells, planes.saturating_mul(w.work()), |k, x| {
        let g = &g[k * block * positions..][..x.len() / cells * positions];
        run_at(level, Shares { g, w, lanes: lanes.as_ref(), divisor, x });
    });
}

/// The adjoint for whole planes.
struct Shares<'a, T: Real, const D: usize> {
    g: &'a [T],
    w: &'a Windows<D>,
    lanes: Option<&'a Lanes>,
    divisor: Divisor,
    x: &'a mut [T],
}

impl<T: Real, const D: usize> Loop for Shares<'_, T, D> {
    #[inline(always)]
    fn run(self) {
        let Shares { g, w, lanes, divisor, x } = self;
        let (width, cells) = (w.width(), w.cells());
        let mut row = Along::new(w, lanes);
        let mut counts = scratch::take::<T>(width);
        divisor.along(w, &mut counts);
        for (g, plane) in g.chunks(w.positions()).zip(x.chunks_mut(cells)) {
            plane.fill(T::zero());
            for (r, g) in g.chunks(width).enumerate() {
                let across: T = divisor.across(w, r);
                let shares = row.windows.iter_mut().zip(g).zip(&*counts);
                shares.for_each(|((share, &g), &count)| *share = g / (across * count));
                row.spread(w);
                for start in w.row(r).starts() {
                    plane[start..].iter_mut().zip(&*row.column).for_each(|(x, &v)| *x += v);
                }
            }
        }
    }
}

/// Buffers for one row of windows: the sums of the cells of each column, and of those of each window.
struct Along<'a, T> {
    lanes: Option<&'a Lanes>,
    column: scratch::Scratch<T>,
    /// In whole groups of [`LANES`].
    windows: scratch::Scratch<T>,
    /// The columns as the windows see them, with zeros in the padding.
    places: scratch::Scratch<T>,
    starts: scratch::Scratch<u32>,
}

impl<'a, T: Real> Along<'a, T> {
    fn new<const D: usize>(w: &Windows<D>, lanes: Option<&'a Lanes>) -> Self {
        let mut windows = scratch::take::<T>(w.width().next_multiple_of(LANES));
        let mut places = scratch::take::<T>(lanes.map_or(0, Lanes::places));
        let mut starts = scratch::take::<u32>(lanes.map_or(0, |lanes| lanes.kernel));
        windows.fill(T::zero());
        places.fill(T::zero());
        if let Some(lanes) = lanes {
            lanes.starts(&mut starts);
        }
        Along { lanes, column: scratch::take(w.input_width()), windows, places, starts }
    }

    /// The sums of the windows from those of the columns.
    #[inline(always)]
    fn sum<const D: usize>(&mut self, w: &Windows<D>) {
        let Some(lanes) = self.lanes else {
            for (sum, span) in self.windows.iter_mut().zip(w.columns()) {
                *sum = span.cells().fold(T::zero(), |sum, i| sum + self.column[i]);
            }
            return;
        };
        lanes.fill(&self.column, &mut self.places);
        for (block, sums) in self.windows.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            let mut sum = [T::zero(); LANES];
            for &start in &*self.starts {
                let at = start as usize + block * LANES;
                let cells: &[T; LANES] = self.places[at..].first_chunk().expect("places for whole groups of windows");
                sum.iter_mut().zip(cells).for_each(|(sum, &v)| *sum += v);
            }
            *sums = sum;
        }
    }

    /// The adjoint of [`sum`](Along::sum).
    #[inline(always)]
    fn spread<const D: usize>(&mut self, w: &Windows<D>) {
        self.column.fill(T::zero());
        let Some(lanes) = self.lanes else {
            for (&share, span) in self.windows.iter().zip(w.columns()) {
                span.cells().for_each(|i| self.column[i] += share);
            }
            return;
        };
        // Places of the padding collect what nobody reads.
        self.places.fill(T::zero());
        for &start in &*self.starts {
            let places = self.places[start as usize..].iter_mut();
            places.zip(&*self.windows).for_each(|(place, &share)| *place += share);
        }
        lanes.add(&self.places, &mut self.column);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::naive;
    use super::super::pool::tests::{bits, pools};
    use super::super::simd::levels;
    use super::super::unfold::Slide;
    use super::super::unfold::tests::{each_axis, numbers};
    use super::*;
    use crate::window::Window;

    const NAN: f64 = f64::NAN;

    fn mean<const D: usize>(x: &[f64], s: &Slide<D>, divisor: Divisor) -> Vec<f64> {
        let mut out = vec![NAN; x.len() / s.cells() * s.positions()];
        avg_pool(x, &Windows::sliding(s), divisor, &mut out);
        for level in levels() {
            let mut other = vec![NAN; out.len()];
            avg_pool_at(level, x, &Windows::sliding(s), divisor, &mut other);
            assert_eq!(bits(&out), bits(&other), "{level:?}");
        }
        out
    }

    #[test]
    fn means_follow_their_divisor() {
        // Input 3, kernel 2, stride 2, rounded up: the last window holds one cell and hangs over the edge with the other.
        let x = [2.0, 4.0, 10.0];
        let s = Slide::new(&Window::new([1, 2]).ceil(), [1, 3]).unwrap();
        assert_eq!(mean(&x, &s, Divisor::Padded), [3.0, 10.0]);
        assert_eq!(mean(&x, &s, Divisor::Inside), [3.0, 10.0]);
        assert_eq!(mean(&x, &s, Divisor::Fixed(4)), [1.5, 2.5]);
        let s = Slide::new(&Window::new(2).padding(1), [3]).map_err(|e| e.to_string()).unwrap_err();
        assert!(s.contains("3/2"), "{s}");
        let s = Slide::new(&Window::<1>::new(2).padding(1).floor(), [3]).unwrap();
        assert_eq!(mean(&x, &s, Divisor::Padded), [1.0, 7.0]);
        assert_eq!(mean(&x, &s, Divisor::Inside), [2.0, 7.0]);
    }

    fn dot(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    /// ⟨pool x, g⟩ = ⟨x, adjoint g⟩.
    fn is_adjoint<const D: usize>(w: &Windows<D>, divisor: Divisor, x: &[f64], out: &[f64]) {
        let g = numbers(out.len());
        let mut back = vec![NAN; x.len()];
        avg_pool_adjoint(&g, w, divisor, &mut back);
        for level in levels() {
            let mut other = vec![NAN; x.len()];
            avg_pool_adjoint_at(level, &g, w, divisor, &mut other);
            assert_eq!(bits(&back), bits(&other), "{level:?}");
        }
        let (left, right) = (dot(out, &g), dot(x, &back));
        assert!((left - right).abs() <= 1e-9 * (1.0 + left.abs()), "⟨pool x, g⟩ = {left}, ⟨x, adjoint g⟩ = {right}");
    }

    fn sliding_means<const D: usize>(s: &Slide<D>, planes: usize, divisor: Divisor) {
        let x = numbers(planes * s.cells());
        let out = mean(&x, s, divisor);
        assert_eq!(bits(&out), bits(&naive::avg_pool(&x, s, divisor)));
        is_adjoint(&Windows::sliding(s), divisor, &x, &out);
    }

    fn adaptive_means<const D: usize>(input: [usize; D], output: [usize; D], planes: usize) {
        let w = Windows::adaptive(input, output);
        let x = numbers(planes * w.cells());
        let mut out = vec![NAN; planes * w.positions()];
        avg_pool(&x, &w, Divisor::Inside, &mut out);
        assert_eq!(bits(&out), bits(&naive::adaptive_avg_pool(&x, input, output)));
        is_adjoint(&w, Divisor::Inside, &x, &out);
    }

    macro_rules! in_dimensions {
        ($($name:ident $d:literal)+) => { proptest! { $(
            #[test]
            fn $name(
                s in pools::<$d>(),
                (input, output) in (each_axis::<$d>(1..9), each_axis::<$d>(1..12)),
                planes in 0usize..4,
                which in 0usize..3,
                fixed in prop_oneof![-9isize..0, 1isize..9],
            ) {
                sliding_means(&s, planes, [Divisor::Padded, Divisor::Inside, Divisor::Fixed(fixed)][which]);
                adaptive_means(input, output, planes);
            }
        )+ } };
    }

    in_dimensions! { means_along_a_line 1 means_over_a_plane 2 means_through_a_volume 3 }
}
