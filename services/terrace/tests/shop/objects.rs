//! Bodies of another shape than the public document describes, generated from it.

use axum::http::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::visitor::open_with;

#[tokio::test(flavor = "multi_thread")]
async fn an_array_is_read_as_an_object_in_no_body() {
    // The edge, which reads bodies strictly as well, is out of the way.
    let shop = open_with(|config| config.edge.validate = edge::Switch::Off).await;
    let staff = shop.visitor.sign_in(&shop.accounts.staff).await;
    let document = staff.call(Method::GET, "/v1/openapi.json", None).await;
    let document = document.ok(200);
    let (mut tried, mut faults) = (0, Vec::new());
    for (template, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let body = "/requestBody/content/application~1json/schema";
            let Some(schema) = operation.pointer(body) else {
                continue;
            };
            let id = Uuid::now_v7().to_string();
            let path = template.replace("{id}", &id).replace("{product_id}", &id);
            for sample in samples(&document, schema) {
                for pointer in objects("", &sample) {
                    let mut body = sample.clone();
                    *body.pointer_mut(&pointer).unwrap() = json!([]);
                    let method: Method = method.to_uppercase().parse().unwrap();
                    let headers = [("if-match", "*"), ("idempotency-key", &*id)];
                    let answer = staff.call_with(method, &path, &headers, Some(&body)).await;
                    let fault = &answer.ok(422)["errors"][0];
                    let detail = fault["detail"].as_str().unwrap();
                    if fault["pointer"] != *pointer || !detail.contains("sequence, expected") {
                        faults.push(format!("{template} {body}: {fault}"));
                    }
                    tried += 1;
                }
            }
        }
    }

    assert!(faults.is_empty(), "{faults:#?}");
    assert!(tried > 12, "{tried} objects were found");
}

/// Bodies of this schema, one for each of its choices, with every field in them.
fn samples(document: &Value, schema: &Value) -> Vec<Value> {
    if let Some(name) = schema["$ref"].as_str() {
        return samples(document, document.pointer(&name[1..]).unwrap());
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[choice].as_array() {
            let choices = choices.iter().filter(|one| one["type"] != "null");
            return choices.flat_map(|one| samples(document, one)).collect();
        }
    }
    if let Some(known) = schema["enum"].get(0) {
        return vec![known.clone()];
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => &kinds[0],
        kind => kind,
    };
    let sample = match kind.as_str() {
        Some("object") => {
            let mut object = Map::new();
            for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
                object.extend(samples(document, schema).pop().map(|it| (name.clone(), it)));
            }
            Value::Object(object)
        }
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        _ if schema["format"] == "uuid" => json!(Uuid::nil()),
        _ => json!("1"),
    };
    vec![sample]
}

/// Where the objects of a body stand, itself among them.
fn objects(pointer: &str, body: &Value) -> Vec<String> {
    let Value::Object(fields) = body else {
        return Vec::new();
    };
    let inner = fields
        .iter()
        .flat_map(|(name, field)| objects(&format!("{pointer}/{name}"), field));
    std::iter::once(pointer.to_owned()).chain(inner).collect()
}
