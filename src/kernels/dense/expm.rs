//! The exponential of a matrix: a Padé approximant of degree 13 at A/2ˢ, squared s times (Higham, 2005).
//! Six products and one system, whatever the matrix.

use super::lu::Lu;
use crate::kernels::gemm::{self, Mat};
use crate::real::Real;

/// Coefficients of the numerator, lowest first (Higham, table 10.4 of "Functions of Matrices").
const PADE: [f64; 14] = [
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
    1.0,
];

/// Below this 1-norm the approximant is exact to double precision.
const RADIUS: f64 = 5.371920351148152;

/// Writes e^a for a square matrix with n rows.
pub(crate) fn expm<T: Real>(a: &[T], n: usize, out: &mut [T]) {
    let times = |a: &[T], b: &[T]| {
        let mut c = vec![T::zero(); n * n];
        gemm::product(Mat::new(a, n, n), Mat::new(b, n, n), &mut c, false, true);
        c
    };
    let norm = (0..n).map(|j| (0..n).map(|i| a[i * n + j].abs()).sum::<T>().as_f64()).fold(0.0, f64::max);
    // What is not finite is not squared forever.
    let squarings = if norm.is_finite() { (norm / RADIUS).log2().ceil().clamp(0.0, 1100.0) as i32 } else { 0 };
    // In two steps, since 2⁻¹¹⁰⁰ is no double.
    let halves = [squarings / 2, squarings - squarings / 2].map(|s| T::of(0.5).powi(s));
    let a: Vec<T> = a.iter().map(|&v| v * halves[0] * halves[1]).collect();
    let a2 = times(&a, &a);
    let a4 = times(&a2, &a2);
    let a6 = times(&a4, &a2);
    // c₆ A⁶ + c₄ A⁴ + c₂ A² + c₀ I
    let even = |c6: f64, c4: f64, c2: f64, c0: f64| -> Vec<T> {
        let [c6, c4, c2, c0] = [c6, c4, c2, c0].map(T::of);
        (0..n * n).map(|k| c6 * a6[k] + c4 * a4[k] + c2 * a2[k] + if k / n == k % n { c0 } else { T::zero() }).collect()
    };
    let sum = |a: Vec<T>, b: Vec<T>| -> Vec<T> { a.iter().zip(b).map(|(&a, b)| a + b).collect() };
    let b = PADE;
    let odd = sum(times(&a6, &even(b[13], b[11], b[9], 0.0)), even(b[7], b[5], b[3], b[1]));
    let (u, v) = (times(&a, &odd), sum(times(&a6, &even(b[12], b[10], b[8], 0.0)), even(b[6], b[4], b[2], b[0])));
    let below: Vec<T> = v.iter().zip(&u).map(|(&v, &u)| v - u).collect();
    let mut x = sum(v, u);
    Lu::new(&below, n).solve(&mut x, n, false);
    for _ in 0..squarings {
        x = times(&x, &x);
    }
    out.copy_from_slice(&x);
}

#[cfg(test)]
mod tests {
    use super::super::tests::{eye, near, numbers, times};
    use super::*;

    #[test]
    fn the_exponential_is_its_series() {
        for n in [0, 1, 2, 5] {
            let a: Vec<f64> = numbers(n * n, 1);
            let (mut term, mut sum) = (eye::<f64>(n), eye::<f64>(n));
            for k in 1..40 {
                term = times(&term, &a, [n, n, n]).into_iter().map(|v| v / f64::from(k)).collect();
                sum.iter_mut().zip(&term).for_each(|(s, t)| *s += t);
            }
            let mut out = vec![0.0; n * n];
            expm(&a, n, &mut out);
            near(&out, &sum, 1e-13);
        }
    }

    #[test]
    fn large_matrices_are_squared() {
        let mut out = [0.0; 4];
        let t = 20.0f64;
        expm(&[0.0, -t, t, 0.0], 2, &mut out);
        near(&out, &[t.cos(), -t.sin(), t.sin(), t.cos()], 1e-12);
        expm(&[f64::INFINITY, 0.0, 0.0, 0.0], 2, &mut out);
        assert!(!out[0].is_finite());
    }
}
