//! The definitions of the fast kernels, one cell at a time.
//! Tests compare against them; they are written to be read, not to be fast.

use super::avg_pool::Divisor;
use super::conv::ConvShape;
use super::gemm::Mat;
use super::unfold::Slide;
use crate::real::Real;

/// c[i, j] = Σₚ a[i, p]·b[p, j], on top of what `c` holds where accumulating.
pub(crate) fn product<T: Real>(a: Mat<T>, b: Mat<T>, c: &mut [T], accumulate: bool) {
    let at = |x: Mat<T>, i, j| x.data[i * x.row_stride + j * x.col_stride];
    for i in 0..a.rows {
        for j in 0..b.cols {
            let sum: T = (0..a.cols).map(|p| at(a, i, p) * at(b, p, j)).sum();
            let c = &mut c[i * b.cols + j];
            *c = if accumulate { *c + sum } else { sum };
        }
    }
}

/// The cell of the input under kernel cell `k` of window `o`, both with one index for each axis; `None` in the padding.
pub(crate) fn cell<const D: usize>(s: &Slide<D>, o: [usize; D], k: [usize; D]) -> Option<usize> {
    (0..D).try_fold(0, |row, axis| {
        let i = (o[axis] * s.stride[axis] + k[axis] * s.dilation[axis]).checked_sub(s.padding[axis])?;
        (i < s.input[axis]).then_some(row * s.input[axis] + i)
    })
}

/// All places in a block of these sizes, in row-major order.
pub(crate) fn grid<const D: usize>(sizes: [usize; D]) -> impl Iterator<Item = [usize; D]> {
    let count = sizes.iter().product();
    (0..count).map(move |flat: usize| {
        let below = |axis: usize| sizes[axis + 1..].iter().product::<usize>();
        std::array::from_fn(|axis| flat / below(axis) % sizes[axis])
    })
}

/// Entry [p·taps + k, o] is the cell under kernel cell k of window o in plane p, 0 in the padding.
pub(crate) fn unfold<T: Real, const D: usize>(x: &[T], s: &Slide<D>) -> Vec<T> {
    let mut columns = Vec::new();
    for plane in x.chunks(s.cells()) {
        for k in grid(s.kernel) {
            columns.extend(grid(s.output).map(|o| cell(s, o, k).map_or(T::zero(), |i| plane[i])));
        }
    }
    columns
}

/// Every entry of the columns added to the cell that it stands for.
pub(crate) fn fold<T: Real, const D: usize>(columns: &[T], s: &Slide<D>) -> Vec<T> {
    let mut x = Vec::new();
    for columns in columns.chunks(s.taps() * s.positions()) {
        let mut plane = vec![T::zero(); s.cells()];
        let entries = grid(s.kernel).flat_map(|k| grid(s.output).map(move |o| (k, o)));
        for ((k, o), &entry) in entries.zip(columns) {
            if let Some(i) = cell(s, o, k) {
                plane[i] += entry;
            }
        }
        x.extend(plane);
    }
    x
}

/// The cells that every window covers, window after window and each in row-major order.
pub(crate) fn windows<const D: usize>(s: &Slide<D>) -> Vec<Vec<usize>> {
    grid(s.output).map(|o| grid(s.kernel).filter_map(|k| cell(s, o, k)).collect()).collect()
}

/// The same for the windows that divide a plane: along an axis, cell i belongs to window o of n where it overlaps the
/// stretch from o·H/n to (o + 1)·H/n.
pub(crate) fn adaptive_windows<const D: usize>(input: [usize; D], output: [usize; D]) -> Vec<Vec<usize>> {
    let meets = |i: usize, o: usize, h: usize, n: usize| i * n < (o + 1) * h && (i + 1) * n > o * h;
    let covers = |i: [usize; D], o: [usize; D]| (0..D).all(|a| meets(i[a], o[a], input[a], output[a]));
    let cells = |o| grid(input).enumerate().filter(move |&(_, i)| covers(i, o)).map(|(flat, _)| flat).collect();
    grid(output).map(cells).collect()
}

