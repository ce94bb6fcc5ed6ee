//! The gradients of one backward sweep, by leaf; returned, never stored on lines.
//! Their buffers go back to the tape's pool when they are dropped.

use std::collections::HashMap;
use std::fmt;
use std::ops::Index;
use std::panic::Location;
use std::sync::{Arc, OnceLock};

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
    /// In the order of the leaves' lines.
    pub(super) entries: Vec<Entry<T>>,
    /// The last entry of each name, from when somebody first asks by name.
    pub(super) by_name: OnceLock<HashMap<Arc<str>, usize>>,
    pub(super) updates: IndexMap<Arc<str>, ArrayD<T>>,
    pub(super) returns: Returns<T>,
}

#[derive(Debug)]
pub(super) struct Entry<T> {
    pub leaf: u32,
    pub name: Option<Arc<str>>,
    pub array: ArrayD<T>,
    pub why_zero: Option<String>,
}

impl<T: Real> Gradients<T> {
    /// The gradient of a leaf, or `None` for a line that is no differentiable leaf of the tape at that time.
    pub fn get(&self, leaf: Var<'_, T>) -> Option<&ArrayD<T>> {
        self.entry(leaf).map(|e| &e.array)
    }

    fn entry(&self, leaf: Var<'_, T>) -> Option<&Entry<T>> {
        if leaf.tape.identity() != self.tape {
            return None;
        }
        self.entries.binary_search_by_key(&leaf.id, |e| e.leaf).ok().map(|k| &self.entries[k])
    }

    /// The gradient of the leaf of that name; of several leaves called the same, that of the one recorded last.
    ///
    /// Optimisers refuse gradients in which a name stands for several leaves.
    pub fn by_name(&self, name: &str) -> Option<&ArrayD<T>> {
        let by_name = self.by_name.get_or_init(|| {
            let named = self.entries.iter().enumerate().filter_map(|(k, e)| Some((Arc::clone(e.name.as_ref()?), k)));
            named.collect()
        });
        by_name.get(name).map(|&k| &self.entries[k].array)
    }

    /// The reason for which a leaf's gradient is zero throughout, if no derivative arrives at it.
    ///
    /// Where derivatives arrive and are zeros (a dead relu, a factor of zeros), [`Var::why_zero`] finds out.
    pub fn why_zero(&self, leaf: Var<'_, T>) -> Option<&str> {
        self.entry(leaf)?.why_zero.as_deref()
    }

    /// Gradients of named leaves, in the order in which the leaves were recorded.
    pub fn named(&self) -> impl Iterator<Item = (&str, &ArrayD<T>)> {
        self.named_arriving().map(|(name, array, _)| (&**name, array))
    }

    /// Gradients of named leaves, and whether a derivative arrives at each.
    pub(crate) fn named_arriving(&self) -> impl Iterator<Item = (&Arc<str>, &ArrayD<T>, bool)> {
        self.entries.iter().filter_map(|e| Some((e.name.as_ref()?, &e.array, e.why_zero.is_none())))
    }

    /// Gradients of named leaves, to be changed in place (clipping).
    pub fn named_mut(&mut self) -> impl Iterator<Item = (&str, &mut ArrayD<T>)> {
        self.entries.iter_mut().filter_map(|e| Some((e.name.as_deref()?, &mut e.array)))
    }

    /// New values of buffers that were registered with [`Tape::update`](crate::Tape::update).
    pub fn updates(&self) -> &IndexMap<Arc<str>, ArrayD<T>> {
        &self.updates
    }

    /// The square root of the sum of squares of all gradients.
    pub fn norm(&self) -> T {
        let squares = |a: &ArrayD<T>| a.iter().map(|v| v.as_f64() * v.as_f64()).sum::<f64>();
        T::of(self.entries.iter().map(|e| squares(&e.array)).sum::<f64>().sqrt())
    }

    /// Multiplies all gradients by a number.
    pub fn scale(&mut self, by: T) {
        self.entries.iter_mut().for_each(|e| e.array.mapv_inplace(|v| v * by));
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
        f.debug_map().entries(self.entries.iter().map(|e| (format!("%{}", e.leaf), &e.array))).finish()
    }
}

impl<T: Real> Drop for Gradients<T> {
    fn drop(&mut self) {
        if let Ok(mut returned) = self.returns.lock() {
            let arrays = self.entries.drain(..).map(|e| e.array);
            let arrays = arrays.chain(self.updates.drain(..).map(|(_, array)| array));
            returned.extend(arrays.map(|array| array.into_raw_vec_and_offset().0));
        }
    }
}
