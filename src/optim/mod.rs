//! Optimisers, learning-rate schedules and gradient clipping.
//! An optimiser's step reads gradients by name, renews the store in one pass over memory, and keeps its own state by name.
//!
//! ```
//! use wengert::nn::{Params, Role, value_and_grad};
//! use wengert::optim::{AdamW, Cosine, Optimizer, Schedule, Warmup, clip_norm};
//! let mut params = Params::<f64>::new(0);
//! params.insert("w", Role::Parameter, [5.0, -3.0])?;
//! let schedule = Warmup::new(10, Cosine::new(0.2, 0.0, 190));
//! let mut opt = AdamW::new(schedule.rate(0)).weight_decay(0.0);
//! for step in 0..200 {
//!     opt.set_rate(schedule.rate(step));
//!     let (_, mut grads) = value_and_grad(&params, |p| (p.get("w") - 1.0).square().sum());
//!     clip_norm(&mut grads, 1.0)?;
//!     opt.step(&mut params, &grads)?;
//! }
//! assert!(params.get("w").unwrap().as_slice().iter().all(|w| (w - 1.0).abs() < 1e-2));
//! # Ok::<(), wengert::Error>(())
//! ```

mod adam;
mod clip;
mod optimizer;
mod pass;
mod schedule;
mod sgd;
#[cfg(test)]
mod tests;

pub use adam::{Adam, AdamW};
pub use clip::{clip_norm, clip_value};
pub use optimizer::{Optimizer, State};
pub use schedule::{Constant, Cosine, Schedule, StepDecay, Warmup};
pub use sgd::Sgd;
