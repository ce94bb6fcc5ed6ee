//! Every operation of the crate can be reached from a text, and every function of the language runs.
//! The operations are read off the sources, so a new one that the tables lack fails here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::samples::{PRELUDE, SAMPLES};
use super::{ALIASES, Functions, example, functions};
use crate::expr::parse;
use crate::tape::{Operand, Tape};

/// Public methods of operations that are no functions of the language, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("sum_over", "sum"),
    ("mean_over", "mean"),
    ("prod_over", "prod"),
    ("var_over", "var"),
    ("std_over", "std"),
    ("fill", "full"),
    ("scaled_dot_product_attention", "attention"),
    ("try_einsum", "einsum"),
];

/// Methods of option builders, which are keyword arguments.
const BUILDERS: &[&str] = &[
    "affine",
    "align_corners",
    "area",
    "border",
    "causal",
    "ceil",
    "correction",
    "cubic",
    "dilation",
    "divisor",
    "each",
    "eps",
    "exact",
    "exclude_padding",
    "floor",
    "frequencies",
    "groups",
    "grouped",
    "ignore",
    "linear",
    "lower",
    "margin",
    "mask",
    "mean",
    "nearest",
    "nearest_exact",
    "new",
    "of_logarithms",
    "output_padding",
    "p",
    "padding",
    "recompute_scale",
    "reflect",
    "same",
    "scale",
    "size",
    "smoothing",
    "stride",
    "swap",
    "transposed",
    "unit_diagonal",
    "upper",
    "weights",
    "window",
];

fn sources() -> String {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ops")];
    let mut all = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(path).unwrap();
                all.extend(text.lines().take_while(|l| *l != "#[cfg(test)]").flat_map(|l| [l, "\n"]));
            }
        }
    }
    all
}

/// Names of public methods that take a line, of free functions, and of rows that are methods.
fn operations(text: &str) -> BTreeSet<String> {
    let word = |t: &str| t.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if let Some((_, rest)) = line.split_once("pub fn ") {
            found.insert(word(rest));
        }
        // `    TANH tanh() |x| ..` in a table of rows; comparisons have two constants.
        let words: Vec<&str> = line.split_whitespace().take(4).collect();
        let constant =
            |w: &str| w.len() > 1 && w.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        match words[..] {
            [a, b, ..] if line.starts_with("    ") && constant(a) && b.contains('(') && !b.starts_with('(') => {
                found.insert(word(b));
            }
            [a, b, c, _]
                if line.starts_with("    ") && constant(a) && constant(b) && c.starts_with(char::is_lowercase) =>
            {
                found.insert(word(c));
            }
            _ => {}
        }
    }
    found.remove("");
    found
}

#[test]
fn every_operation_is_a_function_of_the_language() {
    let all = operations(&sources());
    assert!(all.len() > 280 && all.contains("tanh") && all.contains("gt") && all.contains("max_unpool2d"), "{all:?}");
    let known: BTreeSet<&str> = functions().iter().map(|f| f.name).collect();
    let missing: Vec<&String> = all
        .iter()
        .filter(|n| !known.contains(n.as_str()) && !BUILDERS.contains(&n.as_str()))
        .filter(|n| !ELSEWHERE.iter().any(|e| e.0 == n.as_str()))
        .filter(|n| !INSIDE.contains(&n.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Public within the crate's private modules only: parts of operations, and what options are asked.
const INSIDE: &[&str] = &[
    "all",
    "all_checks",
    "amid",
    "attributes",
    "check_groups",
    "check_within",
    "checks",
    "count",
    "dilations",
    "double",
    "get",
    "group_count",
    "is_all_of",
    "is_same",
    "layout",
    "of_index",
    "of_range",
    "output",
    "output_paddings",
    "paddings",
    "real",
    "resolve",
    "sizes",
    "strides",
    "to_options",
    "window",
];

fn run(text: &str) -> Result<(), String> {
    let source = format!("{PRELUDE}{text}");
    let bound = parse(&source).and_then(|s| s.bind(&[])).map_err(|e| e.to_string())?;
    let tape = Tape::<f64>::default();
    let recorded = bound.record(&tape).map_err(|e| e.to_string())?;
    let handle = match (recorded.root(), recorded.integers()) {
        (Some(v), _) => Operand::Real(v),
        (None, Some(v)) => Operand::Int(v),
        (None, None) => return Err("no result".into()),
    };
    match handle {
        Operand::Real(v) => v.try_value().map(drop).map_err(|e| e.to_string()),
        Operand::Int(v) => v.try_value().map(drop).map_err(|e| e.to_string()),
    }
}

#[test]
fn every_function_runs() {
    let mut failed = String::new();
    let mut called: BTreeMap<&str, usize> = functions().iter().map(|f| (f.name, 0)).collect();
    let unary = functions().into_iter().filter(|f| {
        let needed: Vec<_> = f.parameters.iter().filter(|p| p.default.is_none()).collect();
        needed.len() == 1
            && needed[0].kind == "a tensor"
            && !SAMPLES.iter().any(|s| s.starts_with(&format!("{}(", f.name)))
    });
    let unary: Vec<String> = unary.map(|f| format!("{}({})", f.name, if f.name == "t" { "m" } else { "x" })).collect();
    for text in SAMPLES.iter().copied().chain(unary.iter().map(String::as_str)) {
        if let Err(e) = run(text) {
            failed += &format!("{text}\n{e}\n");
        }
        let name = text.split('(').next().unwrap();
        let name = ALIASES.iter().find(|a| a.0 == name).map_or(name, |a| a.1);
        if let Some(n) = called.get_mut(name) {
            *n += 1;
        }
    }
    let never: Vec<&str> = called.into_iter().filter(|c| c.1 == 0).map(|c| c.0).collect();
    assert!(failed.is_empty() && never.is_empty(), "{failed}\nnever called: {never:?}");
}

#[test]
fn names_are_unique_and_aliases_lead_somewhere() {
    let mut names: Vec<&str> = functions().iter().map(|f| f.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for (alias, name) in ALIASES {
        assert!(names.contains(name) && !names.contains(alias), "{alias}");
        assert!(Functions::<f32>::named(alias).is_some());
    }
    // A sentence and no more.
    for f in functions() {
        assert!(f.doc.ends_with('.') && !f.doc.starts_with(' '), "{}: {}", f.name, f.doc);
    }
}

/// What is open at the end of a text, or closes nothing.
fn unbalanced(text: &str) -> String {
    let mut open = String::new();
    for c in text.chars().filter(|c| "()[]".contains(*c)) {
        match (open.chars().last(), c) {
            (Some('('), ')') | (Some('['), ']') => drop(open.pop()),
            _ => open.push(c),
        }
    }
    open
}

#[test]
fn brackets_close_in_every_doc() {
    assert_eq!(["images [N with weights [O, C]", "(a]", "[(a)] b"].map(unbalanced), ["[", "(]", ""]);
    for f in functions() {
        assert_eq!(unbalanced(f.doc), "", "{}: {}", f.name, f.doc);
    }
}

#[test]
fn every_function_has_an_example_that_runs_by_itself() {
    for f in functions() {
        let text = example(f.name).unwrap_or_else(|| panic!("{} has no example", f.name));
        let bound = parse(&text).and_then(|s| s.bind(&[])).unwrap_or_else(|e| panic!("{text}\n{e}"));
        assert!(bound.record(&Tape::<f64>::default()).is_ok(), "{text}");
    }
    assert_eq!(example("tanh").unwrap(), "x = [[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]\ntanh(x)");
    assert_eq!(example("nothing"), None);
}
