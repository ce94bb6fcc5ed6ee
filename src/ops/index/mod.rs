//! Operations whose integer operands say where elements come from or go to.
//! Gather and scatter are each other's adjoints, at the same positions.

pub(super) mod gather;
pub(super) mod one_hot;
pub(super) mod positions;
pub(super) mod rows;
pub(super) mod scatter;
pub(super) mod sort;
pub(super) mod take;
