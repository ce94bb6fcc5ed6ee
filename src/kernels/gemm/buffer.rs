//! Aligned memory for packed panels, kept by each thread from product to product.

use std::cell::Cell;

use crate::real::Real;

/// A cache line; panels start at one.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Line([u64; 8]);

/// Numbers from the start of a cache line on.
#[derive(Clone, Debug, Default)]
pub(super) struct Aligned(Vec<Line>);

impl Aligned {
    const fn new() -> Self {
        Aligned(Vec::new())
    }

    /// The first `len` numbers; more memory is taken where it does not suffice.
    pub(super) fn numbers<T: Real>(&mut self, len: usize) -> &mut [T] {
        let lines = len.checked_mul(size_of::<T>()).expect("a buffer fits into memory").div_ceil(size_of::<Line>());
        if lines > self.0.len() {
            self.0.clear();
            self.0.resize(lines, Line([0; 8]));
        }
        // SAFETY: the lines hold at least `len` numbers of T, which is f32 or f64: any bits are one, and 64 bytes align it.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), len) }
    }

    /// As many numbers as have been asked for, rounded up to a line.
    pub(super) fn as_slice<T: Real>(&self) -> &[T] {
        let len = self.0.len() * (size_of::<Line>() / size_of::<T>());
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), len) }
    }
}

/// Calls `f` with `len` numbers of unspecified value from memory that this thread keeps.
///
/// A call inside `f` finds that memory in use and takes some of its own; the larger of the two is kept.
pub(crate) fn with<T: Real, R>(len: usize, f: impl FnOnce(&mut [T]) -> R) -> R {
    thread_local! {
        static KEPT: Cell<Aligned> = const { Cell::new(Aligned::new()) };
    }
    if len == 0 {
        return f(&mut []);
    }
    let mut buffer = KEPT.take();
    let result = f(buffer.numbers(len));
    let other = KEPT.take();
    KEPT.set(if other.0.len() > buffer.0.len() { other } else { buffer });
    result
}
