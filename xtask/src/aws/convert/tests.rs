use super::*;

fn models(document: &Value) -> Models<'_> {
    Models { document }
}

fn converted(schema: Value) -> anyhow::Result<Value> {
    let document = json!({ "components": { "schemas": {
        "Line_1_20": { "type": "string", "maxLength": 20 },
        "Money": { "type": "object", "required": ["amount"], "properties": {
            "amount": { "type": "integer", "format": "int64", "minimum": 0 },
        } },
        "Priced": { "type": "object", "properties": { "price": { "$ref": "#/components/schemas/Money" } } },
    } } });
    models(&document).schema(&schema)
}

#[test]
fn what_both_know_stays_and_what_only_describes_goes() {
    let converted = converted(json!({
        "type": "object",
        "description": "A product.",
        "required": ["name"],
        "additionalProperties": false,
        "properties": {
            "name": { "$ref": "#/components/schemas/Line_1_20", "description": "Its name." },
            "stock": { "type": "integer", "format": "int32", "minimum": 0, "example": 3 },
            "id": { "type": "string", "format": "uuid" },
        },
    }));

    assert_eq!(
        converted.expect("it is converted"),
        json!({
            "type": "object",
            "description": "A product.",
            "required": ["name"],
            "additionalProperties": false,
            "properties": {
                "name": { "$ref": "#/components/schemas/Line1To20" },
                "stock": { "type": "integer", "minimum": 0 },
                "id": { "type": "string", "format": "uuid" },
            },
        })
    );
}

#[test]
fn null_is_refused_nowhere_where_the_shop_takes_it() {
    for (schema, expected) in [
        (
            json!({ "type": ["string", "null"], "maxLength": 5, "description": "A code." }),
            json!({ "maxLength": 5, "description": "A code." }),
        ),
        (
            json!({ "oneOf": [{ "$ref": "#/components/schemas/Money" }, { "type": "null" }] }),
            json!({}),
        ),
    ] {
        assert_eq!(converted(schema).expect("it is converted"), expected);
    }
}

#[test]
fn a_choice_has_its_forms_in_place_with_all_that_they_refer_to() {
    let converted = converted(json!({ "oneOf": [
        { "$ref": "#/components/schemas/Priced" },
        { "type": "object" },
    ] }));

    let price = json!({ "type": "object", "required": ["amount"], "properties": {
        "amount": { "type": "integer", "minimum": 0 },
    } });
    assert_eq!(
        converted.expect("it is converted"),
        json!({ "oneOf": [
            { "type": "object", "properties": { "price": price } },
            { "type": "object" },
        ] })
    );
}

#[test]
fn parts_of_a_whole_become_one_object() {
    let converted = converted(json!({
        "description": "Money and more.",
        "allOf": [
            { "$ref": "#/components/schemas/Money" },
            { "type": "object", "required": ["note"], "properties": { "note": { "type": "string" } } },
        ],
    }));

    assert_eq!(
        converted.expect("it is converted"),
        json!({
            "type": "object",
            "description": "Money and more.",
            "required": ["amount", "note"],
            "properties": {
                "amount": { "type": "integer", "minimum": 0 },
                "note": { "type": "string" },
            },
        })
    );
}

#[test]
fn what_is_not_known_here_is_refused_with_its_place() {
    for (schema, fault) in [
        (json!({ "exclusiveMinimum": 0 }), "`exclusiveMinimum`"),
        (
            json!({ "properties": { "a": { "const": 1 } } }),
            "a: `const`",
        ),
        (
            json!({ "$ref": "other.json#/Money" }),
            "a reference to no schema",
        ),
        (
            json!({ "allOf": [{ "$ref": "#/components/schemas/None" }] }),
            "leads nowhere",
        ),
        (json!(true), "no object"),
    ] {
        let told = converted(schema).expect_err(fault);
        assert!(format!("{told:#}").contains(fault), "{told:#}");
    }
}

#[test]
fn a_name_has_letters_and_digits_alone_and_two_names_stay_two() {
    for (name, model) in [
        ("Line_1_120", "Line1To120"),
        ("Lines_2000", "Lines2000"),
        ("List_Product", "ListProduct"),
        ("Me", "Me"),
    ] {
        assert_eq!(model_name(name), model);
    }
    let document = json!({ "components": { "schemas": { "A_B": {}, "AB": {} } } });

    let told = models(&document)
        .used_by(&json!({}))
        .expect_err("two of one name");

    assert!(told.to_string().contains("AB"), "{told}");
}

#[test]
fn only_models_that_are_used_come_along_with_those_which_they_use() {
    let document = json!({ "components": { "schemas": {
        "A": { "properties": { "b": { "$ref": "#/components/schemas/B" } } },
        "B": { "properties": { "a": { "$ref": "#/components/schemas/A" } } },
        "C": {},
    } } });

    let used = models(&document).used_by(&json!([{ "$ref": "#/components/schemas/A" }]));

    let used = used.expect("they are there");
    assert_eq!(used.keys().collect::<Vec<_>>(), ["A", "B"]);
}
