//! Pointwise operations: rows of one table, and the few that choose between operands.
//! A row is a scalar formula with its derivative; everything else about it is generated.

pub(super) mod activation;
pub(super) mod arith;
pub(super) mod compare;
pub(super) mod extrema;
pub(super) mod gated;
pub(super) mod joint;
pub(super) mod mask;
pub(super) mod polar;
pub(super) mod pow;
pub(super) mod rounding;
pub(super) mod select;
pub(super) mod special;
pub(super) mod table;
pub(super) mod unary;
