//! An operand of products, packed once for many of them: constant weights of a replayed program, a filter of many images.

use super::Mat;
use super::blocked::{Shared, tasks};
use super::buffer::Aligned;
use super::micro::Micro;
use crate::real::Real;

/// Terms that are summed up in registers before C is touched, at most. A panel of B of this height and one of A fill about
/// what the first cache holds; longer sums touch C less often.
const K_BLOCK: usize = 512;

/// How an operand lies when it is packed: block after block of `kc` terms, panel after panel in a block, term after term in a
/// panel, of which each term has `width` numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Terms of the sums.
    pub(super) k: usize,
    /// Rows of a left operand, columns of a right one.
    pub(super) n: usize,
    pub(super) kc: usize,
    pub(super) width: usize,
}

impl Layout {
    /// The blocks depend on k alone, since they decide about the order of sums.
    pub(super) fn new(k: usize, n: usize, width: usize) -> Self {
        let kc = k.div_ceil(k.div_ceil(K_BLOCK).max(1)).next_multiple_of(8).max(1);
        Layout { k, n, kc, width }
    }

    pub(super) fn panels(&self) -> usize {
        self.n.div_ceil(self.width)
    }

    /// Numbers in a packed operand, those beyond the last row or column included.
    pub(super) fn len(&self) -> usize {
        let row = self.panels().checked_mul(self.width);
        row.and_then(|row| row.checked_mul(self.k)).expect("a packed matrix fits into memory")
    }

    /// Where the panel with number `i` (a multiple of the width) begins in the block that begins with term `p`.
    pub(super) fn at(&self, p: usize, i: usize) -> usize {
        debug_assert!(p.is_multiple_of(self.kc) && i.is_multiple_of(self.width));
        p * self.panels() * self.width + i * self.kc.min(self.k - p)
    }

    /// Packs the k×n matrix `b`, in parallel if `threads`.
    pub(super) fn pack<T: Real>(&self, micro: &Micro<T>, b: Mat<T>, to: &mut [T], threads: bool) {
        assert!((b.rows, b.cols) == (self.k, self.n) && b.reach() <= b.data.len(), "a view within its data");
        assert!(to.len() >= self.len(), "there is room for the panels");
        let to = Shared(to.as_mut_ptr());
        let panels = self.panels();
        // Moving an element costs about as much as a few multiplications.
        let work = if threads { self.k * self.n * 8 } else { 0 };
        tasks(panels * self.k.div_ceil(self.kc), work, |t| {
            let (p, j) = (t / panels * self.kc, t % panels * self.width);
            let (kc, cols) = (self.kc.min(self.k - p), self.width.min(self.n - j));
            // SAFETY: the elements lie within b by the first assert; each task has a panel of its own, within `to` by the second.
            unsafe {
                let from = b.data.as_ptr().add(p * b.row_stride + j * b.col_stride);
                micro.pack(from, [b.row_stride, b.col_stride], [kc, cols], to.get().add(self.at(p, j)), self.width);
            }
        });
    }
}

/// A matrix in the panels that the microkernels read, as a left or a right operand; a copy of its numbers.
#[derive(Clone, Debug)]
pub(crate) struct Packed<T> {
    data: Aligned,
    layout: Layout,
    left: bool,
    number: std::marker::PhantomData<T>,
}

impl<T: Real> Packed<T> {
    /// Packs a left operand, m×k.
    #[cfg(test)]
    pub(crate) fn left(a: Mat<T>) -> Self {
        Packed { left: true, ..Self::new(a.t(), Micro::<T>::get().mr()) }
    }

    /// Packs a right operand, k×n.
    pub(crate) fn right(b: Mat<T>) -> Self {
        Self::new(b, Micro::<T>::get().width(b.cols))
    }

    fn new(b: Mat<T>, width: usize) -> Self {
        let layout = Layout::new(b.rows, b.cols, width);
        let mut data = Aligned::default();
        layout.pack(Micro::get(), b, data.numbers(layout.len()), true);
        Packed { data, layout, left: false, number: std::marker::PhantomData }
    }
}

/// An operand of a product: a matrix as it lies, or one that has been packed for its side.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operand<'a, T> {
    Plain(Mat<'a, T>),
    Packed(Panels<'a, T>),
}

/// Packed numbers, wherever they lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panels<'a, T> {
    pub(super) data: &'a [T],
    pub(super) layout: Layout,
    pub(super) left: bool,
}

impl<T> Panels<'_, T> {
    /// The panel with number `i` (a multiple of the width) in the block that begins with term `p`.
    pub(super) fn at(&self, p: usize, i: usize) -> *const T {
        self.data[self.layout.at(p, i)..].as_ptr()
    }
}

impl<T> Operand<'_, T> {
    pub(super) fn rows(&self) -> usize {
        match self {
            Operand::Plain(x) => x.rows,
            Operand::Packed(x) => {
                if x.left {
                    x.layout.n
                } else {
                    x.layout.k
                }
            }
        }
    }

    pub(super) fn cols(&self) -> usize {
        match self {
            Operand::Plain(x) => x.cols,
            Operand::Packed(x) => {
                if x.left {
                    x.layout.k
                } else {
                    x.layout.n
                }
            }
        }
    }

    /// Whether the operand may stand on the side given, with all its numbers.
    pub(super) fn fits(&self, left: bool) -> bool
    where
        T: Real,
    {
        match self {
            Operand::Plain(x) => x.reach() <= x.data.len(),
            Operand::Packed(x) => x.left == left && x.layout.len() <= x.data.len(),
        }
    }
}

impl<'a, T> From<Mat<'a, T>> for Operand<'a, T> {
    fn from(x: Mat<'a, T>) -> Self {
        Operand::Plain(x)
    }
}

impl<'a, T: Real> From<&'a Packed<T>> for Operand<'a, T> {
    fn from(x: &'a Packed<T>) -> Self {
        Operand::Packed(Panels { data: x.data.as_slice(), layout: x.layout, left: x.left })
    }
}
