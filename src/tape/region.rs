//! Regions: ranges of lines whose values are not kept for a sweep but computed again for it, from what flows into the range.
//! They nest like brackets, so a list in order of their first lines says everything.

use std::ops::Range;

use super::record::Tape;
use crate::real::Real;

/// The regions of a tape, in order of their first lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Regions {
    list: Vec<Region>,
}

#[derive(Clone, Debug, Hash)]
struct Region {
    start: u32,
    /// The line after its last one; `OPEN` while it is being written.
    end: u32,
    parent: Option<u32>,
}

const OPEN: u32 = u32::MAX;

impl Regions {
    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn truncate(&mut self, count: usize) {
        self.list.truncate(count);
    }

    /// A region that begins with the next line, `at`; it lies in all that are open.
    pub fn open(&mut self, at: u32) -> u32 {
        let parent = self.innermost(at);
        self.list.push(Region { start: at, end: OPEN, parent });
        self.list.len() as u32 - 1
    }

    /// The region ends before line `at`.
    pub fn close(&mut self, region: u32, at: u32) {
        self.list[region as usize].end = at;
    }

    pub fn is_open(&self, region: u32) -> bool {
        self.list[region as usize].end == OPEN
    }

    pub fn range(&self, region: u32) -> Range<u32> {
        let r = &self.list[region as usize];
        r.start..r.end
    }

    /// The smallest region that line `id` stands in.
    pub fn innermost(&self, id: u32) -> Option<u32> {
        // Of those that begin before the line, the last either holds it or has the same parents as the one that does.
        let mut found = self.list.partition_point(|r| r.start <= id).checked_sub(1).map(|k| k as u32);
        while let Some(k) = found {
            let r = &self.list[k as usize];
            if id < r.end {
                return found;
            }
            found = r.parent;
        }
        None
    }

    /// All regions that line `id` stands in, from the smallest on.
    pub fn around(&self, id: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(self.innermost(id), |&k| self.list[k as usize].parent)
    }

    /// The lines of the largest region that line `id` stands in.
    pub fn outermost(&self, id: u32) -> Option<Range<u32>> {
        self.around(id).last().map(|k| self.range(k))
    }

    /// Those that begin among the first `lines` lines.
    pub fn below(&self, lines: u32) -> Self {
        let count = self.list.partition_point(|r| r.start < lines);
        Regions { list: self.list[..count].to_vec() }
    }

    pub fn feed(&self, h: &mut impl std::hash::Hasher) {
        std::hash::Hash::hash(&self.list, h);
    }
}

impl<T: Real> Tape<T> {
    /// Records a region whose values are computed again in the backward pass instead of being kept for it
    /// (T. Chen and others, "Training deep nets with sublinear memory cost", 2016); JAX and PyTorch use the same word.
    ///
    /// What the lines in `f` read from outside is kept, what they compute is freed as soon as the lines after have read
    /// it. A sweep that reaches the region writes copies of the lines that its rules read, and the rules read the copies:
    /// the listing shows them as `again %5`. Gradients are the same bits as without. A chain of n layers in √n regions
    /// needs memory for 2√n of them instead of n, for one more forward computation of each. Random lines draw the same
    /// numbers again. Regions nest, and derivatives of derivatives treat the copies in the same way.
    ///
    /// Nothing but memory and time depends on it: every line in the region may be read from outside and asked for.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [3., 4.]]);
    /// let y = tape.checkpoint(|| x.matmul(x).tanh().matmul(x));
    /// y.sum().backward();
    /// assert!(tape.to_string().contains("# again %1 matmul"));
    /// assert_eq!(tape.runs("matmul"), 2 + 1 + 4);      // forward, the one that tanh was made from again, adjoint
    /// ```
    pub fn checkpoint<R>(&self, f: impl FnOnce() -> R) -> R {
        struct Close<'a, T: Real>(&'a Tape<T>, u32);
        impl<T: Real> Drop for Close<'_, T> {
            fn drop(&mut self) {
                self.0.close_region(self.1);
            }
        }
        let _close = Close(self, self.open_region());
        f()
    }

    pub(crate) fn open_region(&self) -> u32 {
        let mut g = self.graph.borrow_mut();
        let at = g.len() as u32;
        g.regions.open(at)
    }

    pub(crate) fn close_region(&self, region: u32) {
        let mut g = self.graph.borrow_mut();
        let at = g.len() as u32;
        g.regions.close(region, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_found_again() {
        let mut r = Regions::default();
        assert_eq!(r.innermost(0), None);
        let a = r.open(2);
        let b = r.open(2);
        r.close(b, 4);
        let c = r.open(4);
        let d = r.open(5);
        r.close(d, 5);
        let e = r.open(6);
        assert!(r.is_open(a) && r.is_open(c) && !r.is_open(d));
        r.close(e, 8);
        r.close(c, 9);
        r.close(a, 10);
        let f = r.open(12);
        r.close(f, 13);
        let inner: Vec<Option<u32>> = (0..14).map(|id| r.innermost(id)).collect();
        let expected = [None, None, Some(b), Some(b), Some(c), Some(c), Some(e), Some(e), Some(c), Some(a)];
        assert_eq!(inner[..10], expected);
        assert_eq!(inner[10..], [None, None, Some(f), None]);
        assert_eq!(r.around(7).collect::<Vec<_>>(), [e, c, a]);
        assert_eq!((r.outermost(7), r.outermost(12), r.outermost(11)), (Some(2..10), Some(12..13), None));
        assert_eq!(r.below(5).len(), 3);
    }
}
