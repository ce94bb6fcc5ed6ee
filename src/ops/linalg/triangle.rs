//! The lower and the upper triangle of matrices: elements on the other side of a diagonal become 0, NaN too.
//! Each is its own adjoint.

use crate::ops::prelude::*;

/// Keeps what lies on or below (above, where `upper`) a diagonal.
#[derive(Clone, Debug)]
pub(crate) struct Triangle {
    upper: bool,
    diagonal: isize,
}

impl<T: Real> Op<T> for Triangle {
    same_in_f64!();

    fn name(&self) -> &'static str {
        if self.upper { "triu" } else { "tril" }
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        if x[0].rank() < 2 {
            return Err(Error::shape(format!("shape {} has no rows and columns", x[0]))
                .rule(format!("the last two axes are a matrix; the rank is {}", x[0].rank()))
                .fix("reshape to rank 2 or more"));
        }
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let [.., rows, cols] = *x[0].dims() else { unreachable!("a matrix") };
        if rows * cols == 0 {
            return Ok(());
        }
        let lines = x[0].real().chunks_exact(cols).zip(y[0].real().chunks_exact_mut(cols));
        for (k, (x, y)) in lines.enumerate() {
            // Elements before `split` lie on or below the diagonal: one more of them for the lower triangle.
            let split = ((k % rows) as isize).saturating_add(self.diagonal).saturating_add(isize::from(!self.upper));
            let split = split.clamp(0, cols as isize) as usize;
            let (kept, gone) = if self.upper { (split..cols, 0..split) } else { (0..split, split..cols) };
            y[kept.clone()].copy_from_slice(&x[kept]);
            y[gone].fill(T::zero());
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().triangle(self.clone()));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.triangle(self.clone()));
    }

    fn attributes(&self) -> Attributes {
        smallvec![("diagonal", AttrValue::Int(self.diagonal as i64))]
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<T: Real> Var<'_, T> {
    /// The lower triangle of each matrix: zeros above a diagonal, which counts from the main one, upwards.
    ///
    /// # Panics
    /// The rank is below 2.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [3., 4.]]);
    /// assert_eq!(x.tril(0).value().as_slice().unwrap(), [1., 0., 3., 4.]);
    /// assert_eq!(x.tril(-1).sum().backward()[x].as_slice().unwrap(), [0., 0., 1., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn tril(self, diagonal: isize) -> Self {
        self.triangle(Triangle { upper: false, diagonal })
    }

    /// The upper triangle of each matrix: zeros below a diagonal, which counts from the main one, upwards.
    ///
    /// # Panics
    /// The rank is below 2.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [3., 4.]]);
    /// assert_eq!(x.triu(0).value().as_slice().unwrap(), [1., 2., 0., 4.]);
    /// assert_eq!(x.triu(1).value().as_slice().unwrap(), [0., 2., 0., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn triu(self, diagonal: isize) -> Self {
        self.triangle(Triangle { upper: true, diagonal })
    }

    #[track_caller]
    fn triangle(self, op: Triangle) -> Self {
        if self.as_fill().is_some_and(|c| c == T::zero()) {
            return self;
        }
        self.tape.call(op, &[self.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let shapes =
            [(0, Dims::from([3, 3])), (1, Dims::from([2, 3, 5])), (-2, Dims::from([5, 3])), (0, Dims::from([0, 3]))];
        let both = shapes.iter().flat_map(|(diagonal, dims)| {
            [false, true].map(|upper| OpCheck::new(Triangle { upper, diagonal: *diagonal }).real(dims))
        });
        both.collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn the_two_triangles_share_the_diagonal_and_drop_nan() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[1.0, f64::NAN, 3.0], [4.0, 5.0, 6.0]]);
        assert_eq!(x.tril(0).value().as_slice().unwrap(), [1.0, 0.0, 0.0, 4.0, 5.0, 0.0]);
        assert_eq!(x.triu(2).value().as_slice().unwrap(), [0.0, 0.0, 3.0, 0.0, 0.0, 0.0]);
        let y = tape.var([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        assert_eq!((y.tril(-1) + y.triu(0)).value(), y.value());
        assert_eq!(y.tril(isize::MAX).value(), y.value());
        assert_eq!(y.triu(isize::MAX).sum().item(), 0.0);
        assert_eq!(y.triu(isize::MIN).value(), y.value());
    }

    #[test]
    #[should_panic(expected = "tril: shape [3] has no rows and columns")]
    fn a_vector_has_no_triangle() {
        let tape = Tape::new();
        let _ = tape.zeros([3]).tril(0);
    }
}
