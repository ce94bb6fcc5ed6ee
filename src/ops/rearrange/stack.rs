//! Stack and unstack: tensors of one shape side by side along a new axis, and taken apart again.
//! Both are composites of concat or split with reshapes, which move nothing.

use super::axes::unsqueezed;
use super::concat::{first, joined};
use super::handle::Handle;
use crate::ops::prelude::*;

/// The tensors, all of one shape, side by side along a new axis; negative positions count from the end of the result.
///
/// # Panics
/// There is no tensor, the position does not exist, or two shapes differ.
///
/// ```
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let (a, b) = (tape.var([1., 2.]), tape.var([3., 4.]));
/// assert_eq!(stack(&[a, b], 0).value().as_slice().unwrap(), [1., 2., 3., 4.]);
/// assert_eq!(stack(&[a, b], -1).value().as_slice().unwrap(), [1., 3., 2., 4.]);
/// ```
#[track_caller]
#[must_use]
pub fn stack<'t, T: Real, H: Handle<'t, T>>(parts: &[H], axis: isize) -> H {
    let (tape, id, dims) = first("stack", parts);
    for h in parts {
        let (other, k) = h.line();
        if std::ptr::eq(other, tape) && other.dims_of(k) != dims {
            let e = Error::shape(format!("shapes {dims} and {} differ", other.dims_of(k)))
                .rule("tensors that are stacked have one shape")
                .fix("slice, pad or broadcast one of them; `concat` joins along an axis they have");
            tape.blame(e, "stack", &[id, k]).raise();
        }
    }
    let wide = match unsqueezed(&dims, axis) {
        Ok(wide) => wide,
        Err(e) => tape.blame(e, "stack", &[id]).raise(),
    };
    let at = if axis < 0 { (axis + wide.rank() as isize) as usize } else { axis as usize };
    if at == dims.rank() {
        let mut columns = Vec::with_capacity(parts.len());
        for h in parts {
            columns.push(h.reshaped(wide.clone()));
        }
        return joined(&columns, at);
    }
    // Blocks joined along the axis itself lie in memory as blocks stacked before it, which needs one reshape, not many.
    joined(parts, at).reshaped(wide.with(at, parts.len()))
}

impl<'t, T: Real> Var<'t, T> {
    /// The slices along an axis, which vanishes: the inverse of [`stack`].
    ///
    /// # Panics
    /// The axis does not exist, or its size is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let rows = tape.var([[1., 2.], [3., 4.]]).unstack(0);
    /// assert_eq!(rows[1].value().as_slice().unwrap(), [3., 4.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn unstack(self, axis: isize) -> Vec<Self> {
        let axis = self.axis("unstack", axis);
        let sizes = SmallVec::from_elem(1, self.dims()[axis]);
        let mut out = self.split_at_sizes(axis, sizes);
        for part in &mut out {
            *part = part.squeeze(axis as isize);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::grad;

    #[test]
    fn new_axes_stand_where_they_are_asked_for() {
        let tape = Tape::<f64>::default();
        let (a, b) = (tape.var([[1., 2., 3.], [4., 5., 6.]]), tape.var([[7., 8., 9.], [10., 11., 12.]]));
        for axis in [0, 1, 2, -1, -3] {
            let y = stack(&[a, b], axis);
            let back = y.unstack(axis);
            assert_eq!((back[0].value(), back[1].value()), (a.value(), b.value()), "axis {axis}");
            assert_eq!(grad((y * y).sum(), &[b])[0].value(), b.value() * 2.0, "axis {axis}");
        }
        assert_eq!(stack(&[a, b], 1).dims(), [2, 2, 3]);
        assert_eq!(stack(&[a, b], 1).value()[[1, 0, 2]], 6.0);
    }

    #[test]
    fn scalars_and_empty_tensors_are_stacked() {
        let tape = Tape::new();
        assert_eq!(stack(&[tape.var(1.0), tape.var(2.0)], 0).value().as_slice().unwrap(), [1., 2.]);
        assert_eq!(stack(&[tape.zeros([0, 3]); 4], 1).value().shape(), [0, 4, 3]);
    }

    #[test]
    #[should_panic(expected = "stack: shapes [2] and [3] differ")]
    fn one_shape_is_required() {
        let tape = Tape::new();
        let _ = stack(&[tape.zeros([2]), tape.zeros([3])], 0);
    }
}
