//! The vector product of three-dimensional space.
//! A composite of exchanged components.

use crate::ops::prelude::*;
use crate::ops::rearrange::concat::concat;

impl<'t, T: Real> Var<'t, T> {
    /// The vector product along an axis of size 3: yᵢ = aⱼ bₖ − aₖ bⱼ for (i, j, k) in cyclic order. Shapes broadcast.
    ///
    /// # Panics
    /// The axis does not exist or its size is not 3, or the shapes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, y) = (tape.var([1., 0., 0.]), tape.var([0., 1., 0.]));
    /// assert_eq!(x.cross(y, 0).value().as_slice().unwrap(), [0., 0., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn cross(self, rhs: Var<'t, T>, axis: isize) -> Self {
        let (a, b) = super::super::rearrange::broadcast::align("cross", self, rhs);
        let k = a.axis("cross", axis);
        let d = a.dims();
        if d[k] != 3 {
            let e = Error::shape(format!("axis {k} of {d} has size {}", d[k]))
                .rule("the axis of a vector product has size 3")
                .fix("name the axis of the components");
            self.tape.blame(e, "cross", &[self.id, rhs.id]).raise()
        }
        let axis = k as isize;
        // With one turn only: (a × b)ᵢ is component i + 1 of a ⊙ (b turned) − (a turned) ⊙ b.
        (a * b.turned(axis) - a.turned(axis) * b).turned(axis)
    }

    /// Component i + 1 in the place of component i, and the first in that of the last.
    #[track_caller]
    fn turned(self, axis: isize) -> Self {
        concat(&[self.slice(axis, 1..), self.slice(axis, ..1)], axis)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::tensor;
    use crate::check::Check;
    use crate::prelude::*;

    #[test]
    fn components_and_derivatives() {
        let tape = Tape::<f64>::default();
        let (a, b) = (tape.var([1.0, 2.0, 3.0]), tape.var([[4.0, 5.0, 6.0], [0.0, 0.0, 1.0]]));
        assert_eq!(a.cross(b, -1).value().as_slice().unwrap(), [-3.0, 6.0, -3.0, 2.0, -1.0, 0.0]);
        let inputs = [tensor([3, 2], 1), tensor([3, 1], 2)];
        Check::new(|_, x| x[0].cross(x[1], 0), &inputs[..]).second_order().run().assert();
    }

    #[test]
    #[should_panic(expected = "cross: axis 0 of [2] has size 2")]
    fn two_components_are_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([2]).cross(tape.zeros([2]), 0);
    }
}
