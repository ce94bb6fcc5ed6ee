//! Products over chosen pairs of axes: tensordot, kron and inner.
//! All are contractions or elementwise products of reshaped operands.

use super::einsum::{Label, Term, contract, whole};
use crate::ops::prelude::*;
use crate::shape::resolve_axis;

/// Which axes of two tensors are summed together: a number (so many of the last of the left one and of the first of the
/// right one), or two lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairs(Kept);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kept {
    Count(usize),
    Lists(Vec<isize>, Vec<isize>),
}

impl From<usize> for Pairs {
    fn from(n: usize) -> Self {
        Pairs(Kept::Count(n))
    }
}

impl<const N: usize> From<([isize; N], [isize; N])> for Pairs {
    fn from((a, b): ([isize; N], [isize; N])) -> Self {
        Pairs(Kept::Lists(a.into(), b.into()))
    }
}

impl From<(&[isize], &[isize])> for Pairs {
    fn from((a, b): (&[isize], &[isize])) -> Self {
        Pairs(Kept::Lists(a.into(), b.into()))
    }
}

impl Pairs {
    /// The pairs as positions.
    fn resolve(&self, a: &Dims, b: &Dims) -> Result<Vec<(usize, usize)>, Error> {
        let pairs: Vec<(usize, usize)> = match &self.0 {
            &Kept::Count(n) => {
                if n > a.rank().min(b.rank()) {
                    return Err(Error::shape(format!("{n} axes of {a} and {b}"))
                        .rule("both operands have as many axes as are summed over")
                        .fix("sum over fewer axes"));
                }
                (0..n).map(|k| (a.rank() - n + k, k)).collect()
            }
            Kept::Lists(of_a, of_b) => {
                if of_a.len() != of_b.len() {
                    return Err(Error::argument(format!("{of_a:?} and {of_b:?} are no pairs of axes"))
                        .rule("both lists are of one length")
                        .fix("name one axis of the right operand for each of the left one"));
                }
                let both = of_a.iter().zip(of_b);
                both.map(|(&i, &j)| Ok((resolve_axis(i, a)?, resolve_axis(j, b)?))).collect::<Result<_, Error>>()?
            }
        };
        for (k, &(i, j)) in pairs.iter().enumerate() {
            if pairs[..k].iter().any(|&(p, q)| p == i || q == j) {
                return Err(Error::argument("an axis is named twice").rule("each axis has one partner").fix("drop it"));
            }
            let (m, n) = (a[i], b[j]);
            if m != n && m != 1 && n != 1 {
                return Err(Error::shape(format!("axis {i} of {a} and axis {j} of {b} differ"))
                    .rule("axes that are summed together have one size, or one of them has size 1")
                    .fix("name other axes, or slice one operand"));
            }
        }
        Ok(pairs)
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The sum of products over pairs of axes; the other axes of the left operand come first in the result, then those of
    /// the right one.
    ///
    /// A number takes so many of the last axes of the left and of the first of the right operand; two lists name pairs.
    ///
    /// # Panics
    /// An axis does not exist or is named twice, or the sizes of a pair differ and neither is 1.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.ones([2, 3, 4]), tape.ones([3, 4, 5]));
    /// assert_eq!(a.tensordot(b, 2).dims(), [2, 5]);
    /// assert_eq!(a.tensordot(b, ([1], [0])).dims(), [2, 4, 4, 5]);
    /// assert_eq!(a.tensordot(b, ([1, 2], [0, 1])).value()[[0, 0]], 12.0);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn tensordot(self, rhs: Var<'t, T>, pairs: impl Into<Pairs>) -> Self {
        let (a, b) = (self.dims(), rhs.dims());
        let pairs = match pairs.into().resolve(&a, &b) {
            Ok(pairs) => pairs,
            Err(e) => self.tape.blame(e, "tensordot", &[self.id, rhs.id]).raise(),
        };
        let labels_a: Vec<Label> = (0..a.rank() as Label).collect();
        let label_b = |k: usize| pairs.iter().find(|p| p.1 == k).map_or(a.rank() + k, |p| p.0) as Label;
        let labels_b: Vec<Label> = (0..b.rank()).map(label_b).collect();
        let free = |labels: &[Label], other: &[Label]| -> Vec<Label> {
            labels.iter().copied().filter(|l| !other.contains(l)).collect()
        };
        let (left, right) = (free(&labels_a, &labels_b), free(&labels_b, &labels_a));
        let size = |l: &Label| if (*l as usize) < a.rank() { a[*l as usize] } else { b[*l as usize - a.rank()] };
        let full: Dims = left.iter().chain(&right).map(size).collect();
        let output: Vec<Label> = [left, right].concat().into_iter().filter(|l| size(l) != 1).collect();
        let (x, y) = (Term::new(self, &labels_a), Term::new(rhs, &labels_b));
        whole(contract(x, y, &|l| output.contains(&l), &output), &output).in_shape(full)
    }

