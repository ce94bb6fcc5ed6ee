//! Products of vectors: dot, outer, and a matrix with a vector.
//! Composites: an elementwise product with its sum is one pass, and the matrix product has rules of its own.

use crate::ops::prelude::*;

impl<'t, T: Real> Var<'t, T> {
    /// The scalar product of two vectors: Σᵢ xᵢ yᵢ.
    ///
    /// # Panics
    /// An operand is not a vector, or the lengths differ.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, y) = (tape.var([1., 2., 3.]), tape.var([4., 5., 6.]));
    /// assert_eq!(x.dot(y).item(), 32.0);
    /// assert_eq!(x.dot(y).backward()[x].as_slice().unwrap(), [4., 5., 6.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn dot(self, rhs: Var<'t, T>) -> Self {
        let (a, b) = (self.dims(), rhs.dims());
        if a.rank() != 1 || a != b {
            self.refuse("dot", rhs, format!("{a} and {b} have no scalar product"), "both are vectors of one length");
        }
        (self * rhs).sum()
    }

    /// The table of all products of two vectors: yᵢⱼ = aᵢ bⱼ.
    ///
    /// # Panics
    /// An operand is not a vector.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.var([1., 2.]).outer(tape.var([3., 4., 5.]));
    /// assert_eq!(y.dims(), [2, 3]);
    /// assert_eq!(y.value().as_slice().unwrap(), [3., 4., 5., 6., 8., 10.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn outer(self, rhs: Var<'t, T>) -> Self {
        let (a, b) = (self.dims(), rhs.dims());
        if a.rank() != 1 || b.rank() != 1 {
            self.refuse("outer", rhs, format!("{a} and {b} have no outer product"), "both are vectors");
        }
        self.unsqueeze(1) * rhs
    }

    /// A matrix, or each matrix of a batch, with a vector: yᵢ = Σⱼ aᵢⱼ xⱼ.
    ///
    /// # Panics
    /// The left operand has fewer than two axes, the right one is not a vector, or its length is not the last size.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.var([[1., 2.], [3., 4.]]).matvec(tape.var([1., 10.]));
    /// assert_eq!(y.value().as_slice().unwrap(), [21., 43.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn matvec(self, rhs: Var<'t, T>) -> Self {
        let (a, x) = (self.dims(), rhs.dims());
        if a.rank() < 2 || x.rank() != 1 || a.last() != x.last() {
            let rule = "the left one is a matrix, the right one a vector as long as the matrix is wide";
            self.refuse("matvec", rhs, format!("{a} and {x} have no product"), rule);
        }
        self.matmul(rhs.unsqueeze(1)).squeeze(-1)
    }

    #[track_caller]
    fn refuse(self, op: &'static str, rhs: Var<'t, T>, what: String, rule: &str) {
        // Operands of two tapes fail on that first: their line numbers mean nothing to each other.
        if std::ptr::eq(self.tape, rhs.tape) {
            let e = Error::shape(what).rule(rule).fix("reshape or slice an operand; matrices multiply with `matmul`");
            self.tape.blame(e, op, &[self.id, rhs.id]).raise();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn empty_vectors_and_batches() {
        let tape = Tape::new();
        assert_eq!(tape.zeros([0]).dot(tape.zeros([0])).item(), 0.0);
        assert_eq!(tape.zeros([0]).outer(tape.zeros([2])).dims(), [0, 2]);
        assert_eq!(tape.ones([3, 2, 4]).matvec(tape.ones([4])).value()[[2, 1]], 4.0);
    }

    #[test]
    #[should_panic(expected = "dot: [2] and [3] have no scalar product")]
    fn lengths_agree() {
        let tape = Tape::new();
        let _ = tape.zeros([2]).dot(tape.zeros([3]));
    }

    #[test]
    #[should_panic(expected = "operand 1 stands on another tape")]
    fn vectors_of_two_tapes_do_not_meet() {
        let (a, b) = (Tape::new(), Tape::new());
        let _ = a.zeros([2]).dot(b.zeros([2]));
    }
}
