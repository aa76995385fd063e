//! Who calls: the context's word alone.

use kit::identity::{Caller, user_of};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ISSUER, alias, ask, claims, event, function, settings, token, token_of, with};

const CLAIMS: &str = "/requestContext/authorizer";

fn signed_in(groups: Value) -> Value {
    with(
        event("GET", "/v1/orders/7"),
        CLAIMS,
        json!({ "claims": claims(groups) }),
    )
}

async fn caller(event: Value) -> Value {
    let (status, _, told) = ask(&function(), event, "").await;
    assert_eq!(status, 200, "{told}");
    told["caller"].clone()
}

async fn status(event: Value) -> u64 {
    ask(&function(), event, "").await.0
}

#[tokio::test]
async fn claims_of_an_access_token_say_who_it_is_in_every_form_that_they_come_in() {
    let subject = user_of(ISSUER, "7f2c0f34-5d0a-4c2b-8a39-0d7f3b7a5c11").to_string();
    for (groups, expected) in [
        (
            json!("staff,manager"),
            json!(["customer", "staff", "manager"]),
        ),
        (
            json!("[staff manager]"),
            json!(["customer", "staff", "manager"]),
        ),
        (json!(["manager"]), json!(["customer", "manager"])),
        (json!("staff"), json!(["customer", "staff"])),
        (json!("staffers,not staff"), json!(["customer"])),
        (json!("[not-staff]"), json!(["customer"])),
        (json!(7), json!(["customer"])),
        (Value::Null, json!(["customer"])),
    ] {
        let caller = caller(signed_in(groups.clone())).await;

        let same = json!({ "iss": "edge", "sub": subject, "groups": expected, "auth_time": 1_700_000_000 });
        assert_eq!(caller, same, "{groups}");
    }
}

#[tokio::test]
async fn a_subject_that_is_no_uuid_is_somebody_too_and_an_empty_one_nobody() {
    let named = |name: &str| {
        with(
            signed_in(json!("")),
            &format!("{CLAIMS}/claims/sub"),
            json!(name),
        )
    };

    let known = caller(named("not a UUID")).await;

    assert_eq!(known["sub"], user_of(ISSUER, "not a UUID").to_string());
    assert_eq!(status(named("")).await, 401);
}

#[tokio::test]
async fn claims_of_another_token_are_refused() {
    for (claim, value) in [
        ("token_use", json!("id")),
        ("token_use", Value::Null),
        ("iss", json!(format!("{ISSUER}B"))),
        ("iss", json!("")),
        ("client_id", json!("another")),
        ("client_id", json!("")),
        ("sub", json!(7)),
    ] {
        let event = with(
            signed_in(json!("staff")),
            &format!("{CLAIMS}/claims/{claim}"),
            value,
        );
        assert_eq!(status(event).await, 401, "{claim}");
    }
}

#[tokio::test]
async fn without_an_issuer_in_the_settings_nobody_is_signed_in() {
    let mut settings = settings();
    settings.issuer = String::new();
    let function = kit::lambda::Function::new("orders", super::service(), settings);

    let (status, answer, problem) = ask(&function, signed_in(json!("staff")), "").await;

    assert_eq!(
        (status, &problem["type"]),
        (500, &json!("/problems/internal"))
    );
    assert!(!answer.to_string().contains("FUNCTION__ISSUER"), "{answer}");
}

#[tokio::test]
async fn a_callers_header_counts_for_nothing_beside_a_context() {
    let staff = token_of(Caller {
        issuer: "edge".into(),
        subject: Some(Uuid::now_v7()),
        groups: ["staff".into()].into(),
        ..Caller::default()
    });
    let forged = json!({ "Terrace-Caller": [staff], "TERRACE-DEADLINE": ["1"] });
    let forged = with(event("GET", "/v1/orders/7"), "/multiValueHeaders", forged);

    let (status, _, told) = ask(&function(), forged, "").await;

    assert_eq!((status, &told["caller"]), (200, &json!({ "iss": "edge" })));
    assert!(!told["headers"].to_string().contains("terrace-"), "{told}");
    assert!(told["left_ms"].as_u64().unwrap() > 5_000, "{told}");
}

