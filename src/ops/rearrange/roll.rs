//! Elements moved around along axes: `roll` carries those that fall off one end to the other, `rot90` turns planes.
//! Rolling is a split and a concat in the other order, which are each other's adjoint; turning is a flip and a transpose.

use super::concat::joined;
use crate::ops::prelude::*;

impl<'t, T: Real> Var<'t, T> {
    /// The elements moved by `shift` places along an axis, backwards if it is negative; those that fall off one end come
    /// in at the other.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2., 3.], [4., 5., 6.]]);
    /// assert_eq!(x.roll(1, 1).value().as_slice().unwrap(), [3., 1., 2., 6., 4., 5.]);
    /// assert_eq!(x.roll(0, -1).value().as_slice().unwrap(), [4., 5., 6., 1., 2., 3.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn roll(self, axis: isize, shift: isize) -> Self {
        let axis = self.axis("roll", axis);
        let n = self.dims()[axis];
        let back = if n == 0 { 0 } else { (-(shift as i128)).rem_euclid(n as i128) as usize };
        let parts = self.split_at_sizes(axis, smallvec![back, n - back]);
        joined(&[parts[1], parts[0]], axis)
    }

    /// Planes turned by `quarters` quarter turns, from the first axis towards the second: the second read backwards
    /// becomes the first. Negative numbers turn the other way.
    ///
    /// # Panics
    /// An axis does not exist, or both are the same.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [3., 4.]]);
    /// assert_eq!(x.rot90(0, 1, 1).value().as_slice().unwrap(), [2., 4., 1., 3.]);
    /// assert_eq!(x.rot90(0, 1, -1).value().as_slice().unwrap(), [3., 1., 4., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn rot90(self, from: isize, to: isize, quarters: isize) -> Self {
        // Naming both at once refuses an axis that is named twice.
        self.axes("rot90", &[from, to].into());
        match quarters.rem_euclid(4) {
            0 => self.flip([0isize; 0]),
            1 => self.flip(to).transpose(from, to),
            2 => self.flip([from, to]),
            _ => self.flip(from).transpose(from, to),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::check;
    use crate::prelude::*;

    #[test]
    fn shifts_of_any_size_wrap_around() {
        let tape = Tape::new();
        let x = tape.var([1., 2., 3.]);
        let list = |shift| x.roll(0, shift).value().into_raw_vec_and_offset().0;
        assert_eq!((list(0), list(4), list(-3)), (vec![1., 2., 3.], vec![3., 1., 2.], vec![1., 2., 3.]));
        assert_eq!(list(isize::MIN), list(isize::MIN.rem_euclid(3)));
        assert_eq!(tape.zeros([2, 0]).roll(1, 5).dims(), [2, 0]);
    }

    #[test]
    fn four_quarters_are_a_full_turn() {
        let tape = Tape::new();
        let x = tape.var([[1., 2., 3.], [4., 5., 6.]]);
        let once = x.rot90(0, 1, 1);
        assert_eq!(once.dims(), [3, 2]);
        assert_eq!(once.rot90(0, 1, 1).value(), x.rot90(0, 1, 2).value());
        assert_eq!(once.rot90(0, 1, 3).value(), x.value());
        assert_eq!(once.value(), x.rot90(1, 0, -1).value());
    }

    #[test]
    fn derivatives_move_back() {
        let x = ndarray::array![[0.5, -1.0, 2.0], [0.25, 1.0, -3.0]];
        check(|_, x| (x[0].roll(1, 1).roll(0, 1) * x[0].sin()).sum() + x[0].rot90(0, 1, 1).prod_over(0).sum(), &[x])
            .assert();
    }

    #[test]
    #[should_panic(expected = "rot90: axis 1 is named twice in [1, -1]")]
    fn a_plane_has_two_axes() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3]).rot90(1, -1, 1);
    }
}
