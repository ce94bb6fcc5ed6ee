//! Loops compiled for the vector instructions of the processor at hand: AVX-512, AVX2 with FMA, or what every machine has.
//! The choice is made once; NEON and wasm simd128 are chosen when the crate is compiled.

mod block;
mod level;
mod update;

pub(crate) use block::{Formula, Loops, block, loops, one_by_one, scalar};
#[cfg(test)]
pub(crate) use level::levels;
pub(crate) use level::{Level, Loop, level, run_at, vectorize};
pub(crate) use update::{exp, ln};

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
