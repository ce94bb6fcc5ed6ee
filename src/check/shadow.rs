//! The f64 shadow of a model in f32: the same lines on a tape of doubles, from the same numbers.
//! If the shadow's derivative is right and the model's is not near it, the formula is right and the precision is low.

use super::probe::Probe;
use super::probes;
use super::subject::{Recording, Subject};
use super::survey::{scales, signs};
use crate::error::Error;
use crate::real::Real;
use crate::tape::{Tape, Tensor};

/// What can be done about a model's precision.
pub(super) enum Shadow<'s> {
    /// It is in f64 already.
    Not,
    /// The same program in f64.
    Cast(Box<Subject<'s, f64>>),
    /// There is none, for the cause in words.
    Lacking(String),
}

/// How far the model's derivative is from its shadow's.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    /// The model's element type.
    pub real: &'static str,
    /// The input and the index of the element that is furthest off.
    pub place: (String, Vec<usize>),
    /// The derivative there as the model computes it, and in f64.
    pub derivative: (f64, f64),
    /// Decimal digits that all elements have right, relative to the largest of their input.
    pub digits: f64,
}

impl<'s> Shadow<'s> {
    pub fn of<T: Real>(subject: &Subject<'_, T>) -> Shadow<'s> {
        if T::NAME == f64::NAME {
            return Shadow::Not;
        }
        let r = subject.record(&subject.at);
        let cast = match r.tape.in_f64() {
            Ok(tape) => tape,
            Err(line) => {
                let op = r.tape.op_name(line);
                return Shadow::Lacking(format!("`{op}` has no f64 twin (`Op::in_f64`)"));
            }
        };
        if let Some(cause) = frozen(subject, &r) {
            return Shadow::Lacking(cause);
        }
        let (inputs, output) = (r.inputs, r.output);
        let leaves: Vec<Tensor<f64>> = (subject.layout.split(&subject.at).into_iter().zip(&subject.layout.dims))
            .map(|(x, dims)| super::subject::array::<f64>(dims, x))
            .collect();
        let record = move |_: Tape<f64>, x: &[Tensor<f64>]| {
            let given = inputs.iter().copied().zip(x.iter().cloned()).collect::<Vec<_>>();
            let tape: Tape<f64> = cast.with_leaves(&given);
            Recording { tape, inputs: inputs.clone(), output }
        };
        let mut shadow = Subject::new(&leaves, Box::new(record));
        shadow.layout.names.clone_from(&subject.layout.names);
        Shadow::Cast(Box::new(shadow))
    }
}

/// What a shadow would hold fixed and the function does not: another program however near, or numbers in its lines that it
/// took from values at the point.
fn frozen<T: Real>(subject: &Subject<'_, T>, r: &Recording<T>) -> Option<String> {
    let (program, n) = (r.tape.fingerprint(), subject.layout.count());
    let (scales, signs) = (scales(&subject.layout, &subject.at), signs(n, 0));
    let smallest = T::epsilon().as_f64().sqrt();
    for side in [1.0, -1.0] {
        let mut step = 1.0 / 64.0;
        let there = loop {
            let moved = |j: usize| T::of(subject.at[j] + side * step * signs[j] * scales[j]).as_f64();
            let there = subject.record(&(0..n).map(moved).collect::<Vec<_>>());
            if there.tape.fingerprint() == program && there.output == r.output {
                break there;
            }
            subject.give_back(there);
            step /= 8.0;
            if step < smallest {
                return Some("however near, the function records another program than at the point".into());
            }
        };
        let differs = r.tape.first_difference(&there.tape, &r.inputs);
        subject.give_back(there);
        if let Some(line) = differs {
            let text = r.tape.describe(line);
            return Some(format!("{text} holds numbers that change with the inputs and did not come over the tape"));
        }
    }
    None
}

/// Compares the derivatives of the model and its shadow for random signed sums of the output.
pub(super) fn precision<T: Real>(
    model: &Subject<'_, T>,
    shadow: &Subject<'_, f64>,
    seed: u64,
) -> Result<Option<Precision>, Error> {
    let mine = probes::random(model, &model.record(&model.at), 2, seed)?;
    let exact = probes::random(shadow, &shadow.record(&shadow.at), 2, seed)?;
    let mut worst: Option<(f64, usize, (f64, f64))> = None;
    for (a, b) in mine.iter().zip(&exact) {
        for (j, (g, e)) in a.gradient.iter().zip(&b.gradient).enumerate() {
            let size = size_at(b, model, j);
            let off = match (g - e).abs() / size.max(f64::MIN_POSITIVE) {
                _ if g == e => 0.0,
                // The model's derivative is NaN where its shadow's is a number.
                off if off.is_nan() => f64::INFINITY,
                off => off,
            };
            if worst.is_none_or(|w| off > w.0) {
                worst = Some((off, j, (*g, *e)));
            }
        }
    }
    Ok(worst.map(|(off, j, derivative)| {
        let (input, index) = model.layout.place(j);
        let digits = if off > 0.0 { (-off.log10()).max(0.0) } else { f64::INFINITY };
        Precision { real: T::NAME, place: (model.layout.names[input].clone(), index), derivative, digits }
    }))
}

fn size_at<T: Real>(probe: &Probe, model: &Subject<'_, T>, j: usize) -> f64 {
    probe.size(model.layout.place(j).0, 1.0).max(probe.gradient[j].abs())
}
