//! Operations with a mistake in their reverse rule, to be found.
//! Each is right but for what its factors say.

use wengert::prelude::*;
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

/// What the reverse rule of [`Through`] does to the cotangent.
#[derive(Clone, Copy, Debug)]
pub enum Mistake {
    /// Multiplies it.
    Factor(f64),
    /// Multiplies the first element.
    FactorOfOne(f64),
    /// Moves every element one place on.
    Shift,
    /// Exchanges rows and columns.
    Transpose,
}

/// y = x, with a mistake in the reverse rule.
#[derive(Clone, Debug)]
pub struct Through {
    pub mistake: Mistake,
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
        r.give(0, || match self.mistake {
            Mistake::Factor(c) => r.g() * c,
            Mistake::FactorOfOne(c) => {
                let mut factors = vec![T::one(); r.dims(0).count()];
                factors[0] = T::of(c);
                r.g() * r.tape().constant(factors).reshape(r.dims(0))
            }
            Mistake::Shift => {
                let (flat, n) = (r.g().reshape([r.dims(0).count()]), r.dims(0).count());
                concat(&[flat.slice(0, n - 1..), flat.slice(0, ..n - 1)], 0).reshape(r.dims(0))
            }
            Mistake::Transpose => r.g().transpose(-1, -2),
        });
    }

    fn in_f64(&self) -> Option<OpRef<f64>> {
        Some(OpRef::new(self.clone()))
    }
}
