//! The analytic side of the comparison: Jᵀu for one cotangent u, and how noisy the number ⟨u, y⟩ is.
//! The noise is bounded from the tape's own adjoints: an error δ in line v changes the output by v̄δ (Linnainmaa, 1976).

use super::subject::{Layout, Recording, array, numbers};
use crate::adjoint::grad_with;
use crate::error::Error;
use crate::real::Real;
use crate::tape::{Kind, Var};

/// Results of library functions and of long sums are further off than half a unit in the last place.
const UNITS: f64 = 4.0;

/// A coordinate so many times smaller than its neighbours has a scale of its own.
pub(super) const SMALL: f64 = 64.0;

/// One number ⟨u, y⟩ whose derivative is checked.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    /// The cotangent of the output.
    pub u: Vec<f64>,
    /// Jᵀu over all coordinates.
    pub gradient: Vec<f64>,
    /// A bound on the rounding error of ⟨u, y⟩ at the point.
    pub noise: f64,
    /// Per input the largest |gradient|: what an error is measured by where the derivative itself is small.
    sizes: Vec<f64>,
    /// Per input the largest |gradient · x|.
    turnovers: Vec<f64>,
    /// ⟨u, y⟩ at the point.
    pub value: f64,
    /// Where u is not 0: most probes of a full Jacobian are unit vectors, and 0 · ∞ must not spoil the others.
    nonzero: Vec<usize>,
}

impl Probe {
    /// ⟨u, y⟩.
    pub fn of(&self, y: &[f64]) -> f64 {
        self.nonzero.iter().map(|&k| self.u[k] * y[k]).sum()
    }

    /// The size of the gradient in one input; where that is all zero, in all of them, and then ⟨u, y⟩ over `scale`.
    ///
    /// Coordinates that are small beside others have slopes as large as the change of ⟨u, y⟩ over their own `scale`.
    pub fn size(&self, input: usize, scale: f64) -> f64 {
        let own = self.sizes[input].max(match self.turnovers[input] / (SMALL * scale) {
            size if size.is_finite() => size,
            _ => 0.0,
        });
        let all = || self.sizes.iter().fold(0.0, |m: f64, s| m.max(*s));
        let value = || if self.value.is_finite() { self.value.abs() / scale } else { 0.0 };
        [own, all(), value()].into_iter().find(|s| *s > 0.0).unwrap_or(0.0)
    }

    /// Jᵀu at a recorded point.
    pub fn at<T: Real>(r: &Recording<T>, layout: &Layout, u: Vec<f64>) -> Result<Probe, Error> {
        let y = r.output();
        let cotangent = r.tape.constant(array::<T>(&y.dims(), &u));
        let matters = r.matters();
        let g = |id: u32| r.tape.kind_of(id) == Kind::Real;
        let lines: Vec<Var<'_, T>> = (0..matters.len() as u32)
            .filter(|&id| matters[id as usize] && g(id) && !r.inputs.contains(&id))
            .map(|id| Var::new(&r.tape, id))
            .collect();
        let inputs = r.inputs();
        let wanted: Vec<Var<'_, T>> = inputs.iter().chain(&lines).copied().collect();
        let cotangents = grad_with(y, cotangent, &wanted);
        let mut gradient = Vec::with_capacity(layout.count());
        let mut spread = 0.0;
        for (k, (v, c)) in wanted.iter().zip(&cotangents).enumerate() {
            let c = numbers(*c)?;
            let term = |(c, v): (&f64, &f64)| if *c == 0.0 { 0.0 } else { (c * v).abs() };
            let sum: f64 = c.iter().zip(&numbers(*v)?).map(term).sum();
            spread += if sum.is_finite() { sum } else { 0.0 };
            if k < inputs.len() {
                gradient.extend(c);
            }
        }
        let unit = T::epsilon().as_f64() / 2.0;
        let largest = |g: &[f64]| g.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
        let sizes = layout.split(&gradient).into_iter().map(largest).collect();
        let moves = |(g, v): (&[f64], &Var<'_, T>)| {
            let terms = numbers(*v)?.into_iter().zip(g).map(|(v, g)| (v * g).abs());
            Ok(terms.filter(|t| t.is_finite()).fold(0.0, f64::max))
        };
        let turnovers = layout.split(&gradient).into_iter().zip(&inputs).map(moves).collect::<Result<_, Error>>()?;
        let nonzero = (0..u.len()).filter(|&k| u[k] != 0.0).collect();
        let mut probe = Probe { u, gradient, noise: 0.0, sizes, turnovers, value: 0.0, nonzero };
        probe.value = probe.of(&numbers(y)?);
        let own = if probe.value.is_finite() { probe.value.abs() } else { 0.0 };
        probe.noise = UNITS * unit * spread.max(own).max(f64::MIN_POSITIVE);
        Ok(probe)
    }
}
