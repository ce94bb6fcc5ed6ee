//! Learning rates as functions of the step number.
//! A schedule has no state, so a resumed run is on it at once.

use std::f64::consts::PI;
use std::fmt;

/// A learning rate for every step; steps count from 0.
///
/// A closure is a schedule too.
///
/// ```
/// use wengert::optim::{Schedule, Warmup};
/// let inverse_root = |step: u64| 0.1 / (step as f64 + 1.0).sqrt();
/// assert_eq!(inverse_root.rate(3), 0.05);
/// assert_eq!(Warmup::new(2, inverse_root).rate(0), 0.05);
/// ```
pub trait Schedule {
    /// The rate of a step.
    fn rate(&self, step: u64) -> f64;
}

impl<F: Fn(u64) -> f64> Schedule for F {
    fn rate(&self, step: u64) -> f64 {
        self(step)
    }
}

/// The same rate at every step.
///
/// ```
/// use wengert::optim::{Constant, Schedule};
/// assert_eq!(Constant(0.1).rate(1000), 0.1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant(
    /// The rate.
    pub f64,
);

impl Schedule for Constant {
    fn rate(&self, _: u64) -> f64 {
        self.0
    }
}

/// start · factor^⌊step/every⌋.
///
/// ```
/// use wengert::optim::{Schedule, StepDecay};
/// let s = StepDecay::new(1.0, 10, 0.5);
/// assert_eq!([s.rate(9), s.rate(10), s.rate(20)], [1.0, 0.5, 0.25]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepDecay {
    start: f64,
    every: u64,
    factor: f64,
}

impl StepDecay {
    /// From `start`, times `factor` after `every` steps; `every` of 0 counts as 1.
    pub fn new(start: f64, every: u64, factor: f64) -> Self {
        StepDecay { start, every: every.max(1), factor }
    }
}

impl Schedule for StepDecay {
    fn rate(&self, step: u64) -> f64 {
        self.start * self.factor.powf((step / self.every) as f64)
    }
}

/// Half a cosine from start to floor, and the floor from then on (Loshchilov and Hutter, 2017):
/// floor + (start − floor)(1 + cos(π step/steps))/2.
///
/// ```
/// use wengert::optim::{Cosine, Schedule};
/// let s = Cosine::new(1.0, 0.2, 100);
/// assert_eq!([s.rate(0), s.rate(100), s.rate(5000)], [1.0, 0.2, 0.2]);
/// assert!((s.rate(50) - 0.6).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cosine {
    start: f64,
    floor: f64,
    steps: u64,
}

impl Cosine {
    /// From `start` down to `floor` in the given number of steps.
    pub fn new(start: f64, floor: f64, steps: u64) -> Self {
        Cosine { start, floor, steps }
    }
}

impl Schedule for Cosine {
    fn rate(&self, step: u64) -> f64 {
        if step >= self.steps {
            return self.floor;
        }
        let turn = (PI * step as f64 / self.steps as f64).cos();
        self.floor + (self.start - self.floor) * 0.5 * (1.0 + turn)
    }
}

/// A linear rise to another schedule's first rate, then that schedule from its beginning.
///
/// ```
/// use wengert::optim::{Cosine, Schedule, Warmup};
/// let s = Warmup::new(4, Cosine::new(1.0, 0.0, 10));
/// assert_eq!([s.rate(0), s.rate(1), s.rate(3), s.rate(4)], [0.25, 0.5, 1.0, 1.0]);
/// assert_eq!(s.rate(14), 0.0);
/// ```
#[derive(Clone, Copy, PartialEq)]
pub struct Warmup<S> {
    steps: u64,
    then: S,
}

impl<S: Schedule> Warmup<S> {
    /// Rises in the given number of steps: the first has 1/steps of the rate, the last all of it.
    pub fn new(steps: u64, then: S) -> Self {
        Warmup { steps, then }
    }
}

impl<S: Schedule> Schedule for Warmup<S> {
    fn rate(&self, step: u64) -> f64 {
        match step.checked_sub(self.steps) {
            Some(after) => self.then.rate(after),
            None => self.then.rate(0) * ((step + 1) as f64 / self.steps as f64),
        }
    }
}

/// Without the inner schedule, which may be a closure.
impl<S> fmt::Debug for Warmup<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warmup").field("steps", &self.steps).finish_non_exhaustive()
    }
}
