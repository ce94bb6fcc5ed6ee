//! The microkernels: one tile of C, held in registers, as a sum over k of columns of A times rows of B
//! (Goto & van de Geijn, 2008; Van Zee & van de Geijn, 2015), for each level of vector instructions.

use std::any::TypeId;

use super::super::simd::{self, Level};
use super::lanes::Lanes;
use super::transpose::{self, Block, Panel, Plain};
use super::vector::{self, Dots, Rows};
use crate::real::Real;

/// What one call of a microkernel multiplies: c\[i, j\] = Σ over p < k of a\[i, p\]·b\[p, j\], or adds that to c.
///
/// Element a\[i, p\] is `*a.add(i·a_row + p·a_step)`, b\[p, j\] is `*b.add(p·b_step + j)`, c\[i, j\] is `*c.add(i·c_row + j)`. The rows
/// of b and c are contiguous; a has any strides, and costs the same with any that stay in cache. A panel from
/// [`pack_a`](super::pack::pack_a) has `a_row` = 1 and `a_step` = [`Micro::mr`]; one from [`pack_b`](super::pack::pack_b) has
/// `b_step` = its width.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tile<T> {
    pub(crate) k: usize,
    pub(crate) a: *const T,
    pub(crate) a_row: usize,
    pub(crate) a_step: usize,
    pub(crate) b: *const T,
    pub(crate) b_step: usize,
    pub(crate) c: *mut T,
    pub(crate) c_row: usize,
    /// Rows of c, 1 to [`Micro::mr`].
    pub(crate) rows: usize,
    /// Columns of c, 1 to [`Micro::nr`].
    pub(crate) cols: usize,
    pub(crate) accumulate: bool,
}

type Kernel<T> = unsafe fn(&Tile<T>, *const T);
type Pack<T> = unsafe fn(&Panel<T>);
type DotKernel<T> = unsafe fn(&Dots<T>);
type RowKernel<T> = unsafe fn(&Rows<T>);

/// The microkernels of one level and number type, for every number of rows and of vectors in a row.
///
/// Each element of a tile is its own chain of (fused) multiplications and additions over p = 0, 1, …, so its bits depend on k
/// alone, neither on its place in a tile nor on the size of the tile.
pub(crate) struct Micro<T: 'static> {
    kernels: &'static [&'static [Kernel<T>]],
    /// The binary logarithm of the numbers in a vector.
    log_lanes: u32,
    pack: Pack<T>,
    dots: DotKernel<T>,
    rows: RowKernel<T>,
}

