//! Which coordinates and directions are looked at: all of them, a sample, or random signed directions with bisection.
//! Whatever is left out is said in words, with the probability that an error was missed.

use std::time::Instant;

use rand::rngs::StdRng;
use rand::seq::index;
use rand::{RngExt, SeedableRng};

use super::line::{Direction, Lines};
use super::measure::Settings;
use super::parallel::Done;
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
    fn unseen(&mut self, done: usize, n: usize) {
        if done == 0 && n > 0 && self.counts.is_empty() {
            let mut finding = whole(n);
            finding.reason = "the time budget ended before the first difference".into();
            self.add(vec![finding]);
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
        let mean_square = x.iter().filter(|v| v.is_finite()).map(|v| v * v).sum::<f64>() / x.len().max(1) as f64;
        let typical = if mean_square > 0.0 { mean_square.sqrt() } else { 1.0 };
        x.iter().map(|v| if v.is_finite() { v.abs().max(typical / 64.0) } else { typical }).collect::<Vec<_>>()
    };
    layout.split(at).into_iter().flat_map(of_input).collect()
}

/// Random signs.
pub(super) fn signs(n: usize, seed: u64) -> Vec<f64> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..n).map(|_| if rng.random::<bool>() { 1.0 } else { -1.0 }).collect()
}

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
        survey.unseen(done, n);
        Ok(())
    }

    /// A sample of `count` coordinates.
    fn sampled(&self, count: usize, survey: &mut Survey) -> Result<(), Error> {
        let n = self.lines.subject.layout.count();
        let chosen = index::sample(&mut StdRng::seed_from_u64(self.seed ^ 0x5a), n, count.min(n)).into_vec();
        let done = self.coordinates(&chosen, survey)?;
        let coverage = self.covered(survey, done, n);
        survey.unseen(done, n);
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
        while done < directions && !self.late() {
            let signs = signs(n, self.seed.wrapping_add(done as u64));
            let parts = signs.iter().zip(&scales).map(|(sign, s)| sign * s).enumerate().collect();
            let direction = Direction { parts, scale: 1.0 };
            if self.bisect(&direction, survey) {
                break;
            }
            done += 1;
        }
        survey.unseen(done + usize::from(!survey.counts.is_empty()), n);
        // For signs, P(|Σ εᵢδᵢ| ≥ ½‖δ‖) ≥ (1 − ¼)²/3 = 3/16 by Paley and Zygmund, with E S⁴ ≤ 3 (E S²)².
        let missed = (13.0f64 / 16.0).powi(done as i32);
        survey.coverage = format!(
            "{done} random signed directions over all {n} coordinates: an error in one element shows in each of them, \
             errors in several escape all of them with probability below {missed:.2} where together they exceed twice the bar"
        );
    }

    /// Measures along `d`; what does not pass is halved until single elements remain. Whether any was found.
    fn bisect(&self, d: &Direction, survey: &mut Survey) -> bool {
        let mut blocks = vec![d.clone()];
        let mut looked_at = 0;
        let mut found = false;
        while let Some(block) = blocks.pop() {
            let single = block.parts.len() == 1;
            let findings = if single {
                let (j, s) = block.parts[0];
                self.lines.judge(&Direction::coordinate(j, s.abs()), &self.settings)
            } else {
                self.lines.judge(&block, &self.settings)
            };
            looked_at += 1;
            let passes = findings.iter().all(|f| f.verdict == Verdict::Pass);
            if passes && looked_at > 1 {
                continue;
            }
            let enough =
                survey.findings.len() >= LISTED || looked_at > BLOCKS * (1 + survey.findings.len()) || self.late();
            if passes || single || enough {
                found |= !passes;
                survey.add(findings);
                if enough {
                    break;
                }
                continue;
            }
            let (a, b) = block.parts.split_at(block.parts.len() / 2);
            blocks.push(Direction { parts: b.to_vec(), scale: block.scale });
            blocks.push(Direction { parts: a.to_vec(), scale: block.scale });
            if survey.findings.is_empty() && blocks.is_empty() {
                unreachable!("halves were just added");
            }
        }
        if looked_at > 1 && !found {
            // The whole disagreed and no part does: rounding piled up, or parts cancel.
            survey.add(vec![whole(d.parts.len())]);
        }
        found
    }
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
