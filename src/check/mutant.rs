//! An operation whose reverse rule is wrong on purpose, and right in everything else.
//! The forward pass is the original's bit for bit, so only a check of derivatives can tell the two apart.

use std::fmt;
use std::hash::Hasher;

use smallvec::{SmallVec, smallvec};

use crate::error::Error;
use crate::ops::concat;
use crate::tape::{
    Arg, At, Attributes, Cost, Cx, Decision, Fault, Form, Given, Jvp, Op, OpRef, Out, Reads, ResultSigs, Sig, StepKind,
    Var, Vjp,
};

/// A usual mistake in a reverse rule, made on purpose in the cotangent x̄ of one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mutation {
    /// 1.001·x̄: a constant that is slightly off.
    Scaled,
    /// −x̄: a wrong sign.
    Negated,
    /// 0: a path that was forgotten.
    Zeroed,
    /// The cotangent of another operand of the same shape.
    Swapped,
    /// `=` instead of `+=`: of the result elements that an operand element reaches, only the last contributes.
    Overwritten,
    /// Every element is one further on in memory, the last comes first.
    ShiftedInMemory,
    /// Every element is one further on along the last axis, the last comes first.
    ShiftedAlongAxis,
    /// n·x̄: a mean taken for a sum; n is the number of operand elements for each result element, or of all.
    Unaveraged,
    /// The last two axes exchanged; where they differ in size, the same memory read in transposed order.
    Transposed,
}

impl Mutation {
    /// All of them, in the order of reports.
    pub const ALL: [Mutation; 9] = [
        Mutation::Scaled,
        Mutation::Negated,
        Mutation::Zeroed,
        Mutation::Swapped,
        Mutation::Overwritten,
        Mutation::ShiftedInMemory,
        Mutation::ShiftedAlongAxis,
        Mutation::Unaveraged,
        Mutation::Transposed,
    ];
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Mutation::Scaled => "scaled by 1.001",
            Mutation::Negated => "sign flipped",
            Mutation::Zeroed => "zero",
            Mutation::Swapped => "swapped operands",
            Mutation::Overwritten => "= instead of +=",
            Mutation::ShiftedInMemory => "off by one in memory",
            Mutation::ShiftedAlongAxis => "off by one along axis",
            Mutation::Unaveraged => "missing 1/n",
            Mutation::Transposed => "transposed",
        })
    }
}

/// What is done to the cotangent of one operand, with the numbers that it needs.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Scaled(f64),
    Zeroed,
    /// The other operand.
    Swapped(usize),
    /// Where the contribution comes from that overwrites the others.
    Overwritten(Vec<Contribution>),
    ShiftedInMemory,
    ShiftedAlongAxis,
    Transposed,
}

/// One result element, and the operand elements to which it contributes last.
#[derive(Clone, Debug)]
pub(super) struct Contribution {
    pub result: usize,
    pub element: usize,
    /// 1 at the operand elements, 0 elsewhere.
    pub mask: Vec<f64>,
}

/// The operation with a wrong reverse rule.
#[derive(Clone, Debug)]
pub(super) struct Mutant {
    pub op: OpRef<f64>,
    pub operand: usize,
    pub change: Change,
    /// Whether the forward rule is that of the original, or the transposed wrong one.
    pub forward_of_original: bool,
}

/// What the original's rule gives for these cotangents and operands.
fn original<'t>(
    op: &dyn Op<f64>,
    r: &Vjp<'t, f64>,
    cotangents: SmallVec<[Option<u32>; 2]>,
    wanted: SmallVec<[bool; 4]>,
) -> SmallVec<[Given; 4]> {
    let inner = Vjp::new(At::new(r.tape(), r.head()), cotangents, wanted);
    op.vjp(&inner);
    inner.finish()
}

