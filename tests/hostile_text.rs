//! What comes from outside as text or bytes never panics, hangs, or allocates beyond the limits: random and mutated input.
//! The same bodies stand in tests/fuzz as targets for a fuzzer.

use proptest::prelude::*;
use wengert::data::encode_npy;
use wengert::expr::{Limits, example, functions, parse_within};

#[path = "fuzz/bodies.rs"]
mod bodies;

/// Words that programs are made of.
fn words() -> Vec<String> {
    let mut all: Vec<String> = functions().iter().map(|f| f.name.to_string()).collect();
    let signs = "( ) [ ] , = + - * / @ ^ < > == : . ; \n x y m [[1,2],[3,4]] [1,2,3] 0 1 2 -1 1e308 0.5 nan inf true none axis= axes= 'a' \"ij,jk->ik\" #";
    all.extend(signs.split(' ').map(str::to_string));
    all
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,80}") {
        bodies::program(&text);
    }

    #[test]
    fn soups_of_words(picks in proptest::collection::vec(any::<prop::sample::Index>(), 1..14)) {
        let words = words();
        let text: Vec<&str> = picks.iter().map(|p| p.get(&words).as_str()).collect();
        bodies::program(&text.join(" "));
    }

    #[test]
    fn mutated_calls(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        word in any::<prop::sample::Index>(),
        cut in 0_usize..4,
    ) {
        let (words, names) = (words(), functions());
        let text = example(which.get(&names).name).unwrap();
        let places: Vec<usize> = text.char_indices().map(|c| c.0).collect();
        let start = *at.get(&places);
        let end = text[start..].char_indices().nth(cut).map_or(text.len(), |c| start + c.0);
        bodies::program(&format!("{}{}{}", &text[..start], word.get(&words), &text[end..]));
    }

    #[test]
    fn any_bytes_as_files(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        bodies::files(&bytes);
    }

    #[test]
    fn mutated_npy(at in 0_usize..160, byte in any::<u8>(), len in 0_usize..160) {
        let mut bytes = encode_npy(&wengert::Tensor::new([2, 2], vec![1.0; 4]).unwrap());
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.truncate(len.max(10));
        bodies::files(&bytes);
    }
}

#[test]
fn programs_that_ask_for_too_much_are_refused_at_once() {
    for text in [
        "zeros([1000000, 1000000])",
        "zeros([18446744073709551615])",
        "ones(1e15)",
        "arange(0, 1e300)",
        "linspace(0, 1, 1e12)",
        "eye(100000)",
        "unstack(zeros([1000000000, 0]))",
        "split_every(zeros(1000000), 0, 1)",
        "x = zeros([4000, 4000]); x @ x @ x @ x",
        "tile([1], [1000000000])",
        "one_hot([1], 4000000000)",
        "max_pool2d(ones([3, 3]), 4000000000)",
        "pad([1], [4000000000000, 4000000000000])",
        "repeat_interleave([1, 2], 0, 1000000000000)",
        "vander([1, 2], 100000000000)",
        "interpolate(ones([1, 1, 2, 2]), size=1000000)",
        "conv2d(ones([1, 1, 4, 4]), ones([1, 1, 2, 2]), padding=1000000000)",
    ] {
        let begin = std::time::Instant::now();
        let outcome = parse_within(text, Limits::default()).and_then(|s| s.bind(&[]));
        assert!(outcome.is_err(), "{text}");
        assert!(begin.elapsed().as_secs() < 5, "{text} took {:?}", begin.elapsed());
    }
}
