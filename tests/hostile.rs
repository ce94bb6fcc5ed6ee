//! Absurd sizes, matrices without numbers, endless texts: an answer or a complaint at the caller's line, at once.
//! Public interface only.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wengert::{
    Attention, AvgPool1d, AvgPool2d, CrossEntropy, MaxPool1d, Triangular, TripletMargin, einsum, prelude::*,
};

/// The text of the panic of `f`, which must accuse a line of this file.
#[track_caller]
fn complaint<R>(f: impl FnOnce() -> R) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(f)) else { panic!("no complaint") };
    let text = panic.downcast_ref::<String>().expect("a text").clone();
    let site = text.lines().last().unwrap_or_default();
    assert!(site.trim_start().starts_with("at ") && site.contains("hostile.rs"), "{text}");
    assert!(text.contains("rule:") && text.contains("fix:"), "{text}");
    text
}

#[test]
fn windows_far_wider_than_the_input_are_cut_to_it() {
    const WIDE: usize = 1 << 40;
    let tape = Tape::<f64>::default();
    let x = tape.var([[[1., 4., 3., 2.]]]);
    for stride in [1, 3, WIDE / 2] {
        let windows = MaxPool1d::new(WIDE).padding(WIDE / 2).stride(stride).floor();
        let y = x.max_pool1d(windows);
        assert!(y.value().iter().all(|&v| v == 4.0 || v == 3.0));
        assert!(y.sum().backward()[x].sum() > 0.0);
    }
    let windows = AvgPool1d::new(WIDE).padding(WIDE / 2).stride(WIDE).floor();
    assert_eq!(x.avg_pool1d(windows.clone().exclude_padding()).item(), 2.0 + 0.5);
    assert_eq!(x.avg_pool1d(windows).item(), 10.0 / WIDE as f64);
    let windows = AvgPool2d::new(WIDE).padding(WIDE / 2).stride(WIDE).floor();
    assert_eq!(x.unsqueeze(0).avg_pool2d(windows).item(), 10.0 / (WIDE as f64 * WIDE as f64));
    // The distance to a next cell that there is not.
    let single = wengert::MaxPool2d::new(1).dilation(usize::MAX);
    assert_eq!(x.unsqueeze(0).max_pool2d(single).sum().item(), 10.0);
}

#[test]
fn no_work_is_done_for_no_images() {
    let tape = Tape::<f64>::default();
    let none = tape.var(Tensor::new([0, 1, 4], vec![]).unwrap());
    for y in [none.adaptive_avg_pool1d(1 << 40), none.adaptive_max_pool1d(1 << 40)] {
        assert_eq!(y.value().len(), 0);
        assert_eq!(y.sum().backward()[none].len(), 0);
    }
    complaint(|| tape.zeros([1, 0, 2, 2]).pixel_shuffle(1 << 33));
}

#[test]
fn more_neighbours_than_channels_are_all_channels() {
    let tape = Tape::<f64>::default();
    let x = tape.var([[[1.], [2.], [3.]]]);
    let y = x.local_response_norm(1 << 40, 2f64.powi(40), 1.0, 1.0);
    let expected = [1. / 15., 2. / 15., 3. / 15.];
    assert!(y.value().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15));
    let [seven, six] = [7, 6].map(|n| x.local_response_norm(n, n as f64, 1.0, 1.0).value());
    assert!(seven.iter().zip(&six).all(|(a, b)| (a - b).abs() < 1e-15));
}

#[test]
fn matrices_without_numbers_have_decompositions_without_numbers() {
    let numbers: Vec<f64> = (0..1600).map(|k| [1., 2., -3., 0.5, f64::NAN, 1., 7.][k % 7]).collect();
    let tape = Tape::<f64>::default();
    let x = tape.var(numbers).reshape([40, 40]);
    assert!(x.eigh().0.value().iter().any(|v| v.is_nan()));
    assert!(x.svd().1.value().iter().any(|v| v.is_nan()));
}

#[test]
fn endless_texts_are_shown_in_part() {
    let tape = Tape::<f64>::default();
    let text = complaint(|| einsum(&"ij".repeat(100_000), &[tape.ones([2, 2]), tape.ones([2, 2])]));
    assert!(text.len() < 2000, "{}", text.len());
    let text = complaint(|| einsum(&format!("{}?", "i".repeat(70_000)), &[tape.ones([2])]));
    let [shown, mark] = ["?", "^"].map(|c| text.lines().find(|l| l.ends_with(c)).unwrap().find(c));
    assert_eq!(shown, mark, "{text}");
}

#[test]
fn complaints_accuse_the_line_of_the_caller() {
    let (tape, other) = (Tape::<f64>::default(), Tape::<f64>::default());
    let (x, far) = (tape.ones([2, 3]), other.ones([3]));
    complaint(|| x.permute([0, 7]));
    complaint(|| x.solve(tape.ones([2])));
    complaint(|| x.solve_transposed(tape.ones([2, 1])));
    complaint(|| x.solve_triangular(tape.ones([2]), Triangular::lower()));
    complaint(|| x.gt(0.0).select(tape.ones([2]), x));
    complaint(|| CrossEntropy::new().weights(far).mean(x, tape.ints([0, 1])));
    complaint(|| TripletMargin::new().each(x, x, far));
    complaint(|| x.scaled_dot_product_attention(x, far.unsqueeze(0), Attention::new()));
    complaint(|| x.group_norm(2, 0.0));
    complaint(|| x.instance_norm(0.0));
    complaint(|| x.local_response_norm(0, 1.0, 1.0, 1.0));
    complaint(|| x.prelu(tape.ones([2])));
    complaint(|| x.batch_norm_inference(tape.ones([2]), tape.ones([2]), 0.0));
    complaint(|| CrossEntropy::new().mean(tape.ones([]), tape.ints([0])));
    complaint(|| tape.ones([93_000, 0]).pdist(2.0));
    complaint(|| tape.ones([3]).vander(usize::MAX));
}
