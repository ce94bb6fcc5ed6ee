//! What holds exactly, so that no difference is needed: adjointness, linearity, symmetry of the second derivative.
//! Each is measured relative to the size of the terms it was summed from, and bounded by some thousand rounding errors.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::report::Property;
use super::subject::{Recording, Subject, array, numbers};
use crate::adjoint::{grad, grad_with, jvp};
use crate::error::Error;
use crate::real::Real;
use crate::tape::Var;

/// Bound on identities, in units of the type's precision: 1e-12 in f64.
const EXACT: f64 = 4504.0;

/// Bound on second derivatives by two exact ways, which round differently: 1e-10 in f64.
const NEARLY_EXACT: f64 = 450_400.0;

/// A sum, and the sum of the sizes of its terms.
fn dot(a: &[f64], b: &[f64]) -> (f64, f64) {
    a.iter().zip(b).map(|(a, b)| a * b).fold((0.0, 0.0), |(s, t), term| (s + term, t + term.abs()))
}

/// The distance of two numbers relative to the size of their terms.
fn relative(a: f64, b: f64, size: f64) -> f64 {
    if a == b { 0.0 } else { (a - b).abs() / size.max(a.abs()).max(b.abs()).max(f64::MIN_POSITIVE) }
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
        let second = self.second_order(&d)?;
        let property = |name, error: f64, bound: f64| Property { name, error, bound: bound * epsilon };
        let mut properties = vec![
            property("⟨u, Jv⟩ = ⟨Jᵀu, v⟩", self.adjointness(&d)?, EXACT),
            property("the vjp is linear in the cotangent", self.linearity(&d)?, EXACT),
            property("forward over reverse = reverse over reverse", second.0, NEARLY_EXACT),
            property("the second derivative is symmetric", second.1, NEARLY_EXACT),
        ];
        if !properties.iter().all(Property::holds) {
            let blur = self.conditioning(&d)?;
            properties.iter_mut().for_each(|p| p.bound = p.bound.max(blur * p.bound / (EXACT * epsilon)));
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

    fn adjointness(&self, d: &Directions) -> Result<f64, Error> {
        let r = self.record(&self.at);
        let moving: Vec<_> = r.inputs().into_iter().zip(self.lines(&r, &d.v)).collect();
        let tangent = numbers(jvp(&[r.output()], &moving)[0])?;
        let (forward, size) = dot(&d.u, &tangent);
        let (reverse, size2) = dot(&self.pulled(&d.u)?, &d.v);
        Ok(relative(forward, reverse, size.max(size2)))
    }

    /// How much Jᵀu changes, relative to its size, where the point changes by a few units in the last place.
    ///
    /// No evaluation of it in this precision can be trusted further, so that no identity can hold more exactly.
    fn conditioning(&self, d: &Directions) -> Result<f64, Error> {
        let step = 8.0 * T::epsilon().as_f64();
        let near: Vec<f64> = self.at.iter().zip(&d.v).map(|(x, v)| x + x * step * v.signum()).collect();
        let (here, there) = (self.pulled(&d.u)?, self.pulled_at(&near, &d.u)?);
        let largest = here.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
        let moved = here.iter().zip(&there).fold(0.0, |m: f64, (a, b)| worse(m, (a - b).abs()));
        // NaN would excuse everything.
        Ok(if moved.is_finite() && largest > 0.0 { moved / largest } else { 0.0 })
    }

    fn linearity(&self, d: &Directions) -> Result<f64, Error> {
        // A power of two and numbers of the type: the combined cotangent is rounded once, which counts as size.
        let both: Vec<f64> = d.u.iter().zip(&d.u2).map(|(a, b)| a + 2.0 * b).collect();
        let (a, b, sum) = (self.pulled(&d.u)?, self.pulled(&d.u2)?, self.pulled(&both)?);
        let largest = a.iter().zip(&b).fold(0.0, |m: f64, (a, b)| m.max(a.abs() + 2.0 * b.abs()));
        let each = a.iter().zip(&b).zip(&sum).map(|((a, b), s)| relative(a + 2.0 * b, *s, largest));
        Ok(each.fold(0.0, worse))
    }

    /// vᵀHw by forward over reverse and by reverse over reverse, and wᵀHv; H is that of ⟨u, y⟩.
    fn second_order(&self, d: &Directions) -> Result<(f64, f64), Error> {
        let one_way = |v: &[f64], w: &[f64]| -> Result<(f64, f64, f64), Error> {
            let r = self.record(&self.at);
            let y = r.output();
            let root = (y * r.tape.constant(array::<T>(&y.dims(), &d.u))).sum();
            let inputs = r.inputs();
            let terms = grad(root, &inputs).into_iter().zip(self.lines(&r, w)).map(|(c, w)| (c * w).sum());
            let Some(slope) = terms.reduce(|a, b| a + b) else { return Ok((0.0, 0.0, 0.0)) };
            let moving: Vec<_> = inputs.iter().copied().zip(self.lines(&r, v)).collect();
            let forward = numbers(jvp(&[slope], &moving)[0])?[0];
            let rows = grad(slope, &inputs).into_iter().map(numbers).collect::<Result<Vec<_>, _>>()?.concat();
            let (reverse, size) = dot(&rows, v);
            Ok((forward, reverse, size))
        };
        let ((forward, reverse, size), (_, mirrored, size2)) = (one_way(&d.v, &d.w)?, one_way(&d.w, &d.v)?);
        Ok((relative(forward, reverse, size), relative(reverse, mirrored, size.max(size2))))
    }
}

/// The larger error, where NaN is the largest.
fn worse(a: f64, b: f64) -> f64 {
    if a >= b || a.is_nan() { a } else { b }
}
