//! A schema as the forms that a value may have: references are followed, `allOf` is put together, and `oneOf`, `anyOf`
//! and lists of types are taken apart.

use serde_json::{Map, Value, json};

use super::{items, members};
use crate::api::operations::resolve;

/// Bounds below and above.
pub(super) const LOWER: [&str; 5] = [
    "minimum",
    "exclusiveMinimum",
    "minLength",
    "minItems",
    "minProperties",
];
pub(super) const UPPER: [&str; 5] = [
    "maximum",
    "exclusiveMaximum",
    "maxLength",
    "maxItems",
    "maxProperties",
];

/// Keywords that say nothing of values.
const HARMLESS: [&str; 8] = [
    "$comment",
    "deprecated",
    "description",
    "example",
    "examples",
    "externalDocs",
    "title",
    "xml",
];

/// How many references, parts and alternatives may stand in each other.
const MAX_DEPTH: usize = 16;

/// A schema of one type at most, without alternatives.
pub(super) type Form = Map<String, Value>;

/// What is of no type in particular.
pub(super) const ANYTHING: &str = "anything";

/// Its type.
pub(super) fn kind(form: &Form) -> &str {
    form.get("type").and_then(Value::as_str).unwrap_or(ANYTHING)
}

/// The forms of this schema.
pub(super) fn forms(document: &Value, schema: &Value) -> Vec<Form> {
    within(document, schema, MAX_DEPTH)
}

fn within(document: &Value, schema: &Value, depth: usize) -> Vec<Form> {
    let mut own = match schema {
        Value::Bool(false) => return Vec::new(),
        Value::Object(own) if depth > 0 => own.clone(),
        _ => Form::new(),
    };
    own.retain(|key, _| !HARMLESS.contains(&key.as_str()) && !key.starts_with("x-"));
    if let Some(only) = own.remove("const") {
        own.insert("enum".into(), json!([only]));
    }
    let deeper = |schema: &Value| within(document, schema, depth - 1);
    // Each of these holds in one of its forms.
    let mut parts = Vec::new();
    if own.remove("$ref").is_some() {
        parts.push(deeper(resolve(document, schema)));
    }
    if let Some(all) = own.remove("allOf") {
        parts.extend(items(&all).map(deeper));
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(any) = own.remove(key) {
            parts.push(items(&any).flat_map(deeper).collect());
        }
    }
    let mut forms = match own.remove("type") {
        Some(Value::Array(kinds)) => kinds
            .into_iter()
            .map(|kind| with_type(&own, kind))
            .collect(),
        Some(kind) => vec![with_type(&own, kind)],
        None => vec![own],
    };
    for part in parts {
        let both = forms
            .iter()
            .flat_map(|one| part.iter().filter_map(|other| both(one, other)));
        forms = both.collect();
    }
    for form in &mut forms {
        let own_kind = kind(form).to_owned();
        form.retain(|key, _| concerns(key, &own_kind));
    }
    forms
}

/// Whether a keyword says anything of values of this type.
fn concerns(key: &str, kind: &str) -> bool {
    let kinds: &[&str] = match key {
        "minLength" | "maxLength" | "pattern" | "contentEncoding" | "contentMediaType" => {
            &["string"]
        }
        "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum" | "multipleOf" => {
            &["integer", "number"]
        }
        "items" | "minItems" | "maxItems" | "uniqueItems" => &["array"],
        "properties" | "required" | "additionalProperties" | "propertyNames" => &["object"],
        "minProperties" | "maxProperties" => &["object"],
        "format" => &["string", "integer", "number"],
        _ => return true,
    };
    kind == ANYTHING || kinds.contains(&kind)
}

fn with_type(own: &Form, kind: Value) -> Form {
    let mut form = own.clone();
    form.insert("type".into(), kind);
    form
}

/// What is both; none where nothing can be.
fn both(one: &Form, other: &Form) -> Option<Form> {
    let mut both = one.clone();
    for (key, value) in other {
        let Some(known) = both.get(key).filter(|known| *known != value) else {
            both.insert(key.clone(), value.clone());
            continue;
        };
        let joined = match key.as_str() {
            "type" => match (kind(one), kind(other)) {
                ("integer", "number") | ("number", "integer") => json!("integer"),
                _ => return None,
            },
            "required" => items(known).chain(items(value)).cloned().collect(),
            "enum" => items(known)
                .filter(|it| items(value).any(|other| other == *it))
                .cloned()
                .collect(),
            "properties" => {
                let mut all = known.as_object().cloned().unwrap_or_default();
                for (name, schema) in members(value) {
                    let joined = match all.get(name) {
                        Some(known) if known != schema => json!({ "allOf": [known, schema] }),
                        _ => schema.clone(),
                    };
                    all.insert(name.clone(), joined);
                }
                Value::Object(all)
            }
            "items" | "propertyNames" | "additionalProperties" => {
                json!({ "allOf": [known, value] })
            }
            key if LOWER.contains(&key) == (value.as_f64() > known.as_f64())
                && (LOWER.contains(&key) || UPPER.contains(&key)) =>
            {
                value.clone()
            }
            key if LOWER.contains(&key) || UPPER.contains(&key) => known.clone(),
            // Whatever it is, it is compared as a whole.
            _ => json!([known, value]),
        };
        both.insert(key.clone(), joined);
    }
    Some(both)
}
