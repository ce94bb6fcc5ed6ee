//! Limits for gradients, by their common norm or one by one.
//! Both work in place and keep gradients that no derivative arrives at as they are.

use crate::error::Error;
use crate::exec::Gradients;
use crate::real::Real;

/// Scales all gradients by max/norm where their common norm √Σg² is above `max`; returns the norm from before.
///
/// A norm that is not finite comes back and changes nothing: it is the caller's to skip the step.
///
/// # Errors
/// `max` is not above 0.
///
/// ```
/// use wengert::optim::clip_norm;
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let (a, b) = (tape.var([3.0]), tape.var([4.0]));
/// let mut grads = (a.square() + b.square()).sum().backward();
/// assert_eq!(clip_norm(&mut grads, 1.0)?, 10.0);
/// assert!((grads[a][[0]] - 0.6).abs() < 1e-6 && (grads[b][[0]] - 0.8).abs() < 1e-6);
/// # Ok::<(), wengert::Error>(())
/// ```
pub fn clip_norm<T: Real>(grads: &mut Gradients<T>, max: f64) -> Result<T, Error> {
    check(max)?;
    let norm = grads.norm();
    if norm.is_finite() && norm.as_f64() > max {
        grads.scale(T::of(max / norm.as_f64()));
    }
    Ok(norm)
}

/// Limits each element of each named gradient to ±`limit`; NaN stays. Returns the norm from before.
///
/// # Errors
/// `limit` is not above 0.
///
/// ```
/// use wengert::optim::clip_value;
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// let x = tape.var([3.0, -0.25]).named("x");
/// let mut grads = x.square().sum().backward();
/// clip_value(&mut grads, 1.0)?;
/// assert_eq!(grads[x].as_slice().unwrap(), [1.0, -0.5]);
/// # Ok::<(), wengert::Error>(())
/// ```
pub fn clip_value<T: Real>(grads: &mut Gradients<T>, limit: f64) -> Result<T, Error> {
    check(limit)?;
    let norm = grads.norm();
    let limit = T::of(limit);
    for (_, gradient) in grads.named_mut() {
        // Comparisons rather than min and max, which would turn NaN into the limit.
        gradient.mapv_inplace(|g| {
            if g > limit {
                limit
            } else if g < -limit {
                -limit
            } else {
                g
            }
        });
    }
    Ok(norm)
}

fn check(limit: f64) -> Result<(), Error> {
    if limit > 0.0 {
        return Ok(());
    }
    Err(Error::argument(format!("cannot clip gradients at {limit}"))
        .rule("the limit is a number above 0")
        .fix("pass a positive limit; to stop training a parameter, freeze it"))
}
