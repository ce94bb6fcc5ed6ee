//! Which method carries out a pass of a convolution, by the costs of all of them.
//!
//! A cost counts vector instructions: half a step for a fused multiplication, of which there are two a cycle, and as much for
//! a load (two, where it crosses a cache line); what is copied costs what reading and writing it takes. The constants are
//! measured on processors with vectors of 16 numbers; what matters is where two methods cross.
//!
//! - **Winograd**: 36 products of tiles for what are 144 multiplications, after transforms of input, kernels and results.
//! - **Direct**: padded copies of the planes; then each weight of four output channels meets four vectors of cells. Its vectors
//!   are filled by one row of results, so short rows waste them, and one output channel has little to do for each load.
//! - **Columns** (im2col): the matrix product that the convolution is, at most of the speed of the processor, over columns
//!   that are written, packed and read for every image.

use super::ConvShape;
use super::direct::Sweep;
use super::lanes::Element;
use super::winograd::{self, Planes};
use crate::kernels::simd::Level;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    Forward,
    /// The adjoint in the images.
    Input,
    /// The adjoint in the weights.
    Weights,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Winograd,
    Direct,
    Columns,
}

/// Vector instructions for an element of a column: written, read to be packed, written and read as a panel.
const COLUMN: f64 = 3.0;

/// What a row of a column costs besides, however short: it is cut where the window leaves the image.
const ROW: f64 = 12.0;

/// What one product costs however small it is: dispatch and the panels of the weights.
const PRODUCT: f64 = 400.0;

/// The share of the processor's speed that products reach.
const SHARE: f64 = 0.85;

/// The method for a pass; Winograd's only in f32: who computes in f64 does so for its precision, part of which it costs.
pub(super) fn choose<E: Element>(level: Level, s: &ConvShape<2>, pass: Pass) -> Method {
    let winograd = (size_of::<E>() == size_of::<f32>()).then(|| {
        let planes = if pass == Pass::Input { Planes::backward(s) } else { Planes::forward(s) };
        winograd::cost::<E>(level, s, &planes).map(|cost| s.groups as f64 * cost)
    });
    let costs = [
        (Method::Columns, columns::<E>(level, s, pass)),
        (Method::Direct, direct::<E>(level, s, pass)),
        (Method::Winograd, winograd.flatten().unwrap_or(f64::INFINITY)),
    ];
    costs.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).expect("there are methods").0
}

fn columns<E: Element>(level: Level, s: &ConvShape<2>, pass: Pass) -> f64 {
    let lanes = E::lanes(level) as f64;
    let (c, o) = (s.depth() as f64, s.group_o() as f64);
    let vectors = s.slide.positions() as f64 / lanes;
    // With a stride, elements are copied one by one; the product for the weights reads the columns as rows.
    let each = if s.slide.stride[1] == 1 { COLUMN } else { COLUMN / 2.0 * lanes };
    let each = if pass == Pass::Weights { 2.0 * each } else { each };
    let copies = if s.slide.is_identity() { 0.0 } else { vectors * each + ROW * s.slide.output[0] as f64 };
    let one = c * (vectors * o / 2.0 / SHARE + copies) + PRODUCT + 2.0 * o * c / lanes;
    s.n as f64 * s.groups as f64 * one
}

