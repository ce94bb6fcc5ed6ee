//! Functions that move elements: shapes, axes, parts, repetitions, and constructors of constants.
//! Those that take tensors of either kind say so by their operand, real or integer.

use super::prelude::*;
use crate::expr::value::convert;
use crate::shape::{Dims, Sizes, resolve_axis};
use crate::tape::Tensor;

/// What either kind of line does, by the method of one name.
macro_rules! either {
    ($x:expr, |$v:ident| $f:expr) => {
        match $x {
            AnyLine::Real($v) => AnyLine::Real($f),
            AnyLine::Int($v) => AnyLine::Int($f),
        }
    };
}

/// As `either`, for methods with several results.
macro_rules! pieces {
    ($x:expr, |$v:ident| $f:expr) => {
        match $x {
            AnyLine::Real($v) => $f.into_iter().map(AnyLine::Real).collect::<Vec<_>>(),
            AnyLine::Int($v) => $f.into_iter().map(AnyLine::Int).collect::<Vec<_>>(),
        }
    };
}

/// The most pieces that a tensor is cut into.
const PIECES: usize = 4096;

/// Refuses to cut a tensor into more pieces than a program may name.
fn few(pieces: usize) -> Result<(), Error> {
    if pieces <= PIECES {
        return Ok(());
    }
    let e = Error::argument(format!("this would make {pieces} pieces"));
    Err(e.rule(format!("a tensor is cut into at most {PIECES}")).fix("keep it whole, or cut it into larger pieces"))
}

fn size_of_axis(x: AnyLine<'_, impl Real>, axis: isize) -> usize {
    let dims = x.dims();
    // A wrong axis is refused by the operation itself.
    resolve_axis(axis, &dims).map_or(0, |k| dims[k])
}

/// Evenly spaced numbers, bounded.
fn spaced(count: usize, at: impl Fn(usize) -> f64) -> Result<(Dims, Vec<f64>), Error> {
    const MOST: usize = 1 << 22;
    if count > MOST {
        let e =
            Error::argument(format!("this would be {count} numbers")).rule(format!("at most {MOST} are written out"));
        return Err(e.fix("ask for fewer"));
    }
    Ok((Dims::from(count), (0..count).map(at).collect()))
}

fn constant<T: Real>(tape: &crate::tape::Tape<T>, (dims, data): (Dims, Vec<f64>)) -> Result<Var<'_, T>, Error> {
    Ok(tape.constant(Tensor::new(dims, data.into_iter().map(T::of).collect())?))
}

fn pad_mode(name: &str, value: f64) -> Result<crate::ops::PadMode, Error> {
    use crate::ops::PadMode::{Circular, Constant, Reflect, Replicate};
    Ok(match name {
        "constant" => Constant(value),
        "reflect" => Reflect,
        "replicate" => Replicate,
        "circular" => Circular,
        _ => {
            let e = Error::argument(format!("there is no way to pad called \"{name}\""));
            return Err(e.fix("say \"constant\", \"reflect\", \"replicate\" or \"circular\""));
        }
    })
}

family! { SHAPES "shapes";
    /// The same elements under another shape; one size may be -1.
    reshape(x: AnyLine<'_, T>, sizes: Wholes) { either!(x, |v| v.reshape(Sizes::from(&sizes.0[..]))) }
    /// All elements along one axis.
    flatten(x: AnyLine<'_, T>) { either!(x, |v| v.flatten()) }
    /// The axes from one on as one axis.
    flatten_from(x: Var<'_, T>, axis: isize) { x.flatten_from(axis) }
    /// The axes from first to last as one axis.
    flatten_axes(x: Var<'_, T>, first: isize, last: isize) { x.flatten_axes(first, last) }
    /// One axis as several.
    unflatten(x: Var<'_, T>, axis: isize, sizes: Wholes) { x.unflatten(axis, Sizes::from(&sizes.0[..])) }
    /// Without axes of size 1: the given ones.
    squeeze(x: AnyLine<'_, T>, axes: Axes) { either!(x, |v| v.squeeze(axes)) }
    /// With a new axis of size 1.
    unsqueeze(x: AnyLine<'_, T>, axis: isize) { either!(x, |v| v.unsqueeze(axis)) }
    /// With the axes in another order.
    permute(x: AnyLine<'_, T>, order: Wholes) { either!(x, |v| v.permute(&order.0[..])) }
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
    broadcast_to(x: AnyLine<'_, T>, sizes: Counts) { either!(x, |v| v.broadcast_to(&sizes.0[..])) }
    /// Repeated along axes of size 1; -1 leaves an axis as it is.
    expand(x: Var<'_, T>, sizes: Wholes) { x.expand(Sizes::from(&sizes.0[..])) }
    /// The whole tensor repeated so many times along each axis.
    tile(x: Var<'_, T>, times: Counts) { x.tile(&times.0[..]) }
    /// Each element repeated so many times along an axis.
    repeat_interleave(x: Var<'_, T>, axis: isize, counts: Counts) { x.repeat_interleave(axis, &counts.0[..]) }
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
    split(x: AnyLine<'_, T>, axis: isize, sizes: Counts) { pieces!(x, |v| v.split(axis, &sizes.0)) }
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
    concat(parts: Lines<'_, T>, axis: isize = 0) { crate::ops::concat(&parts.0, axis) }
    /// Tensors one after another along a new axis.
    stack(parts: Lines<'_, T>, axis: isize = 0) { crate::ops::stack(&parts.0, axis) }
    /// With margins before and after the last axes: [before, after, ..] from the first padded axis on.
    pad(x: Var<'_, T>, margins: Wholes, mode: String = "constant".into(), value: f64 = 0.0) {
        if margins.0.len() % 2 == 1 {
            return Err(Error::argument("the margins are not in pairs").fix("write before and after for each axis").into());
        }
        let pairs: Vec<(isize, isize)> = margins.0.chunks(2).map(|m| (m[0], m[1])).collect();
        x.pad(&pairs, pad_mode(&mode, value)?)
    }
    /// Zeros.
    zeros[tape](sizes: Counts) { tape.zeros(&sizes.0[..]) }
    /// Ones.
    ones[tape](sizes: Counts) { tape.ones(&sizes.0[..]) }
    /// One number, repeated.
    full[tape](sizes: Counts, value: f64) { tape.fill(&sizes.0[..], T::of(value)) }
    /// start, start + step, .. before stop.
    arange[tape](start: f64, stop: f64, step: f64 = 1.0) {
        let count = ((stop - start) / step).ceil();
        if !count.is_finite() {
            return Err(Error::argument("the range has no end").fix("give a step that is not 0, and finite ends").into());
        }
        constant(tape, spaced(count.max(0.0) as usize, |k| start + step * k as f64)?)?
    }
    /// So many numbers from start to stop, both included.
    linspace[tape](start: f64, stop: f64, count: usize) {
        let step = (stop - start) / count.saturating_sub(1).max(1) as f64;
        constant(tape, spaced(count, |k| start + step * k as f64)?)?
    }
    /// The identity matrix.
    eye[tape](n: usize) { tape.ones([n]).diag(0) }
    /// A leaf that no gradient is taken with respect to.
    constant[tape](value: Value<'_, T>) {
        match value {
            Value::Leaf(_, l) | Value::Literal(l) => tape.constant(l.tensor::<T>()),
            other => convert::<T, Var<'_, T>>(other, tape)?.stop_gradient(),
        }
    }
    /// Integers: labels, positions.
    ints(values: IntVar<'_, T>) { values }
}
