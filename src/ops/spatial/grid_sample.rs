//! Images sampled at the places that a grid names, and grids of affine maps: the two halves of a spatial transformer
//! (Jaderberg et al., 2015). Coordinates go from −1 to 1 across an image, as PyTorch has them.

use crate::kernels::filter::{Edge, Filter};
use crate::ops::prelude::*;
use crate::tape::Tensor;

/// How [`Var::grid_sample`] reads images between and beyond their cells.
///
/// Coordinates −1 and 1 are the outer edges of the first and of the last cell along an axis of n, u = ((g + 1)·n − 1)/2
/// in cells; with [`align_corners`](GridSample::align_corners) they are the centres of these cells,
/// u = (g + 1)·(n − 1)/2. Beyond them there are zeros, unless [`border`](GridSample::border) or
/// [`reflect`](GridSample::reflect) is chosen.
///
/// ```
/// use wengert::{GridSample, prelude::*};
/// let tape = Tape::new();
/// let x = tape.var([[[[0., 1., 2.], [3., 4., 5.]]]]);
/// let grid = tape.var([[[[0.0, 0.0], [0.5, 1.0], [3.0, -1.0]]]]);        // three places (x, y)
/// let y = x.grid_sample(grid, GridSample::linear().align_corners());
/// assert_eq!(y.value().as_slice().unwrap(), [2.5, 4.5, 0.]);
/// let edge = x.grid_sample(grid, GridSample::linear().align_corners().border());
/// assert_eq!(edge.value().as_slice().unwrap(), [2.5, 4.5, 2.]);
/// let g = y.sum().backward();
/// assert_eq!(g[grid].as_slice().unwrap()[..2], [1., 1.5]);               // a cell to the right is 1 more, below 3
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridSample {
    filter: Filter,
    beyond: Beyond,
    align_corners: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beyond {
    Zeros,
    Border,
    Reflect,
}

impl GridSample {
    fn by(filter: Filter) -> Self {
        GridSample { filter, beyond: Beyond::Zeros, align_corners: false }
    }

    /// Straight lines between the centres of neighbouring cells: bilinear on images, trilinear on volumes.
    pub fn linear() -> Self {
        GridSample::by(Filter::Linear)
    }

    /// The cell whose centre is nearest, of two the one with the even number; it has no derivative in the grid.
    pub fn nearest() -> Self {
        GridSample::by(Filter::Nearest)
    }

    /// The cubic convolution of Keys (1981) with a = −0.75 over four cells along each axis.
    pub fn cubic() -> Self {
        GridSample::by(Filter::Cubic)
    }

    /// Beyond the image its outermost cells go on.
    #[must_use]
    pub fn border(self) -> Self {
        GridSample { beyond: Beyond::Border, ..self }
    }

    /// Beyond the image stands its mirror image, mirrored where −1 and 1 are.
    #[must_use]
    pub fn reflect(self) -> Self {
        GridSample { beyond: Beyond::Reflect, ..self }
    }

    /// Lets −1 and 1 be the centres of the outermost cells instead of their outer edges.
    #[must_use]
    pub fn align_corners(self) -> Self {
        GridSample { align_corners: true, ..self }
    }

    fn edge(&self) -> Edge {
        match (self.beyond, self.align_corners) {
            (Beyond::Zeros, _) => Edge::Zeros,
            (Beyond::Border, _) => Edge::Replicate,
            (Beyond::Reflect, true) => Edge::Reflect,
            (Beyond::Reflect, false) => Edge::Mirror,
        }
    }

    /// Half of the way that coordinates −1 to 1 span, in cells.
    fn half(&self, n: usize) -> f64 {
        0.5 * if self.align_corners { n as f64 - 1.0 } else { n as f64 }
    }

    /// The coordinates of the n cells of an axis.
    fn centres(&self, n: usize) -> impl Iterator<Item = f64> + use<> {
        let half = self.half(n);
        (0..n).map(move |i| if half == 0.0 { 0.0 } else { (i as f64 - 0.5 * (n as f64 - 1.0)) / half })
    }
}

fn check_grid(x: &Dims, grid: &Dims) -> Result<usize, Error> {
    let axes = x.rank().wrapping_sub(2);
    if !(1..=3).contains(&axes) || x[2..].contains(&0) {
        return Err(Error::shape(format!("shape {x} is not that of images"))
            .rule("images are [N, C, W], [N, C, H, W] or [N, C, D, H, W] with cells along each of the last axes")
            .fix("reshape, or unsqueeze the missing axes"));
    }
    if grid.rank() != x.rank() || grid[0] != x[0] || grid[grid.rank() - 1] != axes {
        return Err(Error::shape(format!("images {x} and a grid {grid}"))
            .rule(format!("the grid is [N, .., {axes}]: for each of the {} images a place is {axes} numbers", x[0]))
            .fix("give as many axes of places as the image has, and coordinates in the last axis, x first"));
    }
    Ok(axes)
}

impl<'t, T: Real> Var<'t, T> {
    /// Images \[N, C, H, W\] at the places of a grid \[N, H', W', 2\], which gives \[N, C, H', W'\]; see [`GridSample`].
    ///
    /// A place is a pair (x, y), x along the width, each from −1 to 1 within the image. Volumes \[N, C, D, H, W\] have
    /// grids \[N, D', H', W', 3\] of (x, y, z), rows \[N, C, W\] grids \[N, W', 1\].
    ///
    /// Where a coordinate meets the centre of a cell, linear interpolation has a kink; its derivative there is that on the
    /// right, and 0 where it meets the first or last centre of an image that goes on beyond it.
    ///
    /// # Panics
    /// The images have an empty axis or another rank, or the grid is not of the shape above.
    #[track_caller]
    #[must_use]
    pub fn grid_sample(self, grid: Var<'t, T>, options: GridSample) -> Self {
        let dims = self.dims();
        let axes = match check_grid(&dims, &grid.dims()) {
            Ok(axes) => axes,
            Err(e) => self.tape.blame(e, "grid_sample", &[self.id, grid.id]).raise(),
        };
        let mut at: SmallVec<[Var<'t, T>; 3]> = SmallVec::new();
        for axis in 0..axes {
            let n = dims[2 + axis];
            let place = grid.index_axis(-1, (axes - 1 - axis) as isize);
            at.push(place * options.half(n) + 0.5 * (n as f64 - 1.0));
        }
        self.sampled_at(options.filter, options.edge(), &at)
    }

    /// The grid of affine maps θ \[N, 2, 3\] for images of the given height and width: the place (x, y) = θ·(x', y', 1) for
    /// every cell (x', y') of the result, \[N, H, W, 2\].
    ///
    /// Maps of volumes are \[N, 3, 4\] and give \[N, D, H, W, 3\]. The options say where −1 and 1 are.
    ///
    /// # Panics
    /// θ is not \[N, k, k + 1\] for the k sizes given.
    ///
    /// ```
    /// use wengert::{GridSample, prelude::*};
    /// let tape = Tape::new();
    /// let x = tape.var([[[[1., 2., 3.], [4., 5., 6.]]]]);
    /// let options = GridSample::linear();
    /// let flip = tape.var([[[-1., 0., 0.], [0., 1., 0.]]]);
    /// let y = x.grid_sample(flip.affine_grid([2, 3], options), options);
    /// assert!(y.value().iter().zip([3., 2., 1., 6., 5., 4.]).all(|(a, b)| (a - b).abs() < 1e-6));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn affine_grid(self, size: impl AsRef<[usize]>, options: GridSample) -> Self {
        let (size, dims) = (size.as_ref(), self.dims());
        let (k, cells) = (size.len(), Dims::from(size).checked_count());
        let (n, cells) = match (&*dims, cells) {
            (&[n, rows, columns], Some(cells)) if rows == k && columns == k + 1 => (n, cells),
            _ => {
                let e = Error::shape(format!("affine maps {dims} for images of size {size:?}"))
                    .rule(format!("maps of {k} coordinates are [N, {k}, {}]: a matrix and a shift", k + 1))
                    .fix("give one size for each row of the maps");
                self.tape.blame(e, "affine_grid", &[self.id]).raise()
            }
        };
        let axes: Vec<Vec<f64>> = size.iter().map(|&n| options.centres(n).collect()).collect();
        let mut places = Vec::with_capacity(cells * (k + 1));
        for cell in 0..cells {
            // The last axis, x, comes first among the coordinates and varies fastest among the cells.
            let mut rest = cell;
            for axis in axes.iter().rev() {
                places.push(T::of(axis[rest % axis.len()]));
                rest /= axis.len();
            }
            places.push(T::one());
        }
        let places = Tensor::new([cells, k + 1], places).expect("a row for every cell");
        let grid = self.tape.constant(places).matmul(self.transpose(-1, -2));
        let shape: Dims = std::iter::once(n).chain(size.iter().copied()).chain([k]).collect();
        grid.reshape(shape)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::check::{Check, check};

    fn wave(dims: &[usize], by: f64, size: f64) -> Tensor<f64> {
        let n: usize = dims.iter().product();
        Tensor::new(dims, (0..n).map(|k| size * (by * k as f64 + 0.3).sin()).collect()).unwrap()
    }

    fn forms() -> impl Iterator<Item = GridSample> {
        let filters = [GridSample::linear(), GridSample::cubic()];
        let beyond = [|g: GridSample| g, GridSample::border, GridSample::reflect];
        let all = filters.into_iter().flat_map(move |f| beyond.into_iter().map(move |b| b(f)));
        all.flat_map(|g| [g, g.align_corners()])
    }

    #[test]
    fn derivatives_in_images_and_grid_hold_to_second_order() {
        let (x, grid) = (wave(&[2, 2, 3, 4], 0.7, 1.0), wave(&[2, 2, 3, 2], 1.9, 1.3));
        for form in forms() {
            let inputs = (x.clone(), grid.clone());
            Check::new(|_, x| x[0].grid_sample(x[1], form).square().sum(), inputs).second_order().run().assert();
        }
    }

    #[test]
    fn derivatives_hold_on_volumes_and_rows() {
        let (x, grid) = (wave(&[1, 2, 2, 3, 2], 0.7, 1.0), wave(&[1, 2, 1, 2, 3], 1.9, 0.9));
        check(|_, x| x[0].grid_sample(x[1], GridSample::linear()).square(), (x.clone(), grid.clone())).assert();
        let (x, grid) = (wave(&[2, 3, 5], 0.7, 1.0), wave(&[2, 4, 1], 1.9, 0.9));
        check(|_, x| x[0].grid_sample(x[1], GridSample::cubic().border()).square(), (x, grid)).assert();
    }

    #[test]
    fn the_identity_gives_the_image_back() {
        let tape = Tape::<f64>::default();
        let x = tape.var(wave(&[2, 3, 4, 5], 0.7, 1.0));
        let one = tape.constant([[[1., 0., 0.], [0., 1., 0.]]; 2]);
        for form in forms().chain([GridSample::nearest()]) {
            let y = x.grid_sample(one.affine_grid([4, 5], form), form);
            let close = y.value().iter().zip(&x.value()).all(|(a, b)| (a - b).abs() < 1e-12);
            assert!(close, "{form:?}");
        }
        assert_eq!(one.affine_grid([0, 5], GridSample::linear()).value().shape(), [2, 0, 5, 2]);
        assert_eq!(one.affine_grid([1, 1], GridSample::linear().align_corners()).sum().item(), 0.0);
    }

    #[test]
    fn the_nearest_cell_has_no_derivative_in_the_grid_and_says_so() {
        let tape = Tape::<f64>::default();
        let (x, grid) = (tape.var(wave(&[1, 1, 3, 3], 0.7, 1.0)), tape.var(wave(&[1, 2, 2, 2], 1.9, 0.9)));
        let grads = x.grid_sample(grid, GridSample::nearest()).sum().backward();
        assert!(grads.why_zero(grid).unwrap().contains("no further derivative"));
        assert_eq!(grads[x].sum(), 4.0);
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let tape = Tape::<f64>::default();
        let refusal = |x: &[usize], grid: &[usize]| {
            let call = || tape.zeros(x).grid_sample(tape.zeros(grid), GridSample::linear());
            let text = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
            text.downcast_ref::<String>().expect("panics carry text").clone()
        };
        for (text, part) in [
            (refusal(&[2, 3], &[2, 3]), "shape [2, 3] is not that of images"),
            (refusal(&[2, 3, 0, 4], &[2, 3, 4, 2]), "shape [2, 3, 0, 4] is not that of images"),
            (refusal(&[2, 3, 4, 4], &[1, 4, 4, 2]), "the grid is [N, .., 2]: for each of the 2 images"),
            (refusal(&[2, 3, 4, 4], &[2, 4, 4, 3]), "images [2, 3, 4, 4] and a grid [2, 4, 4, 3]"),
            (refusal(&[2, 3, 4, 4], &[2, 4, 2]), "the grid is [N, .., 2]"),
        ] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
        let call = || tape.zeros([1, 2, 3]).affine_grid([4], GridSample::linear());
        let text = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
        let text = text.downcast_ref::<String>().unwrap();
        assert!(text.contains("affine maps [1, 2, 3] for images of size [4]"), "{text}");
    }
}