impl Mutant {
    fn mutated<'t>(&self, r: &Vjp<'t, f64>, given: &[Given]) -> Var<'t, f64> {
        let line = |i: usize| match given[i] {
            Given::Line(id) => Var::new(r.tape(), id),
            _ => r.tape().zeros(r.dims(i)),
        };
        let v = line(self.operand);
        match &self.change {
            Change::Scaled(by) => v * *by,
            Change::Zeroed => r.tape().zeros(v.dims()),
            Change::Swapped(other) => line(*other),
            Change::Overwritten(contributions) => self.overwritten(r, contributions),
            Change::ShiftedInMemory => rolled(v.flatten()).reshape(v.dims()),
            Change::ShiftedAlongAxis => rolled(v),
            Change::Transposed => v.t().reshape(v.dims()),
        }
    }

    /// Σ over result elements i of maskᵢ ⊙ (the original's cotangent for ȳ with all but element i zeroed).
    fn overwritten<'t>(&self, r: &Vjp<'t, f64>, contributions: &[Contribution]) -> Var<'t, f64> {
        let (tape, dims) = (r.tape(), r.dims(self.operand));
        let mut sum = tape.zeros(dims.clone());
        for c in contributions {
            let Some(g) = r.cotangent(c.result) else { continue };
            let mut only = vec![0.0; g.count()];
            only[c.element] = 1.0;
            let only = g.azmul(tape.constant(only).reshape(g.dims()));
            let mut cotangents = smallvec![None; results(r)];
            cotangents[c.result] = Some(only.id());
            let wanted = (0..r.arity()).map(|i| i == self.operand).collect();
            if let Given::Line(id) = original(self.op.get(), r, cotangents, wanted)[self.operand] {
                let mask = tape.constant(c.mask.clone()).reshape(dims.clone());
                sum = sum + Var::new(tape, id).azmul(mask);
            }
        }
        sum
    }
}

fn results(r: &Vjp<'_, f64>) -> usize {
    r.tape().line(r.head()).results.len()
}

/// Every element moved on by one along the last axis, the last to the front.
fn rolled(v: Var<'_, f64>) -> Var<'_, f64> {
    match v.dims().last() {
        Some(&n) if n > 1 => {
            let parts = v.split(-1, &[n - 1, 1]);
            concat(&[parts[1], parts[0]], -1)
        }
        _ => v,
    }
}

impl Op<f64> for Mutant {
    fn name(&self) -> &'static str {
        self.op.get().name()
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        self.op.get().infer(x)
    }

    fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], cx: &mut Cx<'_, f64>) -> Result<(), Fault> {
        self.op.get().eval(x, y, cx)
    }

    fn vjp<'t>(&self, r: &Vjp<'t, f64>) {
        let cotangents = (0..results(r)).map(|k| r.cotangent(k).map(|g| g.id())).collect();
        let mut wanted: SmallVec<[bool; 4]> = (0..r.arity()).map(|i| r.wants(i)).collect();
        if let Change::Swapped(other) = self.change {
            wanted[other] |= wanted[self.operand];
        }
        let given = original(self.op.get(), r, cotangents, wanted);
        for (i, g) in given.iter().enumerate().filter(|(i, _)| r.wants(*i)) {
            match *g {
                _ if i == self.operand => r.give(i, || self.mutated(r, &given)),
                Given::Line(id) => r.give(i, || Var::new(r.tape(), id)),
                Given::Zero(why) => r.zero(i, why),
                Given::Missing => {}
            }
        }
    }

    fn jvp<'t>(&self, r: &Jvp<'t, f64>) {
        if self.forward_of_original {
            self.op.get().jvp(r);
        } else {
            r.by_transposing(|v| self.vjp(v));
        }
    }

    fn form(&self) -> Form<'_, f64> {
        self.op.get().form()
    }

    fn decision<'t>(&self, at: &At<'t, f64>) -> Option<Decision<'t, f64>> {
        self.op.get().decision(at)
    }

    fn in_f64(&self) -> Option<OpRef<f64>> {
        Some(OpRef::new(self.clone()))
    }

    fn attributes(&self) -> Attributes {
        self.op.get().attributes()
    }

    fn fingerprint(&self, h: &mut dyn Hasher) {
        self.op.get().fingerprint(h);
        h.write(format!("{self:?}").as_bytes());
    }

    fn reads(&self) -> Reads {
        self.op.get().reads()
    }

    fn overwrites(&self) -> Option<usize> {
        self.op.get().overwrites()
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        self.op.get().cost(x)
    }

    fn step_kind(&self) -> StepKind {
        self.op.get().step_kind()
    }
}
