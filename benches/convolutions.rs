//! Convolutions and both their gradients, by size of kernel, channels, stride and groups.
//! Operations are counted as the plain sum has them; Winograd's method does fewer.

use wengert::prelude::*;

use crate::case::{Case, Scale, Work};

/// A convolution of square images.
#[derive(Clone, Copy)]
struct Shape {
    batch: usize,
    inputs: usize,
    outputs: usize,
    side: usize,
    kernel: usize,
    stride: usize,
    groups: usize,
}

impl Shape {
    fn options(self) -> ConvOptions {
        ConvOptions::new().padding(self.kernel / 2).stride(self.stride).groups(self.groups)
    }

    fn out_side(self) -> usize {
        (self.side + 2 * (self.kernel / 2) - self.kernel) / self.stride + 1
    }

    fn images(self) -> [usize; 4] {
        [self.batch, self.inputs, self.side, self.side]
    }

    fn weights(self) -> [usize; 4] {
        [self.outputs, self.inputs / self.groups, self.kernel, self.kernel]
    }

    fn results(self) -> [usize; 4] {
        [self.batch, self.outputs, self.out_side(), self.out_side()]
    }

    fn cases(self) -> [Case; 3] {
        let count = |dims: [usize; 4]| dims.iter().product::<usize>();
        let flops = 2 * count(self.results()) * count(self.weights()) / self.outputs;
        let [x, w, y] = [self.images(), self.weights(), self.results()];
        let stride = if self.stride > 1 { format!(" stride {}", self.stride) } else { String::new() };
        let groups = if self.groups > 1 { " depthwise" } else { "" };
        let name =
            format!("{0}×{0}{stride}{groups}, {1}→{2} of {3}²", self.kernel, self.inputs, self.outputs, self.side);
        let work = |read: [[usize; 4]; 2], written| Work::new(flops, count(read[0]) + count(read[1]), count(written));
        let (side, kernel) = (self.side, self.kernel);
        [
            Case::replay(name.clone(), work([x, w], y), [x.into(), w.into()], move |[x, w]| {
                vec![x.conv2d(w, self.options()).into()]
            }),
            Case::replay(format!("{name}, images' gradient"), work([y, w], x), [y.into(), w.into()], move |[g, w]| {
                vec![g.conv2d_input(w, self.options(), [side, side]).into()]
            }),
            Case::replay(format!("{name}, weights' gradient"), work([y, x], w), [y.into(), x.into()], move |[g, x]| {
                vec![g.conv2d_weights(x, self.options(), [kernel, kernel]).into()]
            }),
        ]
    }
}

pub fn cases(scale: Scale) -> Vec<Case> {
    let plain = Shape { batch: 16, inputs: 96, outputs: 96, side: 40, kernel: 3, stride: 1, groups: 1 };
    let shapes = [
        plain,
        Shape { stride: 2, ..plain },
        Shape { inputs: 3, outputs: 48, side: 64, ..plain },
        Shape { batch: 48, inputs: 8, outputs: 20, side: 24, kernel: 5, ..plain },
        Shape { inputs: 96, outputs: 160, kernel: 1, ..plain },
        Shape { groups: 96, ..plain },
    ];
    let small = |s: Shape| match s.groups {
        1 => Shape { batch: 2, inputs: s.inputs.min(4), outputs: s.outputs.min(5), side: 9, ..s },
        _ => Shape { batch: 2, inputs: 4, outputs: 4, groups: 4, side: 9, ..s },
    };
    shapes.into_iter().flat_map(|s| scale.pick(s, small(s)).cases()).collect()
}
