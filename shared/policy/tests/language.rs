//! The language as IAM's documents have it: what matches, what is refused, what is explained.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::collections::BTreeMap;

use policy::{Decision, Policy, Request};
use serde_json::{Value, json};

const RESOURCE: &str = "arn:terrace:execute-api:local:shop:v1/GET/plants/{id}";

fn parse(statement: Value) -> Result<Policy, String> {
    let document = json!({ "Version": "2012-10-17", "Statement": statement });
    Policy::parse("garden", &document.to_string()).map_err(|fault| fault.to_string())
}

fn context(keys: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    let keys = keys.iter();
    keys.map(|(key, values)| {
        let values = values.iter().map(|it| (*it).to_owned());
        ((*key).to_owned(), values.collect())
    })
    .collect()
}

/// Whether a condition holds of these keys.
fn holds(condition: Value, keys: &[(&str, &[&str])]) -> bool {
    let policy =
        parse(json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition }))
            .unwrap();
    let context = context(keys);
    let request = Request {
        action: "execute-api:Invoke",
        resource: RESOURCE,
        context: &context,
    };
    policy.decide(&request).is_allowed()
}

#[test]
fn operators_compare_as_their_kind_does() {
    for (operator, value, yes, no) in [
        ("StringEquals", "a*", "a*", "ab"),
        ("StringEqualsIgnoreCase", "Ada", "aDA", "adam"),
        ("StringLike", "a?a*", "adam", "ad"),
        ("StringNotEquals", "ada", "bob", "ada"),
        ("StringNotLike", "a*", "bob", "ada"),
        ("NumericEquals", "2", "2.0", "20"),
        ("NumericLessThan", "10", "9", "10"),
        ("NumericGreaterThanEquals", "10", "1e1", "9.99"),
        ("NumericNotEquals", "10", "11", "10.0"),
        (
            "DateLessThan",
            "2026-11-30",
            "2026-11-29T23:59:59Z",
            "2026-11-30T00:00:00Z",
        ),
        (
            "DateGreaterThan",
            "1796000000",
            "2027-01-01T00:00:00+01:00",
            "2026-01-01",
        ),
        ("Bool", "true", "TRUE", "yes"),
        ("IpAddress", "203.0.113.0/24", "203.0.113.9", "203.0.114.9"),
        (
            "IpAddress",
            "203.0.113.9",
            "::ffff:203.0.113.9",
            "203.0.113.8",
        ),
        ("IpAddress", "2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
        ("NotIpAddress", "10.0.0.0/8", "203.0.113.9", "10.9.9.9"),
        (
            "ArnLike",
            "arn:a:*:c:d:e/*",
            "arn:a:b:c:d:e/f:g",
            "arn:a:b:b:c:d:e/f",
        ),
        (
            "ArnNotEquals",
            "arn:a:b:c:d:e",
            "arn:a:b:c:d:f",
            "arn:a:b:c:d:e",
        ),
    ] {
        let condition = json!({ operator: { "k": value } });
        assert!(
            holds(condition.clone(), &[("k", &[yes])]),
            "{operator} {value} {yes}"
        );
        assert!(
            !holds(condition, &[("k", &[no])]),
            "{operator} {value} {no}"
        );
    }
}

#[test]
fn a_missing_key_is_no_match_unless_the_operator_is_negated_or_forgives_it() {
    for (operator, expected) in [
        ("StringEquals", false),
        ("StringNotEquals", true),
        ("StringEqualsIfExists", true),
        ("ForAnyValue:StringEquals", false),
        ("ForAnyValue:StringNotEquals", false),
        ("ForAnyValue:StringEqualsIfExists", true),
        ("ForAllValues:StringEquals", true),
    ] {
        assert_eq!(
            holds(json!({ operator: { "k": "a" } }), &[]),
            expected,
            "{operator}"
        );
    }
    assert!(holds(json!({ "Null": { "k": true } }), &[]));
    assert!(holds(json!({ "Null": { "k": "false" } }), &[("k", &["a"])]));
    assert!(!holds(json!({ "Null": { "k": "false" } }), &[]));
}

#[test]
fn of_several_values_any_or_all_must_do() {
    for (operator, found, expected) in [
        ("ForAnyValue:StringEquals", &["a", "c"][..], true),
        ("ForAnyValue:StringEquals", &["c", "d"], false),
        ("ForAllValues:StringEquals", &["a", "b"], true),
        ("ForAllValues:StringEquals", &["a", "c"], false),
        ("ForAnyValue:StringNotEquals", &["a", "c"], true),
        ("ForAnyValue:StringNotEquals", &["a", "b"], false),
        ("ForAllValues:StringNotEquals", &["c", "d"], true),
        ("ForAllValues:StringNotEquals", &["a", "c"], false),
    ] {
        let condition = json!({ operator: { "k": ["a", "b"] } });
        assert_eq!(
            holds(condition, &[("k", found)]),
            expected,
            "{operator} {found:?}"
        );
    }
}

#[test]
fn all_conditions_must_hold_and_keys_have_no_case() {
    let condition = json!({ "StringEquals": { "aws:UserName": "ada", "k": ["a", "b"] }, "Bool": { "b": true } });

    assert!(holds(
        condition.clone(),
        &[("aws:username", &["ada"]), ("k", &["b"]), ("b", &["true"])]
    ));
    assert!(!holds(
        condition,
        &[("aws:username", &["ada"]), ("k", &["b"]), ("b", &["false"])]
    ));
}

#[test]
fn what_names_all_but_some_matches_the_others() {
    let but = |action: &str, resource: &str| {
        let policy =
            parse(json!({ "Effect": "Allow", "NotAction": action, "NotResource": resource }))
                .unwrap();
        policy
            .decide(&Request {
                action: "execute-api:Invoke",
                resource: RESOURCE,
                context: &(),
            })
            .is_allowed()
    };

    assert!(but(
        "execute-api:InvalidateCache",
        "arn:terrace:execute-api:local:shop:v1/PUT/*"
    ));
    assert!(!but(
        "execute-api:Inv*",
        "arn:terrace:execute-api:local:shop:v1/PUT/*"
    ));
    assert!(!but("execute-api:InvalidateCache", RESOURCE));
}

#[test]
fn a_decision_names_its_statement() {
    let policy = parse(json!([
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Sid": "Shut", "Effect": "Deny", "Action": "*", "Resource": RESOURCE },
    ]));
    let policy = policy.unwrap();

    let decision = policy.decide(&Request {
        action: "a:B",
        resource: RESOURCE,
        context: &(),
    });
    assert!(matches!(decision, Decision::Denied(_)));
    assert_eq!(decision.to_string(), "`Shut` of garden denies it");
    let other = RESOURCE.replace("GET", "PUT");
    let decision = policy.decide(&Request {
        action: "a:B",
        resource: &other,
        context: &(),
    });
    assert_eq!(decision.to_string(), "statement 1 of garden allows it");
}

#[test]
fn what_is_not_understood_is_refused_with_its_place() {
    let statement = |key: &str, value: Value| {
        let mut statement =
            json!({ "Sid": "Plants", "Effect": "Allow", "Action": "a:B", "Resource": "*" });
        statement[key] = value;
        statement
    };
    let condition = |value: Value| statement("Condition", value);
    for (statement, expected) in [
        (
            statement("Efect", json!("Deny")),
            "statement 1 (Sid `Plants`): Efect: no key",
        ),
        (
            statement("Principal", json!("*")),
            "statement 1 (Sid `Plants`): Principal: names who",
        ),
        (statement("Effect", json!("allow")), "Effect: expected"),
        (statement("Sid", json!("two words")), "Sid: expected"),
        (statement("Action", json!([])), "Action: expected"),
        (
            statement("Action", json!("Invoke")),
            "Action: `Invoke`: expected",
        ),
        (
            statement("Action", json!("*:Invoke")),
            "Action: `*:Invoke`: expected",
        ),
        (
            statement("NotAction", json!("a:B")),
            "Action: expected `Action` or `NotAction`",
        ),
        (
            statement("Resource", json!("arn:a:b")),
            "Resource: `arn:a:b`: expected",
        ),
        (
            statement("Resource", json!(["*", 1])),
            "Resource: expected texts",
        ),
        (condition(json!([])), "Condition: expected an object"),
        (
            condition(json!({ "StringEqual": { "k": "a" } })),
            "Condition.StringEqual.k: `StringEqual` is no operator",
        ),
        (
            condition(json!({ "ForSome:Bool": { "k": "true" } })),
            "Condition.ForSome:Bool.k: `ForSome:Bool` is no operator",
        ),
        (
            condition(json!({ "NullIfExists": { "k": "true" } })),
            "Condition.NullIfExists.k: ",
        ),
        (
            condition(json!({ "Bool": { "k": "yes" } })),
            "Condition.Bool.k: `yes`: expected true or false",
        ),
        (
            condition(json!({ "Bool": { "k": [] } })),
            "Condition.Bool.k: expected one or more",
        ),
        (condition(json!({ "Bool": {} })), "Condition.Bool: expected"),
        (
            condition(json!({ "NumericEquals": { "k": "NaN" } })),
            "Condition.NumericEquals.k: `NaN`: expected a number",
        ),
        (
            condition(json!({ "DateEquals": { "k": "soon" } })),
            "Condition.DateEquals.k: `soon`: expected a time",
        ),
        (
            condition(json!({ "IpAddress": { "k": "10.0.0.0/33" } })),
            "Condition.IpAddress.k: `10.0.0.0/33`: expected",
        ),
        (
            condition(json!({ "StringLike": { "k": "${" } })),
            "Condition.StringLike.k: `${`: a variable",
        ),
    ] {
        let sentence = parse(statement.clone()).expect_err("refused");
        assert!(sentence.contains(expected), "{sentence}, not {expected}");
    }
    let twice = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Effect": "Allow"}}"#;
    let sentence = Policy::parse("garden", twice).unwrap_err().to_string();
    assert!(sentence.contains("`Effect` stands twice"), "{sentence}");
    let old = r#"{"Version": "2008-10-17", "Statement": []}"#;
    let sentence = Policy::parse("garden", old).unwrap_err().to_string();
    assert!(sentence.starts_with("Version: expected"), "{sentence}");
    let one = statement("Sid", json!("One"));
    assert_eq!(
        parse(json!([one, one])).unwrap_err(),
        "Sid: `One` names two statements"
    );
}
