//! Coordinates checked on several threads at once, for functions that threads may share.
//! Each thread records on tapes of its own; findings are those of one thread, in the same order.

use std::thread;
use std::time::Instant;

use super::line::Lines;
use super::measure::Settings;
use super::probe::Probe;
use super::shadow::Shadow;
use super::subject::Subject;
use super::survey::{Done, Surveyor};
use super::whole::Check;
use crate::error::Error;
use crate::kernels::threads;
use crate::real::Real;
use crate::tape::{Tape, Var};

/// What is to be judged, whoever does it.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    /// Whether the subject is the model's f64 shadow.
    pub shadow: bool,
    pub coordinates: &'a [usize],
    pub probes: &'a [Probe],
    pub settings: Settings,
    pub deadline: Option<Instant>,
}

/// How a check has a job done by several threads.
pub(super) type Team<T, F> = fn(&Check<T, F>, Job<'_>) -> Result<Done, Error>;

impl<T, F> Check<T, F>
where
    T: Real,
    F: for<'t> Fn(&'t Tape<T>, &[Var<'t, T>]) -> Var<'t, T> + Sync,
{
    /// Judges coordinates on as many threads as kernels use (see [`with_threads`](crate::with_threads)).
    ///
    /// The report is the same as without, but for a time budget that ends at another coordinate. It pays where one evaluation is
    /// too small for kernels to be split over threads, and there are many.
    ///
    /// ```
    /// use ndarray::Array1;
    /// use wengert::Check;
    /// let x = Array1::linspace(-2.0, 2.0, 50);
    /// let check = Check::new(|_, x| x[0].sin(), (&x,));
    /// let alone = check.run().to_string();
    /// assert_eq!(check.parallel().run().to_string(), alone);
    /// ```
    #[must_use]
    pub fn parallel(mut self) -> Self {
        self.set_team(together);
        self
    }
}

fn together<T, F>(check: &Check<T, F>, job: Job<'_>) -> Result<Done, Error>
where
    T: Real,
    F: for<'t> Fn(&'t Tape<T>, &[Var<'t, T>]) -> Var<'t, T> + Sync,
{
    let share = job.coordinates.len().div_ceil(threads()).max(1);
    let parts: Vec<Result<Done, Error>> = thread::scope(|scope| {
        let start = |coordinates| scope.spawn(move || alone(check, Job { coordinates, ..job }));
        let workers: Vec<_> = job.coordinates.chunks(share).map(start).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| match worker.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        workers.into_iter().map(join).collect()
    });
    let mut all = (Vec::new(), 0);
    for part in parts {
        let (findings, evaluations) = part?;
        all.0.extend(findings);
        all.1 += evaluations;
    }
    Ok(all)
}

/// One thread's share.
fn alone<T, F>(check: &Check<T, F>, job: Job<'_>) -> Result<Done, Error>
where
    T: Real,
    F: for<'t> Fn(&'t Tape<T>, &[Var<'t, T>]) -> Var<'t, T>,
{
    let subject = check.subject();
    match Shadow::of(&subject) {
        Shadow::Cast(shadow) if job.shadow => judge(&shadow, job),
        _ => judge(&subject, job),
    }
}

fn judge<U: Real>(subject: &Subject<'_, U>, job: Job<'_>) -> Result<Done, Error> {
    let dims = subject.record(&subject.at).output().dims();
    let lines = Lines::new(subject, subject.evaluate(&subject.at, true)?, dims, job.probes);
    let surveyor = Surveyor::new(&lines, job.settings, 0, job.deadline);
    let findings = surveyor.judged(job.coordinates).collect();
    // The evaluation at the point has been counted by whoever asked.
    Ok((findings, lines.evaluations() - 1))
}
