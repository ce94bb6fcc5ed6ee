//! One-hot rows from integers: the bridge from labels to real numbers.
//! Nothing flows back through it, since integers do not move.

use super::positions::{check_known, outside};
use crate::kernels::index;
use crate::ops::prelude::*;

/// y\[…, c\] = 1 where x\[…\] = c, else 0.
#[derive(Clone, Debug)]
pub(crate) struct OneHot {
    classes: usize,
}

impl OneHot {
    fn within(&self) -> String {
        format!("{} classes", self.classes)
    }
}

impl<T: Real> Op<T> for OneHot {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "one_hot"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_known(&x[0], self.classes, || self.within())?;
        let mut dims = Dims::from(x[0].dims);
        dims.push(self.classes);
        Ok(ResultSigs::real(dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        index::one_hot(x[0].int(), self.classes, y[0].real())
            .map_err(|at| outside(&x[0], at, self.classes, &self.within()))
    }

    fn vjp<'t>(&self, _: &Vjp<'t, T>) {}

    fn jvp<'t>(&self, _: &Jvp<'t, T>) {}

    fn attributes(&self) -> Attributes {
        smallvec![("classes", self.classes.into())]
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Expand
    }
}

impl<'t, T: Real> IntVar<'t, T> {
    /// Rows of zeros with a single 1 at each integer's place: y\[…, c\] = 1 where x\[…\] = c; the new axis is the last.
    ///
    /// # Panics
    /// An integer that is known is not below `classes`; a computed one is an error when it runs.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.ints([2, 0]).one_hot(3);
    /// assert_eq!(y.value().as_slice().unwrap(), [0., 0., 1., 1., 0., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn one_hot(self, classes: usize) -> Var<'t, T> {
        self.tape.call(OneHot { classes }, &[self.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::prelude::*;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let of = |classes, dims: &[usize], labels: &[u32]| OpCheck::new(OneHot { classes }).ints(dims, labels);
        vec![of(3, &[4], &[2, 0, 0, 1]), of(1, &[], &[0]), of(2, &[3, 0], &[]), of(5, &[2, 1], &[4, 3])]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn shapes_and_their_edges() {
        let tape = Tape::new();
        assert_eq!(tape.ints(ndarray::arr0(1u32)).one_hot(2).value().as_slice().unwrap(), [0., 1.]);
        assert_eq!(tape.ints(Vec::<u32>::new()).one_hot(4).value().shape(), [0, 4]);
    }

    #[test]
    #[should_panic(
        expected = "one_hot: index 3 at position [1] lies outside 3 classes\n  rule: indices go from 0 to 2"
    )]
    fn a_label_beyond_the_classes_is_refused() {
        let tape = Tape::new();
        let _ = tape.ints([0, 3]).one_hot(3);
    }
}
