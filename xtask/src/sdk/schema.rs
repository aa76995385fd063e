//! Schemas as generators are given them: OpenAPI 3.0, without rules that the API checks.

use serde_json::{Map, Value, json};

/// What a schema says of values that the API checks, or that readers alone need.
const RULES: [&str; 16] = [
    "additionalProperties",
    "contentMediaType",
    "contentSchema",
    "example",
    "examples",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "pattern",
    "propertyNames",
];

/// Whether a schema is more than text or a number with rules, or facts of any name.
pub(super) fn is_named(schema: &Value) -> bool {
    let is_plain = schema["type"] == "string" || schema["type"] == "integer";
    let is_map = schema["additionalProperties"].is_object() && schema.get("properties").is_none();
    schema.get("enum").is_some() || !(is_plain || is_map)
}

/// `List_Product` is a page of products.
pub(super) fn public_name(name: &str) -> String {
    match name.strip_prefix("List_") {
        Some(item) => format!("{}Page", item.trim_end_matches("View")),
        None => name.to_owned(),
    }
}

/// A schema without its rules, of OpenAPI 3.0.
pub(super) fn simple(schema: &Value, public: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        let named = &public["components"]["schemas"][name];
        return if is_named(named) {
            json!({ "$ref": format!("#/components/schemas/{}", public_name(name)) })
        } else {
            simple(named, public)
        };
    }
    let Some(members) = schema.as_object() else {
        return schema.clone();
    };
    if let Some(only) = only_form(schema) {
        let mut kept = simple(only, public);
        kept["nullable"] = true.into();
        return kept;
    }
    let mut kept = Map::new();
    for (key, value) in members {
        let is_rule = RULES.contains(&&**key);
        match (&**key, value) {
            // Facts of any name; or nothing that has to be refused.
            ("additionalProperties", Value::Object(_)) => {
                kept.insert(key.clone(), simple(value, public));
            }
            ("format", Value::String(format)) if format == "email" || format == "uri" => {}
            _ if is_rule => {}
            ("type", Value::Array(types)) => {
                let typed = types.iter().find(|it| *it != "null");
                kept.insert(key.clone(), typed.cloned().unwrap_or_default());
                kept.insert("nullable".to_owned(), true.into());
            }
            ("properties", Value::Object(properties)) => {
                let required = schema["required"].as_array();
                let is_required =
                    |name: &str| required.is_some_and(|all| all.iter().any(|it| it == name));
                let properties = properties.iter().map(|(name, property)| {
                    let mut property = simple(property, public);
                    // What may be left out need not be null as well.
                    if !is_required(name)
                        && let Some(property) = property.as_object_mut()
                    {
                        property.remove("nullable");
                    }
                    (name.clone(), property)
                });
                kept.insert(key.clone(), Value::Object(properties.collect()));
            }
            ("items", _) => {
                kept.insert(key.clone(), simple(value, public));
            }
            ("oneOf" | "allOf" | "anyOf", Value::Array(forms)) => {
                let forms: Vec<Value> = forms.iter().map(|it| simple(it, public)).collect();
                kept.insert(key.clone(), forms.into());
            }
            _ => {
                kept.insert(key.clone(), value.clone());
            }
        }
    }
    kept.into()
}

/// The form of what is that or null.
fn only_form(schema: &Value) -> Option<&Value> {
    let forms = schema["oneOf"].as_array()?;
    let is_null = |it: &Value| it["type"] == "null";
    let mut others = forms.iter().filter(|it| !is_null(it));
    let only = others.next()?;
    (forms.iter().any(is_null) && others.next().is_none()).then_some(only)
}

/// `place_order` as `placeOrder`.
pub(super) fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |made, word| {
        let (head, tail) = word.split_at(word.len().min(1));
        made + &head.to_uppercase() + tail
    })
}
