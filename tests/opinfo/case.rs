//! One recorded call: arguments as PyTorch got them, and the outputs and gradients that it computed.
//! In the files a tensor is `{"tensor": dtype, "shape": [..], "data": [..]}` and an infinite number `{"float": "inf"}`.

use std::path::Path;

use serde_json::Value as Json;

/// An argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    None,
    Flag(bool),
    Int(i64),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Tensor(Array),
}

/// What a tensor's elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elements {
    Real,
    Int,
    Truth,
}

/// A tensor; every element type is held as f64.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub elements: Elements,
    pub dims: Vec<usize>,
    pub data: Vec<f64>,
}

/// A call with its results.
#[derive(Clone, Debug)]
pub struct Case {
    pub input: Value,
    pub args: Vec<Value>,
    pub kwargs: Vec<(String, Value)>,
    pub outputs: Vec<Array>,
    pub cotangents: Vec<Array>,
    /// `None` where PyTorch gave no gradient.
    pub grads: Vec<Option<Array>>,
}

/// The cases of one operation.
#[derive(Debug)]
pub struct Operation {
    pub name: String,
    pub cases: Vec<Case>,
}

fn number(j: &Json) -> f64 {
    match j {
        Json::Number(n) => n.as_f64().expect("a number fits f64"),
        Json::Bool(b) => f64::from(u8::from(*b)),
        Json::String(s) => s.parse().unwrap_or_else(|_| panic!("`{s}` is no number")),
        other => panic!("{other} is no number"),
    }
}

fn list(j: &Json) -> &[Json] {
    j.as_array().unwrap_or_else(|| panic!("{j} is no list"))
}

impl Array {
    fn of(j: &Json) -> Array {
        let elements = match j["tensor"].as_str().expect("a tensor names its type") {
            "bool" => Elements::Truth,
            name if name.starts_with("float") => Elements::Real,
            _ => Elements::Int,
        };
        let dims = list(&j["shape"]).iter().map(|n| number(n) as usize).collect();
        Array { elements, dims, data: list(&j["data"]).iter().map(number).collect() }
    }
}

impl Value {
    fn of(j: &Json) -> Value {
        match j {
            Json::Null => Value::None,
            Json::Bool(b) => Value::Flag(*b),
            Json::Number(n) => n.as_i64().map_or_else(|| Value::Number(number(j)), Value::Int),
            Json::String(s) => Value::Text(s.clone()),
            Json::Array(items) => Value::List(items.iter().map(Value::of).collect()),
            Json::Object(fields) if fields.contains_key("tensor") => Value::Tensor(Array::of(j)),
            Json::Object(fields) if fields.contains_key("float") => Value::Number(number(&j["float"])),
            Json::Object(_) => Value::Text(j.to_string()),
        }
    }

    fn text(&self) -> String {
        match self {
            Value::None => "None".into(),
            Value::Flag(b) => b.to_string(),
            Value::Int(i) => i.to_string(),
            Value::Number(x) => x.to_string(),
            Value::Text(s) => format!("{s:?}"),
            Value::List(items) => format!("[{}]", items.iter().map(Value::text).collect::<Vec<_>>().join(", ")),
            Value::Tensor(a) => format!("{:?}{:?}", a.elements, a.dims).to_lowercase(),
        }
    }
}

impl Case {
    fn of(j: &Json) -> Case {
        let arrays = |key: &str| list(&j[key]).iter().map(Array::of).collect();
        let kwargs = j["kwargs"].as_object().expect("keyword arguments have names");
        Case {
            input: Value::of(&j["input"]),
            args: list(&j["args"]).iter().map(Value::of).collect(),
            kwargs: kwargs.iter().map(|(name, v)| (name.clone(), Value::of(v))).collect(),
            outputs: arrays("outputs"),
            cotangents: arrays("cotangents"),
            grads: list(&j["grads"]).iter().map(|g| (!g.is_null()).then(|| Array::of(g))).collect(),
        }
    }

    /// A case from its text.
    pub fn parse(text: &str) -> Case {
        Case::of(&serde_json::from_str(text).unwrap_or_else(|e| panic!("a case is JSON: {e}")))
    }

    /// The call in one line, shapes for tensors.
    pub fn text(&self) -> String {
        let named = self.kwargs.iter().map(|(name, v)| format!("{name}={}", v.text()));
        let all = [self.input.text()].into_iter().chain(self.args.iter().map(Value::text)).chain(named);
        all.collect::<Vec<_>>().join(", ")
    }
}

impl Operation {
    /// The cases in a file.
    pub fn read(path: &Path) -> Operation {
        let fail = |e: &dyn std::fmt::Display| -> ! { panic!("{}: {e}", path.display()) };
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| fail(&e));
        let j: Json = serde_json::from_str(&text).unwrap_or_else(|e| fail(&e));
        let name = j["op"].as_str().unwrap_or_else(|| fail(&"there is no `op`")).to_string();
        Operation { name, cases: list(&j["cases"]).iter().map(Case::of).collect() }
    }
}
