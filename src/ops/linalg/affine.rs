//! A product added to a tensor, as linear layers need it: `linear`, `bilinear` and the `addmm` family.
//! Composites: matrix products have rules of their own, and the rest is one pass.

use super::einsum::einsum;
use crate::ops::prelude::*;

impl<'t, T: Real> Var<'t, T> {
    /// x Wᵀ + b over the last axis: yₒ = Σᵢ wₒᵢ xᵢ + bₒ, with weights of shape \[out, in\] and any number of leading axes.
    ///
    /// Weights of shape \[in\] are those of a single output, whose axis is left out. The bias broadcasts to the result.
    ///
    /// # Panics
    /// The last size is not that of the weights, or the bias does not fit.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, w, b) = (tape.var([1., 10.]), tape.var([[1., 2.], [3., 4.]]), tape.var([0.5, 0.]));
    /// assert_eq!(x.linear(w, b).value().as_slice().unwrap(), [21.5, 43.]);
    /// assert_eq!(x.linear(w, None).value().as_slice().unwrap(), [21., 43.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn linear(self, weights: Var<'t, T>, bias: impl Into<Option<Var<'t, T>>>) -> Self {
        let y = match (self.rank(), weights.rank()) {
            (_, 1) => self.matmul(weights),
            (1, _) => self.unsqueeze(0).matmul_transposed(weights).squeeze(0),
            _ => self.matmul_transposed(weights),
        };
        match bias.into() {
            Some(b) => y.plus(b, "linear"),
            None => y,
        }
    }

    /// A form that is linear in two vectors, for each pair of them: yₒ = Σᵢⱼ xᵢ wₒᵢⱼ zⱼ + bₒ; weights \[out, in₁, in₂\].
    ///
    /// # Panics
    /// The leading axes of both operands differ, or a size does not fit the weights or the bias.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, z) = (tape.var([1., 2.]), tape.var([3., 4.]));
    /// let w = tape.var([[[1., 0.], [0., 1.]]]);
    /// assert_eq!(x.bilinear(z, w, tape.var([0.5])).value().as_slice().unwrap(), [11.5]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn bilinear(self, other: Var<'t, T>, weights: Var<'t, T>, bias: impl Into<Option<Var<'t, T>>>) -> Self {
        let (x, z, w) = (self.dims(), other.dims(), weights.dims());
        let fits = match (&x[..], &z[..], &w[..]) {
            ([x_lead @ .., i], [z_lead @ .., j], [_, wi, wj]) => x_lead == z_lead && (i, j) == (wi, wj),
            _ => false,
        };
        if !fits {
            let e = Error::shape(format!("weights {w} do not join vectors of {x} with vectors of {z}"))
                .rule("leading axes are the same; weights are [out, last size of the one, last size of the other]")
                .fix("reshape or transpose an operand");
            self.tape.blame(e, "bilinear", &[self.id, other.id, weights.id]).raise()
        }
        let y = einsum("...i,oij,...j->...o", &[self, weights, other]);
        match bias.into() {
            Some(b) => y.plus(b, "bilinear"),
            None => y,
        }
    }

    /// beta·self + alpha·(a b), the product of matrices added to a matrix; `self` broadcasts to the product.
    ///
    /// With beta 0 the values of `self` do not count, not even NaN.
    ///
    /// # Panics
    /// The matrices have no product, or `self` does not broadcast to it.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([[1., 2.]]), tape.var([[3.], [4.]]));
    /// assert_eq!(tape.var([[1.]]).addmm(a, b, 0.5, 2.0).item(), 22.5);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn addmm(self, a: Var<'t, T>, b: Var<'t, T>, beta: f64, alpha: f64) -> Self {
        blend("addmm", self, ranks("addmm", a, 2).matmul(ranks("addmm", b, 2)), beta, alpha)
    }

    /// beta·self + alpha·(a x) for a matrix a and a vector x; see [`addmm`](Var::addmm).
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, x) = (tape.var([[1., 2.]]), tape.var([3., 4.]));
    /// assert_eq!(tape.var([1.]).addmv(a, x, 1.0, 2.0).item(), 23.0);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn addmv(self, a: Var<'t, T>, x: Var<'t, T>, beta: f64, alpha: f64) -> Self {
        blend("addmv", self, ranks("addmv", a, 2).matvec(x), beta, alpha)
    }

    /// beta·self + alpha·(x yᵀ) for two vectors; see [`addmm`](Var::addmm).
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, y) = (tape.var([1., 2.]), tape.var([3.]));
    /// assert_eq!(tape.var([[1.], [1.]]).addr(x, y, 1.0, 2.0).value().as_slice().unwrap(), [7., 13.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn addr(self, x: Var<'t, T>, y: Var<'t, T>, beta: f64, alpha: f64) -> Self {
        blend("addr", self, x.outer(y), beta, alpha)
    }

    /// beta·self + alpha·(aₖ bₖ) for each k, the products of two batches of matrices; see [`addmm`](Var::addmm).
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([[[1., 2.]], [[5., 6.]]]), tape.var([[[3.], [4.]], [[7.], [8.]]]));
    /// assert_eq!(tape.var(1.).baddbmm(a, b, 1.0, 1.0).value().as_slice().unwrap(), [12., 84.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn baddbmm(self, a: Var<'t, T>, b: Var<'t, T>, beta: f64, alpha: f64) -> Self {
        blend("baddbmm", self, ranks("baddbmm", a, 3).matmul(ranks("baddbmm", b, 3)), beta, alpha)
    }

    /// beta·self + alpha·Σₖ aₖ bₖ, over two batches of matrices; see [`addmm`](Var::addmm).
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([[[1., 2.]], [[5., 6.]]]), tape.var([[[3.], [4.]], [[7.], [8.]]]));
    /// assert_eq!(tape.var([[1.]]).addbmm(a, b, 1.0, 1.0).item(), 95.);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn addbmm(self, a: Var<'t, T>, b: Var<'t, T>, beta: f64, alpha: f64) -> Self {
        let product = einsum("kij,kjl->il", &[ranks("addbmm", a, 3), ranks("addbmm", b, 3)]);
        blend("addbmm", self, product, beta, alpha)
    }

    /// The sum with something that does not make it larger.
    #[track_caller]
    fn plus(self, b: Var<'t, T>, op: &'static str) -> Self {
        let d = self.dims();
        if broadcast_dims(&d, &b.dims()).is_none_or(|all| all != d) {
            let e = Error::shape(format!("shape {} does not broadcast to {d}", b.dims()))
                .rule("aligned at the last axis, each size is that of the product or 1")
                .fix("reshape the tensor that is added");
            self.tape.blame(e, op, &[b.id]).raise()
        }
        self + b
    }
}

