//! Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019).
//! They share everything but the place of the weight decay: in Adam's gradient, or beside it.

use super::optimizer::{Memory, Optimizer, State, check, check_slots, each_moved, restore, save, slots, write_buffers};
use super::pass::pass;
use crate::error::Error;
use crate::exec::Gradients;
use crate::nn::Params;
use crate::real::Real;

const SLOTS: [&str; 2] = ["first_moment", "second_moment"];

/// What both forms have.
#[derive(Clone, Debug)]
struct Core<T: Real> {
    rate: f64,
    betas: (f64, f64),
    eps: f64,
    weight_decay: f64,
    memory: Memory<T, 2>,
}

impl<T: Real> Core<T> {
    fn new(rate: f64, weight_decay: f64) -> Self {
        Core { rate, betas: (0.9, 0.999), eps: 1e-8, weight_decay, memory: Memory::new() }
    }

    fn step(&mut self, params: &mut Params<T>, grads: &Gradients<T>, decoupled: bool) -> Result<(), Error> {
        let targets = check(params, grads)?;
        check_slots(&self.memory, params, &targets)?;
        let (b1, b2) = self.betas;
        let [beta1, beta2, rest1, rest2, eps] = [b1, b2, 1.0 - b1, 1.0 - b2, self.eps].map(T::of);
        // One of the two is inactive: w is multiplied by exactly 1, or the gradient gets exactly 0·w.
        let (shrink, in_gradient) =
            if decoupled { (1.0 - self.rate * self.weight_decay, 0.0) } else { (1.0, self.weight_decay) };
        let (shrink, in_gradient) = (T::of(shrink), T::of(in_gradient));
        each_moved(params, &targets, |name, entry, gradient| {
            let slots = slots(&mut self.memory, name, entry.value().dims());
            // Corrections of the averages' bias towards their start at 0, in doubles as they are numbers of the step.
            let t = slots.count as f64;
            let (correction1, correction2) = (1.0 - b1.powf(t), 1.0 - b2.powf(t));
            let (size, root) = (T::of(self.rate / correction1), T::of(correction2.sqrt()));
            pass(entry, gradient, slots, move |w, g, [m, v]| {
                let g = g + in_gradient * w;
                *m = beta1 * *m + rest1 * g;
                *v = beta2 * *v + rest2 * g * g;
                shrink * w - size * *m / (v.sqrt() / root + eps)
            });
        });
        write_buffers(params, grads);
        Ok(())
    }
}

macro_rules! adam {
    ($(#[$doc:meta])* $Name:ident, $text:literal, decoupled: $decoupled:literal, decay: $decay:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $Name<T: Real = f32>(Core<T>);

        impl<T: Real> $Name<T> {
            #[doc = concat!("The given learning rate, averages 0.9 and 0.999, ε = 1e-8, weight decay ", $decay, ".")]
            pub fn new(rate: f64) -> Self {
                $Name(Core::new(rate, $decay))
            }

            /// How much of the averages of gradients and of their squares remains at each step.
            #[must_use]
            pub fn betas(self, first: f64, second: f64) -> Self {
                $Name(Core { betas: (first, second), ..self.0 })
            }

            /// What is added to the root of the second moment.
            #[must_use]
            pub fn eps(self, eps: f64) -> Self {
                $Name(Core { eps, ..self.0 })
            }

            /// The weight decay.
            #[must_use]
            pub fn weight_decay(self, weight_decay: f64) -> Self {
                $Name(Core { weight_decay, ..self.0 })
            }
        }

        impl<T: Real> Optimizer<T> for $Name<T> {
            fn step(&mut self, params: &mut Params<T>, grads: &Gradients<T>) -> Result<(), Error> {
                self.0.step(params, grads, $decoupled)
            }

            fn rate(&self) -> f64 {
                self.0.rate
            }

            fn set_rate(&mut self, rate: f64) {
                self.0.rate = rate;
            }

            fn name(&self) -> &'static str {
                $text
            }

            fn state(&self) -> State<T> {
                save(self.0.rate, &self.0.memory, SLOTS)
            }

            fn set_state(&mut self, state: State<T>) -> Result<(), Error> {
                (self.0.rate, self.0.memory) = restore($text, state, SLOTS)?;
                Ok(())
            }
        }
    };
}

adam! {
    /// Steps scaled by the averages of gradients and of their squares; weight decay is part of the gradient.
    ///
    /// With d = g + decay·w: m ← β₁ m + (1 − β₁) d, v ← β₂ v + (1 − β₂) d²,
    /// w ← w − rate/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε), where t counts the parameter's own steps.
    ///
    /// ```
    /// use wengert::nn::{Params, Role, value_and_grad};
    /// use wengert::optim::{Adam, Optimizer};
    /// let mut params = Params::<f64>::new(0);
    /// params.insert("w", Role::Parameter, [3.0, -0.001])?;
    /// let (_, grads) = value_and_grad(&params, |p| p.get("w").square().sum());
    /// Adam::new(0.5).step(&mut params, &grads)?;                  // the first step is rate·sign(g)
    /// let w = params.get("w").unwrap().as_slice();
    /// assert!((w[0] - 2.5).abs() < 1e-4 && (w[1] - 0.499).abs() < 1e-4);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    Adam, "adam", decoupled: false, decay: 0.0
}

adam! {
    /// Adam with the weight decay beside the gradient: w ← (1 − rate·decay) w, and Adam's step of the gradient alone.
    ///
    /// ```
    /// use wengert::nn::{Params, Role, value_and_grad};
    /// use wengert::optim::{AdamW, Optimizer};
    /// let mut params = Params::<f64>::new(0);
    /// params.insert("w", Role::Parameter, [2.0])?;
    /// let (_, grads) = value_and_grad(&params, |p| p.get("w").sum());
    /// AdamW::new(0.5).weight_decay(0.1).step(&mut params, &grads)?;
    /// assert!((params.get("w").unwrap().as_slice()[0] - (2.0 * 0.95 - 0.5)).abs() < 1e-7);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    AdamW, "adamw", decoupled: true, decay: 0.01
}
