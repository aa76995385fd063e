//! What the generators are given: the public document as OpenAPI 3.0.3, without what is not for them. The API checks what it
//! is sent and says what is wrong by field, so that a client checks nothing; and the runtime of each client knows how to
//! prove who calls, to name an intent, and to read refusals and streams.

use std::collections::BTreeSet;

use anyhow::Context;
use serde_json::{Map, Value, json};

use super::schema::{is_named, public_name, simple};
use crate::run::root;

/// The reference, which people read, and what AWS's own SDKs call.
const NOT_FOR_CLIENTS: [&str; 5] = [
    "/aws",
    "/aws/",
    "/docs",
    "/v1/openapi.json",
    "/v1/sdks/{language}",
];

/// An operation, as the runtimes of clients and our own generator see it.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) summary: String,
    pub(crate) described: Value,
}

/// The document, for generators.
pub(crate) struct Document(pub(crate) Value);

impl Document {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(root().join("openapi/terrace.json"))?;
        Self::of(&serde_json::from_str(&text)?)
    }

    pub(crate) fn of(public: &Value) -> anyhow::Result<Self> {
        let streamed = streamed(public);
        let mut schemas = Map::new();
        let named = public["components"]["schemas"].as_object();
        for (name, schema) in named.context("a document has schemas")? {
            // Names of text of some length are for who checks it.
            if is_named(schema) && !streamed.contains(name) {
                schemas.insert(public_name(name), simple(schema, public));
            }
        }
        // A list has its items written out, though they have a name.
        let names: Vec<(String, Value)> = schemas.clone().into_iter().collect();
        for schema in schemas.values_mut() {
            let items = schema.pointer_mut("/properties/items/items");
            let Some(items) = items.filter(|it| it.get("$ref").is_none()) else {
                continue;
            };
            let is_same = |it: &&(String, Value)| it.1["properties"] == items["properties"];
            if let Some((name, _)) = names.iter().find(is_same)
                && items.get("properties").is_some()
            {
                *items = json!({ "$ref": format!("#/components/schemas/{name}") });
            }
        }

        let mut paths = Map::new();
        for (path, item) in public["paths"]
            .as_object()
            .context("a document has paths")?
        {
            if NOT_FOR_CLIENTS.contains(&&**path) || path.starts_with("/docs/") {
                continue;
            }
            let mut kept = Map::new();
            for (method, described) in item.as_object().context("a path has operations")? {
                if described["x-edge"]["stream"] != true {
                    kept.insert(method.clone(), operation(described, public));
                }
            }
            if !kept.is_empty() {
                paths.insert(path.clone(), kept.into());
            }
        }
        Ok(Self(json!({
            "openapi": "3.0.3",
            "info": {
                "title": public["info"]["title"],
                "description": public["info"]["description"],
                "version": format!("{}.0.0", public["info"]["version"].as_str().context("a document has a version")?),
                "license": { "name": public["info"]["license"]["name"] },
            },
            "servers": [{ "url": "http://localhost:8080" }],
            "paths": paths,
            "components": { "schemas": schemas },
        })))
    }

    /// Of the packages.
    pub(crate) fn version(&self) -> &str {
        self.0["info"]["version"].as_str().unwrap_or_default()
    }

    /// The members of a schema, and what is required; of one that has forms, those of all, and what all require.
    pub(crate) fn members(&self, schema: &Value) -> (Map<String, Value>, Vec<String>) {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap_or_default();
            return self.members(&self.0["components"]["schemas"][name]);
        }
        let own = schema["properties"].as_object();
        let mut properties = own.cloned().unwrap_or_default();
        let listed = schema["required"].as_array().into_iter().flatten();
        let mut required: Vec<String> = listed.map(text).collect();
        for key in ["allOf", "oneOf"] {
            let forms = schema[key].as_array().into_iter().flatten();
            for (at, form) in forms.enumerate() {
                let (more, needs) = self.members(form);
                properties.extend(more);
                match (key, at) {
                    ("oneOf", 1..) => required.retain(|it| needs.contains(it)),
                    _ => required.extend(needs),
                }
            }
        }
        (properties, required)
    }

    /// The kinds of problems that there are, and what clients say where nobody tells of which kind it is. More may come.
    pub(crate) fn slugs(&self) -> Vec<&str> {
        let kind = &self.0["components"]["schemas"]["Problem"]["properties"]["type"];
        let listed = kind["x-extensible-enum"].as_array().into_iter().flatten();
        let listed = listed.filter_map(|it| it.as_str()?.rsplit('/').next());
        listed.chain(["unknown", "unreachable"]).collect()
    }

    /// What a page has, if this is the name of one that has nothing more: its items and where the next begins.
    pub(crate) fn item_of(&self, page: &str) -> Option<&Value> {
        let members = self.0["components"]["schemas"][page]["properties"].as_object()?;
        let items = &members.get("items")?["items"];
        let is_page =
            page.ends_with("Page") && members.len() == 2 && members.contains_key("next_cursor");
        (is_page && items.get("$ref").is_some()).then_some(items)
    }

    /// What callers make: the names of what bodies are, and of what these are made of.
    pub(crate) fn sent(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for operation in self.operations() {
            self.gather(&operation.described["requestBody"], &mut found);
        }
        found
    }

    fn gather(&self, schema: &Value, found: &mut BTreeSet<String>) {
        match schema {
            Value::Object(members) => {
                let name = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next());
                if let Some(name) = name
                    && found.insert(name.to_owned())
                {
                    self.gather(&self.0["components"]["schemas"][name], found);
                }
                members.values().for_each(|it| self.gather(it, found));
            }
            Value::Array(all) => all.iter().for_each(|it| self.gather(it, found)),
            _ => {}
        }
    }

    pub(crate) fn operations(&self) -> Vec<Operation> {
        let paths = self.0["paths"].as_object().into_iter().flatten();
        let all = paths.flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(|(method, described)| Operation {
                id: text(&described["operationId"]),
                method: method.to_uppercase(),
                path: path.clone(),
                summary: text(&described["summary"]),
                described: described.clone(),
            })
        });
        all.collect()
    }
}

