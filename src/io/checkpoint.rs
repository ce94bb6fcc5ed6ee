//! Saving and loading a model and its training run.
//! A file is complete or absent, and loading replaces everything or nothing.

use std::path::Path;

use indexmap::IndexMap;

use super::archive::{self, Contents};
use super::atomic;
use super::header::{Header, OptimizerLine, Progress};
use crate::error::Error;
use crate::nn::{Params, Role};
use crate::optim::{Optimizer, State};
use crate::real::Real;
use crate::tape::Tensor;

/// What the names of an optimiser's tensors begin with.
const STATE: &str = "optimizer.";

/// The format's own key.
const RESERVED: &str = "__metadata__";

/// Saves parameters, buffers, the optimiser's state and the run's position in a safetensors file.
///
/// Entries stand under their own names, the optimiser's tensors under `optimizer.<parameter>.<slot>`; the rest is text in
/// the metadata. A file of that name stays as it is until the new one is complete and on the disk. Equal states make equal
/// files.
///
/// # Errors
/// The file cannot be written, or an entry has a name that the file needs for itself.
pub fn save_checkpoint<T: Real>(
    path: impl AsRef<Path>,
    params: &Params<T>,
    optimizer: &dyn Optimizer<T>,
    progress: Progress,
) -> Result<(), Error> {
    write(path.as_ref(), params, Some((optimizer.name(), optimizer.state())), progress)
}

/// Whether a checkpoint can be written at `path`: a question to ask before a long run and not after it.
///
/// A temporary file is made beside `path` and deleted again; a file that is there already is not touched.
///
/// # Errors
/// As [`save_checkpoint`] has them for paths.
///
/// ```
/// use wengert::io::check_writable;
/// let folder = std::env::temp_dir();
/// assert!(check_writable(folder.join("run.safetensors")).is_ok());
/// assert!(check_writable(folder.join("no/such/folder/run.safetensors")).unwrap_err().is_io());
/// ```
pub fn check_writable(path: impl AsRef<Path>) -> Result<(), Error> {
    atomic::try_out(path.as_ref())
}

/// Saves parameters and buffers alone, for use or for other programs.
///
/// # Errors
/// As [`save_checkpoint`].
///
/// ```
/// use wengert::io::{load_params, save_params};
/// use wengert::nn::{Params, Role};
/// let path = std::env::temp_dir().join(format!("wengert-doc-params-{}.safetensors", std::process::id()));
/// let mut params = Params::<f64>::new(0);
/// params.insert("w", Role::Parameter, [1.0, 2.0])?;
/// save_params(&path, &params)?;
/// params.set("w", [0.0, 0.0])?;
/// load_params(&path, &mut params)?;
/// assert_eq!(params.get("w").unwrap().as_slice(), [1.0, 2.0]);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), wengert::Error>(())
/// ```
pub fn save_params<T: Real>(path: impl AsRef<Path>, params: &Params<T>) -> Result<(), Error> {
    write(path.as_ref(), params, None, Progress::default())
}

/// Loads what [`save_checkpoint`] saved into a store and an optimiser that the program has built anew, and returns the
/// run's position.
///
/// The run then continues as if it had never stopped, bit for bit. The learning rate comes from the file; other options of
/// the optimiser are the program's, and so is what is frozen.
///
/// # Errors
/// The file cannot be read or is broken, it is of another kind of optimiser, or its names, roles, shapes or types are not
/// the store's. Store and optimiser are unchanged then.
pub fn load_checkpoint<T: Real>(
    path: impl AsRef<Path>,
    params: &mut Params<T>,
    optimizer: &mut dyn Optimizer<T>,
) -> Result<Progress, Error> {
    let path = path.as_ref();
    archive::read(path).and_then(|bytes| restore(&bytes, params, optimizer)).map_err(|e| about(e, path))
}

/// Loads parameters and buffers from any safetensors file that has exactly the store's names, shapes and type; an
/// optimiser's part is passed over.
///
/// # Errors
/// The file cannot be read or is broken, or does not fit the store, which is unchanged then.
pub fn load_params<T: Real>(path: impl AsRef<Path>, params: &mut Params<T>) -> Result<(), Error> {
    let path = path.as_ref();
    let load = |bytes: Vec<u8>| {
        let mut contents = archive::decode(&bytes)?;
        contents.tensors.retain(|name, _| !name.starts_with(STATE));
        check_entries(params, &contents.tensors)?;
        replace(params, contents.tensors)
    };
    archive::read(path).and_then(load).map_err(|e| about(e, path))
}

fn about(e: Error, path: &Path) -> Error {
    e.about(path.display().to_string())
}

