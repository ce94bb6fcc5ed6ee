//! Loops over slices of numbers: the only place where time is spent, and the only one that may hold `unsafe`.
//! A kernel knows no tape and no operation; it writes every element of its output, which starts as garbage.

pub(crate) mod attention;
pub(crate) mod avg_pool;
pub(crate) mod batch_norm;
pub(crate) mod conv;
pub(crate) mod dense;
pub(crate) mod extremum;
pub(crate) mod filter;
mod fold;
pub(crate) mod fused;
pub(crate) mod gemm;
pub(crate) mod index;
pub(crate) mod map;
mod moments;
pub(crate) mod par;
pub(crate) mod plane;
pub(crate) mod pool;
pub(crate) mod product;
pub(crate) mod random;
pub(crate) mod reduce;
pub(crate) mod resample;
pub(crate) mod sample;
pub(crate) mod scan;
pub(crate) mod scratch;
pub(crate) mod simd;
pub(crate) mod softmax;
pub(crate) mod sort;
pub(crate) mod special;
pub(crate) mod standard;
pub(crate) mod strided;
pub(crate) mod unfold;
pub(crate) mod windows;

/// Whether the size of the code counts more than its speed, as it does in the playground's page: methods that are only faster
/// are left out.
pub(crate) const COMPACT: bool = cfg!(all(target_arch = "wasm32", feature = "playground"));

pub(crate) use par::threads;
pub use par::with_threads;

#[cfg(test)]
mod naive;
#[cfg(test)]
mod naive_data;