/// The value and index of the maximum of every window, cell by cell.
pub(crate) fn max_pool<T: Real>(x: &[T], cells: usize, windows: &[Vec<usize>]) -> (Vec<T>, Vec<u32>) {
    let (mut values, mut index) = (Vec::new(), Vec::new());
    for plane in x.chunks(cells) {
        for window in windows {
            let wins = |v: T, best: T| v > best || v.is_nan();
            let best = window.iter().copied().reduce(|best, i| if wins(plane[i], plane[best]) { i } else { best });
            let at = best.expect("a window holds a cell of the input");
            values.push(plane[at]);
            index.push(at as u32);
        }
    }
    (values, index)
}

/// The sum of every window over the number of its cells that count.
pub(crate) fn avg_pool<T: Real, const D: usize>(x: &[T], s: &Slide<D>, divisor: Divisor) -> Vec<T> {
    let mut means = Vec::new();
    for plane in x.chunks(s.cells()) {
        for o in grid(s.output) {
            let sum = grid(s.kernel).filter_map(|k| cell(s, o, k)).fold(T::zero(), |sum, i| sum + plane[i]);
            let padded = |k: [usize; D]| {
                (0..D).all(|a| o[a] * s.stride[a] + k[a] * s.dilation[a] < s.input[a] + 2 * s.padding[a])
            };
            let count = match divisor {
                Divisor::Padded => grid(s.kernel).filter(|&k| padded(k)).count() as isize,
                Divisor::Inside => grid(s.kernel).filter(|&k| cell(s, o, k).is_some()).count() as isize,
                Divisor::Fixed(d) => d,
            };
            means.push(sum / T::of(count as f64));
        }
    }
    means
}

/// The mean of every window that divides a plane.
pub(crate) fn adaptive_avg_pool<T: Real, const D: usize>(x: &[T], input: [usize; D], output: [usize; D]) -> Vec<T> {
    let windows = adaptive_windows(input, output);
    let mean = |plane: &[T], window: &[usize]| {
        window.iter().fold(T::zero(), |sum, &i| sum + plane[i]) / T::of(window.len() as f64)
    };
    let planes = x.chunks(input.iter().product());
    planes.flat_map(|plane| windows.iter().map(|w| mean(plane, w)).collect::<Vec<_>>()).collect()
}

/// Calls `f(input element, weight, output element)` for every product in a convolution.
fn for_products<const D: usize>(s: &ConvShape<D>, mut f: impl FnMut(usize, usize, usize)) {
    let (group_c, group_o) = (s.c / s.groups, s.o / s.groups);
    for (n, o, c) in grid([s.n, s.o]).flat_map(|[n, o]| (0..group_c).map(move |c| (n, o, c))) {
        let plane = n * s.c + o / group_o * group_c + c;
        for (k, tap) in grid(s.slide.kernel).enumerate() {
            for (l, window) in grid(s.slide.output).enumerate() {
                if let Some(i) = cell(&s.slide, window, tap) {
                    let weight = (o * group_c + c) * s.slide.taps() + k;
                    f(plane * s.slide.cells() + i, weight, (n * s.o + o) * s.slide.positions() + l);
                }
            }
        }
    }
}

/// y = Σ w·x over the products of a convolution.
pub(crate) fn convolve<T: Real, const D: usize>(x: &[T], w: &[T], s: &ConvShape<D>) -> Vec<T> {
    let mut y = vec![T::zero(); s.n * s.o * s.slide.positions()];
    for_products(s, |i, k, o| y[o] += w[k] * x[i]);
    y
}

/// ∂/∂x = Σ w·g over the products of a convolution.
pub(crate) fn convolve_input<T: Real, const D: usize>(g: &[T], w: &[T], s: &ConvShape<D>) -> Vec<T> {
    let mut x = vec![T::zero(); s.n * s.c * s.slide.cells()];
    for_products(s, |i, k, o| x[i] += w[k] * g[o]);
    x
}

/// ∂/∂w = Σ x·g over the products of a convolution.
pub(crate) fn convolve_weights<T: Real, const D: usize>(g: &[T], x: &[T], s: &ConvShape<D>) -> Vec<T> {
    let mut w = vec![T::zero(); s.o * s.c / s.groups * s.slide.taps()];
    for_products(s, |i, k, o| w[k] += x[i] * g[o]);
    w
}
