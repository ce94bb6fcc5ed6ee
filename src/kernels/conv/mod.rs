//! Convolution over one, two or three axes and its two adjoints, by the method that costs least; see [`choose`].
//! Columns are made a tile at a time, so that they stay in cache and memory stays bounded however large the image.

use std::ops::Range;

mod choose;
mod direct;
mod lanes;
mod planes;
mod tile;
mod winograd;

use super::COMPACT;
use super::gemm::{Mat, product_rows};
use super::par;
use super::scratch::{self, Scratch};
use super::simd::{self, Level};
use super::unfold::Slide;
use crate::real::Real;
use choose::{Method, Pass, choose};
use direct::Sweep;
use winograd::{Filters, Planes};

/// Elements in a tile of columns: 1 MB in f32, about what a core has for itself.
const TILE: usize = 1 << 18;

/// Blocks of images whose weight gradients are summed apart, then together in order: enough to keep threads busy.
const BLOCKS: usize = 8;

/// A place that tasks write to, each to its own part.
#[derive(Clone, Copy)]
struct Shared<E>(*mut E);

impl<E> Shared<E> {
    /// A method, so that closures borrow the whole and not the pointer in it.
    fn get(&self) -> *mut E {
        self.0
    }
}

// SAFETY: whoever writes through it sees to it that parts do not overlap.
unsafe impl<E: Send> Send for Shared<E> {}
// SAFETY: as above.
unsafe impl<E: Send> Sync for Shared<E> {}

/// Calls `f` with the multiples 0, step, 2·step, … of `step`, n of them.
fn offsets<R>(n: usize, step: usize, f: impl FnOnce(&[usize]) -> R) -> R {
    scratch::with(n, |at: &mut [usize]| {
        at.iter_mut().enumerate().for_each(|(k, at)| *at = k * step);
        f(at)
    })
}

/// The sizes of a convolution of x [n, c, H, W] with weights [o, c/groups, kh, kw] to [n, o, OH, OW]; likewise with more or
/// fewer axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConvShape<const D: usize = 2> {
    pub(crate) n: usize,
    pub(crate) c: usize,
    pub(crate) o: usize,
    pub(crate) groups: usize,
    pub(crate) slide: Slide<D>,
}

impl<const D: usize> ConvShape<D> {
    /// Input channels of a group.
    fn group_c(&self) -> usize {
        self.c / self.groups
    }

    /// Output channels of a group.
    fn group_o(&self) -> usize {
        self.o / self.groups
    }

    /// Rows of the columns of a group: the cells that one output number looks at.
    fn depth(&self) -> usize {
        self.group_c() * self.slide.taps()
    }

    /// The same over two axes, if they are no more; one is a plane of one row.
    fn in_plane(&self) -> Option<ConvShape<2>> {
        let two = |a: &[usize; D], none: usize| match a[..] {
            [x] => Some([none, x]),
            [y, x] => Some([y, x]),
            _ => None,
        };
        let s = &self.slide;
        let slide = Slide {
            input: two(&s.input, 1)?,
            output: two(&s.output, 1)?,
            kernel: two(&s.kernel, 1)?,
            stride: two(&s.stride, 1)?,
            padding: two(&s.padding, 0)?,
            dilation: two(&s.dilation, 1)?,
        };
        Some(ConvShape { n: self.n, c: self.c, o: self.o, groups: self.groups, slide })
    }

    /// The floating-point operations of one pass.
    pub(crate) fn flops(&self) -> f64 {
        2.0 * self.counts()[3] as f64
    }

    /// Elements of the input, the weights and the output; and the multiplications of one pass.
    fn counts(&self) -> [usize; 4] {
        let x = self.n * self.c * self.slide.cells();
        let w = self.o * self.depth();
        let y = self.n * self.o * self.slide.positions();
        [x, w, y, y.saturating_mul(self.depth())]
    }

    fn check(&self, x: usize, w: usize, y: usize) {
        let g = self.groups;
        assert!(g > 0 && self.c.is_multiple_of(g) && self.o.is_multiple_of(g), "groups divide the channels");
        let [cx, cw, cy, _] = self.counts();
        assert_eq!([x, w, y], [cx, cw, cy], "input, weights and output have the sizes of the convolution");
    }

