//! What may be known of an operation beyond its kernel: its form, for the planner, and its attributes, for readers.
//! Both are data, so that neither planner nor readers need to know any operation by name.

use std::fmt;
use std::hash::Hasher;

use smallvec::SmallVec;

use super::data::Data;
use super::row::Bound;
use crate::real::Real;

/// What the planner may know of an operation beyond its kernel.
#[derive(Debug)]
pub enum Form<'a, T: Real> {
    /// Nothing: one kernel call.
    Opaque,
    /// A leaf, whose value is at hand.
    Leaf(&'a Data<T>),
    /// An elementwise function: one row of the pointwise table with its parameters.
    Pointwise(&'a Bound<T>),
    /// One number, repeated; never materialised where it can be helped.
    Fill(T),
    /// The operand, broadcast to the result's shape.
    Splat,
    /// The operand, reduced over the given axes (sorted).
    Reduce(ReduceKind, &'a [usize]),
    /// The operand's elements under another shape: storage is shared.
    Alias,
}

/// The reductions that a fused pass can end in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReduceKind {
    /// Sum.
    Sum,
    /// Maximum; NaN wins.
    Max,
    /// Minimum; NaN wins.
    Min,
}

/// Named attributes in order of declaration.
pub type Attributes = SmallVec<[(&'static str, AttrValue); 2]>;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum AttrValue {
    /// An integer.
    Int(i64),
    /// A list of integers.
    Ints(SmallVec<[i64; 4]>),
    /// A number.
    Real(f64),
    /// A switch.
    Flag(bool),
    /// A word.
    Text(&'static str),
}

impl AttrValue {
    /// Feeds kind and value into a hash.
    pub(super) fn feed(&self, h: &mut dyn Hasher) {
        h.write_u8(match self {
            AttrValue::Int(_) => 0,
            AttrValue::Ints(_) => 1,
            AttrValue::Real(_) => 2,
            AttrValue::Flag(_) => 3,
            AttrValue::Text(_) => 4,
        });
        match self {
            AttrValue::Int(v) => h.write_i64(*v),
            AttrValue::Ints(v) => {
                h.write_usize(v.len());
                v.iter().for_each(|n| h.write_i64(*n));
            }
            AttrValue::Real(v) => h.write_u64(v.to_bits()),
            AttrValue::Flag(v) => h.write_u8(u8::from(*v)),
            AttrValue::Text(v) => h.write(v.as_bytes()),
        }
    }
}

impl fmt::Display for AttrValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AttrValue::Int(v) => write!(f, "{v}"),
            AttrValue::Ints(v) => write!(f, "{:?}", &v[..]),
            AttrValue::Real(v) => write!(f, "{v}"),
            AttrValue::Flag(v) => write!(f, "{v}"),
            AttrValue::Text(v) => write!(f, "{v}"),
        }
    }
}

impl From<usize> for AttrValue {
    fn from(v: usize) -> Self {
        AttrValue::Int(v as i64)
    }
}

impl From<&[usize]> for AttrValue {
    fn from(v: &[usize]) -> Self {
        AttrValue::Ints(v.iter().map(|&k| k as i64).collect())
    }
}

impl From<f64> for AttrValue {
    fn from(v: f64) -> Self {
        AttrValue::Real(v)
    }
}

impl From<bool> for AttrValue {
    fn from(v: bool) -> Self {
        AttrValue::Flag(v)
    }
}

impl From<&'static str> for AttrValue {
    fn from(v: &'static str) -> Self {
        AttrValue::Text(v)
    }
}
