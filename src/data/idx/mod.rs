//! IDX files, the format of MNIST: a magic number, sizes, then the elements, big-endian and row-major.
//! Plain or gzip-compressed, and never trusted: memory is taken as bytes arrive, and only what the file can hold.

mod decode;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use ndarray::ArrayD;

use crate::error::Error;
use decode::{Element, FETCH, array, cannot_read};

/// No deflate stream expands further than this: 258 bytes for 2 bits (RFC 1951, and zlib's technical notes).
const DEFLATE_RATIO: u64 = 1032;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What an IDX file holds: an array of any rank, of one of the format's six element types.
///
/// ```
/// use wengert::data::Idx;
/// let bytes = [0, 0, 0x0b, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 7, 0xff, 0xfe];
/// let idx = Idx::from_bytes(&bytes)?;
/// assert_eq!(idx.dims(), [1, 2]);
/// assert_eq!(idx.to_f64().as_slice().unwrap(), [7.0, -2.0]);
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Idx {
    /// Bytes, type 0x08: MNIST's images and labels.
    U8(ArrayD<u8>),
    /// Signed bytes, type 0x09.
    I8(ArrayD<i8>),
    /// 16-bit integers, type 0x0b.
    I16(ArrayD<i16>),
    /// 32-bit integers, type 0x0c.
    I32(ArrayD<i32>),
    /// Single precision, type 0x0d.
    F32(ArrayD<f32>),
    /// Double precision, type 0x0e.
    F64(ArrayD<f64>),
}

impl Idx {
    /// Reads a file's contents, gzip-compressed or not, that are in memory already.
    ///
    /// # Errors
    /// A format error where the bytes are not exactly one IDX array; the text says what was found and expected.
    ///
    /// ```
    /// use wengert::data::Idx;
    /// let e = Idx::from_bytes(&[0, 0, 8, 1, 0, 0, 0, 9, 1, 2]).unwrap_err();
    /// assert!(e.is_format());
    /// assert!(e.to_string().starts_with("the header declares [9] of u8, 9 bytes of data, but at most 2 can follow it"));
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Idx, Error> {
        parse(bytes, bytes.len() as u64)
    }

    /// The sizes of the array's axes.
    ///
    /// ```
    /// use wengert::data::Idx;
    /// assert_eq!(Idx::from_bytes(&[0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 7, 7])?.dims(), [1, 2]);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn dims(&self) -> &[usize] {
        match self {
            Idx::U8(a) => a.shape(),
            Idx::I8(a) => a.shape(),
            Idx::I16(a) => a.shape(),
            Idx::I32(a) => a.shape(),
            Idx::F32(a) => a.shape(),
            Idx::F64(a) => a.shape(),
        }
    }

    /// The element type as Rust writes it.
    ///
    /// ```
    /// use wengert::data::Idx;
    /// assert_eq!(Idx::from_bytes(&[0, 0, 0x0d, 1, 0, 0, 0, 0])?.element(), "f32");
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn element(&self) -> &'static str {
        match self {
            Idx::U8(_) => Element::U8,
            Idx::I8(_) => Element::I8,
            Idx::I16(_) => Element::I16,
            Idx::I32(_) => Element::I32,
            Idx::F32(_) => Element::F32,
            Idx::F64(_) => Element::F64,
        }
        .name()
    }

    /// The numbers, widened exactly.
    ///
    /// ```
    /// use wengert::data::Idx;
    /// assert_eq!(Idx::from_bytes(&[0, 0, 9, 1, 0, 0, 0, 1, 255])?.to_f64()[0], -1.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn to_f64(&self) -> ArrayD<f64> {
        match self {
            Idx::U8(a) => a.mapv(f64::from),
            Idx::I8(a) => a.mapv(f64::from),
            Idx::I16(a) => a.mapv(f64::from),
            Idx::I32(a) => a.mapv(f64::from),
            Idx::F32(a) => a.mapv(f64::from),
            Idx::F64(a) => a.clone(),
        }
    }

    /// The array, if it is one of bytes.
    ///
    /// # Errors
    /// A format error that names the element type, if it is another.
    ///
    /// ```
    /// use wengert::data::Idx;
    /// let bytes = Idx::from_bytes(&[0, 0, 8, 1, 0, 0, 0, 2, 3, 4])?.into_u8()?;
    /// assert_eq!(bytes.as_slice().unwrap(), [3, 4]);
    /// let e = Idx::from_bytes(&[0, 0, 9, 1, 0, 0, 0, 1, 3])?.into_u8().unwrap_err();
    /// assert!(e.is_format() && e.to_string().starts_with("the elements are i8"));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn into_u8(self) -> Result<ArrayD<u8>, Error> {
        match self {
            Idx::U8(a) => Ok(a),
            other => Err(Error::format(format!("the elements are {}", other.element()))
                .rule("images and labels are u8 (type 0x08)")
                .fix("convert the file, or use `to_f64`")),
        }
    }
}

