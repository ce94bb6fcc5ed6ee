//! Where a NaN comes from and why a gradient is zero: the known traps, each with the text that a user reads.
//! Line numbers in the texts count from the head of the function that holds the model.

mod support;

use ndarray::array;
use support::{Produced, body_of, relocated};
use wengert::{OperandValues, prelude::*};

const SOURCE: &str = include_str!("diagnosis.rs");

fn told(name: &str, texts: &[(&str, String)]) -> String {
    let head = body_of(SOURCE, name).0;
    let part = |(title, text): &(&str, String)| format!("-- {title}\n{}\n", relocated(text, "diagnosis.rs", head, 0));
    // The folder that the file stands in is the test's own.
    texts.iter().map(part).collect::<Vec<_>>().join("\n").replace("tests/model.rs", "model.rs")
}

fn norm() -> String {
    let tape = Tape::new();
    let x = tape.var([0.0, 0.0, 0.0]).named("x");
    let length = x.square().sum().sqrt();
    let loss = (x / length).sum();
    loss.first_nonfinite().unwrap().to_string()
}

fn slope() -> String {
    let tape = Tape::new();
    let x = tape.var([4.0, 0.0]).named("x");
    let loss = x.sqrt().sum();
    assert_eq!(loss.item(), 2.0);
    loss.first_nonfinite_backward().unwrap().to_string()
}

fn dead() -> String {
    let tape = Tape::new();
    let (x, b) = (tape.var([1.0, 2.0]).named("x"), tape.var([-5.0, -6.0]).named("b"));
    let loss = ((x + b).relu() * 3.0).sum();
    loss.why_zero(x).unwrap().to_string()
}

fn region() -> String {
    let tape = Tape::new();
    let (x, w) = (tape.var([[0.1, 0.7]]).named("x"), tape.var([[1.0], [2.0]]).named("w"));
    let y = tape.checkpoint(|| x.sin().tanh().matmul(w));
    let _ = grad(y.sum(), &[x]);
    tape.to_string()
}

#[test]
fn the_guide_shows_what_is_said() {
    let block = |name: &'static str, text: String| {
        let (head, body) = body_of(SOURCE, name);
        let mut code = String::from("use wengert::prelude::*;\n");
        for line in body {
            let said = line.strip_suffix(".to_string()").map(|what| format!("println!(\"{{}}\", {what});"));
            code += &format!("{}\n", said.as_deref().unwrap_or(line));
        }
        let text = relocated(&text, "diagnosis.rs", head, 1).replace("tests/model.rs", "model.rs");
        Produced { name: name.into(), blocks: vec![("rust", code), ("text", text)] }
    };
    let produced = [block("norm", norm()), block("slope", slope()), block("dead", dead()), block("region", region())];
    support::check("docs/transforms.md", &produced);
}

#[rustfmt::skip]
fn sources() -> Vec<(&'static str, String)> {
    let tape = Tape::new();
    let x = tape.var([3.0, 1.0, 6.0]).named("x");
    let said = |v: Var<'_>| v.first_nonfinite().map_or("nothing".into(), |found| found.to_string());
    let backward = |v: Var<'_>| v.first_nonfinite_backward().map_or("nothing".into(), |found| found.to_string());

    let root = (x - 2.0).sqrt().mean();
    let logarithm = (x - 1.0 - x.abs()).ln().exp().sum();
    let masked = x.gt(2.0).select((x - 2.0).sqrt(), 0.0 * x).sum();
    let exponentials = (x * 20.0).exp();
    let softmax = (exponentials / exponentials.sum()).sum();
    let zeros = (0.0 * x).named("zeros");
    let unit = (zeros / zeros.square().sum().sqrt()).sum();
    let slope = (x - 1.0).sqrt().sum();
    let given = (tape.constant([1.0, f32::INFINITY]) + 1.0).sum();
    vec![
        ("the square root of a negative number", said(root)),
        ("the logarithm of a negative number", said(logarithm)),
        ("a branch that the mask leaves out", said(masked)),
        ("its gradient", backward(masked)),
        ("a softmax by hand", said(softmax)),
        ("a vector of zeros, normalised", said(unit)),
        ("a slope that is infinite, forward", said(slope)),
        ("a slope that is infinite, backward", backward(slope)),
        ("the gradient of a loss that is NaN", backward(root)),
        ("a value that was given", said(given)),
    ]
}

#[test]
fn what_is_not_finite_is_traced_to_the_line_that_made_it() {
    insta::assert_snapshot!(told("sources", &sources()));
}

