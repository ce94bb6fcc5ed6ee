//! Vectors of numbers as the microkernels need them, one type for each level and number type.
//! Each method is one instruction; the portable vectors are arrays, which the compiler turns into what the target has.

use crate::real::Real;

/// A register of numbers.
///
/// # Safety
/// All methods need a processor with the instructions of the vector's level; pointers are valid for the elements named.
pub(super) trait Lanes<T>: Copy {
    const LANES: usize;
    /// Chooses the first elements of a vector.
    type Mask: Copy;

    /// The mask of the first `n` lanes, 1 ≤ n ≤ LANES.
    unsafe fn first(n: usize) -> Self::Mask;
    unsafe fn zero() -> Self;
    /// The number at `p` in all lanes.
    unsafe fn splat(p: *const T) -> Self;
    unsafe fn load(p: *const T) -> Self;
    /// Zeros where the mask is off; nothing is read there.
    unsafe fn load_first(p: *const T, mask: Self::Mask) -> Self;
    unsafe fn store(self, p: *mut T);
    unsafe fn store_first(self, p: *mut T, mask: Self::Mask);
    unsafe fn add(self, other: Self) -> Self;
    /// self + a·b.
    unsafe fn fma(self, a: Self, b: Self) -> Self;
    /// The sum of the lanes, halves first.
    unsafe fn sum(self) -> T;
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{Lanes, halves};

    macro_rules! avx512 {
        ($v:ty, $t:ty, $lanes:literal, $mask:ty, $zero:ident, $set1:ident, $load:ident, $loadz:ident, $store:ident,
         $storem:ident, $add:ident, $fma:ident, $sum:ident) => {
            // SAFETY: each method is one intrinsic, whose needs are those of the trait.
            impl Lanes<$t> for $v {
                const LANES: usize = $lanes;
                type Mask = $mask;

                #[inline(always)]
                unsafe fn first(n: usize) -> $mask {
                    (((1u32 << n) - 1) & u32::from(<$mask>::MAX)) as $mask
                }
                #[inline(always)]
                unsafe fn zero() -> Self {
                    // SAFETY: as the trait demands.
                    unsafe { $zero() }
                }
                #[inline(always)]
                unsafe fn splat(p: *const $t) -> Self {
                    // SAFETY: as the trait demands.
                    unsafe { $set1(*p) }
                }
                #[inline(always)]
                unsafe fn load(p: *const $t) -> Self {
                    // SAFETY: as the trait demands.
                    unsafe { $load(p) }
                }
                #[inline(always)]
                unsafe fn load_first(p: *const $t, mask: $mask) -> Self {
                    // SAFETY: as the trait demands.
                    unsafe { $loadz(mask, p) }
                }
                #[inline(always)]
                unsafe fn store(self, p: *mut $t) {
                    // SAFETY: as the trait demands.
                    unsafe { $store(p, self) }
                }
                #[inline(always)]
                unsafe fn store_first(self, p: *mut $t, mask: $mask) {
                    // SAFETY: as the trait demands.
                    unsafe { $storem(p, mask, self) }
                }
                #[inline(always)]
                unsafe fn add(self, other: Self) -> Self {
                    // SAFETY: as the trait demands.
                    unsafe { $add(self, other) }
                }
                #[inline(always)]
                unsafe fn fma(self, a: Self, b: Self) -> Self {
                    // SAFETY: as the trait demands.
                    unsafe { $fma(a, b, self) }
                }
                #[inline(always)]
                unsafe fn sum(self) -> $t {
                    // SAFETY: as the trait demands.
                    unsafe { $sum(self) }
                }
            }
        };
    }

    avx512!(
        __m512,
        f32,
        16,
        __mmask16,
        _mm512_setzero_ps,
        _mm512_set1_ps,
        _mm512_loadu_ps,
        _mm512_maskz_loadu_ps,
        _mm512_storeu_ps,
        _mm512_mask_storeu_ps,
        _mm512_add_ps,
        _mm512_fmadd_ps,
        _mm512_reduce_add_ps
    );
    avx512!(
        __m512d,
        f64,
        8,
        __mmask8,
        _mm512_setzero_pd,
        _mm512_set1_pd,
        _mm512_loadu_pd,
        _mm512_maskz_loadu_pd,
        _mm512_storeu_pd,
        _mm512_mask_storeu_pd,
        _mm512_add_pd,
        _mm512_fmadd_pd,
        _mm512_reduce_add_pd
    );

    /// A window into it is a mask of AVX2: ones before the middle, zeros after.
    static ONES_THEN_ZEROS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

