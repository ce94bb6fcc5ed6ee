//! Values of images between their cells, at coordinates that are data, and the adjoint, which adds onto the cells.
//! Both have derivatives in the coordinates: the same sums with the derivatives of the weights.

use std::ops::Range;

use smallvec::SmallVec;

use super::filter::{Edge, Filter};
use super::par;
use crate::real::Real;

/// Positions whose cells and weights are held at a time, so that they stay in cache while channel follows channel.
const RUN: usize = 1 << 10;

/// A sampling of images [n, c, size..] at `positions` places of each: y [n, c, positions].
#[derive(Clone, Debug)]
pub(crate) struct Sampling<'a> {
    pub(crate) filter: Filter,
    pub(crate) edge: Edge,
    /// For each spatial axis, the order of the derivative in its coordinate.
    pub(crate) order: &'a [usize],
    pub(crate) n: usize,
    pub(crate) c: usize,
    pub(crate) size: &'a [usize],
    pub(crate) positions: usize,
}

impl Sampling<'_> {
    fn cells(&self) -> usize {
        self.size.iter().product()
    }

    /// Cells and weights along one axis for coordinate u; those that count nothing are left out.
    ///
    /// A filter of two cells takes its place between the outermost centres first, where u stands for another coordinate.
    fn along(&self, axis: usize, u: f64) -> SmallVec<[(usize, f64); 4]> {
        let (n, order) = (self.size[axis], self.order[axis]);
        let (u, factor, edge) = match self.filter {
            Filter::Cubic => (u, 1.0, self.edge),
            _ => {
                let (folded, slope) = self.edge.fold(u, n);
                (folded, slope.powi(order as i32), Edge::Zeros)
            }
        };
        let (first, weights) = self.filter.at(u, order);
        // Whole numbers beyond 2⁵³ have no neighbours in f64.
        let first = first.clamp(-9e15, 9e15) as i64;
        let cells = (0..self.filter.width()).map(|k| edge.cell(first + k as i64, n));
        cells.zip(weights).filter_map(|(cell, w)| Some((cell?, factor * w))).filter(|&(_, w)| w != 0.0).collect()
    }

    fn check<T>(&self, x: usize, at: &[&[T]], y: usize) {
        let counts = [self.n * self.c * self.cells(), self.n * self.c * self.positions];
        assert_eq!([x, y], counts, "images and samples have the sizes of {self:?}");
        assert!(at.len() == self.size.len() && self.order.len() == self.size.len(), "a coordinate for every axis");
        assert!(at.iter().all(|u| u.len() == self.n * self.positions), "a coordinate for every position");
    }

    fn work(&self) -> usize {
        let taps = self.filter.width().pow(self.size.len() as u32);
        self.n.saturating_mul(self.positions).saturating_mul(taps).saturating_mul(self.c + 1)
    }
}

/// The cells of a run of positions, with their weights.
struct Taps<T> {
    /// The taps of position k end at `ends[k]`, where those of position k + 1 begin.
    ends: Vec<usize>,
    taps: Vec<(usize, T)>,
}

impl<T: Real> Taps<T> {
    fn new() -> Self {
        Taps { ends: Vec::new(), taps: Vec::new() }
    }

    /// Takes the cells around a run of positions, whose coordinates are `at`.
    fn fill(&mut self, s: &Sampling<'_>, at: &[&[T]], run: Range<usize>) {
        self.ends.clear();
        self.taps.clear();
        for p in run {
            let mut taps: SmallVec<[(usize, f64); 64]> = SmallVec::from_slice(&[(0, 1.0)]);
            for (axis, u) in at.iter().enumerate() {
                let along = s.along(axis, u[p].as_f64());
                let pairs = taps.iter().flat_map(|&(cell, w)| along.iter().map(move |&(k, v)| (cell, k, w * v)));
                taps = pairs.map(|(cell, k, w)| (cell * s.size[axis] + k, w)).collect();
            }
            self.taps.extend(taps.into_iter().map(|(cell, w)| (cell, T::of(w))));
            self.ends.push(self.taps.len());
        }
    }

    /// The taps of each position of the run.
    fn each(&self) -> impl Iterator<Item = &[(usize, T)]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.taps[start..end])
    }
}

fn runs(positions: usize) -> impl Iterator<Item = Range<usize>> {
    (0..positions).step_by(RUN).map(move |p| p..positions.min(p + RUN))
}

/// y\[n, c, p\] = Σ over cells of w\[cell, p\]·x\[n, c, cell\], w being the product of the axes' weights.
pub(crate) fn sample<T: Real>(x: &[T], at: &[&[T]], s: &Sampling<'_>, y: &mut [T]) {
    s.check(x.len(), at, y.len());
    if y.is_empty() {
        return;
    }
    let (cells, positions) = (s.cells(), s.positions);
    par::chunks_mut(y, s.c * positions, s.work(), |i, y| {
        let planes = &x[i * s.c * cells..(i + 1) * s.c * cells];
        let mut taps = Taps::new();
        for run in runs(positions) {
            taps.fill(s, at, i * positions + run.start..i * positions + run.end);
            for (plane, y) in planes.chunks(cells).zip(y.chunks_mut(positions)) {
                for (y, taps) in y[run.clone()].iter_mut().zip(taps.each()) {
                    *y = taps.iter().map(|&(cell, w)| w * plane[cell]).sum();
                }
            }
        }
    });
}

