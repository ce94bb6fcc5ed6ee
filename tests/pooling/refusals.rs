//! Every refusal of a pool, by its text: what is wrong, the rule with its numbers, and what to do.
//! Errors that need values to be seen are held beside the operations.

use wengert::prelude::*;
use wengert::{AdaptiveAvgPool1d, AdaptiveMaxPool3d, Op};

const FORMULA: &str = "(H + 2P − D(F − 1) − 1)/S + 1";

fn refusal(dims: &[usize], op: impl Op<f32>) -> String {
    let tape = Tape::new();
    tape.apply(op, &[tape.zeros(dims).into()]).unwrap_err().to_string()
}

#[test]
fn every_refusal_says_what_is_wrong_by_how_much_and_what_to_do() {
    let image = &[2, 3, 5, 4];
    for (dims, options, parts) in [
        (
            &image[..],
            MaxPool2d::new(2),
            &[FORMULA, "(5 + 2·0 − 1·(2 − 1) − 1)/2 + 1", "leaves 1", ".floor()", "output 2", ".ceil()", "output 3"][..],
        ),
        (image, MaxPool2d::new(3).stride(1).padding(2), &["padding of 2", "2·2 > 1·(3 − 1) + 1 = 3", "at most 1"]),
        (image, MaxPool2d::new(2).stride([1, 0]), &["stride is 0 along the width", FORMULA, "F = 2, S = 0, D = 1"]),
        (
            image,
            MaxPool2d::new(2).dilation([0, 1]),
            &["dilation is 0 along the height", FORMULA, "F = 2, S = 2, D = 0"],
        ),
        (image, MaxPool2d::new(0), &["kernel is 0", FORMULA, "F = 0, S = 0, D = 1"]),
        (image, MaxPool2d::new([2, 5]).floor(), &["larger", "width", "1·(5 − 1) + 1 = 5 > 4 + 2·0 = 4"]),
        (image, MaxPool2d::new([2, 5]).ceil(), &["larger", "width", "1·(5 − 1) + 1 = 5 > 4 + 2·0 = 4"]),
        (image, MaxPool2d::new(3).dilation(2).floor(), &["2·(3 − 1) + 1 = 5 > 4 + 2·0 = 4"]),
        (
            &[1, 1, 2],
            MaxPool2d::new([1, 2]).dilation([1, 3]).padding([0, 1]).stride(1),
            &["nothing but padding", "the one at -1 has 2 cells 3 apart and misses all 2"],
        ),
        (&[4, 4], MaxPool2d::new(2), &["[4, 4]", "[N, C, H, W] or [C, H, W]"]),
        (&[1, 2, 3, 4, 4], MaxPool2d::new(2), &["[1, 2, 3, 4, 4]", "[N, C, H, W] or [C, H, W]"]),
        (&[2, 3, 0, 4], MaxPool2d::new(2), &["height is 0", "here H = 0"]),
        (&[2, 3, 4, 0], MaxPool2d::new(2), &["width is 0", "here H = 0"]),
        (image, MaxPool2d::new(usize::MAX).padding(usize::MAX), &["too large", FORMULA, "smaller kernel"]),
    ] {
        let text = refusal(dims, options);
        for part in parts.iter().chain(&["max_pool2d", "rule:", "fix:"]) {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }
}

#[test]
fn other_forms_are_refused_alike() {
    for (text, parts) in [
        (refusal(&[3, 5], MaxPool1d::new(2)), &["max_pool1d", "length", "(5 + 2·0 − 1·(2 − 1) − 1)/2 + 1"][..]),
        (refusal(&[3], MaxPool1d::new(2)), &["max_pool1d", "[N, C, L] or [C, L]"]),
        (refusal(&[3, 4, 5, 4], MaxPool3d::new(2)), &["max_pool3d", "height", "leaves 1"]),
        (refusal(&[3, 0, 4, 4], MaxPool3d::new(2)), &["the depth is 0"]),
        (refusal(&[4, 4], MaxPool3d::new(2)), &["[N, C, D, H, W] or [C, D, H, W]"]),
        (refusal(&[3, 5], AvgPool1d::new(2)), &["avg_pool1d", "3/2"]),
        (
            refusal(&[3, 4, 4, 4], AvgPool3d::new(3).stride(1).padding([0, 2, 0])),
            &["avg_pool3d", "2·2 > 1·(3 − 1) + 1 = 3"],
        ),
        (refusal(&[3, 0], AdaptiveAvgPool1d::new(2)), &["adaptive_avg_pool1d", "the length is 0"]),
        (refusal(&[3, 4], AdaptiveAvgPool1d::new(0)), &["⌊i·H/n⌋ to ⌈(i + 1)·H/n⌉", "here H = 4, n = 0"]),
        (refusal(&[3, 4], AdaptiveMaxPool3d::new(1)), &["adaptive_max_pool3d", "[N, C, D, H, W]"]),
    ] {
        parts.iter().for_each(|part| assert!(text.contains(part), "{part} is missing in: {text}"));
    }
}
