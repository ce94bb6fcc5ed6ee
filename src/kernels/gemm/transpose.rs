//! The loops of packing: a panel of columns, copied or transposed, for each level of vector instructions.

/// Where a panel comes from and goes to: element \[p, j\] of `k` rows and `cols` columns at `source[p·row + j·col]` goes to
/// `panel[p·width + j]`.
#[derive(Clone, Copy)]
pub(super) struct Panel<T> {
    pub(super) source: *const T,
    pub(super) row: usize,
    pub(super) col: usize,
    pub(super) k: usize,
    pub(super) cols: usize,
    pub(super) panel: *mut T,
    pub(super) width: usize,
}

/// A square of numbers that is transposed in registers.
///
/// # Safety
/// The methods need a processor with the instructions of the block's level; all `SIZE` rows of `SIZE` elements are valid.
pub(super) trait Block<T: Copy> {
    const SIZE: usize;
    /// to\[p·width + j\] = from\[j·col + p\].
    unsafe fn transpose(from: *const T, col: usize, to: *mut T, width: usize);
    /// Copies a row of `SIZE` elements.
    unsafe fn copy(from: *const T, to: *mut T);
}

/// # Safety
/// All elements that [`Panel`] names are valid; the processor has the instructions of B.
#[inline(always)]
pub(super) unsafe fn pack<T: Copy, B: Block<T>>(x: &Panel<T>) {
    let size = B::SIZE;
    let (whole_cols, whole_k) = (x.cols / size * size, x.k / size * size);
    // SAFETY: p < k and j < cols throughout, by this function's contract; blocks lie within the whole parts.
    unsafe {
        let element = |p: usize, j: usize| *x.panel.add(p * x.width + j) = *x.source.add(p * x.row + j * x.col);
        if x.col == 1 {
            for p in 0..x.k {
                let (from, to) = (x.source.add(p * x.row), x.panel.add(p * x.width));
                let mut j = 0;
                while j < whole_cols {
                    B::copy(from.add(j), to.add(j));
                    j += size;
                }
                (whole_cols..x.cols).for_each(|j| element(p, j));
            }
        } else if x.row == 1 {
            for j in (0..whole_cols).step_by(size) {
                for p in (0..whole_k).step_by(size) {
                    B::transpose(x.source.add(p + j * x.col), x.col, x.panel.add(p * x.width + j), x.width);
                }
                (whole_k..x.k).for_each(|p| (j..j + size).for_each(|j| element(p, j)));
            }
            (whole_cols..x.cols).for_each(|j| (0..x.k).for_each(|p| element(p, j)));
        } else {
            (0..x.k).for_each(|p| (0..x.cols).for_each(|j| element(p, j)));
        }
    }
}

/// N×N numbers, in whatever registers the compiler finds.
pub(super) struct Plain<const N: usize>;

impl<T: Copy, const N: usize> Block<T> for Plain<N> {
    const SIZE: usize = N;

    #[inline(always)]
    unsafe fn transpose(from: *const T, col: usize, to: *mut T, width: usize) {
        for j in 0..N {
            for p in 0..N {
                // SAFETY: the caller's.
                unsafe { *to.add(p * width + j) = *from.add(j * col + p) }
            }
        }
    }

