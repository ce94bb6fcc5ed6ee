//! Pooling as layers: the operations' options are the layers.
//! They have no parameters.

use super::layer::Layer;
use super::leaves::Leaves;
use crate::ops::{AvgPool2d, MaxPool2d};
use crate::real::Real;
use crate::tape::Var;
use crate::window::Window;

impl<T: Real> Layer<T> for MaxPool2d {
    fn apply<'t>(&self, _: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.max_pool2d(self.clone())
    }

    fn describe(&self) -> String {
        describe("max pool", self.window())
    }
}

impl<T: Real> Layer<T> for AvgPool2d {
    fn apply<'t>(&self, _: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.avg_pool2d(self.clone())
    }

    fn describe(&self) -> String {
        describe("average pool", self.window())
    }
}

/// One number where both are equal: `"2"`, `"2×1"`.
pub(super) fn pair([a, b]: [usize; 2]) -> String {
    if a == b { a.to_string() } else { format!("{a}×{b}") }
}

/// `"max pool 2×2, stride 2"`, with what differs from the default.
fn describe(name: &str, w: &Window<2>) -> String {
    let [h, width] = w.kernel();
    let mut text = format!("{name} {h}×{width}");
    for (word, value, usual) in
        [("stride", w.strides(), w.kernel()), ("padding", w.paddings(), [0, 0]), ("dilation", w.dilations(), [1, 1])]
    {
        if value != usual {
            text += &format!(", {word} {}", pair(value));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describes_what_differs_from_the_default() {
        let text = |layer: MaxPool2d| Layer::<f32>::describe(&layer);
        assert_eq!(text(MaxPool2d::new(2)), "max pool 2×2");
        assert_eq!(text(MaxPool2d::new([3, 2]).stride(2).padding(1)), "max pool 3×2, stride 2, padding 1");
        assert_eq!(text(MaxPool2d::new(2).dilation([2, 1])), "max pool 2×2, dilation 2×1");
        assert_eq!(Layer::<f32>::describe(&AvgPool2d::new(3)), "average pool 3×3");
    }
}
