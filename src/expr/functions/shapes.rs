//! Functions that move elements: shapes, axes, parts, repetitions, and constructors of constants.
//! Those that take tensors of either kind say so by their operand, real or integer.

use super::options::{few, few_numbers, gap, steps};
use super::prelude::*;
use crate::ops::{self, PadMode};
use crate::shape::resolve_axis;

fn size_of_axis(x: AnyLine<'_, impl Real>, axis: isize) -> usize {
    let dims = x.dims();
    // A wrong axis is refused by the operation itself.
    resolve_axis(axis, &dims).map_or(0, |k| dims[k])
}

family! { SHAPES "shapes";
    /// The same elements under another shape; one size may be -1.
    reshape(x: AnyLine<'_, T>, sizes: Wholes) { either!(x, |v| v.reshape(sizes)) }
    /// All elements along one axis.
    flatten(x: AnyLine<'_, T>) { either!(x, |v| v.flatten()) }
    /// The axes from one on as one axis.
    flatten_from(x: Var<'_, T>, axis: isize) { x.flatten_from(axis) }
    /// The axes from first to last as one axis.
    flatten_axes(x: Var<'_, T>, first: isize, last: isize) { x.flatten_axes(first, last) }
    /// One axis as several.
    unflatten(x: Var<'_, T>, axis: isize, sizes: Wholes) { x.unflatten(axis, sizes) }
    /// Without axes of size 1: the given ones.
    squeeze(x: AnyLine<'_, T>, axes: Axes) { either!(x, |v| v.squeeze(axes)) }
    /// With a new axis of size 1.
    unsqueeze(x: AnyLine<'_, T>, axis: isize) { either!(x, |v| v.unsqueeze(axis)) }
    /// With the axes in another order.
    permute(x: AnyLine<'_, T>, order: Wholes) { either!(x, |v| v.permute(order)) }
    /// With two axes exchanged.
    transpose(x: AnyLine<'_, T>, a: isize = -2, b: isize = -1) { either!(x, |v| v.transpose(a, b)) }
    /// The matrix transposed: the last two axes exchanged.
    t(x: Var<'_, T>) { x.t() }
    /// With axes moved to other places.
    movedim(x: Var<'_, T>, from: Axes, to: Axes) { x.movedim(from, to) }
    /// With the elements along axes in reverse.
    flip(x: AnyLine<'_, T>, axes: Axes) { either!(x, |v| v.flip(axes)) }
    /// With the elements along an axis moved round by so many places.
    roll(x: Var<'_, T>, axis: isize, shift: isize) { x.roll(axis, shift) }
    /// Turned by quarters from one axis to another.
    rot90(x: Var<'_, T>, from: isize = 0, to: isize = 1, quarters: isize = 1) { x.rot90(from, to, quarters) }
    /// Repeated to a larger shape.
    broadcast_to(x: AnyLine<'_, T>, sizes: Counts) { either!(x, |v| v.broadcast_to(sizes)) }
    /// Repeated along axes of size 1; -1 leaves an axis as it is.
    expand(x: Var<'_, T>, sizes: Wholes) { x.expand(sizes) }
    /// The whole tensor repeated so many times along each axis.
    tile(x: Var<'_, T>, times: Counts) { x.tile(times) }
    /// Each element repeated so many times along an axis.
    repeat_interleave(x: Var<'_, T>, axis: isize, counts: Counts) { x.repeat_interleave(axis, counts) }
    /// The part from `start` to before `stop` along an axis.
    slice(x: AnyLine<'_, T>, axis: isize, start: usize, stop: usize) { either!(x, |v| v.slice(axis, start..stop)) }
    /// Every step-th element of a part along an axis; a negative step goes backwards.
    slice_step(x: Var<'_, T>, axis: isize, start: usize, stop: usize, step: isize) {
        x.slice_step(axis, start..stop, step)
    }
    /// One position of an axis, without the axis.
    index_axis(x: AnyLine<'_, T>, axis: isize, index: isize) { either!(x, |v| v.index_axis(axis, index)) }
    /// x with other elements in a part along an axis.
    put_slice(x: Var<'_, T>, axis: isize, start: usize, stop: usize, src: Var<'_, T>) {
        x.put_slice(axis, start..stop, src)
    }
    /// x with other elements at one position of an axis.
    put_index(x: Var<'_, T>, axis: isize, index: isize, src: Var<'_, T>) { x.put_index(axis, index, src) }
    /// Pieces of the given sizes along an axis.
    split(x: AnyLine<'_, T>, axis: isize, sizes: Counts) { pieces!(x, |v| v.split(axis, &sizes)) }
    /// Pieces of one size along an axis.
    split_every(x: AnyLine<'_, T>, axis: isize, size: usize) {
        few(size_of_axis(x, axis) / size.max(1))?;
        pieces!(x, |v| v.split_every(axis, size))
    }
    /// So many pieces of about the same size.
    split_evenly(x: Var<'_, T>, axis: isize, parts: usize) {
        few(parts)?;
        x.split_evenly(axis, parts)
    }
    /// At most so many pieces of one size.
    chunk(x: Var<'_, T>, axis: isize, parts: usize) {
        few(parts)?;
        x.chunk(axis, parts)
    }
    /// Windows of an axis, each as a new last axis.
    windows(x: Var<'_, T>, axis: isize, size: usize, step: usize = 1) { x.windows(axis, size, step) }
    /// The positions of an axis, each by itself.
    unstack(x: Var<'_, T>, axis: isize = 0) {
        few(size_of_axis(AnyLine::Real(x), axis))?;
        x.unstack(axis)
    }
    /// Tensors one after another along an axis that they have.
    concat(parts: Lines<'_, T>, axis: isize = 0) { ops::concat(&parts, axis) }
    /// Tensors one after another along a new axis.
    stack(parts: Lines<'_, T>, axis: isize = 0) { ops::stack(&parts, axis) }
    /// With margins before and after the last axes: [before, after, ..] from the first padded axis on.
    pad(x: Var<'_, T>, margins: Margins, mode: PadMode = "constant", value: f64 = 0.0) {
        x.pad(&margins, match mode { PadMode::Constant(_) => PadMode::Constant(value), mode => mode })
    }
    /// Zeros.
    zeros[tape](sizes: Counts) { tape.zeros(sizes) }
    /// Ones.
    ones[tape](sizes: Counts) { tape.ones(sizes) }
    /// One number, repeated.
    full[tape](sizes: Counts, value: f64) { tape.fill(sizes, T::of(value)) }
    /// start, start + step, .. before stop.
    arange[tape](start: f64, stop: f64, step: f64 = 1.0) {
        tape.constant((0..steps(start, stop, step)?).map(|k| T::of(start + step * k as f64)).collect::<Vec<_>>())
    }
    /// So many numbers from start to stop, both included.
    linspace[tape](start: f64, stop: f64, count: usize) {
        few_numbers(count)?;
        tape.constant((0..count).map(|k| T::of(start + gap(start, stop, count) * k as f64)).collect::<Vec<_>>())
    }
    /// The identity matrix.
    eye[tape](n: usize) { tape.eye(n) }
    /// A leaf that no gradient is taken with respect to.
    constant(value: Fixed<'_, T>) { value }
    /// Integers: labels, positions.
    ints(values: IntVar<'_, T>) { values }
}
