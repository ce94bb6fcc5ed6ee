//! Places in a text of the numbers of a leaf: what a page replaces to change one of them.
//! They are those of the elements in order, with their signs and nothing else.

use std::ops::Range;

use wengert::Tensor;
use wengert::expr::{Bound, parse};

fn bound(text: &str) -> Bound {
    parse(text).and_then(|s| s.bind(&[])).unwrap_or_else(|e| panic!("{text}\n{e}"))
}

fn numbers<'t>(text: &'t str, name: &str) -> Option<Vec<&'t str>> {
    Some(bound(text).number_spans(name)?.into_iter().map(|s| &text[s]).collect())
}

#[test]
fn every_number_of_a_literal_has_its_place() {
    for (text, name, wanted) in [
        ("x = 2.5; x * x", "x", vec!["2.5"]),
        ("x = -1e-3; x * x", "x", vec!["-1e-3"]),
        ("y = [1, -2,\n  3_0, # a 4, that counts not\n  .5]\nsum(y)", "y", vec!["1", "-2", "3_0", ".5"]),
        ("größe = [[1, 2], [-3, 4e1]]\nmean(größe)", "größe", vec!["1", "2", "-3", "4e1"]),
        ("x = [[[1], [2]]]\nlabels = [0, 1]\nsum(x)", "labels", vec!["0", "1"]),
        ("x = [(1), - 2]\nsum(x)", "x", vec!["(1)", "- 2"]),
        ("x = []\ny = 1\ny + sum(x)", "x", vec![]),
    ] {
        assert_eq!(numbers(text, name), Some(wanted), "{text}");
    }
}

#[test]
fn what_is_no_literal_has_none() {
    assert_eq!(numbers("x = [1, 2]\ny = x * 2\nsum(y)", "y"), None);
    assert_eq!(numbers("x = [1, 2 * 3]\ny = 1\nsum(x) * y", "x"), None);
    assert_eq!(numbers("x = 1; x", "z"), None);
    let value = Tensor::new([2], vec![1.0, 2.0]).unwrap();
    let outside = parse("sum(x)").unwrap().bind(&[("x", value)]).unwrap();
    assert_eq!(outside.number_spans("x"), None);
}

/// A number is changed in place, and the program is the same but for it.
#[test]
fn a_number_is_changed_where_it_stands() {
    let text = "x = [[1, -2], [3, 4]] # four\nloss = sum(x * x)";
    let Range { start, end } = bound(text).number_spans("x").unwrap().swap_remove(1);
    let changed = format!("{}-7.5{}", &text[..start], &text[end..]);
    assert_eq!(changed, "x = [[1, -7.5], [3, 4]] # four\nloss = sum(x * x)");
    assert_eq!(bound(&changed).leaves()[0].1.as_slice(), [1.0, -7.5, 3.0, 4.0]);
}
