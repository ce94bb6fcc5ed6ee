//! Systems of linear equations: A X = B with a general or a triangular matrix, for batches that broadcast.
//! B̄ = A⁻ᵀ X̄ and Ā = −B̄ Xᵀ (Giles, 2008), which are systems and products again.

use std::cell::LazyCell;
use std::hash::Hasher;

use super::batch::{lead, singular, square};
use super::det::cubic;
use super::matmul::{offset, product};
use crate::kernels::dense::lu::Lu;
use crate::kernels::dense::triangular;
use crate::kernels::gemm::Mat;
use crate::ops::prelude::*;

/// X with op(A) X = B, where op transposes or not.
#[derive(Clone, Debug)]
pub(crate) struct Solve {
    transpose: bool,
}

/// As [`Solve`], where only a triangle of A counts.
#[derive(Clone, Debug)]
pub(crate) struct SolveTriangular {
    of: Triangular,
}

/// Which triangle of a matrix [`Var::solve_triangular`] reads, and how.
///
/// ```
/// use wengert::{Triangular, prelude::*};
/// let tape = Tape::new();
/// let (a, b) = (tape.var([[2., 9.], [4., 1.]]), tape.var([2., 5.]));
/// assert_eq!(a.solve_triangular(b, Triangular::lower()).value().as_slice().unwrap(), [1., 1.]);
/// assert_eq!(a.solve_triangular(b, Triangular::lower().unit_diagonal()).value().as_slice().unwrap(), [2., -3.]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Triangular {
    upper: bool,
    unit: bool,
    transpose: bool,
}

impl Triangular {
    /// The lower triangle with the diagonal; what stands above it is not read.
    #[must_use]
    pub fn lower() -> Self {
        Triangular { upper: false, unit: false, transpose: false }
    }

    /// The upper triangle with the diagonal; what stands below it is not read.
    #[must_use]
    pub fn upper() -> Self {
        Triangular { upper: true, unit: false, transpose: false }
    }

    /// Takes the diagonal as 1 without reading it.
    #[must_use]
    pub fn unit_diagonal(mut self) -> Self {
        self.unit = true;
        self
    }

    /// Solves with the transposed triangle: Lᵀ X = B.
    #[must_use]
    pub fn transposed(mut self) -> Self {
        self.transpose = !self.transpose;
        self
    }

