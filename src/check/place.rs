//! Points for property tests of functions with kinks: away from every one of them, or right on one.
//! The tape's own decisions and their gaps tell how far a point is from the next kink.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::evaluation::Evaluation;
use super::subject::{Subject, array};
use super::survey::scales;
use super::whole::Check;
use crate::real::Real;
use crate::tape::{Tape, Tensor, Var};

/// How many points are tried.
const TRIES: usize = 256;

/// Halvings that bring a bracket of a kink below any step of a difference.
const HALVINGS: usize = 80;

impl<T, F> Check<T, F>
where
    T: Real,
    F: for<'t> Fn(&'t Tape<T>, &[Var<'t, T>]) -> Var<'t, T>,
{
    /// Inputs near the given ones at which every decision that states its gap is at least `gap` from changing, in units of
    /// the deciding operand; `None` where none was found.
    ///
    /// The inputs themselves where they will do; otherwise they are moved at random, by a few gaps at first and further from
    /// try to try. The seed of the check decides the moves.
    ///
    /// ```
    /// use ndarray::array;
    /// use wengert::{Check, Verdict, check, prelude::*};
    /// fn f<'t>(_: &'t Tape<f64>, x: &[Var<'t, f64>]) -> Var<'t, f64> {
    ///     x[0].relu().max_pool2d(2).sum()
    /// }
    /// let tied = array![[[1.0, 1.0], [0.0, -2.0]]];
    /// assert_eq!(check(f, (&tied,)).verdict(), Verdict::Kink);
    /// let near = Check::new(f, (&tied,)).away_from_kinks(0.01).expect("ties are easily broken");
    /// assert_eq!(check(f, &near[..]).verdict(), Verdict::Pass);
    /// ```
    #[must_use]
    pub fn away_from_kinks(&self, gap: f64) -> Option<Vec<Tensor<T>>> {
        let subject = self.subject();
        let mut rng = StdRng::seed_from_u64(self.seed_of_draws());
        let mut amplitude = 4.0 * gap;
        for round in 0..TRIES {
            let draw = |x: &f64| T::of(x + amplitude * rng.random_range(-1.0..1.0)).as_f64();
            let x: Vec<f64> = if round == 0 { subject.at.clone() } else { subject.at.iter().map(draw).collect() };
            if x.iter().all(|x| x.is_finite()) && is_clear(&subject, &x, gap, &mut rng) {
                return Some(tensors(&subject, &x));
            }
            amplitude *= 1.05;
        }
        None
    }

    /// Inputs near the given ones right on a kink: some decision that reaches the output changes within a step that no
    /// difference can resolve. `None` where no decision was seen to change.
    ///
    /// One coordinate at a time is moved further and further until a decision changes, and the place is bisected.
    ///
    /// ```
    /// use ndarray::array;
    /// use wengert::{Check, Verdict, check, prelude::*};
    /// fn f<'t>(_: &'t Tape<f64>, x: &[Var<'t, f64>]) -> Var<'t, f64> {
    ///     (x[0].tanh() - 0.5).relu().sum()
    /// }
    /// let kinked = Check::new(f, &[array![0.2, 0.3]]).on_a_kink().expect("tanh crosses 0.5");
    /// assert_eq!(check(f, &kinked[..]).verdict(), Verdict::Kink);
    /// ```
    #[must_use]
    pub fn on_a_kink(&self) -> Option<Vec<Tensor<T>>> {
        let subject = self.subject();
        let mut rng = StdRng::seed_from_u64(self.seed_of_draws());
        let scales = scales(&subject.layout, &subject.at);
        let n = subject.layout.count();
        let here = subject.evaluate(&subject.at, false).ok()?;
        let at = |j: usize, t: f64| {
            let mut x = subject.at.clone();
            x[j] = T::of(x[j] + t).as_f64();
            x
        };
        for round in 0..if n == 0 { 0 } else { TRIES } {
            let j = rng.random_range(0..n);
            let sign = if rng.random::<bool>() { 1.0 } else { -1.0 };
            let mut far = sign * scales[j] * f64::powi(2.0, (round / n.max(16)) as i32 - 4);
            if !changes(&subject, &here, &at(j, far)) {
                continue;
            }
            let mut near = 0.0;
            for _ in 0..HALVINGS {
                let middle = near + (far - near) / 2.0;
                if changes(&subject, &here, &at(j, middle)) {
                    far = middle;
                } else {
                    near = middle;
                }
            }
            return Some(tensors(&subject, &at(j, near)));
        }
        None
    }
}

/// Whether some decision at `x` differs from those at the point and reaches the output on either side.
fn changes<T: Real>(subject: &Subject<'_, T>, here: &Evaluation, x: &[f64]) -> bool {
    let Ok(there) = subject.evaluate(x, false) else { return false };
    let Some(switches) = here.switches(&there).filter(|s| !s.is_empty()) else { return false };
    [subject.reach(&subject.at), subject.reach(x)]
        .iter()
        .flatten()
        .any(|reach| switches.iter().any(|s| reach[s.decision][s.position]))
}

/// Whether every decision at `x` that states its gap has at least this one.
///
/// Those that do not reach the output count as well: a relu that is off reaches nothing, and would just beyond its kink. A
/// tie that a small move of all inputs leaves exactly a tie does not count: between two relus that are off, or a number and
/// itself, there is no kink that a step could cross.
fn is_clear<T: Real>(subject: &Subject<'_, T>, x: &[f64], gap: f64, rng: &mut StdRng) -> bool {
    let gaps = |x: &[f64]| {
        let e = subject.evaluate(x, true).ok().filter(Evaluation::is_finite)?;
        Some(e.decided.into_iter().filter_map(|d| d.gap).flatten().collect::<Vec<f64>>())
    };
    let Some(here) = gaps(x) else { return false };
    if here.iter().all(|g| *g >= gap) {
        return true;
    }
    if here.iter().any(|g| *g < gap && *g != 0.0 || g.is_nan()) {
        return false;
    }
    // Far enough that rounding to `T` neither undoes the move nor makes two moves the same.
    let reach = |x: f64| gap + x.abs() * T::epsilon().as_f64().sqrt();
    let moved: Vec<f64> = x.iter().map(|&x| T::of(x + reach(x) * rng.random_range(-0.25..0.25)).as_f64()).collect();
    gaps(&moved).is_some_and(|there| {
        there.len() == here.len() && here.iter().zip(&there).all(|(here, there)| *here >= gap || *there == 0.0)
    })
}

fn tensors<T: Real>(subject: &Subject<'_, T>, x: &[f64]) -> Vec<Tensor<T>> {
    subject.layout.split(x).into_iter().zip(&subject.layout.dims).map(|(x, dims)| array::<T>(dims, x)).collect()
}