/// Reads an IDX file, plain or gzip-compressed (told by its first bytes; needs the feature `io`).
///
/// Memory use is bounded by what the file can hold: its length, or 1032 times that if compressed, whatever the header
/// declares.
///
/// # Errors
/// An io error where the file cannot be read or is none, a format error where its bytes are not exactly one IDX array.
/// The text begins with the file's name.
///
/// ```
/// use wengert::data::read_idx;
/// let e = read_idx("no-such-file").unwrap_err();
/// assert!(e.is_io() && e.to_string().starts_with("no-such-file: cannot read"));
/// ```
pub fn read_idx(path: impl AsRef<Path>) -> Result<Idx, Error> {
    let path = path.as_ref();
    read_file(path).map_err(|e| e.about(path.display().to_string()))
}

fn read_file(path: &Path) -> Result<Idx, Error> {
    let found = fs::metadata(path).map_err(cannot_read)?;
    // Opening a pipe could wait for ever, and a device need not end.
    if !found.is_file() {
        let kind = if found.is_dir() { io::ErrorKind::IsADirectory } else { io::ErrorKind::InvalidInput };
        return Err(Error::io("not a regular file", kind.into()).fix("name the IDX file itself"));
    }
    parse(BufReader::new(File::open(path).map_err(cannot_read)?), found.len())
}

/// Reads a source of `held` bytes, compressed or not.
fn parse(mut source: impl BufRead, held: u64) -> Result<Idx, Error> {
    let start = source.fill_buf().map_err(cannot_read)?;
    if start.is_empty() {
        return Err(Error::format("the file is empty").rule("an IDX file starts with the bytes 0, 0").fix(FETCH));
    }
    if start.starts_with(&GZIP_MAGIC) {
        return unpack(source, held);
    }
    array(source, held)
}

#[cfg(feature = "io")]
fn unpack(source: impl BufRead, held: u64) -> Result<Idx, Error> {
    array(flate2::bufread::MultiGzDecoder::new(source), held.saturating_mul(DEFLATE_RATIO)).map_err(|e| {
        use std::error::Error as _;
        let kind = e.source().and_then(|s| s.downcast_ref::<io::Error>()).map(io::Error::kind);
        match kind {
            // The decoder's own complaints; what is left is the disk's.
            Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof) => {
                let cause = e.source().map(ToString::to_string).unwrap_or_default();
                Error::format(format!("the gzip stream is damaged: {cause}"))
                    .rule("a file that starts with 1f 8b is one gzip stream to its end")
                    .fix(FETCH)
            }
            _ => e,
        }
    })
}

#[cfg(not(feature = "io"))]
fn unpack(_: impl BufRead, held: u64) -> Result<Idx, Error> {
    Err(Error::format(format!("a gzip-compressed file of {held} bytes, and this build reads plain ones only"))
        .rule(format!("unpacking, by up to {DEFLATE_RATIO} to 1, needs the feature `io`"))
        .fix("unpack the file with gunzip, or build with the feature `io`"))
}
