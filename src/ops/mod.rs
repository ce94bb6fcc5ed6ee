//! The operations, one place each: shape rule, kernel, both rules, documentation and tests stand together.
//! A pointwise operation is a row of a table; a linear map stands in one file with its adjoint; the rest have a file each.

mod prelude;
mod table;

mod arith;
mod broadcast;
mod compare;
mod fill;
mod gather;
mod matmul;
mod max_pool;
mod one_hot;
mod permute;
mod plane;
mod positions;
mod reshape;
mod rows;
mod unary;

pub use arith::Scalar;
pub use compare::Comparand;
pub use max_pool::MaxPool2d;
