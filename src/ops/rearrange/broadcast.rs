//! Sum and broadcast, each the other's adjoint.
//! Broadcasting is an operation of its own, inserted where shapes differ, so no other rule ever un-broadcasts.

use crate::kernels::{reduce, strided};
use crate::ops::pointwise::table::Table;
use crate::ops::prelude::*;
use crate::ops::reduce::lines::check_axes;
use crate::shape::strides;

/// The sum over the given axes (sorted), which vanish.
#[derive(Clone, Debug)]
pub(crate) struct Sum {
    axes: SmallVec<[usize; 4]>,
}

/// The operand repeated along axes of size 1 and along new leading axes.
#[derive(Clone, Debug)]
pub(crate) struct Broadcast {
    dims: Dims,
}

impl<T: Real> Op<T> for Sum {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "sum"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_axes(&x[0], &self.axes)?;
        Ok(ResultSigs::real(without(x[0].dims, &self.axes)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        reduce::sum(x[0].real(), x[0].dims(), &self.axes, y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().restore(&self.axes, &r.dims(0)));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.sum_axes(&self.axes));
    }

    fn form(&self) -> Form<'_, T> {
        Form::Reduce(ReduceKind::Sum, &self.axes)
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axes", (&self.axes[..]).into())]
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Reduce
    }
}

impl<T: Real> Op<T> for Broadcast {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "broadcast_to"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        match broadcast_dims(x[0].dims, &self.dims) {
            Some(d) if d == self.dims => Ok(ResultSigs::of(x[0].kind, d)),
            _ => Err(Error::shape(format!("shape {} does not broadcast to {}", x[0], self.dims))
                .rule("aligned at the last axis, each size equals the target's or is 1")
                .fix("reshape or unsqueeze so that the sizes line up from the right")),
        }
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let stride = expanded_strides(x[0].dims(), &self.dims);
        match y[0].try_real() {
            Some(y) => strided::copy(&self.dims, x[0].real(), 0, &stride, y),
            None => strided::copy(&self.dims, x[0].int(), 0, &stride, y[0].int()),
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().sum_to(&r.dims(0)));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.broadcast_to(&self.dims));
    }

    fn form(&self) -> Form<'_, T> {
        Form::Splat
    }

    fn attributes(&self) -> Attributes {
        smallvec![("shape", (&self.dims[..]).into())]
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn cost(&self, _: &[Sig<'_>]) -> Cost {
        Cost { flops: self.dims.count() as f64, cheap: true }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Expand
    }
}

/// The shape without the given sorted axes.
pub(crate) fn without(dims: &[usize], axes: &[usize]) -> Dims {
    dims.iter().enumerate().filter(|(k, _)| !axes.contains(k)).map(|(_, &d)| d).collect()
}

/// The shape with the given axes at size 1.
pub(crate) fn ones_at(dims: &[usize], axes: &[usize]) -> Dims {
    dims.iter().enumerate().map(|(k, &d)| if axes.contains(&k) { 1 } else { d }).collect()
}

/// Strides that read a row-major tensor as if it had the larger shape: 0 along repeated axes.
fn expanded_strides(from: &[usize], to: &[usize]) -> SmallVec<[isize; 4]> {
    let lead = to.len() - from.len();
    let own = strides(from);
    (0..to.len()).map(|k| if k < lead || from[k - lead] == 1 { 0 } else { own[k - lead] as isize }).collect()
}

/// The shape that lines broadcast to; `None` where they stand on different tapes, on which recording them fails first.
#[track_caller]
pub(crate) fn common_shape<T: Real>(op: &'static str, lines: &[Operand<'_, T>]) -> Option<Dims> {
    let line = |o: &Operand<'_, T>| match *o {
        Operand::Real(v) => (std::ptr::from_ref(v.tape), v.id, v.dims()),
        Operand::Int(v) => (std::ptr::from_ref(v.tape), v.id, v.dims()),
    };
    let tape = match lines[0] {
        Operand::Real(v) => v.tape,
        Operand::Int(v) => v.tape,
    };
    let mut common = Dims::default();
    for (t, _, d) in lines.iter().map(line) {
        if !std::ptr::eq(t, tape) {
            return None;
        }
        let Some(larger) = broadcast_dims(&common, &d) else {
            let ids: SmallVec<[u32; 4]> = lines.iter().map(|o| line(o).1).collect();
            let e = Error::shape(format!("cannot combine shapes {common} and {d}"))
                .rule("aligned at the last axis, two sizes are equal or one of them is 1")
                .fix("reshape, unsqueeze or transpose an operand so that the sizes line up from the right");
            tape.blame(e, op, &ids).raise()
        };
        common = larger;
    }
    Some(common)
}