    /// The sum of products over the last axes of both: yᵢⱼ = Σₖ aᵢₖ bⱼₖ, with any leading axes i and j.
    ///
    /// A number times a tensor is their product.
    ///
    /// # Panics
    /// The last sizes differ.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([[1., 2.], [3., 4.]]), tape.var([10., 1.]));
    /// assert_eq!(a.inner(b).value().as_slice().unwrap(), [12., 34.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn inner(self, rhs: Var<'t, T>) -> Self {
        match (self.rank(), rhs.rank()) {
            (0, _) | (_, 0) => self * rhs,
            _ => self.tensordot(rhs, ([-1], [-1])),
        }
    }

    /// The Kronecker product: each element of the left operand times the whole right one, side by side.
    ///
    /// The operand of lower rank gets axes of size 1 in front.
    ///
    /// # Panics
    /// The result does not fit in memory.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([[1., 2.]]), tape.var([[1.], [10.]]));
    /// let y = a.kron(b);
    /// assert_eq!(y.dims(), [2, 2]);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 2., 10., 20.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn kron(self, rhs: Var<'t, T>) -> Self {
        let (a, b) = (self.dims(), rhs.dims());
        let rank = a.rank().max(b.rank());
        let size = |d: &Dims, k: usize| (k + d.rank()).checked_sub(rank).map_or(1, |k| d[k]);
        let outer: Dims = (0..rank).flat_map(|k| [size(&a, k), 1]).collect();
        let inner: Dims = (0..rank).flat_map(|k| [1, size(&b, k)]).collect();
        let product = self.in_shape(outer) * rhs.in_shape(inner);
        product.in_shape((0..rank).map(|k| size(&a, k) * size(&b, k)).collect())
    }

    /// Σ xᵢ yᵢ along an axis, for every place of the others; shapes broadcast.
    ///
    /// # Panics
    /// The axis does not exist, or the shapes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, y) = (tape.var([[1., 2.], [3., 4.]]), tape.var([10., 1.]));
    /// assert_eq!(x.vecdot(y, -1).value().as_slice().unwrap(), [12., 34.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn vecdot(self, rhs: Var<'t, T>, axis: isize) -> Self {
        (self * rhs).sum_over(axis)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::tensor;
    use super::*;
    use crate::check::Check;

    #[test]
    fn pairs_of_axes_are_summed_as_einsum_does() {
        let tape = Tape::<f64>::default();
        let (a, b) = (tape.var(tensor([2, 3, 4], 1)), tape.var(tensor([4, 3, 5], 2)));
        let near = |x: Var<'_, f64>, y: Var<'_, f64>| assert!((x.value() - y.value()).iter().all(|d| d.abs() < 1e-14));
        near(a.tensordot(b, ([2, 1], [0, 1])), super::super::einsum::einsum("ijk,kjl->il", &[a, b]));
        near(a.tensordot(b, ([-1], [0])), super::super::einsum::einsum("ijk,klm->ijlm", &[a, b]));
        assert_eq!(a.tensordot(b, 0).dims(), [2, 3, 4, 4, 3, 5]);
        // An axis of size 1 broadcasts.
        let one = tape.var(tensor([1, 2], 3));
        near(one.tensordot(b, ([0], [0])), super::super::einsum::einsum("kl,kmn->lmn", &[one, b]));
        assert_eq!(tape.zeros([2, 1]).tensordot(tape.zeros([1, 3]), 1).dims(), [2, 3]);
    }

    #[test]
    fn derivatives() {
        let inputs = [tensor([2, 3], 1), tensor([3, 2, 2], 2)];
        Check::new(|_, x| x[0].kron(x[1]), &inputs[..]).run().assert();
        Check::new(|_, x| x[0].tensordot(x[1], ([1, 0], [0, 2])), &inputs[..]).second_order().run().assert();
    }

    #[test]
    #[should_panic(expected = "tensordot: axis 1 of [2, 3] and axis 0 of [4] differ")]
    fn sizes_that_differ_are_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3]).tensordot(tape.zeros([4]), 1);
    }
}
