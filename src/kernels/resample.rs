//! A sparse linear map along one axis: every place of the result is a weighted sum of a few places of the operand.
//! The adjoint is the transposed map; sums are taken in the order of the map, whatever the number of threads.

use super::filter::{Edge, Filter};
use super::par;
use crate::real::Real;

/// Elements that one task writes, roughly.
const TASK: usize = 1 << 14;

/// A sparse matrix, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Taps {
    columns: usize,
    /// Row i is `entries[starts[i]..starts[i + 1]]`.
    starts: Vec<usize>,
    /// The columns of a row that are not 0, with their weights, in the order in which they are added.
    entries: Vec<(usize, f64)>,
}

impl Taps {
    /// No row yet.
    fn new(columns: usize) -> Self {
        Taps { columns, starts: vec![0], entries: Vec::new() }
    }

    /// Adds a row; neighbours in the same column become one, and weights of 0 are left out.
    fn push(&mut self, row: impl Iterator<Item = (usize, f64)>) {
        let start = self.entries.len();
        for (column, weight) in row.filter(|&(_, w)| w != 0.0) {
            match self.entries[start..].last_mut() {
                Some((last, sum)) if *last == column => *sum += weight,
                _ => self.entries.push((column, weight)),
            }
        }
        self.starts.push(self.entries.len());
    }

    /// Row i has the weights of a filter at the coordinate step·i + offset, on an axis that an edge continues.
    pub(crate) fn filtered(filter: Filter, edge: Edge, [step, offset]: [f64; 2], rows: usize, columns: usize) -> Self {
        let mut taps = Taps::new(columns);
        for i in 0..rows {
            let (first, weights) = filter.at(step * i as f64 + offset, 0);
            let cells = (0..filter.width()).map(|k| edge.cell(first as i64 + k as i64, columns));
            taps.push(cells.zip(weights).filter_map(|(cell, w)| Some((cell?, w))));
        }
        taps
    }

    /// Row i takes the mean of the columns ⌊i·columns/rows⌋ to ⌈(i + 1)·columns/rows⌉ − 1: adaptive averaging.
    pub(crate) fn means(rows: usize, columns: usize) -> Self {
        let mut taps = Taps::new(columns);
        let share = |i: usize| i as u128 * columns as u128;
        for i in 0..rows {
            let (start, end) = ((share(i) / rows as u128) as usize, share(i + 1).div_ceil(rows as u128) as usize);
            taps.push((start..end).map(|column| (column, 1.0 / (end - start) as f64)));
        }
        taps
    }

    pub(crate) fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// The transposed matrix, the entries of a row in ascending order.
    pub(crate) fn transposed(&self) -> Self {
        let mut starts = vec![0; self.columns + 1];
        for &(column, _) in &self.entries {
            starts[column + 1] += 1;
        }
        for k in 0..self.columns {
            starts[k + 1] += starts[k];
        }
        let (mut next, mut entries) = (starts.clone(), vec![(0, 0.0); self.entries.len()]);
        for row in 0..self.rows() {
            for &(column, weight) in &self.entries[self.starts[row]..self.starts[row + 1]] {
                entries[next[column]] = (row, weight);
                next[column] += 1;
            }
        }
        Taps { columns: self.rows(), starts, entries }
    }
}

