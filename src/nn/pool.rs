//! Pooling as layers: the operations' options are the layers.
//! They have no parameters.

use super::layer::Layer;
use super::leaves::Leaves;
use crate::ops::{AdaptiveAvgPool, AdaptiveMaxPool, AdaptiveSize, AvgPool, MaxPool};
use crate::real::Real;
use crate::tape::Var;
use crate::window::Window;

/// Layers of one, two and three spatial axes: the options, the method, the words of a summary.
macro_rules! layers {
    ($($pool:ident<$d:literal> $method:ident $part:ident $describe:ident $name:literal;)+) => { $(
        impl<T: Real> Layer<T> for $pool<$d> {
            fn apply<'t>(&self, _: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
                x.$method(layers!(@operand self $part))
            }

            fn describe(&self) -> String {
                $describe($name, self.$part())
            }
        }
    )+ };
    (@operand $self:ident window) => { $self.clone() };
    (@operand $self:ident size) => { $self.size() };
}

layers! {
    MaxPool<1> max_pool1d window describe "max pool";
    MaxPool<2> max_pool2d window describe "max pool";
    MaxPool<3> max_pool3d window describe "max pool";
    AvgPool<1> avg_pool1d window describe "average pool";
    AvgPool<2> avg_pool2d window describe "average pool";
    AvgPool<3> avg_pool3d window describe "average pool";
    AdaptiveMaxPool<1> adaptive_max_pool1d size describe_size "adaptive max pool";
    AdaptiveMaxPool<2> adaptive_max_pool2d size describe_size "adaptive max pool";
    AdaptiveMaxPool<3> adaptive_max_pool3d size describe_size "adaptive max pool";
    AdaptiveAvgPool<1> adaptive_avg_pool1d size describe_size "adaptive average pool";
    AdaptiveAvgPool<2> adaptive_avg_pool2d size describe_size "adaptive average pool";
    AdaptiveAvgPool<3> adaptive_avg_pool3d size describe_size "adaptive average pool";
}

/// One number where all are equal: `"2"`, `"2×1"`.
pub(super) fn pair<const D: usize>(sizes: [usize; D]) -> String {
    if sizes.iter().all(|&n| n == sizes[0]) { sizes[0].to_string() } else { times(&sizes) }
}

pub(super) fn times(sizes: &[usize]) -> String {
    sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("×")
}

/// `"max pool 2×2, stride 2"`, with what differs from the default.
fn describe<const D: usize>(name: &str, w: &Window<D>) -> String {
    let mut text = format!("{name} {}", times(&w.kernel()));
    for (word, value, usual) in
        [("stride", w.strides(), w.kernel()), ("padding", w.paddings(), [0; D]), ("dilation", w.dilations(), [1; D])]
    {
        if value != usual {
            text += &format!(", {word} {}", pair(value));
        }
    }
    text
}

/// `"adaptive max pool to 7×7"`, with `same` where the size is the input's.
fn describe_size<const D: usize>(name: &str, size: AdaptiveSize<D>) -> String {
    let word = |n: Option<usize>| n.map_or("same".into(), |n| n.to_string());
    format!("{name} to {}", size.sizes().map(word).join("×"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Mode, Params};
    use crate::ops::{AvgPool2d, MaxPool2d};
    use crate::tape::Tape;

    #[test]
    fn describes_what_differs_from_the_default() {
        let text = |layer: MaxPool2d| Layer::<f32>::describe(&layer);
        assert_eq!(text(MaxPool2d::new(2)), "max pool 2×2");
        assert_eq!(text(MaxPool2d::new([3, 2]).stride(2).padding(1)), "max pool 3×2, stride 2, padding 1");
        assert_eq!(text(MaxPool2d::new(2).dilation([2, 1])), "max pool 2×2, dilation 2×1");
        assert_eq!(Layer::<f32>::describe(&AvgPool2d::new(3)), "average pool 3×3");
        assert_eq!(Layer::<f32>::describe(&MaxPool::<1>::new(3).stride(2)), "max pool 3, stride 2");
        assert_eq!(Layer::<f32>::describe(&AvgPool::<3>::new([1, 2, 2])), "average pool 1×2×2");
        assert_eq!(Layer::<f32>::describe(&AdaptiveAvgPool::<2>::new(7)), "adaptive average pool to 7×7");
        let some = AdaptiveMaxPool::<2>::new([None, Some(1)]);
        assert_eq!(Layer::<f32>::describe(&some), "adaptive max pool to same×1");
    }

    #[test]
    fn layers_write_the_lines_of_their_methods() {
        let tape = Tape::new();
        let leaves = Params::<f32>::new(0).on(&tape, Mode::Eval);
        let (signal, image, volume) = (tape.zeros([1, 4]), tape.zeros([1, 4, 4]), tape.zeros([1, 4, 4, 4]));
        for (y, op, dims) in [
            (MaxPool::<1>::new(2).apply(&leaves, signal), "max_pool1d", &[1, 2][..]),
            (MaxPool::<3>::new(2).apply(&leaves, volume), "max_pool3d", &[1, 2, 2, 2]),
            (AvgPool::<1>::new(2).apply(&leaves, signal), "avg_pool1d", &[1, 2]),
            (AdaptiveMaxPool::<2>::new(3).apply(&leaves, image), "adaptive_max_pool2d", &[1, 3, 3]),
            (AdaptiveAvgPool::<2>::new([Some(1), None]).apply(&leaves, image), "adaptive_avg_pool2d", &[1, 1, 4]),
        ] {
            assert_eq!((tape.line(y.id()).op, y.dims()), (op, dims.into()));
        }
    }
}
