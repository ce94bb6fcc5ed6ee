//! Checkpoints: parameters, buffers and optimiser state in safetensors files, which other programs read too.
//! Files come from outside and are distrusted: loading ends in a complete state or in a sentence that says why not.
//!
//! ```
//! use wengert::io::{Progress, load_checkpoint, save_checkpoint};
//! use wengert::nn::{Linear, Params, Sequential, value_and_grad};
//! use wengert::optim::{AdamW, Optimizer};
//! let path = std::env::temp_dir().join(format!("wengert-doc-{}.safetensors", std::process::id()));
//! let model = |params: &mut Params<f32>| Sequential::new().push_named("fc", Linear::new(2, 1)).init(params);
//!
//! let mut params = Params::new(1);
//! let net = model(&mut params);
//! let mut opt = AdamW::new(1e-2);
//! let (_, grads) = value_and_grad(&params, |p| net.apply(p, p.tape().constant([[1., 2.]])).sum());
//! opt.step(&mut params, &grads)?;
//! save_checkpoint(&path, &params, &opt, Progress { epoch: 0, step: 1, seed: 7 })?;
//!
//! let (mut resumed, mut opt) = (Params::new(2), AdamW::new(1.0));
//! let _net = model(&mut resumed);
//! let progress = load_checkpoint(&path, &mut resumed, &mut opt)?;
//! assert_eq!((progress.step, opt.rate()), (1, 1e-2));
//! assert_eq!(resumed.get("fc.weight"), params.get("fc.weight"));
//! # std::fs::remove_file(&path).unwrap();
//! # Ok::<(), wengert::Error>(())
//! ```

mod archive;
mod atomic;
mod checkpoint;
mod header;
#[cfg(test)]
mod tests;

pub use atomic::write as write_atomically;
pub use checkpoint::{check_writable, load_checkpoint, load_params, save_checkpoint, save_params};
pub use header::Progress;
