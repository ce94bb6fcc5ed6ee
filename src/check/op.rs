//! The check of one operation in f64: its rules against each other, against finite differences, and to second order.
//! The identities need no tolerance worth the name; the differences use a five-point stencil along random directions.

use std::fmt;

use ndarray::ArrayD;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::adjoint::{grad, jvp};
use crate::shape::Dims;
use crate::tape::{Form, Kind, Op, OpRef, Operand, Tape, Tensor, Var, array_from};

/// Bound on identities that hold but for rounding.
const EXACT: f64 = 1e-12;

/// Bound on second derivatives by two exact ways, which round differently.
const NEARLY_EXACT: f64 = 1e-10;

/// Bound on the relative distance to a five-point difference with step [`STEP`].
const DIFFERENCE: f64 = 1e-7;

/// The step at which truncation (h⁴) and rounding (ε/h) of the stencil are both below 1e-11 for functions of size 1.
const STEP: f64 = 1e-3;

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
    op: OpRef<f64>,
    operands: Vec<Point>,
    seed: u64,
    by_decree: bool,
}

#[derive(Debug)]
enum Point {
    Real { dims: Dims, domain: Option<(f64, f64)> },
    Ints { dims: Dims, values: Vec<u32> },
}

impl OpCheck {
    /// A check without operands yet.
    pub fn new(op: impl Op<f64>) -> Self {
        OpCheck { op: OpRef::new(op), operands: Vec::new(), seed: 0, by_decree: false }
    }

    /// Adds a real operand, drawn from the operation's domain.
    #[must_use]
    pub fn real(mut self, dims: impl Into<Dims>) -> Self {
        self.operands.push(Point::Real { dims: dims.into(), domain: None });
        self
    }

    /// Adds a real operand, drawn uniformly from `low..high`.
    #[must_use]
    pub fn real_in(mut self, dims: impl Into<Dims>, low: f64, high: f64) -> Self {
        self.operands.push(Point::Real { dims: dims.into(), domain: Some((low, high)) });
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
    /// # Panics
    /// The shape rule refuses the operands, or a rule breaks its contract; both say how.
    #[track_caller]
    pub fn run(&self) -> OpReport {
        let at = Experiment::new(self);
        let mut report = OpReport { op: format!("{} at {}", self.op.get().name(), at.text()), properties: Vec::new() };
        let (values, again) = (at.values(), at.values());
        let finite = values.iter().flatten().all(|v| v.is_finite());
        report.add("every element of the results is written", if finite { 0.0 } else { f64::INFINITY }, 0.0);
        let same = values.iter().flatten().zip(again.iter().flatten()).all(|(a, b)| a.to_bits() == b.to_bits());
        report.add("two runs give the same bits", if same { 0.0 } else { f64::INFINITY }, 0.0);
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

/// One property that was checked.
#[derive(Clone, Debug)]
pub struct Property {
    /// The property in words.
    pub name: &'static str,
    /// The measured relative error.
    pub error: f64,
    /// The bound it must not exceed.
    pub bound: f64,
}

impl Property {
    /// Whether the error is within its bound; NaN is not.
    pub fn holds(&self) -> bool {
        self.error <= self.bound
    }
}

/// What a check of one operation found, property by property.
#[derive(Clone, Debug)]
pub struct OpReport {
    /// The operation and the shapes of its operands.
    pub op: String,
    /// The properties in order.
    pub properties: Vec<Property>,
}

impl OpReport {
    fn add(&mut self, name: &'static str, error: f64, bound: f64) {
        self.properties.push(Property { name, error, bound });
    }

    /// Whether every property holds.
    pub fn is_pass(&self) -> bool {
        self.properties.iter().all(Property::holds)
    }

    /// Panics with the whole report unless every property holds.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.is_pass(), "{self}");
    }
}

impl fmt::Display for OpReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.op, if self.is_pass() { "pass" } else { "MISMATCH" })?;
        for p in &self.properties {
            let mark = if p.holds() { "ok  " } else { "FAIL" };
            writeln!(f, "  {mark} {:<46} relative error {:.1e}, bound {:.0e}", p.name, p.error, p.bound)?;
        }
        Ok(())
    }
}

/// The operation at one random point, with random directions for tangents (v, w) and cotangents (u).
struct Experiment<'c> {
    check: &'c OpCheck,
    x: Vec<Option<ArrayD<f64>>>,
    v: Vec<Option<ArrayD<f64>>>,
    w: Vec<Option<ArrayD<f64>>>,
    u: Vec<Option<ArrayD<f64>>>,
    u2: Vec<Option<ArrayD<f64>>>,
}

