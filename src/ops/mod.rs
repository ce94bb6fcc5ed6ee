//! The operations, one place each: shape rule, kernel, both rules, documentation and tests stand together.
//! A pointwise operation is a row of a table; a linear map stands in one file with its adjoint; the rest have a file each.

mod attention;
mod fill;
mod index;
#[cfg(test)]
pub(crate) mod inventory;
mod linalg;
mod loss;
mod norm;
mod pointwise;
mod prelude;
mod random;
mod rearrange;
mod reduce;
mod scan;
mod spatial;

pub use attention::{Attention, AttentionMask};
pub use linalg::chain::multi_dot;
pub use linalg::cov::Covariance;
pub use linalg::einsum::{einsum, try_einsum};
pub use linalg::matrix_norm::MatrixNorm;
pub use linalg::solve::Triangular;
pub use linalg::tensordot::Pairs;
pub use loss::classes::{ClassTarget, CrossEntropy};
pub use loss::margin::TripletMargin;
pub use norm::batch_norm::BatchNormResults;
pub use pointwise::arith::Scalar;
pub use pointwise::compare::LineOrNumber;
pub use pointwise::mask::IntOrNumber;
pub use rearrange::concat::concat;
pub use rearrange::handle::Handle;
pub use rearrange::pad::PadMode;
pub use rearrange::stack::stack;
pub use spatial::adaptive::AdaptiveSize;
pub use spatial::adaptive_avg::{AdaptiveAvgPool, AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d};
pub use spatial::adaptive_max::{AdaptiveMaxPool, AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d};
pub use spatial::avg_pool::{AvgPool, AvgPool1d, AvgPool2d, AvgPool3d};
pub use spatial::conv_options::ConvOptions;
pub use spatial::conv_transpose::ConvTransposeOptions;
pub use spatial::grid_sample::GridSample;
pub use spatial::interpolate_options::Interpolate;
pub use spatial::max_pool::{MaxPool, MaxPool1d, MaxPool2d, MaxPool3d};
pub use spatial::unfold::Unfold;