    macro_rules! avx2 {
        ($v:ty, $t:ty, $lanes:literal, $words:literal, $zero:ident, $set1:ident, $load:ident, $loadm:ident,
         $store:ident, $storem:ident, $add:ident, $fma:ident) => {
            // SAFETY: each method is one intrinsic, whose needs are those of the trait.
            impl Lanes<$t> for $v {
                const LANES: usize = $lanes;
                type Mask = __m256i;

                #[inline(always)]
                unsafe fn first(n: usize) -> __m256i {
                    debug_assert!(n <= $lanes);
                    // SAFETY: 8 words from the place 8 - n·words on lie within the 16.
                    unsafe { _mm256_loadu_si256(ONES_THEN_ZEROS.as_ptr().add(8 - n * $words).cast()) }
                }
                #[inline(always)]
                unsafe fn zero() -> Self {
                    // SAFETY: as the trait demands.
                    unsafe { $zero() }
                }
                #[inline(always)]
                unsafe fn splat(p: *const $t) -> Self {
                    // SAFETY: as the trait demands.
                    unsafe { $set1(*p) }
                }
                #[inline(always)]
                unsafe fn load(p: *const $t) -> Self {
                    // SAFETY: as the trait demands.
                    unsafe { $load(p) }
                }
                #[inline(always)]
                unsafe fn load_first(p: *const $t, mask: __m256i) -> Self {
                    // SAFETY: as the trait demands.
                    unsafe { $loadm(p, mask) }
                }
                #[inline(always)]
                unsafe fn store(self, p: *mut $t) {
                    // SAFETY: as the trait demands.
                    unsafe { $store(p, self) }
                }
                #[inline(always)]
                unsafe fn store_first(self, p: *mut $t, mask: __m256i) {
                    // SAFETY: as the trait demands.
                    unsafe { $storem(p, mask, self) }
                }
                #[inline(always)]
                unsafe fn add(self, other: Self) -> Self {
                    // SAFETY: as the trait demands.
                    unsafe { $add(self, other) }
                }
                #[inline(always)]
                unsafe fn fma(self, a: Self, b: Self) -> Self {
                    // SAFETY: as the trait demands.
                    unsafe { $fma(a, b, self) }
                }
                #[inline(always)]
                unsafe fn sum(self) -> $t {
                    // SAFETY: the lanes of a vector are as many numbers.
                    let lanes: [$t; $lanes] = unsafe { std::mem::transmute(self) };
                    halves(lanes)
                }
            }
        };
    }

    avx2!(
        __m256,
        f32,
        8,
        1,
        _mm256_setzero_ps,
        _mm256_set1_ps,
        _mm256_loadu_ps,
        _mm256_maskload_ps,
        _mm256_storeu_ps,
        _mm256_maskstore_ps,
        _mm256_add_ps,
        _mm256_fmadd_ps
    );
    avx2!(
        __m256d,
        f64,
        4,
        2,
        _mm256_setzero_pd,
        _mm256_set1_pd,
        _mm256_loadu_pd,
        _mm256_maskload_pd,
        _mm256_storeu_pd,
        _mm256_maskstore_pd,
        _mm256_add_pd,
        _mm256_fmadd_pd
    );
}

// SAFETY: plain loads and stores of the elements named; an array needs no special instructions.
impl<T: Real, const N: usize> Lanes<T> for [T; N] {
    const LANES: usize = N;
    type Mask = usize;

    #[inline(always)]
    unsafe fn first(n: usize) -> usize {
        n
    }
    #[inline(always)]
    unsafe fn zero() -> Self {
        [T::zero(); N]
    }
    #[inline(always)]
    unsafe fn splat(p: *const T) -> Self {
        // SAFETY: as the trait demands.
        unsafe { [*p; N] }
    }
    #[inline(always)]
    unsafe fn load(p: *const T) -> Self {
        // SAFETY: as the trait demands.
        unsafe { p.cast::<[T; N]>().read() }
    }
    #[inline(always)]
    unsafe fn load_first(p: *const T, mask: usize) -> Self {
        // SAFETY: as the trait demands.
        std::array::from_fn(|i| if i < mask { unsafe { *p.add(i) } } else { T::zero() })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut T) {
        // SAFETY: as the trait demands.
        unsafe { p.cast::<[T; N]>().write(self) }
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut T, mask: usize) {
        for (i, x) in self.into_iter().enumerate().take(mask) {
            // SAFETY: as the trait demands.
            unsafe { *p.add(i) = x }
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i] + other[i])
    }
    #[inline(always)]
    unsafe fn fma(self, a: Self, b: Self) -> Self {
        // Where the target has no fused instruction, `mul_add` is a call into libm.
        const FUSED: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));
        std::array::from_fn(|i| if FUSED { a[i].mul_add(b[i], self[i]) } else { self[i] + a[i] * b[i] })
    }
    #[inline(always)]
    unsafe fn sum(self) -> T {
        halves(self)
    }
}

/// The sum of a power of two of numbers: the halves are added, then the halves of that.
#[inline(always)]
fn halves<T: Real, const N: usize>(mut x: [T; N]) -> T {
    let mut n = N;
    while n > 1 {
        n /= 2;
        for i in 0..n {
            x[i] += x[i + n];
        }
    }
    x[0]
}
