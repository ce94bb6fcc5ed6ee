//! Products of vectors and matrices, and what is built on them.
//! Batch axes come first and broadcast; the last two axes are the matrix.

pub(super) mod dot;
pub(super) mod matmul;
