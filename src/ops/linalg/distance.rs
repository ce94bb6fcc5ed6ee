//! Distances of points: of two tensors, of every pair from two sets, of every pair within one.
//! Composites of differences and vector norms, so that points that coincide have the norms' derivative there, 0.

use crate::ops::prelude::*;
use crate::tape::Tensor;

/// The most pairs that `pdist` lists.
const PAIRS: u64 = u32::MAX as u64;

impl<'t, T: Real> Var<'t, T> {
    /// The p-norm of the difference of two tensors, whose shapes broadcast; see [`vector_norm`](Var::vector_norm).
    ///
    /// # Panics
    /// The shapes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([1., 2.]).dist(tape.var([4., 6.]), 2.0).item(), 5.0);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn dist(self, other: Var<'t, T>, p: f64) -> Self {
        (self - other).vector_norm(p, ..)
    }

    /// The p-distance of every row of the left operand and every row of the right one: \[…, m, d\] and \[…, n, d\] give
    /// \[…, m, n\]; leading axes broadcast.
    ///
    /// Distances are summed from differences, never from |x|² + |y|² − 2 x·y, which cancels for near points.
    ///
    /// # Panics
    /// The rank of an operand is below 2, the last sizes differ, or the leading axes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, y) = (tape.var([[0., 0.], [3., 4.]]), tape.var([[0., 0.]]));
    /// let d = x.cdist(y, 2.0);
    /// assert_eq!(d.value().as_slice().unwrap(), [0., 5.]);
    /// assert_eq!(d.sum().backward()[x].as_slice().unwrap(), [0., 0., 0.6, 0.8]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn cdist(self, other: Var<'t, T>, p: f64) -> Self {
        let (a, b) = (self.matrices("cdist"), other.matrices("cdist"));
        let (da, db) = (a.dims(), b.dims());
        if da.last() != db.last() {
            let e = Error::shape(format!("points of {da} and of {db}"))
                .rule("the last axis holds the coordinates, and has one size")
                .fix("slice or reshape an operand");
            self.tape.blame(e, "cdist", &[self.id, other.id]).raise()
        }
        (a.unsqueeze(-2) - b.unsqueeze(-3)).lengths(p)
    }

    /// The p-distances of all pairs of rows of a matrix, (0, 1), (0, 2), …, (1, 2), …: n(n − 1)/2 numbers.
    ///
    /// # Panics
    /// The rank is not 2, or there are more pairs than u32 counts.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[0., 0.], [3., 4.], [3., 0.]]);
    /// assert_eq!(x.pdist(2.0).value().as_slice().unwrap(), [5., 3., 4.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn pdist(self, p: f64) -> Self {
        let d = self.dims();
        let rows = match *d {
            [n, _] => u32::try_from(n).ok().filter(|&n| u64::from(n) * u64::from(n).saturating_sub(1) / 2 <= PAIRS),
            _ => None,
        };
        let Some(n) = rows else {
            let e = Error::shape(format!("shape {d} is no list of points"))
                .rule("points are the rows of a matrix, and their pairs as many as u32 counts")
                .fix("reshape to rank 2, or use `cdist` for batches");
            self.tape.blame(e, "pdist", &[self.id]).raise()
        };
        let pairs = || (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
        let list = |of: fn((u32, u32)) -> u32| {
            let list: Vec<u32> = pairs().map(of).collect();
            self.tape.ints(Tensor::new(list.len(), list).expect("a list has its length"))
        };
        (self.index_select(0, list(|p| p.0)) - self.index_select(0, list(|p| p.1))).lengths(p)
    }

    /// The norms along the last axis; points without coordinates coincide.
    #[track_caller]
    fn lengths(self, p: f64) -> Self {
        let none = self.dims().last() == Some(&0);
        self.vector_norm(if none { 2.0 } else { p }, -1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::tensor;
    use super::*;
    use crate::check::Check;

    #[test]
    fn every_pair_has_its_distance() {
        let tape = Tape::<f64>::default();
        let (x, y) = (tape.var(tensor([2, 1, 3, 4], 1)), tape.var(tensor([2, 5, 4], 2)));
        let d = x.cdist(y, 3.0);
        assert_eq!(d.dims(), [2, 2, 3, 5]);
        let one = x.index_axis(0, 1).index_axis(0, 0).index_axis(0, 2).dist(y.index_axis(0, 0).index_axis(0, 4), 3.0);
        assert!((d.value()[[1, 0, 2, 4]] - one.item()).abs() < 1e-15);
        let z = tape.var(tensor([4, 3], 3));
        let square = z.cdist(z, 2.0).value();
        let pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)].map(|(i, j)| square[[i, j]]);
        assert_eq!(z.pdist(2.0).value().as_slice().unwrap(), pairs);
        assert_eq!(tape.zeros([1, 3]).pdist(2.0).dims(), [0]);
        assert_eq!(tape.zeros([2, 0]).cdist(tape.zeros([3, 0]), f64::INFINITY).sum().item(), 0.0);
    }

    #[test]
    fn derivatives() {
        let inputs = [tensor([3, 2], 1), tensor([2, 2], 2)];
        for p in [0.5, 1.0, 1.5, 2.0, 3.0, f64::INFINITY] {
            Check::new(|_, x| x[0].cdist(x[1], p), &inputs[..]).run().assert();
        }
        Check::new(|_, x| x[0].pdist(2.0), &inputs[..1]).second_order().run().assert();
    }
}
