//! Pointwise formulas over blocks of numbers, compiled once for every level of vector instructions.
//! A formula is written for one lane; loops of constant length around it are what the compiler turns into vectors.

use std::mem::transmute_copy;

use num_traits::{Float, One, Zero};

use super::level::{Level, level};
use crate::real::{Lane, Real};

/// A formula with at most two parameters and N operands.
pub(crate) trait Formula<const N: usize> {
    /// Whether it has elementary functions in it, whose vector code may answer NaN where the scalar functions know better.
    /// A formula without any is the same at every level.
    const ASKS_AGAIN: bool;

    /// The value for one element.
    fn at<L: Lane>(p: [L; 2], x: [L; N]) -> L;
}

/// What a formula is compiled to for numbers of one type.
#[derive(Clone, Copy)]
pub(crate) struct Loops<T> {
    /// The loop over operands of equal length.
    pub(crate) block: fn(&[T; 2], &[&[T]], &mut [T]),
    /// One element.
    pub(crate) scalar: fn(&[T; 2], &[T]) -> T,
}

impl<T: Real> Loops<T> {
    /// Those of the two that are for T. They are functions without type parameters, so that a formula is compiled once, with
    /// this crate, and not again in every program.
    pub(crate) const fn of(single: Loops<f32>, double: Loops<f64>) -> Self {
        // SAFETY: `Real` is sealed: T is f32 or f64, which differ in size, so what is copied has the type that it is read as.
        unsafe { if size_of::<T>() == size_of::<f32>() { transmute_copy(&single) } else { transmute_copy(&double) } }
    }
}

/// The loops of a formula, for the type that the context asks for.
macro_rules! loops {
    ($F:ident) => {
        $crate::kernels::simd::Loops::of(
            $crate::kernels::simd::loops!(@of f32, $F),
            $crate::kernels::simd::loops!(@of f64, $F),
        )
    };
    (@of $T:ty, $F:ident) => {{
        fn block(p: &[$T; 2], x: &[&[$T]], y: &mut [$T]) {
            match $crate::kernels::COMPACT {
                true => $crate::kernels::simd::one_by_one(scalar, p, x, y),
                false => $crate::kernels::simd::block::<$T, $F, _>(p, x, y),
            }
        }
        fn scalar(p: &[$T; 2], x: &[$T]) -> $T {
            $crate::kernels::simd::scalar::<$T, $F, _>(p, x)
        }
        $crate::kernels::simd::Loops { block, scalar }
    }};
}

pub(crate) use loops;

/// Elements of one vector loop: whole vectors of every width, and enough of them to keep the units busy.
pub(super) const CHUNK: usize = 32;

/// y = f(p; x) for every element.
///
/// # Panics
/// There are not N operands as long as `y`.
pub(crate) fn block<T: Real, F: Formula<N>, const N: usize>(p: &[T; 2], x: &[&[T]], y: &mut [T]) {
    block_at::<T, F, N>(level(), p, x, y);
}

#[inline(always)]
pub(super) fn block_at<T: Real, F: Formula<N>, const N: usize>(level: Level, p: &[T; 2], x: &[&[T]], y: &mut [T]) {
    let x: &[&[T]; N] = x.try_into().expect("a row's block gets all its operands");
    let mut operands = *x;
    let mut i = 0;
    while i < N {
        operands[i] = &x[i][..y.len()];
        i += 1;
    }
    let x = operands;
    // One element, as a scalar tape has them, is no vector.
    if let [y] = y {
        *y = scalar_at::<T, F, N>(level, p, &across(&x, 0));
        return;
    }
    let holes = match level {
        // SAFETY: the level says that the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { avx512::<T, F, N>(p, x, y) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2::<T, F, N>(p, x, y) },
        Level::Portable => portable::<T, F, N>(p, x, y),
    };
    if holes {
        fill_holes::<T, F, N>(p, x, y);
    }
}

/// The block of a formula from what it is for one element: slower, with the same bits, and one function for all formulas.
///
/// # Panics
/// There are more than four operands, or one is shorter than `y`.
pub(crate) fn one_by_one<T: Real>(scalar: fn(&[T; 2], &[T]) -> T, p: &[T; 2], x: &[&[T]], y: &mut [T]) {
    let mut element = [T::zero(); 4];
    for (k, y) in y.iter_mut().enumerate() {
        element.iter_mut().zip(x).for_each(|(e, x)| *e = x[k]);
        *y = scalar(p, &element[..x.len()]);
    }
}

/// f(p; x) for one element: the same bits as in a block.
///
/// # Panics
/// There are not N operands.
pub(crate) fn scalar<T: Real, F: Formula<N>, const N: usize>(p: &[T; 2], x: &[T]) -> T {
    scalar_at::<T, F, N>(level(), p, x)
}

