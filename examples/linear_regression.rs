//! A straight line through noisy points, found by gradient descent and, beside it, by the closed formula.
//! Least squares has one minimum, so both must agree, and the example asserts that they do.

use ndarray::Array1;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use wengert::prelude::*;

fn main() {
    let mut rng = StdRng::seed_from_u64(7);
    let x = Array1::linspace(-1.0, 1.0, 50);
    let y = x.mapv(|x| 3.0 * x - 0.5 + rng.random_range(-0.2..0.2));

    let (slope, intercept) = descend(&x, &y);

    // slope = cov(x, y) / var(x), and the line goes through the point of the means.
    let (mean_x, mean_y) = (x.mean().unwrap(), y.mean().unwrap());
    let (dx, dy) = (&x - mean_x, &y - mean_y);
    let closed_slope = dx.dot(&dy) / dx.dot(&dx);
    let closed_intercept = mean_y - closed_slope * mean_x;

    println!("                      slope   intercept");
    println!("the points' own    {:8.5}    {:8.5}", 3.0, -0.5);
    println!("gradient descent   {slope:8.5}    {intercept:8.5}");
    println!("closed formula     {closed_slope:8.5}    {closed_intercept:8.5}");

    assert!((slope - closed_slope).abs() < 1e-9);
    assert!((intercept - closed_intercept).abs() < 1e-9);
    assert!((slope - 3.0).abs() < 0.1 && (intercept + 0.5).abs() < 0.1);
}

/// Minimises the mean of (slope·x + intercept − y)² in 200 steps.
fn descend(x: &Array1<f64>, y: &Array1<f64>) -> (f64, f64) {
    let (mut slope, mut intercept) = (0.0, 0.0);
    let mut tape = Tape::<f64>::default();
    for _ in 0..200 {
        tape.clear();
        let (w, b) = (tape.var(slope), tape.var(intercept));
        let residual = w * tape.constant(x) + b - tape.constant(y);
        let loss = residual.square().sum() / x.len() as f64;
        let grads = loss.backward();
        slope -= 0.4 * grads[w].sum();
        intercept -= 0.4 * grads[b].sum();
    }
    (slope, intercept)
}