impl Operation {
    /// The names of its parameters of this place.
    pub(crate) fn parameters(&self, place: &str) -> Vec<(String, bool)> {
        let all = self.described["parameters"]
            .as_array()
            .into_iter()
            .flatten();
        let all = all.filter(|it| it["in"] == place);
        all.map(|it| (text(&it["name"]), it["required"] == true))
            .collect()
    }

    pub(crate) fn is_keyed(&self) -> bool {
        let headers = self.parameters("header");
        headers.iter().any(|(name, _)| name == "Idempotency-Key")
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The names of what streams carry: OpenAPI has no way to say what that is, and the runtimes read it.
fn streamed(public: &Value) -> Vec<String> {
    let items = public["paths"].as_object().into_iter().flatten();
    let operations = items.filter_map(|(_, item)| item.as_object()).flatten();
    let schemas = operations
        .filter_map(|(_, it)| it.pointer("/responses/200/content/text~1event-stream/schema/$ref"));
    let names = schemas.filter_map(|it| it.as_str()?.rsplit('/').next());
    names.map(str::to_owned).collect()
}

fn operation(described: &Value, public: &Value) -> Value {
    let mut kept = json!({ "operationId": described["operationId"] });
    for key in ["summary", "description", "tags", "deprecated"] {
        if let Some(value) = described.get(key) {
            kept[key] = value.clone();
        }
    }
    let parameters = described["parameters"].as_array().into_iter().flatten();
    // The session's cookies are the runtime's, or the browser's.
    let parameters = parameters.filter(|it| it["in"] != "cookie");
    let parameters: Vec<Value> = parameters
        .map(|it| {
            let mut it = it.clone();
            it["schema"] = simple(&it["schema"], public);
            if it["name"] == "Idempotency-Key" {
                it["required"] = false.into();
                it["description"] =
                    "The caller's name for this intent; the client makes one.".into();
            }
            it
        })
        .collect();
    if !parameters.is_empty() {
        kept["parameters"] = parameters.into();
    }
    if let Some(body) = described.get("requestBody") {
        let mut content = contents(&body["content"], public);
        // A picture: its bytes say of which kind.
        if content.as_object().is_some_and(|all| all.len() > 1) {
            let bytes = content["application/octet-stream"].take();
            content = json!({ "application/octet-stream": bytes });
        }
        kept["requestBody"] = json!({ "required": body["required"] == true, "content": content });
    }
    let mut responses = Map::new();
    for (status, response) in described["responses"].as_object().into_iter().flatten() {
        // Refusals are one type, which the runtime reads.
        if status.starts_with('2') {
            let mut kept = json!({ "description": response["description"] });
            if let Some(content) = response.get("content") {
                kept["content"] = contents(content, public);
            }
            responses.insert(status.clone(), kept);
        }
    }
    kept["responses"] = responses.into();
    kept
}

/// Pictures have many types and are bytes in all of them.
fn contents(content: &Value, public: &Value) -> Value {
    let all = content.as_object().into_iter().flatten();
    let all = all.map(|(media, it)| {
        (
            media.clone(),
            json!({ "schema": simple(&it["schema"], public) }),
        )
    });
    Value::Object(all.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        let schemas = json!({
            "Problem": { "type": "object", "properties": {
                "type": { "type": "string", "x-extensible-enum": ["/problems/not-found", "/problems/out-of-stock"] },
            }},
            "Line_1_20": { "type": "string", "maxLength": 20 },
            "Plant": { "type": "object", "required": ["id", "note"], "properties": {
                "id": { "$ref": "#/components/schemas/Line_1_20" },
                "note": { "type": ["string", "null"], "maxLength": 9 },
                "other": { "oneOf": [{ "$ref": "#/components/schemas/Line_1_20" }, { "type": "null" }] },
            }},
            "List_Plant": { "type": "object", "properties": { "next_cursor": { "type": ["string", "null"] }, "items": { "type": "array", "items": {
                "type": "object", "required": ["id", "note"], "properties": {
                    "id": { "type": "string", "maxLength": 20 },
                    "note": { "type": ["string", "null"], "maxLength": 9 },
                    "other": { "type": ["string", "null"] },
                },
            }}}},
        });
        let page = json!({ "$ref": "#/components/schemas/List_Plant" });
        let answers = json!({
            "200": { "description": "A page", "content": { "application/json": { "schema": page } } },
            "default": { "description": "Refused" },
        });
        let plant = json!({ "schema": { "$ref": "#/components/schemas/Plant" } });
        let body = json!({ "content": { "application/json": plant } });
        let key = json!({ "in": "header", "name": "Idempotency-Key", "required": true, "schema": { "type": "string" } });
        let cookie = json!({ "in": "cookie", "name": "c", "schema": { "type": "string" } });
        let document = json!({
            "info": { "title": "Plants", "version": "1", "license": { "name": "MIT" } },
            "components": { "schemas": schemas },
            "paths": {
                "/docs": { "get": { "operationId": "read", "responses": answers } },
                "/v1/plants": { "post": { "operationId": "plant", "parameters": [key, cookie], "requestBody": body, "responses": answers } },
                "/v1/growth": { "get": { "operationId": "watch", "x-edge": { "stream": true }, "responses": answers } },
            },
        });
        Document::of(&document).expect("a whole document")
    }

    #[test]
    fn generators_see_names_and_types_and_no_rules() {
        let document = document();
        let schemas = &document.0["components"]["schemas"];

        assert_eq!(schemas.get("Line_1_20"), None);
        assert_eq!(
            schemas["Plant"]["properties"],
            json!({
                "id": { "type": "string" },
                "note": { "type": "string", "nullable": true },
                "other": { "type": "string" },
            })
        );
        assert_eq!(
            schemas["PlantPage"]["properties"]["items"]["items"],
            json!({ "$ref": "#/components/schemas/Plant" })
        );
        let item = document.item_of("PlantPage");
        assert_eq!(item, Some(&json!({ "$ref": "#/components/schemas/Plant" })));
        assert_eq!(document.item_of("Plant"), None);
    }

    #[test]
    fn problems_are_known_by_the_last_part_of_their_type() {
        assert_eq!(
            document().slugs(),
            ["not-found", "out-of-stock", "unknown", "unreachable"]
        );
    }

    #[test]
    fn what_the_runtimes_do_is_no_operation_and_no_parameter() {
        let document = document();
        let operations = document.operations();

        assert_eq!(operations.len(), 1);
        assert!(operations[0].is_keyed());
        assert_eq!(operations[0].parameters("cookie"), []);
        assert_eq!(
            operations[0].parameters("header"),
            [("Idempotency-Key".to_owned(), false)]
        );
        let answers = operations[0].described["responses"].as_object();
        assert_eq!(answers.map(Map::len), Some(1));
        assert_eq!(document.sent(), BTreeSet::from(["Plant".to_owned()]));
        assert_eq!(document.version(), "1.0.0");
    }
}
