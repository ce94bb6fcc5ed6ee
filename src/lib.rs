//! Automatic differentiation for tensors, around one visible thing: the tape, the ordered list of operations that
//! R. E. Wengert described in 1964. Models are recorded on it as expressions, derivatives are written after them as more
//! lines of the same kind, and whatever stands there can be listed, run, checked and differentiated again.
//!
//! ```
//! use ndarray::array;
//! use wengert::prelude::*;
//!
//! let tape = Tape::new();
//! let x = tape.var(array![[[1., 2., 0.], [3., 9., 4.], [5., 6., 7.]]]).named("x");
//! let loss = x.max_pool2d(MaxPool2d::new(2).stride(1)).sum(); // recorded: shapes are checked, nothing is computed
//! let grads = loss.backward();                                // writes the adjoint lines and runs the tape
//! assert_eq!(loss.item(), 36.0);
//! assert_eq!(grads[x][[0, 1, 1]], 4.0);                       // the 9 won four windows
//! assert!(tape.to_string().contains("plane_scatter"));        // the listing shows every line, adjoint lines too
//! ```
//!
//! # The parts
//!
//! Four types are the engine:
//!
//! - [`Tape`] holds the lines. `Tape::new()` computes in `f32`, `Tape::<f64>::default()` in `f64`.
//! - [`Var`] is a real line, [`IntVar`] an integer one: `Copy` handles with the operations as methods and operators.
//! - [`Gradients`] is what [`Var::backward`] returns: the gradient of every leaf made by [`Tape::var`].
//! - [`Error`] says what is wrong, which rule was broken, how to mend it, and where. In expressions it is a panic at the
//!   caller's line; in [`Tape::apply`], in the `try_` methods and for files it is a `Result`.
//!
//! A training kit stands above them and is built of nothing but their public operations: [`nn`] (a store of parameters, and
//! layers), [`optim`] (optimisers, schedules, clipping), [`data`] (labelled images and their files) and `io` (checkpoints,
//! with the feature `io`). The [`prelude`] holds what every program on a tape needs and leaves the kit out, since many
//! programs want one part of it only: `use wengert::nn::*` and `use wengert::optim::*` clash neither with it nor with each
//! other.
//!
//! # What it does, and what it does not
//!
//! It records any control flow that Rust can express, runs what is asked for and nothing else, and differentiates to any
//! order, forward and in reverse. Results are the same bits on any number of threads. It runs on CPUs, in `f32` or `f64`, on
//! dense tensors whose shapes are checked when a line is recorded. There is no GPU, and no sparse or complex tensor.
//!
//! # Cookbook
//!
//! Train by hand: clear the tape, put the parameters on it, update them by their gradients.
//!
//! ```
//! use wengert::prelude::*;
//! let mut tape = Tape::<f64>::default();
//! let mut w = 0.0;
//! for _ in 0..50 {
//!     tape.clear();
//!     let p = tape.var(w);
//!     let loss = (p - 3.0).square();
//!     w -= 0.2 * loss.backward()[p].sum();
//! }
//! assert!((w - 3.0).abs() < 1e-9);
//! ```
//!
//! Train with the kit: a store of parameters, a chain of layers, an optimiser.
//!
//! ```
//! use wengert::prelude::*;
//! use wengert::{nn::*, optim::*};
//! let mut params = Params::<f32>::new(1);
//! let net = Sequential::new().push(Linear::new(2, 8)).push(Tanh).push(Linear::new(8, 1)).init(&mut params);
//! let (mut opt, mut tape) = (AdamW::new(0.05), Tape::new());
//! let mut losses = Vec::new();
//! for _ in 0..100 {
//!     tape.clear();
//!     let x = tape.constant([[0., 1.], [1., 0.], [1., 1.]]);
//!     let loss = net.apply(&params.on(&tape, Mode::Train), x).mse(tape.constant([[1.], [2.], [3.]]));
//!     let grads = loss.backward();
//!     losses.push(loss.item());
//!     opt.step(&mut params, &grads)?;
//! }
//! assert!(losses[99] < 0.01 * losses[0]);
//! # Ok::<(), wengert::Error>(())
//! ```
//!
//! Contract by letters, pool in one, two or three dimensions: [`einsum`](einsum()), [`MaxPool`], [`AvgPool`].
//!
//! ```
//! use wengert::prelude::*;
//! let tape = Tape::new();
//! let (q, k) = (tape.constant([[1., 2.]]), tape.constant([[3., 4.], [5., 6.]]));
//! let scores = einsum("qd,kd->qk", &[q, k]);
//! assert_eq!(scores.value().as_slice().unwrap(), [11., 17.]);
//! let signal = tape.constant([[1., 5., 3., 2., 0.]]);
//! assert_eq!(signal.max_pool1d(MaxPool1d::new(2).floor()).value().as_slice().unwrap(), [5., 3.]);
//! assert_eq!(signal.avg_pool1d(5).value().as_slice().unwrap(), [2.2]);
//! ```
//!
//! Check a gradient against differences, kinks and all: [`check`](check()), [`Check`] for its options.
//!
//! ```
//! use ndarray::array;
//! use wengert::{Verdict, check};
//! check(|_, x| x[0].matmul(x[1]).tanh(), (&array![[0.5, -1.0]], &array![[0.3], [0.8]])).assert();
//! let tie = check(|_, x| x[0].max_pool2d(2).sum(), (&array![[[3.0, 3.0], [1.0, -2.0]]],));
//! assert_eq!(tie.verdict(), Verdict::Kink);
//! ```
//!
//! Differentiate with respect to any line, and again: [`grad`] returns lines.
//!
//! ```
//! use wengert::prelude::*;
//! let tape = Tape::<f64>::default();
//! let x = tape.var(0.5);
//! let y = x.sin();
//! let dy = grad(y, &[x])[0];
//! let ddy = grad(dy, &[x])[0];
//! assert!((ddy.item() + 0.5f64.sin()).abs() < 1e-15);
//! ```
//!
//! Push a direction forward: [`jvp`].
//!
//! ```
//! use wengert::prelude::*;
//! let tape = Tape::<f64>::default();
//! let (x, dx) = (tape.var([1., 2.]), tape.constant([1., 0.]));
//! let dy = jvp(&[x.square().sum()], &[(x, dx)])[0];
//! assert_eq!(dy.item(), 2.0);
//! ```
//!
//! Pull cotangents of several outputs back in one sweep: [`vjp`](vjp()).
//!
//! ```
//! use wengert::prelude::*;
//! let tape = Tape::<f64>::default();
//! let x = tape.var([1., 2.]);
//! let (y, z) = (x.square(), x.sum());
//! let g = vjp(&[y, z], &[tape.constant([1., 10.]), tape.constant(100.0)], &[x])[0];
//! assert_eq!(g.value().as_slice().unwrap(), [102., 140.]);
//! ```
//!
//! Take a whole Jacobian or Hessian, or the product of a Hessian with a direction: [`jacobian`], [`hessian`], [`hvp`].
//!
//! ```
//! use ndarray::array;
//! use wengert::prelude::*;
//! let tape = Tape::<f64>::default();
//! let x = tape.var([1., 2.]);
//! let y = x.prod() * x.sum();
//! assert_eq!(jacobian(x.square(), x).value(), array![[2., 0.], [0., 4.]].into_dyn());
//! assert_eq!(hessian(y, x).value(), array![[4., 6.], [6., 2.]].into_dyn());
//! assert_eq!(hvp(y, &[x], &[tape.constant([1., -1.])])[0].value(), array![-2., 4.].into_dyn());
//! ```
//!
//! Save memory: compute a region again in the backward pass instead of keeping its values, [`Tape::checkpoint`].
//!
//! ```
//! use wengert::prelude::*;
//! let tape = Tape::new();
//! let x = tape.var([0.5, 1.0]);
//! let y = tape.checkpoint(|| x.sin().tanh()) * 2.0;
//! assert_eq!(y.sum().backward()[x], (x.sin().tanh() * 2.0).sum().backward()[x]);
//! ```
//!
//! Find where a NaN came from, forward or in the adjoint program: [`Var::first_nonfinite`],
//! [`Var::first_nonfinite_backward`].
//!
//! ```
//! use wengert::prelude::*;
//! let tape = Tape::new();
//! let loss = (tape.var([1., -1.]).sqrt() * 2.0).sum();
//! let found = loss.first_nonfinite().unwrap();
//! assert_eq!((found.line.op, found.index[0]), ("sqrt", 1));
//! assert!(found.to_string().contains("its operand %0 var is -1.0 there"));
//! let slope = tape.var(0.0).sqrt();
//! assert_eq!(slope.first_nonfinite_backward().unwrap().primal.unwrap().op, "sqrt");
//! ```
//!
//! Ask why a gradient is zero: [`Gradients::why_zero`] where the lines alone say it, [`Var::why_zero`] where values do.
//!
//! ```
//! use wengert::prelude::*;
//! let tape = Tape::new();
//! let x = tape.var(1.0);
//! let grads = (x.stop_gradient() * 2.0).backward();
//! assert!(grads.why_zero(x).unwrap().contains("stop_gradient cuts the path"));
//! let dead = (x - 3.0).relu();
//! assert_eq!(dead.why_zero(x).unwrap().cuts[0].line.op, "relu");
//! ```
//!
//! Record once, run many times: [`Tape::freeze`] makes a [`Program`], which any thread may run with new inputs.
//!
//! ```
//! use wengert::{Inputs, Workspace, prelude::*};
//! let tape = Tape::new();
//! let x = tape.constant([1., 2.]).named("x");
//! let program = tape.freeze(&[("norm", x.square().sum().sqrt().into())])?;
//! let mut workspace = Workspace::new();
//! let out = program.run(&Inputs::new().real("x", [3., 4.]), &mut workspace)?;
//! assert_eq!(out.item("norm"), Some(5.0));
//! # Ok::<(), wengert::Error>(())
//! ```
//!
//! The guide to transforms, docs/transforms.md in the repository, says what each costs and when to use which.
//!
//! Say how many threads kernels use: [`with_threads`]. Write an operation of your own: implement [`Op`], test it with
//! [`check_op`], and ask [`OpCheck::mutate`] what that test would notice.

