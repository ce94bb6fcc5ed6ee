//! The loop that runs a plan's steps: kernel calls and fused passes, each on buffers that the plan has named.
//! What only values can tell (an index out of range) stops the run with the line's own source location.

use std::sync::Arc;

use smallvec::SmallVec;

use super::plan::{Action, Plan, Purpose, Source, Step, mix, plan};
use super::store::Store;
use crate::error::Error;
use crate::kernels::fused::{In, OutPort, Pass};
use crate::real::Real;
use crate::tape::{Arg, Cx, Data, Fault, Form, Graph, Out, Prepared, Tape};

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
        if wanted.iter().all(|&id| store.has(id)) {
            return Ok(());
        }
        let g = tape.graph.borrow();
        let start = mix(mix(store.history(), g.structure()), purpose as u64 | u64::from(store.line_by_line) << 8);
        let key = wanted.iter().fold(start, |key, &id| mix(key, u64::from(id)));
        let plan = match store.plans.find(key) {
            Some(plan) => plan,
            None => {
                let fresh = Arc::new(plan(&g, store, wanted, purpose));
                store.plans.add(key, &fresh);
                fresh
            }
        };
        store.begin_run(&plan, key);
        run(&g, store, &plan, clock, &[])
    })
}

/// Runs a plan and keeps what it says; a fault becomes an error that names its line.
///
/// `prepared` stands beside the plan's sources, or is empty.
pub(super) fn run<T: Real>(
    g: &Graph<T>,
    store: &mut Store<T>,
    plan: &Plan<T>,
    clock: Clock,
    prepared: &[Option<Prepared>],
) -> Result<(), Error> {
    for step in &plan.steps {
        match &step.action {
            Action::Call(head) => {
                if let Err(fault) = call(g, store, plan, step, *head, clock, prepared) {
                    store.stray();
                    let node = g.node(*head);
                    return Err(g.blame(fault.into_error().at(node.site), node.op.get().name(), g.operands(*head)));
                }
            }
            Action::Pass(pass) => run_pass(g, store, plan, step, pass),
        }
        for &id in &plan.released[step.releases.start as usize..step.releases.end as usize] {
            store.release(id);
        }
    }
    for &(id, source) in &plan.kept {
        match source {
            Source::Leaf(leaf) => store.set(id, leaf_of(g, leaf).clone()),
            Source::Held(held) => {
                let data = store.get(held).expect("what is at hand stays until it is released").clone();
                store.set(id, data);
            }
            Source::Real { slot, .. } => store.keep_real(id, slot),
            Source::Int { slot, .. } => store.keep_int(id, slot),
            Source::Output(_) => unreachable!("a kept value is in a buffer"),
        }
    }
    for &(_, source) in &plan.kept {
        match source {
            Source::Real { slot, .. } => store.let_go(slot, false),
            Source::Int { slot, .. } => store.let_go(slot, true),
            _ => {}
        }
    }
    Ok(())
}

/// Buffers of a step's results, out of the store while the step runs.
type Buffers<T> = SmallVec<[Option<Data<T>>; 8]>;

fn take_buffers<T: Real>(store: &mut Store<T>, plan: &Plan<T>, step: &Step<T>) -> Buffers<T> {
    let sources = &plan.sources[step.operands.start as usize..step.operands.end as usize];
    let targets = &plan.targets[step.results.start as usize..step.results.end as usize];
    let mut buffers = Buffers::new();
    let buffer = |(k, target): (usize, &Option<Source>)| match *target {
        None => None,
        Some(Source::Int { slot, .. }) => {
            let mut v = store.int(slot, plan.ints[slot as usize]);
            if cfg!(debug_assertions) {
                Arc::make_mut(&mut v).fill(u32::MAX);
            }
            Some(Data::Int(v))
        }
        Some(Source::Real { slot, .. }) => {
            let mut v = store.real(slot, plan.reals[slot as usize]);
            // A kernel that leaves an element unwritten shows in debug builds.
            if cfg!(debug_assertions) && !sources.contains(&Source::Output(k as u32)) {
                Arc::make_mut(&mut v).fill(T::nan());
            }
            Some(Data::Real(v))
        }
        Some(_) => unreachable!("results are written to buffers"),
    };
    buffers.extend(targets.iter().enumerate().map(buffer));
    buffers
}

fn put_buffers<T: Real>(store: &mut Store<T>, plan: &Plan<T>, step: &Step<T>, buffers: Buffers<T>) {
    let targets = &plan.targets[step.results.start as usize..step.results.end as usize];
    for (target, data) in targets.iter().zip(buffers) {
        match (target, data) {
            (Some(Source::Real { slot, .. }), Some(Data::Real(v))) => store.put_real(*slot, v),
            (Some(Source::Int { slot, .. }), Some(Data::Int(v))) => store.put_int(*slot, v),
            _ => {}
        }
    }
}

fn leaf_of<T: Real>(g: &Graph<T>, id: u32) -> &Data<T> {
    match g.node(id).op.get().form() {
        Form::Leaf(data) => data,
        _ => unreachable!("the plan says that the line is a leaf"),
    }
}

