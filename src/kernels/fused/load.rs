//! Inputs that are not read in order: repeated along some axes (broadcast), or integers to be widened.
//! A block's worth of elements is written to a register at a time.

use smallvec::SmallVec;

use crate::real::Real;

/// Sizes and strides, from the outside in, that read an input as a tensor of the domain's shape: stride 0 repeats.
///
/// The innermost stride is 0 or 1, since both tensors are row-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    axes: SmallVec<[(usize, usize); 4]>,
}

impl Pattern {
    /// How a row-major tensor of shape `from` is read as one of shape `to`, which it broadcasts to; `None` for in order.
    pub fn broadcast(from: &[usize], to: &[usize]) -> Option<Pattern> {
        let lead = to.len() - from.len();
        let mut axes: SmallVec<[(usize, usize); 4]> = SmallVec::new();
        let mut stride = 1;
        for (k, &n) in to.iter().enumerate().rev().filter(|(_, n)| **n != 1) {
            let own = k >= lead && from[k - lead] != 1;
            let s = if own { stride } else { 0 };
            match axes.last_mut() {
                // Neighbours that are both repeated, or both run on, are one axis.
                Some((m, inner)) if (*inner == 0) == (s == 0) => *m *= n,
                _ => axes.push((n, s)),
            }
            if own {
                stride *= n;
            }
        }
        if axes.iter().all(|a| a.1 != 0) {
            return None;
        }
        axes.reverse();
        Some(Pattern { axes })
    }

    /// Whether it yields one element again and again.
    pub fn is_uniform(&self) -> bool {
        self.axes.iter().all(|a| a.1 == 0)
    }

    /// One past the largest position that is read.
    pub fn reach(&self) -> usize {
        1 + self.axes.iter().map(|&(n, s)| (n.max(1) - 1) * s).sum::<usize>()
    }

    /// Elements that it yields.
    pub fn count(&self) -> usize {
        self.axes.iter().map(|a| a.0).product()
    }

    /// Writes elements `start..start + out.len()` of the repeated tensor.
    #[inline(always)]
    pub fn load<E: Copy, T>(&self, x: &[E], start: usize, out: &mut [T], widen: impl Fn(E) -> T) {
        let Some((&(inner, step), outer)) = self.axes.split_last() else { return };
        if outer.is_empty() {
            return out.fill_with(|| widen(x[0]));
        }
        let (mut done, mut line, mut first) = (0, start / inner, start % inner);
        while done < out.len() {
            let mut at = 0;
            let mut rest = line;
            for &(n, s) in outer.iter().rev() {
                at += rest % n * s;
                rest /= n;
            }
            let run = (inner - first).min(out.len() - done);
            let piece = &mut out[done..done + run];
            if step == 0 {
                let v = x[at];
                piece.iter_mut().for_each(|o| *o = widen(v));
            } else {
                piece.iter_mut().zip(&x[at + first..][..run]).for_each(|(o, &v)| *o = widen(v));
            }
            done += run;
            line += 1;
            first = 0;
        }
    }
}

/// An integer as a real number.
#[inline(always)]
pub(super) fn widen<T: Real>(n: u32) -> T {
    T::of(f64::from(n))
}
