//! Reductions at the end of a pass whose results are not used in it: over everything, over leading axes, over all but one.
//! Each task folds into accumulators of its own, in double precision, which are then joined in the order of the tasks.

use super::pass::Fold;
use crate::real::Real;

/// The accumulators of a task, which must stay few.
pub(crate) const MOST_KEPT: usize = 4096;

/// Element i of the domain goes to result (i / inner) mod kept: the domain is \[outer, kept, inner\].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub fold: Fold,
    pub register: u32,
    pub output: u32,
    pub kept: usize,
    pub inner: usize,
}

impl End {
    /// The end that reduces `dims` over `axes` (sorted); `None` where the axes that stay are not neighbours, or too many.
    pub fn over(dims: &[usize], axes: &[usize], fold: Fold, register: u32, output: u32) -> Option<End> {
        let stays = |k: &usize| !axes.contains(k) && dims[*k] != 1;
        let first = (0..dims.len()).find(stays);
        let last = (0..dims.len()).rfind(stays);
        let (kept, inner) = match (first, last) {
            (Some(a), Some(b)) => {
                if (a..=b).any(|k| axes.contains(&k) && dims[k] != 1) {
                    return None;
                }
                (dims[a..=b].iter().product(), dims[b + 1..].iter().product())
            }
            _ => (1, dims.iter().product()),
        };
        (kept <= MOST_KEPT && kept * inner > 0).then_some(End { fold, register, output, kept, inner })
    }

    pub(super) fn fits(&self, count: usize) -> bool {
        self.kept * self.inner > 0 && count.is_multiple_of(self.kept * self.inner)
    }

    pub(super) fn start(&self) -> f64 {
        match self.fold {
            Fold::Sum => 0.0,
            Fold::Max => f64::NEG_INFINITY,
            Fold::Min => f64::INFINITY,
        }
    }

    /// Folds elements `start..` of the domain into the accumulators of the present task, in pieces of `unit` that are cut
    /// where `x` begins: so a result does not depend on how long a block is.
    #[inline(always)]
    pub(super) fn take<T: Real>(&self, x: &[T], start: usize, unit: usize, into: &mut [f64]) {
        if self.inner == 1 && self.kept > 1 {
            let (mut done, mut first) = (0, start % self.kept);
            while done < x.len() {
                let run = (self.kept - first).min(x.len() - done);
                let pairs = into[first..first + run].iter_mut().zip(&x[done..done + run]);
                match self.fold {
                    Fold::Sum => pairs.for_each(|(a, v)| *a += v.as_f64()),
                    fold => pairs.for_each(|(a, v)| *a = join(fold, *a, v.as_f64())),
                }
                done += run;
                first = 0;
            }
            return;
        }
        let (mut done, mut line, mut first) = (0, start / self.inner, start % self.inner);
        while done < x.len() {
            let run = (self.inner - first).min(x.len() - done).min(unit - done % unit);
            let a = &mut into[line % self.kept];
            *a = join(self.fold, *a, fold_run(self.fold, &x[done..done + run]).as_f64());
            done += run;
            first += run;
            if first == self.inner {
                line += 1;
                first = 0;
            }
        }
    }
}

pub(super) fn join(fold: Fold, a: f64, b: f64) -> f64 {
    match fold {
        Fold::Sum => a + b,
        Fold::Max => {
            if a > b || a.is_nan() {
                a
            } else {
                b
            }
        }
        Fold::Min => {
            if a < b || a.is_nan() {
                a
            } else {
                b
            }
        }
    }
}

const LANES: usize = 32;

/// Folds a run of up to a block's elements with independent accumulators, so that the loop vectorises.
#[inline(always)]
pub(super) fn fold_run<T: Real>(fold: Fold, x: &[T]) -> T {
    match fold {
        Fold::Sum => lanes(x, T::zero(), |a, b| a + b),
        Fold::Max => lanes(x, T::neg_infinity(), |a, b| if a > b || a.is_nan() { a } else { b }),
        Fold::Min => lanes(x, T::infinity(), |a, b| if a < b || a.is_nan() { a } else { b }),
    }
}

#[inline(always)]
fn lanes<T: Real>(x: &[T], none: T, join: impl Fn(T, T) -> T) -> T {
    let mut acc = [none; LANES];
    let (body, tail) = x.as_chunks::<LANES>();
    for c in body {
        for k in 0..LANES {
            acc[k] = join(acc[k], c[k]);
        }
    }
    for (a, &v) in acc.iter_mut().zip(tail) {
        *a = join(*a, v);
    }
    let mut n = LANES;
    while n > 1 {
        n /= 2;
        for k in 0..n {
            acc[k] = join(acc[k], acc[k + n]);
        }
    }
    acc[0]
}
