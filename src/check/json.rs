//! Reports as JSON, for machines that keep them: every number that the text shows, and those it leaves out.
//! What JSON has no number for stands as text: `"NaN"`, `"inf"`, `"-inf"`.

use serde_json::{Value, json};

use super::guilty::GuiltyLine;
use super::report::{OpReport, Property};
use super::verdict::{Finding, KinkAt, Numeric, Place};
use super::whole_report::CheckReport;

/// The version of both schemas; it grows where a field is renamed or taken away.
const VERSION: u32 = 1;

impl CheckReport {
    /// The report as JSON; needs the feature `json`.
    ///
    /// ```text
    /// { "kind": "check", "version": 1, "verdict": V, "sound": bool, "subject": text, "tolerance": R, "seed": integer,
    ///   "counts": { V: integer, .. },             how many coordinates or directions got each verdict
    ///   "findings": [F, ..],                      what did not pass, worst first
    ///   "closest": F | null,                      the passing place that is furthest off
    ///   "guilty": { "searched": bool, "line": null | { "line": integer, "op": text, "text": text,
    ///               "operand": integer | null, "pattern": text | null } },
    ///   "identities": [P, ..], "precision": null | { "real": text, "input": text, "index": [integer, ..],
    ///               "model": R, "shadow": R, "digits": R, "low": bool },
    ///   "coverage": [text, ..], "notes": [text, ..] }
    ///
    /// V  "pass" "kink" "domain" "inconclusive" "mismatch" "non-finite" "non-deterministic" "structural"
    /// R  a number, or "NaN", "inf", "-inf"
    /// N  { "value": R, "bar": R }
    /// P  { "name": text, "error": R, "bound": R, "holds": bool }
    /// F  { "verdict": V, "place": { "input": integer, "name": text, "index": [integer, ..] }
    ///      | { "direction": integer } | "everywhere",
    ///      "output": [integer, ..] | null, "analytic": R, "numeric": N, "reason": text,
    ///      "kink": null | { "line": integer, "op": text, "text": text, "decides": text, "position": [integer, ..],
    ///                       "here": integer, "beyond": integer, "gap": R | null, "left": N, "right": N } }
    /// ```
    ///
    /// ```
    /// use ndarray::array;
    /// use wengert::check;
    /// let json = check(|_, x| x[0].relu().sum(), &[array![1.0, 0.0]]).to_json();
    /// let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    /// assert_eq!(report["verdict"], "kink");
    /// assert_eq!(report["findings"][0]["place"]["index"][0], 1);
    /// assert_eq!(report["findings"][0]["kink"]["op"], "relu");
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut counts = serde_json::Map::new();
        for (verdict, n) in self.counts() {
            counts.insert(word(verdict), json!(n));
        }
        let precision = self.precision().map(|p| {
            json!({
                "real": p.real,
                "input": p.place.0,
                "index": p.place.1,
                "model": real(p.derivative.0),
                "shadow": real(p.derivative.1),
                "digits": real(p.digits),
                "low": self.is_imprecise(),
            })
        });
        text(&json!({
            "kind": "check",
            "version": VERSION,
            "verdict": word(&self.verdict()),
            "sound": self.verdict().is_sound(),
            "subject": self.subject,
            "tolerance": real(self.tolerance),
            "seed": self.seed,
            "counts": counts,
            "findings": self.findings().iter().map(finding).collect::<Vec<_>>(),
            "closest": self.closest().map(finding),
            "guilty": { "searched": self.guilty.is_some(), "line": self.guilty().map(guilty) },
            "identities": self.identities().iter().map(property).collect::<Vec<_>>(),
            "precision": precision,
            "coverage": self.coverage(),
            "notes": self.notes,
        }))
    }
}

impl OpReport {
    /// The report as JSON; needs the feature `json`.
    ///
    /// ```text
    /// { "kind": "op", "version": 1, "op": text, "pass": bool, "properties": [P, ..] }
    /// P  { "name": text, "error": R, "bound": R, "holds": bool }
    /// R  a number, or "NaN", "inf", "-inf"
    /// ```
    ///
    /// ```
    /// use wengert::{MaxPool2d, check_op};
    /// let json = check_op(MaxPool2d::new(2), &[&[1, 4, 4]]).to_json();
    /// let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    /// assert_eq!((&report["op"], &report["pass"]), (&"max_pool2d at [1, 4, 4]".into(), &true.into()));
    /// assert_eq!(report["properties"][5]["name"], "vjp against differences");
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        text(&json!({
            "kind": "op",
            "version": VERSION,
            "op": self.op,
            "pass": self.is_pass(),
            "properties": self.properties.iter().map(property).collect::<Vec<_>>(),
        }))
    }
}

fn text(value: &Value) -> String {
    format!("{value:#}")
}

/// A verdict as it stands in the schema.
fn word(verdict: &super::verdict::Verdict) -> String {
    verdict.to_string().to_lowercase()
}

/// A number, or the name of what JSON has no number for.
fn real(v: f64) -> Value {
    if v.is_finite() { json!(v) } else { json!(v.to_string()) }
}

fn numeric(n: &Numeric) -> Value {
    json!({ "value": real(n.value), "bar": real(n.bar) })
}

fn property(p: &Property) -> Value {
    json!({ "name": p.name, "error": real(p.error), "bound": real(p.bound), "holds": p.holds() })
}

fn guilty(g: &GuiltyLine) -> Value {
    json!({ "line": g.line, "op": g.op, "text": g.text, "operand": g.operand, "pattern": g.pattern })
}

fn kink(k: &KinkAt) -> Value {
    json!({
        "line": k.id,
        "op": k.op,
        "text": k.line,
        "decides": k.what,
        "position": k.position,
        "here": k.choice.0,
        "beyond": k.choice.1,
        "gap": k.gap.map(real),
        "left": numeric(&k.left),
        "right": numeric(&k.right),
    })
}

fn finding(f: &Finding) -> Value {
    let place = match &f.place {
        Place::Element { input, name, index } => json!({ "input": input, "name": name, "index": index }),
        Place::Direction(n) => json!({ "direction": n }),
        Place::Everywhere => json!("everywhere"),
    };
    json!({
        "verdict": word(&f.verdict),
        "place": place,
        "output": f.output,
        "analytic": real(f.analytic),
        "numeric": numeric(&f.numeric),
        "reason": f.reason,
        "kink": f.kink.as_ref().map(kink),
    })
}
