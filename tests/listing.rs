//! The listing of small models, whole: recorded lines, scopes, and the lines that sweeps write after them.
//! The example of the README is one of these models, so that its code and its listing are what the engine makes of them.

mod support;

use ndarray::array;
use support::{Produced, body_of, relocated};
use wengert::prelude::*;

const SOURCE: &str = include_str!("listing.rs");

/// The listing with source lines counted from the head of function `name`.
fn listing(name: &str, text: &str) -> String {
    relocated(text, "listing.rs", body_of(SOURCE, name).0, 0)
}

#[rustfmt::skip]
fn readme() -> String {
    let tape = Tape::new();
    let image = tape.var(array![[[1., 2., 0.], [3., 9., 4.], [5., 6., 7.]]]).named("image");
    let scale = tape.var(0.5).named("scale");

    // Recording checks shapes and computes nothing.
    let pooled = image.max_pool2d(MaxPool2d::new(2).stride(1));
    let loss = (pooled * scale).sum().named("loss");

    // The adjoint program is written on the same tape, and both are run.
    let grads = loss.backward();
    assert_eq!(loss.item(), 18.0);
    assert_eq!(grads[image][[0, 1, 1]], 2.0);    // the 9 won four windows, each times 0.5
    assert_eq!(grads[scale][[]], 36.0);
    tape.to_string()
}

#[test]
fn the_readme_shows_its_example_and_the_tape_it_writes() {
    let mut code = String::from("use ndarray::array;\nuse wengert::prelude::*;\n\nfn main() {\n");
    for line in body_of(SOURCE, "readme").1 {
        let line = if line == "tape.to_string()" { "println!(\"{tape}\");" } else { line };
        code += &if line.is_empty() { "\n".to_string() } else { format!("    {line}\n") };
    }
    code += "}";
    let head_lines = 4;
    let text = relocated(&readme(), "listing.rs", body_of(SOURCE, "readme").0, head_lines);
    support::check(
        "README.md",
        &[
            Produced { name: "example".into(), blocks: vec![("rust", code)] },
            Produced { name: "tape".into(), blocks: vec![("text", text.clone())] },
        ],
    );
    insta::assert_snapshot!(text);
}

fn perceptron() -> String {
    let tape = Tape::new();
    let x = tape.constant([[0.5, -1.0, 2.0]]).named("x");
    let hidden = {
        let _scope = tape.scope("hidden");
        let (w, b) = (tape.var([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]).named("w1"), tape.var([0.0, 0.1]).named("b1"));
        (x.matmul(w) + b).relu()
    };
    let loss = {
        let _scope = tape.scope("output");
        let w = tape.var([[1.0], [-1.0]]).named("w2");
        hidden.matmul(w).square().sum().named("loss")
    };
    loss.backward();
    tape.to_string()
}

#[test]
fn scopes_and_bias() {
    insta::assert_snapshot!(listing("perceptron", &perceptron()));
}

fn cube() -> String {
    let tape = Tape::<f64>::default();
    let x = tape.var(2.0).named("x");
    let y = (x * x * x).named("y");
    let dy = grad(y, &[x])[0].named("dy/dx");
    let _ = grad(dy, &[x])[0].named("d²y/dx²");
    tape.to_string()
}

#[test]
fn a_derivative_of_a_derivative() {
    insta::assert_snapshot!(listing("cube", &cube()));
}

fn tangent() -> String {
    let tape = Tape::<f64>::default();
    let x = tape.var([0.1, 0.7]).named("x");
    let y = x.tanh().sum().named("y");
    let dx = tape.constant([1.0, 0.0]).named("dx");
    let _ = jvp(&[y], &[(x, dx)]);
    tape.to_string()
}

#[test]
fn a_tangent() {
    insta::assert_snapshot!(listing("tangent", &tangent()));
}

fn checkpointed() -> String {
    let tape = Tape::<f64>::default();
    let (x, w) = (tape.var([[0.1, 0.7]]).named("x"), tape.var([[1.0], [2.0]]).named("w"));
    let y = tape.checkpoint(|| x.sin().tanh().matmul(w).exp());
    let _ = grad(y.sum(), &[x]);
    tape.to_string()
}

#[test]
fn a_region_that_is_computed_again() {
    insta::assert_snapshot!(listing("checkpointed", &checkpointed()));
}

#[test]
fn a_precision_leaves_out_the_middle() {
    let tape = Tape::new();
    let mut x = tape.var(1.0);
    for _ in 1..100 {
        x = x * 2.0;
    }
    let text = format!("{tape:.4}");
    let starts: Vec<&str> = text.lines().map(|l| l.split("  #").next().unwrap_or_default().trim_end()).collect();
    let expected = [
        "tape of 100 lines, f32",
        "  %0   f32[]  = var",
        "  %1   f32[]  = scale %0 by=2",
        "  ... 96 lines left out",
        "  %98  f32[]  = scale %97 by=2",
        "  %99  f32[]  = scale %98 by=2",
    ];
    assert_eq!(starts, expected);
}

#[test]
fn an_empty_tape() {
    assert_eq!(Tape::new().to_string(), "tape of 0 lines, f32\n");
}
