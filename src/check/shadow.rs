//! The f64 shadow of a model in f32: the same lines on a tape of doubles, from the same numbers.
//! If the shadow's derivative is right and the model's is not near it, the formula is right and the precision is low.

use super::probe::Probe;
use super::probes;
use super::subject::{Recording, Subject};
use crate::error::Error;
use crate::real::Real;
use crate::tape::{Tape, Tensor};

/// What can be done about a model's precision.
pub(super) enum Shadow<'s> {
    /// It is in f64 already.
    Not,
    /// The same program in f64.
    Cast(Box<Subject<'s, f64>>),
    /// This operation cannot be carried over.
    Lacking(&'static str),
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
            Err(line) => return Shadow::Lacking(r.tape.op_name(line)),
        };
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
