//! The slope of every probe along one direction: steps are chosen by the error bar, and kept under the nearest kink.
//! Where the point sits on a kink or on the edge of the domain, the slopes of either side are measured instead.

use super::line::{Direction, Lines, Moved, Obstacle, Turn};
use super::stencil::{Estimate, extrapolate};
use crate::real::Real;

/// How slopes are measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    /// Relative tolerance.
    pub tolerance: f64,
    /// The widest relative error bar within which agreement passes.
    pub blur: f64,
    /// Order of the extrapolated central difference: 2, 4, 6 or 8.
    pub order: u32,
    /// The first step as a fraction of the coordinate's size, or the choice by the type's precision.
    pub step: Option<f64>,
}

/// What was measured along one direction; estimates are of numeric less analytic slope, one a probe.
#[derive(Debug)]
pub(super) enum Measured {
    /// By central differences, each probe with a step of its own.
    Central { excess: Vec<Estimate>, steps: Vec<f64> },
    /// By differences on one side, since the other is outside of the domain.
    OneSided { excess: Vec<Estimate>, step: f64, side: &'static str },
    /// The point sits on a kink: slopes on its left and right.
    Kink { turn: Turn, left: Vec<Estimate>, right: Vec<Estimate> },
    /// A kink so near that neither side could be measured.
    Crowded { turn: Turn },
    /// Neither side is inside the domain.
    Outside,
    /// The function records another program however near one goes.
    Structure,
}

/// Rounds of choosing a better step, most of them for steps that meet an obstacle.
const ROUNDS: usize = 24;

/// What a step is divided or multiplied by.
const FACTOR: f64 = 8.0;

impl<T: Real> Lines<'_, '_, T> {
    /// Measures along `d`.
    pub fn measure(&self, d: &Direction, settings: &Settings) -> Measured {
        let epsilon = T::epsilon().as_f64();
        // The best step of a sixth-order difference is about ε^(1/7); a little less is safer against kinks.
        let mut h = d.scale * settings.step.unwrap_or_else(|| epsilon.powf(1.0 / 6.0));
        let (smallest, mut largest) = (d.scale * epsilon.sqrt(), d.scale * 0.5);
        let mut best: Option<(Vec<Estimate>, Vec<f64>)> = None;
        for _ in 0..ROUNDS {
            match self.central(d, h, settings) {
                Ok(found) => {
                    let first = best.is_none();
                    let (excess, steps) = best.get_or_insert_with(|| (found.clone(), vec![h; found.len()]));
                    let before = self.shortfall(d, excess, settings).0;
                    // A probe that is served keeps its step while the others look for theirs.
                    let mut open = Vec::with_capacity(found.len());
                    for (k, e) in found.into_iter().enumerate() {
                        let (old, new) =
                            (self.shortfall_of(d, k, &excess[k], settings), self.shortfall_of(d, k, &e, settings));
                        // An infinite bar is that of a step so large that the differences do not converge: it compares with nothing.
                        if old > 1.0 && (new < old || old.is_infinite()) {
                            (excess[k], steps[k]) = (e, h);
                        }
                        open.push(if old > 1.0 { e } else { excess[k] });
                    }
                    let worst = self.shortfall(d, excess, settings).0;
                    if !first && worst >= before && before.is_finite() {
                        break;
                    }
                    let (_, by_truncation) = self.shortfall(d, &open, settings);
                    let next = if by_truncation { h / FACTOR } else { h * FACTOR };
                    if worst <= 1.0 || settings.step.is_some() || next < smallest || next > largest {
                        break;
                    }
                    h = next;
                }
                Err(_) if best.is_some() => break,
                Err(Obstacle::Switch(turn)) => {
                    let next = (turn.distance * 0.5).min(h / 2.0);
                    if next < smallest {
                        return self.kink(d, turn, settings);
                    }
                    (h, largest) = (next, next);
                }
                Err(Obstacle::Structure) if h / FACTOR < smallest => return Measured::Structure,
                Err(Obstacle::Structure) => (h, largest) = (h / FACTOR, h / FACTOR),
                Err(Obstacle::Outside) if h / FACTOR < smallest => return self.edge(d, settings),
                Err(Obstacle::Outside) => (h, largest) = (h / FACTOR, h / FACTOR),
            }
        }
        match best {
            Some((excess, steps)) => Measured::Central { excess, steps },
            None => Measured::Outside,
        }
    }

