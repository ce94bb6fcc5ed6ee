//! Every kind of mistake, made on purpose: the full text of each error is pinned, and `docs/errors.md` shows some of them.
//! A case is a function of this file; source lines in the texts are counted from its first line.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};

use wengert::prelude::*;
use wengert::{Arg, ConvTransposeOptions, CrossEntropy, Cx, Error, Fault, Op, Out, ResultSigs, Sig, Tensor, Vjp};

/// A case: its name, which is that of its function, and the function.
type Case = (&'static str, fn(&Tape) -> Result<(), Error>);

macro_rules! cases {
    ($($name:ident)+) => { &[$((stringify!($name), $name)),+] };
}

const CASES: &[Case] = cases! {
    shapes_that_do_not_broadcast
    inner_sizes_that_differ
    a_number_in_a_matrix_product
    batches_that_do_not_broadcast
    another_number_of_elements
    an_axis_that_does_not_exist
    an_axis_of_a_scalar
    an_axis_named_twice
    a_shape_that_cannot_be_repeated
    windows_that_do_not_tile
    a_kernel_larger_than_the_image
    padding_above_half_the_kernel
    a_stride_of_zero
    an_image_without_depth
    a_label_that_no_class_has
    an_index_out_of_range
    a_computed_index_out_of_range
    parts_of_different_shapes
    images_and_weights_of_different_depths
    a_maximum_of_nothing
    backward_from_a_vector
    a_cotangent_of_another_shape
    one_number_of_many
    two_tapes
    gradients_on_two_tapes
    integers_where_numbers_belong
    too_few_operands
    a_negative_label
    the_gradient_of_a_constant
    elements_that_do_not_fill_a_shape
    an_axis_with_two_sizes
    weights_of_a_transposed_convolution
    a_size_that_was_not_pooled
    a_singular_matrix
    weights_for_other_classes
    a_position_outside_of_an_axis
    a_rule_that_forgets_an_operand
    a_rule_of_the_wrong_shape
};

fn shapes_that_do_not_broadcast(tape: &Tape) -> Result<(), Error> {
    let x = tape.var([[1., 2.], [3., 4.]]).named("x");
    let b = tape.var([0.1, 0.2, 0.3]).named("b");
    let _ = x + b;
    Ok(())
}

fn inner_sizes_that_differ(tape: &Tape) -> Result<(), Error> {
    let x = tape.constant([[1., 2., 3.]]).named("x");
    let w = tape.var([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]).named("w");
    let _ = x.matmul(w);
    Ok(())
}

fn a_number_in_a_matrix_product(tape: &Tape) -> Result<(), Error> {
    let w = tape.var([[1., 2.], [3., 4.]]);
    let _ = w.matmul(tape.constant(2.0));
    Ok(())
}

fn batches_that_do_not_broadcast(tape: &Tape) -> Result<(), Error> {
    let (a, b) = (tape.zeros([2, 3, 4]), tape.zeros([5, 4, 1]));
    let _ = a.matmul(b);
    Ok(())
}

fn another_number_of_elements(tape: &Tape) -> Result<(), Error> {
    let x = tape.var([[1., 2., 3.], [4., 5., 6.]]);
    let _ = x.reshape([4, 2]);
    Ok(())
}

fn an_axis_that_does_not_exist(tape: &Tape) -> Result<(), Error> {
    let x = tape.var([[1., 2.], [3., 4.]]);
    let _ = x.sum_over(2);
    Ok(())
}

fn an_axis_of_a_scalar(tape: &Tape) -> Result<(), Error> {
    let _ = tape.var(1.0).sum_over(0);
    Ok(())
}

fn an_axis_named_twice(tape: &Tape) -> Result<(), Error> {
    let x = tape.var([[1., 2.], [3., 4.]]);
    let _ = x.sum_over([1, -1]);
    Ok(())
}

fn a_shape_that_cannot_be_repeated(tape: &Tape) -> Result<(), Error> {
    let _ = tape.var([1., 2., 3.]).broadcast_to([3, 2]);
    Ok(())
}

fn windows_that_do_not_tile(tape: &Tape) -> Result<(), Error> {
    let images = tape.var(ndarray::Array4::zeros((8, 1, 27, 28))).named("images");
    let _ = images.max_pool2d(2);
    Ok(())
}

fn a_kernel_larger_than_the_image(tape: &Tape) -> Result<(), Error> {
    let image = tape.zeros([1, 3, 3]);
    let _ = image.max_pool2d(MaxPool2d::new(5).stride(1));
    Ok(())
}

fn padding_above_half_the_kernel(tape: &Tape) -> Result<(), Error> {
    let image = tape.zeros([1, 4, 4]);
    let _ = image.max_pool2d(MaxPool2d::new(2).padding(2));
    Ok(())
}

fn a_stride_of_zero(tape: &Tape) -> Result<(), Error> {
    let image = tape.zeros([1, 4, 4]);
    let _ = image.max_pool2d(MaxPool2d::new(2).stride(0));
    Ok(())
}

fn an_image_without_depth(tape: &Tape) -> Result<(), Error> {
    let image = tape.zeros([4, 4]);
    let _ = image.max_pool2d(2);
    Ok(())
}

fn a_label_that_no_class_has(tape: &Tape) -> Result<(), Error> {
    let logits = tape.zeros([3, 10]).named("logits");
    let labels = tape.ints([1, 10, 7]).named("labels");
    let _ = logits.cross_entropy(labels);
    Ok(())
}

fn an_index_out_of_range(tape: &Tape) -> Result<(), Error> {
    let table = tape.zeros([5, 2]).named("table");
    let _ = table.embedding(tape.ints([0, 4, 5]));
    Ok(())
}

fn a_computed_index_out_of_range(tape: &Tape) -> Result<(), Error> {
    let x = tape.var([1., 2., 9.]).named("x");
    let best = x.argmax(0).reshape([1]).named("best");
    let picked = tape.zeros([2, 4]).embedding(best);
    picked.value();
    Ok(())
}

fn parts_of_different_shapes(tape: &Tape) -> Result<(), Error> {
    let (a, b) = (tape.zeros([2, 3]).named("a"), tape.zeros([4, 5]).named("b"));
    let _ = concat(&[a, b], 0);
    Ok(())
}

fn images_and_weights_of_different_depths(tape: &Tape) -> Result<(), Error> {
    let images = tape.zeros([8, 3, 32, 32]).named("images");
    let weights = tape.zeros([16, 1, 5, 5]).named("weights");
    let _ = images.conv2d(weights, ConvOptions::default());
    Ok(())
}

fn a_maximum_of_nothing(tape: &Tape) -> Result<(), Error> {
    let empty = tape.zeros([3, 0]);
    let _ = empty.max_along(1);
    Ok(())
}

fn backward_from_a_vector(tape: &Tape) -> Result<(), Error> {
    let x = tape.var([1., 2., 3.]).named("x");
    let losses = x.square();
    losses.backward();
    Ok(())
}

fn a_cotangent_of_another_shape(tape: &Tape) -> Result<(), Error> {
    let y = tape.var([1., 2., 3.]).tanh();
    y.backward_with([1., 1.]);
    Ok(())
}

fn one_number_of_many(tape: &Tape) -> Result<(), Error> {
    let y = tape.var([1., 2., 3.]).tanh();
    y.item();
    Ok(())
}

fn two_tapes(tape: &Tape) -> Result<(), Error> {
    let x = tape.var([1., 2.]).named("x");
    let other = Tape::new();
    let y = other.var([3., 4.]).named("y");
    let _ = x * y;
    Ok(())
}

fn gradients_on_two_tapes(tape: &Tape) -> Result<(), Error> {
    let loss = tape.var([1., 2.]).sum();
    let other = Tape::new();
    grad(loss, &[other.var(1.0)]);
    Ok(())
}

fn integers_where_numbers_belong(tape: &Tape) -> Result<(), Error> {
    let pixels = tape.ints([0, 128, 255, 7]).reshape([1, 2, 2]).named("pixels");
    tape.apply(MaxPool2d::new(2), &[pixels.into()])?;
    Ok(())
}

fn too_few_operands(tape: &Tape) -> Result<(), Error> {
    tape.apply(MaxPool2d::new(2), &[])?;
    Ok(())
}

fn a_negative_label(tape: &Tape) -> Result<(), Error> {
    let labels = [3, 0, -1, 2];
    let _ = tape.ints(labels);
    Ok(())
}

fn the_gradient_of_a_constant(tape: &Tape) -> Result<(), Error> {
    let (w, x) = (tape.var(2.0).named("w"), tape.constant(3.0).named("x"));
    let grads = (w * x).backward();
    let _ = grads[x];
    Ok(())
}

fn elements_that_do_not_fill_a_shape(_: &Tape) -> Result<(), Error> {
    Tensor::new([2, 3], vec![1.0f32; 5])?;
    Ok(())
}

fn an_axis_with_two_sizes(tape: &Tape) -> Result<(), Error> {
    let q = tape.zeros([8, 10, 64]).named("q");
    let k = tape.zeros([8, 12, 32]).named("k");
    let _ = einsum("bqd,bkd->bqk", &[q, k]);
    Ok(())
}

fn weights_of_a_transposed_convolution(tape: &Tape) -> Result<(), Error> {
    let images = tape.zeros([1, 8, 4, 4]).named("images");
    let weights = tape.zeros([3, 8, 2, 2]).named("weights");
    let _ = images.conv_transpose2d(weights, ConvTransposeOptions::new().stride(2));
    Ok(())
}

fn a_size_that_was_not_pooled(tape: &Tape) -> Result<(), Error> {
    let image = tape.zeros([1, 5, 5]).named("image");
    let (y, index) = image.max_pool2d_with_indices(MaxPool2d::new(2).floor());
    let _ = y.max_unpool2d(index, 2, Some([6, 5]));
    Ok(())
}

fn a_singular_matrix(tape: &Tape) -> Result<(), Error> {
    let a = tape.var([[1., 2.], [2., 4.]]).named("a");
    let x = a.solve(tape.var([1., 1.]));
    let _ = x.value();
    Ok(())
}

fn weights_for_other_classes(tape: &Tape) -> Result<(), Error> {
    let logits = tape.zeros([2, 3]).named("logits");
    let weighted = CrossEntropy::new().weights(tape.constant([0.5, 1.]));
    let _ = weighted.mean(logits, tape.ints([0, 2]));
    Ok(())
}

fn a_position_outside_of_an_axis(tape: &Tape) -> Result<(), Error> {
    let x = tape.zeros([3]).named("x");
    let _ = x.scatter(0, tape.ints([0, 3]), 1.0);
    Ok(())
}

fn a_rule_that_forgets_an_operand(tape: &Tape) -> Result<(), Error> {
    let (a, b) = (tape.var(2.0), tape.var(3.0));
    let y = tape.apply(Product { right: Rule::Forgotten }, &[a.into(), b.into()])?.real(0);
    y.backward();
    Ok(())
}

fn a_rule_of_the_wrong_shape(tape: &Tape) -> Result<(), Error> {
    let (a, b) = (tape.var([2., 3.]), tape.var([4., 5.]));
    let y = tape.apply(Product { right: Rule::Summed }, &[a.into(), b.into()])?.real(0);
    y.sum().backward();
    Ok(())
}

/// A user's own product with a mistake in the rule of its right operand.
#[derive(Debug)]
struct Product {
    right: Rule,
}

#[derive(Debug)]
enum Rule {
    Forgotten,
    Summed,
}

impl Op<f32> for Product {
    fn name(&self) -> &'static str {
        "product"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, f32>], y: &mut [Out<'_, f32>], _: &mut Cx<'_, f32>) -> Result<(), Fault> {
        let pairs = x[0].real().iter().zip(x[1].real());
        y[0].real().iter_mut().zip(pairs).for_each(|(y, (a, b))| *y = a * b);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, f32>) {
        r.give(0, || r.g() * r.x(1));
        match self.right {
            Rule::Forgotten => {}
            Rule::Summed => r.give(1, || (r.g() * r.x(0)).sum()),
        }
    }
}

