//! Mock integrations: API Gateway answers from the examples of the document, where no function is yet.

use anyhow::Context;
use serde_json::{Map, Value, json};

use super::convert::Models;

/// How deep schemas are followed; one may contain itself.
const MAX_DEPTH: usize = 12;

/// The integration that answers with the first success that an operation describes, and nothing where that is
/// neither JSON nor empty.
pub(super) fn integration(models: &Models<'_>, described: &Value) -> anyhow::Result<Option<Value>> {
    let responses = described["responses"].as_object().context("no responses")?;
    let success = responses.iter().find(|(status, _)| status.starts_with('2'));
    let Some((status, response)) = success else {
        return Ok(None);
    };
    let mut answer = json!({ "statusCode": status });
    let content = response["content"].as_object();
    match content.map(|content| content.get("application/json")) {
        None => {}
        Some(None) => return Ok(None),
        Some(Some(media)) => {
            let body = match media.get("example") {
                Some(example) => example.clone(),
                None => sample(models, &media["schema"], 0)?,
            };
            answer["responseTemplates"] = json!({ "application/json": template(&body) });
        }
    }
    let status: u16 = status.parse()?;
    Ok(Some(json!({
        "type": "mock",
        "requestTemplates": { "application/json": json!({ "statusCode": status }).to_string() },
        "responses": { "default": answer },
    })))
}

/// JSON as a template of Velocity's, which reads `$` and `#` as its own.
fn template(body: &Value) -> String {
    body.to_string()
        .replace('$', "\\u0024")
        .replace('#', "\\u0023")
}

/// A value that a schema describes, made of the examples in it.
fn sample(models: &Models<'_>, schema: &Value, depth: usize) -> anyhow::Result<Value> {
    if let Some(example) = schema.get("example") {
        return Ok(example.clone());
    }
    let schema = models.resolve(schema)?;
    if let Some(example) = schema.get("example").or_else(|| schema["enum"].get(0)) {
        return Ok(example.clone());
    }
    if depth == MAX_DEPTH {
        return Ok(Value::Null);
    }
    let deeper = |schema: &Value| sample(models, schema, depth + 1);
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = Map::new();
        for part in parts {
            if let Value::Object(members) = deeper(part)? {
                whole.extend(members);
            }
        }
        return Ok(whole.into());
    }
    if let Some(first) = schema["oneOf"].get(0) {
        return deeper(first);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => &kinds[0],
        kind => kind,
    };
    Ok(match kind.as_str() {
        Some("object") => {
            let members = schema["properties"].as_object().into_iter().flatten();
            let member = |(name, schema): (&String, &Value)| Ok((name.clone(), deeper(schema)?));
            Value::Object(members.map(member).collect::<anyhow::Result<_>>()?)
        }
        Some("array") => json!([deeper(&schema["items"])?]),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        _ => json!(text(schema["format"].as_str())),
    })
}

fn text(format: Option<&str>) -> &'static str {
    match format {
        Some("uuid") => "0193b3a0-0000-7000-8000-000000000001",
        Some("date-time") => "2026-01-31T12:00:00.000Z",
        Some("email") => "rose@garden.example",
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_stays_json_when_velocity_has_read_it() {
        let body = json!({ "price": "$5", "colour": "#fff" });

        let template = template(&body);

        assert!(!template.contains(['$', '#']), "{template}");
        assert_eq!(
            serde_json::from_str::<Value>(&template).expect("JSON"),
            body
        );
    }
}
