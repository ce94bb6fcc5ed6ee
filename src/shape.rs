//! Shapes, axes and the broadcasting rule: pure functions on lists of sizes.
//! Everything that reasons about where an element lies in memory starts here.

use std::fmt;
use std::ops::{Deref, DerefMut, RangeFull};

use smallvec::SmallVec;

use crate::error::Error;

mod sizes;

pub use sizes::Sizes;

/// The sizes of a tensor's axes; row-major, rank and sizes known at run time.
///
/// ```
/// use wengert::Dims;
/// let d = Dims::from([2, 3]);
/// assert_eq!((d.rank(), d.count()), (2, 6));
/// assert_eq!(d.to_string(), "[2, 3]");
/// assert_eq!(Dims::scalar().count(), 1);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Dims(SmallVec<[usize; 4]>);

impl Dims {
    /// The shape of a single number: no axes, one element.
    pub fn scalar() -> Self {
        Dims(SmallVec::new())
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The number of elements; the product of the sizes, 1 for a scalar.
    ///
    /// Shapes on a tape have been checked by [`Dims::checked_count`], so this cannot overflow for them.
    pub fn count(&self) -> usize {
        self.0.iter().product()
    }

    /// The number of elements, or `None` where the product of the non-zero sizes would not fit in memory.
    pub fn checked_count(&self) -> Option<usize> {
        checked_count(&self.0)
    }

    /// Row-major strides, in elements.
    pub fn strides(&self) -> SmallVec<[usize; 4]> {
        strides(&self.0)
    }

    /// Adds an axis at the end.
    pub fn push(&mut self, size: usize) {
        self.0.push(size);
    }

    /// Inserts an axis before position `axis`.
    pub fn insert(&mut self, axis: usize, size: usize) {
        self.0.insert(axis, size);
    }

    /// Takes an axis out and returns its size.
    pub fn remove(&mut self, axis: usize) -> usize {
        self.0.remove(axis)
    }

    /// The shape with `axis` replaced by `size`.
    pub fn with(&self, axis: usize, size: usize) -> Self {
        let mut d = self.clone();
        d[axis] = size;
        d
    }
}

impl Deref for Dims {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl DerefMut for Dims {
    fn deref_mut(&mut self) -> &mut [usize] {
        &mut self.0
    }
}

impl fmt::Display for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &self.0[..])
    }
}

impl fmt::Debug for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> From<[usize; N]> for Dims {
    fn from(d: [usize; N]) -> Self {
        Dims(SmallVec::from_slice(&d))
    }
}

impl From<&[usize]> for Dims {
    fn from(d: &[usize]) -> Self {
        Dims(SmallVec::from_slice(d))
    }
}

impl From<Vec<usize>> for Dims {
    fn from(d: Vec<usize>) -> Self {
        Dims(SmallVec::from_vec(d))
    }
}

impl From<&Dims> for Dims {
    fn from(d: &Dims) -> Self {
        d.clone()
    }
}

impl From<usize> for Dims {
    fn from(d: usize) -> Self {
        Dims(SmallVec::from_slice(&[d]))
    }
}

impl From<()> for Dims {
    fn from((): ()) -> Self {
        Dims::scalar()
    }
}

impl FromIterator<usize> for Dims {
    fn from_iter<I: IntoIterator<Item = usize>>(it: I) -> Self {
        Dims(it.into_iter().collect())
    }
}

impl PartialEq<[usize]> for Dims {
    fn eq(&self, other: &[usize]) -> bool {
        self.0[..] == *other
    }
}

impl<const N: usize> PartialEq<[usize; N]> for Dims {
    fn eq(&self, other: &[usize; N]) -> bool {
        self.0[..] == other[..]
    }
}

/// The element count, or `None` where it (zero sizes left aside) exceeds what an allocation may hold.
///
/// Zero sizes are left aside so that strides of an empty tensor cannot overflow either.
pub(crate) fn checked_count(dims: &[usize]) -> Option<usize> {
    let nonzero = dims.iter().filter(|&&d| d != 0).try_fold(1usize, |n, &d| n.checked_mul(d))?;
    let fits = nonzero.checked_mul(8).is_some_and(|bytes| isize::try_from(bytes).is_ok());
    fits.then(|| if dims.contains(&0) { 0 } else { nonzero })
}

/// Row-major strides, in elements.
pub(crate) fn strides(dims: &[usize]) -> SmallVec<[usize; 4]> {
    let mut s: SmallVec<[usize; 4]> = SmallVec::from_elem(1, dims.len());
    for k in (1..dims.len()).rev() {
        s[k - 1] = s[k] * dims[k].max(1);
    }
    s
}

/// The index of element `flat` in a row-major array.
pub(crate) fn unravel(mut flat: usize, dims: &[usize]) -> Vec<usize> {
    let mut index: Vec<usize> = dims.iter().rev().map(|&n| (flat % n.max(1), flat /= n.max(1)).0).collect();
    index.reverse();
    index
}

/// The shape two operands broadcast to (numpy's rule): aligned at the last axis, sizes equal or one of them 1.
///
/// ```
/// use wengert::{broadcast_dims, Dims};
/// assert_eq!(broadcast_dims(&[2, 1], &[3]), Some(Dims::from([2, 3])));
/// assert_eq!(broadcast_dims(&[2], &[3]), None);
/// ```
pub fn broadcast_dims(a: &[usize], b: &[usize]) -> Option<Dims> {
    let rank = a.len().max(b.len());
    (0..rank)
        .map(|k| {
            let size = |d: &[usize]| (k + d.len()).checked_sub(rank).map_or(1, |i| d[i]);
            match (size(a), size(b)) {
                (m, n) if m == n => Some(m),
                (1, n) => Some(n),
                (m, 1) => Some(m),
                _ => None,
            }
        })
        .collect::<Option<SmallVec<_>>>()
        .map(Dims)
}

