//! The hand that writes: everything about a digit's looks that is not its shape, drawn from a random stream.
//! It turns a glyph into a trail of pen positions in pixels, each with the pen's radius there.

use rand::{Rng, RngExt};

use super::glyphs::Glyph;
use super::pen::Dot;
use super::stroke::{Knot, walk};

/// A sum of four uniforms, scaled to variance 1: near enough to a Gaussian, bounded by 3.5 and without a logarithm,
/// so that every platform draws the same bits.
pub(super) fn gauss(rng: &mut impl Rng) -> f32 {
    let sum: f32 = (0..4).map(|_| rng.random::<f32>()).sum();
    (sum - 2.0) * 3f32.sqrt()
}

/// Weights of the four control values around a point `u` of a piece of a uniform cubic B-spline.
fn bspline(u: f32) -> [f32; 4] {
    let v = 1.0 - u;
    let (u2, v2) = (u * u, v * v);
    [v2 * v / 6.0, (3.0 * u2 * u - 6.0 * u2 + 4.0) / 6.0, (3.0 * v2 * v - 6.0 * v2 + 4.0) / 6.0, u2 * u / 6.0]
}

/// Control values of the elastic distortion along an axis: the glyph's box covers the pieces between them.
const LATTICE: usize = 6;

/// One writing of one digit.
#[derive(Debug)]
pub(super) struct Hand {
    /// Rows of the linear map from glyph units (height 1, centred) to pixels.
    map: [[f32; 2]; 2],
    shift: [f32; 2],
    /// Elastic distortion after Simard, Steinkraus & Platt 2003, but of the strokes and not of the pixels.
    lattice: [[[f32; 2]; LATTICE]; LATTICE],
    jitter: f32,
    radius: f32,
    pressure: f32,
}

impl Hand {
    /// The spreads were chosen by measurement: few but wide ones (place, slant, size, pen), which defeat a linear
    /// classifier and not one that compares shapes.
    pub(super) fn new(rng: &mut impl Rng) -> Self {
        let height = 19.5 * (1.0 + 0.07 * gauss(rng));
        let width = height * (0.95 + 0.14 * gauss(rng));
        // Beyond these bounds a reader gives up before a network does.
        let slant = (0.12 + 0.25 * gauss(rng)).clamp(-0.4, 0.62);
        // The rotation by 2·atan(half), of which cosine and sine are rational.
        let half = 0.075 * gauss(rng);
        let (cos, sin) = ((1.0 - half * half) / (1.0 + half * half), 2.0 * half / (1.0 + half * half));
        let (a, b, d) = (width, -slant * height, height);
        let stretch = 0.023 + 0.031 * rng.random::<f32>();
        let mut lattice = [[[0.0; 2]; LATTICE]; LATTICE];
        lattice.iter_mut().flatten().flatten().for_each(|v| *v = stretch * gauss(rng));
        Hand {
            map: [[cos * a, cos * b - sin * d], [sin * a, sin * b + cos * d]],
            shift: [13.5 + 1.4 * gauss(rng), 13.5 + 1.4 * gauss(rng)],
            lattice,
            jitter: 1.8 * (0.4 + rng.random::<f32>()),
            radius: 1.1 + 0.75 * rng.random::<f32>(),
            pressure: 0.25 * rng.random::<f32>(),
        }
    }

    /// Writes a glyph: the strokes' trails, one after the other.
    pub(super) fn write(&self, glyph: Glyph, rng: &mut impl Rng) -> Vec<Vec<Dot>> {
        glyph.iter().map(|stroke| self.stroke(stroke, rng)).collect()
    }

    fn stroke(&self, stroke: &[Knot], rng: &mut impl Rng) -> Vec<Dot> {
        let offset = [0.6 * self.jitter * gauss(rng), 0.6 * self.jitter * gauss(rng)];
        let knots: Vec<Knot> = stroke
            .iter()
            .map(|k| Knot {
                x: k.x + offset[0] + self.jitter * gauss(rng),
                y: k.y + offset[1] + self.jitter * gauss(rng),
                corner: k.corner,
            })
            .collect();
        let pressure: [f32; 6] = std::array::from_fn(|_| self.pressure * gauss(rng));
        let mut trail = Vec::new();
        walk(&knots, |t, x, y| {
            let (i, w) = piece(t, pressure.len());
            let push: f32 = w.iter().zip(&pressure[i..]).map(|(w, p)| w * p).sum();
            let [x, y] = self.place(x / 100.0, y / 100.0);
            trail.push(Dot { x, y, radius: (self.radius * (1.0 + 1.6 * push)).max(0.45) });
        });
        trail
    }

    /// From the glyph's unit box to pixels.
    fn place(&self, x: f32, y: f32) -> [f32; 2] {
        let ((i, wx), (j, wy)) = (piece(x, LATTICE), piece(y, LATTICE));
        let (mut px, mut py) = (x - 0.5, y - 0.5);
        for (row, wy) in self.lattice[j..].iter().zip(wy) {
            for (v, wx) in row[i..].iter().zip(wx) {
                px += wx * wy * v[0];
                py += wx * wy * v[1];
            }
        }
        let [[a, b], [c, d]] = self.map;
        [self.shift[0] + a * px + b * py, self.shift[1] + c * px + d * py]
    }
}

/// Which piece of a B-spline with `controls` values holds the point `t` of [0, 1], and the weights there.
fn piece(t: f32, controls: usize) -> (usize, [f32; 4]) {
    let pieces = controls - 3;
    let at = t.clamp(0.0, 1.0) * pieces as f32;
    let i = (at as usize).min(pieces - 1);
    (i, bspline(at - i as f32))
}
