//! Which vector instructions there are, and a wrapper that compiles a loop for each of them.
//! `WENGERT_SIMD` (`portable`, `avx2`, `avx512`) asks for fewer than the processor has, so that tests reach every path.

use std::sync::atomic::{AtomicU8, Ordering};

/// Vector instructions, the fewest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Level {
    /// What the target always has: SSE2 on x86-64, NEON on aarch64, simd128 on wasm where it is enabled.
    Portable = 1,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2 = 2,
    /// AVX-512 F, BW, CD, DQ and VL.
    #[cfg(target_arch = "x86_64")]
    Avx512 = 3,
}

/// The level at which kernels run in this process; found on the first call.
#[inline]
pub(crate) fn level() -> Level {
    static LEVEL: AtomicU8 = AtomicU8::new(0);
    match LEVEL.load(Ordering::Relaxed) {
        0 => {
            let found = detect();
            LEVEL.store(found as u8, Ordering::Relaxed);
            found
        }
        #[cfg(target_arch = "x86_64")]
        3 => Level::Avx512,
        #[cfg(target_arch = "x86_64")]
        2 => Level::Avx2,
        _ => Level::Portable,
    }
}

#[cold]
fn detect() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        let at_most = match std::env::var("WENGERT_SIMD").as_deref() {
            Ok("portable") => Level::Portable,
            Ok("avx2") => Level::Avx2,
            _ => Level::Avx512,
        };
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let avx512 = avx2
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        let has = if avx512 {
            Level::Avx512
        } else if avx2 {
            Level::Avx2
        } else {
            Level::Portable
        };
        has.min(at_most)
    }
    #[cfg(not(target_arch = "x86_64"))]
    Level::Portable
}

/// Runs `f`, a loop over slices, compiled for the widest vectors there are.
///
/// `f` must be inlined to gain anything: a closure that is called here only, and what it calls marked `#[inline(always)]`.
#[inline(always)]
pub(crate) fn vectorize<R>(f: impl FnOnce() -> R) -> R {
    match level() {
        // SAFETY: the level says that the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { avx512(f) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2(f) },
        Level::Portable => f(),
    }
}

/// A loop that is too large for the compiler to inline a closure of it: `run` must be `#[inline(always)]`.
pub(crate) trait Loop {
    fn run(self);
}

/// Runs a loop, compiled for the instructions of a level.
///
/// # Panics
/// The processor has fewer.
pub(crate) fn run_at(at: Level, f: impl Loop) {
    assert!(at <= level(), "the processor has the instructions of the level");
    match at {
        // SAFETY: by the assertion, the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { run_avx512(f) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { run_avx2(f) },
        Level::Portable => f.run(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma")]
fn run_avx512(f: impl Loop) {
    f.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2(f: impl Loop) {
    f.run();
}

/// The levels of this processor, for tests that compare them.
#[cfg(test)]
pub(crate) fn levels() -> impl Iterator<Item = Level> {
    #[cfg(target_arch = "x86_64")]
    let all = [Level::Portable, Level::Avx2, Level::Avx512];
    #[cfg(not(target_arch = "x86_64"))]
    let all = [Level::Portable];
    all.into_iter().filter(|&l| l <= level())
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma")]
fn avx512<R>(f: impl FnOnce() -> R) -> R {
    f()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<R>(f: impl FnOnce() -> R) -> R {
    f()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_gives_the_same_at_every_level() {
        let x: Vec<f32> = (0..1000).map(|k| k as f32).collect();
        let mut y = vec![0.0f32; 1000];
        vectorize(|| y.iter_mut().zip(&x).for_each(|(y, x)| *y = x * 2.0 + 1.0));
        assert!(y.iter().zip(&x).all(|(y, x)| *y == x * 2.0 + 1.0));
        assert_eq!(level(), level());
    }
}
