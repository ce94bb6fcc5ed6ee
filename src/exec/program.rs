//! A frozen tape: recorded and planned once, run again and again with new inputs, from any thread.
//! Its leaves with names are its inputs; all other leaves keep the values they were recorded with.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::nonfinite::ancestors;
use super::plan::{Plan, Purpose, plan};
use super::ports::{Decisions, Inputs, Named, Output, Outputs, Spare};
use super::run::{Clock, prepare, run};
use super::store::Store;
use crate::error::Error;
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::{Data, Form, Graph, Kind, Operand, Prepared, Sig, Slot, Tape, Tensor};

/// A frozen tape: `Send + Sync`, with inputs and outputs by name.
///
/// Running it gives the same bits as recording the same lines anew, without recording, planning, or, once the workspace
/// has buffers of the right sizes, allocating. Data-dependent choices (which cell wins a pooling window) are made
/// anew in every run; shapes are those of the recording.
///
/// ```
/// use wengert::{Inputs, Workspace, prelude::*};
/// let tape = Tape::new();
/// let w = tape.var([0.5, -1.0]).named("w");
/// let x = tape.constant([1., 1.]).named("x");
/// let loss = (w * x).square().sum();
/// let dw = grad(loss, &[w])[0];
/// let program = tape.freeze(&[("loss", loss.into()), ("dw", dw.into())])?;
///
/// let mut workspace = Workspace::new();
/// let inputs = Inputs::new().real("w", [1., 2.]).real("x", [3., 4.]);
/// let out = program.run(&inputs, &mut workspace)?;
/// assert_eq!(out.item("loss"), Some(73.0));
/// assert_eq!(out["dw"].as_slice(), [18., 64.]);
///
/// let wrong = program.run(&inputs.real("x", [3., 4., 5.]), &mut workspace).unwrap_err();
/// assert!(wrong.to_string().contains("input `x`"));
/// # Ok::<(), wengert::Error>(())
/// ```
pub struct Program<T: Real> {
    graph: Graph<T>,
    inputs: Named<Arc<str>, Input>,
    outputs: Arc<Named<Arc<str>, u32>>,
    plan: Plan<T>,
    /// What operations have made of leaves without names, which are the same in every run.
    prepared: Vec<Option<Prepared>>,
    /// Operations that checked an integer leaf when they were recorded, and check its new values.
    checked: Vec<u32>,
    /// Lines with the choices that the program makes, where it was frozen to watch them.
    watched: Vec<u32>,
    seed: u64,
    /// Tells programs apart.
    id: u64,
}

#[derive(Clone, Debug)]
struct Input {
    line: u32,
    kind: Kind,
    dims: Dims,
    /// Whether an output depends on it.
    needed: bool,
}

/// The buffers of program runs; one for each thread that runs programs, good for any number of programs.
#[derive(Debug)]
pub struct Workspace<T: Real> {
    store: Store<T>,
    decisions: Decisions,
    spare: Spare<T>,
}

impl<T: Real> Default for Workspace<T> {
    fn default() -> Self {
        Workspace { store: Store::default(), decisions: Decisions::default(), spare: Spare::default() }
    }
}

impl<T: Real> Workspace<T> {
    /// An empty workspace; buffers come with the first run.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes of the buffers held.
    pub fn bytes_held(&self) -> usize {
        self.store.bytes_held()
    }
}

