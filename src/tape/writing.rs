//! The state of a tape while rules or layers write on it: in whose name, from which line on, and what a panic must take back.
//! Lines of a rule carry the primal's source line and may be simplified among themselves.

use std::cell::Cell;
use std::panic::Location;

use super::graph::Mark;
use super::record::Tape;
use crate::real::Real;

/// Which rule is writing, and where its lines begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleFrame {
    pub site: &'static Location<'static>,
    pub origin: u32,
    first: u32,
}

impl<T: Real> Tape<T> {
    /// Runs `f` while lines are written in the name of the rule of line `origin`.
    ///
    /// A guard ends it, so a panicking rule leaves no trace.
    pub(crate) fn in_rule_of<R>(&self, origin: u32, f: impl FnOnce() -> R) -> R {
        struct Leave<'a>(&'a Cell<Option<RuleFrame>>, Option<RuleFrame>);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.set(self.1);
            }
        }
        let frame = {
            let g = self.graph.borrow();
            RuleFrame { site: g.node(origin).site, origin, first: g.len() as u32 }
        };
        let _leave = Leave(&self.rule, self.rule.replace(Some(frame)));
        f()
    }

    /// Runs `f` on behalf of the caller: lines that the crate's own code writes in it carry the caller's source line.
    ///
    /// A layer is called through a trait object, where `#[track_caller]` ends.
    #[track_caller]
    pub(crate) fn on_behalf<R>(&self, f: impl FnOnce() -> R) -> R {
        type User = Option<&'static Location<'static>>;
        struct Leave<'a>(&'a Cell<User>, User);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.set(self.1);
            }
        }
        let outer = self.user.get();
        // Of nested calls the outermost is the user's.
        self.user.set(outer.or(Some(Location::caller())));
        let _leave = Leave(&self.user, outer);
        f()
    }

    /// Runs `f`, which writes many lines; if it panics, all of them are taken back.
    pub(crate) fn or_take_back<R>(&self, f: impl FnOnce() -> R) -> R {
        let guard = self.taking_back();
        let r = f();
        std::mem::forget(guard);
        r
    }

    /// Runs `f`, which writes lines to learn something from them; all of them are taken back.
    pub(crate) fn and_take_back<R>(&self, f: impl FnOnce() -> R) -> R {
        let _guard = self.taking_back();
        f()
    }

    /// Takes back all lines and regions from here on when it is dropped.
    fn taking_back(&self) -> impl Drop {
        struct TakeBack<'a, T: Real>(&'a Tape<T>, Mark);
        impl<T: Real> Drop for TakeBack<'_, T> {
            fn drop(&mut self) {
                self.0.graph.borrow_mut().truncate(self.1);
                if let Some(slot) = &mut *self.0.slot.borrow_mut() {
                    slot.truncate(self.1.lines);
                }
            }
        }
        TakeBack(self, self.graph.borrow().mark())
    }

    /// Whether a rule is writing: only then may lines be simplified, since nobody holds a handle to what is left out.
    pub(crate) fn in_rule(&self) -> bool {
        self.rule.get().is_some()
    }

    /// Whether the rule that is now writing wrote line `id`.
    pub(crate) fn written_by_this_rule(&self, id: u32) -> bool {
        self.rule.get().is_some_and(|r| id >= r.first)
    }
}
