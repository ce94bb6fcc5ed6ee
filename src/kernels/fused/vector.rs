//! Vectors of numbers with the arithmetic of chains, one type for each level and number type.
//! Each method is one instruction or two; the portable vectors are arrays, which the compiler turns into what the target has.

use super::arith;
use crate::real::Real;

/// A register of numbers.
///
/// # Safety
/// All methods need a processor with the instructions of the vector's level; pointers are valid for the elements named.
pub(crate) trait Vector<T>: Copy {
    const LANES: usize;

    unsafe fn splat(x: T) -> Self;
    unsafe fn load(p: *const T) -> Self;
    /// The first `n` ≤ LANES elements, and zeros; nothing else is read.
    unsafe fn load_first(p: *const T, n: usize) -> Self;
    unsafe fn store(a: Self, p: *mut T);
    /// The first `n` ≤ LANES elements.
    unsafe fn store_first(a: Self, p: *mut T, n: usize);
    unsafe fn add(a: Self, b: Self) -> Self;
    unsafe fn sub(a: Self, b: Self) -> Self;
    unsafe fn mul(a: Self, b: Self) -> Self;
    unsafe fn div(a: Self, b: Self) -> Self;
    unsafe fn neg(a: Self) -> Self;
    /// a·b, and 0 where a is 0.
    unsafe fn azmul(a: Self, b: Self) -> Self;
    /// a where x > 0, else 0.
    unsafe fn gate(a: Self, x: Self) -> Self;
    /// a, and 0 where a ≤ 0.
    unsafe fn relu(a: Self) -> Self;
}

/// The vectors of a number type.
pub(crate) trait Vectors: Sized {
    #[cfg(target_arch = "x86_64")]
    type Avx512: Vector<Self>;
    #[cfg(target_arch = "x86_64")]
    type Avx2: Vector<Self>;
    type Arrays: Vector<Self>;
}

impl Vectors for f32 {
    #[cfg(target_arch = "x86_64")]
    type Avx512 = std::arch::x86_64::__m512;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = std::arch::x86_64::__m256;
    type Arrays = [f32; 4];
}

impl Vectors for f64 {
    #[cfg(target_arch = "x86_64")]
    type Avx512 = std::arch::x86_64::__m512d;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = std::arch::x86_64::__m256d;
    type Arrays = [f64; 2];
}

