//! Whole programs in both element types, on scalars and empty tensors, and with any number of threads.
//! The number of threads must not show in a single bit.

use wengert::prelude::*;
use wengert::{Real, with_threads};

use crate::support::{network, numbers};

fn fit<T: Real>() -> (f64, f64) {
    let tape = Tape::<T>::default();
    let of = |v: f64| T::of(v);
    let (w, b) = (tape.var(of(2.0)), tape.var(of(-0.5)));
    let x = tape.constant(vec![of(0.0), of(1.0), of(2.0)]);
    let loss = (x * w + b - 1.0).square().sum();
    let grads = loss.backward();
    assert_eq!(loss.item().as_f64(), 2.25 + 0.25 + 6.25);
    (grads[w].sum().as_f64(), grads[b].sum().as_f64())
}

#[test]
fn both_element_types_and_scalars() {
    // Residuals −1.5, 0.5, 2.5.
    assert_eq!(fit::<f32>(), (11.0, 3.0));
    assert_eq!(fit::<f64>(), (11.0, 3.0));
}

#[test]
fn empty_tensors_run_through() {
    let tape = Tape::new();
    let x = tape.var(ndarray::Array4::<f32>::zeros([0, 1, 4, 4]));
    let w = tape.var(ndarray::Array2::<f32>::ones([4, 3]));
    let y = x.max_pool2d(2).reshape([0, 4]).matmul(w).tanh();
    let loss = y.sum();
    let grads = loss.backward();
    assert_eq!((y.value().shape(), loss.item()), ([0, 3].as_slice(), 0.0));
    assert_eq!((grads[x].shape(), grads[w].sum()), ([0, 1, 4, 4].as_slice(), 0.0));
    let dw = grad(loss, &[w])[0];
    assert_eq!(grad(dw.sum(), &[w])[0].value().sum(), 0.0);
}

#[test]
fn the_number_of_threads_does_not_show() {
    let run = || {
        let tape = Tape::new();
        let images = tape.constant(numbers(6 * 64 * 64)).reshape([6, 1, 64, 64]);
        let (loss, scores) = network(&tape, images, 64);
        let grads = loss.backward();
        let bits = |v: &ndarray::ArrayD<f32>| v.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        let named: Vec<_> = grads.named().map(|(name, g)| (name.to_string(), bits(g))).collect();
        (loss.item().to_bits(), bits(&scores.value()), named)
    };
    let one = with_threads(1, run).unwrap();
    assert_eq!(one.2.len(), 2);
    assert!(one == with_threads(2, run).unwrap());
    assert!(one == with_threads(3, run).unwrap());
}
