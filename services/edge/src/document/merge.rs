//! The documents of all services as one, for clients and for the reference.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::base_path;

/// Where a schema lists the kinds of problems: an enumeration that may grow.
const KINDS: &str = "x-extensible-enum";

/// One public document of all services, which has the kinds of problems of all. Schemas of one name and different shape are told
/// apart by their service's name.
pub fn merge(documents: &[(String, Value)]) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::<String, Value>::new();
    let mut security = Map::new();
    let mut kinds = BTreeSet::new();
    for (service, document) in documents {
        let mut document = document.clone();
        let kind = document.pointer_mut("/components/schemas/Problem/properties/type");
        let listed = kind.and_then(|it| it.as_object_mut()?.remove(KINDS));
        kinds.extend(
            listed
                .iter()
                .filter_map(Value::as_array)
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned),
        );
        // Renaming one changes those that refer to it, which may then differ as well.
        while let Some(name) = first_clash(&document, &schemas) {
            let own_name = format!("{}{name}", capitalised(service));
            rename_schema(&mut document, &name, &own_name);
        }
        schemas.extend(objects(&document, "/components/schemas").map(own));
        security.extend(objects(&document, "/components/securitySchemes").map(own));
        let base = base_path(&document);
        for (path, item) in objects(&document, "/paths") {
            let path = format!("{base}{path}");
            // Two services may share a path, each with its own methods.
            match (paths.get_mut(&path).and_then(Value::as_object_mut), item) {
                (Some(known), Value::Object(item)) => known.extend(item.clone()),
                _ => drop(paths.insert(path, item.clone())),
            }
        }
    }
    if let Some(problem) = schemas.get_mut("Problem").filter(|_| !kinds.is_empty()) {
        problem["properties"]["type"][KINDS] = kinds.into_iter().collect();
    }
    accept_signatures(&mut paths, &mut security);
    serde_json::json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Terrace",
            "version": "1",
            "description": "The public API of the Terrace garden shop.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" }
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": { "schemas": schemas, "securitySchemes": security }
    })
}

/// Who may come with an access token may come with a signature instead. The edge sees to it, so that no service
/// has to say so.
fn accept_signatures(paths: &mut Map<String, Value>, schemes: &mut Map<String, Value>) {
    if !schemes.contains_key("bearer") {
        return;
    }
    let scheme = serde_json::json!({
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "AWS Signature Version 4, with credentials of `POST /v1/me/credentials`",
        "x-amazon-apigateway-authtype": "awsSigv4"
    });
    schemes.insert("sigv4".to_owned(), scheme);
    let operations = paths.values_mut().filter_map(Value::as_object_mut);
    let operations = operations.flat_map(|item| item.values_mut());
    for operation in operations {
        let security = operation.get_mut("security").and_then(Value::as_array_mut);
        let Some(security) = security else { continue };
        let groups = security
            .iter()
            .find_map(|scheme| scheme.get("bearer").cloned());
        security.extend(groups.map(|groups| serde_json::json!({ "sigv4": groups })));
    }
}

/// The name of a schema that has another shape already.
fn first_clash(document: &Value, schemas: &Map<String, Value>) -> Option<String> {
    objects(document, "/components/schemas")
        .find(|(name, schema)| schemas.get(*name).is_some_and(|known| known != *schema))
        .map(|(name, _)| name.clone())
}

fn objects<'a>(
    document: &'a Value,
    pointer: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    document
        .pointer(pointer)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

fn own((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

fn capitalised(name: &str) -> String {
    name[..1].to_uppercase() + &name[1..]
}

fn rename_schema(document: &mut Value, old: &str, new: &str) {
    if let Some(schemas) = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
        && let Some(schema) = schemas.remove(old)
    {
        schemas.insert(new.to_owned(), schema);
    }
    let (from, to) = (
        format!("#/components/schemas/{old}"),
        format!("#/components/schemas/{new}"),
    );
    replace_refs(document, &from, &to);
}

fn replace_refs(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| replace_refs(item, from, to)),
        Value::Object(members) => {
            members
                .values_mut()
                .for_each(|member| replace_refs(member, from, to));
        }
        _ => {}
    }
}
