//! `backward`: writes the adjoint program of a scalar loss, runs it with the forward lines it needs, and returns gradients.
//! Large values are freed as the run goes; small and pinned ones stay.

use std::sync::Arc;

use indexmap::IndexMap;
use ndarray::ArrayD;

use super::gradients::{Entry, Gradients};
use super::plan::Purpose;
use super::run::compute;
use super::store::Store;
use crate::adjoint::{Sweep, check_cotangent, check_scalar, reverse, seed, why_zero};
use crate::error::{Error, OrRaise};
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::{Data, IntoTensor, Tape, Var, array_from};

impl<T: Real> Var<'_, T> {
    /// The gradient of this scalar with respect to every leaf made by [`Tape::var`]: ∂y/∂x for each x.
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
        gradients(self, seed(self))
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
        check_cotangent(self, cotangent, "backward_with").and_then(|()| gradients(self, cotangent)).or_raise()
    }
}

fn gradients<T: Real>(root: Var<'_, T>, seed: Var<'_, T>) -> Result<Gradients<T>, Error> {
    let tape = root.tape;
    let leaves = tape.graph.borrow().vars.clone();
    let updates = tape.graph.borrow().updates.clone();
    let sweep = reverse(tape, &[(root.id, seed.id)], &leaves);
    let found = sweep.cotangents.iter().flatten();
    let wanted: Vec<u32> = found.chain(updates.values()).chain([&root.id]).copied().collect();
    compute(tape, &wanted, Purpose::Gradient)?;
    let entries = entries(tape, root, &leaves, &sweep);
    let names = {
        let g = tape.graph.borrow();
        leaves.iter().filter_map(|&id| g.names.get(&id).map(|n| (Arc::clone(n), id))).collect()
    };
    let updates = updates.iter().map(|(name, &id)| (Arc::clone(name), copy_of(tape, id))).collect();
    let returns = tape.with_slot(|store: &mut Store<T>| {
        store.release_large(|id| {
            id == root.id || matches!(tape.graph.borrow().node(id).op.get().form(), crate::tape::Form::Leaf(_))
        });
        store.pool.returns()
    });
    Ok(Gradients { tape: tape.identity(), entries, names, updates, returns })
}

fn entries<T: Real>(tape: &Tape<T>, root: Var<'_, T>, leaves: &[u32], sweep: &Sweep) -> IndexMap<u32, Entry<T>> {
    let entry = |(&leaf, cotangent): (&u32, &Option<u32>)| {
        let e = match *cotangent {
            Some(line) => Entry { array: array_of(tape, line), why_zero: None },
            None => Entry {
                array: ArrayD::zeros(ndarray::IxDyn(&tape.dims_of(leaf))),
                why_zero: Some(why_zero(tape, root.id, leaf, sweep)),
            },
        };
        (leaf, e)
    };
    leaves.iter().zip(&sweep.cotangents).map(entry).collect()
}

/// The value of a line as an array of its own: its storage where the line is an adjoint's alone, a copy otherwise.
fn array_of<T: Real>(tape: &Tape<T>, id: u32) -> ArrayD<T> {
    let dims = tape.dims_of(id);
    let written_by_rule = tape.graph.borrow().node(id).written_by_rule();
    let large = dims.count() * size_of::<T>() > super::store::SMALL;
    if !(written_by_rule && large) {
        return copy_of(tape, id);
    }
    tape.with_slot(|store: &mut Store<T>| match store.take(id) {
        Some(Data::Real(v)) => match Arc::try_unwrap(v) {
            Ok(v) => array_from(&dims, v),
            Err(shared) => {
                store.set(id, Data::Real(Arc::clone(&shared)));
                copy(store, &dims, &shared)
            }
        },
        _ => unreachable!("a run computes the cotangents it was asked for"),
    })
}

fn copy_of<T: Real>(tape: &Tape<T>, id: u32) -> ArrayD<T> {
    let dims = tape.dims_of(id);
    tape.with_slot(|store: &mut Store<T>| match store.get(id).cloned() {
        Some(Data::Real(v)) => copy(store, &dims, &v),
        _ => unreachable!("a run computes the lines it was asked for"),
    })
}

fn copy<T: Real>(store: &mut Store<T>, dims: &Dims, from: &[T]) -> ArrayD<T> {
    let mut buffer = store.pool.real(from.len());
    buffer.copy_from_slice(from);
    array_from(dims, buffer)
}
