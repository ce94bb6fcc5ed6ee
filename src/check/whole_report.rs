//! What a check of a function found, told so that a person understands it at once.
//! The verdict stands first, then the places that did not pass, the guilty line, the identities, and what was looked at.

use std::fmt;

use super::guilty::GuiltyLine;
use super::report::Property;
use super::shadow::Precision;
use super::subject::Subject;
use super::survey::Survey;
use super::verdict::{Digits, Finding, Verdict};
use crate::real::Real;

/// Digits that a model's derivative should share with its f64 shadow's.
const DIGITS: f64 = 3.0;

/// What a check of a function found.
#[derive(Clone, Debug)]
pub struct CheckReport {
    pub(super) subject: String,
    pub(super) tolerance: f64,
    pub(super) seed: u64,
    findings: Vec<Finding>,
    counts: Vec<(Verdict, usize)>,
    closest: Option<Finding>,
    coverage: Vec<String>,
    identities: Vec<Property>,
    pub(super) guilty: Option<Option<GuiltyLine>>,
    precision: Option<Precision>,
    pub(super) notes: Vec<String>,
}

impl CheckReport {
    pub(super) fn new<T: Real>(subject: &Subject<'_, T>, tolerance: f64, seed: u64) -> Self {
        let layout = &subject.layout;
        let input = |(name, dims): (&String, &crate::shape::Dims)| format!("{name}: {}{dims}", T::NAME);
        let inputs: Vec<String> = layout.names.iter().zip(&layout.dims).map(input).collect();
        CheckReport {
            subject: format!("a function of {}", inputs.join(", ")),
            tolerance,
            seed,
            findings: Vec::new(),
            counts: Vec::new(),
            closest: None,
            coverage: Vec::new(),
            identities: Vec::new(),
            guilty: None,
            precision: None,
            notes: Vec::new(),
        }
    }

    pub(super) fn add_finding(&mut self, finding: Finding) {
        self.counts.push((finding.verdict, 1));
        self.findings.push(finding);
    }

    pub(super) fn add_survey(&mut self, survey: Survey) {
        self.coverage.push(survey.coverage);
        self.findings.extend(survey.findings);
        for (verdict, n) in survey.counts {
            match self.counts.iter_mut().find(|c| c.0 == verdict) {
                Some(count) => count.1 += n,
                None => self.counts.push((verdict, n)),
            }
        }
        self.closest = self.closest.take().or(survey.closest);
    }

    pub(super) fn add_second_order(&mut self, survey: Survey) {
        let before = self.findings.len();
        self.add_survey(survey);
        for finding in &mut self.findings[before..] {
            finding.reason.insert_str(0, "second derivative: ");
        }
        if let Some(coverage) = self.coverage.last_mut() {
            coverage.insert_str(0, "second derivative: ");
        }
    }

    pub(super) fn add_identities(&mut self, identities: Vec<Property>) {
        self.identities = identities;
    }

    pub(super) fn set_guilty(&mut self, guilty: Option<GuiltyLine>) {
        self.guilty = Some(guilty);
    }

    pub(super) fn shadowed(&mut self, precision: Option<Precision>) {
        self.precision = precision;
    }

    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// The worst that was found.
    ///
    /// An identity that fails is a mismatch, and one of numbers that are not finite is so itself; a model whose derivative is far from its f64 shadow's is inconclusive.
    pub fn verdict(&self) -> Verdict {
        let found = self.counts.iter().map(|c| c.0).max().unwrap_or(Verdict::Pass);
        let identity = |p: &Property| match p.error {
            _ if p.holds() => Verdict::Pass,
            error if error.is_nan() => Verdict::NonFinite,
            _ => Verdict::Mismatch,
        };
        let identities = self.identities.iter().map(identity).max().unwrap_or(Verdict::Pass);
        let precision = if self.is_imprecise() { Verdict::Inconclusive } else { Verdict::Pass };
        found.max(identities).max(precision)
    }

    /// Whether the formula is right and the model's own precision too low to follow it.
    pub fn is_imprecise(&self) -> bool {
        self.precision.as_ref().is_some_and(|p| p.digits < DIGITS || p.digits.is_nan())
    }

