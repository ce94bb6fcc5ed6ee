//! A vector of numbers as wide as the processor's registers, behind one trait, so that a kernel is written once.
//! AVX-512 and AVX2 are chosen at run time; everything else computes with arrays that the compiler maps to what it has.

use std::any::TypeId;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use super::super::simd::Level;
use super::tile::{Tile, tile};
use crate::real::Real;

/// A vector of [`N`](Lanes::N) numbers.
///
/// Vectors are made by `unsafe` functions only: whoever calls them knows that the processor has the instructions. What a
/// vector can do is safe, then. Everything is inlined into a function that is compiled for those instructions, which
/// [`Element::run`] sees to; closures and iterators that pass vectors on are not sure to be, so kernels have loops.
pub(crate) trait Lanes: Copy {
    type E: Element;

    /// The number of numbers.
    const N: usize;

    /// Those at `p`.
    ///
    /// # Safety
    /// The processor has the instructions, and N numbers stand at `p`.
    unsafe fn load(p: *const Self::E) -> Self;

    /// The first `n` ≤ N at `p`, followed by zeros.
    ///
    /// # Safety
    /// The processor has the instructions, and `n` numbers stand at `p`.
    #[inline(always)]
    unsafe fn load_first(p: *const Self::E, n: usize) -> Self {
        let mut all = [Self::E::ZERO; MAX];
        // SAFETY: `n` numbers stand at `p`, and `all` has room for the longest vector.
        unsafe {
            all.as_mut_ptr().copy_from_nonoverlapping(p, n.min(Self::N));
            Self::load(all.as_ptr())
        }
    }

    /// N times the same.
    ///
    /// # Safety
    /// The processor has the instructions.
    unsafe fn splat(x: Self::E) -> Self;

    /// N times the same, beside a vector that proves the instructions.
    #[inline(always)]
    fn all(self, x: f64) -> Self {
        // SAFETY: a vector exists only where the processor has its instructions.
        unsafe { Self::splat(Self::E::of(x)) }
    }

    /// Writes all to `p`.
    ///
    /// # Safety
    /// There is room for N numbers at `p`.
    unsafe fn store(self, p: *mut Self::E);

    /// Writes the first `n` ≤ N to `p`.
    ///
    /// # Safety
    /// There is room for `n` numbers at `p`.
    #[inline(always)]
    unsafe fn store_first(self, p: *mut Self::E, n: usize) {
        // SAFETY: there is room for `n` numbers at `p`.
        unsafe { p.copy_from_nonoverlapping(self.to_array().as_ptr(), n.min(Self::N)) }
    }

    /// All numbers, and zeros behind them.
    #[inline(always)]
    fn to_array(self) -> [Self::E; MAX] {
        let mut all = [Self::E::ZERO; MAX];
        // SAFETY: `all` has room for the longest vector.
        unsafe { self.store(all.as_mut_ptr()) };
        all
    }

    fn add(self, b: Self) -> Self;

    fn sub(self, b: Self) -> Self;

    fn mul(self, b: Self) -> Self;

    /// self·b + c, rounded once where the processor can.
    fn mul_add(self, b: Self, c: Self) -> Self;

    /// Exchanges rows and columns of the first N vectors.
    #[inline(always)]
    fn transpose(block: &mut [Self; MAX]) {
        transpose_in_memory(block);
    }

    /// The most rows of a tile, an even number: two vectors for each, two more and a factor fit the registers.
    const ROWS: usize;

    /// The product of a tile of at least `rows` ≤ [`ROWS`](Lanes::ROWS) rows with 1 or 2 vectors in each; see [`Tile`].
    fn tile(rows: usize, vectors: usize) -> unsafe fn(&Tile<Self::E>);
}

/// The most numbers that a vector holds.
pub(crate) const MAX: usize = 16;

/// The numbers that there are vectors of.
pub(crate) trait Element: Real {
    const ZERO: Self;

    #[cfg(target_arch = "x86_64")]
    type Avx512: Lanes<E = Self>;
    #[cfg(target_arch = "x86_64")]
    type Avx2: Lanes<E = Self>;
    type Arrays: Lanes<E = Self>;

    /// Runs a task with the vectors of a level.
    #[inline(always)]
    fn run<K: Task<Self>>(level: Level, task: K) -> K::Out {
        match level {
            // SAFETY: there is no such level where the processor lacks its instructions.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => unsafe { avx512(task) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { avx2(task) },
            // SAFETY: these are arrays.
            Level::Portable => unsafe { task.run::<Self::Arrays>() },
        }
    }

    /// How many numbers a vector of a level holds.
    fn lanes(level: Level) -> usize {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => Self::Avx512::N,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => Self::Avx2::N,
            Level::Portable => Self::Arrays::N,
        }
    }
}