impl<T: Real> Micro<T> {
    /// The microkernels for the processor at hand.
    #[inline]
    pub(crate) fn get() -> &'static Self {
        Self::at(simd::level())
    }

    /// The microkernels of a level, which the processor must have.
    pub(crate) fn at(level: Level) -> &'static Self {
        // Real is sealed: f32 and f64 are all there is.
        if TypeId::of::<T>() == TypeId::of::<f32>() {
            // SAFETY: T is f32.
            unsafe { &*std::ptr::from_ref(single(level)).cast::<Self>() }
        } else {
            assert_eq!(TypeId::of::<T>(), TypeId::of::<f64>(), "products exist for f32 and f64");
            // SAFETY: T is f64.
            unsafe { &*std::ptr::from_ref(double(level)).cast::<Self>() }
        }
    }

    /// Rows of a full tile, and of a panel of A.
    #[inline]
    pub(crate) fn mr(&self) -> usize {
        self.kernels.len()
    }

    /// Columns of the widest tile: that many numbers are some vectors.
    #[inline]
    pub(crate) fn nr(&self) -> usize {
        self.kernels[0].len() << self.log_lanes
    }

    /// The best width of panels for n columns: as many tiles as the widest would need, of equal width in vectors.
    #[inline]
    pub(crate) fn width(&self, n: usize) -> usize {
        let vectors = (n + (1 << self.log_lanes) - 1) >> self.log_lanes;
        if vectors <= self.kernels[0].len() {
            return vectors.max(1) << self.log_lanes;
        }
        vectors.div_ceil(vectors.div_ceil(self.kernels[0].len())) << self.log_lanes
    }

    /// Computes a tile.
    ///
    /// # Safety
    /// 1 ≤ rows ≤ mr and 1 ≤ cols ≤ nr; every element of a, b (read) and c (written, and read to accumulate) that
    /// [`Tile`] names is valid for that, and c is apart from a and b.
    #[inline]
    pub(crate) unsafe fn run(&self, tile: &Tile<T>) {
        // SAFETY: by this function's contract.
        unsafe { self.run_ahead(tile, tile.b) }
    }

    /// As [`run`](Micro::run), while k cache lines from `ahead` on, which any address may be, are fetched for later.
    ///
    /// # Safety
    /// As of [`run`](Micro::run).
    #[inline]
    pub(super) unsafe fn run_ahead(&self, tile: &Tile<T>, ahead: *const T) {
        debug_assert!((1..=self.mr()).contains(&tile.rows) && (1..=self.nr()).contains(&tile.cols));
        // SAFETY: rows and cols are in range by this function's contract, so the indices are; the rest is passed on.
        unsafe {
            let row = self.kernels.get_unchecked(tile.rows - 1);
            row.get_unchecked((tile.cols - 1) >> self.log_lanes)(tile, ahead);
        }
    }

    /// Dot products of few rows with many.
    ///
    /// # Safety
    /// As [`vector::dots`].
    #[inline]
    pub(super) unsafe fn dots(&self, x: &Dots<T>) {
        // SAFETY: by this function's contract.
        unsafe { (self.dots)(x) }
    }

    /// A sum of rows, each times a factor.
    ///
    /// # Safety
    /// As [`vector::rows`].
    #[inline]
    pub(super) unsafe fn sum_rows(&self, x: &Rows<T>) {
        // SAFETY: by this function's contract.
        unsafe { (self.rows)(x) }
    }

    /// Numbers in a vector.
    #[inline]
    pub(super) fn lanes(&self) -> usize {
        1 << self.log_lanes
    }

    /// Copies k rows and `cols` columns with the strides given to a panel of rows of `width`.
    ///
    /// # Safety
    /// The elements named are valid: in the source for reads, in the panel for writes.
    #[inline]
    pub(super) unsafe fn pack(
        &self,
        source: *const T,
        [row, col]: [usize; 2],
        [k, cols]: [usize; 2],
        panel: *mut T,
        width: usize,
    ) {
        // SAFETY: by this function's contract.
        unsafe { (self.pack)(&Panel { source, row, col, k, cols, panel, width }) }
    }
}

/// Asks for a cache line that is read soon.
#[inline(always)]
fn fetch<T>(p: *const T) {
    // SAFETY: a hint that may name any address.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(p.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = p;
}

/// # Safety
/// As [`Micro::run`], with rows = MR and cols in the NV-th vector; the processor has the instructions of V.
#[inline(always)]
unsafe fn tile<T: Copy, V: Lanes<T>, const MR: usize, const NV: usize>(x: &Tile<T>, ahead: *const T) {
    let last = NV - 1;
    // SAFETY: the elements touched are those of the contract: all columns of vectors before the last one, and of the last
    // those in the mask. Steps beyond the last row of b or column of a are taken but not followed.
    unsafe {
        let mask = V::first(x.cols - last * V::LANES);
        let mut sum = [[V::zero(); NV]; MR];
        let (mut a, mut b, mut ahead) = (x.a, x.b, ahead);
        if x.accumulate {
            for i in 0..MR {
                for v in 0..NV {
                    fetch(x.c.wrapping_add(i * x.c_row + v * V::LANES));
                }
            }
        }
        for _ in 0..x.k {
            fetch(ahead);
            ahead = ahead.wrapping_byte_add(64);
            let mut row = [V::zero(); NV];
            for (v, row) in row[..last].iter_mut().enumerate() {
                *row = V::load(b.add(v * V::LANES));
            }
            row[last] = V::load_first(b.add(last * V::LANES), mask);
            for (i, sum) in sum.iter_mut().enumerate() {
                let x = V::splat(a.add(i * x.a_row));
                for v in 0..NV {
                    sum[v] = sum[v].fma(x, row[v]);
                }
            }
            a = a.wrapping_add(x.a_step);
            b = b.wrapping_add(x.b_step);
        }
        for (i, sum) in sum.iter().enumerate() {
            let c = x.c.add(i * x.c_row);
            for (v, &sum) in sum[..last].iter().enumerate() {
                let c = c.add(v * V::LANES);
                if x.accumulate { V::load(c).add(sum).store(c) } else { sum.store(c) }
            }
            let c = c.add(last * V::LANES);
            let s = if x.accumulate { V::load_first(c, mask).add(sum[last]) } else { sum[last] };
            s.store_first(c, mask);
        }
    }
}

