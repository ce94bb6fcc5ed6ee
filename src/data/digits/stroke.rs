//! Strokes: runs of points that a pen passes through, smooth or with a corner.
//! Between corners the curve is a Catmull–Rom spline, so a glyph is written down as the few places the hand aims at.

/// A place the pen aims at, in hundredths of the glyph's box: x to the right, y down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knot {
    pub x: f32,
    pub y: f32,
    pub corner: bool,
}

/// A knot the pen rounds.
pub(super) const fn s(x: i8, y: i8) -> Knot {
    Knot { x: x as f32, y: y as f32, corner: false }
}

/// A knot at which the pen turns sharply.
pub(super) const fn c(x: i8, y: i8) -> Knot {
    Knot { x: x as f32, y: y as f32, corner: true }
}

/// Points on the curve between two neighbouring knots; at digit size a step is about a pixel.
const STEPS: usize = 8;

/// Calls `place(t, x, y)` for points along the curve through `knots`, with t rising from 0 to 1.
///
/// Catmull & Rom 1974, uniform knots; a tangent at a corner or an end looks at its own side only.
pub(super) fn walk(knots: &[Knot], mut place: impl FnMut(f32, f32, f32)) {
    let pieces = knots.len().saturating_sub(1);
    for i in 0..pieces {
        let (b, e) = (knots[i], knots[i + 1]);
        let before = if i == 0 || b.corner { mirror(b, e) } else { knots[i - 1] };
        let after = if i + 1 == pieces || e.corner { mirror(e, b) } else { knots[i + 2] };
        let first = usize::from(i > 0);
        for k in first..=STEPS {
            let u = k as f32 / STEPS as f32;
            let at = |p: f32, q: f32, r: f32, w: f32| {
                q + 0.5 * u * ((r - p) + u * ((2.0 * p - 5.0 * q + 4.0 * r - w) + u * (3.0 * (q - r) + w - p)))
            };
            let t = (i as f32 + u) / pieces as f32;
            place(t, at(before.x, b.x, e.x, after.x), at(before.y, b.y, e.y, after.y));
        }
    }
}

/// The point beyond `end` that leaves the spline's tangent there along the chord from `end` to `inner`.
fn mirror(end: Knot, inner: Knot) -> Knot {
    Knot { x: 2.0 * end.x - inner.x, y: 2.0 * end.y - inner.y, corner: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(knots: &[Knot]) -> Vec<(f32, f32, f32)> {
        let mut points = Vec::new();
        walk(knots, |t, x, y| points.push((t, x, y)));
        points
    }

    #[test]
    fn the_curve_passes_through_every_knot() {
        let knots = [s(10, 0), s(40, 90), c(70, 20), s(20, 50)];
        let points = path(&knots);
        assert_eq!(points.len(), 3 * STEPS + 1);
        for (i, k) in knots.iter().enumerate() {
            assert_eq!((points[i * STEPS].1, points[i * STEPS].2), (k.x, k.y));
        }
        assert_eq!((points[0].0, points[3 * STEPS].0), (0.0, 1.0));
    }

    #[test]
    fn corners_leave_lines_straight() {
        for (_, x, y) in path(&[c(0, 0), c(30, 60), c(60, 0)]) {
            let expected = if x <= 30.0 { 2.0 * x } else { 120.0 - 2.0 * x };
            assert!((y - expected).abs() < 1e-4, "({x}, {y})");
        }
    }

    #[test]
    fn fewer_than_two_knots_draw_nothing() {
        assert!(path(&[]).is_empty() && path(&[s(1, 1)]).is_empty());
    }
}
