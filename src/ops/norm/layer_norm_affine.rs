//! Layer normalisation over the last axes with scale and shift, and its adjoint: one pass over memory each.
//! The adjoint's own rule writes the formulas out, for those who differentiate twice.

use crate::kernels::scratch;
use crate::kernels::standard::affine::{Affine, Back, standardise_affine, standardise_affine_back};
use crate::ops::prelude::*;

/// y = (x − μ)·s·w + b with s = 1/√(σ² + eps), mean and variance over as many last axes as w has; results y, μ and s.
#[derive(Clone, Debug)]
pub(crate) struct LayerNormAffine {
    eps: f64,
}

/// With x̂ = (x − μ)·s and v = g·w: s·(v − mean v − x̂·mean(v x̂)), Σ g x̂ and Σ g over rows; operands g, x, w, μ, s.
///
/// Only where s is that of x it is the adjoint of a normalisation. μ is a guess, from which the mean of x is found.
#[derive(Clone, Debug)]
pub(crate) struct LayerNormBack;

/// The axes of rows, and those within a row.
fn axes(rank: usize, inner: usize) -> [SmallVec<[usize; 4]>; 2] {
    [(0..rank - inner).collect(), (rank - inner..rank).collect()]
}

/// The shape of what there is one of for each row.
fn rows(x: &[usize], w: &[usize]) -> Dims {
    x[..x.len() - w.len()].iter().copied().collect()
}

fn fit(x: &Sig<'_>, columns: &[Sig<'_>]) -> Result<(), Error> {
    let w = columns[0];
    if w.rank() == 0 || !x.dims.ends_with(w.dims) || columns.iter().any(|c| c.dims != w.dims) {
        let list = columns.iter().map(|c| format!(" and {c}")).collect::<String>();
        return Err(Error::shape(format!("{x} with{}", &list[4..]))
            .rule("scale and shift have the sizes of the last axes of x, one or more, which are normalised over")
            .fix("reshape them, or transpose x"));
    }
    Ok(())
}

impl<T: Real> Op<T> for LayerNormAffine {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "layer_norm_affine"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        if !self.eps.is_finite() {
            return Err(Error::argument(format!("eps is {}", self.eps))
                .rule("eps is a finite number, added to the variance")
                .fix("use a small positive number such as 1e-5"));
        }
        fit(&x[0], &x[1..])?;
        let rows = rows(x[0].dims, x[1].dims);
        Ok(ResultSigs::real(x[0].dims).and_real(rows.clone()).and_real(rows))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], cx: &mut Cx<'_, T>) -> Result<(), Fault> {
        let [values, means, scales] = y else { unreachable!("three results") };
        let rows: usize = means.dims().iter().product();
        let (means, scales) = (means.try_real(), scales.try_real());
        let spare = |wanted: bool| scratch::take::<T>(if wanted { 0 } else { rows });
        let (mut spare_means, mut spare_scales) = (spare(means.is_some()), spare(scales.is_some()));
        let affine = Affine { scale: x[1].real(), shift: x[2].real() };
        let values = values.try_real().unwrap_or_else(|| cx.scratch(x[0].real().len()));
        let (means, scales) = (means.unwrap_or(&mut spare_means), scales.unwrap_or(&mut spare_scales));
        standardise_affine(x[0].real(), affine, T::of(self.eps), values, means, scales);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        if !(0..3).any(|i| r.wants(i)) {
            return;
        }
        let (d, [_, inner]) = (r.dims(0), axes(r.dims(0).rank(), r.dims(1).rank()));
        let back = r.cotangent(0).map(|g| {
            let operands = [g, r.x(0), r.x(1), r.result(1), r.result(2)].map(Operand::Real);
            r.tape().plain(&LayerNormBack, &operands)
        });
        let n: usize = inner.iter().map(|&a| d[a]).product();
        r.give(0, || {
            let of_y = back.as_ref().map(|b| b.real(0));
            let of_mean = r.cotangent(1).map(|g| (g / n as f64).restore(&inner, &d));
            // ∂s/∂x = −s³·(x − μ)/n.
            let of_scale = r.cotangent(2).map(|g| {
                let slope = g.azmul(r.result(2).powi(3)) * (-1.0 / n as f64);
                slope.restore(&inner, &d).azmul(r.x(0) - r.result(1).restore(&inner, &d))
            });
            let terms = [of_y, of_mean, of_scale].into_iter().flatten();
            terms.reduce(|a, b| a + b).unwrap_or_else(|| r.tape().zeros(&d))
        });
        let zeros = || r.tape().zeros(r.dims(1));
        r.give(1, || back.as_ref().map_or_else(zeros, |b| b.real(1)));
        r.give(2, || back.as_ref().map_or_else(zeros, |b| b.real(2)));
    }

    fn attributes(&self) -> Attributes {
        smallvec![("eps", self.eps.into())]
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::These(0b011), results: Which::These(0b110) }
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        Cost { flops: 10.0 * x[0].count() as f64, cheap: false }
    }
}

