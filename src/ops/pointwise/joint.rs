//! Functions of two or three lines that are not arithmetic: logarithms of sums and products, interpolation, repair of NaN.
//! Where a plain formula would be 0·∞, each says what it takes.

use std::f64::consts::LN_2;

use super::arith::binary;
use super::compare::LineOrNumber;
use super::table::{Table, row};
use crate::ops::prelude::*;
use crate::ops::rearrange::broadcast::common_shape;

const ANY: (f64, f64) = (-2.0, 2.0);
const POSITIVE: (f64, f64) = (0.3, 3.0);

impl<T: Real> Table<T> {
    pub(crate) const LOGADDEXP: &'static Row<T> = row! {
        LOGADDEXP = "logaddexp", |a: Real, b: Real; | -> Real {
            if a == b { a + T::of(LN_2) } else { a.max(b) + (-(a - b).abs()).exp().ln_1p() }
        };
        push |i, v, at, _| Push::Along(v.azmul(at.x(i).share_beside(at.x(1 - i))));
        derivative "share of a in e^a + e^b; share of b"; reads Reads::OPERANDS; domain [ANY, ANY]; dear
    };

    /// eᵃ/(eᵃ + eᵇ), also for infinities: half where both are ∞, nothing where both are −∞.
    pub(crate) const SHARE_BESIDE: &'static Row<T> = row! {
        SHARE_BESIDE = "share_beside", |a: Real, b: Real; | -> Real {
            if a == b {
                if a == T::neg_infinity() { T::zero() } else { T::of(0.5) }
            } else if a > b {
                ((b - a).exp() + T::one()).recip()
            } else {
                let e = (a - b).exp();
                e / (e + T::one())
            }
        };
        push |i, v, at, _| {
            let slope = at.y() * (1.0 - at.y());
            Push::Along(v.azmul(if i == 0 { slope } else { -slope }))
        };
        derivative "y (1 - y); -y (1 - y)"; reads Reads::RESULTS; domain [ANY, ANY]; dear
    };

    pub(crate) const XLOGY: &'static Row<T> = row! {
        XLOGY = "xlogy", |x: Real, y: Real; | -> Real { if x == T::zero() && !y.is_nan() { T::zero() } else { x * y.ln() } };
        push |i, v, at, _| {
            let (x, y) = (at.x(0), at.x(1));
            Push::Along(match i {
                0 => x.equals(0.0).and(y.le(0.0)).select(0.0, v.azmul(y.ln())),
                _ => v.azmul(x.azmul(y.recip())),
            })
        };
        derivative "ln y, 0 at x = 0 with y <= 0; x / y, 0 at x = 0"; reads Reads::OPERANDS; domain [ANY, POSITIVE]; dear
    };

    pub(crate) const LERP: &'static Row<T> = row! {
        LERP = "lerp", |a: Real, b: Real, weight: Real; | -> Real { mix(a, b, weight) };
        push |i, v, at, _| Push::Along(match i {
            0 => v.azmul(1.0 - at.x(2)),
            1 => v.azmul(at.x(2)),
            _ => v.azmul(at.x(1) - at.x(0)),
        });
        derivative "1 - weight; weight; b - a"; reads Reads::OPERANDS; domain [ANY, ANY, ANY]; cheap
    };

    pub(crate) const LERP_NUMBER: &'static Row<T> = row! {
        LERP_NUMBER = "lerp_number", |a: Real, b: Real; weight| -> Real { mix(a, b, weight) };
        push |i, v, _, p| Push::Along(if i == 0 { v * (T::one() - p[0]).as_f64() } else { v * p[0].as_f64() });
        derivative "1 - weight; weight"; reads Reads::NOTHING; domain [ANY, ANY]; cheap
    };
}

/// a + w(b − a), from the nearer end: exactly a at 0 and b at 1.
#[inline(always)]
fn mix<T: Lane>(a: T, b: T, w: T) -> T {
    if w.abs() < T::of(0.5) { a + w * (b - a) } else { b - (b - a) * (T::one() - w) }
}

impl<'t, T: Real> Var<'t, T> {
    /// ln(eᵃ + eᵇ) without overflow: the sum of two probabilities that are given by their logarithms.
    ///
    /// Its derivatives are the shares of the two in the sum. Where both are −∞ so is the result, and the derivatives are 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([1000., f32::NEG_INFINITY]), tape.var([1000., 2.]));
    /// let y = a.logaddexp(b);
    /// assert_eq!(y.value().as_slice().unwrap(), [1000. + 2f32.ln(), 2.]);
    /// assert_eq!(y.sum().backward()[a].as_slice().unwrap(), [0.5, 0.]);
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn logaddexp(self, other: Self) -> Self {
        binary(Table::LOGADDEXP, self, other)
    }

    #[track_caller]
    fn share_beside(self, other: Self) -> Self {
        binary(Table::SHARE_BESIDE, self, other)
    }

    /// x ln y, and 0 where x is 0 (unless y is NaN): what entropies are sums of.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let p = tape.var([0., 0.5, 1.]);
    /// let entropy = -p.xlogy(p).sum();
    /// assert_eq!(entropy.item(), -0.5 * 0.5f64.ln());
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn xlogy(self, y: Self) -> Self {
        binary(Table::XLOGY, self, y)
    }

