//! What the user calls things: names of lines, scopes around them, and buffers whose new values a sweep computes too.
//! Listings, errors and drawings print the names; parameters are matched with their gradients by them.

use std::sync::Arc;

use super::record::Tape;
use super::var::Var;
use crate::real::Real;

impl<T: Real> Tape<T> {
    pub(crate) fn set_name(&self, id: u32, name: Arc<str>) {
        self.graph.borrow_mut().names.insert(id, name);
    }

    /// Registers the new value of a named buffer (a running statistic): a sweep computes it along with the gradients and
    /// hands it to the optimiser's step, which writes it into the parameter store.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 3.]);
    /// tape.update("mean", x.mean());
    /// assert_eq!(x.sum().backward().updates()["mean"][[]], 2.0);
    /// ```
    ///
    /// # Panics
    /// The line stands on another tape.
    #[track_caller]
    pub fn update(&self, name: &str, value: Var<'_, T>) {
        if !std::ptr::eq(value.tape, self) {
            self.foreign("update", 0, &[value.into()]).raise();
        }
        self.graph.borrow_mut().updates.insert(name.into(), value.id);
    }

    /// Lines recorded while the guard lives belong to the scope `name`; scopes nest.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var(1.0);
    /// let y = {
    ///     let _scope = tape.scope("head");
    ///     x.exp()
    /// };
    /// assert_eq!(tape.line(y.id()).scope.as_deref(), Some("head"));
    /// ```
    #[must_use = "the scope ends when the guard is dropped"]
    pub fn scope(&self, name: &str) -> Scope<'_, T> {
        let outer = self.scope.get();
        let mut g = self.graph.borrow_mut();
        let full = match outer {
            0 => Arc::from(name),
            k => Arc::from(format!("{}.{name}", g.scopes[usize::from(k) - 1])),
        };
        // A tape that has used up the numbers keeps recording in the outer scope.
        if g.scopes.len() < usize::from(u16::MAX) {
            g.scopes.push(full);
            self.scope.set(g.scopes.len() as u16);
        }
        Scope { tape: self, outer }
    }
}

/// Ends a scope when dropped; see [`Tape::scope`].
#[derive(Debug)]
pub struct Scope<'t, T: Real> {
    tape: &'t Tape<T>,
    outer: u16,
}

impl<T: Real> Drop for Scope<'_, T> {
    fn drop(&mut self) {
        self.tape.scope.set(self.outer);
    }
}
