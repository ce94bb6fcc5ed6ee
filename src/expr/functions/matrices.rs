//! Products of matrices and tensors, and linear algebra.
//! `a @ b` is [`matmul`](Var::matmul), with vectors as in NumPy.

use super::prelude::*;
use crate::ops::{self, Covariance, MatrixNorm, Triangular};

family! { MATRICES "matrices";
    /// The matrix product over the last two axes.
    matmul(a: Var<'_, T>, b: Var<'_, T>) {
        match (a.rank(), b.rank()) {
            (1, 1) => a.dot(b),
            (1, _) => a.unsqueeze(0).matmul(b).squeeze(-2),
            (_, 1) => a.matmul(b.unsqueeze(1)).squeeze(-1),
            _ => a.matmul(b),
        }
    }
    /// a @ bᵀ, read through strides.
    matmul_transposed(a: Var<'_, T>, b: Var<'_, T>) { a.matmul_transposed(b) }
    /// Σ aᵢ bᵢ of two vectors.
    dot(a: Var<'_, T>, b: Var<'_, T>) { a.dot(b) }
    /// All products of an element of a and one of b.
    outer(a: Var<'_, T>, b: Var<'_, T>) { a.outer(b) }
    /// A matrix times a vector.
    matvec(a: Var<'_, T>, x: Var<'_, T>) { a.matvec(x) }
    /// The sum of products over the letters that the result has not: einsum("ij,jk->ik", [a, b]).
    einsum(text: String, operands: Lines<'_, T>) { ops::einsum(&text, &operands) }
    /// The product of several matrices in the cheapest order.
    multi_dot(operands: Lines<'_, T>) { ops::multi_dot(&operands) }
    /// The sum of products over the last n axes of a and the first n of b.
    tensordot(a: Var<'_, T>, b: Var<'_, T>, axes: usize = 2) { a.tensordot(b, axes) }
    /// Σ a b over the last axes of both.
    inner(a: Var<'_, T>, b: Var<'_, T>) { a.inner(b) }
    /// The Kronecker product.
    kron(a: Var<'_, T>, b: Var<'_, T>) { a.kron(b) }
    /// Σ a b along an axis.
    vecdot(a: Var<'_, T>, b: Var<'_, T>, axis: isize = -1) { a.vecdot(b, axis) }
    /// The cross product along an axis of size 3.
    cross(a: Var<'_, T>, b: Var<'_, T>, axis: isize = -1) { a.cross(b, axis) }
    /// x @ weightsᵀ + bias.
    linear(x: Var<'_, T>, weights: Var<'_, T>, bias: Option<Var<'_, T>> = none) { x.linear(weights, bias) }
    /// x W y + bias, a matrix W for each result.
    bilinear(x: Var<'_, T>, y: Var<'_, T>, weights: Var<'_, T>, bias: Option<Var<'_, T>> = none) {
        x.bilinear(y, weights, bias)
    }
    /// beta·x + alpha·(a @ b).
    addmm(x: Var<'_, T>, a: Var<'_, T>, b: Var<'_, T>, beta: f64 = 1.0, alpha: f64 = 1.0) { x.addmm(a, b, beta, alpha) }
    /// beta·y + alpha·(a @ x) with a vector x.
    addmv(y: Var<'_, T>, a: Var<'_, T>, x: Var<'_, T>, beta: f64 = 1.0, alpha: f64 = 1.0) { y.addmv(a, x, beta, alpha) }
    /// beta·m + alpha·(x yᵀ).
    addr(m: Var<'_, T>, x: Var<'_, T>, y: Var<'_, T>, beta: f64 = 1.0, alpha: f64 = 1.0) { m.addr(x, y, beta, alpha) }
    /// beta·x + alpha·(a @ b) for each matrix of a batch.
    baddbmm(x: Var<'_, T>, a: Var<'_, T>, b: Var<'_, T>, beta: f64 = 1.0, alpha: f64 = 1.0) {
        x.baddbmm(a, b, beta, alpha)
    }
    /// beta·x + alpha·Σ(a @ b) over the matrices of a batch.
    addbmm(x: Var<'_, T>, a: Var<'_, T>, b: Var<'_, T>, beta: f64 = 1.0, alpha: f64 = 1.0) {
        x.addbmm(a, b, beta, alpha)
    }
    /// The inverse.
    inv(a: Var<'_, T>) { a.inv() }
    /// The n-th power of a matrix.
    matrix_power(a: Var<'_, T>, n: i32) { a.matrix_power(n) }
    /// The exponential of a matrix.
    matrix_exp(a: Var<'_, T>) { a.matrix_exp() }
    /// The determinant.
    det(a: Var<'_, T>) { a.det() }
    /// Sign and logarithm of the determinant.
    slogdet(a: Var<'_, T>) { a.slogdet() }
    /// x with a x = b.
    solve(a: Var<'_, T>, b: Var<'_, T>) { a.solve(b) }
    /// x with aᵀ x = b.
    solve_transposed(a: Var<'_, T>, b: Var<'_, T>) { a.solve_transposed(b) }
    /// x with a x = b, reading one triangle of a only.
    solve_triangular(a: Var<'_, T>, b: Var<'_, T>, upper: bool = false, unit_diagonal: bool = false, transposed: bool = false) {
        a.solve_triangular(b, if upper { Triangular::upper() } else { Triangular::lower() }.when(unit_diagonal, |o| o.unit_diagonal()).when(transposed, |o| o.transposed()))
    }
    /// L with L Lᵀ = a.
    cholesky(a: Var<'_, T>) { a.cholesky() }
    /// x with (L Lᵀ) x = b, from the Cholesky factor L.
    cholesky_solve(factor: Var<'_, T>, b: Var<'_, T>) { factor.cholesky_solve(b) }
    /// Q and R with Q R = a.
    qr(a: Var<'_, T>) { a.qr() }
    /// Eigenvalues and eigenvectors of a symmetric matrix.
    eigh(a: Var<'_, T>) { a.eigh() }
    /// U, the singular values, and Vᵀ.
    svd(a: Var<'_, T>) { a.svd() }
    /// The pseudoinverse.
    pinv(a: Var<'_, T>, rcond: Option<f64> = none) { a.pinv(rcond) }
    /// A norm of matrices: "fro", "nuc", "2", "-2", "1", "-1", "inf", "-inf".
    matrix_norm(a: Var<'_, T>, norm: MatrixNorm = "fro") { a.matrix_norm(norm) }
    /// A diagonal of two axes.
    diagonal(x: Var<'_, T>, offset: isize = 0, first: isize = -2, second: isize = -1) { x.diagonal(offset, [first, second]) }
    /// Matrices with the last axis on a diagonal.
    diag_embed(x: Var<'_, T>, offset: isize = 0, first: isize = -2, second: isize = -1) {
        x.diag_embed(offset, [first, second])
    }
    /// The matrix with a vector on its diagonal, or the diagonal of a matrix.
    diag(x: Var<'_, T>, offset: isize = 0) { x.diag(offset) }
    /// The sum of the diagonal.
    trace(x: Var<'_, T>) { x.trace() }
    /// The lower triangle, zeros above.
    tril(x: Var<'_, T>, diagonal: isize = 0) { x.tril(diagonal) }
    /// The upper triangle, zeros below.
    triu(x: Var<'_, T>, diagonal: isize = 0) { x.triu(diagonal) }
    /// Powers of a vector as columns.
    vander(x: Var<'_, T>, columns: usize) { x.vander(columns) }
    /// The covariance of rows.
    cov(x: Var<'_, T>, correction: f64 = 1.0, frequencies: Option<IntVar<'_, T>> = none, weights: Option<Var<'_, T>> = none) {
        x.cov(Covariance::new().set(correction, |o, c| o.correction(c)).option(frequencies, |o, f| o.frequencies(f)).option(weights, |o, w| o.weights(w)))
    }
    /// The correlation of rows.
    corrcoef(x: Var<'_, T>) { x.corrcoef() }
    /// The p-norm of the difference.
    dist(x: Var<'_, T>, y: Var<'_, T>, p: f64 = 2.0) { x.dist(y, p) }
    /// All p-distances between rows of x and rows of y.
    cdist(x: Var<'_, T>, y: Var<'_, T>, p: f64 = 2.0) { x.cdist(y, p) }
    /// All p-distances between rows.
    pdist(x: Var<'_, T>, p: f64 = 2.0) { x.pdist(p) }
}
