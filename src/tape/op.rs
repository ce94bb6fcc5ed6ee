//! The contract of a primitive: name, shape rule, kernel, vjp, jvp, and what the planner may know about it.
//! Built-in operations and a user's own fulfil the same trait; the tape, the sweeps and the executor know nothing else.

use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::data::{Data, Kind};
use super::row::Bound;
use super::rule::{At, Jvp, Vjp};
use super::var::{IntVar, Var};
use crate::error::Error;
use crate::real::Real;
use crate::shape::Dims;

/// A primitive: what a line of the tape does.
///
/// Four things must be said: the name, the shape rule ([`infer`](Op::infer)), the kernel ([`eval`](Op::eval)) and the
/// reverse rule ([`vjp`](Op::vjp)). A rule is an expression in the same operations, so it lands on the tape and can be
/// differentiated again. Everything else has a default that is right, if not always the fastest.
///
/// ```
/// use wengert::{Arg, Cx, Error, Fault, Kind, Op, Out, ResultSigs, Sig, Vjp, prelude::*};
///
/// /// y = x³, elementwise.
/// #[derive(Debug)]
/// struct Cube;
///
/// impl Op<f64> for Cube {
///     fn name(&self) -> &'static str {
///         "cube"
///     }
///     fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
///         Ok(ResultSigs::real(x[0].dims))
///     }
///     fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
///         y[0].real().iter_mut().zip(x[0].real()).for_each(|(y, x)| *y = x * x * x);
///         Ok(())
///     }
///     fn vjp<'t>(&self, r: &Vjp<'t, f64>) {
///         r.give(0, || r.g() * r.x(0).square() * 3.0);
///     }
/// }
///
/// let tape = Tape::<f64>::default();
/// let x = tape.var(2.0);
/// let y = tape.apply(Cube, &[x.into()])?.real(0);
/// assert_eq!((y.item(), y.backward()[x].sum()), (8.0, 12.0));
/// # Ok::<(), wengert::Error>(())
/// ```
pub trait Op<T: Real>: fmt::Debug + Send + Sync + 'static {
    /// The name in listings, errors and pictures.
    fn name(&self) -> &'static str;

    /// The shape rule: from the operands' kinds and shapes to those of the results.
    ///
    /// # Errors
    /// Operands that do not fit, with the rule and the fix; the tape adds the name, the operands and the source lines.
    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error>;

    /// The kernel: computes the wanted results from the operands. Outputs hold garbage at first: every element is written.
    ///
    /// # Errors
    /// What only values can tell: an index out of range, a matrix that is not positive definite.
    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], cx: &mut Cx<'_, T>) -> Result<(), Fault>;

    /// The reverse rule: gives the cotangent of every wanted operand, Σ over results of (∂y/∂x)ᵀ ȳ.
    ///
    /// For each real operand either [`Vjp::give`] or [`Vjp::zero`] must be called; forgetting one is an error that
    /// names the operation, never a silent zero.
    fn vjp<'t>(&self, r: &Vjp<'t, T>);

    /// The forward rule: gives the tangents of the results, Σ over operands of (∂y/∂x) ẋ.
    ///
    /// The default transposes the reverse rule: x̄ = Jᵀȳ is linear in ȳ, so its own vjp with respect to ȳ is J.
    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.by_transposing(|v| self.vjp(v));
    }

    /// What the planner may see through.
    fn form(&self) -> Form<'_, T> {
        Form::Opaque
    }

    /// The discrete choice that this line makes, as lines of its own: which element won, which side of a kink.
    fn decision<'t>(&self, at: &At<'t, T>) -> Option<Decision<'t, T>> {
        let _ = at;
        None
    }

    /// The attributes, for listings, exports and the structural hash: all that tells two instances apart.
    fn attributes(&self) -> Attributes {
        Attributes::default()
    }

    /// Feeds name and attributes into the structural hash by which a plan is found again.
    ///
    /// The default is right wherever [`attributes`](Op::attributes) is complete.
    fn fingerprint(&self, h: &mut dyn Hasher) {
        h.write(std::any::type_name::<Self>().as_bytes());
        h.write(self.name().as_bytes());
        for (name, value) in &self.attributes() {
            h.write(name.as_bytes());
            h.write(value.to_string().as_bytes());
        }
    }

    /// Which values the rules read; a rule that reads more panics in debug builds.
    fn reads(&self) -> Reads {
        Reads { operands: Which::All, results: Which::All }
    }

    /// The operand whose buffer becomes result 0 when this line is its last reader.
    ///
    /// The kernel then finds the operand's values already in `y[0]`, and `x[i]` is [`Arg::taken`].
    fn overwrites(&self) -> Option<usize> {
        None
    }

    /// What computing the line costs, for the planner's choice between storing and recomputing.
    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        Cost { flops: x.iter().map(|s| s.dims.iter().product::<usize>() as f64).sum(), cheap: false }
    }

    /// How values move from operands to results, for those who step through a sweep.
    fn step_kind(&self) -> StepKind {
        StepKind::Dense
    }
}

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

/// An operand's value, as a kernel sees it.
#[derive(Clone, Copy, Debug)]
pub struct Arg<'a, T> {
    data: ArgData<'a, T>,
    dims: &'a [usize],
}

