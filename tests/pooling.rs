//! Max pooling held to its definition: comparison, ties, NaN, padding, geometry, indices and derivatives, point by point.
//! Only the public interface is used, and random cases are compared with an argmax over the columns of the windows.

use proptest::prelude::*;
use wengert::prelude::*;
use wengert::{Error, Operand};

const NAN: f32 = f32::NAN;
const INF: f32 = f32::INFINITY;

/// Values, indices and gradient of the summed maxima for one plane.
fn pool(x: &[f32], plane: [usize; 2], options: MaxPool2d) -> (Vec<f32>, Vec<u32>, Vec<f32>) {
    let tape = Tape::new();
    let x = tape.var(Tensor::new([1, plane[0], plane[1]], x.to_vec()).unwrap());
    let (y, index) = x.max_pool2d_with_indices(options);
    let gradient = y.sum().backward()[x].iter().copied().collect();
    (y.value().into_iter().collect(), index.value().into_iter().collect(), gradient)
}

fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|v| v.to_bits()).collect()
}

fn refusal(dims: &[usize], options: MaxPool2d) -> Error {
    let tape = Tape::new();
    let x: Operand<'_, f32> = tape.zeros(dims).into();
    tape.apply(options, &[x]).unwrap_err()
}

/// One window of 2×2: which cell wins, by comparison rule, start value, ties, signed zeros and infinities.
#[test]
fn one_window_picks_its_cell() {
    for (window, winner) in [
        ([1., 2., 3., 4.], 3),
        ([4., 4., 4., 4.], 0),
        ([1., 4., 4., 0.], 1),
        ([0., -0., 0., -0.], 0),
        ([-0., 0., -0., 0.], 0),
        ([NAN, 2., 3., 4.], 0),
        ([1., 2., 3., NAN], 3),
        ([1., NAN, INF, 4.], 1),
        ([NAN, 1., NAN, 2.], 2),
        ([NAN, NAN, NAN, NAN], 3),
        ([-INF, -INF, -INF, -INF], 0),
        ([-INF, -INF, f32::MIN, -INF], 2),
        ([1., INF, INF, 2.], 1),
    ] {
        let (y, index, gradient) = pool(&window, [2, 2], MaxPool2d::new(2));
        assert_eq!(index, [winner as u32], "{window:?}");
        // The very bits of the winner: −0 stays −0.
        assert_eq!(bits(&y), bits(&[window[winner]]), "{window:?}");
        let one_hot: Vec<f32> = (0..4).map(|k| f32::from(u8::from(k == winner))).collect();
        assert_eq!(gradient, one_hot, "every other cell gets exactly 0 in {window:?}");
    }
}

#[test]
fn a_window_without_a_winner_points_into_itself() {
    // Were the search to start at a sentinel, index 0 of the plane would get the gradient of the second window.
    let (y, index, gradient) = pool(&[1., 2., -INF, -INF, 3., 4., -INF, -INF], [2, 4], MaxPool2d::new(2));
    assert_eq!((y, index), (vec![4., -INF], vec![5, 2]));
    assert_eq!(gradient, [0., 0., 1., 0., 0., 1., 0., 0.]);
    // With padding the first cell of the window lies outside the input; the first one inside is taken.
    let (y, index, _) = pool(&[-INF; 4], [2, 2], MaxPool2d::new(2).stride(2).padding(1));
    assert_eq!((y, index), (vec![-INF; 4], vec![0, 1, 2, 3]));
}

#[test]
fn padding_never_wins() {
    let (y, index, gradient) = pool(&[-5., -6., -7., -8.], [2, 2], MaxPool2d::new(2).stride(2).padding(1));
    assert_eq!((y, index), (vec![-5., -6., -7., -8.], vec![0, 1, 2, 3]));
    assert_eq!(gradient, [1.; 4]);
}