/// A loop for any vectors; [`run`](Task::run) is marked `#[inline(always)]`, and so is what it calls.
pub(crate) trait Task<E: Element> {
    type Out;

    /// # Safety
    /// The processor has the vectors' instructions.
    unsafe fn run<V: Lanes<E = E>>(self) -> Self::Out;
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma")]
unsafe fn avx512<E: Element, K: Task<E>>(task: K) -> K::Out {
    // SAFETY: the contract of this function.
    unsafe { task.run::<E::Avx512>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<E: Element, K: Task<E>>(task: K) -> K::Out {
    // SAFETY: the contract of this function.
    unsafe { task.run::<E::Avx2>() }
}

impl Element for f32 {
    const ZERO: Self = 0.0;

    #[cfg(target_arch = "x86_64")]
    type Avx512 = __m512;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = __m256;
    type Arrays = Array<f32, 4>;
}

impl Element for f64 {
    const ZERO: Self = 0.0;

    #[cfg(target_arch = "x86_64")]
    type Avx512 = __m512d;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = __m256d;
    type Arrays = Array<f64, 2>;
}

/// The same slice if its type is the one meant.
pub(crate) fn cast<T: 'static, E: 'static>(x: &[T]) -> Option<&[E]> {
    // SAFETY: the two types are one.
    (TypeId::of::<T>() == TypeId::of::<E>()).then(|| unsafe { std::slice::from_raw_parts(x.as_ptr().cast(), x.len()) })
}

/// As [`cast`], to write.
pub(crate) fn cast_mut<T: 'static, E: 'static>(x: &mut [T]) -> Option<&mut [E]> {
    let is = TypeId::of::<T>() == TypeId::of::<E>();
    // SAFETY: the two types are one.
    is.then(|| unsafe { std::slice::from_raw_parts_mut(x.as_mut_ptr().cast(), x.len()) })
}

/// The tile of a given size, one function for each: they are called through a pointer, and compiled once.
macro_rules! tiles {
    ($at:expr, [$($rows:literal)+], $of:ty) => {
        match $at {
            $((..=$rows, 1) => <$of>::sized::<$rows, 1>,)+
            $((..=$rows, 2) => <$of>::sized::<$rows, 2>,)+
            (rows, vectors) => unreachable!("no tile has {rows} rows of {vectors} vectors"),
        }
    };
}

/// Exchanges rows and columns through memory, where there are no instructions for it.
#[inline(always)]
fn transpose_in_memory<V: Lanes>(block: &mut [V; MAX]) {
    let (mut rows, mut columns) = ([[V::E::ZERO; MAX]; MAX], [[V::E::ZERO; MAX]; MAX]);
    for (v, row) in block[..V::N].iter().zip(&mut rows) {
        // SAFETY: a row has room for the longest vector.
        unsafe { v.store(row.as_mut_ptr()) }
    }
    for (i, row) in rows[..V::N].iter().enumerate() {
        (0..V::N).for_each(|j| columns[j][i] = row[j]);
    }
    for (v, column) in block[..V::N].iter_mut().zip(&columns) {
        // SAFETY: as above; the vectors given prove the instructions.
        *v = unsafe { V::load(column.as_ptr()) };
    }
}

/// Exchanges rows and columns in the registers: neighbours, pairs, then quarters of the vector.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn transpose_16(r: &mut [__m512; MAX]) {
    let mut t = *r;
    // SAFETY: vectors of this type exist only where the processor has them.
    unsafe {
        for i in 0..8 {
            t[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
            t[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
        }
        for i in (0..16).step_by(4) {
            for k in 0..2 {
                let (a, b) = (_mm512_castps_pd(t[i + k]), _mm512_castps_pd(t[i + 2 + k]));
                r[i + 2 * k] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
                r[i + 2 * k + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
            }
        }
        for k in 0..4 {
            t[k] = _mm512_shuffle_f32x4::<0x88>(r[k], r[4 + k]);
            t[4 + k] = _mm512_shuffle_f32x4::<0xdd>(r[k], r[4 + k]);
            t[8 + k] = _mm512_shuffle_f32x4::<0x88>(r[8 + k], r[12 + k]);
            t[12 + k] = _mm512_shuffle_f32x4::<0xdd>(r[8 + k], r[12 + k]);
        }
        for k in 0..4 {
            r[k] = _mm512_shuffle_f32x4::<0x88>(t[k], t[8 + k]);
            r[8 + k] = _mm512_shuffle_f32x4::<0xdd>(t[k], t[8 + k]);
            r[4 + k] = _mm512_shuffle_f32x4::<0x88>(t[4 + k], t[12 + k]);
            r[12 + k] = _mm512_shuffle_f32x4::<0xdd>(t[4 + k], t[12 + k]);
        }
    }
}

/// As [`transpose_16`], with halves in place of quarters.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn transpose_8(r: &mut [__m256; MAX]) {
    let mut t = *r;
    // SAFETY: vectors of this type exist only where the processor has them.
    unsafe {
        for i in 0..4 {
            t[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
            t[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
        }
        for i in (0..8).step_by(4) {
            for k in 0..2 {
                let (a, b) = (_mm256_castps_pd(t[i + k]), _mm256_castps_pd(t[i + 2 + k]));
                r[i + 2 * k] = _mm256_castpd_ps(_mm256_unpacklo_pd(a, b));
                r[i + 2 * k + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(a, b));
            }
        }
        for k in 0..4 {
            t[k] = _mm256_permute2f128_ps::<0x20>(r[k], r[4 + k]);
            t[4 + k] = _mm256_permute2f128_ps::<0x31>(r[k], r[4 + k]);
        }
    }
    *r = t;
}

/// The vectors of x86-64: what all have, and what some have better than by the default.
macro_rules! x86 {
    ($v:ty, $e:ty, $n:literal, [$($rows:literal)+] $most:literal, $features:literal,
     $load:ident $store:ident $splat:ident $add:ident $sub:ident $mul:ident $fma:ident, { $($better:item)* }) => {
        #[cfg(target_arch = "x86_64")]
        impl Lanes for $v {
            type E = $e;

            const N: usize = $n;
            const ROWS: usize = $most;

            #[inline(always)]
            unsafe fn load(p: *const $e) -> Self {
                // SAFETY: the contract of the caller.
                unsafe { $load(p) }
            }

            #[inline(always)]
            unsafe fn splat(x: $e) -> Self {
                // SAFETY: the contract of the caller.
                unsafe { $splat(x) }
            }

            #[inline(always)]
            unsafe fn store(self, p: *mut $e) {
                // SAFETY: the contract of the caller.
                unsafe { $store(p, self) }
            }

            #[inline(always)]
            fn add(self, b: Self) -> Self {
                // SAFETY: a vector exists only where the processor has its instructions; so in those below.
                unsafe { $add(self, b) }
            }

            #[inline(always)]
            fn sub(self, b: Self) -> Self {
                // SAFETY: as above.
                unsafe { $sub(self, b) }
            }

            #[inline(always)]
            fn mul(self, b: Self) -> Self {
                // SAFETY: as above.
                unsafe { $mul(self, b) }
            }

            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: as above.
                unsafe { $fma(self, b, c) }
            }

            fn tile(rows: usize, vectors: usize) -> unsafe fn(&Tile<$e>) {
                struct Tiles;
                impl Tiles {
                    #[target_feature(enable = $features)]
                    unsafe fn sized<const R: usize, const C: usize>(t: &Tile<$e>) {
                        // SAFETY: the contract of the caller is that of this function.
                        unsafe { tile::<$v, R, C>(t) }
                    }
                }
                tiles!((rows, vectors), [$($rows)+], Tiles)
            }

            $($better)*
        }
    };
}

x86! {
    __m512, f32, 16, [1 2 4 6 8 10 12 14] 14, "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma",
    _mm512_loadu_ps _mm512_storeu_ps _mm512_set1_ps _mm512_add_ps _mm512_sub_ps _mm512_mul_ps _mm512_fmadd_ps, {
        #[inline(always)]
        unsafe fn load_first(p: *const f32, n: usize) -> Self {
            // SAFETY: the contract of the caller; what the mask leaves out is not read.
            unsafe { _mm512_maskz_loadu_ps(((1u32 << n) - 1) as u16, p) }
        }

        #[inline(always)]
        unsafe fn store_first(self, p: *mut f32, n: usize) {
            // SAFETY: the contract of the caller; what the mask leaves out is not written.
            unsafe { _mm512_mask_storeu_ps(p, ((1u32 << n) - 1) as u16, self) }
        }

        #[inline(always)]
        fn transpose(block: &mut [Self; MAX]) {
            transpose_16(block);
        }
    }
}

x86! {
    __m512d, f64, 8, [1 2 4 6 8 10 12 14] 14, "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma",
    _mm512_loadu_pd _mm512_storeu_pd _mm512_set1_pd _mm512_add_pd _mm512_sub_pd _mm512_mul_pd _mm512_fmadd_pd, {}
}

x86! {
    __m256, f32, 8, [1 2 4 6] 6, "avx2,fma",
    _mm256_loadu_ps _mm256_storeu_ps _mm256_set1_ps _mm256_add_ps _mm256_sub_ps _mm256_mul_ps _mm256_fmadd_ps, {
        #[inline(always)]
        fn transpose(block: &mut [Self; MAX]) {
            transpose_8(block);
        }
    }
}

x86! {
    __m256d, f64, 4, [1 2 4 6] 6, "avx2,fma",
    _mm256_loadu_pd _mm256_storeu_pd _mm256_set1_pd _mm256_add_pd _mm256_sub_pd _mm256_mul_pd _mm256_fmadd_pd, {}
}

/// A vector for any machine: an array of 16 bytes, the least that all registers hold.
#[derive(Clone, Copy)]
pub(crate) struct Array<E, const N: usize>([E; N]);

impl<E: Element, const N: usize> Array<E, N> {
    unsafe fn sized<const R: usize, const C: usize>(t: &Tile<E>) {
        // SAFETY: the contract of the caller is that of this function.
        unsafe { tile::<Self, R, C>(t) }
    }
}

impl<E: Element, const N: usize> Lanes for Array<E, N> {
    type E = E;

    const N: usize = N;
    const ROWS: usize = 6;

    #[inline(always)]
    unsafe fn load(p: *const E) -> Self {
        // SAFETY: the contract of the caller.
        Array(unsafe { p.cast::<[E; N]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn splat(x: E) -> Self {
        Array([x; N])
    }

    #[inline(always)]
    unsafe fn store(self, p: *mut E) {
        // SAFETY: the contract of the caller.
        unsafe { p.cast::<[E; N]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    fn add(self, b: Self) -> Self {
        let mut c = self;
        (0..N).for_each(|k| c.0[k] = self.0[k] + b.0[k]);
        c
    }

    #[inline(always)]
    fn sub(self, b: Self) -> Self {
        let mut c = self;
        (0..N).for_each(|k| c.0[k] = self.0[k] - b.0[k]);
        c
    }

    #[inline(always)]
    fn mul(self, b: Self) -> Self {
        let mut c = self;
        (0..N).for_each(|k| c.0[k] = self.0[k] * b.0[k]);
        c
    }

    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        // Not fused: without an instruction for it that would be a call.
        self.mul(b).add(c)
    }

    fn tile(rows: usize, vectors: usize) -> unsafe fn(&Tile<E>) {
        tiles!((rows, vectors), [1 2 4 6], Self)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::kernels::simd::level;

    /// The levels that this machine has.
    pub(crate) fn levels() -> impl Iterator<Item = Level> {
        #[cfg(target_arch = "x86_64")]
        let all = [Level::Portable, Level::Avx2, Level::Avx512];
        #[cfg(not(target_arch = "x86_64"))]
        let all = [Level::Portable];
        all.into_iter().filter(|&l| l <= level())
    }

    struct Exercise;

    impl<E: Element> Task<E> for Exercise {
        type Out = ();

        #[inline(always)]
        unsafe fn run<V: Lanes<E = E>>(self) {
            let number = |k: usize| E::of(k as f64);
            let x: Vec<E> = (0..MAX * MAX).map(number).collect();
            // SAFETY: whoever runs this has the vectors, and nothing is read or written beyond the two arrays.
            unsafe {
                let mut block = [V::splat(E::ZERO); MAX];
                for (k, v) in block[..V::N].iter_mut().enumerate() {
                    *v = V::load(x.as_ptr().add(k * V::N));
                }
                V::transpose(&mut block);
                for (i, v) in block[..V::N].iter().enumerate() {
                    let row = v.to_array();
                    (0..V::N).for_each(|j| assert_eq!(row[j], x[j * V::N + i]));
                }
                for n in 0..=V::N {
                    let v = V::load_first(x.as_ptr().add(1), n);
                    let sum = v.to_array()[..V::N].iter().fold(E::ZERO, |a, &b| a + b);
                    assert_eq!(sum, number((1..=n).sum::<usize>()));
                    let mut out = [number(99); MAX];
                    v.add(v.all(1.0)).store_first(out.as_mut_ptr(), n);
                    (0..MAX).for_each(|k| assert_eq!(out[k], number(if k < n { k + 2 } else { 99 })));
                }
                let (a, b) = (V::load(x.as_ptr().add(3)), V::splat(number(2)));
                let all = [a.sub(b), a.mul(b), a.mul_add(b, a)].map(|v| v.to_array());
                for k in 0..V::N {
                    assert_eq!(all.map(|v| v[k]), [number(k + 1), number(2 * (k + 3)), number(3 * (k + 3))]);
                }
            }
        }
    }

    #[test]
    fn vectors_compute_what_they_say() {
        for level in levels() {
            f32::run(level, Exercise);
            f64::run(level, Exercise);
        }
    }
}
