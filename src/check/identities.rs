//! What holds exactly, so that no difference is needed: adjointness, linearity, symmetry of the second derivative.
//! Each is measured relative to the size of the terms it was summed from, and bounded by some thousand rounding errors.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::report::Property;
use super::subject::{Recording, Subject, array, numbers};
use crate::adjoint::{grad, grad_with, jvp};
use crate::error::Error;
use crate::real::Real;
use crate::tape::{Kind, Var};

/// Bound on identities, in units of the type's precision: 1e-12 in f64.
const EXACT: f64 = 4504.0;

/// Bound on second derivatives by two exact ways, which round differently: 1e-10 in f64.
const NEARLY_EXACT: f64 = 450_400.0;

/// A sum, and the sum of the sizes of its terms.
fn dot(a: &[f64], b: &[f64]) -> (f64, f64) {
    a.iter().zip(b).map(|(a, b)| a * b).fold((0.0, 0.0), |(s, t), term| (s + term, t + term.abs()))
}

/// Bounds relative to all that was turned over within, which is a worst case already: some roundings of each line.
const ROUNDINGS: f64 = 64.0;

/// The same for second derivatives, whose lines are the roundings of lines.
const TWICE_ROUNDED: f64 = 1024.0;

/// How far two numbers that should be one are apart, the size of the terms that they were summed from, and, where it was
/// asked for, the turnover within.
#[derive(Clone, Copy)]
struct Gap {
    apart: f64,
    size: f64,
    within: Option<f64>,
}

impl Gap {
    fn of(a: f64, b: f64, size: f64) -> Self {
        Gap { apart: if a == b { 0.0 } else { (a - b).abs() }, size: size.max(a.abs()).max(b.abs()), within: None }
    }

    fn relative(self) -> f64 {
        if self.apart == 0.0 { 0.0 } else { self.apart / self.size.max(f64::MIN_POSITIVE) }
    }
}

/// Σ|v̄·v| over the lines that the number `s` is computed from: what it would come to if nothing had cancelled on the way.
///
/// Its rounding error is some units of the precision times this (Linnainmaa, 1976), however small it is itself.
fn turnover<T: Real>(s: Var<'_, T>) -> Result<f64, Error> {
    let lines = read_by(s);
    let mut total = 0.0;
    for (v, c) in lines.iter().zip(grad(s, &lines)) {
        let terms = dot(&numbers(c)?, &numbers(*v)?).1;
        // A line that overflowed has no size to speak of, and excuses nothing.
        total += if terms.is_finite() { terms } else { 0.0 };
    }
    Ok(total)
}

