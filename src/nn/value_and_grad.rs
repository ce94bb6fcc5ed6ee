//! A loss and its gradients in one line, on a tape that is made and dropped here.
//! For training loops keep a tape and clear it: that keeps its memory and counts the steps.

use super::leaves::{Leaves, Mode};
use super::params::Params;
use crate::exec::Gradients;
use crate::real::Real;
use crate::tape::{Tape, Var};

/// The value of `loss` and its gradient with respect to every trained parameter, in [`Mode::Train`].
///
/// The tape is seeded like the store and is always in its first step, so random lines (dropout) draw the same numbers at
/// each call.
///
/// # Panics
/// The loss has more than one element, or values fault as in [`Var::value`].
///
/// ```
/// use wengert::nn::{value_and_grad, Params, Role};
/// let mut params = Params::<f64>::new(0);
/// params.insert("w", Role::Parameter, [3.0, 4.0])?;
/// let (loss, grads) = value_and_grad(&params, |p| p.get("w").square().sum());
/// assert_eq!(loss, 25.0);
/// assert_eq!(grads.by_name("w").unwrap().as_slice().unwrap(), [6.0, 8.0]);
/// # Ok::<(), wengert::Error>(())
/// ```
#[track_caller]
pub fn value_and_grad<T: Real>(
    params: &Params<T>,
    loss: impl for<'t> FnOnce(&Leaves<'t, T>) -> Var<'t, T>,
) -> (T, Gradients<T>) {
    let tape = Tape::<T>::default().seeded(params.seed());
    let loss = loss(&params.on(&tape, Mode::Train));
    let grads = loss.backward();
    (loss.item(), grads)
}
