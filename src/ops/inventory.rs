//! The inventory of operations: the checks of every file below `ops`, collected, and compared with the sources.
//! An operation or a row that no check names fails the tests here, so that nothing can be recorded that nobody checked.

use crate::check::{Mutation, OpCheck};

/// Collects `checks()` from the test module of each file of operations, beside the file's path.
macro_rules! inventory {
    ($($($part:ident)::+;)+) => {
        /// Every file of operations, by its path below `ops`, with the checks of its operations.
        pub(crate) fn inventory() -> Vec<(String, Vec<OpCheck>)> {
            vec![$(([$(stringify!($part)),+].join("/"), super::$($part)::+::tests::checks())),+]
        }
    };
}

// A new file of operations takes its line here.
inventory! {
    attention;
    attention::heads;
    fill;
    index::gather;
    index::one_hot;
    index::rows;
    index::scatter;
    index::sort;
    linalg::cholesky;
    linalg::det;
    linalg::diagonal;
    linalg::eigh;
    linalg::exp;
    linalg::inv;
    linalg::matmul;
    linalg::qr;
    linalg::solve;
    linalg::svd;
    linalg::triangle;
    loss::cross_entropy;
    loss::losses;
    norm::batch_norm;
    norm::layer_norm;
    norm::layer_norm_affine;
    norm::softmax;
    pointwise::activation;
    pointwise::arith;
    pointwise::compare;
    pointwise::extrema;
    pointwise::gated;
    pointwise::joint;
    pointwise::mask;
    pointwise::polar;
    pointwise::pow;
    pointwise::rounding;
    pointwise::select;
    pointwise::special;
    pointwise::unary;
    random;
    rearrange::broadcast;
    rearrange::concat;
    rearrange::flip;
    rearrange::permute;
    rearrange::reshape;
    rearrange::slice;
    reduce::amax;
    reduce::logsumexp;
    reduce::mean;
    reduce::prod;
    reduce::vector_norm;
    reduce::winner;
    scan::cummax;
    scan::cumprod;
    scan::cumsum;
    scan::logcumsumexp;
    scan::recurrence;
    spatial::adaptive_avg;
    spatial::adaptive_max;
    spatial::avg_pool;
    spatial::conv;
    spatial::max_pool;
    spatial::means;
    spatial::plane;
    spatial::resample;
    spatial::runner_up;
    spatial::sample;
    spatial::unfold;
    spatial::unpool;
}

/// The operations whose derivative is zero by definition, so that differences do not apply.
const BY_DECREE: &[&str] = &["stop_gradient"];

/// Mistakes that no point of an operation can show, and why.
const NEVER: &[(&str, Mutation, &str)] = &[
    ("cross_entropy_back", Mutation::Swapped, "the cotangent has one axis less than the logits"),
    ("add", Mutation::Swapped, "both operands have the result's cotangent"),
    ("cholesky", Mutation::Transposed, "the cotangent is symmetric"),
    ("eigh", Mutation::Transposed, "the cotangent is symmetric"),
];

/// The operations without a derivative: no real operand, or no real result.
const WITHOUT_DERIVATIVE: &[&str] = &[
    "and",
    "causal_mask",
    "differs",
    "differs_number",
    "equals",
    "equals_int",
    "equals_int_number",
    "equals_number",
    "fill",
    "ge",
    "ge_number",
    "gt",
    "gt_number",
    "is_finite",
    "is_nan",
    "keep_mask",
    "last_write",
    "le",
    "le_number",
    "lt",
    "lt_number",
    "normal",
    "not",
    "one_hot",
    "or",
    "replace",
    "runner_up1d",
    "runner_up2d",
    "same",
    "select_numbers",
    "to_real",
    "uniform",
];

mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::Path;
    use std::sync::OnceLock;

    use crate::check::{Fate, KillScore, Mutation, MutationReport, OpCheck};
    use crate::tape::{Form, structure_of_op};

    use super::{BY_DECREE, NEVER, WITHOUT_DERIVATIVE, inventory};

    /// Something that a source file defines and a check must name: an operation's type, or a row of the pointwise table.
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    enum Defined {
        Type(String),
        Row(String),
    }

    /// The file's path below `ops`, as the inventory spells it.
    type File = String;

    /// Code without comments and tests.
    fn code(text: &str) -> String {
        let lines = text.lines().take_while(|l| *l != "#[cfg(test)]");
        lines.map(|l| l.split_once("//").map_or(l, |(code, _)| code)).flat_map(|l| [l, "\n"]).collect()
    }

    fn word(text: &str) -> &str {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        &text[..end]
    }

    fn is_constant(word: &str) -> bool {
        word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    }

    /// The operations and rows that a file defines: `impl .. Op<..> for X`, `row! { X = "x"`, and lines of a table of rows.
    fn defined(text: &str) -> BTreeSet<Defined> {
        let code = code(text);
        let mut found = BTreeSet::new();
        for line in code.lines().filter(|l| l.trim_start().starts_with("impl")) {
            if let Some((_, name)) = line.split_once(" Op<").and_then(|(_, rest)| rest.split_once("> for ")) {
                found.insert(Defined::Type(word(name).to_string()));
            }
        }
        for (at, _) in code.match_indices("row! {") {
            let rest = code[at + "row! {".len()..].trim_start();
            if is_constant(word(rest)) {
                let name = rest.split('"').nth(1).expect("a row has a name");
                found.insert(Defined::Row(name.to_string()));
            }
        }
        // A table of rows is a macro at the left margin; its rows begin with the names of their constants.
        let mut table = false;
        for line in code.lines() {
            let opens = line.ends_with("! {") && line.starts_with(|c: char| c.is_lowercase());
            table = (table || (opens && !line.starts_with("macro_rules"))) && line != "}";
            if let Some(row) = line.strip_prefix("    ").filter(|l| table && l.starts_with(|c: char| c.is_uppercase()))
            {
                // The first is named like the method that follows, the others like themselves.
                let words: Vec<&str> = row.split(' ').collect();
                let (constants, rest) = words.split_at(words.iter().take_while(|w| is_constant(w)).count());
                let first = rest.first().map(|name| word(name).to_string());
                let others = constants.iter().skip(1).map(|c| c.to_lowercase());
                found.extend(first.into_iter().chain(others).map(Defined::Row));
            }
        }
        found
    }

    /// What the files define and no check among those of the same file names.
    fn unchecked(files: &[(File, String)], checked: &BTreeMap<File, BTreeSet<Defined>>) -> Vec<(File, Defined)> {
        let none = BTreeSet::new();
        let missing = files.iter().flat_map(|(file, text)| {
            let checked = checked.get(file).unwrap_or(&none);
            defined(text).into_iter().filter(|d| !checked.contains(d)).map(|d| (file.clone(), d))
        });
        missing.collect()
    }

    fn sources() -> Vec<(File, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ops");
        let (mut folders, mut found) = (vec![root.clone()], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with("inventory.rs") {
                    let below = path.strip_prefix(&root).unwrap().with_extension("");
                    let parts = below.components().map(|c| c.as_os_str().to_str().unwrap());
                    let file = parts.collect::<Vec<_>>().join("/");
                    found.push((file, fs::read_to_string(path).unwrap()));
                }
            }
        }
        found.sort();
        found
    }

    fn checked() -> BTreeMap<File, BTreeSet<Defined>> {
        let of = |c: &OpCheck| match c.op().form() {
            Form::Pointwise(bound) => Defined::Row(bound.row.name.to_string()),
            _ => Defined::Type(word(&format!("{:?}", c.op())).to_string()),
        };
        inventory().into_iter().map(|(file, checks)| (file, checks.iter().map(of).collect())).collect()
    }

    #[test]
    fn every_operation_is_checked_where_it_stands() {
        let (files, checked) = (sources(), checked());
        let all: usize = files.iter().map(|(_, text)| defined(text).len()).sum();
        assert!(all > 100, "{all} operations");
        assert_eq!(unchecked(&files, &checked), []);
        let unary = &files.iter().find(|(file, _)| file == "pointwise/unary").unwrap().1;
        assert_eq!(defined(unary).len(), crate::ops::pointwise::table::Table::<f64>::UNARY.len());
    }

    #[test]
    fn an_operation_without_a_check_is_seen() {
        let planted = "use x;\n\
            impl<T: Real> Op<T> for Planted {}\n\
            impl Op<f32> for Alone {}\n\
            impl<T: Real> Table<T> {\n    pub(crate) const ROW: &'static Row<T> = row! {\n        ROW = \"a_row\", |x: Real; |\n    };\n}\n\
            macro_rules! table {\n    NOT_A_ROW\n}\n\
            table! {\n    /// Doc.\n    FIRST SECOND third() |x| x;\n       ex \"LAST\";\n\n    FOURTH fourth() |x| x;\n}\n\
            const NOR_THIS: usize = 0;\n\
            // impl<T: Real> Op<T> for Comment {}\n\
            #[cfg(test)]\nmod tests {\n    impl<T: Real> Op<T> for Test {}\n}\n";
        let file = "planted".to_string();
        let missing = |checked: &[Defined]| {
            let checked = BTreeMap::from([(file.clone(), checked.iter().cloned().collect())]);
            let found = unchecked(&[(file.clone(), planted.to_string())], &checked);
            found.into_iter().map(|(_, d)| format!("{d:?}")).collect::<Vec<_>>().join(" ")
        };
        let [row, named] = [|s: &str| Defined::Row(s.into()), |s: &str| Defined::Type(s.into())];
        assert_eq!(
            missing(&[]),
            r#"Type("Alone") Type("Planted") Row("a_row") Row("fourth") Row("second") Row("third")"#
        );
        assert_eq!(
            missing(&[row("a_row"), row("third"), row("second"), named("Planted")]),
            r#"Type("Alone") Row("fourth")"#
        );
        // A check in another file does not count.
        let elsewhere = BTreeMap::from([("other".to_string(), defined(planted))]);
        assert_eq!(unchecked(&[(file.clone(), planted.to_string())], &elsewhere).len(), 6);
    }

    /// Plans and adjoint programs are found again by the structural hash, which knows an operation by what it tells.
    #[test]
    fn operations_tell_all_that_tells_them_apart() {
        let (mut seen, mut wrong) = (BTreeMap::new(), String::new());
        for check in inventory().into_iter().flat_map(|(_, checks)| checks) {
            let (hash, op) = (structure_of_op(check.op()), format!("{:?}", check.op()));
            if hash != structure_of_op(check.op()) {
                wrong += &format!("{op} tells nothing\n");
            }
            let first: &String = seen.entry(hash).or_insert_with(|| op.clone());
            if *first != op {
                wrong += &format!("{first} and {op} tell the same\n");
            }
        }
        assert!(wrong.is_empty() && seen.len() > 250, "{} told apart\n{wrong}", seen.len());
    }

    #[test]
    fn nothing_is_skipped_that_has_a_derivative() {
        let checks: Vec<_> = inventory().into_iter().flat_map(|(_, checks)| checks).collect();
        let named = |f: fn(&OpCheck) -> bool| -> BTreeSet<&str> {
            checks.iter().filter(|c| f(c)).map(|c| c.op().name()).collect()
        };
        assert_eq!(named(|c| c.is_by_decree()), BY_DECREE.iter().copied().collect());
        assert_eq!(named(|c| !c.is_differentiable()), WITHOUT_DERIVATIVE.iter().copied().collect());
        for check in &checks {
            let report = check.run();
            report.assert();
            let expected = match (check.is_differentiable(), check.is_by_decree()) {
                (true, false) => 7,
                (true, true) => 5,
                (false, _) => continue,
            };
            assert_eq!(report.properties.len(), expected, "{report}");
        }
    }

    #[test]
    fn right_rules_pass_at_any_point() {
        let mut wrong = String::new();
        for seed in 1..20 {
            let checks = inventory().into_iter().flat_map(|(_, checks)| checks).map(|c| c.seed(seed));
            wrong.extend(checks.map(|c| c.run()).filter(|r| !r.is_pass()).map(|r| format!("seed {seed}: {r}")));
        }
        assert!(wrong.is_empty(), "{wrong}");
    }

    /// Seeds of the mutation test: each is another point, other cotangents, other directions.
    const SEEDS: u64 = 3;

    /// The mutants of every operation's checks, by its name.
    fn mutants() -> &'static BTreeMap<&'static str, Vec<MutationReport>> {
        static ALL: OnceLock<BTreeMap<&str, Vec<MutationReport>>> = OnceLock::new();
        ALL.get_or_init(|| {
            let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
            for seed in 0..SEEDS {
                for check in inventory().into_iter().flat_map(|(_, checks)| checks).map(|c| c.seed(seed)) {
                    all.entry(check.op().name()).or_default().push(check.mutate());
                }
            }
            all
        })
    }

    #[test]
    fn differences_alone_kill_every_mutant_that_changes_a_cotangent() {
        let reports = || mutants().values().flatten();
        let score: KillScore = reports().cloned().collect();
        println!("{score}");
        let survivors: String = reports().filter(|r| r.count(Fate::Survived) > 0).map(|r| r.to_string()).collect();
        assert!(survivors.is_empty(), "{survivors}");
        assert_eq!((score.survived(), score.left_out(), score.share()), (0, 0, Some(1.0)));
        assert!(score.killed() > 10_000, "{}", score.killed());
        // What is called equivalent changes nothing, says why, and is all that was not killed.
        for m in reports().flat_map(|r| &r.mutants) {
            match m.fate {
                Fate::Equivalent => assert!(m.change <= 1e-13 && !m.reason.is_empty(), "{m:?}"),
                _ => assert!(m.change > 1e-13 && m.difference > 1e-7, "{m:?}"),
            }
            // A forward rule that is the transposed wrong rule agrees with it: only differences can tell.
            assert!(m.transposed <= 1e-12, "{m:?}");
        }
    }

    /// Why no point of an operation can show a kind of mistake; `None` where one does, or another point could.
    fn excuse(op: &str, mutation: Mutation, reports: &[MutationReport]) -> Option<&'static str> {
        let of_kind = || reports.iter().flat_map(|r| &r.mutants).filter(|m| m.mutation == mutation);
        let scaled = || reports.iter().flat_map(|r| &r.mutants).filter(|m| m.mutation == Mutation::Scaled);
        let is_zero = |reason: &str| ["the cotangent is zero", "the operand is empty"].contains(&reason);
        let always = |reason: &str| of_kind().all(|m| m.reason == reason || m.reason == "the operand is empty");
        match mutation {
            _ if scaled().all(|m| is_zero(m.reason)) => Some("the derivative is zero, as differences agree"),
            Mutation::Swapped
                if reports.iter().all(|r| r.mutants.iter().all(|m| m.operand == r.mutants[0].operand)) =>
            {
                Some("one real operand")
            }
            Mutation::Overwritten if always("no element receives from several result elements") => Some("no sums"),
            _ => NEVER.iter().find(|n| n.0 == op && n.1 == mutation).map(|n| n.2),
        }
    }

    #[test]
    fn every_kind_of_mistake_is_noticed_at_some_point_of_each_operation() {
        let mut wanting = String::new();
        for (op, reports) in mutants() {
            for mutation in Mutation::ALL {
                let of_kind = || reports.iter().flat_map(|r| &r.mutants).filter(|m| m.mutation == mutation);
                let killed = of_kind().any(|m| m.fate == Fate::Killed);
                let excuse = excuse(op, mutation, reports);
                if of_kind().next().is_some() && killed == excuse.is_some() {
                    let reasons: BTreeSet<&str> = of_kind().map(|m| m.reason).collect();
                    wanting += &format!("{op}, {mutation}: killed {killed}, excuse {excuse:?}, {reasons:?}\n");
                }
            }
        }
        assert!(wanting.is_empty(), "give `checks()` points that show these (or state why there are none):\n{wanting}");
    }
}
