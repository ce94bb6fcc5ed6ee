//! Rectifiers and gates whose shape is learnt: slopes for each channel, and halves of an axis that gate each other.
//! At 0 the slope's branch holds, as for every leaky rectifier.

use super::arith::binary;
use super::table::{Table, row, side};
use crate::ops::prelude::*;

impl<T: Real> Table<T> {
    pub(crate) const PRELU: &'static Row<T> = row! {
        PRELU = "prelu", |x: Real, slope: Real; | -> Real { if x > T::zero() { x } else { slope * x } };
        push |i, v, at, _| {
            let (x, slope) = (at.x(0), at.x(1));
            Push::Along(if i == 0 { x.gt(0.0).select(v, v.azmul(slope)) } else { x.gt(0.0).select(0.0, v.azmul(x)) })
        };
        decide |_, at| side(at.x(0), 0.0);
        derivative "1 where x > 0, else slope; x where not x > 0"; reads Reads::OPERANDS; domain [(-2.0, -0.3), (-2.0, 2.0)]; cheap
    };
}

impl<'t, T: Real> Var<'t, T> {
    /// x where x > 0, slope·x elsewhere, with slopes that are learnt (He, Zhang, Ren and Sun, 2015).
    ///
    /// There is one slope, or one for each channel: for each place along axis 1, or axis 0 of a vector.
    ///
    /// # Panics
    /// The slopes are neither.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, slope) = (tape.var([[-1., -1.], [2., -3.]]), tape.var([0.1, 0.5]));
    /// let y = x.prelu(slope);
    /// assert_eq!(y.value().as_slice().unwrap(), [-0.1, -0.5, 2., -1.5]);
    /// assert_eq!(y.sum().backward()[slope].as_slice().unwrap(), [-1., -4.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn prelu(self, slope: Self) -> Self {
        let (d, s) = (self.dims(), slope.dims());
        if s.rank() == 0 {
            return binary(Table::PRELU, self, slope);
        }
        let axis = usize::from(d.rank() > 1);
        let one_each = s.rank() == 1 && (s[0] == 1 || d.get(axis) == Some(&s[0]));
        let checked = if one_each { Ok(()) } else { Err(unfit_slopes(&d, &s, axis)) };
        self.tape.checked(checked, "prelu", &[self.id, slope.id]);
        let behind = d.rank().saturating_sub(axis);
        binary(Table::PRELU, self, slope.reshape((0..behind).map(|k| if k == 0 { s[0] } else { 1 }).collect::<Dims>()))
    }

    /// The first half along an axis times the logistic function of the second: the gated linear unit (Dauphin and
    /// others, 2017).
    ///
    /// # Panics
    /// The axis does not exist, or its size is odd.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[6., 0.], [8., 100.]]);
    /// assert_eq!(x.glu(1).value().as_slice().unwrap(), [3., 8.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn glu(self, axis: isize) -> Self {
        let k = self.axis("glu", axis);
        let size = self.dims()[k];
        if size % 2 == 1 {
            let e = Error::shape(format!("axis {k} of shape {} has {size} places", self.dims()))
                .rule("one half gates the other: the size of the axis is even")
                .fix("give it twice the size that the result shall have");
            self.tape.blame(e, "glu", &[self.id]).raise()
        }
        self.slice(axis, ..size / 2) * self.slice(axis, size / 2..).sigmoid()
    }
}

fn unfit_slopes(d: &Dims, s: &Dims, axis: usize) -> Error {
    let channels = d.get(axis).map_or("without axes".into(), |n| format!("with {n} channels on axis {axis}"));
    Error::shape(format!("slopes of shape {s} for shape {d} {channels}"))
        .rule("there is one slope, or one for each channel")
        .fix("give a number or a vector with an element for each channel")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::ops::pointwise::table::tests::row_at;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let above = OpCheck::new(Bound { row: Table::PRELU, params: [0.0; 2] });
        let below = row_at(Table::PRELU, [0.0; 2], &[2, 3]);
        vec![below, row_at(Table::PRELU, [0.0; 2], &[0]), above.real_in([4], 0.3, 2.0).real([4])]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn slopes_for_each_channel_and_shapes_that_do_not_fit() {
        let tape = Tape::<f64>::default();
        let x = tape.var([-2.0, -4.0]);
        assert_eq!(x.prelu(tape.var([0.5, 0.25])).value().as_slice().unwrap(), [-1.0, -1.0]);
        assert_eq!(x.prelu(tape.var(0.5)).value().as_slice().unwrap(), [-1.0, -2.0]);
        assert_eq!(tape.var(-2.0).prelu(tape.var([0.5])).dims(), []);
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ = tape.zeros([2, 3, 4]).prelu(tape.zeros([2]));
        }));
        let text = *refused.unwrap_err().downcast::<String>().unwrap();
        assert!(text.contains("slopes of shape [2] for shape [2, 3, 4] with 3 channels on axis 1"), "{text}");
    }

    #[test]
    #[should_panic(expected = "axis 1 of shape [2, 3] has 3 places")]
    fn half_of_an_odd_axis_is_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3]).glu(-1);
    }
}
