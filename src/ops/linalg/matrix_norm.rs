//! Norms of matrices: by elements, by sums of rows or columns, by singular values.
//! Composites; where several rows or singular values are the largest, they share the derivative evenly.

use crate::ops::prelude::*;

/// Which norm [`Var::matrix_norm`] takes; in parentheses NumPy's name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MatrixNorm {
    /// The root of the sum of all squares ('fro').
    Frobenius,
    /// The sum of the singular values ('nuc').
    Nuclear,
    /// The largest singular value (2).
    Spectral,
    /// The smallest singular value (−2).
    SmallestSingular,
    /// The largest sum of |x| over a column (1).
    LargestColumn,
    /// The smallest sum of |x| over a column (−1).
    SmallestColumn,
    /// The largest sum of |x| over a row (∞).
    LargestRow,
    /// The smallest sum of |x| over a row (−∞).
    SmallestRow,
}

impl<'t, T: Real> Var<'t, T> {
    /// A norm of a matrix, or of each matrix of a batch (the last two axes, which vanish).
    ///
    /// Derivatives through singular values need no distinct ones: that of the nuclear norm is U Vᵀ.
    ///
    /// # Panics
    /// The rank is below 2, or a largest or smallest is asked for of none.
    ///
    /// ```
    /// use wengert::{MatrixNorm, prelude::*};
    /// let tape = Tape::<f64>::default();
    /// let a = tape.var([[3., 0.], [0., -4.]]);
    /// assert_eq!(a.matrix_norm(MatrixNorm::Frobenius).item(), 5.0);
    /// assert_eq!(a.matrix_norm(MatrixNorm::LargestRow).item(), 4.0);
    /// assert_eq!(a.matrix_norm(MatrixNorm::Nuclear).item(), 7.0);
    /// let g = a.matrix_norm(MatrixNorm::Spectral).backward();
    /// assert_eq!(g[a].as_slice().unwrap(), [0., 0., 0., -1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn matrix_norm(self, norm: MatrixNorm) -> Self {
        let a = self.matrices("matrix_norm");
        match norm {
            MatrixNorm::Frobenius => a.vector_norm(2.0, [-2, -1]),
            MatrixNorm::Nuclear => a.svd().1.sum_over(-1),
            MatrixNorm::Spectral => a.svd().1.amax(-1),
            MatrixNorm::SmallestSingular => a.svd().1.amin(-1),
            MatrixNorm::LargestColumn => a.abs().sum_over(-2).amax(-1),
            MatrixNorm::SmallestColumn => a.abs().sum_over(-2).amin(-1),
            MatrixNorm::LargestRow => a.abs().sum_over(-1).amax(-1),
            MatrixNorm::SmallestRow => a.abs().sum_over(-1).amin(-1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::tensor;
    use super::*;
    use crate::check::Check;

    const ALL: [MatrixNorm; 8] = [
        MatrixNorm::Frobenius,
        MatrixNorm::Nuclear,
        MatrixNorm::Spectral,
        MatrixNorm::SmallestSingular,
        MatrixNorm::LargestColumn,
        MatrixNorm::SmallestColumn,
        MatrixNorm::LargestRow,
        MatrixNorm::SmallestRow,
    ];

    #[test]
    fn derivatives() {
        for norm in ALL {
            Check::new(|_, x| x[0].matrix_norm(norm), &[tensor([2, 3, 4], 3)][..]).run().assert();
        }
    }

    #[test]
    fn norms_of_a_diagonal_matrix() {
        let tape = Tape::<f64>::default();
        let a = tape.var([[2.0, 0.0], [0.0, -3.0], [0.0, 0.0]]);
        let expected = [13f64.sqrt(), 5.0, 3.0, 2.0, 3.0, 2.0, 3.0, 0.0];
        for (norm, y) in ALL.into_iter().zip(expected) {
            assert!((a.matrix_norm(norm).item() - y).abs() < 1e-15, "{norm:?}");
        }
    }

    #[test]
    fn the_nuclear_norm_of_zeros_has_a_subgradient() {
        let tape = Tape::<f64>::default();
        let a = tape.zeros([2, 2]);
        let g = crate::adjoint::grad(a.matrix_norm(MatrixNorm::Nuclear), &[a])[0];
        assert_eq!(g.value().as_slice().unwrap(), [1.0, 0.0, 0.0, 1.0]);
    }
}
