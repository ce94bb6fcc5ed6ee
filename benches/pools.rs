//! Max and average pooling, forward alone and with the gradient.

use wengert::prelude::*;

use crate::case::{Case, Scale, Work};

pub fn cases(scale: Scale) -> Vec<Case> {
    let dims = scale.pick([24, 48, 128, 128], [2, 3, 10, 10]);
    let overlapping = || MaxPool2d::new(3).stride(2).padding(1).floor();
    vec![
        forward(dims, "max 2×2", 2, |x| x.max_pool2d(2)),
        both(dims, "max 2×2", 2, |x| x.max_pool2d(2)),
        forward(dims, "max 3×3 stride 2", 2, move |x| x.max_pool2d(overlapping())),
        both(dims, "max 3×3 stride 2", 2, move |x| x.max_pool2d(overlapping())),
        both(dims, "max 3×3 stride 1", 1, |x| x.max_pool2d(MaxPool2d::new(3).stride(1).padding(1))),
        forward(dims, "average 2×2", 2, |x| x.avg_pool2d(2)),
        both(dims, "average 2×2", 2, |x| x.avg_pool2d(2)),
    ]
}

fn forward(
    dims: [usize; 4],
    name: &str,
    stride: usize,
    pool: impl for<'t> Fn(Var<'t>) -> Var<'t> + Send + Sync + 'static,
) -> Case {
    let (read, written) = counts(dims, stride);
    Case::replay(name, Work::new(0, read, written), [dims.into()], move |[x]| vec![pool(x).into()])
}

/// The values, and the gradient for a cotangent that is read too.
fn both(
    dims: [usize; 4],
    name: &str,
    stride: usize,
    pool: impl for<'t> Fn(Var<'t>) -> Var<'t> + Send + Sync + 'static,
) -> Case {
    let (large, small) = counts(dims, stride);
    let [n, c, h, w] = dims;
    let work = Work::new(0, large + small, small + large);
    let shapes = [dims.into(), [n, c, h / stride, w / stride].into()];
    Case::replay(format!("{name} with gradient"), work, shapes, move |[x, g]| {
        let y = pool(x);
        vec![y.into(), grad_with(y, g, &[x])[0].into()]
    })
}

/// Elements of the images and of the results.
fn counts([n, c, h, w]: [usize; 4], stride: usize) -> (usize, usize) {
    (n * c * h * w, n * c * (h / stride) * (w / stride))
}
