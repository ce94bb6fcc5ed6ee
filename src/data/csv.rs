//! Tables of numbers as text: .csv files, a row on each line.
//! Files come from outside: what is no number is refused with its line and column.

use crate::error::Error;
use crate::tape::Tensor;

/// Reads a table of numbers separated by commas, semicolons or tabs; a first line that holds no number is a header.
///
/// One column is a vector, and so is one row; anything else a matrix. Empty lines do not count.
///
/// # Errors
/// A field is no number, a row has another length than the first, or the bytes are no UTF-8.
///
/// ```
/// use wengert::data::decode_csv;
/// let t = decode_csv(b"a,b\n1,2.5\n-3,4\n")?;
/// assert_eq!((t.dims().to_vec(), t.as_slice()), (vec![2, 2], &[1.0, 2.5, -3.0, 4.0][..]));
/// let e = decode_csv(b"1,2\n3\n").unwrap_err();
/// assert!(e.to_string().contains("line 2 has 1 fields, the first row has 2"));
/// # Ok::<(), wengert::Error>(())
/// ```
pub fn decode_csv(bytes: &[u8]) -> Result<Tensor<f64>, Error> {
    let wrong = |what: String| Error::format(what).rule("a .csv file is a table of numbers, a row on each line");
    let text = std::str::from_utf8(bytes).map_err(|e| wrong(format!("byte {} is no text", e.valid_up_to())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Lines and fields are gone through where they stand: short ones would take many times their bytes if they were kept.
    let mut lines = (1..).zip(text.lines()).filter(|(_, l)| !l.trim().is_empty()).peekable();
    let separator = lines.peek().map_or(',', |(_, l)| [';', '\t'].into_iter().find(|s| l.contains(*s)).unwrap_or(','));
    let header = lines.next_if(|(_, line)| fields(line, separator).all(|f| f.parse::<f64>().is_err()));
    if header.is_some() && lines.peek().is_none() {
        return Err(wrong("there is a header and no row of numbers".into()));
    }
    let (mut rows, mut width) = (0, None);
    let mut data = Vec::new();
    for (number, line) in lines {
        let count = line.split(separator).count();
        if *width.get_or_insert(count) != count {
            let first = width.unwrap_or(0);
            return Err(wrong(format!("line {number} has {count} fields, the first row has {first}")));
        }
        rows += 1;
        for (k, f) in fields(line, separator).enumerate() {
            let v = f.parse().map_err(|_| {
                let shown: String = f.chars().take(40).collect();
                wrong(format!("line {number}, field {}: `{shown}` is no number", k + 1))
            })?;
            data.push(v);
        }
    }
    match (rows, width.unwrap_or(0)) {
        (rows, 0 | 1) => Tensor::new([rows], data),
        (1, width) => Tensor::new([width], data),
        (rows, width) => Tensor::new([rows, width], data),
    }
}

fn fields(line: &str, separator: char) -> impl Iterator<Item = &str> {
    line.split(separator).map(|f| f.trim().trim_matches('"'))
}

/// A vector, one number on each line, or a matrix, a row on each line.
///
/// # Errors
/// The tensor has more than two axes.
pub fn encode_csv(t: &Tensor<f64>) -> Result<String, Error> {
    let width = match t.dims()[..] {
        [] | [_] => 1,
        [_, width] => width,
        _ => {
            return Err(Error::shape(format!("a tensor of shape {} is no table", t.dims()))
                .rule("a .csv file holds a vector or a matrix")
                .fix("write a .npy file, or reshape it"));
        }
    };
    let row = |row: &[f64]| row.iter().map(f64::to_string).collect::<Vec<_>>().join(",") + "\n";
    Ok(t.as_slice().chunks(width.max(1)).map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_headers_and_separators() {
        let read = |text: &str| decode_csv(text.as_bytes()).map(|t| (t.dims().to_vec(), t.as_slice().to_vec()));
        assert_eq!(read("1\n2\n\n3\n").unwrap(), (vec![3], vec![1.0, 2.0, 3.0]));
        assert_eq!(read("1;2\r\n3;4").unwrap().0, [2, 2]);
        assert_eq!(read("x\ty\n1\t-inf").unwrap(), (vec![2], vec![1.0, f64::NEG_INFINITY]));
        assert_eq!(read("\u{feff}\"1\",\"2\"").unwrap().1, [1.0, 2.0]);
        assert_eq!(read("").unwrap(), (vec![0], vec![]));
        for (text, what) in [
            ("1,2\n3,x\n", "line 2, field 2: `x`"),
            ("1,2\n1,2,3", "line 2 has 3"),
            ("1\n\n\nb", "line 4"),
            ("a text", "no row"),
        ] {
            let e = read(text).unwrap_err();
            assert!(e.is_format() && e.to_string().contains(what), "{e}");
        }
        assert!(decode_csv(&[b'1', 0xff]).unwrap_err().to_string().contains("byte 1"));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let t = Tensor::new([2, 3], vec![0.1, -2.0, 1e300, 4.0, 5e-324, 6.0]).unwrap();
        assert_eq!(decode_csv(encode_csv(&t).unwrap().as_bytes()).unwrap(), t);
        assert!(encode_csv(&Tensor::new([1, 1, 1], vec![0.0]).unwrap()).is_err());
    }
}
