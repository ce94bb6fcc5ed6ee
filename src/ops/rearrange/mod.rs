//! Operations that move elements and compute nothing: shapes, orders, pieces.
//! Each linear map stands in one file with its adjoint.

pub(super) mod axes;
pub(super) mod broadcast;
pub(super) mod concat;
pub(super) mod flip;
pub(super) mod handle;
pub(super) mod pad;
pub(super) mod part;
pub(super) mod permute;
pub(super) mod pieces;
pub(super) mod put;
pub(super) mod repeat;
pub(super) mod reshape;
pub(super) mod roll;
pub(super) mod slice;
pub(super) mod stack;