const SOURCE: &str = include_str!("errors.rs");

/// The line of the head of a case's function, and what its body shows.
fn case(name: &str) -> (usize, String) {
    let (head, body) = support::body_of(SOURCE, name);
    (head, body.into_iter().filter(|l| *l != "Ok(())").collect::<Vec<_>>().join("\n"))
}

/// What the case says when it goes wrong, with source lines counted from the case's first.
fn text_of((name, run): &Case) -> String {
    let tape = Tape::new();
    let said = match catch_unwind(AssertUnwindSafe(|| run(&tape))) {
        Ok(Ok(())) => panic!("{name} did not go wrong"),
        Ok(Err(e)) => e.to_string(),
        Err(payload) => payload.downcast_ref::<String>().cloned().unwrap_or_else(|| panic!("{name}: no text")),
    };
    assert_eq!(tape.var(2.0).square().item(), 4.0, "the tape is usable after the error");
    support::relocated(&said, file!(), case(name).0, 0)
}

fn with_quiet_panics<R>(f: impl FnOnce() -> R) -> R {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let r = f();
    std::panic::set_hook(hook);
    r
}

/// One test, since the panic hook belongs to the whole process.
#[test]
fn every_mistake_is_told_with_rule_fix_and_source_line() {
    let texts: Vec<String> = with_quiet_panics(|| CASES.iter().map(text_of).collect());
    let mut all = String::new();
    for ((name, _), text) in CASES.iter().zip(&texts) {
        all += &format!("{}\n{text}\n\n", name.replace('_', " "));
    }
    insta::assert_snapshot!(all);

    for ((name, _), text) in CASES.iter().zip(&texts) {
        assert!(text.contains("\n  rule: ") && text.contains("\n  fix:  "), "{name}:\n{text}");
    }
    let produced: Vec<support::Produced> = CASES
        .iter()
        .zip(texts)
        .map(|(&(name, _), text)| support::Produced {
            name: name.into(),
            blocks: vec![("rust", case(name).1), ("text", text)],
        })
        .collect();
    support::check("docs/errors.md", &produced);
}
