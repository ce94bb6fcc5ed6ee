//! The check of a function from one call or one builder: determinism first, then exact identities, then differences.
//! A model in f32 is judged by its f64 shadow, so that a wrong formula and a low precision are told apart.

use std::time::{Duration, Instant};

use super::evaluation::Evaluation;
use super::guilty::guilty;
use super::inputs::CheckInputs;
use super::line::Lines;
use super::measure::Settings;
use super::parallel::{Job, Team};
use super::premises::{everywhere, not_finite, repeats};
use super::probe::Probe;
use super::probes;
use super::shadow::{Shadow, precision};
use super::subject::{Recording, Subject};
use super::survey::{Deputy, Mode, Survey, Surveyor};
use super::verdict::Verdict;
use super::whole_report::CheckReport;
use crate::error::Error;
use crate::real::Real;
use crate::tape::{Tape, Tensor, Var};

/// Checks the derivatives of a function of real tensors at a point.
///
/// The function gets a fresh tape and a leaf for each input, and returns a line of any shape; the tape is f32 or f64 as the
/// inputs are. It is called many times. [`Check`] sets mode, tolerance, seed, names and a time budget.
///
/// ```
/// use ndarray::array;
/// use wengert::{Verdict, check};
///
/// let (x, w) = (array![[1., -2., 0.5]], array![[0.3], [1.1], [-0.7]]);
/// let report = check(|_, x| x[0].matmul(x[1]).tanh(), (&x, &w));
/// assert_eq!(report.verdict(), Verdict::Pass);
///
/// // On a kink the report says so: which line decides what, and the slopes on either side.
/// let report = check(|_, x| x[0].relu().sum(), &[array![1.0, 0.0]]);
/// assert_eq!(report.verdict(), Verdict::Kink);
/// assert!(report.to_string().contains("relu"));
/// ```
#[track_caller]
pub fn check<T, F>(f: F, inputs: impl CheckInputs<T>) -> CheckReport
where
    T: Real,
    F: for<'t> Fn(&'t Tape<T>, &[Var<'t, T>]) -> Var<'t, T>,
{
    Check::new(f, inputs).run()
}

/// A check of a function with modes and tolerances of choice; see [`check`].
///
/// ```
/// use ndarray::array;
/// use wengert::{Check, CheckMode};
/// let w = array![[0.5, -1.5], [2.0, 0.25]];
/// let report = Check::new(|_, x| x[0].matmul(x[0].t()).exp(), &[w])
///     .names(["w"])
///     .mode(CheckMode::Full)
///     .tolerance(1e-9)
///     .second_order()
///     .run();
/// report.assert();
/// ```
pub struct Check<T: Real, F> {
    f: F,
    inputs: Vec<Tensor<T>>,
    names: Vec<String>,
    mode: Mode,
    settings: Settings,
    seed: u64,
    budget: Option<Duration>,
    second_order: bool,
    identities: bool,
    until_mismatch: bool,
    team: Option<Team<T, F>>,
}

/// Which function is surveyed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Model,
    Shadow,
    Slope,
}

