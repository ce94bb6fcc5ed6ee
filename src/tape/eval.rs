//! What a kernel sees: operands as slices, results as buffers to fill, the clock of random lines, scratch memory.
//! A kernel that cannot go on says so with a fault; the executor adds the line and the user's source location.

use std::any::Any;

use crate::error::Error;
use crate::real::Real;

/// An operand's value, as a kernel sees it.
#[derive(Clone, Copy, Debug)]
pub struct Arg<'a, T> {
    data: ArgData<'a, T>,
    dims: &'a [usize],
    prepared: Option<&'a Prepared>,
}

/// What an operation has made of an operand that is the same in every run of a program: see
/// [`Op::prepare`](super::Op::prepare).
pub type Prepared = Box<dyn Any + Send + Sync>;

#[derive(Clone, Copy, Debug)]
enum ArgData<'a, T> {
    Real(&'a [T]),
    Int(&'a [u32]),
    Taken,
}

impl<'a, T> Arg<'a, T> {
    pub(crate) fn of_real(v: &'a [T], dims: &'a [usize]) -> Self {
        Arg { data: ArgData::Real(v), dims, prepared: None }
    }

    pub(crate) fn of_int(v: &'a [u32], dims: &'a [usize]) -> Self {
        Arg { data: ArgData::Int(v), dims, prepared: None }
    }

    pub(crate) fn of_taken(dims: &'a [usize]) -> Self {
        Arg { data: ArgData::Taken, dims, prepared: None }
    }

    /// The same with what [`Op::prepare`](super::Op::prepare) has made of it.
    pub(crate) fn with_prepared(self, prepared: Option<&'a Prepared>) -> Self {
        Arg { prepared, ..self }
    }

    /// What [`Op::prepare`](super::Op::prepare) has made of this operand, if it has and the type is `P`.
    pub fn prepared<P: 'static>(&self) -> Option<&'a P> {
        self.prepared.and_then(|p| p.downcast_ref())
    }

    /// The real numbers, row-major.
    ///
    /// # Panics
    /// The operand is of the integer kind (the shape rule should have refused it) or has been [taken](Arg::taken).
    pub fn real(&self) -> &'a [T] {
        match self.data {
            ArgData::Real(v) => v,
            _ => panic!(
                "the kernel asks for real numbers where the operand is an integer or was handed over as the result"
            ),
        }
    }

    /// The integers, row-major.
    ///
    /// # Panics
    /// The operand is real.
    pub fn int(&self) -> &'a [u32] {
        match self.data {
            ArgData::Int(v) => v,
            _ => panic!("the kernel asks for integers where the operand is real"),
        }
    }

    /// Whether the operand's buffer has become result 0 (see [`Op::overwrites`](super::Op::overwrites)).
    pub fn taken(&self) -> bool {
        matches!(self.data, ArgData::Taken)
    }

    /// The sizes of the axes.
    pub fn dims(&self) -> &'a [usize] {
        self.dims
    }
}

/// A result to be computed; one that nobody wants has no buffer.
#[derive(Debug)]
pub struct Out<'a, T> {
    data: OutData<'a, T>,
    dims: &'a [usize],
}

#[derive(Debug)]
enum OutData<'a, T> {
    Real(&'a mut [T]),
    Int(&'a mut [u32]),
    Unwanted,
}

impl<'a, T> Out<'a, T> {
    pub(crate) fn of_real(data: &'a mut [T], dims: &'a [usize]) -> Self {
        Out { data: OutData::Real(data), dims }
    }

    pub(crate) fn of_int(data: &'a mut [u32], dims: &'a [usize]) -> Self {
        Out { data: OutData::Int(data), dims }
    }

    pub(crate) fn unwanted(dims: &'a [usize]) -> Self {
        Out { data: OutData::Unwanted, dims }
    }

    /// The buffer of a real result.
    ///
    /// # Panics
    /// The result is not wanted or not real; a kernel with several results asks [`try_real`](Out::try_real).
    pub fn real(&mut self) -> &mut [T] {
        self.try_real().expect("result 0 of a kernel with one real result is wanted")
    }

    /// The buffer of an integer result.
    ///
    /// # Panics
    /// The result is not wanted or not of the integer kind.
    pub fn int(&mut self) -> &mut [u32] {
        self.try_int().expect("result 0 of a kernel with one integer result is wanted")
    }

    /// The buffer of a real result, if it is wanted.
    pub fn try_real(&mut self) -> Option<&mut [T]> {
        match &mut self.data {
            OutData::Real(v) => Some(v),
            _ => None,
        }
    }

    /// The buffer of an integer result, if it is wanted.
    pub fn try_int(&mut self) -> Option<&mut [u32]> {
        match &mut self.data {
            OutData::Int(v) => Some(v),
            _ => None,
        }
    }

    /// The buffer of an integer result, or a spare one for a kernel that writes it in any case.
    pub(crate) fn int_or<'s>(&'s mut self, spare: &'s mut Vec<u32>) -> &'s mut [u32] {
        if let OutData::Int(v) = &mut self.data {
            return v;
        }
        spare.resize(self.dims.iter().product(), 0);
        spare
    }

    /// The sizes of the axes.
    pub fn dims(&self) -> &'a [usize] {
        self.dims
    }
}

/// What a kernel may use besides its operands: the numbers that random lines are a function of, and scratch memory.
#[derive(Debug)]
pub struct Cx<'a, T> {
    pub(crate) seed: u64,
    pub(crate) step: u64,
    pub(crate) scratch: &'a mut Vec<T>,
}

impl<T: Real> Cx<'_, T> {
    /// The tape's seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How often the tape has been cleared: random lines draw anew in every step.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Scratch memory that is reused from line to line; its contents are garbage.
    pub fn scratch(&mut self, len: usize) -> &mut [T] {
        if self.scratch.len() < len {
            self.scratch.resize(len, T::zero());
        }
        &mut self.scratch[..len]
    }
}

/// Why a kernel could not compute: what only values can tell.
#[derive(Debug)]
pub struct Fault(Error);

impl Fault {
    /// An index out of range.
    pub fn index(what: impl Into<String>) -> Self {
        Fault(Error::index(what))
    }

    /// Values outside the domain.
    pub fn domain(what: impl Into<String>) -> Self {
        Fault(Error::domain(what))
    }

    /// The rule that was broken.
    #[must_use]
    pub fn rule(self, rule: impl Into<String>) -> Self {
        Fault(self.0.rule(rule))
    }

    /// What to do about it.
    #[must_use]
    pub fn fix(self, fix: impl Into<String>) -> Self {
        Fault(self.0.fix(fix))
    }

    pub(crate) fn into_error(self) -> Error {
        self.0
    }
}
