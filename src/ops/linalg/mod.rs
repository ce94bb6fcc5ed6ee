//! Products of vectors and matrices, and what is built on them.
//! Batch axes come first and broadcast; the last two axes are the matrix.

pub(super) mod affine;
mod batch;
pub(super) mod chain;
pub(super) mod cholesky;
pub(super) mod cov;
pub(super) mod cross;
pub(super) mod det;
pub(super) mod diagonal;
pub(super) mod distance;
pub(super) mod dot;
pub(super) mod eigh;
pub(super) mod einsum;
pub(super) mod exp;
pub(super) mod inv;
pub(super) mod matmul;
pub(super) mod matrix_norm;
pub(super) mod qr;
pub(super) mod solve;
pub(super) mod svd;
pub(super) mod tensordot;
pub(super) mod triangle;

#[cfg(test)]
mod sample;
