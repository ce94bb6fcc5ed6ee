//! The sizes asked of a new shape, of which one may be left open as −1.
//! An open size follows from the number of elements, or from the axis that stands there already.

use smallvec::SmallVec;

use super::{Dims, checked_count};
use crate::error::Error;

/// The sizes asked of a new shape; −1 leaves one open.
///
/// In [`reshape`](crate::Var::reshape) and [`unflatten`](crate::Var::unflatten) the open size is what the number of
/// elements leaves; in [`expand`](crate::Var::expand) every −1 keeps the size that is there.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let x = tape.zeros([4, 6]);
/// assert_eq!(x.reshape([3, -1]).dims(), [3, 8]);
/// assert_eq!(x.unflatten(1, [-1, 2]).dims(), [4, 3, 2]);
/// assert_eq!(x.expand([5, -1, -1]).dims(), [5, 4, 6]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes(Asked);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    All(Dims),
    Some(SmallVec<[isize; 4]>),
}

/// A size that is given, or none for −1.
fn size(n: isize) -> Result<Option<usize>, Error> {
    match usize::try_from(n) {
        Ok(n) => Ok(Some(n)),
        Err(_) if n == -1 => Ok(None),
        Err(_) => Err(Error::shape(format!("a size is {n}")).rule("sizes are 0 or more, or -1").fix("check the sizes")),
    }
}

impl Sizes {
    /// The shape with `count` elements; one open size at most.
    pub(crate) fn filled_by(self, count: usize) -> Result<Dims, Error> {
        let list = match self.0 {
            Asked::All(dims) => return Ok(dims),
            Asked::Some(list) => list,
        };
        let sizes = list.iter().map(|&n| size(n)).collect::<Result<SmallVec<[_; 4]>, _>>()?;
        let given: Dims = sizes.iter().flatten().copied().collect();
        match sizes.len() - given.rank() {
            0 => return Ok(given),
            1 => {}
            _ => {
                return Err(Error::shape(format!("the sizes {list:?} leave several open"))
                    .rule("one size at most is -1")
                    .fix("give all but one"));
            }
        }
        let open = checked_count(&given).filter(|&n| n > 0 && count.is_multiple_of(n)).map(|n| count / n);
        let Some(open) = open else {
            return Err(Error::shape(format!("{count} elements do not fill the sizes {list:?}"))
                .rule("the given sizes are not 0, and their product divides the number of elements")
                .fix("choose other sizes"));
        };
        Ok(sizes.into_iter().map(|n| n.unwrap_or(open)).collect())
    }

    /// The shape in which every open size is that of the axis in `dims`, aligned at the last.
    pub(crate) fn or_those_of(self, dims: &[usize]) -> Result<Dims, Error> {
        let list = match self.0 {
            Asked::All(dims) => return Ok(dims),
            Asked::Some(list) => list,
        };
        let rank = list.len();
        let one = |(k, &n): (usize, &isize)| match size(n)? {
            Some(n) => Ok(n),
            None => (k + dims.len()).checked_sub(rank).map(|k| dims[k]).ok_or_else(|| {
                Error::shape(format!("size {k} of {list:?} is open, where shape {dims:?} has no axis"))
                    .rule("a new axis, in front, has a size of its own")
                    .fix("give that size")
            }),
        };
        list.iter().enumerate().map(one).collect()
    }
}

macro_rules! all_given {
    ($([$($generic:tt)*] $from:ty;)+) => {$(
        impl<$($generic)*> From<$from> for Sizes {
            fn from(sizes: $from) -> Self {
                Sizes(Asked::All(sizes.into()))
            }
        }
    )+};
}

all_given! {
    [] Dims;
    [] &Dims;
    [] Vec<usize>;
    [] &[usize];
    [const N: usize] [usize; N];
    [] usize;
    [] ();
}

impl From<&[isize]> for Sizes {
    fn from(sizes: &[isize]) -> Self {
        Sizes(Asked::Some(sizes.into()))
    }
}

impl<const N: usize> From<[isize; N]> for Sizes {
    fn from(sizes: [isize; N]) -> Self {
        sizes[..].into()
    }
}

impl From<Vec<isize>> for Sizes {
    fn from(sizes: Vec<isize>) -> Self {
        sizes[..].into()
    }
}

// The type of a literal that nothing else decides.
impl<const N: usize> From<[i32; N]> for Sizes {
    fn from(sizes: [i32; N]) -> Self {
        Sizes(Asked::Some(sizes.iter().map(|&n| n as isize).collect()))
    }
}

impl From<i32> for Sizes {
    fn from(size: i32) -> Self {
        [size].into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(sizes: impl Into<Sizes>, count: usize) -> Result<Dims, Error> {
        sizes.into().filled_by(count)
    }

    #[test]
    fn an_open_size_is_what_is_left() {
        assert_eq!(filled([2, -1, 3], 12).unwrap(), [2, 2, 3]);
        assert_eq!(filled(-1, 12).unwrap(), [12]);
        assert_eq!(filled([-1, 5], 0).unwrap(), [0, 5]);
        assert_eq!(filled([2, 6], 12).unwrap(), [2, 6]);
        assert!(filled([-1, 5], 12).unwrap_err().is_shape());
        assert!(filled([-1, 0], 0).unwrap_err().is_shape());
        assert!(filled([-1, -1], 12).unwrap_err().to_string().contains("leave several open"));
        assert!(filled([-2, 6], 12).unwrap_err().to_string().contains("a size is -2"));
        assert!(filled([-1, isize::MAX, isize::MAX], 12).unwrap_err().is_shape());
    }

    #[test]
    fn open_sizes_stay_as_they_are() {
        assert_eq!(Sizes::from([7, -1, 3]).or_those_of(&[2, 1]).unwrap(), [7, 2, 3]);
        assert_eq!(Sizes::from([0i32; 0]).or_those_of(&[]).unwrap(), []);
        assert!(Sizes::from([-1, 2]).or_those_of(&[2]).unwrap_err().to_string().contains("size 0 of [-1, 2] is open"));
    }
}
