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

fn each_block<T: Real>(p: &[T; 2], f: Loop<T>, x: &[Lane<'_, T>], from: usize, y: &mut [T]) {
    if let Some(operands) = x.iter().map(|l| l.real(from, y.len())).collect::<Option<SmallVec<[&[T]; 4]>>>() {
        return f(p, &operands, y);
    }
    let mut widened: SmallVec<[[T; BLOCK]; 3]> = x.iter().map(|_| [T::zero(); BLOCK]).collect();
    for (k, y) in y.chunks_mut(BLOCK).enumerate() {
        let at = from + k * BLOCK;
        let pairs = x.iter().zip(&mut widened);
        let operands: SmallVec<[&[T]; 4]> = pairs.map(|(l, to)| l.numbers(at, &mut to[..y.len()])).collect();
        f(p, &operands, y);
    }
}

impl<'a, T: Real> Lane<'a, T> {
    fn real(self, at: usize, len: usize) -> Option<&'a [T]> {
        match self {
            Lane::Real(v) => Some(&v[at..][..len]),
            Lane::Int(_) => None,
        }
    }

    /// The numbers from `at` on, as many as `to` holds, which is filled with them if they are integers.
    fn numbers<'b>(self, at: usize, to: &'b mut [T]) -> &'b [T]
    where
        'a: 'b,
    {
        match self {
            Lane::Real(v) => &v[at..][..to.len()],
            Lane::Int(v) => {
                let v = &v[at..][..to.len()];
                simd::vectorize(|| to.iter_mut().zip(v).for_each(|(t, &n)| *t = T::of(f64::from(n))));
                to
            }
        }
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
    par::chunks_mut(y, TASK, work, |task, y| {
        let mut numbers = [T::zero(); BLOCK];
        for (k, y) in y.chunks_mut(BLOCK).enumerate() {
            let numbers = &mut numbers[..y.len()];
            each_block(p, f, x, task * TASK + k * BLOCK, numbers);
            simd::vectorize(|| y.iter_mut().zip(&*numbers).for_each(|(y, v)| *y = u32::from(*v != T::zero())));
        }
    });
}
