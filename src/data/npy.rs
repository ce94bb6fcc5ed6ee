//! NumPy's .npy files: one array with its shape and type.
//! Files come from outside and are distrusted: what a header promises is compared with the bytes that are there.

use crate::error::Error;
use crate::shape::checked_count;
use crate::tape::Tensor;

const MAGIC: &[u8] = b"\x93NUMPY";

/// The numbers of a type as NumPy names it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Float,
    Int,
    Unsigned,
    Bool,
}

/// Reads an array of numbers: floats of 4 or 8 bytes, integers of 1 to 8, booleans; either byte order, either layout.
///
/// # Errors
/// The bytes are no .npy file, hold objects, text or complex numbers, or are fewer than the shape says.
///
/// ```
/// use wengert::{Tensor, data::{decode_npy, encode_npy}};
/// let t = Tensor::new([2, 2], vec![1.0, 2.5, -3.0, 4.0])?;
/// assert_eq!(decode_npy(&encode_npy(&t))?, t);
/// assert!(decode_npy(b"\x93NUMPY").unwrap_err().is_format());
/// # Ok::<(), wengert::Error>(())
/// ```
pub fn decode_npy(bytes: &[u8]) -> Result<Tensor<f64>, Error> {
    let wrong =
        |what: &str| Error::format(what.to_string()).rule("a .npy file is an array of numbers, versions 1 to 3");
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| wrong("this is no .npy file"))?;
    let (&[major, _], rest) = rest.split_first_chunk::<2>().ok_or_else(|| wrong("the header is cut off"))?;
    let (len, rest) = match major {
        1 => rest.split_first_chunk::<2>().map(|(n, rest)| (u16::from_le_bytes(*n) as usize, rest)),
        2 | 3 => rest.split_first_chunk::<4>().map(|(n, rest)| (u32::from_le_bytes(*n) as usize, rest)),
        _ => return Err(wrong(&format!("version {major} is not known"))),
    }
    .ok_or_else(|| wrong("the header is cut off"))?;
    if len > rest.len() {
        return Err(wrong("the header is cut off"));
    }
    let (header, data) = rest.split_at(len);
    let header = std::str::from_utf8(header).map_err(|_| wrong("the header is no text"))?;
    let descr = field(header, "descr").and_then(|v| quoted(v)).ok_or_else(|| wrong("the header names no type"))?;
    let fortran = match field(header, "fortran_order").map(str::trim_start) {
        Some(v) if v.starts_with("True") => true,
        Some(v) if v.starts_with("False") => false,
        _ => return Err(wrong("the header does not tell the layout")),
    };
    let dims = field(header, "shape").and_then(shape).ok_or_else(|| wrong("the header tells no shape"))?;
    let (big, kind, size) = number_type(descr)
        .ok_or_else(|| wrong(&format!("numbers of type \"{descr}\" cannot be read")).fix("save it as float64"))?;
    let needed = checked_count(&dims).and_then(|n| n.checked_mul(size));
    if needed != Some(data.len()) {
        let is = format!("{} bytes of numbers do not fill shape {dims:?} of \"{descr}\"", data.len());
        return Err(wrong(&is));
    }
    let numbers: Vec<f64> = data.chunks_exact(size).map(|b| number(b, big, kind)).collect();
    let numbers = if fortran { row_major(&dims, &numbers) } else { numbers };
    Tensor::new(&dims[..], numbers)
}

/// The bytes of a .npy file with doubles in row-major order.
#[must_use]
pub fn encode_npy(t: &Tensor<f64>) -> Vec<u8> {
    let sizes: String = t.dims().iter().map(|d| format!("{d},")).collect();
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({sizes}), }}");
    // The numbers begin at a multiple of 64.
    let unpadded = MAGIC.len() + 4 + header.len() + 1;
    header += &" ".repeat(unpadded.next_multiple_of(64) - unpadded);
    header.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    t.as_slice().iter().for_each(|v| bytes.extend(v.to_le_bytes()));
    bytes
}

/// What follows the name of a field and its colon.
fn field<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let at = header.find(&format!("'{name}'")).or_else(|| header.find(&format!("\"{name}\"")))?;
    let rest = header[at + name.len() + 2..].trim_start();
    rest.strip_prefix(':')
}

fn quoted(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].split(quote).next()
}

fn shape(text: &str) -> Option<Vec<usize>> {
    let inner = text.trim_start().strip_prefix('(')?.split(')').next()?;
    let sizes = inner.split(',').map(str::trim).filter(|s| !s.is_empty());
    let sizes: Vec<usize> = sizes.map(|s| s.trim_end_matches('L').parse().ok()).collect::<Option<_>>()?;
    (sizes.len() <= 32).then_some(sizes)
}

