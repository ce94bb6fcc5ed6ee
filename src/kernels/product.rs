//! Products of all elements of a line but one, and their mixed derivatives, without a division.
//! Zeros therefore need no cases: each product is that of what stands before and of what stands behind.

use super::par;
use crate::real::Real;

/// Elements that one task goes through, roughly.
const TASK: usize = 1 << 13;

/// ∂/∂xⱼ of the mixed derivative of Π xᵢ along the directions v₁ … vₘ, for each j of the middle axis of
/// \[outer, len, inner\]; without directions, Π over i ≠ j of xᵢ.
///
/// A line is multiplied in the algebra of numbers Σ c_S t_S with tₐ² = 0 (one t a direction, S a set of them), where
/// Π (xᵢ + Σ tₐ vₐᵢ) has the mixed derivative as its last coefficient (hyper-dual numbers: Fike & Alonso, 2011).
pub(crate) fn others<T: Real>(x: &[T], v: &[&[T]], [outer, len, inner]: [usize; 3], out: &mut [T]) {
    assert!(x.len() == outer * len * inner && out.len() == x.len(), "the slices hold [{outer}, {len}, {inner}]");
    assert!(v.iter().all(|v| v.len() == x.len()), "a direction is as long as the operand");
    let block = len * inner;
    let blocks = (TASK / block.max(1)).max(1);
    par::chunks_mut(out, blocks * block, x.len() << v.len(), |k, out| {
        let mut line = Line::new(len, v.len());
        for (b, out) in out.chunks_mut(block).enumerate() {
            for i in 0..inner {
                let first = (k * blocks + b) * block + i;
                line.before(|j, a| a.map_or(x[first + j * inner], |a| v[a][first + j * inner]));
                line.behind(
                    |j, a| a.map_or(x[first + j * inner], |a| v[a][first + j * inner]),
                    |j, value| out[i + j * inner] = value,
                );
            }
        }
    });
}

/// The partial products of one line, each with one coefficient for every set of directions.
struct Line<T> {
    len: usize,
    directions: usize,
    before: Vec<T>,
    running: Vec<T>,
}

impl<T: Real> Line<T> {
    fn new(len: usize, directions: usize) -> Self {
        let sets = 1 << directions;
        Line { len, directions, before: vec![T::zero(); len * sets], running: vec![T::zero(); sets] }
    }

    fn start(&mut self) {
        self.running.fill(T::zero());
        self.running[0] = T::one();
    }

    /// Multiplies the running product by x + Σ tₐ vₐ; larger sets come first, since they read smaller ones.
    fn multiply(&mut self, element: impl Fn(Option<usize>) -> T) {
        for set in (0..self.running.len()).rev() {
            let members = (0..self.directions).filter(|a| set >> a & 1 == 1);
            let through = members.map(|a| self.running[set ^ (1 << a)] * element(Some(a))).sum::<T>();
            self.running[set] = self.running[set] * element(None) + through;
        }
    }

    /// Keeps the product of what stands before each element.
    fn before(&mut self, element: impl Fn(usize, Option<usize>) -> T) {
        let sets = self.running.len();
        self.start();
        for j in 0..self.len {
            self.before[j * sets..][..sets].copy_from_slice(&self.running);
            self.multiply(|a| element(j, a));
        }
    }

    /// Joins it with the product of what stands behind: the coefficient of all directions together.
    fn behind(&mut self, element: impl Fn(usize, Option<usize>) -> T, mut write: impl FnMut(usize, T)) {
        let sets = self.running.len();
        self.start();
        for j in (0..self.len).rev() {
            let before = &self.before[j * sets..][..sets];
            write(j, before.iter().zip(self.running.iter().rev()).map(|(&b, &r)| b * r).sum());
            self.multiply(|a| element(j, a));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Σ over ordered choices of one further element a direction, of the product of the rest: the definition.
    fn definition(x: &[f64], v: &[&[f64]], gone: &mut Vec<usize>) -> f64 {
        let Some((first, rest)) = v.split_first() else {
            return (0..x.len()).filter(|i| !gone.contains(i)).map(|i| x[i]).product();
        };
        let mut sum = 0.0;
        for i in 0..x.len() {
            if !gone.contains(&i) {
                gone.push(i);
                sum += first[i] * definition(x, rest, gone);
                gone.pop();
            }
        }
        sum
    }

    #[test]
    fn products_of_the_others_follow_their_definition() {
        // Small integers with zeros among them: every order of multiplication gives the same bits.
        let number = |k: usize| [2.0, 0.0, -1.0, 3.0, 0.0, 1.0, -2.0][k % 7];
        let x: Vec<f64> = (0..24).map(number).collect();
        let directions: Vec<Vec<f64>> = (1..4).map(|d| (0..24).map(|k| number(k * (d + 1) + d)).collect()).collect();
        for sizes in [[1, 24, 1], [2, 4, 3], [6, 4, 1], [24, 1, 1], [1, 3, 8]] {
            let [outer, len, inner] = sizes;
            for m in 0..=3 {
                let v: Vec<&[f64]> = directions[..m].iter().map(|v| &v[..]).collect();
                let mut out = vec![f64::NAN; 24];
                others(&x, &v, sizes, &mut out);
                for line in 0..outer * inner {
                    let at = |j: usize| (line / inner * len + j) * inner + line % inner;
                    let own = |x: &[f64]| (0..len).map(|j| x[at(j)]).collect::<Vec<f64>>();
                    let own_v: Vec<Vec<f64>> = v.iter().map(|v| own(v)).collect();
                    let own_v: Vec<&[f64]> = own_v.iter().map(|v| &v[..]).collect();
                    for j in 0..len {
                        assert_eq!(out[at(j)], definition(&own(&x), &own_v, &mut vec![j]), "{sizes:?}, {m} directions");
                    }
                }
            }
        }
    }
}
