//! Average pooling over planes and its adjoint.
//! Both loop along rows of windows, one kernel cell at a time, as max pooling does.

use super::par;
use super::unfold::{Slide, place};
use super::windows::{Taps, Windows};
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
    /// For every window along an axis, how many of its kernel cells count.
    fn counts<const D: usize>(self, s: &Slide<D>, axis: usize) -> Vec<usize> {
        let (size, p) = (s.input[axis], s.padding[axis]);
        let counted = match self {
            Divisor::Padded => 0..size + 2 * p,
            Divisor::Inside => p..size + p,
            Divisor::Fixed(_) => return Vec::new(),
        };
        (0..s.output[axis]).map(|o| s.kernel_range(axis, o, counted.clone()).len()).collect()
    }

    /// The divisor of every window of a plane.
    pub(crate) fn of_windows<T: Real, const D: usize>(self, s: &Slide<D>) -> Vec<T> {
        if let Divisor::Fixed(d) = self {
            return vec![T::of(d as f64); s.positions()];
        }
        let counts: [Vec<usize>; D] = std::array::from_fn(|axis| self.counts(s, axis));
        let count = |at: [usize; D]| (0..D).map(|axis| counts[axis][at[axis]] as f64).product::<f64>();
        (0..s.positions()).map(|o| T::of(count(place(o, s.output)))).collect()
    }
}

/// The sum of every window of `x` [planes, …] over its divisor; cells in the padding count as 0.
pub(crate) fn avg_pool<T: Real, const D: usize>(x: &[T], w: &Windows<D>, divisors: &[T], out: &mut [T]) {
    let (cells, positions) = (w.cells(), w.positions());
    let planes = x.len() / cells;
    assert_eq!(planes * positions, out.len(), "one mean for every window of every plane");
    par::chunks_mut(out, positions, planes.saturating_mul(w.work()), |p, out| {
        let plane = &x[p * cells..(p + 1) * cells];
        match w.taps() {
            Some(taps) => sum_by_taps(plane, w, taps, out),
            None => sum_by_columns(plane, w, out),
        }
        out.iter_mut().zip(divisors).for_each(|(sum, &d)| *sum /= d);
    });
}

fn sum_by_taps<T: Real, const D: usize>(plane: &[T], w: &Windows<D>, taps: &Taps, out: &mut [T]) {
    for (row, sums) in out.chunks_mut(w.width()).enumerate() {
        sums.fill(T::zero());
        w.row(row).for_taps(taps, |windows, cell| {
            for (sum, &v) in sums[windows].iter_mut().zip(plane[cell..].iter().step_by(taps.stride)) {
                *sum += v;
            }
        });
    }
}

/// Down the columns of the input first, for the windows of a row cover the same rows of cells; then along them.
fn sum_by_columns<T: Real, const D: usize>(plane: &[T], w: &Windows<D>, out: &mut [T]) {
    let mut column = vec![T::zero(); w.input_width()];
    for (row, sums) in out.chunks_mut(w.width()).enumerate() {
        column.fill(T::zero());
        w.row(row).for_each(|start| column.iter_mut().zip(&plane[start..]).for_each(|(sum, &v)| *sum += v));
        for (sum, span) in sums.iter_mut().zip(w.columns()) {
            *sum = span.cells().fold(T::zero(), |sum, i| sum + column[i]);
        }
    }
}

/// The adjoint of [`avg_pool`]: every g/divisor added to the cells of its window, row of windows after row of windows.
pub(crate) fn avg_pool_adjoint<T: Real, const D: usize>(g: &[T], w: &Windows<D>, divisors: &[T], x: &mut [T]) {
    let (cells, positions) = (w.cells(), w.positions());
    let planes = x.len() / cells;
    assert_eq!(planes * positions, g.len(), "one cotangent for every window of every plane");
    par::chunks_mut(x, cells, planes.saturating_mul(w.work()), |p, plane| {
        plane.fill(T::zero());
        let g = g[p * positions..(p + 1) * positions].iter().zip(divisors);
        let shares: Vec<T> = g.map(|(&g, &d)| g / d).collect();
        match w.taps() {
            Some(taps) => spread_by_taps(&shares, w, taps, plane),
            None => spread_by_columns(&shares, w, plane),
        }
    });
}

fn spread_by_taps<T: Real, const D: usize>(shares: &[T], w: &Windows<D>, taps: &Taps, plane: &mut [T]) {
    for (row, shares) in shares.chunks(w.width()).enumerate() {
        w.row(row).for_taps(taps, |windows, cell| {
            for (x, &share) in plane[cell..].iter_mut().step_by(taps.stride).zip(&shares[windows]) {
                *x += share;
            }
        });
    }
}

fn spread_by_columns<T: Real, const D: usize>(shares: &[T], w: &Windows<D>, plane: &mut [T]) {
    let mut column = vec![T::zero(); w.input_width()];
    for (row, shares) in shares.chunks(w.width()).enumerate() {
        column.fill(T::zero());
        for (&share, span) in shares.iter().zip(w.columns()) {
            span.cells().for_each(|i| column[i] += share);
        }
        w.row(row).for_each(|start| plane[start..].iter_mut().zip(&column).for_each(|(x, &v)| *x += v));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::naive;
    use super::super::pool::tests::{bits, pools};
    use super::super::unfold::tests::{each_axis, numbers};
    use super::*;
    use crate::window::Window;

    const NAN: f64 = f64::NAN;

    fn mean<const D: usize>(x: &[f64], s: &Slide<D>, divisor: Divisor) -> Vec<f64> {
        let mut out = vec![NAN; x.len() / s.cells() * s.positions()];
        avg_pool(x, &Windows::sliding(s), &divisor.of_windows(s), &mut out);
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
    fn is_adjoint<const D: usize>(w: &Windows<D>, divisors: &[f64], x: &[f64], out: &[f64]) {
        let g = numbers(out.len());
        let mut back = vec![NAN; x.len()];
        avg_pool_adjoint(&g, w, divisors, &mut back);
        let (left, right) = (dot(out, &g), dot(x, &back));
        assert!((left - right).abs() <= 1e-9 * (1.0 + left.abs()), "⟨pool x, g⟩ = {left}, ⟨x, adjoint g⟩ = {right}");
    }

    fn sliding_means<const D: usize>(s: &Slide<D>, planes: usize, divisor: Divisor) {
        let x = numbers(planes * s.cells());
        let out = mean(&x, s, divisor);
        assert_eq!(bits(&out), bits(&naive::avg_pool(&x, s, divisor)));
        is_adjoint(&Windows::sliding(s), &divisor.of_windows(s), &x, &out);
    }

    fn adaptive_means<const D: usize>(input: [usize; D], output: [usize; D], planes: usize) {
        let w = Windows::adaptive(input, output);
        let x = numbers(planes * w.cells());
        let divisors: Vec<f64> = w.counts().map(|n| n as f64).collect();
        let mut out = vec![NAN; planes * w.positions()];
        avg_pool(&x, &w, &divisors, &mut out);
        assert_eq!(bits(&out), bits(&naive::adaptive_avg_pool(&x, input, output)));
        is_adjoint(&w, &divisors, &x, &out);
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