#![deny(missing_docs)]
#![warn(missing_debug_implementations)]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

pub mod data;
pub mod expr;
#[cfg(feature = "io")]
pub mod io;
pub mod nn;
pub mod optim;

mod adjoint;
mod check;
mod error;
mod exec;
mod kernels;
mod ops;
mod real;
mod shape;
mod tape;
mod trace;
#[cfg(all(target_arch = "wasm32", feature = "playground"))]
mod wasm;
mod window;

pub use adjoint::{
    Give, ReverseSweep, Visit, grad, grad_with, hessian, hessian_blocks, hvp, jacobian, jacobian_forward,
    jacobian_reverse, jvp, reverse_sweep, vjp,
};
pub use check::{
    Check, CheckInputs, CheckReport, Fate, Finding, GuiltyLine, KillScore, KinkAt, Mode as CheckMode, MutantReport,
    Mutation, MutationReport, Numeric, OpCheck, OpReport, Place, Precision, Property, Verdict, check, check_op,
};
pub use error::Error;
pub use exec::{Cut, Gradients, Inputs, NonFinite, OperandValues, Outputs, Program, WhyZero, Workspace};
pub use kernels::with_threads;
pub use ops::{
    AdaptiveAvgPool, AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, AdaptiveMaxPool, AdaptiveMaxPool1d,
    AdaptiveMaxPool2d, AdaptiveMaxPool3d, AdaptiveSize, Attention, AttentionMask, AvgPool, AvgPool1d, AvgPool2d,
    AvgPool3d, BatchNormResults, ClassTarget, ConvOptions, ConvTransposeOptions, Covariance, CrossEntropy, GridSample,
    Handle, IntOrNumber, Interpolate, LineOrNumber, MatrixNorm, MaxPool, MaxPool1d, MaxPool2d, MaxPool3d, PadMode,
    Pairs, Scalar, Triangular, TripletMargin, Unfold, concat, einsum, multi_dot, stack, try_einsum,
};
pub use real::Real;
pub use shape::{Axes, Dims, Sizes, broadcast_dims, keep};
pub use tape::{
    Arg, Arith, At, AttrValue, Attributes, Bound, Cost, Cx, Data, DecideRule, Decision, Fault, Form, IntVar, IntoInts,
    IntoTensor, Jvp, Kind, Line, Op, OpRef, Operand, Out, Prepared, Push, PushRule, Reads, ReduceKind, ResultSig,
    ResultSigs, Results, Row, Scope, Sig, StepKind, Tape, Tensor, Var, Vjp, Which,
};
#[cfg(feature = "json")]
pub use trace::{DIFF_JSON_BYTES, diff_json};
pub use trace::{
    Difference, LeafGradient, LineCost, LineStatistics, Lint, Local, Plane, Profile, Remark, Statistics, Stats, Step,
    StepRole, SvgOptions, Theme, Trace, TraceOptions, TracedLine, Values,
};
pub use window::{PerAxis, Rounding, Window};