/// The real lines that `s` is computed from.
fn read_by<T: Real>(s: Var<'_, T>) -> Vec<Var<'_, T>> {
    let g = s.tape.graph.borrow();
    let mut read = vec![false; s.id as usize + 1];
    read[s.id as usize] = true;
    for id in (0..=s.id).rev().filter(|&id| g.node(id).active()) {
        if read[id as usize] {
            g.operands(g.head(id)).iter().for_each(|&o| read[o as usize] = true);
        }
    }
    drop(g);
    let real = |id: &u32| read[*id as usize] && s.tape.kind_of(*id) == Kind::Real;
    (0..s.id).filter(real).map(|id| Var::new(s.tape, id)).collect()
}

/// Random directions of the inputs and cotangents of the output.
struct Directions {
    v: Vec<f64>,
    w: Vec<f64>,
    u: Vec<f64>,
    u2: Vec<f64>,
}

impl<T: Real> Subject<'_, T> {
    /// Measures every identity at the point.
    ///
    /// # Errors
    /// The point is outside of the domain.
    pub fn identities(&self, seed: u64) -> Result<Vec<Property>, Error> {
        let outputs = self.record(&self.at).output().count();
        let mut rng = StdRng::seed_from_u64(seed);
        // Numbers of the tape's type, so that both sides of an identity see the same ones.
        let mut draw = |n| (0..n).map(|_| T::of(rng.random_range(-1.0..1.0)).as_f64()).collect::<Vec<f64>>();
        let n = self.layout.count();
        let d = Directions { v: draw(n), w: draw(n), u: draw(outputs), u2: draw(outputs) };
        let epsilon = T::epsilon().as_f64();
        let measured = |within: bool| -> Result<[Gap; 4], Error> {
            let ([adjointness, linearity], [ways, mirrored]) = (self.first(&d, within)?, self.second(&d, within)?);
            Ok([adjointness, linearity, ways, mirrored])
        };
        let stated = [
            ("⟨u, Jv⟩ = ⟨Jᵀu, v⟩", EXACT, ROUNDINGS),
            ("the vjp is linear in the cotangent", EXACT, ROUNDINGS),
            ("forward over reverse = reverse over reverse", NEARLY_EXACT, TWICE_ROUNDED),
            ("the second derivative is symmetric", NEARLY_EXACT, TWICE_ROUNDED),
        ];
        let property = |(gap, (name, bound, _)): (&Gap, &(&'static str, f64, f64))| Property {
            name,
            error: gap.relative(),
            bound: bound * epsilon,
        };
        let mut properties: Vec<Property> = measured(false)?.iter().zip(&stated).map(property).collect();
        if properties.iter().all(Property::holds) {
            return Ok(properties);
        }
        // Where terms cancel in the model itself, the sizes at its ends do not tell how large they were.
        let gaps = measured(true)?;
        let blur = self.conditioning(&d, ROUNDINGS * epsilon * gaps[0].within.unwrap_or(0.0))?;
        for ((p, gap), (_, bound, roundings)) in properties.iter_mut().zip(&gaps).zip(&stated) {
            let within = gap.within.map(|w| (gap.apart / w, roundings * epsilon));
            match within.filter(|(error, bound)| !p.holds() && error <= bound) {
                Some(held) => (p.error, p.bound) = held,
                None => p.bound = p.bound.max(blur * bound / EXACT),
            }
        }
        Ok(properties)
    }

    fn lines<'r>(&self, r: &'r Recording<T>, x: &[f64]) -> Vec<Var<'r, T>> {
        let split = self.layout.split(x).into_iter().zip(&self.layout.dims);
        split.map(|(x, dims)| r.tape.constant(array::<T>(dims, x))).collect()
    }

    /// Jᵀu over all coordinates.
    fn pulled(&self, u: &[f64]) -> Result<Vec<f64>, Error> {
        self.pulled_at(&self.at, u)
    }

    fn pulled_at(&self, at: &[f64], u: &[f64]) -> Result<Vec<f64>, Error> {
        let r = self.record(at);
        let y = r.output();
        let cotangents = grad_with(y, r.tape.constant(array::<T>(&y.dims(), u)), &r.inputs());
        cotangents.into_iter().map(numbers).collect::<Result<Vec<_>, _>>().map(|c| c.concat())
    }

    /// Adjointness with its turnover, if wanted, and linearity in the cotangent.
    fn first(&self, d: &Directions, within: bool) -> Result<[Gap; 2], Error> {
        let r = self.record(&self.at);
        let moving: Vec<_> = r.inputs().into_iter().zip(self.lines(&r, &d.v)).collect();
        let moved = jvp(&[r.output()], &moving)[0];
        let (forward, size) = dot(&d.u, &numbers(moved)?);
        let (reverse, size2) = dot(&self.pulled(&d.u)?, &d.v);
        let mut adjointness = Gap::of(forward, reverse, size.max(size2));
        let mut linearity = self.linearity(d)?;
        if within {
            let u = r.tape.constant(array::<T>(&moved.dims(), &d.u));
            let [(a, back), (b, _)] = [self.projected(&d.u, &d.v)?, self.projected(&d.u2, &d.v)?];
            adjointness.within = Some(turnover((moved * u).sum())?.max(back));
            // One number for all elements, so that its size and its turnover are sums of the same terms.
            let (sum, turned) = self.projected(&combined(d), &d.v)?;
            linearity = Gap { within: Some(turned), ..Gap::of(a + 2.0 * b, sum, linearity.size) };
        }
        Ok([adjointness, linearity])
    }

    /// ⟨Jᵀu, v⟩ and its turnover.
    fn projected(&self, u: &[f64], v: &[f64]) -> Result<(f64, f64), Error> {
        let r = self.record(&self.at);
        let y = r.output();
        let pulled = grad_with(y, r.tape.constant(array::<T>(&y.dims(), u)), &r.inputs());
        let terms = pulled.into_iter().zip(self.lines(&r, v)).map(|(g, v)| (g * v).sum());
        let Some(sum) = terms.reduce(|a, b| a + b) else { return Ok((0.0, 0.0)) };
        Ok((numbers(sum)?[0], turnover(sum)?))
    }

    /// How much Jᵀu changes, relative to its size, where the point changes by a few units in the last place.
    ///
    /// No evaluation of it in this precision can be trusted further, so that no identity can hold more exactly. What is
    /// not above `residue` is rounding errors alone, whose changes say nothing.
    fn conditioning(&self, d: &Directions, residue: f64) -> Result<f64, Error> {
        let step = 8.0 * T::epsilon().as_f64();
        let near: Vec<f64> = self.at.iter().zip(&d.v).map(|(x, v)| x + x * step * v.signum()).collect();
        let (here, there) = (self.pulled(&d.u)?, self.pulled_at(&near, &d.u)?);
        let largest = here.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
        let moved = here.iter().zip(&there).fold(0.0, |m: f64, (a, b)| worse(m, (a - b).abs()));
        // NaN would excuse everything.
        Ok(if moved.is_finite() && largest > residue { moved / largest } else { 0.0 })
    }

    fn linearity(&self, d: &Directions) -> Result<Gap, Error> {
        let (a, b, sum) = (self.pulled(&d.u)?, self.pulled(&d.u2)?, self.pulled(&combined(d))?);
        let size = a.iter().zip(&b).fold(0.0, |m: f64, (a, b)| m.max(a.abs() + 2.0 * b.abs()));
        let each = a.iter().zip(&b).zip(&sum).map(|((a, b), s)| Gap::of(a + 2.0 * b, *s, size).apart);
        Ok(Gap { apart: each.fold(0.0, worse), size, within: None })
    }

    /// vᵀHw by forward over reverse and by reverse over reverse, and wᵀHv; H is that of ⟨u, y⟩.
    fn second(&self, d: &Directions, within: bool) -> Result<[Gap; 2], Error> {
        let one_way = |v: &[f64], w: &[f64]| -> Result<([f64; 3], f64), Error> {
            let r = self.record(&self.at);
            let y = r.output();
            let root = (y * r.tape.constant(array::<T>(&y.dims(), &d.u))).sum();
            let inputs = r.inputs();
            let terms = grad(root, &inputs).into_iter().zip(self.lines(&r, w)).map(|(c, w)| (c * w).sum());
            let Some(slope) = terms.reduce(|a, b| a + b) else { return Ok(([0.0; 3], 0.0)) };
            let moving: Vec<_> = inputs.iter().copied().zip(self.lines(&r, v)).collect();
            let moved = jvp(&[slope], &moving)[0];
            let forward = numbers(moved)?[0];
            let rows = grad(slope, &inputs);
            let flat = rows.iter().map(|row| numbers(*row)).collect::<Result<Vec<_>, _>>()?.concat();
            let (reverse, size) = dot(&flat, v);
            let mut turned = 0.0;
            if within {
                let sum = rows.into_iter().zip(&moving).map(|(row, (_, v))| (row * *v).sum()).reduce(|a, b| a + b);
                turned = turnover(moved.sum())?.max(sum.map_or(Ok(0.0), turnover)?);
            }
            Ok(([forward, reverse, size], turned))
        };
        let (([forward, reverse, size], one), ([_, mirrored, size2], other)) =
            (one_way(&d.v, &d.w)?, one_way(&d.w, &d.v)?);
        let turned = |w: f64| within.then_some(w);
        let ways = Gap { within: turned(one), ..Gap::of(forward, reverse, size) };
        Ok([ways, Gap { within: turned(one.max(other)), ..Gap::of(reverse, mirrored, size.max(size2)) }])
    }
}

/// u + 2u₂: a power of two and numbers of the type, so that the sum is rounded once, which counts as size.
fn combined(d: &Directions) -> Vec<f64> {
    d.u.iter().zip(&d.u2).map(|(a, b)| a + 2.0 * b).collect()
}

/// The larger error, where NaN is the largest.
fn worse(a: f64, b: f64) -> f64 {
    if a >= b || a.is_nan() { a } else { b }
}
