//! Memory that kernels work in: kept by every thread from call to call, so that a run of the same sizes allocates nothing.
//! A buffer starts at a cache line and holds garbage.

use std::cell::RefCell;

/// A cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

thread_local! {
    /// The buffers at rest; those of nested calls are taken and given back in turn, so each comes back to its use.
    static REST: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

/// Types of which any bits are a value.
pub(crate) trait Plain: Copy {}
impl Plain for f32 {}
impl Plain for f64 {}
impl Plain for usize {}

/// Calls `f` with `len` elements of the thread's own memory.
pub(crate) fn with<E: Plain, R>(len: usize, f: impl FnOnce(&mut [E]) -> R) -> R {
    let mut lines = REST.with_borrow_mut(Vec::pop).unwrap_or_default();
    let needed = (len * size_of::<E>()).div_ceil(size_of::<Line>());
    if lines.len() < needed {
        lines.clear();
        lines.resize(needed, Line([0; 64]));
    }
    // SAFETY: the lines hold `len` elements, are aligned for them, and any bits are an element.
    let out = f(unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast::<E>(), len) });
    REST.with_borrow_mut(|rest| rest.push(lines));
    out
}