/// y\[o, i, :\] = Σₖ taps\[i, k\]·x\[o, k, :\], with x seen as \[outer, columns, inner\] and y as \[outer, rows, inner\].
pub(crate) fn resample<T: Real>(x: &[T], taps: &Taps, [outer, inner]: [usize; 2], y: &mut [T]) {
    let (n, m) = (taps.columns(), taps.rows());
    assert_eq!(x.len(), outer * n * inner, "the operand holds [{outer}, {n}, {inner}]");
    assert_eq!(y.len(), outer * m * inner, "the result holds [{outer}, {m}, {inner}]");
    if y.is_empty() {
        return;
    }
    let entries: Vec<(usize, T)> = taps.entries.iter().map(|&(k, w)| (k, T::of(w))).collect();
    let row = |i: usize| &entries[taps.starts[i]..taps.starts[i + 1]];
    let work = y.len();
    if inner == 1 {
        let lines = (TASK / m).max(1);
        par::chunks_mut(y, lines * m, work, |k, y| {
            for (line, y) in y.chunks_mut(m).enumerate() {
                let x = &x[(k * lines + line) * n..][..n];
                for (i, y) in y.iter_mut().enumerate() {
                    let mut terms = row(i).iter().map(|&(k, w)| w * x[k]);
                    let first = terms.next().unwrap_or_else(T::zero);
                    *y = terms.fold(first, |sum, term| sum + term);
                }
            }
        });
        return;
    }
    let rows = (TASK / inner).max(1);
    par::chunks_mut(y, rows * inner, work, |k, y| {
        for (r, y) in y.chunks_mut(inner).enumerate() {
            let (o, i) = ((k * rows + r) / m, (k * rows + r) % m);
            let slice = |k: usize| &x[(o * n + k) * inner..][..inner];
            match *row(i) {
                [] => y.fill(T::zero()),
                [(k, w), ..] if w == T::one() => y.copy_from_slice(slice(k)),
                [(k, w), ..] => y.iter_mut().zip(slice(k)).for_each(|(y, &x)| *y = w * x),
            }
            for &(k, w) in row(i).iter().skip(1) {
                y.iter_mut().zip(slice(k)).for_each(|(y, &x)| *y += w * x);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::naive_data::on_threads;
    use super::*;

    fn dense(taps: &Taps) -> Vec<Vec<f64>> {
        let mut matrix = vec![vec![0.0; taps.columns()]; taps.rows()];
        for (i, row) in matrix.iter_mut().enumerate() {
            taps.entries[taps.starts[i]..taps.starts[i + 1]].iter().for_each(|&(k, w)| row[k] += w);
        }
        matrix
    }

    fn maps() -> impl Strategy<Value = Taps> {
        let filters = prop::sample::select(vec![Filter::Cell, Filter::Nearest, Filter::Linear, Filter::Cubic]);
        let edges = [Edge::Zeros, Edge::Replicate, Edge::Reflect, Edge::Mirror, Edge::Circular];
        let edges = prop::sample::select(edges.to_vec());
        (0..5, filters, edges, 0.1..3.0, -3.0..3.0, 0usize..8, 1usize..8).prop_map(
            |(kind, filter, edge, step, offset, rows, columns)| match kind {
                0 => Taps::means(rows, columns),
                _ => Taps::filtered(filter, edge, [step, offset], rows, columns),
            },
        )
    }

    proptest! {
        #[test]
        fn the_map_and_its_transpose_are_their_matrices(taps in maps(), outer in 0usize..3, inner in 1usize..4) {
            let matrix = dense(&taps);
            let flipped = dense(&taps.transposed());
            prop_assert!((0..taps.rows()).all(|i| (0..taps.columns()).all(|k| matrix[i][k] == flipped[k][i])));
            prop_assert_eq!(taps.transposed().transposed().columns(), taps.columns());
            let x: Vec<f64> = (0..outer * taps.columns() * inner).map(|k| (k as f64 * 0.7).sin()).collect();
            let mut y = vec![f64::NAN; outer * taps.rows() * inner];
            resample(&x, &taps, [outer, inner], &mut y);
            for (at, y) in y.iter().enumerate() {
                let (o, i, j) = (at / inner / taps.rows(), at / inner % taps.rows(), at % inner);
                let sum: f64 = (0..taps.columns()).map(|k| matrix[i][k] * x[(o * taps.columns() + k) * inner + j]).sum();
                prop_assert!((y - sum).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn means_share_the_columns_out() {
        assert_eq!(dense(&Taps::means(2, 3)), [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]);
        assert_eq!(dense(&Taps::means(3, 2)), [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]);
    }

    #[test]
    fn what_has_no_weight_is_not_looked_at() {
        let taps = Taps::filtered(Filter::Linear, Edge::Replicate, [1.0, 0.0], 3, 3);
        for inner in [1, 2] {
            let x = vec![f64::NAN, 1.0, f64::INFINITY].into_iter().flat_map(|v| vec![v; inner]).collect::<Vec<_>>();
            let mut y = vec![0.0; 3 * inner];
            resample(&x, &taps, [1, inner], &mut y);
            assert!(y[0].is_nan() && y[inner] == 1.0 && y[2 * inner] == f64::INFINITY);
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let taps = Taps::filtered(Filter::Cubic, Edge::Replicate, [0.37, -0.3], 90, 33);
        for [outer, inner] in [[700, 1], [7, 150]] {
            let x: Vec<f32> = (0..outer * 33 * inner).map(|k| (k as f32).sin()).collect();
            let run = || {
                let mut y = vec![f32::NAN; outer * 90 * inner];
                resample(&x, &taps, [outer, inner], &mut y);
                y.into_iter().map(f32::to_bits).collect::<Vec<_>>()
            };
            assert_eq!(on_threads(1, run), on_threads(3, run));
        }
    }
}
