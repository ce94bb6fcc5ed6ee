//! The two handles to lines of a tape: `Var` for real lines, `IntVar` for integer ones.
//! Both are a tape reference and a line number, so they are copied freely and expressions read as mathematics.

use std::fmt;

use super::data::Kind;
use super::record::Tape;
use crate::error::Error;
use crate::real::Real;
use crate::shape::{Axes, Dims, resolve_axis};

/// A real line of a tape: a value that can be differentiated.
///
/// `Copy`; operators and methods append a line and return its handle. Nothing is computed until a value is asked for.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let (w, b) = (tape.var(2.0), tape.var(0.5));
/// let y = (3.0 * w + b).tanh();
/// assert_eq!(tape.len(), 5);             // two leaves, scale, add, tanh
/// assert!((y.item() - 6.5f32.tanh()).abs() < 1e-6);
/// ```
pub struct Var<'t, T: Real = f32> {
    pub(crate) tape: &'t Tape<T>,
    pub(crate) id: u32,
}

/// An integer line of a tape: labels, positions, argmax indices, masks. It has no derivative.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let labels = tape.ints([2, 0, 1]);
/// assert_eq!((labels.dims().count(), labels.id()), (3, 0));
/// ```
pub struct IntVar<'t, T: Real = f32> {
    pub(crate) tape: &'t Tape<T>,
    pub(crate) id: u32,
}

macro_rules! handle {
    ($name:ident, $kind:expr, $other:literal) => {
        impl<T: Real> Clone for $name<'_, T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T: Real> Copy for $name<'_, T> {}

        impl<T: Real> fmt::Debug for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "%{}: {}", self.id, self.tape.signature(self.id))
            }
        }

        impl<'t, T: Real> $name<'t, T> {
            pub(crate) fn new(tape: &'t Tape<T>, id: u32) -> Self {
                debug_assert_eq!(tape.kind_of(id), $kind);
                $name { tape, id }
            }

            #[track_caller]
            pub(super) fn from_result(tape: &'t Tape<T>, id: u32) -> Self {
                if tape.kind_of(id) != $kind {
                    Error::kind(concat!("the result asked for is ", $other)).about(tape.op_name(id)).raise();
                }
                $name { tape, id }
            }

            /// The line number.
            pub fn id(self) -> u32 {
                self.id
            }

            /// The tape that the line stands on.
            pub fn tape(self) -> &'t Tape<T> {
                self.tape
            }

            /// The sizes of the axes.
            pub fn dims(self) -> Dims {
                self.tape.dims_of(self.id)
            }

            /// The number of axes.
            pub fn rank(self) -> usize {
                self.tape.rank_of(self.id)
            }

            /// The number of elements.
            pub fn count(self) -> usize {
                self.tape.graph.borrow().count(self.id)
            }

            /// Gives the line a name for listings, errors and drawings; names of leaves also key a program's inputs.
            #[must_use]
            pub fn named(self, name: impl Into<String>) -> Self {
                self.tape.set_name(self.id, name.into().into());
                self
            }

            #[track_caller]
            pub(crate) fn axis(self, op: &'static str, axis: isize) -> usize {
                let dims = self.dims();
                match resolve_axis(axis, &dims) {
                    Ok(k) => k,
                    Err(e) => self.tape.blame(e, op, &[self.id]).raise(),
                }
            }

            #[track_caller]
            pub(crate) fn axes(self, op: &'static str, axes: &Axes) -> smallvec::SmallVec<[usize; 4]> {
                let dims = self.dims();
                match axes.resolve(&dims) {
                    Ok(list) => list,
                    Err(e) => self.tape.blame(e, op, &[self.id]).raise(),
                }
            }
        }
    };
}

impl<T: Real> Var<'_, T> {
    /// Whether the other line stands on the same tape and has this one's shape.
    pub(crate) fn shaped_as(self, other: Self) -> bool {
        std::ptr::eq(self.tape, other.tape) && self.tape.graph.borrow().same_shape(self.id, other.id)
    }
}

handle!(Var, Kind::Real, "an integer one: ask for it with `int`");
handle!(IntVar, Kind::Int, "a real one: ask for it with `real`");
