//! Memory that a loop needs for a while: kept by its thread, so that a kernel that has run before allocates nothing.
//! It begins at a cache line and holds anything at first.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use crate::real::Real;

/// Bytes of a cache line.
pub(crate) const LINE: usize = 64;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; LINE]);

/// Numbers of which any bits are a value.
///
/// # Safety
/// Every pattern of bits is a value, without padding, and the alignment is at most that of a cache line.
pub(crate) unsafe trait Plain: Copy + Send + 'static {}

// SAFETY: the trait is sealed to f32 and f64.
unsafe impl<T: Real> Plain for T {}
// SAFETY: an integer.
unsafe impl Plain for u32 {}
// SAFETY: an integer.
unsafe impl Plain for usize {}

thread_local! {
    /// What is not in use.
    static FREE: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

/// Scratch memory that goes back to its thread when it is dropped.
pub(crate) struct Scratch<T> {
    lines: Vec<Line>,
    len: usize,
    kind: PhantomData<T>,
}

/// `len` numbers with garbage in them.
pub(crate) fn take<T: Plain>(len: usize) -> Scratch<T> {
    let needed = len.checked_mul(size_of::<T>()).expect("scratch fits memory").div_ceil(LINE);
    let mut lines = FREE.with_borrow_mut(|free| take_from(free, needed));
    if lines.len() < needed {
        // Nothing of the old contents is wanted.
        drop(lines);
        lines = vec![Line([0; LINE]); needed];
    }
    Scratch { lines, len, kind: PhantomData }
}

/// Larger memory than this many lines is not spent on who needs little.
const LARGE: usize = 1 << 10;

/// The last that was returned, since nested loops take and return in the same order every time; if that is large or too
/// small, the smallest that is large enough, or the largest, which grows: kernels in turn would have one for each otherwise.
fn take_from(free: &mut Vec<Vec<Line>>, needed: usize) -> Vec<Line> {
    if free.last().is_none_or(|last| (needed..=LARGE).contains(&last.len())) {
        return free.pop().unwrap_or_default();
    }
    let size = |k: &usize| free[*k].len();
    let fits = (0..free.len()).filter(|k| size(k) >= needed).min_by_key(size);
    fits.or_else(|| (0..free.len()).max_by_key(size)).map(|k| free.remove(k)).unwrap_or_default()
}

/// Calls `f` with `len` numbers with garbage in them.
pub(crate) fn with<T: Plain, R>(len: usize, f: impl FnOnce(&mut [T]) -> R) -> R {
    f(&mut take(len))
}

impl<T> Drop for Scratch<T> {
    fn drop(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        // The thread may be at its end, when nothing is kept any more.
        let _ = FREE.try_with(|free| free.borrow_mut().push(lines));
    }
}

impl<T: Plain> Deref for Scratch<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `take` has made at least `len` numbers of room, whose bytes are set and, T being plain, are values.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl<T: Plain> DerefMut for Scratch<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and the lines are this guard's own.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_returned_is_taken_again() {
        let addresses = || {
            let (mut a, mut b) = (take::<f32>(1000), take::<u32>(10));
            a.fill(1.0);
            b.fill(2);
            assert!(a.iter().all(|&a| a == 1.0) && b.len() == 10);
            assert_eq!((a.as_ptr() as usize % LINE, b.as_ptr() as usize % LINE), (0, 0));
            let c = take::<f64>(0);
            assert!(c.is_empty());
            (a.as_ptr() as usize, b.as_ptr() as usize)
        };
        addresses();
        let again = addresses();
        assert_eq!(addresses(), again);
    }
}
