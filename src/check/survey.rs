//! Which coordinates and directions are looked at: all of them, a sample, or random signed directions with bisection.
//! Whatever is left out is said in words, with the probability that an error was missed.

use std::time::Instant;

use rand::rngs::StdRng;
use rand::seq::index;
use rand::{RngExt, SeedableRng};

use super::line::{Direction, Lines};
use super::measure::Settings;
use super::premises::everywhere;
use super::probe::SMALL;
use super::subject::Layout;
use super::verdict::{Finding, Place, Verdict};
use crate::error::Error;
use crate::real::Real;

/// Which derivatives a check looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// [`Full`](Mode::Full) where that is quick, [`Projected`](Mode::Projected) with a sample of coordinates otherwise.
    #[default]
    Auto,
    /// Every coordinate against every output element.
    Full,
    /// So many random directions in which every coordinate moves, up or down; a direction that disagrees is bisected
    /// to the guilty elements in O(log n) evaluations.
    Projected {
        /// The number of directions.
        directions: usize,
    },
    /// So many coordinates, drawn at random without repetition.
    Sampled {
        /// The number of coordinates.
        coordinates: usize,
    },
}

/// More findings than this are counted and not listed.
const LISTED: usize = 8;

/// How many blocks a bisection may look into, for each guilty element it could list.
const BLOCKS: usize = 64;

/// More coordinates on kinks than this are not told apart by bisection.
const KINKS: usize = 64;

/// What a survey saw.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The worst finding of each coordinate or direction that did not pass, worst first, at most [`LISTED`].
    pub findings: Vec<Finding>,
    /// The passing finding with the largest disagreement beside its size.
    pub closest: Option<Finding>,
    /// How many coordinates (or directions) got each verdict.
    pub counts: Vec<(Verdict, usize)>,
    /// What was looked at, and what an error would have to be to escape.
    pub coverage: String,
}

impl Survey {
    pub fn worst(&self) -> Verdict {
        self.counts.iter().map(|c| c.0).max().unwrap_or(Verdict::Pass)
    }

    /// How many coordinates and directions have a verdict.
    fn total(&self) -> usize {
        self.counts.iter().map(|c| c.1).sum()
    }

    /// Says that nothing could be said where no coordinate of `n` was reached.
    fn unseen(&mut self, done: usize, n: usize, late: bool) {
        if done == 0 && n > 0 && self.counts.is_empty() {
            let reason = match late {
                true => "the time budget ended before the first difference",
                false => "the mode asks for no difference, so nothing was looked at",
            };
            self.add(vec![everywhere(Verdict::Inconclusive, reason.into())]);
        }
    }

    /// Adds the findings of one coordinate or direction, one a probe.
    fn add(&mut self, findings: Vec<Finding>) {
        let Some(worst) =
            findings.into_iter().max_by(|a, b| order(a).partial_cmp(&order(b)).expect("orders are numbers"))
        else {
            return;
        };
        match self.counts.iter_mut().find(|c| c.0 == worst.verdict) {
            Some(count) => count.1 += 1,
            None => self.counts.push((worst.verdict, 1)),
        }
        if worst.verdict == Verdict::Pass {
            if self.closest.as_ref().is_none_or(|c| order(&worst) > order(c)) {
                self.closest = Some(worst);
            }
        } else {
            let at = self.findings.partition_point(|f| f.verdict >= worst.verdict);
            self.findings.insert(at, worst);
            self.findings.truncate(LISTED);
        }
    }
}

/// The verdict, then the disagreement beside the larger of the two numbers.
fn order(f: &Finding) -> (u8, f64) {
    let difference = (f.analytic - f.numeric.value).abs();
    let relative = difference / f.analytic.abs().max(f.numeric.value.abs()).max(f64::MIN_POSITIVE);
    (f.verdict as u8, if relative.is_finite() { relative } else { 0.0 })
}

/// The size of each coordinate, which steps are fractions of: its own, but not far below its input's.
pub(super) fn scales(layout: &Layout, at: &[f64]) -> Vec<f64> {
    let of_input = |x: &[f64]| {
        // Squares of fractions of the largest neither overflow nor vanish.
        let finite = || x.iter().filter(|v| v.is_finite());
        let largest = finite().fold(0.0, |m: f64, v| m.max(v.abs()));
        let mean_square = finite().map(|v| (v / largest).powi(2)).sum::<f64>() / x.len().max(1) as f64;
        let typical = if largest > 0.0 { largest * mean_square.sqrt() } else { 1.0 };
        x.iter().map(|v| if v.is_finite() { v.abs().max(typical / SMALL) } else { typical }).collect::<Vec<_>>()
    };
    layout.split(at).into_iter().flat_map(of_input).collect()
}

