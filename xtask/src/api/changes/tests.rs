//! Each rule, in both directions: what breaks clients one way is harmless the other way, or breaks both ways.

use serde_json::{Value, json};

use super::{Change, changes};
use crate::api::operations::operations;

const TODAY: &str = "2027-06-01";

/// A document with this one operation, and a schema that holds itself.
fn with(operation: Value) -> Value {
    json!({
        "paths": { "/v1/plants/{id}": { "put": operation } },
        "components": { "schemas": {
            "Plant": { "type": "object", "properties": {
                "parent": { "$ref": "#/components/schemas/Plant" },
            } },
            "Name": { "type": "string", "description": "A name.", "maxLength": 80 },
        } },
    })
}

fn compared(old: Value, new: Value) -> Vec<Change> {
    let (old, new) = ([old], [new]);
    changes(&operations(&old), &operations(&new), TODAY)
}

/// Whether the change breaks clients; there must be one.
#[track_caller]
fn breaks(old: &Value, new: &Value) -> bool {
    let found = compared(old.clone(), new.clone());
    assert!(!found.is_empty(), "no change from {old} to {new}");
    found.iter().any(|change| change.breaks)
}

/// Whether clients break when the schema of what they send changes, and of what they read.
#[track_caller]
fn breaks_as_schema(old: &Value, new: &Value) -> (bool, bool) {
    let body = |schema: &Value| json!({ "content": { "application/json": { "schema": schema } } });
    let request = |schema| with(json!({ "requestBody": body(schema) }));
    let response = |schema| with(json!({ "responses": { "200": body(schema) } }));
    (
        breaks(&request(old), &request(new)),
        breaks(&response(old), &response(new)),
    )
}

const BREAKS: bool = true;
const HARMLESS: bool = false;

#[test]
fn what_is_the_same_has_no_changes() {
    let document = with(json!({
        "operationId": "set_plant",
        "security": [{ "bearer": ["staff"] }],
        "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
        "requestBody": { "content": { "application/json": {
            "schema": { "$ref": "#/components/schemas/Plant" },
        } } },
        "responses": { "200": { "headers": { "ETag": { "schema": { "type": "string" } } } } },
    }));

    assert_eq!(compared(document.clone(), document), []);
}

#[test]
fn how_a_schema_is_written_is_no_change() {
    let body = |schema: Value| {
        with(json!({ "requestBody": { "content": { "application/json": { "schema": schema } } } }))
    };
    for (one, other) in [
        (
            json!({ "$ref": "#/components/schemas/Name" }),
            json!({ "type": "string", "maxLength": 80 }),
        ),
        (
            json!({ "type": ["string", "null"], "maxLength": 80 }),
            json!({ "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Name" }] }),
        ),
        (
            json!({ "allOf": [
                { "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"] },
                { "type": "object", "properties": { "b": { "const": 1 } } },
            ] }),
            json!({ "type": "object", "required": ["a"], "properties": {
                "a": { "type": "string", "description": "Another description." },
                "b": { "enum": [1], "example": 1 },
            } }),
        ),
        (
            json!({ "oneOf": [{ "type": "integer" }, { "type": "boolean" }] }),
            json!({ "oneOf": [{ "type": "boolean" }, { "type": "integer" }] }),
        ),
        (
            json!({ "$ref": "#/components/schemas/Plant" }),
            json!({ "type": "object", "properties": {
                "parent": { "$ref": "#/components/schemas/Plant" },
            } }),
        ),
    ] {
        assert_eq!(compared(body(one.clone()), body(other)), [], "{one}");
    }
}

#[test]
fn operations_are_kept() {
    // What was, what is, whether that breaks clients, and whether the way back does.
    let name = |name: &str| json!({ "operationId": name });
    let ways = |ways: Value| json!({ "security": ways });
    let answers = |answers: Value| json!({ "responses": answers });
    let body = |required: bool| json!({ "requestBody": { "required": required, "content": {} } });
    let typed = |media_type: &str| json!({ "content": { (media_type): {} } });
    for (old, new, there, back) in [
        (name("set_plant"), name("put_plant"), BREAKS, BREAKS),
        (
            ways(json!([])),
            ways(json!([{ "bearer": [] }])),
            BREAKS,
            HARMLESS,
        ),
        (
            ways(json!([{ "bearer": [] }])),
            ways(json!([{ "bearer": ["staff"] }])),
            BREAKS,
            HARMLESS,
        ),
        (
            ways(json!([{ "bearer": ["a"] }])),
            ways(json!([{ "bearer": ["a", "b"] }])),
            HARMLESS,
            BREAKS,
        ),
        (
            ways(json!([{ "bearer": [] }])),
            ways(json!([{ "bearer": [] }, { "sigv4": [] }])),
            HARMLESS,
            BREAKS,
        ),
        (
            answers(json!({ "200": {} })),
            answers(json!({ "200": {}, "202": {} })),
            HARMLESS,
            BREAKS,
        ),
        (
            answers(json!({ "default": {} })),
            answers(json!({ "default": {}, "409": {} })),
            HARMLESS,
            HARMLESS,
        ),
        (
            answers(json!({ "200": {} })),
            answers(json!({ "200": { "headers": { "ETag": {} } } })),
            // Nobody has to read it.
            HARMLESS,
            BREAKS,
        ),
        (json!({}), body(false), HARMLESS, BREAKS),
        (json!({}), body(true), BREAKS, BREAKS),
        (body(false), body(true), BREAKS, HARMLESS),
        (
            json!({ "requestBody": typed("image/png") }),
            json!({ "requestBody": typed("image/webp") }),
            BREAKS,
            BREAKS,
        ),
        (
            answers(json!({ "200": typed("image/png") })),
            answers(json!({ "200": typed("image/webp") })),
            BREAKS,
            BREAKS,
        ),
        (
            json!({}),
            json!({ "servers": [{ "url": "/x" }] }),
            BREAKS,
            BREAKS,
        ),
        (json!({}), json!({ "callbacks": {} }), BREAKS, BREAKS),
        (json!({}), json!({ "deprecated": true }), HARMLESS, HARMLESS),
    ] {
        let (old, new) = (with(old), with(new));
        assert_eq!(breaks(&old, &new), there, "{old} to {new}");
        assert_eq!(breaks(&new, &old), back, "{new} back to {old}");
    }
}

