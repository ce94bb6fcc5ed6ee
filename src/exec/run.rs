//! The loop that computes a plan's lines, one kernel call each, and frees every value after its last reader.
//! What only values can tell (an index out of range) stops the run with the line's own source location.

use std::sync::Arc;

use smallvec::SmallVec;

use super::plan::{Plan, Purpose, plan};
use super::store::Store;
use crate::error::Error;
use crate::real::Real;
use crate::tape::{Arg, Cx, Data, Form, Graph, Kind, Out, Tape};

/// Numbers that random lines are a function of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub seed: u64,
    pub step: u64,
}

/// Computes the values of `wanted` that are not at hand.
pub(super) fn compute<T: Real>(tape: &Tape<T>, wanted: &[u32], purpose: Purpose) -> Result<(), Error> {
    let clock = Clock { seed: tape.seed(), step: tape.step() };
    let failed = tape.with_slot(|store: &mut Store<T>| {
        let g = tape.graph.borrow();
        let plan = plan(&g, store, wanted, purpose);
        run(&g, store, &plan, clock)
    });
    failed.map_err(|(line, e)| {
        let (op, site, operands) = {
            let g = tape.graph.borrow();
            let node = g.node(line);
            (node.op.get().name(), node.site, g.operands(line).to_vec())
        };
        tape.blame(e.at(site), op, &operands)
    })
}

/// Runs a plan; on a fault, the line it happened at and what happened.
fn run<T: Real>(g: &Graph<T>, store: &mut Store<T>, plan: &Plan, clock: Clock) -> Result<(), (u32, Error)> {
    for &head in &plan.steps {
        step(g, store, head, clock).map_err(|e| (head, e))?;
        for &o in g.operands(head) {
            let m = store.marks.at(o);
            m.readers -= 1;
            let done = m.readers == 0 && !m.keep && m.needed;
            // Values that were at hand before the plan are not its to free, except where they were marked in it.
            if done
                && !matches!(g.node(o).op.get().form(), Form::Leaf(_))
                && !store.is_pinned(o)
                && g.bytes(o) > super::store::SMALL
            {
                store.release(o);
            }
        }
    }
    Ok(())
}

fn step<T: Real>(g: &Graph<T>, store: &mut Store<T>, head: u32, clock: Clock) -> Result<(), Error> {
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
    let handed_over = op.overwrites().filter(|&i| {
        let m = *store.marks.at(operands[i]);
        m.readers == 1 && !m.keep && operands.iter().filter(|&&o| o == operands[i]).count() == 1
    });
    let taken = handed_over.and_then(|i| store.take(operands[i]).map(|data| (i, data)));
    let results = usize::from(node.results);
    let mut buffers: SmallVec<[Option<Data<T>>; 2]> = SmallVec::new();
    let mut unshared: Option<usize> = None;
    for k in 0..results {
        let id = head + k as u32;
        let wanted = store.marks.at(id).needed;
        buffers.push(match (g.node(id).kind(), wanted) {
            (_, false) => None,
            (Kind::Real, _) => Some(Data::Real(Arc::new(store.pool.real(g.count(id))))),
            (Kind::Int, _) => Some(Data::Int(Arc::new(store.pool.int(g.count(id))))),
        });
    }
    if let Some((i, data)) = taken {
        match data {
            Data::Real(v) if Arc::strong_count(&v) == 1 => {
                if let Some(fresh) = buffers[0].replace(Data::Real(v)) {
                    store.pool.put(fresh);
                }
                unshared = Some(i);
            }
            data => store.set(operands[i], data),
        }
    }
    let mut scratch = std::mem::take(&mut store.scratch);
    let outcome = {
        let args: SmallVec<[Arg<'_, T>; 4]> = (operands.iter().enumerate())
            .map(|(i, &o)| match unshared {
                Some(t) if t == i => Arg::of_taken(g.dims(o)),
                _ => Arg::new(store.get(o).expect("a plan computes operands first"), g.dims(o)),
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
    match outcome {
        Ok(()) => {
            for (k, b) in buffers.into_iter().enumerate() {
                let id = head + k as u32;
                match b {
                    // A result at hand from before is as good; keep the one that handles may share.
                    Some(data) if store.has(id) => store.pool.put(data),
                    Some(data) => store.set(id, data),
                    None => {}
                }
            }
            Ok(())
        }
        Err(fault) => {
            buffers.into_iter().flatten().for_each(|b| store.pool.put(b));
            Err(fault.into_error())
        }
    }
}
