//! Pointwise operations as data: a row holds the scalar loop, the local derivative, its documentation and its test domain.
//! A row's Jacobian is diagonal, so one rule, `push`, serves the reverse and the forward sweep alike.

use std::fmt;
use std::hash::Hasher;

use super::apply::OpRef;
use super::data::Kind;
use super::eval::{Arg, Cx, Fault, Out};
use super::form::{AttrValue, Attributes, Form};
use super::op::{Cost, Decision, Op, Reads, StepKind};
use super::rule::{At, Jvp, Vjp};
use super::sig::{ResultSigs, Sig};
use super::var::Var;
use crate::error::Error;
pub use crate::kernels::fused::Arith;
use crate::kernels::map;
use crate::real::Real;

/// The rule of a row for both sweeps: parameters, operand i, v, and the line, to the product ∂f/∂xᵢ ⊙ v.
pub type PushRule<T> = for<'t> fn(&[T; 2], usize, Var<'t, T>, &At<'t, T>) -> Push<'t, T>;

/// What a row with a kink decides, from its parameters and the line.
pub type DecideRule<T> = for<'t> fn(&[T; 2], &At<'t, T>) -> Decision<'t, T>;

/// A pointwise operation y = f(x₀, x₁, …; p): all operands have the result's shape.
pub struct Row<T: Real> {
    /// The name in listings.
    pub name: &'static str,
    /// Kinds of the operands; integers reach [`block`](Row::block) as numbers.
    pub kinds: &'static [Kind],
    /// Kind of the result; a row of the integer kind yields 0 and 1.
    pub result: Kind,
    /// Names of the parameters, at most two.
    pub params: &'static [&'static str],
    /// The loop: operands of equal length into `y`, every element.
    pub block: fn(p: &[T; 2], x: &[&[T]], y: &mut [T]),
    /// The same for one element, and to the same bits.
    pub scalar: fn(p: &[T; 2], x: &[T]) -> T,
    /// The product of v with the local derivative along operand i: ∂f/∂xᵢ ⊙ v.
    pub push: PushRule<T>,
    /// The choice it makes, where it has a kink.
    pub decide: Option<DecideRule<T>>,
    /// What `push` reads.
    pub reads: Reads,
    /// The formula, from the row's own source.
    pub formula: &'static str,
    /// The local derivatives, from the row's own source.
    pub derivative: &'static str,
    /// Per operand an interval inside the domain and away from kinks, for checks.
    pub domain: &'static [(f64, f64)],
    /// The same row for `f64`, so that a model in `f32` can be judged by its f64 shadow; `None` where there is none.
    pub in_f64: Option<fn() -> &'static Row<f64>>,
    /// Whether computing it again costs less than storing it.
    pub cheap: bool,
    /// What it is in arithmetic, if it is just that: passes keep such results in registers. Must be what `block` computes.
    pub arith: Option<Arith>,
}

/// What a row's `push` gives for one operand.
#[derive(Debug)]
pub enum Push<'t, T: Real> {
    /// The product ∂f/∂xᵢ ⊙ v.
    Along(Var<'t, T>),
    /// The derivative is zero wherever it exists; the reason is told by `why_zero`.
    Zero(&'static str),
}

impl<T: Real> fmt::Debug for Row<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row").field("name", &self.name).field("formula", &self.formula).finish_non_exhaustive()
    }
}

/// A row with its parameters: what stands on a line.
pub struct Bound<T: Real> {
    /// The row.
    pub row: &'static Row<T>,
    /// Its parameters; unused ones are 0.
    pub params: [T; 2],
}

impl<T: Real> Clone for Bound<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Real> Copy for Bound<T> {}

impl<T: Real> fmt::Debug for Bound<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:?}", self.row.name, &self.params[..self.row.params.len()])
    }
}

impl<T: Real> Op<T> for Bound<T> {
    fn name(&self) -> &'static str {
        self.row.name
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Sig::expect(x, self.row.kinds)?;
        if let Some(s) = x.iter().find(|s| s.dims != x[0].dims) {
            return Err(Error::shape(format!("shapes {} and {s} differ", x[0]))
                .rule("operands of a pointwise line have one shape")
                .fix("broadcast them first; the operators do so by themselves"));
        }
        Ok(ResultSigs::of(self.row.result, x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let operands = x.iter().zip(self.row.kinds).map(|(a, kind)| match kind {
            Kind::Real => map::Lane::Real(a.real()),
            Kind::Int => map::Lane::Int(a.int()),
        });
        let operands: smallvec::SmallVec<[_; 4]> = operands.collect();
        match self.row.result {
            Kind::Real => map::real(&self.params, self.row.block, &operands, y[0].real()),
            Kind::Int => map::mask(&self.params, self.row.block, &operands, y[0].int()),
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        for i in 0..self.row.kinds.len() {
            if r.wants(i) {
                match (self.row.push)(&self.params, i, r.g(), r) {
                    Push::Along(v) => r.give(i, || v),
                    Push::Zero(why) => r.zero(i, why),
                }
            }
        }
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        for i in 0..self.row.kinds.len() {
            if let Some(dx) = r.dx(i) {
                match (self.row.push)(&self.params, i, dx, r) {
                    Push::Along(v) => r.term(i, |_| v),
                    Push::Zero(why) => r.zero(i, why),
                }
            }
        }
    }

    fn form(&self) -> Form<'_, T> {
        Form::Pointwise(self)
    }

    fn in_f64(&self) -> Option<OpRef<f64>> {
        let params = self.params.map(Real::as_f64);
        Some(OpRef::Row(Bound { row: self.row.in_f64?(), params }))
    }

    fn decision<'t>(&self, at: &At<'t, T>) -> Option<Decision<'t, T>> {
        self.row.decide.map(|decide| decide(&self.params, at))
    }

    fn attributes(&self) -> Attributes {
        self.row.params.iter().zip(&self.params).map(|(&name, p)| (name, AttrValue::Real(p.as_f64()))).collect()
    }

    fn fingerprint(&self, h: &mut dyn Hasher) {
        h.write(self.row.name.as_bytes());
        self.params.iter().for_each(|p| h.write_u64(p.bits()));
    }

    fn reads(&self) -> Reads {
        self.row.reads
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        let per_element = if self.row.cheap { 1.0 } else { 16.0 };
        Cost { flops: per_element * x.first().map_or(0, Sig::count) as f64, cheap: self.row.cheap }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Elementwise
    }
}
