//! Difference quotients along a line through the point, extrapolated to step zero, with an error bar on each.
//! Differences are taken of what the analytic slope leaves over, so steps need not be representable numbers.
//!
//! With D(h) = (r(h) − r(−h))/2h for the remainder r(t) = φ(x + td) − ⟨∇φ, td⟩ as realised, D(h), D(h/2), … have errors of
//! even order only, which Richardson's table removes one after the other (Richardson, 1911; Ridders, 1982). The last
//! correction bounds the truncation; the noise of φ over the step bounds the rounding.

/// A number with an error bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    pub value: f64,
    /// From truncation.
    pub truncation: f64,
    /// From rounding.
    pub rounding: f64,
}

impl Estimate {
    pub fn bar(&self) -> f64 {
        self.truncation + self.rounding
    }
}

/// Extrapolates `quotients` at steps h, h/2, h/4, …, whose errors start at order `first` and rise by `rise`.
///
/// `noise` bounds the error of one quotient at step h; at h/2 it is twice that.
pub(super) fn extrapolate(quotients: &[f64], first: i32, rise: i32, noise: f64) -> Estimate {
    let mut row: Vec<f64> = Vec::new();
    let mut rounding: Vec<f64> = Vec::new();
    let mut corrections = [f64::INFINITY; 2];
    for (k, &q) in quotients.iter().enumerate() {
        let mut next = vec![q];
        let mut errors = vec![noise * f64::powi(2.0, k as i32)];
        for m in 0..row.len() {
            let factor = f64::powi(2.0, first + rise * m as i32);
            next.push(next[m] + (next[m] - row[m]) / (factor - 1.0));
            errors.push((factor * errors[m] + rounding[m]) / (factor - 1.0));
        }
        if k > 0 {
            corrections = [(next[k] - next[k - 1]).abs(), (next[k] - row[k - 1]).abs()];
        }
        (row, rounding) = (next, errors);
    }
    let last = row.len() - 1;
    let truncation = corrections[0].max(corrections[1].min(corrections[0] * 4.0));
    let slow = slowly(quotients, first, noise).map_or(0.0, |limit| 2.0 * (limit - row[last]).abs());
    Estimate { value: row[last], truncation: truncation.max(slow), rounding: rounding[last] }
}

/// The limit of quotients that converge more slowly than the table assumes, by Aitken's Δ² (1926); infinite where they
/// do not converge at all.
///
/// So it is where the function has no Taylor series at the point, as x^1.5 at 0, whose quotients fall like √h, or has one
/// that ends within the step, as ln near 0.
fn slowly(quotients: &[f64], first: i32, noise: f64) -> Option<f64> {
    let [.., a, b, c] = *quotients else { return None };
    let ratio = (c - b) / (b - a);
    let expected = f64::powi(2.0, -first);
    let loud = (c - b).abs() > 8.0 * noise * f64::powi(2.0, quotients.len() as i32);
    match ratio {
        r if !loud || r <= 1.2 * expected => None,
        r if r < 1.0 => Some(c + (c - b) * r / (1.0 - r)),
        _ => Some(f64::INFINITY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn central(f: impl Fn(f64) -> f64, x: f64, h: f64, levels: usize) -> Estimate {
        let at = |k| h / f64::powi(2.0, k as i32);
        let q: Vec<f64> = (0..levels).map(|k| (f(x + at(k)) - f(x - at(k))) / (2.0 * at(k))).collect();
        extrapolate(&q, 2, 2, 4.0 * f64::EPSILON * f(x).abs() / h)
    }

    /// The error is below the bar, and both are small: 3e-13 where the best known five-point value is 1.5e-14.
    #[test]
    fn the_bar_holds_the_error() {
        for x in [0.3_f64, 1.3, 2.9] {
            for (f, slope) in
                [(f64::exp as fn(f64) -> f64, x.exp()), (f64::sin, x.cos()), (f64::tanh, 1.0 - x.tanh().powi(2))]
            {
                let e = central(f, x, x / 256.0, 3);
                let error = (e.value - slope).abs();
                assert!(error <= e.bar() && e.bar() < 1e-11 * slope.abs().max(1.0), "{x}: {error:e} {e:?}");
            }
        }
    }

    /// Each level takes away two orders: polynomials up to degree 2·levels are exact but for rounding.
    #[test]
    fn polynomials_are_exact() {
        for levels in 1..=4 {
            let degree = 2 * levels as i32;
            let e = central(|x| x.powi(degree), 1.0, 0.25, levels);
            assert!((e.value - f64::from(degree)).abs() < 1e-11, "{levels}: {e:?}");
        }
        let one_sided: Vec<f64> = [0.5, 0.25, 0.125].iter().map(|h| ((1.0f64 + h).powi(3) - 1.0) / h).collect();
        assert!((extrapolate(&one_sided, 1, 1, 0.0).value - 3.0).abs() < 1e-13);
    }

    /// A step over a kink shows as a bar as wide as the jump of the slope.
    #[test]
    fn a_kink_widens_the_bar() {
        let e = central(|x| if x > 0.0 { 2.0 * x } else { 0.0 }, 0.001, 0.004, 3);
        assert!(e.bar() > 0.05, "{e:?}");
    }
}
