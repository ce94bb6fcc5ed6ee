//! Elementary functions over one slice, in place, for kernels that have their numbers in a buffer.
//! The bits are those of the rows of the same name.

use num_traits::{One, Zero};

use super::block::{CHUNK, Formula, one};
use super::level::{Level, level};
use crate::real::{Lane, Real};

enum Exp {}
enum Ln {}

impl Formula<1> for Exp {
    const ASKS_AGAIN: bool = false;
    #[inline(always)]
    fn at<L: Lane>(_: [L; 2], [x]: [L; 1]) -> L {
        x.exp()
    }
}

impl Formula<1> for Ln {
    const ASKS_AGAIN: bool = false;
    #[inline(always)]
    fn at<L: Lane>(_: [L; 2], [x]: [L; 1]) -> L {
        x.ln()
    }
}

/// x ← eˣ for every element.
pub(crate) fn exp<T: Real>(x: &mut [T]) {
    update::<T, Exp>(level(), x);
}

/// x ← ln x for every element.
pub(crate) fn ln<T: Real>(x: &mut [T]) {
    update::<T, Ln>(level(), x);
}

fn update<T: Real, F: Formula<1>>(level: Level, x: &mut [T]) {
    match level {
        // SAFETY: the level says that the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { avx512::<T, F>(x) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2::<T, F>(x) },
        Level::Portable => sweep::<T::Portable, F>(x),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma")]
fn avx512<T: Real, F: Formula<1>>(x: &mut [T]) {
    sweep::<T::Fused, F>(x);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<T: Real, F: Formula<1>>(x: &mut [T]) {
    sweep::<T::Fused, F>(x);
}

/// Chunk after chunk; the rest is padded to a whole one.
#[inline(always)]
fn sweep<L: Lane, F: Formula<1>>(x: &mut [L::Number]) {
    let zero = [L::Number::zero(); 2];
    let (chunks, rest) = x.as_chunks_mut::<CHUNK>();
    for chunk in chunks {
        for v in chunk {
            *v = one::<L, F, 1>(&zero, [*v]);
        }
    }
    if !rest.is_empty() {
        let mut padded = [L::Number::one(); CHUNK];
        padded[..rest.len()].copy_from_slice(rest);
        for v in &mut padded {
            *v = one::<L, F, 1>(&zero, [*v]);
        }
        rest.copy_from_slice(&padded[..rest.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::block::block_at;
    use super::super::tests::levels;
    use super::*;

    fn are_rows<T: Real>() {
        for level in levels() {
            for n in [0, 1, 10, 32, 97] {
                let x: Vec<T> = (0..n).map(|k| T::of((k * 37 % 101) as f64 * 0.7 - 3.0)).collect();
                let check = |made: Vec<T>, row: Vec<T>| {
                    let same = |(a, b): (&T, &T)| a.bits() == b.bits() || a.is_nan() && b.is_nan();
                    assert!(made.iter().zip(&row).all(same), "{n} at {level:?}");
                };
                let (mut made, mut row) = (x.clone(), x.clone());
                update::<T, Exp>(level, &mut made);
                block_at::<T, Exp, 1>(level, &[T::zero(); 2], &[&x], &mut row);
                check(made, row);
                let (mut made, mut row) = (x.clone(), x.clone());
                update::<T, Ln>(level, &mut made);
                block_at::<T, Ln, 1>(level, &[T::zero(); 2], &[&x], &mut row);
                check(made, row);
            }
        }
    }

    #[test]
    fn slices_get_the_bits_of_rows() {
        are_rows::<f32>();
        are_rows::<f64>();
    }
}
