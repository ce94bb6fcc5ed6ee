//! Polar coordinates of a point in the plane: its distance from the origin and its angle.
//! At the origin, where neither has a derivative, both rules give 0.

use super::arith::binary;
use super::table::{Table, row};
use crate::ops::prelude::*;

impl<T: Real> Table<T> {
    pub(crate) const HYPOT: &'static Row<T> = row! {
        HYPOT = "hypot", |a: Real, b: Real; | -> Real { a.hypot(b) };
        push |i, v, at, _| Push::Along(v.azmul(at.x(i).azmul(at.y().recip())));
        derivative "a / y; b / y, 0 at the origin"; reads Reads::ALL; domain [(0.3, 2.0), (-2.0, -0.3)]; dear
    };

    pub(crate) const ATAN2: &'static Row<T> = row! {
        ATAN2 = "atan2", |y: Real, x: Real; | -> Real { y.atan2(x) };
        push |i, v, at, _| {
            // One division after another: the squared distance would overflow where the distance does not.
            let (y, x) = (at.x(0), at.x(1));
            let inverse = y.hypot(x).recip();
            let across = if i == 0 { x } else { -y };
            Push::Along(v.azmul(across.azmul(inverse).azmul(inverse)))
        };
        derivative "x / (x^2 + y^2); -y / (x^2 + y^2), 0 at the origin"; reads Reads::OPERANDS;
        domain [(0.3, 2.0), (-2.0, 2.0)]; dear
    };
}

impl<'t, T: Real> Var<'t, T> {
    /// √(a² + b²) without overflow; its derivative at the origin is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let (a, b) = (tape.var(3.0), tape.var(4.0));
    /// let y = a.hypot(b);
    /// assert_eq!((y.item(), y.backward()[b].sum()), (5.0, 0.8));
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn hypot(self, other: Self) -> Self {
        binary(Table::HYPOT, self, other)
    }

    /// The angle of the point (x, y), in −π..π, where this line is y; its derivative at the origin is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let (y, x) = (tape.var(1.0), tape.var(-1.0));
    /// let angle = y.atan2(x);
    /// assert_eq!(angle.item(), 0.75 * std::f64::consts::PI);
    /// assert!((angle.backward()[y].sum() + 0.5).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn atan2(self, x: Self) -> Self {
        binary(Table::ATAN2, self, x)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::ops::pointwise::table::tests::row_at;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let of = |row| [row_at(row, [0.0; 2], &[2, 3]), row_at(row, [0.0; 2], &[0])];
        [Table::HYPOT, Table::ATAN2].into_iter().flat_map(of).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn the_origin_and_far_points_have_finite_derivatives() {
        let tape = Tape::<f64>::default();
        let (y, x) = (tape.var([0., 1e300]), tape.var([0., 1e300]));
        let angle = y.atan2(x).sum().backward();
        let distance = y.hypot(x).sum().backward();
        assert_eq!((angle[y][[0]], angle[x][[0]], distance[y][[0]]), (0., 0., 0.));
        assert!((angle[y][[1]] - 0.5e-300).abs() < 1e-314 && (distance[x][[1]] - 0.5f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn operands_broadcast() {
        let tape = Tape::<f64>::default();
        let (a, b) = (tape.var([[3.], [5.]]), tape.var([4., 12.]));
        let y = a.hypot(b).value();
        assert_eq!((y[[0, 0]], y[[1, 1]]), (5., 13.));
        assert_eq!(a.atan2(b).dims(), [2, 2]);
    }
}