/// The numbers of an operand.
enum Numbers<'a, T> {
    Real(&'a [T]),
    Int(&'a [u32]),
    Taken(u32),
}

fn numbers<'a, T: Real>(g: &'a Graph<T>, store: &'a Store<T>, source: Source) -> Numbers<'a, T> {
    let of = |data: &'a Data<T>| match data {
        Data::Real(v) => Numbers::Real(&v[..]),
        Data::Int(v) => Numbers::Int(&v[..]),
    };
    match source {
        Source::Leaf(id) => of(leaf_of(g, id)),
        Source::Held(id) => of(store.get(id).expect("what is at hand stays until it is released")),
        Source::Real { slot, len } => Numbers::Real(&store.real_at(slot)[..len]),
        Source::Int { slot, len } => Numbers::Int(&store.int_at(slot)[..len]),
        Source::Output(k) => Numbers::Taken(k),
    }
}

/// What operations make of leaves that are the same in every run of a plan, beside its sources.
pub(super) fn prepare<T: Real>(g: &Graph<T>, plan: &Plan<T>) -> Vec<Option<Prepared>> {
    let mut all: Vec<Option<Prepared>> = plan.sources.iter().map(|_| None).collect();
    for step in &plan.steps {
        let Action::Call(head) = step.action else { continue };
        let (op, operands) = (g.node(head).op.get(), g.operands(head));
        for (k, &o) in operands.iter().enumerate() {
            let at = step.operands.start as usize + k;
            if let Source::Leaf(leaf) = plan.sources[at] {
                let arg = match leaf_of(g, leaf) {
                    Data::Real(v) => Arg::of_real(v, g.dims(o)),
                    Data::Int(v) => Arg::of_int(v, g.dims(o)),
                };
                all[at] = op.prepare(k, &g.sigs(operands), &arg);
            }
        }
    }
    all
}

/// Computes the wanted results of one line.
fn call<T: Real>(
    g: &Graph<T>,
    store: &mut Store<T>,
    plan: &Plan<T>,
    step: &Step<T>,
    head: u32,
    clock: Clock,
    prepared: &[Option<Prepared>],
) -> Result<(), Fault> {
    let mut buffers = take_buffers(store, plan, step);
    let mut scratch = std::mem::take(&mut store.scratch);
    let sources = &plan.sources[step.operands.start as usize..step.operands.end as usize];
    let operands = g.operands(head);
    let outcome = {
        // Filled where they are: to collect them would move their whole room.
        let mut args = SmallVec::<[Arg<'_, T>; 8]>::new();
        for (k, (&o, &source)) in operands.iter().zip(sources).enumerate() {
            let arg = match numbers(g, store, source) {
                Numbers::Real(v) => Arg::of_real(v, g.dims(o)),
                Numbers::Int(v) => Arg::of_int(v, g.dims(o)),
                Numbers::Taken(_) => Arg::of_taken(g.dims(o)),
            };
            args.push(arg.with_prepared(prepared.get(step.operands.start as usize + k).and_then(Option::as_ref)));
        }
        let mut outs = SmallVec::<[Out<'_, T>; 8]>::new();
        for (id, b) in (head..).zip(&mut buffers) {
            let (dims, count) = (g.dims(id), g.count(id));
            outs.push(match b {
                None => Out::unwanted(dims),
                Some(Data::Real(v)) => Out::of_real(&mut owned(v)[..count], dims),
                Some(Data::Int(v)) => Out::of_int(&mut owned(v)[..count], dims),
            });
        }
        let op = g.node(head).op.get();
        op.eval(&args, &mut outs, &mut Cx { seed: clock.seed, step: clock.step, scratch: &mut scratch })
    };
    store.scratch = scratch;
    put_buffers(store, plan, step, buffers);
    outcome
}

fn owned<E>(v: &mut Arc<Vec<E>>) -> &mut Vec<E> {
    Arc::get_mut(v).expect("the store hands out buffers that nobody else holds")
}

fn run_pass<T: Real>(g: &Graph<T>, store: &mut Store<T>, plan: &Plan<T>, step: &Step<T>, pass: &Pass<T>) {
    let mut buffers = take_buffers(store, plan, step);
    let sources = &plan.sources[step.operands.start as usize..step.operands.end as usize];
    let targets = &plan.targets[step.results.start as usize..step.results.end as usize];
    {
        // As in `call`.
        let mut inputs = SmallVec::<[In<'_, T>; 16]>::new();
        for &source in sources {
            inputs.push(match numbers(g, store, source) {
                Numbers::Real(v) => In::Real(v),
                Numbers::Int(v) => In::Int(v),
                Numbers::Taken(k) => In::Output(k),
            });
        }
        let mut outputs = SmallVec::<[OutPort<'_, T>; 8]>::new();
        for (b, target) in buffers.iter_mut().zip(targets) {
            outputs.push(match (b, target) {
                (Some(Data::Real(v)), Some(Source::Real { len, .. })) => OutPort::real(&mut owned(v)[..*len]),
                (Some(Data::Int(v)), Some(Source::Int { len, .. })) => OutPort::int(&mut owned(v)[..*len]),
                _ => unreachable!("a pass computes wanted lines only"),
            });
        }
        pass.run(&inputs, &mut outputs);
    }
    put_buffers(store, plan, step, buffers);
}