    #[inline(always)]
    unsafe fn copy(from: *const T, to: *mut T) {
        // SAFETY: the caller's.
        unsafe { to.cast::<[T; N]>().write_unaligned(from.cast::<[T; N]>().read_unaligned()) }
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) mod x86 {
    use std::arch::x86_64::*;

    use super::Block;

    /// 8×8 numbers of f32 in eight AVX registers.
    pub(in super::super) struct Single8;

    // SAFETY: loads and stores of the elements named, and shuffles between them.
    impl Block<f32> for Single8 {
        const SIZE: usize = 8;

        #[inline(always)]
        unsafe fn transpose(from: *const f32, col: usize, to: *mut f32, width: usize) {
            // SAFETY: as the trait demands.
            unsafe {
                let r = |j: usize| _mm256_loadu_ps(from.add(j * col));
                let (r0, r1, r2, r3, r4, r5, r6, r7) = (r(0), r(1), r(2), r(3), r(4), r(5), r(6), r(7));
                let (a0, a1) = (_mm256_unpacklo_ps(r0, r1), _mm256_unpackhi_ps(r0, r1));
                let (a2, a3) = (_mm256_unpacklo_ps(r2, r3), _mm256_unpackhi_ps(r2, r3));
                let (a4, a5) = (_mm256_unpacklo_ps(r4, r5), _mm256_unpackhi_ps(r4, r5));
                let (a6, a7) = (_mm256_unpacklo_ps(r6, r7), _mm256_unpackhi_ps(r6, r7));
                let (b0, b1) = (_mm256_shuffle_ps::<0x44>(a0, a2), _mm256_shuffle_ps::<0xee>(a0, a2));
                let (b2, b3) = (_mm256_shuffle_ps::<0x44>(a1, a3), _mm256_shuffle_ps::<0xee>(a1, a3));
                let (b4, b5) = (_mm256_shuffle_ps::<0x44>(a4, a6), _mm256_shuffle_ps::<0xee>(a4, a6));
                let (b6, b7) = (_mm256_shuffle_ps::<0x44>(a5, a7), _mm256_shuffle_ps::<0xee>(a5, a7));
                let put = |p: usize, v| _mm256_storeu_ps(to.add(p * width), v);
                put(0, _mm256_permute2f128_ps::<0x20>(b0, b4));
                put(1, _mm256_permute2f128_ps::<0x20>(b1, b5));
                put(2, _mm256_permute2f128_ps::<0x20>(b2, b6));
                put(3, _mm256_permute2f128_ps::<0x20>(b3, b7));
                put(4, _mm256_permute2f128_ps::<0x31>(b0, b4));
                put(5, _mm256_permute2f128_ps::<0x31>(b1, b5));
                put(6, _mm256_permute2f128_ps::<0x31>(b2, b6));
                put(7, _mm256_permute2f128_ps::<0x31>(b3, b7));
            }
        }

        #[inline(always)]
        unsafe fn copy(from: *const f32, to: *mut f32) {
            // SAFETY: as the trait demands.
            unsafe { _mm256_storeu_ps(to, _mm256_loadu_ps(from)) }
        }
    }

    /// 4×4 numbers of f32 in four SSE registers.
    pub(in super::super) struct Single4;

    // SAFETY: as above.
    impl Block<f32> for Single4 {
        const SIZE: usize = 4;

        #[inline(always)]
        unsafe fn transpose(from: *const f32, col: usize, to: *mut f32, width: usize) {
            // SAFETY: as the trait demands.
            unsafe {
                let r = |j: usize| _mm_loadu_ps(from.add(j * col));
                let (r0, r1, r2, r3) = (r(0), r(1), r(2), r(3));
                let (a0, a1) = (_mm_unpacklo_ps(r0, r1), _mm_unpackhi_ps(r0, r1));
                let (a2, a3) = (_mm_unpacklo_ps(r2, r3), _mm_unpackhi_ps(r2, r3));
                let put = |p: usize, v| _mm_storeu_ps(to.add(p * width), v);
                put(0, _mm_movelh_ps(a0, a2));
                put(1, _mm_movehl_ps(a2, a0));
                put(2, _mm_movelh_ps(a1, a3));
                put(3, _mm_movehl_ps(a3, a1));
            }
        }

        #[inline(always)]
        unsafe fn copy(from: *const f32, to: *mut f32) {
            // SAFETY: as the trait demands.
            unsafe { _mm_storeu_ps(to, _mm_loadu_ps(from)) }
        }
    }

    /// 4×4 numbers of f64 in four AVX registers.
    pub(in super::super) struct Double4;

    // SAFETY: as above.
    impl Block<f64> for Double4 {
        const SIZE: usize = 4;

        #[inline(always)]
        unsafe fn transpose(from: *const f64, col: usize, to: *mut f64, width: usize) {
            // SAFETY: as the trait demands.
            unsafe {
                let r = |j: usize| _mm256_loadu_pd(from.add(j * col));
                let (r0, r1, r2, r3) = (r(0), r(1), r(2), r(3));
                let (a0, a1) = (_mm256_unpacklo_pd(r0, r1), _mm256_unpackhi_pd(r0, r1));
                let (a2, a3) = (_mm256_unpacklo_pd(r2, r3), _mm256_unpackhi_pd(r2, r3));
                let put = |p: usize, v| _mm256_storeu_pd(to.add(p * width), v);
                put(0, _mm256_permute2f128_pd::<0x20>(a0, a2));
                put(1, _mm256_permute2f128_pd::<0x20>(a1, a3));
                put(2, _mm256_permute2f128_pd::<0x31>(a0, a2));
                put(3, _mm256_permute2f128_pd::<0x31>(a1, a3));
            }
        }

        #[inline(always)]
        unsafe fn copy(from: *const f64, to: *mut f64) {
            // SAFETY: as the trait demands.
            unsafe { _mm256_storeu_pd(to, _mm256_loadu_pd(from)) }
        }
    }
}
