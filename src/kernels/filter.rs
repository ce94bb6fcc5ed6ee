//! How a value between cells is made of the cells around it: the weights of a filter, and what lies beyond the edge.
//! Resampling along an axis and sampling at given coordinates share both.

/// A filter: which cells around a coordinate count, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Filter {
    /// The cell ⌊u⌋.
    Cell,
    /// The cell nearest to u, of two the even one.
    Nearest,
    /// The two cells around u, weighted by the hat function 1 − |s| of the distance s.
    Linear,
    /// The four cells around u, weighted by the cubic convolution of Keys (1981) with a = −0.75.
    Cubic,
}

/// The parameter of the cubic convolution; −0.75 is what image libraries use, Keys's own is −0.5.
const A: f64 = -0.75;

/// The cubic convolution as polynomials of the distance, constant first: below distance 1, and from 1 to 2.
const CUBIC: [[f64; 4]; 2] = [[1.0, 0.0, -(A + 3.0), A + 2.0], [-4.0 * A, 8.0 * A, -5.0 * A, A]];

impl Filter {
    /// The order from which on derivatives vanish.
    pub(crate) fn smooth_to(self) -> usize {
        match self {
            Filter::Cell | Filter::Nearest => 1,
            Filter::Linear => 2,
            Filter::Cubic => 4,
        }
    }

    /// How many neighbouring cells count.
    pub(crate) fn width(self) -> usize {
        match self {
            Filter::Cell | Filter::Nearest => 1,
            Filter::Linear => 2,
            Filter::Cubic => 4,
        }
    }

    /// The first cell that counts at coordinate u, a whole number, and the derivative of the given order, in u, of the
    /// weights of that cell and those after it.
    ///
    /// At a whole u the derivatives are those on the right; weights at NaN are NaN.
    pub(crate) fn at(self, u: f64, order: usize) -> (f64, [f64; 4]) {
        let one = match order {
            _ if u.is_nan() => f64::NAN,
            0 => 1.0,
            _ => 0.0,
        };
        let below = u.floor();
        let t = u - below;
        match self {
            Filter::Cell => (whole_below(u), [one, 0.0, 0.0, 0.0]),
            Filter::Nearest => (u.round_ties_even(), [one, 0.0, 0.0, 0.0]),
            Filter::Linear => match order {
                0 => (below, [1.0 - t, t, 0.0, 0.0]),
                1 => (below, [-1.0, 1.0, 0.0, 0.0]),
                _ => (below, [0.0; 4]),
            },
            Filter::Cubic => {
                let mirrored = if order.is_multiple_of(2) { 1.0 } else { -1.0 };
                let [inner, outer] = CUBIC;
                let weights = [
                    derivative(outer, order, 1.0 + t),
                    derivative(inner, order, t),
                    mirrored * derivative(inner, order, 1.0 - t),
                    mirrored * derivative(outer, order, 2.0 - t),
                ];
                (below - 1.0, weights)
            }
        }
    }

    /// The name in listings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Filter::Cell => "cell",
            Filter::Nearest => "nearest",
            Filter::Linear => "linear",
            Filter::Cubic => "cubic",
        }
    }
}

/// ⌊u⌋, where a u that f32 cannot tell from a whole number counts as that number: 3·(1/3) is cell 1, also if it comes out
/// below 1.
fn whole_below(u: f64) -> f64 {
    let near = u.round();
    if (u - near).abs() <= 0.5 * f64::from(f32::EPSILON) * u.abs() { near } else { u.floor() }
}

/// The derivative of the given order of a cubic polynomial, constant first, at s.
fn derivative(mut c: [f64; 4], order: usize, s: f64) -> f64 {
    for _ in 0..order.min(4) {
        c = [c[1], 2.0 * c[2], 3.0 * c[3], 0.0];
    }
    ((c[3] * s + c[2]) * s + c[1]) * s + c[0]
}

/// What stands beyond the first and the last cell of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Edge {
    /// Zeros.
    Zeros,
    /// The first and the last cell, again and again.
    Replicate,
    /// The cells mirrored at the centre of the first and of the last one: c b │ a b c │ b a.
    Reflect,
    /// The cells mirrored at the outer edge of the first and of the last one: b a │ a b c │ c b.
    Mirror,
    /// The cells from the other end.
    Circular,
}

impl Edge {
    /// The cell of an axis of n ≥ 1 cells that stands at place i; none where zeros do.
    pub(crate) fn cell(self, i: i64, n: usize) -> Option<usize> {
        let size = n as i64;
        let cell = match self {
            Edge::Zeros => return (0..size).contains(&i).then_some(i as usize),
            Edge::Replicate => i.clamp(0, size - 1),
            Edge::Reflect if n == 1 => 0,
            Edge::Reflect => {
                let k = i.rem_euclid(2 * (size - 1));
                k.min(2 * (size - 1) - k)
            }
            Edge::Mirror => {
                let k = i.rem_euclid(2 * size);
                k.min(2 * size - 1 - k)
            }
            Edge::Circular => i.rem_euclid(size),
        };
        Some(cell as usize)
    }

