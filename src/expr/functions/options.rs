//! How a row sets options: only where the call gives them.
//! Rust that is written for a call follows these methods by their names and leaves out what is not set.

use crate::error::Error;
use crate::real::Real;
use crate::tape::{IntVar, Var};

/// Options that are set one by one.
pub(super) trait Options: Sized {
    /// Sets what a flag asks for.
    fn when(self, flag: bool, set: impl FnOnce(Self) -> Self) -> Self {
        if flag { set(self) } else { self }
    }

    /// Sets what may be left open.
    fn option<V>(self, value: Option<V>, set: impl FnOnce(Self, V) -> Self) -> Self {
        match value {
            Some(value) => set(self, value),
            None => self,
        }
    }

    /// Sets what has a default, the same as that of the options.
    fn set<V>(self, value: V, set: impl FnOnce(Self, V) -> Self) -> Self {
        set(self, value)
    }
}

impl<V> Options for V {}

/// Images without an axis of channels, which get one for an operation and lose it again.
pub(super) trait Images<'t, T: Real>: Sized {
    /// What has as many axes as a plane gets another one before.
    fn of_planes(self, plane: usize, f: impl FnOnce(Self) -> Self) -> Self;

    /// As [`of_planes`](Images::of_planes), for what gives indices as well.
    fn of_planes_with_index(self, plane: usize, f: impl FnOnce(Self) -> (Self, IntVar<'t, T>))
    -> (Self, IntVar<'t, T>);
}

impl<'t, T: Real> Images<'t, T> for Var<'t, T> {
    fn of_planes(self, plane: usize, f: impl FnOnce(Self) -> Self) -> Self {
        if self.rank() == plane { f(self.unsqueeze(0)).squeeze(0) } else { f(self) }
    }

    fn of_planes_with_index(
        self,
        plane: usize,
        f: impl FnOnce(Self) -> (Self, IntVar<'t, T>),
    ) -> (Self, IntVar<'t, T>) {
        if self.rank() != plane {
            return f(self);
        }
        let (y, index) = f(self.unsqueeze(0));
        (y.squeeze(0), index.squeeze(0))
    }
}

/// The most numbers that a constructor writes out.
const MOST: usize = 1 << 22;

/// Refuses to write out more numbers than a program may.
pub(super) fn few_numbers(count: usize) -> Result<(), Error> {
    if count <= MOST {
        return Ok(());
    }
    let e = Error::argument(format!("this would be {count} numbers")).rule(format!("at most {MOST} are written out"));
    Err(e.fix("ask for fewer"))
}

/// The number of steps from start to before stop.
pub(in crate::expr) fn steps(start: f64, stop: f64, step: f64) -> Result<usize, Error> {
    let count = ((stop - start) / step).ceil();
    if !count.is_finite() {
        return Err(Error::argument("the range has no end").fix("give a step that is not 0, and finite ends"));
    }
    few_numbers(count.max(0.0) as usize)?;
    Ok(count.max(0.0) as usize)
}

/// The distance between so many numbers from start to stop, both included.
pub(in crate::expr) fn gap(start: f64, stop: f64, count: usize) -> f64 {
    (stop - start) / count.saturating_sub(1).max(1) as f64
}

/// The most pieces that a tensor is cut into.
const PIECES: usize = 4096;

/// Refuses to cut a tensor into more pieces than a program may name.
pub(super) fn few(pieces: usize) -> Result<(), Error> {
    if pieces <= PIECES {
        return Ok(());
    }
    let e = Error::argument(format!("this would make {pieces} pieces"));
    Err(e.rule(format!("a tensor is cut into at most {PIECES}")).fix("keep it whole, or cut it into larger pieces"))
}
