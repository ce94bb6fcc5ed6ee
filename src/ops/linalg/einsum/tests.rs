use proptest::prelude::*;

use super::super::sample::{numbers, tensor};
use super::*;
use crate::check::Check;
use crate::tape::Tensor;

/// The definition: for every assignment of values to all letters, the product of the elements, added to the result.
fn definition(text: &str, operands: &[Tensor<f64>]) -> Vec<f64> {
    let (left, output) = text.split_once("->").unwrap();
    let inputs: Vec<Vec<char>> = left.split(',').map(|s| s.chars().collect()).collect();
    let mut letters: Vec<char> = inputs.concat();
    letters.sort_unstable();
    letters.dedup();
    let own = |l: char| {
        inputs
            .iter()
            .zip(operands)
            .flat_map(move |(n, x)| (0..n.len()).filter(move |&k| n[k] == l).map(|k| x.dims()[k]))
    };
    let size = |l: char| own(l).find(|&n| n != 1).unwrap_or(1);
    let output: Vec<char> = output.chars().collect();
    let count = |of: &[char]| of.iter().map(|&l| size(l)).product::<usize>();
    let mut result = vec![0.0; count(&output)];
    for n in 0..count(&letters) {
        let mut rest = n;
        let value: Vec<usize> = letters
            .iter()
            .map(|&l| {
                let v = rest % size(l);
                rest /= size(l);
                v
            })
            .collect();
        let of = |l: char| value[letters.iter().position(|&k| k == l).unwrap()];
        let at = |names: &[char], dims: &[usize]| {
            names.iter().zip(dims).fold(0, |k, (&l, &n)| k * n + if n == 1 { 0 } else { of(l) })
        };
        let product: f64 = inputs.iter().zip(operands).map(|(names, x)| x.as_slice()[at(names, x.dims())]).product();
        let sizes: Vec<usize> = output.iter().map(|&l| size(l)).collect();
        result[at(&output, &sizes)] += product;
    }
    result
}

fn agrees(text: &str, operands: &[Tensor<f64>]) {
    let tape = Tape::<f64>::default();
    let lines: Vec<_> = operands.iter().map(|x| tape.var(x)).collect();
    let y = einsum(text, &lines).value();
    let expected = definition(text, operands);
    assert_eq!(y.len(), expected.len(), "{text}");
    for (a, b) in y.iter().zip(&expected) {
        assert!((a - b).abs() <= 1e-12 * (1.0 + b.abs()), "{text}: {a} {b}\n{tape}");
    }
}

#[test]
fn every_kind_of_text_follows_the_definition() {
    let sizes = |l: char| match l {
        'i' => 2,
        'j' => 3,
        'k' => 4,
        'l' => 5,
        _ => 1,
    };
    for text in [
        "i->",
        "i,i->",
        "i,j->ij",
        "i,j->ji",
        "ij->ji",
        "ij->j",
        "ii->",
        "ii->i",
        "iij->ij",
        "iji->j",
        "ij,jk->ik",
        "ij,jk->ki",
        "ji,jk->ik",
        "ij,kj->ik",
        "kij,kjl->kil",
        "kij,kjl->ilk",
        "ikj,ljk->li",
        "ij,ij->",
        "ij,ij->i",
        "ijk,jk->i",
        "ij,k->ikj",
        "ij,jk,kl->il",
        "ij,jk,kl,li->",
        "i,i,i->i",
        "ij,j,ijk->k",
        "ii,ij,jj->i",
        "aij,ajk->aik",
        "ia,aj->ij",
        "a,a->a",
        "->",
        "ijk,ijl->",
        "ij,kl->i",
        "ijkl,lkji->ij",
    ] {
        let inputs: Vec<Tensor<f64>> = (text.split_once("->").unwrap().0.split(',').enumerate())
            .map(|(k, s)| tensor(s.chars().map(sizes).collect::<Dims>(), k as u64 + 1))
            .collect();
        agrees(text, &inputs);
    }
}

#[test]
fn sizes_of_one_broadcast_and_empty_sums_are_zero() {
    agrees("ij,jk->ik", &[tensor([2, 1], 1), tensor([3, 4], 2)]);
    agrees("ij,ij->ij", &[tensor([1, 3], 1), tensor([2, 1], 2)]);
    agrees("ij,j->ij", &[tensor([2, 1], 1), tensor([3], 2)]);
    agrees("ij,jk->ik", &[tensor([2, 0], 1), tensor([0, 3], 2)]);
    agrees("ij,jk->ik", &[tensor([0, 3], 1), tensor([3, 2], 2)]);
}

