//! What the edge learns of users.

use serde_json::{Value, json};

fn document() -> Value {
    serde_json::to_value(users::openapi()).unwrap()
}

#[test]
fn the_public_operations_are_these_and_who_may_call_them() {
    let document = document();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let whom = match &operation["security"] {
                it if *it == json!([{ "bearer": [] }]) => " ●",
                it if *it == json!([{ "bearer": ["manager"] }]) => " ★",
                _ => "",
            };
            let method = method.to_uppercase();
            found.push(format!("{id}: {method} {path}{whom}"));
        }
    }
    found.sort();

    assert_eq!(
        found,
        [
            "add_address: POST /v1/me/addresses ●",
            "add_passkey: POST /v1/me/passkeys ●",
            "ask_address_proof: POST /v1/me/email/verification ●",
            "ask_password_reset: POST /v1/password-resets",
            "begin_passkey: POST /v1/me/passkey-challenges ●",
            "begin_passkey_proof: POST /v1/sessions/passkey-challenges",
            "begin_provider_link: POST /v1/me/providers/{name}/links ●",
            "begin_provider_proof: POST /v1/me/providers/{name}/proofs ●",
            "begin_provider_sign_in: POST /v1/providers/{name}/sign-ins",
            "begin_totp: POST /v1/me/totp ●",
            "change_email: PUT /v1/me/email ●",
            "change_me: PATCH /v1/me ●",
            "change_password: PUT /v1/me/password ●",
            "confirm_sign_up: POST /v1/users/confirmation",
            "confirm_totp: PUT /v1/me/totp ●",
            "delete_address: DELETE /v1/me/addresses/{id} ●",
            "delete_me: DELETE /v1/me ●",
            "delete_passkey: DELETE /v1/me/passkeys/{id} ●",
            "delete_totp: DELETE /v1/me/totp ●",
            "end_other_sessions: DELETE /v1/me/sessions ●",
            "end_session: DELETE /v1/me/sessions/{id} ●",
            "end_sessions: DELETE /v1/people/{id}/sessions ★",
            "export_me: GET /v1/me/export ●",
            "find_people: GET /v1/people ★",
            "finish_sign_in: POST /v1/sessions/second-factor",
            "get_jwks: GET /.well-known/jwks.json",
            "get_me: GET /v1/me ●",
            "get_openid_configuration: GET /.well-known/openid-configuration",
            "get_person: GET /v1/people/{id} ★",
            "give_group: PUT /v1/people/{id}/groups/{group} ★",
            "link_provider: PUT /v1/me/providers/{name} ●",
            "list_addresses: GET /v1/me/addresses ●",
            "list_audit: GET /v1/audit ★",
            "list_my_providers: GET /v1/me/providers ●",
            "list_providers: GET /v1/providers",
            "list_second_factors: GET /v1/me/second-factors ●",
            "list_sessions: GET /v1/me/sessions ●",
            "prove_address: POST /v1/email-verifications",
            "refresh_session: POST /v1/sessions/refresh",
            "rename_passkey: PATCH /v1/me/passkeys/{id} ●",
            "replace_address: PUT /v1/me/addresses/{id} ●",
            "replace_recovery_codes: POST /v1/me/recovery-codes ●",
            "reset_password: POST /v1/password-resets/complete",
            "reset_password_by_code: POST /v1/password-resets/code",
            "reset_second_factors: DELETE /v1/people/{id}/second-factors ★",
            "sign_in: POST /v1/sessions",
            "sign_in_with_passkey: POST /v1/sessions/passkey",
            "sign_in_with_provider: POST /v1/sessions/provider",
            "sign_out: DELETE /v1/sessions/current",
            "sign_up: POST /v1/users",
            "step_up: POST /v1/sessions/current/step-up ●",
            "take_group: DELETE /v1/people/{id}/groups/{group} ★",
            "unlink_provider: DELETE /v1/me/providers/{name} ●",
        ]
    );
}

#[test]
fn guessing_passwords_is_slow_and_cookies_reach_sessions_alone() {
    let document = document();
    let operation = |path: &str, method: &str| document["paths"][path][method].clone();
    let reads_cookies = |operation: Value| {
        let parameters = operation["parameters"].as_array().cloned();
        parameters
            .unwrap_or_default()
            .iter()
            .any(|p| p["in"] == "cookie")
    };

    for path in [
        "/v1/users",
        "/v1/users/confirmation",
        "/v1/sessions",
        "/v1/sessions/second-factor",
        "/v1/sessions/passkey",
        "/v1/sessions/passkey-challenges",
        "/v1/sessions/current/step-up",
        "/v1/sessions/provider",
        "/v1/providers/{name}/sign-ins",
        "/v1/me/providers/{name}/links",
        "/v1/me/providers/{name}/proofs",
    ] {
        let throttle = &operation(path, "post")["x-edge"]["throttle"];
        assert_eq!(
            *throttle,
            json!({ "rate_per_s": 0.5, "burst": 20 }),
            "{path}"
        );
    }
    assert!(reads_cookies(operation("/v1/sessions/refresh", "post")));
    assert!(reads_cookies(operation("/v1/sessions/current", "delete")));
    assert!(reads_cookies(operation(
        "/v1/sessions/current/step-up",
        "post"
    )));
    assert!(!reads_cookies(operation("/v1/me", "get")));
}
