//! One operation at one random point, with random directions: the numbers that a check compares.
//! Differences use a five-point stencil; every distance is relative to the size of the terms it was summed from.

use ndarray::ArrayD;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::op::{OpCheck, Point};
use crate::adjoint::{grad, jvp};
use crate::shape::Dims;
use crate::tape::{Form, IntVar, Kind, Operand, Tape, Tensor, Var, array_from};

/// The step at which truncation (h⁴) and rounding (ε/h) of the stencil are both below 1e-11 for functions of size 1.
const STEP: f64 = 1e-3;

/// The operation at one random point, with random directions for tangents (v, w) and cotangents (u).
pub(super) struct Experiment<'c> {
    check: &'c OpCheck,
    x: Vec<Option<ArrayD<f64>>>,
    v: Vec<Option<ArrayD<f64>>>,
    w: Vec<Option<ArrayD<f64>>>,
    u: Vec<Option<ArrayD<f64>>>,
    u2: Vec<Option<ArrayD<f64>>>,
}

/// The recorded operation: real leaves and the results of either kind.
struct Recorded<'t> {
    x: Vec<Var<'t, f64>>,
    y: Vec<Var<'t, f64>>,
    ints: Vec<IntVar<'t, f64>>,
}

/// The distance between two numbers relative to the size of the terms they were summed from.
fn relative(a: f64, b: f64, size: f64) -> f64 {
    if a == b { 0.0 } else { (a - b).abs() / size.max(a.abs()).max(b.abs()).max(f64::MIN_POSITIVE) }
}

/// ⟨a, b⟩, and the sum of the sizes of its terms.
fn dot(a: &[ArrayD<f64>], b: &[ArrayD<f64>]) -> (f64, f64) {
    let terms = || a.iter().zip(b).flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| a * b));
    (terms().sum(), terms().map(f64::abs).sum())
}

impl<'c> Experiment<'c> {
    pub fn new(check: &'c OpCheck) -> Self {
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
        let results: Vec<Dims> = e.on_tape(&e.x, |_, r| r.y.iter().map(|y| y.dims()).collect());
        let mut cotangents = || results.iter().map(|d| Some(draw(d, (-1.0, 1.0)))).collect();
        (e.u, e.u2) = (cotangents(), cotangents());
        e
    }

    /// The shapes of the operands, for the head of a report.
    pub fn text(&self) -> String {
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
        let (real, ints): (Vec<usize>, Vec<usize>) =
            (0..results.len()).partition(|&k| tape.kind_of(results.id(k)) == Kind::Real);
        let y = real.into_iter().map(|k| results.real(k)).collect();
        let ints = ints.into_iter().map(|k| results.int(k)).collect();
        f(&tape, &Recorded { x: leaves, y, ints })
    }

    /// The elements of all results.
    pub fn values(&self) -> Vec<Vec<f64>> {
        self.on_tape(&self.x, |_, r| {
            let real = r.y.iter().map(|y| y.value().into_iter().collect());
            let ints = r.ints.iter().map(|y| y.value().into_iter().map(f64::from).collect());
            real.chain(ints).collect()
        })
    }

    /// Whether there is a real result, which alone can have a derivative.
    pub fn is_differentiable(&self) -> bool {
        !self.u.is_empty()
    }

    /// The point moved by t along v.
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

    /// Jᵀu for each real operand.
    fn cotangents(&self, u: &[Option<ArrayD<f64>>]) -> Vec<ArrayD<f64>> {
        self.on_tape(&self.x, |tape, r| grad(Self::loss(tape, r, u), &r.x).iter().map(|c| c.value()).collect())
    }

    /// The directions of the real operands.
    fn flat(d: &[Option<ArrayD<f64>>]) -> Vec<ArrayD<f64>> {
        d.iter().flatten().cloned().collect()
    }

    /// The distance of ⟨u, Jv⟩ by the forward rule from ⟨Jᵀu, v⟩ by the reverse rule.
    pub fn adjointness(&self) -> f64 {
        let tangents: Vec<ArrayD<f64>> = self.on_tape(&self.x, |tape, r| {
            let moving: Vec<_> = r.x.iter().zip(self.v.iter().flatten()).map(|(x, v)| (*x, tape.constant(v))).collect();
            jvp(&r.y, &moving).iter().map(|t| t.value()).collect()
        });
        let (forward, size) = dot(&Self::flat(&self.u), &tangents);
        let (reverse, size2) = dot(&self.cotangents(&self.u), &Self::flat(&self.v));
        relative(forward, reverse, size.max(size2))
    }

    /// The largest distance of Jᵀ(u + 2u₂) from Jᵀu + 2Jᵀu₂.
    pub fn linearity(&self) -> f64 {
        let both: Vec<Option<ArrayD<f64>>> =
            self.u.iter().flatten().zip(self.u2.iter().flatten()).map(|(a, b)| Some(a + &(b * 2.0))).collect();
        let (a, b, sum) = (self.cotangents(&self.u), self.cotangents(&self.u2), self.cotangents(&both));
        let each = a.iter().zip(&b).zip(&sum).flat_map(|((a, b), s)| {
            a.iter().zip(b).zip(s).map(|((a, b), s)| relative(a + 2.0 * b, *s, a.abs() + 2.0 * b.abs()))
        });
        each.fold(0.0, worst)
    }

    /// f′(0) by the five-point stencil.
    fn difference(f: impl Fn(f64) -> f64) -> f64 {
        (8.0 * (f(STEP) - f(-STEP)) - (f(2.0 * STEP) - f(-2.0 * STEP))) / (12.0 * STEP)
    }

    pub fn first_order_difference(&self) -> f64 {
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

    pub fn second_order_two_ways(&self) -> f64 {
        let (forward, reverse, size) = self.second_order();
        relative(forward, reverse, size)
    }

    pub fn second_order_difference(&self) -> f64 {
        let along = |t: f64| self.on_tape(&self.moved(t), |tape, r| self.slope(tape, r).item());
        let (_, reverse, size) = self.second_order();
        relative(Self::difference(along), reverse, size.max(along(0.0).abs()))
    }
}

/// The larger error, where NaN is the largest.
fn worst(a: f64, b: f64) -> f64 {
    if a >= b || a.is_nan() { a } else { b }
}