#[inline(always)]
fn scalar_at<T: Real, F: Formula<N>, const N: usize>(level: Level, p: &[T; 2], x: &[T]) -> T {
    let x: &[T; N] = x.try_into().expect("a row's formula gets all its operands");
    if !F::ASKS_AGAIN {
        return one::<T::Portable, F, N>(p, *x);
    }
    let y = match level {
        // SAFETY: the level says that the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 | Level::Avx2 => unsafe { fused::<T, F, N>(p, *x) },
        Level::Portable => one::<T::Portable, F, N>(p, *x),
    };
    if y.is_nan() { one::<T::Exact, F, N>(p, *x) } else { y }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma")]
fn avx512<T: Real, F: Formula<N>, const N: usize>(p: &[T; 2], x: [&[T]; N], y: &mut [T]) -> bool {
    sweep::<T::Fused, F, N>(p, x, y)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<T: Real, F: Formula<N>, const N: usize>(p: &[T; 2], x: [&[T]; N], y: &mut [T]) -> bool {
    sweep::<T::Fused, F, N>(p, x, y)
}

/// Not inlined, so that the compiler may rely on `y` being no operand, as for the other levels.
#[inline(never)]
fn portable<T: Real, F: Formula<N>, const N: usize>(p: &[T; 2], x: [&[T]; N], y: &mut [T]) -> bool {
    sweep::<T::Portable, F, N>(p, x, y)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn fused<T: Real, F: Formula<N>, const N: usize>(p: &[T; 2], x: [T; N]) -> T {
    one::<T::Fused, F, N>(p, x)
}

/// Loops and not `map`: closures in arrays are what compiling every formula would mostly consist of.
#[inline(always)]
pub(super) fn one<L: Lane, F: Formula<N>, const N: usize>(p: &[L::Number; 2], x: [L::Number; N]) -> L::Number {
    let mut lanes = [L::zero(); N];
    let mut i = 0;
    while i < N {
        lanes[i] = L::new(x[i]);
        i += 1;
    }
    F::at([L::new(p[0]), L::new(p[1])], lanes).number()
}

/// Element `k` of every operand.
#[inline(always)]
fn across<T: Copy, const N: usize>(x: &[&[T]; N], k: usize) -> [T; N] {
    let mut elements = [x[0][k]; N];
    let mut i = 1;
    while i < N {
        elements[i] = x[i][k];
        i += 1;
    }
    elements
}

/// Chunk after chunk; whether there are NaNs that the scalar functions are to be asked about.
#[inline(always)]
fn sweep<L: Lane, F: Formula<N>, const N: usize>(
    p: &[L::Number; 2],
    x: [&[L::Number]; N],
    y: &mut [L::Number],
) -> bool {
    let (len, mut first, mut holes) = (y.len(), 0, false);
    while first + CHUNK <= len {
        let mut operands = x;
        let mut i = 0;
        while i < N {
            operands[i] = &x[i][first..first + CHUNK];
            i += 1;
        }
        holes |= vectors::<L, F, N>(p, &operands, &mut y[first..first + CHUNK]);
        first += CHUNK;
    }
    if first < len {
        // The rest is a whole chunk too, padded with what any formula bears.
        let mut padded = [[L::Number::one(); CHUNK]; N];
        let mut operands = x;
        let mut i = 0;
        while i < N {
            padded[i][..len - first].copy_from_slice(&x[i][first..]);
            i += 1;
        }
        let mut i = 0;
        while i < N {
            operands[i] = &padded[i];
            i += 1;
        }
        let mut out = [L::Number::zero(); CHUNK];
        holes |= vectors::<L, F, N>(p, &operands, &mut out);
        y[first..].copy_from_slice(&out[..len - first]);
    }
    holes
}

/// One chunk.
#[inline(always)]
fn vectors<L: Lane, F: Formula<N>, const N: usize>(
    p: &[L::Number; 2],
    x: &[&[L::Number]; N],
    y: &mut [L::Number],
) -> bool {
    let mut holes = false;
    let mut k = 0;
    while k < CHUNK {
        let v = one::<L, F, N>(p, across(x, k));
        y[k] = v;
        holes |= v.is_nan();
        k += 1;
    }
    F::ASKS_AGAIN && holes
}

/// Asks the scalar functions where there is NaN.
#[cold]
#[inline(never)]
fn fill_holes<T: Real, F: Formula<N>, const N: usize>(p: &[T; 2], x: [&[T]; N], y: &mut [T]) {
    let mut k = 0;
    while k < y.len() {
        if y[k].is_nan() {
            y[k] = one::<T::Exact, F, N>(p, across(&x, k));
        }
        k += 1;
    }
}
