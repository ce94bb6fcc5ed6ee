//! Numbers for tests of linear algebra: reproducible, without pattern, of moderate size.

use crate::shape::Dims;
use crate::tape::Tensor;

/// Numbers in -1..1 (Knuth's MMIX generator).
pub(crate) fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// A tensor of such numbers.
pub(crate) fn tensor(dims: impl Into<Dims>, seed: u64) -> Tensor<f64> {
    let dims = dims.into();
    let data = numbers(dims.count(), seed);
    Tensor::new(dims, data).expect("the shape fits the data")
}

/// Matrices far from those of lower rank: such numbers, and 2 more on the diagonal.
pub(crate) fn regular(dims: &[usize], seed: u64) -> Vec<f64> {
    let [.., m, n] = *dims else { unreachable!("a matrix") };
    let on_diagonal = |k: usize| k % n == k / n % m;
    let numbers = numbers(dims.iter().product(), seed).into_iter().enumerate();
    numbers.map(|(k, v)| if on_diagonal(k) { v + 2.0 } else { v }).collect()
}