/// Random signs.
pub(super) fn signs(n: usize, seed: u64) -> Vec<f64> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..n).map(|_| if rng.random::<bool>() { 1.0 } else { -1.0 }).collect()
}

/// The findings of as many coordinates as there was time for, and the number of evaluations that they took.
pub(super) type Done = (Vec<Vec<Finding>>, usize);

/// Somebody who judges coordinates in the surveyor's place.
pub(super) type Deputy<'a> = &'a dyn Fn(&[usize]) -> Result<Done, Error>;

/// One survey: the lines to measure along, how, and for how long.
pub(super) struct Surveyor<'a, 'l, 'f, T: Real> {
    lines: &'a Lines<'l, 'f, T>,
    settings: Settings,
    seed: u64,
    deadline: Option<Instant>,
    deputy: Option<Deputy<'a>>,
    until_mismatch: bool,
}

impl<'a, 'l, 'f, T: Real> Surveyor<'a, 'l, 'f, T> {
    pub fn new(lines: &'a Lines<'l, 'f, T>, settings: Settings, seed: u64, deadline: Option<Instant>) -> Self {
        Surveyor { lines, settings, seed, deadline, deputy: None, until_mismatch: false }
    }

    /// Leaves coordinates to a deputy.
    pub fn with_deputy(self, deputy: Option<Deputy<'a>>) -> Self {
        Surveyor { deputy, ..self }
    }

    /// Looks no further after the first coordinate that is wrong.
    pub fn until_mismatch(self, until_mismatch: bool) -> Self {
        Surveyor { until_mismatch, ..self }
    }

    fn late(&self) -> bool {
        self.deadline.is_some_and(|d| Instant::now() >= d)
    }

    /// The findings of coordinates in order, while there is time.
    pub fn judged(&self, chosen: &[usize]) -> impl Iterator<Item = Vec<Finding>> {
        let scales = scales(&self.lines.subject.layout, &self.lines.subject.at);
        let judge = move |&j: &usize| self.lines.judge(&Direction::coordinate(j, scales[j]), &self.settings);
        chosen.iter().take_while(|_| !self.late()).map(judge)
    }

    /// Surveys in the given mode; `Auto` has been resolved before.
    ///
    /// # Errors
    /// What only values can tell, where a deputy looks at the point by itself.
    pub fn run(&self, mode: Mode, survey: &mut Survey) -> Result<(), Error> {
        match mode {
            Mode::Auto | Mode::Full => self.full(survey),
            Mode::Projected { directions } => {
                self.projected(directions, survey);
                Ok(())
            }
            Mode::Sampled { coordinates } => self.sampled(coordinates, survey),
        }
    }

    /// The coordinates in `chosen`, in order, while there is time; how many were reached.
    fn coordinates(&self, chosen: &[usize], survey: &mut Survey) -> Result<usize, Error> {
        let before = survey.total();
        if let Some(deputy) = self.deputy.filter(|_| !self.until_mismatch) {
            let (findings, evaluations) = deputy(chosen)?;
            findings.into_iter().for_each(|f| survey.add(f));
            self.lines.count_evaluations(evaluations);
            return Ok(survey.total() - before);
        }
        for findings in self.judged(chosen) {
            survey.add(findings);
            if self.until_mismatch && survey.worst() >= Verdict::Mismatch {
                break;
            }
        }
        Ok(survey.total() - before)
    }

    /// All coordinates.
    fn full(&self, survey: &mut Survey) -> Result<(), Error> {
        let n = self.lines.subject.layout.count();
        // Under a deadline the coordinates that are reached are a fair sample.
        let chosen: Vec<usize> = match self.deadline {
            None => (0..n).collect(),
            Some(_) => index::sample(&mut StdRng::seed_from_u64(self.seed), n, n).into_vec(),
        };
        let done = self.coordinates(&chosen, survey)?;
        survey.coverage = self.covered(survey, done, n);
        survey.unseen(done, n, self.late());
        Ok(())
    }

    /// A sample of `count` coordinates.
    fn sampled(&self, count: usize, survey: &mut Survey) -> Result<(), Error> {
        let n = self.lines.subject.layout.count();
        let chosen = index::sample(&mut StdRng::seed_from_u64(self.seed ^ 0x5a), n, count.min(n)).into_vec();
        let done = self.coordinates(&chosen, survey)?;
        let coverage = self.covered(survey, done, n);
        survey.unseen(done, n, self.late());
        survey.coverage =
            if survey.coverage.is_empty() { coverage } else { format!("{}; {coverage}", survey.coverage) };
        Ok(())
    }

