//! Sweeps that are kept from step to step: what is appended from memory is what rules would write.
//! Debug builds compare the two at every use, so each test here also holds that comparison.

use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;
use wengert::prelude::*;
use wengert::{Arg, Attributes, Cx, Error, Fault, Op, Out, ResultSigs, Sig, Vjp};

use crate::support::{Cube, panic_text};

/// Steps after which a repeated sweep comes from memory: it is written once, written and kept, and then found.
const STEPS: usize = 5;

/// One random instruction: what to do, and with which of the values so far.
type Instruction = (u8, usize, usize);

/// A program over rows of four numbers; the last line is a scalar.
fn record<'t>(x: Var<'t, f64>, w: Var<'t, f64>, program: &[Instruction]) -> Var<'t, f64> {
    let tape = x.tape();
    let mut values = vec![x, w, tape.constant([0.5, -1.0, 2.0, 0.25])];
    for &(what, a, b) in program {
        let (a, b) = (values[a % values.len()], values[b % values.len()]);
        let y = match what % 13 {
            0 => a + b,
            1 => a * b,
            2 => (a - b) * 0.5,
            3 => a.tanh(),
            4 => a.sin() + 1.0,
            5 => a / (b.square() + 1.0),
            6 => a.reshape([2, 2]).matmul(b.reshape([2, 2])).reshape([4]),
            7 => a.mean().broadcast_to([4]),
            8 => a.stop_gradient(),
            9 => a.reshape([1, 2, 2]).max_pool2d(MaxPool2d::new(2)).reshape([1]) * b,
            10 => tape.apply(Cube, &[(a * 0.5).into()]).unwrap().real(0),
            11 => a.dropout(0.25),
            _ => a.gt(0.0).select(a, b),
        };
        values.push(y);
    }
    (values[values.len() - 1] * x.sum()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn repeated_programs_have_the_gradients_of_new_ones(
        program in prop::collection::vec((any::<u8>(), any::<usize>(), any::<usize>()), 1..12)
    ) {
        let mut tape = Tape::<f64>::default();
        for step in 0..STEPS as u64 {
            tape.clear();
            let mut fresh = Tape::<f64>::default();
            fresh.set_step(tape.step());
            let derive = |tape: &Tape<f64>| {
                let value = |k: usize| ((step + 1) as f64 * 0.31 + k as f64).sin();
                let (x, w) = (tape.var([0, 1, 2, 3].map(value)), tape.var([4, 5, 6, 7].map(value)));
                let y = record(x, w, &program);
                let second = hvp(y, &[x, w], &[tape.constant([1.0, 2.0, 3.0, 4.0]), w]);
                let dy = jvp(&[y], &[(x, w)])[0];
                let grads = y.backward();
                (grads[x].clone(), grads[w].clone(), second.iter().map(|v| v.value()).collect::<Vec<_>>(), dy.item())
            };
            prop_assert_eq!(derive(&tape), derive(&fresh));
            prop_assert_eq!(tape.to_string(), fresh.to_string());
        }
    }
}

/// y = factor·x, where the factor is told to nobody.
#[derive(Debug)]
struct Secret {
    factor: f64,
    panics: bool,
}

impl Op<f64> for Secret {
    fn name(&self) -> &'static str {
        "secret"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
        y[0].real().iter_mut().zip(x[0].real()).for_each(|(y, x)| *y = x * self.factor);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, f64>) {
        assert!(!self.panics, "this rule panics");
        r.give(0, || r.g() * self.factor);
    }
}

#[test]
fn hidden_state_is_never_taken_for_the_same() {
    let mut tape = Tape::<f64>::default();
    for factor in [2.0, 3.0, 5.0, 7.0, 11.0, 13.0] {
        tape.clear();
        let x = tape.var(1.0);
        let y = tape.apply(Secret { factor, panics: false }, &[x.into()]).unwrap().real(0);
        assert_eq!(y.backward()[x][[]], factor);
    }
}

