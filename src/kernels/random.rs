//! Random numbers that are a function of (seed, step, ordinal, element), so no order of work can change them.
//! The generator is Philox4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11).

use super::par;
use crate::real::Real;

/// Elements of one task; a multiple of what one block of the generator yields.
const TASK: usize = 1 << 13;

/// Names one sequence of random numbers: the seed, the step, and which of a step's random lines draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) seed: u64,
    pub(crate) step: u64,
    pub(crate) ordinal: u32,
}

impl Stream {
    /// Block `block` of the sequence.
    #[inline(always)]
    fn words(self, block: usize) -> [u32; 4] {
        // Callers have checked that the block's number fits.
        let counter = [block as u32, self.ordinal, self.step as u32, (self.step >> 32) as u32];
        philox(counter, [self.seed as u32, (self.seed >> 32) as u32])
    }
}

/// Ten rounds of Philox on four words; multipliers and Weyl increments are the paper's.
///
/// Inlined, so that the loop over blocks overlaps their rounds: a block alone waits for ten products in a row.
#[inline(always)]
fn philox(mut c: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for round in 0..10 {
        if round > 0 {
            key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
        }
        let (a, b) = (u64::from(c[0]) * 0xD251_1F53, u64::from(c[2]) * 0xCD9E_8D57);
        c = [(b >> 32) as u32 ^ c[1] ^ key[0], b as u32, (a >> 32) as u32 ^ c[3] ^ key[1], a as u32];
    }
    c
}

/// Fills `out` with what `f` makes of each block's words, `N` elements a block.
///
/// # Panics
/// If the sequence would need more than 2³² blocks, that is, repeat itself.
fn fill<T: Real, const N: usize>(
    stream: Stream,
    out: &mut [T],
    task: usize,
    f: impl Fn([u32; 4]) -> [T; N] + Sync + Send,
) {
    let blocks = out.len().div_ceil(N) as u64;
    assert!(blocks <= 1 << 32, "{} random numbers are more than one stream holds", out.len());
    let work = out.len() * 8;
    par::chunks_mut(out, task, work, |k, out| {
        let first = k * task / N;
        let (whole, rest) = out.as_chunks_mut::<N>();
        let tail = first + whole.len();
        whole.iter_mut().enumerate().for_each(|(b, o)| *o = f(stream.words(first + b)));
        if !rest.is_empty() {
            rest.copy_from_slice(&f(stream.words(tail))[..rest.len()]);
        }
    });
}

