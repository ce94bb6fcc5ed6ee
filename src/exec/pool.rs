//! Buffers handed from line to line and from step to step.
//! Fresh memory costs more than most arithmetic done in it (every page faults), so what is released is kept for the next.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::real::Real;
use crate::tape::Data;

/// Buffers that outlived their step in a user's hands (gradients) and come back when they are dropped.
pub(super) type Returns<T> = Arc<Mutex<Vec<Vec<T>>>>;

/// A buffer that a whole step had no use for is given up after this many steps; training and evaluation may alternate.
const IDLE_STEPS: u32 = 16;

/// Storage that a user still holds is looked at again for so many steps: the parameters that a replayed step puts out are held
/// until the next has put out its own.
const LENT_STEPS: u32 = 2;

/// So much storage is looked at, at most.
const MOST_LENT: usize = 256;

/// Unused buffers by capacity, for both kinds of lines.
#[derive(Debug, Default)]
pub(super) struct Pool<T> {
    real: Shelf<T>,
    int: Shelf<u32>,
    returns: Returns<T>,
}

/// Buffers keep the counter they were shared by, so that reuse allocates nothing at all; each is the only one to hold its storage.
#[derive(Debug)]
struct Shelf<E> {
    by_capacity: BTreeMap<usize, Class<E>>,
    /// Storage that somebody held when it came, and the steps since.
    lent: Vec<(Arc<Vec<E>>, u32)>,
}

/// Buffers of one capacity.
#[derive(Debug)]
struct Class<E> {
    free: Vec<Arc<Vec<E>>>,
    /// The fewest there have been in this step: so many were of no use.
    fewest: usize,
    idle_steps: u32,
}

impl<E> Default for Shelf<E> {
    fn default() -> Self {
        Shelf { by_capacity: BTreeMap::new(), lent: Vec::new() }
    }
}

impl<E: Copy> Shelf<E> {
    /// A buffer of exactly `len` elements; contents are garbage unless it is new.
    fn take(&mut self, len: usize, zero: E) -> Arc<Vec<E>> {
        if let Some(k) = self.lent.iter().position(|(v, _)| v.len() == len && Arc::strong_count(v) == 1) {
            return self.lent.swap_remove(k).0;
        }
        // A buffer more than twice as large would be wasted on this line.
        let mut near = self.by_capacity.range_mut(len..=len.saturating_mul(2));
        let Some(class) = near.find_map(|(_, class)| (!class.free.is_empty()).then_some(class)) else {
            return Arc::new(vec![zero; len]);
        };
        let mut v = class.free.pop().expect("a class with buffers was looked for");
        class.fewest = class.fewest.min(class.free.len());
        Arc::get_mut(&mut v).expect("nobody shares a buffer on the shelf").resize(len, zero);
        v
    }

    /// Takes storage back when nobody else holds it any more.
    fn lend(&mut self, mut v: Arc<Vec<E>>) {
        if Arc::get_mut(&mut v).is_some() {
            self.put(v);
        } else if self.lent.len() < MOST_LENT {
            self.lent.push((v, 0));
        }
    }

    /// Takes storage back where nobody else holds it.
    fn put(&mut self, mut v: Arc<Vec<E>>) {
        let capacity = v.capacity();
        if capacity > 0 && Arc::get_mut(&mut v).is_some() {
            let class = self.by_capacity.entry(capacity);
            class.or_insert_with(|| Class { free: Vec::new(), fewest: 0, idle_steps: 0 }).free.push(v);
        }
    }

    fn end_step(&mut self) {
        self.lent.retain_mut(|(_, steps)| {
            *steps += 1;
            *steps <= LENT_STEPS
        });
        self.by_capacity.retain(|_, class| {
            class.idle_steps = if class.fewest == 0 { 0 } else { class.idle_steps + 1 };
            if class.idle_steps == IDLE_STEPS {
                class.free.truncate(class.free.len() - class.fewest);
                class.idle_steps = 0;
            }
            class.fewest = class.free.len();
            !class.free.is_empty()
        });
    }

