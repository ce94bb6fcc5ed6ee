//! Operations with a planted mistake, and what tests ask of a report.
//! Each operation is right but for the mistake that its fields say.

use wengert::{
    Arg, CheckReport, Cx, Error, Fault, Finding, Jvp, Op, OpRef, Out, Place, Reads, Real, ResultSigs, Sig, Var,
    Verdict, Vjp,
};

/// y = x² with a reverse rule that is off by a factor in one element, or in all.
#[derive(Clone, Debug)]
pub struct Square {
    pub factor: f64,
    pub only: Option<usize>,
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
            let wrong = |k: usize| self.only.is_none_or(|only| only == k);
            let factor = |k: usize| T::of(if wrong(k) { self.factor } else { 1.0 });
            let factors: Vec<T> = (0..r.dims(0).count()).map(factor).collect();
            r.g() * r.x(0) * 2.0 * r.tape().constant(factors).reshape(r.dims(0))
        });
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }

    fn in_f64(&self) -> Option<OpRef<f64>> {
        Some(OpRef::new(self.clone()))
    }
}

/// y = x³, whose first derivative is right and whose second is wrong unless `second`.
#[derive(Clone, Debug)]
pub struct Cube {
    pub second: bool,
}

impl Op<f64> for Cube {
    fn name(&self) -> &'static str {
        "planted_cube"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
        y[0].real().iter_mut().zip(x[0].real()).for_each(|(y, x)| *y = x * x * x);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, f64>) {
        // The other reads its second factor behind the tape.
        let factor = || if self.second { r.x(0) } else { r.tape().constant(r.x(0).value()) };
        r.give(0, || r.g() * r.x(0) * 3.0 * factor());
    }
}

/// y = x for a matrix, with a reverse rule that does this to the cotangent.
#[derive(Clone, Copy, Debug)]
pub enum Through {
    Transposes,
    Shifts,
    Negates,
    Drops,
}

impl Op<f64> for Through {
    fn name(&self) -> &'static str {
        "planted_identity"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
        y[0].real().copy_from_slice(x[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, f64>) {
        match self {
            Through::Transposes => r.give(0, || r.g().t()),
            Through::Shifts => r.give(0, || {
                let n = r.g().count();
                let flat = r.g().reshape(n);
                wengert::concat(&[flat.slice(0, n - 1..), flat.slice(0, ..n - 1)], 0).reshape(r.dims(0))
            }),
            Through::Negates => r.give(0, || -r.g()),
            Through::Drops => r.zero(0, "planted"),
        }
    }
}

/// y = sin x, whose reverse rule is right and whose forward rule is off by a factor.
#[derive(Clone, Copy, Debug)]
pub struct Sine {
    pub forward: f64,
}

impl Op<f64> for Sine {
    fn name(&self) -> &'static str {
        "planted_sine"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
        y[0].real().iter_mut().zip(x[0].real()).for_each(|(y, x)| *y = x.sin());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, f64>) {
        r.give(0, || r.g() * r.x(0).cos());
    }

    fn jvp<'t>(&self, r: &Jvp<'t, f64>) {
        r.term(0, |dx| dx * r.x(0).cos() * self.forward);
    }
}

/// Applies a planted operation to one operand.
#[track_caller]
pub fn planted<'t, T: Real>(x: Var<'t, T>, op: impl Op<T>) -> Var<'t, T> {
    match x.tape().apply(op, &[x.into()]) {
        Ok(results) => results.real(0),
        Err(e) => panic!("{e:#}"),
    }
}

/// The findings of one verdict, as input name and index.
pub fn places(report: &CheckReport, verdict: Verdict) -> Vec<(String, Vec<usize>)> {
    let place = |f: &Finding| match &f.place {
        Place::Element { name, index, .. } => Some((name.clone(), index.clone())),
        _ => None,
    };
    report.findings().iter().filter(|f| f.verdict == verdict).filter_map(place).collect()
}
