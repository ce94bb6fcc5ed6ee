//! The gradients of one backward sweep, by leaf; returned, never stored on lines.
//! Their buffers go back to the tape's pool when they are dropped.

use std::fmt;
use std::ops::Index;
use std::panic::Location;
use std::sync::Arc;

use indexmap::IndexMap;
use ndarray::ArrayD;

use super::pool::Returns;
use crate::error::Error;
use crate::real::Real;
use crate::tape::Var;

/// The gradient of a loss with respect to every differentiable leaf of its tape.
///
/// Indexed by the leaf; leaves with names are found by name too. A leaf that the loss does not depend on has zeros, and
/// [`why_zero`](Gradients::why_zero) tells the reason.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let (x, unused) = (tape.var([1., 2.]).named("x"), tape.var(5.0).named("unused"));
/// let grads = x.square().sum().backward();
/// assert_eq!(grads[x].as_slice().unwrap(), [2., 4.]);
/// assert_eq!(grads.by_name("x").unwrap()[[1]], 4.0);
/// assert_eq!(grads[unused][[]], 0.0);
/// assert!(grads.why_zero(unused).unwrap().contains("no line leads from it"));
/// assert!(grads.why_zero(x).is_none());
/// ```
pub struct Gradients<T: Real> {
    pub(super) tape: (u64, u64),
    pub(super) entries: IndexMap<u32, Entry<T>>,
    pub(super) names: IndexMap<Arc<str>, u32>,
    /// A name that more than one leaf has.
    pub(super) shared_name: Option<Arc<str>>,
    pub(super) updates: IndexMap<Arc<str>, ArrayD<T>>,
    pub(super) returns: Returns<T>,
}

#[derive(Debug)]
pub(super) struct Entry<T> {
    pub array: ArrayD<T>,
    pub why_zero: Option<String>,
}

impl<T: Real> Gradients<T> {
    /// The gradient of a leaf, or `None` for a line that is no differentiable leaf of the tape at that time.
    pub fn get(&self, leaf: Var<'_, T>) -> Option<&ArrayD<T>> {
        (leaf.tape.identity() == self.tape).then(|| self.entries.get(&leaf.id).map(|e| &e.array)).flatten()
    }

    /// The gradient of the leaf of that name; of several leaves called the same, that of the one recorded last.
    ///
    /// Optimisers refuse gradients in which a name stands for several leaves.
    pub fn by_name(&self, name: &str) -> Option<&ArrayD<T>> {
        self.names.get(name).map(|id| &self.entries[id].array)
    }

    /// The reason for which a leaf's gradient is zero throughout, if no derivative arrives at it.
    ///
    /// Where derivatives arrive and are zeros (a dead relu, a factor of zeros), [`Var::why_zero`] finds out.
    pub fn why_zero(&self, leaf: Var<'_, T>) -> Option<&str> {
        (leaf.tape.identity() == self.tape).then(|| self.entries.get(&leaf.id)?.why_zero.as_deref()).flatten()
    }

    /// A name that more than one leaf has, so that it does not tell whose gradient is meant.
    pub(crate) fn shared_name(&self) -> Option<&str> {
        self.shared_name.as_deref()
    }

    /// Gradients of named leaves, in the order in which the leaves were recorded.
    pub fn named(&self) -> impl Iterator<Item = (&str, &ArrayD<T>)> {
        self.names.iter().map(|(name, id)| (&**name, &self.entries[id].array))
    }

    /// Gradients of the named leaves at which a derivative arrives.
    pub(crate) fn named_arriving(&self) -> impl Iterator<Item = (&str, &ArrayD<T>)> {
        let entries = self.names.iter().map(|(name, id)| (&**name, &self.entries[id]));
        entries.filter(|(_, e)| e.why_zero.is_none()).map(|(name, e)| (name, &e.array))
    }

    /// Gradients of named leaves, to be changed in place (clipping).
    pub fn named_mut(&mut self) -> impl Iterator<Item = (&str, &mut ArrayD<T>)> {
        let names: IndexMap<u32, &str> = self.names.iter().map(|(name, &id)| (id, &**name)).collect();
        self.entries.iter_mut().filter_map(move |(id, e)| names.get(id).map(|name| (*name, &mut e.array)))
    }

    /// New values of buffers that were registered with [`Tape::update`](crate::Tape::update).
    pub fn updates(&self) -> &IndexMap<Arc<str>, ArrayD<T>> {
        &self.updates
    }

    /// The square root of the sum of squares of all gradients.
    pub fn norm(&self) -> T {
        let squares = |a: &ArrayD<T>| a.iter().map(|v| v.as_f64() * v.as_f64()).sum::<f64>();
        T::of(self.entries.values().map(|e| squares(&e.array)).sum::<f64>().sqrt())
    }

    /// Multiplies all gradients by a number.
    pub fn scale(&mut self, by: T) {
        self.entries.values_mut().for_each(|e| e.array.mapv_inplace(|v| v * by));
    }
}

impl<T: Real> Index<Var<'_, T>> for Gradients<T> {
    type Output = ArrayD<T>;

    /// # Panics
    /// The line is no differentiable leaf, or its tape is another one or has been cleared since.
    #[track_caller]
    fn index(&self, leaf: Var<'_, T>) -> &ArrayD<T> {
        let caller = Location::caller();
        self.get(leaf).unwrap_or_else(|| {
            let what = if leaf.tape.identity() == self.tape {
                "the line is not a leaf made by `tape.var`"
            } else {
                "the gradients belong to another tape, or to what this tape held before it was cleared"
            };
            Error::tape(what)
                .rule("gradients are reported for the leaves that `tape.var` made")
                .fix("use `grad(loss, &[line])` for constants and intermediate lines")
                .about("gradients")
                .operand(leaf.tape.describe(leaf.id))
                .at(caller)
                .raise()
        })
    }
}

impl<T: Real> fmt::Debug for Gradients<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.entries.iter().map(|(id, e)| (format!("%{id}"), &e.array))).finish()
    }
}

impl<T: Real> Drop for Gradients<T> {
    fn drop(&mut self) {
        if let Ok(mut returned) = self.returns.lock() {
            let arrays = self.entries.drain(..).map(|(_, e)| e.array);
            let arrays = arrays.chain(self.updates.drain(..).map(|(_, array)| array));
            returned.extend(arrays.map(|array| array.into_raw_vec_and_offset().0));
        }
    }
}
