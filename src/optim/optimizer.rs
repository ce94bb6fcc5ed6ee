//! What an optimiser is, the state it can be saved with, and what every step checks first.
//! A step either fits the store as a whole or changes nothing.

use indexmap::IndexMap;
use ndarray::ArrayD;

use crate::error::Error;
use crate::exec::Gradients;
use crate::nn::{Entry, Params, Role};
use crate::real::Real;
use crate::tape::Tensor;

/// A rule that renews parameters along their gradients.
///
/// All of the crate's optimisers do the following in a step. Gradients find their parameters by name; one for an unknown
/// name or of a wrong shape is an error, a name that several leaves have too, and nothing has changed then. A parameter that no derivative arrives at, or that
/// was not on the tape, is left alone: no decay, no momentum, no count. Frozen entries never change. New values of buffers
/// that were registered on the tape ([`Leaves::update`](crate::nn::Leaves::update)) are written.
pub trait Optimizer<T: Real> {
    /// One step.
    ///
    /// # Errors
    /// A gradient or buffer has no entry of its name in the store, or another shape, or shares its name with another.
    fn step(&mut self, params: &mut Params<T>, grads: &Gradients<T>) -> Result<(), Error>;

    /// The learning rate.
    fn rate(&self) -> f64;

    /// Sets the learning rate; schedules do it before each step.
    fn set_rate(&mut self, rate: f64);

    /// The name that saved state carries.
    fn name(&self) -> &'static str;

    /// What a resumed run needs, in a fixed order; storage is copied.
    fn state(&self) -> State<T>;

    /// Continues from saved state.
    ///
    /// # Errors
    /// The state is not one of this kind of optimiser: a count or tensor is missing, or has a name it does not know.
    fn set_state(&mut self, state: State<T>) -> Result<(), Error>;
}

/// The state of an optimiser between two steps, for saving.
///
/// ```
/// use wengert::nn::{Params, Role, value_and_grad};
/// use wengert::optim::{Optimizer, Sgd};
/// let mut params = Params::<f64>::new(0);
/// params.insert("w", Role::Parameter, [1.0])?;
/// let mut opt = Sgd::new(0.1).momentum(0.9);
/// let (_, grads) = value_and_grad(&params, |p| p.get("w").square().sum());
/// opt.step(&mut params, &grads)?;
/// let state = opt.state();
/// assert_eq!((state.rate, state.counts["w"]), (0.1, 1));
/// assert_eq!(state.tensors["w.velocity"].as_slice(), [2.0]);
/// let mut resumed = Sgd::new(0.5).momentum(0.9);
/// resumed.set_state(state.clone())?;
/// assert_eq!(resumed.state(), state);
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct State<T> {
    /// The learning rate.
    pub rate: f64,
    /// How many steps each parameter has made, by its name.
    pub counts: IndexMap<String, u64>,
    /// Averages and velocities: `"<parameter>.<slot>"`, each of its parameter's shape.
    pub tensors: IndexMap<String, Tensor<T>>,
}

/// The running averages of one parameter, `S` numbers per element.
#[derive(Clone, Debug)]
pub(super) struct Slots<T, const S: usize> {
    /// Steps made, the current one included.
    pub count: u64,
    pub values: [Tensor<T>; S],
}

/// The slots of all parameters that have made a step, in the order of their first.
pub(super) type Memory<T, const S: usize> = IndexMap<String, Slots<T, S>>;

/// Counts a step of `name` and returns its slots, zeros at first.
pub(super) fn slots<'m, T: Real, const S: usize>(
    memory: &'m mut Memory<T, S>,
    name: &str,
    dims: &[usize],
) -> &'m mut Slots<T, S> {
    let place = memory.get_index_of(name).unwrap_or_else(|| {
        let zeros = || Tensor::from_parts(dims.into(), vec![T::zero(); dims.iter().product()].into());
        memory.insert_full(name.to_owned(), Slots { count: 0, values: std::array::from_fn(|_| zeros()) }).0
    });
    let slots = &mut memory[place];
    // A count read from a file may be any number; corrections of bias have died away long before this end.
    slots.count = slots.count.saturating_add(1);
    slots
}

/// The state of an optimiser whose slots have the given names.
pub(super) fn save<T: Real, const S: usize>(rate: f64, memory: &Memory<T, S>, names: [&str; S]) -> State<T> {
    let tensor = |(name, s): (&String, &Slots<T, S>)| {
        let pairs: Vec<_> = names.iter().zip(&s.values).map(|(n, v)| (format!("{name}.{n}"), v.clone())).collect();
        pairs
    };
    State {
        rate,
        counts: memory.iter().map(|(name, s)| (name.clone(), s.count)).collect(),
        tensors: memory.iter().flat_map(tensor).collect(),
    }
}