/// A method that is an expression of intrinsics.
#[cfg(target_arch = "x86_64")]
macro_rules! methods {
    ($($f:ident($($x:ident: $X:ty),*) $(-> $R:ty)? { $e:expr })*) => {
        $(
            #[inline(always)]
            unsafe fn $f($($x: $X),*) $(-> $R)? {
                // SAFETY: as the trait demands.
                unsafe { $e }
            }
        )*
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Vector;

    macro_rules! avx512 {
        ($V:ty, $T:ty, $lanes:literal, $Mask:ty; $set1:ident $loadu:ident $loadz:ident $storeu:ident $storem:ident $add:ident
         $sub:ident $mul:ident $mulz:ident $div:ident $cmp:ident $movz:ident $zero:ident) => {
            impl Vector<$T> for $V {
                const LANES: usize = $lanes;

                methods! {
                    splat(x: $T) -> Self { $set1(x) }
                    load(p: *const $T) -> Self { $loadu(p) }
                    load_first(p: *const $T, n: usize) -> Self { $loadz(((1u32 << n) - 1) as $Mask, p) }
                    add(a: Self, b: Self) -> Self { $add(a, b) }
                    sub(a: Self, b: Self) -> Self { $sub(a, b) }
                    mul(a: Self, b: Self) -> Self { $mul(a, b) }
                    div(a: Self, b: Self) -> Self { $div(a, b) }
                    neg(a: Self) -> Self { $sub($set1(-0.0), a) }
                    azmul(a: Self, b: Self) -> Self { $mulz($cmp::<_CMP_NEQ_UQ>(a, $zero()), a, b) }
                    gate(a: Self, x: Self) -> Self { $movz($cmp::<_CMP_GT_OQ>(x, $zero()), a) }
                    relu(a: Self) -> Self { $movz($cmp::<_CMP_NLE_UQ>(a, $zero()), a) }
                    store(a: Self, p: *mut $T) { $storeu(p, a) }
                    store_first(a: Self, p: *mut $T, n: usize) { $storem(p, ((1u32 << n) - 1) as $Mask, a) }
                }
            }
        };
    }

    avx512! {
        __m512, f32, 16, u16; _mm512_set1_ps _mm512_loadu_ps _mm512_maskz_loadu_ps _mm512_storeu_ps _mm512_mask_storeu_ps
        _mm512_add_ps _mm512_sub_ps _mm512_mul_ps _mm512_maskz_mul_ps _mm512_div_ps _mm512_cmp_ps_mask _mm512_maskz_mov_ps
        _mm512_setzero_ps
    }
    avx512! {
        __m512d, f64, 8, u8; _mm512_set1_pd _mm512_loadu_pd _mm512_maskz_loadu_pd _mm512_storeu_pd _mm512_mask_storeu_pd
        _mm512_add_pd _mm512_sub_pd _mm512_mul_pd _mm512_maskz_mul_pd _mm512_div_pd _mm512_cmp_pd_mask _mm512_maskz_mov_pd
        _mm512_setzero_pd
    }

    macro_rules! avx2 {
        ($V:ty, $T:ty, $lanes:literal; $set1:ident $loadu:ident $storeu:ident $add:ident $sub:ident $mul:ident $div:ident
         $cmp:ident $and:ident $zero:ident) => {
            impl Vector<$T> for $V {
                const LANES: usize = $lanes;

                methods! {
                    splat(x: $T) -> Self { $set1(x) }
                    load(p: *const $T) -> Self { $loadu(p) }
                    load_first(p: *const $T, n: usize) -> Self { $loadu(<[$T; $lanes]>::load_first(p, n).as_ptr()) }
                    add(a: Self, b: Self) -> Self { $add(a, b) }
                    sub(a: Self, b: Self) -> Self { $sub(a, b) }
                    mul(a: Self, b: Self) -> Self { $mul(a, b) }
                    div(a: Self, b: Self) -> Self { $div(a, b) }
                    neg(a: Self) -> Self { $sub($set1(-0.0), a) }
                    azmul(a: Self, b: Self) -> Self { $and($cmp::<_CMP_NEQ_UQ>(a, $zero()), $mul(a, b)) }
                    gate(a: Self, x: Self) -> Self { $and($cmp::<_CMP_GT_OQ>(x, $zero()), a) }
                    relu(a: Self) -> Self { $and($cmp::<_CMP_NLE_UQ>(a, $zero()), a) }
                    store(a: Self, p: *mut $T) { $storeu(p, a) }
                    store_first(a: Self, p: *mut $T, n: usize) {
                        <[$T; $lanes]>::store_first(std::mem::transmute::<Self, [$T; $lanes]>(a), p, n)
                    }
                }
            }
        };
    }

    avx2! {
        __m256, f32, 8; _mm256_set1_ps _mm256_loadu_ps _mm256_storeu_ps _mm256_add_ps _mm256_sub_ps _mm256_mul_ps
        _mm256_div_ps _mm256_cmp_ps _mm256_and_ps _mm256_setzero_ps
    }
    avx2! {
        __m256d, f64, 4; _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd _mm256_add_pd _mm256_sub_pd _mm256_mul_pd
        _mm256_div_pd _mm256_cmp_pd _mm256_and_pd _mm256_setzero_pd
    }
}

/// The lanes of an array, one after the other.
#[inline(always)]
fn lanes<T: Real, const N: usize>(a: [T; N], b: [T; N], f: impl Fn(T, T) -> T) -> [T; N] {
    std::array::from_fn(|k| f(a[k], b[k]))
}

impl<T: Real, const N: usize> Vector<T> for [T; N] {
    const LANES: usize = N;

    #[inline(always)]
    unsafe fn splat(x: T) -> Self {
        [x; N]
    }

    #[inline(always)]
    unsafe fn load(p: *const T) -> Self {
        // SAFETY: as the trait demands.
        unsafe { p.cast::<[T; N]>().read() }
    }

    #[inline(always)]
    unsafe fn load_first(p: *const T, n: usize) -> Self {
        // SAFETY: as the trait demands.
        std::array::from_fn(|k| if k < n { unsafe { *p.wrapping_add(k) } } else { T::zero() })
    }

    #[inline(always)]
    unsafe fn store(a: Self, p: *mut T) {
        // SAFETY: as the trait demands.
        unsafe { p.cast::<[T; N]>().write(a) }
    }

    #[inline(always)]
    unsafe fn store_first(a: Self, p: *mut T, n: usize) {
        for (k, x) in a.into_iter().enumerate().take(n) {
            // SAFETY: as the trait demands.
            unsafe { *p.wrapping_add(k) = x }
        }
    }

    #[inline(always)]
    unsafe fn add(a: Self, b: Self) -> Self {
        lanes(a, b, |a, b| a + b)
    }

    #[inline(always)]
    unsafe fn sub(a: Self, b: Self) -> Self {
        lanes(a, b, |a, b| a - b)
    }

    #[inline(always)]
    unsafe fn mul(a: Self, b: Self) -> Self {
        lanes(a, b, |a, b| a * b)
    }

    #[inline(always)]
    unsafe fn div(a: Self, b: Self) -> Self {
        lanes(a, b, |a, b| a / b)
    }

    #[inline(always)]
    unsafe fn neg(a: Self) -> Self {
        a.map(|a| -a)
    }

    #[inline(always)]
    unsafe fn azmul(a: Self, b: Self) -> Self {
        lanes(a, b, arith::azmul)
    }

    #[inline(always)]
    unsafe fn gate(a: Self, x: Self) -> Self {
        lanes(a, x, arith::gate)
    }

    #[inline(always)]
    unsafe fn relu(a: Self) -> Self {
        a.map(arith::relu)
    }
}