/// 64 bits from two words.
fn wide(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// Whether numbers of this type are made from one word (f32) or from two (f64).
fn single<T: Real>() -> bool {
    size_of::<T>() == size_of::<f32>()
}

/// Uniform on \[0, 1): multiples of 2⁻²⁴ for f32, of 2⁻⁵³ for f64.
pub(crate) fn uniform<T: Real>(stream: Stream, out: &mut [T]) {
    uniform_by(stream, out, TASK);
}

fn uniform_by<T: Real>(stream: Stream, out: &mut [T], task: usize) {
    if single::<T>() {
        let unit = |w: u32| T::of(f64::from(w >> 8) * 2f64.powi(-24));
        fill(stream, out, task, |w| w.map(unit));
    } else {
        let unit = |bits: u64| T::of((bits >> 11) as f64 * 2f64.powi(-53));
        fill(stream, out, task, |[a, b, c, d]| [unit(wide(a, b)), unit(wide(c, d))]);
    }
}

/// `scale` with probability `keep_probability` (to within 2⁻³²), 0 otherwise; the same elements for f32 and f64.
pub(crate) fn keep_mask<T: Real>(stream: Stream, keep_probability: f64, scale: T, out: &mut [T]) {
    keep_mask_by(stream, keep_probability, scale, out, TASK);
}

fn keep_mask_by<T: Real>(stream: Stream, keep_probability: f64, scale: T, out: &mut [T], task: usize) {
    let below = (keep_probability * 2f64.powi(32)) as u64;
    fill(stream, out, task, |w| w.map(|w| if u64::from(w) < below { scale } else { T::zero() }));
}

/// Normal with mean 0 and variance 1 (Box & Muller, 1958): r cos φ and r sin φ with r = √(−2 ln u), φ = 2πv.
pub(crate) fn normal<T: Real>(stream: Stream, out: &mut [T]) {
    normal_by(stream, out, TASK);
}

fn normal_by<T: Real>(stream: Stream, out: &mut [T], task: usize) {
    if single::<T>() {
        let unit = |w: u32| (f64::from(w) + 0.5) * 2f64.powi(-32);
        fill(stream, out, task, |[a, b, c, d]| {
            let ([p, q], [r, s]) = (box_muller(unit(a), unit(b)), box_muller(unit(c), unit(d)));
            [p, q, r, s].map(T::of)
        });
    } else {
        let unit = |bits: u64| ((bits >> 12) as f64 + 0.5) * 2f64.powi(-52);
        fill(stream, out, task, |[a, b, c, d]| box_muller(unit(wide(a, b)), unit(wide(c, d))).map(T::of));
    }
}

/// Both coordinates, from u and v strictly between 0 and 1; `libm` rather than the platform's functions, so that the
/// bits are the same everywhere.
fn box_muller(u: f64, v: f64) -> [f64; 2] {
    let r = (-2.0 * libm::log(u)).sqrt();
    let (sin, cos) = libm::sincos(std::f64::consts::TAU * v);
    [r * cos, r * sin]
}

#[cfg(test)]
mod tests {
    use super::super::naive_data::{on_threads, same};
    use super::*;

    const STREAM: Stream = Stream { seed: 0x0123_4567_89AB_CDEF, step: 3, ordinal: 5 };

    /// The known answers that come with the paper's library, Random123.
    #[test]
    fn philox_gives_the_published_answers() {
        let ones = u32::MAX;
        assert_eq!(philox([0; 4], [0; 2]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
        assert_eq!(philox([ones; 4], [ones; 2]), [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
        assert_eq!(
            philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
        );
    }

    fn drawn<T: Real>(n: usize, f: impl Fn(&mut [T])) -> Vec<T> {
        let mut out = vec![T::nan(); n];
        f(&mut out);
        out
    }

    fn mean(x: &[f64]) -> f64 {
        x.iter().sum::<f64>() / x.len() as f64
    }

    fn covariance(x: &[f64], y: &[f64]) -> f64 {
        let (mx, my) = (mean(x), mean(y));
        x.iter().zip(y).map(|(a, b)| (a - mx) * (b - my)).sum::<f64>() / x.len() as f64
    }

    fn doubles<T: Real>(x: &[T]) -> Vec<f64> {
        x.iter().map(|&v| Real::as_f64(v)).collect()
    }

    const N: usize = 100_000;

    fn has_its_moments<T: Real>() {
        // Five standard errors each.
        let u: Vec<T> = drawn(N, |o| uniform(STREAM, o));
        let u = doubles(&u);
        assert!(u.iter().all(|v| (0.0..1.0).contains(v)));
        assert!((mean(&u) - 0.5).abs() < 5.0 * (1.0 / 12.0 / N as f64).sqrt());
        assert!((covariance(&u, &u) - 1.0 / 12.0).abs() < 5.0 * (1.0 / 180.0 / N as f64).sqrt());

        let z: Vec<T> = drawn(N, |o| normal(STREAM, o));
        let z = doubles(&z);
        let fourth = mean(&z.iter().map(|v| v.powi(4)).collect::<Vec<_>>());
        assert!(mean(&z).abs() < 5.0 / (N as f64).sqrt());
        assert!((covariance(&z, &z) - 1.0).abs() < 5.0 * (2.0 / N as f64).sqrt());
        assert!((fourth - 3.0).abs() < 5.0 * (96.0 / N as f64).sqrt(), "{fourth}");
        assert!(z.iter().all(|v| v.is_finite()));

        let m: Vec<T> = drawn(N, |o| keep_mask(STREAM, 0.8, T::of(1.25), o));
        assert!(m.iter().all(|&v| v == T::zero() || v == T::of(1.25)));
        assert!((mean(&doubles(&m)) - 1.0).abs() < 5.0 * 1.25 * (0.16 / N as f64).sqrt());
    }

    #[test]
    fn distributions_have_their_moments() {
        has_its_moments::<f32>();
        has_its_moments::<f64>();
    }

    #[test]
    fn neighbouring_streams_and_elements_are_uncorrelated() {
        let base: Vec<f64> = drawn(N, |o| uniform(STREAM, o));
        let bound = 5.0 / 12.0 / (N as f64).sqrt();
        for other in [
            Stream { seed: STREAM.seed + 1, ..STREAM },
            Stream { seed: STREAM.seed ^ 1 << 63, ..STREAM },
            Stream { step: STREAM.step + 1, ..STREAM },
            Stream { step: STREAM.step + (1 << 32), ..STREAM },
            Stream { ordinal: STREAM.ordinal + 1, ..STREAM },
        ] {
            let next: Vec<f64> = drawn(N, |o| uniform(other, o));
            assert!(covariance(&base, &next).abs() < bound, "{other:?}");
        }
        for lag in 1..6 {
            assert!(covariance(&base[lag..], &base[..N - lag]).abs() < bound, "lag {lag}");
        }
    }

    fn depends_on_nothing_else<T: Real>() {
        let draws: [fn(&mut [T], usize); 3] = [
            |o, task| uniform_by(STREAM, o, task),
            |o, task| normal_by(STREAM, o, task),
            |o, task| keep_mask_by(STREAM, 0.5, T::one(), o, task),
        ];
        for draw in draws {
            let whole = drawn(50_001, |o| draw(o, TASK));
            for task in [4, 12, 4096, 1 << 20] {
                let again = on_threads(3, || drawn(50_001, |o| draw(o, task)));
                assert!(same(&whole, &again), "tasks of {task}");
            }
            for n in [0, 1, 2, 3, 5, 1001] {
                assert!(same(&whole[..n], &drawn(n, |o| draw(o, TASK))), "the first {n}");
            }
        }
    }

    #[test]
    fn an_element_depends_on_neither_tasks_nor_threads_nor_length() {
        depends_on_nothing_else::<f32>();
        depends_on_nothing_else::<f64>();
    }

    #[test]
    fn masks_agree_between_types_and_keep_all_or_none_at_the_ends() {
        let single = drawn(1000, |o| keep_mask(STREAM, 0.3, 1f32, o));
        let double = drawn(1000, |o| keep_mask(STREAM, 0.3, 1f64, o));
        assert_eq!(doubles(&single), double);
        assert_eq!(drawn(1000, |o| keep_mask(STREAM, 1.0, 2f32, o)), vec![2.0; 1000]);
        assert_eq!(drawn(1000, |o| keep_mask(STREAM, 0.0, 2f32, o)), vec![0.0; 1000]);
    }
}
