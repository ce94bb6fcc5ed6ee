//! Special functions of one operand: error function and its inverse, gamma function's logarithm and its derivatives, sinc.
//! Families that are closed under differentiation are one row with an order, so that every derivative is as exact as the first.

use std::f64::consts::PI;

use super::table::{Table, bound, row, unary};
use crate::kernels::special;
use crate::ops::prelude::*;

const ANY: (f64, f64) = (-2.0, 2.0);
const POSITIVE: (f64, f64) = (0.3, 3.0);
const INSIDE_ONE: (f64, f64) = (-0.9, 0.9);

unary! {
    table SPECIAL;

    /// The error function, 2/√π ∫₀ˣ e^(−t²) dt.
    ERF erf() |x| x.erf(); in ANY; d[x] (-x.square()).exp() * (2.0 / PI.sqrt()); dear; ex "var(0.5).erf()" => "0.5204998778";

    /// 1 − erf x, accurate for large x.
    ERFC erfc() |x| x.erfc(); in ANY; d[x] (-x.square()).exp() * (-2.0 / PI.sqrt()); dear; ex "var(0.5).erfc()" => "0.4795001222";

    /// The inverse of the error function: ±∞ at ±1, NaN beyond.
    ERFINV erfinv() |x| T::of(special::erf_inv(x.as_f64())); in INSIDE_ONE; d[y] y.square().exp() * (0.5 * PI.sqrt()); dear;
        ex "var(0.5).erfinv()" => "0.4769362762";

    /// ln |Γ(x)|, ∞ at 0, −1, −2, …
    LGAMMA lgamma() |x| T::of(special::ln_gamma(x.as_f64())); in POSITIVE; d[x] x.digamma(); dear;
        ex "var(4.0).lgamma()" => "1.7917594692";

    /// The derivative of ln Γ(x), Γ′(x)/Γ(x).
    DIGAMMA digamma() |x| T::of(special::digamma(x.as_f64())); in POSITIVE; d[x] x.polygamma(1); dear;
        ex "var(1.0).digamma()" => "-0.5772156649";

    /// sin(πx)/(πx), and 1 at 0.
    SINC sinc() |x| T::of(special::sinc(0, x.as_f64())); in ANY; d[x] x.sinc_derivative(1); dear;
        ex "var(0.5).sinc()" => "0.6366197724";
}

impl<T: Real> Table<T> {
    pub(crate) const POLYGAMMA: &'static Row<T> = row! {
        POLYGAMMA = "polygamma", |x: Real; order| -> Real { T::of(special::polygamma(order.as_f64() as u32, x.as_f64())) };
        push |_, v, at, p| Push::Along(v.azmul(at.x(0).polygamma_of(p[0].as_f64() + 1.0)));
        derivative "polygamma(order + 1)"; reads Reads::OPERANDS; domain [POSITIVE]; dear
    };

    pub(crate) const SINC_DERIVATIVE: &'static Row<T> = row! {
        SINC_DERIVATIVE = "sinc_derivative", |x: Real; order| -> Real { T::of(special::sinc(order.as_f64() as u32, x.as_f64())) };
        push |_, v, at, p| Push::Along(v.azmul(at.x(0).sinc_derivative(p[0].as_f64() as u32 + 1)));
        derivative "sinc_derivative(order + 1)"; reads Reads::OPERANDS; domain [ANY]; dear
    };
}

/// The largest order whose factorial is finite.
const HIGHEST_ORDER: u32 = 170;

impl<T: Real> Var<'_, T> {
    /// The derivative of that order of [`digamma`](Var::digamma).
    ///
    /// # Panics
    /// The order is above 170.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::<f64>::default();
    /// let y = tape.var(1.0).polygamma(1);
    /// assert!((y.item() - std::f64::consts::PI.powi(2) / 6.0).abs() < 1e-14);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn polygamma(self, order: u32) -> Self {
        if order == 0 {
            return self.digamma();
        }
        if order > HIGHEST_ORDER {
            let e = Error::argument(format!("the order is {order}"))
                .rule(format!("the order is at most {HIGHEST_ORDER}: the factorial of a larger one is no f64"))
                .fix("use a lower order");
            self.tape.blame(e, "polygamma", &[self.id]).raise()
        }
        self.polygamma_of(f64::from(order))
    }

    #[track_caller]
    fn polygamma_of(self, order: f64) -> Self {
        self.tape.row(bound(Table::POLYGAMMA, [order]), &[self.into()]).real(0)
    }

    #[track_caller]
    fn sinc_derivative(self, order: u32) -> Self {
        self.tape.row(bound(Table::SINC_DERIVATIVE, [f64::from(order)]), &[self.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::adjoint::grad;
    use crate::check::OpCheck;
    use crate::ops::pointwise::table::tests::row_at;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let mut checks: Vec<OpCheck> = Table::<f64>::SPECIAL
            .iter()
            .flat_map(|row| [row_at(row, [0.0; 2], &[2, 3]), row_at(row, [0.0; 2], &[0])])
            .collect();
        for row in [Table::POLYGAMMA, Table::SINC_DERIVATIVE] {
            checks.extend([1.0, 2.0, 3.0].map(|order| row_at(row, [order, 0.0], &[4, 2])));
        }
        let negative = |row, params| OpCheck::new(Bound { row, params }).real_in([3], -2.7, -2.3);
        checks.push(negative(Table::LGAMMA, [0.0; 2]));
        checks.push(negative(Table::DIGAMMA, [0.0; 2]));
        checks.push(negative(Table::POLYGAMMA, [2.0, 0.0]));
        checks
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    #[should_panic(expected = "polygamma: the order is 4294967295")]
    fn an_order_without_a_factorial_is_refused() {
        let _ = Tape::<f64>::default().var(1.0).polygamma(u32::MAX);
    }

    #[test]
    fn sinc_is_smooth_at_zero() {
        let tape = Tape::<f64>::default();
        let x = tape.var([0.0, 1e-160, 1e-9]);
        let first = grad(x.sinc().sum(), &[x])[0];
        let second = grad(first.sum(), &[x])[0];
        assert_eq!(x.sinc().value().as_slice().unwrap(), [1.0; 3]);
        assert!(second.value().iter().all(|v| (v + PI * PI / 3.0).abs() < 1e-14));
        assert!((first.value()[[2]] / (-1e-9 * PI * PI / 3.0) - 1.0).abs() < 1e-12);
    }
}