    /// The elements that count.
    #[track_caller]
    fn cut<T: Real>(self, x: Var<'_, T>) -> Var<'_, T> {
        let beside = isize::from(self.unit);
        if self.upper { x.triu(beside) } else { x.tril(-beside) }
    }
}

/// The shape of X.
fn result(x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
    let n = square(&x[0])?;
    let fits = matches!(x[1].dims, [.., rows, _] if *rows == n);
    if !fits {
        return Err(Error::shape(format!("a matrix of {} and a right-hand side of {}", x[0], x[1]))
            .rule(format!("the right-hand side has as many rows as the matrix, {n}"))
            .fix("transpose it; a vector for each matrix of a batch is `unsqueeze`d to a column"));
    }
    let Some(mut d) = broadcast_dims(lead(x[0].dims), lead(x[1].dims)) else {
        return Err(Error::shape(format!("matrices of {} and right-hand sides of {}", x[0], x[1]))
            .rule("leading axes are equal, or one of them is 1, aligned from the right")
            .fix("unsqueeze or reshape the batch axes"));
    };
    x[1].dims[x[1].dims.len() - 2..].iter().for_each(|&size| d.push(size));
    Ok(ResultSigs::real(d))
}

/// Walks over a batch: `f(matrix, its number, x)` turns the right-hand side in `x` into the solution.
fn each<T: Real>(
    x: &[Arg<'_, T>],
    y: &mut [Out<'_, T>],
    mut f: impl FnMut(&[T], usize, &mut [T]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (da, db, dy) = (x[0].dims(), x[1].dims(), y[0].dims());
    let (n, cols) = (dy[dy.len() - 2], dy[dy.len() - 1]);
    let (size, size_b) = (n * n, n * cols);
    let batch: usize = lead(dy).iter().product();
    for (k, out) in y[0].real().chunks_mut(size_b.max(1)).enumerate().take(batch) {
        let (i, j) = (offset(k, lead(dy), lead(da)), offset(k, lead(dy), lead(db)));
        out.copy_from_slice(&x[1].real()[j * size_b..(j + 1) * size_b]);
        f(&x[0].real()[i * size..(i + 1) * size], i, out)?;
    }
    Ok(())
}

impl<T: Real> Op<T> for Solve {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "solve"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        result(x)
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (dims, cols) = (x[0].dims(), y[0].dims()[y[0].dims().len() - 1]);
        let n = dims[dims.len() - 1];
        let mut factors: Option<(usize, Lu<T>)> = None;
        each(x, y, |a, number, b| {
            let lu = match factors.take() {
                Some((of, lu)) if of == number => lu,
                _ => Lu::new(a, n),
            };
            if let Some(pivot) = lu.zero_pivot() {
                return Err(singular(dims, number, pivot));
            }
            lu.solve(b, cols, self.transpose);
            factors = Some((number, lu));
            Ok(())
        })
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        let b = LazyCell::new(|| solve(r.x(0), r.g(), !self.transpose));
        r.give(0, || of_matrix(self.transpose, *b, r.y()).sum_to(&r.dims(0)));
        r.give(1, || b.sum_to(&r.dims(1)));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |da| -solve(r.x(0), product(self.transpose, da, false, r.y()), self.transpose));
        r.term(1, |db| solve(r.x(0), db, self.transpose).fit(&r.result_dims(0)));
    }

    fn attributes(&self) -> Attributes {
        self.transpose.then_some(("transpose", true.into())).into_iter().collect()
    }

    fn fingerprint(&self, h: &mut dyn Hasher) {
        h.write(b"solve");
        h.write_u8(u8::from(self.transpose));
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::These(0b01), results: Which::All }
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        cubic(x)
    }
}

impl<T: Real> Op<T> for SolveTriangular {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "solve_triangular"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        result(x)
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (dims, cols) = (x[0].dims(), y[0].dims()[y[0].dims().len() - 1]);
        let n = dims[dims.len() - 1];
        let Triangular { upper, unit, transpose } = self.of;
        each(x, y, |a, number, b| {
            if let Some(pivot) = triangular::zero_pivot(a, n).filter(|_| !unit) {
                return Err(singular(dims, number, pivot));
            }
            let a = Mat::new(a, n, n);
            let shape = triangular::Shape { upper: upper != transpose, unit };
            triangular::solve(if transpose { a.t() } else { a }, shape, b, cols);
            Ok(())
        })
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        let b = LazyCell::new(|| solve_triangular(r.x(0), r.g(), self.of.transposed()));
        r.give(0, || self.of.cut(of_matrix(self.of.transpose, *b, r.y())).sum_to(&r.dims(0)));
        r.give(1, || b.sum_to(&r.dims(1)));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |da| {
            let moved = product(self.of.transpose, self.of.cut(da), false, r.y());
            -solve_triangular(r.x(0), moved, self.of)
        });
        r.term(1, |db| solve_triangular(r.x(0), db, self.of).fit(&r.result_dims(0)));
    }

    fn attributes(&self) -> Attributes {
        let Triangular { upper, unit, transpose } = self.of;
        let flags = [("upper", upper), ("unit", unit), ("transpose", transpose)];
        flags.into_iter().filter(|f| f.1).map(|(name, _)| (name, true.into())).collect()
    }

    fn fingerprint(&self, h: &mut dyn Hasher) {
        h.write(b"solve_triangular");
        h.write(&[self.of.upper, self.of.unit, self.of.transpose].map(u8::from));
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::These(0b01), results: Which::All }
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        Cost { flops: x[1].count() as f64 * x[0].dims.last().copied().unwrap_or(1) as f64, cheap: false }
    }
}

/// −B̄ Xᵀ, or its transpose where the system is A's transpose: the cotangent of A.
#[track_caller]
fn of_matrix<'t, T: Real>(transpose: bool, b: Var<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
    -if transpose { product(false, x, true, b) } else { product(false, b, true, x) }
}

#[track_caller]
fn solve<'t, T: Real>(a: Var<'t, T>, b: Var<'t, T>, transpose: bool) -> Var<'t, T> {
    a.tape.call(Solve { transpose }, &[a.into(), b.into()]).real(0)
}

/// As [`Var::solve_triangular`], for matrices on the right.
#[track_caller]
pub(super) fn solve_triangular<'t, T: Real>(a: Var<'t, T>, b: Var<'t, T>, of: Triangular) -> Var<'t, T> {
    a.tape.call(SolveTriangular { of }, &[a.into(), b.into()]).real(0)
}

/// The solution for a right-hand side, of which a vector stands for one column.
#[track_caller]
fn with_column<'t, T: Real>(b: Var<'t, T>, solve: impl FnOnce(Var<'t, T>) -> Var<'t, T>) -> Var<'t, T> {
    b.tape.on_behalf(|| if b.rank() == 1 { solve(b.unsqueeze(1)).squeeze(-1) } else { solve(b) })
}