impl<T: Real> Op<T> for LayerNormBack {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "layer_norm_back"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        fit(&x[1], &x[2..3])?;
        let rows = rows(x[1].dims, x[2].dims);
        if x[0].dims != x[1].dims || x[3].dims[..] != rows[..] || x[4].dims[..] != rows[..] {
            return Err(Error::shape(format!("{}, {} and {} beside {}", x[0], x[3], x[4], x[1]))
                .rule("the cotangent has the shape of x, mean and scale one number for each row")
                .fix("reshape them"));
        }
        Ok(ResultSigs::real(x[1].dims).and_real(x[2].dims).and_real(x[2].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let [dx, dscale, dshift] = y else { unreachable!("three results") };
        let [g, x, scale, means, scales] = [0, 1, 2, 3, 4].map(|i| x[i].real());
        let back = Back { g, x, scale, means, scales };
        standardise_affine_back(&back, dx.try_real(), dscale.try_real(), dshift.try_real());
        Ok(())
    }

    /// From cotangents u, p, q of the three results, with t = u·s: v̄ = t − mean t − x̂·mean(t x̂), and the cotangent of x̂ is
    /// g·p − t·mean(v x̂) − v·mean(t x̂), which x gets times s and without its mean.
    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        if !(0..5).any(|i| r.wants(i)) {
            return;
        }
        let (d, [outer, inner]) = (r.dims(1), axes(r.dims(1).rank(), r.dims(2).rank()));
        let n: usize = inner.iter().map(|&a| d[a]).product();
        let sum = |v: Var<'t, T>| v.sum_axes(&inner);
        let mean = |v: Var<'t, T>| (sum(v) / n as f64).restore(&inner, &d);
        let columns = |v: Var<'t, T>| v.broadcast_to(&d);
        let (g, w) = (r.x(0), columns(r.x(2)));
        let deviation = r.x(1) - mean(r.x(1));
        let s = r.x(4).restore(&inner, &d);
        let hat = deviation * s;
        let zeros = |k: usize| r.cotangent(k).unwrap_or_else(|| r.tape().zeros(r.result_dims(k)));
        let [u, p, q] = [0, 1, 2].map(zeros);
        let (t, v, p) = (u.azmul(s), g.azmul(w), columns(p));
        let (tilt, slope) = (mean(t.azmul(hat)), mean(v.azmul(hat)));
        let of_v = t - mean(t) - tilt.azmul(hat);
        let of_hat = p.azmul(g) - t.azmul(slope) - tilt.azmul(v);
        r.give(0, || of_v.azmul(w) + p.azmul(hat) + columns(q));
        r.give(1, || {
            let off_centre = of_hat.azmul(s);
            off_centre - mean(off_centre)
        });
        r.give(2, || of_v.azmul(g).sum_axes(&outer));
        r.zero(3, "the mean that is subtracted is that of x");
        r.give(4, || sum(u.azmul(v - mean(v) - hat * slope)) + sum(of_hat.azmul(deviation)));
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::These(0b10111), results: Which::None }
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        Cost { flops: 20.0 * x[1].count() as f64, cheap: false }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Layer normalisation over as many last axes as scale and shift have, (x − μ)/√(σ² + eps)·scale + shift:
    /// [`layer_norm`](Var::layer_norm) with gain and bias in one line, whose three gradients are one pass as well.
    ///
    /// # Panics
    /// Scale and shift do not both have the sizes of the last axes, or `eps` is not finite.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 3.], [7., 5.]]);
    /// let (scale, shift) = (tape.var([2., 3.]), tape.var([10., 20.]));
    /// let y = x.layer_norm_affine(scale, shift, 0.0);
    /// assert_eq!(y.value().as_slice().unwrap(), [8., 23., 12., 17.]);
    /// assert_eq!(y.sum().backward()[shift].as_slice().unwrap(), [2., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn layer_norm_affine(self, scale: Self, shift: Self, eps: f64) -> Self {
        self.tape.call(LayerNormAffine { eps }, &[self, scale, shift].map(Operand::Real)).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::adjoint::grad;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let cases: [(&[usize], &[usize]); 5] =
            [(&[3, 4], &[]), (&[2, 3], &[2, 2]), (&[], &[5]), (&[0], &[2]), (&[2], &[1])];
        let shapes = |outer: &[usize], inner: &[usize]| {
            let mut inner = inner.to_vec();
            let mut all = outer.to_vec();
            if inner.is_empty() {
                inner = all.split_off(1);
            }
            let rows = all.clone();
            all.extend(&inner);
            (rows, inner, all)
        };
        let of = |&(outer, inner): &(&[usize], &[usize])| {
            let (rows, inner, all) = shapes(outer, inner);
            let forward = OpCheck::new(LayerNormAffine { eps: 0.1 }).real(&all[..]).real(&inner[..]).real(&inner[..]);
            let back = OpCheck::new(LayerNormBack).real(&all[..]).real(&all[..]).real(&inner[..]);
            [forward, back.real(&rows[..]).real(&rows[..])]
        };
        cases.iter().flat_map(of).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn it_is_the_normalisation_and_two_lines() {
        let tape = Tape::<f64>::default();
        let x = tape.var((0..24).map(|k| f64::from(k * k % 11) - 3.0).collect::<Vec<f64>>()).reshape([2, 3, 4]);
        let (w, b) = (tape.var([[1.0, 2.0, -1.0, 0.5], [0.0, 3.0, 1.0, 1.0], [2.0; 4]]), tape.ones([3, 4]));
        let (one, two) = (x.layer_norm_affine(w, b, 1e-5), x.layer_norm([1, 2], 1e-5) * w + b);
        let c = tape.constant((0..24).map(|k| f64::from(k * 7 % 5)).collect::<Vec<f64>>()).reshape([2, 3, 4]);
        let [g, h] = [one, two].map(|y| grad((y * c).sum(), &[x, w, b]));
        assert!((one - two).abs().value().iter().all(|v| *v < 1e-13));
        assert!(g.iter().zip(h).all(|(g, h)| (*g - h).abs().value().iter().all(|v| *v < 1e-12)));
    }

    #[test]
    #[should_panic(expected = "layer_norm_affine: [2, 3] with [3] and [2]")]
    fn sizes_that_do_not_fit_are_refused() {
        let tape = Tape::<f64>::default();
        let _ = tape.zeros([2, 3]).layer_norm_affine(tape.ones([3]), tape.ones([2]), 0.1);
    }
}