impl<T: Real, F> std::fmt::Debug for Check<T, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Check").field("inputs", &self.inputs.len()).field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl<T, F> Check<T, F>
where
    T: Real,
    F: for<'t> Fn(&'t Tape<T>, &[Var<'t, T>]) -> Var<'t, T>,
{
    /// A check of `f` at `inputs`: every derivative where that is quick, relative tolerance 1e-8, seed 0.
    pub fn new(f: F, inputs: impl CheckInputs<T>) -> Self {
        Check {
            f,
            inputs: inputs.into_tensors(),
            names: Vec::new(),
            mode: Mode::Auto,
            settings: Settings { tolerance: 1e-8, blur: 1e-6, order: 6, step: None },
            seed: 0,
            budget: None,
            second_order: false,
            identities: true,
            until_mismatch: false,
            team: None,
        }
    }

    /// Names of the inputs, for the report; `x0`, `x1`, … otherwise.
    #[must_use]
    pub fn names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Which derivatives are looked at.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// The relative disagreement that passes, on top of the error bar, and the widest error bar that passes.
    ///
    /// At first they are 1e-8 and 1e-6: an error below its bar is not seen, and long sums have wide bars.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        (self.settings.tolerance, self.settings.blur) = (tolerance, tolerance);
        self
    }

    /// The order of the central differences: 2, 4, 6 (at first) or 8; each two cost another pair of evaluations.
    ///
    /// # Panics
    /// It is none of these.
    #[must_use]
    #[track_caller]
    pub fn order(mut self, order: u32) -> Self {
        assert!([2, 4, 6, 8].contains(&order), "the order of a central difference is 2, 4, 6 or 8, not {order}");
        self.settings.order = order;
        self
    }

    /// A step of choice, as a fraction of each coordinate's size; chosen by the error bar otherwise.
    ///
    /// # Panics
    /// It is not between 0 and 1.
    #[must_use]
    #[track_caller]
    pub fn step(mut self, step: f64) -> Self {
        assert!(step > 0.0 && step < 1.0, "a step is a fraction of the coordinate's size, between 0 and 1, not {step}");
        self.settings.step = Some(step);
        self
    }

    /// Another seed for samples, directions and weights; reports print it.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Stops looking at further coordinates after this time; the report says how many it reached.
    #[must_use]
    pub fn time_budget(mut self, budget: Duration) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Looks no further after the first coordinate whose derivative is wrong.
    #[must_use]
    pub fn until_mismatch(mut self) -> Self {
        self.until_mismatch = true;
        self
    }

    /// Checks the second derivative as well: the slope of a random direction's slope.
    #[must_use]
    pub fn second_order(mut self) -> Self {
        self.second_order = true;
        self
    }

    /// Leaves out the identities that need no differences (adjointness, linearity, symmetry).
    #[must_use]
    pub fn without_identities(mut self) -> Self {
        self.identities = false;
        self
    }

    /// Runs the check.
    ///
    /// # Panics
    /// The function itself panics, or returns a line of another tape.
    #[track_caller]
    pub fn run(&self) -> CheckReport {
        let subject = self.subject();
        let mut report = CheckReport::new(&subject, self.settings.tolerance, self.seed);
        if let Err(e) = self.examine(&subject, &mut report) {
            report.add_finding(everywhere(Verdict::Domain, format!("the function is not defined at the point: {e:#}")));
        }
        report
    }

    /// What is under check, at its point.
    pub(super) fn subject(&self) -> Subject<'_, T> {
        let mut subject = Subject::function(&self.f, &self.inputs);
        for (name, given) in subject.layout.names.iter_mut().zip(&self.names) {
            name.clone_from(given);
        }
        subject
    }

    /// Leaves coordinates to several threads.
    pub(super) fn set_team(&mut self, team: Team<T, F>) {
        self.team = Some(team);
    }

    /// The seed of samples, directions, weights and moves.
    pub(super) fn seed_of_draws(&self) -> u64 {
        self.seed
    }

    fn examine(&self, subject: &Subject<'_, T>, report: &mut CheckReport) -> Result<(), Error> {
        if let Some(finding) = repeats(subject)? {
            report.add_finding(finding);
            return Ok(());
        }
        match Shadow::of(subject) {
            Shadow::Not => self.differences(Who::Model, self.settings, subject, report),
            Shadow::Cast(shadow) => {
                self.differences(Who::Shadow, self.settings, &shadow, report)?;
                report.shadowed(precision(subject, &shadow, self.seed)?);
                Ok(())
            }
            Shadow::Lacking(cause) => {
                let real = T::NAME;
                report.note(format!("{cause}, so the model is differenced in {real}, and its tolerance is 1e-3"));
                let coarse = Settings { tolerance: self.settings.tolerance.max(1e-3), blur: 1e-3, ..self.settings };
                self.differences(Who::Model, coarse, subject, report)
            }
        }
    }

    fn differences<U: Real>(
        &self,
        who: Who,
        settings: Settings,
        subject: &Subject<'_, U>,
        report: &mut CheckReport,
    ) -> Result<(), Error> {
        let base = subject.evaluate(&subject.at, true)?;
        let r = subject.record(&subject.at);
        if let Some(finding) = not_finite(&r, &base) {
            report.add_finding(finding);
            return Ok(());
        }
        let survey = self.survey(who, settings, subject, &r, base)?;
        let wrong = survey.worst() == Verdict::Mismatch;
        report.add_survey(survey);
        if wrong {
            report.set_guilty(guilty(&r, &settings, self.seed)?);
        }
        if self.identities {
            report.add_identities(subject.identities(self.seed)?);
        }
        if self.second_order {
            let mut draw = probes::random(subject, &r, 1, self.seed ^ 1)?;
            let Some(u) = draw.pop() else { return Ok(()) };
            let w = super::survey::signs(subject.layout.count(), self.seed ^ 2);
            let slope = subject.slope(u.u, w);
            let base = slope.evaluate(&slope.at, true)?;
            let r = slope.record(&slope.at);
            if let Some(finding) = not_finite(&r, &base) {
                report.add_finding(finding);
                return Ok(());
            }
            report.add_second_order(self.survey(Who::Slope, settings, &slope, &r, base)?);
        }
        Ok(())
    }

    fn survey<U: Real>(
        &self,
        who: Who,
        settings: Settings,
        subject: &Subject<'_, U>,
        r: &Recording<U>,
        base: Evaluation,
    ) -> Result<Survey, Error> {
        /// Full Jacobians up to this many entries are quick, and so many coordinates.
        const QUICK: (usize, usize) = (1 << 14, 1 << 14);
        /// Output elements up to this many are looked at one by one.
        const OUTPUTS: usize = 64;
        let (n, m) = (subject.layout.count(), base.y.len());
        if m == 0 {
            let coverage = "nothing: the output has no elements, and so no derivatives".to_string();
            return Ok(Survey { coverage, ..Survey::default() });
        }
        let quick = n <= QUICK.1 && n.saturating_mul(m) <= QUICK.0;
        let one_by_one = match self.mode {
            Mode::Full => true,
            Mode::Auto | Mode::Sampled { .. } => m <= OUTPUTS && quick,
            Mode::Projected { .. } => false,
        };
        let probes: Vec<Probe> =
            if one_by_one { probes::each(subject, r)? } else { probes::random(subject, r, 4, self.seed)? };
        let lines = Lines::new(subject, base, r.output().dims(), &probes);
        let deadline = self.budget.map(|b| Instant::now() + b);
        let team = self.team.filter(|_| who != Who::Slope);
        let shadow = who == Who::Shadow;
        let deputy = team.map(|team| {
            let probes = &probes;
            move |coordinates: &[usize]| team(self, Job { shadow, coordinates, probes, settings, deadline })
        });
        let surveyor = Surveyor::new(&lines, settings, self.seed, deadline)
            .with_deputy(deputy.as_ref().map(|d| d as Deputy<'_>))
            .until_mismatch(self.until_mismatch);
        let mut survey = Survey::default();
        match self.mode {
            Mode::Auto if !quick => {
                surveyor.run(Mode::Projected { directions: 4 }, &mut survey)?;
                surveyor.run(Mode::Sampled { coordinates: 64 }, &mut survey)?;
            }
            mode => surveyor.run(mode, &mut survey)?,
        }
        let outputs =
            if one_by_one { format!("{m} output elements") } else { format!("4 signed sums of {m} output elements") };
        survey.coverage = format!("{} against {outputs}; {} evaluations", survey.coverage, lines.evaluations());
        Ok(survey)
    }
}
