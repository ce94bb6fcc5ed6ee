//! Slices are NumPy's: every begin, end and step in a small range against its rule, recorded and in the Rust program.
//! The rule is written out here as NumPy's manual has it, place by place.

use wengert::Tape;
use wengert::expr::parse;

/// `i, i + k, i + 2k, ...` as long as they stand before `j`, after defaults, counting from the end, and cutting.
fn numpy(n: isize, i: Option<isize>, j: Option<isize>, k: isize) -> Vec<f64> {
    let (lowest, highest) = if k > 0 { (0, n) } else { (-1, n - 1) };
    let position = |p: isize| if p < 0 { p + n } else { p }.clamp(lowest, highest);
    let first = i.map_or(if k > 0 { 0 } else { n - 1 }, position);
    let end = j.map_or(if k > 0 { n } else { -1 }, position);
    let places = std::iter::successors(Some(first), |p| Some(p + k));
    places.take_while(|p| if k > 0 { *p < end } else { *p > end }).map(|p| p as f64).collect()
}

/// What the text records, and what the slice of its program in Rust gives.
fn both(n: isize, slice: &str) -> [Vec<f64>; 2] {
    let places: Vec<f64> = (0..n).map(|v| v as f64).collect();
    let text = format!("x = {places:?}\nx[{slice}]");
    let bound = parse(&text).and_then(|s| s.bind(&[])).unwrap_or_else(|e| panic!("{e}"));
    let tape = Tape::<f64>::default();
    let recorded = bound.record(&tape).unwrap().root().unwrap().value().iter().copied().collect();
    let program = bound.to_rust().unwrap();
    let (_, call) = program.split_once("x.slice").unwrap_or_else(|| panic!("{program}"));
    let (call, _) = call.split_once(");").unwrap();
    let arguments: Vec<&str> = call.trim_start_matches("_step").trim_start_matches('(').split(", ").collect();
    let (begin, end) = arguments[1].split_once("..").unwrap();
    let range: std::ops::Range<usize> = begin.parse().unwrap()..end.parse().unwrap();
    let step = arguments.get(2).map_or(1, |s| s.parse().unwrap());
    let written = tape.var(places).slice_step(arguments[0].parse().unwrap(), range, step);
    [recorded, written.value().iter().copied().collect()]
}

#[test]
fn slices_are_those_of_numpy() {
    let spelled = |p: Option<isize>| p.map_or(String::new(), |p| p.to_string());
    let positions = || (-5..=5).map(Some).chain([None]);
    for n in [0, 1, 3] {
        for (i, j) in positions().flat_map(|i| positions().map(move |j| (i, j))) {
            for k in [-4, -2, -1, 1, 2, 4] {
                let slice = format!("{}:{}:{k}", spelled(i), spelled(j));
                let wanted = numpy(n, i, j, k);
                assert_eq!(both(n, &slice), [wanted.clone(), wanted], "{n} places, [{slice}]");
            }
        }
    }
}

/// As NumPy prints them.
#[test]
fn the_rule_is_numpy_s() {
    let of = |i, j, k| numpy(3, i, j, k);
    assert_eq!(of(Some(2), Some(0), -1), [2., 1.]);
    assert_eq!(of(None, None, -1), [2., 1., 0.]);
    assert_eq!(of(None, None, -2), [2., 0.]);
    assert_eq!(of(Some(-2), None, -1), [1., 0.]);
    assert_eq!(of(Some(9), Some(-9), -2), [2., 0.]);
    assert_eq!(of(Some(0), Some(2), -1), [0.; 0]);
    assert_eq!(of(Some(-9), Some(2), 1), [0., 1.]);
}

/// The farthest numbers that a text can spell as whole.
#[test]
fn far_positions_are_cut() {
    for slice in ["9007199254740992:-9007199254740992:-1", ":-9007199254740992:-1"] {
        assert_eq!(both(3, slice), [[2., 1., 0.], [2., 1., 0.]], "{slice}");
    }
    assert_eq!(both(3, "::-9007199254740992"), [[2.], [2.]]);
}