/// Which axes an operation works on, and whether they stay as axes of size 1.
///
/// Negative axes count from the end. `..` means all of them; [`keep`] keeps them with size 1.
///
/// ```
/// use ndarray::array;
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let x = tape.constant(array![[1., 2.], [3., 4.]]);
/// assert_eq!(x.sum_over(-1).dims(), [2]);
/// assert_eq!(x.sum_over(keep([0, 1])).dims(), [1, 1]);
/// assert_eq!(x.sum_over(..).item(), 10.0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes {
    list: Option<SmallVec<[isize; 4]>>,
    keep: bool,
}

/// The given axes, kept in the result with size 1 (numpy's `keepdims`).
pub fn keep(axes: impl Into<Axes>) -> Axes {
    Axes { keep: true, ..axes.into() }
}

impl Axes {
    /// Whether all axes are meant, without a list of them.
    pub(crate) fn are_all(&self) -> bool {
        self.list.is_none()
    }

    /// Whether the axes stay with size 1.
    pub fn keeps(&self) -> bool {
        self.keep
    }

    /// The axes as sorted positions of a tensor of the given shape.
    ///
    /// # Errors
    /// An axis outside `-rank..rank`, or one named twice.
    pub fn resolve(&self, dims: &[usize]) -> Result<SmallVec<[usize; 4]>, Error> {
        let mut out = self.in_order(dims)?;
        out.sort_unstable();
        Ok(out)
    }

    /// As [`resolve`](Axes::resolve), in the order in which the axes were named.
    pub(crate) fn in_order(&self, dims: &[usize]) -> Result<SmallVec<[usize; 4]>, Error> {
        let Some(list) = &self.list else {
            return Ok((0..dims.len()).collect());
        };
        let out: SmallVec<[usize; 4]> = list.iter().map(|&a| resolve_axis(a, dims)).collect::<Result<_, _>>()?;
        if let Some(k) = (1..out.len()).find(|&k| out[..k].contains(&out[k])) {
            return Err(Error::shape(format!("axis {} is named twice in {:?}", out[k], &list[..]))
                .rule("each axis at most once; -1 is the last axis")
                .fix("drop the repeated axis"));
        }
        Ok(out)
    }

    /// Whether `..` was given, not a list.
    pub(crate) fn is_all(&self) -> bool {
        self.list.is_none()
    }
}

/// One axis as a position; negative ones count from the end.
pub(crate) fn resolve_axis(axis: isize, dims: &[usize]) -> Result<usize, Error> {
    let rank = dims.len() as isize;
    let k = if axis < 0 { axis + rank } else { axis };
    if (0..rank).contains(&k) {
        return Ok(k as usize);
    }
    let e = Error::shape(format!("axis {axis} does not exist in shape {dims:?}"));
    Err(match rank {
        0 => e.rule("a scalar has no axes").fix("leave the axis out (`..` means all there are), or reshape first"),
        _ => e
            .rule(format!("a tensor of rank {rank} has axes {} to {}", -rank, rank - 1))
            .fix("use an axis within that range"),
    })
}

impl From<isize> for Axes {
    fn from(a: isize) -> Self {
        Axes { list: Some(SmallVec::from_slice(&[a])), keep: false }
    }
}

impl<const N: usize> From<[isize; N]> for Axes {
    fn from(a: [isize; N]) -> Self {
        Axes { list: Some(SmallVec::from_slice(&a)), keep: false }
    }
}

impl From<&[isize]> for Axes {
    fn from(a: &[isize]) -> Self {
        Axes { list: Some(SmallVec::from_slice(a)), keep: false }
    }
}

impl From<RangeFull> for Axes {
    fn from(_: RangeFull) -> Self {
        Axes { list: None, keep: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_refuse_what_no_allocation_could_hold() {
        assert_eq!(checked_count(&[2, 3]), Some(6));
        assert_eq!(checked_count(&[usize::MAX, 2]), None);
        assert_eq!(checked_count(&[0, usize::MAX, 2]), None);
        assert_eq!(checked_count(&[0, 5]), Some(0));
    }

    #[test]
    fn broadcasting_follows_numpy() {
        assert_eq!(broadcast_dims(&[], &[2, 3]), Some(Dims::from([2, 3])));
        assert_eq!(broadcast_dims(&[4, 1, 3], &[2, 1]), Some(Dims::from([4, 2, 3])));
        assert_eq!(broadcast_dims(&[0], &[1]), Some(Dims::from([0])));
        assert_eq!(broadcast_dims(&[0], &[2]), None);
    }

    #[test]
    fn axes_resolve_from_both_ends_and_refuse_the_rest() {
        assert_eq!(&Axes::from([-1, 0]).resolve(&[4, 5, 6]).unwrap()[..], &[0, 2]);
        assert_eq!(&Axes::from(..).resolve(&[4, 5]).unwrap()[..], &[0, 1]);
        assert!(Axes::from(2).resolve(&[4, 5]).unwrap_err().is_shape());
        assert!(Axes::from([0, -2]).resolve(&[4, 5]).unwrap_err().is_shape());
    }
}