#[test]
fn not_a_number_outside_the_choice_gets_exactly_zero() {
    // Index 1 is NaN and loses to the later NaN of its window; index 3 lies in the dropped tail.
    let (y, index, gradient) = pool(&[1., NAN, NAN, NAN, 2.], [1, 5], MaxPool2d::new([1, 3]).stride(3).floor());
    assert!(y[0].is_nan());
    assert_eq!((index, gradient), (vec![2], vec![0., 0., 1., 0., 0.]));
}

#[test]
fn overlapping_windows_add_up() {
    let x = [1., 2., 0., 3., 9., 4., 5., 6., 7.];
    let (y, index, gradient) = pool(&x, [3, 3], MaxPool2d::new(2).stride(1));
    assert_eq!((y, index), (vec![9.; 4], vec![4; 4]));
    assert_eq!(gradient, [0., 0., 0., 0., 4., 0., 0., 0., 0.]);
}

#[test]
fn the_sum_over_overlapping_windows_has_the_same_bits_every_time() {
    let run = || {
        let tape = Tape::new();
        let cells: Vec<f32> = (0..64 * 64 * 6).map(|k| ((k * 7919) % 1013) as f32).collect();
        let x = tape.var(Tensor::new([2, 3, 64, 64], cells).unwrap());
        let y = x.max_pool2d(MaxPool2d::new(5).stride(1));
        let gradient = (y * y * 0.1).sum().backward();
        gradient[x].iter().map(|v| v.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}

#[test]
fn rounding_decides_the_number_of_windows() {
    for (size, options, floor, ceil) in [
        (5, MaxPool2d::new(2), 2, 3),
        (7, MaxPool2d::new(3).stride(2), 3, 3),
        (6, MaxPool2d::new(3).stride(2), 2, 3),
        // A third window would start in the right padding: it does not count.
        (3, MaxPool2d::new(2).padding(1), 2, 2),
        (6, MaxPool2d::new(3).stride(2).padding(1), 3, 4),
        (6, MaxPool2d::new(2).dilation(3).stride(2), 2, 2),
        (7, MaxPool2d::new(2).dilation(3).stride(2), 2, 3),
    ] {
        let tape = Tape::new();
        let x: Var<'_> = tape.zeros([1, size, size]);
        assert_eq!(x.max_pool2d(options.clone().floor()).dims(), [1, floor, floor], "{options:?}");
        assert_eq!(x.max_pool2d(options.clone().ceil()).dims(), [1, ceil, ceil], "{options:?}");
    }
}

#[test]
fn odd_sizes_rounded_down_keep_all_whole_windows() {
    let x: Vec<f32> = (0..25).map(|k| k as f32).collect();
    let (y, index, gradient) = pool(&x, [5, 5], MaxPool2d::new(2).floor());
    assert_eq!((y, index), (vec![6., 8., 16., 18.], vec![6, 8, 16, 18]));
    let chosen: Vec<usize> = (0..25).filter(|&k| gradient[k] != 0.0).collect();
    assert_eq!(chosen, [6, 8, 16, 18]);
    let (y, _, _) = pool(&x, [5, 5], MaxPool2d::new(2).ceil());
    assert_eq!(y, [6., 8., 9., 16., 18., 19., 21., 23., 24.]);
}

#[test]
fn every_refusal_says_what_is_wrong_by_how_much_and_what_to_do() {
    let image = &[2, 3, 5, 4];
    for (dims, options, parts) in [
        (
            &image[..],
            MaxPool2d::new(2),
            &["(5 + 2·0 − 1·(2 − 1) − 1)/2 + 1", "leaves 1", ".floor()", "output 2", ".ceil()", "output 3"][..],
        ),
        (image, MaxPool2d::new(3).stride(1).padding(2), &["padding of 2", "2·2 > 1·(3 − 1) + 1 = 3", "at most 1"]),
        (image, MaxPool2d::new(2).stride([1, 0]), &["stride is 0 along the width", "at least 1"]),
        (image, MaxPool2d::new(2).dilation([0, 1]), &["dilation is 0 along the height", "at least 1"]),
        (image, MaxPool2d::new(0), &["kernel is 0", "at least 1"]),
        (image, MaxPool2d::new([2, 5]).floor(), &["larger", "width", "1·(5 − 1) + 1 = 5 > 4 + 2·0 = 4"]),
        (image, MaxPool2d::new([2, 5]).ceil(), &["larger", "width", "1·(5 − 1) + 1 = 5 > 4 + 2·0 = 4"]),
        (image, MaxPool2d::new(3).dilation(2).floor(), &["2·(3 − 1) + 1 = 5 > 4 + 2·0 = 4"]),
        (&[1, 1, 2], MaxPool2d::new([1, 2]).dilation([1, 3]).padding([0, 1]).stride(1), &["nothing but padding"]),
        (&[4, 4], MaxPool2d::new(2), &["[4, 4]", "[N, C, H, W] or [C, H, W]"]),
        (&[1, 2, 3, 4, 4], MaxPool2d::new(2), &["[1, 2, 3, 4, 4]", "[N, C, H, W] or [C, H, W]"]),
        (&[2, 3, 0, 4], MaxPool2d::new(2), &["height is 0", "at least one cell"]),
        (&[2, 3, 4, 0], MaxPool2d::new(2), &["width is 0", "at least one cell"]),
        (image, MaxPool2d::new(usize::MAX).padding(usize::MAX), &["too large", "smaller kernel"]),
    ] {
        let text = refusal(dims, options).to_string();
        for part in parts.iter().chain(&["max_pool2d", "rule:", "fix:"]) {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }
}

#[test]
fn integer_images_are_refused() {
    let tape = Tape::<f32>::default();
    let images = tape.ints([1, 2, 3, 4]).reshape([1, 2, 2]);
    let e = tape.apply(MaxPool2d::new(2), &[images.into()]).unwrap_err();
    assert!(e.to_string().contains("operand 0 holds integers"), "{e}");
}

#[test]
fn an_empty_batch_is_pooled_to_an_empty_batch() {
    let tape = Tape::new();
    for (dims, pooled) in [([0, 3, 4, 4], [0, 3, 2, 2]), ([2, 0, 4, 4], [2, 0, 2, 2])] {
        let x: Var<'_> = tape.var(Tensor::new(dims, Vec::new()).unwrap());
        let (y, index) = x.max_pool2d_with_indices(2);
        assert_eq!((y.dims(), index.dims()), (pooled.into(), pooled.into()));
        assert_eq!(y.sum().item(), 0.0);
        assert_eq!(y.sum().backward()[x].shape(), dims);
    }
}

#[test]
fn indices_count_within_their_plane() {
    let tape = Tape::new();
    let x = tape.var([[[[0., 1.], [2., 3.]], [[3., 2.], [1., 0.]]], [[[0., 5.], [2., 3.]], [[0., 0.], [7., 0.]]]]);
    let (y, index) = x.max_pool2d_with_indices(2);
    let index: Vec<u32> = index.value().into_iter().collect();
    assert_eq!((y.value().as_slice().unwrap(), &index[..]), (&[3., 3., 5., 7.][..], &[3, 0, 1, 2][..]));
}

#[test]
fn derivatives_of_every_order_follow_the_indices() {
    // L = Σ tanh(x_w)² over the winners w = 1 and 6 of two windows, one of them counted twice by an overlap.
    let cells = [0.1, 0.7, -0.3, 0.2, 0.0, -0.9, 0.4, -0.2f64];
    let tape = Tape::<f64>::default();
    let x = tape.var(Tensor::new([1, 2, 4], cells.to_vec()).unwrap());
    let y = x.max_pool2d(MaxPool2d::new(2).stride(1)).tanh();
    let loss = y.square().sum();
    // Windows over columns 0–1 and 1–2 choose cell 1, that over columns 2–3 chooses cell 6.
    let times = [0., 2., 0., 0., 0., 0., 1., 0.];
    let g = grad(loss, &[x])[0];
    let v = tape.constant(Tensor::new([1, 2, 4], (1..9).map(f64::from).collect()).unwrap());
    let hv = grad((g * v).sum(), &[x])[0];
    let forward = jvp(&[g], &[(x, v)])[0];
    let (g, hv, forward) = (g.value(), hv.value(), forward.value());
    for (k, (&c, n)) in cells.iter().zip(times).enumerate() {
        // d/dx tanh² = 2t(1 − t²); d²/dx² tanh² = 2(1 − t²)(1 − 3t²).
        let t = c.tanh();
        let at = [0, k / 4, k % 4];
        let second = 2.0 * (1.0 - t * t) * (1.0 - 3.0 * t * t) * (k + 1) as f64;
        assert!((g[at] - n * 2.0 * t * (1.0 - t * t)).abs() < 1e-15, "cell {k}");
        assert!((hv[at] - n * second).abs() < 1e-14 && (forward[at] - n * second).abs() < 1e-14, "cell {k}");
    }
}

/// The definition: the columns of the input beside those of a mask that is 1 on the input and 0 in the padding, and for
/// each window the first largest cell whose mask is 1.
fn oracle(x: &[f32], dims: [usize; 4], options: &MaxPool2d) -> (Vec<f32>, Vec<u32>) {
    let tape = Tape::new();
    let columns = |cells: Vec<f32>| {
        let windows = options.window().clone();
        tape.constant(Tensor::new(dims, cells).unwrap()).unfold(windows)
    };
    let plane = dims[2] * dims[3];
    // The position of each cell in its plane, counted from 1, so that 0 marks the padding.
    let places = columns((0..x.len()).map(|k| (k % plane + 1) as f32).collect());
    let cells = columns(x.to_vec());
    let windows = cells.dims()[2];
    let [kh, kw] = options.window().kernel();
    let (places, cells) = (places.value(), cells.value());
    let (mut values, mut index) = (Vec::new(), Vec::new());
    for n in 0..dims[0] {
        for c in 0..dims[1] {
            for l in 0..windows {
                let inside = (0..kh * kw).map(|k| [n, c * kh * kw + k, l]).filter(|&at| places[at] > 0.0);
                let best = inside.reduce(|a, b| if cells[b] > cells[a] { b } else { a }).expect("a cell of the input");
                values.push(cells[best]);
                index.push(places[best] as u32 - 1);
            }
        }
    }
    (values, index)
}

proptest! {
    #[test]
    fn max_pooling_is_an_argmax_along_the_columns_of_the_windows(
        (batch, channels) in (0usize..3, 1usize..3),
        plane in [1usize..9, 1..9],
        kernel in [1usize..4, 1..4],
        stride in [1usize..4, 1..4],
        padding in [0usize..3, 0..3],
        dilation in [1usize..4, 1..4],
        ceil: bool,
        seed: u32,
    ) {
        let options = MaxPool2d::new(kernel).stride(stride).padding(padding).dilation(dilation);
        let options = if ceil { options.ceil() } else { options.floor() };
        prop_assume!(options.window().pool_output(plane).is_ok());
        let dims = [batch, channels, plane[0], plane[1]];
        // Four different values only: most windows hold a tie.
        let mut state = seed;
        let mut draw = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 30) as f32 - 2.0
        };
        let x: Vec<f32> = (0..dims.iter().product()).map(|_| draw()).collect();

        let tape = Tape::new();
        let leaf = tape.var(Tensor::new(dims, x.clone()).unwrap());
        let (y, index) = leaf.max_pool2d_with_indices(options.clone());
        let (values, places) = oracle(&x, dims, &options);
        prop_assert_eq!(y.value().into_iter().collect::<Vec<f32>>(), values);
        prop_assert_eq!(index.value().into_iter().collect::<Vec<u32>>(), places.clone());

        // The gradient counts how often each cell was chosen.
        let mut chosen = vec![0.0; x.len()];
        let windows = places.len() / (batch * channels).max(1);
        for (k, &place) in places.iter().enumerate() {
            chosen[k / windows * plane[0] * plane[1] + place as usize] += 1.0;
        }
        let gradient = y.sum().backward();
        prop_assert_eq!(gradient[leaf].iter().copied().collect::<Vec<f32>>(), chosen);
    }
}