#[test]
fn the_ellipsis_aligns_at_the_last_axis_and_stands_first_by_default() {
    let tape = Tape::<f64>::default();
    let (x, y) = (tape.var(tensor([2, 3, 4], 1)), tape.var(tensor([3, 5], 2)));
    assert_eq!(einsum("...i, ...j -> ...ij", &[x, y]).dims(), [2, 3, 4, 5]);
    assert_eq!(einsum("...i,...j", &[x, y]).dims(), [2, 3, 4, 5]);
    assert_eq!(einsum("b...a", &[x]).dims(), [3, 4, 2]);
    assert_eq!(einsum("i...->i", &[x]).dims(), [2]);
    assert_eq!(einsum("...", &[x]).dims(), [2, 3, 4]);
    assert_eq!(einsum("...,...", &[x, tape.var(2.0)]).dims(), [2, 3, 4]);
    assert_eq!(einsum("Ba", &[y]).dims(), [3, 5]);
    assert_eq!(einsum("aB", &[y]).dims(), [5, 3]);
    assert_eq!(einsum("", &[tape.var(2.0)]).item(), 2.0);
}

#[test]
fn a_product_of_matrices_is_one_line() {
    let tape = Tape::<f64>::default();
    let (a, b) = (tape.var(tensor([2, 3], 1)), tape.var(tensor([4, 3], 2)));
    let before = tape.len();
    let _ = einsum("ij,kj->ik", &[a, b]);
    let _ = einsum("ij,kj->ki", &[a, b]);
    assert_eq!(tape.len(), before + 2, "{tape}");
}

#[test]
fn derivatives() {
    let inputs = [tensor([2, 3, 3], 1), tensor([3, 4], 2), tensor([1, 4], 3)];
    Check::new(|_, x| einsum("ijj,jk,lk->ki", x), &inputs[..]).second_order().run().assert();
}

#[test]
fn complaints_point_at_the_character() {
    let tape = Tape::<f64>::default();
    let (a, b) = (tape.zeros([2, 3]), tape.zeros([3, 3]));
    let error = |text: &str, x: &[Var<'_, f64>]| try_einsum(text, x).unwrap_err().to_string();
    for (text, x, what, mark) in [
        ("ij,jk", &[a][..], "the text names 2 operands, and 1 are given", "ij,jk\n    ^"),
        ("ij", &[a, b], "the text names 1 operands, and 2 are given", "ij\n    ^"),
        ("ij,jk->iz", &[a, b], "the result has an axis 'z', which no operand has", "ij,jk->iz\n          ^"),
        ("ij->ii", &[a], "the result has the axis 'i' twice", "ij->ii\n       ^"),
        ("ij..", &[a], "'.' at character 2 names no axis", "ij..\n    ^"),
        ("i...j...", &[a], "a second ellipsis, at character 5", "i...j...\n       ^"),
        ("ijk", &[a], "operand 0 has shape [2, 3], and the text names 3 axes of it", "ijk\n    ^"),
        ("i", &[a], "operand 0 has shape [2, 3], and the text names 1 axes of it", "i\n   ^"),
        ("ij,ij->ij", &[a, b], "axis 0 of operand 1 has size 3, and its name stands for 2 before", "ij,ij->ij\n     ^"),
        ("ii", &[a], "axis 1 of operand 0 has size 3, and its name stands for 2 before", "ii\n   ^"),
        ("i-j", &[a], "'-' at character 1 names no axis", "i-j\n   ^"),
    ] {
        let e = error(text, x);
        assert!(e.contains(what) && e.contains(mark), "{text}: {e}");
    }
    assert!(try_einsum::<f64>("i", &[]).is_err());
    let other = Tape::<f64>::default();
    assert!(try_einsum("ij,jk", &[a, other.zeros([3, 3])]).unwrap_err().is_tape());
    let big = tape.zeros([1 << 31]);
    assert!(try_einsum("i,j->ij", &[big, big]).unwrap_err().is_shape());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_panics(text in "[ijk.,> é-]{0,12}", ranks in proptest::collection::vec(0usize..4, 0..4)) {
        let tape = Tape::<f64>::default();
        let x: Vec<_> = ranks.iter().map(|&r| tape.zeros(vec![2; r])).collect();
        if let Ok(y) = try_einsum(&text, &x) {
            prop_assert!(y.value().iter().all(|&v| v == 0.0));
        }
    }

    #[test]
    fn random_contractions_follow_the_definition(
        inputs in proptest::collection::vec("[ijkl]{0,3}", 1..5),
        order in proptest::sample::subsequence(vec!['l', 'i', 'k', 'j'], 0..4),
        seed in 0u64..1000,
    ) {
        let all: String = inputs.concat();
        let output: String = order.iter().filter(|&&c| all.contains(c)).collect();
        let sizes = |l: char| 2 + (l as usize + seed as usize) % 2;
        let operands: Vec<Tensor<f64>> = inputs.iter().enumerate()
            .map(|(k, s)| tensor(s.chars().map(sizes).collect::<Dims>(), seed + k as u64))
            .collect();
        agrees(&format!("{}->{output}", inputs.join(",")), &operands);
        let _ = numbers(0, 0);
    }
}
