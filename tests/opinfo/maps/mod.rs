//! From a call of PyTorch to the same call of this crate, as a user would write it; one file for each family.
//! A map returns `None` for operations of other families.

mod conv;
mod index;
mod linalg;
mod loss;
mod norm;
mod pointwise;
mod pool;
mod rearrange;
mod reduce;
mod resample;
mod scalars;

use crate::call::{Call, Mapped};

/// The call of that name, by the first family that knows it.
pub fn find<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    (pointwise::map(name, c))
        .or_else(|| reduce::map(name, c))
        .or_else(|| rearrange::map(name, c))
        .or_else(|| index::map(name, c))
        .or_else(|| linalg::map(name, c))
        .or_else(|| norm::map(name, c))
        .or_else(|| loss::map(name, c))
        .or_else(|| pool::map(name, c))
        .or_else(|| conv::map(name, c))
        .or_else(|| resample::map(name, c))
}
