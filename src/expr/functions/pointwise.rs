//! Functions of one element at a time.
//! Those without parameters of their own are one word in the first table.

use super::prelude::*;

family! { POINTWISE "pointwise";
    /// max(x, 0).
    relu(x: Var<'_, T>) { x.relu() }
    /// The hyperbolic tangent.
    tanh(x: Var<'_, T>) { x.tanh() }
    /// eˣ.
    exp(x: Var<'_, T>) { x.exp() }
    /// x where x > 0, slope·x elsewhere.
    leaky_relu(x: Var<'_, T>, slope: f64 = 0.01) { x.leaky_relu(slope) }
    /// x held between two bounds.
    clamp(x: Var<'_, T>, low: LineOrNumber<'_, T>, high: LineOrNumber<'_, T>) { x.clamp(low, high) }
    /// The sum of all elements, or over the given axes.
    sum(x: Var<'_, T>, axes: Axes = Axes::from(..), keep: bool = false) {
        let _ = keep;
        x.sum_over(axes)
    }
    /// The tensors one after another along a new axis.
    stack(lines: Lines<'_, T>, axis: isize = 0) { crate::ops::stack(&lines.0, axis) }
    /// The mean of all elements, or over the given axes.
    mean(x: Var<'_, T>, axes: Axes = Axes::from(..)) { x.mean_over(axes) }
    /// Max pooling of images [N, C, H, W], [C, H, W] or a single plane [H, W].
    max_pool2d(x: Var<'_, T>, kernel: Counts, stride: Option<Counts> = None, padding: Counts = Counts(vec![0])) {
        let mut options = crate::ops::MaxPool2d::new(kernel.per_axis::<2>()?).padding(padding.per_axis::<2>()?);
        if let Some(stride) = stride {
            options = options.stride(stride.per_axis::<2>()?);
        }
        match x.rank() {
            2 => x.unsqueeze(0).max_pool2d(options).squeeze(0),
            _ => x.max_pool2d(options),
        }
    }
}