impl<'t, T: Real> Var<'t, T> {
    /// The solution X of A X = B; leading axes broadcast. A vector b is one column, and the solution is a vector.
    ///
    /// # Panics
    /// The matrix is not square, or the right-hand side does not fit. A singular matrix is a fault when the value is asked
    /// for.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([[2., 1.], [0., 4.]]), tape.var([4., 8.]));
    /// let x = a.solve(b);
    /// assert_eq!(x.value().as_slice().unwrap(), [1., 2.]);
    /// assert_eq!(x.sum().backward()[b].as_slice().unwrap(), [0.5, 0.125]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn solve(self, b: Var<'t, T>) -> Self {
        with_column(b, |b| solve(self, b, false))
    }

    /// The solution X of Aᵀ X = B, without moving an element of A; see [`solve`](Var::solve).
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([[2., 1.], [0., 4.]]), tape.var([4., 10.]));
    /// assert_eq!(a.solve_transposed(b).value().as_slice().unwrap(), [2., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn solve_transposed(self, b: Var<'t, T>) -> Self {
        with_column(b, |b| solve(self, b, true))
    }

    /// The solution X of A X = B, of which only a triangle of A counts; see [`Triangular`] and [`solve`](Var::solve).
    ///
    /// # Panics
    /// The matrix is not square, or the right-hand side does not fit. A 0 on the diagonal is a fault when the value is asked
    /// for.
    ///
    /// ```
    /// use wengert::{Triangular, prelude::*};
    /// let tape = Tape::new();
    /// let (r, b) = (tape.var([[2., 1.], [0., 4.]]), tape.var([4., 8.]));
    /// assert_eq!(r.solve_triangular(b, Triangular::upper()).value().as_slice().unwrap(), [1., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn solve_triangular(self, b: Var<'t, T>, of: Triangular) -> Self {
        with_column(b, |b| solve_triangular(self, b, of))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::sample::{regular, tensor};
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let mut list = Vec::new();
        let shapes: [(&[usize], &[usize]); 6] = [
            (&[2, 2], &[2, 2]),
            (&[3, 3], &[3, 2]),
            (&[2, 2, 2], &[2, 1]),
            (&[2, 2], &[3, 2, 1]),
            (&[2, 1, 2, 2], &[3, 2, 2]),
            (&[0, 0], &[0, 2]),
        ];
        for (a, b) in shapes {
            for transpose in [false, true] {
                list.push(OpCheck::new(Solve { transpose }).real_at(a, &regular(a, 1)).real(b));
                for (upper, unit) in [(false, false), (true, false), (true, true)] {
                    let of = Triangular { upper, unit, transpose };
                    list.push(OpCheck::new(SolveTriangular { of }).real_in(a, 0.5, 2.0).real(b));
                }
            }
        }
        list
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn batches_broadcast_and_vectors_are_columns() {
        let tape = Tape::<f64>::default();
        let (a, b) = (tape.var(tensor([2, 1, 3, 3], 1)), tape.var(tensor([4, 3, 2], 2)));
        let x = a.solve(b);
        assert_eq!(x.dims(), [2, 4, 3, 2]);
        assert!((a.matmul(x) - b).abs().amax(..).item() < 1e-13);
        let v = tape.var([1.0, 2.0, 3.0]);
        assert_eq!(a.solve(v).dims(), [2, 1, 3]);
        assert!(
            (a.transpose(-1, -2).matmul(a.solve_transposed(v).unsqueeze(-1)).squeeze(-1) - v).abs().amax(..).item()
                < 1e-13
        );
        let l = a.tril(0);
        let y = a.solve_triangular(b, Triangular::lower().transposed());
        assert!((l.transpose(-1, -2).matmul(y) - b).abs().amax(..).item() < 1e-12);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_what_is_singular_is_named() {
        let tape = Tape::<f64>::default();
        let a = tape.ones([2, 2]);
        let e = a.solve(tape.ones([2, 1])).try_value().unwrap_err();
        assert!(e.to_string().contains("solve: the matrix is singular: pivot 1 is 0"), "{e}");
        let e = a.tril(-1).solve_triangular(tape.ones([2]), Triangular::lower()).try_value().unwrap_err();
        assert!(e.to_string().contains("solve_triangular: the matrix is singular: pivot 0 is 0"), "{e}");
        let e = tape.apply(Solve { transpose: false }, &[a.into(), tape.ones([3, 1]).into()]).unwrap_err();
        assert!(e.is_shape() && e.to_string().contains("as many rows as the matrix, 2"), "{e}");
        let e = tape.apply(Solve { transpose: false }, &[tape.ones([2, 2, 2]).into(), tape.ones([3, 2, 1]).into()]);
        assert!(e.unwrap_err().is_shape());
    }
}
