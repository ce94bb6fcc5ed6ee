//! Mean and sum of squared deviations of a slice, read from memory once: a block at a time stays in the nearest cache.
//! Blocks are joined by the formula of Chan, Golub and LeVeque (1979), so no difference of large sums cancels.

use super::simd::{Loop, level, run_at};
use crate::real::Real;

/// Numbers of a block: with them go 8 or 16 KiB through the nearest cache, twice.
const BLOCK: usize = 2048;

/// Partial sums side by side.
const LANES: usize = 64;

/// How many numbers there are, their mean and Σ (x − mean)².
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moments {
    pub(super) count: f64,
    pub(super) mean: f64,
    pub(super) squares: f64,
}

impl Moments {
    pub(super) const NONE: Moments = Moments { count: 0.0, mean: 0.0, squares: 0.0 };

    /// Those of two sets together.
    #[inline(always)]
    pub(super) fn join(self, other: Moments) -> Moments {
        if self.count == 0.0 {
            return other;
        }
        let count = self.count + other.count;
        let ahead = other.mean - self.mean;
        // Infinite means stay what they are where they agree.
        let mean = if ahead.is_finite() {
            self.mean + ahead * (other.count / count)
        } else {
            (self.mean * self.count + other.mean * other.count) / count
        };
        let squares = self.squares + other.squares + ahead * ahead * (self.count * other.count / count);
        Moments { count, mean, squares }
    }

    /// Those of a slice.
    pub(super) fn of<T: Real>(x: &[T]) -> Moments {
        let mut all = Moments::NONE;
        run_at(level(), Blocks { x, all: &mut all });
        all
    }

    /// Two passes: the mean as it comes out of one sum, then the deviations from it, whose own sum corrects both (Neely,
    /// 1966).
    #[inline(always)]
    fn of_block<T: Real>(x: &[T]) -> Moments {
        let count = x.len() as f64;
        let (body, tail) = x.as_chunks::<LANES>();
        let mut sum = [T::zero(); LANES];
        for c in body {
            for l in 0..LANES {
                sum[l] += c[l];
            }
        }
        sum.iter_mut().zip(tail).for_each(|(s, &v)| *s += v);
        let rough = T::of(joined(sum).as_f64() / count);
        let (mut sum, mut squares) = ([T::zero(); LANES], [T::zero(); LANES]);
        for c in body {
            for l in 0..LANES {
                let d = c[l] - rough;
                sum[l] += d;
                squares[l] += d * d;
            }
        }
        for (l, &v) in tail.iter().enumerate() {
            let d = v - rough;
            sum[l] += d;
            squares[l] += d * d;
        }
        let (sum, squares) = (joined(sum).as_f64(), joined(squares).as_f64());
        let rest = if rough.is_finite() { sum / count } else { 0.0 };
        Moments { count, mean: rough.as_f64() + rest, squares: squares - sum * rest }
    }
}

/// The sum of all lanes, in pairs.
#[inline(always)]
fn joined<T: Real>(mut lanes: [T; LANES]) -> T {
    let mut n = LANES / 2;
    while n > 0 {
        for k in 0..n {
            lanes[k] += lanes[k + n];
        }
        n /= 2;
    }
    lanes[0]
}

/// The loop over blocks.
struct Blocks<'a, T> {
    x: &'a [T],
    all: &'a mut Moments,
}

impl<T: Real> Loop for Blocks<'_, T> {
    #[inline(always)]
    fn run(self) {
        for block in self.x.chunks(BLOCK) {
            *self.all = self.all.join(Moments::of_block(block));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_follow_their_definition() {
        for n in [1usize, 2, 31, 32, 33, 1000, 2047, 2048, 2049, 10_000] {
            for offset in [0.0, 5.0, 1e6] {
                let x: Vec<f32> = (0..n).map(|k| (k as f32 * 0.7).sin() + offset).collect();
                let wide: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
                let mean = wide.iter().sum::<f64>() / n as f64;
                let squares: f64 = wide.iter().map(|v| (v - mean).powi(2)).sum();
                let m = Moments::of(&x);
                assert_eq!(m.count, n as f64);
                assert!((m.mean - mean).abs() <= 1e-6 + 1e-12 * mean.abs(), "{n}: {} and {mean}", m.mean);
                assert!((m.squares - squares).abs() <= 1e-5 * (1.0 + squares), "{n}: {} and {squares}", m.squares);
            }
        }
    }

    #[test]
    fn nothing_and_infinities() {
        assert_eq!(Moments::of::<f64>(&[]), Moments::NONE);
        let m = Moments::of(&[1.0f64, f64::INFINITY]);
        assert!(m.mean == f64::INFINITY && m.squares.is_nan());
        assert!(Moments::of(&[f64::NAN, 1.0]).mean.is_nan());
    }
}
