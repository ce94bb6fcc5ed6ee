//! Inputs and outputs of a pass as the executor hands them over.
//! An output may be the memory of an input that is read in order: each block is read before it is written.

use std::marker::PhantomData;

/// An input.
#[derive(Clone, Copy, Debug)]
pub(crate) enum In<'a, T> {
    Real(&'a [T]),
    Int(&'a [u32]),
    /// The memory of this output, as it was before the pass.
    Output(u32),
}

/// An output, borrowed for the pass: tasks write disjoint parts of it.
#[derive(Debug)]
pub(crate) struct OutPort<'a, T> {
    pub(super) memory: Memory<T>,
    pub(super) len: usize,
    lives: PhantomData<&'a mut [T]>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Memory<T> {
    Real(*mut T),
    Int(*mut u32),
}

impl<'a, T> OutPort<'a, T> {
    pub fn real(out: &'a mut [T]) -> Self {
        OutPort { len: out.len(), memory: Memory::Real(out.as_mut_ptr()), lives: PhantomData }
    }

    pub fn int(out: &'a mut [u32]) -> Self {
        OutPort { len: out.len(), memory: Memory::Int(out.as_mut_ptr()), lives: PhantomData }
    }
}

// SAFETY: a port is a mutable borrow of its slice; `Pass::run` takes it exclusively and hands its tasks disjoint parts.
unsafe impl<T: Send> Send for OutPort<'_, T> {}
// SAFETY: as above; nothing is read or written through a shared port but by `Pass::run`, which holds it exclusively.
unsafe impl<T: Sync> Sync for OutPort<'_, T> {}
