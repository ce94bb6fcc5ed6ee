//! The part of JSON Schema that docs/trace.schema.json uses, as a validator of a page.
//! What it does not know it refuses, so that no keyword of the schema is passed over in silence.

use serde_json::Value;

/// Whether the value follows the schema; the first place where it does not.
pub fn validate(schema: &Value, value: &Value) -> Result<(), String> {
    check(schema, schema, value, "")
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let wrong = |what: String| Err(format!("{at}: {what}: {value:.80}"));
    for (keyword, s) in schema.as_object().expect("a schema is an object") {
        match keyword.as_str() {
            "$schema" | "$id" | "title" | "description" | "$defs" => {}
            "$ref" => {
                let path = s.as_str().unwrap().strip_prefix('#').unwrap();
                check(root, root.pointer(path).expect("the reference leads somewhere"), value, at)?;
            }
            "type" => {
                let is = match s.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "number" => value.is_number(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    other => panic!("type {other} is not known"),
                };
                if !is {
                    return wrong(format!("is no {s}"));
                }
            }
            "const" if value != s => return wrong(format!("is not {s}")),
            "enum" if !s.as_array().unwrap().contains(value) => return wrong(format!("is none of {s}")),
            "const" | "enum" => {}
            "minimum" if value.as_f64().is_some_and(|v| v < s.as_f64().unwrap()) => {
                return wrong(format!("is below {s}"));
            }
            "minimum" => {}
            "anyOf" => {
                if s.as_array().unwrap().iter().all(|s| check(root, s, value, at).is_err()) {
                    return wrong("is none of what may stand here".into());
                }
            }
            "items" => {
                for (k, v) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, s, v, &format!("{at}/{k}"))?;
                }
            }
            "required" => {
                for name in s.as_array().unwrap() {
                    if value.is_object() && value.get(name.as_str().unwrap()).is_none() {
                        return wrong(format!("lacks {name}"));
                    }
                }
            }
            "properties" => {
                for (name, s) in s.as_object().unwrap() {
                    if let Some(v) = value.get(name) {
                        check(root, s, v, &format!("{at}/{name}"))?;
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(s, &Value::Bool(false), "only false is known");
                let known = schema["properties"].as_object().unwrap();
                if let Some(name) =
                    value.as_object().into_iter().flatten().map(|p| p.0).find(|n| !known.contains_key(*n))
                {
                    return wrong(format!("`{name}` is not in the schema"));
                }
            }
            other => panic!("keyword {other} is not known"),
        }
    }
    Ok(())
}
