//! The same elements under exchanged axes: permute, and its short forms `transpose`, `t` and `movedim`.
//! A permutation's adjoint is the inverse permutation.

use crate::kernels::strided;
use crate::ops::prelude::*;
use crate::shape::strides;

/// Axis k of the result is axis `order[k]` of the operand.
#[derive(Clone, Debug)]
pub(crate) struct Permute {
    order: SmallVec<[usize; 4]>,
}

impl Permute {
    fn inverse(&self) -> SmallVec<[usize; 4]> {
        let mut inverse = SmallVec::from_elem(0, self.order.len());
        for (k, &a) in self.order.iter().enumerate() {
            inverse[a] = k;
        }
        inverse
    }
}

/// Whether the list names each of its positions once.
fn is_permutation(order: &[usize]) -> bool {
    (0..order.len()).all(|k| order.contains(&k))
}

impl<T: Real> Op<T> for Permute {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "permute"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        if self.order.len() != x[0].rank() || !is_permutation(&self.order) {
            return Err(Error::shape(format!("{:?} does not order the axes of shape {}", &self.order[..], x[0]))
                .rule(format!("each of the {} axes is named exactly once", x[0].rank()))
                .fix("name every axis, in the order that the result shall have"));
        }
        Ok(ResultSigs::of(x[0].kind, self.order.iter().map(|&a| x[0].dims[a]).collect::<Dims>()))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let own = strides(x[0].dims());
        let steps: SmallVec<[isize; 4]> = self.order.iter().map(|&a| own[a] as isize).collect();
        let dims = y[0].dims();
        match y[0].try_real() {
            Some(y) => strided::copy(dims, x[0].real(), 0, &steps, y),
            None => strided::copy(dims, x[0].int(), 0, &steps, y[0].int()),
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().permuted(self.inverse()));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.permuted(self.order.clone()));
    }

    fn attributes(&self) -> Attributes {
        smallvec![("order", (&self.order[..]).into())]
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Permute
    }
}

/// The order of `rank` axes with two of them exchanged.
fn exchanged(rank: usize, a: usize, b: usize) -> SmallVec<[usize; 4]> {
    let mut order: SmallVec<[usize; 4]> = (0..rank).collect();
    order.swap(a, b);
    order
}

/// The order of `rank` axes with some of them at the places given, the others in the places left.
fn moved(rank: usize, from: &[usize], to: &[usize]) -> SmallVec<[usize; 4]> {
    let mut others = (0..rank).filter(|k| !from.contains(k));
    let at = |k: usize| to.iter().position(|&t| t == k).map(|i| from[i]);
    (0..rank).map(|k| at(k).or_else(|| others.next()).expect("as many places as axes")).collect()
}

/// What `t` says of a tensor that has no rows and columns.
fn too_flat(dims: &Dims) -> Error {
    Error::shape(format!("shape {dims} has no rows and columns to exchange"))
        .rule(format!("the rank is 2 or more; it is {}", dims.rank()))
        .fix("`unsqueeze` a vector to one row or one column first")
}

/// What `movedim` says of lists of different lengths.
fn unpaired(from: &[usize], to: &[usize]) -> Error {
    Error::shape(format!("axes {from:?} to places {to:?}"))
        .rule("there is one place for every axis that is moved")
        .fix("make the lists equally long")
}

