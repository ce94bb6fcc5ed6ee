//! Direct convolution: planes are copied with their padding, so that every cell of the kernel sees whole vectors, and sums
//! stay in registers for some output channels and positions at once. It suits few channels, one above all (depthwise).
//!
//! The adjoint in the images is the same sweep over the results, spread out by the stride, with the kernel turned by half.

mod product;
mod sweep;
mod weights;

pub(super) use product::convolve;
pub(super) use sweep::Sweep;
pub(super) use weights::gradient;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ConvShape;
    use super::super::lanes::Element;
    use super::super::lanes::tests::levels;
    use super::*;
    use crate::kernels::naive;
    use crate::kernels::unfold::tests::{numbers, slides};

    /// All three passes at every level against the definition, in small integers that add up exactly.
    fn compare<E: Element>(s: &ConvShape<2>) {
        let [nx, nw, ny, _] = s.counts();
        let (x, w, g) = (numbers(nx), numbers(nw), numbers(ny));
        let of = |x: &[f64]| x.iter().map(|&x| E::of(x)).collect::<Vec<E>>();
        let back = |x: &[E]| x.iter().map(|x| x.as_f64()).collect::<Vec<f64>>();
        let (ex, ew, eg) = (of(&x), of(&w), of(&g));
        for level in levels() {
            let mut y = vec![E::nan(); ny];
            convolve(level, &Sweep::forward(s), &ex, &ew, &mut y);
            assert_eq!(back(&y), naive::convolve(&x, &w, s), "forward {s:?} at {level:?}");
            let mut dx = vec![E::nan(); nx];
            convolve(level, &Sweep::adjoint(s), &eg, &ew, &mut dx);
            assert_eq!(back(&dx), naive::convolve_input(&g, &w, s), "adjoint {s:?} at {level:?}");
            let mut dw = vec![E::nan(); nw];
            gradient(level, &Sweep::forward(s), &eg, &ex, &mut dw);
            assert_eq!(back(&dw), naive::convolve_weights(&g, &x, s), "weights {s:?} at {level:?}");
        }
    }

    proptest! {
        #[test]
        fn any_shape_equals_the_definition(
            slide in slides(), n in 0usize..11, c in 0usize..4, o in 0usize..8, groups in 1usize..4,
        ) {
            let s = ConvShape { n, c: c * groups, o: o * groups, groups, slide };
            compare::<f32>(&s);
            compare::<f64>(&s);
        }
    }
}
