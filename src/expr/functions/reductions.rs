//! Reductions over axes, and running ones along an axis.
//! Without axes a reduction is over all of them; `keep=true` leaves axes of size 1.

use super::prelude::*;
use crate::shape;

family! { REDUCTIONS "reductions and scans";
    /// The sum over the axes.
    sum(x: Var<'_, T>, axes: Axes = none, keep: bool = false) {
        if axes.are_all() && !keep { x.sum() } else { x.sum_over(axes.when(keep, shape::keep)) }
    }
    /// The mean over the axes.
    mean(x: Var<'_, T>, axes: Axes = none, keep: bool = false) {
        if axes.are_all() && !keep { x.mean() } else { x.mean_over(axes.when(keep, shape::keep)) }
    }
    /// The product over the axes.
    prod(x: Var<'_, T>, axes: Axes = none, keep: bool = false) {
        if axes.are_all() && !keep { x.prod() } else { x.prod_over(axes.when(keep, shape::keep)) }
    }
    /// The maximum over the axes; ties share the derivative.
    amax(x: Var<'_, T>, axes: Axes = none, keep: bool = false) { x.amax(axes.when(keep, shape::keep)) }
    /// The minimum over the axes; ties share the derivative.
    amin(x: Var<'_, T>, axes: Axes = none, keep: bool = false) { x.amin(axes.when(keep, shape::keep)) }
    /// ln Σ eˣ over the axes.
    logsumexp(x: Var<'_, T>, axes: Axes = none, keep: bool = false) { x.logsumexp(axes.when(keep, shape::keep)) }
    /// The sum of what is not NaN.
    nansum(x: Var<'_, T>, axes: Axes = none, keep: bool = false) { x.nansum(axes.when(keep, shape::keep)) }
    /// The mean of what is not NaN.
    nanmean(x: Var<'_, T>, axes: Axes = none, keep: bool = false) { x.nanmean(axes.when(keep, shape::keep)) }
    /// The variance over the axes, divided by n − correction.
    var(x: Var<'_, T>, axes: Axes = none, correction: f64 = 1.0, keep: bool = false) { x.var_over(axes.when(keep, shape::keep), correction) }
    /// The standard deviation over the axes.
    std(x: Var<'_, T>, axes: Axes = none, correction: f64 = 1.0, keep: bool = false) { x.std_over(axes.when(keep, shape::keep), correction) }
    /// The p-norm over the axes.
    norm(x: Var<'_, T>, p: f64 = 2.0, axes: Axes = none, keep: bool = false) { x.vector_norm(p, axes.when(keep, shape::keep)) }
    /// The p-norm over the axes; the same as norm.
    vector_norm(x: Var<'_, T>, p: f64 = 2.0, axes: Axes = none, keep: bool = false) { x.vector_norm(p, axes.when(keep, shape::keep)) }
    /// Minimum and maximum over the axes.
    aminmax(x: Var<'_, T>, axes: Axes = none, keep: bool = false) { x.aminmax(axes.when(keep, shape::keep)) }
    /// The largest element, or the maximum along an axis, where the first wins a tie.
    max(x: Var<'_, T>, axis: Option<isize> = none) { match axis { Some(axis) => x.max_along(axis), None => x.max() } }
    /// The smallest element, or the minimum along an axis, where the first wins a tie.
    min(x: Var<'_, T>, axis: Option<isize> = none) { match axis { Some(axis) => x.min_along(axis), None => x.min() } }
    /// The maximum along an axis.
    max_along(x: Var<'_, T>, axis: isize) { x.max_along(axis) }
    /// The minimum along an axis.
    min_along(x: Var<'_, T>, axis: isize) { x.min_along(axis) }
    /// Maximum along an axis, and its position.
    max_with_index(x: Var<'_, T>, axis: isize) { x.max_with_index(axis) }
    /// Minimum along an axis, and its position.
    min_with_index(x: Var<'_, T>, axis: isize) { x.min_with_index(axis) }
    /// The position of the maximum along an axis.
    argmax(x: Var<'_, T>, axis: isize) { x.argmax(axis) }
    /// The position of the minimum along an axis.
    argmin(x: Var<'_, T>, axis: isize) { x.argmin(axis) }
    /// 1 where one integer of the axes is not 0.
    any(x: IntVar<'_, T>, axes: Axes = none) { x.any(axes) }
    /// 1 where no integer of the axes is 0.
    all(x: IntVar<'_, T>, axes: Axes = none) { x.all(axes) }
    /// The p-norm of the differences of rows.
    pairwise_distance(x: Var<'_, T>, y: Var<'_, T>, p: f64 = 2.0, eps: f64 = 1e-6) { x.pairwise_distance(y, p, eps) }
    /// Running sums.
    cumsum(x: Var<'_, T>, axis: isize = 0) { x.cumsum(axis) }
    /// Running products.
    cumprod(x: Var<'_, T>, axis: isize = 0) { x.cumprod(axis) }
    /// Running maxima, and their positions.
    cummax(x: Var<'_, T>, axis: isize = 0) { x.cummax(axis) }
    /// Running minima, and their positions.
    cummin(x: Var<'_, T>, axis: isize = 0) { x.cummin(axis) }
    /// ln of running sums of eˣ.
    logcumsumexp(x: Var<'_, T>, axis: isize = 0) { x.logcumsumexp(axis) }
    /// Differences of neighbours, so many times.
    diff(x: Var<'_, T>, axis: isize = -1, times: usize = 1) { x.diff(axis, times) }
    /// The area below the points, dx apart.
    trapezoid(x: Var<'_, T>, axis: isize = -1, dx: f64 = 1.0) { x.trapezoid(axis, dx) }
    /// yₖ = factorₖ·yₖ₋₁ + xₖ.
    recurrence(x: Var<'_, T>, axis: isize, factors: Var<'_, T>) { x.recurrence(axis, factors) }
}