/// Byte order, kind and size.
fn number_type(descr: &str) -> Option<(bool, Kind, usize)> {
    let (big, rest) = match descr.split_at_checked(1)? {
        ("<" | "|", rest) => (false, rest),
        (">", rest) => (true, rest),
        ("=", rest) => (cfg!(target_endian = "big"), rest),
        _ => (false, descr),
    };
    let (kind, size) = rest.split_at_checked(1)?;
    let size: usize = size.parse().ok()?;
    match (kind, size) {
        ("f", 4 | 8) => Some((big, Kind::Float, size)),
        ("i", 1 | 2 | 4 | 8) => Some((big, Kind::Int, size)),
        ("u", 1 | 2 | 4 | 8) => Some((big, Kind::Unsigned, size)),
        ("b", 1) => Some((big, Kind::Bool, size)),
        _ => None,
    }
}

fn number(bytes: &[u8], big: bool, kind: Kind) -> f64 {
    let mut le = [0; 8];
    le[..bytes.len()].copy_from_slice(bytes);
    if big {
        le[..bytes.len()].reverse();
    }
    let bits = u64::from_le_bytes(le);
    let unused = 64 - 8 * bytes.len() as u32;
    match (kind, bytes.len()) {
        (Kind::Float, 4) => f64::from(f32::from_bits(bits as u32)),
        (Kind::Float, _) => f64::from_bits(bits),
        // The sign is moved to the top and back.
        (Kind::Int, _) => ((bits << unused) as i64 >> unused) as f64,
        (Kind::Unsigned, _) => bits as f64,
        (Kind::Bool, _) => f64::from(u8::from(bits != 0)),
    }
}

/// Numbers whose first index runs fastest, in the order in which the last does.
fn row_major(dims: &[usize], numbers: &[f64]) -> Vec<f64> {
    let mut steps = vec![1; dims.len()];
    for axis in 1..dims.len() {
        steps[axis] = steps[axis - 1] * dims[axis - 1];
    }
    let mut index = vec![0; dims.len()];
    let mut at = 0;
    let mut found = Vec::with_capacity(numbers.len());
    for _ in 0..numbers.len() {
        found.push(numbers[at]);
        for axis in (0..dims.len()).rev() {
            index[axis] += 1;
            at += steps[axis];
            if index[axis] < dims[axis] {
                break;
            }
            at -= steps[axis] * dims[axis];
            index[axis] = 0;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn types_orders_and_layouts() {
        let read = |descr: &str, fortran: &str, shape: &str, data: &[u8]| {
            let header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
            decode_npy(&file(&header, data)).map(|t| (t.dims().to_vec(), t.as_slice().to_vec()))
        };
        assert_eq!(read("|i1", "False", "(3,)", &[1, 255, 128]).unwrap(), (vec![3], vec![1.0, -1.0, -128.0]));
        assert_eq!(read(">i2", "False", "(1,)", &[0xff, 0xfe]).unwrap().1, [-2.0]);
        assert_eq!(read("<u4", "False", "()", &[1, 0, 0, 128]).unwrap(), (vec![], vec![2147483649.0]));
        assert_eq!(read(">f4", "False", "(1,)", &1.5_f32.to_be_bytes()).unwrap().1, [1.5]);
        assert_eq!(read("|b1", "False", "(2,)", &[0, 1]).unwrap().1, [0.0, 1.0]);
        // Columns first: 1 2 / 3 4 / 5 6.
        assert_eq!(read("|u1", "True", "(3, 2)", &[1, 3, 5, 2, 4, 6]).unwrap().1, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(read("<f8", "False", "(0, 3)", &[]).unwrap(), (vec![0, 3], vec![]));
    }

    #[test]
    fn what_is_wrong_is_refused() {
        let header =
            |descr: &str, shape: &str| format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
        for (bytes, what) in [
            (b"PK".to_vec(), "no .npy"),
            (b"\x93NUMPY\x09\x00".to_vec(), "version 9"),
            (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec(), "cut off"),
            (file(&header("|O", "(1,)"), &[0; 8]), "\"|O\""),
            (file(&header("<c16", "(1,)"), &[0; 16]), "\"<c16\""),
            (file(&header("<f8", "(1000000000000,)"), &[0; 8]), "8 bytes"),
            (file(&header("<f8", "(18446744073709551615, 18446744073709551615)"), &[]), "0 bytes"),
            (file(&header("<f8", "(18446744073709551615, 0, 18446744073709551615)"), &[]), "0 bytes"),
            (file(&header("<f8", "(-1,)"), &[]), "no shape"),
            (file("{}", &[]), "no type"),
            (file("{'descr': 'é'", &[]), "layout"),
        ] {
            let e = decode_npy(&bytes).unwrap_err();
            assert!(e.is_format() && e.to_string().contains(what), "{e}");
        }
    }
}
