//! The store of everything a model learns or remembers: parameters and buffers in order, by name.
//! It lives outside any tape; putting it on one shares its storage.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexSet;

use super::entry::{Entry, Role};
use super::leaves::{Leaves, Mode};
use super::path::{is_under, unknown};
use super::scope::ParamScope;
use crate::error::Error;
use crate::real::Real;
use crate::tape::{IntoTensor, Tape, Tensor};

/// The parameters and buffers of a model, in order, by name.
///
/// Names are dotted paths: `"features.0.weight"`. Layers declare theirs ([`Layer::declare`](super::Layer::declare));
/// [`on`](Params::on) puts all of them on a tape without a copy, and an optimiser's step changes them.
///
/// ```
/// use ndarray::array;
/// use wengert::nn::{Mode, Params, Role};
/// use wengert::prelude::*;
/// let mut params = Params::<f32>::new(0);
/// params.insert("w", Role::Parameter, array![[1., 2.]])?;
/// let tape = Tape::new();
/// let p = params.on(&tape, Mode::Train);
/// let loss = p.get("w").square().sum();
/// assert_eq!(loss.backward().by_name("w").unwrap()[[0, 1]], 4.0);
/// assert_eq!((params.len(), params.trained_count()), (1, 2));
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone)]
pub struct Params<T: Real = f32> {
    seed: u64,
    /// Where the entry of a name stands; the leaves on a tape find theirs by the same list.
    names: Arc<IndexSet<Arc<str>>>,
    entries: Vec<Entry<T>>,
}

impl<T: Real> Params<T> {
    /// An empty store; initial values are drawn from `seed`.
    pub fn new(seed: u64) -> Self {
        Params { seed, names: Arc::default(), entries: Vec::new() }
    }

    /// The seed that initial values are drawn from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the store has no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many numbers are trained: the elements of all parameters that are not frozen.
    pub fn trained_count(&self) -> usize {
        self.entries.iter().filter(|e| e.is_trained()).map(|e| e.value.as_slice().len()).sum()
    }

