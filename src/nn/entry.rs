//! One value of the parameter store, and what it is for.
//! It can be renewed in one pass over memory while a tape still shares the old storage.

use std::sync::Arc;

use crate::real::Real;
use crate::tape::Tensor;

/// What an entry of the store is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Optimised along its gradient.
    Parameter,
    /// Saved but not optimised: a running mean, say, which the layer itself renews.
    Buffer,
}

/// One value of the store.
#[derive(Clone, Debug)]
pub struct Entry<T> {
    pub(super) value: Tensor<T>,
    pub(super) role: Role,
    pub(super) frozen: bool,
    /// The storage before last, written next: a tape still shares the last one, and a new one would cost page faults.
    spare: Option<Arc<Vec<T>>>,
}

impl<T: Real> Entry<T> {
    pub(super) fn new(value: Tensor<T>, role: Role) -> Self {
        Entry { value, role, frozen: false, spare: None }
    }

    /// The value.
    pub fn value(&self) -> &Tensor<T> {
        &self.value
    }

    /// Parameter or buffer.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Whether nothing changes it: see [`Params::freeze`](super::Params::freeze).
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// Whether gradients are computed for it: a parameter that is not frozen.
    pub fn is_trained(&self) -> bool {
        self.role == Role::Parameter && !self.frozen
    }

    /// Lets `f` renew the value in one pass: `f(None, value)` in place where the storage is not shared, else
    /// `f(Some(old), new)`, where `new` holds garbage.
    pub(crate) fn rewrite(&mut self, f: impl FnOnce(Option<&[T]>, &mut [T])) {
        if let Some(value) = self.value.get_mut() {
            return f(None, value);
        }
        let free = self.spare.take().filter(|s| Arc::strong_count(s) == 1);
        let mut new = free.unwrap_or_else(|| Arc::new(vec![T::zero(); self.value.as_slice().len()]));
        f(Some(self.value.as_slice()), Arc::make_mut(&mut new).as_mut_slice());
        let new = Tensor::from_parts(self.value.dims().clone(), new);
        self.spare = Some(std::mem::replace(&mut self.value, new).into_parts().1);
    }
}
