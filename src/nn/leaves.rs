//! A parameter store as it stands on a tape: one leaf for each entry, found by path.
//! It carries the mode, so that a layer knows whether it is being trained without any global flag.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexSet;

use super::path::{is_under, join, unknown};
use crate::error::{Error, OrRaise};
use crate::real::Real;
use crate::tape::{Tape, Var};

/// Whether a model is being trained or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Parameters are differentiable, dropout drops, batch norm uses the batch's statistics and renews the running ones.
    Train,
    /// Everything is constant, dropout does nothing, batch norm uses the running statistics.
    Eval,
}

/// The entries of a [`Params`](super::Params) store on a tape, seen from one place of it; made by
/// [`Params::on`](super::Params::on).
///
/// Cloning and [`scope`](Leaves::scope) are cheap and add no lines.
///
/// ```
/// use wengert::nn::{Layer, Linear, Mode, Params};
/// use wengert::prelude::*;
/// let mut params = Params::<f32>::new(0);
/// Linear::new(3, 2).declare(&mut params.scope("fc"));
/// let mut tape = Tape::new();
/// let p = params.on(&tape, Mode::Train);
/// assert_eq!(p.get("fc.bias").id(), p.scope("fc").get("bias").id());  // one leaf, however it is reached
/// tape.clear();
/// ```
#[derive(Clone)]
pub struct Leaves<'t, T: Real> {
    set: Rc<Set<'t, T>>,
    path: String,
}

/// The line that stands for each entry, and whether the entry is frozen; in the order of the store.
type Lines<'t, T> = Vec<(Var<'t, T>, bool)>;

struct Set<'t, T: Real> {
    tape: &'t Tape<T>,
    mode: Mode,
    /// The store's.
    names: Arc<IndexSet<Arc<str>>>,
    lines: RefCell<Lines<'t, T>>,
    /// Where paths are put together that are only looked up.
    path: RefCell<String>,
}

impl<'t, T: Real> Leaves<'t, T> {
    pub(super) fn new(tape: &'t Tape<T>, mode: Mode, names: Arc<IndexSet<Arc<str>>>, lines: Lines<'t, T>) -> Self {
        let set = Set { tape, mode, names, lines: RefCell::new(lines), path: RefCell::default() };
        Leaves { set: Rc::new(set), path: String::new() }
    }

    /// The tape.
    pub fn tape(&self) -> &'t Tape<T> {
        self.set.tape
    }

    /// Training or evaluation.
    pub fn mode(&self) -> Mode {
        self.set.mode
    }

    /// Whether the mode is [`Mode::Train`].
    pub fn is_training(&self) -> bool {
        self.set.mode == Mode::Train
    }

    /// The path that names are relative to; empty at the top.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The full path of a name.
    pub fn full_name(&self, name: &str) -> String {
        join(&self.path, name)
    }

    /// The entries under `name`.
    #[must_use]
    pub fn scope(&self, name: &str) -> Self {
        Leaves { set: Rc::clone(&self.set), path: self.full_name(name) }
    }

    /// The leaf of an entry.
    ///
    /// # Panics
    /// The store had no such entry.
    #[track_caller]
    pub fn get(&self, name: &str) -> Var<'t, T> {
        let place = self.place(name).ok_or_else(|| self.unknown(name)).or_raise();
        self.set.lines.borrow()[place].0
    }

    /// Where the entry stands in the store.
    fn place(&self, name: &str) -> Option<usize> {
        if self.path.is_empty() {
            return self.set.names.get_index_of(name);
        }
        let mut full = self.set.path.borrow_mut();
        full.clone_from(&self.path);
        if !name.is_empty() {
            full.push('.');
            full.push_str(name);
        }
        self.set.names.get_index_of(&**full)
    }

    fn unknown(&self, name: &str) -> Error {
        unknown(&self.full_name(name), self.set.names.iter())
    }

    /// Registers the new value of a buffer, which an optimiser's step writes into the store.
    ///
    /// From here on [`get`](Leaves::get) answers with it, so that a layer applied twice continues from its own first
    /// result. A frozen buffer keeps its value.
    ///
    /// # Panics
    /// The store had no such entry.
    ///
    /// ```
    /// use wengert::nn::{Mode, Params, Role};
    /// use wengert::optim::{Optimizer, Sgd};
    /// use wengert::prelude::*;
    /// let mut params = Params::<f32>::new(0);
    /// params.insert("calls", Role::Buffer, 0.0)?;
    /// let tape = Tape::new();
    /// let p = params.on(&tape, Mode::Train);
    /// for _ in 0..2 {
    ///     p.update("calls", p.get("calls") + 1.0);
    /// }
    /// let grads = tape.var(3.0).square().backward();
    /// Sgd::new(0.1).step(&mut params, &grads)?;
    /// assert_eq!(params.get("calls").unwrap().as_slice(), [2.0]);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn update(&self, name: &str, value: Var<'t, T>) {
        let place = self.place(name).ok_or_else(|| self.unknown(name)).or_raise();
        let (line, frozen) = &mut self.set.lines.borrow_mut()[place];
        if !*frozen {
            self.set.tape.update(&self.full_name(name), value);
            *line = value;
        }
    }
}

impl<T: Real> fmt::Debug for Leaves<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.set.lines.borrow();
        let all = self.set.names.iter().zip(&*lines);
        let under = all.filter(|(name, _)| is_under(name, &self.path));
        f.debug_map().entries(under.map(|(name, (line, _))| (name, line))).finish()
    }
}