/// What every program on a tape needs; meant to be imported whole. The training kit is imported by its own modules.
pub mod prelude {
    pub use crate::adjoint::{
        grad, grad_with, hessian, hessian_blocks, hvp, jacobian, jacobian_forward, jacobian_reverse, jvp, vjp,
    };
    pub use crate::exec::Gradients;
    pub use crate::ops::{
        AvgPool1d, AvgPool2d, AvgPool3d, ConvOptions, MaxPool1d, MaxPool2d, MaxPool3d, concat, einsum, stack,
    };
    pub use crate::shape::{Dims, keep};
    pub use crate::tape::{IntVar, Tape, Tensor, Var};
}

/// The README's example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// So is that of the page on checking gradients.
#[cfg(doctest)]
#[doc = include_str!("../docs/checking.md")]
struct Checking;

/// So are those of the guide to transforms.
#[cfg(doctest)]
#[doc = include_str!("../docs/transforms.md")]
struct Transforms;

/// So are those of the page on max pooling.
#[cfg(doctest)]
#[doc = include_str!("../docs/max_pool2d.md")]
struct MaxPooling;

/// So are those of the guide with pictures.
#[cfg(doctest)]
#[doc = include_str!("../docs/seen.md")]
struct Seen;

/// So are those of the page on expressions as text.
#[cfg(doctest)]
#[doc = include_str!("../docs/expressions.md")]
struct Expressions;