    /// What did not pass, worst first; long lists are cut.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many coordinates, or directions, got each verdict.
    pub fn counts(&self) -> &[(Verdict, usize)] {
        &self.counts
    }

    /// The passing place whose two derivatives differ most.
    pub fn closest(&self) -> Option<&Finding> {
        self.closest.as_ref()
    }

    /// The exact identities that were measured.
    pub fn identities(&self) -> &[Property] {
        &self.identities
    }

    /// The first line whose local derivative is wrong, after a mismatch.
    pub fn guilty(&self) -> Option<&GuiltyLine> {
        self.guilty.as_ref()?.as_ref()
    }

    /// How far the model is from its f64 shadow, for a model in f32.
    pub fn precision(&self) -> Option<&Precision> {
        self.precision.as_ref()
    }

    /// What was looked at, in words.
    pub fn coverage(&self) -> &[String] {
        &self.coverage
    }

    /// Panics with the whole report unless the verdict is a pass, or a kink whose derivative is one of those allowed.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.verdict().is_sound(), "{self}");
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "check: {}", self.verdict())?;
        write!(f, "\n  {}", self.subject)?;
        let mut counts = self.counts.clone();
        counts.sort_by_key(|c| c.0);
        let counts: Vec<String> = counts.iter().map(|(v, n)| format!("{n} {v}")).collect();
        if !counts.is_empty() {
            write!(f, "\n  {}", counts.join(", "))?;
        }
        for finding in &self.findings {
            write!(f, "\n  {finding}")?;
        }
        let listed = self.findings.len();
        let wanting: usize = self.counts.iter().filter(|c| c.0 != Verdict::Pass).map(|c| c.1).sum();
        if wanting > listed {
            write!(f, "\n  and {} more of these", wanting - listed)?;
        }
        if let Some(c) = &self.closest {
            let output =
                c.output.as_ref().filter(|o| !o.is_empty()).map_or_else(String::new, |o| format!(", output {o:?}"));
            write!(
                f,
                "\n  furthest pass: {}{output}, {} against {} ({})",
                c.place,
                Digits(c.analytic),
                c.numeric,
                c.reason
            )?;
        }
        match &self.guilty {
            Some(Some(g)) => {
                write!(f, "\n  guilty line: {}", g.text)?;
                if let Some(pattern) = &g.pattern {
                    let operand = g.operand.map_or_else(String::new, |k| format!(" of operand {k}"));
                    write!(f, "\n    the cotangent{operand} is wrong: {pattern}")?;
                }
            }
            Some(None) if self.findings.iter().any(|f| f.verdict == Verdict::Mismatch && f.kink.is_some()) => write!(
                f,
                "\n  guilty line: none; every line's own vjp is one of those allowed at its operands, and what they choose at \
                 kinks does not add up to a slope of the function"
            )?,
            Some(None) => write!(
                f,
                "\n  guilty line: none; every line's own vjp agrees at its operands, so the function differs from its recording"
            )?,
            None => {}
        }
        if let Some(p) = &self.precision {
            let (name, index) = &p.place;
            let verdict = if self.is_imprecise() { "precision LOW" } else { "precision" };
            write!(f, "\n  {verdict}: the formula is judged in f64; in {} ", p.real)?;
            if p.digits.is_infinite() {
                write!(f, "every derivative is the same")?;
            } else {
                let place = if index.is_empty() { name.clone() } else { format!("{name}{index:?}") };
                write!(
                    f,
                    "{:.1} digits hold, the worst at {place}: {} for {}",
                    p.digits, p.derivative.0, p.derivative.1
                )?;
            }
        }
        for p in &self.identities {
            let mark = if p.holds() { "ok" } else { "FAILS" };
            write!(f, "\n  identity {mark}: {}, off by {:.0e}", p.name, p.error)?;
        }
        for line in self.coverage.iter().filter(|c| !c.is_empty()) {
            write!(f, "\n  looked at {line}")?;
        }
        for note in &self.notes {
            write!(f, "\n  note: {note}")?;
        }
        write!(f, "\n  tolerance {:.0e} beyond the error bar, seed {}", self.tolerance, self.seed)
    }
}
