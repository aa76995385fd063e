//! Policies and requests of a small world, in which they often meet.

use std::collections::BTreeMap;

use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

/// What a test asks.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) context: BTreeMap<String, Vec<String>>,
}

const ARN: &str = "arn:terrace:execute-api:local:shop:v1";

/// A document of these statements.
pub(crate) fn document(statements: &[Value]) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// A request.
pub(crate) fn asked() -> impl Strategy<Value = Asked> {
    let action = select(vec!["execute-api:Invoke", "execute-api:InvalidateCache"]);
    let path = select(vec!["GET/a", "GET/a/{id}", "PUT/a/{id}", "GET/b/ada"]);
    let context = proptest::collection::btree_map(
        select(vec!["s", "n", "t", "b", "ip", "arn", "many"]),
        any::<u8>(),
        0..7,
    );
    (action, path, context).prop_map(|(action, path, context)| Asked {
        action: action.to_owned(),
        resource: format!("{ARN}/{path}"),
        context: context
            .into_iter()
            .map(|(key, seed)| (key.to_owned(), values(key, seed)))
            .filter(|(_, values)| !values.is_empty())
            .collect(),
    })
}

/// One of few, so that requests and conditions agree now and then.
fn values(key: &str, seed: u8) -> Vec<String> {
    let own = sample(key);
    let pick = |seed: u8| own[usize::from(seed) % own.len()].to_owned();
    match key {
        "many" => (0..seed % 3).map(|at| pick(seed / 3 + at)).collect(),
        _ => vec![pick(seed)],
    }
}

fn sample(key: &str) -> &'static [&'static str] {
    match key {
        "n" => &["1", "2", "2.5", "-3"],
        "t" => &[
            "2026-11-01T00:00:00Z",
            "2026-11-30T12:00:00Z",
            "2027-01-01T00:00:00Z",
        ],
        "b" => &["true", "false"],
        "ip" => &["10.0.0.1", "10.1.0.1", "203.0.113.9", "2001:db8::1"],
        "arn" => &["arn:a:b:c:d:e/f", "arn:a:b:c:d:g"],
        _ => &["ada", "Ada", "bob", "a*"],
    }
}

/// A statement.
pub(crate) fn statement() -> impl Strategy<Value = Value> {
    let action = select(vec![
        "execute-api:Invoke",
        "execute-api:Inv*",
        "EXECUTE-API:INVOKE",
        "execute-api:*",
        "*",
    ]);
    let resource = select(vec![
        "GET/a",
        "GET/*",
        "*/a/{id}",
        "?ET/a*",
        "GET/b/${s}",
        "GET/b/${s, 'ada'}",
        "*",
    ]);
    let conditions = proptest::collection::vec(condition(), 0..3);
    (
        any::<bool>(),
        any::<[bool; 2]>(),
        action,
        resource,
        conditions,
    )
        .prop_map(|(allow, not, action, resource, conditions)| {
            let mut own = BTreeMap::<String, BTreeMap<&str, Value>>::new();
            for (operator, key, values) in conditions {
                own.entry(operator).or_default().insert(key, values);
            }
            let key = |not: bool, key: &str| format!("{}{key}", if not { "Not" } else { "" });
            json!({
                "Effect": if allow { "Allow" } else { "Deny" },
                (key(not[0], "Action")): action,
                (key(not[1], "Resource")): [format!("{ARN}/{resource}")],
                "Condition": own,
            })
        })
}

fn condition() -> impl Strategy<Value = (String, &'static str, Value)> {
    let kind = select(vec![
        (
            "s",
            vec![
                "StringEquals",
                "StringNotEquals",
                "StringEqualsIgnoreCase",
                "StringNotEqualsIgnoreCase",
                "StringLike",
                "StringNotLike",
            ],
        ),
        (
            "many",
            vec!["StringEquals", "StringNotEquals", "StringLike"],
        ),
        (
            "n",
            vec![
                "NumericEquals",
                "NumericNotEquals",
                "NumericLessThan",
                "NumericLessThanEquals",
                "NumericGreaterThan",
                "NumericGreaterThanEquals",
            ],
        ),
        (
            "t",
            vec![
                "DateEquals",
                "DateNotEquals",
                "DateLessThan",
                "DateLessThanEquals",
                "DateGreaterThan",
                "DateGreaterThanEquals",
            ],
        ),
        ("b", vec!["Bool"]),
        ("ip", vec!["IpAddress", "NotIpAddress"]),
        (
            "arn",
            vec!["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        ),
        ("s", vec!["Null"]),
    ]);
    let operator = kind.prop_flat_map(|(key, operators)| (Just(key), select(operators)));
    (operator, 0..3u8, any::<bool>(), any::<u8>()).prop_map(
        |((key, operator), set, if_exists, seed)| {
            if operator == "Null" {
                return (operator.to_owned(), key, json!([if_exists.to_string()]));
            }
            let set = ["", "ForAnyValue:", "ForAllValues:"]
                [usize::from(if key == "many" { set.max(1) } else { set })];
            let suffix = if if_exists { "IfExists" } else { "" };
            let mut values = values(key, seed);
            if values.is_empty() {
                values.push("ada".to_owned());
            }
            (format!("{set}{operator}{suffix}"), key, json!(values))
        },
    )
}