fn direct<E: Element>(level: Level, s: &ConvShape<2>, pass: Pass) -> f64 {
    let lanes = E::lanes(level);
    let sweep = if pass == Pass::Input { Sweep::adjoint(s) } else { Sweep::forward(s) };
    let (cells, padding) = sweep.costs(lanes);
    let (c, o) = (sweep.depth() as f64, sweep.written());
    let vectors = sweep.vectors(lanes) as f64;
    // The planes that every output channel reads again lie in the first cache, or behind it.
    let load = if cells * size_of::<E>() as f64 <= f64::from(32 << 10) { 1.0 } else { 2.0 };
    let one = if pass == Pass::Weights {
        // Tiles of four channels × four cells, and the sums across at the end of a round of images.
        let tile = |n: f64| (2.0 * n).max(4.0 * load + n / 2.0);
        let per_vector = (o / 4) as f64 * tile(4.0) + if o % 4 > 0 { tile((o % 4) as f64) } else { 0.0 };
        let round = (65536.0 / cells).clamp(1.0, (s.n as f64 / 8.0).max(1.0));
        vectors * (c / 4.0).ceil() * per_vector + 20.0 * c * o as f64 / round + vectors * o as f64 * 2.0
    } else {
        let tile = |n: f64| (n / 2.0).max(load + n / 8.0);
        vectors * c * ((o / 4) as f64 * tile(4.0) + if o % 4 > 0 { tile((o % 4) as f64) } else { 0.0 })
    };
    s.n as f64 * s.groups as f64 * (one + padding)
}

#[cfg(test)]
mod tests {
    use super::super::super::unfold::Slide;
    use super::super::lanes::tests::levels;
    use super::*;
    use crate::window::Window;

    fn shape([n, c, o, groups]: [usize; 4], window: Window<2>, input: [usize; 2]) -> ConvShape<2> {
        ConvShape { n, c, o, groups, slide: Slide::new(&window.floor(), input).unwrap() }
    }

    /// The methods for the three passes, with the widest vectors there are.
    fn methods(s: &ConvShape<2>) -> [Method; 3] {
        let level = levels().max().expect("there is a level");
        [Pass::Forward, Pass::Input, Pass::Weights].map(|pass| choose::<f32>(level, s, pass))
    }

    #[test]
    fn each_method_has_the_shapes_that_it_is_for() {
        use Method::{Columns, Direct, Winograd};
        let near = |kernel: usize| Window::new(kernel).stride(1).padding(kernel / 2);
        let depthwise = shape([8, 32, 32, 32], near(3), [40, 40]);
        assert!(levels().all(|level| choose::<f32>(level, &depthwise, Pass::Forward) == Direct));
        // Where two methods cross depends on the width of vectors; these shapes are clear with 16 numbers.
        if levels().all(|level| f32::lanes(level) < 16) {
            return;
        }
        // Depthwise, and with a multiplier.
        assert_eq!(methods(&depthwise), [Direct; 3]);
        assert_eq!(methods(&shape([8, 32, 64, 32], near(3).stride(2), [40, 40])), [Direct; 3]);
        assert_eq!(methods(&shape([1, 96, 96, 96], near(7), [32, 32])), [Direct; 3]);
        // Few channels.
        assert_eq!(methods(&shape([32, 4, 8, 1], near(5), [28, 28])), [Direct; 3]);
        assert_eq!(methods(&shape([16, 3, 32, 1], near(3), [48, 48]))[0], Direct);
        // Many channels: three by three at stride 1, and anything else.
        assert_eq!(methods(&shape([8, 48, 48, 1], near(3), [28, 28])), [Winograd; 3]);
        assert_eq!(methods(&shape([8, 96, 192, 1], near(1), [28, 28])), [Columns; 3]);
        assert_eq!(methods(&shape([8, 96, 192, 1], near(3).stride(2), [28, 28]))[1..], [Columns; 2]);
        assert_eq!(methods(&shape([8, 64, 64, 1], near(5), [6, 6])), [Columns; 3]);
    }

    #[test]
    fn in_double_precision_nothing_is_transformed() {
        let s = shape([8, 48, 48, 1], Window::new(3).stride(1).padding(1), [28, 28]);
        assert!(levels().all(|level| choose::<f64>(level, &s, Pass::Forward) != Method::Winograd));
    }

    #[test]
    fn absurd_strides_and_padding_make_no_planes() {
        let s = shape([1, 1, 1, 1], Window::new(3).stride(1 << 20).padding(1 << 30), [4, 4]);
        assert!(levels().all(|level| choose::<f32>(level, &s, Pass::Forward) == Method::Columns));
    }
}
