//! The structural hash of a tape: what is computed, not with which numbers.
//! Two recordings of one model have the same fingerprint, so work that depends on structure alone can be kept from step to step.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::record::Tape;
use crate::real::Real;

impl<T: Real> Tape<T> {
    /// A hash of all lines: operations with their attributes, operands, kinds and shapes. Values of leaves, names and
    /// source lines do not count.
    ///
    /// It is meant for comparing tapes within one run of a program; other versions may hash differently.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let record = |kernel: usize, fill: f32| {
    ///     let tape = Tape::new();
    ///     let _ = tape.fill([1, 6, 6], fill).max_pool2d(kernel);
    ///     let _ = tape.var(vec![fill; 3]).tanh();
    ///     tape.fingerprint()
    /// };
    /// let leaf = |value: f32| {
    ///     let tape = Tape::new();
    ///     let _ = tape.var(vec![value; 3]).tanh();
    ///     tape.fingerprint()
    /// };
    /// assert_eq!(leaf(1.0), leaf(2.0));
    /// assert_eq!(record(2, 1.0), record(2, 1.0));
    /// assert_ne!(record(2, 1.0), record(3, 1.0));
    /// ```
    pub fn fingerprint(&self) -> u64 {
        let g = self.graph.borrow();
        let mut h = DefaultHasher::new();
        for id in 0..g.len() as u32 {
            let node = g.node(id);
            if node.result == 0 {
                node.op.get().fingerprint(&mut h);
                g.operands(id).hash(&mut h);
            }
            node.kind().hash(&mut h);
            g.dims(id).hash(&mut h);
        }
        g.regions.feed(&mut h);
        h.finish()
    }
}