#[tokio::test]
async fn what_is_for_neighbours_is_not_reached_by_the_gateway() {
    let event = event("GET", "/internal/orders/7");
    let event = with(event, "/resource", Value::Null);
    let forged = with(
        event,
        "/multiValueHeaders",
        json!({ "terrace-caller": [token("users")] }),
    );

    let (status, _, problem) = ask(&function(), forged, "").await;

    assert_eq!(
        (status, &problem["type"]),
        (401, &json!("/problems/untrusted-caller"))
    );
}

#[tokio::test]
async fn a_neighbour_is_trusted_by_its_token_alone() {
    let ask_by = async |token: Option<String>, alias: &str| {
        let headers = json!({ "terrace-caller": token.into_iter().collect::<Vec<_>>(), "terrace-deadline": ["900"] });
        let event = json!({ "httpMethod": "GET", "path": "/internal/orders/7", "multiValueHeaders": headers });
        ask(&function(), event, alias).await
    };

    let (status, _, told) = ask_by(Some(token("users")), &alias()).await;
    assert_eq!((status, &told["caller"]), (200, &json!({ "iss": "users" })));
    assert!(told["left_ms"].as_u64().unwrap() <= 900, "{told}");
    assert_eq!(ask_by(Some(token("users")), "").await.0, 200);
    assert_eq!(ask_by(Some(token("edge")), &alias()).await.0, 401);
    assert_eq!(ask_by(Some("a.b.c".into()), &alias()).await.0, 401);
    assert_eq!(ask_by(None, &alias()).await.0, 401);
}

#[tokio::test]
async fn a_neighbour_that_claims_to_be_the_gateway_is_refused() {
    let (status, _, problem) = ask(&function(), signed_in(json!("staff")), &alias()).await;

    assert_eq!(
        (status, &problem["type"]),
        (401, &json!("/problems/untrusted-caller"))
    );
}

fn signed(provider: &str, kind: &str, role: &str) -> Value {
    let identity = json!({
        "cognitoAuthenticationProvider": provider,
        "cognitoAuthenticationType": kind,
        "cognitoIdentityId": "eu-west-1:5c1d",
        "cognitoIdentityPoolId": "eu-west-1:9a",
        "sourceIp": "203.0.113.9",
        "userArn": format!("arn:aws:sts::123456789012:assumed-role/{role}/CognitoIdentityCredentials"),
    });
    with(
        event("GET", "/v1/orders/7"),
        "/requestContext/identity",
        identity,
    )
}

#[tokio::test]
async fn who_signs_by_an_identity_pool_is_the_same_person_with_the_groups_of_the_role() {
    let pool = ISSUER.strip_prefix("https://").unwrap();
    let rose = format!("{pool},{pool}:CognitoSignIn:rose");
    for (role, groups) in [
        ("Customer", json!(["customer"])),
        ("Staff", json!(["customer", "staff"])),
        ("Boss", json!(["customer", "manager", "staff"])),
    ] {
        let caller = caller(signed(&rose, "authenticated", role)).await;

        assert_eq!(
            caller,
            json!({ "iss": "edge", "sub": user_of(ISSUER, "rose"), "groups": groups })
        );
    }
}

#[tokio::test]
async fn who_signs_and_is_not_of_our_pool_is_nobody() {
    let pool = ISSUER.strip_prefix("https://").unwrap();
    for (provider, kind) in [
        (
            format!("{pool},{pool}:CognitoSignIn:rose"),
            "unauthenticated",
        ),
        (
            format!("{pool}B,{pool}B:CognitoSignIn:rose"),
            "authenticated",
        ),
        (
            format!("{pool},{pool}B:CognitoSignIn:rose"),
            "authenticated",
        ),
        (format!("{pool},{pool}:CognitoSignIn:"), "authenticated"),
        (
            "accounts.google.com,accounts.google.com:aud:sub".to_owned(),
            "authenticated",
        ),
        (String::new(), "authenticated"),
    ] {
        let caller = caller(signed(&provider, kind, "Staff")).await;

        assert_eq!(caller, json!({ "iss": "edge" }), "{provider}");
    }
}
