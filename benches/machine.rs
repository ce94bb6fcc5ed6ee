//! What this machine can do at most: multiplications with addition a second, and bytes read, written and copied a second.
//! Measured by plain loops on as many threads as are asked for.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::Instant;

/// Peaks with a number of threads.
#[derive(Clone, Copy, Debug)]
pub struct Peaks {
    /// Single-precision operations a second; a multiplication with addition is two.
    pub flops: f64,
    /// Bytes a second.
    pub read: f64,
    pub write: f64,
    /// Bytes read and bytes written together.
    pub copy: f64,
}

/// Floats that each thread works on: more than caches hold.
const LARGE: usize = 32 << 20;

impl Peaks {
    pub fn measured(threads: usize) -> Peaks {
        const ROUNDS: usize = 2_000_000;
        let flops = multiply_add(1) * ROUNDS;
        let flops = flops as f64 * calls_a_second(threads, || (), |()| _ = multiply_add(ROUNDS));
        // Filling with such numbers is the system's `memset`, which does not read what it overwrites.
        const SAME_BYTES: f32 = f32::from_bits(0x3f3f_3f3f);
        let large = || (vec![1.0f32; LARGE], vec![2.0f32; LARGE]);
        let bytes = (4 * LARGE) as f64;
        let read = bytes * calls_a_second(threads, large, |(a, _)| _ = black_box(sum(a)));
        let write = bytes * calls_a_second(threads, large, |(a, _)| black_box(a).fill(SAME_BYTES));
        let copy = 2.0 * bytes * calls_a_second(threads, large, |(a, b)| black_box(b).copy_from_slice(black_box(a)));
        Peaks { flops, read, write, copy }
    }

    /// The better of two measurements.
    pub fn better(self, other: Peaks) -> Peaks {
        Peaks {
            flops: self.flops.max(other.flops),
            read: self.read.max(other.read),
            write: self.write.max(other.write),
            copy: self.copy.max(other.copy),
        }
    }

    /// The least seconds for so many operations, and bytes read from memory and written to it.
    ///
    /// What is read and written in equal measure goes at the rate of copying, the rest at that of reading or writing alone.
    pub fn least(&self, flops: f64, [read, written]: [f64; 2]) -> f64 {
        let both = read.min(written);
        let bytes = 2.0 * both / self.copy + (read - both) / self.read + (written - both) / self.write;
        (flops / self.flops).max(bytes)
    }
}

/// How many calls of `f` all threads together make in a second, at the best of some times.
fn calls_a_second<S>(threads: usize, make: impl Fn() -> S + Sync, f: impl Fn(&mut S) + Sync) -> f64 {
    const TIMES: usize = 12;
    let barrier = Barrier::new(threads);
    let one = || {
        let mut state = make();
        f(&mut state);
        let times = (0..TIMES).map(|_| {
            barrier.wait();
            let start = Instant::now();
            f(&mut state);
            start.elapsed().as_secs_f64()
        });
        times.collect::<Vec<f64>>()
    };
    let all: Vec<Vec<f64>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        workers.into_iter().map(|worker| worker.join().expect("nothing panics")).collect()
    });
    // A time is that of the slowest thread.
    let slowest = |k: usize| all.iter().map(|times| times[k]).fold(0.0, f64::max);
    threads as f64 / (0..TIMES).map(slowest).fold(f64::INFINITY, f64::min)
}

/// Adds all numbers in many partial sums.
fn sum(x: &[f32]) -> f32 {
    let mut partial = [0.0f32; 128];
    for part in x.as_chunks::<128>().0 {
        partial.iter_mut().zip(part).for_each(|(p, x)| *p += x);
    }
    partial.iter().sum()
}

/// Multiplies and adds in independent chains of the widest vectors there are; returns how many operations that was.
#[cfg(target_arch = "x86_64")]
fn multiply_add(rounds: usize) -> usize {
    use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps, _mm512_fmadd_ps, _mm512_set1_ps};

    #[target_feature(enable = "avx512f")]
    fn wide(rounds: usize) -> usize {
        let (m, c) = (_mm512_set1_ps(black_box(0.999)), _mm512_set1_ps(black_box(0.001)));
        let mut chains = [c; 20];
        for _ in 0..rounds {
            chains.iter_mut().for_each(|x| *x = _mm512_fmadd_ps(*x, m, c));
        }
        black_box(chains);
        rounds * chains.len() * 16 * 2
    }

    #[target_feature(enable = "avx2,fma")]
    fn narrow(rounds: usize) -> usize {
        let (m, c) = (_mm256_set1_ps(black_box(0.999)), _mm256_set1_ps(black_box(0.001)));
        let mut chains = [c; 12];
        for _ in 0..rounds {
            chains.iter_mut().for_each(|x| *x = _mm256_fmadd_ps(*x, m, c));
        }
        black_box(chains);
        rounds * chains.len() * 8 * 2
    }

    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has what the function needs.
        return unsafe { wide(rounds) };
    }
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: as above.
        return unsafe { narrow(rounds) };
    }
    plain(rounds)
}

#[cfg(not(target_arch = "x86_64"))]
fn multiply_add(rounds: usize) -> usize {
    plain(rounds)
}

/// The same as the compiler makes it, with a multiplication and an addition where they are not one instruction.
fn plain(rounds: usize) -> usize {
    let (m, c) = (black_box(0.999f32), black_box(0.001f32));
    let mut chains = [c; 48];
    for _ in 0..rounds {
        chains.iter_mut().for_each(|x| *x = if cfg!(target_feature = "fma") { x.mul_add(m, c) } else { *x * m + c });
    }
    black_box(chains);
    rounds * chains.len() * 2
}
