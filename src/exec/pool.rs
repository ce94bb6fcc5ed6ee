//! Buffers handed from line to line and from step to step.
//! Fresh memory costs more than most arithmetic done in it (every page faults), so what is released is kept for the next.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::real::Real;
use crate::tape::Data;

/// Buffers that outlived their step in a user's hands (gradients) and come back when they are dropped.
pub(super) type Returns<T> = Arc<Mutex<Vec<Vec<T>>>>;

/// Unused buffers by capacity. It never holds more than has been in use at once: what is held came out of it.
#[derive(Debug, Default)]
pub(super) struct Pool<T> {
    real: Shelf<T>,
    int: Shelf<u32>,
    returns: Returns<T>,
}

#[derive(Debug)]
struct Shelf<E> {
    by_capacity: BTreeMap<usize, Vec<Vec<E>>>,
}

impl<E> Default for Shelf<E> {
    fn default() -> Self {
        Shelf { by_capacity: BTreeMap::new() }
    }
}

impl<E: Copy> Shelf<E> {
    /// A buffer of exactly `len` elements; contents are garbage unless it is new.
    fn take(&mut self, len: usize, zero: E) -> Vec<E> {
        // A buffer more than twice as large would be wasted on this line.
        let fit = self.by_capacity.range_mut(len..=len.saturating_mul(2)).find(|(_, v)| !v.is_empty());
        let Some(mut v) = fit.and_then(|(_, v)| v.pop()) else {
            return vec![zero; len];
        };
        if v.len() > len {
            v.truncate(len);
        } else {
            v.resize(len, zero);
        }
        v
    }

    fn put(&mut self, v: Vec<E>) {
        if v.capacity() > 0 {
            self.by_capacity.entry(v.capacity()).or_default().push(v);
        }
    }
}

impl<T: Real> Pool<T> {
    pub fn real(&mut self, len: usize) -> Vec<T> {
        if let Ok(mut returned) = self.returns.lock() {
            returned.drain(..).for_each(|v| self.real.put(v));
        }
        let mut v = self.real.take(len, T::zero());
        // A kernel that leaves an element unwritten shows in debug builds.
        if cfg!(debug_assertions) {
            v.fill(T::nan());
        }
        v
    }

    pub fn int(&mut self, len: usize) -> Vec<u32> {
        let mut v = self.int.take(len, 0);
        if cfg!(debug_assertions) {
            v.fill(u32::MAX);
        }
        v
    }

    /// Takes a value's storage back, where nobody else holds it.
    pub fn put(&mut self, data: Data<T>) {
        match data {
            Data::Real(v) => Arc::try_unwrap(v).into_iter().for_each(|v| self.real.put(v)),
            Data::Int(v) => Arc::try_unwrap(v).into_iter().for_each(|v| self.int.put(v)),
        }
    }

    /// Where a user's buffers of this pool come back to.
    pub fn returns(&self) -> Returns<T> {
        Arc::clone(&self.returns)
    }
}
