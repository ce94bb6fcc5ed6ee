//! A regular part of a tensor: first place, step and number of places along each axis, with its place in memory.
//! Slicing reads such a part and padding fills one; ranges, single indices and margins are checked here.

use std::ops::{Bound as Edge, RangeBounds};

use crate::ops::prelude::*;
use crate::shape::strides;

/// Along each axis the places `begin + k·step` for k below `len`.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub begin: SmallVec<[usize; 4]>,
    pub step: SmallVec<[isize; 4]>,
    pub len: Dims,
}

impl Part {
    /// All of a tensor, of which single axes are then narrowed.
    pub fn all(dims: &Dims) -> Self {
        Part {
            begin: SmallVec::from_elem(0, dims.rank()),
            step: SmallVec::from_elem(1, dims.rank()),
            len: dims.clone(),
        }
    }

    pub fn is_all_of(&self, dims: &Dims) -> bool {
        self.len == *dims && self.step.iter().all(|&s| s == 1)
    }

    /// The part lies within a tensor of the given shape.
    pub fn check_within(&self, dims: &[usize]) -> Result<(), Error> {
        let rank = dims.len();
        if [self.begin.len(), self.step.len(), self.len.rank()] != [rank; 3] {
            return Err(Error::shape(format!("a part of rank {} and a tensor of shape {dims:?}", self.len.rank()))
                .rule("a part says for every axis where it begins, how it steps and how long it is")
                .fix("name as many axes as the tensor has"));
        }
        for k in (0..rank).filter(|&k| self.len[k] > 0) {
            let last = self.begin[k] as i128 + (self.len[k] as i128 - 1) * self.step[k] as i128;
            if self.begin[k] >= dims[k] || !(0..dims[k] as i128).contains(&last) {
                return Err(Error::shape(format!("places {}..={last} of axis {k} of shape {dims:?}", self.begin[k]))
                    .rule(format!("places lie below the axis's size, {}", dims[k]))
                    .fix("take a shorter part"));
            }
        }
        Ok(())
    }

    /// Where the part begins in a row-major tensor of the given shape, and its steps there.
    pub fn layout(&self, dims: &[usize]) -> (usize, SmallVec<[isize; 4]>) {
        let own = strides(dims);
        let offset = self.begin.iter().zip(&own).map(|(&b, &s)| b * s).sum();
        (offset, self.step.iter().zip(&own).map(|(&step, &s)| step * s as isize).collect())
    }

    pub fn attributes(&self) -> Attributes {
        let mut list: Attributes = smallvec![("begin", (&self.begin[..]).into())];
        if self.step.iter().any(|&s| s != 1) {
            list.push(("step", AttrValue::Ints(self.step.iter().map(|&s| s as i64).collect())));
        }
        list
    }

    /// The part of a tensor that a range of one axis names, read with a step.
    pub fn of_range(dims: &Dims, axis: usize, range: &impl RangeBounds<usize>, step: isize) -> Result<Self, Error> {
        let size = dims[axis];
        // An edge at usize::MAX saturates, which the comparison with the size then refuses.
        let start = match range.start_bound() {
            Edge::Included(&k) => k,
            Edge::Excluded(&k) => k.saturating_add(1),
            Edge::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Edge::Included(&k) => k.saturating_add(1),
            Edge::Excluded(&k) => k,
            Edge::Unbounded => size,
        };
        if start > end || end > size {
            return Err(Error::shape(format!("range {start}..{end} does not lie in axis {axis} of size {size}"))
                .rule("start ≤ end ≤ size")
                .fix("shorten the range; counting from the end is up to you: `size - k`"));
        }
        if step == 0 {
            return Err(Error::argument("the step is 0").rule("a step leads on").fix("use 1, or a negative step"));
        }
        let mut part = Part::all(dims);
        part.len[axis] = (end - start).div_ceil(step.unsigned_abs());
        part.begin[axis] = if step < 0 { end.saturating_sub(1) } else { start };
        // A single place needs no step, and a step beyond the axis could overflow where it is multiplied by a stride.
        part.step[axis] = if part.len[axis] > 1 { step } else { 1 };
        Ok(part)
    }

    /// The single place of an axis, from either end, as a part of size 1.
    pub fn of_index(dims: &Dims, axis: usize, index: isize) -> Result<Self, Error> {
        let size = dims[axis];
        let at = if index < 0 { size.checked_sub(index.unsigned_abs()) } else { Some(index.unsigned_abs()) };
        match at.filter(|&k| k < size) {
            Some(k) => Part::of_range(dims, axis, &(k..k + 1), 1),
            None => Err(Error::index(format!("index {index} lies outside axis {axis} of size {size}"))
                .rule(format!("indices go from -{size} to {size} - 1; negative ones count from the end"))
                .fix("use an index within that range")),
        }
    }

    /// The places of a tensor amid further ones, \[before, after\] on each axis, and the shape with them.
    pub fn amid(dims: &Dims, margins: impl IntoIterator<Item = [usize; 2]>) -> (Self, Dims) {
        let mut part = Part::all(dims);
        let mut wide = dims.clone();
        for (k, [before, after]) in margins.into_iter().enumerate() {
            part.begin[k] = before;
            wide[k] += before + after;
        }
        (part, wide)
    }
}