fn write<T: Real>(
    path: &Path,
    params: &Params<T>,
    optimizer: Option<(&str, State<T>)>,
    progress: Progress,
) -> Result<(), Error> {
    if let Some((name, _)) = params.iter().find(|(name, _)| name.starts_with(STATE) || *name == RESERVED) {
        return Err(about(
            Error::argument(format!("an entry called `{name}` cannot be saved"))
                .rule(format!("names that begin with `{STATE}`, and `{RESERVED}`, are the file's own"))
                .fix("declare the layer under another name"),
            path,
        ));
    }
    let buffers = params.iter().filter(|(_, e)| e.role() == Role::Buffer).map(|(name, _)| name.to_owned()).collect();
    let mut tensors: IndexMap<String, &Tensor<T>> =
        params.iter().map(|(name, e)| (name.to_owned(), e.value())).collect();
    let line = optimizer.as_ref().map(|(name, state)| {
        tensors.extend(state.tensors.iter().map(|(slot, t)| (format!("{STATE}{slot}"), t)));
        OptimizerLine { name: (*name).to_owned(), rate: state.rate, counts: state.counts.clone() }
    });
    let header = Header { progress, buffers, optimizer: line };
    let bytes = archive::encode(&tensors, header.to_string()).map_err(|e| about(e, path))?;
    atomic::write(path, &bytes)
}

/// The inverse of [`write`] on bytes.
pub(super) fn restore<T: Real>(
    bytes: &[u8],
    params: &mut Params<T>,
    optimizer: &mut dyn Optimizer<T>,
) -> Result<Progress, Error> {
    let Contents { mut tensors, text } = archive::decode(bytes)?;
    let header: Header = text
        .ok_or_else(|| {
            Error::format("the file describes no training run")
                .rule("a checkpoint has a description in its metadata")
                .fix("use `load_params` for files that hold tensors only")
        })?
        .parse()?;
    let line = header.optimizer.as_ref().filter(|o| o.name == optimizer.name()).ok_or_else(|| {
        let found = header.optimizer.as_ref().map_or("no optimiser", |o| &o.name);
        Error::format(format!("the file holds the state of {found}, the program runs {}", optimizer.name()))
            .rule("a run is resumed with the kind of optimiser that it was saved with")
            .fix("build that one, or use `load_params` to start with fresh state")
    })?;
    let mut state = State { rate: line.rate, counts: line.counts.clone(), tensors: IndexMap::new() };
    tensors.retain(|name, tensor| match name.strip_prefix(STATE) {
        Some(slot) => {
            state.tensors.insert(slot.to_owned(), tensor.clone());
            false
        }
        None => true,
    });
    check_entries(params, &tensors)?;
    check_roles(params, &header.buffers)?;
    check_state(params, &state)?;
    optimizer.set_state(state)?;
    replace(params, tensors)?;
    Ok(header.progress)
}

/// The file's names are the store's, and its shapes too.
fn check_entries<T: Real>(params: &Params<T>, tensors: &IndexMap<String, Tensor<T>>) -> Result<(), Error> {
    if let Some((name, entry)) = params.iter().find(|(name, _)| !tensors.contains_key(*name)) {
        return Err(Error::format(format!("the file lacks `{name}`, shape {}", entry.value().dims()))
            .rule("the file has every entry of the store")
            .fix("check that the file was saved from this model"));
    }
    for (name, tensor) in tensors {
        let Some(entry) = params.entry(name) else {
            return Err(Error::format(format!("the file holds `{name}`, which the store does not have"))
                .rule("the file has the entries of the store and no others")
                .fix("check that the file was saved from this model"));
        };
        let (own, found) = (entry.value().dims(), tensor.dims());
        if own != found {
            return Err(Error::shape(format!("`{name}` has shape {found} in the file, {own} in the store"))
                .rule("shapes are equal")
                .fix("build the model with the sizes it was saved with"));
        }
    }
    Ok(())
}

fn check_roles<T: Real>(params: &Params<T>, buffers: &[String]) -> Result<(), Error> {
    for (name, entry) in params.iter() {
        let saved = if buffers.iter().any(|b| b == name) { Role::Buffer } else { Role::Parameter };
        if saved != entry.role() {
            return Err(Error::format(format!(
                "`{name}` is a {saved:?} in the file, a {:?} in the store",
                entry.role()
            ))
            .rule("roles are equal")
            .fix("check that the file was saved from this model"));
        }
    }
    Ok(())
}

/// Every tensor of the state has the shape of its parameter.
fn check_state<T: Real>(params: &Params<T>, state: &State<T>) -> Result<(), Error> {
    for (slot, tensor) in &state.tensors {
        let parameter = slot.rsplit_once('.').map_or(slot.as_str(), |(parameter, _)| parameter);
        params.check_shape(parameter, tensor.dims())?;
    }
    Ok(())
}

/// Writes checked tensors into the store.
fn replace<T: Real>(params: &mut Params<T>, tensors: IndexMap<String, Tensor<T>>) -> Result<(), Error> {
    tensors.into_iter().try_for_each(|(name, tensor)| params.set(&name, tensor))
}
