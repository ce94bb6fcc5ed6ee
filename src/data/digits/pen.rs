//! The pen and the paper: trails of pen positions become grey pixels with soft edges.
//! Then come the flaws of a scan, which are noise on every pixel and now and then a few specks.

use rand::{Rng, RngExt};

/// Pixels along an edge of the image.
pub(super) const SIDE: usize = 28;

/// A pen position, in pixels, and the pen's radius there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dot {
    pub x: f32,
    pub y: f32,
    pub radius: f32,
}

/// A picture in the making: ink per pixel, from 0 to 1.
#[derive(Debug)]
pub(super) struct Paper {
    ink: [f32; SIDE * SIDE],
    /// Pixels over which an edge fades from ink to paper.
    fade: f32,
}

impl Paper {
    pub(super) fn new(fade: f32) -> Self {
        Paper { ink: [0.0; SIDE * SIDE], fade }
    }

    /// Draws a trail as round-capped segments; where strokes cross, the darker one stays.
    pub(super) fn draw(&mut self, trail: &[Dot]) {
        for pair in trail.windows(2) {
            self.segment(pair[0], pair[1]);
        }
    }

    fn segment(&mut self, a: Dot, b: Dot) {
        let reach = a.radius.max(b.radius) + 0.5 * self.fade;
        let (columns, rows) = (cover(a.x, b.x, reach), cover(a.y, b.y, reach));
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let scale = 1.0 / (dx * dx + dy * dy).max(1e-12);
        for row in rows {
            for column in columns.clone() {
                let (x, y) = (column as f32 - a.x, row as f32 - a.y);
                let t = ((x * dx + y * dy) * scale).clamp(0.0, 1.0);
                let (x, y) = (x - t * dx, y - t * dy);
                let edge = a.radius + t * (b.radius - a.radius) + 0.5 * self.fade - (x * x + y * y).sqrt();
                let u = (edge / self.fade).clamp(0.0, 1.0);
                let pixel = &mut self.ink[row * SIDE + column];
                *pixel = pixel.max(u * u * (3.0 - 2.0 * u));
            }
        }
    }

    /// Sets `specks` pixels at random places to a random darkness.
    pub(super) fn speckle(&mut self, specks: u32, rng: &mut impl Rng) {
        for _ in 0..specks {
            let at = rng.random_range(0..SIDE * SIDE);
            self.ink[at] = self.ink[at].max(0.3 + 0.7 * rng.random::<f32>());
        }
    }

    /// The grey values: ink times `darkness`, plus noise of standard deviation `noise`, both out of 255.
    pub(super) fn scan(&self, darkness: f32, noise: f32, rng: &mut impl Rng, out: &mut [u8]) {
        // A sum of four random bytes has mean 510 and standard deviation 148.
        let spread = noise / 148.0;
        for (out, ink) in out.iter_mut().zip(&self.ink) {
            let sum: u32 = rng.next_u32().to_le_bytes().iter().map(|&b| u32::from(b)).sum();
            *out = (ink * darkness + spread * (sum as f32 - 510.0)).clamp(0.0, 255.0).round() as u8;
        }
    }
}

/// The pixels along one axis that lie within `reach` of the stretch from `p` to `q`.
fn cover(p: f32, q: f32, reach: f32) -> std::ops::Range<usize> {
    let edge = SIDE as f32;
    let first = (p.min(q) - reach).clamp(0.0, edge) as usize;
    let last = (p.max(q) + reach + 1.0).clamp(0.0, edge) as usize;
    first..last
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    fn scanned(paper: &Paper) -> Vec<u8> {
        let mut out = vec![0; SIDE * SIDE];
        paper.scan(255.0, 0.0, &mut StdRng::seed_from_u64(0), &mut out);
        out
    }

    #[test]
    fn a_line_has_full_ink_inside_soft_edges_and_none_beyond() {
        let mut paper = Paper::new(1.0);
        let dot = |x| Dot { x, y: 10.0, radius: 1.0 };
        paper.draw(&[dot(5.0), dot(20.0)]);
        let image = scanned(&paper);
        let at = |row: usize, column: usize| image[row * SIDE + column];
        assert_eq!((at(10, 12), at(9, 12), at(8, 12)), (255, 128, 0));
        assert_eq!((at(10, 4), at(10, 3), at(10, 21), at(10, 22)), (128, 0, 128, 0));
    }

    #[test]
    fn strokes_off_the_paper_leave_it_blank_and_points_are_dots() {
        let mut paper = Paper::new(1.0);
        let dot = |x, y| Dot { x, y, radius: 2.0 };
        paper.draw(&[dot(-50.0, -9.0), dot(-40.0, 90.0), dot(90.0, 90.0)]);
        assert!(scanned(&paper).iter().all(|&p| p == 0));
        paper.draw(&[dot(14.0, 14.0), dot(14.0, 14.0)]);
        assert_eq!(scanned(&paper).iter().filter(|&&p| p == 255).count(), 9);
    }
}
