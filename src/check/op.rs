//! The check of one operation in f64: its rules against each other, against finite differences, and to second order.
//! The identities need no tolerance worth the name; the bounds of the rest stand here.

use super::experiment::Experiment;
use super::report::OpReport;
use crate::shape::Dims;
use crate::tape::{Op, OpRef};

/// Bound on identities that hold but for rounding.
pub(super) const EXACT: f64 = 1e-12;

/// Bound on second derivatives by two exact ways, which round differently.
const NEARLY_EXACT: f64 = 1e-10;

/// Bound on the relative distance to a five-point difference.
pub(super) const DIFFERENCE: f64 = 1e-7;

/// Checks an operation on real operands of the given shapes.
///
/// Operands are drawn from the operation's own domain where it is a row of the pointwise table, from −2..2 otherwise;
/// [`OpCheck`] sets other domains and integer operands.
///
/// ```
/// use wengert::{Arg, Cx, Error, Fault, Op, Out, ResultSigs, Sig, Vjp, check_op};
///
/// #[derive(Debug)]
/// struct Double;
/// impl Op<f64> for Double {
///     fn name(&self) -> &'static str { "double" }
///     fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> { Ok(ResultSigs::real(x[0].dims)) }
///     fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
///         y[0].real().iter_mut().zip(x[0].real()).for_each(|(y, x)| *y = 2.0 * x);
///         Ok(())
///     }
///     fn vjp<'t>(&self, r: &Vjp<'t, f64>) {
///         r.give(0, || r.g() * 2.001);                    // wrong by half a permille
///     }
/// }
///
/// let report = check_op(Double, &[&[2, 3]]);
/// assert!(!report.is_pass());
/// assert!(report.to_string().contains("vjp against differences"));
/// ```
pub fn check_op(op: impl Op<f64>, shapes: &[&[usize]]) -> OpReport {
    shapes.iter().fold(OpCheck::new(op), |c, s| c.real(*s)).run()
}

/// A check of one operation, with domains, integer operands and seed of choice; see [`check_op`].
///
/// ```
/// use wengert::{OpCheck, prelude::*};
/// # use wengert::{Arg, Cx, Error, Fault, Op, Out, ResultSigs, Sig, Vjp};
/// # #[derive(Debug)]
/// # struct Ln;
/// # impl Op<f64> for Ln {
/// #     fn name(&self) -> &'static str { "ln" }
/// #     fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> { Ok(ResultSigs::real(x[0].dims)) }
/// #     fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
/// #         y[0].real().iter_mut().zip(x[0].real()).for_each(|(y, x)| *y = x.ln());
/// #         Ok(())
/// #     }
/// #     fn vjp<'t>(&self, r: &Vjp<'t, f64>) { r.give(0, || r.g() / r.x(0)); }
/// # }
/// OpCheck::new(Ln).real_in([4], 0.5, 2.0).run().assert();
/// ```
#[derive(Debug)]
pub struct OpCheck {
    pub(super) op: OpRef<f64>,
    pub(super) operands: Vec<Point>,
    pub(super) seed: u64,
    pub(super) by_decree: bool,
}

/// An operand to be made up.
#[derive(Clone, Debug)]
pub(super) enum Point {
    Real { dims: Dims, source: Source },
    Ints { dims: Dims, values: Vec<u32> },
}

/// Where the numbers of a real operand come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The operation's own domain.
    Domain,
    /// Between two bounds.
    Between(f64, f64),
    /// These.
    Values(Vec<f64>),
}

impl OpCheck {
    /// A check without operands yet.
    pub fn new(op: impl Op<f64>) -> Self {
        OpCheck { op: OpRef::new(op), operands: Vec::new(), seed: 0, by_decree: false }
    }

    /// Adds a real operand, drawn from the operation's domain.
    #[must_use]
    pub fn real(mut self, dims: impl Into<Dims>) -> Self {
        self.operands.push(Point::Real { dims: dims.into(), source: Source::Domain });
        self
    }

    /// Adds a real operand, drawn uniformly from `low..high`.
    #[must_use]
    pub fn real_in(mut self, dims: impl Into<Dims>, low: f64, high: f64) -> Self {
        self.operands.push(Point::Real { dims: dims.into(), source: Source::Between(low, high) });
        self
    }

    /// Adds a real operand with these values, where no box of numbers lies in the domain: positive definite matrices, say.
    ///
    /// # Panics
    /// There are not as many values as the shape has elements.
    #[must_use]
    pub fn real_at(mut self, dims: impl Into<Dims>, values: &[f64]) -> Self {
        let dims = dims.into();
        assert_eq!(dims.count(), values.len(), "the values fill shape {dims}");
        self.operands.push(Point::Real { dims, source: Source::Values(values.to_vec()) });
        self
    }

    /// Adds an integer operand with these values.
    #[must_use]
    pub fn ints(mut self, dims: impl Into<Dims>, values: &[u32]) -> Self {
        self.operands.push(Point::Ints { dims: dims.into(), values: values.to_vec() });
        self
    }

    /// Another seed for operands and directions; 0 at first.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The derivative is zero by definition (`stop_gradient`, `floor`), not that of the values: differences are left out.
    #[must_use]
    pub fn zero_by_decree(mut self) -> Self {
        self.by_decree = true;
        self
    }

    /// Runs the check.
    ///
    /// An operation without a real result has no derivative: it only has to give the same bits twice.
    ///
    /// # Panics
    /// The shape rule refuses the operands, or a rule breaks its contract; both say how.
    #[track_caller]
    pub fn run(&self) -> OpReport {
        let at = Experiment::new(self);
        let mut report = OpReport::new(format!("{} at {}", self.op.get().name(), at.text()));
        let (values, again) = (at.values(), at.values());
        let finite = values.iter().flatten().all(|v| v.is_finite());
        report.add("every element of the results is written", if finite { 0.0 } else { f64::INFINITY }, 0.0);
        let same = values.iter().flatten().zip(again.iter().flatten()).all(|(a, b)| a.to_bits() == b.to_bits());
        report.add("two runs give the same bits", if same { 0.0 } else { f64::INFINITY }, 0.0);
        if !at.is_differentiable() {
            return report;
        }
        report.add("⟨u, Jv⟩ = ⟨Jᵀu, v⟩", at.adjointness(), EXACT);
        report.add("the vjp is linear in the cotangent", at.linearity(), EXACT);
        report.add("forward over reverse = reverse over reverse", at.second_order_two_ways(), NEARLY_EXACT);
        if !self.by_decree {
            report.add("vjp against differences", at.first_order_difference(), DIFFERENCE);
            report.add("second derivative against differences", at.second_order_difference(), DIFFERENCE);
        }
        report
    }
}

/// What an inventory of all checks asks.
#[cfg(test)]
impl OpCheck {
    /// The operation under check.
    pub(crate) fn op(&self) -> &dyn Op<f64> {
        self.op.get()
    }

    /// Calls `f` with the real operands and all results, recorded at the check's point.
    pub(crate) fn recorded<R>(
        &self,
        f: impl for<'t> FnOnce(&[crate::tape::Var<'t, f64>], &[crate::tape::Var<'t, f64>]) -> R,
    ) -> R {
        Experiment::new(self).recorded(f)
    }

    /// Whether differences are left out.
    pub(crate) fn is_by_decree(&self) -> bool {
        self.by_decree
    }

    /// Whether a real result stands beside a real operand.
    pub(crate) fn is_differentiable(&self) -> bool {
        Experiment::new(self).is_differentiable() && self.operands.iter().any(|p| matches!(p, Point::Real { .. }))
    }
}
