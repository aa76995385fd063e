//! The documents of all services as one, for clients and for the reference.

use serde_json::{Map, Value};

/// One public document of all services. Schemas of one name and different shape are told apart by
/// their service's name.
pub fn merge(documents: &[(String, Value)]) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::<String, Value>::new();
    let mut security = Map::new();
    for (service, document) in documents {
        let mut document = document.clone();
        // Renaming one changes those that refer to it, which may then differ as well.
        while let Some(name) = first_clash(&document, &schemas) {
            let own_name = format!("{}{name}", capitalised(service));
            rename_schema(&mut document, &name, &own_name);
        }
        schemas.extend(objects(&document, "/components/schemas").map(own));
        security.extend(objects(&document, "/components/securitySchemes").map(own));
        for (path, item) in objects(&document, "/paths") {
            // Two services may share a path, each with its own methods.
            match (paths.get_mut(path).and_then(Value::as_object_mut), item) {
                (Some(known), Value::Object(item)) => known.extend(item.clone()),
                _ => drop(paths.insert(path.clone(), item.clone())),
            }
        }
    }
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