#[test]
fn a_rule_that_panics_leaves_the_tape_as_it_was() {
    let mut tape = Tape::<f64>::default();
    for step in 0..STEPS {
        tape.clear();
        let x = tape.var(1.0);
        let y = tape.apply(Secret { factor: 2.0, panics: true }, &[x.into()]).unwrap().real(0);
        assert!(panic_text(|| y.backward()).contains("this rule panics"), "step {step}");
        assert_eq!((tape.len(), x.square().backward()[x][[]]), (2, 2.0));
    }
}

/// How often the rule of [`Counted`] has run.
static RULES: AtomicU32 = AtomicU32::new(0);

/// y = n·x, which tells all about itself and counts its rule's runs.
#[derive(Debug)]
struct Counted {
    n: usize,
}

impl Op<f64> for Counted {
    fn name(&self) -> &'static str {
        "counted"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
        y[0].real().iter_mut().zip(x[0].real()).for_each(|(y, x)| *y = x * self.n as f64);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, f64>) {
        RULES.fetch_add(1, Ordering::Relaxed);
        r.give(0, || r.g() * self.n as f64);
    }

    fn attributes(&self) -> Attributes {
        [("n", self.n.into())].into_iter().collect()
    }
}

#[test]
fn a_repeated_sweep_runs_no_rule_and_another_question_does() {
    let mut tape = Tape::<f64>::default();
    let mut derive = |n: usize, both: bool| {
        tape.clear();
        let (x, z) = (tape.var(1.0), tape.var(2.0));
        let y = tape.apply(Counted { n }, &[x.into()]).unwrap().real(0) + z;
        let wanted = if both { vec![x, z] } else { vec![x] };
        let before = RULES.load(Ordering::Relaxed);
        let found = grad(y, &wanted);
        let ran = RULES.load(Ordering::Relaxed) - before;
        assert_eq!((found[0].item(), found.len()), (n as f64, wanted.len()));
        ran
    };
    let runs: Vec<u32> = (0..STEPS).map(|_| derive(3, true)).collect();
    // Debug builds write it anew to compare.
    let found = u32::from(cfg!(debug_assertions));
    assert_eq!(runs, [1, 1, found, found, found]);
    assert_eq!((derive(4, true), derive(3, false), derive(3, true)), (1, 1, found));
}

#[test]
fn cuts_are_explained_in_every_step() {
    let mut tape = Tape::<f64>::default();
    for _ in 0..STEPS {
        tape.clear();
        let (x, w) = (tape.var(1.0), tape.var(2.0));
        let grads = (x.stop_gradient() * w).backward();
        assert!(grads.why_zero(x).unwrap().contains("stop_gradient cuts the path"));
        assert!(grads.why_zero(w).is_none());
    }
}

#[test]
fn regions_are_computed_again_in_every_step() {
    let mut tape = Tape::<f64>::default();
    for step in 0..STEPS {
        tape.clear();
        let x = tape.var([0.5 + step as f64, -1.0]);
        let grads = tape.checkpoint(|| x.sin().tanh()).sum().backward();
        assert_eq!(grads[x], x.sin().tanh().sum().backward()[x]);
        assert!(tape.to_string().contains("# again"));
    }
}

#[test]
fn lines_carry_the_source_lines_of_their_own_recording() {
    let mut tape = Tape::<f64>::default();
    for step in 0..2 * STEPS {
        tape.clear();
        let x = tape.var(0.5);
        let places: [fn(Var<'_, f64>) -> Var<'_, f64>; 2] = [|x| x.exp(), |x| x.exp()];
        let y = places[step % 2](x);
        let dy = grad(y.sin(), &[x])[0];
        let written = tape.line(dy.id());
        assert_eq!(written.site, tape.line(written.origin.unwrap()).site);
        assert_eq!(tape.line(y.id()).site, written.site);
    }
}

#[test]
fn scopes_are_those_in_which_the_sweep_is_asked_for() {
    let mut tape = Tape::<f64>::default();
    for step in 0..2 * STEPS {
        tape.clear();
        let x = tape.var(0.5);
        let y = x.exp();
        let _scope = (step % 2 == 0).then(|| tape.scope("derivative"));
        let dy = grad(y.sin(), &[x])[0];
        assert_eq!(tape.line(dy.id()).scope.is_some(), step % 2 == 0);
    }
}
