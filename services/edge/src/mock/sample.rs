//! A value that a schema describes, made of the examples that stand in it.

use std::cell::Cell;

use serde_json::{Map, Value, json};

use crate::document::resolve;

/// How deep schemas are followed; one may contain itself.
const MAX_DEPTH: usize = 12;

/// How many values a sample is made of at most: a schema may contain itself several times.
const MAX_VALUES: usize = 1_000;

/// One value, the same every time.
pub(super) fn of(document: &Value, schema: &Value) -> Value {
    sample(document, schema, 0, &Cell::new(MAX_VALUES))
}

fn sample(document: &Value, schema: &Value, depth: usize, left: &Cell<usize>) -> Value {
    if let Some(example) = given(schema) {
        return example.clone();
    }
    let Ok(schema) = resolve(document, schema) else {
        return Value::Null;
    };
    if let Some(example) = given(schema) {
        return example.clone();
    }
    if depth == MAX_DEPTH || left.get() == 0 {
        return Value::Null;
    }
    left.set(left.get() - 1);
    let deeper = |schema: &Value| sample(document, schema, depth + 1, left);
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = Map::new();
        for part in parts.iter().map(deeper) {
            if let Value::Object(members) = part {
                whole.extend(members);
            }
        }
        return Value::Object(whole);
    }
    let forms = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    if let Some(first) = forms.and_then(|forms| forms.first()) {
        return deeper(first);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().unwrap_or(&Value::Null),
        kind => kind,
    };
    match kind.as_str() {
        Some("object") => {
            let members = schema["properties"].as_object().into_iter().flatten();
            members
                .map(|(name, schema)| (name.clone(), deeper(schema)))
                .collect()
        }
        Some("array") => json!([deeper(&schema["items"])]),
        Some("integer") | Some("number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        Some("null") => Value::Null,
        _ => json!(formatted(schema["format"].as_str().unwrap_or_default())),
    }
}

/// An example, or the only value that there is.
fn given(schema: &Value) -> Option<&Value> {
    let first = |list: &str| schema[list].as_array().and_then(|values| values.first());
    let given = schema.get("example").or_else(|| first("examples"));
    let given = given
        .or_else(|| schema.get("const"))
        .or_else(|| schema.get("default"));
    given.or_else(|| first("enum"))
}

fn formatted(format: &str) -> &'static str {
    match format {
        "uuid" => "0193b3a0-0000-7000-8000-000000000001",
        "date-time" => "2026-01-31T12:00:00.000Z",
        "date" => "2026-01-31",
        "email" => "rose@garden.example",
        "uri" => "https://garden.example/",
        _ => "text",
    }
}
