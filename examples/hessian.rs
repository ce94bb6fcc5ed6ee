//! A Hessian through max pooling and tanh: the gradient is lines on the tape, so it is differentiated like any other.
//! Every entry of the Hessian is compared with a central difference of the gradient.

use ndarray::{Array1, Array2};
use wengert::prelude::*;

const SIDE: usize = 3;
const CELLS: usize = SIDE * SIDE;

/// f(x) = (Σ tanh(max_pool(x)))² over the four 2×2 windows of a 3×3 image.
fn f<'t>(x: Var<'t, f64>) -> Var<'t, f64> {
    x.reshape([1, SIDE, SIDE]).max_pool2d(MaxPool2d::new(2).stride(1)).tanh().sum().square()
}

fn gradient(at: &Array1<f64>) -> Array1<f64> {
    let tape = Tape::<f64>::default();
    let x = tape.var(at);
    f(x).backward()[x].clone().into_dimensionality().expect("the gradient has the shape of x")
}

fn exact_hessian(at: &Array1<f64>) -> Array2<f64> {
    let tape = Tape::<f64>::default();
    let x = tape.var(at);
    hessian(f(x), x).value().into_dimensionality().expect("the Hessian of a vector is a matrix")
}

fn differences(at: &Array1<f64>) -> Array2<f64> {
    const STEP: f64 = 1e-4;
    let mut rows = Array2::zeros((CELLS, CELLS));
    for (i, mut row) in rows.rows_mut().into_iter().enumerate() {
        let moved = |by: f64| Array1::from_shape_fn(CELLS, |j| if i == j { at[j] + by } else { at[j] });
        row.assign(&((gradient(&moved(STEP)) - gradient(&moved(-STEP))) / (2.0 * STEP)));
    }
    rows
}

fn main() {
    // 0.7 in cell 2 and 0.8 in cell 3 win one window each, 0.9 in cell 7 wins the two below.
    let x = Array1::from(vec![0.1, 0.2, 0.7, 0.8, 0.3, 0.4, 0.5, 0.9, 0.6]);
    let (exact, approximate) = (exact_hessian(&x), differences(&x));

    println!("The Hessian of (Σ tanh(max_pool(x)))² at\n{}:\n", x.view().into_shape_with_order((SIDE, SIDE)).unwrap());
    for row in exact.rows() {
        let row: Vec<String> =
            row.iter().map(|&v| if v == 0.0 { "    .   ".into() } else { format!("{v:8.4}") }).collect();
        println!("{}", row.join(" "));
    }
    let error = (&exact - &approximate).iter().fold(0.0f64, |worst, e| worst.max(e.abs()));
    println!("\nlargest distance to central differences: {error:.1e}");
    println!("a dot is an exact zero: the cell won no window, or belongs to none that counts");

    assert!(error < 1e-6);
    assert_eq!(exact, exact.t());
    assert_eq!(exact.iter().filter(|&&v| v != 0.0).count(), 9, "three cells win, so nine entries are not zero");
}