impl<T: Real> Tape<T> {
    /// Freezes the lines that `outputs` depend on into a [`Program`].
    ///
    /// Leaves with [names](crate::Var::named) become inputs. An output is any line: a loss, a line of
    /// [`grad`](crate::grad), the new value of a running statistic, a prediction's index. The tape stays as it is.
    ///
    /// # Errors
    /// Two outputs or two leaves have the same name, or a line stands on another tape.
    #[track_caller]
    pub fn freeze(&self, outputs: &[(&str, Operand<'_, T>)]) -> Result<Program<T>, Error> {
        self.freeze_with(outputs, |_| Vec::new())
    }

    /// As [`freeze`](Tape::freeze); a run then also says whether any decision is another one than in the run before
    /// ([`Outputs::decisions_changed`](crate::Outputs::decisions_changed)): which cell wins a pooling window, on which side of a kink an element is.
    ///
    /// While it says no, the program computes one and the same smooth function.
    ///
    /// # Errors
    /// As [`freeze`](Tape::freeze).
    ///
    /// ```
    /// use wengert::{Inputs, Workspace, prelude::*};
    /// let tape = Tape::new();
    /// let x = tape.var([1., -1.]).named("x");
    /// let program = tape.freeze_watching(&[("y", x.relu().sum().into())])?;
    /// let mut workspace = Workspace::new();
    /// let mut changed = |x: [f32; 2]| {
    ///     program.run(&Inputs::new().real("x", x), &mut workspace).map(|out| out.decisions_changed())
    /// };
    /// assert_eq!(changed([1., -1.])?, None);              // nothing to compare with
    /// assert_eq!(changed([2., -3.])?, Some(false));
    /// assert_eq!(changed([2., 3.])?, Some(true));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn freeze_watching(&self, outputs: &[(&str, Operand<'_, T>)]) -> Result<Program<T>, Error> {
        self.and_take_back(|| {
            self.freeze_with(outputs, |lines| {
                let decides = |&id: &u32| self.decision(id).map(|decision| decision.choice.id);
                lines.iter().filter_map(decides).collect()
            })
        })
    }

    #[track_caller]
    fn freeze_with(
        &self,
        outputs: &[(&str, Operand<'_, T>)],
        watch: impl FnOnce(&[u32]) -> Vec<u32>,
    ) -> Result<Program<T>, Error> {
        let mut lines: Named<Arc<str>, u32> = Named::default();
        for (k, (name, operand)) in outputs.iter().enumerate() {
            let (tape, id) = operand.place();
            if !std::ptr::eq(tape, self) {
                return Err(self.foreign("freeze", k, &[*operand]));
            }
            if lines.insert(Arc::from(*name), id).is_some() {
                let e = Error::argument(format!("two outputs are called `{name}`"))
                    .rule("names of outputs are unique")
                    .fix("rename one");
                return Err(self.blame(e, "freeze", &[id]));
            }
        }
        let roots: Vec<u32> = lines.values().copied().collect();
        let watched = watch(&ancestors(self, &roots));
        let mut inputs: Named<Arc<str>, Input> = Named::default();
        let g = self.graph.borrow();
        for (&line, name) in &g.names {
            if matches!(g.node(line).op.get().form(), Form::Leaf(_)) {
                let input = Input { line, kind: g.node(line).kind(), dims: Dims::from(g.dims(line)), needed: false };
                if let Some(first) = inputs.insert(Arc::clone(name), input) {
                    let e = Error::argument(format!("two leaves are called `{name}`"))
                        .rule("leaves with names are a program's inputs, so that their names are unique")
                        .fix("rename one");
                    return Err(self.blame(e, "freeze", &[first.line, line]));
                }
            }
        }
        Ok(Program::new(&g, inputs, lines, watched, self.seed()))
    }
}

impl<T: Real> Program<T> {
    fn new(
        g: &Graph<T>,
        mut inputs: Named<Arc<str>, Input>,
        outputs: Named<Arc<str>, u32>,
        watched: Vec<u32>,
        seed: u64,
    ) -> Self {
        let mut store = Store::default();
        for input in inputs.values() {
            store.set(input.line, empty(input.kind));
        }
        let wanted: Vec<u32> = outputs.values().chain(&watched).copied().collect();
        let plan = plan(g, &mut store, &wanted, Purpose::Replay);
        for input in inputs.values_mut() {
            input.needed = store.marks.has(input.line);
        }
        let ints: HashSet<u32> = inputs.values().filter(|i| i.kind == Kind::Int).map(|i| i.line).collect();
        let reads_ints = |head: &u32| g.operands(*head).iter().any(|id| ints.contains(id));
        let mut checked: Vec<u32> = plan.computed.iter().map(|&id| g.head(id)).filter(reads_ints).collect();
        checked.dedup();
        // Storage that no run reads stays with its owners: a parameter is changed in place only while nobody shares it.
        let graph = g.without_leaves(|id| store.has(id) || !store.marks.has(id));
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let prepared = prepare(&graph, &plan);
        Program { graph, prepared, inputs, outputs: Arc::new(outputs), plan, checked, watched, seed, id }
    }

    pub(super) fn graph(&self) -> &Graph<T> {
        &self.graph
    }

    pub(super) fn plan(&self) -> &Plan<T> {
        &self.plan
    }

    /// Name, kind and shape of each input, in the order of recording.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, Kind, &Dims)> {
        self.inputs.iter().map(|(name, i)| (&**name, i.kind, &i.dims))
    }

    /// Name, kind and shape of each output, in the order in which they were asked for.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, Kind, Dims)> {
        self.outputs.iter().map(|(name, &id)| (&**name, self.graph.node(id).kind(), Dims::from(self.graph.dims(id))))
    }

    /// The number of steps of a run: kernel calls and fused passes.
    pub fn steps(&self) -> usize {
        self.plan.steps.len()
    }

    /// Computes the outputs from the inputs.
    ///
    /// An input on which no output depends may be left out.
    ///
    /// # Errors
    /// A name that is no input, an input without a value, a value of the wrong kind or shape, an integer out of range;
    /// and what only values can tell, with the source line at which the operation was recorded. The workspace stays usable.
    pub fn run(&self, inputs: &Inputs<T>, workspace: &mut Workspace<T>) -> Result<Outputs<T>, Error> {
        self.accept(inputs)?;
        let store = &mut workspace.store;
        store.clear();
        for (k, (name, input)) in self.inputs.iter().enumerate() {
            if let Some((_, data)) = inputs.get(k, name) {
                store.set(input.line, data.clone());
            }
        }
        let clock = Clock { seed: self.seed, step: inputs.step() };
        let ran = run(&self.graph, store, &self.plan, clock, &self.prepared);
        let changed = match ran {
            Ok(()) => workspace.decisions.compare(self.id, self.watched.iter().map(|&id| store.get(id))),
            Err(_) => None,
        };
        let mut values = workspace.spare.take();
        let values = ran.map(|()| {
            values.extend(self.outputs.values().map(|&id| self.output(store, id)));
            values
        });
        // Outputs stay until the next run, to be used again if their tensors are dropped; what belongs to others goes now.
        match values {
            Ok(_) => store.release_foreign(),
            Err(_) => store.clear(),
        }
        Ok(Outputs { lines: Arc::clone(&self.outputs), values: values?, changed, spare: workspace.spare.clone() })
    }

    /// Whether the inputs are those that the program takes.
    fn accept(&self, inputs: &Inputs<T>) -> Result<(), Error> {
        let mut found = 0;
        for (k, (name, input)) in self.inputs.iter().enumerate() {
            match inputs.get(k, name) {
                Some((dims, data)) => {
                    found += 1;
                    let kind = if data.real().is_some() { Kind::Real } else { Kind::Int };
                    self.fits(name, input, kind, dims)?;
                }
                None if input.needed => {
                    // A name with a slip in it says more.
                    self.refuse_unknown(inputs)?;
                    return Err(Error::argument(format!("input `{name}` has no value"))
                        .rule("every input that an output depends on is given a value")
                        .fix(format!("add `.{}(\"{name}\", ..)`", method(input.kind)))
                        .about("program")
                        .operand(self.graph.describe(input.line)));
                }
                None => {}
            }
        }
        if found < inputs.len() {
            self.refuse_unknown(inputs)?;
        }
        self.check_integers(inputs)
    }

    fn refuse_unknown(&self, inputs: &Inputs<T>) -> Result<(), Error> {
        if let Some(name) = inputs.names().find(|name| !self.inputs.contains_key(*name)) {
            let names: Vec<&str> = self.inputs.keys().map(|n| &**n).collect();
            return Err(Error::argument(format!("there is no input `{name}`"))
                .rule(format!("the program's inputs are {names:?}"))
                .fix("leave it out, or name the leaf before freezing the tape")
                .about("program"));
        }
        Ok(())
    }

    fn fits(&self, name: &str, input: &Input, kind: Kind, dims: &Dims) -> Result<(), Error> {
        let about = |e: Error| Err(e.about("program").operand(self.graph.describe(input.line)));
        if kind != input.kind {
            let words = |kind| if kind == Kind::Real { "real numbers" } else { "integers" };
            return about(
                Error::kind(format!("input `{name}` is given {}", words(kind)))
                    .rule(format!("it takes {}", words(input.kind)))
                    .fix(format!("use `.{}(\"{name}\", ..)`", method(input.kind))),
            );
        }
        if *dims != input.dims {
            return about(
                Error::shape(format!("input `{name}` is given shape {dims}"))
                    .rule(format!("a program's shapes are those it was recorded with: {}", input.dims))
                    .fix("reshape the value, or record and freeze a tape for this shape"),
            );
        }
        Ok(())
    }

    /// Asks the shape rules again where they looked at integers, with the new ones.
    fn check_integers(&self, inputs: &Inputs<T>) -> Result<(), Error> {
        let g = &self.graph;
        let given = |line: u32| {
            let (k, name) =
                self.inputs.iter().enumerate().find_map(|(k, (name, i))| (i.line == line).then_some((k, name)))?;
            inputs.get(k, name)?.1.int()
        };
        for &head in &self.checked {
            let operands = g.operands(head);
            let mut sigs = g.sigs(operands);
            for (sig, &o) in sigs.iter_mut().zip(operands) {
                if let Some(v) = given(o) {
                    *sig = Sig { known: Some(v), ..*sig };
                }
            }
            let op = g.node(head).op.get();
            let same = op.infer(&sigs).and_then(|results| {
                let recorded = (head..).map(|id| (g.node(id).kind(), g.dims(id)));
                if results.iter().zip(recorded).all(|(r, (kind, dims))| r.kind == kind && r.dims[..] == *dims) {
                    return Ok(());
                }
                Err(Error::shape("the shape of the result follows from integers that are other ones now")
                    .rule("a program's shapes are those it was recorded with")
                    .fix("record and freeze a tape for these integers"))
            });
            same.map_err(|e| g.blame(e.at(g.node(head).site), op.name(), operands))?;
        }
        Ok(())
    }

    fn output(&self, store: &Store<T>, id: u32) -> Output<T> {
        let dims = Dims::from(self.graph.dims(id));
        match store.get(id).expect("a run computes a program's outputs") {
            Data::Real(v) => Output::Real(Tensor::from_parts(dims, Arc::clone(v))),
            Data::Int(v) => Output::Int(Tensor::from_parts(dims, Arc::clone(v))),
        }
    }
}

fn empty<T>(kind: Kind) -> Data<T> {
    match kind {
        Kind::Real => Data::Real(Arc::default()),
        Kind::Int => Data::Int(Arc::default()),
    }
}

fn method(kind: Kind) -> &'static str {
    match kind {
        Kind::Real => "real",
        Kind::Int => "ints",
    }
}

impl<T: Real> fmt::Debug for Program<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("type", &T::NAME)
            .field("inputs", &self.inputs.keys().collect::<Vec<_>>())
            .field("outputs", &self.outputs.keys().collect::<Vec<_>>())
            .field("steps", &self.steps())
            .finish()
    }
}
