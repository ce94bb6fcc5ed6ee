//! Values of another recording of the same program, taken over where no changed leaf leads to them.
//! So a model that is run again with one input changed computes only what lies downstream of that input.

use std::sync::Arc;

use super::store::Store;
use crate::real::Real;
use crate::tape::{Data, Form, Op, OpRef, Tape};

impl<T: Real> Tape<T> {
    /// Keeps every value that is computed from now on for the lines so far, however large.
    pub(crate) fn keep_all(&self) {
        self.with_slot(|store: &mut Store<T>| (0..self.len() as u32).for_each(|id| store.pin(id)));
    }

    /// The first line whose own operation is another than that of the same line of `other`, but for the leaves `except`.
    pub(crate) fn first_difference(&self, other: &Tape<T>, except: &[u32]) -> Option<u32> {
        let (mine, theirs) = (self.graph.borrow(), other.graph.borrow());
        (0..mine.len() as u32).filter(|id| mine.head(*id) == *id && !except.contains(id)).find(|&id| {
            let (a, b) = (&mine.node(id).op, &theirs.node(id).op);
            !equal(a, b) && !alike(a, b)
        })
    }

    /// Takes over the values of `other`, which has the same [fingerprint](Tape::fingerprint), for all lines that compute
    /// the same there: equal operations on equal operands, down to leaves with the same elements.
    pub(crate) fn adopt(&self, other: &Tape<T>) {
        let (mine, theirs) = (self.graph.borrow(), other.graph.borrow());
        let mut same = vec![false; mine.len().min(theirs.len())];
        self.with_slot(|store: &mut Store<T>| {
            store.stray();
            other.with_slot(|from: &mut Store<T>| {
                for id in 0..same.len() as u32 {
                    let head = mine.head(id);
                    same[id as usize] = match head == id {
                        true => {
                            let operands = mine.operands(id);
                            operands.iter().all(|&o| same[o as usize]) && equal(&mine.node(id).op, &theirs.node(id).op)
                        }
                        false => same[head as usize],
                    };
                    if same[id as usize]
                        && !store.has(id)
                        && let Some(data) = from.get(id)
                    {
                        store.set(id, data.clone());
                    }
                }
            });
        });
    }
}

/// Whether two operations compute the same; a user's own may hold what no attribute tells, but `Debug` does.
///
/// A `Debug` that leaves something out, as that of a large array and `finish_non_exhaustive` do, marks it by dots.
fn equal<T: Real>(a: &OpRef<T>, b: &OpRef<T>) -> bool {
    match (a, b) {
        (OpRef::Row(a), OpRef::Row(b)) => {
            let bits = |p: &[T; 2]| p.map(Real::bits);
            std::ptr::eq(a.row, b.row) && bits(&a.params) == bits(&b.params)
        }
        (OpRef::Static(a), OpRef::Static(b)) => a.name() == b.name(),
        (OpRef::Shared(a), OpRef::Shared(b)) => match (a.form(), b.form()) {
            (Form::Leaf(a), Form::Leaf(b)) => equal_data(a, b),
            _ => Arc::ptr_eq(a, b) || a.name() == b.name() && told_in_full(&**a, &**b),
        },
        _ => false,
    }
}

/// Whether two operations other than leaves look the same, as far as they tell.
fn alike<T: Real>(a: &OpRef<T>, b: &OpRef<T>) -> bool {
    match (a, b) {
        (OpRef::Shared(a), OpRef::Shared(b)) => {
            !matches!(a.form(), Form::Leaf(_)) && format!("{a:?}") == format!("{b:?}")
        }
        _ => false,
    }
}

fn told_in_full<T: Real>(a: &dyn Op<T>, b: &dyn Op<T>) -> bool {
    let told = format!("{a:?}");
    !["...", ".. }", "..)"].iter().any(|dots| told.contains(dots)) && told == format!("{b:?}")
}

fn equal_data<T: Real>(a: &Data<T>, b: &Data<T>) -> bool {
    match (a, b) {
        (Data::Real(a), Data::Real(b)) => {
            Arc::ptr_eq(a, b) || a.len() == b.len() && a.iter().zip(&**b).all(|(a, b)| a.bits() == b.bits())
        }
        (Data::Int(a), Data::Int(b)) => a == b,
        _ => false,
    }
}
