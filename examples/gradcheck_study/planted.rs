//! Operations with a mistake in their reverse rule, to be found.
//! Each is right but for what its factors say.

use wengert::{Arg, Cx, Error, Fault, Op, OpRef, Out, Real, ResultSigs, Sig, Vjp};

/// y = x², elementwise, whose derivative is multiplied by these factors.
#[derive(Clone, Debug)]
pub struct Square {
    pub factors: Vec<f64>,
}

impl Square {
    /// Off by `factor` in element `wrong` of `n`.
    pub fn wrong_at(n: usize, wrong: usize, factor: f64) -> Self {
        let mut factors = vec![1.0; n];
        factors[wrong] = factor;
        Square { factors }
    }
}

impl<T: Real> Op<T> for Square {
    fn name(&self) -> &'static str {
        "planted_square"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        y[0].real().iter_mut().zip(x[0].real()).for_each(|(y, x)| *y = *x * *x);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || {
            let factors: Vec<T> = self.factors.iter().map(|f| T::of(*f)).collect();
            r.g() * r.x(0) * 2.0 * r.tape().constant(factors).reshape(r.dims(0))
        });
    }

    fn in_f64(&self) -> Option<OpRef<f64>> {
        Some(OpRef::new(self.clone()))
    }
}

/// Twice what the reverse rule says: a factor in front of every derivative that passes through.
#[derive(Clone, Debug)]
pub struct Through {
    pub factor: f64,
}

impl<T: Real> Op<T> for Through {
    fn name(&self) -> &'static str {
        "planted_identity"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        y[0].real().copy_from_slice(x[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g() * self.factor);
    }

    fn in_f64(&self) -> Option<OpRef<f64>> {
        Some(OpRef::new(self.clone()))
    }
}
