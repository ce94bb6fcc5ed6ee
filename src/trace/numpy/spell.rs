//! One line of the tape as an expression of NumPy: the row of the table filled in, or, where a reader of NumPy would write a
//! slice, a transposition or nothing at all, that.

use super::Precision;
use super::numbers::{number, tuple};
use super::table;
use crate::error::Error;
use crate::tape::AttrValue;
use crate::trace::record::{Trace, TracedLine};

/// Attributes that are numbers on the tape and whole.
const WHOLE: &[&str] = &["n", "order", "decimals"];

/// A line with what its expression needs.
pub(super) struct Spelling<'a> {
    pub trace: &'a Trace,
    pub line: &'a TracedLine,
    /// The variables of its operands.
    pub operands: Vec<&'a str>,
    pub precision: Precision,
}

impl Spelling<'_> {
    /// The expression; of several results where the operation has several.
    ///
    /// # Errors
    /// The operation is none of the crate's own.
    pub fn expression(&self) -> Result<String, Error> {
        let op = self.line.line.op;
        if let Some(text) = self.special() {
            return Ok(text);
        }
        table::row(op).and_then(|row| self.filled(row)).ok_or_else(|| {
            Error::argument(format!("the operation `{op}` of line %{} has no NumPy spelling", self.line.line.id))
                .rule("the operations that this crate defines can be spelled, one of your own cannot")
                .fix("leave its line out of what is traced, or write it with operations of the crate")
        })
    }

    fn attribute(&self, name: &str) -> Option<&AttrValue> {
        self.line.line.attributes.iter().find(|a| a.0 == name).map(|a| &a.1)
    }

    fn ints(&self, name: &str) -> &[i64] {
        match self.attribute(name) {
            Some(AttrValue::Ints(v)) => v,
            _ => &[],
        }
    }

    fn flag(&self, name: &str) -> bool {
        matches!(self.attribute(name), Some(AttrValue::Flag(true)))
    }

    fn dims(&self) -> &[usize] {
        &self.line.value.dims
    }

    fn operand_dims(&self, k: usize) -> &[usize] {
        &self.trace.lines[self.line.line.operands[k] as usize].value.dims
    }

    /// The attribute as Python writes it.
    fn value(&self, name: &str) -> Option<String> {
        Some(match self.attribute(name)? {
            AttrValue::Int(v) => v.to_string(),
            AttrValue::Ints(v) => match (name, &v[..]) {
                ("axes", [one]) => one.to_string(),
                (_, v) => tuple(v),
            },
            AttrValue::Real(v) if WHOLE.contains(&name) => format!("{v}"),
            AttrValue::Real(v) => number(*v, self.precision),
            AttrValue::Flag(v) => if *v { "True" } else { "False" }.into(),
            AttrValue::Text(v) => format!("\"{v}\""),
        })
    }

    /// All attributes as keyword arguments, behind a comma.
    fn keywords(&self, except: &[&str]) -> String {
        let names = self.line.line.attributes.iter().map(|a| a.0).filter(|n| !except.contains(n));
        names.filter_map(|n| Some(format!(", {n}={}", self.value(n)?))).collect()
    }

    /// A row of the table with everything in its place; `None` where the line lacks what the row names.
    fn filled(&self, row: &str) -> Option<String> {
        let mut text = String::new();
        let mut rest = row;
        while let Some((before, behind)) = rest.split_once('{') {
            let (word, behind) = behind.split_once('}')?;
            text += before;
            text += &self.word(word)?;
            rest = behind;
        }
        Some(text + rest)
    }

    fn word(&self, word: &str) -> Option<String> {
        let operand = |k: usize| self.operands.get(k).map(|o| (*o).to_string());
        let rank = self.dims().len();
        match word {
            "a" => operand(0),
            "b" => operand(1),
            "c" => operand(2),
            "*" => Some(self.operands.join(", ")),
            "**" => Some(self.keywords(&[])),
            "shape" => Some(tuple(self.dims())),
            "shape_1" | "shape_2" | "shape_3" => {
                let axes = usize::from(word.as_bytes()[6] - b'0');
                Some(tuple(&self.dims()[rank.checked_sub(axes)?..]))
            }
            "over" => Some(match self.ints("axes").len() == self.operand_dims(0).len() {
                true => String::new(),
                false => format!(", axis={}", self.value("axes")?),
            }),
            "real" => Some(self.precision.name().into()),
            "dtype" => Some(self.precision.argument().into()),
            "as_real" => Some(match self.precision {
                Precision::Double => String::new(),
                Precision::Single => format!(".astype({})", self.precision.name()),
            }),
            name => self.value(name),
        }
    }

    /// What a row of text cannot say.
    fn special(&self) -> Option<String> {
        let x = self.operands.first().copied().unwrap_or_default();
        Some(match self.line.line.op {
            "fill" => self.fill()?,
            "shift" => match self.attribute("by")? {
                AttrValue::Real(by) if *by < 0.0 => format!("{x} - {}", number(-by, self.precision)),
                _ => format!("{x} + {}", self.value("by")?),
            },
            "permute" if self.ints("order") == [1, 0] => format!("{x}.T"),
            "permute" => format!("np.transpose({x}, {})", self.value("order")?),
            "slice" => format!("{x}[{}]", self.part(self.operand_dims(0), self.dims())),
            "pad" => {
                let at = self.part(self.dims(), self.operand_dims(0));
                let at = if at.contains(':') { format!("np.s_[{at}]") } else { at };
                format!("put({x}, {}, {at}, {})", tuple(self.dims()), self.value("value")?)
            }
            "split" => {
                let sizes = self.ints("sizes");
                let cuts: Vec<i64> = sizes.iter().scan(0, |at, n| (*at += n, Some(*at)).1).collect();
                format!("np.split({x}, {:?}, axis={})", &cuts[..cuts.len().saturating_sub(1)], self.value("axis")?)
            }
            "matmul" => {
                let side = |k: usize, flag: &str| self.matrix(k, self.flag(flag));
                format!("{} @ {}", side(0, "transpose_left")?, side(1, "transpose_right")?)
            }
            "solve" => {
                let batch = [0, 1].iter().any(|&k| self.operand_dims(k).len() > 2);
                let call = if batch { "solve" } else { "np.linalg.solve" };
                format!("{call}({}, {})", self.matrix(0, self.flag("transpose"))?, self.operands.get(1)?)
            }
            "max_pool1d" | "max_pool2d" | "max_pool3d" => self.max_pool()?,
            "attention" => self.attention(3)?,
            "attention_back" => self.attention(6)?,
            _ => return None,
        })
    }

    /// One number, repeated; zeros and ones have names of their own.
    fn fill(&self) -> Option<String> {
        let (shape, dtype) = (tuple(self.dims()), self.precision.argument());
        Some(match self.attribute("value")? {
            AttrValue::Real(v) if self.dims().is_empty() => format!("np.array({}{dtype})", number(*v, self.precision)),
            AttrValue::Real(v) if *v == 1.0 => format!("np.ones({shape}{dtype})"),
            AttrValue::Real(v) if v.to_bits() == 0 => format!("np.zeros({shape}{dtype})"),
            AttrValue::Real(v) => format!("np.full({shape}, {}{dtype})", number(*v, self.precision)),
            _ => return None,
        })
    }

    /// Operand `k`, rows and columns exchanged where they shall be.
    fn matrix(&self, k: usize, transpose: bool) -> Option<String> {
        let name = *self.operands.get(k)?;
        Some(match (transpose, self.operand_dims(k).len()) {
            (false, _) => name.to_string(),
            (true, 2) => format!("{name}.T"),
            (true, _) => format!("transposed({name})"),
        })
    }

    /// The part of an array of shape `whole` that a slice of shape `part` takes, as an index.
    fn part(&self, whole: &[usize], part: &[usize]) -> String {
        let (begin, step) = (self.ints("begin"), self.ints("step"));
        let axis = |k: usize| {
            let (n, len, first) = (whole[k] as i64, part[k] as i64, begin[k]);
            let by = step.get(k).copied().unwrap_or(1);
            match (first, by, len) {
                (_, _, 0) => "0:0".to_string(),
                (0, 1, _) if len == n => ":".to_string(),
                (_, 1, _) => format!("{first}:{}", first + len),
                _ => {
                    // One beyond the last; below 0 there is no number for it.
                    let end = first + (len - 1) * by + by.signum();
                    let end = if end < 0 { String::new() } else { end.to_string() };
                    format!("{first}:{end}:{by}")
                }
            }
        };
        match whole.len() {
            0 => "()".into(),
            rank => (0..rank).map(axis).collect::<Vec<_>>().join(", "),
        }
    }

    /// Max pooling: most pools have no padding and no NaN, and a few lines do for these.
    fn max_pool(&self) -> Option<String> {
        let x = &self.trace.lines[*self.line.line.operands.first()? as usize].value;
        let plain = |(name, value): &(&str, AttrValue)| match *name {
            "kernel" | "stride" => true,
            "rounding" => *value == AttrValue::Text("floor"),
            _ => false,
        };
        let (pool, left_out): (_, &[&str]) = match self.line.line.attributes.iter().all(plain) && x.stats.nonfinite == 0
        {
            true => ("max_pool", &["rounding"]),
            false => ("padded_max_pool", &[]),
        };
        Some(format!("{pool}({}{})", self.operands[0], self.keywords(left_out)))
    }

    /// Attention and its adjoint: the operands behind the first `plain` ones are a bias, a mask, or both.
    fn attention(&self, plain: usize) -> Option<String> {
        let mut text = format!("{}({}", self.line.line.op, self.operands.get(..plain)?.join(", "));
        let mut rest = self.operands[plain..].iter();
        if self.flag("bias") {
            text += &format!(", bias={}", rest.next()?);
        }
        if let Some(seen) = rest.next() {
            text += &format!(", seen={seen}");
        }
        Some(format!("{text}{})", self.keywords(&["bias"])))
    }
}
