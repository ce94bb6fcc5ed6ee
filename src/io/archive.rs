//! Named tensors and one text as bytes of the safetensors format, and back.
//! The format's own checks run first; memory is taken in proportion to the file's real length, never to a claim in it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use indexmap::IndexMap;
use safetensors::{Dtype, SafeTensors, View, serialize};

use crate::error::Error;
use crate::real::Real;
use crate::tape::Tensor;

/// The key under which the text stands; one key only, since the format leaves the order of several open, and equal states
/// shall make equal files.
const KEY: &str = "wengert";

/// A tensor as the format sees it; bytes are made when asked for.
struct Stored<'a, T>(&'a Tensor<T>);

impl<T: Real> View for Stored<'_, T> {
    fn dtype(&self) -> Dtype {
        element::<T>()
    }

    fn shape(&self) -> &[usize] {
        self.0.dims()
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let bytes = self.0.as_slice().iter().flat_map(|v| v.bits().to_le_bytes().into_iter().take(size_of::<T>()));
        Cow::Owned(bytes.collect())
    }

    fn data_len(&self) -> usize {
        size_of_val(self.0.as_slice())
    }
}

fn element<T: Real>() -> Dtype {
    if size_of::<T>() == size_of::<f32>() { Dtype::F32 } else { Dtype::F64 }
}

/// The bytes of a file.
pub(super) fn encode<T: Real>(tensors: &IndexMap<String, &Tensor<T>>, text: String) -> Result<Vec<u8>, Error> {
    let views = tensors.iter().map(|(name, t)| (name, Stored(t)));
    serialize(views, Some(HashMap::from([(KEY.to_owned(), text)])))
        .map_err(|e| Error::format(format!("the tensors do not fit into a safetensors file: {e}")))
}

/// Tensors by name, sorted, and the text if there is one.
pub(super) struct Contents<T> {
    pub tensors: IndexMap<String, Tensor<T>>,
    pub text: Option<String>,
}

/// Reads a file whole.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |e| Error::io("cannot read the file", e).about(path.display().to_string());
    // Asked before opening: opening a pipe waits for a writer.
    let about = fs::metadata(path).map_err(failed)?;
    if !about.is_file() {
        return Err(Error::argument("not a regular file")
            .rule("a checkpoint is one file")
            .fix("pass the path of a safetensors file")
            .about(path.display().to_string()));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|f| f.take(about.len()).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}

/// The contents of a file's bytes.
pub(super) fn decode<T: Real>(bytes: &[u8]) -> Result<Contents<T>, Error> {
    let broken = |e| {
        Error::format(format!("not a whole safetensors file: {e}"))
            .rule("8 bytes of header length, a JSON header, then exactly the bytes that it declares")
            .fix("use a complete copy of the file")
    };
    let file = SafeTensors::deserialize(bytes).map_err(broken)?;
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(broken)?;
    let text = metadata.metadata().as_ref().and_then(|m| m.get(KEY)).cloned();
    let mut names = file.names();
    names.sort_unstable();
    let tensor = |name: &str| {
        let view = file.tensor(name).map_err(broken)?;
        let numbers = numbers(view.data(), view.dtype()).ok_or_else(|| {
            Error::format(format!("`{name}` holds {} numbers", view.dtype()))
                .rule(format!("numbers are {}, as the store's are", element::<T>()))
                .fix("load into a store of the file's type, or convert the file")
        })?;
        let tensor = Tensor::new(view.shape(), numbers).map_err(|_| {
            Error::format(format!("`{name}` claims shape {:?}", view.shape()))
                .rule("the number of elements, sizes of 0 left aside, fits in memory")
                .fix("use a complete copy of the file")
        })?;
        Ok((name.to_owned(), tensor))
    };
    Ok(Contents { tensors: names.into_iter().map(tensor).collect::<Result<_, Error>>()?, text })
}

/// Little-endian numbers of the wanted type, or `None` for another type.
fn numbers<T: Real>(bytes: &[u8], dtype: Dtype) -> Option<Vec<T>> {
    if dtype != element::<T>() {
        return None;
    }
    Some(match dtype {
        Dtype::F32 => bytes.as_chunks().0.iter().map(|b| T::of(f32::from_le_bytes(*b).into())).collect(),
        _ => bytes.as_chunks().0.iter().map(|b| T::of(f64::from_le_bytes(*b))).collect(),
    })
}
