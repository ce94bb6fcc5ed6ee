//! Neural networks: a named store of parameters, layers that write lines on a tape, initial values, summaries.
//! A layer is a small struct of hyper-parameters without state; what is learnt lives in [`Params`] under its name.
//!
//! ```
//! use wengert::nn::{Linear, Mode, Params, Sequential, Tanh};
//! use wengert::optim::{Adam, Optimizer};
//! use wengert::prelude::*;
//!
//! let (x, y) = ([[0., 0.], [0., 1.], [1., 0.], [1., 1.]], [[0.], [1.], [1.], [0.]]); // exclusive or
//! let mut params = Params::<f32>::new(3);
//! let net = Sequential::new().push(Linear::new(2, 8)).push(Tanh).push(Linear::new(8, 1)).init(&mut params);
//! let mut opt = Adam::new(0.05);
//! let mut tape = Tape::new();
//! let mut last = f32::INFINITY;
//! for _ in 0..200 {
//!     tape.clear();
//!     let p = params.on(&tape, Mode::Train);
//!     let loss = (net.apply(&p, tape.constant(x)) - tape.constant(y)).square().sum();
//!     let grads = loss.backward();
//!     last = loss.item();
//!     opt.step(&mut params, &grads)?;
//! }
//! assert!(last < 1e-2, "{last}");
//! # Ok::<(), wengert::Error>(())
//! ```

mod activation;
mod attention;
mod batch_norm;
mod conv;
mod conv_transpose;
mod dropout;
mod embedding;
mod entry;
mod flatten;
mod group_norm;
mod init;
mod interpolate;
mod layer;
mod layer_norm;
mod leaves;
mod linear;
mod params;
mod path;
mod pool;
mod rms_norm;
mod scope;
mod sequential;
mod summary;
mod value_and_grad;

pub use activation::{
    Elu, Gelu, Hardsigmoid, Hardswish, LeakyRelu, LogSigmoid, Mish, Relu, Relu6, Selu, Sigmoid, Silu, Softplus,
    Softsign, Tanh,
};
pub use attention::MultiHeadAttention;
pub use batch_norm::BatchNorm2d;
pub use conv::{Conv, Conv1d, Conv2d, Conv3d};
pub use conv_transpose::{ConvTranspose, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d};
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use entry::{Entry, Role};
pub use flatten::Flatten;
pub use group_norm::{GroupNorm, InstanceNorm};
pub use init::Init;
pub use layer::Layer;
pub use layer_norm::LayerNorm;
pub use leaves::{Leaves, Mode};
pub use linear::Linear;
pub use params::Params;
pub use rms_norm::RmsNorm;
pub use scope::ParamScope;
pub use sequential::Sequential;
pub use summary::{Summary, SummaryRow};
pub use value_and_grad::value_and_grad;