#[test]
fn what_was_found_can_be_asked_for_its_parts() {
    let tape = Tape::<f64>::default();
    let (x, w) = (tape.var(array![[1.0, -4.0], [9.0, 2.0]]), tape.var(array![[1e200, 1.0], [1.0, 1.0]]));
    let root = x.sqrt();
    let loss = (root.matmul(w).tanh() * 2.0).sum();
    let found = loss.first_nonfinite().unwrap();
    assert_eq!((found.id, found.position, &found.index[..]), (root.id(), 1, &[0, 1][..]));
    assert!(found.value.is_nan() && found.primal.is_none());
    assert_eq!(found.operands, [(x.id(), OperandValues::Element(-4.0))]);
    assert_eq!(found.path.len(), 4);
    assert_eq!(found.path.last(), Some(&loss.id()));
    assert_eq!(found.line.site.file(), file!());

    // Not elementwise: the whole range of each operand.
    let product = w.matmul(w);
    let found = (product * product).first_nonfinite().unwrap();
    assert_eq!((found.line.op, found.value), ("matmul", f64::INFINITY));
    assert_eq!(found.operands[0].1, OperandValues::Between(1.0, 1e200));

    let slope = tape.var([0.0, 1.0]).sqrt().sum();
    let found = slope.first_nonfinite_backward().unwrap();
    let primal = found.primal.unwrap();
    assert_eq!((primal.op, primal.site.line()), ("sqrt", found.line.site.line()));
    assert_eq!(tape.line(found.id).origin, Some(primal.id), "the line found stands on the tape");
    assert!(x.square().sum().first_nonfinite_backward().is_none());
    assert!(tape.var([] as [f64; 0]).exp().sum().first_nonfinite_backward().is_none());
}

#[test]
fn a_finite_line_has_nothing_to_be_traced() {
    let tape = Tape::<f64>::default();
    // The mask of −∞ is no culprit, and does not hide the one there is.
    let scores = tape.var([[0.5, -1.0, 2.0]]);
    let mask = tape.constant([[0.0, f64::NEG_INFINITY, 0.0]]);
    let attention = (scores + mask).softmax(-1);
    assert!(attention.first_nonfinite().is_none());
    let logarithms = scores.ln();
    let found = (attention * logarithms).sum().first_nonfinite().unwrap();
    assert_eq!((found.line.op, found.position), ("ln", 1));

    // A line that cannot be computed has no value, but what stands before it may be the reason.
    let beyond = tape.constant([1.0]).gather(0, scores.reshape([3]).lt(5.0));
    let faulty = beyond.sum() + logarithms.sum();
    assert!(faulty.try_value().is_err());
    assert_eq!(faulty.first_nonfinite().unwrap().line.op, "ln");
}

#[rustfmt::skip]
fn reasons() -> Vec<(&'static str, String)> {
    let tape = Tape::<f64>::default();
    let x = tape.var(array![[0.5, -1.0], [2.0, 0.25]]).named("x");
    let said = |v: Var<'_, f64>| v.why_zero(x).map_or("it is not zero".into(), |why| why.to_string());

    let image = tape.constant(array![[[9.0, 9.0, 9.0, 9.0]]]);
    let zeros = tape.var(array![[0.0, 0.0], [0.0, 0.0]]).named("zeros");
    let (flat, same) = (x.reshape([1, 1, 4]), x);
    vec![
        ("nothing leads there", said(image.sum())),
        ("a cut", said(x.exp().stop_gradient().sin().sum())),
        ("integers only", said(x.gt(0.0).to_real().sum())),
        ("zero by decree", said(x.floor().square().sum())),
        ("a dead relu", said((x - 3.0).relu().square().sum())),
        ("a relu that is half dead", said(x.relu().square().sum())),
        ("no window is won", said(concat(&[flat, image], 1).max_pool2d(MaxPool2d::new([2, 1])).sum())),
        ("no maximum is won", said(x.maximum(tape.constant(5.0)).sum())),
        ("another is the largest", said(concat(&[x.reshape([4]), tape.constant([7.0])], 0).max().square())),
        ("clamped", said(x.clamp(3.0, 4.0).sum())),
        ("a factor of zeros", said((x.exp() * zeros).sum())),
        ("weights of zeros", said(x.tanh().matmul(zeros).sum())),
        ("saturated", said((x + 400.0).tanh().sum())),
        ("not taken", said(concat(&[x, zeros + 1.0], 0).slice(0, 2..4).square().sum())),
        ("a difference", said((x - same).sum())),
        ("two paths", said((x - 3.0).relu().sum() + (x.exp() * zeros).sum())),
    ]
}

#[test]
fn a_gradient_of_zeros_is_explained() {
    insta::assert_snapshot!(told("reasons", &reasons()));
}

#[test]
fn asking_leaves_no_line_behind() {
    let tape = Tape::<f64>::default();
    let (x, nothing) = (tape.var([-1.0, -2.0]), tape.var([] as [f64; 0]));
    let loss = tape.checkpoint(|| x.relu()).sum() + nothing.exp().sum();
    let lines = tape.len();
    let why = loss.why_zero(x).unwrap();
    assert_eq!((why.cuts.len(), why.cuts[0].line.op), (1, "relu"));
    assert!(loss.why_zero(nothing).unwrap().to_string().contains("it has no elements"));
    assert_eq!(tape.len(), lines);
    assert_eq!(loss.backward()[x].as_slice().unwrap(), [0.0, 0.0]);
    assert!((loss + x.sum()).why_zero(x).is_none());
}