/// The recorded operation: real leaves and real results.
struct Recorded<'t> {
    x: Vec<Var<'t, f64>>,
    y: Vec<Var<'t, f64>>,
}

/// The distance between two numbers relative to the size of the terms they were summed from.
fn relative(a: f64, b: f64, size: f64) -> f64 {
    if a == b { 0.0 } else { (a - b).abs() / size.max(a.abs()).max(b.abs()).max(f64::MIN_POSITIVE) }
}

fn dot(a: &[ArrayD<f64>], b: &[ArrayD<f64>]) -> (f64, f64) {
    let terms = || a.iter().zip(b).flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| a * b));
    (terms().sum(), terms().map(f64::abs).sum())
}

impl<'c> Experiment<'c> {
    fn new(check: &'c OpCheck) -> Self {
        let mut rng = StdRng::seed_from_u64(check.seed);
        let mut draw = |dims: &Dims, (low, high): (f64, f64)| {
            array_from(dims, (0..dims.count()).map(|_| rng.random_range(low..high)).collect())
        };
        let row_domain = |i: usize| match check.op.get().form() {
            Form::Pointwise(b) => b.row.domain[i],
            _ => (-2.0, 2.0),
        };
        let mut on_operands = |at_point: bool| -> Vec<Option<ArrayD<f64>>> {
            let pick = |(i, p): (usize, &Point)| match p {
                Point::Real { dims, domain } if at_point => Some(draw(dims, domain.unwrap_or_else(|| row_domain(i)))),
                Point::Real { dims, .. } => Some(draw(dims, (-1.0, 1.0))),
                Point::Ints { .. } => None,
            };
            check.operands.iter().enumerate().map(pick).collect()
        };
        let (x, v, w) = (on_operands(true), on_operands(false), on_operands(false));
        let mut e = Experiment { check, x, v, w, u: Vec::new(), u2: Vec::new() };
        let sigs: Vec<(Kind, Dims)> = e.on_tape(&e.x, |_, r| r.y.iter().map(|y| (Kind::Real, y.dims())).collect());
        let mut cotangents = || sigs.iter().map(|(_, d)| Some(draw(d, (-1.0, 1.0)))).collect();
        (e.u, e.u2) = (cotangents(), cotangents());
        e
    }

