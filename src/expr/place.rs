//! Where in the text a recording is, for those who ask after it has ended in an abort: panics cannot be caught everywhere.

use std::cell::RefCell;

use super::diagnostic::Span;

thread_local! {
    static NOW: RefCell<Span> = const { RefCell::new(0..0) };
}

/// The call at `span` is about to be recorded.
pub(super) fn enter(span: &Span) {
    NOW.with_borrow_mut(|now| now.clone_from(span));
}

/// The call that was recorded last.
pub(crate) fn last() -> Span {
    NOW.with_borrow(Clone::clone)
}
