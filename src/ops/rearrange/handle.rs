//! What the two kinds of handles share, for operations that take a list of either kind.
//! Users meet it only in the signatures of `concat` and `stack`.

use crate::ops::prelude::*;
use crate::tape::{Operand, Results};

mod sealed {
    pub trait Sealed {}
    impl<T: super::Real> Sealed for super::Var<'_, T> {}
    impl<T: super::Real> Sealed for super::IntVar<'_, T> {}
}

/// A handle of either kind, where an operation takes several of the same kind: [`Var`] or [`IntVar`].
///
/// The trait is sealed.
pub trait Handle<'t, T: Real>: sealed::Sealed + Copy + Into<Operand<'t, T>> {
    #[doc(hidden)]
    fn of_result(results: Results<'t, T>, k: usize) -> Self;
    #[doc(hidden)]
    fn reshaped(self, dims: Dims) -> Self;
    #[doc(hidden)]
    fn line(self) -> (&'t Tape<T>, u32);
}

macro_rules! handle {
    ($handle:ident, $result:ident) => {
        impl<'t, T: Real> Handle<'t, T> for $handle<'t, T> {
            #[track_caller]
            fn of_result(results: Results<'t, T>, k: usize) -> Self {
                results.$result(k)
            }

            #[track_caller]
            fn reshaped(self, dims: Dims) -> Self {
                self.reshape(dims)
            }

            fn line(self) -> (&'t Tape<T>, u32) {
                (self.tape, self.id)
            }
        }
    };
}

handle!(Var, real);
handle!(IntVar, int);