impl<'t, T: Real> Var<'t, T> {
    /// The axes in another order: axis k of the result is axis `order[k]` of the operand.
    ///
    /// Negative axes count from the end.
    ///
    /// # Panics
    /// `order` does not name every axis exactly once.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[1., 2., 3.], [4., 5., 6.]]]);          // [1, 2, 3]
    /// let y = x.permute([2, 0, -2]);
    /// assert_eq!(y.dims(), [3, 1, 2]);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 4., 2., 5., 3., 6.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn permute(self, order: impl AsRef<[isize]>) -> Self {
        let mut from = SmallVec::new();
        for &axis in order.as_ref() {
            from.push(self.axis("permute", axis));
        }
        self.permuted(from)
    }

    #[track_caller]
    pub(crate) fn permuted(self, order: SmallVec<[usize; 4]>) -> Self {
        if self.tape.in_rule() && is_permutation(&order) && order.len() == self.rank() {
            if order.is_sorted() {
                return self;
            }
            if let Some(c) = self.as_fill() {
                let d = self.dims();
                return self.tape.fill(order.iter().map(|&a| d[a]).collect::<Dims>(), c);
            }
        }
        self.tape.call(Permute { order }, &[self.into()]).real(0)
    }

    /// Two axes exchanged; negative ones count from the end.
    ///
    /// # Panics
    /// An axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.zeros([2, 3, 4]);
    /// assert_eq!(x.transpose(0, -1).dims(), [4, 3, 2]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn transpose(self, a: isize, b: isize) -> Self {
        let (a, b) = (self.axis("transpose", a), self.axis("transpose", b));
        self.permuted(exchanged(self.rank(), a, b))
    }

    /// The transposed matrix, or each matrix of a batch transposed: the last two axes exchanged.
    ///
    /// # Panics
    /// The rank is below 2.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2., 3.], [4., 5., 6.]]);
    /// assert_eq!(x.t().value().as_slice().unwrap(), [1., 4., 2., 5., 3., 6.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn t(self) -> Self {
        let rank = self.rank();
        if rank < 2 {
            self.tape.blame(too_flat(&self.dims()), "t", &[self.id]).raise();
        }
        self.permuted(exchanged(rank, rank - 2, rank - 1))
    }

    /// Axes moved to other places, each to the one of the same rank in the list; the others keep their order. Negative
    /// ones count from the end.
    ///
    /// # Panics
    /// An axis does not exist or is named twice, or there are more axes than places.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let images = tape.zeros([8, 28, 30, 3]);                    // depth last
    /// assert_eq!(images.movedim(-1, 1).dims(), [8, 3, 28, 30]);
    /// assert_eq!(images.movedim([2, 3], [0, 1]).dims(), [30, 3, 8, 28]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn movedim(self, from: impl Into<Axes>, to: impl Into<Axes>) -> Self {
        let dims = self.dims();
        let both = from.into().in_order(&dims).and_then(|from| Ok((from, to.into().in_order(&dims)?)));
        match both
            .and_then(|(from, to)| if from.len() == to.len() { Ok((from, to)) } else { Err(unpaired(&from, &to)) })
        {
            Ok((from, to)) => self.permuted(moved(dims.rank(), &from, &to)),
            Err(e) => self.tape.blame(e, "movedim", &[self.id]).raise(),
        }
    }
}

impl<T: Real> IntVar<'_, T> {
    /// As [`Var::permute`].
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    #[must_use]
    pub fn permute(self, order: impl AsRef<[isize]>) -> Self {
        let mut from = SmallVec::new();
        for &axis in order.as_ref() {
            from.push(self.axis("permute", axis));
        }
        self.permuted(from)
    }

    #[track_caller]
    fn permuted(self, order: SmallVec<[usize; 4]>) -> Self {
        self.tape.call(Permute { order }, &[self.into()]).int(0)
    }

    /// As [`Var::transpose`].
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    #[must_use]
    pub fn transpose(self, a: isize, b: isize) -> Self {
        let (a, b) = (self.axis("transpose", a), self.axis("transpose", b));
        self.permuted(exchanged(self.rank(), a, b))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let cases =
            [(&[2, 0, 1][..], &[2, 3, 4][..]), (&[0, 2, 1], &[2, 3, 4]), (&[1, 0], &[3, 0]), (&[0], &[3]), (&[], &[])];
        cases.map(|(order, dims)| OpCheck::new(Permute { order: order.into() }).real(dims)).into()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn integers_move_like_numbers() {
        let tape = Tape::new();
        let x = tape.ints(ndarray::array![[1, 2, 3], [4, 5, 6]]);
        assert_eq!(x.transpose(0, 1).value().as_slice().unwrap(), [1, 4, 2, 5, 3, 6]);
    }

    #[test]
    fn axes_move_together_and_the_others_close_ranks() {
        let tape = Tape::new();
        let x = tape.zeros([2, 3, 4, 5]);
        assert_eq!(x.movedim([0, -1], [-1, 0]).dims(), [5, 3, 4, 2]);
        assert_eq!(x.movedim(3, 0).dims(), [5, 2, 3, 4]);
        assert_eq!(x.movedim([1, 3], [2, 0]).dims(), [5, 2, 3, 4]);
        assert_eq!(x.movedim(.., [3, 2, 1, 0]).dims(), [5, 4, 3, 2]);
    }

    #[test]
    #[should_panic(expected = "movedim: axes [0, 1] to places [2]")]
    fn every_axis_needs_a_place() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3, 4]).movedim([0, 1], 2);
    }

    #[test]
    #[should_panic(expected = "[0, 0, 1] does not order the axes of shape [2, 3, 4]")]
    fn an_axis_named_twice_is_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3, 4]).permute([0, 0, 1]);
    }

    #[test]
    #[should_panic(
        expected = "t: shape [3] has no rows and columns to exchange\n  rule: the rank is 2 or more; it is 1"
    )]
    fn a_vector_has_no_transpose() {
        let tape = Tape::new();
        let _ = tape.zeros([3]).t();
    }
}
