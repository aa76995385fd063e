//! The edge's reading of a request against the services', over requests drawn from the documents: what
//! the edge refuses they refuse for the same reason, and what it lets pass they can read.

use std::collections::BTreeMap;

use axum::http::{Method, header};
use serde_json::{Value, json};
use testkit::service::Answer;

use crate::{
    generate::Draw,
    visitor::{Open, Visitor, open, open_with},
};

/// How many requests are drawn for each operation.
const REQUESTS: usize = 60;

/// What a reader of the document answers to a request that it does not describe.
const UNREADABLE: [&str; 6] = [
    "bad-parameter",
    "idempotency-key-missing",
    "invalid-body",
    "invalid-json",
    "precondition-required",
    "unsupported-media-type",
];

/// A request that was drawn.
struct Drawn {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edge_and_the_services_read_requests_alike() {
    let validating = open().await;
    let trusting = open_with(|config| config.edge.validate = edge::Switch::Off).await;
    let (one, other) = (staff(&validating).await, staff(&trusting).await);
    let document = one
        .call(Method::GET, "/v1/openapi.json", None)
        .await
        .ok(200);
    let mut draw = Draw::new(&document);
    let mut faults = BTreeMap::new();
    let (mut refused, mut passed) = (0, 0);
    for (template, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            // A stream does not end, and pages of the reference are not the services'.
            if template.ends_with("/events") || template.starts_with("/docs") {
                continue;
            }
            for _ in 0..REQUESTS {
                let drawn = draw_request(&mut draw, method, template, operation);
                let answer = send(&one, &drawn).await;
                let reason = reason(&answer);
                let is_unreadable = UNREADABLE.contains(&reason.as_str());
                let fault = match by_edge(&answer) {
                    true if is_unreadable => {
                        refused += 1;
                        let service = self::reason(&send(&other, &drawn).await);
                        let is_same = same(&service) == same(&reason);
                        (!is_same).then(|| format!("edge {reason}, service {service}"))
                    }
                    _ => {
                        passed += 1;
                        let is_unreadable = is_unreadable && !is_of_the_shop(&answer);
                        is_unreadable.then(|| format!("edge lets pass, service {reason}"))
                    }
                };
                if let Some(fault) = fault {
                    let call = format!("{method} {template}: {fault}");
                    let example = format!(
                        "{} {:?} {:?}\n{}",
                        drawn.path,
                        drawn.headers,
                        drawn.body,
                        answer.text()
                    );
                    faults.entry(call).or_insert(example);
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(
        refused > 200 && passed > 200,
        "{refused} refused, {passed} passed"
    );
}

async fn staff(shop: &Open) -> Visitor {
    shop.visitor.sign_in(&shop.accounts.staff).await
}

async fn send(visitor: &Visitor, drawn: &Drawn) -> Answer {
    let headers: Vec<_> = drawn
        .headers
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    visitor
        .send_text(
            drawn.method.clone(),
            &drawn.path,
            &headers,
            drawn.body.clone(),
        )
        .await
}

/// The kind of problem, or the status.
fn reason(answer: &Answer) -> String {
    let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let kind = problem["type"]
        .as_str()
        .and_then(|it| it.strip_prefix("/problems/"));
    kind.map_or_else(|| answer.status.to_string(), str::to_owned)
}

/// A body of which several things are wrong is refused for what is found first; and an address that
/// nobody can have is that of no account.
fn same(reason: &str) -> &str {
    match reason {
        "invalid-json" | "wrong-credentials" => "invalid-body",
        reason => reason,
    }
}

/// Whether the service knows more than the document: which addresses are in the book, which categories
/// there are, what can be an e-mail address, which passwords are guessed first.
fn is_of_the_shop(answer: &Answer) -> bool {
    let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let mut faults = problem["errors"].as_array().into_iter().flatten();
    let known = ["/address_id", "/category", "/email", "/password"].map(Value::from);
    faults.any(|fault| known.contains(&fault["pointer"]))
}

/// Whether no service was asked.
fn by_edge(answer: &Answer) -> bool {
    answer.headers.get_all("server-timing").iter().count() == 1
}

fn draw_request(draw: &mut Draw<'_>, method: &str, template: &str, operation: &Value) -> Drawn {
    let mut path = template.to_owned();
    let mut query = Vec::new();
    let mut headers = Vec::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        let value = draw.valid(&parameter["schema"]);
        let value = if draw.chance(15) {
            draw.bent(value)
        } else {
            value
        };
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let is_given = parameter["required"] == json!(true) && !draw.chance(10);
        match parameter["in"].as_str().unwrap() {
            "path" => path = path.replace(&format!("{{{name}}}"), &escaped(&text)),
            "query" if is_given || draw.chance(50) => {
                query.push(format!("{name}={}", escaped(&text)));
                if draw.chance(5) {
                    query.push(format!("{name}={}", escaped(&text)));
                }
            }
            "header" if is_visible(&text) && (is_given || draw.chance(50)) => {
                headers.push((name.to_owned(), text));
            }
            _ => {}
        }
    }
    if draw.chance(4) {
        query.push("something=1".to_owned());
    }
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let content = operation.pointer("/requestBody/content/application~1json/schema");
    let body = content.map(|schema| {
        let value = draw.valid(schema);
        let value = if draw.chance(50) {
            draw.bent(value)
        } else {
            value
        };
        let text = value.to_string();
        match draw.below(30) {
            0 => text[..text.len() - 1].to_owned(),
            1 => String::new(),
            2 => text.replacen('{', "{\"name\":\"x\",\"name\":\"y\",", 1),
            _ => text,
        }
    });
    if body.is_some() {
        let kind = match draw.below(30) {
            0 => "text/plain",
            1 => "Application/JSON; charset=utf-8",
            _ => "application/json",
        };
        headers.push((header::CONTENT_TYPE.to_string(), kind.to_owned()));
    }
    Drawn {
        method: method.to_uppercase().parse().unwrap(),
        path,
        headers,
        body,
    }
}

/// Whether a header can hold it.
fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// A text as a part of a path or a query.
fn escaped(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let escape = |byte: u8| match keep(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
