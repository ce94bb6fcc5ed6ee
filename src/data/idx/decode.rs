//! The bytes of an uncompressed IDX stream: header, element types, data.
//! What the header declares is checked against what the stream can hold before any memory is taken for it.

use std::io::{self, Read};

use ndarray::{ArrayD, IxDyn};

use super::Idx;
use crate::error::Error;
use crate::shape::Dims;

/// The fix for a file that lost or gained bytes on its way.
pub(super) const FETCH: &str = "fetch the file again";

/// Reads the array from plain bytes, of which there can be at most `ceiling`.
pub(super) fn array(mut bytes: impl Read, ceiling: u64) -> Result<Idx, Error> {
    let magic = take(&mut bytes, 4)?;
    let &[zero, nought, code, rank] = &magic[..] else {
        return Err(Error::format(format!("the data ends after {} bytes", magic.len()))
            .rule("an IDX file starts with a magic number of 4 bytes")
            .fix(FETCH));
    };
    if (zero, nought) != (0, 0) {
        return Err(Error::format(format!("the file starts with the bytes {}", hex(&magic)))
            .rule("an IDX file starts with 00 00, the element type and the number of axes")
            .fix("check that this is an IDX file"));
    }
    let Some(element) = Element::of(code) else {
        return Err(Error::format(format!("element type 0x{code:02x} in the magic number {}", hex(&magic)))
            .rule("types are 08 (u8), 09 (i8), 0b (i16), 0c (i32), 0d (f32) and 0e (f64)")
            .fix("check that this is an IDX file"));
    };
    if rank == 0 {
        return Err(Error::format(format!("no axes in the magic number {}", hex(&magic)))
            .rule("the fourth byte, the number of axes, is at least 1")
            .fix("check that this is an IDX file"));
    }
    let sizes = take(&mut bytes, 4 * u64::from(rank))?;
    if sizes.len() < 4 * usize::from(rank) {
        return Err(Error::format(format!(
            "the data ends within the header, {} bytes after its magic number",
            sizes.len()
        ))
        .rule(format!("{rank} axes have {} bytes of sizes", 4 * usize::from(rank)))
        .fix(FETCH));
    }
    let dims: Dims = sizes.as_chunks().0.iter().map(|&size| u32::from_be_bytes(size) as usize).collect();
    let left = ceiling.saturating_sub(4 + sizes.len() as u64);
    element.decode(&dims, payload(bytes, &dims, element, left)?)
}

/// Reads the elements' bytes, which must be as many as the header declares, and no more than `left`.
fn payload(bytes: impl Read, dims: &Dims, element: Element, left: u64) -> Result<Vec<u8>, Error> {
    let wrong = |declared: String, found: String| {
        let dims = shown(dims);
        Err(Error::format(format!("the header declares {dims} of {}, {declared} of data, but {found}", element.name()))
            .rule("the data is as long as the product of the sizes times the bytes of an element, and ends the file")
            .fix(FETCH))
    };
    let Some(count) = dims.checked_count() else {
        return wrong("more than memory can address".into(), format!("at most {left} can follow it"));
    };
    // A checked count leaves room for eight bytes an element.
    let declared = (count * element.size()) as u64;
    let named = format!("{declared} bytes");
    if declared > left {
        return wrong(named, format!("at most {left} can follow it"));
    }
    let data = take(bytes, declared + 1)?;
    match data.len() as u64 {
        n if n < declared => wrong(named, format!("only {n} follow it")),
        n if n > declared => wrong(named, "more follow it".into()),
        _ => Ok(data),
    }
}

/// The sizes, of which a damaged header may have 255.
fn shown(dims: &Dims) -> String {
    const MOST: usize = 8;
    match dims.get(..MOST) {
        Some(first) if dims.len() > MOST => {
            let first = first.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
            format!("[{first}, ...], {} axes,", dims.len())
        }
        _ => dims.to_string(),
    }
}

/// Reads `n` bytes, or as many as there are.
fn take(bytes: impl Read, n: u64) -> Result<Vec<u8>, Error> {
    let mut data = Vec::new();
    bytes.take(n).read_to_end(&mut data).map_err(cannot_read)?;
    // The vector grew by doubling as bytes arrived.
    data.shrink_to_fit();
    Ok(data)
}

pub(super) fn cannot_read(e: io::Error) -> Error {
    Error::io("cannot read", e)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
}

/// The format's element types.
#[derive(Clone, Copy, Debug)]
pub(super) enum Element {
    U8,
    I8,
    I16,
    I32,
    F32,
    F64,
}

impl Element {
    /// The type that the third byte of the magic number stands for.
    fn of(code: u8) -> Option<Self> {
        Some(match code {
            0x08 => Element::U8,
            0x09 => Element::I8,
            0x0b => Element::I16,
            0x0c => Element::I32,
            0x0d => Element::F32,
            0x0e => Element::F64,
            _ => return None,
        })
    }

    fn size(self) -> usize {
        match self {
            Element::U8 | Element::I8 => 1,
            Element::I16 => 2,
            Element::I32 | Element::F32 => 4,
            Element::F64 => 8,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Element::U8 => "u8",
            Element::I8 => "i8",
            Element::I16 => "i16",
            Element::I32 => "i32",
            Element::F32 => "f32",
            Element::F64 => "f64",
        }
    }

    fn decode(self, dims: &Dims, data: Vec<u8>) -> Result<Idx, Error> {
        Ok(match self {
            Element::U8 => Idx::U8(shaped(dims, data)?),
            Element::I8 => Idx::I8(shaped(dims, numbers(&data, i8::from_be_bytes))?),
            Element::I16 => Idx::I16(shaped(dims, numbers(&data, i16::from_be_bytes))?),
            Element::I32 => Idx::I32(shaped(dims, numbers(&data, i32::from_be_bytes))?),
            Element::F32 => Idx::F32(shaped(dims, numbers(&data, f32::from_be_bytes))?),
            Element::F64 => Idx::F64(shaped(dims, numbers(&data, f64::from_be_bytes))?),
        })
    }
}

fn numbers<A, const N: usize>(data: &[u8], of: fn([u8; N]) -> A) -> Vec<A> {
    data.as_chunks().0.iter().map(|&bytes| of(bytes)).collect()
}

fn shaped<A>(dims: &Dims, elements: Vec<A>) -> Result<ArrayD<A>, Error> {
    ArrayD::from_shape_vec(IxDyn(dims), elements).map_err(|e| Error::format(format!("no array of shape {dims}: {e}")))
}