/// Broadcasts two operands to their common shape.
#[track_caller]
pub(crate) fn align<'t, T: Real>(op: &'static str, a: Var<'t, T>, b: Var<'t, T>) -> (Var<'t, T>, Var<'t, T>) {
    if a.shaped_as(b) {
        return (a, b);
    }
    match common_shape(op, &[a.into(), b.into()]) {
        Some(d) => (a.fit(&d), b.fit(&d)),
        None => (a, b),
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The sum of all elements, a scalar.
    ///
    /// Partial sums are kept in fixed blocks, so the result does not depend on the number of threads. An empty sum is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [3., 4.]]);
    /// assert_eq!(x.sum().item(), 10.0);
    /// assert_eq!(x.sum().backward()[x][[1, 0]], 1.0);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn sum(self) -> Self {
        let axes: SmallVec<[usize; 4]> = (0..self.rank()).collect();
        self.sum_axes(&axes)
    }

    /// The sum over some axes; see [`Axes`].
    ///
    /// # Panics
    /// An axis does not exist or is named twice.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [3., 4.]]);
    /// assert_eq!(x.sum_over(0).value().as_slice().unwrap(), [4., 6.]);
    /// assert_eq!(x.sum_over(keep(-1)).dims(), [2, 1]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn sum_over(self, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        let list = self.axes("sum", &axes);
        let y = self.sum_axes(&list);
        if axes.keeps() { y.reshape(ones_at(&self.dims(), &list)) } else { y }
    }

    #[track_caller]
    pub(crate) fn sum_axes(self, axes: &[usize]) -> Self {
        if self.tape.in_rule() {
            if axes.is_empty() {
                return self;
            }
            if let Some(c) = self.as_fill() {
                let d = self.dims();
                let n: usize = axes.iter().map(|&a| d[a]).product();
                return self.tape.fill(without(&d, axes), c * T::of(n as f64));
            }
            if let Some((cotangent, slope)) = self.as_scaled_along(axes) {
                let sum = cotangent.sum_axes(axes);
                return sum.azmul(slope.reshape(sum.dims()));
            }
            if let Some(sum) = self.sum_at_hand(axes) {
                return sum;
            }
        }
        self.tape.call(Sum { axes: axes.into() }, &[self.into()]).real(0)
    }

    /// The factors of this line where it is a cotangent times a slope that only repeats along the axes, and stays the same
    /// along no other: the sum of such products is the product of the sum. The slope comes as what is repeated.
    fn as_scaled_along(self, axes: &[usize]) -> Option<(Self, Self)> {
        let g = self.tape.graph.borrow();
        let node = g.node(self.id);
        let is_product = matches!(&node.op, OpRef::Row(op) if std::ptr::eq(op.row, Table::AZMUL));
        let &[cotangent, slope] = g.operands(self.id) else { return None };
        if !is_product || !matches!(g.node(slope).op.get().form(), Form::Splat) {
            return None;
        }
        let (dims, source) = (g.dims(self.id), g.operands(slope)[0]);
        let (own, lead) = (g.dims(source), dims.len() - g.dims(source).len());
        let size = |k: usize| if k < lead { 1 } else { own[k - lead] };
        let fits = (0..dims.len()).all(|k| size(k) == if axes.contains(&k) { 1 } else { dims[k] });
        fits.then(|| (Var::new(self.tape, cotangent), Var::new(self.tape, source)))
    }

    /// The sum over the axes that a rule has written a moment ago: those of scale, shift and mean meet in a normalisation.
    fn sum_at_hand(self, axes: &[usize]) -> Option<Self> {
        const BACK: u32 = 64;
        let g = self.tape.graph.borrow();
        let end = g.len() as u32;
        let same = |&id: &u32| {
            let node = g.node(id);
            g.operands(id) == [self.id]
                && node.written_by_rule()
                && matches!(node.op.get().form(), Form::Reduce(ReduceKind::Sum, a) if a == axes)
        };
        (end.saturating_sub(BACK)..end).rev().find(same).map(|id| Var::new(self.tape, id))
    }

    /// The tensor repeated to a larger shape by numpy's rule.
    ///
    /// # Panics
    /// A size is neither the target's nor 1.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let b = tape.var([1., 2.]);
    /// let y = b.broadcast_to([3, 2]);
    /// assert_eq!(y.value()[[2, 1]], 2.0);
    /// assert_eq!(y.sum().backward()[b][[0]], 3.0);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn broadcast_to(self, dims: impl Into<Dims>) -> Self {
        let dims = dims.into();
        if self.tape.in_rule() {
            if self.dims() == dims {
                return self;
            }
            if let Some(c) = self.as_fill() {
                return self.tape.fill(dims, c);
            }
        }
        self.tape.call(Broadcast { dims }, &[self.into()]).real(0)
    }

    /// As [`broadcast_to`](Var::broadcast_to), without a line where the shape is this one already.
    #[track_caller]
    pub(crate) fn fit(self, dims: &Dims) -> Self {
        if self.dims() == *dims { self } else { self.broadcast_to(dims) }
    }

    /// The adjoint of broadcasting: the sum over all axes along which `dims` was repeated.
    #[track_caller]
    pub(crate) fn sum_to(self, dims: &Dims) -> Self {
        let from = self.dims();
        let lead = from.rank() - dims.rank();
        let axes: SmallVec<[usize; 4]> =
            (0..from.rank()).filter(|&k| k < lead || (dims[k - lead] == 1 && from[k] != 1)).collect();
        if axes.is_empty() { self.reshape(dims) } else { self.sum_axes(&axes).reshape(dims) }
    }

    /// The adjoint of a reduction: brings back the reduced axes and repeats along them.
    #[track_caller]
    pub(crate) fn restore(self, axes: &[usize], dims: &Dims) -> Self {
        if let Some(c) = self.as_fill() {
            return self.tape.fill(dims, c);
        }
        self.reshape(ones_at(dims, axes)).broadcast_to(dims)
    }
}

