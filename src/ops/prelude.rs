//! What every file of operations needs: the contract, the handles and the shapes.
//! A glob of this module stands at the head of each of them.

pub(crate) use smallvec::{SmallVec, smallvec};

pub(crate) use crate::error::Error;
pub(crate) use crate::kernels::simd;
pub(crate) use crate::real::{Lane, Real};
pub(crate) use crate::shape::{Axes, Dims, broadcast_dims};
pub(crate) use crate::tape::{
    Arg, Arith, At, AttrValue, Attributes, Bound, Cost, Cx, Decision, Fault, Form, IntVar, Jvp, Kind, Op, OpRef,
    Operand, Out, Prepared, Push, Reads, ReduceKind, ResultSigs, Row, Sig, StepKind, Tape, Var, Vjp, Which,
};

/// The f64 twin of an operation that is the same structure for every element type.
macro_rules! same_in_f64 {
    () => {
        fn in_f64(&self) -> Option<OpRef<f64>> {
            Some(OpRef::new(self.clone()))
        }
    };
}

pub(crate) use same_in_f64;