    fn bytes(&self) -> usize {
        let lent = self.lent.iter().filter(|(v, _)| Arc::strong_count(v) == 1).map(|(v, _)| v.capacity());
        let free = self.by_capacity.iter().map(|(capacity, class)| capacity * class.free.len());
        free.chain(lent).sum::<usize>() * size_of::<E>()
    }
}

impl<T: Real> Pool<T> {
    /// A buffer for `len` real numbers that nobody shares.
    pub fn real(&mut self, len: usize) -> Arc<Vec<T>> {
        self.collect_returns();
        self.real.take(len, T::zero())
    }

    /// A buffer for `len` integers that nobody shares.
    pub fn int(&mut self, len: usize) -> Arc<Vec<u32>> {
        self.int.take(len, 0)
    }

    /// Takes a value's storage back, where nobody else holds it.
    pub fn put(&mut self, data: Data<T>) {
        match data {
            Data::Real(v) => self.real.put(v),
            Data::Int(v) => self.int.put(v),
        }
    }

    /// Takes a value's storage back, at once or within two steps. Whoever holds it meanwhile is not its only holder.
    pub fn lend(&mut self, data: Data<T>) {
        match data {
            Data::Real(v) => self.real.lend(v),
            Data::Int(v) => self.int.lend(v),
        }
    }

    /// Where a user's buffers of this pool come back to.
    pub fn returns(&self) -> Returns<T> {
        Arc::clone(&self.returns)
    }

    /// Counts a step, and gives up what many steps had no use for: shapes that change would pile up otherwise.
    pub fn end_step(&mut self) {
        self.collect_returns();
        self.real.end_step();
        self.int.end_step();
    }

    /// Bytes of the buffers that wait to be used again.
    pub fn bytes(&self) -> usize {
        self.real.bytes() + self.int.bytes()
    }

    fn collect_returns(&mut self) {
        if let Ok(mut returned) = self.returns.lock() {
            for v in returned.drain(..) {
                self.real.put(Arc::new(v));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_handed_out_again_to_lines_of_up_to_half_its_size() {
        let mut pool = Pool::<f32>::default();
        let first = pool.real(100);
        let address = first.as_ptr();
        pool.put(Data::Real(first));
        assert_eq!(pool.bytes(), 400);
        assert_ne!(pool.real(49).as_ptr(), address);
        let again = pool.real(60);
        assert_eq!((again.as_ptr(), again.len(), pool.bytes()), (address, 60, 0));
    }

    #[test]
    fn storage_that_somebody_holds_stays_with_them_and_is_looked_at_for_two_steps() {
        let mut pool = Pool::<f32>::default();
        let held = pool.real(8);
        pool.put(Data::Real(Arc::clone(&held)));
        assert_eq!(Arc::strong_count(&held), 1);
        pool.lend(Data::Real(Arc::clone(&held)));
        assert_eq!(pool.bytes(), 0);
        assert_ne!(pool.real(8).as_ptr(), held.as_ptr());
        let address = held.as_ptr();
        drop(held);
        assert_eq!(pool.bytes(), 32);
        let again = pool.real(8);
        assert_eq!((again.as_ptr(), pool.bytes()), (address, 0));

        pool.lend(Data::Real(Arc::clone(&again)));
        (0..3).for_each(|_| pool.end_step());
        assert_eq!(Arc::strong_count(&again), 1);
    }

    #[test]
    fn shapes_that_never_come_back_are_given_up() {
        let mut pool = Pool::<f64>::default();
        for len in 1..2000 {
            let v = pool.real(len * 100);
            pool.put(Data::Real(v));
            pool.end_step();
        }
        let one = 2000 * 100 * 8;
        assert!(pool.bytes() < 20 * one, "{}", pool.bytes());
    }
}
