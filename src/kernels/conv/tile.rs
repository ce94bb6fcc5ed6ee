//! The inner loop of every product: a tile of the result held in registers, with one vector of it for each factor on the left.
//! Factors and vectors are read where they stand, so one loop serves the products of Winograd, of columns and of planes.

use super::lanes::{Element, Lanes};

/// A tile of c = Σₚ a[i, p]·b[p, ·] or, accumulating, of c += …, for p < k.
pub(crate) struct Tile<E> {
    pub(crate) k: usize,
    /// Factor (i, p) stands at `a + i·a_row + p·a_step`.
    pub(crate) a: *const E,
    pub(crate) a_row: usize,
    pub(crate) a_step: usize,
    /// Row p starts at `b + at[p]`.
    pub(crate) b: *const E,
    pub(crate) at: *const usize,
    /// Row i of the result starts at `c + i·c_row`.
    pub(crate) c: *mut E,
    pub(crate) c_row: usize,
    pub(crate) accumulate: bool,
}

/// A tile of R rows, each of C vectors.
///
/// # Safety
/// The processor has the vectors; all that the fields address lies in memory that may be read, and `c` may be written and
/// overlaps neither operand.
#[inline(always)]
pub(crate) unsafe fn tile<V: Lanes, const R: usize, const C: usize>(t: &Tile<V::E>) {
    // SAFETY: the contract of this function.
    unsafe {
        let mut sum = [[V::splat(V::E::ZERO); C]; R];
        let mut a = t.a;
        for p in 0..t.k {
            let b = t.b.add(*t.at.add(p));
            let mut row = [V::splat(V::E::ZERO); C];
            for (j, v) in row.iter_mut().enumerate() {
                *v = V::load(b.add(j * V::N));
            }
            for (i, sum) in sum.iter_mut().enumerate() {
                let factor = V::splat(*a.add(i * t.a_row));
                for (sum, &b) in sum.iter_mut().zip(&row) {
                    *sum = factor.mul_add(b, *sum);
                }
            }
            a = a.add(t.a_step);
        }
        for (i, sum) in sum.iter().enumerate() {
            for (j, &sum) in sum.iter().enumerate() {
                let c = t.c.add(i * t.c_row + j * V::N);
                let sum = if t.accumulate { V::load(c).add(sum) } else { sum };
                sum.store(c);
            }
        }
    }
}

/// Cuts `rows` rows into tiles of nearly one height, at most `most`, an even number: where each begins and how high it is.
///
/// Heights are even but for a single row, so the last may reach one row beyond the end.
pub(crate) fn cut(rows: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let pairs = rows.div_ceil(2);
    let tiles = pairs.div_ceil(most / 2).max(1);
    let (each, more) = (pairs / tiles, pairs % tiles);
    let height = move |pairs: usize| if rows == 1 { 1 } else { 2 * pairs };
    (0..tiles).map(move |t| (2 * (t * each + t.min(more)), height(each + usize::from(t < more)))).filter(|t| t.1 > 0)
}