impl<'t, T: Real> IntVar<'t, T> {
    /// The integers repeated to a larger shape by numpy's rule.
    ///
    /// # Panics
    /// A size is neither the target's nor 1.
    #[track_caller]
    #[must_use]
    pub fn broadcast_to(self, dims: impl Into<Dims>) -> Self {
        self.tape.call(Broadcast { dims: dims.into() }, &[self.into()]).int(0)
    }

    /// As [`broadcast_to`](IntVar::broadcast_to), without a line where the shape is this one already.
    #[track_caller]
    pub(crate) fn fit(self, dims: &Dims) -> Self {
        if self.dims() == *dims { self } else { self.broadcast_to(dims) }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let sum = |axes: &[usize], dims: &[usize]| OpCheck::new(Sum { axes: axes.into() }).real(dims);
        let broadcast = |dims: &[usize], x: &[usize]| OpCheck::new(Broadcast { dims: dims.into() }).real(x);
        vec![
            sum(&[1], &[2, 3, 4]),
            sum(&[0, 2], &[2, 3, 4]),
            sum(&[], &[3]),
            sum(&[0], &[0, 2]),
            sum(&[0, 1], &[5, 1]),
            broadcast(&[4, 2, 3], &[2, 1]),
            broadcast(&[5], &[]),
            broadcast(&[2, 0], &[2, 1]),
            broadcast(&[3, 3], &[3, 3]),
            broadcast(&[2, 3, 5], &[3, 5]),
        ]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }
}