    /// The weights of a group as a matrix [o/groups, depth].
    fn weights<'a, T>(&self, w: &'a [T], group: usize) -> Mat<'a, T> {
        let size = self.group_o() * self.depth();
        Mat::new(&w[group * size..(group + 1) * size], self.group_o(), self.depth())
    }

    /// The part of an image's channels that belongs to a group.
    fn planes(&self, group: usize) -> Range<usize> {
        let size = self.group_c() * self.slide.cells();
        group * size..(group + 1) * size
    }

    /// The part of an image's output channels that belongs to a group.
    fn results(&self, group: usize) -> Range<usize> {
        let size = self.group_o() * self.slide.positions();
        group * size..(group + 1) * size
    }

    /// Window positions in a tile of columns.
    fn tile_width(&self) -> usize {
        let positions = self.slide.positions().max(1);
        if self.slide.is_identity() { positions } else { (TILE / self.depth().max(1)).max(16).min(positions) }
    }

    /// The window positions, cut into tiles of columns.
    fn tiles(&self) -> impl Iterator<Item = Range<usize>> + use<D> {
        let (positions, width) = (self.slide.positions(), self.tile_width());
        (0..positions).step_by(width).map(move |l| l..positions.min(l + width))
    }

    /// Room for the columns of a tile, which the planes themselves are for a 1×1 kernel.
    fn room<T: Real>(&self) -> Scratch<T> {
        scratch::take(if self.slide.is_identity() { 0 } else { self.depth() * self.tile_width() })
    }

    /// The columns [depth, tile] of a group's planes; a 1×1 kernel looks at the planes themselves.
    fn columns<'a, T: Real>(&self, planes: &'a [T], tile: &Range<usize>, room: &'a mut [T]) -> Mat<'a, T> {
        if self.slide.is_identity() {
            return Mat::new(planes, self.group_c(), self.slide.cells());
        }
        let room = &mut room[..self.depth() * tile.len()];
        let planes = planes.chunks(self.slide.cells());
        let rows = planes.flat_map(|plane| self.slide.kernel_cells().map(move |tap| (plane, tap)));
        for ((plane, tap), row) in rows.zip(room.chunks_mut(tile.len())) {
            self.slide.unfold_row(plane, tap, tile.clone(), row);
        }
        Mat::new(room, self.depth(), tile.len())
    }
}

/// The columns `tile` of a row-major matrix with `rows` rows.
fn tile_of<'a, T>(data: &'a [T], rows: usize, cols: usize, tile: &Range<usize>) -> Mat<'a, T> {
    Mat { data: &data[tile.start.min(data.len())..], rows, cols: tile.len(), row_stride: cols, col_stride: 1 }
}

/// The slices as numbers of a type that there are vectors of, for what is called with them.
macro_rules! with_elements {
    (|$($x:ident),+; $y:ident| $call:expr) => {
        if let Some($y) = lanes::cast_mut::<T, f32>($y) {
            $(let $x = lanes::cast::<T, f32>($x).expect("all are of one type");)+
            $call
        } else if let Some($y) = lanes::cast_mut::<T, f64>($y) {
            $(let $x = lanes::cast::<T, f64>($x).expect("all are of one type");)+
            $call
        }
    };
}

/// Carries out a pass from images to images by another method than columns, if one is better; says whether it did.
fn swept<T: Real, const D: usize>(x: &[T], w: &[T], s: &ConvShape<D>, y: &mut [T], pass: Pass) -> bool {
    let Some(s) = s.in_plane() else { return false };
    let level = simd::level();
    let adjoint = pass == Pass::Input;
    match method::<T>(level, &s, pass) {
        Method::Columns => return false,
        Method::Direct => {
            let sweep = if adjoint { Sweep::adjoint(&s) } else { Sweep::forward(&s) };
            with_elements!(|x, w; y| direct::convolve(level, &sweep, x, w, y));
        }
        Method::Winograd => {
            let planes = if adjoint { Planes::backward(&s) } else { Planes::forward(&s) };
            let steps = if adjoint { [9, s.depth()] } else { [s.depth(), 9] };
            let size = (s.group_o() * s.depth()).max(1);
            with_elements!(|x, w; y| for (group, w) in w.chunks(size).enumerate() {
                let (from, to) = (group * planes.c * planes.input_cells(), group * planes.o * planes.output_cells());
                let filters = Filters { w, steps, turned: adjoint };
                winograd::convolve(level, &planes, &x[from..], filters, None, &mut y[to..]);
            });
        }
    }
    true
}

