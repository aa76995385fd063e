//! Whether a service itself refuses those whom its document does not let call: the edge may not be what stands before
//! it.

use axum::{body::Body, http::Method};
use kit::{http::ProblemBody, identity::Caller};
use serde_json::Value;
use uuid::Uuid;

use crate::service::{Service, request};

/// Who asks, and what a service has to refuse them with where a group, or anybody signed in, is asked for.
const CALLERS: [(&str, Option<&[&str]>); 4] = [
    ("nobody", None),
    ("a customer", Some(&["customer"])),
    ("one of the staff", Some(&["customer", "staff"])),
    (
        "a manager who is not of the staff",
        Some(&["customer", "manager"]),
    ),
];

/// The refusals that are about who asks.
const REFUSALS: [&str; 4] = [
    "sign-in-required",
    "staff-only",
    "managers-only",
    "untrusted-caller",
];

/// Asks every operation of the document as everybody; panics unless each is refused where the document does not let it
/// in, and only there. How many operations there were.
pub async fn check_authority(document: &Value, service: &Service) -> usize {
    let operations = document["paths"].as_object().expect("there are paths");
    let operations = operations.iter().flat_map(|(path, item)| {
        let item = item.as_object().expect("a path has operations");
        item.iter()
            .map(move |(method, operation)| (path, method, operation))
    });
    let mut count = 0;
    for (path, method, operation) in operations {
        count += 1;
        let scopes = operation.pointer("/security/0/bearer");
        let groups = scopes.and_then(Value::as_array);
        let groups: Option<Vec<_>> =
            groups.map(|them| them.iter().filter_map(Value::as_str).collect());
        for (who, own) in CALLERS {
            let expected = match (&groups, own) {
                (None, _) => None,
                (Some(_), None) => Some("sign-in-required"),
                (Some(groups), Some(own)) => match &groups[..] {
                    [] => None,
                    some if some.iter().any(|it| own.contains(it)) => None,
                    ["staff", ..] => Some("staff-only"),
                    _ => Some("managers-only"),
                },
            };
            let refused = ask(service, method, path, own).await;
            assert_eq!(refused.as_deref(), expected, "{who}: {method} {path}");
        }
    }
    count
}

/// The refusal that is about who asks, if it is refused for that.
async fn ask(
    service: &Service,
    method: &str,
    path: &str,
    groups: Option<&[&str]>,
) -> Option<String> {
    let caller = Caller {
        issuer: "edge".into(),
        subject: groups.map(|_| Uuid::now_v7()),
        groups: groups
            .unwrap_or_default()
            .iter()
            .map(|it| (*it).into())
            .collect(),
        ..Caller::default()
    };
    let mut path = path.to_owned();
    while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
        path.replace_range(from..=to, &Uuid::now_v7().to_string());
    }
    let method = method.to_uppercase();
    let method = Method::from_bytes(method.as_bytes()).expect("a document names methods");
    let request = request(method, &path);
    let answer = service.called_by(caller).send(request, Body::empty()).await;
    let problem: ProblemBody = serde_json::from_slice(&answer.body).ok()?;
    let slug = problem.kind.strip_prefix("/problems/")?.to_owned();
    REFUSALS.contains(&&*slug).then_some(slug)
}
