//! Interpolation as a layer: the operation's options are the layer.
//! It has no parameters.

use super::layer::Layer;
use super::leaves::Leaves;
use crate::ops::Interpolate;
use crate::real::Real;
use crate::tape::Var;

impl<T: Real> Layer<T> for Interpolate {
    fn apply<'t>(&self, _: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.interpolate(self.clone())
    }

    fn describe(&self) -> String {
        format!("interpolate {}", self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Mode, Params};
    use crate::tape::Tape;

    #[test]
    fn applies_the_operation_and_names_it() {
        let layer = Interpolate::linear().scale([2.0, 2.0]).align_corners();
        assert_eq!(Layer::<f32>::describe(&layer), "interpolate linear by [2.0, 2.0], corners aligned");
        let tape = Tape::<f32>::default();
        let y = layer.apply(&Params::new(0).on(&tape, Mode::Eval), tape.zeros([1, 2, 3, 4]));
        assert_eq!(y.dims(), [1, 2, 6, 8]);
    }
}