#[test]
fn what_nobody_acts_on_is_no_change() {
    let old = with(json!({ "summary": "Sets", "tags": ["a"], "x-edge": { "timeout_ms": 1 } }));
    let new = with(json!({ "description": "Puts", "x-edge": { "timeout_ms": 2 } }));

    assert_eq!(compared(old, new), []);
}

#[test]
fn an_operation_goes_when_it_was_deprecated_and_its_sunset_is_past() {
    let none = json!({ "paths": {} });
    let ending = |deprecated: bool, sunset: &str| {
        let deprecation = json!({ "since": "2026-01-01", "sunset": sunset });
        with(json!({ "deprecated": deprecated, "x-edge": { "deprecation": deprecation } }))
    };

    assert_eq!(breaks(&ending(true, TODAY), &none), HARMLESS);
    assert_eq!(breaks(&ending(true, "2027-06-02"), &none), BREAKS);
    assert_eq!(breaks(&ending(false, TODAY), &none), BREAKS);
    assert_eq!(breaks(&with(json!({})), &none), BREAKS);
    assert_eq!(breaks(&none, &with(json!({}))), HARMLESS);
    // A day that was announced may come later, never sooner.
    let (sooner, later) = (ending(true, "2027-12-01"), ending(true, "2028-01-01"));
    assert_eq!(breaks(&later, &sooner), BREAKS);
    assert_eq!(breaks(&sooner, &later), HARMLESS);
}

#[test]
fn a_path_is_the_same_only_when_it_is_written_alike() {
    let at = |base: &str, path: &str| json!({ "servers": [{ "url": base }], "paths": { (path): { "get": {} } } });

    assert_eq!(
        breaks(&at("/", "/v1/plants/{id}"), &at("/", "/v1/plants/{slug}")),
        BREAKS
    );
    assert_eq!(
        breaks(&at("/", "/v1/plants"), &at("/next", "/v1/plants")),
        BREAKS
    );
}

#[test]
fn parameters_are_kept() {
    let parameter = |more: Value| {
        let mut parameter =
            json!({ "name": "limit", "in": "query", "schema": { "type": "integer" } });
        parameter
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        with(json!({ "parameters": [parameter] }))
    };
    let (none, optional) = (with(json!({})), parameter(json!({})));
    let required = parameter(json!({ "required": true }));
    for (old, new, there, back) in [
        (&none, &optional, HARMLESS, BREAKS),
        (&none, &required, BREAKS, BREAKS),
        (&optional, &required, BREAKS, HARMLESS),
        (
            &optional,
            &parameter(json!({ "in": "header" })),
            BREAKS,
            BREAKS,
        ),
        (
            &optional,
            &parameter(json!({ "explode": false })),
            BREAKS,
            BREAKS,
        ),
        (
            &optional,
            &parameter(json!({ "schema": { "type": "integer", "maximum": 100 } })),
            BREAKS,
            HARMLESS,
        ),
        (
            &optional,
            &parameter(json!({ "schema": { "type": "integer", "default": 24 } })),
            BREAKS,
            BREAKS,
        ),
    ] {
        assert_eq!(breaks(old, new), there, "{old} to {new}");
        assert_eq!(breaks(new, old), back, "{new} back to {old}");
    }
    let header = |name: &str| with(json!({ "parameters": [{ "name": name, "in": "header" }] }));
    assert_eq!(compared(header("If-Match"), header("if-match")), []);
}

