//! A trace as JSON, for pages and machines; the schema is docs/trace.schema.json.
//! JSON has no NaN and no infinities: they stand as `"NaN"`, `"inf"` and `"-inf"`.

use std::fmt::Write;

use super::local::{Local, word};
use super::record::{Trace, TracedLine};
use super::step::Step;
use super::values::{Plane, Stats, Values};
use crate::tape::AttrValue;

/// The version of the schema; it grows where a field is renamed or taken away.
const SCHEMA: &str = "wengert-trace/1";

impl Trace {
    /// The trace as JSON, by the schema of docs/trace.schema.json.
    ///
    /// ```
    /// use wengert::{Trace, prelude::*};
    /// let tape = Tape::new();
    /// let json = Trace::of(tape.var(2.0).named("x").square())?.to_json();
    /// assert!(json.starts_with(r#"{"schema":"wengert-trace/1","real":"f32","root":1,"#));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut j = Json::default();
        j.object(|o| {
            o.field("schema").text(SCHEMA);
            o.field("real").text(self.real);
            o.field("root").integer(self.root);
            if let Some(source) = &self.source {
                o.field("source").text(source);
            }
            o.field("lines").list(self.lines.iter(), |j, l| self.line(j, l));
            o.field("steps").list(self.steps.iter().enumerate(), |j, (k, s)| self.step(j, k, s));
            o.field("gradients").list(self.gradients.iter(), |j, g| {
                j.object(|o| {
                    o.field("leaf").integer(g.leaf);
                    o.field("gradient").optional(g.gradient, Json::integer);
                });
            });
        });
        j.text
    }

    fn line(&self, j: &mut Json, l: &TracedLine) {
        j.object(|o| {
            o.field("id").integer(l.id);
            o.field("op").text(l.line.op);
            if l.result > 0 {
                o.field("result").integer(l.result);
            }
            if let Some(name) = l.line.name.as_deref().filter(|_| l.result == 0) {
                o.field("name").text(name);
            }
            if let Some(known) = &l.known_as {
                o.field("known_as").text(known);
            }
            if let Some(scope) = &l.line.scope {
                o.field("scope").text(scope);
            }
            o.field("operands").list(l.line.operands.iter(), |j, id| j.integer(*id));
            o.field("attributes").object(|o| {
                for (name, value) in &l.line.attributes {
                    o.field(name).attribute(value);
                }
            });
            o.field("kind").text(word(l.line.step_kind));
            if let Some(origin) = l.line.origin {
                o.field("origin").integer(origin);
            }
            if let Some(again) = l.line.again {
                o.field("again").integer(again);
            }
            o.field("active").flag(l.line.active);
            let site = l.line.site;
            if self.source.is_none() {
                o.field("site").text(&format!("{}:{}:{}", site.file(), site.line(), site.column()));
            }
            if let (Some(span), Some(source)) = (&l.span, &self.source) {
                let units = |bytes: usize| source[..bytes].encode_utf16().count();
                o.field("span").list([units(span.start), units(span.end)].into_iter(), Json::integer);
            }
            if let Some(formula) = l.formula {
                o.field("formula").text(formula);
            }
            o.field("flops").number(l.flops);
            o.field("value").values(&l.value);
            o.field("cotangent").optional(l.cotangent, Json::integer);
            if let Some(of) = l.cotangent_of {
                o.field("cotangent_of").integer(of);
            }
            if !l.remarks.is_empty() {
                o.field("remarks").list(l.remarks.iter(), |j, r| j.text(&r.to_string()));
            }
        });
    }

    fn step(&self, j: &mut Json, k: usize, s: &Step) {
        j.object(|o| {
            o.field("role").text(s.role.name());
            o.field("of").integer(s.of);
            o.field("line").optional(s.line, Json::integer);
            o.field("operand").optional(s.role.operand(), Json::integer);
            o.field("to").optional(s.role.to(), Json::integer);
            if let super::step::StepRole::Give { first, .. } | super::step::StepRole::Pass { first, .. } = s.role {
                o.field("first").flag(first);
            }
            o.field("cotangents").list(s.cotangents.iter(), |j, c| j.optional(*c, Json::integer));
            o.field("kind").text(word(s.kind));
            o.field("visit").integer(self.visit(k).start);
            o.field("formula").text(&s.formula);
            if let Some(local) = &s.local {
                o.field("local").local(local);
            }
            o.field("sentence").text(&s.sentence);
        });
    }
}

/// A JSON text that is being written.
#[derive(Debug, Default)]
pub(crate) struct Json {
    pub text: String,
}

/// An object that is being written.
pub(crate) struct Object<'a> {
    json: &'a mut Json,
    first: bool,
}