    /// The way from a to b by a weight: a + weight·(b − a), exactly a at 0 and b at 1. The weight is a line that
    /// broadcasts, or a number.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([0., 10.]), tape.var([4., 20.]));
    /// assert_eq!(a.lerp(b, 0.25).value().as_slice().unwrap(), [1., 12.5]);
    /// assert_eq!(a.lerp(b, tape.var([1., 0.])).value().as_slice().unwrap(), [4., 10.]);
    /// ```
    ///
    /// # Panics
    /// The shapes do not broadcast.
    #[track_caller]
    #[must_use]
    pub fn lerp(self, b: Self, weight: impl Into<LineOrNumber<'t, T>>) -> Self {
        match weight.into() {
            LineOrNumber::Number(w) => {
                let (a, b) = crate::ops::rearrange::broadcast::align("lerp", self, b);
                let row = Bound { row: Table::LERP_NUMBER, params: [w, T::zero()] };
                self.tape.row(row, &[a.into(), b.into()]).real(0)
            }
            LineOrNumber::Line(w) => {
                let (a, b, w) = match common_shape("lerp", &[self.into(), b.into(), w.into()]) {
                    Some(d) => (self.fit(&d), b.fit(&d), w.fit(&d)),
                    None => (self, b, w),
                };
                let row = Bound { row: Table::LERP, params: [T::zero(); 2] };
                self.tape.row(row, &[a.into(), b.into(), w.into()]).real(0)
            }
        }
    }

    /// Numbers in the place of NaN, ∞ and −∞, which get the derivative 0.
    ///
    /// A number beyond the tape's type becomes its largest, so `nan_to_num(0.0, f64::MAX, f64::MIN)` is PyTorch's default.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 5.]);
    /// let y = x.nan_to_num(0.0, f64::MAX, -1.0);
    /// assert_eq!(y.value().as_slice().unwrap(), [0., f32::MAX, -1., 5.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [0., 0., 0., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn nan_to_num(self, nan: f64, infinity: f64, minus_infinity: f64) -> Self {
        let within = |c: f64| c.clamp(T::min_value().as_f64(), T::max_value().as_f64());
        let numbers = self.is_nan().select(within(nan), self.gt(0.0).select(within(infinity), within(minus_infinity)));
        self.is_finite().select(self, numbers)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::adjoint::grad;
    use crate::check::OpCheck;
    use crate::ops::pointwise::table::tests::row_at;

    const INF: f64 = f64::INFINITY;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let rows = [Table::LOGADDEXP, Table::SHARE_BESIDE, Table::XLOGY, Table::LERP];
        let at = |row| [row_at(row, [0.0; 2], &[2, 3]), row_at(row, [0.0; 2], &[0])];
        let mut checks: Vec<OpCheck> = rows.into_iter().flat_map(at).collect();
        checks.extend([0.3, 0.8].map(|w| row_at(Table::LERP_NUMBER, [w, 0.0], &[5, 2])));
        checks
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn logarithms_of_sums_stand_infinities() {
        let tape = Tape::<f64>::default();
        let (a, b) = (tape.var([-INF, INF, -INF, INF, 0.0]), tape.var([-INF, INF, 1.0, -INF, f64::NAN]));
        let y = a.logaddexp(b);
        assert_eq!(y.value().as_slice().unwrap()[..4], [-INF, INF, 1.0, INF]);
        assert!(y.value()[[4]].is_nan());
        let g = y.sum().backward();
        assert_eq!(g[a].as_slice().unwrap()[..4], [0.0, 0.5, 0.0, 1.0]);
        assert_eq!(g[b].as_slice().unwrap()[..4], [0.0, 0.5, 1.0, 0.0]);
        let second = grad(grad(y.sum(), &[a])[0].sum(), &[a])[0].value();
        assert_eq!(second.as_slice().unwrap()[..4], [0.0, 0.25, 0.0, 0.0]);
    }

    #[test]
    fn nothing_times_a_logarithm_is_nothing() {
        let tape = Tape::<f64>::default();
        let (x, y) = (tape.var([0.0, 0.0, 0.0, 2.0, 0.0]), tape.var([0.0, -1.0, 3.0, 0.0, f64::NAN]));
        let z = x.xlogy(y);
        assert_eq!(z.value().as_slice().unwrap()[..4], [0.0, 0.0, 0.0, -INF]);
        assert!(z.value()[[4]].is_nan());
        let g = z.sum().backward();
        assert!(g[x].iter().zip([0.0, 0.0, 3f64.ln(), -INF]).all(|(&a, b)| a == b || (a - b).abs() < 1e-15));
        assert_eq!(g[y].as_slice().unwrap()[..4], [0.0, 0.0, 0.0, INF]);
    }

    #[test]
    fn weights_broadcast_and_both_ends_are_exact() {
        let tape = Tape::<f32>::default();
        let (a, b) = (tape.var([[0.1], [1e30]]), tape.var([0.7, 3.0]));
        let y = a.lerp(b, tape.var(1.0)).value();
        assert_eq!(y.as_slice().unwrap(), [0.7, 3.0, 0.7, 3.0]);
        assert_eq!(a.lerp(b, 0.0).value().as_slice().unwrap(), [0.1, 0.1, 1e30, 1e30]);
        let w = tape.var([0.25, 0.5]);
        let g = a.lerp(b, w).sum().backward();
        assert_eq!(g[a].as_slice().unwrap(), [1.25, 1.25]);
    }
}
