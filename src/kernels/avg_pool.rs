//! Average pooling over planes and its adjoint.
//! Both loop along rows of windows, one kernel cell at a time, as max pooling does.

use super::par;
use super::pool::Columns;
use super::unfold::Slide;
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
    fn counts(self, s: &Slide, axis: usize) -> Vec<usize> {
        let (size, p) = (s.input[axis], s.padding[axis]);
        let counted = match self {
            Divisor::Padded => 0..size + 2 * p,
            Divisor::Inside => p..size + p,
            Divisor::Fixed(_) => return Vec::new(),
        };
        let cell = |o: usize, k: usize| o * s.stride[axis] + k * s.dilation[axis];
        (0..s.output[axis]).map(|o| (0..s.kernel[axis]).filter(|&k| counted.contains(&cell(o, k))).count()).collect()
    }

    /// The divisor of every window of a plane.
    fn of_windows<T: Real>(self, s: &Slide) -> Vec<T> {
        if let Divisor::Fixed(d) = self {
            return vec![T::of(d as f64); s.positions()];
        }
        let (rows, columns) = (self.counts(s, 0), self.counts(s, 1));
        rows.iter().flat_map(|&r| columns.iter().map(move |&c| T::of((r * c) as f64))).collect()
    }
}

/// The sum of every window of `x` [planes, H, W] over its divisor; cells in the padding count as 0.
pub(crate) fn avg_pool2d<T: Real>(x: &[T], s: &Slide, divisor: Divisor, out: &mut [T]) {
    let (cells, positions) = (s.cells(), s.positions());
    assert_eq!(x.len() / cells * positions, out.len(), "one mean for every window of every plane");
    let (divisors, columns) = (divisor.of_windows::<T>(s), Columns::new(s));
    let work = out.len() * s.taps();
    par::chunks_mut(out, positions, work, |p, out| {
        let plane = &x[p * cells..(p + 1) * cells];
        for (oy, sums) in out.chunks_mut(s.output[1]).enumerate() {
            sums.fill(T::zero());
            columns.for_taps(s, oy, |windows, cell| {
                for (sum, &v) in sums[windows].iter_mut().zip(plane[cell..].iter().step_by(s.stride[1])) {
                    *sum += v;
                }
            });
        }
        out.iter_mut().zip(&divisors).for_each(|(sum, &d)| *sum /= d);
    });
}

/// The adjoint of [`avg_pool2d`]: every g/divisor added to the cells of its window, row of windows after row of windows.
pub(crate) fn avg_pool2d_adjoint<T: Real>(g: &[T], s: &Slide, divisor: Divisor, x: &mut [T]) {
    let (cells, positions) = (s.cells(), s.positions());
    assert_eq!(x.len() / cells * positions, g.len(), "one cotangent for every window of every plane");
    let (divisors, columns) = (divisor.of_windows::<T>(s), Columns::new(s));
    let width = s.output[1];
    par::chunks_mut(x, cells, g.len() * s.taps(), |p, plane| {
        plane.fill(T::zero());
        let g = &g[p * positions..(p + 1) * positions];
        let mut shares = vec![T::zero(); width];
        for (oy, (g, divisors)) in g.chunks(width).zip(divisors.chunks(width)).enumerate() {
            shares.iter_mut().zip(g.iter().zip(divisors)).for_each(|(share, (&g, &d))| *share = g / d);
            columns.for_taps(s, oy, |windows, cell| {
                for (x, &share) in plane[cell..].iter_mut().step_by(s.stride[1]).zip(&shares[windows]) {
                    *x += share;
                }
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::naive;
    use super::super::pool::tests::{bits, pools};
    use super::super::unfold::tests::numbers;
    use super::*;
    use crate::window::Window;

    const NAN: f64 = f64::NAN;

    #[test]
    fn means_follow_their_divisor() {
        // Input 3, kernel 2, stride 2, rounded up: the last window holds one cell and hangs over the edge with the other.
        let s = Slide::new(&Window::new([1, 2]).ceil(), [1, 3]).unwrap();
        let mean = |s: &Slide, d| {
            let mut out = vec![NAN; s.positions()];
            avg_pool2d(&[2.0, 4.0, 10.0], s, d, &mut out);
            out
        };
        assert_eq!(mean(&s, Divisor::Padded), [3.0, 10.0]);
        assert_eq!(mean(&s, Divisor::Inside), [3.0, 10.0]);
        assert_eq!(mean(&s, Divisor::Fixed(4)), [1.5, 2.5]);
        let s = Slide::new(&Window::new([1, 2]).padding([0, 1]), [1, 3]).map_err(|e| e.to_string()).unwrap_err();
        assert!(s.contains("3/2"), "{s}");
        let s = Slide::new(&Window::new([1, 2]).padding([0, 1]).floor(), [1, 3]).unwrap();
        assert_eq!(mean(&s, Divisor::Padded), [1.0, 7.0]);
        assert_eq!(mean(&s, Divisor::Inside), [2.0, 7.0]);
    }

    proptest! {
        #[test]
        fn avg_pool_equals_the_definition(s in pools(), planes in 0usize..4, which in 0usize..3, fixed in prop_oneof![-9isize..0, 1isize..9]) {
            let divisor = [Divisor::Padded, Divisor::Inside, Divisor::Fixed(fixed)][which];
            let x = numbers(planes * s.cells());
            let mut out = vec![NAN; planes * s.positions()];
            avg_pool2d(&x, &s, divisor, &mut out);
            prop_assert_eq!(bits(&out), bits(&naive::avg_pool2d(&x, &s, divisor)));

            let g = numbers(out.len());
            let mut back = vec![NAN; x.len()];
            avg_pool2d_adjoint(&g, &s, divisor, &mut back);
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let (left, right) = (dot(&out, &g), dot(&x, &back));
            prop_assert!((left - right).abs() <= 1e-9 * (1.0 + left.abs()), "⟨pool x, g⟩ = {left}, ⟨x, adjoint g⟩ = {right}");
        }
    }
}
