//! One contraction: two tensors with named axes become one, by a matrix product or by an elementwise one.
//! Transpositions that the matrix product can read through strides are not carried out.

use super::Label;
use crate::ops::linalg::matmul::product;
use crate::ops::prelude::*;

/// A line whose axes have names, each once.
#[derive(Debug)]
pub(crate) struct Term<'t, T: Real> {
    pub line: Var<'t, T>,
    pub labels: Vec<Label>,
}

impl<'t, T: Real> Var<'t, T> {
    /// Reshaped, where the shape is another.
    #[track_caller]
    pub(crate) fn in_shape(self, dims: Dims) -> Self {
        if self.dims() == dims { self } else { self.reshape(dims) }
    }

    /// Permuted, where that moves an axis.
    #[track_caller]
    fn arranged(self, order: SmallVec<[usize; 4]>) -> Self {
        if order.is_sorted() { self } else { self.permuted(order) }
    }
}

/// The labels of `of` that fulfil a condition, in their order.
fn those(of: &[Label], f: impl Fn(Label) -> bool) -> Vec<Label> {
    of.iter().copied().filter(|&l| f(l)).collect()
}

impl<'t, T: Real> Term<'t, T> {
    /// A line with one label for each axis: a repeated label takes a diagonal, an axis of size 1 is left out.
    #[track_caller]
    pub fn new(mut line: Var<'t, T>, labels: &[Label]) -> Self {
        let mut labels = labels.to_vec();
        let again = |labels: &[Label]| {
            (0..labels.len()).find_map(|b| labels[..b].iter().position(|&l| l == labels[b]).map(|a| (a, b)))
        };
        while let Some((a, b)) = again(&labels) {
            line = line.diagonal(0, [a as isize, b as isize]);
            let label = labels.remove(b);
            labels.remove(a);
            labels.push(label);
        }
        let d = line.dims();
        let kept: Vec<usize> = (0..d.rank()).filter(|&k| d[k] != 1).collect();
        let labels = kept.iter().map(|&k| labels[k]).collect();
        Term { line: line.in_shape(kept.iter().map(|&k| d[k]).collect()), labels }
    }

    fn has(&self, label: Label) -> bool {
        self.labels.contains(&label)
    }

    fn sizes(&self, labels: &[Label]) -> Dims {
        let d = self.line.dims();
        self.positions(labels).into_iter().map(|k| d[k]).collect()
    }

    /// The positions of those of the labels that it has.
    fn positions(&self, labels: &[Label]) -> SmallVec<[usize; 4]> {
        labels.iter().filter_map(|w| self.labels.iter().position(|l| l == w)).collect()
    }

    /// Summed over the labels that are not kept.
    #[track_caller]
    fn summed(self, kept: impl Fn(Label) -> bool) -> Self {
        let gone: SmallVec<[usize; 4]> = (0..self.labels.len()).filter(|&k| !kept(self.labels[k])).collect();
        if gone.is_empty() {
            return self;
        }
        Term { line: self.line.sum_axes(&gone), labels: those(&self.labels, kept) }
    }

    /// The line as matrices with `free` as rows and `shared` as columns, and whether it is the other way about.
    #[track_caller]
    fn matrices(&self, batch: &[Label], free: &[Label], shared: &[Label]) -> (Var<'t, T>, bool) {
        let transposed = self.labels == [batch, shared, free].concat();
        let (rows, cols) = if transposed { (shared, free) } else { (free, shared) };
        let line = self.line.arranged(self.positions(&[batch, rows, cols].concat()));
        let count = |labels: &[Label]| self.sizes(labels).count();
        let mut d = self.sizes(batch);
        d.push(count(rows));
        d.push(count(cols));
        (line.in_shape(d), transposed)
    }

    /// The line with its axes in the order of `target`, and size 1 for the labels that it lacks.
    #[track_caller]
    fn spread(&self, target: &[Label]) -> Var<'t, T> {
        let d = self.line.dims();
        let size = |l: &Label| self.labels.iter().position(|own| own == l).map_or(1, |k| d[k]);
        self.line.arranged(self.positions(target)).in_shape(target.iter().map(size).collect())
    }
}

/// The product of two terms, summed over the labels that are not kept; near the order of `output` where that is free.
#[track_caller]
pub(crate) fn contract<'t, T: Real>(
    a: Term<'t, T>,
    b: Term<'t, T>,
    kept: &dyn Fn(Label) -> bool,
    output: &[Label],
) -> Term<'t, T> {
    let (in_a, in_b) = (a.labels.clone(), b.labels.clone());
    let a = a.summed(|l| kept(l) || in_b.contains(&l));
    let b = b.summed(|l| kept(l) || in_a.contains(&l));
    // The larger operand says in which order shared labels stand, so that it need not move.
    let larger = if a.line.count() >= b.line.count() { &a } else { &b };
    let shared = those(&larger.labels, |l| a.has(l) && b.has(l));
    let (batch, gone) = (those(&shared, kept), those(&shared, |l| !kept(l)));
    let (left, right) = (those(&a.labels, |l| !b.has(l)), those(&b.labels, |l| !a.has(l)));
    if gone.is_empty() || (left.is_empty() && right.is_empty()) {
        let all = [&batch[..], &left, &right].concat();
        let mut target = those(output, |l| all.contains(&l));
        target.extend(those(&all, |l| !output.contains(&l)));
        let kept = target.len();
        target.extend(&gone);
        let line = a.spread(&target) * b.spread(&target);
        let axes: SmallVec<[usize; 4]> = (kept..target.len()).collect();
        target.truncate(kept);
        return Term { line: if axes.is_empty() { line } else { line.sum_axes(&axes) }, labels: target };
    }
    let place = |labels: &[Label]| labels.iter().filter_map(|l| output.iter().position(|o| o == l)).min();
    let exchange = matches!((place(&left), place(&right)), (Some(l), Some(r)) if r < l);
    let (a, b, left, right) = if exchange { (b, a, right, left) } else { (a, b, left, right) };
    let d = [a.sizes(&batch), a.sizes(&left), b.sizes(&right)].iter().flat_map(|d| d.iter().copied()).collect();
    let ((rows, at), (cols, bt)) = (a.matrices(&batch, &left, &gone), b.matrices(&batch, &right, &gone));
    let line = product(at, rows, !bt, cols).in_shape(d);
    Term { line, labels: [batch, left, right].concat() }
}

/// A term summed and ordered to have just these labels.
#[track_caller]
pub(crate) fn whole<'t, T: Real>(term: Term<'t, T>, output: &[Label]) -> Var<'t, T> {
    let term = term.summed(|l| output.contains(&l));
    term.line.arranged(term.positions(output))
}
