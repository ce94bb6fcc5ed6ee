//! The backward kernel: weights are computed again block by block, and each block adds its part to what is wanted.

use std::ops::Range;

use super::super::gemm::micro::Micro;
use super::super::simd::{self, vectorize};
use super::super::{par, scratch};
use super::tiles::{Left, Panels, product};
use super::{Heads, KEYS, QUERIES, TASK};
use crate::real::Real;

/// Heads from which on they alone are tasks enough.
const MANY_HEADS: usize = 8;

/// The cotangents that are wanted, each as large as its operand.
#[derive(Debug)]
pub(crate) struct Wanted<'a, T> {
    pub(crate) q: Option<&'a mut [T]>,
    pub(crate) k: Option<&'a mut [T]>,
    pub(crate) v: Option<&'a mut [T]>,
}

/// What flows back: the cotangent of the results, and of each row ln Σ exp and ⟨g, y⟩ (less the cotangent of ln Σ exp).
#[derive(Clone, Copy, Debug)]
struct Back<'a, T> {
    g: &'a [T],
    log_sums: &'a [T],
    inner: &'a [T],
}

/// With weights P = exp(S − log_sums) and dS = P∘(g vᵀ − inner): q̄ = scale·dS k, k̄ = scale·dSᵀ q, v̄ = Pᵀ g.
pub(crate) fn backward<T: Real>(x: &Heads<'_, T>, [g, log_sums, inner]: [&[T]; 3], wanted: Wanted<'_, T>) {
    x.assert_sizes();
    assert_eq!(g.len(), x.heads * x.queries * x.width, "a cotangent for each result");
    assert!([log_sums, inner].iter().all(|s| s.len() == x.heads * x.queries), "a number for each query");
    let back = Back { g, log_sums, inner };
    let Wanted { mut q, mut k, mut v } = wanted;
    let sizes = [(&mut q, x.q.len()), (&mut k, x.k.len()), (&mut v, x.v.len())];
    for (out, len) in sizes {
        if let Some(out) = out {
            assert_eq!(out.len(), len, "a cotangent is as large as its operand");
            out.fill(T::zero());
        }
    }
    let own = x.heads / x.shared;
    let [q, k, v] = [q, k, v].map(|o| o.map(par::Parts::new));
    let of_query =
        |h: usize, rows: &Range<usize>| (h * x.queries + rows.start) * x.size..(h * x.queries + rows.end) * x.size;
    let of_key = |h: usize, keys: &Range<usize>, n: usize| (h * x.keys + keys.start) * n..(h * x.keys + keys.end) * n;
    let (all_queries, all_keys) = (0..x.queries, 0..x.keys);
    // Few heads: keys and queries are cut as well, and what both need is computed twice.
    let cut = own < MANY_HEADS && x.queries.max(x.keys) > TASK;
    if k.is_some() || v.is_some() || !cut {
        let chunk = if cut { TASK } else { x.keys.max(1) };
        let parts = x.keys.div_ceil(chunk);
        par::for_each(own * parts, x.work(), |t| {
            let (head, first) = (t / parts, t % parts * chunk);
            let keys = first..x.keys.min(first + chunk);
            for h in head * x.shared..(head + 1) * x.shared {
                // SAFETY: a key belongs to one task, and where keys are not cut so does a query; the parts of one round of
                // this loop are gone in the next.
                let [dq, dk, dv] = unsafe {
                    [
                        q.filter(|_| !cut).map(|q| q.part(of_query(h, &all_queries))),
                        k.map(|k| k.part(of_key(head, &keys, x.size))),
                        v.map(|v| v.part(of_key(head, &keys, x.width))),
                    ]
                };
                run(x, &back, h, (all_queries.clone(), keys.clone()), [dq, dk, dv]);
            }
        });
    }
    if let Some(q) = q.filter(|_| cut) {
        let parts = x.queries.div_ceil(TASK);
        par::for_each(x.heads * parts, x.work(), |t| {
            let (h, first) = (t / parts, t % parts * TASK);
            let rows = first..x.queries.min(first + TASK);
            // SAFETY: a query belongs to one task.
            let dq = unsafe { q.part(of_query(h, &rows)) };
            run(x, &back, h, (rows, all_keys.clone()), [Some(dq), None, None]);
        });
    }
}

