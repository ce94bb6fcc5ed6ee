//! What goes into a program and what comes out of it, by name.
//! Both share storage with the caller's tensors, so handing over a parameter copies nothing.

use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Index;
use std::sync::{Arc, Mutex};

use indexmap::IndexMap;

use super::plan::mix;
use crate::error::Error;
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::{Data, IntoInts, IntoTensor, Tensor};

/// A map from names. They are few, short, and a program's own, so that hashing them need not withstand an attack.
pub(super) type Named<K, V> = IndexMap<K, V, BuildHasherDefault<NameHasher>>;

#[derive(Clone, Default)]
pub(super) struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        // FNV-1a (Fowler, Noll and Vo).
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        mix(self.0, 0)
    }
}

/// Values for the inputs of a [`Program`](crate::Program), and the number of the step that random lines draw by.
///
/// ```
/// use wengert::Inputs;
/// let inputs = Inputs::<f32>::new().real("image", [[0., 1.], [2., 3.]]).ints("label", [1])?.at_step(7);
/// assert_eq!((inputs.names().collect::<Vec<_>>(), inputs.step()), (vec!["image", "label"], 7));
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Inputs<T: Real> {
    values: Named<String, (Dims, Data<T>)>,
    step: u64,
}

impl<T: Real> Default for Inputs<T> {
    fn default() -> Self {
        Inputs { values: Named::default(), step: 0 }
    }
}

impl<T: Real> Inputs<T> {
    /// No values, step 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a value for the real input `name`; a second value replaces the first.
    #[must_use]
    pub fn real(mut self, name: impl Into<String>, value: impl IntoTensor<T>) -> Self {
        let (dims, data) = value.into_tensor().into_parts();
        self.values.insert(name.into(), (dims, Data::Real(data)));
        self
    }

    /// With a value for the integer input `name`; a second value replaces the first.
    ///
    /// # Errors
    /// A number is negative or above `u32::MAX`.
    pub fn ints(mut self, name: impl Into<String>, value: impl IntoInts) -> Result<Self, Error> {
        let name = name.into();
        let (dims, data) = value.into_ints().map_err(|e| e.about(format!("input `{name}`")))?.into_parts();
        self.values.insert(name, (dims, Data::Int(data)));
        Ok(self)
    }

    /// Takes over the real outputs that have the name of a real input with a value: a step's new parameters are what the next
    /// begins with.
    ///
    /// ```
    /// use wengert::{Inputs, Workspace, prelude::*};
    /// let tape = Tape::new();
    /// let w = tape.var([1.0, -2.0]).named("w");
    /// let x = tape.constant([3.0, 1.0]).named("x");
    /// let loss = (w * x).sum().square();
    /// let next = w - grad(loss, &[w])[0] * 0.01;
    /// let step = tape.freeze(&[("w", next.into()), ("loss", loss.into())])?;
    ///
    /// let (mut inputs, mut workspace) = (Inputs::new().real("w", w.value()).real("x", x.value()), Workspace::new());
    /// let mut losses = Vec::new();
    /// for _ in 0..3 {
    ///     let out = step.run(&inputs, &mut workspace)?;
    ///     losses.push(out.item("loss").unwrap());
    ///     inputs.carry(&out);
    /// }
    /// assert_eq!(losses[0], 1.0);
    /// assert!(losses[2] < 0.5);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn carry(&mut self, outputs: &Outputs<T>) {
        let mut near = 0;
        for (name, tensor) in outputs.iter() {
            // Mostly the one after the last that was found; then nothing is looked up.
            let there = self.values.get_index(near).is_some_and(|(there, _)| there == name);
            let found = if there { Some(near) } else { self.values.get_index_of(name) };
            let Some(k) = found else { continue };
            near = k + 1;
            if let Some((_, (dims, data @ Data::Real(_)))) = self.values.get_index_mut(k) {
                let (new, numbers) = tensor.clone().into_parts();
                (*dims, *data) = (new, Data::Real(numbers));
            }
        }
    }

    /// As in step `step` of a training loop: what a tape that has been cleared so often would draw.
    #[must_use]
    pub fn at_step(mut self, step: u64) -> Self {
        self.step = step;
        self
    }

    /// The step.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The names of the inputs that have values, in the order in which they were given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// The value of the input `name`, which is often number `k`: then nothing is looked up.
    pub(super) fn get(&self, k: usize, name: &str) -> Option<&(Dims, Data<T>)> {
        match self.values.get_index(k) {
            Some((there, value)) if there == name => Some(value),
            _ => self.values.get(name),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}

/// What a [`Program`](crate::Program) has computed, by the names given when it was made.
///
/// The tensors share storage with the workspace, which uses it again once they are dropped.
#[derive(Clone, Debug)]
pub struct Outputs<T: Real> {
    pub(super) lines: Arc<Named<Arc<str>, u32>>,
    pub(super) values: Vec<Output<T>>,
    pub(super) changed: Option<bool>,
    pub(super) spare: Spare<T>,
}

impl<T: Real> Drop for Outputs<T> {
    fn drop(&mut self) {
        self.spare.put(std::mem::take(&mut self.values));
    }
}

/// Lists that outputs stood in, to be used again: a run allocates nothing.
#[derive(Clone, Debug)]
pub(super) struct Spare<T: Real>(Arc<Mutex<Vec<Vec<Output<T>>>>>);

impl<T: Real> Default for Spare<T> {
    fn default() -> Self {
        Spare(Arc::default())
    }
}

impl<T: Real> Spare<T> {
    pub fn take(&self) -> Vec<Output<T>> {
        self.0.lock().ok().and_then(|mut lists| lists.pop()).unwrap_or_default()
    }

    fn put(&self, mut list: Vec<Output<T>>) {
        list.clear();
        if let Ok(mut lists) = self.0.lock() {
            lists.push(list);
        }
    }
}

/// The decisions of the last run in a workspace, as a hash.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    last: Option<(u64, u64)>,
}

