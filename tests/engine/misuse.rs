//! What goes wrong is told with the operation, the operands and the user's lines, and the tape stays usable.
//! Wrong handles, stale gradients, rules that panic, kernels that fault.

use ndarray::array;
use wengert::prelude::*;
use wengert::{Op, Unfold};

use crate::support::{BrokenRule, doubles, panic_text, parts};

#[test]
fn lines_of_two_tapes_do_not_mix() {
    let (a, b) = (Tape::new(), Tape::new());
    let (x, y) = (a.var([1., 2.]).named("mine"), b.var([3., 4.]).named("theirs"));
    let text = panic_text(|| x + y);
    assert!(text.starts_with("add: ") && text.contains("another tape"), "{text}");
    assert!(text.contains("`mine`") && text.contains("`theirs`") && text.contains("misuse.rs"), "{text}");
    let text = panic_text(|| grad(x.sum(), &[y]));
    assert!(text.starts_with("grad: ") && text.contains("different tapes") && text.contains("misuse.rs"), "{text}");
    assert!(panic_text(|| jvp(&[x], &[(y, y)])).starts_with("jvp: "));
    assert!(panic_text(|| a.update("mean", y)).starts_with("update: "));
    let lines = a.len();
    assert_eq!((x.sum().item(), a.len()), (3.0, lines + 1));
}

#[test]
fn gradients_of_another_time_or_tape_are_refused() {
    let mut tape = Tape::new();
    let x = tape.var(2.0);
    let grads = x.square().backward();
    assert_eq!(grads[x][[]], 4.0);
    tape.clear();
    tape.set_step(0);
    let stale = tape.var(2.0);
    assert!(grads.get(stale).is_none());
    assert!(panic_text(|| grads[stale].sum()).contains("before it was cleared"));
    let other = Tape::new();
    assert!(grads.get(other.var(2.0)).is_none());
    let fresh = stale.square();
    assert!(panic_text(|| fresh.backward()[fresh].sum()).contains("not a leaf made by `tape.var`"));
}

#[test]
fn a_rule_that_panics_leaves_no_trace() {
    let tape = Tape::new();
    let x = tape.var([1., 2.]);
    let y = tape.apply(BrokenRule, &[x.into()]).unwrap().real(0).sum();
    let (lines, before) = (tape.len(), y.item());
    let unmarked = |text: String| {
        assert!(text.contains("the rule gives up"), "{text}");
        assert_eq!((tape.len(), y.item()), (lines, before));
    };
    unmarked(panic_text(|| y.backward()));
    unmarked(panic_text(|| grad(y, &[x])));
    unmarked(panic_text(|| jvp(&[y], &[(x, x)])));
    // New lines take the numbers of those taken back, and nothing of their values.
    let z = (x * 3.0).square() + 1.0;
    assert_eq!(z.value().as_slice().unwrap(), [10., 37.]);
    assert_eq!(tape.line(z.id()).origin, None);
    assert_eq!(z.sum().backward()[x].as_slice().unwrap(), [18., 36.]);
}

#[test]
fn a_kernel_that_faults_is_an_error_with_its_source_line() {
    let tape = doubles();
    let x = tape.var([1.5, -2.0]).named("x");
    let (fraction, _) = parts(x);
    let e = fraction.try_value().unwrap_err();
    assert!(e.is_domain());
    let text = e.to_string();
    assert!(text.starts_with("parts: element 1 is -2") && text.contains("no element is negative"), "{text}");
    assert!(text.contains("`x`") && text.contains("operand 0"), "{text}");
    assert!(e.site().is_some_and(|site| site.file().ends_with("support.rs")));
    assert!(fraction.sum().try_backward().is_err());
    let good = (x * x).sum();
    assert_eq!((good.item(), good.backward()[x].as_slice().unwrap()), (6.25, [3.0, -4.0].as_slice()));
    let (_, whole) = parts(x.abs());
    assert_eq!(whole.value().as_slice().unwrap(), [1, 2]);
}

#[test]
fn public_operations_refuse_other_operands_than_theirs() {
    fn refuses(tape: &Tape, op: impl Op<f32> + Clone) {
        let (x, i) = (tape.zeros([1, 2, 2]), tape.ints(array![[[1, 2], [3, 4]]]));
        for operands in [&[][..], &[i.into()], &[x.into(), x.into()]] {
            assert!(tape.apply(op.clone(), operands).unwrap_err().is_kind());
        }
        assert!(tape.apply(op, &[x.into()]).is_ok());
    }
    let tape = Tape::new();
    refuses(&tape, MaxPool2d::new(2));
    refuses(&tape, AvgPool2d::new(2));
    refuses(&tape, Unfold::new(2));
}

#[test]
fn the_count_of_steps_may_start_anywhere() {
    let mut tape = Tape::new();
    tape.set_step(u64::MAX);
    let before = tape.uniform([8]).value();
    tape.clear();
    assert_eq!(tape.step(), 0);
    assert_ne!(tape.uniform([8]).value(), before);
}

#[test]
fn lines_and_errors_of_layers_carry_the_users_line() {
    use wengert::nn::{Conv2d, Layer, Leaves, Linear, Mode, Params, Relu, Sequential};

    #[derive(Debug)]
    struct Own;
    impl Layer<f32> for Own {
        fn apply<'t>(&self, _: &Leaves<'t, f32>, x: Var<'t>) -> Var<'t> {
            x.square()
        }

        fn describe(&self) -> String {
            "own".into()
        }
    }

    let mut params = Params::new(0);
    let net = Sequential::new().push(Linear::new(2, 3)).push(Relu).push(Own).init(&mut params);
    let tape = Tape::new();
    let p = params.on(&tape, Mode::Train);
    let first = tape.len() as u32;
    let (y, line) = (net.apply(&p, tape.constant([[1., 2.]])), line!());
    let lines: Vec<_> = (first + 1..=y.id()).map(|id| tape.line(id)).collect();
    assert!(lines.iter().all(|l| l.site.file().ends_with("misuse.rs")));
    let (own, built_in) = lines.split_last().unwrap();
    assert!(built_in.iter().all(|l| l.site.line() == line) && built_in.len() > 2);
    assert!(own.op == "square" && own.site.line() < line);

    let mut params = Params::new(0);
    let net = Sequential::new().push(Conv2d::new(1, 2, 3)).init(&mut params);
    let p = params.on(&tape, Mode::Eval);
    let text = panic_text(|| {
        let _ = net.apply(&p, tape.zeros([2, 5, 8, 8]));
    });
    assert!(text.contains("misuse.rs:") && !text.contains("at src/"), "{text}");
}
