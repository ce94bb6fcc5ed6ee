//! The operations, one place each: shape rule, kernel, both rules, documentation and tests stand together.
//! A pointwise operation is a row of a table; a linear map stands in one file with its adjoint; the rest have a file each.

mod prelude;
mod table;

mod amax;
mod arith;
mod avg_pool;
mod batch_norm;
mod broadcast;
mod compare;
mod concat;
mod conv;
mod conv_options;
mod cross_entropy;
mod dot;
mod extrema;
mod fill;
mod gather;
mod handle;
mod layer_norm;
mod lines;
mod logsumexp;
mod losses;
mod mask;
mod matmul;
mod max_pool;
mod mean;
mod one_hot;
mod part;
mod permute;
mod plane;
mod polar;
mod positions;
mod pow;
mod prod;
mod random;
mod reshape;
mod rows;
mod select;
mod slice;
mod softmax;
mod stack;
mod unary;
mod unfold;
mod winner;

pub use arith::Scalar;
pub use avg_pool::AvgPool2d;
pub use batch_norm::BatchNormResults;
pub use compare::LineOrNumber;
pub use concat::concat;
pub use conv_options::ConvOptions;
pub use handle::Handle;
pub use mask::IntOrNumber;
pub use max_pool::MaxPool2d;
pub use stack::stack;
pub use unfold::Unfold;
