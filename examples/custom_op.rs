//! An operation of one's own: Swish with a slope, y = x · σ(βx), with a kernel, a reverse rule, and a check of both.
//! The rule is an expression on the tape, so the second derivative and forward mode come with it.

use wengert::prelude::*;
use wengert::{Arg, Attributes, Cx, Error, Fault, Kind, Op, OpCheck, Out, Real, ResultSigs, Sig, Vjp, check_op};

#[derive(Debug)]
struct Swish {
    beta: f64,
}

impl<T: Real> Op<T> for Swish {
    fn name(&self) -> &'static str {
        "swish"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Sig::expect(x, &[Kind::Real])?;
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let beta = T::of(self.beta);
        for (y, &x) in y[0].real().iter_mut().zip(x[0].real()) {
            *y = x / (T::one() + (-beta * x).exp());
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || {
            let x = r.x(0);
            let s = (x * self.beta).sigmoid();
            r.g() * (s + x * s * (1.0 - s) * self.beta)
        });
    }

    fn attributes(&self) -> Attributes {
        [("beta", self.beta.into())].into_iter().collect()
    }
}

fn main() -> Result<(), Error> {
    // Rules against each other, against finite differences, and to second order.
    let report = check_op(Swish { beta: 1.5 }, &[&[2, 3]]);
    println!("{report}");
    report.assert();

    // Would the check notice a mistake? The usual ones are planted in the rule, one at a time.
    let mutants = OpCheck::new(Swish { beta: 1.5 }).real([2, 3]).mutate();
    println!("{mutants}");
    mutants.assert();

    // The same operation in a model, differentiated twice.
    let tape = Tape::<f64>::default();
    let x = tape.var([-1.0, 0.0, 2.0]).named("x");
    let y = tape.apply(Swish { beta: 1.0 }, &[x.into()])?.real(0);
    let slope = grad(y.sum(), &[x])[0];
    let bend = grad(slope.sum(), &[x])[0];

    println!("x   	{:7.4}", x.value());
    println!("y   	{:7.4}", y.value());
    println!("y'  	{:7.4}", slope.value());
    println!("y'' 	{:7.4}", bend.value());
    assert_eq!(slope.value()[1], 0.5);
    assert_eq!(bend.value()[1], 0.5);
    Ok(())
}
