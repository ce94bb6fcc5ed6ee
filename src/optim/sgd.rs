//! Gradient descent with momentum (Polyak, 1964), Nesterov's form of it, and weight decay.
//! The formulas are PyTorch's, so that published settings carry over.

use super::optimizer::{
    Memory, Optimizer, Slots, State, check, check_slots, each_moved, restore, save, slots, write_buffers,
};
use super::pass::pass;
use crate::error::Error;
use crate::exec::Gradients;
use crate::nn::Params;
use crate::real::Real;

/// w ← w − rate·d with d = g + decay·w; with momentum μ, d is replaced by v ← μ v + (1 − dampening) d (the first v is d),
/// or by d + μ v in Nesterov's form.
///
/// ```
/// use wengert::nn::{Params, Role, value_and_grad};
/// use wengert::optim::{Optimizer, Sgd};
/// let mut params = Params::<f64>::new(0);
/// params.insert("w", Role::Parameter, [1.0])?;
/// let mut opt = Sgd::new(0.25).momentum(0.5);
/// for expected in [0.5, 0.0] {                                    // g = 2w; v = 2, then 0.5·2 + 1
///     let (_, grads) = value_and_grad(&params, |p| p.get("w").square().sum());
///     opt.step(&mut params, &grads)?;
///     assert_eq!(params.get("w").unwrap().as_slice(), [expected]);
/// }
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sgd<T: Real = f32> {
    rate: f64,
    momentum: f64,
    dampening: f64,
    weight_decay: f64,
    nesterov: bool,
    memory: Memory<T, 1>,
}

const SLOTS: [&str; 1] = ["velocity"];

impl<T: Real> Sgd<T> {
    /// Plain descent with the given learning rate.
    pub fn new(rate: f64) -> Self {
        Sgd { rate, momentum: 0.0, dampening: 0.0, weight_decay: 0.0, nesterov: false, memory: Memory::new() }
    }

    /// How much of the velocity remains at each step, μ; 0 at first.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Self {
        Sgd { momentum, ..self }
    }

    /// Which part of each gradient the velocity leaves out; 0 at first.
    #[must_use]
    pub fn dampening(self, dampening: f64) -> Self {
        Sgd { dampening, ..self }
    }

    /// The decay that is added to the gradient; 0 at first.
    #[must_use]
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Sgd { weight_decay, ..self }
    }

    /// Nesterov's form; it needs a momentum.
    #[must_use]
    pub fn nesterov(self) -> Self {
        Sgd { nesterov: true, ..self }
    }
}

impl<T: Real> Optimizer<T> for Sgd<T> {
    fn step(&mut self, params: &mut Params<T>, grads: &Gradients<T>) -> Result<(), Error> {
        let targets = check(params, grads)?;
        check_slots(&self.memory, params, &targets)?;
        let [rate, decay, mu, damped] = [self.rate, self.weight_decay, self.momentum, 1.0 - self.dampening].map(T::of);
        let nesterov = self.nesterov;
        each_moved(params, &targets, |name, entry, gradient| {
            if mu == T::zero() {
                let mut none = Slots { count: 0, values: [] };
                return pass(entry, gradient, &mut none, move |w, g, []| w - rate * (g + decay * w));
            }
            let slots = slots(&mut self.memory, name, entry.value().dims());
            let (keep, take) = if slots.count == 1 { (T::zero(), T::one()) } else { (mu, damped) };
            pass(entry, gradient, slots, move |w, g, [v]| {
                let d = g + decay * w;
                *v = keep * *v + take * d;
                w - rate * if nesterov { d + mu * *v } else { *v }
            });
        });
        write_buffers(params, grads);
        Ok(())
    }

    fn rate(&self) -> f64 {
        self.rate
    }

    fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn name(&self) -> &'static str {
        "sgd"
    }

    fn state(&self) -> State<T> {
        save(self.rate, &self.memory, SLOTS)
    }

    fn set_state(&mut self, state: State<T>) -> Result<(), Error> {
        (self.rate, self.memory) = restore("sgd", state, SLOTS)?;
        Ok(())
    }
}
