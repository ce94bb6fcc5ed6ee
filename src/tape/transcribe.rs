//! Copies of a tape line by line: for another element type, with other leaves, with one operation exchanged.
//! Line numbers, source lines, scopes, names and the numbers of random lines stay what they are.

use super::apply::OpRef;
use super::data::{Data, Tensor};
use super::form::Form;
use super::leaf::Leaf;
use super::record::Tape;
use crate::real::Real;

impl<T: Real> Tape<T> {
    /// A tape of the first `lines` lines, with the operation that `op` chooses on each of them.
    ///
    /// # Errors
    /// The first line for which it has none.
    pub(crate) fn transcribe<U: Real>(
        &self,
        lines: usize,
        op: impl FnMut(u32, &OpRef<T>) -> Option<OpRef<U>>,
    ) -> Result<Tape<U>, u32> {
        let copy = Tape::<U>::default().seeded(self.seed());
        copy.graph.replace(self.graph.borrow().transcribed(lines, op)?);
        copy.step.set(self.step());
        copy.ordinal.set(self.ordinal.get());
        Ok(copy)
    }

    /// The same lines on a tape of `f64`.
    ///
    /// # Errors
    /// The first line whose operation has no f64 twin.
    pub(crate) fn in_f64(&self) -> Result<Tape<f64>, u32> {
        self.transcribe(self.len(), |_, op| op.get().in_f64())
    }

    /// The same lines with other values of the given leaves, which keep their shapes.
    pub(crate) fn with_leaves(&self, values: &[(u32, Tensor<T>)]) -> Tape<T> {
        let copy = self.transcribe(self.len(), |id, op| {
            let given = values.iter().find(|(leaf, _)| *leaf == id);
            Some(match (given, op.get().form()) {
                (Some((_, value)), Form::Leaf(_)) => {
                    let (dims, data) = value.clone().into_parts();
                    debug_assert_eq!(dims, self.dims_of(id), "a leaf keeps its shape");
                    OpRef::new(Leaf { name: op.get().name(), dims, data: Data::Real(data) })
                }
                _ => op.clone(),
            })
        });
        copy.unwrap_or_else(|line| unreachable!("line {line} is its own copy"))
    }
}