#[derive(Clone, Copy, Debug)]
enum ArgData<'a, T> {
    Real(&'a [T]),
    Int(&'a [u32]),
    Taken,
}

impl<'a, T> Arg<'a, T> {
    pub(crate) fn new(data: &'a Data<T>, dims: &'a [usize]) -> Self {
        let data = match data {
            Data::Real(v) => ArgData::Real(v),
            Data::Int(v) => ArgData::Int(v),
        };
        Arg { data, dims }
    }

    pub(crate) fn of_taken(dims: &'a [usize]) -> Self {
        Arg { data: ArgData::Taken, dims }
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

    /// Whether the operand's buffer has become result 0 (see [`Op::overwrites`]).
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

/// A line's discrete choice and its distance from changing.
#[derive(Debug)]
pub struct Decision<'t, T: Real> {
    /// What is decided, in words: "which input wins", "side of 0".
    pub what: &'static str,
    /// The choice, one integer per deciding element.
    pub choice: IntVar<'t, T>,
    /// How far each choice is from changing, where that is a distance in the operand; same number of elements.
    pub gap: Option<Var<'t, T>>,
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

/// The values that an operation's rules read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reads {
    /// Operands.
    pub operands: Which,
    /// Results.
    pub results: Which,
}

impl Reads {
    /// Shapes only.
    pub const NOTHING: Reads = Reads { operands: Which::None, results: Which::None };
    /// All operands, no results.
    pub const OPERANDS: Reads = Reads { operands: Which::All, results: Which::None };
    /// All results, no operands.
    pub const RESULTS: Reads = Reads { operands: Which::None, results: Which::All };
}

/// A set of positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// None of them.
    None,
    /// All of them, however many.
    All,
    /// Those whose bit is set.
    These(u64),
}

impl Which {
    /// Whether position `i` belongs to the set.
    pub fn contains(self, i: usize) -> bool {
        match self {
            Which::None => false,
            Which::All => true,
            Which::These(bits) => i < 64 && bits >> i & 1 == 1,
        }
    }
}

/// What computing a line costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Floating-point operations, roughly.
    pub flops: f64,
    /// Whether the line is better recomputed than stored.
    pub cheap: bool,
}

/// How values move through an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Each result element depends on one element of each operand.
    Elementwise,
    /// A product of matrices.
    Product,
    /// Elements are chosen and sent on: pooling, gather.
    Route,
    /// One element becomes many.
    Expand,
    /// Many elements become one.
    Reduce,
    /// The same elements in another order or shape.
    Permute,
    /// Anything else.
    Dense,
}

/// An operation as a line holds it; cheap to copy out before a rule runs.
#[derive(Debug)]
pub enum OpRef<T: Real> {
    /// A row of the pointwise table.
    Row(Bound<T>),
    /// An operation without attributes.
    Static(&'static dyn Op<T>),
    /// An operation with attributes, or a user's own.
    Shared(Arc<dyn Op<T>>),
}

impl<T: Real> Clone for OpRef<T> {
    fn clone(&self) -> Self {
        match self {
            OpRef::Row(r) => OpRef::Row(*r),
            OpRef::Static(o) => OpRef::Static(*o),
            OpRef::Shared(o) => OpRef::Shared(Arc::clone(o)),
        }
    }
}

impl<T: Real> OpRef<T> {
    /// The operation behind the reference.
    pub fn get(&self) -> &dyn Op<T> {
        match self {
            OpRef::Row(r) => r,
            OpRef::Static(o) => *o,
            OpRef::Shared(o) => &**o,
        }
    }
}

impl<T: Real> OpRef<T> {
    /// A reference to an operation with attributes, or to a user's own.
    pub fn new(op: impl Op<T>) -> Self {
        OpRef::Shared(Arc::new(op))
    }
}

/// A handle of either kind, as [`Tape::apply`](super::Tape::apply) takes it.
#[derive(Clone, Copy, Debug)]
pub enum Operand<'t, T: Real> {
    /// A real line.
    Real(Var<'t, T>),
    /// An integer line.
    Int(IntVar<'t, T>),
}

impl<'t, T: Real> Operand<'t, T> {
    /// Tape and line number.
    pub(super) fn place(&self) -> (&'t super::Tape<T>, u32) {
        match *self {
            Operand::Real(v) => (v.tape, v.id),
            Operand::Int(v) => (v.tape, v.id),
        }
    }
}

impl<'t, T: Real> From<Var<'t, T>> for Operand<'t, T> {
    fn from(v: Var<'t, T>) -> Self {
        Operand::Real(v)
    }
}

impl<'t, T: Real> From<IntVar<'t, T>> for Operand<'t, T> {
    fn from(v: IntVar<'t, T>) -> Self {
        Operand::Int(v)
    }
}

/// The results of one recorded operation.
#[derive(Clone, Copy, Debug)]
pub struct Results<'t, T: Real> {
    pub(super) tape: &'t super::Tape<T>,
    pub(super) head: u32,
    pub(super) count: u32,
}

impl<'t, T: Real> Results<'t, T> {
    /// The number of results.
    #[allow(clippy::len_without_is_empty, reason = "an operation has at least one result")]
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Result `k`, a real one.
    ///
    /// # Panics
    /// There is no such result, or it is of the integer kind.
    #[track_caller]
    pub fn real(&self, k: usize) -> Var<'t, T> {
        Var::from_result(self.tape, self.id(k))
    }

    /// Result `k`, an integer one.
    ///
    /// # Panics
    /// There is no such result, or it is real.
    #[track_caller]
    pub fn int(&self, k: usize) -> IntVar<'t, T> {
        IntVar::from_result(self.tape, self.id(k))
    }

    #[track_caller]
    pub(crate) fn id(&self, k: usize) -> u32 {
        assert!(k < self.len(), "result {k} of an operation with {} results", self.count);
        self.head + k as u32
    }
}