/// A table of microkernels: `module::tile::<number, vector, rows, vectors>` for each of the rows and numbers of vectors named.
macro_rules! table {
    ($module:ident, $t:ty, $v:ty, $block:ty, $rows:tt, $vectors:tt) => {{
        const KERNELS: &[&[Kernel<$t>]] = table!(@rows $module, $t, $v, $rows, $vectors);
        static TABLE: Micro<$t> = Micro { kernels: KERNELS, log_lanes: <$v as Lanes<$t>>::LANES.ilog2(),
            pack: $module::pack::<$t, $block>,
            dots: $module::dots::<$t, $v>,
            rows: $module::rows::<$t, $v>,
        };
        &TABLE
    }};
    (@rows $module:ident, $t:ty, $v:ty, [$($mr:literal)*], $vectors:tt) => {
        &[$(table!(@row $module, $t, $v, $mr, $vectors)),*]
    };
    (@row $module:ident, $t:ty, $v:ty, $mr:literal, [$($nv:literal)*]) => {
        &[$($module::tile::<$t, $v, $mr, $nv>),*]
    };
}

/// The loops of this and the neighbouring modules, compiled for a level.
macro_rules! level {
    ($module:ident, $($features:literal)?) => {
        mod $module {
            use super::*;

            /// # Safety
            /// As [`super::tile`].
            $(#[target_feature(enable = $features)])?
            pub(super) unsafe fn tile<T: Copy, V: Lanes<T>, const MR: usize, const NV: usize>(x: &Tile<T>, ahead: *const T) {
                // SAFETY: by this function's contract.
                unsafe { super::tile::<T, V, MR, NV>(x, ahead) }
            }

            /// # Safety
            /// As [`transpose::pack`].
            $(#[target_feature(enable = $features)])?
            pub(super) unsafe fn pack<T: Copy, B: Block<T>>(x: &Panel<T>) {
                // SAFETY: by this function's contract.
                unsafe { transpose::pack::<T, B>(x) }
            }

            /// # Safety
            /// As [`vector::dots`].
            $(#[target_feature(enable = $features)])?
            pub(super) unsafe fn dots<T: Real, V: Lanes<T>>(x: &Dots<T>) {
                // SAFETY: by this function's contract.
                unsafe { vector::dots::<T, V>(x) }
            }

            /// # Safety
            /// As [`vector::rows`].
            $(#[target_feature(enable = $features)])?
            pub(super) unsafe fn rows<T: Real, V: Lanes<T>>(x: &Rows<T>) {
                // SAFETY: by this function's contract.
                unsafe { vector::rows::<T, V>(x) }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
level!(avx512, "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma");
#[cfg(target_arch = "x86_64")]
level!(avx2, "avx2,fma");
level!(portable,);

/// 16 bytes, the vectors of SSE2, NEON and wasm simd128. NEON has 32 registers, the others 16.
macro_rules! portable {
    ($t:ty, $lanes:literal) => {
        if cfg!(target_arch = "aarch64") {
            table!(portable, $t, [$t; $lanes], Plain<4>, [1 2 3 4 5 6 7 8], [1 2 3])
        } else {
            table!(portable, $t, [$t; $lanes], Plain<4>, [1 2 3 4], [1 2])
        }
    };
}

/// 24 sums, 3 vectors of b and one of a fill the 32 registers of AVX-512; 12, 3 and 1 the 16 of AVX2.
fn single(level: Level) -> &'static Micro<f32> {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => {
            table!(avx512, f32, std::arch::x86_64::__m512, transpose::x86::Single8, [1 2 3 4 5 6 7 8], [1 2 3])
        }
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => {
            table!(avx2, f32, std::arch::x86_64::__m256, transpose::x86::Single4, [1 2 3 4], [1 2 3])
        }
        Level::Portable => portable!(f32, 4),
    }
}

fn double(level: Level) -> &'static Micro<f64> {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => {
            table!(avx512, f64, std::arch::x86_64::__m512d, transpose::x86::Double4, [1 2 3 4 5 6 7 8], [1 2 3])
        }
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => {
            table!(avx2, f64, std::arch::x86_64::__m256d, transpose::x86::Double4, [1 2 3 4], [1 2 3])
        }
        Level::Portable => portable!(f64, 2),
    }
}