/// The inverse of [`save`].
pub(super) fn restore<T: Real, const S: usize>(
    kind: &str,
    state: State<T>,
    names: [&str; S],
) -> Result<(f64, Memory<T, S>), Error> {
    let State { rate, counts, mut tensors } = state;
    let mut memory = Memory::with_capacity(counts.len());
    for (name, count) in counts {
        let mut values = Vec::with_capacity(S);
        for slot in names {
            let full = format!("{name}.{slot}");
            let value = tensors.swap_remove(&full).ok_or_else(|| {
                Error::format(format!("the state of `{name}` lacks `{full}`"))
                    .rule(format!("{kind} keeps {} per parameter", list(&names)))
                    .fix("resume with the kind of optimiser, and the options, that saved the state")
            })?;
            values.push(value);
        }
        let values = values.try_into().unwrap_or_else(|_| unreachable!("one value for each slot"));
        memory.insert(name, Slots { count, values });
    }
    match tensors.keys().next() {
        None => Ok((rate, memory)),
        Some(extra) => Err(Error::format(format!("{kind} has no use for the state `{extra}`"))
            .rule(format!("{kind} keeps {} per parameter", list(&names)))
            .fix("resume with the kind of optimiser, and the options, that saved the state")),
    }
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(" and ") }
}

/// The gradient of one leaf, with the place of its parameter in the store.
pub(super) struct Target<'g, T> {
    place: usize,
    name: &'g str,
    gradient: &'g ArrayD<T>,
    arrives: bool,
}

/// Checks that every gradient and every new buffer value has its place in the store, and finds those of the gradients.
pub(super) fn check<'g, T: Real>(params: &Params<T>, grads: &'g Gradients<T>) -> Result<Vec<Target<'g, T>>, Error> {
    let mut targets: Vec<Target<'g, T>> = Vec::with_capacity(params.len());
    let (mut likely, mut ascending) = (0, true);
    for (name, gradient, arrives) in grads.named_arriving() {
        let place = params.check_shape_near(name, likely, gradient.shape())?;
        ascending &= place >= likely;
        likely = place + 1;
        targets.push(Target { place, name, gradient, arrives });
    }
    if !ascending && let Some(name) = shared_name(&targets) {
        return Err(Error::argument(format!("several differentiable leaves are called `{name}`"))
            .rule("a step finds the gradient of a parameter by its name, which one leaf has")
            .fix("put the store on the tape once a step (`Params::on`) and use its leaves wherever they are needed"));
    }
    for (name, array) in grads.updates() {
        params.check_shape(name, array.shape())?;
    }
    Ok(targets)
}

/// A name that more than one leaf has.
fn shared_name<'g, T>(targets: &[Target<'g, T>]) -> Option<&'g str> {
    let mut places: Vec<(usize, &'g str)> = targets.iter().map(|t| (t.place, t.name)).collect();
    places.sort_unstable_by_key(|p| p.0);
    places.windows(2).find(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].1)
}

/// Refuses saved slots whose shapes are not those of the parameters.
pub(super) fn check_slots<T: Real, const S: usize>(
    memory: &Memory<T, S>,
    params: &Params<T>,
    targets: &[Target<'_, T>],
) -> Result<(), Error> {
    for t in targets {
        if let Some(slots) = memory.get(t.name) {
            slots.values.iter().try_for_each(|v| params.check_shape_at(t.place, v.dims()))?;
        }
    }
    Ok(())
}

/// Calls `f` for every parameter that this step moves, with its gradient, row-major.
pub(super) fn each_moved<T: Real>(
    params: &mut Params<T>,
    targets: &[Target<'_, T>],
    mut f: impl FnMut(&str, &mut Entry<T>, &[T]),
) {
    for t in targets.iter().filter(|t| t.arrives) {
        let entry = params.entry_at(t.place);
        if !entry.is_trained() {
            continue;
        }
        match t.gradient.as_slice() {
            Some(rows) => f(t.name, entry, rows),
            // The caller has put an array of another layout there.
            None => f(t.name, entry, t.gradient.as_standard_layout().as_slice().unwrap_or_default()),
        }
    }
}

/// Writes the new values of buffers.
pub(super) fn write_buffers<T: Real>(params: &mut Params<T>, grads: &Gradients<T>) {
    for (name, new) in grads.updates() {
        let Some(entry) = params.entry_mut(name).filter(|e| e.role() == Role::Buffer && !e.is_frozen()) else {
            continue;
        };
        entry.rewrite(|_, value| value.iter_mut().zip(new.iter()).for_each(|(v, n)| *v = *n));
    }
}