    /// Adds an entry at the end.
    ///
    /// # Errors
    /// The name is taken, empty, or holds a control character.
    ///
    /// ```
    /// use wengert::nn::{Params, Role};
    /// let mut params = Params::<f64>::new(0);
    /// params.insert("temperature", Role::Parameter, 1.5)?;
    /// let e = params.insert("temperature", Role::Parameter, 2.5).unwrap_err();
    /// assert!(e.to_string().starts_with("the store has an entry `temperature` already"));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn insert(&mut self, name: &str, role: Role, value: impl IntoTensor<T>) -> Result<(), Error> {
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(Error::argument(format!("{name:?} cannot name an entry of a parameter store"))
                .rule("names are not empty and hold no control characters")
                .fix("use a dotted path such as `encoder.0.weight`"));
        }
        if self.names.contains(name) {
            return Err(Error::argument(format!("the store has an entry `{name}` already"))
                .rule("each name stands for one entry")
                .fix("declare each layer once, under a name of its own; to share weights, apply one layer twice"));
        }
        Arc::make_mut(&mut self.names).insert(name.into());
        self.entries.push(Entry::new(value.into_tensor(), role));
        Ok(())
    }

    /// Where layers declare their entries: all names begin with `name` and a dot; `""` is the top.
    ///
    /// ```
    /// use wengert::nn::{Init, Params};
    /// let mut params = Params::<f32>::new(0);
    /// params.scope("head").scope("fc").parameter("bias", [4], Init::ZEROS);
    /// assert!(params.get("head.fc.bias").is_some());
    /// ```
    pub fn scope(&mut self, name: &str) -> ParamScope<'_, T> {
        ParamScope::new(self, name.to_owned())
    }

    /// The value of an entry.
    pub fn get(&self, name: &str) -> Option<&Tensor<T>> {
        self.entry(name).map(|e| &e.value)
    }

    /// An entry with its role.
    pub fn entry(&self, name: &str) -> Option<&Entry<T>> {
        self.names.get_index_of(name).map(|k| &self.entries[k])
    }

    /// Replaces the value of an entry by one of the same shape.
    ///
    /// # Errors
    /// There is no such entry, or the shapes differ.
    ///
    /// ```
    /// use wengert::nn::{Params, Role};
    /// let mut params = Params::<f32>::new(0);
    /// params.insert("b", Role::Parameter, [0., 0.])?;
    /// params.set("b", [1., 2.])?;
    /// assert_eq!(params.get("b").unwrap().as_slice(), [1., 2.]);
    /// assert!(params.set("b", [1., 2., 3.]).unwrap_err().is_shape());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn set(&mut self, name: &str, value: impl IntoTensor<T>) -> Result<(), Error> {
        let value = value.into_tensor();
        let place = self.check_shape(name, value.dims())?;
        self.entries[place].value = value;
        Ok(())
    }

    /// All entries in order.
    ///
    /// ```
    /// use wengert::nn::{Linear, Layer, Params};
    /// let mut params = Params::<f32>::new(0);
    /// Linear::new(3, 2).declare(&mut params.scope("fc"));
    /// let list: Vec<String> = params.iter().map(|(name, e)| format!("{name} {}", e.value().dims())).collect();
    /// assert_eq!(list, ["fc.weight [2, 3]", "fc.bias [2]"]);
    /// ```
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Entry<T>)> {
        self.names.iter().map(|name| &**name).zip(&self.entries)
    }

    /// Freezes every entry under `prefix`, whole parts of the path (`"conv1"` is not a prefix of `"conv10.weight"`), and
    /// returns how many they are.
    ///
    /// A frozen parameter is a constant on the tape; a frozen buffer keeps its value in training too.
    ///
    /// # Errors
    /// No entry has that prefix.
    ///
    /// ```
    /// use wengert::nn::{Layer, Linear, Params};
    /// let mut params = Params::<f32>::new(0);
    /// Linear::new(3, 2).declare(&mut params.scope("a"));
    /// Linear::new(2, 1).declare(&mut params.scope("b"));
    /// assert_eq!(params.freeze("a")?, 2);
    /// assert_eq!(params.trained_count(), 3);
    /// assert!(params.freeze("c").is_err());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn freeze(&mut self, prefix: &str) -> Result<usize, Error> {
        self.set_frozen(prefix, true)
    }

    /// Undoes [`freeze`](Params::freeze).
    ///
    /// # Errors
    /// No entry has that prefix.
    pub fn thaw(&mut self, prefix: &str) -> Result<usize, Error> {
        self.set_frozen(prefix, false)
    }

    fn set_frozen(&mut self, prefix: &str, frozen: bool) -> Result<usize, Error> {
        let mut matches = 0;
        for (_, entry) in self.names.iter().zip(&mut self.entries).filter(|(name, _)| is_under(name, prefix)) {
            entry.frozen = frozen;
            matches += 1;
        }
        match matches {
            0 => Err(self.unknown(prefix)),
            n => Ok(n),
        }
    }

    /// Puts all entries on a tape as leaves; their storage is shared, nothing is copied.
    ///
    /// In [`Mode::Train`] parameters that are not frozen are leaves that `backward` reports on, under their names;
    /// everything else is a constant.
    #[track_caller]
    pub fn on<'t>(&self, tape: &'t Tape<T>, mode: Mode) -> Leaves<'t, T> {
        let mut leaves = Vec::with_capacity(self.len());
        // A closure would hide the caller's line.
        for (name, entry) in self.names.iter().zip(&self.entries) {
            let trained = mode == Mode::Train && entry.is_trained();
            let leaf = if trained { tape.var(&entry.value) } else { tape.constant(&entry.value) };
            tape.set_name(leaf.id(), Arc::clone(name));
            leaves.push((leaf, entry.frozen));
        }
        Leaves::new(tape, mode, Arc::clone(&self.names), leaves)
    }

    pub(crate) fn entry_mut(&mut self, name: &str) -> Option<&mut Entry<T>> {
        self.names.get_index_of(name).map(|k| &mut self.entries[k])
    }

    pub(crate) fn entry_at(&mut self, place: usize) -> &mut Entry<T> {
        &mut self.entries[place]
    }

    /// The place of an entry, which has the given shape.
    pub(crate) fn check_shape(&self, name: &str, dims: &[usize]) -> Result<usize, Error> {
        let place = self.names.get_index_of(name).ok_or_else(|| self.unknown(name))?;
        self.check_shape_at(place, dims)?;
        Ok(place)
    }

    /// As [`check_shape`](Params::check_shape), for a name that most likely is the store's own at the place `likely`.
    pub(crate) fn check_shape_near(&self, name: &Arc<str>, likely: usize, dims: &[usize]) -> Result<usize, Error> {
        match self.names.get_index(likely) {
            Some(own) if Arc::ptr_eq(own, name) => self.check_shape_at(likely, dims).map(|()| likely),
            _ => self.check_shape(name, dims),
        }
    }

    pub(crate) fn check_shape_at(&self, place: usize, dims: &[usize]) -> Result<(), Error> {
        let (own, name) = (self.entries[place].value.dims(), &self.names[place]);
        if own[..] == *dims {
            return Ok(());
        }
        Err(Error::shape(format!("`{name}` has shape {own} in the store, but {dims:?} was given"))
            .rule("an entry keeps its shape")
            .fix("check that store and values belong to the same model"))
    }

    fn unknown(&self, name: &str) -> Error {
        unknown(name, self.names.iter())
    }
}