impl Decisions {
    /// Whether the choices of program `id` are other ones than in the run before, if that was of the same program.
    pub fn compare<'a, T: 'a>(&mut self, id: u64, choices: impl Iterator<Item = Option<&'a Data<T>>>) -> Option<bool> {
        let mut choices = choices.flatten().filter_map(Data::int).peekable();
        choices.peek()?;
        let hash = choices.flatten().fold(id, |hash, &n| mix(hash, u64::from(n)));
        let before = self.last.replace((id, hash));
        before.filter(|last| last.0 == id).map(|last| last.1 != hash)
    }
}

#[derive(Clone, Debug)]
pub(super) enum Output<T> {
    Real(Tensor<T>),
    Int(Tensor<u32>),
}

impl<T: Real> Outputs<T> {
    fn value(&self, name: &str) -> Option<&Output<T>> {
        self.lines.get_index_of(name).map(|k| &self.values[k])
    }

    /// The real output `name`; `None` if there is none or it holds integers.
    pub fn real(&self, name: &str) -> Option<&Tensor<T>> {
        match self.value(name)? {
            Output::Real(v) => Some(v),
            Output::Int(_) => None,
        }
    }

    /// The integer output `name`; `None` if there is none or it holds real numbers.
    pub fn ints(&self, name: &str) -> Option<&Tensor<u32>> {
        match self.value(name)? {
            Output::Int(v) => Some(v),
            Output::Real(_) => None,
        }
    }

    /// The one number of the real output `name`; `None` if there is none or it has not exactly one element.
    pub fn item(&self, name: &str) -> Option<T> {
        match self.real(name)?.as_slice() {
            [v] => Some(*v),
            _ => None,
        }
    }

    /// Whether any decision was another one than in the workspace's run before; `None` where that was not of this program,
    /// or where the program was not frozen to watch them ([`freeze_watching`](crate::Tape::freeze_watching)).
    pub fn decisions_changed(&self) -> Option<bool> {
        self.changed
    }

    /// The real outputs in the order in which they were asked for.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor<T>)> {
        self.lines.keys().zip(&self.values).filter_map(|(name, value)| match value {
            Output::Real(v) => Some((&**name, v)),
            Output::Int(_) => None,
        })
    }
}

impl<T: Real> Index<&str> for Outputs<T> {
    type Output = Tensor<T>;

    /// # Panics
    /// There is no real output of that name.
    #[track_caller]
    fn index(&self, name: &str) -> &Tensor<T> {
        self.real(name).unwrap_or_else(|| {
            let names: Vec<&str> = self.iter().map(|(name, _)| name).collect();
            Error::argument(format!("there is no real output `{name}`"))
                .rule(format!("the program's real outputs are {names:?}"))
                .fix("ask for one of these, or for integers with `ints`")
                .about("outputs")
                .raise()
        })
    }
}