/// As [`swept`], the gradient of the weights.
fn weights_swept<T: Real, const D: usize>(g: &[T], x: &[T], s: &ConvShape<D>, w: &mut [T]) -> bool {
    let Some(s) = s.in_plane() else { return false };
    let level = simd::level();
    match method::<T>(level, &s, Pass::Weights) {
        Method::Columns => return false,
        Method::Direct => with_elements!(|g, x; w| direct::gradient(level, &Sweep::forward(&s), g, x, w)),
        Method::Winograd => {
            let planes = Planes::forward(&s);
            let size = (s.group_o() * s.depth()).max(1);
            with_elements!(|g, x; w| for (group, w) in w.chunks_mut(size).enumerate() {
                let (from, to) = (group * planes.c * planes.input_cells(), group * planes.o * planes.output_cells());
                winograd::gradient(level, &planes, &g[to..], &x[from..], w);
            });
        }
    }
    true
}

fn method<T: Real>(level: Level, s: &ConvShape<2>, pass: Pass) -> Method {
    if COMPACT {
        return Method::Columns;
    }
    if size_of::<T>() == size_of::<f32>() { choose::<f32>(level, s, pass) } else { choose::<f64>(level, s, pass) }
}

/// y[n, o, ·] = Σ over the cells of every window of w[o, cell]·x[n, cell]: per image and group, w · columns.
pub(crate) fn convolve<T: Real, const D: usize>(x: &[T], w: &[T], s: &ConvShape<D>, y: &mut [T]) {
    s.check(x.len(), w.len(), y.len());
    if swept(x, w, s, y, Pass::Forward) {
        return;
    }
    let (image, positions) = (s.c * s.slide.cells(), s.slide.positions());
    par::chunks_mut(y, s.o * positions, s.counts()[3], |i, y| {
        let x = &x[i * image..(i + 1) * image];
        let mut room = s.room();
        for group in 0..s.groups {
            let y = &mut y[s.results(group)];
            for tile in s.tiles() {
                let columns = s.columns(&x[s.planes(group)], &tile, &mut room);
                product_rows(s.weights(w, group), columns, &mut y[tile.start..], positions, false, s.n == 1);
            }
        }
    });
}

/// The adjoint of [`convolve`] in x: per image and group, wᵀ · g folded back onto the planes.
pub(crate) fn convolve_input<T: Real, const D: usize>(g: &[T], w: &[T], s: &ConvShape<D>, x: &mut [T]) {
    s.check(x.len(), w.len(), g.len());
    if swept(g, w, s, x, Pass::Input) {
        return;
    }
    let (result, positions) = (s.o * s.slide.positions(), s.slide.positions());
    par::chunks_mut(x, s.c * s.slide.cells(), s.counts()[3], |i, x| {
        let g = &g[i * result..(i + 1) * result];
        let mut room = s.room();
        for group in 0..s.groups {
            let (x, g, w) = (&mut x[s.planes(group)], &g[s.results(group)], s.weights(w, group).t());
            if s.slide.is_identity() {
                product_rows(w, Mat::new(g, s.group_o(), positions), x, positions, false, s.n == 1);
                continue;
            }
            x.fill(T::zero());
            for tile in s.tiles() {
                let room = &mut room[..s.depth() * tile.len()];
                let g = tile_of(g, s.group_o(), positions, &tile);
                product_rows(w, g, room, tile.len(), false, s.n == 1);
                let mut rows = room.chunks(tile.len());
                for plane in x.chunks_mut(s.slide.cells()) {
                    for (tap, row) in s.slide.kernel_cells().zip(&mut rows) {
                        s.slide.fold_row(row, tap, tile.clone(), plane);
                    }
                }
            }
        }
    });
}

/// The adjoint of [`convolve`] in w: per group, g · columnsᵀ summed over the images.
///
/// Blocks of images are summed apart and then together, both in order; the blocks depend on n alone.
pub(crate) fn convolve_weights<T: Real, const D: usize>(g: &[T], x: &[T], s: &ConvShape<D>, w: &mut [T]) {
    s.check(x.len(), w.len(), g.len());
    if weights_swept(g, x, s, w) {
        return;
    }
    let (image, result) = (s.c * s.slide.cells(), s.o * s.slide.positions());
    let per_block = s.n.div_ceil(BLOCKS).max(1);
    let blocks = s.n.div_ceil(per_block);
    let mut sums = scratch::take(blocks * w.len());
    par::chunks_mut(&mut sums, w.len().max(1), s.counts()[3], |block, sum| {
        sum.fill(T::zero());
        let mut room = s.room();
        for i in block * per_block..s.n.min((block + 1) * per_block) {
            let (x, g) = (&x[i * image..(i + 1) * image], &g[i * result..(i + 1) * result]);
            add_weights(g, x, s, sum, &mut room);
        }
    });
    w.fill(T::zero());
    for sum in sums.chunks(w.len().max(1)) {
        w.iter_mut().zip(sum).for_each(|(w, &s)| *w += s);
    }
}

