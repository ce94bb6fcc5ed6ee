//! Lines written a second time: the same operations at the end of the tape, with other operands in some places.
//! What does not depend on a replaced operand is not written again but read where it stands.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::record::Tape;
use crate::real::Real;

impl<T: Real> Tape<T> {
    /// Writes those of `lines` (ascending) again that depend on a line in `instead`, with its replacement.
    ///
    /// `instead` then holds every line that has been written again, with its copy.
    pub(crate) fn write_with(&self, lines: &[u32], instead: &mut HashMap<u32, u32>) {
        let mut graph = self.graph.borrow_mut();
        for &id in lines {
            let head = graph.head(id);
            if instead.contains_key(&id) || !graph.operands(head).iter().any(|o| instead.contains_key(o)) {
                continue;
            }
            let operands: SmallVec<[u32; 4]> =
                graph.operands(head).iter().map(|o| instead.get(o).copied().unwrap_or(*o)).collect();
            let copy = graph.push_copy(head, &operands);
            let results = u32::from(graph.node(head).results);
            instead.extend((0..results).map(|k| (head + k, copy + k)));
        }
    }
}
