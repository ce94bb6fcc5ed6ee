//! Normalisations: each takes mean and scale, or a maximum and a sum, out of a group of elements.
//! They are single lines because that is faster and more stable than their formulas line by line.

pub(super) mod batch_norm;
pub(super) mod direction;
pub(super) mod grouped;
pub(super) mod layer_norm;
pub(super) mod layer_norm_affine;
pub(super) mod softmax;
