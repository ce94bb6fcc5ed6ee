//! The loop that computes a plan's lines, one kernel call each, and frees every value after its last reader.
//! What only values can tell (an index out of range) stops the run with the line's own source location.

use std::sync::Arc;

use smallvec::SmallVec;

use super::plan::{Plan, Purpose, plan};
use super::store::Store;
use crate::error::Error;
use crate::real::Real;
use crate::tape::{Arg, Cx, Data, Fault, Form, Graph, Kind, Op, Out, Tape};

/// Numbers that random lines are a function of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub seed: u64,
    pub step: u64,
}

/// Computes the values of `wanted` that are not at hand.
pub(super) fn compute<T: Real>(tape: &Tape<T>, wanted: &[u32], purpose: Purpose) -> Result<(), Error> {
    let clock = Clock { seed: tape.seed(), step: tape.step() };
    tape.with_slot(|store: &mut Store<T>| {
        let g = tape.graph.borrow();
        let plan = plan(&g, store, wanted, purpose);
        run(&g, store, &plan, clock)
    })
}

/// Runs a plan whose marks the store holds; a fault becomes an error that names its line.
pub(super) fn run<T: Real>(g: &Graph<T>, store: &mut Store<T>, plan: &Plan, clock: Clock) -> Result<(), Error> {
    for &head in &plan.steps {
        step(g, store, head, clock).map_err(|fault| {
            let node = g.node(head);
            g.blame(fault.into_error().at(node.site), node.op.get().name(), g.operands(head))
        })?;
        for &o in g.operands(head) {
            let m = store.marks.at(o);
            m.readers -= 1;
            if m.readers == 0 && !m.keep {
                store.release(o);
            }
        }
    }
    Ok(())
}

/// Computes the wanted results of one line.
fn step<T: Real>(g: &Graph<T>, store: &mut Store<T>, head: u32, clock: Clock) -> Result<(), Fault> {
    let node = g.node(head);
    let op = node.op.get();
    let operands = g.operands(head);
    match op.form() {
        Form::Leaf(data) => {
            store.set(head, data.clone());
            return Ok(());
        }
        Form::Alias => {
            let data = store.get(operands[0]).expect("a plan computes operands first").clone();
            store.set(head, data);
            return Ok(());
        }
        _ => {}
    }
    let (mut taken, mut first) = hand_over(g, store, head, op).unzip();
    let mut buffers: SmallVec<[Option<Data<T>>; 2]> = SmallVec::new();
    for id in head..head + u32::from(node.results) {
        let wanted = store.marks.at(id).needed && !store.has(id);
        buffers.push(match (g.node(id).kind(), wanted) {
            (_, false) => None,
            (Kind::Real, _) => Some(Data::Real(first.take().unwrap_or_else(|| store.pool.real(g.count(id))))),
            (Kind::Int, _) => Some(Data::Int(store.pool.int(g.count(id)))),
        });
    }
    let mut scratch = std::mem::take(&mut store.scratch);
    let outcome = {
        let args: SmallVec<[Arg<'_, T>; 4]> = (operands.iter().enumerate())
            .map(|(i, &o)| match taken.take_if(|t| *t == i) {
                Some(_) => Arg::of_taken(g.dims(o)),
                None => Arg::new(store.get(o).expect("a plan computes operands first"), g.dims(o)),
            })
            .collect();
        let mut outs: SmallVec<[Out<'_, T>; 2]> = (buffers.iter_mut().enumerate())
            .map(|(k, b)| {
                let dims = g.dims(head + k as u32);
                match b {
                    None => Out::unwanted(dims),
                    Some(Data::Real(v)) => Out::of_real(Arc::get_mut(v).expect("the buffer is fresh"), dims),
                    Some(Data::Int(v)) => Out::of_int(Arc::get_mut(v).expect("the buffer is fresh"), dims),
                }
            })
            .collect();
        op.eval(&args, &mut outs, &mut Cx { seed: clock.seed, step: clock.step, scratch: &mut scratch })
    };
    store.scratch = scratch;
    store.count_run(head);
    for (id, data) in (head..).zip(buffers) {
        match (data, &outcome) {
            (Some(data), Ok(())) => store.set(id, data),
            (Some(data), Err(_)) => store.pool.put(data),
            (None, _) => {}
        }
    }
    outcome
}

/// The operand whose buffer becomes result 0, and the buffer: where the operation can work in place, this line is the
/// operand's last reader, and nobody else holds its storage.
fn hand_over<T: Real>(g: &Graph<T>, store: &mut Store<T>, head: u32, op: &dyn Op<T>) -> Option<(usize, Arc<Vec<T>>)> {
    let i = op.overwrites()?;
    let operand = *g.operands(head).get(i)?;
    let m = *store.marks.at(operand);
    let fits = g.node(head).kind() == Kind::Real && g.count(operand) == g.count(head);
    if m.keep || m.readers != 1 || !fits || !store.marks.at(head).needed || store.has(head) {
        return None;
    }
    match store.take(operand)? {
        Data::Real(v) if Arc::strong_count(&v) == 1 => Some((i, v)),
        shared => {
            store.set(operand, shared);
            None
        }
    }
}