/// Adds what some queries and keys of one head contribute to the cotangents of these queries, keys and values.
fn run<T: Real>(
    x: &Heads<'_, T>,
    back: &Back<'_, T>,
    h: usize,
    (queries, all): (Range<usize>, Range<usize>),
    [mut dq, mut dk, mut dv]: [Option<&mut [T]>; 3],
) {
    let micro = Micro::<T>::get();
    let (size, width) = (x.size, x.width);
    let most = KEYS.min(all.len());
    let block = QUERIES.min(queries.len());
    let mut scaled = scratch::take::<T>(queries.len() * size);
    x.scaled(h, &queries, &mut scaled);
    let mut rooms = [size, width].map(|n| scratch::take::<T>(Panels::room(micro, most, n)));
    let [k_room, v_room] = &mut rooms;
    let mut blocks = [(); 2].map(|()| scratch::take::<T>(block * most));
    let [weights, slopes] = &mut blocks;
    for start in all.clone().step_by(KEYS) {
        let keys = start..all.end.min(start + KEYS);
        if x.reach(&queries, &keys) == 0 {
            break;
        }
        let (key_rows, value_rows) = (x.keys_of(h, &keys), x.values_of(h, &keys));
        let k_panels = Panels::of_rows(micro, key_rows, size, keys.len(), k_room);
        let v_panels = Panels::of_rows(micro, value_rows, width, keys.len(), v_room);
        for first in queries.clone().step_by(QUERIES) {
            let rows = first..queries.end.min(first + QUERIES);
            let (count, n) = (rows.len(), x.reach(&rows, &keys));
            if n == 0 {
                continue;
            }
            let scaled = &scaled[(first - queries.start) * size..][..count * size];
            let lines = h * x.queries + rows.start..h * x.queries + rows.end;
            let g = &back.g[lines.start * width..lines.end * width];
            let (weights, slopes) = (&mut weights[..count * n], &mut slopes[..count * n]);
            x.scores(micro, h, (scaled, rows), (&k_panels, start..start + n), weights);
            for (s, &log_sum) in weights.chunks_mut(n).zip(&back.log_sums[lines.clone()]) {
                vectorize(|| s.iter_mut().for_each(|s| *s -= log_sum));
            }
            simd::exp(weights);
            let at = start - all.start;
            if let Some(dv) = &mut dv {
                let across = Left { data: &*weights, rows: n, k: count, row: 1, step: n };
                product(micro, across, g, width, &mut dv[at * width..], true);
            }
            if dq.is_none() && dk.is_none() {
                continue;
            }
            v_panels.product(micro, g, width, count, n, slopes);
            let both = slopes.chunks_mut(n).zip(weights.chunks(n));
            for ((d, p), &inner) in both.zip(&back.inner[lines]) {
                // No weight, no slope, whatever stands in the values that are not seen.
                let slope = |d: T, p: T| if p == T::zero() { p } else { p * (d - inner) };
                vectorize(|| d.iter_mut().zip(p).for_each(|(d, &p)| *d = slope(*d, p)));
            }
            if let Some(dk) = &mut dk {
                let across = Left { data: &*slopes, rows: n, k: count, row: 1, step: n };
                product(micro, across, scaled, size, &mut dk[at * size..], true);
            }
            if let Some(dq) = &mut dq {
                let along = Left { data: &*slopes, rows: count, k: n, row: n, step: 1 };
                product(micro, along, key_rows, size, &mut dq[(first - queries.start) * size..], true);
            }
        }
    }
    if let Some(dq) = dq {
        vectorize(|| dq.iter_mut().for_each(|d| *d *= x.scale));
    }
}
