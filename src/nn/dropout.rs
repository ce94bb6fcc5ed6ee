//! Dropout: in training each element is left out with some probability.
//! In evaluation it is the identity and writes no line.

use super::layer::Layer;
use super::leaves::Leaves;
use crate::real::Real;
use crate::tape::Var;

/// In training 0 with probability p and x/(1 − p) otherwise; see [`Var::dropout`].
///
/// ```
/// use wengert::nn::{Dropout, Layer, Mode, Params};
/// use wengert::prelude::*;
/// let (params, tape) = (Params::<f32>::new(0), Tape::new());
/// let x = tape.constant(vec![1.0; 1000]);
/// let y = Dropout(0.5).apply(&params.on(&tape, Mode::Train), x).value();
/// assert!(y.iter().all(|v| *v == 0.0 || *v == 2.0));
/// assert!((400..600).contains(&y.iter().filter(|v| **v == 0.0).count()));
/// assert_eq!(Dropout(0.5).apply(&params.on(&tape, Mode::Eval), x).id(), x.id());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout(
    /// The probability of leaving an element out, 0 to 1.
    pub f64,
);

impl<T: Real> Layer<T> for Dropout {
    fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        if p.is_training() { x.dropout(self.0) } else { x }
    }

    fn describe(&self) -> String {
        format!("dropout {}", self.0)
    }
}
