//! Reports as JSON: every field of every kind of finding, read back.

use ndarray::array;
use serde_json::Value;
use wengert::{Check, CheckMode, CheckReport, MaxPool2d, Verdict, check, check_op};

use crate::support::{Square, planted};

fn read(report: &CheckReport) -> Value {
    serde_json::from_str(&report.to_json()).expect("a report is JSON")
}

/// Whether the text holds this number: `serde_json` reads the last digit as it likes.
fn assert_number(v: &Value, expected: f64) {
    assert!((number(v) - expected).abs() <= 4.0 * f64::EPSILON * expected.abs(), "{v} for {expected:e}");
}

fn number(v: &Value) -> f64 {
    v.as_f64().unwrap_or_else(|| panic!("{v} is no number"))
}

#[test]
fn a_mismatch_carries_place_numbers_and_the_guilty_line() {
    let square = Square { factor: 0.25, only: Some(1) };
    let report = Check::new(|_, x| planted(x[0], square.clone()), (&array![[0.5, -0.25]],))
        .names(["w"])
        .mode(CheckMode::Full)
        .seed(7)
        .run();
    let json = read(&report);
    assert_eq!((&json["kind"], &json["version"]), (&"check".into(), &1.into()));
    assert_eq!((&json["verdict"], &json["sound"], &json["seed"]), (&"mismatch".into(), &false.into(), &7.into()));
    assert_eq!(json["subject"], "a function of w: f64[1, 2]");
    assert_number(&json["tolerance"], 1e-8);
    let (finding, listed) = (&json["findings"][0], &report.findings()[0]);
    assert_eq!(finding["verdict"], "mismatch");
    assert_eq!(finding["place"], serde_json::json!({ "input": 0, "name": "w", "index": [0, 1] }));
    assert_eq!(finding["output"], serde_json::json!([0, 1]));
    assert_number(&finding["analytic"], listed.analytic);
    assert_number(&finding["numeric"]["value"], listed.numeric.value);
    assert_number(&finding["numeric"]["bar"], listed.numeric.bar);
    assert_eq!((&finding["kink"], finding["reason"].as_str()), (&Value::Null, Some(&listed.reason[..])));
    let (line, guilty) = (&json["guilty"]["line"], report.guilty().expect("a line is guilty"));
    assert_eq!(json["guilty"]["searched"], true);
    assert_eq!((&line["line"], &line["op"]), (&guilty.line.into(), &"planted_square".into()));
    assert_eq!((&line["text"], &line["operand"]), (&guilty.text.clone().into(), &0.into()));
    assert_eq!(line["pattern"].as_str(), guilty.pattern.as_deref());
    let counted: u64 = json["counts"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(counted, report.counts().iter().map(|c| c.1 as u64).sum::<u64>());
    assert_eq!(json["coverage"].as_array().unwrap().len(), report.coverage().len());
    for (p, q) in json["identities"].as_array().unwrap().iter().zip(report.identities()) {
        assert_eq!((p["name"].as_str(), p["holds"].as_bool()), (Some(q.name), Some(q.holds())));
        assert_number(&p["error"], q.error);
        assert_number(&p["bound"], q.bound);
    }
}

#[test]
fn a_kink_carries_line_choice_gap_and_slopes() {
    let report = check(|_, x| (x[0] * 2.0).max_pool2d(2).sum(), (&array![[[3.0, 3.0], [1.0, -2.0]]],));
    let json = read(&report);
    assert_eq!((&json["verdict"], &json["sound"]), (&"kink".into(), &true.into()));
    let (finding, listed) = (&json["findings"][0], &report.findings()[0]);
    let (kink, k) = (&finding["kink"], listed.kink.as_ref().expect("a kink"));
    assert_eq!((&kink["line"], &kink["op"]), (&k.id.into(), &"max_pool2d".into()));
    assert!(kink["text"].as_str().unwrap().contains("max_pool2d") && !kink["decides"].as_str().unwrap().is_empty());
    assert_eq!((&kink["here"], &kink["beyond"]), (&k.choice.0.into(), &k.choice.1.into()));
    assert_eq!(kink["position"], serde_json::json!(k.position));
    assert_eq!(kink["gap"].as_f64(), k.gap);
    for (side, n) in [("left", k.left), ("right", k.right)] {
        assert_number(&kink[side]["value"], n.value);
        assert_number(&kink[side]["bar"], n.bar);
    }
    assert_eq!(json["guilty"], serde_json::json!({ "searched": false, "line": null }));
}

#[test]
fn what_json_has_no_number_for_is_text() {
    let report = check(|_, x| (-x[0]).ln(), (&array![1.0],));
    assert_eq!(report.verdict(), Verdict::NonFinite, "{report}");
    let json = read(&report);
    assert_eq!((&json["verdict"], &json["findings"][0]["place"]), (&"non-finite".into(), &"everywhere".into()));
    assert_eq!(json["findings"][0]["analytic"], "NaN");
    assert_eq!(json["findings"][0]["numeric"], serde_json::json!({ "value": "NaN", "bar": "inf" }));
}

#[test]
fn a_model_in_f32_tells_its_precision() {
    let json = read(&check(|_, x| x[0].exp().sum(), (&array![1.0f32, -2.0],)));
    let precision = &json["precision"];
    assert_eq!(
        (&precision["real"], &precision["input"], &precision["low"]),
        (&"f32".into(), &"x0".into(), &false.into())
    );
    assert!(
        number(&precision["digits"]) > 3.0 && number(&precision["model"]) > 0.0 && number(&precision["shadow"]) > 0.0
    );
}

#[test]
fn the_report_of_an_operation_lists_its_properties() {
    let report = check_op(MaxPool2d::new(2), &[&[1, 2, 2]]);
    let json: Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!((&json["kind"], &json["op"], &json["pass"]), (&"op".into(), &report.op.clone().into(), &true.into()));
    let properties = json["properties"].as_array().unwrap();
    assert_eq!(properties.len(), report.properties.len());
    for (p, q) in properties.iter().zip(&report.properties) {
        assert_eq!(p["name"].as_str(), Some(q.name));
        assert_number(&p["error"], q.error);
        assert_number(&p["bound"], q.bound);
    }
}