impl Object<'_> {
    /// The place of the value of a field.
    pub fn field(&mut self, name: &str) -> &mut Json {
        if !std::mem::take(&mut self.first) {
            self.json.text.push(',');
        }
        self.json.text(name);
        self.json.text.push(':');
        self.json
    }
}

impl Json {
    pub fn object(&mut self, f: impl FnOnce(&mut Object<'_>)) {
        self.text.push('{');
        f(&mut Object { json: self, first: true });
        self.text.push('}');
    }

    pub fn list<I>(&mut self, items: impl Iterator<Item = I>, mut f: impl FnMut(&mut Self, I)) {
        self.text.push('[');
        for (k, item) in items.enumerate() {
            if k > 0 {
                self.text.push(',');
            }
            f(self, item);
        }
        self.text.push(']');
    }

    pub fn optional<V>(&mut self, value: Option<V>, f: impl FnOnce(&mut Self, V)) {
        match value {
            Some(v) => f(self, v),
            None => self.text.push_str("null"),
        }
    }

    pub fn text(&mut self, text: &str) {
        self.text.push('"');
        for c in text.chars() {
            match c {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                // `</script>` and `<!--` would end a script that holds the text, and control characters steer a terminal.
                c if c.is_control() || matches!(c, '<' | '\u{2028}' | '\u{2029}') => {
                    let _ = write!(self.text, "\\u{:04x}", c as u32);
                }
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }

    /// A text that is JSON already.
    #[cfg(all(target_arch = "wasm32", feature = "playground"))]
    pub fn raw(&mut self, json: &str) {
        self.text.push_str(json);
    }

    pub fn integer(&mut self, v: impl std::fmt::Display) {
        let _ = write!(self.text, "{v}");
    }

    pub fn flag(&mut self, v: bool) {
        self.text.push_str(if v { "true" } else { "false" });
    }

    pub fn number(&mut self, v: f64) {
        if v.is_nan() {
            self.text.push_str("\"NaN\"");
        } else if v.is_infinite() {
            self.text.push_str(if v > 0.0 { "\"inf\"" } else { "\"-inf\"" });
        } else {
            let size = v.abs();
            // The shortest digits that read back as the number.
            let _ = match size == 0.0 || (1e-6..1e16).contains(&size) {
                true => write!(self.text, "{v}"),
                false => write!(self.text, "{v:e}"),
            };
        }
    }

    pub fn numbers(&mut self, v: &[f64]) {
        self.list(v.iter(), |j, v| j.number(*v));
    }

    fn attribute(&mut self, value: &AttrValue) {
        match value {
            AttrValue::Int(v) => self.integer(v),
            AttrValue::Ints(v) => self.list(v.iter(), |j, v| j.integer(*v)),
            AttrValue::Real(v) => self.number(*v),
            AttrValue::Flag(v) => self.flag(*v),
            AttrValue::Text(v) => self.text(v),
        }
    }

    pub fn values(&mut self, v: &Values) {
        self.object(|o| {
            o.field("dims").list(v.dims.iter(), |j, d| j.integer(*d));
            if v.integer {
                o.field("integer").flag(true);
            }
            match &v.data {
                Some(data) => o.field("data").numbers(data),
                None => {
                    let Plane { of, size, data } = &v.plane;
                    o.field("plane").object(|o| {
                        o.field("of").list(of.iter(), |j, n| j.integer(*n));
                        o.field("size").list(size.iter(), |j, n| j.integer(*n));
                        o.field("data").numbers(data);
                    });
                }
            }
            o.field("stats").stats(&v.stats);
        });
    }

    pub fn stats(&mut self, s: &Stats) {
        self.object(|o| {
            for (name, v) in [("min", s.min), ("max", s.max), ("mean", s.mean), ("rms", s.rms)] {
                o.field(name).number(v);
            }
            o.field("zeros").integer(s.zeros);
            o.field("nonfinite").integer(s.nonfinite);
        });
    }

    fn local(&mut self, local: &Local) {
        self.object(|o| {
            o.field("kind").text(local.kind());
            let places = |j: &mut Json, v: &[i64]| j.list(v.iter(), |j, v| j.integer(*v));
            match local {
                Local::Elementwise { slope } => o.field("slope").values(slope),
                Local::Product => {}
                Local::Route { to, windows, ties } => {
                    places(o.field("to"), to);
                    o.field("windows").list(windows.iter(), |j, w| j.list(w.iter(), |j, c| j.integer(*c)));
                    o.field("ties").list(ties.iter(), |j, t| j.integer(*t));
                }
                Local::Expand { of } | Local::Permute { of } => places(o.field("of"), of),
                Local::Reduce { into } => places(o.field("into"), into),
                Local::Dense { rows } => o.field("rows").list(rows.iter(), |j, r| j.numbers(r)),
            }
        });
    }
}
