//! Runs a pointwise loop over whole operands in blocks that stay in the first-level cache, over threads where they are long.
//! Integers are widened to real numbers block by block, so that a loop sees numbers of one type only.

use smallvec::SmallVec;

use super::{par, simd};
use crate::real::Real;

/// Elements per block: a few KiB per operand.
const BLOCK: usize = 1024;

/// Elements per task; a multiple of [`BLOCK`].
const TASK: usize = 16 * BLOCK;

/// The loop of one pointwise operation.
pub(crate) type Loop<T> = fn(&[T; 2], &[&[T]], &mut [T]);

/// One operand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lane<'a, T> {
    Real(&'a [T]),
    Int(&'a [u32]),
}

impl<'a, T: Real> Lane<'a, T> {
    fn block<'b>(self, from: usize, len: usize, widened: &'b mut Vec<T>) -> &'b [T]
    where
        'a: 'b,
    {
        match self {
            Lane::Real(v) => &v[from..from + len],
            Lane::Int(v) => {
                widened.clear();
                widened.extend(v[from..from + len].iter().map(|&n| T::of(f64::from(n))));
                widened
            }
        }
    }
}

fn each_block<T: Real>(p: &[T; 2], f: Loop<T>, x: &[Lane<'_, T>], from: usize, y: &mut [T]) {
    let step = if x.iter().all(|l| matches!(l, Lane::Real(_))) { y.len() } else { BLOCK };
    let mut widened: SmallVec<[Vec<T>; 4]> = x.iter().map(|_| Vec::new()).collect();
    for (k, y) in y.chunks_mut(step.max(1)).enumerate() {
        let operands: SmallVec<[&[T]; 4]> =
            x.iter().zip(&mut widened).map(|(l, w)| l.block(from + k * step, y.len(), w)).collect();
        simd::vectorize(|| f(p, &operands, y));
    }
}

/// y = f(p; x), a real result.
pub(crate) fn real<T: Real>(p: &[T; 2], f: Loop<T>, x: &[Lane<'_, T>], y: &mut [T]) {
    let work = y.len();
    par::chunks_mut(y, TASK, work, |k, y| each_block(p, f, x, k * TASK, y));
}

/// y = f(p; x), a mask: the loop's 0 and 1 as integers.
pub(crate) fn mask<T: Real>(p: &[T; 2], f: Loop<T>, x: &[Lane<'_, T>], y: &mut [u32]) {
    let work = y.len();
    par::chunks_mut(y, TASK, work, |k, y| {
        let mut numbers = vec![T::zero(); y.len()];
        each_block(p, f, x, k * TASK, &mut numbers);
        y.iter_mut().zip(&numbers).for_each(|(y, v)| *y = u32::from(*v != T::zero()));
    });
}
