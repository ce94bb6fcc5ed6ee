//! One pass over a parameter, its gradient and its slots: each is read and written once.
//! Elements are independent, so the split over threads cannot change a bit.

use super::optimizer::Slots;
use crate::kernels::par;
use crate::kernels::simd::vectorize;
use crate::nn::Entry;
use crate::real::Real;

/// Elements of one task: with two slots, five streams of 32 KiB each in `f32`.
const TASK: usize = 1 << 13;

/// One task's pieces: the old values unless they are replaced in place, the new ones, the gradient and the slots.
struct Piece<'a, T, const S: usize> {
    old: Option<&'a [T]>,
    new: &'a mut [T],
    gradient: &'a [T],
    slots: [&'a mut [T]; S],
}

/// w ← f(w, g, slots) for every element.
pub(super) fn pass<T: Real, const S: usize>(
    entry: &mut Entry<T>,
    gradient: &[T],
    slots: &mut Slots<T, S>,
    f: impl Fn(T, T, [&mut T; S]) -> T + Copy + Sync + Send,
) {
    entry.rewrite(|old, new| {
        if new.len() <= TASK {
            let slots = slots.values.each_mut().map(|s| s.make_mut());
            return run(Piece { old, new, gradient, slots }, f);
        }
        let work = new.len() * (3 + S);
        let mut rest = slots.values.each_mut().map(|s| s.make_mut());
        let pieces = new.chunks_mut(TASK).enumerate().map(|(k, new)| {
            let span = k * TASK..k * TASK + new.len();
            let slots =
                rest.each_mut().map(|r| r.split_off_mut(..new.len()).expect("slots have the parameter's shape"));
            Piece { old: old.map(|o| &o[span.clone()]), gradient: &gradient[span], new, slots }
        });
        par::each(pieces.collect(), work, |p: Piece<'_, T, S>| run(p, f));
    });
}

/// The closure is moved into the loop: what it refers to elsewhere could be what the loop writes, and would be read again
/// for every element.
#[inline(always)]
fn run<T: Real, const S: usize>(p: Piece<'_, T, S>, f: impl Fn(T, T, [&mut T; S]) -> T) {
    let Piece { old, new, gradient, slots } = p;
    vectorize(move || {
        let n = new.len();
        let (gradient, mut slots) = (&gradient[..n], slots.map(|s| &mut s[..n]));
        match old {
            None => (0..n).for_each(|k| new[k] = f(new[k], gradient[k], slots.each_mut().map(|s| &mut s[k]))),
            Some(old) => {
                let old = &old[..n];
                (0..n).for_each(|k| new[k] = f(old[k], gradient[k], slots.each_mut().map(|s| &mut s[k])));
            }
        }
    });
}