/// The adjoint of [`sample`] in x: x\[n, c, cell\] = Σ over p of w\[cell, p\]·g\[n, c, p\], in the order of p.
pub(crate) fn sample_adjoint<T: Real>(g: &[T], at: &[&[T]], s: &Sampling<'_>, x: &mut [T]) {
    s.check(x.len(), at, g.len());
    x.fill(T::zero());
    if g.is_empty() {
        return;
    }
    let (cells, positions) = (s.cells(), s.positions);
    par::chunks_mut(x, s.c * cells, s.work(), |i, x| {
        let g = &g[i * s.c * positions..(i + 1) * s.c * positions];
        let mut taps = Taps::new();
        for run in runs(positions) {
            taps.fill(s, at, i * positions + run.start..i * positions + run.end);
            for (plane, g) in x.chunks_mut(cells).zip(g.chunks(positions)) {
                for (&g, taps) in g[run.clone()].iter().zip(taps.each()) {
                    taps.iter().for_each(|&(cell, w)| plane[cell] += w * g);
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::naive_data::on_threads;
    use super::*;

    /// The definition for two axes, from weights of single cells.
    fn naive(x: &[f64], at: [&[f64]; 2], s: &Sampling<'_>) -> Vec<f64> {
        let [h, w] = [s.size[0], s.size[1]];
        let weight = |axis: usize, u: f64, cell: usize| -> f64 {
            let n = s.size[axis];
            let (first, weights) = s.filter.at(u, s.order[axis]);
            let cells = (0..s.filter.width()).map(|k| s.edge.cell(first as i64 + k as i64, n));
            cells.zip(weights).filter(|(k, _)| *k == Some(cell)).map(|(_, w)| w).sum()
        };
        let mut y = Vec::new();
        for (i, k, p) in (0..s.n * s.c * s.positions).map(|e| (e / s.positions / s.c, e / s.positions, e % s.positions))
        {
            let [v, u] = at.map(|a| a[i * s.positions + p]);
            let cell = |e: usize| weight(0, v, e / w) * weight(1, u, e % w) * x[k * h * w + e];
            y.push((0..h * w).map(cell).sum());
        }
        y
    }

    fn numbers(n: usize, by: f64) -> Vec<f64> {
        (0..n).map(|k| (k as f64 * by).sin()).collect()
    }

    #[test]
    fn samples_equal_the_definition_with_every_filter_and_edge() {
        let size = [3, 4];
        let at =
            [numbers(2 * 50, 1.3), numbers(2 * 50, 2.1)].map(|a| a.iter().map(|v| 1.5 + 6.0 * v).collect::<Vec<_>>());
        let at = [&at[0][..], &at[1]];
        for filter in [Filter::Nearest, Filter::Linear, Filter::Cubic] {
            for edge in [Edge::Zeros, Edge::Replicate, Edge::Reflect, Edge::Mirror] {
                for order in [[0, 0], [1, 0], [0, 1], [1, 1]] {
                    let s = Sampling { filter, edge, order: &order, n: 2, c: 3, size: &size, positions: 50 };
                    let x = numbers(2 * 3 * 12, 0.7);
                    let mut y = vec![f64::NAN; 2 * 3 * 50];
                    sample(&x, &at, &s, &mut y);
                    let by_definition = naive(&x, at, &s);
                    let close = y.iter().zip(&by_definition).all(|(a, b)| (a - b).abs() < 1e-12);
                    assert!(close, "{filter:?} {edge:?} {order:?}");
                    // ⟨y, g⟩ = ⟨x, adjoint g⟩
                    let g = numbers(y.len(), 0.3);
                    let mut back = vec![f64::NAN; x.len()];
                    sample_adjoint(&g, &at, &s, &mut back);
                    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
                    assert!((dot(&y, &g) - dot(&x, &back)).abs() < 1e-11, "{filter:?} {edge:?} {order:?}");
                }
            }
        }
    }

    #[test]
    fn coordinates_that_are_far_or_no_numbers_do_no_harm() {
        let far = [1e300, -1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
        for filter in [Filter::Nearest, Filter::Linear, Filter::Cubic] {
            for edge in [Edge::Zeros, Edge::Replicate, Edge::Reflect, Edge::Mirror] {
                let s = Sampling { filter, edge, order: &[0], n: 1, c: 1, size: &[3], positions: 5 };
                let mut y = [7.0; 5];
                sample(&[1.0, 2.0, 4.0], &[&far], &s, &mut y);
                assert!(y[4].is_nan(), "NaN spreads: {filter:?} {edge:?}");
                if edge == Edge::Zeros {
                    assert_eq!(y[..4], [0.0; 4], "{filter:?}");
                }
                if edge == Edge::Replicate && filter != Filter::Cubic {
                    assert_eq!(y[..4], [4.0, 1.0, 4.0, 1.0], "{filter:?}");
                }
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let s = Sampling {
            filter: Filter::Linear,
            edge: Edge::Zeros,
            order: &[0, 0],
            n: 5,
            c: 3,
            size: &[9, 8],
            positions: 2500,
        };
        let single = |v: Vec<f64>| v.into_iter().map(|v| v as f32).collect::<Vec<_>>();
        let at = [1.3, 2.1].map(|by| single(numbers(5 * 2500, by).iter().map(|v| 4.0 + 5.0 * v).collect()));
        let (x, g) = (single(numbers(5 * 3 * 72, 0.7)), single(numbers(5 * 3 * 2500, 0.9)));
        let run = || {
            let (mut y, mut back) = (vec![f32::NAN; g.len()], vec![f32::NAN; x.len()]);
            sample(&x, &[&at[0], &at[1]], &s, &mut y);
            sample_adjoint(&g, &[&at[0], &at[1]], &s, &mut back);
            [y, back].concat().into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        assert_eq!(on_threads(1, run), on_threads(3, run));
    }
}
