//! Products of many matrices in the cheapest order, and matrices of powers.
//! The order is that of `einsum`.

use super::einsum::{Label, product_of_all};
use crate::ops::prelude::*;

/// The product of two matrices or more, in the order that takes the fewest multiplications.
///
/// A vector may stand first (as a row) and last (as a column); its axis is left out of the result.
///
/// # Panics
/// There are fewer than two operands, one of the inner ones is no matrix, or neighbours do not fit.
///
/// ```
/// use wengert::{multi_dot, prelude::*};
/// let tape = Tape::new();
/// let (a, b, x) = (tape.ones([9, 2]), tape.ones([2, 9]), tape.ones([9]));
/// assert_eq!(multi_dot(&[a, b, x]).value()[[0]], 18.0);
/// ```
#[track_caller]
#[must_use]
pub fn multi_dot<'t, T: Real>(operands: &[Var<'t, T>]) -> Var<'t, T> {
    let last = operands.len().saturating_sub(1);
    let ends = |k: usize| k == 0 || k == last;
    let dims: Vec<Dims> = operands.iter().map(|v| v.dims()).collect();
    let ranks = dims.iter().enumerate().all(|(k, d)| d.rank() == 2 || (d.rank() == 1 && ends(k)));
    let meet = dims.windows(2).all(|w| w[0].last() == w[1].first());
    let Some(first) = operands.first().filter(|_| last > 0 && ranks && meet) else {
        let e = Error::shape(format!("{dims:?} have no product"))
            .rule("two operands or more, matrices but for vectors at the ends; columns of one are as many as rows of the next")
            .fix("transpose an operand, or use `matmul` for batches");
        match operands.first() {
            Some(v) => v.tape.blame(e, "multi_dot", &operands.iter().map(|v| v.id).collect::<Vec<_>>()).raise(),
            None => e.about("multi_dot").raise(),
        }
    };
    // Label k stands between operands k − 1 and k.
    let (from, to) = (usize::from(first.rank() == 1), last + usize::from(dims[last].rank() == 2));
    let labels = (0..=last).map(|k| (k.max(from) as Label..=(k + 1).min(to) as Label).collect()).collect();
    let output = [(from == 0).then_some(0), (to > last).then_some(to as Label)].into_iter().flatten().collect();
    let rows = (from == 0).then_some(dims[0][0]);
    let full: Dims = rows.into_iter().chain((to > last).then(|| dims[last][1])).collect();
    match product_of_all("multi_dot", operands, labels, output) {
        Ok(y) => y.in_shape(full),
        Err(e) => e.raise(),
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The Vandermonde matrix of each vector along the last axis: yᵢⱼ = xᵢʲ for j below `columns`.
    ///
    /// # Panics
    /// The operand is a number.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([2., 3.]);
    /// assert_eq!(x.vander(3).value().as_slice().unwrap(), [1., 2., 4., 1., 3., 9.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn vander(self, columns: usize) -> Self {
        if self.rank() == 0 {
            let e = Error::shape("a number has no vector").rule("the rank is 1 or more").fix("reshape to [1]");
            self.tape.blame(e, "vander", &[self.id]).raise()
        }
        // 0, 1, 2, … is computed, so that no number of columns takes memory while recording.
        self.unsqueeze(-1).pow(self.tape.ones([columns]).cumsum(0) - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::tensor;
    use super::*;
    use crate::check::Check;

    #[test]
    fn the_product_is_that_of_the_neighbours() {
        let inputs = [tensor([3], 1), tensor([3, 4], 2), tensor([4, 2], 3), tensor([2], 4)];
        let tape = Tape::<f64>::default();
        let x: Vec<_> = inputs.iter().map(|x| tape.var(x)).collect();
        let near = |a: Var<'_, f64>, b: Var<'_, f64>| assert!((a - b).abs().amax(..).item() < 1e-14);
        near(multi_dot(&x), x[0].matmul(x[1]).matmul(x[2]).matmul(x[3]));
        near(multi_dot(&x[..3]), x[0].matmul(x[1]).matmul(x[2]));
        near(multi_dot(&x[1..]), x[1].matmul(x[2]).matmul(x[3]));
        near(multi_dot(&x[1..3]), x[1].matmul(x[2]));
        near(multi_dot(&[x[3], x[3]]), x[3].dot(x[3]));
        assert_eq!(multi_dot(&[tape.zeros([1, 2]), tape.zeros([2, 1])]).dims(), [1, 1]);
        Check::new(|_, x| multi_dot(x), &inputs[..]).run().assert();
    }

    #[test]
    fn powers_at_zero() {
        let tape = Tape::<f64>::default();
        let x = tape.var([0.0, -2.0]);
        let y = x.vander(4);
        assert_eq!(y.value().as_slice().unwrap(), [1.0, 0.0, 0.0, 0.0, 1.0, -2.0, 4.0, -8.0]);
        assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [1.0, 9.0]);
    }

    #[test]
    #[should_panic(expected = "multi_dot: [[2, 3], [2, 3]] have no product")]
    fn neighbours_fit() {
        let tape = Tape::new();
        let _ = multi_dot(&[tape.zeros([2, 3]), tape.zeros([2, 3])]);
    }
}
