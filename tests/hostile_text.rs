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

    /// Statements that make lists of names and read them, so that lists hold lists and grow with each.
    #[test]
    fn lists_of_names(
        statements in proptest::collection::vec((0_usize..4, 0_usize..10, proptest::collection::vec(0_usize..8, 1..5), 1_usize..20), 1..40),
    ) {
        const ITEMS: [&str; 8] = ["a", "b", "c", "a", "b", "x", "2 * n", "sort(x)"];
        let mut text = String::from("x = [1, 2]; n = 3 * 1; a = [x]; b = [x, n]; c = [a, b]");
        for (target, form, items, times) in statements {
            let list = items.iter().map(|i| ITEMS[*i]).collect::<Vec<_>>().join(", ");
            let list = vec![list; times].join(", ");
            let target = ["a", "b", "c", "n"][target];
            text += &match form {
                0 => format!("\nstack([{list}])"),
                1 => format!("\n{target} = sum([{list}])"),
                2 => format!("\n[{list}] + n"),
                3 => format!("\n{target}[0]"),
                4 => format!("\n{target} = 1 / (n + 2)"),
                5 => format!("\n{target} = [-n, [[1, 2], x]]"),
                _ => format!("\n{target} = [{list}]"),
            };
        }
        bodies::program(&text);
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

    #[test]
    fn any_bytes_as_idx(rank in 0_u8..5, code in 7_u8..16, bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        bodies::idx(&bytes);
        // Small sizes, so that some of them are met by what follows.
        let sizes = (0..rank).flat_map(|k| [0, 0, 0, k + 1]);
        // As many sizes as a header can have.
        let deep: Vec<u8> = [0, 0, code, 255].into_iter().chain(bytes.iter().copied().cycle().take(1100)).collect();
        bodies::idx(&deep);
        let whole: Vec<u8> = [0, 0, code, rank].into_iter().chain(sizes).chain(bytes).collect();
        bodies::idx(&whole);
    }
}

/// gzip of an IDX file with sixteen zeros.
#[cfg(feature = "io")]
const COMPRESSED: &[u8] =
    b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\x63\x60\xe0\x60\x64\x60\x60\x10\x60\x40\x03\0\xc3\xf6\x09\x92\x18\0\0\0";

#[cfg(feature = "io")]
#[test]
fn the_compressed_file_is_one() {
    assert_eq!(wengert::data::Idx::from_bytes(COMPRESSED).unwrap().to_f64().len(), 16);
}

#[cfg(feature = "io")]
proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_compressed_idx(at in any::<prop::sample::Index>(), byte in any::<u8>(), len in any::<prop::sample::Index>()) {
        let mut bytes = COMPRESSED.to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bodies::idx(&bytes);
        bytes.truncate(len.index(bytes.len()));
        bodies::idx(&bytes);
    }

    #[test]
    fn any_bytes_as_checkpoints(header in "[\\[\\]{}\":,0-9a-z_]{0,80}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        bodies::checkpoint(&bytes);
        bodies::checkpoint(&[&(header.len() as u64).to_le_bytes(), header.as_bytes(), &bytes].concat());
    }
}

#[cfg(feature = "json")]
mod json {
    use super::*;
    use wengert::{DIFF_JSON_BYTES, Trace, diff_json};