#[track_caller]
fn blend<'t, T: Real>(op: &'static str, input: Var<'t, T>, product: Var<'t, T>, beta: f64, alpha: f64) -> Var<'t, T> {
    let product = if alpha == 1.0 { product } else { product * alpha };
    match beta {
        0.0 => product,
        1.0 => product.plus(input, op),
        _ => product.plus(input * beta, op),
    }
}

#[track_caller]
fn ranks<'t, T: Real>(op: &'static str, x: Var<'t, T>, rank: usize) -> Var<'t, T> {
    if x.rank() != rank {
        let e = Error::shape(format!("a factor has shape {}", x.dims()))
            .rule(format!("factors have rank {rank} here"))
            .fix("use `matmul` and `+`, which broadcast");
        x.tape.blame(e, op, &[x.id]).raise()
    }
    x
}

#[cfg(test)]
mod tests {
    use super::super::sample::tensor;
    use super::einsum;
    use crate::check::Check;
    use crate::tape::{Tape, Var};

    #[test]
    fn a_beta_of_zero_drops_nan() {
        let tape = Tape::<f64>::default();
        let (a, b) = (tape.var([[1.0, 2.0]]), tape.var([[3.0], [4.0]]));
        assert_eq!(tape.var([[f64::NAN]]).addmm(a, b, 0.0, 1.0).item(), 11.0);
        assert!(tape.var([[f64::NAN]]).addmm(a, b, 0.1, 1.0).item().is_nan());
    }

    #[test]
    fn linear_takes_any_rank() {
        let tape = Tape::<f64>::default();
        let (w, b) = (tape.ones([4, 3]), tape.ones([4]));
        for (x, y) in [(vec![3], vec![4]), (vec![2, 3], vec![2, 4]), (vec![5, 0, 3], vec![5, 0, 4])] {
            assert_eq!(tape.ones(x).linear(w, b).dims()[..], y[..]);
        }
        assert_eq!(tape.ones([2, 3]).linear(tape.ones([3]), None).value().as_slice().unwrap(), [3.0, 3.0]);
    }

    #[test]
    fn bilinear_forms_are_sums_over_both_vectors() {
        fn form<'t>(x: &[Var<'t, f64>]) -> Var<'t, f64> {
            einsum("bi,bj,oij->bo", &[x[0], x[1], x[2]]) + x[3]
        }
        let inputs = [tensor([2, 3], 1), tensor([2, 4], 2), tensor([5, 3, 4], 3), tensor([5], 4)];
        let tape = Tape::<f64>::default();
        let x = inputs.each_ref().map(|x| tape.var(x));
        assert!((x[0].bilinear(x[1], x[2], x[3]) - form(&x)).abs().amax(..).item() < 1e-14);
        Check::new(|_, x| x[0].bilinear(x[1], x[2], x[3]), &inputs[..]).second_order().run().assert();
    }

    #[test]
    #[should_panic(expected = "addmm: shape [2, 1] does not broadcast to [1, 1]")]
    fn the_input_does_not_enlarge_the_product() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 1]).addmm(tape.zeros([1, 2]), tape.zeros([2, 1]), 1.0, 1.0);
    }
}
