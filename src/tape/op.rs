//! The contract of a primitive: name, shape rule, kernel, vjp, jvp, and what the planner may know about it.
//! Built-in operations and a user's own fulfil the same trait; the tape, the sweeps and the executor know nothing else.

use std::any::TypeId;
use std::fmt;
use std::hash::Hasher;

use super::apply::OpRef;
use super::eval::{Arg, Cx, Fault, Out, Prepared};
use super::form::{Attributes, Form};
use super::rule::{At, Jvp, Vjp};
use super::sig::{ResultSigs, Sig};
use super::var::{IntVar, Var};
use crate::error::Error;
use crate::real::Real;

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

    /// What the kernel would make of operand `i` in every run anew, such as a matrix in the layout that it reads, or `None`.
    ///
    /// A [`Program`](crate::Program) asks once, for operands that are the same in all its runs, and [`eval`](Op::eval) finds
    /// the answer by [`Arg::prepared`]. It must give the same bits with it as without.
    fn prepare(&self, _i: usize, _x: &[Sig<'_>], _value: &Arg<'_, T>) -> Option<Prepared> {
        None
    }

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

    /// The same operation on a tape of `f64`, so that a model in `f32` can be judged by its f64 shadow.
    ///
    /// An operation generic over [`Real`] says `Some(OpRef::new(self.clone()))`; `None` where there is no such twin.
    fn in_f64(&self) -> Option<OpRef<f64>> {
        None
    }

    /// The attributes, for listings and other readers: all that tells two instances apart.
    fn attributes(&self) -> Attributes {
        Attributes::default()
    }

    /// Feeds name and attributes into the structural hash of a tape, [`Tape::fingerprint`](crate::Tape::fingerprint).
    ///
    /// The default is right wherever [`attributes`](Op::attributes) is complete: a recording that hashes like an earlier
    /// one is taken to do the same, and what was planned for that one is used again. An operation with fields that
    /// feeds nothing but its name is taken to differ from every other, which is right and costs that benefit.
    fn fingerprint(&self, h: &mut dyn Hasher) {
        h.write(self.name().as_bytes());
        for (name, value) in &self.attributes() {
            h.write(name.as_bytes());
            value.feed(h);
        }
    }

    /// The type behind the reference, so that operations of the same name are told apart. Not to be overridden.
    #[doc(hidden)]
    fn type_of(&self) -> TypeId {
        TypeId::of::<Self>()
    }

    /// Which values the rules read; a rule that reads more panics in debug builds.
    fn reads(&self) -> Reads {
        Reads::ALL
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
    /// All operands and all results.
    pub const ALL: Reads = Reads { operands: Which::All, results: Which::All };
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