    /// A trace with names, attributes, several results, and numbers that JSON does not have.
    fn trace() -> String {
        let tape = wengert::Tape::<f64>::default();
        let x = tape.var([[1.0, 2.0, 0.0], [3.0, 9.0, f64::INFINITY]]).named("x");
        Trace::of((x.sort(1).0 * 2.0).sum()).unwrap().to_json()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_as_a_trace(text in "[\\[\\]{}\":,0-9.eE\\\\a-z-]{0,80}") {
            bodies::json(&text);
            bodies::json(&format!(r#"{{"schema":"wengert-trace/1","lines":[{text}]}}"#));
        }

        #[test]
        fn any_bytes_as_a_trace(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            bodies::json(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn mutated_traces(
            hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
            len in any::<prop::sample::Index>(),
        ) {
            const WORDS: [&str; 12] =
                ["", "null", "-1", "1e999", "18446744073709551616", "\"NaN\"", "[", "]", "{", "}", "\\u001b[2J", ","];
            let whole = trace();
            let mut text = whole.clone();
            for (at, word) in hits {
                let at = text.floor_char_boundary(at.index(text.len()));
                // Among numbers and words, so that most of what surrounds them still stands.
                let end = text[at..].find([',', ':', ']', '}']).map_or(text.len(), |n| at + n.max(1));
                text.replace_range(at..end, WORDS[word.index(WORDS.len())]);
            }
            bodies::json(&text);
            if let Ok(Some(found)) = diff_json(&whole, &text, 0.0) {
                assert!(found.text.len() < 2000 && !found.text.contains(char::is_control), "{found}");
            }
            bodies::json(&text[..text.floor_char_boundary(len.index(text.len() + 1))]);
        }
    }

    /// Why a text is no trace.
    fn refused(text: &str) -> String {
        let why = diff_json(text, text, 0.0).unwrap_err().to_string();
        why.strip_prefix("the first trace: ").expect("it is told which trace it is").to_string()
    }

    #[test]
    fn what_is_too_large_is_refused_unread() {
        const VALUES: usize = 1 << 23;
        let many = refused(&format!("[{}0]", "0,".repeat(VALUES)));
        assert!(many.contains("values\n") && many.contains("at most 8388608"), "{many}");
        assert!(refused(&" ".repeat(DIFF_JSON_BYTES + 1)).starts_with("the text has 134217729 bytes"));
        // Twenty megabytes of these took more than a gigabyte; an object counts for eight.
        let objects = format!("[{}0]", r#"{"a":0},"#.repeat(VALUES / 10 + 1));
        assert!(objects.len() < 7 << 20 && refused(&objects).contains("at most 8388608"));
        // Commas and brackets in texts are none.
        let quoted = format!(r#"["{}\"","\\"]"#, ",[{:".repeat(VALUES / 2));
        assert!(refused(&quoted).starts_with("this is no trace"), "{}", refused(&quoted));
        assert!(refused(&"[".repeat(1000)).contains("recursion limit"));
        let name = format!(r#"{{"schema":"{}"}}"#, "é".repeat(100_000));
        assert!(refused(&name).len() < 400);
    }

    #[test]
    fn numbers_that_do_not_fit_their_type_are_refused() {
        let trace = |operand: &str| {
            format!(
                r#"{{"schema":"wengert-trace/1","lines":[{{"op":"x","operands":[{operand}],"attributes":{{}},"value":{{"dims":[],"stats":{{"min":0,"max":0,"mean":0,"rms":0}}}}}}]}}"#
            )
        };
        assert_eq!(diff_json(&trace("7"), &trace("7"), 0.0).unwrap(), None);
        assert!(diff_json(&trace("7"), &trace("8"), 0.0).unwrap().is_some());
        for bad in ["4294967296", "-1", "0.5"] {
            assert!(refused(&trace(bad)).starts_with("line 0 is no line of a trace"), "{}", refused(&trace(bad)));
        }
    }

    #[test]
    fn a_trace_is_the_same_as_itself() {
        assert_eq!(diff_json(&trace(), &trace(), 0.0).unwrap(), None);
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

/// Lists hold lists, so that a short text could ask for more items than there is memory for.
#[test]
fn lists_that_hold_too_much_are_refused_at_once() {
    let doubled: String = (1..40).map(|k| format!("a{} = [a{k}, a{k}]; ", k + 1)).collect();
    let doubled = format!("x = 1; a1 = [x, x]; {doubled}");
    let nested = format!("x = 1; a = [x]; {}", "a = [a]; ".repeat(6000));
    let many = format!("x = [1]; a = [{}]; ", vec!["x"; 20_000].join(","));
    let literal =
        format!("x = ones(9000); a = [x, [{}]]; b = [{}]; ", vec!["1"; 9000].join(","), vec!["a"; 9000].join(","));
    let deep = format!("x = 1; {}a", "a = [[[x, 2 * 1]]]; x = [a, a, a]; ".repeat(20));
    for text in [
        &doubled,
        &format!("{doubled} sum(a30)"),
        &format!("x = 1; b = [x, x]; {}sum(b)", "b = [b, b]; ".repeat(18)),
        &nested,
        &format!("{many}{}", "sum(a); ".repeat(2000)),
        &format!("{many}{}", "concat(a); ".repeat(2000)),
        &format!("{many}{}", "a[0]; ".repeat(2000)),
        &format!("{many}b = [{}]; concat(b, 0)", vec!["a"; 2000].join(",")),
        &format!("{literal} sum(b)"),
        &format!("{literal} b[0]"),
        &format!("{literal} b"),
        &deep,
    ] {
        let (begin, head) = (std::time::Instant::now(), text.get(..60).unwrap_or(text));
        let told = match parse_within(text, Limits::default()).and_then(|s| s.bind(&[])) {
            Ok(_) => panic!("accepted: {head}"),
            Err(e) => e.to_string(),
        };
        assert!(told.contains("list") || told.contains("lines"), "{head}: {told}");
        assert!(begin.elapsed().as_secs() < 5, "{head} took {:?}", begin.elapsed());
    }
}

/// Looking a list up costs nothing: what is not read may be named as often as a text can.
#[test]
fn names_of_lists_are_cheap() {
    let list = format!("x = 1; t = '{}'; a = [{}]; ", "t".repeat(15_000), ["x", "t"].repeat(4000).join(","));
    let text = format!("{list}{}sum(x)", "b = [a, a]; ".repeat(1500));
    let begin = std::time::Instant::now();
    let bound = parse_within(&text, Limits::default()).and_then(|s| s.bind(&[])).unwrap();
    let program = bound.to_rust().unwrap();
    assert!(begin.elapsed().as_secs() < 2 && program.len() < 2000, "{:?}, {} bytes", begin.elapsed(), program.len());
}

/// The longest program in Rust that lists make: each item has a short name, however long the text's is.
#[test]
fn lists_that_are_read_make_programs_of_bounded_length() {
    let name = "n".repeat(20_000);
    let text = format!("{name} = 1; a = [{name}]; b = [{}]; sum(b)", vec!["a"; 10_000].join(","));
    let begin = std::time::Instant::now();
    let program = parse_within(&text, Limits::default()).and_then(|s| s.bind(&[])).unwrap().to_rust().unwrap();
    assert!(program.len() < 10_000 * 300, "{} bytes", program.len());
    assert!(begin.elapsed().as_secs() < 10, "{:?}", begin.elapsed());
}
