//! The same elements in reverse order along some axes.
//! A flip is its own adjoint and its own inverse.

use crate::kernels::strided;
use crate::ops::prelude::*;
use crate::ops::reduce::lines::check_axes;
use crate::shape::strides;

/// The operand read backwards along the given axes (sorted).
#[derive(Clone, Debug)]
pub(crate) struct Flip {
    axes: SmallVec<[usize; 4]>,
}

impl<T: Real> Op<T> for Flip {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "flip"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_axes(&x[0], &self.axes)?;
        Ok(ResultSigs::of(x[0].kind, x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let dims = x[0].dims();
        let mut steps: SmallVec<[isize; 4]> = strides(dims).iter().map(|&s| s as isize).collect();
        let mut from = 0;
        for &a in &self.axes {
            from += dims[a].saturating_sub(1) * steps[a] as usize;
            steps[a] = -steps[a];
        }
        match y[0].try_real() {
            Some(y) => strided::copy(dims, x[0].real(), from, &steps, y),
            None => strided::copy(dims, x[0].int(), from, &steps, y[0].int()),
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().flipped(self.axes.clone()));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.flipped(self.axes.clone()));
    }

    fn attributes(&self) -> Attributes {
        smallvec![("axes", (&self.axes[..]).into())]
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Permute
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The elements in reverse order along some axes; see [`Axes`].
    ///
    /// # Panics
    /// An axis does not exist or is named twice.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2., 3.], [4., 5., 6.]]);
    /// assert_eq!(x.flip(1).value().as_slice().unwrap(), [3., 2., 1., 6., 5., 4.]);
    /// assert_eq!(x.flip(..).value().as_slice().unwrap(), [6., 5., 4., 3., 2., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn flip(self, axes: impl Into<Axes>) -> Self {
        let axes = self.axes("flip", &axes.into());
        self.flipped(axes)
    }

    #[track_caller]
    fn flipped(self, axes: SmallVec<[usize; 4]>) -> Self {
        if self.tape.in_rule() && (axes.is_empty() || self.as_fill().is_some()) {
            return self;
        }
        self.tape.call(Flip { axes }, &[self.into()]).real(0)
    }
}

impl<T: Real> IntVar<'_, T> {
    /// As [`Var::flip`].
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    #[must_use]
    pub fn flip(self, axes: impl Into<Axes>) -> Self {
        let axes = self.axes("flip", &axes.into());
        self.tape.call(Flip { axes }, &[self.into()]).int(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let cases = [(&[1][..], &[2, 3, 4][..]), (&[0, 2], &[2, 3, 4]), (&[0], &[0, 2]), (&[], &[]), (&[1], &[5, 1])];
        cases.map(|(axes, dims)| OpCheck::new(Flip { axes: axes.into() }).real(dims)).into()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn integers_move_like_numbers() {
        let tape = Tape::new();
        let x = tape.ints(ndarray::array![[1, 2, 3], [4, 5, 6]]);
        assert_eq!(x.flip(-1).value().as_slice().unwrap(), [3, 2, 1, 6, 5, 4]);
    }
}