    /// What was looked at, in words.
    fn covered(&self, survey: &Survey, done: usize, n: usize) -> String {
        if done == n {
            return format!("all {n} coordinates");
        }
        if self.until_mismatch && survey.worst() >= Verdict::Mismatch {
            return format!("{done} of {n} coordinates, up to the first mismatch");
        }
        let p = done as f64 / n as f64;
        format!("{done} of {n} coordinates: an error in a single element is seen with probability {p:.2}")
    }

    /// Random signed directions over all coordinates, bisected where they do not pass.
    fn projected(&self, directions: usize, survey: &mut Survey) {
        let n = self.lines.subject.layout.count();
        let scales = scales(&self.lines.subject.layout, &self.lines.subject.at);
        let mut done = 0;
        let mut kinked = Vec::new();
        while done < directions && !self.late() {
            let signs = signs(n, self.seed.wrapping_add(done as u64));
            let mut parts: Vec<(usize, f64)> =
                signs.iter().zip(&scales).map(|(sign, s)| sign * s).enumerate().collect();
            // What sits on a kink has its verdict, and would hide the others again.
            parts.retain(|(j, _)| !kinked.contains(j));
            if !parts.is_empty() && self.bisect(&Direction { parts, scale: 1.0 }, survey, &mut kinked) {
                break;
            }
            done += 1;
        }
        survey.unseen(done, n, self.late());
        // For signs, P(|Σ εᵢδᵢ| ≥ ½‖δ‖) ≥ (1 − ¼)²/3 = 3/16 by Paley and Zygmund, with E S⁴ ≤ 3 (E S²)².
        let missed = (13.0f64 / 16.0).powi(done as i32);
        let but = if kinked.is_empty() { String::new() } else { format!(" but {} on kinks", kinked.len()) };
        survey.coverage = format!(
            "{done} random signed directions over all {n} coordinates{but}: an error in one element shows in each of them, \
             errors in several escape all of them with probability below {missed:.2} where together they exceed twice the bar"
        );
    }

    /// Measures along `d`; what does not pass is halved until single elements remain. Whether any is worse than a kink.
    ///
    /// Elements on a kink are collected in `kinked`.
    fn bisect(&self, d: &Direction, survey: &mut Survey, kinked: &mut Vec<usize>) -> bool {
        let mut blocks = vec![d.clone()];
        let (mut looked_at, mut found, mut wrong) = (0, 0, 0);
        while let Some(block) = blocks.pop() {
            let single = match block.parts[..] {
                [(j, s)] => Some(Direction::coordinate(j, s.abs())),
                _ => None,
            };
            let findings = self.lines.judge(single.as_ref().unwrap_or(&block), &self.settings);
            let worst = findings.iter().map(|f| f.verdict).max().unwrap_or(Verdict::Pass);
            looked_at += 1;
            if worst == Verdict::Pass {
                if looked_at == 1 {
                    survey.add(findings);
                    return false;
                }
                continue;
            }
            let enough = wrong >= LISTED || kinked.len() >= KINKS || looked_at > BLOCKS * (1 + found) || self.late();
            if single.is_none() && !enough {
                let (a, b) = block.parts.split_at(block.parts.len() / 2);
                blocks.push(Direction { parts: b.to_vec(), scale: block.scale });
                blocks.push(Direction { parts: a.to_vec(), scale: block.scale });
                continue;
            }
            let unresolved = single.is_none() || !blocks.is_empty();
            found += 1;
            match (worst, &block.parts[..]) {
                (Verdict::Kink, &[(j, _)]) => kinked.push(j),
                _ => wrong += 1,
            }
            survey.add(findings);
            if enough && unresolved {
                if survey.worst().is_sound() {
                    survey.add(vec![everywhere(Verdict::Inconclusive, hidden(kinked.len()))]);
                }
                return true;
            }
        }
        if found == 0 {
            // The whole disagreed and no part does: rounding piled up, or parts cancel.
            survey.add(vec![whole(d.parts.len())]);
        }
        found == 0 || wrong > 0
    }
}

/// Why directions say nothing of the coordinates that are not on a kink.
fn hidden(kinks: usize) -> String {
    format!(
        "{kinks} coordinates and more sit on kinks, and a direction over a kink cannot tell whether the others are right: \
         check by coordinates (`Full` or `Sampled`), or `away_from_kinks`"
    )
}

/// A finding about `n` coordinates together.
fn whole(n: usize) -> Finding {
    Finding {
        verdict: Verdict::Inconclusive,
        place: Place::Direction(n),
        output: None,
        analytic: f64::NAN,
        numeric: super::verdict::Numeric { value: f64::NAN, bar: f64::INFINITY },
        kink: None,
        reason: "the direction as a whole does not pass, each of its parts does: check by coordinates".into(),
    }
}