    fn text(&self) -> String {
        let one = |p: &Point| match p {
            Point::Real { dims, .. } => dims.to_string(),
            Point::Ints { dims, .. } => format!("u32{dims}"),
        };
        self.check.operands.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// Records the operation at `x` on a fresh tape.
    #[track_caller]
    fn on_tape<R>(&self, x: &[Option<ArrayD<f64>>], f: impl FnOnce(&Tape<f64>, &Recorded<'_>) -> R) -> R {
        let tape = Tape::<f64>::default();
        let mut leaves = Vec::new();
        let operands: Vec<Operand<'_, f64>> = (self.check.operands.iter().zip(x))
            .map(|(p, x)| match (p, x) {
                (Point::Ints { dims, values }, _) => tape
                    .ints(Tensor::new(dims.clone(), values.clone()).expect("as many integers as the shape holds"))
                    .into(),
                (_, Some(x)) => {
                    leaves.push(tape.var(x));
                    leaves[leaves.len() - 1].into()
                }
                _ => unreachable!("real operands have values"),
            })
            .collect();
        let results = match tape.apply_ref(self.check.op.clone(), &operands) {
            Ok(r) => r,
            Err(e) => panic!("{e}"),
        };
        let y = (0..results.len())
            .filter(|&k| tape.line(results.id(0)).results[k].0 == Kind::Real)
            .map(|k| results.real(k));
        let y = y.collect();
        f(&tape, &Recorded { x: leaves, y })
    }

    fn values(&self) -> Vec<Vec<f64>> {
        self.on_tape(&self.x, |_, r| r.y.iter().map(|y| y.value().into_iter().collect()).collect())
    }

    fn moved(&self, t: f64) -> Vec<Option<ArrayD<f64>>> {
        let step = |(x, v): (&Option<ArrayD<f64>>, &Option<ArrayD<f64>>)| Some(x.as_ref()? + &(v.as_ref()? * t));
        self.x.iter().zip(&self.v).map(step).collect()
    }

    /// L = Σ ⟨u, y⟩ as a line.
    fn loss<'t>(tape: &'t Tape<f64>, r: &Recorded<'t>, u: &[Option<ArrayD<f64>>]) -> Var<'t, f64> {
        let terms = r.y.iter().zip(u.iter().flatten()).map(|(y, u)| (*y * tape.constant(u)).sum());
        terms.reduce(|a, b| a + b).expect("an operation under check has a real result")
    }

    /// h = Σ ⟨Jᵀu, w⟩ as a line: the first derivative as a function of the point.
    fn slope<'t>(&self, tape: &'t Tape<f64>, r: &Recorded<'t>) -> Var<'t, f64> {
        let cotangents = grad(Self::loss(tape, r, &self.u), &r.x);
        let terms = cotangents.iter().zip(self.w.iter().flatten()).map(|(c, w)| (*c * tape.constant(w)).sum());
        terms.reduce(|a, b| a + b).unwrap_or_else(|| tape.zeros(()))
    }

    fn cotangents(&self, u: &[Option<ArrayD<f64>>]) -> Vec<ArrayD<f64>> {
        self.on_tape(&self.x, |tape, r| grad(Self::loss(tape, r, u), &r.x).iter().map(|c| c.value()).collect())
    }

    fn flat(d: &[Option<ArrayD<f64>>]) -> Vec<ArrayD<f64>> {
        d.iter().flatten().cloned().collect()
    }

    fn adjointness(&self) -> f64 {
        let tangents: Vec<ArrayD<f64>> = self.on_tape(&self.x, |tape, r| {
            let moving: Vec<_> = r.x.iter().zip(self.v.iter().flatten()).map(|(x, v)| (*x, tape.constant(v))).collect();
            jvp(&r.y, &moving).iter().map(|t| t.value()).collect()
        });
        let (forward, size) = dot(&Self::flat(&self.u), &tangents);
        let (reverse, size2) = dot(&self.cotangents(&self.u), &Self::flat(&self.v));
        relative(forward, reverse, size.max(size2))
    }

    fn linearity(&self) -> f64 {
        let both: Vec<Option<ArrayD<f64>>> =
            self.u.iter().flatten().zip(self.u2.iter().flatten()).map(|(a, b)| Some(a + &(b * 2.0))).collect();
        let (a, b, sum) = (self.cotangents(&self.u), self.cotangents(&self.u2), self.cotangents(&both));
        let each = a.iter().zip(&b).zip(&sum).flat_map(|((a, b), s)| {
            a.iter().zip(b).zip(s).map(|((a, b), s)| relative(a + 2.0 * b, *s, a.abs() + 2.0 * b.abs()))
        });
        each.fold(0.0, worst)
    }

    /// f′(0) by the five-point stencil, and the size of its terms.
    fn difference(f: impl Fn(f64) -> f64) -> f64 {
        (8.0 * (f(STEP) - f(-STEP)) - (f(2.0 * STEP) - f(-2.0 * STEP))) / (12.0 * STEP)
    }

    fn first_order_difference(&self) -> f64 {
        let along = |t: f64| self.on_tape(&self.moved(t), |tape, r| Self::loss(tape, r, &self.u).item());
        let (analytic, size) = dot(&self.cotangents(&self.u), &Self::flat(&self.v));
        relative(Self::difference(along), analytic, size.max(along(0.0).abs()))
    }

    /// vᵀHw, forward over reverse and reverse over reverse, with the size of its terms.
    fn second_order(&self) -> (f64, f64, f64) {
        self.on_tape(&self.x, |tape, r| {
            let h = self.slope(tape, r);
            let moving: Vec<_> = r.x.iter().zip(self.v.iter().flatten()).map(|(x, v)| (*x, tape.constant(v))).collect();
            let forward = jvp(&[h], &moving)[0].item();
            let gradients: Vec<ArrayD<f64>> = grad(h, &r.x).iter().map(|c| c.value()).collect();
            let (reverse, size) = dot(&gradients, &Self::flat(&self.v));
            (forward, reverse, size)
        })
    }

    fn second_order_two_ways(&self) -> f64 {
        let (forward, reverse, size) = self.second_order();
        relative(forward, reverse, size)
    }

    fn second_order_difference(&self) -> f64 {
        let along = |t: f64| self.on_tape(&self.moved(t), |tape, r| self.slope(tape, r).item());
        let (_, reverse, size) = self.second_order();
        relative(Self::difference(along), reverse, size.max(along(0.0).abs()))
    }
}

/// The larger error, where NaN is the largest.
fn worst(a: f64, b: f64) -> f64 {
    if a >= b || a.is_nan() { a } else { b }
}
