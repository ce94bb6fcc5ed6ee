//! The values of a line as a reader gets them: all numbers where they are few, otherwise a picture of one plane and statistics.
//! They are taken from the tape's own run and rounded nowhere.

use crate::real::Real;
use crate::tape::{Data, Operand, Tape};

/// Numbers with their shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// The sizes of the axes.
    pub dims: Vec<usize>,
    /// Whether they are integers.
    pub integer: bool,
    /// All of them in row-major order, where they are at most as many as the trace's limit.
    pub data: Option<Vec<f64>>,
    /// Their statistics.
    pub stats: Stats,
    /// The first plane (the last two axes at position 0 of the others), thinned out to at most 16 rows and columns.
    pub plane: Plane,
}

/// The most rows and columns of a [`Plane`].
pub const PLANE: usize = 16;

/// A picture of a matrix: some of its elements in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plane {
    /// Rows and columns of the matrix.
    pub of: [usize; 2],
    /// Rows and columns shown.
    pub size: [usize; 2],
    /// The elements shown, row by row.
    pub data: Vec<f64>,
}

/// Statistics of a line's values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    /// How many there are.
    pub count: usize,
    /// The smallest finite one; 0 where there is none.
    pub min: f64,
    /// The largest finite one; 0 where there is none.
    pub max: f64,
    /// The mean of the finite ones.
    pub mean: f64,
    /// The root of the mean square of the finite ones.
    pub rms: f64,
    /// How many are exactly zero.
    pub zeros: usize,
    /// How many are NaN or infinite.
    pub nonfinite: usize,
}

impl Stats {
    /// Statistics of some numbers.
    pub fn of(numbers: impl Iterator<Item = f64>) -> Self {
        let (mut count, mut finite, mut zeros) = (0, 0, 0);
        let (mut min, mut max, mut sum, mut largest) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0.0_f64);
        let mut scaled = 0.0;
        for v in numbers {
            count += 1;
            zeros += usize::from(v == 0.0);
            if v.is_finite() {
                finite += 1;
                (min, max) = (min.min(v), max.max(v));
                // Halves of extremes do not overflow.
                sum += v / 2.0;
                if v.abs() > largest {
                    scaled *= (largest / v).powi(2);
                    largest = v.abs();
                }
                if largest > 0.0 {
                    scaled += (v / largest).powi(2);
                }
            }
        }
        let n = finite.max(1) as f64;
        let (min, max) = if finite == 0 { (0.0, 0.0) } else { (min, max) };
        let mean = sum / n * 2.0;
        Stats { count, min, max, mean, rms: largest * (scaled / n).sqrt(), zeros, nonfinite: count - finite }
    }
}

impl Values {
    /// The values of line `id`, computed where they are missing; at most `limit` of them are kept one by one.
    pub(super) fn of<T: Real>(tape: &Tape<T>, id: u32, limit: usize) -> Result<Self, crate::error::Error> {
        let (dims, data) = match tape.handle(id) {
            Operand::Real(v) => v.try_tensor().map(|t| (t.dims().clone(), Data::Real(t.into_parts().1)))?,
            Operand::Int(v) => v.try_tensor().map(|t| (t.dims().clone(), Data::Int(t.into_parts().1)))?,
        };
        let at = |k: usize| match &data {
            Data::Real(v) => v[k].as_f64(),
            Data::Int(v) => f64::from(v[k]),
        };
        let count: usize = dims.iter().product();
        Ok(Values {
            integer: matches!(data, Data::Int(_)),
            data: (count <= limit).then(|| (0..count).map(at).collect()),
            stats: Stats::of((0..count).map(at)),
            plane: Plane::of(&dims, count, at),
            dims: dims.to_vec(),
        })
    }

    /// The values of a few numbers.
    pub(super) fn plain(dims: &[usize], data: Vec<f64>) -> Self {
        Values {
            dims: dims.to_vec(),
            integer: false,
            stats: Stats::of(data.iter().copied()),
            plane: Plane::of(dims, data.len(), |k| data[k]),
            data: Some(data),
        }
    }
}

impl Plane {
    fn of(dims: &[usize], count: usize, at: impl Fn(usize) -> f64) -> Self {
        let of = match *dims {
            [.., rows, columns] => [rows, columns],
            [n] => [1, n],
            [] => [1, 1],
        };
        if count == 0 {
            return Plane { of, ..Plane::default() };
        }
        let size = of.map(|n| n.min(PLANE));
        // Where more are left out than shown, the ones shown are spread evenly.
        let pick = |k: usize, axis: usize| k * of[axis] / size[axis];
        let cells = (0..size[0]).flat_map(|i| (0..size[1]).map(move |j| (i, j)));
        Plane { of, size, data: cells.map(|(i, j)| at(pick(i, 0) * of[1] + pick(j, 1))).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_of_special_values() {
        let s = Stats::of([3.0, -4.0, 0.0, f64::NAN, f64::INFINITY].into_iter());
        assert_eq!((s.count, s.min, s.max, s.zeros, s.nonfinite), (5, -4.0, 3.0, 1, 2));
        assert!((s.mean + 1.0 / 3.0).abs() < 1e-15 && (s.rms - (25.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        let huge = Stats::of([f64::MAX, f64::MAX].into_iter());
        assert_eq!((huge.mean, huge.rms), (f64::MAX, f64::MAX));
        assert_eq!(Stats::of(std::iter::empty()).max, 0.0);
    }

    #[test]
    fn a_large_plane_is_thinned_out() {
        let p = Plane::of(&[2, 3, 40], 240, |k| k as f64);
        assert_eq!((p.of, p.size), ([3, 40], [3, 16]));
        assert_eq!((p.data[0], p.data[1], p.data[16]), (0.0, 2.0, 40.0));
        assert_eq!(Plane::of(&[0, 4], 0, |_| unreachable!()).size, [0, 0]);
    }
}
