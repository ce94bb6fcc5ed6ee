//! The reports in docs/checking.md are those of checks that run here, beside the lines that ask for them.
//! `UPDATE_DOCS=1 cargo test` writes both.

use ndarray::array;
use wengert::{CheckReport, Verdict, check};

use crate::produced::{Produced, body_of, check as compare, relocated};
use crate::support::{Square, planted};

fn mismatch() -> CheckReport {
    let square = Square { factor: 0.25, only: None };
    check(|_, x| (planted(x[0], square.clone()) * 3.0).sum(), (&array![0.5, -0.25],))
}

fn kink() -> CheckReport {
    check(|_, x| x[0].max_pool2d(2).sum(), (&array![[[3.0, 3.0], [1.0, -2.0]]],))
}

/// The code of a function here, and the report that it returns, with source lines counted from that code.
fn shown(name: &str, report: &CheckReport) -> Produced {
    let (head, body) = body_of(include_str!("document.rs"), name);
    let text = relocated(&report.to_string(), file!(), head, 0);
    Produced { name: name.into(), blocks: vec![("rust,ignore", body.join("\n")), ("text", text)] }
}

#[test]
fn the_page_on_checking_shows_these_reports() {
    let reports = [("mismatch", mismatch(), Verdict::Mismatch), ("kink", kink(), Verdict::Kink)];
    reports.iter().for_each(|(name, report, verdict)| assert_eq!(report.verdict(), *verdict, "{name}"));
    let produced: Vec<Produced> = reports.iter().map(|(name, report, _)| shown(name, report)).collect();
    compare("docs/checking.md", &produced);
}
