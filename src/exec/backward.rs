//! `backward`: writes the adjoint program of a scalar loss, runs it with the forward lines it needs, and returns gradients.
//! Large values are freed as the run goes; small and pinned ones stay.

use std::sync::{Arc, OnceLock};

use ndarray::ArrayD;

use super::gradients::{Entry, Gradients};
use super::plan::Purpose;
use super::run::compute;
use super::store::Store;
use crate::adjoint::{Sweep, check_cotangent, check_scalar, reverse, seed, why_zero};
use crate::error::{Error, OrRaise};
use crate::real::Real;
use crate::tape::{Data, IntoTensor, Tape, Var, array_from};

impl<T: Real> Var<'_, T> {
    /// The gradient of this scalar with respect to every leaf made by [`Tape::var`](crate::Tape::var): ∂y/∂x for each x.
    ///
    /// Writes the adjoint lines, runs forward and adjoint lines together, and returns the results. It may be called again
    /// on the same tape. Gradients with respect to other lines, as lines: [`grad`](crate::grad).
    ///
    /// # Panics
    /// The line has more than one element, or values fault as in [`value`](Var::value).
    ///
    /// ```
    /// use ndarray::array;
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1., 2., 0.], [3., 9., 4.], [5., 6., 7.]]);
    /// let loss = x.reshape([1, 1, 3, 3]).max_pool2d(MaxPool2d::new(2).stride(1)).sum();
    /// assert_eq!(loss.backward()[x][[1, 1]], 4.0);           // the 9 won four windows
    /// ```
    #[track_caller]
    pub fn backward(self) -> Gradients<T> {
        self.try_backward().or_raise()
    }

    /// As [`backward`](Var::backward), with failures as errors.
    ///
    /// # Errors
    /// The line has more than one element, or values fault as in [`try_value`](Var::try_value).
    #[track_caller]
    pub fn try_backward(self) -> Result<Gradients<T>, Error> {
        check_scalar(self, "backward")?;
        let leaves = leaves_of(self.tape);
        let sweep = self.tape.or_take_back(|| reverse(self.tape, &[(self.id, seed(self).id)], &leaves));
        gradients(self, &leaves, sweep)
    }

    /// The vector–Jacobian product with a cotangent of this line's shape, for every leaf: Σ ȳ ∂y/∂x.
    ///
    /// # Panics
    /// The shapes differ, or values fault as in [`value`](Var::value).
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 2.]);
    /// assert_eq!((x * x).backward_with([1., 10.])[x].as_slice().unwrap(), [2., 40.]);
    /// ```
    #[track_caller]
    pub fn backward_with(self, cotangent: impl IntoTensor<T>) -> Gradients<T> {
        let cotangent = self.tape.constant(cotangent);
        check_cotangent(self, cotangent, "backward_with").or_raise();
        let leaves = leaves_of(self.tape);
        let sweep = self.tape.or_take_back(|| reverse(self.tape, &[(self.id, cotangent.id)], &leaves));
        gradients(self, &leaves, sweep).or_raise()
    }
}

/// The leaves that gradients are reported for.
pub(super) fn leaves_of<T: Real>(tape: &Tape<T>) -> Vec<u32> {
    tape.graph.borrow().vars.clone()
}

fn gradients<T: Real>(root: Var<'_, T>, leaves: &[u32], sweep: Sweep) -> Result<Gradients<T>, Error> {
    let tape = root.tape;
    let updates = tape.graph.borrow().updates.clone();
    let mut wanted: Vec<u32> = sweep.cotangents.iter().flatten().chain(updates.values()).copied().collect();
    // The loss is asked for next, as a rule; the value of a large root might not be needed at all.
    if root.count() == 1 {
        wanted.push(root.id);
    }
    compute(tape, &wanted, Purpose::Gradient)?;
    let zero: Vec<u32> = leaves.iter().zip(&sweep.cotangents).filter(|(_, c)| c.is_none()).map(|(&l, _)| l).collect();
    let mut reasons = why_zero(tape, root.id, &zero, &sweep).into_iter();
    let g = tape.graph.borrow();
    tape.with_slot(|store: &mut Store<T>| {
        let value = |store: &Store<T>, id| match store.get(id) {
            Some(Data::Real(v)) => Arc::clone(v),
            _ => unreachable!("a run computes the lines it was asked for"),
        };
        let cotangents: Vec<_> = sweep.cotangents.iter().map(|c| c.map(|id| value(store, id))).collect();
        let fresh: Vec<_> = updates.iter().map(|(name, &id)| (Arc::clone(name), id, value(store, id))).collect();
        // What the store gives up here and nobody else holds is handed to the caller without a copy.
        store.release_large(&g);
        let entry = |(&leaf, cotangent): (&u32, Option<Arc<Vec<T>>>)| {
            let (dims, name) = (g.dims(leaf), g.names.get(&leaf).cloned());
            match cotangent {
                Some(v) => Entry { leaf, name, array: owned(store, dims, v), why_zero: None },
                None => Entry { leaf, name, array: zeros(store, dims), why_zero: reasons.next().map(|r| r.text) },
            }
        };
        let entries = leaves.iter().zip(cotangents).map(entry).collect();
        let updates = fresh.into_iter().map(|(name, id, v)| (name, owned(store, g.dims(id), v))).collect();
        let (by_name, returns) = (OnceLock::new(), store.pool.returns());
        Ok(Gradients { tape: tape.identity(), entries, by_name, updates, returns })
    })
}

/// An array of its own: the storage itself where nobody else holds it, a copy otherwise.
fn owned<T: Real>(store: &mut Store<T>, dims: &[usize], v: Arc<Vec<T>>) -> ArrayD<T> {
    let v = Arc::try_unwrap(v).unwrap_or_else(|shared| {
        let mut copy = unshared(store, shared.len());
        copy.copy_from_slice(&shared);
        copy
    });
    array_from(dims, v)
}

fn zeros<T: Real>(store: &mut Store<T>, dims: &[usize]) -> ArrayD<T> {
    let mut v = unshared(store, dims.iter().product());
    v.fill(T::zero());
    array_from(dims, v)
}

fn unshared<T: Real>(store: &mut Store<T>, len: usize) -> Vec<T> {
    Arc::try_unwrap(store.pool.real(len)).expect("nobody shares a buffer from the pool")
}
