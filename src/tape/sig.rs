//! Kinds and shapes of operands and results: all that a shape rule sees and says.
//! Integer leaves show their values too, so that labels and positions are checked when they are recorded.

use std::fmt;

use smallvec::{SmallVec, smallvec};

use super::data::Kind;
use crate::error::Error;
use crate::shape::Dims;

/// Kind and shape of an operand, as a shape rule sees it.
#[derive(Clone, Copy, Debug)]
pub struct Sig<'a> {
    /// Real or integer.
    pub kind: Kind,
    /// The sizes of the axes.
    pub dims: &'a [usize],
    /// The integers of a leaf, which are known before anything runs, so that labels and positions can be checked at once.
    pub known: Option<&'a [u32]>,
}

impl Sig<'_> {
    /// Of nothing.
    pub(super) const NONE: Self = Sig { kind: Kind::Real, dims: &[], known: None };

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.dims.len()
    }

    /// The number of elements.
    pub fn count(&self) -> usize {
        self.dims.iter().product()
    }

    /// Refuses operands of another number or of other kinds; the first line of most shape rules.
    ///
    /// # Errors
    /// There are more or fewer operands than kinds, or one is not of its kind.
    ///
    /// ```
    /// use wengert::{Kind, Sig};
    /// let x = [Sig { kind: Kind::Int, dims: &[3], known: None }];
    /// assert!(Sig::expect(&x, &[Kind::Int]).is_ok());
    /// assert!(Sig::expect(&x, &[Kind::Real]).unwrap_err().is_kind());
    /// ```
    pub fn expect(x: &[Sig<'_>], kinds: &[Kind]) -> Result<(), Error> {
        if x.len() != kinds.len() {
            let number = |n: usize| format!("{n} operand{}", if n == 1 { "" } else { "s" });
            return Err(Error::kind(format!("it was given {}", number(x.len())))
                .rule(format!("the operation takes {}", number(kinds.len())))
                .fix("pass as many operands as it takes, in its order"));
        }
        let Some(i) = (0..x.len()).find(|&i| x[i].kind != kinds[i]) else { return Ok(()) };
        let (is, wants, fix) = match x[i].kind {
            Kind::Real => ("real numbers", "integers", "record integers with `tape.ints`, or compare to get a mask"),
            Kind::Int => ("integers", "real numbers", "convert it with `to_real`"),
        };
        Err(Error::kind(format!("operand {i} holds {is}"))
            .rule(format!("operand {i} of this operation holds {wants}"))
            .fix(fix))
    }
}

impl fmt::Display for Sig<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Real => write!(f, "{:?}", self.dims),
            Kind::Int => write!(f, "u32{:?}", self.dims),
        }
    }
}

/// Kind and shape of one result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultSig {
    /// Real or integer.
    pub kind: Kind,
    /// The sizes of the axes.
    pub dims: Dims,
}

/// Kinds and shapes of all results of a primitive; at least one.
///
/// ```
/// use wengert::{Kind, ResultSigs};
/// let s = ResultSigs::real([2, 3]).and_int([2]);
/// assert_eq!((s.len(), s[1].kind), (2, Kind::Int));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultSigs(SmallVec<[ResultSig; 1]>);

impl ResultSigs {
    /// One real result.
    pub fn real(dims: impl Into<Dims>) -> Self {
        ResultSigs(smallvec![ResultSig { kind: Kind::Real, dims: dims.into() }])
    }

    /// One integer result.
    pub fn int(dims: impl Into<Dims>) -> Self {
        ResultSigs(smallvec![ResultSig { kind: Kind::Int, dims: dims.into() }])
    }

    /// One result of the given kind.
    pub fn of(kind: Kind, dims: impl Into<Dims>) -> Self {
        ResultSigs(smallvec![ResultSig { kind, dims: dims.into() }])
    }

    /// These results and a further real one.
    #[must_use]
    pub fn and_real(mut self, dims: impl Into<Dims>) -> Self {
        self.0.push(ResultSig { kind: Kind::Real, dims: dims.into() });
        self
    }

    /// These results and a further integer one.
    #[must_use]
    pub fn and_int(mut self, dims: impl Into<Dims>) -> Self {
        self.0.push(ResultSig { kind: Kind::Int, dims: dims.into() });
        self
    }
}

impl std::ops::Deref for ResultSigs {
    type Target = [ResultSig];
    fn deref(&self) -> &[ResultSig] {
        &self.0
    }
}
