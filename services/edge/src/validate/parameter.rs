//! Parameters of a path, a query or the headers: text that stands for a value of its schema.

use std::borrow::Cow;

use http::HeaderMap;
use kit::http::{IdempotencyKey, IfMatch, Problem};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::schema::Schema;
use crate::document::resolve;

/// One parameter of an operation.
pub(super) struct Parameter {
    place: Place,
    name: String,
    required: bool,
    has_format: bool,
    shape: Shape,
    schema: Schema,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Query,
    Header,
}

/// What a text is read as.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Integer,
    Number,
    Boolean,
    /// Several values, each in a member `name=value` of its own (OpenAPI's `form`, exploded).
    List,
}

impl Parameter {
    /// None for a cookie, which the services alone read.
    pub(super) fn compile(document: &Value, described: &Value) -> Result<Option<Self>, String> {
        let described = resolve(document, described)?;
        let place = match described["in"].as_str() {
            Some("path") => Place::Path,
            Some("query") => Place::Query,
            Some("header") => Place::Header,
            Some("cookie") => return Ok(None),
            _ => return Err("a parameter stands `in` path, query, header or cookie".into()),
        };
        let name = described["name"].as_str();
        let name = name.ok_or("a parameter has a name")?.to_owned();
        let described_schema = described.get("schema").unwrap_or(&Value::Bool(true));
        let plain = resolve(document, described_schema)?;
        let shape = match plain["type"].as_str() {
            Some("integer") => Shape::Integer,
            Some("number") => Shape::Number,
            Some("boolean") => Shape::Boolean,
            Some("array") => Shape::List,
            _ => Shape::Text,
        };
        Ok(Some(Self {
            required: place == Place::Path || described["required"] == Value::Bool(true),
            has_format: plain.get("format").is_some(),
            schema: Schema::compile(document, described_schema)?,
            place,
            name,
            shape,
        }))
    }

    /// Its name, if it stands in the query.
    pub(super) fn in_query(&self) -> Option<&str> {
        (self.place == Place::Query).then_some(self.name.as_str())
    }

    /// What is wrong with it, in a sentence each. Two headers have problems of their own.
    pub(super) fn check(
        &self,
        path: &matchit::Params<'_, '_>,
        query: &str,
        headers: &HeaderMap,
    ) -> Result<Vec<String>, Problem> {
        let texts: Vec<Cow<'_, str>> = match self.place {
            Place::Path => {
                let text = path.get(&self.name).map(percent_decode_str);
                match text.map(|text| text.decode_utf8()).transpose() {
                    Ok(text) => text.into_iter().collect(),
                    Err(_) => return Ok(vec![self.fault("is UTF-8")]),
                }
            }
            Place::Query => {
                let members = form_urlencoded::parse(query.as_bytes());
                let members = members.filter(|(name, _)| *name == self.name);
                members.map(|(_, text)| text).collect()
            }
            Place::Header if self.required => match self.name.to_ascii_lowercase().as_str() {
                "idempotency-key" => return IdempotencyKey::of(headers).map(|_| Vec::new()),
                "if-match" => return IfMatch::of(headers).map(|_| Vec::new()),
                name => header_texts(headers, name),
            },
            Place::Header => header_texts(headers, &self.name),
        };
        Ok(match (texts.as_slice(), self.shape) {
            ([], _) if self.required => vec![self.fault("is missing")],
            ([], _) => Vec::new(),
            (texts, Shape::List) => {
                let values = texts.iter().map(|text| Value::String(text.to_string()));
                self.faults(&values.collect())
            }
            ([text], Shape::Text) if self.place == Place::Path && !self.has_format => {
                // There is nothing of a name that nothing can have.
                match self.faults(&Value::from(text.as_ref())).is_empty() {
                    true => Vec::new(),
                    false => return Err(Problem::not_found()),
                }
            }
            ([text], shape) => self.faults(&shape.read(text)),
            _ => vec![self.fault("is given several times")],
        })
    }

    fn faults(&self, value: &Value) -> Vec<String> {
        let faults = self.schema.faults(value).into_iter();
        faults.map(|fault| self.fault(&fault.detail)).collect()
    }

    fn fault(&self, sentence: &str) -> String {
        format!("`{}` {sentence}", self.name)
    }
}

fn header_texts<'a>(headers: &'a HeaderMap, name: &str) -> Vec<Cow<'a, str>> {
    let lines = headers.get_all(name).iter();
    lines
        .map(|line| String::from_utf8_lossy(line.as_bytes()))
        .collect()
}

impl Shape {
    /// The value that a text stands for, read as the services read it; the text itself where it stands
    /// for none, which no schema of that type takes.
    fn read(self, text: &str) -> Value {
        let value = match self {
            Self::Text | Self::List => None,
            Self::Integer => {
                let positive = text.parse::<u64>().ok().map(Value::from);
                positive.or_else(|| text.parse::<i64>().ok().map(Value::from))
            }
            Self::Number => text.parse::<f64>().ok().map(Value::from),
            Self::Boolean => text.parse::<bool>().ok().map(Value::from),
        };
        value.unwrap_or_else(|| Value::String(text.to_owned()))
    }
}
