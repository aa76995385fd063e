//! Schemas of OpenAPI 3.1, which are JSON Schema 2020-12, as API Gateway reads them: OpenAPI 3.0 whose models are
//! JSON Schema draft 4. Where API Gateway cannot say the same it says less: the function checks all of it again.

use std::collections::BTreeSet;

use anyhow::{Context, bail, ensure};
use serde_json::{Map, Value, json};

/// Where schemas are referred to.
const SCHEMAS: &str = "#/components/schemas/";

/// What API Gateway has no use for, or refuses; it says nothing about which values are good, or only of names.
const DROPPED: [&str; 5] = [
    "contentMediaType",
    "contentSchema",
    "example",
    "propertyNames",
    "x-extensible-enum",
];

/// What is the same in both.
const SAME: [&str; 11] = [
    "description",
    "enum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "pattern",
    "required",
];

/// Makes models of the schemas of a document.
pub(crate) struct Models<'a> {
    pub(crate) document: &'a Value,
}

impl Models<'_> {
    /// The schemas that these values refer to, and those that they refer to, by the names of their models.
    pub(crate) fn used_by(&self, value: &Value) -> anyhow::Result<Map<String, Value>> {
        let schemas = self.document["components"]["schemas"].as_object();
        let schemas = schemas.context("the document has no schemas")?;
        let mut names = BTreeSet::new();
        for name in schemas.keys() {
            ensure!(
                names.insert(model_name(name)),
                "{name}: two schemas have the name {} in API Gateway",
                model_name(name)
            );
        }
        let mut models = Map::new();
        let mut wanted = references(value);
        while let Some(wanted_name) = wanted.pop_first() {
            if models.contains_key(&wanted_name) {
                continue;
            }
            let found = schemas
                .iter()
                .find(|(name, _)| model_name(name) == wanted_name);
            let (name, schema) = found.context("a reference leads nowhere")?;
            let model = self.schema(schema).with_context(|| name.clone())?;
            wanted.append(&mut references(&model));
            models.insert(wanted_name, model);
        }
        Ok(models)
    }

    /// This schema, converted.
    pub(crate) fn schema(&self, schema: &Value) -> anyhow::Result<Value> {
        if let Some(reference) = schema["$ref"].as_str() {
            // What stands beside a reference is not read in 3.0.
            let name = reference
                .strip_prefix(SCHEMAS)
                .context("a reference to no schema")?;
            return Ok(json!({ "$ref": format!("{SCHEMAS}{}", model_name(name)) }));
        }
        let members = schema.as_object().context("a schema is no object")?;
        if may_be_null(schema) {
            return self.without_type(members);
        }
        if let Some(parts) = schema["allOf"].as_array() {
            return self.merged(parts, members);
        }
        let mut converted = Map::new();
        for (key, value) in members {
            let value = match key.as_str() {
                key if DROPPED.contains(&key) => continue,
                key if SAME.contains(&key) => value.clone(),
                // Numbers of a size are refused.
                "format" if ["int32", "int64"].iter().any(|format| value == format) => continue,
                "format" => value.clone(),
                "type" if value.is_string() => value.clone(),
                "items" => self.schema(value)?,
                "additionalProperties" if value.is_boolean() => value.clone(),
                "additionalProperties" => self.schema(value)?,
                "properties" => self.properties(value)?,
                "oneOf" => self.forms(value)?,
                _ => bail!("`{key}` is nothing that the models of API Gateway are made of here"),
            };
            converted.insert(key.clone(), value);
        }
        Ok(converted.into())
    }

    fn properties(&self, properties: &Value) -> anyhow::Result<Value> {
        let properties = properties.as_object().context("no properties")?;
        let property = |(name, schema): (&String, &Value)| {
            let schema = self.schema(schema).with_context(|| name.clone())?;
            Ok((name.clone(), schema))
        };
        Ok(Value::Object(
            properties
                .iter()
                .map(property)
                .collect::<anyhow::Result<_>>()?,
        ))
    }

    /// `nullable` is not supported, and `null` no type in 3.0: what may be null is left to the function, but for
    /// rules which null cannot break.
    fn without_type(&self, members: &Map<String, Value>) -> anyhow::Result<Value> {
        let mut members = members.clone();
        members.retain(|key, _| !["oneOf", "type", "enum"].contains(&key.as_str()));
        self.schema(&members.into())
    }

    /// Each form in full: one that only refers to another model is refused.
    fn forms(&self, forms: &Value) -> anyhow::Result<Value> {
        let forms = forms.as_array().context("oneOf is no list")?;
        let form = |form: &Value| self.schema(&self.in_full(form)?);
        forms.iter().map(form).collect()
    }

    /// The parts of `allOf` are objects: one object has the members of them all.
    fn merged(&self, parts: &[Value], beside: &Map<String, Value>) -> anyhow::Result<Value> {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for part in parts {
            let part = self.resolve(part)?;
            if let Some(inner) = part["allOf"].as_array() {
                bail!("{} parts within a part of allOf", inner.len());
            }
            properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
            required.extend(part["required"].as_array().cloned().unwrap_or_default());
        }
        let mut whole = json!({ "type": "object", "properties": properties, "required": required });
        if let Some(description) = beside.get("description") {
            whole["description"] = description.clone();
        }
        self.schema(&whole)
    }

    /// A schema with all that it refers to in its place.
    fn in_full(&self, schema: &Value) -> anyhow::Result<Value> {
        Ok(match self.resolve(schema)? {
            Value::Object(members) => {
                let full =
                    |(key, value): (&String, &Value)| Ok((key.clone(), self.in_full(value)?));
                Value::Object(members.iter().map(full).collect::<anyhow::Result<_>>()?)
            }
            Value::Array(items) => {
                let full = |item| self.in_full(item);
                Value::Array(items.iter().map(full).collect::<anyhow::Result<_>>()?)
            }
            other => other.clone(),
        })
    }

    /// What this schema refers to, or itself.
    pub(crate) fn resolve<'a>(&'a self, schema: &'a Value) -> anyhow::Result<&'a Value> {
        match schema["$ref"].as_str() {
            None => Ok(schema),
            Some(reference) => {
                let found = self.document.pointer(reference.trim_start_matches('#'));
                found.with_context(|| format!("{reference} leads nowhere"))
            }
        }
    }
}

/// Whether null is among the values of a schema.
fn may_be_null(schema: &Value) -> bool {
    let null = json!("null");
    let is_type = schema["type"]
        .as_array()
        .is_some_and(|it| it.contains(&null));
    let forms = schema["oneOf"].as_array();
    is_type || forms.is_some_and(|forms| forms.iter().any(|form| form["type"] == null))
}

/// A name of letters and digits, as a model's is: `Line_1_120` is `Line1To120`.
pub(crate) fn model_name(name: &str) -> String {
    let mut made = String::new();
    for word in name.split(|c: char| !c.is_ascii_alphanumeric()) {
        let is_number = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        if is_number(made.chars().last()) && is_number(word.chars().next()) {
            made += "To";
        }
        made += word;
    }
    made
}

/// The names of the models that a value refers to.
fn references(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str);
            let own = own.and_then(|it| it.strip_prefix(SCHEMAS));
            let inner = members.values().flat_map(references);
            own.map(str::to_owned).into_iter().chain(inner).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests;