    /// The coordinate between the centres of the first and the last of n ≥ 1 cells that stands for u, and its derivative.
    ///
    /// At the bounds the derivative is 0, as that of a clamp.
    pub(crate) fn fold(self, u: f64, n: usize) -> (f64, f64) {
        let last = (n - 1) as f64;
        let (v, slope) = match self {
            Edge::Zeros => return (u, 1.0),
            Edge::Replicate => (u, 1.0),
            Edge::Reflect => mirrored(u, last),
            Edge::Mirror => {
                let (v, slope) = mirrored(u + 0.5, last + 1.0);
                (v - 0.5, slope)
            }
            Edge::Circular => (u.rem_euclid(n as f64), 1.0),
        };
        if v <= 0.0 {
            (0.0, 0.0)
        } else if v >= last {
            (last, 0.0)
        } else {
            (v, slope)
        }
    }

    /// The name in listings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Edge::Zeros => "zeros",
            Edge::Replicate => "replicate",
            Edge::Reflect => "reflect",
            Edge::Mirror => "mirror",
            Edge::Circular => "circular",
        }
    }
}

/// The triangle wave that goes from 0 to `span` and back, and its slope.
fn mirrored(u: f64, span: f64) -> (f64, f64) {
    if span == 0.0 {
        return (0.0, 0.0);
    }
    let k = u.rem_euclid(2.0 * span);
    if k < span { (k, 1.0) } else { (2.0 * span - k, -1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one_and_their_derivatives_to_nothing() {
        for filter in [Filter::Cell, Filter::Nearest, Filter::Linear, Filter::Cubic] {
            for u in [-2.25, 0.0, 0.3, 1.5, 7.0] {
                for order in 0..5 {
                    let (first, w) = filter.at(u, order);
                    let sum: f64 = w.iter().sum();
                    assert!((sum - f64::from(u8::from(order == 0))).abs() < 1e-12, "{filter:?} {u} {order}");
                    assert!(first == first.floor() && w[filter.width()..].iter().all(|&w| w == 0.0));
                }
            }
        }
    }

    #[test]
    fn orders_from_which_on_derivatives_vanish_are_told() {
        for filter in [Filter::Cell, Filter::Nearest, Filter::Linear, Filter::Cubic] {
            let vanishes = |order: usize| filter.at(3.4, order).1.iter().all(|&w| w == 0.0);
            assert!(vanishes(filter.smooth_to()) && !vanishes(filter.smooth_to() - 1), "{filter:?}");
        }
        assert!(Filter::Nearest.at(f64::NAN, 0).1[0].is_nan() && Filter::Linear.at(f64::NAN, 0).1[1].is_nan());
    }

    #[test]
    fn derivatives_of_weights_are_differences() {
        let (u, h) = (3.4, 1e-6);
        for filter in [Filter::Linear, Filter::Cubic] {
            for order in 1..4 {
                let (up, down) = (filter.at(u + h, order - 1).1, filter.at(u - h, order - 1).1);
                for (k, w) in filter.at(u, order).1.into_iter().enumerate() {
                    assert!((w - (up[k] - down[k]) / (2.0 * h)).abs() < 1e-7, "{filter:?} order {order} cell {k}");
                }
            }
        }
    }

    #[test]
    fn the_cubic_passes_through_the_cells_and_has_known_weights_between() {
        assert_eq!(Filter::Cubic.at(2.0, 0), (1.0, [0.0, 1.0, 0.0, 0.0]));
        assert_eq!(Filter::Cubic.at(2.5, 0), (1.0, [-0.09375, 0.59375, 0.59375, -0.09375]));
        assert_eq!(Filter::Cell.at(3.0 * (1.0 / 3.0) - 1e-16, 0).0, 1.0);
        assert_eq!([0.5, 1.5, 2.5].map(|u| Filter::Nearest.at(u, 0).0), [0.0, 2.0, 2.0]);
    }

    #[test]
    fn edges_continue_the_cells() {
        let places = |edge: Edge| (-4..7).map(|i| edge.cell(i, 3)).collect::<Option<Vec<_>>>();
        assert_eq!(places(Edge::Replicate).unwrap(), [0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2]);
        assert_eq!(places(Edge::Reflect).unwrap(), [0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]);
        assert_eq!(places(Edge::Mirror).unwrap(), [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0]);
        assert_eq!(places(Edge::Circular).unwrap(), [2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0]);
        assert_eq!(places(Edge::Zeros), None);
        assert_eq!(Edge::Reflect.cell(5, 1), Some(0));
    }

    #[test]
    fn folded_coordinates_agree_with_the_cells_that_the_edge_continues() {
        for edge in [Edge::Replicate, Edge::Reflect, Edge::Mirror] {
            for i in -9..12 {
                let (v, slope) = edge.fold(f64::from(i), 4);
                assert_eq!(v as usize, edge.cell(i.into(), 4).unwrap(), "{edge:?} {i}");
                assert!((v > 0.0 && v < 3.0) == (slope != 0.0), "{edge:?} {i}");
            }
        }
        assert_eq!(Edge::Reflect.fold(-1.25, 4), (1.25, -1.0));
        assert_eq!(Edge::Mirror.fold(-1.25, 4), (0.25, -1.0));
        assert_eq!(Edge::Mirror.fold(-0.75, 4), (0.0, 0.0));
        assert_eq!(Edge::Reflect.fold(0.5, 1), (0.0, 0.0));
    }
}
