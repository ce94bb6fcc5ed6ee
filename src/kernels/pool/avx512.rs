//! Max pooling of `f32` along strides of 1 and 2 with AVX-512: cells go from the image to registers and maxima to the result.
//! Sixteen neighbouring windows are one vector; with a stride of 2 the even and the odd cells are parted in registers.

use std::arch::x86_64::*;

use super::super::scratch;
use super::super::windows::{LANES, Lanes, Windows};
use super::Maxima;
use crate::real::Real;

/// Whether [`rows`] can do it.
pub(super) fn can<T: Real>(lanes: &Lanes) -> bool {
    std::any::TypeId::of::<T>() == std::any::TypeId::of::<f32>() && lanes.stride <= 2
}

/// The maxima of the windows of whole planes, as [`Rows`](super::Rows) finds them.
///
/// # Safety
/// T is `f32`, the stride is 1 or 2, and the processor has these instructions.
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
pub(super) unsafe fn rows<T: Real, const D: usize>(x: &[T], w: &Windows<D>, lanes: &Lanes, mut out: Maxima<'_, T>) {
    let (width, cells) = (w.width(), w.cells());
    let mut first = scratch::take::<u32>(lanes.width);
    first.fill(0);
    first.iter_mut().zip(w.columns()).for_each(|(first, span)| *first = span.first as u32);
    let line = Line {
        input: w.input_width() as isize,
        kernel: lanes.kernel,
        stride: lanes.stride as isize,
        dilation: lanes.dilation as isize,
        padding: lanes.padding as isize,
    };
    let lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let lane = if lanes.stride == 2 { _mm512_add_epi32(lane, lane) } else { lane };
    let rows = w.positions() / width;
    for (p, plane) in x.chunks_exact(cells).enumerate() {
        for r in 0..rows {
            let row = w.row(r);
            let above = _mm512_set1_epi32(row.first as i32);
            let (values, mut index) = out.row(p * rows + r, width);
            for block in 0..width.div_ceil(LANES) {
                let at = block * LANES;
                let mut best = Best {
                    value: _mm512_set1_ps(f32::NEG_INFINITY),
                    // SAFETY: `first` has room for whole vectors of windows.
                    index: _mm512_add_epi32(unsafe { _mm512_loadu_si512(first.as_ptr().add(at).cast()) }, above),
                };
                for start in row.starts() {
                    assert!(start + w.input_width() <= cells, "a row lies within its plane");
                    // SAFETY: by the assertion, all cells of the row may be read.
                    unsafe { line.take(plane.as_ptr().add(start).cast(), start, at, lane, &mut best) };
                }
                let inside = !0u16 >> (LANES - LANES.min(width - at));
                assert!(values.len() == width && index.as_ref().is_none_or(|i| i.len() == width), "room for a row");
                // SAFETY: `inside` lets the windows from `at` to the last of the row be written, for which there is room.
                unsafe {
                    _mm512_mask_storeu_ps(values.as_mut_ptr().add(at).cast(), inside, best.value);
                    if let Some(index) = &mut index {
                        _mm512_mask_storeu_epi32(index.as_mut_ptr().add(at).cast(), inside, best.index);
                    }
                }
            }
        }
    }
}

/// The best cells so far of sixteen windows.
struct Best {
    value: __m512,
    index: __m512i,
}

impl Best {
    /// Lets one cell of each window take part; the first of them has the index `at`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
    fn take(&mut self, cell: __m512, at: isize, lane: __m512i) {
        let larger = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(cell, self.value);
        let wins = larger | _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(cell, cell);
        self.value = _mm512_mask_mov_ps(self.value, wins, cell);
        self.index = _mm512_mask_add_epi32(self.index, wins, _mm512_set1_epi32(at as i32), lane);
    }
}

/// How windows lie along a row of the input.
struct Line {
    input: isize,
    kernel: usize,
    stride: isize,
    dilation: isize,
    padding: isize,
}

impl Line {
    /// Of 32 columns from `first` on, those on the input.
    #[inline]
    fn inside(&self, first: isize) -> u32 {
        let below = |n: isize| (1u64 << n.clamp(0, 32)) - 1;
        (below(self.input - first) & !below(-first)) as u32
    }

    /// Lets a row of the input, which begins at cell `start` of its plane, take part in the windows from number `at` on.
    ///
    /// # Safety
    /// The cells of the row may be read.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
    unsafe fn take(&self, row: *const f32, start: usize, at: usize, lane: __m512i, best: &mut Best) {
        let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        let odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
        let mut k = 0;
        while k < self.kernel {
            let column = at as isize * self.stride + k as isize * self.dilation - self.padding;
            let inside = self.inside(column);
            let index = start as isize + column;
            // SAFETY: the columns in question lie within the row.
            let low = unsafe { cells(row.wrapping_offset(column), inside as u16) };
            if self.stride == 1 {
                best.take(low, index, lane);
                k += 1;
                continue;
            }
            // SAFETY: as above.
            let high = unsafe { cells(row.wrapping_offset(column).wrapping_add(LANES), (inside >> 16) as u16) };
            best.take(_mm512_permutex2var_ps(low, even, high), index, lane);
            k += 1;
            if self.dilation == 1 && k < self.kernel {
                best.take(_mm512_permutex2var_ps(low, odd, high), index + 1, lane);
                k += 1;
            }
        }
    }
}

/// Sixteen cells, −∞ where `inside` says no. Loads with a mask take long on Zen 5, so they are left to the edges.
///
/// # Safety
/// The cells inside may be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
unsafe fn cells(from: *const f32, inside: u16) -> __m512 {
    let padding = _mm512_set1_ps(f32::NEG_INFINITY);
    match inside {
        0 => padding,
        // SAFETY: all sixteen may be read.
        u16::MAX => unsafe { _mm512_loadu_ps(from) },
        // SAFETY: masked lanes are not read.
        _ => unsafe { _mm512_mask_loadu_ps(padding, inside, from) },
    }
}
