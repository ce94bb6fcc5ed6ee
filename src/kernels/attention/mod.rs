//! Scaled dot-product attention in blocks: of the weights of queries for keys there is never more than a block, which stays in a
//! core's cache (Dao and others, "FlashAttention", 2022; the running maximum and sum are those of Milakov & Gimelshein, 2018).
//!
//! Forward, a row keeps ln Σ exp of its scores; backward, the weights are computed again from it.

mod backward;
mod forward;
mod tiles;

use std::ops::Range;

use smallvec::SmallVec;

pub(crate) use backward::{Wanted, backward};
pub(crate) use forward::forward;

use super::gemm::micro::Micro;
use super::simd::vectorize;
use crate::real::Real;
use tiles::Panels;

/// Keys and queries of a block.
const KEYS: usize = 256;
const QUERIES: usize = 32;

/// Queries, or keys, of a task where heads alone are too few tasks.
const TASK: usize = 256;

/// A mask or a bias `[…, queries, keys]` that repeats where its strides are 0.
#[derive(Clone, Debug)]
pub(crate) struct Plane<'a, E> {
    data: &'a [E],
    /// Sizes of the axes of heads, and strides along them.
    heads: SmallVec<[(usize, usize); 4]>,
    row: usize,
    col: usize,
}

impl<'a, E: Copy> Plane<'a, E> {
    /// A row-major tensor of shape `from` read as one of shape `to`, to which it broadcasts.
    pub(crate) fn new(data: &'a [E], from: &[usize], to: &[usize]) -> Self {
        let lead = to.len() - from.len();
        let mut stride = 1;
        let mut axes: SmallVec<[(usize, usize); 4]> = to.iter().map(|&n| (n, 0)).collect();
        for (axis, &n) in axes[lead..].iter_mut().zip(from).rev() {
            assert!(n == axis.0 || n == 1, "{from:?} broadcasts to {to:?}");
            axis.1 = if n == 1 { 0 } else { stride };
            stride *= n;
        }
        assert_eq!(stride, data.len(), "the plane holds {from:?}");
        let [.., (_, row), (_, col)] = axes[..] else { panic!("a plane has rows and columns") };
        axes.truncate(to.len() - 2);
        Plane { data, heads: axes, row, col }
    }

    /// The elements of keys in row `i` of head `h`; one alone stands for all.
    fn row(&self, mut h: usize, i: usize, keys: Range<usize>) -> &'a [E] {
        let mut at = i * self.row;
        for &(n, stride) in self.heads.iter().rev() {
            at += h % n * stride;
            h /= n;
        }
        if self.col == 0 { &self.data[at..=at] } else { &self.data[at + keys.start..at + keys.end] }
    }
}

/// What attends to what: row-major queries `[heads, queries, size]`, keys `[heads / shared, keys, size]` and values
/// `[heads / shared, keys, width]`, where neighbouring heads share keys and values.
#[derive(Clone, Debug)]
pub(crate) struct Heads<'a, T> {
    pub(crate) q: &'a [T],
    pub(crate) k: &'a [T],
    pub(crate) v: &'a [T],
    pub(crate) heads: usize,
    pub(crate) shared: usize,
    pub(crate) queries: usize,
    pub(crate) keys: usize,
    pub(crate) size: usize,
    pub(crate) width: usize,
    pub(crate) scale: T,
    /// Query i sees keys 0 to i only.
    pub(crate) causal: bool,
    /// Added to the scores.
    pub(crate) bias: Option<Plane<'a, T>>,
    /// Keys are seen where this is not 0.
    pub(crate) seen: Option<Plane<'a, u32>>,
}

impl<'a, T: Real> Heads<'a, T> {
    fn assert_sizes(&self) {
        let times = |sizes: [usize; 3]| sizes.iter().try_fold(1usize, |n, &s| n.checked_mul(s)).expect("within memory");
        assert!(self.shared > 0 && self.heads.is_multiple_of(self.shared), "heads share evenly");
        let own = self.heads / self.shared;
        assert_eq!(self.q.len(), times([self.heads, self.queries, self.size]), "queries");
        assert_eq!(self.k.len(), times([own, self.keys, self.size]), "keys");
        assert_eq!(self.v.len(), times([own, self.keys, self.width]), "values");
    }

    /// Scores, as what the work of all is measured by.
    fn work(&self) -> usize {
        self.heads.saturating_mul(self.queries).saturating_mul(self.keys)
    }

    /// The keys of query head `h`.
    fn keys_of(&self, h: usize, keys: &Range<usize>) -> &'a [T] {
        let first = h / self.shared * self.keys;
        &self.k[(first + keys.start) * self.size..(first + keys.end) * self.size]
    }

    /// The values of query head `h`.
    fn values_of(&self, h: usize, keys: &Range<usize>) -> &'a [T] {
        let first = h / self.shared * self.keys;
        &self.v[(first + keys.start) * self.width..(first + keys.end) * self.width]
    }

    /// How many of the keys the last of the queries sees, as far as causality says.
    fn reach(&self, rows: &Range<usize>, keys: &Range<usize>) -> usize {
        if self.causal { rows.end.clamp(keys.start, keys.end) - keys.start } else { keys.len() }
    }

    /// Scaled queries, row after row.
    fn scaled(&self, h: usize, rows: &Range<usize>, out: &mut [T]) {
        let first = h * self.queries;
        let q = &self.q[(first + rows.start) * self.size..(first + rows.end) * self.size];
        vectorize(|| out.iter_mut().zip(q).for_each(|(o, &q)| *o = q * self.scale));
    }

    /// Scores of some rows of scaled queries for the first `n` keys of a block, row after row, `n` each; what is not seen
    /// is −∞.
    fn scores(
        &self,
        micro: &Micro<T>,
        h: usize,
        (scaled, rows): (&[T], Range<usize>),
        (panels, keys): (&Panels<'_, T>, Range<usize>),
        out: &mut [T],
    ) {
        let n = keys.len();
        panels.product(micro, scaled, self.size, rows.len(), n, out);
        for (i, s) in rows.zip(out.chunks_mut(n)) {
            if let Some(bias) = &self.bias {
                match bias.row(h, i, keys.clone()) {
                    &[b] => vectorize(|| s.iter_mut().for_each(|s| *s += b)),
                    b => vectorize(|| s.iter_mut().zip(b).for_each(|(s, &b)| *s += b)),
                }
            }
            let hidden = T::neg_infinity();
            match self.seen.as_ref().map(|p| p.row(h, i, keys.clone())) {
                None => {}
                Some(&[seen]) => s.iter_mut().filter(|_| seen == 0).for_each(|s| *s = hidden),
                Some(seen) => vectorize(|| {
                    s.iter_mut().zip(seen).for_each(|(s, &seen)| *s = if seen == 0 { hidden } else { *s });
                }),
            }
            if self.causal {
                s[(i + 1).clamp(keys.start, keys.end) - keys.start..].fill(hidden);
            }
        }
    }
}

#[cfg(test)]
mod tests;