    /// The largest error bar as a multiple of what is wanted, and whether truncation is to blame.
    fn shortfall(&self, d: &Direction, estimates: &[Estimate], settings: &Settings) -> (f64, bool) {
        let mut worst = (0.0, false);
        for (k, e) in estimates.iter().enumerate() {
            let ratio = self.shortfall_of(d, k, e, settings);
            if ratio > worst.0 {
                worst = (ratio, e.truncation > e.rounding);
            }
        }
        worst
    }

    /// The error bar of probe `k` as a multiple of what is wanted.
    fn shortfall_of(&self, d: &Direction, k: usize, e: &Estimate, settings: &Settings) -> f64 {
        let a = d.along(&self.probes[k].gradient).0;
        let wanted = 0.1 * settings.tolerance * (a + e.value).abs().max(a.abs()).max(self.size(d, k));
        let ratio = e.bar() / wanted.max(f64::MIN_POSITIVE);
        if ratio.is_nan() { f64::INFINITY } else { ratio }
    }

    /// The central difference at h, h/2, …
    fn central(&self, d: &Direction, h: f64, settings: &Settings) -> Result<Vec<Estimate>, Obstacle> {
        let levels = (settings.order / 2).clamp(2, 4) as usize;
        let mut quotients = vec![Vec::with_capacity(levels); self.probes.len()];
        for level in 0..levels {
            let t = h / f64::powi(2.0, level as i32);
            let ahead = self.inside(d, t)?;
            let behind = self.inside(d, -t)?;
            for (q, (a, b)) in quotients.iter_mut().zip(ahead.remainder.iter().zip(&behind.remainder)) {
                q.push((a - b) / (2.0 * t));
            }
        }
        let each = self.probes.iter().zip(&quotients).map(|(p, q)| {
            let e = extrapolate(q, 2, 2, p.noise / h);
            if settings.order > 2 {
                return e;
            }
            let last = q[q.len() - 1];
            Estimate { value: last, truncation: 1.5 * (e.value - last).abs(), rounding: p.noise * 2.0 / h }
        });
        Ok(each.collect())
    }

    /// The point x + td, where no decision has changed on the way.
    fn inside(&self, d: &Direction, t: f64) -> Result<Moved, Obstacle> {
        let there = self.moved(d, t).ok_or(Obstacle::Outside)?;
        self.turn(&there, t)?;
        Ok(there)
    }

    /// The slopes on either side of a kink that the point sits on.
    fn kink(&self, d: &Direction, turn: Turn, settings: &Settings) -> Measured {
        match (self.one_sided(d, -1.0, settings), self.one_sided(d, 1.0, settings)) {
            (Some((left, _)), Some((right, _))) => Measured::Kink { turn, left, right },
            _ => Measured::Crowded { turn },
        }
    }

    /// The slope at the edge of the domain, from the inside.
    fn edge(&self, d: &Direction, settings: &Settings) -> Measured {
        for (sign, side) in [(1.0, "right"), (-1.0, "left")] {
            if let Some((excess, step)) = self.one_sided(d, sign, settings) {
                return Measured::OneSided { excess, step, side };
            }
        }
        Measured::Outside
    }

    /// One-sided differences at h, h/2, h/4, h/8, all on one side of every decision.
    fn one_sided(&self, d: &Direction, sign: f64, settings: &Settings) -> Option<(Vec<Estimate>, f64)> {
        let epsilon = T::epsilon().as_f64();
        let smallest = d.scale * epsilon.sqrt();
        let mut h = d.scale * settings.step.unwrap_or_else(|| epsilon.powf(1.0 / 5.0) * 4.0);
        let mut best: Option<(Vec<Estimate>, f64)> = None;
        while h > smallest {
            if let Some(found) = self.one_sided_at(d, sign * h) {
                let worst = self.shortfall(d, &found, settings);
                let before = best.as_ref().map_or(f64::INFINITY, |(b, _)| self.shortfall(d, b, settings).0);
                if worst.0 >= before {
                    break;
                }
                best = Some((found, h));
                if worst.0 <= 1.0 || !worst.1 {
                    break;
                }
            }
            h /= FACTOR;
        }
        best
    }

    fn one_sided_at(&self, d: &Direction, h: f64) -> Option<Vec<Estimate>> {
        let points: Vec<(f64, Moved)> =
            (0..4).map(|k| h / f64::powi(2.0, k)).map(|t| Some((t, self.moved(d, t)?))).collect::<Option<_>>()?;
        if points.iter().any(|(_, p)| !self.agree(&points[0].1, p)) {
            return None;
        }
        let each = self.probes.iter().enumerate().map(|(k, p)| {
            let q: Vec<f64> = points.iter().map(|(t, m)| m.remainder[k] / t).collect();
            extrapolate(&q, 1, 1, 2.0 * p.noise / h.abs())
        });
        Some(each.collect())
    }
}
