//! Values of another recording of the same program, taken over where no changed leaf leads to them.
//! So a model that is run again with one input changed computes only what lies downstream of that input.

use std::sync::Arc;

use super::store::Store;
use crate::real::Real;
use crate::tape::{Data, Form, OpRef, Tape};

impl<T: Real> Tape<T> {
    /// Keeps every value that is computed from now on for the lines so far, however large.
    pub(crate) fn keep_all(&self) {
        self.with_slot(|store: &mut Store<T>| (0..self.len() as u32).for_each(|id| store.pin(id)));
    }

    /// Takes over the values of `other`, which has the same [fingerprint](Tape::fingerprint), for all lines that compute
    /// the same there: equal operations on equal operands, down to leaves with the same elements.
    pub(crate) fn adopt(&self, other: &Tape<T>) {
        let (mine, theirs) = (self.graph.borrow(), other.graph.borrow());
        let mut same = vec![false; mine.len().min(theirs.len())];
        self.with_slot(|store: &mut Store<T>| {
            store.fit(mine.len());
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
fn equal<T: Real>(a: &OpRef<T>, b: &OpRef<T>) -> bool {
    match (a, b) {
        (OpRef::Row(a), OpRef::Row(b)) => {
            let bits = |p: &[T; 2]| p.map(Real::bits);
            std::ptr::eq(a.row, b.row) && bits(&a.params) == bits(&b.params)
        }
        (OpRef::Static(a), OpRef::Static(b)) => a.name() == b.name(),
        (OpRef::Shared(a), OpRef::Shared(b)) => match (a.form(), b.form()) {
            (Form::Leaf(a), Form::Leaf(b)) => equal_data(a, b),
            _ => Arc::ptr_eq(a, b) || format!("{a:?}") == format!("{b:?}"),
        },
        _ => false,
    }
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