impl<T: Real> fmt::Debug for Params<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.iter().map(|(name, e)| {
            let frozen = if e.frozen { ", frozen" } else { "" };
            (name, format!("{:?} {}{}{frozen}", e.role, T::NAME, e.value.dims()))
        });
        f.debug_map().entries(entries).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Init;

    fn store() -> Params<f64> {
        let mut params = Params::new(5);
        params.scope("conv1").parameter("weight", [2, 3], Init::HeNormal);
        params.scope("conv10").parameter("weight", [3], Init::HeUniform);
        params.scope("conv1").buffer("mean", [2], Init::ZEROS);
        params
    }

    #[test]
    fn a_parameters_start_depends_on_its_name_and_the_seed_alone() {
        let mut other = Params::<f64>::new(5);
        other.scope("new").parameter("weight", [7], Init::HeNormal);
        other.scope("conv1").parameter("weight", [2, 3], Init::HeNormal);
        assert_eq!(other.get("conv1.weight"), store().get("conv1.weight"));
    }

    #[test]
    fn freezing_goes_by_whole_parts_of_the_path() {
        let mut params = store();
        assert_eq!(params.freeze("conv1").unwrap(), 2);
        assert!(params.entry("conv1.mean").unwrap().is_frozen());
        assert!(!params.entry("conv10.weight").unwrap().is_frozen());
        assert_eq!(params.trained_count(), 3);
        let tape = Tape::default();
        let p = params.on(&tape, Mode::Train);
        let loss = p.get("conv1.weight").sum() + p.get("conv10.weight").sum();
        assert_eq!(loss.backward().named().map(|(n, _)| n.to_owned()).collect::<Vec<_>>(), ["conv10.weight"]);
        assert_eq!(params.thaw("").unwrap(), 3);
        assert_eq!(params.trained_count(), 9);
        let e = params.freeze("conv").unwrap_err();
        assert!(e.is_argument() && e.to_string().contains("`conv1.weight`, `conv10.weight`"), "{e}");
    }

    #[test]
    fn on_shares_storage() {
        let params = store();
        let tape = Tape::default();
        let p = params.on(&tape, Mode::Eval);
        let on_tape = p.get("conv1.weight").try_tensor().unwrap();
        assert!(std::ptr::eq(on_tape.as_slice(), params.get("conv1.weight").unwrap().as_slice()));
    }

    #[test]
    fn rewriting_is_in_place_when_unshared_and_never_touches_what_a_tape_holds() {
        let mut params = store();
        let address = |p: &Params<f64>| p.get("conv10.weight").unwrap().as_slice().as_ptr();
        let own = address(&params);
        let add = |old: Option<&[f64]>, new: &mut [f64]| match old {
            None => new.iter_mut().for_each(|v| *v += 1.0),
            Some(old) => new.iter_mut().zip(old).for_each(|(v, o)| *v = o + 1.0),
        };
        params.entry_mut("conv10.weight").unwrap().rewrite(add);
        assert_eq!(address(&params), own);

        let mut seen = Vec::new();
        let mut tape = Tape::default();
        for _ in 0..4 {
            tape.clear();
            let leaf = params.on(&tape, Mode::Train).get("conv10.weight");
            let before = leaf.value();
            params.entry_mut("conv10.weight").unwrap().rewrite(add);
            assert_eq!(leaf.value(), before);
            assert_eq!(params.get("conv10.weight").unwrap().view(), before + 1.0);
            seen.push(address(&params));
        }
        assert_eq!((seen[0], seen[1]), (seen[2], seen[3]), "two buffers take turns");
    }

    #[test]
    fn names_that_cannot_be_saved_are_refused() {
        for name in ["", "a\nb", "\0"] {
            assert!(store().insert(name, Role::Buffer, 1.0).unwrap_err().is_argument());
        }
    }
}