#[test]
fn what_is_sent_may_not_get_narrower_and_what_is_read_not_wider() {
    let string = |more: Value| {
        let mut schema = json!({ "type": "string" });
        schema
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        schema
    };
    let wide = string(json!({}));
    let name = json!({ "$ref": "#/components/schemas/Name" });
    // Each of a wide and a narrow schema.
    for (wide, narrow) in [
        (wide.clone(), string(json!({ "minLength": 1 }))),
        (wide.clone(), string(json!({ "maxLength": 9 }))),
        (wide.clone(), name),
        (wide.clone(), string(json!({ "pattern": "^a" }))),
        (wide.clone(), string(json!({ "format": "uuid" }))),
        (wide.clone(), string(json!({ "enum": ["a"] }))),
        (json!({}), wide.clone()),
        (json!({ "type": ["string", "null"] }), wide.clone()),
        (
            json!({ "oneOf": [wide, { "type": "integer" }] }),
            wide.clone(),
        ),
        (json!({ "enum": ["a", "b"] }), json!({ "enum": ["a"] })),
        (json!({ "minimum": 1 }), json!({ "minimum": 2 })),
        (json!({ "maximum": 2.5 }), json!({ "maximum": 2 })),
        (
            json!({ "exclusiveMinimum": 1 }),
            json!({ "exclusiveMinimum": 2 }),
        ),
        (json!({ "minItems": 1 }), json!({ "minItems": 2 })),
        (json!({ "maxProperties": 2 }), json!({ "maxProperties": 1 })),
        (json!({ "type": "number" }), json!({ "type": "integer" })),
        (
            json!({ "type": "integer", "format": "int64" }),
            json!({ "type": "integer", "format": "int32" }),
        ),
        (
            json!({ "items": {} }),
            json!({ "items": { "type": "string" } }),
        ),
        (
            json!({ "propertyNames": {} }),
            json!({ "propertyNames": { "maxLength": 1 } }),
        ),
        (
            json!({ "additionalProperties": true }),
            json!({ "additionalProperties": { "type": "string" } }),
        ),
        (
            json!({ "properties": { "a": { "properties": { "b": {} } } } }),
            json!({ "properties": { "a": { "properties": { "b": { "minimum": 1 } } } } }),
        ),
        (
            json!({ "allOf": [{ "minimum": 1 }, { "minimum": 2 }] }),
            json!({ "allOf": [{ "minimum": 1 }, { "minimum": 3 }] }),
        ),
    ] {
        assert_eq!(
            breaks_as_schema(&wide, &narrow),
            (BREAKS, HARMLESS),
            "{wide} to {narrow}"
        );
        assert_eq!(
            breaks_as_schema(&narrow, &wide),
            (HARMLESS, BREAKS),
            "{narrow} to {wide}"
        );
    }
}

#[test]
fn what_nobody_can_tell_breaks_clients() {
    for (one, other) in [
        (json!({ "type": "string" }), json!({ "type": "integer" })),
        (json!({ "pattern": "^a" }), json!({ "pattern": "^b" })),
        (json!({ "format": "uuid" }), json!({ "format": "email" })),
        (json!({ "multipleOf": 2 }), json!({ "multipleOf": 4 })),
        (json!({ "enum": ["a", "b"] }), json!({ "enum": ["b", "c"] })),
        (json!({ "not": {} }), json!({ "if": {} })),
        (json!({ "prefixItems": [{}] }), json!({})),
        (
            json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }] }),
            json!({ "oneOf": [{ "type": "string" }, { "type": "boolean" }] }),
        ),
    ] {
        assert_eq!(
            breaks_as_schema(&one, &other),
            (BREAKS, BREAKS),
            "{one} to {other}"
        );
        assert_eq!(
            breaks_as_schema(&other, &one),
            (BREAKS, BREAKS),
            "{other} to {one}"
        );
    }
}

#[test]
fn members_are_kept_and_clients_overlook_those_they_do_not_know() {
    let object = |members: Value, required: Value| json!({ "type": "object", "properties": members, "required": required });
    let none = object(json!({}), json!([]));
    let optional = object(json!({ "a": {} }), json!([]));
    let required = object(json!({ "a": {} }), json!(["a"]));
    let closed = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    for (old, new, expected) in [
        (&none, &optional, (HARMLESS, HARMLESS)),
        (&optional, &none, (BREAKS, BREAKS)),
        (&none, &required, (BREAKS, HARMLESS)),
        (&required, &none, (BREAKS, BREAKS)),
        (&optional, &required, (BREAKS, HARMLESS)),
        (&required, &optional, (HARMLESS, BREAKS)),
        (&none, &closed, (BREAKS, HARMLESS)),
        (&closed, &none, (HARMLESS, HARMLESS)),
    ] {
        assert_eq!(breaks_as_schema(old, new), expected, "{old} to {new}");
    }
}

#[test]
fn a_schema_that_holds_itself_is_compared_once() {
    let recursive = |schema: Value| {
        let mut document = with(json!({ "requestBody": { "content": { "application/json": {
            "schema": { "$ref": "#/components/schemas/Plant" },
        } } } }));
        document["components"]["schemas"]["Plant"] = schema;
        document
    };
    let plant = |more: Value| {
        json!({ "type": "object", "properties": {
            "parent": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Plant" }] },
            "name": more,
        } })
    };
    let own = json!({ "$ref": "#/components/schemas/Plant" });

    let (old, new) = (plant(json!({})), plant(json!({ "maxLength": 9 })));
    let found = compared(recursive(old), recursive(new));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(compared(recursive(own.clone()), recursive(own)), []);
}