/// Adds one image's part to the gradient of the weights.
fn add_weights<T: Real, const D: usize>(g: &[T], x: &[T], s: &ConvShape<D>, sum: &mut [T], room: &mut [T]) {
    let size = s.group_o() * s.depth();
    for group in 0..s.groups {
        let sum = &mut sum[group * size..(group + 1) * size];
        for tile in s.tiles() {
            let columns = s.columns(&x[s.planes(group)], &tile, room);
            let g = tile_of(&g[s.results(group)], s.group_o(), s.slide.positions(), &tile);
            product_rows(g, columns.t(), sum, s.depth(), true, s.n == 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::naive;
    use super::super::unfold::tests::{numbers, slides};
    use super::*;
    use crate::window::Window;

    fn shapes<const D: usize>() -> impl Strategy<Value = ConvShape<D>> {
        (slides(), 0usize..4, 0usize..4, 0usize..4, 1usize..4).prop_map(|(slide, n, c, o, groups)| ConvShape {
            n,
            c: c * groups,
            o: o * groups,
            groups,
            slide,
        })
    }

    /// The input, weights and cotangent of a convolution, in small integers that add up exactly.
    fn data<const D: usize>(s: &ConvShape<D>) -> [Vec<f64>; 3] {
        let [x, w, y, _] = s.counts();
        [numbers(x), numbers(w), numbers(y)]
    }

    fn compare<const D: usize>(s: &ConvShape<D>) {
        let [x, w, g] = data(s);
        let run = |len: usize, f: &dyn Fn(&mut [f64])| {
            let mut out = vec![f64::NAN; len];
            f(&mut out);
            out
        };
        assert_eq!(run(g.len(), &|y| convolve(&x, &w, s, y)), naive::convolve(&x, &w, s), "forward {s:?}");
        assert_eq!(run(x.len(), &|x| convolve_input(&g, &w, s, x)), naive::convolve_input(&g, &w, s), "input {s:?}");
        assert_eq!(
            run(w.len(), &|w| convolve_weights(&g, &x, s, w)),
            naive::convolve_weights(&g, &x, s),
            "weights {s:?}"
        );
    }

    fn shape(n: usize, c: usize, o: usize, groups: usize, window: Window<2>, input: [usize; 2]) -> ConvShape {
        ConvShape { n, c, o, groups, slide: Slide::new(&window, input).unwrap() }
    }

    #[test]
    fn a_known_convolution() {
        let s = shape(1, 1, 1, 1, Window::new(2).stride(1), [2, 3]);
        let mut y = [f64::NAN; 2];
        convolve(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[1.0, 10.0, 100.0, 1000.0], &s, &mut y);
        assert_eq!(y, [5421.0, 6532.0]);
    }

    #[test]
    fn many_tiles_and_single_cells_equal_the_definition() {
        // 5·49 rows of columns leave 1069 windows to a tile, 1600 make two.
        compare(&shape(1, 5, 2, 1, Window::new(7).stride(1).padding(3), [40, 40]));
        compare(&shape(3, 6, 4, 2, Window::new(1), [5, 7]));
        compare(&shape(19, 2, 3, 1, Window::new(3).stride(1), [5, 5]));
    }

    #[cfg(feature = "threads")]
    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let s = shape(21, 3, 5, 1, Window::new(3).stride(1).padding(1), [13, 11]);
        let [x, w, g] = data(&s).map(|v| v.into_iter().map(|v| (v * 0.37).sin() as f32).collect::<Vec<_>>());
        let run = |threads: usize| {
            let (mut y, mut dx, mut dw) = (g.clone(), x.clone(), w.clone());
            par::with_threads(threads, || {
                convolve(&x, &w, &s, &mut y);
                convolve_input(&g, &w, &s, &mut dx);
                convolve_weights(&g, &x, &s, &mut dw);
            })
            .unwrap();
            [y, dx, dw].concat().into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        let one = run(1);
        assert!([2, 3, 5].into_iter().all(|t| run(t) == one));
    }

    proptest! {
        #[test]
        fn convolutions_equal_the_definition(one in shapes::<1>(), two in shapes::<2>(), three in shapes::<3>()) {
            compare(&one);
            compare(&two);
            compare(&three);
        }
    }
}
