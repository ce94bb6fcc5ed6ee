//! What operations on each matrix of a batch share: checks of shapes, walks over matrices, and the words of their faults.
//! The last two axes are the matrix, all others the batch.

use crate::ops::prelude::*;

/// Rows and columns.
pub(super) fn matrix(x: &Sig<'_>) -> Result<[usize; 2], Error> {
    let [.., m, n] = *x.dims else {
        return Err(Error::shape(format!("shape {x} has no rows and columns"))
            .rule(format!("the last two axes are a matrix; the rank is {}", x.rank()))
            .fix("reshape to rank 2 or more"));
    };
    Ok([m, n])
}

/// The rows of a square matrix.
pub(super) fn square(x: &Sig<'_>) -> Result<usize, Error> {
    let [m, n] = matrix(x)?;
    if m != n {
        return Err(Error::shape(format!("shape {x} holds matrices with {m} rows and {n} columns"))
            .rule("the matrix is square: its last two sizes are equal")
            .fix("slice it, or use `pinv` or `svd`, which take any matrix"));
    }
    Ok(n)
}

/// The axes of the batch.
pub(super) fn lead(dims: &[usize]) -> &[usize] {
    &dims[..dims.len() - 2]
}

/// The shape with other rows and columns.
pub(super) fn sized(dims: &[usize], m: usize, n: usize) -> Dims {
    lead(dims).iter().copied().chain([m, n]).collect()
}

/// The number of matrices.
pub(super) fn count(dims: &[usize]) -> usize {
    lead(dims).iter().product()
}

/// Matrix number k of a batch in words.
pub(super) fn which(dims: &[usize], k: usize) -> String {
    if dims.len() == 2 { "the matrix".into() } else { format!("matrix {k} of the batch") }
}

/// What a solver says of a pivot that is 0.
pub(super) fn singular(dims: &[usize], k: usize, pivot: usize) -> Fault {
    Fault::domain(format!("{} is singular: pivot {pivot} is 0", which(dims, k)))
        .rule("a matrix with an inverse has no pivot that is 0")
        .fix("add a small multiple of the identity, or use `pinv`")
}
