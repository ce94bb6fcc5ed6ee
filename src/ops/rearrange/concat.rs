//! Concat and split along an axis, each the other's adjoint; any number of parts is one line.
//! So the gradient of 300 joined tensors is one pass over memory, where 300 slices would each pad to full size.

use super::handle::Handle;
use crate::kernels::strided;
use crate::ops::prelude::*;
use crate::shape::{resolve_axis, strides};
use crate::tape::Operand;

/// The operands one behind the other along the axis.
#[derive(Clone, Debug)]
pub(crate) struct Concat {
    axis: usize,
}

/// The parts of the operand along the axis, of the given sizes, as results.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    axis: usize,
    sizes: SmallVec<[usize; 4]>,
}

/// Steps through a row-major tensor of the given shape.
fn steps(dims: &[usize]) -> SmallVec<[isize; 4]> {
    strides(dims).iter().map(|&s| s as isize).collect()
}

impl<T: Real> Op<T> for Concat {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "concat"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let Some(first) = x.first().filter(|s| self.axis < s.rank()) else {
            return Err(Error::shape(format!("{} tensors cannot be joined along axis {}", x.len(), self.axis))
                .rule("there is at least one, and each has that axis")
                .fix("use an axis below the rank; `stack` joins along a new axis"));
        };
        let mut dims = Dims::from(first.dims).with(self.axis, 0);
        for (i, s) in x.iter().enumerate() {
            if s.kind != first.kind {
                return Err(Error::kind(format!("operand {i} is {s}, operand 0 is {first}"))
                    .rule("integers join integers and real numbers join real ones")
                    .fix("convert one kind to the other first"));
            }
            if s.rank() != dims.rank() || (0..s.rank()).any(|k| k != self.axis && s.dims[k] != dims[k]) {
                return Err(Error::shape(format!("operand {i} is {s}, operand 0 is {first}"))
                    .rule(format!("all sizes but that of axis {} are equal", self.axis))
                    .fix("slice, pad or reshape an operand, or join along another axis"));
            }
            dims[self.axis] = dims[self.axis].checked_add(s.dims[self.axis]).ok_or_else(|| {
                Error::shape("the sizes along the axis add up to more than memory holds")
                    .rule("the number of elements fits in memory")
                    .fix("check the sizes given")
            })?;
        }
        Ok(ResultSigs::of(first.kind, dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let to = steps(y[0].dims());
        let mut at = 0;
        for x in x {
            match y[0].try_real() {
                Some(y) => strided::place(x.dims(), x.real(), y, at, &to),
                None => strided::place(x.dims(), x.int(), y[0].int(), at, &to),
            }
            at += x.dims()[self.axis] * to[self.axis] as usize;
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        let sizes = (0..r.arity()).map(|i| r.dims(i)[self.axis]).collect();
        for (i, part) in r.g().split_at_sizes(self.axis, sizes).into_iter().enumerate() {
            r.give(i, || part);
        }
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axis", self.axis.into())]
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Permute
    }
}

impl<T: Real> Op<T> for Split {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "split"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let size = x[0].dims.get(self.axis).copied();
        let sum = self.sizes.iter().try_fold(0usize, |n, &k| n.checked_add(k));
        if self.sizes.is_empty() || sum.is_none() || sum != size {
            return Err(Error::shape(format!(
                "parts of sizes {:?} of axis {} of shape {}",
                self.sizes, self.axis, x[0]
            ))
            .rule(format!("there is at least one part, and the sizes add up to the axis's, {}", size.unwrap_or(0)))
            .fix("give sizes that add up to it, or `slice` what is needed"));
        }
        let part = |&n: &usize| Dims::from(x[0].dims).with(self.axis, n);
        let first = ResultSigs::of(x[0].kind, part(&self.sizes[0]));
        Ok(self.sizes[1..].iter().map(part).fold(first, |sigs, dims| match x[0].kind {
            Kind::Real => sigs.and_real(dims),
            Kind::Int => sigs.and_int(dims),
        }))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let from = steps(x[0].dims());
        let mut at = 0;
        for (y, &size) in y.iter_mut().zip(&self.sizes) {
            let dims = y.dims();
            if let Some(y) = y.try_real() {
                strided::copy(dims, x[0].real(), at, &from, y);
            } else if let Some(y) = y.try_int() {
                strided::copy(dims, x[0].int(), at, &from, y);
            }
            at += size * from[self.axis] as usize;
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || {
            let zeros = |k| r.tape().fill(r.result_dims(k), T::zero());
            let parts: Vec<_> = (0..self.sizes.len()).map(|k| r.cotangent(k).unwrap_or_else(|| zeros(k))).collect();
            joined(&parts, self.axis)
        });
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        let Some(dx) = r.dx(0) else { return };
        for (k, part) in dx.split_at_sizes(self.axis, self.sizes.clone()).into_iter().enumerate() {
            r.term_of(k, 0, |_| part);
        }
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axis", self.axis.into()), ("sizes", (&self.sizes[..]).into())]
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Permute
    }
}

/// Tape, line and shape of the first part, which stand for all until the shape rule has compared them.
#[track_caller]
pub(crate) fn first<'t, T: Real, H: Handle<'t, T>>(name: &'static str, parts: &[H]) -> (&'t Tape<T>, u32, Dims) {
    match parts.first().map(|h| h.line()) {
        Some((tape, id)) => (tape, id, tape.dims_of(id)),
        None => Error::shape("no tensors were given")
            .rule("at least one tensor is joined")
            .fix("leave the operation out, or pass the tensors")
            .about(name)
            .raise(),
    }
}

#[track_caller]
pub(crate) fn joined<'t, T: Real, H: Handle<'t, T>>(parts: &[H], axis: usize) -> H {
    let (tape, ..) = first("concat", parts);
    let operands: Vec<Operand<'t, T>> = parts.iter().map(|&h| h.into()).collect();
    H::of_result(tape.call(Concat { axis }, &operands), 0)
}

/// The tensors one behind the other along an axis they have; all other sizes are equal. Takes [`Var`]s or [`IntVar`]s.
///
/// # Panics
/// There is no tensor, the axis does not exist, or another size differs.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let (a, b) = (tape.var([[1., 2.]]), tape.var([[3., 4.], [5., 6.]]));
/// let y = concat(&[a, b], 0);
/// assert_eq!(y.dims(), [3, 2]);
/// assert_eq!(y.value().as_slice().unwrap(), [1., 2., 3., 4., 5., 6.]);
/// assert_eq!((y * y).sum().backward()[a].as_slice().unwrap(), [2., 4.]);
/// ```
#[track_caller]
#[must_use]
pub fn concat<'t, T: Real, H: Handle<'t, T>>(parts: &[H], axis: isize) -> H {
    let (tape, id, dims) = first("concat", parts);
    match resolve_axis(axis, &dims) {
        Ok(axis) => joined(parts, axis),
        Err(e) => tape.blame(e, "concat", &[id]).raise(),
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The parts of the given sizes along an axis, in order; the sizes add up to the axis's.
    ///
    /// # Panics
    /// The axis does not exist, or the sizes do not add up to it.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 2., 3.]);
    /// let parts = x.split(0, &[1, 2]);
    /// assert_eq!(parts[1].value().as_slice().unwrap(), [2., 3.]);
    /// assert_eq!(parts[1].sum().backward()[x].as_slice().unwrap(), [0., 1., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn split(self, axis: isize, sizes: &[usize]) -> Vec<Self> {
        let axis = self.axis("split", axis);
        self.split_at_sizes(axis, sizes.into())
    }

    #[track_caller]
    pub(crate) fn split_at_sizes(self, axis: usize, sizes: SmallVec<[usize; 4]>) -> Vec<Self> {
        let results = self.tape.call(Split { axis, sizes }, &[self.into()]);
        (0..results.len()).map(|k| results.real(k)).collect()
    }
}

impl<T: Real> IntVar<'_, T> {
    /// As [`Var::split`].
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    #[must_use]
    pub fn split(self, axis: isize, sizes: &[usize]) -> Vec<Self> {
        let axis = self.axis("split", axis);
        let results = self.tape.call(Split { axis, sizes: sizes.into() }, &[self.into()]);
        (0..results.len()).map(|k| results.int(k)).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let concat =
            |axis, parts: &[&[usize]]| parts.iter().fold(OpCheck::new(Concat { axis }), |c, &dims| c.real(dims));
        let split =
            |axis, sizes: &[usize], dims: &[usize]| OpCheck::new(Split { axis, sizes: sizes.into() }).real(dims);
        vec![
            concat(0, &[&[2], &[3], &[0], &[1]]),
            concat(1, &[&[2, 3, 2], &[2, 1, 2]]),
            concat(2, &[&[2, 0, 3], &[2, 0, 1]]),
            concat(0, &[&[3, 2]]),
            concat(1, &[&[3, 2], &[3, 2]]),
            split(0, &[1, 0, 2], &[3]),
            split(1, &[2, 3], &[2, 5, 2]),
            split(0, &[0], &[0, 2]),
        ]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn three_hundred_parts_are_one_line_either_way() {
        let tape = Tape::new();
        let parts: Vec<_> = (0..300).map(|k| tape.var([k as f32])).collect();
        let len = tape.len();
        let y = concat(&parts, 0);
        assert_eq!(tape.len(), len + 1);
        let again = y.split(0, &[1; 300]);
        assert_eq!(again[299].item(), 299.0);
        let g = (y * y).sum().backward();
        assert_eq!((g[parts[0]][[0]], g[parts[299]][[0]]), (0.0, 598.0));
        assert_eq!(tape.runs("split"), 2);
    }

    #[test]
    fn integers_are_joined_and_split_like_numbers() {
        let tape = Tape::new();
        let y = concat(&[tape.ints([1, 2]), tape.ints([3])], 0);
        assert_eq!(y.value().as_slice().unwrap(), [1, 2, 3]);
        assert_eq!(y.split(-1, &[1, 2])[1].value().as_slice().unwrap(), [2, 3]);
    }

    #[test]
    #[should_panic(
        expected = "operand 1 is [2, 4], operand 0 is [2, 3]\n  rule: all sizes but that of axis 0 are equal"
    )]
    fn other_sizes_must_agree() {
        let tape = Tape::new();
        let _ = concat(&[tape.zeros([2, 3]), tape.zeros([2, 4])], 0);
    }

    #[test]
    #[should_panic(expected = "split: parts of sizes [1, 3] of axis 0 of shape [3]")]
    fn sizes_must_add_up() {
        let tape = Tape::new();
        let _ = tape.zeros([3]).split(0, &[1, 3]);
    }

    #[test]
    #[should_panic(expected = "concat: no tensors were given")]
    fn nothing_cannot_be_joined() {
        let _: Var<'_> = concat(&[], 0);
    }
}
