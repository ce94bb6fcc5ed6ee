//! Random windows against definitions that share no code with the kernels.
//! In two dimensions an argmax over the columns of the windows, in one and three the same pool with axes of size 1.

use proptest::prelude::*;
use wengert::prelude::*;

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

    #[test]
    fn a_signal_and_a_flat_volume_are_pooled_like_the_image_of_one_row(
        length in 1usize..20, kernel in 1usize..6, stride in 1usize..4, padding in 0usize..3, dilation in 1usize..4,
        size in 1usize..24,
        cells in prop::collection::vec(prop::sample::select(vec![0f32, -0.0, 1.0, 1.0, -2.0, f32::NAN]), 40),
    ) {
        let line = MaxPool1d::new(kernel).stride(stride).padding(padding).dilation(dilation).ceil();
        let image = MaxPool2d::new([1, kernel]).stride([1, stride]).padding([0, padding]).dilation([1, dilation]).ceil();
        let volume = MaxPool3d::new([1, kernel, 1]).stride([1, stride, 1]).padding([0, padding, 0])
            .dilation([1, dilation, 1]).ceil();
        let tape = Tape::new();
        let x = tape.var(Tensor::new([2, length], cells[..2 * length].to_vec()).unwrap());
        let (flat, deep) = (x.reshape([2, 1, length]), x.reshape([2, 1, length, 1]));
        let mut forms = vec![[
            x.adaptive_max_pool1d_with_indices(size),
            flat.adaptive_max_pool2d_with_indices([1, size]),
            deep.adaptive_max_pool3d_with_indices([1, size, 1]),
        ]];
        if line.window().pool_output([length]).is_ok() {
            forms.push([
                x.max_pool1d_with_indices(line),
                flat.max_pool2d_with_indices(image),
                deep.max_pool3d_with_indices(volume),
            ]);
        }
        for form in forms {
            let all = form.map(|(y, index)| {
                let bits: Vec<u32> = y.value().iter().map(|v| v.to_bits()).collect();
                let gradient: Vec<f32> = grad(y.sum(), &[x])[0].value().into_iter().collect();
                (bits, index.value().into_iter().collect::<Vec<u32>>(), gradient)
            });
            prop_assert!(all[0] == all[1] && all[1] == all[2], "{all:?}");
        }
    }

    #[test]
    fn unpooling_undoes_pooling_where_windows_do_not_overlap(n in 1usize..5, m in 1usize..5, k in 1usize..4) {
        let (h, w) = (n * k + k / 2, m * k);
        let tape = Tape::new();
        let cells = (0..h * w).map(|i| ((i * 7919) % 101) as f32 + 1.0).collect();
        let x = tape.var(Tensor::new([1, h, w], cells).unwrap());
        let options = MaxPool2d::new(k).floor();
        let (y, index) = x.max_pool2d_with_indices(options.clone());
        let back = y.max_unpool2d(index, options.clone(), Some([h, w]));
        prop_assert_eq!(back.max_pool2d(options).value(), y.value());
        let (back, x) = (back.value(), x.value());
        prop_assert_eq!(back.iter().filter(|&&v| v != 0.0).count(), n * m);
        prop_assert!(back.iter().zip(&x).all(|(b, x)| *b == 0.0 || b == x));
    }
}
