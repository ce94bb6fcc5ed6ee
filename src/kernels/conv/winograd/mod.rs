//! Convolution with 3×3 kernels at stride 1 by Winograd's method: tiles of cells and kernels are transformed, multiplied
//! point by point as 36 small matrix products over the channels, and transformed back, a block of tiles at a time.
//!
//! The error, which a test holds, is at most 32·ε·Σ|x||w| with the largest such sum of the plane, and twice that in the
//! weights' gradient (ε half a unit in the last place; of 64 channels 4, where the plain sum makes 3): a tile's largest
//! results decide on the error of all of them. An infinity or NaN spreads over its whole tile.

mod blocks;
mod product;
mod transform;
mod weights;

pub(super) use blocks::Planes;
pub(super) use product::{Filters, convolve};
pub(super) use weights::gradient;

use super::ConvShape;
use super::lanes::Element;
use crate::kernels::simd::Level;

/// What the method costs for the images of one group, of `p` seen forward or back; `None` where it cannot do it.
///
/// Steps are vector instructions. A multiplication is half of one, for there are two a cycle, and a tile costs for a vector of
/// channels what its transforms read, compute and write: about 250 of the input, 200 of the output.
pub(crate) fn cost<E: Element>(level: Level, s: &ConvShape<2>, p: &Planes) -> Option<f64> {
    if s.slide.kernel != [3; 2] || s.slide.stride != [1; 2] || s.slide.dilation != [1; 2] {
        return None;
    }
    let lanes = E::lanes(level);
    let vectors = |channels: usize| channels.div_ceil(lanes) as f64;
    let tiles = p.n as f64 * p.tiles().iter().map(|&n| n as f64).product::<f64>();
    let (c, o) = (p.c as f64, vectors(p.o));
    let transforms = tiles * (250.0 * vectors(p.c) + 200.0 * o) + 250.0 * c * o;
    let products = tiles * 36.0 * c * o / 2.0;
    Some(transforms + products)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::lanes::tests::levels;
    use super::*;
    use crate::kernels::naive;
    use crate::kernels::unfold::Slide;
    use crate::window::Window;

    fn shape([n, c, o]: [usize; 3], padding: [usize; 2], input: [usize; 2]) -> ConvShape<2> {
        let window = Window::new(3).stride(1).padding(padding);
        ConvShape { n, c, o, groups: 1, slide: Slide::new(&window, input).unwrap() }
    }

    fn wave(n: usize, by: f64) -> Vec<f64> {
        (0..n).map(|k| f64::from(((k as f64 + 0.5) * by).sin() as f32)).collect()
    }

    fn of<E: Element>(x: &[f64]) -> Vec<E> {
        x.iter().map(|&x| E::of(x)).collect()
    }

    /// The largest error against the definition, in units of ε times the largest Σ|x||w| of the plane.
    fn error(y: &[impl Element], exact: &[f64], sizes: &[f64], plane: usize, epsilon: f64) -> f64 {
        let largest = |x: &[f64]| x.iter().copied().fold(0.0, f64::max);
        let errors: Vec<f64> = y.iter().zip(exact).map(|(y, e)| (y.as_f64() - e).abs()).collect();
        let planes = errors.chunks(plane.max(1)).zip(sizes.chunks(plane.max(1)));
        planes.map(|(e, s)| largest(e) / (largest(s).max(1e-300) * epsilon)).fold(0.0, f64::max)
    }

    fn abs(x: &[f64]) -> Vec<f64> {
        x.iter().map(|x| x.abs()).collect()
    }

    fn compare<E: Element>(s: &ConvShape<2>, epsilon: f64, bound: f64) {
        let (x, w) = (wave(s.n * s.c * s.slide.cells(), 0.7), wave(s.o * s.c * 9, 1.3));
        let g = wave(s.n * s.o * s.slide.positions(), 1.9);
        let bias = wave(s.o, 2.3);
        for level in levels() {
            let mut y = vec![E::nan(); g.len()];
            let filters = Filters { w: &of::<E>(&w), steps: [s.c * 9, 9], turned: false };
            convolve(level, &Planes::forward(s), &of::<E>(&x), filters, Some(&of::<E>(&bias)), &mut y);
            let mut exact = naive::convolve(&x, &w, s);
            let cells = exact.chunks_mut(s.slide.positions().max(1));
            cells.enumerate().for_each(|(k, y)| y.iter_mut().for_each(|y| *y += bias[k % s.o]));
            let sizes = naive::convolve(&abs(&x), &abs(&w), s);
            let e = error(&y, &exact, &sizes, s.slide.positions(), epsilon);
            assert!(e <= bound, "forward {s:?} at {level:?}: {e}");

            let mut dx = vec![E::nan(); x.len()];
            let filters = Filters { w: &of::<E>(&w), steps: [9, s.c * 9], turned: true };
            convolve(level, &Planes::backward(s), &of::<E>(&g), filters, None, &mut dx);
            let sizes = naive::convolve_input(&abs(&g), &abs(&w), s);
            let e = error(&dx, &naive::convolve_input(&g, &w, s), &sizes, s.slide.cells(), epsilon);
            assert!(e <= bound, "adjoint {s:?} at {level:?}: {e}");

            let mut dw = vec![E::nan(); w.len()];
            gradient(level, &Planes::forward(s), &of::<E>(&g), &of::<E>(&x), &mut dw);
            let sizes = naive::convolve_weights(&abs(&g), &abs(&x), s);
            let e = error(&dw, &naive::convolve_weights(&g, &x, s), &sizes, 9, epsilon);
            assert!(e <= 2.0 * bound, "weights {s:?} at {level:?}: {e}");
        }
    }

    #[test]
    fn the_error_is_within_its_bound() {
        for (channels, padding, input) in [
            ([2, 64, 48], [1, 1], [14, 14]),
            ([1, 130, 33], [0, 2], [9, 6]),
            ([5, 3, 1], [1, 0], [3, 70]),
            ([9, 1, 17], [3, 4], [2, 5]),
            ([3, 16, 16], [1, 1], [4, 4]),
        ] {
            compare::<f32>(&shape(channels, padding, input), f64::from(f32::EPSILON) / 2.0, 32.0);
            compare::<f64>(&shape(channels, padding, input), f64::EPSILON / 2.0, 32.0);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn any_size_equals_the_definition(
            n in 0usize..4, c in 0usize..20, o in 0usize..36, h in 1usize..9, w in 1usize..15, p in 0usize..4, q in 0usize..4,
        ) {
            prop_assume!(h + 2 * p >= 3 && w + 2 * q >= 3);
            compare::<f32>(&shape([n, c, o], [p, q], [h, w]), f64::from(f32::EPSILON) / 2.0, 32.0);
        }
    }
}
