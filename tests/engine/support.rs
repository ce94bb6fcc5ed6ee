//! Operations as a user writes them, and the text of a panic.
//! Each operation here has one unusual trait that the engine must cope with.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wengert::{
    Arg, AttrValue, Attributes, Cx, Error, Fault, IntVar, Op, Out, Reads, ResultSigs, Sig, Tape, Var, Vjp, Which,
};

/// The message with which `f` panics.
pub fn panic_text<R>(f: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else { panic!("it was expected to panic") };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast_ref::<&str>().expect("a panic with a message").to_string(),
    }
}

/// `len` numbers between −1 and 1 without a pattern that a test could hide in.
pub fn numbers(len: usize) -> Vec<f32> {
    (0..len).map(|k| ((k * 7919 + 13) % 1009) as f32 / 504.5 - 1.0).collect()
}

/// y = x³ without a forward rule: the engine transposes the reverse one.
#[derive(Debug)]
pub struct Cube;

impl<T: wengert::Real> Op<T> for Cube {
    fn name(&self) -> &'static str {
        "cube"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        y[0].real().iter_mut().zip(x[0].real()).for_each(|(y, x)| *y = *x * *x * *x);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g() * r.x(0).square() * 3.0);
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }
}

/// The fractional part of x and its whole part, for x ≥ 0: a real result and an integer one.
#[derive(Debug)]
pub struct Parts;

impl Op<f64> for Parts {
    fn name(&self) -> &'static str {
        "parts"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims).and_int(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
        let x = x[0].real();
        if let Some(k) = x.iter().position(|v| *v < 0.0) {
            return Err(Fault::domain(format!("element {k} is {}", x[k])).rule("no element is negative"));
        }
        let [fraction, whole] = y else { unreachable!("two results") };
        if let Some(f) = fraction.try_real() {
            f.iter_mut().zip(x).for_each(|(f, x)| *f = x.fract());
        }
        if let Some(w) = whole.try_int() {
            w.iter_mut().zip(x).for_each(|(w, x)| *w = x.trunc() as u32);
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, f64>) {
        r.give(0, || r.g());
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }
}

/// The two results of [`Parts`].
pub fn parts<'t>(x: Var<'t, f64>) -> (Var<'t, f64>, IntVar<'t, f64>) {
    let r = x.tape().apply(Parts, &[x.into()]).unwrap();
    (r.real(0), r.int(1))
}

/// y = x + 1, in place where it may be; the second result tells whether it was.
#[derive(Debug)]
pub struct Increment;

impl Op<f32> for Increment {
    fn name(&self) -> &'static str {
        "increment"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims).and_int([]))
    }

    fn eval(&self, x: &[Arg<'_, f32>], y: &mut [Out<'_, f32>], _: &mut Cx<'_, f32>) -> Result<(), Fault> {
        let taken = x[0].taken();
        let [sum, told] = y else { unreachable!("two results") };
        if let Some(told) = told.try_int() {
            told[0] = u32::from(taken);
        }
        if let Some(sum) = sum.try_real() {
            if !taken {
                sum.copy_from_slice(x[0].real());
            }
            sum.iter_mut().for_each(|v| *v += 1.0);
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, f32>) {
        r.give(0, || r.g());
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn overwrites(&self) -> Option<usize> {
        Some(0)
    }
}

/// Whether [`Increment`] worked in place, and its values.
pub fn increment<'t>(x: Var<'t, f32>) -> (Var<'t, f32>, IntVar<'t, f32>) {
    let r = x.tape().apply(Increment, &[x.into()]).unwrap();
    (r.real(0), r.int(1))
}

/// y = x ⊙ m with a random mask of 0 and 2: a function of seed, step, and its own number.
#[derive(Debug)]
pub struct Noise(pub u64);

impl Op<f32> for Noise {
    fn name(&self) -> &'static str {
        "noise"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims).and_real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, f32>], y: &mut [Out<'_, f32>], cx: &mut Cx<'_, f32>) -> Result<(), Fault> {
        let key = cx.seed() ^ cx.step() << 20 ^ self.0 << 40;
        let draw = |k: usize| {
            let mixed = (key ^ k as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            if mixed >> 63 == 0 { 0.0 } else { 2.0 }
        };
        let [product, mask] = y else { unreachable!("two results") };
        if let Some(product) = product.try_real() {
            product.iter_mut().zip(x[0].real()).enumerate().for_each(|(k, (y, x))| *y = x * draw(k));
        }
        if let Some(mask) = mask.try_real() {
            mask.iter_mut().enumerate().for_each(|(k, m)| *m = draw(k));
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, f32>) {
        r.give(0, || r.g() * r.result(1));
    }

    fn attributes(&self) -> Attributes {
        [("ordinal", AttrValue::Int(self.0 as i64))].into_iter().collect()
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::None, results: Which::These(0b10) }
    }
}

/// Random line number `ordinal` over `x`.
pub fn noise(x: Var<'_, f32>, ordinal: u64) -> Var<'_, f32> {
    x.tape().apply(Noise(ordinal), &[x.into()]).unwrap().real(0)
}

/// y = x, whose reverse rule writes a line, computes it, and panics.
#[derive(Debug)]
pub struct BrokenRule;

impl Op<f32> for BrokenRule {
    fn name(&self) -> &'static str {
        "broken_rule"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, f32>], y: &mut [Out<'_, f32>], _: &mut Cx<'_, f32>) -> Result<(), Fault> {
        y[0].real().copy_from_slice(x[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, f32>) {
        let written = r.x(0).exp() * 7.0;
        panic!("the rule gives up at {}", written.value().sum());
    }
}

/// The composite that several tests run: convolution, pooling, matrix product and pointwise lines.
///
/// Gives the loss and the scores.
pub fn network<'t>(tape: &'t Tape<f32>, images: Var<'t, f32>, side: usize) -> (Var<'t, f32>, Var<'t, f32>) {
    let kernels = tape.var(numbers(4 * 9)).named("kernels").reshape([4, 1, 3, 3]);
    let pooled = images.conv2d(kernels, wengert::ConvOptions::new().padding(1)).relu().max_pool2d(2);
    let features = 4 * (side / 2) * (side / 2);
    let weights = tape.var(numbers(features * 5)).named("weights").reshape([features, 5]);
    let n = images.dims()[0];
    let scores = (pooled.reshape([n, features]).matmul(weights) * 0.05).tanh();
    (scores.square().sum(), scores)
}

/// A tape of `f64`.
pub fn doubles() -> Tape<f64> {
    Tape::default()
}
