//! One operation at one random point, with random directions: the numbers that a check compares.
//! Differences use a five-point stencil; every distance is relative to the size of the terms it was summed from.

use ndarray::ArrayD;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::mutant::Contribution;
use super::op::{OpCheck, Point, Source};
use crate::adjoint::{grad, grad_with, jvp};
use crate::shape::Dims;
use crate::tape::{Form, IntVar, Kind, Operand, Tape, Tensor, Var, array_from};

/// The step at which truncation (h⁴) and rounding (ε/h) of the stencil are both below 1e-11 for functions of size 1.
const STEP: f64 = 1e-3;

/// How often a step is divided by 8 for a kink: to 3e-8, where rounding is below 1e-8.
const STEPS: i32 = 5;

/// Jacobians up to this many entries are measured whole.
const ENTRIES: usize = 1 << 20;

/// Where the elements of an operand get their cotangents from.
pub(super) struct Contributions {
    /// Whether any gets it from more than one result element.
    pub several: bool,
    /// The last result element for each.
    pub last: Vec<Contribution>,
}

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
    /// The real results' numbers among all results.
    numbers: Vec<usize>,
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
                Point::Real { dims, source } if at_point => Some(match source {
                    Source::Domain => draw(dims, row_domain(i)),
                    Source::Between(low, high) => draw(dims, (*low, *high)),
                    Source::Values(values) => array_from(dims, values.clone()),
                }),
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
        let y = real.iter().map(|&k| results.real(k)).collect();
        let ints = ints.into_iter().map(|k| results.int(k)).collect();
        f(&tape, &Recorded { x: leaves, y, numbers: real, ints })
    }

    /// Calls `f` with the real operands and all results as lines of a tape.
    #[cfg(test)]
    pub fn recorded<R>(&self, f: impl for<'t> FnOnce(&[Var<'t, f64>], &[Var<'t, f64>]) -> R) -> R {
        self.on_tape(&self.x, |_, r| {
            let ints = r.ints.iter().map(|y| y.to_real());
            f(&r.x, &r.y.iter().copied().chain(ints).collect::<Vec<_>>())
        })
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

    /// The point moved by t along d, which has an entry for each real operand.
    fn moved(&self, t: f64, d: &[ArrayD<f64>]) -> Vec<Option<ArrayD<f64>>> {
        let mut d = d.iter();
        let mut step = |x: &ArrayD<f64>| x + &(d.next().expect("a direction for each real operand") * t);
        self.x.iter().map(|x| x.as_ref().map(&mut step)).collect()
    }

    /// The directions of differences: v, and v with the signs of the gradient.
    ///
    /// In a sum of many terms of either sign the errors of a rule may cancel like the terms; with the gradient's own signs
    /// no term cancels another.
    fn directions(&self, gradient: &[ArrayD<f64>]) -> [Vec<ArrayD<f64>>; 2] {
        let v = Self::flat(&self.v);
        let signed = |(v, g): (&ArrayD<f64>, &ArrayD<f64>)| {
            ndarray::Zip::from(v).and(g).map_collect(|&v, &g| if g == 0.0 { v } else { v.abs().copysign(g) })
        };
        let along = v.iter().zip(gradient).map(signed).collect();
        [v, along]
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

    /// Jᵀu, Jᵀu₂ and Jᵀ(u + 2u₂), element by element for each real operand.
    pub fn samples(&self) -> Vec<Vec<Vec<f64>>> {
        let both = self.combined();
        let of = |u: &[Option<ArrayD<f64>>]| self.cotangents(u).into_iter().map(|c| c.into_iter().collect()).collect();
        vec![of(&self.u), of(&self.u2), of(&both)]
    }

    /// The number of elements of all real results.
    pub fn results(&self) -> usize {
        self.u.iter().flatten().map(|u| u.len()).sum()
    }

    /// Where each element of a real operand gets its cotangent from; `None` where the Jacobian is too large for that.
    pub fn contributions(&self, operand: usize) -> Option<Contributions> {
        let elements = self.x.iter().flatten().nth(operand).map_or(0, |x| x.len());
        if self.results().saturating_mul(elements) > ENTRIES {
            return None;
        }
        let mut count = vec![0usize; elements];
        let mut last: Vec<Option<(usize, usize)>> = vec![None; elements];
        self.on_tape(&self.x, |tape, r| {
            for (k, y) in r.y.iter().enumerate() {
                for element in 0..y.count() {
                    let mut unit = vec![0.0; y.count()];
                    unit[element] = 1.0;
                    let row = grad_with(*y, tape.constant(unit).reshape(y.dims()), &[r.x[operand]])[0].value();
                    for (j, _) in row.iter().enumerate().filter(|(_, v)| **v != 0.0) {
                        count[j] += 1;
                        last[j] = Some((r.numbers[k], element));
                    }
                }
            }
        });
        let mut sources: Vec<(usize, usize)> = last.iter().flatten().copied().collect();
        sources.sort_unstable();
        sources.dedup();
        let mask = |s: (usize, usize)| last.iter().map(|l| f64::from(u8::from(*l == Some(s)))).collect();
        let contribution = |s: (usize, usize)| Contribution { result: s.0, element: s.1, mask: mask(s) };
        Some(Contributions {
            several: count.iter().any(|c| *c > 1),
            last: sources.into_iter().map(contribution).collect(),
        })
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

    /// u + 2u₂.
    fn combined(&self) -> Vec<Option<ArrayD<f64>>> {
        self.u.iter().flatten().zip(self.u2.iter().flatten()).map(|(a, b)| Some(a + &(b * 2.0))).collect()
    }

    /// The largest distance of Jᵀ(u + 2u₂) from Jᵀu + 2Jᵀu₂.
    pub fn linearity(&self) -> f64 {
        let both = self.combined();
        let (a, b, sum) = (self.cotangents(&self.u), self.cotangents(&self.u2), self.cotangents(&both));
        let each = a.iter().zip(&b).zip(&sum).flat_map(|((a, b), s)| {
            a.iter().zip(b).zip(s).map(|((a, b), s)| relative(a + 2.0 * b, *s, a.abs() + 2.0 * b.abs()))
        });
        each.fold(0.0, worst)
    }

    /// f′(0) by the five-point stencil of step h.
    fn difference(h: f64, f: impl Fn(f64) -> f64) -> f64 {
        (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h)
    }

    /// What the operation decides at a point; nothing for one without kinks.
    fn choice(&self, x: &[Option<ArrayD<f64>>]) -> Option<Vec<u32>> {
        self.on_tape(x, |tape, r| Some(tape.decision(r.y[0].id())?.choice.value().into_iter().collect()))
    }

    /// The largest step along d at which the whole stencil is on the point's side of every kink, down to the smallest
    /// that rounding allows.
    fn step(&self, d: &[ArrayD<f64>]) -> f64 {
        let Some(here) = self.choice(&self.x) else { return STEP };
        let same = |t: f64| self.choice(&self.moved(t, d)).as_ref() == Some(&here);
        let clear = |h: &f64| [-2.0, -1.0, 1.0, 2.0].iter().all(|k| same(k * h));
        (0..=STEPS).map(|k| STEP / f64::powi(8.0, k)).find(clear).unwrap_or(STEP / f64::powi(8.0, STEPS))
    }

    /// The distance of ⟨gradient, d⟩ from the slope of `f`, the largest over the directions.
    fn against(&self, gradient: &[ArrayD<f64>], f: impl Fn(&[Option<ArrayD<f64>>]) -> f64) -> f64 {
        let here = f(&self.x).abs();
        let each = self.directions(gradient).into_iter().map(|d| {
            let (analytic, size) = dot(gradient, &d);
            let slope = Self::difference(self.step(&d), |t| f(&self.moved(t, &d)));
            relative(slope, analytic, size.max(here))
        });
        each.fold(0.0, worst)
    }

    pub fn first_order_difference(&self) -> f64 {
        let gradient = self.cotangents(&self.u);
        self.against(&gradient, |x| self.on_tape(x, |tape, r| Self::loss(tape, r, &self.u).item()))
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
        let gradient: Vec<ArrayD<f64>> =
            self.on_tape(&self.x, |tape, r| grad(self.slope(tape, r), &r.x).iter().map(|c| c.value()).collect());
        self.against(&gradient, |x| self.on_tape(x, |tape, r| self.slope(tape, r).item()))
    }
}

/// The larger error, where NaN is the largest.
fn worst(a: f64, b: f64) -> f64 {
    if a >= b || a.is_nan() { a } else { b }
}
